//! The proof that a new database is the same whether its baseline or its history made it.

use std::path::Path;

use serde_json::json;
use windlass::compiler::catalog::Catalog;
use windlass::compiler::snapshot;
use windlass::compiler::sql::quote_identifier;
use windlass::connect::{ConnectOptions, connect};
use windlass::shadow::Shadow;
use windlass::{Runner, Unobserved, Upgrade};

use super::show;
use crate::commands::{Done, print_json};
use crate::config::SchemaFile;
use crate::context::{Context, server_programs, stop_on_signals};
use crate::failure::Failure;
use crate::{baseline, files};

/// Roles that the scripts name are made as they are missed, so many at most.
const ROLES: usize = 100;

/// Makes both databases on a server of its own and compares them.
pub(super) async fn run(context: &Context, path: &Path, json: bool) -> Done {
    let programs = server_programs()?;
    context.ui.say("starting a throwaway PostgreSQL");
    let server = Shadow::start(&programs, &std::env::temp_dir()).await?;
    let replayed = make(context, &server, "replayed", None).await?;
    let made = make(context, &server, "made", Some(path)).await?;
    let text = |catalog: &Catalog| catalog.to_sql(&snapshot::options(true));
    let (replayed, made) = (text(&replayed), text(&made));
    let is_same = replayed == made;
    if json {
        let (history, file) = snapshot::differences(&replayed, &made);
        print_json(&json!({ "same": is_same, "only_in_history": history, "only_in_file": file }));
    }
    if is_same {
        context.ui.say("the file and the revisions give the same schema");
        return Ok(0);
    }
    if !json {
        let (history, file) = snapshot::differences(&replayed, &made);
        show(&history, "-", "only where the revisions ran");
        show(&file, "+", "only where the database was made from the file");
    }
    Err(Failure::Other {
        message: "the file and the revisions give two different schemas".to_owned(),
        hints: vec![
            "take a snapshot of a database that the revisions made: `windlass upgrade --replay` on an empty one, then `windlass snapshot`".to_owned(),
        ],
        code: 6,
    })
}

/// A database at the head, made from the baseline where it is wanted.
async fn make(
    context: &Context,
    server: &Shadow,
    name: &str,
    file: Option<&Path>,
) -> Result<Catalog, Failure> {
    let options = |database: &str| {
        ConnectOptions::resolve(&server.url(database), &|_| None)
            .map_err(|error| Failure::other(error.to_string()))
    };
    let stop = stop_on_signals();
    let mut roles = 0;
    loop {
        let target = options(name)?;
        windlass::database::create(&target).await?;
        let mut runner = Runner::new(
            target.clone(),
            files::load(&context.config.dir)?,
            context.config.policy.clone(),
        )?;
        if let Some(path) = file {
            runner = match &context.config.schema_file {
                Some(SchemaFile::Command(_)) => baseline::offer(runner, &context.config),
                _ => baseline::from_file(runner, path),
            };
        }
        match runner.upgrade(&Upgrade::to_heads(), &Unobserved, &stop).await {
            Ok(_) => return Ok(runner.introspect().await?.catalog),
            Err(error) => {
                let Some(role) = missing_role(&error).filter(|_| roles < ROLES) else {
                    return Err(error.into());
                };
                roles += 1;
                windlass::database::drop(&target).await?;
                let connection = connect(&options("postgres")?, &[])
                    .await
                    .map_err(|error| Failure::other(error.to_string()))?;
                let sql = format!("CREATE ROLE {} SUPERUSER", quote_identifier(&role));
                connection
                    .client
                    .batch_execute(&sql)
                    .await
                    .map_err(|error| Failure::other(format!("failed to make the role {role}: {error}")))?;
            }
        }
    }
}

/// The role that the server misses, by its own words: the throwaway server speaks English.
fn missing_role(error: &windlass::Error) -> Option<String> {
    let mut at: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = at {
        let words = error.to_string();
        if let Some((_, rest)) = words.split_once("role \"")
            && let Some((role, _)) = rest.split_once("\" does not exist")
        {
            return Some(role.to_owned());
        }
        at = error.source();
    }
    None
}
