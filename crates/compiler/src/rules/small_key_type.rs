//! A primary key of four bytes or fewer.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{Constrains, Statement};

pub(super) static RULE: Rule = Rule {
    id: "small-key-type",
    severity: Severity::Note,
    section: Section::Columns,
    why: "A key of type integer ends at 2,147,483,647; the way to bigint then leads through a copy of the table.",
    unsafe_sql: "CREATE TABLE parcels (id integer PRIMARY KEY);",
    safe_sql: "CREATE TABLE parcels (id bigint PRIMARY KEY);",
    harm: Harm::Later("It fails when the numbers run out."),
    squawk: &[
        "prefer-bigint-over-int",
        "prefer-bigint-over-smallint",
        "prefer-big-int",
    ],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    if !matches!(&*case.statement, Statement::CreateTable { .. }) {
        return None;
    }
    let keys = case
        .details
        .constraints
        .iter()
        .filter(|known| known.kind == Constrains::PrimaryKey);
    let single: Vec<&String> = keys
        .filter(|key| key.columns.len() == 1)
        .flat_map(|key| &key.columns)
        .collect();
    let column = case.details.columns.iter().find(|column| {
        let is_key = column.constraint(Constrains::PrimaryKey).is_some() || single.contains(&&column.name);
        let of = column.data_type.words.last().map_or("", String::as_str);
        is_key
            && matches!(
                of,
                "int4" | "int2" | "serial" | "smallserial" | "serial4" | "serial2"
            )
    })?;
    let message = format!(
        "the key {} runs out of numbers after {}",
        column.name,
        if column.data_type.own() == Some("int2") {
            "32 thousand rows"
        } else {
            "two billion rows"
        }
    );
    Some(case.finding(&RULE, message).help("use bigint"))
}
