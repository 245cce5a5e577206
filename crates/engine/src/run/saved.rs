//! Saving a plan, and executing exactly what was saved: everything that it was made of is compared first, by the runner
//! that leads.

use windlass_compiler::catalog::Catalog;
use windlass_compiler::diagnostic::{Diagnostic, Severity};
use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;
use windlass_compiler::plan::{FrozenPlan, FrozenStep, SavedPlan, SavedRevision, SavedRow};

use super::planning::{Basis, Plan};
use super::prepare::settle;
use super::{Runner, Scripts};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::journal::{self, RevisionRow, Snapshot};
use crate::session::Session;
use crate::standing::Standing;

/// So many objects are named.
const MOST: usize = 20;

impl Runner {
    /// The plan as a file holds it.
    ///
    /// # Errors
    /// A plan that no database was asked for, and one with a statement that a rule refuses.
    pub fn save(&self, plan: &Plan, target: &str) -> Result<SavedPlan> {
        let refused: Vec<Diagnostic> = plan
            .revisions
            .iter()
            .flat_map(|plan| &plan.warnings)
            .filter(|told| told.severity == Severity::Error)
            .cloned()
            .collect();
        if !refused.is_empty() {
            return Err(Error::new(
                ErrorKind::Refused,
                "the plan was not saved: a rule refuses what would hurt",
            )
            .with_diagnostics(refused));
        }
        let Basis::Database { catalog, journal, .. } = &plan.basis else {
            return Err(match plan.basis {
                Basis::UpToDate => {
                    Error::new(ErrorKind::Refused, "the plan was not saved: nothing is pending")
                }
                _ => Error::new(ErrorKind::BadInput, "only a plan for a database can be saved"),
            });
        };
        let revisions = plan.revisions.iter().map(|plan| {
            let file = self.file(&plan.id).ok_or_else(|| gone(&plan.id))?;
            Ok(SavedRevision {
                revision: plan.id.to_string(),
                parents: names(&self.graph.parents(&plan.id)),
                checksum: file.checksum.as_str().to_owned(),
                directives: file.directives_checksum.as_str().to_owned(),
                steps: plan.steps.iter().map(FrozenStep::freeze).collect(),
            })
        });
        let revisions = revisions.collect::<Result<Vec<_>>>()?;
        Ok(SavedPlan::new(target, catalog, rows(journal), revisions))
    }

    /// What is left of a saved plan, in its order, after everything that speaks against it but the schema.
    pub(super) fn wanted_by(&self, plan: &SavedPlan, standing: &Standing) -> Result<Vec<RevisionId>> {
        let mut wanted = Vec::new();
        for saved in &plan.revisions {
            let id = RevisionId::parse(&saved.revision)
                .map_err(|error| diverged(format!("the plan names {}: {error}", saved.revision)))?;
            let file = self.file(&id).ok_or_else(|| gone(&id))?;
            if file.checksum.as_str() != saved.checksum
                || file.directives_checksum.as_str() != saved.directives
            {
                return Err(diverged(format!("{id} was edited after the plan was made")));
            }
            if names(&self.graph.parents(&id)) != saved.parents {
                return Err(diverged(format!(
                    "{id} follows other revisions than when the plan was made"
                )));
            }
            if standing.pending.contains(&id) || standing.started.contains(&id) {
                wanted.push(id);
            }
        }
        // A relative target counts from where the database was then.
        let target = Target::parse(&plan.target);
        if !matches!(target, Target::Relative(_)) {
            let now = self.wanted(&target, standing)?;
            if let Some(new) = now
                .iter()
                .find(|id| !plan.revisions.iter().any(|saved| saved.revision == id.as_str()))
            {
                return Err(diverged(format!("{new} is pending, and not in the plan")));
            }
        }
        Ok(wanted)
    }

    /// Refuses a journal that is not as it was, but for what this plan has done itself; says whether it has.
    pub(super) async fn compare_journal(
        &self,
        plan: &SavedPlan,
        journal: &Snapshot,
        session: &Session,
    ) -> Result<bool> {
        let own = match journal.version {
            Some(_) => journal::begun_by(session.client(), &words(plan)).await?,
            None => Vec::new(),
        };
        let is_own = |row: &&SavedRow| own.contains(&row.revision);
        let now = rows(journal);
        let was = &plan.journal;
        let other = now.iter().filter(|row| !is_own(row) && !was.contains(row));
        let lost = was.iter().filter(|row| {
            !own.contains(&row.revision) && !now.iter().any(|now| now.revision == row.revision)
        });
        let others: Vec<String> = other
            .map(|row| format!("{} is {}", row.revision, row.state))
            .chain(lost.map(|row| format!("{} is not there any more", row.revision)))
            .collect();
        if !others.is_empty() {
            let error = diverged("the journal is not as it was when the plan was made");
            return Err(others.into_iter().take(MOST).fold(error, Error::hint));
        }
        Ok(now.iter().any(|row| is_own(&row)))
    }

    /// Refuses a schema that is not as it was.
    pub(super) fn compare_schema(&self, plan: &SavedPlan, catalog: &Catalog) -> Result<()> {
        let differences = plan.differences(catalog);
        if differences.is_empty() {
            return Ok(());
        }
        let mut error = diverged("the schema is not as it was when the plan was made");
        for difference in differences.iter().take(MOST) {
            error = error.hint(format!("{}: {}", difference.what, difference.object));
        }
        if let Some(more) = differences.len().checked_sub(MOST).filter(|more| *more > 0) {
            error = error.hint(format!("and {more} more"));
        }
        Err(error)
    }

    /// Refuses steps that would be others than those that were saved.
    pub(super) async fn compare_steps(
        &self,
        plan: &SavedPlan,
        scripts: &Scripts,
        wanted: &[RevisionId],
        journal: &Snapshot,
        session: &Session,
    ) -> Result<()> {
        for (id, prepared) in wanted.iter().filter_map(|id| Some((id, scripts.get(id)?))) {
            let mut prepared = prepared.clone();
            settle(session.client(), &mut prepared).await?;
            let left = self.steps_left(id, Direction::Up, journal, &prepared)?;
            let left: Vec<_> = left.steps.iter().map(FrozenStep::freeze).collect();
            if !steps_of(plan, id).ends_with(&left) {
                return Err(diverged(format!(
                    "this version of windlass would take other steps in {id} than the plan has"
                )));
            }
        }
        Ok(())
    }
}

/// The steps that the plan has for a revision.
fn steps_of<'p>(plan: &'p SavedPlan, id: &RevisionId) -> &'p [FrozenStep] {
    let saved = plan.revisions.iter().find(|saved| saved.revision == id.as_str());
    saved.map_or(&[], |saved| &saved.steps)
}

/// A revision of a saved plan, as a frozen one: its safe forms are those that were saved.
pub(super) fn frozen_in(plan: &SavedPlan, id: &RevisionId) -> FrozenPlan {
    FrozenPlan {
        version: 1,
        fingerprint: Some(plan.fingerprint()),
        steps: steps_of(plan, id).to_vec(),
        protected: Vec::new(),
    }
}

/// What the journal has as the target of a run that executes the plan.
pub(super) fn words(plan: &SavedPlan) -> String {
    format!("plan {}", plan.fingerprint())
}

fn rows(journal: &Snapshot) -> Vec<SavedRow> {
    let row = |row: &RevisionRow| SavedRow {
        revision: row.id.to_string(),
        state: row.state.name().to_owned(),
        checksum: row.checksum.clone(),
    };
    journal.revisions.iter().map(row).collect()
}

fn names(ids: &[RevisionId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn gone(id: &RevisionId) -> Error {
    diverged(format!("the file of {id} is not in this directory"))
}

fn diverged(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Diverged, message)
        .hint("nothing was run; look at a new plan: windlass plan --out FILE")
}
