//! Indexes and what is read like a table: built, dropped and refreshed concurrently.

use crate::catalog::{IndexKey, RelationKind, object_name};
use crate::rules::Safe;
use crate::rules::case::Case;
use crate::sql::{self, RelationName, Statement, quote_identifier as quote};

/// CREATE INDEX → CREATE INDEX CONCURRENTLY, under the name that PostgreSQL would choose.
pub(in crate::rules) fn index_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let Statement::CreateIndex { index, relation, .. } = &*case.statement else {
        return None;
    };
    let insert = match index {
        Some(_) => "CONCURRENTLY".to_owned(),
        None => format!("CONCURRENTLY {}", quote(&index_name(case, relation)?)),
    };
    Some(vec![Safe::new(sql::inserted_behind(
        case.text,
        &["index"],
        &insert,
    )?)])
}

/// The name that PostgreSQL gives to an index over columns.
fn index_name(case: &Case, relation: &RelationName) -> Option<String> {
    let details = case.details.index.as_ref()?;
    let keys: Option<Vec<&str>> = details.keys.iter().map(Option::as_deref).collect();
    let mut columns = keys?;
    columns.extend(details.included.iter().map(String::as_str));
    let columns = columns.join("_");
    Some(case.free_name(relation, |number| {
        object_name(&relation.name, &columns, &format!("idx{number}"))
    }))
}

/// DROP INDEX → one DROP INDEX CONCURRENTLY each.
pub(in crate::rules) fn drop_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let Statement::Drop {
        relations, if_exists, ..
    } = &*case.statement
    else {
        return None;
    };
    if let [_] = relations.as_slice() {
        return Some(vec![Safe::new(sql::inserted_behind(
            case.text,
            &["index"],
            "CONCURRENTLY",
        )?)]);
    }
    let if_exists = if *if_exists { "IF EXISTS " } else { "" };
    let each = relations
        .iter()
        .map(|index| Safe::new(format!("DROP INDEX CONCURRENTLY {if_exists}{index}")));
    Some(each.collect())
}

/// REINDEX → REINDEX … CONCURRENTLY.
pub(in crate::rules) fn reindex_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let words = ["index", "table", "schema", "database"];
    Some(vec![Safe::new(sql::inserted_behind(
        case.text,
        &words,
        "CONCURRENTLY",
    )?)])
}

/// REFRESH MATERIALIZED VIEW → CONCURRENTLY, where it has a unique index that PostgreSQL accepts.
pub(in crate::rules) fn refresh_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let Statement::Refresh { relation, .. } = &*case.statement else {
        return None;
    };
    let by_catalog = case.relation(relation).is_some_and(|found| {
        let populated = matches!(&found.kind, RelationKind::MaterializedView(view) if view.is_populated);
        populated
            && found.indexes.iter().any(|index| {
                let plain = index.keys.iter().all(|key| matches!(key, IndexKey::Column(_)));
                index.is_unique && index.is_valid && index.predicate.is_none() && plain
            })
    });
    if !by_catalog || sql::has_words(case.text, &["no", "data"]) {
        return None;
    }
    Some(vec![Safe::new(sql::inserted_behind(
        case.text,
        &["view"],
        "CONCURRENTLY",
    )?)])
}

/// ALTER TABLE of an index → ALTER INDEX.
pub(in crate::rules) fn rename_index(case: &Case) -> Option<String> {
    sql::with_word(case.text, "table", "INDEX")
}
