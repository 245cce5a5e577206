//! Notes what happens to relations of a catalog, and takes back what does not.

use crate::catalog::{QualifiedName, Relation, RelationKind};
use crate::effect::facts::Facts;
use crate::effect::{Answer, Effect, Kin, LockMode, RelationLock, Through, UnnamedLock};
use crate::sql::RelationName;

impl Effect {
    /// Takes back the lock on what stands to a named relation in this way.
    pub(super) fn forget(&mut self, of: &RelationName, kin: Kin) {
        self.unnamed
            .retain(|lock| !(lock.kin == kin && lock.of.as_ref() == Some(of)));
    }

    /// The same, however the relation was written; gives which ties had counted.
    pub(super) fn forget_of(&mut self, facts: &Facts, of: &QualifiedName, kin: Kin) -> Vec<Through> {
        let is_it = |lock: &mut UnnamedLock| {
            lock.kin == kin && lock.of.as_ref().and_then(|name| facts.find(name)).as_ref() == Some(of)
        };
        self.unnamed
            .extract_if(.., is_it)
            .map(|lock| lock.through)
            .collect()
    }

    /// Lists what a statement without names is about.
    pub(super) fn each(&mut self, facts: &Facts, mode: LockMode, is_meant: impl Fn(&Relation) -> bool) {
        self.unnamed.clear();
        let relations = facts.catalog.relations.iter();
        for (name, _) in relations.filter(|(_, relation)| is_meant(relation)) {
            self.also(name, mode);
        }
    }

    /// A query may read it as a whole, or what it is a view of.
    pub(super) fn reads(&mut self, facts: &Facts, of: &QualifiedName) {
        let below = facts.kin(of, Kin::Underlying, &Through::Any);
        for name in below.iter().chain([of]) {
            self.scans(facts, name, Answer::Unknown);
        }
    }

    /// Notes a lock on a relation that the statement does not name.
    pub(super) fn also(&mut self, name: &QualifiedName, mode: LockMode) {
        let relation = RelationName::from(name);
        match self.locks.iter_mut().find(|lock| lock.relation == relation) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(RelationLock {
                relation,
                mode,
                named: false,
            }),
        }
    }

    pub(super) fn scan_one(&mut self, name: &QualifiedName, answer: Answer) {
        self.scan = self.scan.or(answer);
        note(&mut self.scans, name);
    }

    /// The table is read, and all that descends from it.
    pub(super) fn scans(&mut self, facts: &Facts, of: &QualifiedName, answer: Answer) {
        for (name, relation) in facts.stored(of) {
            if !matches!(relation.kind, RelationKind::Sequence(_)) {
                self.scan_one(&name, answer);
            }
        }
    }

    /// The table is written anew, with its indexes.
    pub(super) fn rewrite_one(&mut self, name: &QualifiedName, relation: &Relation, answer: Answer) {
        self.rewrite = self.rewrite.or(answer);
        note(&mut self.rewrites, name);
        self.scan_one(name, answer);
        for index in &relation.indexes {
            self.index_rebuild = self.index_rebuild.or(answer);
            note(&mut self.index_rebuilds, &name.beside(&index.name));
        }
    }

    pub(super) fn writes_anew(&mut self, facts: &Facts, relations: &[RelationName]) {
        for of in relations.iter().filter_map(|relation| facts.find(relation)) {
            for (name, relation) in facts.stored(&of) {
                self.rewrite_one(&name, relation, Answer::Yes);
            }
        }
    }

    /// The index is built anew, for which its table is read.
    pub(super) fn builds(&mut self, facts: &Facts, index: &QualifiedName, answer: Answer) {
        if let Some((table, relation, _)) = facts.catalog.index(index)
            && relation.has_storage()
        {
            self.index_rebuild = self.index_rebuild.or(answer);
            note(&mut self.index_rebuilds, index);
            self.scan_one(table, answer);
        }
    }

    pub(super) fn builds_all(&mut self, facts: &Facts, of: &QualifiedName, answer: Answer) {
        for index in facts.kin(of, Kin::Indexes, &Through::Any) {
            self.builds(facts, &index, answer);
        }
    }
}

fn note(list: &mut Vec<RelationName>, name: &QualifiedName) {
    let name = RelationName::from(name);
    if !list.contains(&name) {
        list.push(name);
    }
}
