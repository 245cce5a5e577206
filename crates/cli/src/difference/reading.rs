//! From the sides of a comparison to their catalogs: what is no database yet becomes one.

use std::path::PathBuf;
use std::process::Stdio;

use windlass::compiler::catalog::Catalog;
use windlass::compiler::sql;
use windlass::connect::ConnectOptions;
use windlass::introspect::Introspected;
use windlass::introspect::source::{self, ScriptFile};

use super::Read;
use super::lab::{self, Lab};
use super::side::Side;
use crate::context::Context;
use crate::failure::{Failure, USAGE};
use crate::{baseline, files};

/// Databases first: their version says which server the others want.
pub(super) async fn read_both(lab: &Lab<'_>, from: &Side, to: &Side) -> Result<(Read, Read), Failure> {
    let context = lab.context();
    let (old, new) = tokio::try_join!(read_database(context, from), read_database(context, to))?;
    let known = old.as_ref().or(new.as_ref());
    if let Some(read) = known {
        lab.prefer(read.catalog.server_version / 10_000);
    }
    if let (Some(old), Some(new)) = (&old, &new) {
        let majors = [old, new].map(|read| read.catalog.server_version / 10_000);
        if majors[0] != majors[1] {
            context.ui.warning(
                &format!(
                    "{} is PostgreSQL {}, {} is {}: what only one of them has is not compared",
                    old.name, majors[0], new.name, majors[1]
                ),
                None,
            );
        }
    }
    let make = async |read: &Option<Read>, side, label| match read {
        Some(_) => Ok(None),
        None => build(lab, side, label).await,
    };
    // Both at once: what takes time is the server's, which has a process for each.
    let (old_at, new_at) = tokio::try_join!(make(&old, from, "old"), make(&new, to, "new"))?;
    let version = match (&old, &new) {
        (Some(read), _) | (_, Some(read)) => read.catalog.server_version,
        _ if old_at.is_some() || new_at.is_some() => lab.shadows().await?.server_version(),
        _ => 0,
    };
    let fill = async |read: Option<Read>, side: &Side, at: Option<ConnectOptions>| match (read, at) {
        (Some(read), _) => Ok::<_, Failure>(read),
        (None, Some(at)) => Ok(Read {
            name: side.name(),
            catalog: lab.read(&at).await?,
            at: Some(at),
        }),
        (None, None) => Ok(Read {
            name: side.name(),
            catalog: Catalog::empty(version),
            at: None,
        }),
    };
    tokio::try_join!(fill(old, from, old_at), fill(new, to, new_at))
}

/// A side that is a database already.
async fn read_database(context: &Context, side: &Side) -> Result<Option<Read>, Failure> {
    let (options, settings) = match side {
        Side::Configured => (context.connect_options()?, context.session_settings()),
        Side::Database(url) => (lab::resolve(url)?, windlass::SessionSettings::default()),
        _ => return Ok(None),
    };
    let Introspected { catalog, unseen, .. } = source::of_database(&options, &settings).await?.introspected;
    for unseen in unseen {
        context.ui.warning(
            &format!(
                "{}: {} was not seen, and is not compared",
                options.describe(),
                unseen.what
            ),
            Some(&format!("it needs {}", unseen.needs)),
        );
    }
    Ok(Some(Read {
        name: options.describe(),
        catalog,
        at: None,
    }))
}

/// A side that a shadow database is made of; none for what needs no database.
async fn build(lab: &Lab<'_>, side: &Side, label: &str) -> Result<Option<ConnectOptions>, Failure> {
    let context = lab.context();
    let made = match side {
        Side::Empty | Side::Configured | Side::Database(_) => return Ok(None),
        Side::Revisions(target) => {
            let directory = files::load(&context.config.dir)?;
            lab.replay(label, directory, target.as_deref(), |runner| runner)
                .await?
        }
        Side::Command(command) => {
            let (asked, name) = (command.clone(), side.name());
            let printed = tokio::task::spawn_blocking(move || baseline::run(&asked)).await;
            let failed = |why: String| {
                Failure::usage(
                    format!("failed to get {name}: {why}"),
                    "run the command by hand: it is to print SQL on standard output and end with 0",
                )
            };
            let printed = printed
                .map_err(|error| failed(error.to_string()))?
                .map_err(failed)?;
            let file = ScriptFile {
                name: name.clone(),
                text: printed.sql,
            };
            load(lab, label, &[file]).await?
        }
        Side::Run(command) => {
            let database = lab.shadows().await?.database(label).await?;
            fill(command, &database).await?;
            database
        }
        Side::Files(path) => {
            let mut files = Vec::new();
            for path in crate::commands::lint::sql_files(context, std::slice::from_ref(path))? {
                files.push(script_file(path)?);
            }
            load(lab, label, &files).await?
        }
    };
    Ok(Some(made))
}

/// Lets a command fill an empty database. It finds it as programs look for one; what it prints is talk.
async fn fill(command: &str, database: &ConnectOptions) -> Result<(), Failure> {
    let mut process = tokio::process::Command::new("sh");
    process
        .args(["-c", command])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for (name, value) in database.as_environment() {
        process.env(name, value);
    }
    let failed = |why: String, words: &[u8]| Failure::Other {
        message: format!("`{command}` failed to fill the shadow database: {why}"),
        hints: vec![String::from_utf8_lossy(words).trim().to_owned()],
        code: USAGE,
    };
    let done = process
        .output()
        .await
        .map_err(|error| failed(error.to_string(), &[]))?;
    if done.status.success() {
        return Ok(());
    }
    Err(failed(
        done.status.to_string(),
        &[done.stdout, done.stderr].concat(),
    ))
}

async fn load(lab: &Lab<'_>, label: &str, files: &[ScriptFile]) -> Result<ConnectOptions, Failure> {
    // A command that printed nothing did not mean an empty database.
    let is_blank = |file: &ScriptFile| sql::split(&file.text).is_ok_and(|spans| spans.is_empty());
    if files.iter().all(is_blank) {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        return Err(Failure::usage(
            match names.as_slice() {
                [] => "the folder has no file that ends in .sql".to_owned(),
                names => format!("{}: no statement in it", names.join(", ")),
            },
            "where an empty schema is meant, say `empty`",
        ));
    }
    lab.load(label, files).await
}

fn script_file(path: PathBuf) -> Result<ScriptFile, Failure> {
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
    Ok(ScriptFile {
        name: path.display().to_string(),
        text,
    })
}
