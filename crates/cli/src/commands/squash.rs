//! `windlass squash`

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use windlass::compiler::format::{Directory, Revision, RevisionId};
use windlass::compiler::graph::Graph;
use windlass::compiler::squash::{Replaced, squash};

use super::{Done, Global, revision};
use crate::context::Context;
use crate::failure::Failure;
use crate::files;

/// Writes one revision that replaces several
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass squash 0001..0036                      the old files stay until every database has them
  windlass squash ..0036 --move squashed          all up to 0036; the old files go to squashed/
  windlass squash 0010..0020 -m \"billing\"

A database that has all of them takes the new one as applied; one that has none runs it instead. One that has a
part needs the old files to run the rest, so move them only once no such database is left.")]
pub(crate) struct Squash {
    /// The first and the last revision, OLDER..NEWER; ..NEWER begins at the first of all
    range: String,
    /// Its name [default: squash_OLDER_NEWER]
    #[arg(long, short)]
    message: Option<String>,
    /// Moves the replaced files to this directory
    #[arg(long = "move", value_name = "DIR")]
    moves: Option<PathBuf>,
}

impl Squash {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let directory = files::load(&context.config.dir)?;
        let graph = Graph::build(&directory.revisions)?;
        let (from, to) = self.ends(&graph)?;
        let replaced = if self.moves.is_some() {
            Replaced::Leave
        } else {
            Replaced::Stay
        };
        let made = squash(&directory, &graph, from.as_ref(), &to, replaced)?;
        let default = || {
            let first = made.replaces.first().map_or("", |id| id.as_str());
            format!("squash {} {}", number_of(first), number_of(to.as_str()))
        };
        let slug = revision::slug(&self.message.clone().unwrap_or_else(default));
        let stem = format!("{}_{slug}", made.number);
        let path = |ending: &str| context.config.dir.join(format!("{stem}{ending}"));
        revision::create(&path(".sql"), &made.up)?;
        anstream::println!("{}", path(".sql").display());
        if let Some(down) = &made.down {
            revision::create(&path(".down.sql"), down)?;
            anstream::println!("{}", path(".down.sql").display());
        }
        for remark in &made.remarks {
            context.ui.warning(remark, None);
        }
        let old = replaced_files(&directory, &made.replaces);
        match &self.moves {
            Some(to) => move_to(to, &old)?,
            None => {
                context
                    .ui
                    .say("once every database has them, these files may go:");
                for path in old {
                    context.ui.say(&format!("  {path}"));
                }
            }
        }
        Ok(0)
    }

    fn ends(&self, graph: &Graph) -> Result<(Option<RevisionId>, RevisionId), Failure> {
        let Some((from, to)) = self.range.split_once("..") else {
            return Err(Failure::usage(
                format!("`{}` is no range", self.range),
                "write the first and the last revision: OLDER..NEWER",
            ));
        };
        let named = |name: &str| graph.named(name).map_err(|problem| Failure::Input(vec![problem]));
        let from = (!from.is_empty()).then(|| named(from)).transpose()?;
        Ok((from, named(to)?))
    }
}

/// The digits that an id begins with, else all of it.
fn number_of(id: &str) -> &str {
    match id.bytes().take_while(u8::is_ascii_digit).count() {
        0 => id,
        digits => &id[..digits],
    }
}

/// The paths of the up and down scripts.
fn replaced_files<'d>(directory: &'d Directory, ids: &[RevisionId]) -> Vec<&'d str> {
    let ids: HashSet<&RevisionId> = ids.iter().collect();
    let is_replaced = |revision: &&Revision| ids.contains(&revision.id);
    directory
        .revisions
        .iter()
        .filter(is_replaced)
        .flat_map(|revision| {
            let down = revision.down.as_ref().map(|down| &*down.path);
            std::iter::once(&*revision.up.path).chain(down)
        })
        .collect()
}

fn move_to(folder: &Path, paths: &[&str]) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::other(format!("failed to move {}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for path in paths.iter().map(Path::new) {
        let Some(name) = path.file_name() else { continue };
        let target = folder.join(name);
        if target.exists() {
            return Err(Failure::usage(
                format!("{} is there already", target.display()),
                "choose another directory",
            ));
        }
        std::fs::rename(path, target).map_err(|error| failed(path, error))?;
    }
    Ok(())
}
