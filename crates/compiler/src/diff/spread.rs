//! How fates spread: what needs something that goes, goes and comes back with it.

use std::collections::{BTreeMap, BTreeSet};

use super::fate::{Fate, Fates, members, replaced, type_members};
use super::{column, container, kin, not_null};
use crate::catalog::{
    Address, Catalog, ColumnValue, ConstraintKind, DependencyKind, QualifiedName, RelationKind, Type,
};

/// What has spread.
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// Why an object goes and comes back, where it is not for its own sake.
    pub(super) because: BTreeMap<Address, Address>,
    /// Tables that a publication leaves and joins again.
    pub(super) republished: BTreeSet<(String, QualifiedName)>,
    /// Sequences whose column goes and comes back, while they stay.
    pub(super) disowned: BTreeSet<QualifiedName>,
    /// Domains whose default goes and comes back, while they stay.
    pub(super) without_default: BTreeSet<QualifiedName>,
}

/// How an object disturbs those that need it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    /// It is no more.
    Gone,
    /// It stays, with another type.
    Retyped,
}

/// Spreads fates until nothing more happens.
pub(super) fn spread(old: &Catalog, new: &Catalog, fates: &mut Fates) -> Spread {
    // A domain that rows hold inside of something else is made beside its old self, and they are moved to it.
    for name in container::proved(old, new, fates) {
        let holders = container::columns(old, &name);
        let is_kept = |column: &Address| fates.get(column).is_none_or(|fate| !fate.is_gone());
        if let (true, Some(one), Some(other)) = (
            holders.iter().any(is_kept),
            old.types.get(&name),
            new.types.get(&name),
        ) {
            fates.extend(replaced(&type_members(&name, one), &type_members(&name, other)));
        }
    }
    let mut work = Work {
        old,
        new,
        fates,
        spread: Spread::default(),
        open: Vec::new(),
    };
    for (address, fate) in work.fates.iter() {
        if fate.is_gone() {
            work.open.push((address.clone(), Disturbance::Gone));
        } else if *fate == Fate::Alter && is_retyped(old, new, address) {
            work.open.push((address.clone(), Disturbance::Retyped));
        }
    }
    work.open.reverse();
    for (table, because) in container::rewritten(old, new, work.fates) {
        for holder in container::columns_of_rows(old, &table) {
            work.replace(&holder, &because);
        }
    }
    let mut seen: BTreeSet<Address> = BTreeSet::new();
    while let Some((address, disturbance)) = work.open.pop() {
        if disturbance == Disturbance::Gone && !seen.insert(address.clone()) {
            continue;
        }
        work.disturb(&address, disturbance);
    }
    work.spread
}

/// Whether the column or attribute gets another type or collation.
pub(super) fn is_retyped(old: &Catalog, new: &Catalog, address: &Address) -> bool {
    let Address::Column(of, name) = address else {
        return false;
    };
    let column = |catalog: &Catalog| match catalog.relation(of) {
        Some(relation) => relation.column(name).cloned(),
        None => match catalog.types.get(of) {
            Some(crate::catalog::Type::Composite(attributes)) => attributes
                .iter()
                .find(|attribute| attribute.name == *name)
                .cloned(),
            _ => None,
        },
    };
    match (column(old), column(new)) {
        (Some(one), Some(other)) => one.data_type != other.data_type || one.collation != other.collation,
        _ => false,
    }
}

struct Work<'a> {
    old: &'a Catalog,
    new: &'a Catalog,
    fates: &'a mut Fates,
    spread: Spread,
    open: Vec<(Address, Disturbance)>,
}

impl Work<'_> {
    fn fate(&self, address: &Address) -> Option<Fate> {
        self.fates.get(address).copied()
    }

    fn disturb(&mut self, address: &Address, disturbance: Disturbance) {
        if let (Address::Type(name), Disturbance::Gone) = (address, disturbance) {
            self.swap_if_used(name);
        }
        if let (Address::Index(name), Disturbance::Gone) = (address, disturbance) {
            self.part_of_an_index_goes(name);
        }
        if let (Address::Column(of, _), Disturbance::Retyped) = (address, disturbance)
            && self.old.types.contains_key(of)
        {
            // An attribute changes its type only where nobody has a value of the whole.
            let whole = Address::Type(of.clone());
            if self.old.dependencies.on(&whole).next().is_some() {
                self.replace(&whole, address);
                return;
            }
        }
        if let (Address::Column(of, _), Disturbance::Retyped) = (address, disturbance) {
            for holder in container::columns_of_rows(self.old, of) {
                self.replace(&holder, address);
            }
        }
        let dependents: Vec<(Address, DependencyKind)> = self
            .old
            .dependencies
            .on(address)
            .map(|(dependent, kind)| (dependent.clone(), kind))
            .collect();
        for (dependent, _) in dependents {
            match disturbance {
                Disturbance::Gone => self.loses_its_ground(&dependent, address),
                Disturbance::Retyped => self.sees_another_type(&dependent, address),
            }
        }
    }

    /// A partition's index goes with the parent's only, where it does not go with its table.
    fn part_of_an_index_goes(&mut self, name: &QualifiedName) {
        let Some((of, _, index)) = self.old.index(name) else {
            return;
        };
        let goes_with_table = self
            .fate(&Address::Relation(of.clone()))
            .is_some_and(Fate::is_gone);
        let Some(parent) = index.parent.as_ref().filter(|_| !goes_with_table) else {
            return;
        };
        let because = Address::Index(name.clone());
        let constraint = self
            .old
            .index(parent)
            .and_then(|(of, _, above)| Some(Address::Constraint(of.clone(), above.constraint.clone()?)));
        let above = constraint.unwrap_or_else(|| Address::Index(parent.clone()));
        self.replace(&above, &because);
    }

    /// A type that columns keep is made beside its old self, and they are moved to it.
    fn swap_if_used(&mut self, name: &QualifiedName) {
        let address = Address::Type(name.clone());
        if self.fate(&address) != Some(Fate::Replace) {
            return;
        }
        let is_kept = |column: &Address| {
            matches!(column, Address::Column(of, _) if self.old.relations.contains_key(of))
                && self.fate(column).is_none_or(|fate| !fate.is_gone())
        };
        let is_used = self.old.dependencies.on(&address).any(|(user, _)| match user {
            // Columns may be of a composite type with it, an array of it, a domain over it, and so on.
            Address::Column(of, _) if self.old.types.contains_key(of) => true,
            Address::Column(..) => is_kept(user),
            Address::Type(_) => true,
            _ => false,
        });
        if is_used {
            self.fates.insert(address, Fate::Swap);
        }
    }

    /// Makes an object anew, with all its parts.
    fn replace(&mut self, address: &Address, because: &Address) {
        if self.fate(address).is_some_and(Fate::is_gone) {
            return;
        }
        let (before, after) = (self.parts(self.old, address), self.parts(self.new, address));
        for (part, fate) in replaced(&before, &after) {
            if self.fate(&part).is_some_and(Fate::is_gone) {
                continue;
            }
            self.fates.insert(part.clone(), fate);
            if part == *address {
                self.spread.because.insert(part.clone(), because.clone());
            }
            if fate.is_gone() {
                self.open.push((part, Disturbance::Gone));
            }
        }
    }

    /// An object with all that comes and goes with it.
    fn parts(&self, catalog: &Catalog, address: &Address) -> Vec<Address> {
        let mut parts = vec![address.clone()];
        match address {
            Address::Relation(name) => {
                parts = catalog.relation(name).map_or(parts, |found| members(name, found));
            }
            Address::Type(name) => {
                parts = catalog
                    .types
                    .get(name)
                    .map_or(parts, |found| type_members(name, found));
            }
            Address::Constraint(of, name) => {
                let relation = catalog.relation(of);
                let mut indexes = relation.into_iter().flat_map(|relation| &relation.indexes);
                let index = indexes.find(|index| index.constraint.as_ref() == Some(name));
                parts.extend(index.map(|index| Address::Index(of.beside(&index.name))));
            }
            Address::Index(name) => {
                if let Some((of, _, index)) = catalog.index(name)
                    && let Some(constraint) = &index.constraint
                {
                    parts.push(Address::Constraint(of.clone(), constraint.clone()));
                }
            }
            Address::Column(of, name) => {
                let column = catalog.relation(of).and_then(|relation| relation.column(name));
                if column.is_some_and(super::fate::has_default) {
                    parts.push(Address::Default(of.clone(), name.clone()));
                }
            }
            _ => {}
        }
        parts
    }

    /// Whether the new object does not need the other any more, so that altering it is enough.
    fn is_released(&self, dependent: &Address, from: &Address) -> bool {
        self.fate(dependent) == Some(Fate::Alter)
            && !self
                .new
                .dependencies
                .of(dependent)
                .any(|(needed, _)| needed == from)
    }

    /// What the dependent does when something that it needs goes.
    fn loses_its_ground(&mut self, dependent: &Address, from: &Address) {
        if self.fate(dependent).is_some_and(Fate::goes_first) {
            return;
        }
        if self.fate(dependent) == Some(Fate::Swap) {
            // It is built beside, if what it is built on is there all the time.
            let needs_it_still = self
                .new
                .dependencies
                .of(dependent)
                .any(|(needed, _)| needed == from);
            if needs_it_still && !matches!(dependent, Address::Type(_)) {
                self.fates.insert(dependent.clone(), Fate::Replace);
            }
            return;
        }
        match dependent {
            Address::Column(of, name) => self.column_loses_its_type(dependent, of, name, from),
            Address::Relation(name) => self.relation_loses(dependent, name, from),
            Address::Publication(name) => {
                let table = match from {
                    Address::Relation(table) | Address::Column(table, _) => Some(table.clone()),
                    _ => None,
                };
                if let Some(table) = table {
                    self.spread.republished.insert((name.clone(), table));
                    self.fates.entry(dependent.clone()).or_insert(Fate::Alter);
                }
            }
            Address::Default(of, name) if self.is_generated(of, name) => {
                if !self.is_released(dependent, from) {
                    self.replace(&Address::Column(of.clone(), name.clone()), from);
                }
            }
            Address::Extension(_) | Address::Schema(_) => {}
            // NOT NULL goes and comes with its column.
            Address::Constraint(of, name)
                if (self
                    .old
                    .relation(of)
                    .and_then(|relation| relation.constraint(name)))
                .is_some_and(not_null::is_plain) => {}
            _ if self.is_released(dependent, from) => {}
            Address::Type(name) if self.is_by_default(name, from) => {
                self.spread.without_default.insert(name.clone());
                self.spread.because.insert(dependent.clone(), from.clone());
                self.fates.entry(dependent.clone()).or_insert(Fate::Alter);
            }
            _ => self.replace(dependent, from),
        }
    }

    /// Whether a domain that stays needs it for its default only: checks have dependencies of their own.
    fn is_by_default(&self, name: &QualifiedName, from: &Address) -> bool {
        let is_domain = |catalog: &Catalog| matches!(catalog.types.get(name), Some(Type::Domain(_)));
        is_domain(self.old)
            && is_domain(self.new)
            && matches!(
                from,
                Address::Routine(_) | Address::Operator(..) | Address::Relation(_)
            )
    }

    fn is_generated(&self, of: &QualifiedName, name: &str) -> bool {
        let column = self.old.relation(of).and_then(|relation| relation.column(name));
        column.is_some_and(|column| matches!(column.value, ColumnValue::Stored(_) | ColumnValue::Virtual(_)))
    }

    fn column_loses_its_type(&mut self, dependent: &Address, of: &QualifiedName, name: &str, from: &Address) {
        match from {
            // A column of a type that is made beside its old self moves to it.
            Address::Type(_) if self.old.relations.contains_key(of) => {
                let is_table = self
                    .old
                    .relation(of)
                    .is_some_and(crate::catalog::Relation::is_table);
                // A column of a partition key keeps its type.
                if !is_table || self.is_in_partition_key(of, name) {
                    return self.replace(&Address::Relation(of.clone()), from);
                }
                let has_it_still = self
                    .new
                    .dependencies
                    .of(dependent)
                    .any(|(needed, _)| needed == from);
                if has_it_still || self.fate(dependent) != Some(Fate::Alter) {
                    self.fates.insert(dependent.clone(), Fate::Alter);
                    self.spread.because.insert(dependent.clone(), from.clone());
                }
                let default = Address::Default(of.clone(), name.to_owned());
                let has_default = self
                    .old
                    .relation(of)
                    .and_then(|relation| relation.column(name))
                    .is_some_and(super::fate::has_default);
                if has_default {
                    self.replace(&default, from);
                }
                self.open.push((dependent.clone(), Disturbance::Retyped));
            }
            Address::Type(_) => self.replace(&Address::Type(of.clone()), from),
            // A collation, or something of an extension.
            _ if self.is_released(dependent, from) => {}
            _ => {
                let whole = match self.old.types.contains_key(of) {
                    true => Address::Type(of.clone()),
                    false => dependent.clone(),
                };
                self.replace(&whole, from);
            }
        }
    }

    /// Whether the column's type is made anew.
    fn is_of_another_type(&self, address: &Address) -> bool {
        let mut needed = self.old.dependencies.of(address);
        needed.any(|(needed, _)| {
            matches!(needed, Address::Type(_)) && self.fate(needed).is_some_and(Fate::is_gone)
        })
    }

    fn is_in_partition_key(&self, of: &QualifiedName, name: &str) -> bool {
        match self.old.relation(of).map(|relation| &relation.kind) {
            Some(RelationKind::PartitionedTable(key)) => key.columns.iter().any(|column| column == name),
            _ => false,
        }
    }

    fn relation_loses(&mut self, dependent: &Address, name: &QualifiedName, from: &Address) {
        let Some(relation) = self.old.relation(name) else {
            return;
        };
        match (&relation.kind, from) {
            // A sequence goes with its column, unless it is to stay.
            (RelationKind::Sequence(sequence), Address::Column(..)) => match sequence.owner {
                crate::catalog::SequenceOwner::Identity(..) => self.replace(dependent, from),
                _ => {
                    self.spread.disowned.insert(name.clone());
                    self.fates.entry(dependent.clone()).or_insert(Fate::Alter);
                }
            },
            _ if self.is_released(dependent, from) => {}
            // A child leaves a parent that is made anew.
            (
                RelationKind::Table | RelationKind::PartitionedTable(_) | RelationKind::ForeignTable(_),
                Address::Relation(parent),
            ) if self.new.relations.contains_key(name)
                && kin::parents(relation).any(|found| found == parent) => {}
            _ => self.replace(dependent, from),
        }
    }

    /// What the dependent does when a column that it reads gets another type.
    fn sees_another_type(&mut self, dependent: &Address, column: &Address) {
        if self.fate(dependent).is_some_and(Fate::goes_first) {
            return;
        }
        match dependent {
            Address::Relation(name) => {
                let is_view = self.old.relation(name).is_some_and(|relation| {
                    matches!(
                        relation.kind,
                        RelationKind::View(_) | RelationKind::MaterializedView(_)
                    )
                });
                if is_view {
                    self.replace(dependent, column);
                }
            }
            Address::Rule(..) | Address::Policy(..) | Address::Trigger(..) | Address::Routine(_) => {
                self.replace(dependent, column);
            }
            Address::Publication(name) => {
                if let Address::Column(table, _) = column {
                    self.spread.republished.insert((name.clone(), table.clone()));
                    self.fates.entry(dependent.clone()).or_insert(Fate::Alter);
                }
            }
            Address::Default(of, name) if self.is_generated(of, name) => {
                self.replace(&Address::Column(of.clone(), name.clone()), column);
            }
            // 14 says so of the column rather than of its expression.
            Address::Column(of, name) if self.is_generated(of, name) => self.replace(dependent, column),
            Address::Default(of, name) => {
                // PostgreSQL casts a default where it can; a text that changes is another default.
                let find = |catalog: &'_ Catalog| {
                    let relation = catalog.relation(of)?;
                    relation.column(name).cloned()
                };
                if let (Some(one), Some(other)) = (find(self.old), find(self.new))
                    && (one.value != other.value || column::needs_cast(self.old, self.new, &one, &other))
                {
                    self.replace(dependent, column);
                }
            }
            // PostgreSQL builds these again itself; those that differ are to go before.
            Address::Index(_) if self.fate(dependent) == Some(Fate::Swap) => {
                self.fates.insert(dependent.clone(), Fate::Replace);
            }
            Address::Constraint(of, name) => {
                if self.fate(dependent) == Some(Fate::Swap) {
                    self.fates.insert(dependent.clone(), Fate::Replace);
                    return;
                }
                let constraint = self
                    .old
                    .relation(of)
                    .and_then(|relation| relation.constraint(name));
                if let Some(ConstraintKind::ForeignKey(key)) = constraint.map(|constraint| &constraint.kind) {
                    // Between two columns that both change, there is a moment when they do not match.
                    let here = constraint.into_iter().flat_map(|constraint| &constraint.columns);
                    let here = here.map(|column| Address::Column(of.clone(), column.clone()));
                    let there = key
                        .referenced_columns
                        .iter()
                        .map(|column| Address::Column(key.references.clone(), column.clone()));
                    let changes = |address: &Address| {
                        is_retyped(self.old, self.new, address) || self.is_of_another_type(address)
                    };
                    let both = [here.collect::<Vec<_>>(), there.collect()];
                    if both.iter().all(|side| side.iter().any(changes)) {
                        self.replace(dependent, column);
                    }
                }
            }
            _ => {}
        }
    }
}
