//! CREATE INDEX CONCURRENTLY on 14.0 to 14.3.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::IndexStatement;

pub(super) static RULE: Rule = Rule {
    id: "concurrent-index-corruption",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "PostgreSQL 14.0 to 14.3 may leave rows out of an index that is built CONCURRENTLY.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);",
    safe_sql: "SELECT 1;",
    harm: Harm::Later("Queries miss rows. No current server has the fault."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let version = case.around.server_version?;
    let builds = matches!(
        case.statement.concurrent_index()?,
        IndexStatement::Create { .. } | IndexStatement::Reindex { .. }
    );
    if !builds || !(140_000..140_004).contains(&version) {
        return None;
    }
    let finding = case.finding(&RULE, "this server may leave rows out of the index");
    Some(finding.help("upgrade the server to 14.4 or newer first"))
}
