//! `windlass check`: what a pipeline asks before it deploys. Each check is one function in one of the files here;
//! this one knows their names, their order and what they add up to.

mod answer;
mod database;
mod files;
mod ground;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use windlass::compiler::catalog::Catalog;
use windlass::compiler::format::{Directory, RevisionId};
use windlass::compiler::graph::Graph;
use windlass::{Runner, Snapshot, Standing};

use super::{Done, Global, print_json};
use crate::changed;
use crate::context::Context;
use crate::failure::Failure;
use answer::{Answer, Complaint, Verdict};

/// Compares files, schema and database, for CI
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass check                          everything, against the database of DATABASE_URL
  windlass check --skip pending           before a deploy, when revisions are meant to be pending
  windlass check --complete               after it: deferred backfills have to be done, too
  windlass check --offline                in a pull request: needs no database but a throwaway server
  windlass check --offline --only heads,lint --since origin/main
                                          needs no server at all
  windlass check --json | jq '.checks[] | select(.result != \"passed\")'

Checks, and the exit code of each where it fails:
  heads        6  the revisions have one head
  lock         8  windlass.lock, where there is one, names it
  lint         4  no rule finds an error in pending revisions
  history      6  the database's revisions are those of the files, unedited and in order (9: outcome unknown)
  pending      8  nothing is pending
  backfills    8  no deferred backfill is open (with --complete)
  constraints  5  every constraint is validated
  indexes      5  every index is valid
  drift        6  the database has the schema that its revisions give
  baseline     6  `schema_file` gives what the revisions give
  down         5  up, down and up again leave what they found, for pending revisions

When several fail, the exit code is the first of: 1, 2, 3 or 7 (a check could not be made), 9, 6, 5, 4, 8.
What revisions give is found out on a throwaway server, which needs PostgreSQL's programs (PG_BINDIR).")]
pub(crate) struct Check {
    /// Makes these checks alone
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Name>,
    /// Leaves these out
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "NAME",
        conflicts_with = "only"
    )]
    skip: Vec<Name>,
    /// Asks no database; leaves out what needs one, and looks at all revisions as if they were pending
    #[arg(long)]
    offline: bool,
    /// Fails where deferred backfills are open
    #[arg(long)]
    complete: bool,
    /// Lints and undoes applied revisions too
    #[arg(long)]
    all: bool,
    /// Lints and undoes only revisions that differ from where this git revision and HEAD parted
    #[arg(long, value_name = "REF", conflicts_with = "all")]
    since: Option<String>,
    /// Compares owners and privileges too [default: `snapshot.roles`]
    #[arg(long)]
    roles: bool,
    /// Does not compare this object, such as "extension pg_stat_statements"; * stands for anything
    #[arg(long, value_name = "OBJECT")]
    ignore: Vec<String>,
    /// Writes the answers as JSON
    #[arg(long)]
    json: bool,
}

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Name {
    Heads,
    Lock,
    Lint,
    History,
    Pending,
    Backfills,
    Constraints,
    Indexes,
    Drift,
    Baseline,
    Down,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Heads => "heads",
            Self::Lock => "lock",
            Self::Lint => "lint",
            Self::History => "history",
            Self::Pending => "pending",
            Self::Backfills => "backfills",
            Self::Constraints => "constraints",
            Self::Indexes => "indexes",
            Self::Drift => "drift",
            Self::Baseline => "baseline",
            Self::Down => "down",
        }
    }

    fn needs_database(self) -> bool {
        matches!(
            self,
            Self::History | Self::Pending | Self::Backfills | Self::Constraints | Self::Indexes | Self::Drift
        )
    }
}

/// What the checks look at.
struct Scene<'a> {
    context: &'a Context,
    check: &'a Check,
    directory: Directory,
    graph: Graph,
    database: Option<Asked>,
    /// Which revisions are linted and undone.
    asked: HashSet<RevisionId>,
}

/// What the database answered.
struct Asked {
    runner: Runner,
    journal: Snapshot,
    standing: Standing,
    catalog: Catalog,
}

impl Check {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let scene = self.scene(&context).await?;
        let mut ground = ground::Grounds::default();
        let mut answers = Vec::new();
        for name in Name::value_variants().iter().copied() {
            if !self.wants(name) {
                continue;
            }
            let began = Instant::now();
            let verdict = if name.needs_database() && scene.database.is_none() {
                Verdict::Skipped("it needs the database".to_owned())
            } else {
                self.ask(name, &scene, &mut ground)
                    .await
                    .unwrap_or_else(|failure| Verdict::Failed(Complaint::of(&failure)))
            };
            let answer = Answer {
                name,
                verdict,
                took: began.elapsed(),
            };
            if !self.json {
                context.ui.clear();
                answer.show();
            }
            answers.push(answer);
        }
        let code = answer::code(&answers);
        if self.json {
            print_json(&answer::as_json(&answers, code));
        } else {
            anstream::println!("{}", answer::summary(&answers, code));
        }
        Ok(code)
    }

    async fn ask(
        &self,
        name: Name,
        scene: &Scene<'_>,
        ground: &mut ground::Grounds,
    ) -> Result<Verdict, Failure> {
        match (name, &scene.database) {
            (Name::Heads, _) => Ok(files::heads(scene)),
            (Name::Lock, _) => Ok(files::lock(scene)),
            (Name::Lint, _) => files::lint(scene),
            (Name::Baseline, _) => ground.baseline(scene).await,
            (Name::Down, _) => ground.down(scene).await,
            (Name::History, Some(asked)) => Ok(database::history(scene, asked)),
            (Name::Pending, Some(asked)) => Ok(database::pending(asked)),
            (Name::Backfills, Some(_)) => database::backfills(scene).await,
            (Name::Constraints, Some(asked)) => database::constraints(asked).await,
            (Name::Indexes, Some(asked)) => database::indexes(asked).await,
            (Name::Drift, Some(asked)) => ground.drift(scene, asked).await,
            (_, None) => Ok(Verdict::Skipped("it needs the database".to_owned())),
        }
    }

    fn wants(&self, name: Name) -> bool {
        (self.only.is_empty() || self.only.contains(&name)) && !self.skip.contains(&name)
    }

    async fn scene<'a>(&'a self, context: &'a Context) -> Result<Scene<'a>, Failure> {
        let directory = crate::files::load(&context.config.dir)?;
        let graph = Graph::build(&directory.revisions)?;
        let needs_database = Name::value_variants().iter().any(|name| {
            self.wants(*name) && (name.needs_database() || matches!(name, Name::Lint | Name::Down))
        });
        let database = if self.offline || !needs_database {
            None
        } else {
            Some(self.look(context).await?)
        };
        let changed = match &self.since {
            Some(since) => Some(self.changed(context, since)?),
            None => None,
        };
        let pending = |id: &RevisionId| match &database {
            Some(asked) => asked.standing.pending.contains(id) || asked.standing.started.contains(id),
            None => true,
        };
        let asked = directory
            .revisions
            .iter()
            .map(|revision| &revision.id)
            .filter(|id| match &changed {
                Some(changed) => changed.contains(id.as_str()),
                None => self.all || pending(id),
            })
            .cloned()
            .collect();
        Ok(Scene {
            context,
            check: self,
            directory,
            graph,
            database,
            asked,
        })
    }

    async fn look(&self, context: &Context) -> Result<Asked, Failure> {
        if !context.names_database()? {
            return Err(Failure::usage(
                "no database is named to check",
                "set DATABASE_URL, or check the files alone with --offline",
            ));
        }
        let runner = context.runner()?;
        let (journal, standing) = runner.status().await?;
        let read = runner.introspect().await?;
        for unseen in &read.unseen {
            context.ui.warning(
                &format!("not seen: {} (needs {})", unseen.what, unseen.needs),
                None,
            );
        }
        Ok(Asked {
            runner,
            journal,
            standing,
            catalog: read.catalog,
        })
    }

    /// The ids of revisions of which one file has changed.
    fn changed(&self, context: &Context, since: &str) -> Result<HashSet<String>, Failure> {
        let here = std::env::current_dir().unwrap_or_default();
        let dir = &context.config.dir;
        let dir: PathBuf = dir.strip_prefix(&here).unwrap_or(dir).to_owned();
        Ok(changed::since(since, &[dir])?
            .iter()
            .filter_map(|path| id_of(path))
            .collect())
    }

    /// Whether owners and privileges count.
    fn roles(&self, context: &Context) -> bool {
        self.roles || context.config.policy.snapshot_roles.value
    }
}

/// The revision that a file belongs to.
fn id_of(path: &Path) -> Option<String> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".sql")?;
    Some(stem.strip_suffix(".down").unwrap_or(stem).to_owned())
}
