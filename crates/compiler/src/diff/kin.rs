//! Parents and children: which links are cut, and what a child is when it stands alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalog::{
    Address, Catalog, Column, ColumnValue, Dependencies, Identity, QualifiedName, Relation, RelationKind,
};

/// Children by parent.
pub(super) type Children<'a> = HashMap<&'a QualifiedName, Vec<&'a QualifiedName>>;

/// Direct children of all relations.
pub(super) fn children(catalog: &Catalog) -> Children<'_> {
    let mut children: Children<'_> = HashMap::new();
    for (name, relation) in &catalog.relations {
        for parent in parents(relation) {
            children.entry(parent).or_default().push(name);
        }
    }
    children
}

/// What the relation inherits from, as a partition or otherwise.
pub(super) fn parents(relation: &Relation) -> impl Iterator<Item = &QualifiedName> {
    relation
        .partition_of
        .iter()
        .map(|place| &place.parent)
        .chain(&relation.inherits)
}

/// All that descends from the relation.
pub(super) fn descendants<'a>(children: &Children<'a>, of: &QualifiedName) -> Vec<&'a QualifiedName> {
    let mut found: Vec<&QualifiedName> = Vec::new();
    let mut open: Vec<&QualifiedName> = children.get(of).cloned().unwrap_or_default();
    while let Some(next) = open.pop() {
        if !found.contains(&next) {
            found.push(next);
            open.extend(children.get(next).into_iter().flatten());
        }
    }
    found.sort();
    found
}

/// Links of old parents that the new schema does not have in the same way, or that are made anew; the child is in both.
pub(super) fn cut<'a>(
    old: &'a Catalog,
    new: &Catalog,
    remade: &BTreeSet<QualifiedName>,
    name: &QualifiedName,
) -> Vec<&'a QualifiedName> {
    let is_remade = |parent: &QualifiedName| remade.contains(parent) || is_remade(old, new, parent);
    let (Some(one), Some(other)) = (old.relation(name), new.relation(name)) else {
        return Vec::new();
    };
    if std::mem::discriminant(&one.kind) != std::mem::discriminant(&other.kind) {
        return Vec::new();
    }
    if let Some(place) = &one.partition_of {
        let is_kept = one.partition_of == other.partition_of && !is_remade(&place.parent);
        return if is_kept { Vec::new() } else { vec![&place.parent] };
    }
    let kept = one
        .inherits
        .iter()
        .zip(&other.inherits)
        .take_while(|(one, other)| one == other && !is_remade(one))
        .count();
    one.inherits[kept..].iter().collect()
}

/// The type that a typed table is to leave: it is of another one in the new schema, or of none, or the type changes.
pub(super) fn untyped<'a>(
    old: &'a Catalog,
    new: &Catalog,
    remade: &BTreeSet<QualifiedName>,
    name: &QualifiedName,
) -> Option<&'a QualifiedName> {
    let (one, other) = (old.relation(name)?, new.relation(name)?);
    let of = one.of_type.as_ref()?;
    let stays = one.of_type == other.of_type && !remade.contains(of);
    (other.kind == RelationKind::Table && !stays).then_some(of)
}

/// Columns as they stand when those that are not there any more are gone and new ones are added behind.
pub(super) fn grown<'a>(one: &'a [Column], other: &'a [Column]) -> Vec<&'a Column> {
    let find =
        |columns: &'a [Column], column: &Column| columns.iter().find(|found| found.name == column.name);
    let kept = one.iter().filter_map(|column| find(other, column));
    let added = other.iter().filter(|column| find(one, column).is_none());
    kept.chain(added).collect()
}

/// Whether the relation is of another kind, or divided in another way.
fn is_remade(old: &Catalog, new: &Catalog, name: &QualifiedName) -> bool {
    match (old.relation(name), new.relation(name)) {
        (Some(one), Some(other)) => {
            is_divided_anew(one, other)
                || std::mem::discriminant(&one.kind) != std::mem::discriminant(&other.kind)
        }
        _ => true,
    }
}

/// Whether a partitioned table has another key, or columns of its key another type, which PostgreSQL does not change.
pub(super) fn is_divided_anew(one: &Relation, other: &Relation) -> bool {
    let (RelationKind::PartitionedTable(before), RelationKind::PartitionedTable(after)) =
        (&one.kind, &other.kind)
    else {
        return false;
    };
    let kind = |relation: &Relation, name: &str| {
        let column = relation.column(name);
        column.map(|column| (column.data_type.clone(), column.collation.clone()))
    };
    before != after
        || before
            .columns
            .iter()
            .any(|name| kind(one, name) != kind(other, name))
}

/// The old schema after all links are cut that do not stay; none where all stay.
pub(super) fn loosen(old: &Catalog, new: &Catalog, remade: &BTreeSet<QualifiedName>) -> Option<Catalog> {
    let mut cuts: Vec<(QualifiedName, Vec<QualifiedName>)> = Vec::new();
    let mut freed: BTreeMap<QualifiedName, QualifiedName> = BTreeMap::new();
    for (name, relation) in &old.relations {
        if let Some(of) = untyped(old, new, remade, name) {
            freed.insert(name.clone(), of.clone());
        }
        if parents(relation).next().is_none() {
            continue;
        }
        let parents: Vec<QualifiedName> = cut(old, new, remade, name).into_iter().cloned().collect();
        if !parents.is_empty() {
            cuts.push((name.clone(), parents));
        }
    }
    if cuts.is_empty() && freed.is_empty() {
        return None;
    }
    let mut loose = old.clone();
    for name in freed.keys() {
        if let Some(relation) = loose.relations.get_mut(name) {
            relation.of_type = None;
        }
    }
    for (name, parents) in &cuts {
        let inherited: Vec<Relation> = parents
            .iter()
            .filter_map(|parent| old.relation(parent).cloned())
            .collect();
        if let Some(relation) = loose.relations.get_mut(name) {
            stand_alone(relation, parents, &inherited);
        }
    }
    let is_cut = |dependent: &Address, referenced: &Address| {
        if let (Address::Relation(of), Address::Type(to)) = (dependent, referenced)
            && freed.get(of) == Some(to)
        {
            return true;
        }
        let (Some(of), Some(to)) = (table_of(old, dependent), table_of(old, referenced)) else {
            return false;
        };
        cuts.iter()
            .any(|(name, parents)| *name == of && parents.contains(&to))
    };
    loose.dependencies = Dependencies::new(
        old.dependencies
            .iter()
            .filter(|edge| !is_cut(edge.dependent, edge.referenced) || is_foreign_key(old, edge.dependent))
            .map(|edge| (edge.dependent.clone(), edge.referenced.clone(), edge.kind)),
    );
    Some(loose)
}

/// A foreign key may lead from a child to its parent.
fn is_foreign_key(catalog: &Catalog, address: &Address) -> bool {
    match address {
        Address::Constraint(of, name) => catalog
            .relation(of)
            .and_then(|relation| relation.constraint(name))
            .is_some_and(|constraint| {
                matches!(constraint.kind, crate::catalog::ConstraintKind::ForeignKey(_))
                    && constraint.parent.is_none()
            }),
        _ => false,
    }
}

/// The relation that an object is or is a part of.
fn table_of(catalog: &Catalog, address: &Address) -> Option<QualifiedName> {
    match address {
        Address::Relation(name) => Some(name.clone()),
        Address::Index(name) => catalog.index(name).map(|(of, ..)| of.clone()),
        other => other.relation().cloned(),
    }
}

/// What the relation is after DETACH PARTITION or NO INHERIT.
fn stand_alone(relation: &mut Relation, parents: &[QualifiedName], inherited: &[Relation]) {
    let was_partition = relation.partition_of.take().is_some();
    relation.inherits.retain(|parent| !parents.contains(parent));
    for column in &mut relation.columns {
        let from = inherited
            .iter()
            .filter(|parent| parent.column(&column.name).is_some());
        let lost = u16::try_from(from.count()).unwrap_or(u16::MAX);
        column.inheritance_count = column.inheritance_count.saturating_sub(lost);
        column.is_local |= column.inheritance_count == 0;
        if was_partition
            && matches!(
                column.value,
                ColumnValue::Identity(Identity { sequence: None, .. })
            )
        {
            column.value = ColumnValue::Null;
        }
    }
    for constraint in &mut relation.constraints {
        let from = inherited
            .iter()
            .filter(|parent| parent.constraint(&constraint.name).is_some());
        let lost = u16::try_from(from.count()).unwrap_or(u16::MAX);
        constraint.inheritance_count = constraint.inheritance_count.saturating_sub(lost);
        if constraint.parent.take().is_some() {
            constraint.inheritance_count = 0;
        }
        constraint.is_local |= constraint.inheritance_count == 0;
    }
    for index in &mut relation.indexes {
        if was_partition {
            index.parent = None;
        }
    }
    if was_partition {
        relation.triggers.retain(|trigger| !trigger.is_inherited);
    }
}
