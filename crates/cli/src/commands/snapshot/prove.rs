//! The proof that a new database is the same whether its baseline or its history made it.

use std::path::Path;

use serde_json::json;
use windlass::Runner;
use windlass::compiler::catalog::Catalog;
use windlass::compiler::snapshot;

use super::show;
use crate::commands::{Done, print_json};
use crate::config::SchemaFile;
use crate::context::Context;
use crate::failure::Failure;
use crate::ground::Ground;
use crate::{baseline, files};

/// What to do where file and revisions differ.
const ANEW: &str = "take a snapshot of a database that the revisions made: `windlass upgrade --replay` on an empty one, then \
                    `windlass snapshot`";

/// Makes both databases on a server of its own and compares them.
pub(super) async fn run(context: &Context, path: &Path, json: bool) -> Done {
    let ground = Ground::start(context).await?;
    let mut replayed = ground
        .database("replayed", files::load(&context.config.dir)?)
        .await?;
    replayed.all_up(|runner| runner).await?;
    let (made, made_data) = made(context, &ground, path).await?;
    let data = replayed.data(&context.config.policy.snapshot_data.value).await?;
    let text = |catalog: &Catalog, data: &str| catalog.to_sql(&snapshot::options(true)) + data;
    let (replayed, made) = (text(&replayed.catalog().await?, &data), text(&made, &made_data));
    let is_same = replayed == made;
    if json {
        let (history, file) = snapshot::differences(&replayed, &made);
        print_json(&json!({ "same": is_same, "only_in_history": history, "only_in_file": file }));
    }
    if is_same {
        context.ui.say("the file and the revisions give the same");
        return Ok(0);
    }
    if !json {
        let (history, file) = snapshot::differences(&replayed, &made);
        show(&history, "-", "only where the revisions ran");
        show(&file, "+", "only where the database was made from the file");
    }
    Err(Failure::Other {
        message: "the file and the revisions give two different databases".to_owned(),
        hints: vec![ANEW.to_owned()],
        code: 6,
    })
}

/// What a database at the head holds that was made from the file: its schema, and its reference data.
pub(in crate::commands) async fn made(
    context: &Context,
    ground: &Ground,
    path: &Path,
) -> Result<(Catalog, String), Failure> {
    let mut made = ground.database("made", files::load(&context.config.dir)?).await?;
    let offer = |runner: Runner| match &context.config.schema_file {
        Some(SchemaFile::Command(_)) => baseline::offer(runner, &context.config),
        _ => baseline::from_file(runner, path),
    };
    made.all_up(offer).await?;
    let data = made.data(&context.config.policy.snapshot_data.value).await?;
    Ok((made.catalog().await?, data))
}
