//! The two files libpq keeps for its users: passwords (`~/.pgpass`) and named services (`pg_service.conf`).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::conninfo::Given;
use super::error::ConnectError;
use super::parameters;

/// The passwords of a `.pgpass` file.
#[derive(Clone)]
pub(super) struct PasswordFile {
    pub(super) path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    /// Host, port, database, user; `None` is `*`.
    pattern: [Option<String>; 4],
    password: SecretString,
}

impl PasswordFile {
    /// Reads `path`. A missing file is no password file; one that libpq would ignore is a warning and none either.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, String> {
        let Ok(metadata) = fs::metadata(path) else {
            return Ok(None);
        };
        if !metadata.is_file() {
            return Err(format!(
                "password file {} is not a plain file and was ignored",
                path.display()
            ));
        }
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
            return Err(format!(
                "password file {} has group or world access and was ignored; run `chmod 0600` on it",
                path.display()
            ));
        }
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(Self {
                path: path.to_owned(),
                entries: text.lines().filter_map(Entry::parse).collect(),
            })),
            Err(error) => Err(format!(
                "password file {} could not be read: {error}",
                path.display()
            )),
        }
    }

    /// The first entry that matches.
    pub(super) fn password(
        &self,
        host: &str,
        port: u16,
        database: &str,
        user: &str,
    ) -> Option<&SecretString> {
        let wanted = [host, &port.to_string(), database, user];
        let matches = |entry: &&Entry| {
            entry
                .pattern
                .iter()
                .zip(wanted)
                .all(|(pattern, value)| pattern.as_deref().is_none_or(|it| it == value))
        };
        self.entries.iter().find(matches).map(|entry| &entry.password)
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let mut rest = line;
        let mut pattern = [const { None }; 4];
        for field in &mut pattern {
            let (text, literal, end) = field_of(rest);
            *field = (literal || text != "*").then_some(text);
            rest = rest.get(end? + 1..)?;
        }
        let password = unescape(rest);
        (!password.is_empty()).then(|| Self {
            pattern,
            password: password.into(),
        })
    }
}

/// The first field of `line` without its escapes, whether it had any, and where its colon is.
fn field_of(line: &str) -> (String, bool, Option<usize>) {
    let mut escaped = false;
    let end = line.bytes().position(|byte| {
        let ends = byte == b':' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    let raw = &line[..end.unwrap_or(line.len())];
    (unescape(raw), raw.contains('\\'), end)
}

fn unescape(text: &str) -> String {
    let mut characters = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' {
            characters.next().unwrap_or('\\')
        } else {
            character
        });
    }
    plain
}

impl fmt::Debug for PasswordFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordFile({})", self.path.display())
    }
}

/// The parameters of the service `name`, from the first of `files` that defines it.
pub(super) fn read_service(name: &str, files: &[PathBuf]) -> Result<Vec<Given>, ConnectError> {
    for path in files {
        let Ok(bytes) = fs::read(path) else { continue };
        if let Some(given) = parse_service(name, &String::from_utf8_lossy(&bytes), path)? {
            return Ok(given);
        }
    }
    let looked: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
    Err(ConnectError::bad(format!(
        "no definition of the service \"{name}\" in {}",
        looked.join(" or ")
    ))
    .with_hint("PGSERVICEFILE or servicefile= names another service file"))
}

fn parse_service(name: &str, text: &str, path: &Path) -> Result<Option<Vec<Given>>, ConnectError> {
    let mut found: Option<Vec<Given>> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let wrong = |what: &str| {
            ConnectError::bad(format!(
                "service file {}, line {}: {what}",
                path.display(),
                index + 1
            ))
        };
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if header.strip_suffix(']') == Some(name) {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(given) = &mut found else { continue };
        if line.starts_with("ldap") && line.contains("://") {
            return Err(wrong("looking up services in LDAP is not supported"));
        }
        let Some((key, value)) = line.split_once('=') else {
            return Err(wrong("a line without \"=\""));
        };
        if key == "service" || key == "servicefile" {
            return Err(wrong("a service cannot refer to another one"));
        }
        let Some(parameter) = parameters::find(key) else {
            return Err(wrong(&parameters::about_unknown(key)));
        };
        // As in libpq, the first of two lines counts.
        if !given.iter().any(|(earlier, _)| earlier.name == parameter.name) {
            given.push((parameter, value.to_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn lookup(file: &str, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
        let file = PasswordFile {
            path: "p".into(),
            entries: file.lines().filter_map(Entry::parse).collect(),
        };
        file.password(host, port, database, user)
            .map(|password| password.expose_secret().to_owned())
    }

    #[test]
    fn the_first_matching_line_counts() {
        let file = "# db:5432:*:*:comment\ndb:5432:shop:app:one\ndb:*:*:app:two\n*:*:*:*:three\n";
        assert_eq!(lookup(file, "db", 5432, "shop", "app").as_deref(), Some("one"));
        assert_eq!(lookup(file, "db", 5433, "shop", "app").as_deref(), Some("two"));
        assert_eq!(
            lookup(file, "other", 5432, "shop", "app").as_deref(),
            Some("three")
        );
    }

    #[test]
    fn colons_and_backslashes_are_escaped_with_a_backslash() {
        let file = r"\:\:1:5432:*:a\\b:p\:w:d\\";
        assert_eq!(lookup(file, "::1", 5432, "x", r"a\b").as_deref(), Some(r"p:w:d\"));
    }

    #[test]
    fn an_escaped_star_is_a_star() {
        assert_eq!(lookup(r"\*:*:*:*:pw", "db", 5432, "x", "y"), None);
    }

    #[test]
    fn a_line_with_too_few_fields_is_no_entry() {
        assert_eq!(lookup("db:5432:shop:pw", "db", 5432, "shop", "pw"), None);
    }

    fn service(name: &str, text: &str) -> Result<Vec<(&'static str, String)>, String> {
        match parse_service(name, text, Path::new("f")) {
            Ok(found) => Ok(found
                .unwrap_or_default()
                .into_iter()
                .map(|(parameter, value)| (parameter.name, value))
                .collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_service_ends_at_the_next_heading() {
        let text = "[a]\nhost=one\n# c\n port=1\nport=2\n\n[b]\nhost=two\n";
        assert_eq!(
            service("a", text),
            Ok(vec![("host", "one".into()), ("port", "1".into())])
        );
        assert_eq!(service("b", text), Ok(vec![("host", "two".into())]));
    }

    #[test]
    fn errors_in_a_service_file_name_the_line() {
        assert_eq!(
            service("a", "[a]\nhots=one").unwrap_err(),
            "service file f, line 2: unknown parameter; did you mean \"host\"?"
        );
    }
}
