//! char(n).

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "char-type",
    severity: Severity::Note,
    section: Section::Columns,
    why: "char(n) fills values up with blanks, which take room and get lost in comparisons.",
    unsafe_sql: "CREATE TABLE parcels (country char(2));",
    safe_sql: "CREATE TABLE parcels (country text);",
    harm: Harm::Later("Blanks at the end of values come and go."),
    squawk: &["ban-char-field"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let added = case.alter().and_then(|(_, _, written)| written.column.as_ref());
    let mut columns = added.into_iter().chain(&case.details.columns);
    let column = columns.find(|column| column.data_type.own() == Some("bpchar"))?;
    let message = format!(
        "{} is of type char, which fills values up with blanks",
        column.name
    );
    Some(
        case.finding(&RULE, message)
            .help("use text, with a CHECK where the length matters"),
    )
}
