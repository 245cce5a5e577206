//! `windlass plan`

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use windlass::compiler::format::RevisionId;
use windlass::{Beginning, Plan as Planned, Runner};

use super::{Done, Global};
use crate::context::{self, Context};
use crate::failure::Failure;
use crate::plan::{Format, Sheet, render};
use crate::{baseline, changed};

/// Shows what an upgrade would do: steps, cuts, locks, how large the tables are, about how long it takes, what is lost
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass plan                     everything that is pending, for the database as it is
  windlass plan +1 --json
  windlass plan --since origin/main --format markdown
                                    of what this branch adds, for a comment on its pull request; its first line is
                                    <!-- windlass-plan -->, by which a bot finds the comment again
  windlass plan --out release.plan  saves it; `windlass upgrade --plan release.plan` executes exactly it, or nothing
  windlass plan --offline           asks no database: the worst is told

Nothing is changed. Times are estimates, by how fast this server reads the first pages of the largest table in the plan.
Without a database (none is configured, or --offline) whatever the plan does not make itself counts as large and in use.")]
pub(crate) struct Plan {
    /// head, heads, an id or its beginning, a label, or +N
    #[arg(default_value = "head")]
    target: String,
    /// Only revisions that are new or changed since this git revision and HEAD parted
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes it as JSON, as `--format json` does
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Asks no database
    #[arg(long)]
    offline: bool,
    /// Writes the plan to a file too, for `windlass upgrade --plan FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "offline"])]
    out: Option<PathBuf>,
}

impl Plan {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let runner = baseline::offer(context.runner()?, &context.config);
        let changed = self.changed(&context, &runner)?;
        let target = context::target(&self.target);
        let is_offline = self.offline || !context.names_database()?;
        let mut plan = match is_offline {
            true => runner.plan_blind(&target, changed.as_ref())?,
            false => runner.plan(&target).await?,
        };
        let beginning = match is_offline || plan.revisions.is_empty() {
            true => None,
            false => baseline::beginning(&context, &runner, &target).await,
        };
        let mut applied = Vec::new();
        if let (Some(changed), false) = (&changed, is_offline) {
            plan.revisions.retain(|plan| changed.contains(&plan.id));
            let pending: HashSet<&RevisionId> = plan.revisions.iter().map(|plan| &plan.id).collect();
            let order = runner.directory().revisions.iter().map(|file| &file.id);
            applied.extend(order.filter(|id| changed.contains(*id) && !pending.contains(id)));
        }
        let applied = applied.into_iter().map(ToString::to_string).collect();
        self.write(&context, &plan, applied, beginning);
        if let Some(path) = &self.out {
            let saved = runner.save(&plan, &self.target)?;
            std::fs::write(path, saved.text())
                .map_err(|error| Failure::other(format!("failed to write {}: {error}", path.display())))?;
            context.ui.say(&format!(
                "saved: windlass upgrade --plan {} executes it while schema, journal and files stay as they are",
                path.display()
            ));
        }
        Ok(0)
    }

    fn write(&self, context: &Context, plan: &Planned, applied: Vec<String>, beginning: Option<Beginning>) {
        let sheet = Sheet {
            plan,
            since: self.since.as_deref(),
            applied,
            beginning,
        };
        let format = if self.json { Format::Json } else { self.format };
        if format == Format::Text {
            if let Some(words) = sheet.beginning.as_ref().and_then(baseline::words) {
                context.ui.say(&words);
            }
            if !sheet.basis().is_empty() {
                context.ui.say(&sheet.basis());
            }
            for id in &sheet.applied {
                context
                    .ui
                    .say(&format!("{id} changed, and is already applied to this database"));
            }
            for warning in plan.revisions.iter().flat_map(|plan| &plan.warnings) {
                context.ui.diagnostic(warning);
            }
        }
        anstream::print!("{}", render(&sheet, format));
    }

    /// The revisions whose files git has as new or changed.
    fn changed(&self, context: &Context, runner: &Runner) -> Result<Option<HashSet<RevisionId>>, Failure> {
        let Some(reference) = &self.since else {
            return Ok(None);
        };
        let files = changed::since(reference, std::slice::from_ref(&context.config.dir))?;
        let is_changed = |path: &str| files.contains(Path::new(path));
        let revisions = runner.directory().revisions.iter();
        let changed = revisions.filter(|revision| is_changed(&revision.up.path));
        Ok(Some(changed.map(|revision| revision.id.clone()).collect()))
    }
}
