//! From an assertion that should be true to the rows that keep it from being so, on the parse tree.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{
    self, AStar, BoolExpr, BoolExprType, BoolTestType, BooleanTest, ColumnRef, FuncCall, ResTarget,
    SelectStmt, SetOperation, SubLinkType,
};

use super::with_tree;

/// The query for the rows that make an assertion false; none where its form does not tell which
/// those are. Known forms: `NOT EXISTS (SELECT …)`, `count(*) = 0` and `bool_and(condition)`.
pub fn offenders(assertion: &str) -> Option<String> {
    with_tree(assertion, |tree| match tree {
        Node::SelectStmt(select) => rows(*select)?.deparse(Default::default()).ok(),
        _ => None,
    })
    .ok()?
}

fn rows(mut select: SelectStmt) -> Option<Node> {
    if !is_plain(&select) {
        return None;
    }
    let [target] = <[protobuf::Node; 1]>::try_from(std::mem::take(&mut select.target_list)).ok()?;
    let Node::ResTarget(target) = target.node? else {
        return None;
    };
    match target.val?.node? {
        Node::BoolExpr(not) if not.boolop == BoolExprType::NotExpr as i32 => of_exists(not.args, select),
        Node::AExpr(equals) if is_zero_count(&equals) => Some(whole_rows(select)),
        Node::FuncCall(call) => of_every(*call, select),
        Node::CoalesceExpr(coalesce) => match coalesce.args.into_iter().next()?.node? {
            Node::FuncCall(call) => of_every(*call, select),
            _ => None,
        },
        _ => None,
    }
}

/// `NOT EXISTS (SELECT …)`: the rows of the inner query.
fn of_exists(args: Vec<protobuf::Node>, outer: SelectStmt) -> Option<Node> {
    let Node::SubLink(link) = args.into_iter().next()?.node? else {
        return None;
    };
    // With a FROM of its own, the outer query may be what the inner one refers to.
    if link.sub_link_type != SubLinkType::ExistsSublink as i32 || !outer.from_clause.is_empty() {
        return None;
    }
    let Node::SelectStmt(mut inner) = link.subselect?.node? else {
        return None;
    };
    inner.with_clause = inner.with_clause.or(outer.with_clause);
    let says_nothing = inner.target_list.iter().all(|target| match &target.node {
        Some(Node::ResTarget(target)) => matches!(
            target.val.as_ref().and_then(|value| value.node.as_ref()),
            Some(Node::AConst(_))
        ),
        _ => false,
    });
    match (says_nothing, is_plain(&inner)) {
        (true, true) => Some(whole_rows(*inner)),
        (true, false) => None,
        (false, _) => Some(Node::SelectStmt(inner)),
    }
}

/// `bool_and(condition)`: the rows for which the condition is false.
fn of_every(call: FuncCall, mut select: SelectStmt) -> Option<Node> {
    let name = match call.funcname.last()?.node.as_ref()? {
        Node::String(name) => name.sval.as_str(),
        _ => return None,
    };
    if !matches!(name, "bool_and" | "every") || call.agg_filter.is_some() || select.from_clause.is_empty() {
        return None;
    }
    let is_false = node(Node::BooleanTest(Box::new(BooleanTest {
        arg: call.args.into_iter().next().map(Box::new),
        booltesttype: BoolTestType::IsFalse as i32,
        location: -1,
        ..BooleanTest::default()
    })));
    let both: Vec<protobuf::Node> = select
        .where_clause
        .take()
        .map(|condition| *condition)
        .into_iter()
        .chain([is_false])
        .collect();
    select.where_clause = Some(Box::new(match <[protobuf::Node; 1]>::try_from(both) {
        Ok([only]) => only,
        Err(both) => node(Node::BoolExpr(Box::new(BoolExpr {
            boolop: BoolExprType::AndExpr as i32,
            args: both,
            location: -1,
            ..BoolExpr::default()
        }))),
    }));
    Some(whole_rows(select))
}

/// Neither grouped nor a set operation, and every row stands for itself.
fn is_plain(select: &SelectStmt) -> bool {
    let alone = SetOperation::SetopNone as i32;
    (select.op == alone || select.op == SetOperation::Undefined as i32)
        && select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.distinct_clause.is_empty()
        && select.values_lists.is_empty()
        && select.into_clause.is_none()
}

/// `count(*) = 0`, either way round.
fn is_zero_count(equals: &protobuf::AExpr) -> bool {
    let named = |node: &protobuf::Node, word: &str| matches!(&node.node, Some(Node::String(name)) if name.sval == word);
    let count = |side: &Option<Box<protobuf::Node>>| {
        matches!(side.as_ref().and_then(|side| side.node.as_ref()), Some(Node::FuncCall(call))
            if call.agg_star && call.agg_filter.is_none() && call.funcname.last().is_some_and(|name| named(name, "count")))
    };
    let zero = |side: &Option<Box<protobuf::Node>>| {
        matches!(side.as_ref().and_then(|side| side.node.as_ref()), Some(Node::AConst(value))
            if matches!(value.val, Some(protobuf::a_const::Val::Ival(protobuf::Integer { ival: 0 }))))
    };
    equals.name.last().is_some_and(|name| named(name, "="))
        && ((count(&equals.lexpr) && zero(&equals.rexpr)) || (zero(&equals.lexpr) && count(&equals.rexpr)))
}

fn whole_rows(mut select: SelectStmt) -> Node {
    let star = node(Node::ColumnRef(ColumnRef {
        fields: vec![node(Node::AStar(AStar {}))],
        location: -1,
    }));
    select.target_list = vec![node(Node::ResTarget(Box::new(ResTarget {
        val: Some(Box::new(star)),
        location: -1,
        ..ResTarget::default()
    })))];
    Node::SelectStmt(Box::new(select))
}

fn node(node: Node) -> protobuf::Node {
    protobuf::Node { node: Some(node) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_in_the_way_follow_from_the_form_of_the_assertion() {
        for (assertion, expected) in [
            (
                "SELECT NOT EXISTS (SELECT FROM leads l JOIN c ON c.id = l.id WHERE l.d IS NULL)",
                Some("SELECT * FROM leads l JOIN c ON c.id = l.id WHERE l.d IS NULL"),
            ),
            (
                "SELECT NOT EXISTS (SELECT 1 FROM leads)",
                Some("SELECT * FROM leads"),
            ),
            (
                "SELECT NOT EXISTS (SELECT email FROM users GROUP BY email HAVING count(*) > 1)",
                Some("SELECT email FROM users GROUP BY email HAVING count(*) > 1"),
            ),
            (
                "SELECT NOT EXISTS (SELECT 1 FROM users GROUP BY email HAVING count(*) > 1)",
                None,
            ),
            (
                "SELECT count(*) = 0 FROM t WHERE a",
                Some("SELECT * FROM t WHERE a"),
            ),
            (
                "SELECT bool_and(n = 100) FROM t WHERE a",
                Some("SELECT * FROM t WHERE a AND n = 100 IS FALSE"),
            ),
            (
                "SELECT coalesce(bool_and(n > 0), true) FROM t",
                Some("SELECT * FROM t WHERE n > 0 IS FALSE"),
            ),
            (
                "WITH x AS (SELECT 1) SELECT NOT EXISTS (SELECT FROM x)",
                Some("WITH x AS (SELECT 1) SELECT * FROM x"),
            ),
            ("SELECT count(*) = 3 FROM t", None),
            ("SELECT a = 3 FROM t", None),
            ("SELECT NOT EXISTS (SELECT FROM u WHERE u.id = t.id) FROM t", None),
        ] {
            assert_eq!(offenders(assertion).as_deref(), expected, "{assertion}");
        }
    }
}
