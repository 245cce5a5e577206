//! Native files: `0036_name.sql` and beside it, when it can be undone, `0036_name.down.sql`.
//!
//! Only lexed and hashed here: most files of a long history are applied, and never parsed.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Revision, RevisionId, Source};
use crate::checksum::Checksum;
use crate::diagnostic::{Diagnostic, Place, Span};
use crate::directive::FileDirectives;
use crate::lex;

/// A file as it lies in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFile {
    /// The path to show.
    pub path: String,
    /// The file's own name.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The revisions of a directory, in file order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// By number, then by bytes.
    pub revisions: Vec<Revision>,
    /// What is odd, but refuses nothing.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a directory's files.
///
/// # Errors
/// Every file that cannot be a revision, with its place.
pub fn read(files: Vec<RawFile>) -> Result<Directory, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let mut ups: Vec<(RevisionId, Source)> = Vec::new();
    let mut downs: HashMap<String, Source> = HashMap::new();
    for file in files {
        match classify(&file) {
            Kind::Ignored => {}
            Kind::Odd(warning) => warnings.push(warning),
            Kind::Down(stem) => match decode(&file) {
                Ok(source) => {
                    downs.insert(stem, source);
                }
                Err(problem) => problems.push(problem),
            },
            Kind::Up(stem) => match (RevisionId::parse(&stem), decode(&file)) {
                (Ok(id), Ok(source)) => ups.push((id, source)),
                (Err(problem), _) => problems
                    .push(Diagnostic::error(format!("{}: {problem}", file.path)).help("rename the file")),
                (_, Err(problem)) => problems.push(problem),
            },
        }
    }
    ups.sort_by_cached_key(|(id, _)| (id.number().is_none(), id.number(), id.clone()));
    let mut revisions = Vec::with_capacity(ups.len());
    for (id, source) in ups {
        let down = downs.remove(id.as_str());
        match revision(id, source, down) {
            Ok(revision) => revisions.push(revision),
            Err(found) => problems.extend(found),
        }
    }
    let mut orphans: Vec<_> = downs.into_iter().collect();
    orphans.sort_by(|(a, _), (b, _)| a.cmp(b));
    problems.extend(orphans.into_iter().map(|(stem, source)| {
        Diagnostic::error(format!("{}: a down script without its revision", source.path)).help(format!(
            "its up script would be {stem}.sql; rename one of them, or remove this file"
        ))
    }));
    problems.extend(clashes(&revisions));
    if problems.is_empty() {
        Ok(Directory { revisions, warnings })
    } else {
        Err(problems)
    }
}

enum Kind {
    Up(String),
    Down(String),
    Odd(Diagnostic),
    Ignored,
}

fn classify(file: &RawFile) -> Kind {
    let name = file.name.as_str();
    if name.starts_with('.') {
        return Kind::Ignored;
    }
    if let Some(stem) = name.strip_suffix(".down.sql") {
        return Kind::Down(stem.to_owned());
    }
    if let Some(stem) = name.strip_suffix(".up.sql") {
        return Kind::Odd(
            Diagnostic::warning(format!("{}: not read, for its name ends in .up.sql", file.path))
                .help(format!("name it {stem}.sql; the way back is {stem}.down.sql")),
        );
    }
    if let Some(stem) = name.strip_suffix(".sql") {
        return Kind::Up(stem.to_owned());
    }
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".sql") || lower.contains(".sql.") {
        return Kind::Odd(
            Diagnostic::warning(format!(
                "{}: not read, for its name does not end in .sql",
                file.path
            ))
            .help("rename it if it is a revision"),
        );
    }
    Kind::Ignored
}

fn decode(file: &RawFile) -> Result<Source, Diagnostic> {
    let path: Arc<str> = Arc::from(file.path.as_str());
    let bytes = file.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&file.bytes);
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Diagnostic::error(format!("{path}: the file is UTF-16")).help("save it as UTF-8"));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let end = Span::new(valid.len(), valid.len());
            return Err(Diagnostic::error(format!(
                "byte 0x{:02X} is not UTF-8",
                bytes.get(error.valid_up_to()).copied().unwrap_or_default()
            ))
            .at(Place::locate(&path, &valid, end))
            .help("save the file as UTF-8"));
        }
    };
    if let Some(at) = text.find('\0') {
        return Err(
            Diagnostic::error("a NUL byte; PostgreSQL's text has none").at(Place::locate(
                &path,
                text,
                Span::new(at, at),
            )),
        );
    }
    Ok(Source {
        path,
        text: Arc::from(text),
    })
}

fn revision(id: RevisionId, up: Source, down: Option<Source>) -> Result<Revision, Vec<Diagnostic>> {
    let scan = lex::scan(&up.text);
    let header = FileDirectives::read(&up, &scan)?;
    Ok(Revision {
        number: id.number(),
        checksum: Checksum::of_script(&up.text, &scan),
        directives_checksum: Checksum::of_directives(&up.text, &scan),
        down_checksum: down
            .as_ref()
            .map(|down| Checksum::of_script(&down.text, &lex::scan(&down.text))),
        has_statements: scan.has_statements,
        id,
        up,
        down,
        header,
    })
}

/// Two files that claim one number, and names that differ only by case.
fn clashes(revisions: &[Revision]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for pair in revisions.windows(2) {
        let [one, two] = pair else { continue };
        if let Some(number) = one.number.filter(|_| one.number == two.number) {
            problems.push(
                Diagnostic::error(format!(
                    "{} and {} claim the number {number}",
                    one.up.path, two.up.path
                ))
                .help(
                    "give the later one the next free number, and name its parent with `-- windlass: after`",
                ),
            );
        }
    }
    let mut seen: HashMap<String, &Revision> = HashMap::new();
    for revision in revisions {
        if let Some(other) = seen.insert(revision.id.as_str().to_lowercase(), revision) {
            problems.push(
                Diagnostic::error(format!(
                    "{} and {} differ only by case",
                    other.up.path, revision.up.path
                ))
                .help("rename one: some file systems cannot hold both"),
            );
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Vec<RawFile> {
        files
            .iter()
            .map(|(name, text)| RawFile {
                path: format!("m/{name}"),
                name: (*name).to_owned(),
                bytes: text.as_bytes().to_vec(),
            })
            .collect()
    }

    fn ids(list: &[(&str, &str)]) -> Vec<String> {
        let directory = read(files(list)).expect("the files are fine");
        directory
            .revisions
            .iter()
            .map(|revision| revision.id.to_string())
            .collect()
    }

    fn problems(list: &[(&str, &str)]) -> Vec<String> {
        read(files(list))
            .expect_err("something is wrong")
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn order_is_by_number_then_by_bytes() {
        assert_eq!(
            ids(&[
                ("10_b.sql", ""),
                ("9_a.sql", ""),
                ("x.sql", ""),
                ("README.md", "")
            ]),
            ["9_a", "10_b", "x"]
        );
    }

    #[test]
    fn two_files_may_not_claim_one_number() {
        assert_eq!(
            problems(&[("0001_a.sql", ""), ("1_b.sql", "")]),
            ["m/0001_a.sql and m/1_b.sql claim the number 1"]
        );
    }

    #[test]
    fn a_down_script_needs_its_revision() {
        assert_eq!(
            problems(&[("1_a.down.sql", "")]),
            ["m/1_a.down.sql: a down script without its revision"]
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_placed() {
        let file = RawFile {
            path: "m/1.sql".into(),
            name: "1.sql".into(),
            bytes: b"SELECT\n 'a\xFF'".to_vec(),
        };
        let problems = read(vec![file]).expect_err("0xFF is not UTF-8");
        assert_eq!(problems[0].to_string(), "m/1.sql:2:4: byte 0xFF is not UTF-8");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let with = RawFile {
            path: "1.sql".into(),
            name: "1.sql".into(),
            bytes: b"\xEF\xBB\xBFSELECT 1".to_vec(),
        };
        let directory = read(vec![with]).expect("it is UTF-8");
        assert_eq!(&*directory.revisions[0].up.text, "SELECT 1");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), name in "\\PC{0,12}(\\.sql)?") {
            let _ = read(vec![RawFile { path: name.clone(), name, bytes }]);
        }
    }
}
