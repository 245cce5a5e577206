//! Indexes as they are written.

use pg_query::NodeEnum as Node;
use pg_query::protobuf;

use super::{named_columns, some, text};

/// An index as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDefinition {
    /// Its name, if it is written.
    pub name: Option<String>,
    /// Its access method.
    pub method: String,
    /// UNIQUE.
    pub is_unique: bool,
    /// NULLS NOT DISTINCT.
    pub is_nulls_not_distinct: bool,
    /// What it is ordered by.
    pub keys: Vec<KeyDefinition>,
    /// INCLUDE.
    pub included: Vec<String>,
    /// WHERE, and whatever it names like a column.
    pub predicate: Option<(String, Vec<String>)>,
    /// TABLESPACE.
    pub tablespace: Option<String>,
    /// It has WITH.
    pub has_options: bool,
}

/// A column or expression of an index.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyDefinition {
    /// A column.
    Column(String),
    /// An expression: its text, whatever it names like a column, and the name that PostgreSQL gives the column.
    Expression(String, Vec<String>, String),
}

pub(super) fn index(of: &protobuf::IndexStmt) -> IndexDefinition {
    let key = |node: &protobuf::Node| match &node.node {
        Some(Node::IndexElem(element)) => match &element.expr {
            None => Some(KeyDefinition::Column(element.name.clone())),
            Some(expression) => Some(KeyDefinition::Expression(
                text(expression).unwrap_or_default(),
                named_columns(expression),
                column_name(expression),
            )),
        },
        _ => None,
    };
    IndexDefinition {
        name: some(&of.idxname),
        method: if of.access_method.is_empty() {
            "btree".to_owned()
        } else {
            of.access_method.clone()
        },
        is_unique: of.unique,
        is_nulls_not_distinct: of.nulls_not_distinct,
        keys: of.index_params.iter().filter_map(key).collect(),
        included: of
            .index_including_params
            .iter()
            .filter_map(|node| match &node.node {
                Some(Node::IndexElem(element)) => Some(element.name.clone()),
                _ => None,
            })
            .collect(),
        predicate: of
            .where_clause
            .as_deref()
            .map(|condition| (text(condition).unwrap_or_default(), named_columns(condition))),
        tablespace: some(&of.table_space),
        has_options: !of.options.is_empty(),
    }
}

/// What PostgreSQL calls a column of an expression: its function's name, the name of what is cast, else `expr`.
fn column_name(expression: &protobuf::Node) -> String {
    let found = match &expression.node {
        Some(Node::FuncCall(call)) => super::words(&call.funcname).pop(),
        Some(Node::TypeCast(cast)) => {
            let inner = cast.arg.as_deref().map(column_name).filter(|name| name != "expr");
            let of_type = || crate::sql::TypeName::of(cast.type_name.as_ref()).words.pop();
            inner.or_else(of_type)
        }
        Some(Node::ColumnRef(of)) => super::words(&of.fields).pop(),
        Some(Node::CoalesceExpr(_)) => Some("coalesce".to_owned()),
        Some(Node::CollateClause(of)) => of.arg.as_deref().map(column_name),
        _ => None,
    };
    found.unwrap_or_else(|| "expr".to_owned())
}
