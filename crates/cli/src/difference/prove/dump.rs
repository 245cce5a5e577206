//! pg_dump as an independent witness: what it says of two databases, object by object.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use windlass::compiler::catalog::read_back;
use windlass::connect::ConnectOptions;

use super::normal::line_in_no_order;
use crate::context::environment;
use crate::failure::Failure;

/// A pg_dump that can read a server of this major version.
pub(super) fn program(major: u32) -> Option<PathBuf> {
    let given = environment("PG_BINDIR").map(PathBuf::from);
    let path = environment("PATH").unwrap_or_default();
    let usual = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let folders = given
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(usual.map(|entry| entry.path().join("bin")));
    folders.map(|folder| folder.join("pg_dump")).find(|program| {
        let said = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        // pg_dump (PostgreSQL) 15.8
        let version = said.ok().and_then(|said| {
            let words = String::from_utf8_lossy(&said.stdout).into_owned();
            let number = words.split_whitespace().nth(2)?;
            number
                .split(|letter: char| !letter.is_ascii_digit())
                .next()?
                .parse::<u32>()
                .ok()
        });
        version.is_some_and(|version| version >= major)
    })
}

/// What pg_dump writes of a shadow database, by object.
pub(super) fn of(
    program: &PathBuf,
    database: &ConnectOptions,
) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut command = Command::new(program);
    command
        .args([
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--no-publications",
            "--no-subscriptions",
        ])
        .args(["--exclude-schema", "windlass"])
        .envs(database.as_environment())
        .stdin(Stdio::null());
    let done = command
        .output()
        .map_err(|error| Failure::other(format!("failed to run {}: {error}", program.display())))?;
    if !done.status.success() {
        let words = String::from_utf8_lossy(&done.stderr);
        return Err(Failure::other(format!("pg_dump failed: {}", words.trim())));
    }
    Ok(stanzas(&String::from_utf8_lossy(&done.stdout)))
}

/// The objects that two dumps do not say the same of.
pub(super) fn differences(
    made: &BTreeMap<String, BTreeSet<String>>,
    wanted: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<String> {
    let objects: BTreeSet<&String> = made.keys().chain(wanted.keys()).collect();
    let differ = objects
        .into_iter()
        .filter(|object| made.get(*object) != wanted.get(*object));
    let none = BTreeSet::new();
    differ
        .map(|object| {
            let (made, wanted) = (
                made.get(object).unwrap_or(&none),
                wanted.get(object).unwrap_or(&none),
            );
            let mut text = format!("{object} is not the same to pg_dump:");
            for line in wanted.difference(made) {
                text.push_str(&format!("\n- {line}"));
            }
            for line in made.difference(wanted) {
                text.push_str(&format!("\n+ {line}"));
            }
            text
        })
        .collect()
}

/// Lines by object, without their order: pg_dump writes columns as they stand, and nobody can put one in between.
fn stanzas(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut stanzas: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut object = String::new();
    for line in text.lines() {
        // -- Name: leads; Type: TABLE; Schema: public; Owner: -
        if let Some(rest) = line.strip_prefix("-- Name: ")
            && let Some((named, _)) = rest.rsplit_once("; Owner: ")
        {
            // A copy has user mappings, without what they hold: they are not compared.
            let named = if named.contains("; Type: USER MAPPING; ") {
                ""
            } else {
                named
            };
            named.clone_into(&mut object);
            continue;
        }
        let line = line.trim().trim_end_matches(',');
        let is_frame =
            line.is_empty() || line.starts_with("--") || line.starts_with('\\') || line.starts_with("SET ");
        if !is_frame && !object.is_empty() {
            stanzas
                .entry(object.clone())
                .or_default()
                .insert(line_in_no_order(&read_back(line)));
        }
    }
    stanzas
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "-- Name: t; Type: TABLE; Schema: public; Owner: -\n--\n\nCREATE TABLE public.t (\n    a integer,\n    b integer\n);\n";

    #[test]
    fn the_order_of_columns_does_not_matter_and_everything_else_does() {
        let made = stanzas(DUMP);
        let swapped = DUMP.replace(
            "    a integer,\n    b integer\n",
            "    b integer,\n    a integer\n",
        );
        assert_eq!(differences(&made, &stanzas(&swapped)), Vec::<String>::new());
        let other = stanzas(&DUMP.replace("b integer", "b bigint"));
        let differ = differences(&made, &other);
        assert_eq!(
            differ,
            ["t; Type: TABLE; Schema: public is not the same to pg_dump:\n- b bigint\n+ b integer"]
        );
    }
}
