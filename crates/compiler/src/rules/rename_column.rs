//! RENAME COLUMN.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "rename-column",
    severity: Severity::Warning,
    section: Section::Columns,
    why: "The application that still runs knows the old name. Views keep working, the text of queries does not.",
    unsafe_sql: "ALTER TABLE orders RENAME COLUMN note TO remark;",
    safe_sql: "ALTER TABLE orders ADD COLUMN remark text;
CREATE FUNCTION orders_remark() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.remark := coalesce(NEW.remark, NEW.note); RETURN NEW; END $$;
CREATE TRIGGER orders_remark BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_remark();
-- windlass: backfill orders_remark
UPDATE orders SET remark = note WHERE remark IS NULL AND note IS NOT NULL;",
    harm: Harm::Breaks("SELECT note FROM orders"),
    squawk: &["renaming-column"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Rename {
        object: ObjectKind::Column,
        relation: Some(relation),
        ..
    } = &*case.statement
    else {
        return None;
    };
    case.existing(relation)?;
    let renamed = case.details.renamed.as_ref()?;
    let old = renamed.part.as_deref().unwrap_or("the column");
    let message = format!(
        "renaming {old} to {} breaks queries of the application that still name it",
        renamed.to
    );
    Some(case.finding(&RULE, message).help(
        "two deploys: the first adds the new column, keeps both in step with a trigger and backfills it; \
         the second, once the application uses the new name, drops the old column",
    ))
}
