//! Pairs of a dropped and a created object that look like one with another name.

use super::super::Rename;
use super::super::fate::both;
use std::collections::BTreeMap;

use crate::catalog::{Address, Catalog, Column, QualifiedName, Relation, RelationKind};

/// Dropped and created tables and columns that may be one.
pub(in super::super) fn candidates(old: &Catalog, new: &Catalog) -> Vec<Rename> {
    let mut found = Vec::new();
    let (mut gone, mut made) = (Vec::new(), Vec::new());
    for (name, one, other) in both(&old.relations, &new.relations) {
        match (one, other) {
            (Some(relation), None) if relation.is_table() => gone.push((name, relation)),
            (None, Some(relation)) if relation.is_table() => made.push((name, relation)),
            (Some(one), Some(now)) if one.is_table() && now.is_table() && one != now => {
                let missing = |from: &Relation, of: &Relation| -> Vec<Column> {
                    let is_gone = |column: &&Column| of.column(&column.name).is_none() && column.is_local;
                    from.columns.iter().filter(is_gone).cloned().collect()
                };
                let (before, after) = (missing(one, now), missing(now, one));
                for column in &before {
                    let same: Vec<&Column> = after.iter().filter(|other| is_alike(column, other)).collect();
                    let rivals = before.iter().filter(|other| is_alike(column, other)).count();
                    if let ([other], 1) = (same.as_slice(), rivals) {
                        let place = |of: &Relation, name: &str| {
                            of.columns.iter().position(|found| found.name == name)
                        };
                        let is_in_place = place(one, &column.name) == place(now, &other.name);
                        let mut evidence = format!("both are {}", column.data_type);
                        if is_in_place {
                            evidence.push_str(" and stand in the same place");
                        }
                        found.push(Rename {
                            from: Address::Column(name.clone(), column.name.clone()),
                            to: Address::Column(name.clone(), other.name.clone()),
                            evidence,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    let mut alike: BTreeMap<Shape, (Vec<&QualifiedName>, Vec<&QualifiedName>)> = BTreeMap::new();
    for (name, relation) in gone {
        alike.entry(shape(relation)).or_default().0.push(name);
    }
    for (name, relation) in made {
        alike.entry(shape(relation)).or_default().1.push(name);
    }
    for ((_, columns), (gone, made)) in alike {
        if let ([from], [to], false) = (gone.as_slice(), made.as_slice(), columns.is_empty()) {
            let many = match columns.len() {
                1 => "column is".to_owned(),
                count => format!("{count} columns are"),
            };
            found.push(Rename {
                from: Address::Relation((*from).clone()),
                to: Address::Relation((*to).clone()),
                evidence: format!("their {many} the same, and no other table's are"),
            });
        }
    }
    found
}

/// The partition key, and columns with their types.
type Shape = (Option<String>, Vec<(String, String, bool)>);

fn shape(relation: &Relation) -> Shape {
    let mut columns: Vec<_> = relation
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.data_type.clone(), column.is_not_null))
        .collect();
    columns.sort();
    let key = match &relation.kind {
        RelationKind::PartitionedTable(key) => Some(key.definition.clone()),
        _ => None,
    };
    (key, columns)
}

fn is_alike(one: &Column, other: &Column) -> bool {
    one.data_type == other.data_type
        && one.is_not_null == other.is_not_null
        && one.collation == other.collation
        && std::mem::discriminant(&one.value) == std::mem::discriminant(&other.value)
}
