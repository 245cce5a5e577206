//! A data change narrowed to a part of its table, on the parse tree: the author writes the
//! statement as for one shot.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, BoolExpr, BoolExprType};

use super::{RelationName, SyntaxError, quote_identifier, with_tree};

/// The table that an UPDATE or DELETE changes, and the name that its columns are qualified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeTarget {
    /// The table.
    pub relation: RelationName,
    /// Its alias, or its own name; quoted where needed.
    pub qualifier: String,
}

/// The target of a statement that can be executed in ranges.
///
/// # Errors
/// Why it cannot, in words that continue "it ".
pub fn change_target(sql: &str) -> Result<ChangeTarget, String> {
    let target = |tree| match tree {
        Node::UpdateStmt(update) => Ok(update.relation),
        Node::DeleteStmt(delete) => Ok(delete.relation),
        _ => Err("is neither UPDATE nor DELETE".to_owned()),
    };
    let relation = with_tree(sql, target).map_err(|error| error.message)??;
    let relation = relation.ok_or_else(|| "has no target table".to_owned())?;
    let qualifier = relation
        .alias
        .as_ref()
        .map_or(&relation.relname, |alias| &alias.aliasname);
    Ok(ChangeTarget {
        qualifier: quote_identifier(qualifier),
        relation: RelationName {
            schema: (!relation.schemaname.is_empty()).then(|| relation.schemaname.clone()),
            name: relation.relname.clone(),
        },
    })
}

/// The statement with `predicate` in addition to its own WHERE.
///
/// # Errors
/// A statement without a WHERE of its kind, or a predicate that is no expression.
pub fn narrowed(sql: &str, predicate: &str) -> Result<String, SyntaxError> {
    let condition = |tree| match tree {
        Node::SelectStmt(select) => select.where_clause,
        _ => None,
    };
    let condition = with_tree(&format!("SELECT WHERE {predicate}"), condition)?;
    let Some(condition) = condition else {
        return Err(SyntaxError {
            message: "the predicate is no expression".to_owned(),
            offset: 0,
        });
    };
    with_tree(sql, |tree| and(tree, condition))?
}

fn and(mut statement: Node, condition: Box<protobuf::Node>) -> Result<String, SyntaxError> {
    let place = match &mut statement {
        Node::UpdateStmt(update) => &mut update.where_clause,
        Node::DeleteStmt(delete) => &mut delete.where_clause,
        _ => {
            return Err(SyntaxError {
                message: "neither UPDATE nor DELETE".to_owned(),
                offset: 0,
            });
        }
    };
    let both: Vec<protobuf::Node> = [place.take(), Some(condition)]
        .into_iter()
        .flatten()
        .map(|node| *node)
        .collect();
    let joined = protobuf::Node {
        node: Some(Node::BoolExpr(Box::new(BoolExpr {
            xpr: None,
            boolop: BoolExprType::AndExpr as i32,
            args: both.clone(),
            location: -1,
        }))),
    };
    *place = match <[protobuf::Node; 1]>::try_from(both) {
        Ok([only]) => Some(Box::new(only)),
        Err(_) => Some(Box::new(joined)),
    };
    statement
        .deparse(Default::default())
        .map_err(|error| SyntaxError {
            message: error.to_string(),
            offset: 0,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_joins_the_statements_own_condition() {
        assert_eq!(
            narrowed(
                "UPDATE t SET a = 1 WHERE a IS NULL OR b",
                "t.id > 5 AND t.id <= 9"
            )
            .expect("it is SQL"),
            "UPDATE t SET a = 1 WHERE (a IS NULL OR b) AND (t.id > 5 AND t.id <= 9)"
        );
        assert_eq!(
            narrowed("DELETE FROM t x", "x.id = 1").expect("it is SQL"),
            "DELETE FROM t x WHERE x.id = 1"
        );
    }

    #[test]
    fn the_target_is_known_by_its_alias() {
        let target = change_target("UPDATE s.\"T\" AS \"X\" SET a = 1").expect("it is an UPDATE");
        assert_eq!(
            (target.relation.to_string(), target.qualifier),
            ("s.\"T\"".into(), "\"X\"".into())
        );
        assert_eq!(
            change_target("SELECT 1"),
            Err("is neither UPDATE nor DELETE".into())
        );
    }
}
