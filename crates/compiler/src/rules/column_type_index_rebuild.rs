//! A type change that is free for the table and not for an index.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::effect::Answer;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "column-type-index-rebuild",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A change of type that leaves the table alone builds indexes anew while nobody can read it: those whose expression or \
          condition reads the column, and those that sort the new type otherwise.",
    unsafe_sql: "ALTER TABLE orders ALTER COLUMN small_code TYPE varchar(40);",
    safe_sql: "DROP INDEX CONCURRENTLY orders_code;
ALTER TABLE orders ALTER COLUMN small_code TYPE varchar(40);
CREATE INDEX CONCURRENTLY orders_code ON orders (lower(small_code));",
    harm: Harm::Blocks,
    squawk: &["changing-column-type"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    let effect = case.effect();
    if command.kind != AlterKind::ColumnType || effect.rewrite != Answer::No || effect.index_rebuild.is_no() {
        return None;
    }
    case.live(relation)?;
    let column = command.name.as_deref()?;
    let indexes = case.indexes_by_expression(relation, column);
    let named = if indexes.is_empty() {
        "indexes".to_owned()
    } else {
        indexes.join(", ")
    };
    let message = format!(
        "the new type of {column} builds {named} anew, which blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    Some(finding.help("drop the index CONCURRENTLY, change the type, and build it again CONCURRENTLY"))
}
