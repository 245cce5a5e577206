//! varchar(n).

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "varchar-length",
    severity: Severity::Note,
    section: Section::Columns,
    why: "A shorter varchar later writes the table anew, a longer one builds its expression indexes anew. The length of text is \
          limited by a CHECK that can be added and dropped without a stall.",
    unsafe_sql: "CREATE TABLE parcels (country varchar(100));",
    safe_sql: "CREATE TABLE parcels (country text CHECK (length(country) <= 100));",
    harm: Harm::Later("A change of the limit may lock the table."),
    squawk: &["prefer-text-field"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let added = case.alter().and_then(|(_, _, written)| written.column.as_ref());
    let mut columns = added.into_iter().chain(&case.details.columns);
    let is_limited = |of: &crate::sql::TypeName| of.own() == Some("varchar") && !of.modifiers.is_empty();
    let column = columns.find(|column| is_limited(&column.data_type))?;
    let message = format!("{} has its limit in its type", column.name);
    Some(
        case.finding(&RULE, message)
            .help("use text with a CHECK of its length"),
    )
}
