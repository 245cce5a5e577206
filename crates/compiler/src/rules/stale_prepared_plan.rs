//! A table's row type changes under prepared statements.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "stale-prepared-plan",
    severity: Severity::Note,
    section: Section::Sessions,
    why: "A prepared SELECT * fails once the columns of its table change (0A000, cached plan must not change result type), until the \
          session prepares it anew. Most drivers prepare behind the scenes; queries that name their columns are safe.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN channel text;",
    safe_sql: "CREATE TABLE order_channels (order_id bigint PRIMARY KEY, channel text);",
    harm: Harm::Later("Prepared SELECT * fails once in each session."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if !matches!(command.kind, AlterKind::AddColumn | AlterKind::ColumnType) {
        return None;
    }
    case.existing(relation)?;
    let message = format!("prepared SELECT * FROM {relation} fails once in each session (0A000)");
    Some(
        case.finding(&RULE, message)
            .help("name columns in queries, or let the application retry and prepare anew"),
    )
}
