//! money.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "money-type",
    severity: Severity::Note,
    section: Section::Columns,
    why: "money has the currency and the digits of the server's lc_monetary: another server reads other amounts.",
    unsafe_sql: "CREATE TABLE parcels (price money);",
    safe_sql: "CREATE TABLE parcels (price numeric(12, 2), currency text);",
    harm: Harm::Later("A dump that is restored elsewhere holds other amounts."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let added = case.alter().and_then(|(_, _, written)| written.column.as_ref());
    let mut columns = added.into_iter().chain(&case.details.columns);
    let column = columns.find(|column| column.data_type.own() == Some("money"))?;
    let message = format!(
        "{} is of type money, which means what the server's locale says",
        column.name
    );
    Some(
        case.finding(&RULE, message)
            .help("use numeric, or a whole number of the smallest unit"),
    )
}
