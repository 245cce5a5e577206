//! `windlass revision`

mod autogenerate;

use std::io::Write;
use std::path::Path;

use clap::Args;
use windlass::compiler::format::{Directory, RevisionId};
use windlass::compiler::graph::Graph;

use super::{Done, Global};
use crate::context::Context;
use crate::difference::How;
use crate::difference::side::SIDES;
use crate::failure::Failure;
use crate::files;

/// Writes the file of a new revision
#[derive(Debug, Args)]
#[command(after_help = format!("{SIDES}

Examples:
  windlass revision -m \"add phone to leads\" --down
  windlass revision --autogenerate -m \"add phone to leads\"               what leads to `autogenerate.schema`
  windlass revision --autogenerate -m \"rename tel\" --rename leads.tel=phone
  windlass revision --autogenerate -m sync --to 'cmd:python -m app.ddl'

With --autogenerate the revisions are run on a shadow database, compared with the wanted schema, and what differs is
written as a revision with its way back. Both are run there before they are written. Nothing is written where nothing
differs."))]
pub(crate) struct NewRevision {
    /// What it does; becomes its name
    #[arg(long, short)]
    message: String,
    /// Writes a down script too
    #[arg(long)]
    down: bool,
    /// Writes what leads from the revisions to the wanted schema, with its way back
    #[arg(long)]
    autogenerate: bool,
    /// Where from [default: revisions]
    #[arg(
        long,
        value_name = "SIDE",
        requires = "autogenerate",
        help_heading = "With --autogenerate"
    )]
    from: Option<String>,
    /// The wanted schema [default: `autogenerate.schema`, else a `schema_file` that is no snapshot]
    #[arg(
        long,
        value_name = "SIDE",
        requires = "autogenerate",
        help_heading = "With --autogenerate"
    )]
    to: Option<String>,
    /// Does not run the revision up and down on a shadow database first
    #[arg(long, requires = "autogenerate", help_heading = "With --autogenerate")]
    no_prove: bool,
    #[command(flatten, next_help_heading = "With --autogenerate")]
    how: How,
}

impl NewRevision {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        if self.autogenerate {
            return autogenerate::run(&context, self).await;
        }
        let directory = files::load(&context.config.dir)?;
        write(
            &context,
            &directory,
            &self.message,
            &parents(&directory)?,
            self.down,
        )
    }
}

/// What stands behind `after` in a revision that follows all others.
fn parents(directory: &Directory) -> Result<String, Failure> {
    let heads = Graph::build(&directory.revisions)?.heads();
    match heads.as_slice() {
        [] => Ok("base".to_owned()),
        [head] => Ok(head.word()),
        several => {
            let names: Vec<_> = several.iter().map(RevisionId::as_str).collect();
            Err(Failure::usage(
                format!("there are {} heads: {}", several.len(), names.join(", ")),
                "join them first: windlass merge",
            ))
        }
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
    let stem = stem(directory, message)?;
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

/// The name of the next revision.
fn stem(directory: &Directory, message: &str) -> Result<String, Failure> {
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
    Ok(format!("{number:04}_{slug}"))
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
