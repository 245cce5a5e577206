//! What a query touches, wherever in its tree: relations in subqueries, in data-changing CTEs and
//! behind EXPLAIN, and the functions that it calls.

use serde_json::Value;

use super::RelationName;
use super::function::{self, Function};
use crate::effect::LockMode;

/// A relation that a query names, and the lock that it takes on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The relation.
    pub relation: RelationName,
    /// AccessShare where it is read, RowShare where rows are locked, RowExclusive where it is changed.
    pub mode: LockMode,
    /// Its rows can go away.
    pub deletes: bool,
}

/// All that a query touches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Each relation once, with the strongest lock.
    pub relations: Vec<Touch>,
    /// It calls a function that is not one of PostgreSQL's own: nobody sees what that one touches.
    pub opaque: bool,
}

impl Touched {
    /// What stands in the tree under `node`, which is a statement.
    pub(super) fn find(node: &impl serde::Serialize) -> Self {
        let mut finding = Finding::default();
        // The tree's own types cannot fail to become a value: keys are strings, numbers are finite.
        finding.walk(
            &serde_json::to_value(node).unwrap_or_default(),
            LockMode::AccessShare,
        );
        let Finding { mut touched, names } = finding;
        touched.relations.retain(|touch| {
            let is_read = touch.mode <= LockMode::RowShare;
            !(is_read && touch.relation.schema.is_none() && names.contains(&touch.relation.name))
        });
        touched
    }

    /// Whether rows can go away.
    pub fn deletes(&self) -> bool {
        self.relations.iter().any(|touch| touch.deletes)
    }

    fn add(&mut self, relation: RelationName, mode: LockMode, deletes: bool) {
        match self.relations.iter_mut().find(|touch| touch.relation == relation) {
            Some(touch) => {
                touch.mode = touch.mode.max(mode);
                touch.deletes |= deletes;
            }
            None => self.relations.push(Touch {
                relation,
                mode,
                deletes,
            }),
        }
    }
}

#[derive(Default)]
struct Finding {
    touched: Touched,
    /// Names that WITH gives.
    names: Vec<String>,
}

impl Finding {
    /// `mode` is what a relation named here is locked with.
    fn walk(&mut self, value: &Value, mode: LockMode) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, mode)),
            Value::Object(fields) => {
                if fields.contains_key("relpersistence") {
                    if let Some(relation) = named(value) {
                        self.touched.add(relation, mode, false);
                    }
                    return;
                }
                let is_set = |key: &str| {
                    fields
                        .get(key)
                        .and_then(Value::as_array)
                        .is_some_and(|items| !items.is_empty())
                };
                // A field of this name is a SELECT's alone.
                let mode = match fields.contains_key("locking_clause") {
                    true if is_set("locking_clause") => LockMode::RowShare,
                    true => LockMode::AccessShare,
                    false => mode,
                };
                for (key, inner) in fields {
                    match key.as_str() {
                        "InsertStmt" => self.change(inner, false),
                        "UpdateStmt" => self.change(inner, false),
                        "DeleteStmt" | "MergeStmt" => self.change(inner, true),
                        "FuncCall" => {
                            self.call(inner);
                            self.walk(inner, mode);
                        }
                        "CommonTableExpr" => {
                            self.names.extend(text(inner, "ctename"));
                            self.walk(inner, mode);
                        }
                        // What SELECT INTO creates; which tables FOR UPDATE OF names, by alias.
                        "into_clause" | "into" | "locking_clause" => {}
                        _ => self.walk(inner, mode),
                    }
                }
            }
            _ => {}
        }
    }

    /// INSERT, UPDATE, DELETE or MERGE.
    fn change(&mut self, statement: &Value, deletes: bool) {
        if let Some(relation) = statement.get("relation").and_then(named) {
            self.touched.add(relation, LockMode::RowExclusive, deletes);
        }
        for (key, inner) in statement.as_object().into_iter().flatten() {
            if key != "relation" {
                self.walk(inner, LockMode::AccessShare);
            }
        }
    }

    fn call(&mut self, call: &Value) {
        let words = call
            .get("funcname")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let words: Vec<String> = words
            .filter_map(|word| text(word.get("node")?.get("String")?, "sval"))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.touched.opaque |= function::known(&words) == Function::Opaque;
    }
}

fn named(range: &Value) -> Option<RelationName> {
    Some(RelationName::new(
        text(range, "schemaname").as_deref(),
        &text(range, "relname")?,
    ))
}

/// A text that is not empty.
fn text(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
