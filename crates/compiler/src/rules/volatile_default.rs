//! ADD COLUMN with a default that gives each row a value of its own.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, fill, rewrite};
use crate::diagnostic::Severity;
use crate::effect::Answer;

pub(super) static RULE: Rule = Rule {
    id: "volatile-default",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A default that gives each row a value of its own makes PostgreSQL write the whole table and all its indexes anew, \
          while nobody can read it. Constants and stable functions such as now() are free.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();",
    safe_sql: "ALTER TABLE orders ADD COLUMN token uuid;
ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
-- windlass: backfill orders_token
UPDATE orders SET token = DEFAULT WHERE token IS NULL;",
    harm: Harm::Blocks,
    squawk: &["adding-field-with-default"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    let (added, column) = (command.added.as_ref()?, written.column.as_ref()?);
    let is_other = column.is_serial || column.is_identity || column.is_stored || column.is_virtual;
    if is_other || !column.has_default || added.computes.is_no() || case.effect().rewrite.is_no() {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "the default of {} makes PostgreSQL write {relation}{} anew, which blocks reads and writes",
        column.name,
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message).fixed(rewrite::column(case));
    let finding = fill::obstacle(case, relation, &column.name)
        .into_iter()
        .fold(finding, Finding::help);
    Some(match added.computes {
        Answer::Unknown => finding.assuming("the default gives each row a value of its own"),
        _ => finding,
    })
}
