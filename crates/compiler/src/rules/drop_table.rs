//! DROP TABLE.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "drop-table",
    severity: Severity::Warning,
    section: Section::Objects,
    why: "The rows are gone, and the application that still runs fails. Every table that the dropped one references is locked against \
          everybody, too, though the statement does not name it.",
    unsafe_sql: "DROP TABLE invoices;",
    safe_sql: "COMMENT ON TABLE invoices IS 'unused since this deploy; the next one drops it';",
    harm: Harm::Breaks("SELECT 1 FROM invoices"),
    squawk: &["ban-drop-table"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Drop {
        object: ObjectKind::Table,
        relations,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let lives: Vec<&crate::sql::RelationName> = relations
        .iter()
        .filter(|relation| case.existing(relation).is_some())
        .collect();
    let first = lives.first()?;
    if lives.iter().all(|relation| case.parent_of(relation).is_some()) {
        return None;
    }
    let message = format!(
        "dropping {first}{} loses its rows and breaks whoever still uses it",
        case.size(first)
    );
    let mut finding = case.finding(&RULE, message).help(
        "two deploys: the first stops the application from using it, the second drops its foreign keys one by one, and then the table",
    );
    let referenced: Vec<String> = lives
        .iter()
        .filter_map(|relation| case.relation(relation))
        .flat_map(|found| {
            found
                .foreign_keys()
                .map(|(_, key)| key.references.to_string())
                .collect::<Vec<_>>()
        })
        .collect();
    if !referenced.is_empty() {
        finding = finding.help(format!(
            "it locks {} against everybody, too",
            referenced.join(", ")
        ));
    }
    Some(finding)
}
