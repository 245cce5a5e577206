//! Several foreign keys in one statement or transaction.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, Constrains, ConstraintKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "several-foreign-keys",
    severity: Severity::Warning,
    section: Section::Constraints,
    why: "Each foreign key that a transaction adds locks one more referenced table against writes, and keeps it until the end: the \
          wait for the second is everybody's wait for the first.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID, \
                 ADD CONSTRAINT orders_product FOREIGN KEY (product_id) REFERENCES products NOT VALID;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
ALTER TABLE orders ADD CONSTRAINT orders_product FOREIGN KEY (product_id) REFERENCES products NOT VALID;",
    harm: Harm::Later("Three tables are locked at once instead of two."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    if let Statement::CreateTable {
        relation, references, ..
    } = &*case.statement
    {
        let mut others: Vec<&crate::sql::RelationName> = references
            .iter()
            .filter(|other| *other != relation && case.existing(other).is_some())
            .collect();
        others.dedup();
        let (first, second) = (others.first()?, others.get(1)?);
        let message = format!("{first} and {second} are locked against writes at once");
        return Some(
            case.finding(&RULE, message)
                .help("create the table without foreign keys, and add them one by one"),
        );
    }
    let (_, command, _) = case.alter()?;
    let is_key = matches!(
        command.kind,
        AlterKind::AddConstraint(ConstraintKind::ForeignKey | ConstraintKind::ForeignKeyNotValid)
    );
    let other = command.other.as_ref().filter(|_| is_key)?;
    case.existing(other)?;
    let is_foreign = |known: &crate::sql::CommandDetails| {
        known
            .constraint
            .as_ref()
            .is_some_and(|known| known.kind == Constrains::ForeignKey)
    };
    let before = case
        .siblings()
        .iter()
        .take(case.at.0)
        .filter(|known| is_foreign(known))
        .count();
    let in_transaction = if case.shares_transaction() {
        case.seen.transaction.foreign_keys
    } else {
        0
    };
    if before + in_transaction == 0 {
        return None;
    }
    let message = format!("{other} is locked against writes while the table of another foreign key still is");
    Some(case.finding(&RULE, message).help("one foreign key a transaction"))
}
