//! ADD COLUMN with REFERENCES.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Constrains;

pub(super) static RULE: Rule = Rule {
    id: "foreign-key-in-new-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "REFERENCES at a new column holds the table against everybody while it waits for a lock that blocks writes to the \
          referenced one; with a default it reads both under these locks.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN parent_id bigint DEFAULT 1 REFERENCES orders;",
    safe_sql: "ALTER TABLE orders ADD COLUMN parent_id bigint DEFAULT 1;
ALTER TABLE orders ADD CONSTRAINT orders_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES orders NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_parent_id_fkey;",
    harm: Harm::Blocks,
    squawk: &["adding-foreign-key-constraint"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref()?;
    let constraint = column.constraint(Constrains::ForeignKey)?;
    let other = constraint.references.as_ref()?;
    case.existing(relation)?;
    if constraint.is_not_enforced || case.live(relation).or(case.live(other)).is_none() {
        return None;
    }
    let size = case.size(relation);
    let has_value = column.has_default || column.is_serial || column.is_identity;
    let finding = if has_value {
        let message = format!(
            "checking {} in every row of {relation}{size} blocks reads and writes of it, and writes to {other}",
            column.name
        );
        case.about(&RULE, relation, message)
    } else {
        case.existing(other)?;
        let message = format!("{relation} is blocked for everybody while a lock on {other} is waited for");
        case.finding(&RULE, message).severity(Severity::Warning)
    };
    Some(finding.fixed(rewrite::column(case)))
}
