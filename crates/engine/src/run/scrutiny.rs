//! The rules, asked before anything runs. Blind first, at the worst: most runs have no hazard, and need no catalog.
//! Where they have one the database is read, and decides.

use windlass_compiler::catalog::Catalog;
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{FrozenPlan, SavedPlan};
use windlass_compiler::rules::{Checker, Surroundings};

use super::{Runner, Scripts};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe};
use crate::introspect;
use crate::journal::Snapshot;
use crate::session::Session;

impl Runner {
    /// Puts safe forms where hazards are, as the database now is; a revision that was started keeps its frozen forms.
    pub(super) async fn scrutinise(
        &self,
        scripts: &mut Scripts,
        ids: &[RevisionId],
        direction: Direction,
        journal: &Snapshot,
        session: &Session,
    ) -> Result<()> {
        let is_hazardous = |id: &&RevisionId| {
            let has_forms = |plan: &FrozenPlan| {
                let mut statements = plan.steps.iter().flat_map(|step| &step.statements);
                statements.any(|statement| statement.of.is_some())
            };
            scripts.get(*id).is_some_and(|prepared| prepared.is_hazardous)
                || frozen(journal, id, direction).as_ref().is_some_and(has_forms)
        };
        if !ids.iter().any(|id| is_hazardous(&id)) {
            return Ok(());
        }
        let catalog = self.read_catalog(session).await?;
        self.scrutinise_by(&catalog, scripts, ids, direction, journal, None)
    }

    /// The same by a catalog that was read already, and with the forms that a saved plan has.
    pub(super) fn scrutinise_by(
        &self,
        catalog: &Catalog,
        scripts: &mut Scripts,
        ids: &[RevisionId],
        direction: Direction,
        journal: &Snapshot,
        saved: Option<&SavedPlan>,
    ) -> Result<()> {
        let search_path = self.search_path();
        let mut checker = Checker::new(Surroundings::new(catalog, &search_path));
        for id in ids
            .iter()
            .filter(|id| scripts.contains_key(*id))
            .cloned()
            .collect::<Vec<_>>()
        {
            let frozen = frozen(journal, &id, direction)
                .or_else(|| saved.map(|plan| super::saved::frozen_in(plan, &id)));
            let prepared = self.prepare_under(&id, direction, &mut checker, frozen.as_ref())?;
            scripts.insert(id, prepared);
        }
        Ok(())
    }

    /// The schema with its sizes, for rules and forecasts.
    pub(super) async fn read_catalog(&self, session: &Session) -> Result<Catalog> {
        let client = session.client();
        let mut read = introspect::read(client).await?;
        introspect::measure(client, &mut read.catalog).await;
        Ok(read.catalog)
    }

    /// Where statements without a schema find their relations.
    pub(super) fn search_path(&self) -> Vec<&str> {
        let said = &self.policy.search_path.value;
        match said.is_empty() {
            true => vec!["public"],
            false => said.iter().map(String::as_str).collect(),
        }
    }
}

/// The plan of a revision that was started in that direction.
fn frozen(journal: &Snapshot, id: &RevisionId, direction: Direction) -> Option<FrozenPlan> {
    let mut rows = journal.revisions.iter();
    rows.find(|row| row.id == *id && row.is_under_way(direction))?
        .frozen()
}

/// Refuses the run where a rule refuses a statement.
pub(super) fn refuse(scripts: &Scripts, ids: &[RevisionId]) -> Result<()> {
    let refused = ids
        .iter()
        .filter_map(|id| scripts.get(id))
        .flat_map(|prepared| &prepared.refused);
    let refused: Vec<_> = refused.cloned().collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Refused,
        "nothing was run: a rule refuses what would hurt",
    )
    .with_diagnostics(refused)
    .hint("make it safe as the rule says, or allow it at the statement")
    .hint("`--set safety=warn` runs everything as it is written"))
}

/// Tells of hazards that run all the same, because the policy says so, and of directives that do nothing.
pub(super) fn tell(scripts: &Scripts, ids: &[RevisionId], observer: &dyn Observe) {
    let prepared = ids.iter().filter_map(|id| scripts.get(id));
    let warnings = prepared.flat_map(|prepared| {
        let hazards = prepared.warnings.iter().filter(|warning| warning.code.is_some());
        prepared.idle.iter().chain(hazards)
    });
    for warning in warnings {
        observer.event(Event::warning(warning));
    }
}
