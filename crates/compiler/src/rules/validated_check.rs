//! ADD CONSTRAINT … CHECK.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "validated-check",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "A CHECK that is added is checked in every row while nobody can read the table. Added NOT VALID it is checked in new \
          rows only; VALIDATE CONSTRAINT then reads the old ones while everybody works.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total >= 0);",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT total_known;",
    harm: Harm::Blocks,
    squawk: &["constraint-missing-not-valid"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::AddConstraint(ConstraintKind::Check) || case.effect().scan.is_no() {
        return None;
    }
    case.live_to_calls(relation)?;
    let message = format!(
        "checking every row blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    Some(
        case.about(&RULE, relation, message)
            .fixed(rewrite::constraint(case)),
    )
}
