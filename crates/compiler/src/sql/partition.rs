//! Statements that refuse a transaction only where their table is partitioned, which the text does not say.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::RangeVar;

use super::{RelationName, with_tree};

/// The table or index of a REINDEX or CLUSTER that PostgreSQL refuses in a transaction if it is partitioned: each
/// partition gets a transaction of its own. CONCURRENTLY is refused anyway.
pub fn works_by_partition(sql: &str) -> Option<RelationName> {
    with_tree(sql, |tree| match tree {
        Node::ReindexStmt(reindex) => reindex.relation.map(name),
        Node::ClusterStmt(cluster) => cluster.relation.map(name),
        _ => None,
    })
    .ok()?
}

/// The table that a CREATE TABLE … PARTITION BY creates.
pub fn creates_partitioned(sql: &str) -> Option<RelationName> {
    with_tree(sql, |tree| match tree {
        Node::CreateStmt(create) if create.partspec.is_some() => create.relation.map(name),
        _ => None,
    })
    .ok()?
}

fn name(relation: RangeVar) -> RelationName {
    let schema = (!relation.schemaname.is_empty()).then_some(relation.schemaname.as_str());
    RelationName::new(schema, &relation.relname)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_partitions_is_named() {
        let named = |sql| works_by_partition(sql).map(|relation| relation.to_string());
        assert_eq!(named("REINDEX TABLE a.t").as_deref(), Some("a.t"));
        assert_eq!(named("REINDEX INDEX i").as_deref(), Some("i"));
        assert_eq!(named("CLUSTER t USING i").as_deref(), Some("t"));
        assert_eq!(named("CLUSTER"), None);
        assert_eq!(named("REINDEX SCHEMA s"), None);
        let created = |sql| creates_partitioned(sql).map(|relation| relation.to_string());
        assert_eq!(
            created("CREATE TABLE p (a int) PARTITION BY LIST (a)").as_deref(),
            Some("p")
        );
        assert_eq!(created("CREATE TABLE p (a int)"), None);
    }
}
