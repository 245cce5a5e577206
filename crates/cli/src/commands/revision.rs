//! `windlass revision`

use std::io::Write;
use std::path::Path;

use clap::Args;
use windlass::compiler::format::{Directory, RevisionId};
use windlass::compiler::graph::Graph;

use super::{Done, Global};
use crate::context::Context;
use crate::failure::Failure;
use crate::files;

/// Writes the file of a new revision
#[derive(Debug, Args)]
#[command(after_help = "Example:
  windlass revision -m \"add phone to leads\" --down")]
pub(crate) struct NewRevision {
    /// What it does; becomes its name
    #[arg(long, short)]
    message: String,
    /// Writes a down script too
    #[arg(long)]
    down: bool,
}

impl NewRevision {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let directory = files::load(&context.config.dir)?;
        let heads = Graph::build(&directory.revisions)?.heads();
        let parents = match heads.as_slice() {
            [] => "base".to_owned(),
            [head] => head.word(),
            several => {
                let names: Vec<_> = several.iter().map(RevisionId::as_str).collect();
                return Err(Failure::usage(
                    format!("there are {} heads: {}", several.len(), names.join(", ")),
                    "join them first: windlass merge",
                ));
            }
        };
        write(&context, &directory, &self.message, &parents, self.down)
    }
}

/// Writes the next revision's files; `parents` is what stands behind `after`.
pub(super) fn write(
    context: &Context,
    directory: &Directory,
    message: &str,
    parents: &str,
    down: bool,
) -> Done {
    let slug = slug(message);
    if slug.is_empty() {
        return Err(Failure::usage(
            format!("{message:?} has no letters to make a name of"),
            "say what it does: -m \"add phone\"",
        ));
    }
    let number = directory
        .revisions
        .iter()
        .filter_map(|revision| revision.number)
        .max()
        .unwrap_or(0)
        + 1;
    let stem = format!("{number:04}_{slug}");
    let path = context.config.dir.join(format!("{stem}.sql"));
    create(&path, &format!("-- windlass: after {parents}\n\n"))?;
    anstream::println!("{}", path.display());
    if down {
        let path = context.config.dir.join(format!("{stem}.down.sql"));
        create(&path, "")?;
        anstream::println!("{}", path.display());
    }
    Ok(0)
}

pub(super) fn slug(message: &str) -> String {
    let words: Vec<String> = message
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("_").chars().take(60).collect()
}

pub(super) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::other(format!("failed to write {}: {error}", path.display()));
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
