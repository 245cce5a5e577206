//! timestamp.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "timestamp-without-time-zone",
    severity: Severity::Note,
    section: Section::Columns,
    why: "timestamp keeps a clock's reading and forgets whose; timestamptz keeps the instant, in as many bytes.",
    unsafe_sql: "CREATE TABLE parcels (sent_at timestamp);",
    safe_sql: "CREATE TABLE parcels (sent_at timestamptz);",
    harm: Harm::Later("Sessions with another TimeZone read another instant."),
    squawk: &["prefer-timestamp-tz", "prefer-timestamptz"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let added = case.alter().and_then(|(_, _, written)| written.column.as_ref());
    let mut columns = added.into_iter().chain(&case.details.columns);
    let column = columns.find(|column| column.data_type.own() == Some("timestamp"))?;
    let message = format!("{} forgets the time zone", column.name);
    Some(case.finding(&RULE, message).help("use timestamptz"))
}
