//! A data change narrowed to a part of its table, on the parse tree: the author writes the
//! statement as for one shot.
//!
//! The range is mirrored: where `other.column = target.key` must hold in the same WHERE, the range
//! holds for `other.column` as well, and saying so spares a plan that reads all of `other`.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, AExprKind, BoolExpr, BoolExprType, SelectStmt};

use super::change::{conjuncts, json, strings};
use super::{ChangeTarget, RelationName, SyntaxError, quote_identifier, with_tree};

/// A column that equals the key in some WHERE.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mirror {
    /// The column, qualified and quoted.
    pub column: String,
    /// A query whose answer has that column, to ask the server for its type.
    pub probe: String,
}

/// The part of a table that a statement is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Range<'a> {
    /// A condition on the target.
    pub condition: &'a str,
    /// The key of the target that ranges are by, not quoted, when it is one column.
    pub key: Option<&'a str>,
    /// The mirrors that are accepted, each with the condition for it.
    pub mirrored: &'a [(Mirror, String)],
    /// A partition to change in the target's place.
    pub partition: Option<&'a RelationName>,
}

/// The statement with the range's conditions in addition to its own.
///
/// # Errors
/// A statement of another kind, or a condition that is no expression.
pub fn narrowed(sql: &str, target: &ChangeTarget, range: &Range<'_>) -> Result<String, SyntaxError> {
    with_tree(sql, |tree| narrow(tree, target, range))?
}

/// The columns that equal `key` of the target in some WHERE of the statement.
///
/// # Errors
/// A statement that is none.
pub fn mirrors(sql: &str, target: &ChangeTarget, key: &str) -> Result<Vec<Mirror>, SyntaxError> {
    with_tree(sql, |mut tree| {
        let mut found = Vec::new();
        each_where(&mut tree, &mut |from, condition| {
            for mirror in mirrors_in(from, condition.as_deref(), target, key) {
                if !found.contains(&mirror) {
                    found.push(mirror);
                }
            }
        });
        found
    })
}

fn narrow(mut tree: Node, target: &ChangeTarget, range: &Range<'_>) -> Result<String, SyntaxError> {
    if let Some(key) = range.key.filter(|_| !range.mirrored.is_empty()) {
        let mut failed = None;
        each_where(&mut tree, &mut |from, condition| {
            for mirror in mirrors_in(from, condition.as_deref(), target, key) {
                if let Some((_, text)) = range.mirrored.iter().find(|(known, _)| *known == mirror) {
                    match expression(text) {
                        Ok(mirrored) => and(condition, mirrored),
                        Err(error) => failed = Some(error),
                    }
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
    }
    let condition = expression(range.condition)?;
    match &mut tree {
        Node::UpdateStmt(update) => {
            and(&mut update.where_clause, condition);
            retarget(update.relation.as_mut(), range.partition);
        }
        Node::DeleteStmt(delete) => {
            and(&mut delete.where_clause, condition);
            retarget(delete.relation.as_mut(), range.partition);
        }
        Node::InsertStmt(insert) => {
            let select = insert.select_stmt.as_mut().and_then(|node| node.node.as_mut());
            let Some(Node::SelectStmt(select)) = select else {
                return Err(failed("INSERT without SELECT"));
            };
            and(&mut select.where_clause, condition);
            for item in &mut select.from_clause {
                retarget_in(item, target, range.partition);
            }
        }
        _ => return Err(failed("neither UPDATE, DELETE nor INSERT … SELECT")),
    }
    tree.deparse(Default::default())
        .map_err(|error| failed(&error.to_string()))
}

fn failed(message: &str) -> SyntaxError {
    SyntaxError {
        message: message.to_owned(),
        offset: 0,
    }
}

fn expression(text: &str) -> Result<Box<protobuf::Node>, SyntaxError> {
    let condition = |tree| match tree {
        Node::SelectStmt(select) => select.where_clause,
        _ => None,
    };
    with_tree(&format!("SELECT WHERE {text}"), condition)?
        .ok_or_else(|| failed("the condition is no expression"))
}

/// Joins a condition to what stands there.
fn and(place: &mut Option<Box<protobuf::Node>>, condition: Box<protobuf::Node>) {
    *place = match place.take() {
        None => Some(condition),
        Some(own) => Some(Box::new(protobuf::Node {
            node: Some(Node::BoolExpr(Box::new(BoolExpr {
                xpr: None,
                boolop: BoolExprType::AndExpr as i32,
                args: vec![*own, *condition],
                location: -1,
            }))),
        })),
    };
}

fn retarget(relation: Option<&mut protobuf::RangeVar>, partition: Option<&RelationName>) {
    let (Some(relation), Some(partition)) = (relation, partition) else {
        return;
    };
    if relation.alias.is_none() {
        relation.alias = Some(protobuf::Alias {
            aliasname: relation.relname.clone(),
            colnames: Vec::new(),
        });
    }
    relation.schemaname = partition.schema.clone().unwrap_or_default();
    relation.relname.clone_from(&partition.name);
}

fn retarget_in(item: &mut protobuf::Node, target: &ChangeTarget, partition: Option<&RelationName>) {
    match &mut item.node {
        Some(Node::RangeVar(relation)) => {
            let alias = relation.alias.as_ref().map(|alias| &alias.aliasname);
            let name = quote_identifier(alias.unwrap_or(&relation.relname));
            if name == target.qualifier {
                retarget(Some(relation), partition);
            }
        }
        Some(Node::JoinExpr(join)) => {
            for side in [&mut join.larg, &mut join.rarg].into_iter().flatten() {
                retarget_in(side, target, partition);
            }
        }
        _ => {}
    }
}

/// The columns of `from` that equal the key under this condition.
fn mirrors_in(
    from: &[protobuf::Node],
    condition: Option<&protobuf::Node>,
    target: &ChangeTarget,
    key: &str,
) -> Vec<Mirror> {
    let mut aliases = Vec::new();
    from.iter().for_each(|item| names(item, &mut aliases));
    // A name given again hides the target.
    if aliases
        .iter()
        .any(|alias| quote_identifier(alias) == target.qualifier)
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for part in conjuncts(condition) {
        let Some(Node::AExpr(expr)) = &part.node else {
            continue;
        };
        let is_equality =
            expr.kind == AExprKind::AexprOp as i32 && strings(Some(&json(&expr.name))).concat() == "=";
        if !is_equality {
            continue;
        }
        let sides = [(&expr.lexpr, &expr.rexpr), (&expr.rexpr, &expr.lexpr)];
        for (own, other) in sides {
            let (Some(own), Some(other)) = (column(own.as_deref()), column(other.as_deref())) else {
                continue;
            };
            let is_key = quote_identifier(&own[0]) == target.qualifier && own[1] == key;
            if is_key && aliases.contains(&other[0]) {
                let column = format!("{}.{}", quote_identifier(&other[0]), quote_identifier(&other[1]));
                if let Some(probe) = probe(from, &column) {
                    found.push(Mirror { column, probe });
                }
            }
        }
    }
    found
}

fn column(node: Option<&protobuf::Node>) -> Option<[String; 2]> {
    let Some(Node::ColumnRef(column)) = &node?.node else {
        return None;
    };
    <[String; 2]>::try_from(strings(Some(&json(&column.fields)))).ok()
}

fn probe(from: &[protobuf::Node], column: &str) -> Option<String> {
    let select = SelectStmt {
        from_clause: from.to_vec(),
        limit_option: protobuf::LimitOption::Default as i32,
        op: protobuf::SetOperation::SetopNone as i32,
        ..Default::default()
    };
    let sql = Node::SelectStmt(Box::new(select))
        .deparse(Default::default())
        .ok()?;
    Some(sql.replacen("SELECT", &format!("SELECT {column}"), 1))
}

/// The names that a FROM list gives.
fn names(item: &protobuf::Node, found: &mut Vec<String>) {
    match &item.node {
        Some(Node::RangeVar(relation)) => found.push(
            relation
                .alias
                .as_ref()
                .map_or(&relation.relname, |alias| &alias.aliasname)
                .clone(),
        ),
        Some(Node::RangeSubselect(query)) => {
            found.extend(query.alias.as_ref().map(|alias| alias.aliasname.clone()));
        }
        Some(Node::RangeFunction(function)) => {
            found.extend(function.alias.as_ref().map(|alias| alias.aliasname.clone()));
        }
        Some(Node::JoinExpr(join)) => {
            for side in [&join.larg, &join.rarg].into_iter().flatten() {
                names(side, found);
            }
        }
        _ => {}
    }
}

type Visit<'v> = dyn FnMut(&[protobuf::Node], &mut Option<Box<protobuf::Node>>) + 'v;

/// Every WHERE of the statement, with the FROM list beside it; the innermost first.
fn each_where(tree: &mut Node, visit: &mut Visit<'_>) {
    match tree {
        Node::UpdateStmt(update) => {
            update.target_list.iter_mut().for_each(|node| inside(node, visit));
            within(update.where_clause.as_deref_mut(), visit);
            visit(&update.from_clause, &mut update.where_clause);
        }
        Node::DeleteStmt(delete) => {
            within(delete.where_clause.as_deref_mut(), visit);
            visit(&delete.using_clause, &mut delete.where_clause);
        }
        Node::InsertStmt(insert) => {
            let select = insert.select_stmt.as_mut().and_then(|node| node.node.as_mut());
            if let Some(Node::SelectStmt(select)) = select {
                select.target_list.iter_mut().for_each(|node| inside(node, visit));
                within(select.where_clause.as_deref_mut(), visit);
            }
        }
        _ => {}
    }
}

fn within(node: Option<&mut protobuf::Node>, visit: &mut Visit<'_>) {
    if let Some(node) = node {
        inside(node, visit);
    }
}

/// The kinds of expression that subqueries are written in; in others a range is not mirrored.
fn inside(node: &mut protobuf::Node, visit: &mut Visit<'_>) {
    match &mut node.node {
        Some(Node::SubLink(link)) => {
            within(link.testexpr.as_deref_mut(), visit);
            if let Some(Node::SelectStmt(select)) =
                link.subselect.as_mut().and_then(|select| select.node.as_mut())
                && select.larg.is_none()
            {
                within(select.where_clause.as_deref_mut(), visit);
                select.target_list.iter_mut().for_each(|node| inside(node, visit));
                visit(&select.from_clause, &mut select.where_clause);
            }
        }
        Some(Node::BoolExpr(and)) => and.args.iter_mut().for_each(|node| inside(node, visit)),
        Some(Node::AExpr(expr)) => {
            within(expr.lexpr.as_deref_mut(), visit);
            within(expr.rexpr.as_deref_mut(), visit);
        }
        Some(Node::ResTarget(target)) => within(target.val.as_deref_mut(), visit),
        Some(Node::NullTest(test)) => within(test.arg.as_deref_mut(), visit),
        Some(Node::TypeCast(cast)) => within(cast.arg.as_deref_mut(), visit),
        Some(Node::CoalesceExpr(list)) => list.args.iter_mut().for_each(|node| inside(node, visit)),
        Some(Node::FuncCall(call)) => call.args.iter_mut().for_each(|node| inside(node, visit)),
        Some(Node::CaseExpr(case)) => {
            case.args.iter_mut().for_each(|node| inside(node, visit));
            within(case.defresult.as_deref_mut(), visit);
        }
        Some(Node::CaseWhen(when)) => {
            within(when.expr.as_deref_mut(), visit);
            within(when.result.as_deref_mut(), visit);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::change;

    fn narrow_to(sql: &str, condition: &str) -> String {
        let target = change(sql, None).expect("it can be cut").target;
        narrowed(
            sql,
            &target,
            &Range {
                condition,
                ..Range::default()
            },
        )
        .expect("it is SQL")
    }

    #[test]
    fn a_range_joins_the_statements_own_condition() {
        assert_eq!(
            narrow_to(
                "UPDATE t SET a = 1 WHERE a IS NULL OR b",
                "t.id > 5 AND t.id <= 9"
            ),
            "UPDATE t SET a = 1 WHERE (a IS NULL OR b) AND (t.id > 5 AND t.id <= 9)"
        );
        assert_eq!(
            narrow_to("DELETE FROM t x", "x.id = 1"),
            "DELETE FROM t x WHERE x.id = 1"
        );
        assert_eq!(
            narrow_to(
                "INSERT INTO u SELECT id FROM t ON CONFLICT DO NOTHING",
                "t.id = 1"
            ),
            "INSERT INTO u SELECT id FROM t WHERE t.id = 1 ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn a_partition_takes_the_targets_place_under_its_name() {
        let sql = "UPDATE s.t SET a = 1 WHERE t.a IS NULL";
        let target = change(sql, None).expect("it can be cut").target;
        let partition = RelationName::new(Some("p"), "t 1");
        let range = Range {
            condition: "t.id = 1",
            partition: Some(&partition),
            ..Range::default()
        };
        assert_eq!(
            narrowed(sql, &target, &range).expect("it is SQL"),
            "UPDATE p.\"t 1\" t SET a = 1 WHERE t.a IS NULL AND t.id = 1"
        );
    }

    #[test]
    fn a_range_is_mirrored_through_equalities_with_the_key() {
        let sql = "UPDATE leads SET d = s.d FROM (SELECT DISTINCT ON (lead_id) lead_id, d FROM call_log) s \
                   WHERE s.lead_id = leads.id AND EXISTS (SELECT FROM call_log c WHERE leads.id = c.lead_id AND c.x)";
        let target = change(sql, None).expect("it can be cut").target;
        let found = mirrors(sql, &target, "id").expect("it is SQL");
        let columns: Vec<&str> = found.iter().map(|mirror| mirror.column.as_str()).collect();
        assert_eq!(columns, ["c.lead_id", "s.lead_id"]);
        assert_eq!(found[0].probe, "SELECT c.lead_id FROM call_log c");
        let mirrored: Vec<(Mirror, String)> = found
            .into_iter()
            .map(|mirror| {
                let text = format!("{} > 5", mirror.column);
                (mirror, text)
            })
            .collect();
        let range = Range {
            condition: "leads.id > 5",
            key: Some("id"),
            mirrored: &mirrored,
            partition: None,
        };
        let narrow = narrowed(sql, &target, &range).expect("it is SQL");
        assert!(
            narrow.contains("AND c.x AND c.lead_id > 5") || narrow.contains("c.x) AND c.lead_id > 5"),
            "{narrow}"
        );
        assert!(narrow.contains("s.lead_id > 5"), "{narrow}");
    }

    #[test]
    fn what_only_looks_like_an_equality_with_the_key_is_not_mirrored() {
        for sql in [
            "UPDATE t SET a = 1 FROM u WHERE u.t_id = t.id OR u.b",
            "UPDATE t SET a = 1 FROM u WHERE u.t_id = t.other",
            "UPDATE t SET a = 1 FROM u WHERE u.t_id <= t.id",
            "UPDATE t SET a = (SELECT u.b FROM u, v t WHERE u.t_id = t.id)",
        ] {
            let target = change(sql, None).expect("it can be cut").target;
            assert_eq!(mirrors(sql, &target, "id").expect("it is SQL"), [], "{sql}");
        }
    }
}
