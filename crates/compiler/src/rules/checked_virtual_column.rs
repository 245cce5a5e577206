//! ADD COLUMN … VIRTUAL with CHECK or NOT NULL.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Constrains;

pub(super) static RULE: Rule = Rule {
    id: "checked-virtual-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A virtual column is free, but its CHECK or NOT NULL is checked in every row while nobody can read the table.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN cents integer GENERATED ALWAYS AS (total * 100) VIRTUAL CHECK (cents >= 0);",
    safe_sql: "ALTER TABLE orders ADD COLUMN cents integer GENERATED ALWAYS AS (total * 100) VIRTUAL;
ALTER TABLE orders ADD CONSTRAINT orders_cents_check CHECK (cents >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_cents_check;",
    harm: Harm::BlocksFrom(18),
    squawk: &["adding-field-with-default"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref().filter(|column| column.is_virtual)?;
    if column.constraint(Constrains::Check).is_none() && !column.is_not_null {
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
