//! A new enum value, used in the transaction that added it.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::quote_literal;

pub(super) static RULE: Rule = Rule {
    id: "enum-value-in-transaction",
    severity: Severity::Error,
    section: Section::Objects,
    why: "A value that ALTER TYPE … ADD VALUE adds cannot be used before the transaction is committed. Windlass cuts the transaction there.",
    unsafe_sql: "BEGIN;
ALTER TYPE mood ADD VALUE 'calm';
INSERT INTO tickets (mood) VALUES ('calm');
COMMIT;",
    safe_sql: "ALTER TYPE mood ADD VALUE 'calm';
INSERT INTO tickets (mood) VALUES ('calm');",
    harm: Harm::Fails("55P04"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let added = &case.seen.transaction.enum_values;
    if !case.shares_transaction() || added.is_empty() {
        return None;
    }
    let used = added
        .iter()
        .find(|value| case.details.words.contains(value) || case.text.contains(&quote_literal(value)))?;
    let message = format!("'{used}' was added in the same transaction, and cannot be used in it (55P04)");
    Some(case.finding(&RULE, message).help("commit in between"))
}
