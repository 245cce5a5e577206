//! `windlass snapshot`

pub(super) mod prove;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use windlass::compiler::format::RevisionId;
use windlass::compiler::snapshot;
use windlass::{Runner, Standing};

use super::{Done, Global, print_json};
use crate::config::SchemaFile;
use crate::context::Context;
use crate::failure::Failure;

/// Writes the schema of the database to one file, or proves that the file is right
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass snapshot                 writes schema.sql, or what `schema_file` names
  windlass snapshot --output -      to standard output
  windlass snapshot --check         in CI: fails (exit 6) when the file is not what the database holds
  windlass snapshot --prove         fails (exit 6) when the file and the revisions give two different schemas;
                                    needs no database: it starts a server of its own

An upgrade of an empty database makes it from the file instead of running every revision. The file says which
revisions it contains; newer ones run afterwards. Passwords are never in it.")]
pub(crate) struct Snapshot {
    /// The file; - is standard output [default: `schema_file`, else schema.sql]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Writes nothing; fails when the file says something else
    #[arg(long)]
    check: bool,
    /// Makes one throwaway database from the file and another from the revisions, and compares them
    #[arg(long, conflicts_with_all = ["check"])]
    prove: bool,
    /// Writes owners and privileges too [default: `snapshot.roles`]
    #[arg(long)]
    roles: bool,
    /// Writes what was done to standard output as JSON
    #[arg(long)]
    json: bool,
}

/// The text of a snapshot, and what is to be said about it.
pub(super) struct Taken {
    text: String,
    contains: Vec<RevisionId>,
    left_out: Vec<String>,
    unseen: Vec<String>,
}

impl Snapshot {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let path = match &self.output {
            Some(path) => path.clone(),
            None => file(&context)?,
        };
        if self.prove {
            return prove::run(&context, &path, self.json).await;
        }
        let roles = self.roles || context.config.policy.snapshot_roles.value;
        let taken = take(&context, &context.runner()?, roles).await?;
        for what in &taken.unseen {
            context.ui.warning(what, None);
        }
        for what in &taken.left_out {
            context.ui.warning(&format!("left out: {what}"), None);
        }
        if self.check {
            return self.compare(&context, &path, &taken);
        }
        if path == Path::new("-") {
            anstream::print!("{}", taken.text);
            return Ok(0);
        }
        let is_current = std::fs::read_to_string(&path).is_ok_and(|known| known == taken.text);
        if !is_current {
            write(&path, &taken.text)?;
        }
        let verb = if is_current { "is up to date" } else { "written" };
        context.ui.say(&format!(
            "{} {verb}: {}",
            path.display(),
            contained(&taken.contains)
        ));
        if self.json {
            print_json(&self.answer(&path, &taken, !is_current));
        }
        Ok(0)
    }

    fn answer(&self, path: &Path, taken: &Taken, changed: bool) -> serde_json::Value {
        json!({
            "file": path.display().to_string(),
            "changed": changed,
            "contains": taken.contains.iter().map(RevisionId::as_str).collect::<Vec<_>>(),
            "left_out": taken.left_out,
            "unseen": taken.unseen,
        })
    }

    fn compare(&self, context: &Context, path: &Path, taken: &Taken) -> Done {
        let known = std::fs::read_to_string(path)
            .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
        let is_same = known == taken.text;
        if self.json {
            print_json(&self.answer(path, taken, !is_same));
        }
        if is_same {
            context.ui.say(&format!("{} is up to date", path.display()));
            return Ok(0);
        }
        let (file, database) = snapshot::differences(&known, &taken.text);
        show(&file, "-", "only in the file");
        show(&database, "+", "only in the database");
        Err(Failure::Other {
            message: format!("{} is not what the database holds", path.display()),
            hints: vec!["where the database is right: `windlass snapshot` writes the file".to_owned()],
            code: 6,
        })
    }
}

/// Prints stanzas of one side.
fn show(stanzas: &[&str], sign: &str, title: &str) {
    if stanzas.is_empty() {
        return;
    }
    anstream::eprintln!("{title}:");
    for stanza in stanzas {
        for line in stanza.lines() {
            anstream::eprintln!("{sign} {line}");
        }
        anstream::eprintln!();
    }
}

/// The file that is configured.
pub(super) fn file(context: &Context) -> Result<PathBuf, Failure> {
    match &context.config.schema_file {
        Some(SchemaFile::File(path)) => Ok(path.clone()),
        None => Ok(context
            .config
            .dir
            .parent()
            .unwrap_or(Path::new(""))
            .join("schema.sql")),
        Some(SchemaFile::Command(command)) => Err(Failure::usage(
            format!("`schema_file` is a command (`{command}`), which no snapshot replaces"),
            "name a file with --output",
        )),
    }
}

/// Reads the database and writes it as text.
async fn take(context: &Context, runner: &Runner, roles: bool) -> Result<Taken, Failure> {
    let (_, standing) = runner.status().await?;
    let contains = contains(runner, &standing)?;
    let read = runner.introspect().await?;
    let data = runner
        .reference_data(&context.config.policy.snapshot_data.value)
        .await?;
    let unseen = read.unseen.iter();
    Ok(Taken {
        text: snapshot::write(&read.catalog, &contains, roles) + &data,
        contains,
        left_out: snapshot::left_out(&read.catalog),
        unseen: unseen
            .map(|unseen| format!("not seen: {}; it needs {}", unseen.what, unseen.needs))
            .collect(),
    })
}

/// The newest applied revisions, when all before them are applied too.
fn contains(runner: &Runner, standing: &Standing) -> Result<Vec<RevisionId>, Failure> {
    let refuse = |message: String, hint: &str| Failure::Other {
        message,
        hints: vec![hint.to_owned()],
        code: 6,
    };
    if let Some(id) = standing.started.first() {
        return Err(refuse(
            format!("{id} is begun and not finished"),
            "`windlass upgrade` finishes it",
        ));
    }
    if let Some(id) = standing.ahead.iter().chain(&standing.diverged).next() {
        return Err(refuse(
            format!("the database has {id}, which is not in this directory"),
            "take the snapshot with the files that the database was made by",
        ));
    }
    let applied: HashSet<&RevisionId> = standing.applied.iter().collect();
    let graph = runner.graph();
    let mut below = HashSet::new();
    for id in graph.order().filter(|id| applied.contains(id)) {
        let mut ancestors = graph.ancestors(id);
        ancestors.remove(id);
        if let Some(missing) = ancestors.iter().find(|ancestor| !applied.contains(ancestor)) {
            return Err(refuse(
                format!("{missing} is not applied, and {id} behind it is"),
                "`windlass upgrade` applies what is missing",
            ));
        }
        below.extend(ancestors);
    }
    let newest = graph
        .order()
        .filter(|id| applied.contains(id) && !below.contains(*id));
    Ok(newest.cloned().collect())
}

/// What a snapshot contains, for people.
fn contained(ids: &[RevisionId]) -> String {
    let names: Vec<&str> = ids.iter().map(RevisionId::as_str).collect();
    match names.as_slice() {
        [] => "it contains no revision".to_owned(),
        names => format!("all up to {}", names.join(", ")),
    }
}

/// In one rename, so that nobody reads half a file.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::other(format!("failed to write {}: {error}", path.display()));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    std::fs::write(&new, text).map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}

/// The snapshot that an upgrade leaves where it is configured; the upgrade stands whatever becomes of it.
pub(super) async fn after_upgrade(context: &Context, runner: &Runner) {
    let path = file(context);
    let roles = context.config.policy.snapshot_roles.value;
    let written = match (path, take(context, runner, roles).await) {
        (Ok(path), Ok(taken)) => write(&path, &taken.text).map(|()| path),
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    };
    match written {
        Ok(path) => context.ui.say(&format!("{} written", path.display())),
        Err(failure) => context.ui.warning(
            &format!("no snapshot was taken: {}", failure.message()),
            Some("`windlass snapshot` takes it"),
        ),
    }
}
