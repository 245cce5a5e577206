//! What lives no longer than its session: temporary relations and functions, prepared statements, cursors.

use pg_query::NodeEnum as Node;
use pg_query::protobuf;
use serde_json::Value;

use super::name::words;
use super::{SyntaxError, with_tree};

/// Something that only its session knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionObject {
    /// What it is, for people.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// What a statement leaves in its session and what it wants to find there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionObjects {
    /// What it makes.
    pub made: Vec<SessionObject>,
    /// What it may name of that: every relation without a schema counts.
    pub named: Vec<SessionObject>,
}

const RELATION: &str = "temporary table or view";
const FUNCTION: &str = "temporary function";
const STATEMENT: &str = "prepared statement";
const CURSOR: &str = "cursor";

/// The schema of everything temporary, whatever its real name is.
const TEMPORARY: &str = "pg_temp";

/// Whether a statement can make anything that [`session_objects`] would tell, by a look at its text.
pub fn may_make_session_object(sql: &str) -> bool {
    let text = sql.to_ascii_lowercase();
    ["temp", "prepare", "declare"]
        .iter()
        .any(|word| text.contains(word))
}

/// What the statement leaves in its session and what it names there.
///
/// # Errors
/// The statement is none.
pub fn session_objects(sql: &str) -> Result<SessionObjects, SyntaxError> {
    with_tree(sql, |tree| objects_of(&tree))
}

fn objects_of(tree: &Node) -> SessionObjects {
    let mut objects = SessionObjects::default();
    let object = |kind, name: &str| SessionObject {
        kind,
        name: name.to_owned(),
    };
    let relation = |of: Option<&protobuf::RangeVar>| {
        let of = of.filter(|of| of.relpersistence == "t" || of.schemaname == TEMPORARY)?;
        Some(object(RELATION, &of.relname))
    };
    match tree {
        Node::CreateStmt(create) => objects.made.extend(relation(create.relation.as_ref())),
        Node::CreateTableAsStmt(create) => {
            let into = create.into.as_ref().and_then(|into| into.rel.as_ref());
            objects.made.extend(relation(into));
        }
        Node::SelectStmt(select) => {
            let into = select.into_clause.as_ref().and_then(|into| into.rel.as_ref());
            objects.made.extend(relation(into));
        }
        Node::ViewStmt(view) => objects.made.extend(relation(view.view.as_ref())),
        Node::CreateSeqStmt(create) => objects.made.extend(relation(create.sequence.as_ref())),
        Node::CreateFunctionStmt(create) => {
            if let [schema, name] = words(&create.funcname).as_slice()
                && schema == TEMPORARY
            {
                objects.made.push(object(FUNCTION, name));
            }
        }
        Node::PrepareStmt(prepare) => objects.made.push(object(STATEMENT, &prepare.name)),
        Node::ExecuteStmt(execute) => objects.named.push(object(STATEMENT, &execute.name)),
        Node::DeallocateStmt(deallocate) => objects.named.push(object(STATEMENT, &deallocate.name)),
        Node::DeclareCursorStmt(declare) => objects.made.push(object(CURSOR, &declare.portalname)),
        Node::FetchStmt(fetch) => objects.named.push(object(CURSOR, &fetch.portalname)),
        Node::ClosePortalStmt(close) => objects.named.push(object(CURSOR, &close.portalname)),
        Node::DropStmt(drop) => {
            for dropped in &drop.objects {
                if let Some(Node::List(list)) = &dropped.node
                    && let Some(name) = unqualified(&words(&list.items))
                {
                    objects.named.push(object(RELATION, name));
                }
            }
        }
        _ => {}
    }
    // The tree's own types cannot fail to become a value: keys are strings, numbers are finite.
    find(
        &serde_json::to_value(tree).unwrap_or_default(),
        &mut objects.named,
    );
    objects.named.retain(|object| !objects.made.contains(object));
    objects
}

/// The last word, where nothing but the temporary schema stands before it.
fn unqualified(words: &[String]) -> Option<&str> {
    match words {
        [name] => Some(name),
        [schema, name] if schema == TEMPORARY => Some(name),
        _ => None,
    }
}

/// Relations and functions named anywhere in the tree.
fn find(value: &Value, named: &mut Vec<SessionObject>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| find(item, named)),
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
            if fields.contains_key("relpersistence") && matches!(text("schemaname"), "" | TEMPORARY) {
                let name = text("relname").to_owned();
                named.push(SessionObject { kind: RELATION, name });
            }
            if let Some(called) = fields.get("FuncCall").and_then(|call| call.get("funcname")) {
                let words = called.as_array().into_iter().flatten();
                let words: Vec<&str> = words
                    .filter_map(|word| word.pointer("/node/String/sval")?.as_str())
                    .collect();
                if let [TEMPORARY, name] = words.as_slice() {
                    let name = (*name).to_owned();
                    named.push(SessionObject { kind: FUNCTION, name });
                }
            }
            fields.values().for_each(|inner| find(inner, named));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(objects: &[SessionObject]) -> Vec<String> {
        let mut said: Vec<String> = objects
            .iter()
            .map(|object| format!("{} {}", object.kind, object.name))
            .collect();
        said.sort();
        said.dedup();
        said
    }

    #[test]
    fn what_a_statement_makes_for_its_session() {
        for (sql, made) in [
            ("CREATE TEMP TABLE s (a int)", "temporary table or view s"),
            ("CREATE TABLE pg_temp.s (a int)", "temporary table or view s"),
            ("CREATE TEMP TABLE s AS SELECT 1", "temporary table or view s"),
            ("SELECT 1 AS a INTO TEMP s", "temporary table or view s"),
            ("CREATE TEMP VIEW s AS SELECT 1", "temporary table or view s"),
            ("CREATE TEMP SEQUENCE s", "temporary table or view s"),
            (
                "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "temporary function f",
            ),
            ("PREPARE p AS SELECT 1", "prepared statement p"),
            ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "cursor c"),
        ] {
            assert!(may_make_session_object(sql), "{sql}");
            assert_eq!(said(&session_objects(sql).unwrap().made), [made], "{sql}");
        }
        let lasting = session_objects("CREATE TABLE temperature (a int)").unwrap();
        assert_eq!(lasting.made, []);
    }

    #[test]
    fn what_a_statement_wants_from_its_session() {
        for (sql, named) in [
            ("INSERT INTO app.t SELECT * FROM s", "temporary table or view s"),
            ("ALTER TABLE s ADD b int", "temporary table or view s"),
            ("CREATE INDEX ON pg_temp.s (a)", "temporary table or view s"),
            ("DROP TABLE s", "temporary table or view s"),
            ("SELECT pg_temp.f()", "temporary function f"),
            ("EXECUTE p", "prepared statement p"),
            ("DEALLOCATE p", "prepared statement p"),
            ("FETCH ALL FROM c", "cursor c"),
            ("CLOSE c", "cursor c"),
        ] {
            assert_eq!(said(&session_objects(sql).unwrap().named), [named], "{sql}");
        }
        let elsewhere = session_objects("SELECT * FROM app.s WHERE a = app.f()").unwrap();
        assert_eq!(elsewhere.named, []);
    }
}
