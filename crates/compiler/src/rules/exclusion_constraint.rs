//! ADD EXCLUDE.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, Constrains, ConstraintKind};

pub(super) static RULE: Rule = Rule {
    id: "exclusion-constraint",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "An exclusion constraint builds its index over the whole table while nobody can read it. There is neither a concurrent nor \
          a NOT VALID form.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT one_note EXCLUDE USING btree (note WITH =);",
    safe_sql: "CREATE UNIQUE INDEX CONCURRENTLY one_note ON orders (note);",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    let is_one = written
        .constraint
        .as_ref()
        .is_some_and(|known| known.kind == Constrains::Exclusion);
    if !is_one || command.kind != AlterKind::AddConstraint(ConstraintKind::Index) {
        return None;
    }
    case.live(relation)?;
    let message = format!(
        "building its index blocks reads and writes of {relation}{}",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    Some(
        finding
            .help("there is no concurrent form: make a table that has it, copy the rows by a backfill, and swap the names")
            .help("where all operators are =, CREATE UNIQUE INDEX CONCURRENTLY does the same"),
    )
}
