//! A partial index over the very condition that a backfill works off.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "backfill-predicate-index",
    severity: Severity::Warning,
    section: Section::Indexes,
    why: "A partial index over the condition of a backfill (WHERE new IS NULL) has each row that is filled leave it: no update is HOT any more, \
          and every one writes all indexes of the table. Windlass walks the primary key instead.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY orders_todo ON orders (id) WHERE note IS NULL;
UPDATE orders SET note = '-' WHERE note IS NULL;",
    safe_sql: "-- windlass: backfill orders_note
UPDATE orders SET note = '-' WHERE note IS NULL;",
    harm: Harm::Later("The backfill writes several times as much."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Change {
        kind: "update",
        relation,
        ..
    } = &*case.statement
    else {
        return None;
    };
    case.live(relation)?;
    let reads = |condition: &[String]| {
        condition
            .iter()
            .any(|column| case.details.sets.contains(column) && case.details.words.contains(column))
    };
    let in_files = case
        .seen
        .indexes_of(relation)
        .find(|(_, index)| index.condition.as_deref().is_some_and(reads));
    let in_catalog = || {
        let mut indexes = case.relation(relation)?.indexes.iter();
        let partial =
            |condition: &String| crate::sql::columns_of(condition).is_some_and(|columns| reads(&columns));
        indexes.find(|index| index.predicate.as_ref().is_some_and(partial))
    };
    let index = match in_files {
        Some((index, _)) => index.clone(),
        None => in_catalog()?.name.clone(),
    };
    let message = format!(
        "each row that is changed leaves {index}, so that no update is HOT and all indexes are written"
    );
    Some(
        case.finding(&RULE, message)
            .help("leave the index out: a backfill walks the primary key"),
    )
}
