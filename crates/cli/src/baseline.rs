//! What a new database is made from: the schema file, or what a command prints.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use windlass::compiler::graph::Target;
use windlass::compiler::snapshot;
use windlass::{Baseline, Beginning, Runner};

use crate::config::{Config, SchemaFile};
use crate::context::Context;
use crate::ui::count;

/// Lets an upgrade make a new database from what is configured; a file that is not written yet is nothing.
pub(crate) fn offer(runner: Runner, config: &Config) -> Runner {
    match &config.schema_file {
        Some(SchemaFile::File(path)) if path.exists() => from_file(runner, path),
        Some(SchemaFile::Command(command)) => from_command(runner, command.clone()),
        _ => runner,
    }
}

/// Lets an upgrade make a new database from what a command prints.
pub(crate) fn from_command(runner: Runner, command: String) -> Runner {
    let name = format!("what `{command}` prints");
    runner.creating_from(&name, move || run(&command))
}

/// Lets an upgrade make a new database from a file that `snapshot` wrote.
pub(crate) fn from_file(runner: Runner, path: &Path) -> Runner {
    let path = path.to_owned();
    runner.creating_from(&path.display().to_string(), move || read(&path))
}

fn read(path: &Path) -> Result<Baseline, String> {
    let sql = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(Baseline {
        name: path.display().to_string(),
        contains: Some(snapshot::contains(&sql)?),
        sql,
    })
}

/// The application's own description of its schema is as new as its code: it contains every revision.
pub(crate) fn run(command: &str) -> Result<Baseline, String> {
    let done = Command::new("sh")
        .args(["-c", command])
        .output()
        .map_err(|error| error.to_string())?;
    if !done.status.success() {
        let words = String::from_utf8_lossy(&done.stderr);
        return Err(format!("it ended with {}: {}", done.status, words.trim()));
    }
    Ok(Baseline {
        name: format!("what `{command}` prints"),
        sql: String::from_utf8(done.stdout).map_err(|_| "it is not UTF-8".to_owned())?,
        contains: None,
    })
}

/// What an upgrade begins with. A baseline that cannot be read is told, and keeps nobody from looking.
pub(crate) async fn beginning(context: &Context, runner: &Runner, target: &Target) -> Option<Beginning> {
    match runner.beginning(target).await {
        Ok(beginning) => beginning,
        Err(error) => {
            let hint = error.hints().first().map(String::as_str);
            context.ui.warning(&error.to_string(), hint);
            None
        }
    }
}

/// What an upgrade begins with, in words; none where that needs none.
pub(crate) fn words(beginning: &Beginning) -> Option<String> {
    match beginning {
        Beginning::Baseline { name, contains } => Some(format!(
            "the database is new: `windlass upgrade` makes it from {name}, which contains {}{}",
            count(contains.len(), "revision"),
            contains
                .last()
                .map_or_else(String::new, |last| format!(", the last of them {last}"))
        )),
        Beginning::InUse { relations } => Some(format!(
            "the database is not new: it has relations ({relations}) and no applied revision; where it is as the revisions say \
             already, `windlass stamp` says so"
        )),
        _ => None,
    }
}

/// The same as JSON.
pub(crate) fn as_json(beginning: &Beginning) -> serde_json::Value {
    match beginning {
        Beginning::Baseline { name, contains } => json!({
            "from": "baseline",
            "baseline": name,
            "contains": contains.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Beginning::InUse { relations } => json!({ "from": "in_use", "relations": relations }),
        _ => json!({ "from": "empty" }),
    }
}
