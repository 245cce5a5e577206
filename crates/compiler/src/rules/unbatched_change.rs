//! UPDATE or DELETE of a whole table.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "unbatched-change",
    severity: Severity::Warning,
    section: Section::Sessions,
    why: "A change of all rows in one transaction locks each of them until its end, doubles the table, and keeps VACUUM from the whole \
          database. In batches each row is locked for a moment.",
    unsafe_sql: "UPDATE orders SET status = 'open';",
    safe_sql: "-- windlass: backfill orders_open
UPDATE orders SET status = 'open' WHERE status IS NULL;",
    harm: Harm::Later("Writers of any row wait until all are done."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Change {
        kind: "update" | "delete",
        relation,
        ..
    } = &*case.statement
    else {
        return None;
    };
    if !case.details.is_unconditional {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "every row of {relation}{} stays locked until all are done",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    Some(finding.help("make it a backfill: a WHERE that what is done does not match, and `-- windlass: backfill NAME` before it"))
}
