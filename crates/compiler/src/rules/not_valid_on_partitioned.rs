//! ADD FOREIGN KEY … NOT VALID on a partitioned table.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "not-valid-on-partitioned",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "Before 18 a partitioned table takes no foreign key that is NOT VALID. Its partitions do.",
    unsafe_sql: "ALTER TABLE visits ADD CONSTRAINT visits_order FOREIGN KEY (order_id) REFERENCES orders NOT VALID;",
    safe_sql: "ALTER TABLE visits_2025 ADD CONSTRAINT visits_order FOREIGN KEY (order_id) REFERENCES orders NOT VALID;
ALTER TABLE visits_2025 VALIDATE CONSTRAINT visits_order;
ALTER TABLE visits ADD CONSTRAINT visits_order FOREIGN KEY (order_id) REFERENCES orders;",
    harm: Harm::FailsBefore(18, "42809"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    let is_one = command.kind == AlterKind::AddConstraint(ConstraintKind::ForeignKeyNotValid);
    if !is_one || case.is_partitioned(relation) != Some(true) || case.major().is_some_and(|major| major >= 18)
    {
        return None;
    }
    let message =
        format!("{relation} is partitioned, and before 18 takes no foreign key that is NOT VALID (42809)");
    let finding = case.finding(&RULE, message).help(format!(
        "add it NOT VALID to each partition, validate those, then add it to {relation}"
    ));
    Some(finding.fixed(rewrite::foreign_key_on_partitions(case)))
}
