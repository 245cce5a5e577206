//! DROP COLUMN.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "drop-column",
    severity: Severity::Warning,
    section: Section::Columns,
    why: "The application that still runs names the column, or has it in the list that its ORM cached. Indexes over it go too, \
          those over several columns as well, and where it has a foreign key the referenced table is locked against everybody.",
    unsafe_sql: "ALTER TABLE orders DROP COLUMN note;",
    safe_sql: "COMMENT ON COLUMN orders.note IS 'unused since this deploy; the next one drops it';",
    harm: Harm::Breaks("SELECT note FROM orders"),
    squawk: &["ban-drop-column"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::DropColumn {
        return None;
    }
    case.existing(relation)?;
    let column = command.name.as_deref()?;
    if case
        .relation(relation)
        .is_some_and(|found| found.column(column).is_none())
    {
        return None;
    }
    let message = format!("dropping {column} breaks queries of the application that still name it");
    let mut finding = case.finding(&RULE, message).help(
        "two deploys: the first stops the application from reading and writing it (and drops NOT NULL), the second drops it",
    );
    if let Some(found) = case.relation(relation) {
        let indexes: Vec<&str> = found
            .indexes
            .iter()
            .filter(|index| index.definition.contains(column))
            .map(|index| index.name.as_str())
            .collect();
        if !indexes.is_empty() {
            finding = finding.help(format!(
                "its indexes go with it: {}; drop them CONCURRENTLY before",
                indexes.join(", ")
            ));
        }
        for (constraint, key) in found.foreign_keys() {
            if constraint.columns.iter().any(|of| of == column) {
                finding = finding.help(format!(
                    "its foreign key {} locks {} against everybody; drop that constraint in a step of its own before",
                    constraint.name, key.references
                ));
            }
        }
    }
    Some(finding)
}
