//! ADD COLUMN with CHECK.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Constrains;

pub(super) static RULE: Rule = Rule {
    id: "check-in-new-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A CHECK that comes with its column is checked in every row while nobody can read the table, even where every row is NULL.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN discount integer DEFAULT 0 CHECK (discount >= 0);",
    safe_sql: "ALTER TABLE orders ADD COLUMN discount integer DEFAULT 0;
ALTER TABLE orders ADD CONSTRAINT orders_discount_check CHECK (discount >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_discount_check;",
    harm: Harm::Blocks,
    squawk: &["constraint-missing-not-valid"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref().filter(|column| !column.is_virtual)?;
    let constraint = column.constraint(Constrains::Check)?;
    if constraint.is_not_enforced {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "checking {} in every row blocks reads and writes of {relation}{}",
        column.name,
        case.size(relation)
    );
    Some(case.about(&RULE, relation, message).fixed(rewrite::column(case)))
}
