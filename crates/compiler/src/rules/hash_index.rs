//! A hash index.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;

pub(super) static RULE: Rule = Rule {
    id: "hash-index",
    severity: Severity::Note,
    section: Section::Indexes,
    why: "A hash index answers equality alone: no order, no range, no uniqueness, no second column.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY orders_note ON orders USING hash (note);",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_note ON orders (note);",
    harm: Harm::Later("Queries that sort or compare do not use it."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let index = case.details.index.as_ref()?;
    (index.method == "hash").then(|| {
        case.finding(&RULE, "a hash index answers equality alone")
            .help("use a B-tree unless the values are long and only compared for equality")
    })
}
