//! An index that another one contains.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::catalog::IndexKey;
use crate::diagnostic::Severity;
use crate::sql::Statement;

pub(super) static RULE: Rule = Rule {
    id: "redundant-index",
    severity: Severity::Note,
    section: Section::Indexes,
    why: "An index whose columns another index of the table begins with answers nothing that the other does not; every write pays for it.",
    unsafe_sql: "CREATE INDEX CONCURRENTLY orders_both ON orders (status, total);
CREATE INDEX CONCURRENTLY orders_one ON orders (status);",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_both ON orders (status, total);",
    harm: Harm::Later("Each write maintains both."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let Statement::CreateIndex {
        index: name,
        relation,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let index = case.details.index.as_ref()?;
    let is_plain = index.condition.is_none() && index.method == "btree" && !index.is_unique;
    let keys: Vec<&String> = index.keys.iter().flatten().collect();
    if !is_plain || keys.len() != index.keys.len() {
        return None;
    }
    let in_files = case.seen.indexes_of(relation).find(|(_, other)| {
        let theirs: Vec<&String> = other.keys.iter().map_while(Option::as_ref).collect();
        other.condition.is_none() && theirs.len() >= keys.len() && theirs[..keys.len()] == keys[..]
    });
    let in_catalog = || {
        case.relation(relation)?.indexes.iter().find(|other| {
            let theirs: Vec<&str> = other.keys.iter().map_while(IndexKey::column).collect();
            let usable = other.predicate.is_none() && other.method == "btree" && other.is_valid;
            usable
                && Some(&other.name) != name.as_ref()
                && theirs.len() >= keys.len()
                && theirs[..keys.len()] == keys[..]
        })
    };
    let other = match in_files {
        Some((other, _)) => other.clone(),
        None => in_catalog()?.name.clone(),
    };
    let finding = case.finding(&RULE, format!("{other} begins with the same columns"));
    Some(finding.help("leave the index out"))
}
