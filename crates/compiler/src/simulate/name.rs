//! The names that PostgreSQL chooses where nobody gives one, and how it tells them apart.

use super::Simulation;
use crate::catalog::{QualifiedName, object_name};

/// The longest name, in bytes.
const MOST: usize = 63;

impl Simulation {
    /// A name for an index, sequence or the like that nothing in the schema has.
    pub(super) fn choose_relation_name(
        &self,
        schema: &str,
        first: &str,
        second: &str,
        label: &str,
    ) -> String {
        self.choose(first, second, label, |name| self.has_relation(schema, name))
    }

    /// A name for an index that makes a constraint: no constraint may have it either.
    pub(super) fn choose_index_name(&self, schema: &str, first: &str, second: &str, label: &str) -> String {
        self.choose(first, second, label, |name| {
            self.has_relation(schema, name) || self.has_constraint(schema, name)
        })
    }

    /// A name for a constraint that none of the schema has.
    pub(super) fn choose_constraint_name(
        &self,
        schema: &str,
        first: &str,
        second: &str,
        label: &str,
    ) -> String {
        self.choose(first, second, label, |name| self.has_constraint(schema, name))
    }

    fn choose(&self, first: &str, second: &str, label: &str, is_taken: impl Fn(&str) -> bool) -> String {
        let mut numbered = label.to_owned();
        let mut number = 0;
        loop {
            let name = object_name(first, second, &numbered);
            if !is_taken(&name) {
                return name;
            }
            number += 1;
            numbered = format!("{label}{number}");
        }
    }

    fn has_relation(&self, schema: &str, name: &str) -> bool {
        let name = QualifiedName::new(schema, name);
        self.catalog.relations.contains_key(&name) || self.catalog.index(&name).is_some()
    }

    fn has_constraint(&self, schema: &str, name: &str) -> bool {
        let mut relations = self.catalog.in_schema(schema);
        relations.any(|(_, relation)| relation.constraint(name).is_some())
    }
}

/// The columns of a constraint or index, as a part of its name.
pub(super) fn joined<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column);
        if joined.len() > MOST {
            break;
        }
    }
    joined
}
