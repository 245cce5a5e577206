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
        Some(index) if is_scheme(&text[..index]) => index + 3,
        _ => 0,
    };
    let (head, rest) = text.split_at(scheme);
    // Up to the last "@" anything may be password: an unencoded "/", "?" or "@" in it moves every other boundary.
    let (userinfo, tail) = match rest.rfind('@') {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    match userinfo {
        _ if scheme == 0 && parses(text) => hide_values(text),
        // Neither URL nor keywords: anything in it may be the password.
        None if scheme == 0 && text.is_empty() => String::new(),
        _ if scheme == 0 && text.contains(['=', '\'']) => "***".to_owned(),
        None if scheme == 0 => "***".to_owned(),
        Some(_) if scheme == 0 => format!("***@{tail}"),
        // "postgres://user:secret": no port, so perhaps a password
        None if !ports_are_ports(rest) => format!("{head}***"),
        None => format!("{head}{}", hide_values(rest)),
        Some(userinfo) => match userinfo.split_once(':') {
            Some((user, _)) if !user.contains(['/', '?']) => {
                format!("{head}{user}:***@{}", hide_values(tail))
            }
            None if !userinfo.contains(['/', '?']) => format!("{head}{userinfo}@{}", hide_values(tail)),
            _ => format!("{head}***@{}", hide_values(tail)),
        },
    }
}

fn is_scheme(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower.trim_start_matches("jdbc:").strip_prefix("postgres");
    rest.is_some_and(|rest| {
        rest.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+_".contains(&byte))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(conninfo: &str) -> String {
        match parse(conninfo) {
            Ok(given) => given
                .iter()
                .map(|(it, value)| format!("{}={value}", it.name))
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error
                .to_string()
                .replace("the connection string is not valid at character", "!"),
        }
    }

    #[test]
    fn urls_split_as_in_libpq() {
        let pairs = [
            ("postgresql://", ""),
            ("postgres://localhost", "host=localhost"),
            ("postgresql://localhost:5433", "host=localhost port=5433"),
            ("postgresql://localhost/mydb", "host=localhost dbname=mydb"),
            (
                "postgresql://user:secret@localhost",
                "user=user password=secret host=localhost",
            ),
            (
                "postgresql://h1:123,h2:456/db?sslmode=require",
                "host=h1,h2 port=123,456 dbname=db sslmode=require",
            ),
            ("postgresql://h1,h2:456/", "host=h1,h2 port=,456 dbname="),
            (
                "postgresql:///mydb?host=localhost&port=5433",
                "dbname=mydb host=localhost port=5433",
            ),
            (
                "postgresql://[2001:db8::1234]:5433/db",
                "host=2001:db8::1234 port=5433 dbname=db",
            ),
            (
                "postgresql://%2Fvar%2Frun%2Fpostgresql/db",
                "host=/var/run/postgresql dbname=db",
            ),
            (
                "postgresql://u%40x:p%2F%3f@h?options=-c%20a%3Db",
                "user=u@x password=p/? host=h options=-c a=b",
            ),
            ("postgresql+psycopg2://u@h/db", "user=u host=h dbname=db"),
            (
                "POSTGRESQL+asyncpg://u@h/db?ssl=verify-full",
                "user=u host=h dbname=db sslmode=verify-full",
            ),
            ("postgres://u:p@ss@h/db", "user=u password=p@ss host=h dbname=db"),
            ("  postgres://h  ", "host=h"),
            ("", ""),
        ];
        for (conninfo, expected) in pairs {
            assert_eq!(split(conninfo), expected, "{conninfo}");
        }
    }

    #[test]
    fn keywords_split_as_in_libpq() {
        let pairs = [
            (
                "host=localhost port=5432 dbname=mydb",
                "host=localhost port=5432 dbname=mydb",
            ),
            ("host = h   user =u", "host=h user=u"),
            (r"password='it\'s \\ a b' user=u", r"password=it's \ a b user=u"),
            (r"password=a\ b user=''", "password=a b user="),
            ("user=\u{e4}\u{f6}", "user=\u{e4}\u{f6}"),
        ];
        for (conninfo, expected) in pairs {
            assert_eq!(split(conninfo), expected, "{conninfo}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let pairs = [
            (
                "host=h sslmod=x",
                "! 8: unknown parameter; did you mean \"sslmode\"?",
            ),
            ("host=h xyzzy=x", "! 8: unknown parameter"),
            ("mydb", "! 1: a word without \"=\""),
            ("host='h", "! 6: a quoted value without its closing quote"),
            (
                "postgres://h:port/db",
                "! 14: the port is no number from 1 to 65535",
            ),
            ("postgres://u:p%4@h", "! 15: \"%\" without two hexadecimal digits"),
            (
                "postgres://[::1/db",
                "! 12: \"[\" of an IPv6 address without its \"]\"",
            ),
            ("postgres://h/db?sslmode", "! 17: a parameter without \"=\""),
            (
                "postgres://h/db?schema=public",
                "! 17: \"schema\" is Prisma's; write options=-csearch_path%3Dname instead",
            ),
            (
                "postgres://u:a/b@h/db",
                "! 17: \"@\" after the host must be written %40, and \"/\" before it %2F",
            ),
            ("mysql://h/db", "the connection string is a URL of another kind"),
            ("jdbc:postgresql://h/db", "the connection string is a JDBC URL"),
        ];
        for (conninfo, expected) in pairs {
            assert_eq!(split(conninfo), expected, "{conninfo}");
        }
    }

    #[test]
    fn redacting_keeps_what_helps() {
        let pairs = [
            (
                "postgresql://app:s3@db:5432/shop?sslmode=require",
                "postgresql://app:***@db:5432/shop?sslmode=require",
            ),
            ("postgresql://app@db/shop", "postgresql://app@db/shop"),
            (
                "postgresql://db:5432/shop?password=s3&user=u",
                "postgresql://db:5432/shop?password=***&user=u",
            ),
            ("postgresql://app:s/3@db:x/shop", "postgresql://app:***@db:x/shop"),
            ("postgresql://app:s3", "postgresql://***"),
            ("postgresql:/app:s3@db/shop", "***@db/shop"),
            ("host=db password=s3 user=u", "host=db password=*** user=u"),
            (r"password='s\' 3' host=db", "password=*** host=db"),
            ("host=db password='s3", "***"),
            ("s3", "***"),
            ("", ""),
        ];
        for (conninfo, expected) in pairs {
            assert_eq!(redact(conninfo), expected, "{conninfo}");
        }
    }

    /// Every piece of the passwords below.
    const PIECE: &str = "zq7x";

    /// A password with whatever breaks connection strings in it.
    fn password() -> impl Strategy<Value = String> {
        proptest::collection::vec("[-/?#@:%&= '\\\\,\\[\\]+;\u{e9}]{1,3}", 0..4).prop_map(|breaks| {
            breaks
                .iter()
                .fold(PIECE.to_owned(), |all, it| format!("{all}{it}{PIECE}"))
        })
    }

    /// Connection strings around a password, most of them broken by it or by themselves.
    fn connection_string() -> impl Strategy<Value = String> {
        let scheme = prop::sample::select(vec![
            "postgresql://",
            "postgres://",
            "postgresql+psycopg2://",
            "postgres:/",
            "postgres//",
            "postgres:",
            "jdbc:postgresql://",
            "mysql://",
            "",
            " ",
            "psql postgres://",
        ]);
        let user = prop::sample::select(vec!["u", "", "u%4", "a b"]);
        let tail = prop::sample::select(vec![
            "h",
            "h/db",
            "h:x/db",
            "h:5432,[::1/db",
            "h?sslmod=x",
            "h/db?schema=y",
            "/db",
            "h/db?x",
            "h/%zz",
            "",
        ]);
        let url = (scheme.clone(), user.clone(), password(), tail)
            .prop_map(|(scheme, user, password, tail)| format!("{scheme}{user}:{password}@{tail}"));
        let without_host = (scheme, user, password())
            .prop_map(|(scheme, user, password)| format!("{scheme}{user}:{}", password.replace('@', "%")));
        let quotes = prop::sample::select(vec![("", ""), ("'", "'"), ("'", ""), ("", "'"), ("\"", "\"")]);
        let before = prop::sample::select(vec!["", "host=h ", "host=h sslmod=x ", "user=u\tdbname = d "]);
        let after = prop::sample::select(vec![
            "",
            " host=h",
            " port=x",
            " nonsense",
            " sslmod=y",
            "&user=u",
        ]);
        let keywords =
            (before, quotes, password(), after).prop_map(|(before, (open, close), password, after)| {
                format!("{before}password={open}{password}{close}{after}")
            });
        prop_oneof![url, without_host, keywords]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

        #[test]
        fn no_piece_of_a_password_is_ever_shown(conninfo in connection_string()) {
            let shown = match crate::connect::ConnectOptions::resolve(&conninfo, &|name| (name == "USER").then(|| "me".into())) {
                Ok(options) => format!("{options} {options:?} {:?}", options.warnings()),
                Err(error) => format!("{error} {error:?} {error:#?} {:?} {:?}", error.hint(), error.attempts()),
            };
            prop_assert!(!shown.contains(PIECE), "{conninfo:?} is shown as {shown:?}");
            let redacted = redact(&conninfo);
            prop_assert!(!redacted.contains(PIECE), "{conninfo:?} is redacted to {redacted:?}");
        }

        #[test]
        fn nothing_makes_us_panic(conninfo in "\\PC{0,60}|(postgres://|host=)[-a-z0-9/?#@:%&= '\\\\,\\[\\]+]{0,40}") {
            let _ = (parse(&conninfo).is_ok(), redact(&conninfo));
        }
    }
}
