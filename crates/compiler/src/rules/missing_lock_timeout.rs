//! A lock that others queue behind, waited for without an end.

use super::case::Case;
use super::seen::is_no_limit;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "missing-lock-timeout",
    severity: Severity::Warning,
    section: Section::Sessions,
    why: "While a statement waits for a lock that blocks reads or writes, every later query queues behind it: one long transaction \
          becomes everybody's. A short lock_timeout and another try bound that. Windlass does both by itself.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN channel text;",
    safe_sql: "SET lock_timeout = '1s';
ALTER TABLE orders ADD COLUMN channel text;",
    harm: Harm::Later("Behind one open transaction everybody waits; the contention tests measure it."),
    squawk: &["require-timeout-settings"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    // Windlass bounds each wait for a lock by itself.
    if !case.is_sent_as_it_stands() || case.at.0 > 0 || matches!(&*case.statement, Statement::Lock { .. }) {
        return None;
    }
    if case
        .seen
        .lock_timeout
        .as_ref()
        .is_some_and(|value| !is_no_limit(value))
    {
        return None;
    }
    let effect = case.effect();
    let mut waits = effect.locks.iter().filter(|lock| lock.mode.blocks());
    let lock = waits.find(|lock| case.existing(&lock.relation).is_some() && !case.creates(&lock.relation))?;
    let message = format!(
        "while it waits for {}, every later query on {} waits behind it",
        lock.mode, lock.relation
    );
    Some(
        case.finding(&RULE, message)
            .help("SET lock_timeout = '1s' before it, and try again when it fails"),
    )
}
