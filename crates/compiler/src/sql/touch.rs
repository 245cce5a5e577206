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
        let Finding {
            mut touched, names, ..
        } = finding;
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
    /// What FOR UPDATE OF names; empty for all.
    only: Vec<String>,
}

impl Finding {
    /// `mode` is what a relation named here is locked with.
    fn walk(&mut self, value: &Value, mode: LockMode) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, mode)),
            Value::Object(fields) => {
                if fields.contains_key("relpersistence") {
                    if let Some(relation) = named(value) {
                        let alias = value.get("alias").and_then(|alias| text(alias, "aliasname"));
                        let name = alias.as_ref().unwrap_or(&relation.name);
                        let locked = self.only.is_empty() || self.only.contains(name);
                        let mode = match mode {
                            LockMode::RowShare if !locked => LockMode::AccessShare,
                            mode => mode,
                        };
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
                let mode = match fields.get("locking_clause") {
                    Some(clauses) if is_set("locking_clause") => {
                        self.only = locked_names(clauses);
                        LockMode::RowShare
                    }
                    Some(_) => LockMode::AccessShare,
                    None => mode,
                };
                for (key, inner) in fields {
                    match key.as_str() {
                        "InsertStmt" => self.change(inner, false),
                        "UpdateStmt" => self.change(inner, false),
                        "DeleteStmt" => self.change(inner, true),
                        "MergeStmt" => self.change(inner, merge_deletes(inner)),
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

/// The names after OF in all locking clauses; none when one of them is for every table.
fn locked_names(clauses: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for clause in clauses.as_array().into_iter().flatten() {
        let tables = clause
            .pointer("/node/LockingClause/locked_rels")
            .and_then(Value::as_array)
            .filter(|tables| !tables.is_empty());
        let Some(tables) = tables else {
            return Vec::new();
        };
        names.extend(
            tables
                .iter()
                .filter_map(|table| text(table.pointer("/node/RangeVar")?, "relname")),
        );
    }
    names
}

/// Whether a MERGE has THEN DELETE.
fn merge_deletes(merge: &Value) -> bool {
    let clauses = merge.get("merge_when_clauses").and_then(Value::as_array);
    clauses.into_iter().flatten().any(|clause| {
        let command = clause.pointer("/node/MergeWhenClause/command_type");
        command.and_then(Value::as_i64) == Some(pg_query::protobuf::CmdType::CmdDelete as i64)
    })
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
