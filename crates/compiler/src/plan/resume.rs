//! Taking up a started revision: what is done stays done, the rest is what the file says now.

use super::build::{Prepared, PreparedStatement, steps};
use super::step::{Probe, Step};
use super::wire::{FrozenPlan, FrozenStep};

/// How to go on with a started revision.
#[derive(Debug, Clone, PartialEq)]
pub enum Resumption {
    /// The frozen plan's undone steps, as they were frozen.
    AsFrozen(Vec<Step>),
    /// The undone rest was edited: it is planned anew behind the done steps.
    Replanned(Vec<Step>),
    /// A statement that was begun, and of which nobody can tell whether it happened, was edited or removed: that
    /// is to be decided first.
    BegunWasEdited {
        /// The step that was begun.
        step: u32,
        /// The text that ran, shortened.
        ran: String,
    },
    /// A statement that is already done was edited or removed.
    DoneWasEdited {
        /// The step that is done.
        step: u32,
        /// The text that ran, shortened.
        ran: String,
        /// What stands in its place now; none when nothing does.
        now: Option<String>,
        /// Line of what stands there now.
        line: Option<usize>,
    },
}

/// Matches the file as it is now with what was frozen. `done` says which step numbers are done, and `begun` which one was
/// begun outside any transaction and has no known end: it keeps its number as long as its statement stands next in the
/// file, so that what became of it is asked before it is sent again.
pub fn resume(
    frozen: &FrozenPlan,
    prepared: &Prepared,
    done: impl Fn(u32) -> bool,
    begun: impl Fn(u32) -> bool,
) -> Resumption {
    let (finished, open): (Vec<&FrozenStep>, Vec<&FrozenStep>) =
        frozen.steps.iter().partition(|step| done(step.number));
    let mut rest = prepared.statements.iter();
    for step in &finished {
        for ran in &step.statements {
            match rest.next() {
                Some(now) if ran.is(now.planned.hash) => {}
                now => {
                    return Resumption::DoneWasEdited {
                        step: step.number,
                        ran: ran.sql.clone(),
                        now: now.map(|now| now.planned.sql.to_string()),
                        line: now.map(|now| now.planned.line),
                    };
                }
            }
        }
    }
    let rest = rest.as_slice();
    let next = frozen.steps.iter().map(|step| step.number).max().unwrap_or(0) + 1;
    let unchanged = open.iter().flat_map(|step| &step.statements).count() == rest.len()
        && open
            .iter()
            .flat_map(|step| &step.statements)
            .zip(rest)
            .all(|(frozen, now)| frozen.is(now.planned.hash));
    let begun = open.first().copied().filter(|step| begun(step.number));
    if !unchanged {
        return replanned(begun, rest, prepared, next);
    }
    // The frozen cuts are kept, even where this version would cut elsewhere.
    let mut rest = rest;
    let mut again = Vec::with_capacity(open.len());
    for step in open {
        let (own, later) = rest.split_at(step.statements.len());
        let mut planned = steps(own, prepared.mode, step.number);
        if planned.len() == 1 {
            again.append(&mut planned);
        } else {
            return replanned(begun, rest_from(prepared, &finished), prepared, next);
        }
        rest = later;
    }
    Resumption::AsFrozen(again)
}

fn replanned(
    begun: Option<&FrozenStep>,
    rest: &[PreparedStatement],
    prepared: &Prepared,
    next: u32,
) -> Resumption {
    let mut again = steps(rest, prepared.mode, next);
    let Some((begun, ran)) = begun.and_then(|step| Some((step, step.statements.first()?))) else {
        return Resumption::Replanned(again);
    };
    match again.split_first_mut() {
        Some((first, later)) if matches!(first.statements.as_slice(), [now] if ran.is(now.hash)) => {
            first.number = begun.number;
            later.iter_mut().for_each(|step| step.number -= 1);
        }
        _ if ran.probe() == Probe::Nothing => {
            return Resumption::BegunWasEdited {
                step: begun.number,
                ran: ran.sql.clone(),
            };
        }
        _ => {}
    }
    Resumption::Replanned(again)
}

fn rest_from<'a>(prepared: &'a Prepared, finished: &[&FrozenStep]) -> &'a [PreparedStatement] {
    let done: usize = finished.iter().map(|step| step.statements.len()).sum();
    &prepared.statements[done.min(prepared.statements.len())..]
}
