//! What a REINDEX that names no relation goes through.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::ReindexObjectType;

use super::with_tree;

/// How far a REINDEX of more than one table reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReindexScope {
    /// REINDEX SCHEMA.
    Schema(String),
    /// REINDEX DATABASE.
    Database,
    /// REINDEX SYSTEM: the system catalogs.
    System,
}

/// The scope of `sql`; none when it is no REINDEX, or one of a table or index.
pub fn reindex_scope(sql: &str) -> Option<ReindexScope> {
    with_tree(sql, |tree| match tree {
        Node::ReindexStmt(reindex) => match ReindexObjectType::try_from(reindex.kind).ok()? {
            ReindexObjectType::ReindexObjectSchema => Some(ReindexScope::Schema(reindex.name)),
            ReindexObjectType::ReindexObjectDatabase => Some(ReindexScope::Database),
            ReindexObjectType::ReindexObjectSystem => Some(ReindexScope::System),
            _ => None,
        },
        _ => None,
    })
    .ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_is_what_the_statement_names() {
        let scope = |sql| reindex_scope(sql);
        assert_eq!(
            scope("REINDEX SCHEMA CONCURRENTLY \"My App\""),
            Some(ReindexScope::Schema("My App".into()))
        );
        assert_eq!(
            scope("REINDEX (VERBOSE) DATABASE CONCURRENTLY shop"),
            Some(ReindexScope::Database)
        );
        assert_eq!(scope("REINDEX TABLE t"), None);
        assert_eq!(scope("SELECT 1"), None);
    }
}
