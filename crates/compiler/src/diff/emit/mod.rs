//! From fates to statements: each fate becomes parts of one plan, which puts them in order.

mod family;
mod tries;
mod waits;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) use self::tries::difference;
use super::fate::{Fate, Fates};
use super::kin::{self, Children};
use super::spread::Spread;
use super::{Cannot, DiffOptions};
use crate::catalog::write::order::{Key, Part, Plan, Stage};
use crate::catalog::write::{relation, types};
use crate::catalog::{Address, Catalog, Index, QualifiedName, Relation, Type, object_name};

/// What is to be said of a statement.
#[derive(Debug, Default)]
pub(super) struct Detail {
    loses: Option<String>,
    remark: Option<String>,
}

pub(super) struct Emit<'a> {
    /// The old schema with all its links.
    pub(super) origin: &'a Catalog,
    /// The old schema as it is when links are cut.
    pub(super) old: &'a Catalog,
    pub(super) new: &'a Catalog,
    /// Parents that are made anew for the sake of what they need, and types of tables that change.
    remade: &'a BTreeSet<QualifiedName>,
    pub(super) options: &'a DiffOptions,
    pub(super) fates: &'a Fates,
    pub(super) spread: &'a Spread,
    pub(super) plan: Plan,
    details: HashMap<String, Detail>,
    pub(super) cannot: Vec<Cannot>,
    pub(super) old_children: Children<'a>,
    pub(super) new_children: Children<'a>,
    /// Parents that a relation leaves.
    pub(super) leaving: BTreeMap<&'a QualifiedName, Vec<&'a QualifiedName>>,
    /// Tables that logical decoding does not read as catalogs for now.
    pub(super) no_catalogs: BTreeSet<QualifiedName>,
    /// Tables of indexes.
    old_places: HashMap<QualifiedName, &'a QualifiedName>,
    new_places: HashMap<QualifiedName, &'a QualifiedName>,
    /// Parts of what goes that go before it, by their own statements; views that lose their query before.
    pub(super) apart: &'a BTreeSet<Address>,
}

/// Which table each index is of.
fn places(catalog: &Catalog) -> HashMap<QualifiedName, &QualifiedName> {
    let of = |(name, relation): (&'_ QualifiedName, &'_ Relation)| -> Vec<QualifiedName> {
        relation
            .indexes
            .iter()
            .map(|index| name.beside(&index.name))
            .collect()
    };
    catalog
        .relations
        .iter()
        .flat_map(|(name, relation)| of((name, relation)).into_iter().map(move |index| (index, name)))
        .collect()
}

impl<'a> Emit<'a> {
    /// The old index of that name, with its table.
    pub(super) fn old_index(
        &self,
        name: &QualifiedName,
    ) -> Option<(&'a QualifiedName, &'a Relation, &'a Index)> {
        let of = *self.old_places.get(name)?;
        let relation = self.old.relation(of)?;
        Some((of, relation, relation.index(&name.name)?))
    }

    /// The new index of that name, with its table.
    pub(super) fn new_index(
        &self,
        name: &QualifiedName,
    ) -> Option<(&'a QualifiedName, &'a Relation, &'a Index)> {
        let of = *self.new_places.get(name)?;
        let relation = self.new.relation(of)?;
        Some((of, relation, relation.index(&name.name)?))
    }
}

impl Emit<'_> {
    fn everything(&mut self) {
        self.unmodelled();
        for name in self.origin.relations.keys() {
            let cut = kin::cut(self.origin, self.new, self.remade, name);
            if !cut.is_empty() {
                self.leaving.insert(name, cut);
            }
        }
        self.leave();
        self.leave_types();
        self.leave_catalogs();
        let fates = self.fates;
        for (address, fate) in fates {
            match fate {
                Fate::Drop => self.drop(address),
                Fate::Create => self.create(address),
                Fate::Replace => {
                    self.drop(address);
                    self.create(address);
                }
                Fate::Swap => self.swap(address),
                Fate::Alter => self.alter(address),
            }
        }
        self.settle_others();
        self.names_are_free();
        self.after_other_targets();
        self.after_namesakes();
        self.after_users();
        self.notes();
    }

    /// Tables whose indexes are new say again what they say of them.
    fn settle_others(&mut self) {
        let (old, new) = (self.old, self.new);
        let mut tables: BTreeSet<QualifiedName> = BTreeSet::new();
        for (address, fate) in self.fates {
            if !fate.is_made() {
                continue;
            }
            match address {
                Address::Index(name) => tables.extend(self.new_index(name).map(|(of, ..)| of.clone())),
                Address::Constraint(of, _) => {
                    tables.insert(of.clone());
                }
                _ => {}
            }
        }
        for name in tables {
            if let (None, Some(one), Some(other)) = (
                self.fate(&Address::Relation(name.clone())),
                old.relation(&name),
                new.relation(&name),
            ) {
                self.settle_indexes(&name, one, other);
            }
        }
    }

    fn unmodelled(&mut self) {
        let (old, new) = (self.origin, self.new);
        let differ = |one: &Catalog, other: &Catalog| {
            let more = one
                .unmodelled
                .iter()
                .filter(|found| !other.unmodelled.contains(found));
            more.map(|found| found.description.clone()).collect::<Vec<_>>()
        };
        for description in differ(old, new) {
            self.cannot.push(Cannot {
                object: None,
                why: format!(
                    "{description} is in the old schema only, and is of a kind that is not compared"
                ),
            });
        }
        for description in differ(new, old) {
            self.cannot.push(Cannot {
                object: None,
                why: format!(
                    "{description} is in the new schema only, and is of a kind that is not compared"
                ),
            });
        }
    }

    fn create(&mut self, address: &Address) {
        let new = self.new;
        match address {
            Address::Schema(name) => {
                let mut sql = vec![format!("CREATE SCHEMA {}", crate::sql::quote_identifier(name))];
                if name == "public" && new.major() >= 15 && !new.owners.contains_key(address) {
                    sql.push("ALTER SCHEMA public OWNER TO pg_database_owner".to_owned());
                }
                self.part(
                    (address.clone(), Stage::Create),
                    sql,
                    Vec::new(),
                    vec![address.clone()],
                );
            }
            Address::Extension(name) => {
                if let Some(extension) = new.extensions.get(name) {
                    types::write_extension(name, extension, &self.options.write, &mut self.plan);
                    self.after_own_drop(address);
                }
            }
            Address::Type(name) => {
                // A multirange type comes with its range type.
                let kind = new.types.get(name);
                if let Some(kind) = kind.filter(|kind| !matches!(kind, Type::Multirange { .. })) {
                    types::write_type(new, name, &self.in_order_of_tables(name, kind), &mut self.plan);
                    self.after_own_drop(address);
                }
            }
            Address::Routine(name) => {
                if let Some(routine) = new.routines.get(name) {
                    types::write_routine(name, routine, &mut self.plan);
                    self.after_own_drop(address);
                    self.after_overloads(name);
                }
            }
            Address::Relation(name) => self.create_relation(name),
            Address::Column(of, name) if !self.is_made_with_whole(of) => self.create_column(of, name),
            Address::Default(of, name) if !self.is_made_with_whole(of) => self.create_default(of, name),
            Address::Constraint(of, name) if !self.is_made_with_whole(of) => self.create_constraint(of, name),
            Address::DomainConstraint(of, name) if !self.is_made_with_whole(of) => {
                self.create_domain_constraint(of, name);
            }
            Address::Index(name) => self.create_index(name),
            Address::Trigger(of, name) if !self.is_made_with_whole(of) => {
                if let Some(relation) = new.relation(of)
                    && let Some(trigger) = relation.triggers.iter().find(|trigger| trigger.name == *name)
                {
                    relation::write_trigger(of, relation, trigger, &mut self.plan);
                    self.after_own_drop(address);
                }
            }
            Address::Rule(of, name) if !self.is_made_with_whole(of) => {
                let relation = new.relation(of);
                if let Some(rule) =
                    relation.and_then(|found| found.rules.iter().find(|rule| rule.name == *name))
                {
                    relation::write_rule(of, rule, &mut self.plan);
                    self.after_own_drop(address);
                }
            }
            Address::Policy(of, name) if !self.is_made_with_whole(of) => {
                let relation = new.relation(of);
                if let Some(policy) =
                    relation.and_then(|found| found.policies.iter().find(|policy| policy.name == *name))
                {
                    relation::write_policy(of, policy, &mut self.plan);
                    self.after_own_drop(address);
                }
            }
            Address::Column(..)
            | Address::Default(..)
            | Address::Constraint(..)
            | Address::DomainConstraint(..)
            | Address::Trigger(..)
            | Address::Rule(..)
            | Address::Policy(..) => {}
            other => self.create_object(other),
        }
    }

    fn swap(&mut self, address: &Address) {
        match address {
            Address::Type(name) => self.swap_type(name),
            Address::Index(name) => self.swap_index(name),
            Address::Constraint(of, name) => self.swap_constraint(of, name),
            other => {
                self.drop(other);
                self.create(other);
            }
        }
    }

    fn alter(&mut self, address: &Address) {
        match address {
            Address::Extension(name) => self.alter_extension(name),
            Address::Type(name) => self.alter_type(name),
            Address::Routine(name) => self.alter_routine(name),
            Address::Relation(name) => self.alter_relation(name),
            Address::Column(of, name) => self.alter_column(of, name),
            Address::Default(of, name) => self.alter_default(of, name),
            Address::Constraint(of, name) => self.alter_constraint(of, name),
            Address::DomainConstraint(of, name) => self.alter_domain_constraint(of, name),
            Address::Index(name) => self.alter_index(name),
            Address::Trigger(of, name) => self.alter_trigger(of, name),
            Address::Rule(of, name) => self.alter_rule(of, name),
            Address::Policy(of, name) => self.alter_policy(of, name),
            other => self.alter_object(other),
        }
    }

    /// Adds statements at a point, after what they need.
    pub(super) fn part(&mut self, key: Key, sql: Vec<String>, needs: Vec<Key>, provides: Vec<Address>) {
        let mut needs = needs;
        if key.1 == Stage::Create && self.fates.get(&key.0) == Some(&Fate::Replace) {
            needs.push(self.carrier(&key.0));
        }
        needs.retain(|need| *need != key);
        self.plan.add(key, Part { sql, needs, provides });
    }

    /// Makes what the writer wrote wait until its old self is gone.
    pub(super) fn after_own_drop(&mut self, address: &Address) {
        self.part(
            (address.clone(), Stage::Create),
            Vec::new(),
            Vec::new(),
            Vec::new(),
        );
    }

    pub(super) fn loses(&mut self, sql: &str, what: String) {
        self.details.entry(sql.to_owned()).or_default().loses = Some(what);
    }

    pub(super) fn remark(&mut self, sql: &str, what: String) {
        self.details.entry(sql.to_owned()).or_default().remark = Some(what);
    }

    pub(super) fn cannot(&mut self, address: &Address, why: impl Into<String>) {
        self.cannot.push(Cannot {
            object: Some(address.clone()),
            why: why.into(),
        });
    }

    pub(super) fn fate(&self, address: &Address) -> Option<Fate> {
        self.fates.get(address).copied()
    }

    pub(super) fn is_replaced(&self, address: &Address) -> bool {
        self.fate(address) == Some(Fate::Replace)
    }

    /// Whether parts of the relation, type or domain come with its own statement.
    pub(super) fn is_made_with_whole(&self, of: &QualifiedName) -> bool {
        let is_made = |address: Address| self.fate(&address).is_some_and(Fate::is_made);
        is_made(Address::Relation(of.clone())) || is_made(Address::Type(of.clone()))
    }

    pub(super) fn is_swapped(&self, name: &QualifiedName) -> bool {
        self.fate(&Address::Type(name.clone())) == Some(Fate::Swap)
    }

    /// A name beside another that nothing has.
    pub(super) fn aside(&self, name: &QualifiedName) -> QualifiedName {
        let is_taken = |name: &QualifiedName| {
            [self.origin, self.new].iter().any(|catalog| {
                catalog.relations.contains_key(name)
                    || catalog.types.contains_key(name)
                    || catalog.index(name).is_some()
            })
        };
        let mut aside = name.beside(&object_name(&name.name, "", "aside"));
        let mut number = 1;
        while is_taken(&aside) {
            number += 1;
            aside = name.beside(&object_name(&name.name, "", &format!("aside{number}")));
        }
        aside
    }

    /// Drops of what depends on the old object.
    pub(super) fn dependents_gone(&self, address: &Address) -> Vec<Key> {
        let mut keys = Vec::new();
        for (dependent, _) in self.old.dependencies.on(address) {
            // It belongs to the column, and does not look at it.
            if self.is_sequence(dependent) {
                continue;
            }
            if self.goes(dependent) {
                keys.push(self.carrier(dependent));
            } else if matches!(dependent, Address::Publication(_)) {
                keys.push((dependent.clone(), Stage::Leave));
            }
        }
        keys.retain(|key| key.0 != *address);
        keys
    }

    /// Whether the table is of a type no more, or not for a while.
    pub(super) fn leaves_its_type(&self, name: &QualifiedName) -> bool {
        let stays = self.fate(&Address::Relation(name.clone())) != Some(Fate::Drop);
        stays && kin::untyped(self.origin, self.new, self.remade, name).is_some()
    }

    /// What values may be lost when columns move to the new self of a type; nothing for types that only differ in how
    /// they are written.
    pub(super) fn swap_loses(&self, name: &QualifiedName) -> Option<String> {
        match (self.old.types.get(name), self.new.types.get(name)) {
            (Some(Type::Enum(before)), Some(Type::Enum(after))) => {
                let is_lost = before.iter().any(|label| !after.contains(label));
                is_lost.then(|| format!("are no {name}"))
            }
            (Some(one), Some(other)) if one == other => None,
            _ => Some(format!("are no {name}")),
        }
    }
}
