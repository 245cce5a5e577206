//! VALIDATE CONSTRAINT in the transaction that added the constraint.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "validate-in-same-transaction",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "NOT VALID is for nothing where VALIDATE CONSTRAINT follows in the same transaction: the lock of the first statement is held \
          while the second reads every row. Windlass cuts the transaction there, unless the file is `atomic`.",
    unsafe_sql: "BEGIN;
ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT total_known;
COMMIT;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT total_known;",
    harm: Harm::Blocks,
    squawk: &["constraint-missing-not-valid"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    let added = &case.seen.transaction.not_valid;
    let same = added
        .iter()
        .any(|(table, name)| table == relation && *name == command.name);
    if command.kind != AlterKind::Validate || !case.shares_transaction() || !same {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "every row of {relation}{} is read while the lock of ADD CONSTRAINT is still held",
        case.size(relation)
    );
    Some(case.about(&RULE, relation, message).help("commit in between"))
}
