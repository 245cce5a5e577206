//! Several revisions as one: the text of a file that replaces them. What it runs, in which order, and
//! what each statement's directives say stays the same; what cannot stay the same is refused.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::directive::{Scope, TransactionMode, find};
use crate::format::{Directory, Revision, RevisionId, Source};
use crate::graph::Graph;
use crate::lex;
use crate::plan;
use crate::script::{Script, ScriptStatement};
use crate::sql::{self, Statement};

/// What becomes of the replaced files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// They stay, until every database has them; the squash stands behind all files.
    Stay,
    /// They leave the directory; the squash stands in the place of the last of them.
    Leave,
}

/// A squash, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Squash {
    /// The revisions that it replaces, in order.
    pub replaces: Vec<RevisionId>,
    /// The number that its name begins with, as digits.
    pub number: String,
    /// Its up script.
    pub up: String,
    /// Its down script, where all that it replaces have one.
    pub down: Option<String>,
    /// What its author should know.
    pub remarks: Vec<String>,
}

/// The revisions from `from` (the first of all when none) to `to`, as one.
///
/// # Errors
/// A range that is none or has a side entrance, and what one file cannot say.
pub fn squash(
    directory: &Directory,
    graph: &Graph,
    from: Option<&RevisionId>,
    to: &RevisionId,
    replaced: Replaced,
) -> Result<Squash, Vec<Diagnostic>> {
    let members = members(directory, graph, from, to)?;
    let ids: Vec<RevisionId> = members.iter().map(|member| member.id.clone()).collect();
    let mut problems = Vec::new();
    let mut remarks = Vec::new();
    if replaced == Replaced::Stay {
        problems.extend(unnamed_followers(directory, &ids));
    }
    let mut head = header(&members, graph, replaced, &mut problems, &mut remarks);
    let mut up = String::new();
    for (at, member) in members.iter().enumerate() {
        match body(member, &member.up, at > 0, &mut remarks) {
            Ok(body) => up.push_str(&format!("\n-- From {}.\n{body}", member.id)),
            Err(found) => problems.extend(found),
        }
    }
    head.push_str(&up);
    let down = down(&members, &mut problems, &mut remarks);
    if problems.is_empty() {
        problems.extend(proof(&members, &head).err().unwrap_or_default());
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Squash {
        number: number(directory, to, replaced),
        replaces: ids,
        up: head,
        down,
        remarks,
    })
}

/// The revisions of the range in order; only its first may follow, and only its last be followed by,
/// what is outside.
fn members<'d>(
    directory: &'d Directory,
    graph: &Graph,
    from: Option<&RevisionId>,
    to: &RevisionId,
) -> Result<Vec<&'d Revision>, Vec<Diagnostic>> {
    let below = graph.ancestors(to);
    let inside: HashSet<RevisionId> = match from {
        Some(from) => graph.descendants(from).intersection(&below).cloned().collect(),
        None => below,
    };
    let refuse = |message: String, help: &str| Err(vec![Diagnostic::error(message).help(help.to_owned())]);
    if let Some(from) = from.filter(|from| !inside.contains(*from)) {
        return refuse(
            format!("{to} does not stand on {from}"),
            "write the older revision first: OLDER..NEWER",
        );
    }
    let files: HashMap<&RevisionId, &Revision> = directory
        .revisions
        .iter()
        .map(|revision| (&revision.id, revision))
        .collect();
    let members: Vec<&Revision> = graph
        .order()
        .filter(|id| inside.contains(*id))
        .filter_map(|id| files.get(id).copied())
        .collect();
    if members.len() < 2 {
        return refuse(
            format!("there is nothing between to squash: {to} stands alone"),
            "name a longer range: OLDER..NEWER",
        );
    }
    // The first from outside that follows each.
    let mut followers: HashMap<RevisionId, &RevisionId> = HashMap::new();
    for outside in graph.order().filter(|id| !inside.contains(*id)) {
        for parent in graph.parents(outside) {
            followers.entry(parent).or_insert(outside);
        }
    }
    for member in &members {
        let parents = graph.parents(&member.id);
        let side = parents.iter().find(|parent| !inside.contains(*parent));
        if let Some(parent) = side.filter(|_| Some(&member.id) != from) {
            return refuse(
                format!(
                    "{} also follows {parent}, which is outside of the range",
                    member.id
                ),
                "squash from a revision that both branches stand on",
            );
        }
        if let Some(child) = followers.get(&member.id).filter(|_| member.id != *to) {
            return refuse(
                format!(
                    "{child} follows {}, which is in the middle of the range",
                    member.id
                ),
                "squash up to that revision, or from behind it",
            );
        }
        if !member.header.replaces.is_empty() {
            return refuse(
                format!("{} is a squash itself", member.id),
                "squash what follows it",
            );
        }
    }
    Ok(members)
}

/// Files that follow the range only by standing behind it: once the range's files go they would
/// follow something else.
fn unnamed_followers(directory: &Directory, ids: &[RevisionId]) -> Option<Diagnostic> {
    let ids: HashSet<&RevisionId> = ids.iter().collect();
    let follower = directory.revisions.windows(2).find_map(|pair| match pair {
        [before, next] => {
            (ids.contains(&before.id) && !ids.contains(&next.id) && next.header.after.is_none())
                .then_some((before, next))
        }
        _ => None,
    });
    follower.map(|(before, next)| {
        Diagnostic::error(format!(
            "{} follows {} only by its number, and will follow something else once the replaced files go",
            next.up.path, before.id
        ))
        .help(format!(
            "write it down, which changes no checksum: -- windlass: after {}",
            before.id.word()
        ))
        .help("or let the squash take the place of the replaced files: --move DIR")
    })
}

fn number(directory: &Directory, to: &RevisionId, replaced: Replaced) -> String {
    let digits = |id: &RevisionId| id.as_str().bytes().take_while(u8::is_ascii_digit).count();
    let numbers = directory.revisions.iter().filter_map(|revision| revision.number);
    match replaced {
        Replaced::Leave if digits(to) > 0 => to.as_str()[..digits(to)].to_owned(),
        _ => format!(
            "{:0width$}",
            numbers.max().unwrap_or(0) + 1,
            width = digits(to).max(4)
        ),
    }
}

/// What the file's first lines say, as far as one file can say what several said.
fn header(
    members: &[&Revision],
    graph: &Graph,
    replaced: Replaced,
    problems: &mut Vec<Diagnostic>,
    remarks: &mut Vec<String>,
) -> String {
    let parents: Vec<String> = members
        .first()
        .map(|first| graph.parents(&first.id).iter().map(RevisionId::word).collect())
        .unwrap_or_default();
    let after = if parents.is_empty() {
        "base".to_owned()
    } else {
        parents.join(" ")
    };
    let ids: Vec<String> = members.iter().map(|member| member.id.word()).collect();
    let mut head = format!(
        "-- windlass: after {after}\n-- windlass: replaces {}\n",
        ids.join(" \\\n--   ")
    );
    let mut lines: Vec<String> = Vec::new();
    for member in members {
        let scan = lex::scan(&member.up.text);
        for span in &scan.directives {
            let line = &member.up.text[span.range()];
            let keeps = match name_of(line) {
                "protect" | "only" => true,
                "label" => replaced == Replaced::Leave,
                "requires" => {
                    remarks.push(format!(
                        "{}: {line} was left out: what it waits for may be in the squash",
                        member.id
                    ));
                    false
                }
                _ => false,
            };
            if keeps && !lines.iter().any(|known| known == line) {
                lines.push(line.to_owned());
            }
        }
        if replaced == Replaced::Stay && !member.header.labels.is_empty() {
            remarks.push(format!(
                "{}: its labels stay there; move them to the squash when its file goes",
                member.id
            ));
        }
        if member.header.only_envs != members[0].header.only_envs {
            problems.push(
                Diagnostic::error(format!(
                    "{} and {} run in different environments",
                    members[0].id, member.id
                ))
                .help("squash them apart"),
            );
        }
    }
    if let Some((member, why)) = members
        .iter()
        .find_map(|member| Some((member, member.header.irreversible.as_ref()?)))
    {
        lines.push(format!(
            "-- windlass: irreversible because {} is: {why}",
            member.id
        ));
    }
    match mode(members) {
        Ok(TransactionMode::Shared) => {}
        Ok(TransactionMode::Never) => lines.push("-- windlass: no-transaction".to_owned()),
        Ok(TransactionMode::Atomic) => lines.push("-- windlass: atomic".to_owned()),
        Err(id) => problems.push(
            Diagnostic::error(format!("{id} is `atomic` and others of the range are not"))
                .help("squash up to it and from behind it, or remove the directive"),
        ),
    }
    for line in lines {
        head.push_str(&line);
        head.push('\n');
    }
    head
}

/// The squash's own mode: `no-transaction` where any wants it.
fn mode(members: &[&Revision]) -> Result<TransactionMode, RevisionId> {
    let modes: Vec<TransactionMode> = members.iter().map(|member| member.header.transaction).collect();
    let atomic = members
        .iter()
        .find(|member| member.header.transaction == TransactionMode::Atomic);
    match atomic {
        Some(_) if modes.iter().all(|mode| *mode == TransactionMode::Atomic) => Ok(TransactionMode::Atomic),
        Some(member) => Err(member.id.clone()),
        None if modes.contains(&TransactionMode::Never) => Ok(TransactionMode::Never),
        None => Ok(TransactionMode::Shared),
    }
}

/// A script without its lines about the file, ended by a semicolon, and with the settings that it
/// makes set back: each revision begins in a fresh session.
fn body(
    member: &Revision,
    source: &Source,
    is_later: bool,
    remarks: &mut Vec<String>,
) -> Result<String, Vec<Diagnostic>> {
    let script = Script::read(source, sql::split)?;
    let text: &str = &source.text;
    if let Some(statement) = script
        .statements
        .iter()
        .find(|statement| is_later && statement.directives.require.is_some())
    {
        return Err(vec![
            Diagnostic::error(format!(
                "{}: line {}: a `require` is asked before the first step of its file, which would now be another",
                source.path, statement.line
            ))
            .help("squash from this revision on, or remove the statement if every database has passed it"),
        ]);
    }
    let mut body = String::with_capacity(text.len());
    let mut from = 0;
    for span in &lex::scan(text).directives {
        let about_file = find(name_of(&text[span.range()])).is_some_and(|known| known.scope == Scope::File);
        if about_file {
            body.push_str(&text[from..span.start]);
            from = span.end + usize::from(text[span.end..].starts_with('\n'));
        }
    }
    body.push_str(&text[from..]);
    if let Some(last) = script.statements.last().filter(|last| is_open(text, last)) {
        let behind = body.len() - (text.len() - last.span.end);
        // A comment on the last line would swallow it.
        let line = text[last.span.range()].lines().last().unwrap_or("");
        body.insert_str(behind, if line.contains("--") { "\n;" } else { ";" });
    }
    let mut body = format!("{}\n", body.trim_matches('\n'));
    for statement in &script.statements {
        match sql::parse(&text[statement.span.range()]) {
            Ok(Statement::Set {
                name: Some(name),
                local: false,
            }) => body.push_str(&format!("RESET {name};\n")),
            Ok(Statement::Query { .. } | Statement::Do { .. })
                if text[statement.span.range()]
                    .to_ascii_lowercase()
                    .contains("set_config") =>
            {
                remarks.push(format!(
                    "{} line {}: what set_config() sets now holds for the revisions behind it too",
                    member.id, statement.line
                ));
            }
            _ => {}
        }
    }
    Ok(body)
}

/// Whether nothing ends the statement: the next one's text would join it.
fn is_open(text: &str, last: &ScriptStatement) -> bool {
    last.copy_data.is_none() && !text[last.span.end..].trim_start().starts_with(';')
}

/// The name of a directive's line.
fn name_of(line: &str) -> &str {
    line.trim_start_matches("-- windlass:")
        .split_whitespace()
        .next()
        .unwrap_or("")
}

fn down(members: &[&Revision], problems: &mut Vec<Diagnostic>, remarks: &mut Vec<String>) -> Option<String> {
    let without: Vec<&str> = members
        .iter()
        .filter(|member| member.down.is_none() || member.header.irreversible.is_some())
        .map(|member| member.id.as_str())
        .collect();
    if !without.is_empty() {
        if without.len() < members.len() {
            remarks.push(format!(
                "there is no way back for {}, and so none for the squash",
                without.join(", ")
            ));
        }
        return None;
    }
    let mut text = String::new();
    for member in members.iter().rev() {
        let Some(source) = &member.down else { continue };
        match body(member, source, false, remarks) {
            Ok(body) => text.push_str(&format!("-- From {}.\n{body}\n", member.id)),
            Err(found) => problems.extend(found),
        }
    }
    Some(text)
}

/// Reads the squash as it will be run: it holds the statements of all, in order, and no others but RESET.
fn proof(members: &[&Revision], up: &str) -> Result<(), Vec<Diagnostic>> {
    let hashes = |source: &Source| -> Result<Vec<_>, Vec<Diagnostic>> {
        let statements = plan::prepare(source)?.statements;
        Ok(statements
            .into_iter()
            .filter(|statement| !statement.planned.sql.starts_with("RESET "))
            .map(|statement| statement.planned.hash)
            .collect())
    };
    let mut expected = Vec::new();
    for member in members {
        expected.extend(hashes(&member.up)?);
    }
    let squash = Source {
        path: Arc::from("the squash"),
        text: Arc::from(up),
    };
    if hashes(&squash)? == expected {
        return Ok(());
    }
    Err(vec![
        Diagnostic::error("the squash would not run the same statements as the revisions that it replaces")
            .help("this is a mistake of windlass; write the file by hand, with `-- windlass: replaces …`"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{RawFile, read};

    fn squashed(files: &[(&str, &str)], range: (&str, &str), replaced: Replaced) -> Result<Squash, String> {
        let files = files
            .iter()
            .map(|(name, text)| RawFile {
                path: format!("m/{name}.sql"),
                name: format!("{name}.sql"),
                bytes: text.as_bytes().to_vec(),
            })
            .collect();
        let directory = read(files).expect("the files are fine");
        let graph = Graph::build(&directory.revisions).expect("they form a graph");
        let id = |name: &str| graph.named(name).expect("it exists");
        let from = (!range.0.is_empty()).then(|| id(range.0));
        squash(&directory, &graph, from.as_ref(), &id(range.1), replaced)
            .map_err(|problems| problems[0].to_string())
    }

    const FILES: &[(&str, &str)] = &[
        ("0001_a", "CREATE TABLE a (x int)"),
        (
            "0002_b",
            "-- windlass: after 0001_a\n-- windlass: label beta\nSET work_mem = '8MB';\n-- words\n-- windlass: best-effort\nCREATE INDEX CONCURRENTLY a_x ON a (x) -- last\n",
        ),
        (
            "0003_c",
            "-- windlass: after 0002_b\nCOPY a FROM STDIN;\n1\n\\.\n-- the end\n",
        ),
        ("0004_d", "-- windlass: after 0003_c\nSELECT 1;"),
    ];

    #[test]
    fn a_squash_holds_the_same_statements_with_their_directives() {
        let squash = squashed(FILES, ("0001", "0003"), Replaced::Leave).expect("it can be squashed");
        assert_eq!(squash.number, "0003");
        assert_eq!(squash.down, None);
        assert_eq!(
            squash.up,
            "-- windlass: after base\n-- windlass: replaces 0001_a \\\n--   0002_b \\\n--   0003_c\n\
             -- windlass: label beta\n\
             \n-- From 0001_a.\nCREATE TABLE a (x int);\n\
             \n-- From 0002_b.\nSET work_mem = '8MB';\n-- words\n-- windlass: best-effort\n\
             CREATE INDEX CONCURRENTLY a_x ON a (x) -- last\n;\nRESET work_mem;\n\
             \n-- From 0003_c.\nCOPY a FROM STDIN;\n1\n\\.\n-- the end\n"
        );
    }

    #[test]
    fn files_that_stay_keep_their_numbers_and_labels() {
        let squash = squashed(FILES, ("", "0002"), Replaced::Stay).expect("it can be squashed");
        assert_eq!(squash.number, "0005");
        assert!(!squash.up.contains("label"), "{}", squash.up);
        assert_eq!(squash.remarks.len(), 1);
    }

    #[test]
    fn ways_back_are_taken_last_first() {
        let files = [
            ("0001_a", "CREATE TABLE a ()"),
            ("0001_a.down", "DROP TABLE a"),
            ("0002_b", "CREATE TABLE b ()"),
            ("0002_b.down", "DROP TABLE b;"),
        ];
        let squash = squashed(&files, ("0001", "0002"), Replaced::Leave).expect("it can be squashed");
        assert_eq!(
            squash.down.as_deref(),
            Some("-- From 0002_b.\nDROP TABLE b;\n\n-- From 0001_a.\nDROP TABLE a;\n\n")
        );
    }

    #[test]
    fn what_one_file_cannot_say_is_refused() {
        let a = ("0001_a", "SELECT 1;");
        for (files, range, expected) in [
            (
                vec![a, ("0002_b", "SELECT 1;")],
                ("0002", "0001"),
                "0001_a does not stand on 0002_b",
            ),
            (
                vec![a],
                ("", "0001"),
                "there is nothing between to squash: 0001_a stands alone",
            ),
            (
                vec![
                    a,
                    ("0002_b", "-- windlass: after 0001_a\nSELECT 1;"),
                    ("0003_c", "-- windlass: after 0001_a\nSELECT 1;"),
                ],
                ("0001", "0002"),
                "0003_c follows 0001_a, which is in the middle of the range",
            ),
            (
                vec![
                    a,
                    ("0002_b", "-- windlass: after base\nSELECT 1;"),
                    ("0003_c", "-- windlass: after 0001_a 0002_b\nSELECT 1;"),
                ],
                ("0001", "0003"),
                "0003_c also follows 0002_b, which is outside of the range",
            ),
            (
                vec![a, ("0002_b", "-- windlass: atomic\nSELECT 1;")],
                ("0001", "0002"),
                "0002_b is `atomic` and others of the range are not",
            ),
            (
                vec![a, ("0002_b", "-- windlass: require : x\nSELECT true;")],
                ("0001", "0002"),
                "m/0002_b.sql: line 2: a `require` is asked before the first step of its file, which would now be another",
            ),
            (
                vec![a, ("0002_b", "SELECT 1;"), ("0003_c", "SELECT 1;")],
                ("0001", "0002"),
                "m/0003_c.sql follows 0002_b only by its number, and will follow something else once the replaced files go",
            ),
        ] {
            let found = squashed(&files, range, Replaced::Stay).expect_err("it is refused");
            assert_eq!(found, expected);
        }
    }
}
