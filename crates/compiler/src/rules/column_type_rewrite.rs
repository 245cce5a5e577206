//! ALTER COLUMN … TYPE that writes the table anew.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, swap};
use crate::diagnostic::Severity;
use crate::effect::{self, Answer};
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "column-type-rewrite",
    severity: Severity::Error,
    section: Section::Columns,
    why: "Most changes of a type write the whole table and all its indexes anew while nobody can read it, and check its foreign \
          keys again. Free are a longer varchar, varchar to text, more digits of numeric at the same scale, and few others.",
    unsafe_sql: "ALTER TABLE invoices ALTER COLUMN amount TYPE bigint;",
    safe_sql: "ALTER TABLE invoices ADD COLUMN amount_new bigint;
CREATE FUNCTION invoices_amount_new() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.amount_new := NEW.amount; RETURN NEW; END $$;
CREATE TRIGGER invoices_amount_new BEFORE INSERT OR UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION invoices_amount_new();
-- windlass: backfill invoices_amount_new
UPDATE invoices SET amount_new = amount WHERE amount_new IS DISTINCT FROM amount;
ALTER TABLE invoices RENAME COLUMN amount TO amount_old;
ALTER TABLE invoices RENAME COLUMN amount_new TO amount;",
    harm: Harm::Blocks,
    squawk: &["changing-column-type"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    if command.kind != AlterKind::ColumnType {
        return None;
    }
    let rewrite = case.effect().rewrite;
    // Without a catalog the files may tell what the column is so far.
    let by_files = || {
        let from = case.type_of(relation, command.name.as_deref()?)?;
        Some(effect::rewrites_rows(&from, command.new_type.as_ref()?))
    };
    let rewrite = match rewrite {
        Answer::Unknown => by_files().unwrap_or(rewrite),
        known => known,
    };
    if rewrite.is_no() {
        return None;
    }
    case.live(relation)?;
    let column = command.name.as_deref().unwrap_or("the column");
    let message = format!(
        "the new type of {column} makes PostgreSQL {}write {relation}{} anew, which blocks reads and writes",
        case.surely(rewrite),
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    let finding = if rewrite == Answer::Unknown {
        finding.assuming(format!(
            "the old type of {column} is none that the new one only widens"
        ))
    } else {
        finding
    };
    let finding = match swap::form(case) {
        Ok(form) => {
            let finding = finding.fixed_under(swap::PERMISSION, form.statements);
            match form.at_subscribers {
                Some(first) => finding.needing(swap::PUBLISHED).help(first),
                None => finding,
            }
        }
        Err(_) if case.find(relation).is_none() => finding,
        Err(why) => finding.help(format!("Windlass does not swap the column by itself: {why}")),
    };
    Some(finding.help(
        "add a column of the new type, keep both in step with a trigger, backfill it, build its indexes CONCURRENTLY, \
         then swap the names in one short transaction",
    ))
}
