//! SET NOT NULL and the drop of the check that proves it, in one statement.

use super::case::Case;
use super::{Finding, Harm, Rule, Safe, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "check-dropped-too-soon",
    severity: Severity::Error,
    section: Section::Columns,
    why: "In one ALTER TABLE the drops come first: the check that would have proved NOT NULL is gone, and every row is read \
          while nobody can read the table. In two statements nothing is read.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT total_known;
ALTER TABLE orders ALTER COLUMN total SET NOT NULL, DROP CONSTRAINT total_known;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT total_known CHECK (total IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT total_known;
ALTER TABLE orders ALTER COLUMN total SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT total_known;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::SetNotNull {
        return None;
    }
    case.live(relation)?;
    let dropped = case.drops_proof(relation, command.name.as_deref()?)?;
    let message = format!(
        "{dropped} is dropped before NOT NULL is set, so that every row of {relation}{} is read, which blocks reads and writes",
        case.size(relation)
    );
    let fix = (case.at.1 == 2).then(|| {
        let head = case.head()?;
        let own = case.command_text()?;
        Some(vec![
            Safe::new(format!("{head} {own}")),
            Safe::new(format!(
                "{head} DROP CONSTRAINT {}",
                crate::sql::quote_identifier(&dropped)
            )),
        ])
    });
    Some(
        case.about(&RULE, relation, message)
            .fixed_whole(fix.flatten())
            .help("drop the constraint in a statement of its own, behind SET NOT NULL"),
    )
}
