//! PRIMARY KEY USING INDEX over columns that may be NULL.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "nullable-primary-key",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "A primary key sets NOT NULL where it is not set: every row is read while nobody can read the table, even where the index is \
          there already. A valid CHECK (… IS NOT NULL) spares that.",
    unsafe_sql: "CREATE UNIQUE INDEX CONCURRENTLY homes_street ON homes (street);
ALTER TABLE homes ADD CONSTRAINT homes_pkey PRIMARY KEY USING INDEX homes_street;",
    safe_sql: "CREATE UNIQUE INDEX CONCURRENTLY homes_street ON homes (street);
ALTER TABLE homes ADD CONSTRAINT street_known CHECK (street IS NOT NULL) NOT VALID;
ALTER TABLE homes VALIDATE CONSTRAINT street_known;
ALTER TABLE homes ADD CONSTRAINT homes_pkey PRIMARY KEY USING INDEX homes_street;
ALTER TABLE homes DROP CONSTRAINT street_known;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    if command.kind != AlterKind::AddConstraint(ConstraintKind::PrimaryKeyUsingIndex)
        || case.effect().scan.is_no()
    {
        return None;
    }
    case.live(relation)?;
    let index = written.constraint.as_ref()?.uses_index.clone()?;
    let columns = case.columns_of_index(relation, &index);
    if columns
        .as_ref()
        .is_some_and(|columns| columns.iter().all(|of| case.is_proved_not_null(relation, of)))
    {
        return None;
    }
    let message = format!(
        "looking for NULL in the key of every row blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    let finding = match &columns {
        None => finding.assuming(format!("a column of {index} may be NULL")),
        Some(_) => finding,
    };
    Some(finding.fixed(rewrite::primary_key_using(case, columns)))
}
