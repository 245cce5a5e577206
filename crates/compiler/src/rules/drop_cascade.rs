//! DROP … CASCADE of what is no relation.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "drop-cascade",
    severity: Severity::Error,
    section: Section::Objects,
    why: "CASCADE drops whatever depends on the object: columns with their rows' values, triggers, views, constraints. Every table that has \
          any of these is locked against everybody, and none of them is named.",
    unsafe_sql: "DROP TYPE mood CASCADE;",
    safe_sql: "ALTER TABLE tickets ALTER COLUMN mood DROP DEFAULT;",
    harm: Harm::Breaks("SELECT mood FROM tickets"),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let what = match &*case.statement {
        Statement::Drop {
            cascade: true,
            object,
            relations,
            ..
        } => {
            let all_new =
                !relations.is_empty() && relations.iter().all(|relation| case.existing(relation).is_none());
            if all_new || *object == ObjectKind::OnTable {
                return None;
            }
            let names: Vec<String> = case.details.drops.iter().map(ToString::to_string).collect();
            names.join(", ")
        }
        Statement::Alter { relation, .. } => {
            let (_, command, _) = case.alter()?;
            if !command.cascade || !matches!(command.kind, AlterKind::DropColumn | AlterKind::DropConstraint)
            {
                return None;
            }
            case.existing(relation)?;
            command.name.clone()?
        }
        _ => return None,
    };
    let dependents = case.dependents();
    if dependents.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let finding = case.finding(
        &RULE,
        format!("whatever depends on {what} is dropped, too, unseen"),
    );
    Some(
        match dependents {
            Some(names) => finding.help(format!("these go: {}", names.join(", "))),
            None => finding.assuming(format!("something depends on {what} (no database was asked)")),
        }
        .help("drop what depends on it by name, and leave CASCADE out"),
    )
}
