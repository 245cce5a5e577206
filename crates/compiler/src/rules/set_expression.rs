//! SET EXPRESSION.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "set-expression",
    severity: Severity::Error,
    section: Section::Columns,
    why: "Another expression of a stored generated column is computed for every row: PostgreSQL writes the whole table anew while \
          nobody can read it. Of a virtual column it is free.",
    unsafe_sql: "CREATE TABLE parcels (id bigint PRIMARY KEY, grams integer, kilos integer GENERATED ALWAYS AS (grams / 1000) STORED);
INSERT INTO parcels (id, grams) SELECT n, n FROM generate_series(1, 1000) n;
COMMIT;
ALTER TABLE parcels ALTER COLUMN kilos SET EXPRESSION AS (grams / 1024);",
    safe_sql: "CREATE TABLE parcels (id bigint PRIMARY KEY, grams integer, kilos integer GENERATED ALWAYS AS (grams / 1000) STORED);
INSERT INTO parcels (id, grams) SELECT n, n FROM generate_series(1, 1000) n;
COMMIT;
ALTER TABLE parcels ADD COLUMN kilos_new integer;",
    harm: Harm::BlocksFrom(17),
    squawk: &["changing-column-type"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::SetExpression || case.effect().rewrite.is_no() {
        return None;
    }
    case.live(relation)?;
    let column = command.name.as_deref()?;
    if case
        .seen(relation)
        .and_then(|table| table.columns.get(column))
        .is_some_and(|column| column.is_virtual)
    {
        return None;
    }
    let message = format!(
        "computing {column} anew makes PostgreSQL write {relation}{} anew, which blocks reads and writes",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    Some(finding.help("add a new column, fill it by a backfill, and let the application move to it"))
}
