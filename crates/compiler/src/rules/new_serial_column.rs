//! ADD COLUMN of a serial or identity column.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, fill, rewrite};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "new-serial-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A serial or identity column gives each row a number of its own: PostgreSQL writes the whole table and all its \
          indexes anew, while nobody can read it.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN number bigserial;",
    safe_sql: "CREATE SEQUENCE orders_number_seq;
ALTER TABLE orders ADD COLUMN number bigint;
ALTER SEQUENCE orders_number_seq OWNED BY orders.number;
ALTER TABLE orders ALTER COLUMN number SET DEFAULT nextval('orders_number_seq');
-- windlass: backfill orders_number
UPDATE orders SET number = DEFAULT WHERE number IS NULL;",
    harm: Harm::Blocks,
    squawk: &["adding-serial-primary-key-field", "prefer-identity"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref()?;
    if !column.is_serial && !column.is_identity {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "numbering the rows for {} makes PostgreSQL write {relation}{} anew, which blocks reads and writes",
        column.name,
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message).fixed(rewrite::column(case));
    let obstacle = fill::obstacle(case, relation, &column.name);
    Some(obstacle.into_iter().fold(finding, Finding::help))
}
