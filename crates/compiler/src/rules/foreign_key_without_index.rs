//! A foreign key without an index over its columns.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{Constrains, ConstraintDetails, RelationName, Statement};

pub(super) static RULE: Rule = Rule {
    id: "foreign-key-without-index",
    severity: Severity::Note,
    section: Section::Constraints,
    why: "Without an index that begins with the foreign key's columns, each DELETE of a referenced row, and each change of its key, \
          reads the whole referencing table.",
    unsafe_sql: "ALTER TABLE orders ADD CONSTRAINT orders_product FOREIGN KEY (product_id) REFERENCES products NOT VALID;",
    safe_sql: "CREATE INDEX CONCURRENTLY orders_product ON orders (product_id);
ALTER TABLE orders ADD CONSTRAINT orders_product FOREIGN KEY (product_id) REFERENCES products NOT VALID;",
    harm: Harm::Later("A DELETE of one product reads all orders."),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let is_key = |known: &&ConstraintDetails| known.kind == Constrains::ForeignKey;
    let mut keys: Vec<(&RelationName, Vec<String>)> = Vec::new();
    match &*case.statement {
        Statement::Alter { relation, .. } => {
            let (_, _, written) = case.alter()?;
            if let Some(column) = &written.column {
                let own = column.constraints.iter().filter(is_key);
                keys.extend(own.map(|_| (relation, vec![column.name.clone()])));
            }
            let own = written.constraint.iter().filter(is_key);
            keys.extend(own.map(|known| (relation, known.columns.clone())));
        }
        _ => return None,
    }
    let (relation, columns) = keys
        .into_iter()
        .find(|(relation, columns)| !has_index(case, relation, columns))?;
    let message = format!(
        "no index of {relation} begins with {}, so that a DELETE of a referenced row reads all of it",
        columns.join(", ")
    );
    let finding = case.finding(&RULE, message);
    let finding = if case.find(relation).is_none() {
        finding.assuming("there is none but those of the files")
    } else {
        finding
    };
    Some(finding.help("build one CONCURRENTLY first"))
}

fn has_index(case: &Case, relation: &RelationName, columns: &[String]) -> bool {
    let begins = |keys: &[Option<String>]| {
        let head: Vec<&String> = keys.iter().take(columns.len()).flatten().collect();
        head.len() == columns.len() && columns.iter().all(|column| head.contains(&column))
    };
    let in_catalog = case.relation(relation).is_some_and(|found| {
        found.indexes.iter().any(|index| {
            let keys: Vec<Option<String>> = index
                .keys
                .iter()
                .map(|key| key.column().map(str::to_owned))
                .collect();
            index.predicate.is_none() && begins(&keys)
        })
    });
    let in_files = case
        .seen
        .indexes_of(relation)
        .any(|(_, index)| index.condition.is_none() && begins(&index.keys));
    let by_key = case.seen(relation).is_some_and(|table| {
        table.constraints.iter().any(|known| {
            let keys: Vec<Option<String>> = known.columns.iter().cloned().map(Some).collect();
            matches!(known.kind, Constrains::Unique | Constrains::PrimaryKey) && begins(&keys)
        })
    });
    in_catalog || in_files || by_key
}
