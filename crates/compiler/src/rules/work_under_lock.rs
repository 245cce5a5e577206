//! Rows read or changed while a blocking lock is held.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "work-under-lock",
    severity: Severity::Error,
    section: Section::Sessions,
    why: "A lock is kept until the transaction ends: what follows ALTER TABLE in one transaction, a data change or another lock, is time \
          that everybody waits. Windlass cuts the transaction there, unless the file is `atomic`.",
    unsafe_sql: "BEGIN;
ALTER TABLE orders ADD COLUMN channel text;
UPDATE orders SET channel = 'web';
COMMIT;",
    safe_sql: "ALTER TABLE orders ADD COLUMN channel text;
-- windlass: backfill orders_channel
UPDATE orders SET channel = 'web' WHERE channel IS NULL;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let held = &case.seen.transaction.blocked;
    let first = held.first().filter(|_| case.shares_transaction())?;
    let what = match &*case.statement {
        Statement::Change { relation, kind, .. } if *kind != "insert" || case.effect().locks.len() > 1 => {
            case.live(relation)?;
            format!("rows of {relation} are changed")
        }
        Statement::Change { .. } | Statement::Transaction { .. } => return None,
        _ => {
            let effect = case.effect();
            let other = effect.locks.iter().find(|lock| {
                lock.mode.blocks()
                    && !held.contains(&lock.relation)
                    && case.existing(&lock.relation).is_some()
                    && !case.creates(&lock.relation)
            })?;
            format!("{} is waited for", other.relation)
        }
    };
    let message = format!("{what} while {first} is locked by a statement before it");
    Some(case.finding(&RULE, message).help("commit in between"))
}
