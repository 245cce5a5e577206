//! The plan of what is pending, with what each statement will do to the database as it then is. Changes nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use windlass_compiler::catalog::Catalog;
use windlass_compiler::diagnostic::Diagnostic;
use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;
use windlass_compiler::plan::{Forecast, Forecaster, Pace, Shape, Step, steps};
use windlass_compiler::sql;

use super::left::Left;
use super::prepare::settle;
use super::{Runner, backfill, pace};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::journal::Snapshot;
use crate::session::{self, Purpose, Session};
use crate::standing::standing;

/// What an upgrade would do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan {
    /// The revisions, in order.
    pub revisions: Vec<RevisionPlan>,
    /// What it was made by.
    pub basis: Basis,
}

/// What a plan was made by.
#[derive(Debug, Clone)]
pub enum Basis {
    /// A database.
    Database {
        /// Its schema.
        catalog: Box<Catalog>,
        /// How fast it reads; none where nothing large is read, or it could not be measured quickly.
        pace: Option<Pace>,
        /// What its journal said.
        journal: Box<Snapshot>,
    },
    /// A database that has all of the revisions.
    UpToDate,
    /// Nothing: the worst is told.
    Nothing,
}

/// A revision and the steps that it would take.
#[derive(Debug, Clone)]
pub struct RevisionPlan {
    /// The revision.
    pub id: RevisionId,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What each statement of each step will do.
    pub forecasts: Vec<Vec<Arc<Forecast>>>,
    /// What its author should know.
    pub warnings: Vec<Diagnostic>,
    /// How each data change in batches will be cut, a line each, by the number of its step. Absent where its
    /// table does not exist yet.
    pub backfills: HashMap<u32, Vec<String>>,
}

impl Runner {
    /// The plan of everything that `target` still needs, for the database as it is.
    ///
    /// # Errors
    /// What `status` gives, an unknown target, and whatever is wrong with the pending files.
    pub async fn plan(&self, target: &Target) -> Result<Plan> {
        let (session, journal, standing) = self.look().await?;
        let wanted = self.wanted(target, &standing)?;
        if wanted.is_empty() {
            return Ok(Plan {
                revisions: Vec::new(),
                basis: Basis::UpToDate,
            });
        }
        let mut scripts = self.parse_all(&wanted, Direction::Up).map_err(cannot_be_made)?;
        let catalog = self.read_catalog_soon(&session).await?;
        self.scrutinise_by(&catalog, &mut scripts, &wanted, Direction::Up, &journal, None)?;
        let mut forecaster = Forecaster::new(catalog.clone(), &self.search_path());
        let mut plans = Vec::new();
        let mut problems = Vec::new();
        for id in wanted {
            let Some(mut prepared) = scripts.remove(&id) else {
                continue;
            };
            let left = async {
                settle(session.client(), &mut prepared).await?;
                self.steps_left(&id, Direction::Up, &journal, &prepared)
            };
            let left = left.await;
            forecaster.protecting(&self.policy.protect.value, &prepared.protects);
            match left {
                Ok(Left { steps, .. }) => plans.push(RevisionPlan {
                    forecasts: forecasts(&mut forecaster, &id, &steps)?,
                    id,
                    steps,
                    warnings: prepared.told(),
                    backfills: HashMap::new(),
                }),
                Err(error) => problems.extend(error.diagnostics().to_vec()),
            }
        }
        if !problems.is_empty() {
            return Err(Error::input("the plan cannot be made", problems));
        }
        let all: Vec<Arc<Forecast>> = plans
            .iter()
            .flat_map(|plan| plan.forecasts.iter().flatten().cloned())
            .collect();
        let pace = pace::pace(session.client(), &all).await;
        let is_batched = |plan: &RevisionPlan| plan.steps.iter().any(|step| step.shape == Shape::Backfill);
        if plans.iter().any(is_batched) {
            let session = self.open(Purpose::Work).await?;
            for plan in &mut plans {
                plan.backfills = backfill::described(&session, plan).await?;
            }
        }
        Ok(Plan {
            revisions: plans,
            basis: Basis::Database {
                catalog: Box::new(catalog),
                pace,
                journal: Box::new(journal),
            },
        })
    }

    /// Whoever plans does not wait for long: PostgreSQL opens some of the tables whose definitions it writes, and waits for
    /// whoever holds one against everybody.
    async fn read_catalog_soon(&self, session: &Session) -> Result<Catalog> {
        session
            .client()
            .batch_execute("SET lock_timeout = '2s'")
            .await
            .map_err(session::lost)?;
        self.read_catalog(session).await.map_err(|error| {
            if error.sqlstate() == Some("55P03") {
                return Error::new(
                    ErrorKind::Locked,
                    "somebody holds a table against everybody: the schema cannot be read",
                )
                .with_sqlstate("55P03")
                .hint("try again when that is over; pg_locks has it under AccessExclusiveLock")
                .hint("--offline plans without a database, at worst");
            }
            error
        })
    }

    /// The plan where there is no database to ask: of all revisions that `target` needs, each by itself, or of those that
    /// are in `only`, one behind the other. Whatever they do not make themselves is large and in use. Connects to nothing.
    ///
    /// # Errors
    /// An unknown target, and whatever is wrong with the files.
    pub fn plan_blind(&self, target: &Target, only: Option<&HashSet<RevisionId>>) -> Result<Plan> {
        let nothing = standing(&self.directory, &self.graph, &Snapshot::default());
        let mut wanted = self.wanted(target, &nothing)?;
        let groups: Vec<&[RevisionId]> = match only {
            Some(only) => {
                wanted.retain(|id| only.contains(id));
                vec![&wanted]
            }
            None => wanted.chunks(1).collect(),
        };
        let mut revisions = Vec::with_capacity(wanted.len());
        for group in groups {
            let mut scripts = self.parse_all(group, Direction::Up).map_err(cannot_be_made)?;
            let mut forecaster = Forecaster::blind();
            for id in group {
                let Some(prepared) = scripts.remove(id) else {
                    continue;
                };
                let steps = steps(&prepared.statements, prepared.mode, 1);
                forecaster.protecting(&self.policy.protect.value, &prepared.protects);
                revisions.push(RevisionPlan {
                    id: id.clone(),
                    forecasts: forecasts(&mut forecaster, id, &steps)?,
                    steps,
                    warnings: prepared.told(),
                    backfills: HashMap::new(),
                });
            }
        }
        Ok(Plan {
            revisions,
            basis: Basis::Nothing,
        })
    }
}

fn forecasts(
    forecaster: &mut Forecaster,
    id: &RevisionId,
    steps: &[Step],
) -> Result<Vec<Vec<Arc<Forecast>>>> {
    let mut each = steps.iter().map(|step| forecaster.step(step));
    let all: std::result::Result<_, sql::SyntaxError> = sql::deep(|| each.by_ref().collect());
    all.map_err(|error| {
        Error::new(
            ErrorKind::BadInput,
            format!("failed to look ahead in {id}: {error}"),
        )
    })
}

fn cannot_be_made(error: Error) -> Error {
    match error.kind() {
        ErrorKind::BadInput => Error::input("the plan cannot be made", error.diagnostics().to_vec()),
        _ => error,
    }
}
