//! SET NOT NULL or a primary key over a NOT NULL that is NOT VALID (18).

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, Constrains, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "not-null-over-not-valid",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A NOT NULL constraint that is NOT VALID proves nothing: SET NOT NULL reads every row while nobody can read the table, \
          and a primary key over it is refused. VALIDATE CONSTRAINT reads them while everybody works.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_total_known NOT NULL total NOT VALID;
ALTER TABLE orders ALTER COLUMN total SET NOT NULL;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_total_known NOT NULL total NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_known;",
    harm: Harm::BlocksFrom(18),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    let columns = match command.kind {
        AlterKind::SetNotNull => vec![command.name.clone()?],
        AlterKind::AddConstraint(ConstraintKind::PrimaryKeyUsingIndex) => {
            let index = written.constraint.as_ref()?.uses_index.clone()?;
            case.columns_of_index(relation, &index)?
        }
        _ => return None,
    };
    let pending = columns.iter().find_map(|column| {
        let seen = case.seen(relation).and_then(|table| {
            let found = table.constraints.iter().find(|known| {
                known.kind == Constrains::NotNull && known.is_not_valid && known.columns.contains(column)
            })?;
            Some(found.name.as_deref().unwrap_or_default().to_owned())
        });
        seen.or_else(|| {
            let found = case.relation(relation)?.constraints.iter().find(|known| {
                known.kind == crate::catalog::ConstraintKind::NotNull
                    && !known.is_valid
                    && known.columns.contains(column)
            })?;
            Some(found.name.clone())
        })
    })?;
    case.live(relation)?;
    let message = if command.kind == AlterKind::SetNotNull {
        format!(
            "{pending} is NOT VALID, so that every row of {relation} is read, which blocks reads and writes"
        )
    } else {
        format!("{pending} is NOT VALID, over which PostgreSQL makes no primary key (55000)")
    };
    let finding = case.about(&RULE, relation, message);
    Some(finding.help(format!(
        "write ALTER TABLE {relation} VALIDATE CONSTRAINT {pending}; that sets it, too"
    )))
}
