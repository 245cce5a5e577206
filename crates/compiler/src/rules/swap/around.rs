//! What hangs on the old column from outside its table: foreign keys that reference it, views and statistics that
//! read it. They go when the short transaction begins and are back, as they were, when it ends.

use std::collections::BTreeSet;

use super::Swap;
use crate::catalog::{
    Address, Catalog, Constraint, ConstraintKind, DependencyKind, QualifiedName, Relation, RelationKind,
};
use crate::diff::{DiffOptions, diff};
use crate::rules::Safe;
use crate::sql::{TypeName, quote_identifier as quote};

impl Swap<'_> {
    /// Foreign keys that reference the column: dropped, added NOT VALID in the same transaction, validated afterwards.
    /// No write goes unchecked, and no row is read under a lock.
    pub(super) fn references(&mut self) -> Result<(), String> {
        let catalog = self.catalog;
        let table = self.name.clone();
        for (other, constraint, key) in catalog.referencing(&table) {
            let Some(at) = key.referenced_columns.iter().position(|name| self.is_it(name)) else {
                continue;
            };
            if constraint.is_inherited() {
                continue;
            }
            let name = quote(&constraint.name);
            if *other == table && constraint.columns.iter().any(|column| self.is_it(column)) {
                return Err(format!("{name} leads from the column to itself"));
            }
            let child = catalog.relation(other);
            let own = constraint.columns.get(at);
            let own = child.zip(own).and_then(|(child, column)| child.column(column));
            let own = own.and_then(|column| TypeName::parse(&column.data_type));
            if !own.is_some_and(|own| are_comparable(&own, self.new_type_name)) {
                return Err(format!(
                    "{name} of {other} references the column from one whose type PostgreSQL may not compare with the new one"
                ));
            }
            self.renewed
                .insert(Address::Constraint(other.clone(), constraint.name.clone()));
            self.before
                .push(format!("ALTER TABLE {other} DROP CONSTRAINT {name}"));
            let is_partitioned =
                child.is_some_and(|child| matches!(child.kind, RelationKind::PartitionedTable(_)));
            if is_partitioned && catalog.major() < 18 {
                self.reference_by_leaves(other, constraint);
            } else {
                self.reference(other, &constraint.name, constraint);
            }
        }
        Ok(())
    }

    fn reference(&mut self, other: &QualifiedName, name: &str, constraint: &Constraint) {
        let (head, name) = (format!("ALTER TABLE {other}"), quote(name));
        let definition = constraint.definition.trim_end_matches(" NOT VALID");
        let add = format!("{head} ADD CONSTRAINT {name} {definition}");
        if !constraint.is_enforced {
            self.after.push(add);
            return;
        }
        self.after.push(format!("{add} NOT VALID"));
        if constraint.is_valid {
            self.later
                .push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
        }
    }

    /// Before 18 a partitioned table has no foreign key that is NOT VALID: its leaves have, and it takes theirs over.
    fn reference_by_leaves(&mut self, other: &QualifiedName, constraint: &Constraint) {
        let catalog = self.catalog;
        for leaf in catalog.tree(other) {
            let Some(found) = catalog.relation(&leaf).filter(|found| found.has_storage()) else {
                continue;
            };
            let is_its = |own: &&Constraint| {
                matches!(&own.kind, ConstraintKind::ForeignKey(key) if key.references == self.name)
                    && own.parent.is_some()
                    && own.definition == constraint.definition
            };
            let name = found.constraints.iter().find(is_its);
            let name = name.map_or(&constraint.name, |own| &own.name).clone();
            self.reference(&leaf, &name, constraint);
        }
        self.later.push(Safe::new(format!(
            "ALTER TABLE {other} ADD CONSTRAINT {} {}",
            quote(&constraint.name),
            constraint.definition
        )));
    }

    /// Views and statistics that read the column, with all that reads those.
    pub(super) fn readers(&self) -> Result<BTreeSet<Address>, String> {
        let (table, column) = (&self.name, &self.column.name);
        let address = Address::Column(table.clone(), column.clone());
        let keys = self.table.constraints.iter().filter(|constraint| {
            let is_key = matches!(
                constraint.kind,
                ConstraintKind::PrimaryKey | ConstraintKind::Unique
            );
            is_key && constraint.columns.contains(column)
        });
        let keys = keys.map(|key| Address::Constraint(table.clone(), key.name.clone()));
        let mut found = BTreeSet::new();
        let mut open: Vec<Address> = std::iter::once(address).chain(keys).collect();
        while let Some(address) = open.pop() {
            for (user, kind) in self.catalog.dependencies.on(&address) {
                if self.goes_along(user) || kind == DependencyKind::Internal {
                    continue;
                }
                // A part of a view is made with it.
                let name = match user {
                    Address::Relation(name) => Some(name),
                    part => part.relation(),
                };
                let relation = name.and_then(|name| Some((name, self.catalog.relation(name)?)));
                match (user, relation) {
                    (_, Some((name, view))) if matches!(view.kind, RelationKind::View(_)) => {
                        let whole = Address::Relation(name.clone());
                        if found.insert(whole.clone()) {
                            open.push(whole);
                            open.extend(columns(name, view));
                        }
                    }
                    (_, Some((name, view))) if matches!(view.kind, RelationKind::MaterializedView(_)) => {
                        return Err(format!(
                            "the materialised view {name} reads the column and would be filled anew under a lock: drop it in a \
                             statement before, make it again in one behind"
                        ));
                    }
                    (Address::Statistics(_), _) => drop(found.insert(user.clone())),
                    _ => return Err(format!("{user} depends on {address}")),
                }
            }
        }
        Ok(found)
    }

    /// Whether it gets a twin, or goes with the column and comes back: what the other parts of the swap see to.
    fn goes_along(&self, user: &Address) -> bool {
        let table = &self.name;
        match user {
            Address::Index(index) => index.schema == table.schema && self.table.index(&index.name).is_some(),
            Address::Constraint(of, name) => of == table || self.references_it(of, name),
            Address::Default(of, column) => of == table && self.is_it(column),
            Address::Relation(sequence) => self.owned(sequence),
            _ => false,
        }
    }

    fn references_it(&self, of: &QualifiedName, name: &str) -> bool {
        let constraint = self.catalog.relation(of).and_then(|of| of.constraint(name));
        constraint.is_some_and(|constraint| {
            matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if key.references == self.name)
        })
    }

    /// What takes the readers away, and what makes them again with all notes on what is made anew.
    pub(super) fn remake(&mut self, readers: &BTreeSet<Address>) -> Result<(), String> {
        let catalog = self.catalog;
        let has_notes = catalog.comments.keys().any(|of| self.renewed.contains(of))
            || catalog.privileges.keys().any(|of| self.renewed.contains(of))
            || catalog
                .security_labels
                .keys()
                .any(|(of, _)| self.renewed.contains(of));
        if readers.is_empty() && !has_notes {
            return Ok(());
        }
        let nothing = Catalog::empty(catalog.server_version);
        let without = catalog.leaving(&nothing, &|address| readers.contains(address));
        let mut bare = without.clone();
        bare.comments.retain(|of, _| !self.renewed.contains(of));
        bare.privileges.retain(|of, _| !self.renewed.contains(of));
        bare.security_labels
            .retain(|(of, _), _| !self.renewed.contains(of));
        let options = DiffOptions::default();
        let (gone, back) = (diff(catalog, &without, &options), diff(&bare, catalog, &options));
        if let Some(cannot) = gone.cannot.iter().chain(&back.cannot).next() {
            return Err(format!(
                "what reads the column cannot be made again: {}",
                cannot.why
            ));
        }
        for change in &back.changes {
            if change.sql.starts_with("SET ROLE") {
                return Err(format!(
                    "{} has rights that another role has granted",
                    change.object
                ));
            }
        }
        // First of all: who reads a view locks it before its tables.
        self.before
            .splice(0..0, gone.changes.into_iter().map(|change| change.sql));
        self.after
            .extend(back.changes.into_iter().map(|change| change.sql));
        Ok(())
    }
}

fn columns(name: &QualifiedName, view: &Relation) -> impl Iterator<Item = Address> {
    let columns = view.columns.iter();
    columns.map(|column| Address::Column(name.clone(), column.name.clone()))
}

/// Whether PostgreSQL has an equality by which a foreign key of the one type looks up a key of the other in its index.
pub(super) fn are_comparable(own: &TypeName, key: &TypeName) -> bool {
    let whole = |of: &TypeName| matches!(of.own(), Some("int2" | "int4" | "int8"));
    let text = |of: &TypeName| matches!(of.own(), Some("text" | "varchar"));
    (whole(own) && (whole(key) || key.own() == Some("numeric")))
        || (text(own) && text(key))
        || (own.own().is_some() && own.own() == key.own())
}
