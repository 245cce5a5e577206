//! Schemas, extensions and their members, types, collations.

use windlass_compiler::catalog::{
    Address, Domain, Extension, Object, QualifiedName, Range, Schema, SequenceOwner, Type,
};

use super::names::class;
use super::reader::Reader;
use super::row::Columns;
use crate::error::Result;

/// The schema of the journal, which is no part of the application's.
const OWN_SCHEMA: &str = "windlass";

impl Reader<'_> {
    pub(super) async fn schemas(&mut self) -> Result<()> {
        self.each(include_str!("members.sql"), |this, row| {
            let extension = Address::Extension(row.text("extension"));
            this.names.add(row.oid("class"), row.oid("object"), extension);
            Ok(())
        })
        .await?;
        for row in self.rows(include_str!("schemas.sql")).await? {
            let (oid, name) = (row.oid("oid"), row.text("name"));
            self.names.add_schema(oid, &name);
            // 2200 is public, which initdb makes and users own.
            if (oid < 16384 && oid != 2200) || name == OWN_SCHEMA || name.starts_with("pg_") {
                self.names.ignore(class::NAMESPACE, oid);
            }
            if self.names.is_taken(class::NAMESPACE, oid) {
                continue;
            }
            let address = Address::Schema(name.clone());
            self.names.add(class::NAMESPACE, oid, address.clone());
            if !(name == "public" && row.flag("has_first_owner")) {
                self.catalog.owners.insert(address, row.text("owner"));
            }
            self.catalog.schemas.insert(name, Schema::default());
        }
        for row in self.rows(include_str!("extensions.sql")).await? {
            let (oid, name) = (row.oid("oid"), row.text("name"));
            let address = Address::Extension(name.clone());
            self.names.add(class::EXTENSION, oid, address.clone());
            // plpgsql, which initdb makes, and pg_upgrade anew, with an oid like any other's.
            if oid < 16384 || name == "plpgsql" {
                continue;
            }
            let schema = self.names.schema(row.oid("namespace")).unwrap_or_default();
            let extension = Extension::new(&row.text("version"), schema);
            self.catalog.owners.insert(address, row.text("owner"));
            self.catalog.extensions.insert(name, extension);
        }
        Ok(())
    }

    /// Whether objects of the schema are the application's.
    pub(super) fn is_ours(&self, namespace: u32) -> bool {
        self.names.schema(namespace).is_some_and(|name| {
            name != OWN_SCHEMA && name != "information_schema" && !name.starts_with("pg_")
        })
    }

    /// A name of the application's; what is elsewhere or an extension's is marked as seen.
    pub(super) fn claim(
        &mut self,
        class: u32,
        oid: u32,
        namespace: u32,
        name: &str,
    ) -> Option<QualifiedName> {
        if !self.is_ours(namespace) {
            self.names.ignore(class, oid);
        }
        if self.names.is_taken(class, oid) {
            return None;
        }
        self.names.qualified(namespace, name)
    }

    pub(super) async fn types(&mut self) -> Result<()> {
        for row in self.rows(include_str!("collations.sql")).await? {
            let (oid, namespace) = (row.oid("oid"), row.oid("namespace"));
            let Some(name) = self.names.qualified(namespace, &row.text("name")) else {
                continue;
            };
            self.names.add_collation(oid, name);
            if let Some(name) = self.claim(class::COLLATION, oid, namespace, &row.text("name")) {
                let address = Address::Collation(name);
                let collation = Object::Parameters(row.options("parameters"));
                self.own(class::COLLATION, &row, address, collation);
            }
        }
        let rows = self.rows(include_str!("types.sql")).await?;
        for row in &rows {
            let (oid, namespace, name) = (row.oid("oid"), row.oid("namespace"), row.text("name"));
            if let Some(name) = self.names.qualified(namespace, &name) {
                self.names.add_type(oid, name.clone());
                self.names.add_type(row.oid("array_type"), name);
            }
            let claimed = self.claim(class::TYPE, oid, namespace, &name);
            if let Some(name) = claimed {
                let address = Address::Type(name.clone());
                self.names.add(class::TYPE, oid, address.clone());
                self.catalog.owners.insert(address, row.text("owner"));
                self.catalog.types.insert(name, Type::Shell);
            }
            let known = self.names.resolve(class::TYPE, oid, 0);
            match known {
                Some(super::names::Entry::Object(address)) => {
                    self.names.add(class::TYPE, row.oid("array_type"), address);
                }
                _ => self.names.ignore(class::TYPE, row.oid("array_type")),
            }
        }
        for row in &rows {
            self.type_of(row);
        }
        Ok(())
    }

    fn type_of(&mut self, row: &tokio_postgres::Row) {
        let oid = row.oid("oid");
        let Some(super::names::Entry::Object(Address::Type(name))) = self.names.resolve(class::TYPE, oid, 0)
        else {
            return;
        };
        let kind = row.text("kind");
        let made = match kind.as_str() {
            "e" => Type::Enum(row.texts("labels")),
            "d" => {
                let mut domain = Domain::new(&row.text("base"));
                domain.user_type = self.names.user_type(row.oid("base_type")).cloned();
                domain.collation = self.names.collation(row.oid_or_zero("collation")).cloned();
                domain.default = row.maybe("default_value");
                domain.is_not_null = row.flag("is_not_null");
                Type::Domain(domain)
            }
            "r" => {
                let Some(multirange) = self.names.user_type(row.oid_or_zero("multirange")).cloned() else {
                    return;
                };
                let mut range = Range::new(&row.text("subtype"), multirange.clone());
                let namespace = row.oid_or_zero("class_namespace");
                range.operator_class = row
                    .maybe("class_name")
                    .and_then(|class| self.names.qualified(namespace, &class));
                range.collation = self.names.collation(row.oid_or_zero("range_collation")).cloned();
                range.canonical = row.maybe("canonical");
                range.difference = row.maybe("difference");
                // A range's multirange type may be read before or after it.
                let of = name.clone();
                // Its owner cannot be changed, and means nothing.
                self.catalog.owners.remove(&Address::Type(multirange.clone()));
                self.catalog.types.insert(multirange, Type::Multirange { of });
                Type::Range(range)
            }
            "m" => return,
            "b" => Type::Base(row.options("parameters")),
            _ => Type::Shell,
        };
        self.catalog.types.insert(name, made);
    }

    pub(super) async fn sequences(&mut self) -> Result<()> {
        use windlass_compiler::catalog::{RelationKind, Sequence};
        self.each(include_str!("sequences.sql"), |this, row| {
            let Some(name) = this.names.relation(row.oid("oid")).cloned() else {
                return Ok(());
            };
            let owner = row.oid_or_zero("owner");
            let column = row.value::<Option<i32>>("owner_column").unwrap_or_default();
            let column = i16::try_from(column).unwrap_or_default();
            let owner = match (this.names.relation(owner), this.names.column(owner, column)) {
                (Some(table), Some(column)) if row.flag("is_identity") => {
                    SequenceOwner::Identity(table.clone(), column.to_owned())
                }
                (Some(table), Some(column)) => SequenceOwner::Column(table.clone(), column.to_owned()),
                _ => SequenceOwner::Nobody,
            };
            let mut sequence = Sequence::ascending(&row.text("data_type"));
            sequence.start = row.value("start");
            sequence.increment = row.value("increment");
            sequence.minimum = row.value("minimum");
            sequence.maximum = row.value("maximum");
            sequence.cache = row.value("cache");
            sequence.cycles = row.flag("cycles");
            sequence.owner = owner;
            if let Some(relation) = this.catalog.relations.get_mut(&name) {
                relation.kind = RelationKind::Sequence(sequence);
            }
            Ok(())
        })
        .await
    }
}
