//! Tables and their columns as they are written.

use pg_query::NodeEnum as Node;
use pg_query::protobuf;

use super::constraint::{self, ConstraintDefinition};
use super::{some, text};
use crate::sql::lower::relation;
use crate::sql::name::words;
use crate::sql::{RelationName, TypeName};

/// A table as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// Its own columns.
    pub columns: Vec<ColumnDefinition>,
    /// Constraints that are no column's.
    pub constraints: Vec<ConstraintDefinition>,
    /// INHERITS, or the parent of a partition.
    pub inherits: Vec<RelationName>,
    /// PARTITION OF: which.
    pub bound: Option<Bound>,
    /// PARTITION BY: `list`, `range` or `hash`, and the columns; none where a part is an expression.
    pub partition_by: Option<(String, Option<Vec<String>>)>,
    /// UNLOGGED.
    pub is_unlogged: bool,
    /// It has LIKE or OF: columns that stand elsewhere.
    pub copies: bool,
    /// The foreign server.
    pub server: Option<String>,
    /// It has WITH, TABLESPACE, USING or OPTIONS.
    pub has_storage_options: bool,
}

/// FOR VALUES or DEFAULT.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// DEFAULT.
    pub is_default: bool,
}

/// A column as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: TypeName,
    /// COLLATE.
    pub collation: Option<RelationName>,
    /// STORAGE.
    pub storage: Option<String>,
    /// COMPRESSION.
    pub compression: Option<String>,
    /// Its constraints, default and generation.
    pub constraints: Vec<ConstraintDefinition>,
}

pub(super) fn table(create: &protobuf::CreateStmt) -> TableDefinition {
    let elements = || create.table_elts.iter().chain(&create.constraints);
    let constraints = elements().filter_map(|node| match &node.node {
        Some(Node::Constraint(of)) => Some(constraint::constraint(of)),
        _ => None,
    });
    let copies = elements().any(|node| matches!(&node.node, Some(Node::TableLikeClause(_))));
    TableDefinition {
        columns: columns(&create.table_elts),
        constraints: constraints.collect(),
        inherits: create
            .inh_relations
            .iter()
            .filter_map(|node| match &node.node {
                Some(Node::RangeVar(parent)) => Some(relation(parent.clone())),
                _ => None,
            })
            .collect(),
        bound: create.partbound.as_ref().map(bound),
        partition_by: create.partspec.as_ref().map(|spec| {
            let strategy = match protobuf::PartitionStrategy::try_from(spec.strategy) {
                Ok(protobuf::PartitionStrategy::List) => "list",
                Ok(protobuf::PartitionStrategy::Hash) => "hash",
                _ => "range",
            };
            let column = |node: &protobuf::Node| match &node.node {
                Some(Node::PartitionElem(of)) if of.expr.is_none() => Some(of.name.clone()),
                _ => None,
            };
            (strategy.to_owned(), spec.part_params.iter().map(column).collect())
        }),
        is_unlogged: create
            .relation
            .as_ref()
            .is_some_and(|of| of.relpersistence == "u"),
        copies: copies || create.of_typename.is_some(),
        server: None,
        has_storage_options: !create.options.is_empty()
            || !create.tablespacename.is_empty()
            || !create.access_method.is_empty(),
    }
}

pub(super) fn bound(of: &protobuf::PartitionBoundSpec) -> Bound {
    Bound {
        is_default: of.is_default,
    }
}

/// The columns among a list of elements.
pub(super) fn columns(elements: &[protobuf::Node]) -> Vec<ColumnDefinition> {
    let columns = elements.iter().filter_map(|node| match &node.node {
        Some(Node::ColumnDef(of)) => Some(column(of)),
        _ => None,
    });
    columns.collect()
}

pub(super) fn column(of: &protobuf::ColumnDef) -> ColumnDefinition {
    ColumnDefinition {
        name: of.colname.clone(),
        data_type: TypeName::of(of.type_name.as_ref()),
        collation: collation(of.coll_clause.as_deref()),
        storage: some(&of.storage_name),
        compression: some(&of.compression),
        constraints: constraint::constraints(&of.constraints),
    }
}

pub(super) fn collation(of: Option<&protobuf::CollateClause>) -> Option<RelationName> {
    let mut words = words(&of?.collname);
    let name = words.pop()?;
    Some(RelationName::new(words.pop().as_deref(), &name))
}

/// The expression of SET DEFAULT and its relatives.
pub(super) fn expression(of: Option<&protobuf::Node>) -> Option<String> {
    of.and_then(text)
}
