//! ADD FOREIGN KEY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "validated-foreign-key",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "A foreign key that is added looks up every row of both tables while nobody can write to either. Added NOT VALID it \
          reads nothing; VALIDATE CONSTRAINT then lets everybody work.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;",
    harm: Harm::Blocks,
    squawk: &["adding-foreign-key-constraint", "constraint-missing-not-valid"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::AddConstraint(ConstraintKind::ForeignKey) {
        return None;
    }
    let other = command.other.as_ref()?;
    case.existing(relation)?;
    case.live(relation).or(case.live(other))?;
    if case.partitions_have_key(relation) {
        return None;
    }
    let message = format!(
        "looking up every row blocks writes to {relation}{} and {other}{}",
        case.size(relation),
        case.size(other)
    );
    let finding = case.about(&RULE, relation, message);
    let refuses = case.is_partitioned(relation) == Some(true) && case.major().is_none_or(|major| major < 18);
    if refuses {
        let finding = finding.help(format!(
            "before 18 {relation} takes no NOT VALID foreign key: add it NOT VALID to each partition, validate those, \
             then add it to {relation}"
        ));
        return Some(finding.fixed(rewrite::foreign_key_on_partitions(case)));
    }
    Some(finding.fixed(rewrite::constraint(case)))
}
