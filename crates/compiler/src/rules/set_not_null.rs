//! SET NOT NULL, and NOT NULL as a constraint of its own (18).

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "set-not-null",
    severity: Severity::Error,
    section: Section::Columns,
    why: "SET NOT NULL reads every row while nobody can read the table, unless a valid CHECK (… IS NOT NULL) proves it. \
          A CHECK that says more, such as a > 0, proves nothing to it.",
    unsafe_sql: "ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;",
    safe_sql:
        "ALTER TABLE orders ADD CONSTRAINT orders_customer_id_null CHECK (customer_id IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_id_null;
ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_customer_id_null;",
    harm: Harm::Blocks,
    squawk: &["adding-not-nullable-field"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    let column = match command.kind {
        AlterKind::SetNotNull => command.name.clone()?,
        AlterKind::AddConstraint(ConstraintKind::NotNull) => written
            .constraint
            .as_ref()?
            .columns
            .first()
            .cloned()
            .unwrap_or_default(),
        _ => return None,
    };
    case.live(relation)?;
    if case.is_proved_not_null(relation, &column) {
        return None;
    }
    // The statement's own drop of the proving check is a hazard with a rule of its own.
    if case.drops_proof(relation, &column).is_some() {
        return None;
    }
    let message = format!(
        "looking for NULL in {column} of every row blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    Some(
        case.about(&RULE, relation, message)
            .fixed(rewrite::not_null(case)),
    )
}
