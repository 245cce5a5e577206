//! NOT VALID and VALIDATE CONSTRAINT in one ALTER TABLE.

use super::case::Case;
use super::{Finding, Harm, Rule, Safe, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "validate-in-same-statement",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "NOT VALID is for nothing where the same ALTER TABLE validates: every row is read under the statement's strongest lock.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total >= 0) NOT VALID, VALIDATE CONSTRAINT total_known;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT total_known;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::Validate || case.at.1 < 2 {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "every row of {relation}{} is read under the lock of the other subcommands, which blocks reads and writes",
        case.size(relation)
    );
    let alone = case
        .head()
        .zip(case.command_text())
        .map(|(head, own)| format!("{head} {own}"));
    Some(
        case.about(&RULE, relation, message)
            .fixed(alone.map(|sql| vec![Safe::new(sql)])),
    )
}
