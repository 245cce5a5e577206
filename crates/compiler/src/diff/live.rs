//! The order that a database in use wants, among those that work: what is new first, then what goes and comes back in
//! one piece each, so that it is away for one transaction, and at the end what goes for good. What fails on the rows
//! that are there thus fails before anything is lost.

use std::collections::BTreeSet;

use super::fate::{Fate, Fates};
use super::spread::Spread;
use crate::catalog::write::order::{Key, Plan, Stage, Taste, rank};
use crate::catalog::{Address, Catalog, ConstraintKind, QualifiedName, Relation, RelationKind, RoutineName};

/// What goes and comes back follows all that is new.
const BLOCK: u8 = 84;
/// What goes for good comes last, but for what sees the statements themselves.
const GONE: u8 = 92;
/// What fires on statements, and what new objects get by default.
const WATCHES: u8 = 94;
/// Inside of a block, what reads rows or builds comes when all else is back.
const LONG: u8 = 70;

/// The order of a difference.
pub(super) struct Live<'a> {
    fates: &'a Fates,
    spread: &'a Spread,
    /// Tables that inherit, or are partitions.
    children: BTreeSet<&'a QualifiedName>,
    /// Constraints of partitioned tables and their partitions, and foreign keys to them: those of one hang on those of
    /// others in ways that no catalog tells, so they go before anything comes.
    entangled: BTreeSet<Address>,
    /// Objects that leave what they are a part of, and join it or another.
    moving: BTreeSet<Address>,
    /// What some objects share that go, and others that come.
    changing: BTreeSet<Address>,
}

/// What the object shares with others that act on the same table, or are known by the same name, and that are to
/// change at once: an address without the name of its own. Routines of one name share it, as a call means another of
/// them when one goes.
fn shared(address: &Address) -> Option<Address> {
    let own = String::new();
    Some(match address {
        Address::Trigger(of, _) => Address::Trigger(of.clone(), own),
        Address::Policy(of, _) => Address::Policy(of.clone(), own),
        Address::Rule(of, _) => Address::Rule(of.clone(), own),
        Address::Routine(routine) => Address::Routine(RoutineName {
            name: routine.name.clone(),
            arguments: own,
        }),
        _ => return None,
    })
}

/// Whether statements find the object by what they do, not by its name: while it is there it may be taken instead of
/// what is to be. An extension has such objects, and names that nobody knows of.
fn is_looked_up(address: &Address) -> bool {
    matches!(
        address,
        Address::Extension(_)
            | Address::Cast(..)
            | Address::Operator(..)
            | Address::OperatorClass(..)
            | Address::OperatorFamily(..)
            | Address::Conversion(_)
            | Address::Collation(_)
            | Address::Transform(..)
    )
}

impl<'a> Live<'a> {
    pub(super) fn new(fates: &'a Fates, spread: &'a Spread, old: &'a Catalog, plan: &Plan) -> Self {
        let at = |wanted: Stage| -> BTreeSet<Address> {
            let found = plan.keys().filter(|(_, stage)| *stage == wanted);
            found.map(|(address, _)| address.clone()).collect()
        };
        let moving = at(Stage::Leave)
            .intersection(&at(Stage::Attach))
            .cloned()
            .collect();
        let of_fate = |is: fn(Fate) -> bool| -> BTreeSet<Address> {
            let found = fates.iter().filter(|(_, fate)| is(**fate));
            found.filter_map(|(address, _)| shared(address)).collect()
        };
        let (goes, comes) = (of_fate(Fate::is_gone), of_fate(Fate::is_made));
        let inherits = |relation: &Relation| super::kin::parents(relation).next().is_some();
        let children = old.relations.iter().filter(|(_, relation)| inherits(relation));
        let is_parted = |name: &QualifiedName| {
            let found = old.relation(name);
            found.is_some_and(|relation| {
                relation.partition_of.is_some() || matches!(relation.kind, RelationKind::PartitionedTable(_))
            })
        };
        let mut entangled = BTreeSet::new();
        for (of, relation) in &old.relations {
            for constraint in &relation.constraints {
                let is_to_parted =
                    matches!(&constraint.kind, ConstraintKind::ForeignKey(key) if is_parted(&key.references));
                if is_to_parted || is_parted(of) {
                    entangled.insert(Address::Constraint(of.clone(), constraint.name.clone()));
                }
            }
        }
        Self {
            entangled,
            children: children.map(|(name, _)| name).collect(),
            fates,
            spread,
            moving,
            changing: goes.intersection(&comes).cloned().collect(),
        }
    }

    /// With which others an object changes at once. What is altered in place is neither here nor there meanwhile.
    fn changes_with(&self, address: &Address) -> Option<Address> {
        let is_either = self.fates.get(address).is_some_and(|fate| *fate != Fate::Alter);
        shared(address).filter(|shared| is_either && self.changing.contains(shared))
    }
}

impl Taste for Live<'_> {
    fn rank(&self, key: &Key) -> u8 {
        let (address, stage) = key;
        let watches = matches!(address, Address::EventTrigger(_) | Address::DefaultPrivileges(..));
        match stage {
            Stage::Leave => 0,
            Stage::Drop if watches || is_looked_up(address) => 0,
            Stage::Drop if self.entangled.contains(address) => 0,
            // What changes above would have to fit it.
            Stage::Drop if matches!(address, Address::Relation(name) if self.children.contains(name)) => 0,
            Stage::Drop | Stage::Retire => GONE,
            _ if watches && *stage != Stage::Note => WATCHES,
            _ => rank(key),
        }
    }

    fn is_window(&self, key: &Key) -> bool {
        let (address, stage) = key;
        if self.entangled.contains(address)
            || matches!(stage, Stage::Retire | Stage::Note)
            || matches!(address, Address::EventTrigger(_))
        {
            return false;
        }
        match self.fates.get(address) {
            Some(Fate::Replace) => true,
            Some(Fate::Swap) => matches!(address, Address::Type(_)),
            _ => {
                self.spread.because.contains_key(address)
                    || self.moving.contains(address)
                    || self.changes_with(address).is_some()
            }
        }
    }

    fn with(&self, (address, _): &Key) -> Option<Address> {
        let shared = self.changes_with(address)?;
        Some(match shared.relation() {
            Some(of) => Address::Relation(of.clone()),
            None => shared,
        })
    }

    fn block_rank(&self) -> u8 {
        BLOCK
    }

    fn rank_in_block(&self, key: &Key) -> u8 {
        match (&key.0, key.1) {
            (_, Stage::Drop | Stage::Leave) => 0,
            (Address::Index(_) | Address::Constraint(..), Stage::Create) => LONG,
            _ => rank(key),
        }
    }

    fn is_pulled(&self, (_, stage): &Key) -> bool {
        matches!(stage, Stage::Drop | Stage::Retire)
    }
}
