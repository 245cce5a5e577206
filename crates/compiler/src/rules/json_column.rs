//! A column of type json.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "json-column",
    severity: Severity::Warning,
    section: Section::Columns,
    why: "json has no equality: SELECT DISTINCT, UNION and GROUP BY over its table fail.",
    unsafe_sql: "ALTER TABLE customers ADD COLUMN profile json;",
    safe_sql: "ALTER TABLE customers ADD COLUMN profile jsonb;",
    harm: Harm::Breaks("SELECT DISTINCT * FROM customers"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let columns = case.alter().and_then(|(_, _, written)| written.column.as_ref());
    let column = columns
        .into_iter()
        .chain(&case.details.columns)
        .find(|column| column.data_type.own() == Some("json"))?;
    let message = format!(
        "{} is of type json, over which DISTINCT, UNION and GROUP BY fail",
        column.name
    );
    Some(case.finding(&RULE, message).help("use jsonb"))
}
