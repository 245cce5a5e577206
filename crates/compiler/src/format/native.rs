//! Native files: `0036_name.sql` and beside it, when it can be undone, `0036_name.down.sql`.
//!
//! Only lexed and hashed here: most files of a long history are applied, and never parsed.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Revision, RevisionId, Source};
use crate::checksum::Checksum;
use crate::diagnostic::{Diagnostic, Place, Span};
use crate::directive::{FileDirectives, misplaced_in_down};
use crate::lex::{self, StrangerKind};
use crate::parallel::in_parallel;
use crate::script::strangers;

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
            Kind::Misnamed(problem) => problems.push(problem),
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
    let ups: Vec<_> = ups
        .into_iter()
        .map(|(id, source)| {
            let down = downs.remove(id.as_str());
            (id, source, down)
        })
        .collect();
    let mut revisions = Vec::with_capacity(ups.len());
    for found in in_parallel(ups, |(id, source, down)| revision(id, source, down)) {
        match found {
            Ok(revision) => {
                warnings.extend(idle_down(&revision));
                revisions.push(revision);
            }
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
    Misnamed(Diagnostic),
    Odd(Diagnostic),
    Ignored,
}

fn classify(file: &RawFile) -> Kind {
    let name = file.name.as_str();
    if name.starts_with('.') {
        return Kind::Ignored;
    }
    let lower = name.to_ascii_lowercase();
    let misnamed = |message: String, help: String| Kind::Misnamed(Diagnostic::error(message).help(help));
    for ending in [".up.sql", ".rollback.sql", ".undo.sql", ".down.sql"] {
        let Some(stem) = lower.strip_suffix(ending).and_then(|stem| name.get(..stem.len())) else {
            continue;
        };
        if name.ends_with(".down.sql") {
            return Kind::Down(stem.to_owned());
        }
        return misnamed(
            format!("{}: its name ends in {}", file.path, &name[stem.len()..]),
            format!("name the revision {stem}.sql and its way back {stem}.down.sql"),
        );
    }
    if let Some(stem) = name.strip_suffix(".sql") {
        if is_of_flyway(stem) {
            return misnamed(
                format!("{}: it is named as Flyway names its files", file.path),
                "name it 0001_name.sql; which revisions a database has already, `windlass stamp` says to the journal"
                    .to_owned(),
            );
        }
        return Kind::Up(stem.to_owned());
    }
    if let Some(stem) = lower.strip_suffix(".sql").and_then(|stem| name.get(..stem.len())) {
        return misnamed(
            format!("{}: its name ends in {}", file.path, &name[stem.len()..]),
            format!("name it {stem}.sql"),
        );
    }
    let is_near = [".sql.", ".sql~", ".psql", ".pgsql"]
        .iter()
        .any(|part| lower.contains(part));
    if is_near {
        return Kind::Odd(
            Diagnostic::warning(format!(
                "{}: not read, for its name does not end in .sql",
                file.path
            ))
            .help("rename it if it is a revision, else move it away"),
        );
    }
    Kind::Ignored
}

/// `V1.2__name`, `U1__name`, `R__name`: their numbers stand behind a letter, so V10 would run before V2.
fn is_of_flyway(stem: &str) -> bool {
    let Some((head, _)) = stem.split_once("__") else {
        return false;
    };
    match head.as_bytes() {
        [b'R'] => true,
        [b'V' | b'U', rest @ ..] => {
            rest.first().is_some_and(u8::is_ascii_digit)
                && rest
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
        }
        _ => false,
    }
}

fn decode(file: &RawFile) -> Result<Source, Diagnostic> {
    let path: Arc<str> = Arc::from(file.path.as_str());
    let bytes = file.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&file.bytes);
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(
            Diagnostic::error(format!("{path}: the file is UTF-16")).help(format!(
                "save it as UTF-8: iconv -f UTF-16 -t UTF-8 {}",
                file.name
            )),
        );
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            // Some of what follows, so that the line is known again.
            let some = (error.valid_up_to() + Place::EXCERPT_REACH).min(bytes.len());
            let valid = String::from_utf8_lossy(&bytes[..some]);
            let end = Span::new(
                error.valid_up_to(),
                error.valid_up_to() + char::REPLACEMENT_CHARACTER.len_utf8(),
            );
            return Err(Diagnostic::error(format!(
                "byte 0x{:02X} is not UTF-8",
                bytes.get(error.valid_up_to()).copied().unwrap_or_default()
            ))
            .at(Place::locate(&path, &valid, end))
            .help("save the file as UTF-8")
            .help(format!(
                "if it is Latin-1: iconv -f LATIN1 -t UTF-8 {}",
                file.name
            )));
        }
    };
    if let Some(at) = text.find('\0') {
        return Err(Diagnostic::error("a NUL byte; PostgreSQL's text has none")
            .at(Place::locate(&path, text, Span::new(at, at)))
            .help("save the file as UTF-8; in a UTF-16 file every other byte is NUL"));
    }
    // One text for every checkout: what is run, and its statements' hashes, may differ no more than the checksum.
    let text = if text.contains("\r\n") {
        Arc::from(text.replace("\r\n", "\n"))
    } else {
        Arc::from(text)
    };
    Ok(Source { path, text })
}

fn revision(id: RevisionId, up: Source, down: Option<Source>) -> Result<Revision, Vec<Diagnostic>> {
    let scan = lex::scan(&up.text);
    let mut problems = strangers(&up, &scan, decides_graph);
    let header = FileDirectives::read(&up, &scan).unwrap_or_else(|found| {
        problems.extend(found);
        FileDirectives::default()
    });
    let mut down_checksum = None;
    if let Some(down) = &down {
        let scan = lex::scan(&down.text);
        problems.extend(strangers(down, &scan, decides_graph));
        problems.extend(misplaced_in_down(down, &scan));
        problems.extend(FileDirectives::read(down, &scan).err().unwrap_or_default());
        down_checksum = Some(Checksum::of_script(&down.text, &scan));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Revision {
        number: id.number(),
        checksum: Checksum::of_script(&up.text, &scan),
        directives_checksum: Checksum::of_directives(&up.text, &scan),
        down_checksum,
        has_statements: scan.has_statements,
        id,
        up,
        down,
        header,
    })
}

fn idle_down(revision: &Revision) -> Option<Diagnostic> {
    let down = revision
        .down
        .as_ref()
        .filter(|_| revision.header.irreversible.is_some())?;
    Some(
        Diagnostic::warning(format!(
            "{}: never run, for {} is irreversible",
            down.path, revision.id
        ))
        .help("remove the directive or the file"),
    )
}

/// What must not wait until the file is parsed: passed over, it would change graph or checksum.
fn decides_graph(kind: &StrangerKind) -> bool {
    matches!(
        kind,
        StrangerKind::NearMiss
            | StrangerKind::ForeignMarker(_)
            | StrangerKind::Continuation
            | StrangerKind::CarriageReturn
    )
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

    #[test]
    fn names_that_are_nearly_right_are_said() {
        for (name, expected) in [
            ("1_a.up.sql", "m/1_a.up.sql: its name ends in .up.sql"),
            ("1_a.Down.sql", "m/1_a.Down.sql: its name ends in .Down.sql"),
            (
                "1_a.rollback.sql",
                "m/1_a.rollback.sql: its name ends in .rollback.sql",
            ),
            ("1_a.SQL", "m/1_a.SQL: its name ends in .SQL"),
            (
                "V10__a.sql",
                "m/V10__a.sql: it is named as Flyway names its files",
            ),
            (
                "R__views.sql",
                "m/R__views.sql: it is named as Flyway names its files",
            ),
        ] {
            assert_eq!(problems(&[(name, "")]), [expected]);
        }
        for name in ["1_a.sql.bak", "1_a.sql~", "1_a.psql"] {
            let directory = read(files(&[(name, "")])).expect("it is only odd");
            assert_eq!(
                (directory.revisions.len(), directory.warnings.len()),
                (0, 1),
                "{name}"
            );
        }
        for name in ["README.md", ".1_a.sql.swp", "._1_a.sql", "windlass.toml"] {
            let directory = read(files(&[(name, "")])).expect("it is no revision");
            assert_eq!(
                (directory.revisions.len(), directory.warnings.len()),
                (0, 0),
                "{name}"
            );
        }
        assert_eq!(ids(&[("1_it's \"é\".sql", ""), ("Version__x.sql", "")]).len(), 2);
    }

    #[test]
    fn names_that_differ_only_by_case_are_refused() {
        assert_eq!(
            problems(&[("a.sql", ""), ("A.sql", "")]),
            ["m/A.sql and m/a.sql differ only by case"]
        );
        for name in ["head.sql", "+1.sql", ".sql", "a\nb.sql"] {
            assert!(
                read(files(&[(name, "")])).is_err() || name.starts_with('.'),
                "{name}"
            );
        }
    }

    #[test]
    fn what_would_change_the_graph_is_said_before_it_is_built() {
        for (text, expected) in [
            (
                "--windlass: after 1_a\n",
                "m/2_b.sql:1:1: a comment that is nearly a directive",
            ),
            (
                "-- migrate:up\n",
                "m/2_b.sql:1:1: a marker of dbmate in a native revision",
            ),
            (
                "-- windlass: after 1_a\rSELECT 1;\n",
                "m/2_b.sql:1:1: a directive that ends in a bare carriage return",
            ),
        ] {
            assert_eq!(problems(&[("1_a.sql", ""), ("2_b.sql", text)]), [expected]);
        }
    }

    #[test]
    fn a_down_script_speaks_about_itself_alone() {
        assert_eq!(
            problems(&[
                ("1_a.sql", ""),
                ("1_a.down.sql", "-- windlass: after 0_x\n-- windlas: x\n")
            ]),
            [
                "m/1_a.down.sql:2:1: a comment that is nearly a directive",
                "m/1_a.down.sql:1:14: `after` in a down script",
            ]
        );
        let both = read(files(&[
            ("1_a.sql", "-- windlass: irreversible because it is\n"),
            ("1_a.down.sql", "-- windlass: no-transaction\n"),
        ]));
        assert_eq!(
            both.expect("it is only odd").warnings[0].to_string(),
            "m/1_a.down.sql: never run, for 1_a is irreversible"
        );
    }

    #[test]
    fn one_text_whatever_the_line_ends() {
        let one = |text: &str| {
            read(files(&[("1.sql", text), ("1.down.sql", text)]))
                .expect("it is fine")
                .revisions
                .remove(0)
        };
        let unix = "-- windlass: only \\\n--  env b\nSELECT 'x\ny'; \n";
        assert_eq!(one(unix), one(&unix.replace('\n', "\r\n")));
        assert_eq!(one(unix).checksum, one("SELECT 'x\ny'; \n").checksum);
        assert_ne!(
            one(unix).directives_checksum,
            one("SELECT 'x\ny'; \n").directives_checksum
        );
        assert!(!one("/* only this */ -- and that\n").has_statements);
    }

    #[test]
    fn files_that_are_no_utf_8_are_said() {
        let one = |bytes: &[u8]| {
            let file = RawFile {
                path: "m/1.sql".into(),
                name: "1.sql".into(),
                bytes: bytes.to_vec(),
            };
            read(vec![file]).expect_err("it is no UTF-8")[0].to_string()
        };
        assert_eq!(one(b"\xFF\xFES\0"), "m/1.sql: the file is UTF-16");
        assert_eq!(
            one(b"S\0E\0"),
            "m/1.sql:1:2: a NUL byte; PostgreSQL's text has none"
        );
        assert_eq!(one(b"a\n-- caf\xE9 b\n"), "m/1.sql:2:7: byte 0xE9 is not UTF-8");
    }

    proptest::proptest! {
        #[test]
        fn the_order_of_the_files_given_decides_nothing(numbers in proptest::collection::btree_set(0_u16..300, 0..20), seed in 0_usize..1000) {
            let mut list: Vec<_> = numbers
                .iter()
                .flat_map(|number| [format!("{number}_r.sql"), format!("{number}_r.down.sql")])
                .map(|name| RawFile { path: name.clone(), name, bytes: b"SELECT 1".to_vec() })
                .collect();
            let straight = read(list.clone()).expect("they are fine");
            for at in (1..list.len()).rev() {
                list.swap(at, (seed * 31 + at * 17) % (at + 1));
            }
            proptest::prop_assert_eq!(&straight, &read(list).expect("they are fine"));
            let numbers: Vec<_> = numbers.into_iter().map(|number| Some(u128::from(number))).collect();
            proptest::prop_assert_eq!(numbers, straight.revisions.iter().map(|revision| revision.number).collect::<Vec<_>>());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), name in "\\PC{0,12}(\\.sql)?") {
            let _ = read(vec![RawFile { path: name.clone(), name, bytes }]);
        }
    }
}
