//! ALTER CONSTRAINT … ENFORCED (18).

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Exactly;

pub(super) static RULE: Rule = Rule {
    id: "enforce-constraint",
    severity: Severity::Error,
    section: Section::Constraints,
    why: "Making a foreign key ENFORCED looks up every row while nobody can read the table, or write to the referenced one.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT ENFORCED;
ALTER TABLE orders ALTER CONSTRAINT orders_customer ENFORCED;",
    safe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_customer;",
    harm: Harm::BlocksFrom(18),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, written) = case.alter()?;
    if written.exactly != Exactly::Enforce {
        return None;
    }
    case.live(relation)?;
    let name = command.name.as_deref().unwrap_or("the constraint");
    let message = format!(
        "looking up every row of {relation}{} for {name} blocks reads and writes",
        case.size(relation)
    );
    let finding = case.about(&RULE, relation, message);
    Some(finding.help("drop it, add it again NOT VALID, and validate it"))
}
