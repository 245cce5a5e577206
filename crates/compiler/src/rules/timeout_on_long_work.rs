//! lock_timeout or statement_timeout over work that has to take its time.

use super::case::Case;
use super::seen::is_no_limit;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::AlterKind;

pub(super) static RULE: Rule = Rule {
    id: "timeout-on-long-work",
    severity: Severity::Warning,
    section: Section::Sessions,
    why: "A concurrent build waits for every older snapshot of the database, and a lock_timeout ends it then, leaving an INVALID \
          index; a statement_timeout ends long validations and builds that hurt nobody.",
    unsafe_sql: "SET lock_timeout = '2s';
CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);",
    safe_sql: "SET lock_timeout = 0;
SET statement_timeout = 0;
CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);",
    harm: Harm::Later("The build fails on a busy server and leaves an INVALID index."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let is_concurrent = case.statement.concurrent_index().is_some();
    let validates = case
        .alter()
        .is_some_and(|(_, command, _)| command.kind == AlterKind::Validate);
    let limited = |value: &Option<String>| value.as_ref().is_some_and(|value| !is_no_limit(value));
    let message = match (is_concurrent, validates) {
        (true, _) if limited(&case.seen.lock_timeout) => {
            "lock_timeout ends the build while it waits for old snapshots, and leaves an INVALID index"
        }
        (true, _) if limited(&case.seen.statement_timeout) => {
            "statement_timeout ends the build, and leaves an INVALID index"
        }
        (_, true) if limited(&case.seen.statement_timeout) => {
            "statement_timeout ends the validation, which blocks nobody"
        }
        _ => return None,
    };
    Some(
        case.finding(&RULE, message)
            .help("set the timeout to 0 before it, and back behind it"),
    )
}
