//! What a catalog adds to the table of lock facts: which relations are meant, and what of the worst case
//! does not come true.

mod altered;
mod dropped;
mod note;

use super::facts::Facts;
use super::types::Known;
use super::{Answer, Effect, InTransaction, Kin, LockMode, RelationLock, Through};
use crate::catalog::{Domain, QualifiedName, RelationKind, Type};
use crate::sql::{ObjectKind, RelationName, Statement, TypeName};
use altered::Altered;
use dropped::drop_objects;

/// Narrows what the table says to what happens with this catalog.
pub(super) fn narrow(effect: &mut Effect, statement: &Statement, facts: &Facts) {
    match statement {
        Statement::Alter {
            relation,
            object,
            only,
            commands,
        } => Altered::new(effect, facts, relation, *only, commands).narrow(*object),
        Statement::CreateTable {
            relation,
            if_not_exists: true,
            ..
        }
        | Statement::CreateTableAs {
            relation,
            if_not_exists: true,
            ..
        }
        | Statement::CreateSequence {
            relation,
            if_not_exists: true,
        } if facts.find(relation).is_some() => {
            effect.locks.clear();
            effect.unnamed.clear();
            effect.scan = Answer::No;
        }
        Statement::CreateTable {
            partition_of: Some(parent),
            ..
        } => {
            effect.scan = Answer::No;
            if facts.is_before(15) {
                effect.forget(parent, Kin::Referencing);
            }
            if let Some(parent) = facts.find(parent) {
                for default in facts.kin(&parent, Kin::DefaultPartition, &Through::Any) {
                    effect.scans(facts, &default, Answer::Yes);
                }
            }
        }
        Statement::CreateIndex {
            index,
            relation,
            only,
            if_not_exists,
            ..
        } => {
            let Some(table) = facts.find(relation) else {
                return resolve(effect, facts);
            };
            // Inheriting tables get no index of their own.
            if !facts.is_partitioned(relation) {
                effect.forget(relation, Kin::Descendants);
            }
            effect.scan = Answer::No;
            let name = index.as_ref().map(|index| table.beside(index));
            let exists = *if_not_exists && name.is_some_and(|name| facts.catalog.index(&name).is_some());
            if !exists {
                for (name, _) in facts.stored(&table) {
                    if name == table || (!*only && facts.is_partitioned(relation)) {
                        effect.scan_one(&name, Answer::Yes);
                    }
                }
            }
        }
        Statement::CreateTrigger { relation, .. } if !facts.is_partitioned(relation) => {
            effect.forget(relation, Kin::Descendants);
        }
        Statement::Drop { .. } => drop_objects(effect, statement, facts),
        Statement::Reindex {
            relation: Some(relation),
            is_index,
            ..
        } => {
            if facts.is_partitioned(relation) {
                effect.in_transaction = InTransaction::Refused("works in transactions of its own");
            }
            if let Some(of) = facts.find(relation) {
                effect.scan = Answer::No;
                if *is_index {
                    for index in facts.tree(&of) {
                        effect.builds(facts, &index, Answer::Yes);
                    }
                } else {
                    effect.builds_all(facts, &of, Answer::Yes);
                }
            }
        }
        Statement::Cluster {
            relation: Some(relation),
        } => {
            if facts.is_partitioned(relation) {
                effect.in_transaction = InTransaction::Refused("works in transactions of its own");
            }
            effect.writes_anew(facts, std::slice::from_ref(relation));
        }
        Statement::Vacuum {
            relations,
            full,
            analyze,
        } => vacuum(effect, facts, relations, *full, *analyze),
        Statement::Cluster { relation: None } => {
            let mode = LockMode::AccessExclusive;
            effect.each(facts, mode, |relation| {
                relation.indexes.iter().any(|index| index.is_clustered)
            });
            effect.writes_anew(facts, &named(&effect.locks));
        }
        Statement::Refresh {
            relation,
            concurrently,
            with_data,
        } => {
            if *concurrently {
                if let Some(of) = facts.find(relation) {
                    effect.scans(facts, &of, Answer::Yes);
                }
            } else {
                effect.writes_anew(facts, std::slice::from_ref(relation));
            }
            if *with_data && let Some(of) = facts.find(relation) {
                effect.reads(facts, &of);
            }
        }
        Statement::Query { touched, .. }
        | Statement::Change { touched, .. }
        | Statement::CreateTableAs { touched, .. } => {
            // How rows are found is the planner's business.
            if effect.scan != Answer::No {
                for of in touched
                    .relations
                    .iter()
                    .filter_map(|touch| facts.find(&touch.relation))
                {
                    effect.reads(facts, &of);
                }
            }
            if let Statement::Change { relation, .. } = statement
                && let Some(of) = facts.find(relation)
            {
                // Foreign keys look rows up, as fast as an index lets them.
                for kin in [Kin::Referenced, Kin::Referencing] {
                    for other in facts.kin(&of, kin, &Through::Any) {
                        effect.scans(facts, &other, Answer::Unknown);
                    }
                }
            }
        }
        Statement::AlterDomain { name, scans: true } => {
            if let Some(domain) = type_named(facts, name) {
                effect.unnamed.clear();
                effect.scan = Answer::No;
                for (table, _) in facts.catalog.columns_of_type(&domain) {
                    effect.also(table, LockMode::Share);
                    // A view has rows of its own as little as a composite type.
                    effect.scans(facts, table, Answer::Yes);
                }
            }
        }
        Statement::Sweeping {
            of: Some(of), mode, ..
        } => typed_tables(effect, facts, of, *mode),
        Statement::Rename {
            relation: Some(of),
            cascade: true,
            ..
        } if facts.find(of).is_none() => typed_tables(effect, facts, of, LockMode::AccessExclusive),
        // Partitions have the triggers of their parent, and since version 15 their names too.
        Statement::Rename {
            object: ObjectKind::OnTable,
            relation: Some(relation),
            part,
            ..
        } => {
            let of = facts.find(relation);
            let is_trigger = |of: &QualifiedName, part: &String| facts.has_trigger(of, part);
            let is_trigger = of
                .zip(part.as_ref())
                .is_none_or(|(of, part)| is_trigger(&of, part));
            if facts.is_before(15) || !is_trigger {
                effect.forget(relation, Kin::Descendants);
            }
        }
        // A composite type's attribute.
        Statement::Rename {
            relation: Some(of), ..
        } if facts.find(of).is_none() && type_named(facts, of).is_some() => {
            effect.locks.clear();
            effect.unnamed.clear();
        }
        Statement::OnRelations {
            locks, descend: true, ..
        } => {
            // A partitioned table is published without its partitions.
            effect.unnamed.retain(|lock| {
                let of = lock.of.as_ref();
                !(of.is_some_and(|of| facts.is_partitioned(of))
                    && locks.iter().any(|(name, _)| Some(name) == of))
            });
        }
        _ => {}
    }
    resolve(effect, facts);
}

fn vacuum(effect: &mut Effect, facts: &Facts, relations: &[RelationName], full: bool, analyze: bool) {
    if relations.is_empty() {
        let mode = if full {
            LockMode::AccessExclusive
        } else {
            LockMode::ShareUpdateExclusive
        };
        effect.each(facts, mode, |relation| match relation.kind {
            RelationKind::Table | RelationKind::MaterializedView(_) => true,
            RelationKind::PartitionedTable(_) => analyze,
            _ => false,
        });
    }
    // Inheriting tables are left out before version 18.
    for relation in relations
        .iter()
        .filter(|relation| !facts.is_partitioned(relation))
    {
        if facts.is_before(18) {
            effect.forget(relation, Kin::Descendants);
        }
    }
    let relations = if relations.is_empty() {
        named(&effect.locks)
    } else {
        relations.to_vec()
    };
    for of in relations.iter().filter_map(|relation| facts.find(relation)) {
        let own = !facts.is_partitioned(&RelationName::from(&of)) && facts.is_before(18);
        for (name, relation) in facts.stored(&of) {
            if own && name != of {
                continue;
            }
            if full {
                effect.rewrite_one(&name, relation, Answer::Yes);
            } else if !matches!(relation.kind, RelationKind::Sequence(_)) {
                effect.scan_one(&name, Answer::Yes);
            }
        }
    }
}

fn named(locks: &[RelationLock]) -> Vec<RelationName> {
    locks.iter().map(|lock| lock.relation.clone()).collect()
}

/// The tables of a composite type.
fn typed_tables(effect: &mut Effect, facts: &Facts, of: &RelationName, mode: LockMode) {
    let Some(of) = type_named(facts, of) else {
        return;
    };
    effect.unnamed.clear();
    let typed = facts.catalog.relations.iter();
    for (table, _) in typed.filter(|(_, relation)| relation.of_type.as_ref() == Some(&of)) {
        effect.also(table, mode);
        if effect.rewrite != Answer::No {
            effect.rewrites.push(table.into());
            effect.scans.push(table.into());
        }
    }
    if effect.rewrites.is_empty() {
        effect.rewrite = Answer::No;
        effect.scan = Answer::No;
    }
}

fn type_named(facts: &Facts, name: &RelationName) -> Option<QualifiedName> {
    let words: Vec<String> = name.schema.iter().chain([&name.name]).cloned().collect();
    facts.type_named(&words)
}

/// What is known of a type that a statement names.
fn known(facts: &Facts, of: &TypeName) -> Known {
    if of.is_own() {
        return Known::Own(of.clone());
    }
    match domain(facts, of) {
        Some(domain) if is_constrained(facts, domain) => Known::Constrained,
        _ => below(facts, of),
    }
}

/// The type below a domain, or the type itself.
fn below(facts: &Facts, of: &TypeName) -> Known {
    if of.is_own() {
        return Known::Own(of.clone());
    }
    match domain(facts, of).and_then(|domain| TypeName::parse(&domain.base)) {
        Some(base) => below(facts, &base),
        None => match facts.type_named(&of.words).filter(|_| !of.is_array) {
            Some(name) => match facts.catalog.types.get(&name) {
                Some(Type::Enum(_) | Type::Composite(_)) => Known::Distinct(name),
                _ => Known::Other,
            },
            None => Known::Other,
        },
    }
}

fn domain<'a>(facts: &Facts<'a>, of: &TypeName) -> Option<&'a Domain> {
    if of.is_array {
        return None;
    }
    match facts.catalog.types.get(&facts.type_named(&of.words)?)? {
        Type::Domain(domain) => Some(domain),
        _ => None,
    }
}

fn is_constrained(facts: &Facts, of: &Domain) -> bool {
    let base = TypeName::parse(&of.base).and_then(|base| domain(facts, &base));
    of.is_not_null || !of.constraints.is_empty() || base.is_some_and(|base| is_constrained(facts, base))
}

/// Names all relations: those that the statement names by their schema too, and those that stand to them.
fn resolve(effect: &mut Effect, facts: &Facts) {
    let mut named = Vec::new();
    std::mem::swap(&mut named, &mut effect.locks);
    let also: Vec<RelationLock> = named.extract_if(.., |lock| !lock.named).collect();
    for lock in named {
        let name = facts
            .find(&lock.relation)
            .map_or(lock.relation, |name| (&name).into());
        effect.lock(&name, lock.mode);
    }
    let unnamed = std::mem::take(&mut effect.unnamed);
    for lock in unnamed {
        match lock.of.as_ref().and_then(|of| facts.find(of)) {
            Some(of) => {
                for name in facts.kin(&of, lock.kin, &lock.through) {
                    effect.also(&name, lock.mode);
                }
            }
            None => effect.unnamed.push(lock),
        }
    }
    for lock in also {
        match effect
            .locks
            .iter_mut()
            .find(|known| known.relation == lock.relation)
        {
            Some(known) => known.mode = known.mode.max(lock.mode),
            None => effect.locks.push(lock),
        }
    }
}
