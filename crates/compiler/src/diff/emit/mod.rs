//! From fates to statements: each fate becomes parts of one plan, which puts them in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::fate::{Fate, Fates, judge};
use super::kin::{self, Children};
use super::live::Live;
use super::spread::{Spread, spread};
use super::{Action, Cannot, Change, DiffOptions, Difference};
use crate::catalog::write::order::{Key, Part, Plan, Stage};
use crate::catalog::write::{relation, types};
use crate::catalog::{
    Address, Catalog, ColumnValue, ConstraintKind, Index, Object, QualifiedName, Relation, RelationKind,
    RoutineName, SequenceOwner, Type, object_name, with_in,
};

/// How often a circle may make the plan begin again.
const ATTEMPTS: usize = 8;

/// Compares two schemas, renames being done.
pub(super) fn difference(origin: &Catalog, new: &Catalog, options: &DiffOptions) -> Difference {
    let mut remade = BTreeSet::new();
    loop {
        match with_remade(origin, new, options, &remade) {
            Ok(difference) => return difference,
            Err(more) => remade.extend(more),
        }
    }
}

/// Parents that are made anew while children of theirs stay, which are to leave them before.
fn left_by_children(old: &Catalog, fates: &Fates) -> BTreeSet<QualifiedName> {
    let is_gone = |name: &QualifiedName| {
        let fate = fates.get(&Address::Relation(name.clone()));
        fate.is_some_and(|fate| fate.is_gone())
    };
    let children = old.relations.iter().filter(|(name, _)| !is_gone(name));
    let parents = children.flat_map(|(_, relation)| kin::parents(relation));
    parents.filter(|parent| is_gone(parent)).cloned().collect()
}

/// Parents of partitions whose primary or unique key goes while its index is a part of an index that is no key: PostgreSQL
/// drops neither of the two before the other (measured on 15), so that the partition is to leave before.
fn left_for_keys(old: &Catalog, fates: &Fates) -> BTreeSet<QualifiedName> {
    let mut parents = BTreeSet::new();
    for (name, relation) in &old.relations {
        let Some(place) = &relation.partition_of else {
            continue;
        };
        let goes = |address: Address| fates.get(&address).is_some_and(|fate| fate.goes_first());
        let is_held = relation.indexes.iter().any(|index| {
            let above = index.parent.as_ref().and_then(|parent| old.index(parent));
            let key = index.constraint.as_ref();
            key.is_some_and(|key| goes(Address::Constraint(name.clone(), key.clone())))
                && above.is_some_and(|(_, _, above)| above.constraint.is_none())
        });
        if is_held && !goes(Address::Relation(name.clone())) {
            parents.insert(place.parent.clone());
        }
    }
    parents
}

/// Types that change while there are tables of them, which are to leave them before.
fn left_by_tables(old: &Catalog, new: &Catalog, fates: &Fates) -> BTreeSet<QualifiedName> {
    let stays = |name: &QualifiedName| {
        new.relation(name)
            .is_some_and(|found| found.kind == RelationKind::Table)
    };
    let typed = old.relations.iter().filter(|(name, _)| stays(name));
    let types = typed.filter_map(|(_, relation)| relation.of_type.as_ref());
    let changes = |of: &QualifiedName| {
        fates.contains_key(&Address::Type(of.clone()))
            || fates
                .keys()
                .any(|address| matches!(address, Address::Column(whole, _) if whole == of))
    };
    types.filter(|of| changes(of)).cloned().collect()
}

/// The difference where these parents are made anew; or more of them.
fn with_remade(
    origin: &Catalog,
    new: &Catalog,
    options: &DiffOptions,
    remade: &BTreeSet<QualifiedName>,
) -> Result<Difference, BTreeSet<QualifiedName>> {
    let loosened = kin::loosen(origin, new, remade);
    let old = loosened.as_ref().unwrap_or(origin);
    let judged = judge(&old.as_read_back(), &new.as_read_back(), options);
    let mut forced: BTreeSet<Address> = BTreeSet::new();
    let mut apart: BTreeSet<Address> = BTreeSet::new();
    for attempt in 0.. {
        let mut fates = judged.clone();
        for address in &forced {
            fates.insert(address.clone(), Fate::Replace);
        }
        let spread = spread(old, new, &mut fates);
        let mut more = left_by_children(old, &fates);
        more.extend(left_by_tables(old, new, &fates));
        more.extend(left_for_keys(old, &fates));
        if !more.is_subset(remade) {
            return Err(more);
        }
        let mut emit = Emit {
            origin,
            old,
            new,
            remade,
            options,
            fates: &fates,
            spread: &spread,
            plan: Plan::default(),
            details: HashMap::new(),
            cannot: Vec::new(),
            old_children: kin::children(old),
            new_children: kin::children(new),
            leaving: BTreeMap::new(),
            no_catalogs: BTreeSet::new(),
            old_places: places(old),
            new_places: places(new),
            apart: &apart,
        };
        emit.everything();
        let Emit {
            plan,
            details,
            cannot,
            ..
        } = emit;
        let live = Live::new(&fates, &spread, old, &plan);
        let (statements, circles) = plan.ordered(new, &live);
        // What is altered in a circle is made anew instead: it goes before and comes back behind.
        let before = (forced.len(), apart.len());
        for (address, stage) in circles.iter().flatten() {
            // What goes in a circle loses first what can go alone.
            if let (Address::Relation(name), Stage::Drop) = (address, stage)
                && let Some(relation) = old.relation(name)
            {
                apart.extend(loose_parts(name, relation));
                let statistics = old.objects.iter().filter(|(_, object)| {
                    matches!(object, Object::Statistics(statistics) if statistics.relation == *name)
                });
                apart.extend(statistics.map(|(address, _)| address.clone()));
            }
            if let (Address::Type(name), Stage::Drop) = (address, stage)
                && let Some(Type::Domain(domain)) = old.types.get(name)
            {
                let constraints = domain.constraints.iter();
                apart.extend(
                    constraints.map(|found| Address::DomainConstraint(name.clone(), found.name.clone())),
                );
                if domain.default.is_some() {
                    apart.insert(address.clone());
                }
            }
            if can_be_forced(new, address) && matches!(fates.get(address), Some(Fate::Alter | Fate::Swap)) {
                forced.insert(address.clone());
            }
            // A key goes before its successor comes, with its index.
            if let (Address::Constraint(of, name), Some(Fate::Swap)) = (address, fates.get(address)) {
                forced.insert(address.clone());
                for catalog in [old, new] {
                    let found = catalog
                        .relation(of)
                        .and_then(|relation| relation.constraint(name));
                    forced.extend(found.and_then(|found| found.index.clone()).map(Address::Index));
                }
            }
        }
        if (forced.len(), apart.len()) != before && attempt < ATTEMPTS {
            continue;
        }
        let changes = statements
            .into_iter()
            .map(|(key, sql)| change(&fates, &spread, &details, key, sql))
            .collect();
        let mut difference = Difference {
            changes,
            cannot,
            rename_candidates: Vec::new(),
        };
        for circle in circles {
            let mut names: Vec<String> = circle.iter().map(|(address, _)| address.to_string()).collect();
            names.dedup();
            difference.cannot.push(Cannot {
                object: circle.first().map(|(address, _)| address.clone()),
                why: format!("changes of these wait for each other: {}", names.join(", ")),
            });
        }
        return Ok(difference);
    }
    Ok(Difference::default())
}

fn change(
    fates: &Fates,
    spread: &Spread,
    details: &HashMap<String, Detail>,
    key: Key,
    sql: String,
) -> Change {
    let (object, stage) = key;
    let detail = details.get(&sql);
    let action = match (fates.get(&object), stage) {
        (_, Stage::Note | Stage::Leave | Stage::Attach | Stage::Complete | Stage::Fill)
        | (None | Some(Fate::Alter), _) => Action::Alter,
        (Some(Fate::Create), _) => Action::Create,
        (Some(Fate::Drop), _) => Action::Drop,
        (Some(Fate::Swap | Fate::Replace), _) => Action::Replace,
    };
    Change {
        because: spread.because.get(&object).cloned(),
        action,
        loses: detail.and_then(|detail| detail.loses.clone()),
        remark: detail.and_then(|detail| detail.remark.clone()),
        sql: match &object {
            Address::Routine(_) => sql,
            _ => with_in(sql),
        },
        object,
    }
}

/// Whether the object holds no data, so that it may go and come back.
fn can_be_forced(new: &Catalog, address: &Address) -> bool {
    match address {
        Address::Routine(_)
        | Address::Policy(..)
        | Address::Trigger(..)
        | Address::Rule(..)
        | Address::Index(_)
        | Address::Default(..) => true,
        Address::Relation(name) => new
            .relation(name)
            .is_some_and(|relation| matches!(relation.kind, RelationKind::View(_))),
        _ => false,
    }
}

/// Parts that hold a table in circles, and that can go before it; a view can lose its query.
fn loose_parts(name: &QualifiedName, relation: &Relation) -> Vec<Address> {
    let mut parts: Vec<Address> = relation
        .constraints
        .iter()
        .filter(|found| matches!(found.kind, ConstraintKind::Check | ConstraintKind::ForeignKey(_)))
        .filter(|found| found.is_local && found.parent.is_none())
        .map(|found| Address::Constraint(name.clone(), found.name.clone()))
        .collect();
    for column in &relation.columns {
        if matches!(column.value, ColumnValue::Default(_)) {
            parts.push(Address::Default(name.clone(), column.name.clone()));
        }
    }
    let policies = relation.policies.iter();
    parts.extend(policies.map(|policy| Address::Policy(name.clone(), policy.name.clone())));
    let triggers = relation.triggers.iter().filter(|trigger| !trigger.is_inherited);
    parts.extend(triggers.map(|trigger| Address::Trigger(name.clone(), trigger.name.clone())));
    let rules = relation.rules.iter();
    parts.extend(rules.map(|rule| Address::Rule(name.clone(), rule.name.clone())));
    let indexes = relation.indexes.iter();
    let indexes = indexes.filter(|index| index.constraint.is_none() && index.parent.is_none());
    parts.extend(indexes.map(|index| Address::Index(name.beside(&index.name))));
    if matches!(relation.kind, RelationKind::View(_)) {
        parts.push(Address::Relation(name.clone()));
    }
    parts
}

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

    /// A created or moved object waits for what had its name.
    fn names_are_free(&mut self) {
        let mut going: HashMap<QualifiedName, Key> = HashMap::new();
        for (address, fate) in self.fates {
            if *fate == Fate::Drop || *fate == Fate::Replace {
                match address {
                    Address::Relation(name) | Address::Index(name) | Address::Type(name) => {
                        let mut carrier = self.carrier(address);
                        if carrier.1 == Stage::Retire {
                            // What it goes with steps aside before.
                            carrier.1 = Stage::Shell;
                        }
                        going.insert(name.clone(), carrier);
                    }
                    _ => {}
                }
            }
        }
        let mut waiting: Vec<(Key, Key)> = Vec::new();
        for (address, fate) in self.fates {
            if !fate.is_made() {
                continue;
            }
            let (Address::Relation(name) | Address::Index(name) | Address::Type(name)) = address else {
                continue;
            };
            let Some(gone) = going.get(name) else { continue };
            waiting.push(((self.maker(address), Stage::Create), gone.clone()));
        }
        for (key, need) in waiting {
            if key.0 != need.0 || key.1 != need.1 {
                self.part(key, Vec::new(), vec![need], Vec::new());
            }
        }
    }

    /// Whose statement makes the new object: its own, or that of what it comes with.
    fn maker(&self, address: &Address) -> Address {
        let new = self.new;
        match address {
            Address::Index(name) => match self.new_index(name) {
                Some((of, _, index)) => match &index.constraint {
                    Some(constraint) => Address::Constraint(of.clone(), constraint.clone()),
                    None => address.clone(),
                },
                None => address.clone(),
            },
            Address::Type(name) => match new.types.get(name) {
                Some(Type::Multirange { of }) => Address::Type(of.clone()),
                _ => address.clone(),
            },
            Address::Relation(name) => match new.relation(name).map(|relation| &relation.kind) {
                Some(RelationKind::Sequence(sequence)) => match &sequence.owner {
                    SequenceOwner::Identity(of, _) if self.is_made_with_whole(of) => {
                        Address::Relation(of.clone())
                    }
                    SequenceOwner::Identity(of, column) => Address::Column(of.clone(), column.clone()),
                    _ => address.clone(),
                },
                _ => address.clone(),
            },
            other => other.clone(),
        }
    }

    /// A type does not change under what uses it: what goes for good goes before.
    fn after_users(&mut self) {
        let fates = self.fates;
        for (address, fate) in fates {
            let (Address::Type(_), Fate::Alter) = (address, fate) else {
                continue;
            };
            let mut going: Vec<Key> = Vec::new();
            for (user, _) in self.old.dependencies.on(address) {
                if self.fate(user) == Some(Fate::Drop) {
                    going.push(self.carrier(user));
                }
            }
            for stage in [Stage::Create, Stage::Complete] {
                if self.plan.has(&(address.clone(), stage)) {
                    self.part((address.clone(), stage), Vec::new(), going.clone(), Vec::new());
                }
            }
        }
    }

    /// `JOIN … USING` names columns by themselves: another column of the name, which goes, is in its way.
    fn after_namesakes(&mut self) {
        let (old, new) = (self.old, self.new);
        for (name, relation) in &new.relations {
            let query = match &relation.kind {
                RelationKind::View(query) => query,
                RelationKind::MaterializedView(view) => &view.query,
                _ => continue,
            };
            let address = Address::Relation(name.clone());
            let is_made = self.fate(&address).is_some_and(Fate::is_made);
            if !query.contains(" USING (") || !(is_made || self.fate(&address) == Some(Fate::Alter)) {
                continue;
            }
            let mut read: BTreeSet<&QualifiedName> = BTreeSet::new();
            for (referenced, _) in new.dependencies.of(&address) {
                if let Address::Relation(of) | Address::Column(of, _) = referenced {
                    read.insert(of);
                }
            }
            let columns = read.into_iter().filter_map(|of| Some((of, old.relation(of)?)));
            let going: Vec<Key> = columns
                .flat_map(|(of, before)| {
                    let names = before.columns.iter().map(|column| column.name.clone());
                    names.map(move |column| Address::Column(of.clone(), column))
                })
                .filter(|column| self.fate(column) == Some(Fate::Drop))
                .map(|column| self.carrier(&column))
                .collect();
            self.part((address, Stage::Create), Vec::new(), going, Vec::new());
        }
    }

    /// Another of the name may be the same one once a type has moved to another schema, or be what a call means as
    /// well, with arguments that have defaults.
    fn after_overloads(&mut self, name: &RoutineName) {
        let others: Vec<Key> = self
            .fates
            .iter()
            .filter(|(_, fate)| **fate == Fate::Drop)
            .filter_map(|(other, _)| match other {
                Address::Routine(other) if other.name == name.name => {
                    Some(self.carrier(&Address::Routine(other.clone())))
                }
                _ => None,
            })
            .collect();
        let address = Address::Routine(name.clone());
        if !others.is_empty() {
            self.part((address, Stage::Create), Vec::new(), others, Vec::new());
        }
    }

    // ------------------------------------------------------------ helpers

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
    pub(super) fn ancestors(&self, of: &QualifiedName) -> Vec<QualifiedName> {
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
    pub(super) fn heirs(&self, of: &QualifiedName) -> Vec<QualifiedName> {
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
    pub(super) fn comes_from_parent(&self, of: &QualifiedName, address: &Address) -> bool {
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
    pub(super) fn before_parents_part(
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
    pub(super) fn after_leaving(&self, of: &QualifiedName) -> Vec<Key> {
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
