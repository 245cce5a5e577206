//! Parents and children of relations while they change.

use super::Emit;
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::{Address, QualifiedName};
use crate::diff::fate::Fate;
use crate::diff::kin;

impl Emit<'_> {
    /// Parents that the relation had and keeps.
    fn kept_parents(&self, of: &QualifiedName) -> Vec<QualifiedName> {
        match (self.old.relation(of), self.new.relation(of)) {
            (Some(before), Some(after)) => kin::parents(before)
                .filter(|parent| kin::parents(after).any(|other| other == *parent))
                .cloned()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// All above the relation that it keeps.
    pub(in crate::diff) fn ancestors(&self, of: &QualifiedName) -> Vec<QualifiedName> {
        let mut found: Vec<QualifiedName> = Vec::new();
        let mut open = self.kept_parents(of);
        while let Some(next) = open.pop() {
            if !found.contains(&next) {
                open.extend(self.kept_parents(&next));
                found.push(next);
            }
        }
        found
    }

    /// All below the relation that were there and stay.
    pub(in crate::diff) fn heirs(&self, of: &QualifiedName) -> Vec<QualifiedName> {
        let below = kin::descendants(&self.new_children, of);
        let mut heirs: Vec<QualifiedName> = below
            .into_iter()
            .filter(|name| self.ancestors(name).contains(of))
            .cloned()
            .collect();
        heirs.dedup();
        heirs
    }

    /// Whether a parent's statement makes or changes this part of a child.
    pub(in crate::diff) fn comes_from_parent(&self, of: &QualifiedName, address: &Address) -> bool {
        self.kept_parents(of).into_iter().any(|parent| {
            let above = match address {
                Address::Column(_, name) => Address::Column(parent, name.clone()),
                Address::Constraint(_, name) => Address::Constraint(parent, name.clone()),
                _ => return false,
            };
            match self.fate(address) {
                Some(Fate::Alter) => self.fate(&above).is_some(),
                _ => self.fate(&above).is_some_and(Fate::is_made),
            }
        })
    }

    /// The parts of that kind of all above that are made too.
    pub(in crate::diff) fn before_parents_part(
        &self,
        of: &QualifiedName,
        part: impl Fn(QualifiedName) -> Address,
    ) -> Vec<Address> {
        let above = self.ancestors(of).into_iter().map(part);
        above
            .filter(|address| self.fate(address).is_some_and(Fate::is_made))
            .collect()
    }

    /// What of the relation changes, changes when links are cut: its own, and those of children that leave it.
    pub(in crate::diff) fn after_leaving(&self, of: &QualifiedName) -> Vec<Key> {
        let leaving = self
            .leaving
            .iter()
            .filter(|(child, parents)| **child == of || parents.contains(&of));
        let untyped = self.origin.relations.iter().filter(|(name, relation)| {
            relation
                .of_type
                .as_ref()
                .is_some_and(|kind| (*name == of || kind == of) && self.leaves_its_type(name))
        });
        leaving
            .map(|(child, _)| *child)
            .chain(untyped.map(|(name, _)| name))
            .chain(self.no_catalogs.get(of))
            .map(|name| (Address::Relation(name.clone()), Stage::Leave))
            .collect()
    }
}
