//! ALTER DOMAIN that checks rows.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "domain-constraint",
    severity: Severity::Error,
    section: Section::Objects,
    why: "A constraint of a domain is checked in every table that uses it, while nobody can write to any of them. VALIDATE CONSTRAINT \
          of a domain is no better. A CHECK at each table can be validated while everybody works.",
    unsafe_sql: "ALTER DOMAIN label ADD CONSTRAINT label_short CHECK (length(VALUE) < 100);",
    safe_sql: "ALTER TABLE prices ADD CONSTRAINT tag_short CHECK (length(tag) < 100) NOT VALID;
ALTER TABLE prices VALIDATE CONSTRAINT tag_short;",
    harm: Harm::Blocks,
    squawk: &["ban-alter-domain-with-add-constraint"],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::AlterDomain { scans: true, .. } = &*case.statement else {
        return None;
    };
    let name = case.details.of_type.as_ref()?;
    if case.effect().scan.is_no() || case.is_new_type(name) {
        return None;
    }
    let used = case.tables_of_type(name);
    if used
        .as_ref()
        .is_some_and(|tables| tables.iter().all(|table| case.live(table).is_none()))
    {
        return None;
    }
    let of = match &used {
        Some(tables) => tables
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        None => "every table that uses the domain".to_owned(),
    };
    let finding = case.finding(
        &RULE,
        format!("every row of {of} is checked, which blocks writes"),
    );
    let finding = if used.is_none() {
        finding.assuming(format!("large tables use {name} (no database was asked)"))
    } else {
        finding
    };
    Some(finding.help("give each table a CHECK instead: NOT VALID, then VALIDATE CONSTRAINT"))
}
