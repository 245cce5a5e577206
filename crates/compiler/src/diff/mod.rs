//! From one catalog to another: the statements that turn a database of the old schema into one of the new.
//!
//! Each object has a fate: it is created, dropped, altered or made anew. Fates spread over `pg_depend`:
//! what depends on something that goes is made anew with it, its comments, privileges and parts too.
//! Then every fate becomes parts of one plan ([`crate::catalog`]'s own, which also writes whole schemas), whose graph
//! of both catalogs' dependencies gives the order. Statements are plain SQL that may lock; the forms that let traffic
//! flow are the rules' business. Each object that goes is named; CASCADE is written for a type with input and output
//! functions of its own only, which PostgreSQL drops in no other way.
//!
//! Not compared: the order of columns, whether an inherited column is also a table's own (which no statement takes
//! back, and which is said where a table becomes a child), sizes, and what
//! [`WriteOptions`] leaves out. What cannot be expressed is said ([`Difference::cannot`]).

mod cast;
mod column;
mod container;
mod emit;
mod fate;
mod gone;
mod kin;
mod live;
mod not_null;
mod note;
mod object;
mod part;
mod relation;
mod rename;
mod spread;
mod types;

use std::fmt;

use crate::catalog::{Address, Catalog, WriteOptions};

/// Settings that the statements are to be run with. Bodies of functions may name what comes later; the rest keeps the
/// session's defaults out of what is created. The database's own `search_path` stays: names in statements are
/// qualified, those in functions that checks and defaults call may not be.
pub const SETTINGS: [&str; 3] = [
    "SET check_function_bodies = off",
    "SET default_table_access_method = heap",
    "SET default_tablespace = ''",
];

/// What is compared, and what is known besides the two schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffOptions {
    /// Whether owners and privileges are compared and written.
    pub write: WriteOptions,
    /// Which objects got another name, as declared or confirmed by somebody who knows.
    pub renames: Vec<Rename>,
}

/// An object that got another name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rename {
    /// As it is called in the old schema.
    pub from: Address,
    /// As it is called in the new schema: an address of the same class.
    pub to: Address,
    /// Why this is likely, as a sentence without its full stop; empty where it is declared.
    pub evidence: String,
}

impl Rename {
    /// A declared one.
    pub fn new(from: Address, to: Address) -> Self {
        Self {
            from,
            to,
            evidence: String::new(),
        }
    }
}

/// The way from one schema to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Statements in an order that works. They are to run with [`SETTINGS`].
    pub changes: Vec<Change>,
    /// What no statement here expresses.
    pub cannot: Vec<Cannot>,
    /// Pairs of a dropped and a created object that may be one object with another name.
    pub rename_candidates: Vec<Rename>,
}

impl Difference {
    /// Whether the schemas are the same.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.cannot.is_empty()
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What it changes.
    pub object: Address,
    /// How.
    pub action: Action,
    /// The statement, without its semicolon.
    pub sql: String,
    /// Which data goes away, or may be refused, as a sentence without its full stop.
    pub loses: Option<String>,
    /// The object that is the only reason why this one goes and comes back.
    pub because: Option<Address>,
    /// What else is worth knowing, as a sentence without its full stop.
    pub remark: Option<String>,
}

/// What a statement does to its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed where it is.
    Alter,
    /// It is dropped and made again: this is one statement of these.
    Replace,
    /// It is dropped.
    Drop,
    /// It gets another name.
    Rename,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Replace => "replace",
            Self::Drop => "drop",
            Self::Rename => "rename",
        })
    }
}

/// A difference that no statement here expresses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cannot {
    /// What differs; none where the model has no place for it.
    pub object: Option<Address>,
    /// What about it, as a sentence without its full stop.
    pub why: String,
}

/// Compares two schemas.
///
/// ```
/// use windlass_compiler::catalog::Catalog;
/// use windlass_compiler::diff::{DiffOptions, diff};
/// let empty = Catalog::empty(150_018);
/// assert!(diff(&empty, &empty, &DiffOptions::default()).is_empty());
/// ```
pub fn diff(old: &Catalog, new: &Catalog, options: &DiffOptions) -> Difference {
    let renamed = rename::apply(old, new, options);
    let before = renamed.as_ref().map_or(old, |renamed| &renamed.catalog);
    let parts = rename::parts(before, new);
    let before = parts.as_ref().map_or(before, |(catalog, _)| catalog);
    let mut difference = emit::difference(before, new, options);
    difference.rename_candidates = rename::candidates(before, new);
    if let Some((_, changes)) = parts {
        difference.changes.splice(0..0, changes);
    }
    if let Some(renamed) = renamed {
        difference.changes.splice(0..0, renamed.changes);
        difference.cannot.splice(0..0, renamed.cannot);
    }
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{
        Column, Constraint, ConstraintKind, Dependencies, DependencyKind, Index, IndexKey, QualifiedName,
        Relation, RelationKind,
    };

    /// Tables of ten columns with a key, two indexes and a foreign key each.
    fn tables(count: usize) -> Catalog {
        let mut catalog = Catalog::empty(150_018);
        let mut edges = Vec::new();
        for number in 0..count {
            let name = QualifiedName::new("public", format!("table_{number:04}"));
            let mut relation = Relation::new(RelationKind::Table);
            relation.columns = (0..10)
                .map(|at| Column::new(&format!("column_{at}"), "integer"))
                .collect();
            let own = |part: &str| format!("{}_{part}", name.name);
            let column = |at: usize| Address::Column(name.clone(), format!("column_{at}"));
            let mut key = Constraint::new(&own("pkey"), ConstraintKind::PrimaryKey, "PRIMARY KEY (column_0)");
            key.index = Some(name.beside(&own("pkey")));
            edges.push((
                Address::Constraint(name.clone(), own("pkey")),
                column(0),
                DependencyKind::Auto,
            ));
            relation.constraints = vec![key];
            for at in 1..3 {
                let index = own(&format!("index_{at}"));
                let definition = format!("CREATE INDEX {index} ON {name} USING btree (column_{at})");
                let mut index = Index::new(&index, &definition);
                index.keys = vec![IndexKey::Column(format!("column_{at}"))];
                edges.push((
                    Address::Index(name.beside(&index.name)),
                    column(at),
                    DependencyKind::Auto,
                ));
                relation.indexes.push(index);
            }
            catalog
                .owners
                .insert(Address::Relation(name.clone()), "owner".to_owned());
            catalog.relations.insert(name, relation);
        }
        catalog.dependencies = Dependencies::new(edges);
        catalog
    }

    fn with_changes(catalog: &Catalog, count: usize) -> Catalog {
        let mut changed = catalog.clone();
        for (at, (name, relation)) in changed.relations.iter_mut().step_by(37).take(count).enumerate() {
            match at % 4 {
                0 => relation.columns.push(Column::new("more", "text")),
                1 => relation.columns[5].data_type = "bigint".to_owned(),
                2 => relation.columns[6].is_not_null = true,
                _ => {
                    let index = format!("{}_more", name.name);
                    let definition = format!("CREATE INDEX {index} ON {name} USING btree (column_7)");
                    relation.indexes.push(Index::new(&index, &definition));
                }
            }
        }
        changed
    }

    #[test]
    fn only_what_differs_is_changed() {
        let old = tables(60);
        let new = with_changes(&old, 2);
        let difference = diff(&old, &new, &DiffOptions::default());
        let sql: Vec<&str> = difference
            .changes
            .iter()
            .map(|change| change.sql.as_str())
            .collect();
        assert_eq!(
            sql,
            [
                "ALTER TABLE public.table_0000 ADD COLUMN more text",
                "ALTER TABLE public.table_0037 ALTER COLUMN column_5 TYPE bigint"
            ]
        );
        assert_eq!(difference.cannot, []);
    }

    #[test]
    #[ignore = "prints how long a large schema takes"]
    fn a_thousand_tables() {
        let old = tables(1000);
        for (what, new) in [
            ("20 changes", with_changes(&old, 20)),
            ("everything", Catalog::empty(150_018)),
        ] {
            for (one, other) in [(&old, &new), (&new, &old)] {
                let begin = std::time::Instant::now();
                let difference = diff(one, other, &DiffOptions::default());
                println!(
                    "{what}: {} statements in {:?}",
                    difference.changes.len(),
                    begin.elapsed()
                );
            }
        }
    }
}
