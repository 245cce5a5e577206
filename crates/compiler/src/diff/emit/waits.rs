//! What waits for what goes: for a free name, for its last user, for another that could be meant instead.

use std::collections::{BTreeSet, HashMap};

use super::Emit;
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::{Address, QualifiedName, RelationKind, RoutineName, SequenceOwner, Type};
use crate::diff::fate::Fate;

impl Emit<'_> {
    /// A created or moved object waits for what had its name.
    pub(super) fn names_are_free(&mut self) {
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
    pub(super) fn after_users(&mut self) {
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
    pub(super) fn after_namesakes(&mut self) {
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
    pub(super) fn after_overloads(&mut self, name: &RoutineName) {
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
}
