//! Columns that hold a domain, or rows of a table, inside of something else: an array, a composite type, a range.
//!
//! PostgreSQL proves a domain's new constraint on columns of the domain, and refuses to where rows keep it inside of
//! something else. It rewrites no table whose rows are held elsewhere.

use std::collections::BTreeSet;

use super::emit::Emit;
use super::fate::{Fate, Fates, is_stored};
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::{Address, Catalog, ColumnValue, QualifiedName, Type};

/// Columns with rows that hold the domain inside of something else.
pub(super) fn columns(catalog: &Catalog, domain: &QualifiedName) -> BTreeSet<Address> {
    holders(catalog, (Address::Type(domain.clone()), false))
}

/// Columns with rows that hold rows of the table.
pub(super) fn columns_of_rows(catalog: &Catalog, table: &QualifiedName) -> BTreeSet<Address> {
    holders(catalog, (Address::Relation(table.clone()), true))
}

/// Columns with rows that hold values of the composite type.
fn columns_of_values(catalog: &Catalog, composite: &QualifiedName) -> BTreeSet<Address> {
    holders(catalog, (Address::Type(composite.clone()), true))
}

fn holders(catalog: &Catalog, begin: (Address, bool)) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut seen: BTreeSet<(Address, bool)> = BTreeSet::new();
    let mut open = vec![begin];
    while let Some((at, is_inside)) = open.pop() {
        if !seen.insert((at.clone(), is_inside)) {
            continue;
        }
        for (user, _) in catalog.dependencies.on(&at) {
            match user {
                Address::Column(of, name) => match catalog.relation(of) {
                    Some(relation) => {
                        let column = relation.column(name);
                        let is_array = column.is_some_and(|column| column.data_type.ends_with("[]"));
                        if (is_inside || is_array) && is_stored(relation) {
                            found.insert(user.clone());
                        }
                    }
                    None => open.push((Address::Type(of.clone()), true)),
                },
                Address::Type(name) => {
                    let is_domain = match catalog.types.get(name) {
                        Some(Type::Domain(over)) => !over.base.ends_with("[]"),
                        _ => false,
                    };
                    open.push((user.clone(), is_inside || !is_domain));
                }
                _ => {}
            }
        }
    }
    found
}

/// Domains that rows are to be proved by: with a new constraint, or NOT NULL as one.
pub(super) fn proved(old: &Catalog, new: &Catalog, fates: &Fates) -> BTreeSet<QualifiedName> {
    let mut proved = BTreeSet::new();
    for (address, fate) in fates {
        match (address, fate) {
            (Address::DomainConstraint(of, name), Fate::Create | Fate::Replace | Fate::Alter) => {
                let Some(Type::Domain(domain)) = new.types.get(of) else {
                    continue;
                };
                let mut constraints = domain.constraints.iter();
                if constraints.any(|constraint| constraint.name == *name && constraint.is_valid) {
                    proved.insert(of.clone());
                }
            }
            (Address::Type(name), Fate::Alter) => {
                if let (Some(Type::Domain(one)), Some(Type::Domain(other))) =
                    (old.types.get(name), new.types.get(name))
                    && !one.is_not_null
                    && other.is_not_null
                {
                    proved.insert(name.clone());
                }
            }
            _ => {}
        }
    }
    proved.retain(|name| {
        let fate = fates.get(&Address::Type(name.clone()));
        fate.is_none_or(|fate| *fate == Fate::Alter)
    });
    proved
}

/// Tables that are rewritten by more than a column's new type, and why.
pub(super) fn rewritten(old: &Catalog, new: &Catalog, fates: &Fates) -> Vec<(QualifiedName, Address)> {
    let mut rewritten = Vec::new();
    for (address, fate) in fates {
        match (address, fate) {
            (Address::Column(of, name), Fate::Create) if old.relations.contains_key(of) => {
                let column = new.relation(of).and_then(|relation| relation.column(name));
                let is_computed = column.is_some_and(|column| {
                    matches!(column.value, ColumnValue::Stored(_) | ColumnValue::Identity(_))
                });
                if is_computed {
                    rewritten.push((of.clone(), address.clone()));
                }
            }
            (Address::Relation(name), Fate::Alter) => {
                if let (Some(one), Some(other)) = (old.relation(name), new.relation(name))
                    && (one.persistence != other.persistence || one.access_method != other.access_method)
                {
                    rewritten.push((name.clone(), address.clone()));
                }
            }
            _ => {}
        }
    }
    rewritten
}

impl Emit<'_> {
    /// A domain is proved while nothing holds it inside: after what goes, before what comes.
    pub(super) fn prove_alone(&mut self, address: &Address, domain: &QualifiedName) -> Vec<Key> {
        let (before, after) = (columns(self.old, domain), columns(self.new, domain));
        self.between((address.clone(), Stage::Create), before, after)
    }

    /// A table is rewritten while nothing holds rows of it.
    pub(super) fn while_no_rows_are_held(&mut self, own: Key, table: &QualifiedName) -> Vec<Key> {
        let (before, after) = (columns_of_rows(self.old, table), columns_of_rows(self.new, table));
        self.between(own, before, after)
    }

    /// An attribute changes its type while no column is of the composite type.
    pub(super) fn while_no_values_are_held(&mut self, own: Key, composite: &QualifiedName) -> Vec<Key> {
        let (old, new) = (self.old, self.new);
        self.between(
            own,
            columns_of_values(old, composite),
            columns_of_values(new, composite),
        )
    }

    /// Whether a column that stays holds rows of the table, so that it cannot be rewritten.
    pub(super) fn holds_rows_all_along(&self, table: &QualifiedName) -> bool {
        let holders = columns_of_rows(self.old, table);
        holders
            .iter()
            .any(|column| !self.fate(column).is_some_and(Fate::is_gone))
    }

    /// Makes new columns wait for a statement; what goes before it.
    fn between(&mut self, own: Key, before: BTreeSet<Address>, after: BTreeSet<Address>) -> Vec<Key> {
        for column in after {
            let Address::Column(of, _) = &column else { continue };
            let maker = match self.is_made_with_whole(of) {
                true => Address::Relation(of.clone()),
                false => column.clone(),
            };
            if self.fate(&maker).is_some() {
                self.part((maker, Stage::Create), Vec::new(), vec![own.clone()], Vec::new());
            }
        }
        self.carriers(before)
    }
}
