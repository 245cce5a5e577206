//! CREATE TABLE … REFERENCES.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "foreign-key-in-new-table",
    severity: Severity::Note,
    section: Section::Objects,
    why: "A foreign key of a new table locks the referenced table against writes until the transaction ends. Windlass waits for that lock \
          outside the queue; in one transaction with longer work it is felt.",
    unsafe_sql: "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);",
    safe_sql: "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint);
COMMIT;
ALTER TABLE refunds ADD CONSTRAINT refunds_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders NOT VALID;",
    harm: Harm::Later("Writes to orders wait until the transaction ends."),
    squawk: &["adding-foreign-key-constraint"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateTable {
        relation,
        references,
        temporary: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let other = references
        .iter()
        .find(|other| *other != relation && case.existing(other).is_some())?;
    let message = format!("{other} is locked against writes until the transaction ends");
    Some(
        case.finding(&RULE, message)
            .help("add the foreign key in a short transaction of its own"),
    )
}
