//! Splits a connection string, URL or keyword=value, into parameters, as libpq does; and `redact`s one.
//! An error says where and what, and never repeats the text: the password may be anywhere in a broken string.

use super::error::ConnectError;
use super::parameters::{self, PARAMETERS, Parameter};

/// A parameter that was given, and its value.
pub(super) type Given = (&'static Parameter, String);

/// Splits `conninfo`, which may be empty.
pub(super) fn parse(conninfo: &str) -> Result<Vec<Given>, ConnectError> {
    let text = conninfo.trim();
    let offset = conninfo.len() - conninfo.trim_start().len();
    let at = |position: usize| conninfo[..offset + position].chars().count() + 1;
    let parsed = match after_scheme(text)? {
        Some(start) => parse_url(text, start),
        None => parse_keywords(text),
    };
    parsed.map_err(|problem| {
        let error = ConnectError::bad(format!(
            "the connection string is not valid at character {}: {}",
            at(problem.position),
            problem.what
        ));
        match problem.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })
}

struct Problem {
    position: usize,
    what: String,
    hint: Option<&'static str>,
}

fn problem<T>(position: usize, what: impl Into<String>) -> Result<T, Problem> {
    Err(Problem {
        position,
        what: what.into(),
        hint: None,
    })
}

/// Where the URL's authority starts, when `text` is a URL of ours.
fn after_scheme(text: &str) -> Result<Option<usize>, ConnectError> {
    let lower: String = text.chars().take(40).collect::<String>().to_ascii_lowercase();
    for scheme in ["postgresql", "postgres"] {
        let Some(rest) = lower.strip_prefix(scheme) else {
            continue;
        };
        if rest.starts_with("://") {
            return Ok(Some(scheme.len() + 3));
        }
        // SQLAlchemy's postgresql+psycopg2://, Rails' and others' likewise: the driver says nothing to us.
        if let Some(driver) = rest.strip_prefix('+') {
            let word = driver
                .bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                .count();
            if driver[word..].starts_with("://") {
                return Ok(Some(scheme.len() + 1 + word + 3));
            }
        }
    }
    if lower.starts_with("jdbc:") {
        return Err(ConnectError::bad("the connection string is a JDBC URL")
            .with_hint("write it as postgresql://user@host:port/database, with the password in PGPASSWORD or ~/.pgpass"));
    }
    let scheme = lower
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        .count();
    if scheme > 0 && lower[scheme..].starts_with("://") {
        return Err(
            ConnectError::bad("the connection string is a URL of another kind")
                .with_hint("its scheme must be postgresql:// or postgres://"),
        );
    }
    Ok(None)
}

const ENCODE: &str = "in user and password write @ as %40, / as %2F, ? as %3F, # as %23, % as %25";

fn parse_url(text: &str, start: usize) -> Result<Vec<Given>, Problem> {
    // libpq ends the authority at the first "/". A later raw "@" therefore means that the password has an unencoded
    // "/", and libpq would take a piece of that password for the database name and show it. We refuse instead.
    let slash = text[start..].find('/').map_or(text.len(), |index| start + index);
    if let Some(index) = text[slash..].find('@') {
        return Err(Problem {
            position: slash + index,
            what: "\"@\" after the host must be written %40, and \"/\" before it %2F".to_owned(),
            hint: Some(ENCODE),
        });
    }
    let mut given = Vec::new();
    let authority = &text[start..slash];
    let hosts_start = match (authority.find('@'), authority.rfind('@')) {
        (Some(first), Some(last)) => {
            if authority[first..last].contains('?') {
                return Err(Problem {
                    position: start + last,
                    what: "more than one \"@\", and it is not clear which one ends the password".to_owned(),
                    hint: Some(ENCODE),
                });
            }
            let userinfo = &authority[..last];
            let (user, password) = match userinfo.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (userinfo, None),
            };
            push(&mut given, "user", decode(user, start)?);
            if let Some(password) = password {
                push(&mut given, "password", decode(password, start + user.len() + 1)?);
            }
            start + last + 1
        }
        _ => start,
    };

    let query = text[hosts_start..]
        .find('?')
        .map_or(text.len(), |index| hosts_start + index);
    parse_hosts(&text[hosts_start..slash.min(query)], hosts_start, &mut given)?;
    if slash < query {
        push(&mut given, "dbname", decode(&text[slash + 1..query], slash + 1)?);
    }
    let mut position = query + 1;
    if position < text.len() {
        for pair in text[position..].split('&') {
            if !pair.is_empty() {
                given.push(parse_pair(pair, position)?);
            }
            position += pair.len() + 1;
        }
    }
    Ok(given)
}

fn parse_hosts(text: &str, start: usize, given: &mut Vec<Given>) -> Result<(), Problem> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    let mut position = start;
    for part in text.split(',') {
        let (host, port) = if let Some(inner) = part.strip_prefix('[') {
            let Some((address, rest)) = inner.split_once(']') else {
                return problem(position, "\"[\" of an IPv6 address without its \"]\"");
            };
            if address.is_empty() {
                return problem(position, "the IPv6 address between \"[\" and \"]\" is empty");
            }
            match rest.strip_prefix(':') {
                Some(port) => (address, port),
                None if rest.is_empty() => (address, ""),
                None => {
                    return problem(
                        position + address.len() + 2,
                        "only \":port\" may follow the \"]\" of an IPv6 address",
                    );
                }
            }
        } else {
            match part.split_once(':') {
                Some((host, port)) => (host, port),
                None => (part, ""),
            }
        };
        if !port.is_empty() && !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(Problem {
                position: position + part.len() - port.len(),
                what: "the port is no number from 1 to 65535".to_owned(),
                hint: Some(
                    "if this is part of the password: its special characters must be percent-encoded, \
                            and an \"@\" must stand between password and host",
                ),
            });
        }
        hosts.push(decode(host, position)?);
        ports.push(port);
        position += part.len() + 1;
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        push(given, "host", hosts.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        push(given, "port", ports.join(","));
    }
    Ok(())
}

fn parse_pair(pair: &str, position: usize) -> Result<Given, Problem> {
    let Some((name, value)) = pair.split_once('=') else {
        return problem(position, "a parameter without \"=\"");
    };
    let name = decode(name, position)?;
    let value = decode(value, position + pair.len() - value.len())?;
    // JDBC and asyncpg say ssl=, libpq accepts ssl=true for their sake.
    if name == "ssl" {
        let mode = match value.as_str() {
            "true" | "1" => "require".to_owned(),
            "false" | "0" => "disable".to_owned(),
            _ => value,
        };
        return Ok((known("sslmode"), mode));
    }
    match parameters::find(&name) {
        Some(parameter) => Ok((parameter, value)),
        None => problem(position, parameters::about_unknown(&name)),
    }
}

fn parse_keywords(text: &str) -> Result<Vec<Given>, Problem> {
    let mut given = Vec::new();
    let bytes = text.as_bytes();
    let space = |position: usize| bytes.get(position).is_some_and(u8::is_ascii_whitespace);
    let skip = |mut position: usize| {
        while space(position) {
            position += 1;
        }
        position
    };
    let mut position = skip(0);
    while position < bytes.len() {
        let name_start = position;
        while position < bytes.len() && bytes[position] != b'=' && !space(position) {
            position += 1;
        }
        let name = &text[name_start..position];
        position = skip(position);
        if bytes.get(position) != Some(&b'=') {
            return Err(Problem {
                position: name_start,
                what: "a word without \"=\"".to_owned(),
                hint: Some(
                    "give postgresql://user@host:port/database, or keyword=value pairs; \
                            a value with spaces goes into single quotes",
                ),
            });
        }
        position = skip(position + 1);
        let quoted = bytes.get(position) == Some(&b'\'');
        let value_start = position;
        position += usize::from(quoted);
        let mut value = Vec::new();
        loop {
            match bytes.get(position) {
                None if quoted => return problem(value_start, "a quoted value without its closing quote"),
                None => break,
                Some(b'\'') if quoted => {
                    position += 1;
                    break;
                }
                Some(byte) if !quoted && byte.is_ascii_whitespace() => break,
                Some(b'\\') => {
                    value.extend(bytes.get(position + 1));
                    position += 2;
                }
                Some(byte) => {
                    value.push(*byte);
                    position += 1;
                }
            }
        }
        let Some(parameter) = parameters::find(name) else {
            return problem(name_start, parameters::about_unknown(name));
        };
        let value =
            String::from_utf8(value).expect("only whole characters and ASCII backslashes were taken apart");
        given.push((parameter, value));
        position = skip(position.min(bytes.len()));
    }
    Ok(given)
}

fn decode(text: &str, start: usize) -> Result<String, Problem> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] != b'%' {
            decoded.push(bytes[index]);
            index += 1;
            continue;
        }
        let digit = |offset: usize| {
            bytes
                .get(index + offset)
                .and_then(|byte| (*byte as char).to_digit(16))
        };
        match (digit(1), digit(2)) {
            (Some(0), Some(0)) => return problem(start + index, "%00 is not allowed"),
            (Some(high), Some(low)) => decoded.push((high * 16 + low) as u8),
            _ => {
                return Err(Problem {
                    position: start + index,
                    what: "\"%\" without two hexadecimal digits".to_owned(),
                    hint: Some(ENCODE),
                });
            }
        }
        index += 3;
    }
    match String::from_utf8(decoded) {
        Ok(decoded) => Ok(decoded),
        Err(_) => problem(start, "the percent-encoded bytes are not UTF-8"),
    }
}

fn known(name: &str) -> &'static Parameter {
    parameters::find(name).expect("the name is in the table of parameters")
}

fn push(given: &mut Vec<Given>, name: &str, value: String) {
    given.push((known(name), value));
}

/// A connection string without its secrets, for showing. Works on strings that do not parse, and rather hides too much:
/// what could be a password is replaced by `***`.
///
/// ```
/// use windlass::connect::redact;
/// assert_eq!(redact("postgresql://app:s3cret@db/shop"), "postgresql://app:***@db/shop");
/// assert_eq!(redact("host=db password='s3 cret' user=app"), "host=db password=*** user=app");
/// ```
pub fn redact(conninfo: &str) -> String {
    let text = conninfo.trim();
    let scheme = match text.find("://") {
        Some(index)
            if text[..index]
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte)) =>
        {
            index + 3
        }
        _ => 0,
    };
    let (head, rest) = text.split_at(scheme);
    // Up to the last "@" anything may be password: an unencoded "/", "?" or "@" in it moves every other boundary.
    let (userinfo, tail) = match rest.rfind('@') {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let tail = hide_values(tail);
    match userinfo {
        Some(userinfo) if scheme > 0 => match userinfo.split_once(':') {
            Some((user, _)) => format!("{head}{user}:***@{tail}"),
            None if userinfo.contains(['/', '?', '=']) => format!("{head}***@{tail}"),
            None => format!("{head}{userinfo}@{tail}"),
        },
        // keyword=value with an "@" somewhere, perhaps in a password
        Some(_) if parses(text) => hide_values(text),
        Some(_) => format!("***@{tail}"),
        // "scheme://user:secret" and "scheme://user:secret/db": not a port, so perhaps a password
        None if scheme > 0 && !ports_are_ports(rest) => format!("{head}***"),
        None if scheme > 0 || parses(text) => format!("{head}{tail}"),
        None if text.contains('=') => tail,
        None if text.is_empty() => String::new(),
        None => "***".to_owned(),
    }
}

fn parses(text: &str) -> bool {
    parse_keywords(text).is_ok()
}

fn ports_are_ports(rest: &str) -> bool {
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    parse_hosts(authority, 0, &mut Vec::new()).is_ok()
}

/// Replaces the value of each secret parameter, up to the next known parameter or the end.
fn hide_values(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    // (start of name, start of value, secret?)
    let mut names: Vec<(usize, usize, bool)> = Vec::new();
    let secrets = [
        "password",
        "passwd",
        "passphrase",
        "pass",
        "pwd",
        "secret",
        "token",
        "key",
    ];
    for (equals, _) in lower.match_indices('=') {
        let before = lower[..equals].trim_end_matches([' ', '\t']);
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .map_or(0, |index| {
                index + before[index..].chars().next().map_or(1, char::len_utf8)
            });
        let name = &before[start..];
        let secret = name != "sslkey" && secrets.iter().any(|word| name.ends_with(word));
        if secret || PARAMETERS.iter().any(|parameter| parameter.name == name) {
            names.push((start, equals + 1, secret));
        }
    }
    let mut shown = String::new();
    let mut position = 0;
    let mut index = 0;
    while index < names.len() {
        let (start, value, secret) = names[index];
        index += 1;
        if !secret || start < position {
            continue;
        }
        let end = quoted_end(text, value).unwrap_or_else(|| {
            names
                .iter()
                .map(|(next, ..)| *next)
                .find(|next| *next > value)
                .map_or(text.len(), |next| {
                    text[..next]
                        .trim_end_matches([' ', '\t', '\n', '&', '?'])
                        .len()
                        .max(value)
                })
        });
        shown += &text[position..value];
        shown += "***";
        position = end;
    }
    shown + &text[position.min(text.len())..]
}

/// The end of the value that starts at `start`, when it is quoted: behind its closing quote, or the end of the text.
fn quoted_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut index = start + text[start..].len() - text[start..].trim_start().len();
    if bytes.get(index) != Some(&b'\'') {
        return None;
    }
    index += 1;
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'\\' => index += 2,
            // A quote in the middle of a word is no end: it was not escaped.
            b'\'' if bytes.get(index + 1).is_none_or(u8::is_ascii_whitespace) => return Some(index + 1),
            _ => index += 1,
        }
    }
    Some(text.len())
}
