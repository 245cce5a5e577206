//! The plan that holds: what PostgreSQL refuses to change in place, or in any order, is made anew in the next try.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Detail, Emit, places};
use crate::catalog::write::order::{Key, Plan, Stage};
use crate::catalog::{
    Address, Catalog, ColumnValue, ConstraintKind, Object, QualifiedName, Relation, RelationKind, Type,
    with_in,
};
use crate::diff::fate::{Fate, Fates, judge};
use crate::diff::kin;
use crate::diff::live::Live;
use crate::diff::spread::{Spread, spread};
use crate::diff::{Action, Cannot, Change, DiffOptions, Difference};

/// How often a circle may make the plan begin again.
const ATTEMPTS: usize = 8;

/// Compares two schemas, renames being done.
pub(in crate::diff) fn difference(origin: &Catalog, new: &Catalog, options: &DiffOptions) -> Difference {
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
    let mut open = Opened::default();
    for attempt in 0.. {
        let mut fates = judged.clone();
        for address in &open.forced {
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
            apart: &open.apart,
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
        let before = (open.forced.len(), open.apart.len());
        for (address, stage) in circles.iter().flatten() {
            open.one(old, new, &fates, (address, *stage));
        }
        if (open.forced.len(), open.apart.len()) != before && attempt < ATTEMPTS {
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

/// What opens circles: the plan begins again with it.
#[derive(Default)]
struct Opened {
    /// What is altered in a circle is made anew instead: it goes before and comes back behind.
    forced: BTreeSet<Address>,
    /// What goes in a circle loses first what can go alone.
    apart: BTreeSet<Address>,
}

impl Opened {
    /// Takes in one statement of a circle.
    fn one(&mut self, old: &Catalog, new: &Catalog, fates: &Fates, (address, stage): (&Address, Stage)) {
        if let (Address::Relation(name), Stage::Drop) = (address, stage)
            && let Some(relation) = old.relation(name)
        {
            self.apart.extend(loose_parts(name, relation));
            let statistics = old.objects.iter().filter(|(_, object)| {
                matches!(object, Object::Statistics(statistics) if statistics.relation == *name)
            });
            self.apart.extend(statistics.map(|(address, _)| address.clone()));
        }
        if let (Address::Type(name), Stage::Drop) = (address, stage)
            && let Some(Type::Domain(domain)) = old.types.get(name)
        {
            let constraints = domain.constraints.iter();
            self.apart
                .extend(constraints.map(|found| Address::DomainConstraint(name.clone(), found.name.clone())));
            if domain.default.is_some() {
                self.apart.insert(address.clone());
            }
        }
        if can_be_forced(new, address) && matches!(fates.get(address), Some(Fate::Alter | Fate::Swap)) {
            self.forced.insert(address.clone());
        }
        // A key goes before its successor comes, with its index.
        if let (Address::Constraint(of, name), Some(Fate::Swap)) = (address, fates.get(address)) {
            self.forced.insert(address.clone());
            for catalog in [old, new] {
                let found = catalog
                    .relation(of)
                    .and_then(|relation| relation.constraint(name));
                self.forced
                    .extend(found.and_then(|found| found.index.clone()).map(Address::Index));
            }
        }
    }
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
