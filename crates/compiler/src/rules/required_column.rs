//! ADD COLUMN … NOT NULL without a default.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::catalog::Rows;
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "required-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A NOT NULL column without a default cannot be added to a table with rows, and the application that runs does not \
          fill it.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN channel text NOT NULL;",
    safe_sql: "ALTER TABLE orders ADD COLUMN channel text NOT NULL DEFAULT 'web';",
    harm: Harm::Fails("23502"),
    squawk: &["adding-required-field", "adding-not-nullable-field"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref()?;
    let is_filled =
        column.has_default || column.is_serial || column.is_identity || column.is_stored || column.is_virtual;
    if is_filled || !column.is_not_null {
        return None;
    }
    case.existing(relation)?;
    let is_empty = case
        .find(relation)
        .zip(case.around.catalog)
        .is_some_and(|(name, catalog)| catalog.size(&name).rows == Rows::About(0));
    let message = format!(
        "{} is NOT NULL and has no default: it cannot be added to {relation} where that has rows, and INSERTs that do not know it fail",
        column.name
    );
    let finding = case.finding(&RULE, message);
    let finding = if is_empty {
        finding.severity(Severity::Warning)
    } else {
        finding
    };
    Some(
        finding
            .help("give it a constant default, which is free")
            .help("or: this deploy adds it nullable and the application fills it; the next one backfills and sets NOT NULL"),
    )
}
