//! DROP on a catalog: what goes along by CASCADE, and what of the parts is shared.

use crate::catalog::Address;
use crate::effect::facts::Facts;
use crate::effect::{Answer, Effect, Kin, LockMode, Through};
use crate::sql::{ObjectKind, Statement};

use super::type_named;

pub(super) fn drop_objects(effect: &mut Effect, statement: &Statement, facts: &Facts) {
    let Statement::Drop {
        object,
        relations,
        names,
        if_exists,
        cascade,
        ..
    } = statement
    else {
        return;
    };
    let found: Vec<_> = relations.iter().filter_map(|name| facts.find(name)).collect();
    if effect.data_loss == Answer::Yes && !relations.is_empty() && found.is_empty() {
        effect.data_loss = Answer::No;
    }
    let catalog = facts.catalog;
    for (at, relation) in relations.iter().enumerate().filter(|_| *if_exists) {
        let is_there = match facts.find(relation) {
            None => false,
            Some(of) if *object == ObjectKind::OnTable => {
                names.get(at).is_none_or(|part| facts.has_part(&of, &part.name))
            }
            Some(_) => true,
        };
        if !is_there {
            effect.locks.retain(|lock| lock.relation != *relation);
            effect.unnamed.retain(|lock| lock.of.as_ref() != Some(relation));
        }
    }
    if matches!(object, ObjectKind::OnTable) {
        for (relation, part) in relations.iter().zip(names) {
            if facts
                .find(relation)
                .is_some_and(|of| !facts.has_trigger(&of, &part.name))
            {
                effect.forget(relation, Kin::Descendants);
            }
        }
        return;
    }
    if *object == ObjectKind::Table {
        // A partition's part of its parent's foreign key goes without a look at the other table.
        for (relation, of) in relations
            .iter()
            .filter_map(|relation| Some((relation, facts.find(relation)?)))
        {
            effect.forget(relation, Kin::Referenced);
            for other in facts.referenced_by_own(&of) {
                effect.also(&other, LockMode::AccessExclusive);
            }
        }
    }
    let mut objects: Vec<Address> = Vec::new();
    for name in &found {
        objects.push(match object {
            ObjectKind::Index => Address::Index(name.clone()),
            _ => Address::Relation(name.clone()),
        });
    }
    for name in names {
        match object {
            ObjectKind::Type => objects.extend(type_named(facts, name).map(Address::Type)),
            ObjectKind::Extension => objects.push(Address::Extension(name.name.clone())),
            ObjectKind::Routine => {
                let is_meant = |schema: &str| name.schema.as_deref().is_none_or(|written| written == schema);
                let overloads = catalog.routines.keys();
                let meant = overloads.filter(|of| of.name.name == name.name && is_meant(&of.name.schema));
                objects.extend(meant.cloned().map(Address::Routine));
            }
            ObjectKind::Schema => {
                for (relation, _) in catalog.in_schema(&name.name) {
                    objects.push(Address::Relation(relation.clone()));
                    effect.also(relation, LockMode::AccessExclusive);
                    for kin in [Kin::Referenced, Kin::Parents] {
                        for other in facts.kin(relation, kin, &Through::Any) {
                            effect.also(&other, LockMode::AccessExclusive);
                        }
                    }
                    effect.data_loss = Answer::Yes;
                }
                let types = catalog.types.keys().filter(|of| of.schema == name.name);
                objects.extend(types.cloned().map(Address::Type));
                let routines = catalog.routines.keys().filter(|of| of.name.schema == name.name);
                objects.extend(routines.cloned().map(Address::Routine));
            }
            _ => return,
        }
    }
    if *cascade {
        effect.unnamed.retain(|lock| lock.of.is_some());
        let (locked, loses) = facts.cascade(objects);
        for relation in locked {
            effect.also(&relation, LockMode::AccessExclusive);
        }
        if loses {
            effect.data_loss = Answer::Yes;
        }
    }
    if effect.data_loss == Answer::Unknown {
        effect.data_loss = Answer::No;
    }
}
