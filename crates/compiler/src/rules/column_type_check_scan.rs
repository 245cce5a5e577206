//! A type change that is free but for the checks over the column.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::effect::Answer;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "column-type-check-scan",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A change of type that leaves the table alone still checks the column's CHECK constraints in every row, while nobody can \
          read it.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT code_known CHECK (small_code <> '') NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT code_known;
DROP INDEX CONCURRENTLY orders_code;
ALTER TABLE orders ALTER COLUMN small_code TYPE varchar(40);",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT code_known CHECK (small_code <> '') NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT code_known;
DROP INDEX CONCURRENTLY orders_code;
ALTER TABLE orders DROP CONSTRAINT code_known;
ALTER TABLE orders ALTER COLUMN small_code TYPE varchar(40);
ALTER TABLE orders ADD CONSTRAINT code_known CHECK (small_code <> '') NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT code_known;",
    harm: Harm::Blocks,
    squawk: &["changing-column-type"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    let effect = case.effect();
    let only_scans =
        effect.rewrite == Answer::No && effect.index_rebuild == Answer::No && !effect.scan.is_no();
    if command.kind != AlterKind::ColumnType || !only_scans {
        return None;
    }
    case.live(relation)?;
    let column = command.name.as_deref()?;
    let message = format!(
        "a CHECK over {column} is checked again in every row, which blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    Some(finding.help("drop the check, change the type, add the check NOT VALID and validate it afterwards"))
}
