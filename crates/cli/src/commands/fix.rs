//! `windlass fix`

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use similar::TextDiff;
use windlass::Look;
use windlass::compiler::format::Source;
use windlass::compiler::rules::{Checker, Edit, Surroundings, fixes};

use super::{Done, Global};
use crate::context::Context;
use crate::failure::{Failure, REFUSED};

/// Writes safe forms into revisions that are not applied yet
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass fix --diff                  shows what would be written
  windlass fix                         writes it into every revision that the database does not have
  windlass fix new.sql --not-applied   into a file that no database has, without asking one

Only what has a safe form is changed, comments are kept, and an `allow` keeps its statement as it is. Exit 4 with
--diff when something would change.")]
pub(crate) struct Fix {
    /// Files [default: the revisions of the project]
    paths: Vec<PathBuf>,
    /// Shows the changes, and writes nothing
    #[arg(long)]
    diff: bool,
    /// No database has these files: none is asked
    #[arg(long)]
    not_applied: bool,
}

impl Fix {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let applied = if self.not_applied {
            HashSet::new()
        } else {
            applied(&context).await?
        };
        let mut checker = Checker::new(Surroundings::default())
            .without(context.config.policy.lint.off.value.iter().cloned());
        let mut changed = false;
        for path in super::lint::sql_files(&context, &self.paths)? {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
            let source = Source {
                path: Arc::from(path.display().to_string()),
                text: Arc::from(text.as_str()),
            };
            let edits = fixes(&mut checker, &source)?;
            let stem = path
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
                .unwrap_or_default();
            if edits.is_empty() {
                continue;
            }
            if applied.contains(&stem) {
                context
                    .ui
                    .say(&format!("{}: applied, left as it is", path.display()));
                continue;
            }
            changed = true;
            self.write(&context, &path, &text, &edits)?;
        }
        if !changed {
            context.ui.say("nothing to fix");
        }
        Ok(if self.diff && changed { REFUSED } else { 0 })
    }

    fn write(&self, context: &Context, path: &Path, text: &str, edits: &[Edit]) -> Result<(), Failure> {
        let fixed = applied_to(text, edits);
        if self.diff {
            let name = path.display().to_string();
            let diff = TextDiff::from_lines(text, &fixed);
            anstream::print!("{}", diff.unified_diff().header(&name, &name));
            return Ok(());
        }
        std::fs::write(path, fixed)
            .map_err(|error| Failure::other(format!("failed to write {}: {error}", path.display())))?;
        for edit in edits {
            let line = text[..edit.span.start].matches('\n').count() + 1;
            context
                .ui
                .say(&format!("{}:{line}: {}", path.display(), edit.rule));
        }
        Ok(())
    }
}

/// The text with the edits made.
fn applied_to(text: &str, edits: &[Edit]) -> String {
    let mut fixed = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        fixed.push_str(&text[from..edit.span.start]);
        fixed.push_str(&edit.text);
        from = edit.span.end;
    }
    fixed.push_str(&text[from..]);
    fixed
}

/// The revisions that the database has, or has begun.
async fn applied(context: &Context) -> Result<HashSet<String>, Failure> {
    let asked = async {
        let look = Look::open(&context.connect_options()?).await?;
        Ok::<_, Failure>(look.journal().await?)
    };
    let journal = asked.await.map_err(|failure| Failure::Other {
        message: format!(
            "which revisions are applied cannot be told: {}",
            failure.message()
        ),
        hints: vec!["name the database, or say --not-applied where no database has the files".to_owned()],
        code: failure.code(),
    })?;
    let ids = journal.revisions.iter().map(|row| row.id.as_str().to_owned());
    Ok(ids.collect())
}
