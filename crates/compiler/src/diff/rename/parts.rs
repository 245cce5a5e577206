//! Indexes and constraints that differ in nothing but their names: renaming them is all that is to do.

use std::collections::{BTreeSet, HashMap};

use super::super::fate::{bare_of, body, both};
use super::super::{Action, Change};
use crate::catalog::{
    Address, Catalog, Constraint, ConstraintKind, Dependencies, Index, QualifiedName, Relation,
};
use crate::sql::quote_identifier;

/// The old schema with them renamed, and their statements; none where there are none.
pub(in super::super) fn parts(old: &Catalog, new: &Catalog) -> Option<(Catalog, Vec<Change>)> {
    let mut taken: Option<BTreeSet<QualifiedName>> = None;
    let mut renames: HashMap<Address, Address> = HashMap::new();
    let mut changes = Vec::new();
    let children = super::super::kin::children(old);
    // Parts of a partition are compared when those of its parents have their names.
    let mut before = usize::MAX;
    while renames.len() != before {
        before = renames.len();
        for (name, one, other) in both(&old.relations, &new.relations) {
            let (Some(one), Some(other)) = (one, other) else {
                continue;
            };
            if one == other || std::mem::discriminant(&one.kind) != std::mem::discriminant(&other.kind) {
                continue;
            }
            let taken = taken.get_or_insert_with(|| names(old));
            let pairs = Pairs {
                name,
                one,
                other,
                has_children: children.contains_key(name),
                renames: &renames,
            };
            let mut found = Vec::new();
            for (from, to) in pairs.constraints() {
                let address = Address::Constraint(name.clone(), from.name.clone());
                if from.index.is_some() && !matches!(from.kind, ConstraintKind::ForeignKey(_)) {
                    if !taken.insert(name.beside(&to.name)) {
                        continue;
                    }
                    let index = |constraint: &Constraint| Address::Index(name.beside(&constraint.name));
                    found.push((index(from), index(to)));
                }
                let (before, after) = (quote_identifier(&from.name), quote_identifier(&to.name));
                changes.push(rename(
                    &address,
                    format!(
                        "ALTER {} {name} RENAME CONSTRAINT {before} TO {after}",
                        one.kind.keyword()
                    ),
                ));
                found.push((address, Address::Constraint(name.clone(), to.name.clone())));
            }
            for (from, to) in pairs.indexes() {
                if taken.insert(name.beside(&to.name)) {
                    let address = Address::Index(name.beside(&from.name));
                    let sql = format!(
                        "ALTER INDEX {} RENAME TO {}",
                        name.beside(&from.name),
                        quote_identifier(&to.name)
                    );
                    changes.push(rename(&address, sql));
                    found.push((address, Address::Index(name.beside(&to.name))));
                }
            }
            renames.extend(found);
        }
    }
    if renames.is_empty() {
        return None;
    }
    Some((renamed(old, &renames), changes))
}

fn rename(address: &Address, sql: String) -> Change {
    Change {
        object: address.clone(),
        action: Action::Rename,
        sql,
        loses: None,
        because: None,
        remark: None,
    }
}

/// Names of relations, indexes and types.
fn names(catalog: &Catalog) -> BTreeSet<QualifiedName> {
    let mut names: BTreeSet<QualifiedName> = catalog
        .relations
        .keys()
        .chain(catalog.types.keys())
        .cloned()
        .collect();
    for (of, relation) in &catalog.relations {
        names.extend(relation.indexes.iter().map(|index| of.beside(&index.name)));
    }
    names
}

/// Parts that only one side has, matched by what they are.
fn matched<'a, T>(
    old: &'a [T],
    new: &'a [T],
    name: impl Fn(&T) -> &str,
    is_like: impl Fn(&T, &T) -> bool,
) -> Vec<(&'a T, &'a T)> {
    let is_missing = |part: &T, from: &[T]| !from.iter().any(|other| name(other) == name(part));
    let mut open: Vec<&T> = new.iter().filter(|part| is_missing(part, old)).collect();
    let mut pairs = Vec::new();
    for part in old.iter().filter(|part| is_missing(part, new)) {
        if let Some(at) = open.iter().position(|other| is_like(part, other)) {
            pairs.push((part, open.remove(at)));
        }
    }
    pairs
}

/// A table in both schemas, and what is renamed already.
struct Pairs<'a> {
    name: &'a QualifiedName,
    one: &'a Relation,
    other: &'a Relation,
    has_children: bool,
    renames: &'a HashMap<Address, Address>,
}

impl<'a> Pairs<'a> {
    /// Whether an old part is not renamed yet.
    fn is_open(&self, address: &Address) -> bool {
        !self.renames.contains_key(address)
    }

    fn constraints(&self) -> Vec<(&'a Constraint, &'a Constraint)> {
        let index = |constraint: &Constraint, of: &'a Relation| {
            let index = constraint.index.as_ref()?;
            of.index(&index.name)
        };
        let above = |constraint: &Constraint| {
            let (table, name) = constraint.parent.clone()?;
            let address = Address::Constraint(table.clone(), name.clone());
            match self.renames.get(&address) {
                Some(Address::Constraint(table, name)) => Some((table.clone(), name.clone())),
                _ => Some((table, name)),
            }
        };
        let is_like = |from: &Constraint, to: &Constraint| {
            let is_alone = |constraint: &Constraint| {
                constraint.is_local && constraint.inheritance_count == 0 && constraint.parent.is_none()
            };
            let is_key = matches!(
                from.kind,
                ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::Exclusion
            );
            let (old_index, new_index) = (index(from, self.one), index(to, self.other));
            // An index may have another name than its constraint.
            let has_its_name = |constraint: &Constraint, index: Option<&Index>| {
                index.is_some_and(|index| index.name == constraint.name)
            };
            let is_same_kind = match (&from.kind, &to.kind) {
                (ConstraintKind::ForeignKey(one), ConstraintKind::ForeignKey(other)) => one == other,
                (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
            };
            is_same_kind
                && !matches!(from.kind, ConstraintKind::Trigger | ConstraintKind::NotNull)
                && self.is_open(&Address::Constraint(self.name.clone(), from.name.clone()))
                && (is_key && above(from) == to.parent
                    || is_alone(from) && is_alone(to) && !self.has_children)
                && from.definition == to.definition
                && bare_of(from, old_index) == bare_of(to, new_index)
                && from.columns == to.columns
                && (!is_key || has_its_name(from, old_index) && has_its_name(to, new_index))
        };
        matched(
            &self.one.constraints,
            &self.other.constraints,
            |part| &part.name,
            is_like,
        )
    }

    fn indexes(&self) -> Vec<(&'a Index, &'a Index)> {
        let above = |index: &Index| {
            let parent = index.parent.clone()?;
            match self.renames.get(&Address::Index(parent.clone())) {
                Some(Address::Index(renamed)) => Some(renamed.clone()),
                _ => Some(parent),
            }
        };
        let is_like = |from: &Index, to: &Index| {
            from.constraint.is_none()
                && to.constraint.is_none()
                && self.is_open(&Address::Index(self.name.beside(&from.name)))
                && above(from) == to.parent
                && from.is_valid == to.is_valid
                && body(from) == body(to)
        };
        matched(&self.one.indexes, &self.other.indexes, |part| &part.name, is_like)
    }
}

/// The schema with constraints and indexes renamed.
fn renamed(old: &Catalog, renames: &HashMap<Address, Address>) -> Catalog {
    let mut catalog = old.clone();
    let address = |address: &Address| renames.get(address).cloned().unwrap_or_else(|| address.clone());
    let index_name = |name: &mut QualifiedName| {
        if let Some(Address::Index(to)) = renames.get(&Address::Index(name.clone())) {
            name.clone_from(to);
        }
    };
    let constraint_name = |of: &QualifiedName, name: &mut String| {
        if let Some(Address::Constraint(_, to)) = renames.get(&Address::Constraint(of.clone(), name.clone()))
        {
            name.clone_from(to);
        }
    };
    for (of, relation) in &mut catalog.relations {
        for constraint in &mut relation.constraints {
            constraint_name(of, &mut constraint.name);
            if let Some(index) = &mut constraint.index {
                index_name(index);
            }
            if let Some((table, above)) = &mut constraint.parent {
                constraint_name(table, above);
            }
        }
        for index in &mut relation.indexes {
            let mut own = of.beside(&index.name);
            index_name(&mut own);
            if own.name != index.name {
                let words = [quote_identifier(&index.name), quote_identifier(&own.name)];
                let [before, after] = words.map(|word| format!(" INDEX {word} ON "));
                index.definition = index.definition.replacen(&before, &after, 1);
                if relation.replica_identity == crate::catalog::ReplicaIdentity::Index(index.name.clone()) {
                    relation.replica_identity = crate::catalog::ReplicaIdentity::Index(own.name.clone());
                }
                index.name = own.name;
            }
            if let Some(parent) = &mut index.parent {
                index_name(parent);
            }
            if let Some(constraint) = &mut index.constraint {
                constraint_name(of, constraint);
            }
        }
        relation
            .constraints
            .sort_by(|one, other| one.name.cmp(&other.name));
        relation.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    }
    catalog.comments = super::schema::keys(&old.comments, address);
    catalog.dependencies = Dependencies::new(
        old.dependencies
            .iter()
            .map(|edge| (address(edge.dependent), address(edge.referenced), edge.kind)),
    );
    catalog
}
