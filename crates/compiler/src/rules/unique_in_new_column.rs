//! ADD COLUMN with UNIQUE or PRIMARY KEY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Constrains;

pub(super) static RULE: Rule = Rule {
    id: "unique-in-new-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "UNIQUE or PRIMARY KEY at a new column builds an index over the whole table while nobody can read it.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN reference text UNIQUE;",
    safe_sql: "ALTER TABLE orders ADD COLUMN reference text;
CREATE UNIQUE INDEX CONCURRENTLY orders_reference_key ON orders (reference);
ALTER TABLE orders ADD CONSTRAINT orders_reference_key UNIQUE USING INDEX orders_reference_key;",
    harm: Harm::Blocks,
    squawk: &["disallowed-unique-constraint", "adding-serial-primary-key-field"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref()?;
    let builds = [Constrains::Unique, Constrains::PrimaryKey];
    if !builds.iter().any(|kind| column.constraint(*kind).is_some()) {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "building the index of {} blocks reads and writes of {relation}{}",
        column.name,
        case.size(relation)
    );
    Some(case.about(&RULE, relation, message).fixed(rewrite::column(case)))
}
