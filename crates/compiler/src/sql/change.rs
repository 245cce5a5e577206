//! What a data change is, as far as executing it in ranges is concerned: its table, what it sets,
//! whether a row may meet it twice, and why it cannot be cut where it cannot.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{
    self, AExprKind, BoolExprType, DeleteStmt, InsertStmt, NullTestType, SelectStmt, UpdateStmt,
};
use serde_json::Value;

use super::function::{self, Function};
use super::{RelationName, quote_identifier, with_tree};

/// The table whose rows a change is cut by, and the name that its columns are qualified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeTarget {
    /// The table.
    pub relation: RelationName,
    /// Its alias, or its own name; quoted where needed.
    pub qualifier: String,
    /// ONLY was written: its children are left alone.
    pub only: bool,
}

/// What a change does to rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// INSERT … SELECT, cut by the table that it reads.
    Insert,
}

/// A data change that can be executed in ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub kind: ChangeKind,
    /// The table that ranges are cut from.
    pub target: ChangeTarget,
    /// The table whose rows change: the same, but for an INSERT.
    pub changed: RelationName,
    /// The columns that it sets, not quoted.
    pub sets: Vec<String>,
    /// The columns that it sets in a row that is there already (ON CONFLICT DO UPDATE), not quoted.
    pub upserts: Vec<String>,
    /// Its condition turns false by the change itself: a row that is met twice is changed once.
    pub turns_false: bool,
    /// Its own condition, if that can be asked of the table alone.
    pub condition: Option<String>,
}

/// Reads a data change. `on` is the table that a directive names, as SQL writes it.
///
/// # Errors
/// Why it cannot be executed in ranges, in words that continue "it ".
pub fn change(sql: &str, on: Option<&str>) -> Result<Change, String> {
    let change = with_tree(sql, |tree| match tree {
        Node::UpdateStmt(update) => read_update(&update),
        Node::DeleteStmt(delete) => read_delete(&delete),
        Node::InsertStmt(insert) => read_insert(&insert, on),
        Node::MergeStmt(_) => Err("is MERGE, which is not cut into ranges".to_owned()),
        _ => Err("is neither UPDATE, DELETE nor INSERT … SELECT".to_owned()),
    })
    .map_err(|error| error.message)??;
    match on {
        Some(table) if table != change.target.relation.to_string() => {
            Err(format!("changes {}, not {table}", change.target.relation))
        }
        _ => Ok(change),
    }
}

fn read_update(update: &UpdateStmt) -> Result<Change, String> {
    let target = target(update.relation.as_ref())?;
    let whole = json(update);
    let mut sets = Vec::new();
    for item in &update.target_list {
        if let Some(Node::ResTarget(set)) = &item.node {
            sets.push(set.name.clone());
        }
    }
    refuse(&target, &whole, &sets)?;
    volatile(update.where_clause.as_deref())?;
    Ok(Change {
        kind: ChangeKind::Update,
        upserts: Vec::new(),
        turns_false: turns_false(update, &target, &sets),
        condition: alone(update.from_clause.is_empty(), update.where_clause.as_deref()),
        changed: target.relation.clone(),
        target,
        sets,
    })
}

fn read_delete(delete: &DeleteStmt) -> Result<Change, String> {
    let target = target(delete.relation.as_ref())?;
    refuse(&target, &json(delete), &[])?;
    volatile(delete.where_clause.as_deref())?;
    Ok(Change {
        kind: ChangeKind::Delete,
        turns_false: true,
        condition: alone(delete.using_clause.is_empty(), delete.where_clause.as_deref()),
        changed: target.relation.clone(),
        target,
        upserts: Vec::new(),
        sets: Vec::new(),
    })
}

fn read_insert(insert: &InsertStmt, on: Option<&str>) -> Result<Change, String> {
    let changed = target(insert.relation.as_ref())?;
    let select = insert.select_stmt.as_deref().and_then(|node| node.node.as_ref());
    let Some(Node::SelectStmt(select)) = select else {
        return Err("is INSERT without SELECT, so there is nothing to cut".to_owned());
    };
    if select.from_clause.is_empty() {
        return Err("reads no table, so there is nothing to cut".to_owned());
    }
    if select.larg.is_some() {
        return Err("joins queries by UNION, INTERSECT or EXCEPT".to_owned());
    }
    if select.limit_count.is_some() || select.limit_offset.is_some() {
        return Err("has a LIMIT, which would hold for each batch".to_owned());
    }
    if is_summary(select) {
        return Err("summarizes rows (GROUP BY, DISTINCT, aggregates, window functions)".to_owned());
    }
    let mut sources = Vec::new();
    select
        .from_clause
        .iter()
        .for_each(|item| plain_tables(item, &mut sources));
    let matching = |source: &&ChangeTarget| on.is_none_or(|table| source.relation.to_string() == table);
    let source = match sources.iter().filter(matching).collect::<Vec<_>>().as_slice() {
        [source] => (*source).clone(),
        [] => return Err("reads no such table outside subqueries and outer joins".to_owned()),
        _ => return Err("reads several tables: say by which to cut it, `on TABLE`".to_owned()),
    };
    if source.relation == changed.relation {
        return Err("inserts into the table that it reads".to_owned());
    }
    volatile(select.where_clause.as_deref())?;
    let anti_join = mentions(&json(&select.where_clause), &changed.relation);
    if insert.on_conflict_clause.is_none() && !anti_join {
        return Err(format!(
            "inserts a row again that is met again: add ON CONFLICT DO NOTHING, or NOT EXISTS (SELECT FROM {} …)",
            changed.relation
        ));
    }
    let mut upserts = Vec::new();
    let conflict = insert.on_conflict_clause.as_ref();
    for item in conflict.iter().flat_map(|clause| &clause.target_list) {
        if let Some(Node::ResTarget(set)) = &item.node {
            upserts.push(set.name.clone());
        }
    }
    let ignores = conflict.is_some() && upserts.is_empty();
    Ok(Change {
        kind: ChangeKind::Insert,
        turns_false: ignores,
        condition: None,
        changed: changed.relation,
        target: source,
        sets: Vec::new(),
        upserts,
    })
}

fn target(relation: Option<&protobuf::RangeVar>) -> Result<ChangeTarget, String> {
    relation
        .map(named)
        .ok_or_else(|| "has no target table".to_owned())
}

fn named(relation: &protobuf::RangeVar) -> ChangeTarget {
    let qualifier = relation
        .alias
        .as_ref()
        .map_or(&relation.relname, |alias| &alias.aliasname);
    ChangeTarget {
        qualifier: quote_identifier(qualifier),
        relation: RelationName {
            schema: (!relation.schemaname.is_empty()).then(|| relation.schemaname.clone()),
            name: relation.relname.clone(),
        },
        only: !relation.inh,
    }
}

/// Tables of a FROM list whose rows are not made NULL by an outer join.
fn plain_tables(item: &protobuf::Node, found: &mut Vec<ChangeTarget>) {
    match &item.node {
        Some(Node::RangeVar(relation)) => found.push(named(relation)),
        Some(Node::JoinExpr(join)) => {
            let kind = protobuf::JoinType::try_from(join.jointype);
            let sides = [
                (&join.larg, kind == Ok(protobuf::JoinType::JoinLeft)),
                (&join.rarg, kind == Ok(protobuf::JoinType::JoinRight)),
            ];
            for (side, outer_kept) in sides {
                if let Some(side) = side
                    && (kind == Ok(protobuf::JoinType::JoinInner) || outer_kept)
                {
                    plain_tables(side, found);
                }
            }
        }
        _ => {}
    }
}

/// What no UPDATE or DELETE may hold.
fn refuse(target: &ChangeTarget, whole: &Value, sets: &[String]) -> Result<(), String> {
    if find(whole, &mut |key, _| {
        key == "InsertStmt" || key == "DeleteStmt" || key == "UpdateStmt"
    }) {
        return Err("changes rows in a WITH query too".to_owned());
    }
    if find(whole, &mut |key, _| key == "CurrentOfExpr") {
        return Err("changes the row of a cursor".to_owned());
    }
    let mut why = None;
    let _ = find(whole, &mut |key, select| {
        let reads_it = key == "SelectStmt"
            && select
                .get("from_clause")
                .is_some_and(|from| mentions(from, &target.relation));
        if !reads_it {
            return false;
        }
        if is_summary_value(select) {
            why = Some("reads a summary of the table that it changes, and each batch would change that");
        } else if is_set(select, "limit_count") || is_set(select, "limit_offset") {
            why = Some("reads a LIMITed part of the table that it changes");
        } else if sets.is_empty() || columns(select).iter().any(|column| sets.contains(column)) {
            why = Some("reads what it changes elsewhere in the same table, so the order would matter");
        }
        why.is_some()
    });
    let from = ["from_clause", "using_clause"]
        .iter()
        .filter_map(|clause| whole.get(clause))
        .any(|from| mentions_directly(from, &target.relation));
    if from
        && (sets.is_empty()
            || columns_outside_targets(whole)
                .iter()
                .any(|column| sets.contains(column)))
    {
        why.get_or_insert("reads what it changes elsewhere in the same table, so the order would matter");
    }
    why.map_or(Ok(()), |why| Err(why.to_owned()))
}

fn volatile(condition: Option<&protobuf::Node>) -> Result<(), String> {
    let mut name = None;
    let _ = find(&json(&condition), &mut |key, call| {
        if key == "FuncCall" {
            let words = strings(call.get("funcname"));
            let plain: Vec<&str> = words.iter().map(String::as_str).collect();
            if function::known(&plain) == Function::Volatile {
                name = Some(words.join("."));
            }
        }
        name.is_some()
    });
    match name {
        Some(name) => Err(format!(
            "chooses its rows by {name}(), which answers differently each time"
        )),
        None => Ok(()),
    }
}

/// The condition's text where it can be asked of the table alone.
fn alone(is_alone: bool, condition: Option<&protobuf::Node>) -> Option<String> {
    match condition {
        _ if !is_alone => None,
        None => Some("true".to_owned()),
        Some(condition) => text(condition),
    }
}

/// Whether a top-level part of the condition is false for every row that was changed, or whether
/// changing it again gives the same.
fn turns_false(update: &UpdateStmt, target: &ChangeTarget, sets: &[String]) -> bool {
    let values: Vec<(&str, &protobuf::Node)> = update
        .target_list
        .iter()
        .filter_map(|item| match &item.node {
            Some(Node::ResTarget(set)) if set.indirection.is_empty() => {
                Some((set.name.as_str(), set.val.as_deref()?))
            }
            _ => None,
        })
        .collect();
    if values.len() != update.target_list.len() {
        return false;
    }
    let own_column = |node: Option<&protobuf::Node>| own_column(node, target);
    let value_of = |column: &str| {
        values
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, val)| *val)
    };
    // Computed from what is not changed, and the same each time: once more does no harm.
    let same_again = values.iter().all(|(_, value)| {
        let value = json(value);
        !columns(&value).iter().any(|column| sets.contains(column))
            && !find(&value, &mut |key, call| {
                key == "FuncCall" && {
                    let words = strings(call.get("funcname"));
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    function::known(&words) == Function::Volatile
                }
            })
    });
    conjuncts(update.where_clause.as_deref())
        .into_iter()
        .any(|part| match &part.node {
            Some(Node::NullTest(test)) if test.nulltesttype == NullTestType::IsNull as i32 => {
                own_column(test.arg.as_deref())
                    .and_then(|column| value_of(&column))
                    .is_some_and(|value| is_never_null(value) || same_again)
            }
            Some(Node::AExpr(expr)) => {
                let operator = strings(Some(&json(&expr.name))).concat();
                let kind = AExprKind::try_from(expr.kind);
                let Some(value) = own_column(expr.lexpr.as_deref()).and_then(|column| value_of(&column))
                else {
                    return false;
                };
                let (set, asked) = (text(value), expr.rexpr.as_deref().and_then(text));
                let differs = set.is_some() && asked.is_some() && set != asked;
                let equal = set.is_some() && set == asked;
                let constants = is_never_null(value) && expr.rexpr.as_deref().is_some_and(is_never_null);
                match (kind, operator.as_str()) {
                    (Ok(AExprKind::AexprDistinct), _) => equal && same_again,
                    (Ok(AExprKind::AexprOp), "<>") => equal && same_again,
                    (Ok(AExprKind::AexprOp), "=") => constants && differs && plain_constants(value, expr),
                    _ => false,
                }
            }
            Some(Node::BoolExpr(not)) if not.boolop == BoolExprType::NotExpr as i32 => {
                own_column(not.args.first())
                    .and_then(|column| value_of(&column))
                    .is_some_and(|value| text(value).as_deref() == Some("true"))
            }
            Some(Node::ColumnRef(_)) => own_column(Some(part))
                .and_then(|column| value_of(&column))
                .is_some_and(|value| text(value).as_deref() == Some("false")),
            _ => false,
        })
}

/// Both are written as constants of one kind, so that their texts differ where they do.
fn plain_constants(value: &protobuf::Node, expr: &protobuf::AExpr) -> bool {
    let kind = |node: &protobuf::Node| match &node.node {
        Some(Node::AConst(constant)) => constant.val.as_ref().map(std::mem::discriminant),
        _ => None,
    };
    let other = expr.rexpr.as_deref().and_then(kind);
    // 'a' and 'A' can be equal under a collation or type of its own; numbers that differ in text
    // may be equal too (1 and 1.0), but not as two integers.
    other.is_some()
        && kind(value) == other
        && !matches!(&value.node, Some(Node::AConst(constant)) if constant.isnull)
}

fn is_never_null(node: &protobuf::Node) -> bool {
    match &node.node {
        Some(Node::AConst(constant)) => !constant.isnull,
        Some(Node::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_never_null),
        Some(Node::CoalesceExpr(coalesce)) => coalesce.args.iter().any(is_never_null),
        Some(Node::SqlvalueFunction(_)) => true,
        _ => false,
    }
}

/// The name of a column of the target itself.
fn own_column(node: Option<&protobuf::Node>, target: &ChangeTarget) -> Option<String> {
    let Some(Node::ColumnRef(column)) = &node?.node else {
        return None;
    };
    let words = strings(Some(&json(&column.fields)));
    match words.as_slice() {
        [name] => Some(name.clone()),
        [qualifier, name] if quote_identifier(qualifier) == target.qualifier => Some(name.clone()),
        _ => None,
    }
}

/// The parts of a condition that must all hold.
pub(super) fn conjuncts(condition: Option<&protobuf::Node>) -> Vec<&protobuf::Node> {
    let Some(condition) = condition else {
        return Vec::new();
    };
    match &condition.node {
        Some(Node::BoolExpr(and)) if and.boolop == BoolExprType::AndExpr as i32 => {
            and.args.iter().flat_map(|part| conjuncts(Some(part))).collect()
        }
        _ => vec![condition],
    }
}

fn is_summary(select: &SelectStmt) -> bool {
    is_summary_value(&json(select))
}

fn is_summary_value(select: &Value) -> bool {
    [
        "group_clause",
        "distinct_clause",
        "having_clause",
        "window_clause",
    ]
    .iter()
    .any(|clause| is_set(select, clause))
        || select.get("target_list").is_some_and(|targets| {
            find(targets, &mut |key, call| {
                key == "FuncCall"
                    && (call.get("over").is_some_and(|over| !over.is_null())
                        || call.get("agg_star") == Some(&Value::Bool(true))
                        || strings(call.get("funcname"))
                            .last()
                            .is_some_and(|name| AGGREGATES.contains(&name.as_str())))
            })
        })
}

const AGGREGATES: [&str; 24] = [
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "range_agg",
    "stddev",
    "string_agg",
    "sum",
    "variance",
    "xmlagg",
    "any_value",
];

fn is_set(value: &Value, key: &str) -> bool {
    match value.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    }
}

/// Whether a relation of this name stands anywhere under `value`.
fn mentions(value: &Value, relation: &RelationName) -> bool {
    find_object(value, &mut |fields| {
        fields.get("relname").and_then(Value::as_str) == Some(&relation.name)
    })
}

/// The same, but not inside subqueries.
fn mentions_directly(value: &Value, relation: &RelationName) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| mentions_directly(item, relation)),
        Value::Object(fields) => {
            fields.get("relname").and_then(Value::as_str) == Some(&relation.name)
                || fields
                    .iter()
                    .any(|(key, inner)| key != "SelectStmt" && mentions_directly(inner, relation))
        }
        _ => false,
    }
}

/// The columns that are read under `value`, without their qualifiers; `*` for all.
fn columns(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let _ = find(value, &mut |key, column| {
        if key == "ColumnRef" {
            found.extend(strings(column.get("fields")).pop());
        }
        false
    });
    found
}

fn columns_outside_targets(whole: &Value) -> Vec<String> {
    let mut found = columns(whole.get("where_clause").unwrap_or(&Value::Null));
    for item in whole
        .get("target_list")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        found.extend(columns(item));
    }
    found
}

/// The words of a list of String nodes.
pub(super) fn strings(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|word| Some(word.get("node")?.get("String")?.get("sval")?.as_str()?.to_owned()))
        .collect()
}

/// Whether `is_it` says yes to some node, by its kind and its content.
fn find(value: &Value, is_it: &mut impl FnMut(&str, &Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| find(item, is_it)),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, inner)| (inner.is_object() && is_it(key, inner)) || find(inner, is_it)),
        _ => false,
    }
}

fn find_object(value: &Value, is_it: &mut impl FnMut(&serde_json::Map<String, Value>) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| find_object(item, is_it)),
        Value::Object(fields) => is_it(fields) || fields.values().any(|inner| find_object(inner, is_it)),
        _ => false,
    }
}

/// The tree's own types cannot fail to become a value: keys are strings, numbers are finite.
pub(super) fn json(node: &impl serde::Serialize) -> Value {
    serde_json::to_value(node).unwrap_or_default()
}

/// An expression as SQL.
pub(super) fn text(expression: &protobuf::Node) -> Option<String> {
    let select = SelectStmt {
        target_list: vec![protobuf::Node {
            node: Some(Node::ResTarget(Box::new(protobuf::ResTarget {
                val: Some(Box::new(expression.clone())),
                ..Default::default()
            }))),
        }],
        limit_option: protobuf::LimitOption::Default as i32,
        op: protobuf::SetOperation::SetopNone as i32,
        ..Default::default()
    };
    let sql = Node::SelectStmt(Box::new(select))
        .deparse(Default::default())
        .ok()?;
    sql.strip_prefix("SELECT ").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_known_by_its_table_and_what_it_sets() {
        let found =
            change("UPDATE s.\"T\" AS \"X\" SET a = 1, b = 2 WHERE a IS NULL", None).expect("it can be cut");
        assert_eq!(found.target.relation.to_string(), "s.\"T\"");
        assert_eq!(found.target.qualifier, "\"X\"");
        assert_eq!(found.sets, ["a", "b"]);
        assert_eq!(found.condition.as_deref(), Some("a IS NULL"));
        let found = change(
            "INSERT INTO u SELECT o.id FROM o JOIN p ON p.id = o.id ON CONFLICT DO NOTHING",
            Some("o"),
        )
        .expect("it can be cut");
        assert_eq!(
            (found.target.relation.to_string(), found.changed.to_string()),
            ("o".into(), "u".into())
        );
    }

    #[test]
    fn what_cannot_be_cut_says_why() {
        for (sql, why) in [
            ("SELECT 1", "is neither UPDATE, DELETE nor INSERT … SELECT"),
            (
                "INSERT INTO t VALUES (1)",
                "reads no table, so there is nothing to cut",
            ),
            (
                "INSERT INTO t SELECT a FROM s LIMIT 5",
                "has a LIMIT, which would hold for each batch",
            ),
            (
                "INSERT INTO t SELECT count(*) FROM s",
                "summarizes rows (GROUP BY, DISTINCT, aggregates, window functions)",
            ),
            (
                "INSERT INTO t SELECT a FROM s",
                "inserts a row again that is met again: add ON CONFLICT DO NOTHING, or NOT EXISTS (SELECT FROM t …)",
            ),
            (
                "UPDATE t SET a = a / (SELECT sum(a) FROM t)",
                "reads a summary of the table that it changes, and each batch would change that",
            ),
            (
                "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t LIMIT 10)",
                "reads a LIMITed part of the table that it changes",
            ),
            (
                "UPDATE t SET a = p.a FROM t p WHERE p.id = t.parent",
                "reads what it changes elsewhere in the same table, so the order would matter",
            ),
            (
                "UPDATE t SET a = 1 WHERE random() < 0.5",
                "chooses its rows by random(), which answers differently each time",
            ),
            (
                "WITH d AS (DELETE FROM u RETURNING id) UPDATE t SET a = 1 FROM d WHERE d.id = t.id",
                "changes rows in a WITH query too",
            ),
        ] {
            assert_eq!(change(sql, None).map(drop), Err(why.to_owned()), "{sql}");
        }
        assert_eq!(
            change("UPDATE t SET a = 1", Some("u")).map(drop),
            Err("changes t, not u".to_owned())
        );
    }

    #[test]
    fn reading_other_columns_of_the_same_table_is_fine() {
        assert!(change("UPDATE t SET a = p.name FROM t p WHERE p.id = t.parent", None).is_ok());
    }

    #[test]
    fn a_condition_turns_false_only_where_it_is_certain() {
        for (sql, expected) in [
            ("DELETE FROM t", true),
            ("UPDATE t SET a = 1 WHERE a IS NULL", true),
            ("UPDATE t SET a = 1 WHERE t.a IS NULL AND b > 1", true),
            ("UPDATE t x SET a = md5(b) WHERE x.a IS NULL", true),
            ("UPDATE t SET a = b, b = a WHERE a IS NULL", false),
            ("UPDATE t SET a = random() WHERE a IS NULL", false),
            ("UPDATE t SET a = coalesce(b, 0), n = n + 1 WHERE a IS NULL", true),
            ("UPDATE t SET a = b, n = n + 1 WHERE a IS NULL", false),
            ("UPDATE t SET a = 1 WHERE a IS NULL OR b", false),
            (
                "UPDATE t SET a = upper(b) WHERE a IS DISTINCT FROM upper(b)",
                true,
            ),
            ("UPDATE t SET a = a + 1 WHERE a IS DISTINCT FROM a + 1", false),
            ("UPDATE t SET s = 2 WHERE s = 1", true),
            ("UPDATE t SET s = 1 WHERE s = 1", false),
            ("UPDATE t SET done = true WHERE NOT done", true),
            ("UPDATE t SET n = n * 100", false),
            ("UPDATE t SET n = n * 100 WHERE n > 5", false),
        ] {
            let found = change(sql, None).unwrap_or_else(|why| panic!("{sql}: {why}"));
            assert_eq!(found.turns_false, expected, "{sql}");
        }
    }
}
