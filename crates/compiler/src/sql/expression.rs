//! What an expression reads, and what it proves: for the deparsed expressions of a catalog.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, BoolExprType, NullTestType};
use serde_json::Value;

use super::columns::named_in;
use super::function::{self, Function};
use super::with_tree;

/// The names of the columns that an expression reads; none where it is not understood.
pub fn columns_of(expression: &str) -> Option<Vec<String>> {
    let tree = with_tree(&format!("SELECT WHERE {expression}"), |tree| match tree {
        Node::SelectStmt(select) => select.where_clause,
        _ => None,
    });
    Some(named_in(&tree.ok()??))
}

/// Whether a statement calls a function that is not PostgreSQL's own: nobody knows how long it takes.
pub fn calls_strangers(sql: &str) -> bool {
    let found = with_tree(sql, |tree| {
        serde_json::to_value(&tree).is_ok_and(|tree| has_stranger(&tree))
    });
    found.unwrap_or(true)
}

fn has_stranger(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_stranger),
        Value::Object(fields) => {
            let name = fields
                .get("FuncCall")
                .and_then(|call| call.get("funcname"))
                .and_then(Value::as_array);
            let is_stranger = name.is_some_and(|parts| {
                let words = parts
                    .iter()
                    .map(|part| part.pointer("/node/String/sval")?.as_str());
                let words: Option<Vec<&str>> = words.collect();
                words.is_none_or(|words| function::known(&words) == Function::Opaque)
            });
            is_stranger || fields.values().any(has_stranger)
        }
        _ => false,
    }
}

/// Whether a check constraint, as `pg_get_constraintdef` writes it, proves that a column is never NULL:
/// `c IS NOT NULL`, alone or joined to others by AND. PostgreSQL sees no more in it either (measured:
/// `c > 0` does not prove it).
pub fn proves_not_null(definition: &str, column: &str) -> bool {
    let Some(condition) = definition.strip_prefix("CHECK ") else {
        return false;
    };
    let condition = condition.trim_end_matches(" NO INHERIT");
    let tree = with_tree(&format!("SELECT WHERE {condition}"), |tree| match tree {
        Node::SelectStmt(select) => select.where_clause,
        _ => None,
    });
    matches!(tree, Ok(Some(tree)) if proves(&tree, column))
}

fn proves(node: &protobuf::Node, column: &str) -> bool {
    match &node.node {
        Some(Node::NullTest(test)) => {
            let is_column = match test.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
                Some(Node::ColumnRef(reference)) => matches!(
                    reference.fields.last().and_then(|field| field.node.as_ref()),
                    Some(Node::String(name)) if name.sval == column
                ),
                _ => false,
            };
            is_column && test.nulltesttype == NullTestType::IsNotNull as i32
        }
        Some(Node::BoolExpr(both)) if both.boolop == BoolExprType::AndExpr as i32 => {
            both.args.iter().any(|arg| proves(arg, column))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_so_proves_that_a_column_is_not_null() {
        for (definition, proof) in [
            ("CHECK ((a IS NOT NULL))", true),
            ("CHECK (((a IS NOT NULL) AND (b > 0)))", true),
            (
                "CHECK (((b > 0) AND ((a IS NOT NULL) AND true))) NO INHERIT",
                true,
            ),
            ("CHECK ((a > 0))", false),
            ("CHECK (((a IS NOT NULL) OR (b > 0)))", false),
            ("CHECK ((b IS NOT NULL))", false),
            ("CHECK ((NOT (a IS NULL)))", false),
        ] {
            assert_eq!(proves_not_null(definition, "a"), proof, "{definition}");
        }
    }

    #[test]
    fn a_function_that_is_not_postgresqls_own_is_seen_wherever_it_stands() {
        for (sql, is_there) in [
            ("ALTER TABLE t ADD CHECK (length(lower(a)) > 0)", false),
            ("ALTER TABLE t ADD CHECK (a > 0 OR slow(a))", true),
            ("ALTER TABLE t ADD CHECK (CASE WHEN app.f(a) THEN true END)", true),
            ("CREATE INDEX i ON t (lower(a)) WHERE a IS NOT NULL", false),
            ("CREATE INDEX i ON t ((upper(slow(a))))", true),
        ] {
            assert_eq!(calls_strangers(sql), is_there, "{sql}");
        }
    }

    #[test]
    fn columns_are_found_wherever_they_stand() {
        assert_eq!(
            columns_of("lower((t.a)::text) = ANY (ARRAY[b, 'c'])"),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(columns_of("no expression ("), None);
    }
}
