//! Objects that got another name: declared ones are renamed before anything is compared.
//!
//! The old schema is rewritten as PostgreSQL would show it afterwards: addresses, names, and the texts that name them.
//! A text that comes out in another way only costs a statement more, since it is compared with the new one.

mod candidates;
mod names;
mod parts;
mod schema;
mod text;

use std::collections::BTreeMap;

use super::{Action, Cannot, Change, DiffOptions, Rename};
use crate::catalog::write::notes::target;
use crate::catalog::{Address, Catalog, QualifiedName, Relation, RelationKind, SequenceOwner, Type};
use crate::sql::quote_identifier;
pub(super) use candidates::candidates;
use names::Renaming;
pub(super) use parts::parts;

/// The old schema after renames, with their statements.
pub(super) struct Renamed {
    pub(super) catalog: Catalog,
    pub(super) changes: Vec<Change>,
    pub(super) cannot: Vec<Cannot>,
}

/// Does the declared renames, and those of sequences that are of one column; none where there are none.
pub(super) fn apply(old: &Catalog, new: &Catalog, options: &DiffOptions) -> Option<Renamed> {
    let mut renamed = None;
    let start = || Renamed {
        catalog: old.clone(),
        changes: Vec::new(),
        cannot: Vec::new(),
    };
    for rename in &options.renames {
        renamed.get_or_insert_with(start).rename(rename, new);
    }
    let before = renamed.as_ref().map_or(old, |renamed| &renamed.catalog);
    for rename in sequences(before, new) {
        renamed.get_or_insert_with(start).rename(&rename, new);
    }
    renamed
}

/// A column's own sequence is the same one, whatever its name.
fn sequences(old: &Catalog, new: &Catalog) -> Vec<Rename> {
    let mut gone: BTreeMap<&SequenceOwner, &QualifiedName> = BTreeMap::new();
    let mut renames = Vec::new();
    let pairs = super::fate::both(&old.relations, &new.relations);
    let owner = |relation: &'_ Relation| match &relation.kind {
        RelationKind::Sequence(sequence) => Some(sequence.owner.clone()),
        _ => None,
    };
    for (name, one, other) in &pairs {
        if let (
            Some(Relation {
                kind: RelationKind::Sequence(sequence),
                ..
            }),
            None,
        ) = (one, other)
            && sequence.owner != SequenceOwner::Nobody
        {
            gone.insert(&sequence.owner, *name);
        }
    }
    if gone.is_empty() {
        return renames;
    }
    for (name, one, other) in &pairs {
        if let (None, Some(owner)) = (one, other.and_then(owner))
            && let Some(from) = gone.remove(&owner)
        {
            renames.push(Rename::new(
                Address::Relation(from.clone()),
                Address::Relation((*name).clone()),
            ));
        }
    }
    renames
}

impl Renamed {
    fn refuse(&mut self, rename: &Rename, why: &str) {
        self.cannot.push(Cannot {
            object: Some(rename.from.clone()),
            why: format!("it cannot be renamed to {}: {why}", rename.to),
        });
    }

    fn rename(&mut self, rename: &Rename, new: &Catalog) {
        let (from, to) = (&rename.from, &rename.to);
        if std::mem::discriminant(from) != std::mem::discriminant(to) {
            return self.refuse(rename, "they are of different classes");
        }
        if !exists(&self.catalog, from) {
            return self.refuse(rename, "it is not in the old schema");
        }
        if exists(&self.catalog, to) {
            return self.refuse(rename, "that is in the old schema already");
        }
        if !exists(new, to) {
            return self.refuse(rename, "that is not in the new schema");
        }
        let Some(sql) = self.statements(from, to) else {
            return self.refuse(rename, "objects of this class are not renamed so");
        };
        for (object, sql) in sql {
            self.changes.push(Change {
                action: if matches!(object, Address::Schema(_)) && object != *from {
                    Action::Create
                } else {
                    Action::Rename
                },
                object,
                sql,
                loses: None,
                because: None,
                remark: None,
            });
        }
        let renaming = Renaming {
            from: from.clone(),
            to: to.clone(),
        };
        renaming.apply(&mut self.catalog);
    }

    /// Statements, each with what it changes.
    fn statements(&mut self, from: &Address, to: &Address) -> Option<Vec<(Address, String)>> {
        let mut sql = Vec::new();
        let old = &self.catalog;
        match (from, to) {
            (Address::Column(of, name), Address::Column(other, new_name)) if of == other => {
                let (head, part) = match old.relation(of) {
                    Some(relation) => (format!("ALTER {} {of}", relation.kind.keyword()), "COLUMN"),
                    None => (format!("ALTER TYPE {of}"), "ATTRIBUTE"),
                };
                let (name, new_name) = (quote_identifier(name), quote_identifier(new_name));
                sql.push((from.clone(), format!("{head} RENAME {part} {name} TO {new_name}")));
            }
            (Address::Constraint(of, name), Address::Constraint(other, new_name)) if of == other => {
                let keyword = old.relation(of)?.kind.keyword();
                let (name, new_name) = (quote_identifier(name), quote_identifier(new_name));
                sql.push((
                    from.clone(),
                    format!("ALTER {keyword} {of} RENAME CONSTRAINT {name} TO {new_name}"),
                ));
            }
            (Address::DomainConstraint(of, name), Address::DomainConstraint(other, new_name))
                if of == other =>
            {
                let (name, new_name) = (quote_identifier(name), quote_identifier(new_name));
                sql.push((
                    from.clone(),
                    format!("ALTER DOMAIN {of} RENAME CONSTRAINT {name} TO {new_name}"),
                ));
            }
            (Address::Trigger(of, _), Address::Trigger(other, new_name))
            | (Address::Rule(of, _), Address::Rule(other, new_name))
            | (Address::Policy(of, _), Address::Policy(other, new_name))
                if of == other =>
            {
                let target = target(old, from)?;
                sql.push((
                    from.clone(),
                    format!("ALTER {target} RENAME TO {}", quote_identifier(new_name)),
                ));
            }
            (Address::Index(name), Address::Index(other)) if name.schema == other.schema => {
                sql.push((
                    from.clone(),
                    format!("ALTER INDEX {name} RENAME TO {}", quote_identifier(&other.name)),
                ));
            }
            (Address::Schema(_), Address::Schema(name))
            | (Address::Language(_), Address::Language(name))
            | (Address::ForeignDataWrapper(_), Address::ForeignDataWrapper(name))
            | (Address::Server(_), Address::Server(name))
            | (Address::EventTrigger(_), Address::EventTrigger(name))
            | (Address::Publication(_), Address::Publication(name))
            | (Address::Subscription(_), Address::Subscription(name)) => {
                let target = target(old, from)?;
                sql.push((
                    from.clone(),
                    format!("ALTER {target} RENAME TO {}", quote_identifier(name)),
                ));
            }
            _ => {
                let (name, other) = (lives_at(from)?, lives_at(to)?);
                if let (Address::Routine(one), Address::Routine(two)) = (from, to)
                    && one.arguments != two.arguments
                {
                    return None;
                }
                if name.schema != other.schema {
                    // It moves into a schema that may be new.
                    if !old.schemas.contains_key(&other.schema) {
                        let schema = Address::Schema(other.schema.clone());
                        sql.push((
                            schema,
                            format!("CREATE SCHEMA {}", quote_identifier(&other.schema)),
                        ));
                        self.catalog
                            .schemas
                            .insert(other.schema.clone(), crate::catalog::Schema::default());
                    }
                    let target = target(&self.catalog, from)?;
                    sql.push((
                        from.clone(),
                        format!("ALTER {target} SET SCHEMA {}", quote_identifier(&other.schema)),
                    ));
                }
                if name.name != other.name {
                    // Named as it is after it has moved.
                    let target = target(&self.catalog, from)?.replacen(
                        &name.to_string(),
                        &QualifiedName::new(other.schema.clone(), name.name.clone()).to_string(),
                        1,
                    );
                    sql.push((
                        from.clone(),
                        format!("ALTER {target} RENAME TO {}", quote_identifier(&other.name)),
                    ));
                }
            }
        }
        Some(sql)
    }
}

/// The name of an object that lives in a schema and can move to another.
fn lives_at(address: &Address) -> Option<&QualifiedName> {
    match address {
        Address::Relation(name)
        | Address::Type(name)
        | Address::Collation(name)
        | Address::Conversion(name)
        | Address::Statistics(name)
        | Address::OperatorFamily(name, _)
        | Address::OperatorClass(name, _)
        | Address::TextSearchParser(name)
        | Address::TextSearchTemplate(name)
        | Address::TextSearchDictionary(name)
        | Address::TextSearchConfiguration(name) => Some(name),
        Address::Routine(routine) => Some(&routine.name),
        _ => None,
    }
}

fn exists(catalog: &Catalog, address: &Address) -> bool {
    let relation = |of: &QualifiedName| catalog.relation(of);
    match address {
        Address::Schema(name) => catalog.schemas.contains_key(name),
        Address::Type(name) => catalog.types.contains_key(name),
        Address::Routine(name) => catalog.routines.contains_key(name),
        Address::Relation(name) => relation(name).is_some(),
        Address::Index(name) => catalog.index(name).is_some(),
        Address::Column(of, name) => match catalog.types.get(of) {
            Some(Type::Composite(attributes)) => attributes.iter().any(|attribute| attribute.name == *name),
            _ => relation(of).is_some_and(|relation| relation.column(name).is_some()),
        },
        Address::Constraint(of, name) => {
            relation(of).is_some_and(|relation| relation.constraint(name).is_some())
        }
        Address::DomainConstraint(of, name) => match catalog.types.get(of) {
            Some(Type::Domain(domain)) => domain
                .constraints
                .iter()
                .any(|constraint| constraint.name == *name),
            _ => false,
        },
        Address::Trigger(of, name) => {
            relation(of).is_some_and(|found| found.triggers.iter().any(|one| one.name == *name))
        }
        Address::Rule(of, name) => {
            relation(of).is_some_and(|found| found.rules.iter().any(|one| one.name == *name))
        }
        Address::Policy(of, name) => {
            relation(of).is_some_and(|found| found.policies.iter().any(|one| one.name == *name))
        }
        other => catalog.objects.contains_key(other),
    }
}

fn is_owned_by(relation: &Relation, table: &QualifiedName) -> bool {
    match &relation.kind {
        RelationKind::Sequence(sequence) => match &sequence.owner {
            SequenceOwner::Column(of, _) | SequenceOwner::Identity(of, _) => of == table,
            SequenceOwner::Nobody => false,
        },
        _ => false,
    }
}
