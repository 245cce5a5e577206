//! Leaving objects alone: a schema that is wanted, but for what somebody else takes care of.

use std::collections::{BTreeMap, BTreeSet};

use super::{Address, Catalog, Dependencies, QualifiedName, RelationKind, SequenceOwner};

impl Catalog {
    /// This catalog with everything that `is_left` says as it is in the other: it is neither made, changed nor
    /// dropped on the way from the other to this one. Asked about whole objects; parts, indexes and owned sequences
    /// go with their relation.
    #[must_use]
    pub fn leaving(&self, other: &Self, is_left: &dyn Fn(&Address) -> bool) -> Self {
        let left = Left::of(self, other, is_left);
        let is_left = |address: &Address| left.covers(address);
        let mut edges = Vec::new();
        for (catalog, takes) in [(self, false), (other, true)] {
            let of = catalog.dependencies.iter();
            edges.extend(
                of.filter(|edge| is_left(edge.dependent) == takes)
                    .map(|edge| (edge.dependent.clone(), edge.referenced.clone(), edge.kind)),
            );
        }
        Self {
            server_version: self.server_version,
            schemas: merged(&self.schemas, &other.schemas, |name| {
                is_left(&Address::Schema(name.clone()))
            }),
            extensions: merged(&self.extensions, &other.extensions, |name| {
                is_left(&Address::Extension(name.clone()))
            }),
            types: merged(&self.types, &other.types, |name| {
                is_left(&Address::Type(name.clone()))
            }),
            relations: merged(&self.relations, &other.relations, |name| {
                is_left(&Address::Relation(name.clone()))
            }),
            routines: merged(&self.routines, &other.routines, |name| {
                is_left(&Address::Routine(name.clone()))
            }),
            objects: merged(&self.objects, &other.objects, is_left),
            owners: merged(&self.owners, &other.owners, is_left),
            comments: merged(&self.comments, &other.comments, is_left),
            privileges: merged(&self.privileges, &other.privileges, is_left),
            member_privileges: merged(&self.member_privileges, &other.member_privileges, |member| {
                is_left(&Address::Extension(member.extension.clone()))
            }),
            security_labels: merged(&self.security_labels, &other.security_labels, |(address, _)| {
                is_left(address)
            }),
            dependencies: Dependencies::new(edges),
            sizes: self.sizes.clone(),
            unmodelled: self.unmodelled.clone(),
        }
    }
}

/// The entries of `own`, but for those that are left: these are as in `other`.
fn merged<K: Ord + Clone, V: Clone>(
    own: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
    is_left: impl Fn(&K) -> bool,
) -> BTreeMap<K, V> {
    let kept = own.iter().filter(|(key, _)| !is_left(key));
    let taken = other.iter().filter(|(key, _)| is_left(key));
    kept.chain(taken)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// What is left alone, of both catalogs.
struct Left<'a> {
    is_left: &'a dyn Fn(&Address) -> bool,
    relations: BTreeSet<QualifiedName>,
    indexes: BTreeSet<QualifiedName>,
}

impl<'a> Left<'a> {
    fn of(one: &Catalog, two: &Catalog, is_left: &'a dyn Fn(&Address) -> bool) -> Self {
        let mut relations = BTreeSet::new();
        let mut indexes = BTreeSet::new();
        for catalog in [one, two] {
            for name in catalog.relations.keys() {
                if is_left(&Address::Relation(name.clone())) {
                    relations.insert(name.clone());
                }
            }
        }
        for catalog in [one, two] {
            for (name, relation) in &catalog.relations {
                if let RelationKind::Sequence(sequence) = &relation.kind
                    && let SequenceOwner::Column(of, _) | SequenceOwner::Identity(of, _) = &sequence.owner
                    && relations.contains(of)
                {
                    relations.insert(name.clone());
                }
                if relations.contains(name) {
                    indexes.extend(relation.indexes.iter().map(|index| name.beside(&index.name)));
                }
            }
        }
        Self {
            is_left,
            relations,
            indexes,
        }
    }

    fn covers(&self, address: &Address) -> bool {
        match address {
            Address::Relation(name) => self.relations.contains(name),
            Address::Index(name) => self.indexes.contains(name),
            Address::DomainConstraint(of, _) => (self.is_left)(&Address::Type(of.clone())),
            other => match other.relation() {
                // A part of a relation, or an attribute of a composite type.
                Some(of) => self.relations.contains(of) || (self.is_left)(&Address::Type(of.clone())),
                None => (self.is_left)(other),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Relation;
    use crate::simulate::Simulation;

    fn catalog(statements: &[&str]) -> Catalog {
        let mut simulation = Simulation::new(Catalog::empty(150_000), &["public"]);
        for statement in statements {
            simulation.apply(statement).expect("it is SQL");
        }
        simulation.catalog().clone()
    }

    #[test]
    fn what_is_left_is_as_in_the_other_with_its_parts() {
        let old = catalog(&[
            "CREATE TABLE kept (id int PRIMARY KEY, a int)",
            "CREATE INDEX kept_a ON kept (a)",
            "CREATE TABLE gone (id int)",
        ]);
        let new = catalog(&["CREATE TABLE kept (id int)", "CREATE TABLE made (id int)"]);
        let kept = QualifiedName::new("public", "kept");
        let left = new.leaving(&old, &|address| *address == Address::Relation(kept.clone()));
        let names: Vec<&str> = left.relations.keys().map(|name| name.name.as_str()).collect();
        assert_eq!(names, ["kept", "made"]);
        assert_eq!(left.relation(&kept), old.relation(&kept));
        assert_eq!(left.relation(&kept).map(|of| of.indexes.len()), Some(2));
        let none = new.leaving(&old, &|_| false);
        assert!(none.same_schema(&new));
    }

    #[test]
    fn a_sequence_goes_with_the_table_that_owns_it() {
        let old = catalog(&["CREATE TABLE kept (id serial)"]);
        let new = catalog(&["CREATE TABLE other (id int)"]);
        let left = new.leaving(&old, &|address| {
            *address == Address::Relation(QualifiedName::new("public", "kept"))
        });
        let sequences = left
            .relations
            .values()
            .filter(|of: &&Relation| matches!(of.kind, RelationKind::Sequence(_)));
        assert_eq!(sequences.count(), 1);
    }
}
