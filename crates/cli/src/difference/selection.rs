//! Which objects a comparison is about. What it is not about stays as it is on the old side.

use std::collections::BTreeSet;

use windlass::compiler::catalog::{Address, Catalog, QualifiedName};

/// Tables in which other tools keep their records: no schema that an application describes has them.
const RECORDS: [&str; 17] = [
    "alembic_version",
    "django_migrations",
    "schema_migrations",
    "ar_internal_metadata",
    "_prisma_migrations",
    "__drizzle_migrations",
    "flyway_schema_history",
    "databasechangelog",
    "databasechangeloglock",
    "goose_db_version",
    "_sqlx_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "pgmigrations",
    "SequelizeMeta",
    "__EFMigrationsHistory",
    "__diesel_schema_migrations",
];

/// What `--schema` and `--exclude` say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// Only these schemas; all where none is named.
    pub(crate) schemas: Vec<String>,
    /// Schemas, `schema.name`, or `class name`; `*` stands for anything.
    pub(crate) exclude: Vec<String>,
}

impl Selection {
    /// Whether everything is compared.
    pub(crate) fn is_everything(&self) -> bool {
        self.schemas.is_empty() && self.exclude.is_empty()
    }

    /// The new catalog with what is not compared as it is in the old one, and the tables of other tools that are
    /// left alone.
    pub(crate) fn of(&self, old: &Catalog, new: Catalog) -> (Catalog, Vec<String>) {
        let both = old.relations.keys().chain(new.relations.keys());
        let is_record = |name: &&QualifiedName| {
            let in_both = old.relations.contains_key(*name) && new.relations.contains_key(*name);
            RECORDS.contains(&name.name.as_str()) && !in_both
        };
        let records: BTreeSet<QualifiedName> = both.filter(is_record).cloned().collect();
        if records.is_empty() && self.is_everything() {
            return (new, Vec::new());
        }
        let is_left = |address: &Address| match address {
            Address::Relation(name) if records.contains(name) => true,
            _ => self.leaves(address),
        };
        let left = new.leaving(old, &is_left);
        (left, records.iter().map(ToString::to_string).collect())
    }

    fn leaves(&self, address: &Address) -> bool {
        let schema = match address {
            Address::Schema(name) => Some(name.as_str()),
            other => other.schema(),
        };
        let is_outside = match schema {
            Some(schema) => !self.schemas.iter().any(|wanted| matches(wanted, schema)),
            None => true,
        };
        if !self.schemas.is_empty() && is_outside {
            return true;
        }
        let name = match address {
            Address::Relation(name) | Address::Type(name) => Some(format!("{}.{}", name.schema, name.name)),
            Address::Routine(routine) => Some(format!("{}.{}", routine.name.schema, routine.name.name)),
            _ => None,
        };
        let shown = address.to_string();
        self.exclude.iter().any(|pattern| {
            schema.is_some_and(|schema| matches(pattern, schema))
                || name.as_deref().is_some_and(|name| matches(pattern, name))
                || matches(pattern, &shown)
        })
    }
}

/// Whether a text is as a pattern says; `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| matches(rest, &text[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(schemas: &[&str], exclude: &[&str], address: &Address) -> bool {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let selection = Selection {
            schemas: words(schemas),
            exclude: words(exclude),
        };
        selection.leaves(address)
    }

    #[test]
    fn schemas_names_and_classes_can_be_left_out() {
        let table = Address::Relation(QualifiedName::new("audit", "log_2024"));
        assert!(!leaves(&[], &[], &table));
        assert!(leaves(&[], &["audit"], &table));
        assert!(leaves(&[], &["audit.log_*"], &table));
        assert!(!leaves(&[], &["audit.log"], &table));
        assert!(leaves(&["public"], &[], &table));
        assert!(!leaves(&["audit"], &[], &table));
        let extension = Address::Extension("pg_stat_statements".to_owned());
        assert!(leaves(&[], &["extension pg_stat*"], &extension));
        assert!(leaves(&["public"], &[], &extension), "it is in no schema");
        assert!(leaves(&[], &["audit"], &Address::Schema("audit".to_owned())));
    }

    #[test]
    fn records_of_other_tools_are_neither_made_nor_dropped() {
        let table = |name: &str| {
            let mut simulation =
                windlass::compiler::simulate::Simulation::new(Catalog::empty(150_000), &["public"]);
            simulation
                .apply(&format!("CREATE TABLE {name} (version text)"))
                .expect("it is SQL");
            simulation.catalog().clone()
        };
        let names = |catalog: &Catalog| {
            catalog
                .relations
                .keys()
                .map(|name| name.name.clone())
                .collect::<Vec<_>>()
        };
        let (new, left) = Selection::default().of(&table("schema_migrations"), table("leads"));
        assert_eq!(left, ["public.schema_migrations"]);
        assert_eq!(names(&new), ["leads", "schema_migrations"]);
        let (new, _) = Selection::default().of(&table("leads"), table("schema_migrations"));
        assert_eq!(names(&new), Vec::<String>::new());
    }
}
