//! Taking up a started revision: what is done stays done, the rest is what the file says now.

use super::build::{Prepared, PreparedStatement, steps};
use super::step::{Probe, StatementHash, Step};
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

/// How an applied revision's file differs from what ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The statements are the same: white space or comments between them changed.
    Nothing,
    /// The first statement that is another one.
    Statement {
        /// What ran, shortened; none where the file has more than ran.
        ran: Option<String>,
        /// Line and text of what stands there now; none where the file has less.
        now: Option<(usize, String)>,
    },
}

/// Compares a file with the plan that it was applied by, by the statements that its author wrote.
pub fn edit(frozen: &FrozenPlan, prepared: &Prepared) -> Edit {
    let mut ran: Vec<(StatementHash, &str)> = Vec::new();
    for statement in frozen.steps.iter().flat_map(|step| &step.statements) {
        let written = statement.of.unwrap_or(statement.hash);
        let is_next_part = statement.of.is_some() && statement.part != Some(1);
        if !is_next_part || ran.iter().all(|(known, _)| *known != written) {
            ran.push((written, &statement.sql));
        }
    }
    let now = &prepared.statements;
    let same = ran
        .iter()
        .zip(now)
        .take_while(|(ran, now)| ran.0 == now.planned.hash);
    let at = same.count();
    let (ran, now) = (&ran[at..], &now[at..]);
    let as_before = |ran: &[(StatementHash, &str)], now: &[PreparedStatement]| {
        ran.len() == now.len() && ran.iter().zip(now).all(|(ran, now)| ran.0 == now.planned.hash)
    };
    let (is_gone, is_new) = match (ran, now) {
        ([], []) => return Edit::Nothing,
        ([_, ran @ ..], now) if as_before(ran, now) => (true, false),
        (ran, [_, now @ ..]) if as_before(ran, now) => (false, true),
        (ran, now) => (!ran.is_empty(), !now.is_empty()),
    };
    Edit::Statement {
        ran: ran.first().filter(|_| is_gone).map(|(_, sql)| (*sql).to_owned()),
        now: now
            .first()
            .filter(|_| is_new)
            .map(|now| (now.planned.line, now.planned.sql.to_string())),
    }
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
