//! ADD COLUMN … GENERATED ALWAYS AS (…) STORED.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "stored-generated-column",
    severity: Severity::Error,
    section: Section::Columns,
    why: "A stored generated column is computed for every row: PostgreSQL writes the whole table and all its indexes anew, while \
          nobody can read it. PostgreSQL 18's VIRTUAL columns are free.",
    unsafe_sql: "ALTER TABLE orders ADD COLUMN cents integer GENERATED ALWAYS AS (total * 100) STORED;",
    safe_sql: "ALTER TABLE orders ADD COLUMN cents integer;
CREATE FUNCTION orders_cents() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.cents := NEW.total * 100; RETURN NEW; END $$;
CREATE TRIGGER orders_cents BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_cents();
-- windlass: backfill orders_cents
UPDATE orders SET cents = total * 100 WHERE cents IS NULL;",
    harm: Harm::Blocks,
    squawk: &["adding-field-with-default"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, _, written) = case.alter()?;
    let column = written.column.as_ref().filter(|column| column.is_stored)?;
    case.live(relation)?;
    let message = format!(
        "computing {} makes PostgreSQL write {relation}{} anew, which blocks reads and writes",
        column.name,
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message).help(
        "PostgreSQL can make no column a generated one later, so that nothing else ends in the same schema; what comes near it:",
    );
    let ways = rewrite::instead_of_stored(case, column).unwrap_or_default();
    Some(ways.into_iter().fold(finding, Finding::help))
}
