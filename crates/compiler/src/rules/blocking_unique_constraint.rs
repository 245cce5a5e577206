//! ADD UNIQUE and ADD PRIMARY KEY that build their index.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, Constrains, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "blocking-unique-constraint",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "A UNIQUE or PRIMARY KEY constraint builds its index over the whole table while nobody can read it. The index can be built \
          CONCURRENTLY, and the constraint take it over at once.",
    unsafe_sql: "ALTER TABLE products ADD CONSTRAINT products_sku UNIQUE (sku);",
    safe_sql: "CREATE UNIQUE INDEX CONCURRENTLY products_sku ON products (sku);
ALTER TABLE products ADD CONSTRAINT products_sku UNIQUE USING INDEX products_sku;",
    harm: Harm::Blocks,
    squawk: &[
        "disallowed-unique-constraint",
        "adding-primary-key-constraint",
        "adding-serial-primary-key-field",
    ],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    let constraint = written.constraint.as_ref()?;
    let is_one = command.kind == AlterKind::AddConstraint(ConstraintKind::Index)
        && matches!(constraint.kind, Constrains::Unique | Constrains::PrimaryKey);
    if !is_one {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "building its index blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    Some(
        case.about(&RULE, relation, message)
            .fixed(rewrite::constraint(case)),
    )
}
