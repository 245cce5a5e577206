//! DROP CONSTRAINT of a foreign key.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::catalog::ConstraintKind;
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, Constrains};

pub(super) static RULE: Rule = Rule {
    id: "drop-foreign-key",
    severity: Severity::Warning,
    section: Section::Constraints,
    why: "Dropping a foreign key locks the referenced table too, against everybody, though the statement does not name it. \
          Windlass waits for neither in the queue; in one transaction with other locks they add up.",
    unsafe_sql: "ALTER TABLE invoices DROP CONSTRAINT invoices_order_id_fkey;",
    safe_sql: "ALTER TABLE invoices ALTER CONSTRAINT invoices_order_id_fkey DEFERRABLE;",
    harm: Harm::Later(
        "Both tables are locked AccessExclusive for a moment; the effect table's tests measure it.",
    ),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::DropConstraint {
        return None;
    }
    case.existing(relation)?;
    let name = command.name.as_deref()?;
    let other = match case.relation(relation) {
        Some(found) => match &found.constraint(name)?.kind {
            ConstraintKind::ForeignKey(key) => key.references.to_string(),
            _ => return None,
        },
        None => {
            let known = case
                .seen(relation)?
                .constraints
                .iter()
                .find(|known| known.name.as_deref() == Some(name))?;
            if known.kind != Constrains::ForeignKey {
                return None;
            }
            known.references.as_ref()?.to_string()
        }
    };
    let message = format!("dropping {name} locks {other} against everybody, too");
    Some(
        case.finding(&RULE, message)
            .help("keep it in a step of its own, at a quiet hour"),
    )
}
