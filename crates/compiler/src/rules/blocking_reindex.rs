//! REINDEX without CONCURRENTLY.

use super::case::Case;
use super::{Finding, Harm, Rule, Section, rewrite};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "blocking-reindex",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "REINDEX locks the index against everybody: every query that plans on the table waits until it is built.",
    unsafe_sql: "REINDEX INDEX orders_status;",
    safe_sql: "REINDEX INDEX CONCURRENTLY orders_status;",
    harm: Harm::Blocks,
    squawk: &["require-concurrent-reindex"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::Reindex {
        relation,
        concurrently: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let of = match relation {
        Some(relation) => {
            case.live(relation)?;
            format!("{relation}{}", case.size(relation))
        }
        None => "every table in turn".to_owned(),
    };
    let message = format!("building anew blocks reads and writes of {of}");
    Some(
        case.finding(&RULE, message)
            .fixed(rewrite::reindex_concurrently(case)),
    )
}
