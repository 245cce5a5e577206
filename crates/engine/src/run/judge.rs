//! What is to be done, and what speaks against it: files and database compared, for a target.

use std::collections::HashSet;

use tokio_postgres::Client;
use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;
use windlass_compiler::plan::{self, Edit, FrozenPlan};

use super::attempt::one_line;
use super::{Runner, Upgrade, list, revision};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe};
use crate::journal::{self, Brief, Snapshot};
use crate::standing::{Standing, standing};

impl Runner {
    /// What is to be applied for `request`, after everything that speaks against it.
    pub(super) fn judge(
        &self,
        request: &Upgrade,
        journal: &Snapshot,
        observer: &dyn Observe,
    ) -> Result<Vec<RevisionId>> {
        let standing = standing(&self.directory, &self.graph, journal);
        if !standing.ahead.is_empty() {
            if request.strict {
                return Err(Error::new(
                    ErrorKind::Diverged,
                    format!("the database is ahead: it has {}", list(&standing.ahead)),
                )
                .hint("deploy the image that holds these revisions, or leave out --strict"));
            }
            observer.event(Event::Warning {
                message: format!(
                    "the database is ahead of this directory: it has {}",
                    list(&standing.ahead)
                ),
                hint: Some("an older image runs over a newer database; nothing is done".to_owned()),
            });
        }
        if !standing.diverged.is_empty() {
            return Err(Error::new(
                ErrorKind::Diverged,
                format!(
                    "the database has revisions that this directory does not know: {}",
                    list(&standing.diverged)
                ),
            )
            .hint("is this the right directory and the right database? `windlass status` compares them")
            .hint("bring the missing files back, or `windlass stamp` the database if they were renamed"));
        }
        let edited = unaccepted(&standing, request);
        if let Some(id) = edited.first() {
            return Err(self.edited(id, edited.len(), journal, &[]));
        }
        let wanted = self.wanted_for(request, &standing)?;
        let is_late =
            |(id, _): &&(RevisionId, RevisionId)| wanted.contains(id) && !request.allow_late.contains(id);
        let late: Vec<&(RevisionId, RevisionId)> = standing.late.iter().filter(is_late).collect();
        if let Some((first, behind)) = late.first() {
            let ids: Vec<RevisionId> = late.iter().map(|(id, _)| id.clone()).collect();
            return Err(Error::new(
                ErrorKind::Refused,
                format!("{} came late: {behind} is already applied", list(&ids)),
            )
            .hint(format!("if it may run after {behind}: --allow-late {first}"))
            .hint("else give it a number behind the last applied revision"));
        }
        let is_torn = |(id, _): &&(RevisionId, Vec<RevisionId>)| self.graph.contains(id);
        if let Some((squash, missing)) = standing.torn.iter().find(is_torn) {
            return Err(Error::new(
                ErrorKind::Diverged,
                format!(
                    "a part of what {squash} replaces is applied here, and {} is neither applied nor in this directory",
                    list(missing)
                ),
            )
            .hint("bring the replaced files back until this database has them, then remove them again"));
        }
        if let Some(unknown) = journal
            .revisions
            .iter()
            .find(|row| row.state == journal::RevisionState::Unknown)
        {
            return Err(revision::unknown_outcome(&unknown.id, journal));
        }
        Ok(wanted)
    }

    /// The revisions that the database has, in order, when they are exactly those of the directory,
    /// all of them applied and none edited since. Then nothing is pending, ahead, late or torn.
    pub(super) fn applied_as_they_are(&self, brief: &Brief) -> Option<Vec<RevisionId>> {
        let rows = brief.all_applied()?;
        if rows.len() != self.directory.revisions.len() {
            return None;
        }
        rows.map(|(id, checksum)| {
            let file = &self.directory.revisions[*self.index.get(id)?];
            (file.checksum.as_str() == checksum).then(|| file.id.clone())
        })
        .collect()
    }

    pub(super) fn goals(&self, target: &Target, applied: &[RevisionId]) -> Result<Vec<RevisionId>> {
        self.graph
            .resolve(target, applied)
            .map_err(|problem| Error::input(problem.message.clone(), vec![problem]))
    }

    /// Where an upgrade goes; never back.
    pub(super) fn ahead(&self, target: &Target, applied: &[RevisionId]) -> Result<Vec<RevisionId>> {
        match target {
            Target::Relative(by) if *by < 0 => Err(Error::new(
                ErrorKind::BadInput,
                format!("an upgrade goes on, and {by} goes back"),
            )
            .hint(format!("to revert revisions: windlass downgrade {by}"))),
            _ => self.goals(target, applied),
        }
    }

    /// What an upgrade is asked for: what its target still needs, or what is left of its plan.
    pub(super) fn wanted_for(&self, request: &Upgrade, standing: &Standing) -> Result<Vec<RevisionId>> {
        match &request.plan {
            Some(plan) => self.wanted_by(plan, standing),
            None => self.wanted(&request.target, standing),
        }
    }

    /// What `target` still needs, parents first; a started revision comes before what follows it.
    pub(super) fn wanted(&self, target: &Target, standing: &Standing) -> Result<Vec<RevisionId>> {
        let goals = self.ahead(target, &standing.applied)?;
        let needed: HashSet<RevisionId> = self.graph.ancestors_of(&goals);
        let open: HashSet<&RevisionId> = standing.pending.iter().chain(&standing.started).collect();
        Ok(self
            .graph
            .order()
            .filter(|id| needed.contains(*id) && open.contains(*id))
            .cloned()
            .collect())
    }

    /// A target that says the same while others work: `+1` is one revision on from what was there when it was asked
    /// for, and not one more after each runner that was waited for.
    pub(super) fn fixed(&self, target: &Target, applied: &[RevisionId]) -> Result<Target> {
        match target {
            Target::Relative(_) => self.goals(target, applied).map(Target::Fixed),
            _ => Ok(target.clone()),
        }
    }

    /// What a downgrade leaves applied, said so that it stays the same while others work.
    pub(super) fn left(&self, target: &Target, journal: &Snapshot) -> Result<Target> {
        if let Target::Relative(by) = target
            && *by > 0
        {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("a downgrade goes back, and +{by} goes on"),
            )
            .hint(format!("to apply revisions: windlass upgrade +{by}"))
            .hint(format!("to revert revisions: windlass downgrade -{by}")));
        }
        self.fixed(target, &journal.revertible())
    }

    /// What is applied or begun and not needed by `target`, last applied first.
    pub(super) fn unwanted(&self, target: &Target, journal: &Snapshot) -> Result<Vec<RevisionId>> {
        let goals = match self.left(target, journal)? {
            Target::Fixed(ids) => ids,
            target => self.goals(&target, &[])?,
        };
        let kept: HashSet<RevisionId> = self.graph.ancestors_of(&goals);
        Ok(journal
            .revisions
            .iter()
            .rev()
            .map(|row| &row.id)
            .filter(|id| !kept.contains(*id))
            .cloned()
            .collect())
    }

    /// The same, and where an applied revision was edited, what: its plan is read only then.
    pub(super) async fn judge_and_tell(
        &self,
        request: &Upgrade,
        journal: &Snapshot,
        client: &Client,
        observer: &dyn Observe,
    ) -> Result<Vec<RevisionId>> {
        let error = match self.judge(request, journal, observer) {
            Err(error) if error.kind() == ErrorKind::Diverged => error,
            judged => return judged,
        };
        let standing = standing(&self.directory, &self.graph, journal);
        let edited = unaccepted(&standing, request);
        let Some(id) = edited.first().filter(|_| standing.diverged.is_empty()) else {
            return Err(error);
        };
        let changes = match journal::plan_of(client, id).await? {
            Some(plan) => self.changes(id, &plan),
            None => Vec::new(),
        };
        Err(self.edited(id, edited.len(), journal, &changes))
    }

    /// What an edit of an applied revision changed, in words.
    fn changes(&self, id: &RevisionId, plan: &FrozenPlan) -> Vec<String> {
        // Without steps it was stamped, or made from a schema file; what cannot be parsed is no statement.
        let Some(prepared) = self
            .prepare(id, Direction::Up)
            .ok()
            .filter(|_| !plan.steps.is_empty())
        else {
            return Vec::new();
        };
        match plan::edit(plan, &prepared) {
            Edit::Nothing => {
                vec!["its statements are the same: white space or comments between them changed".to_owned()]
            }
            Edit::Statement { ran, now } => vec![
                format!(
                    "ran: {}",
                    ran.map_or_else(|| "nothing".to_owned(), |ran| one_line(&ran))
                ),
                match now {
                    Some((line, now)) => format!("now: line {line}: {}", one_line(&now)),
                    None => "now: nothing".to_owned(),
                },
            ],
        }
    }

    pub(super) fn edited(
        &self,
        id: &RevisionId,
        count: usize,
        journal: &Snapshot,
        changes: &[String],
    ) -> Error {
        let mut error = Error::new(
            ErrorKind::Diverged,
            match count {
                1 => format!("{id} was edited after it was applied"),
                more => format!(
                    "{id} and {} more revisions were edited after they were applied",
                    more - 1
                ),
            },
        );
        error = changes
            .iter()
            .fold(error, |error, change| error.hint(change.as_str()));
        if let (Some(file), Some(row)) = (self.file(id), journal.revisions.iter().find(|row| row.id == *id)) {
            error = error
                .hint(format!("applied: {}", row.checksum))
                .hint(format!("now:     {}", file.checksum));
        }
        error.hint("undo the edit and write a new revision").hint(format!(
            "or, if the database is as the file says now: windlass resolve {id} --accept-edit"
        ))
    }
}

/// The applied revisions that were edited since, but for those whose edit `request` takes as it is.
fn unaccepted<'a>(standing: &'a Standing, request: &Upgrade) -> Vec<&'a RevisionId> {
    let edited = standing.edited.iter();
    edited.filter(|id| !request.accept_edits.contains(id)).collect()
}

/// A number of revisions counts from where the database is, and what a run did before it stopped has moved that: where
/// it was asked to go is said by name.
pub(super) fn by_name(error: Error, command: &str, asked: &Target, meant: &Target) -> Error {
    let (Target::Relative(by), Target::Fixed(ids)) = (asked, meant) else {
        return error;
    };
    if error.step().is_none() && error.done().is_empty() {
        return error;
    }
    let place = ids.last().map_or("base", RevisionId::as_str);
    error.hint(format!(
        "{by:+} would count from where the database is now; what was asked for is: windlass {command} {place}"
    ))
}

/// Refuses to revert what nobody agreed to: it was applied after the question.
pub(super) fn refuse_others(agreed: Option<&[RevisionId]>, unwanted: &[RevisionId]) -> Result<()> {
    let Some(agreed) = agreed else { return Ok(()) };
    let others: Vec<RevisionId> = unwanted
        .iter()
        .filter(|id| !agreed.contains(id))
        .cloned()
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Refused,
        format!(
            "{} was applied meanwhile, and would be reverted too",
            list(&others)
        ),
    )
    .hint("nothing was reverted; look with `windlass status`, then downgrade again"))
}
