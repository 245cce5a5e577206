//! Questions about the catalog and the files that several rules ask.

use super::case::Case;
use super::seen::Standing;
use crate::catalog::{Address, ConstraintKind, IndexKey, QualifiedName, RelationKind};
use crate::sql::{AlterKind, Constrains, RelationName, Statement};

/// A partition at some point of a plan.
pub(super) struct Partition {
    pub(super) name: QualifiedName,
    pub(super) is_partitioned: bool,
}

impl Case<'_> {
    /// Whether a column is NOT NULL already, or a valid check proves it.
    pub(super) fn is_proved_not_null(&self, relation: &RelationName, column: &str) -> bool {
        let seen = self.seen(relation).is_some_and(|table| {
            let declared = table.columns.get(column).is_some_and(|known| known.is_not_null);
            declared
                || table.constraints.iter().any(|known| {
                    !known.is_not_valid
                        && !known.is_not_enforced
                        && known.proves_not_null.iter().any(|of| of == column)
                })
        });
        seen || self.relation(relation).is_some_and(|found| {
            found.column(column).is_some_and(|known| known.is_not_null)
                || found.constraints.iter().any(|known| {
                    known.kind == ConstraintKind::Check
                        && known.is_valid
                        && crate::sql::proves_not_null(&known.definition, column)
                })
        })
    }

    /// The check that proves a column NOT NULL and that the same statement drops.
    pub(super) fn drops_proof(&self, relation: &RelationName, column: &str) -> Option<String> {
        let Statement::Alter { commands, .. } = self.whole else {
            return None;
        };
        let dropped = commands
            .iter()
            .filter(|command| command.kind == AlterKind::DropConstraint);
        dropped.filter_map(|command| command.name.clone()).find(|name| {
            let seen = self.seen(relation).is_some_and(|table| {
                table.constraints.iter().any(|known| {
                    known.name.as_deref() == Some(name) && known.proves_not_null.iter().any(|of| of == column)
                })
            });
            seen || self
                .relation(relation)
                .and_then(|found| found.constraint(name))
                .is_some_and(|known| crate::sql::proves_not_null(&known.definition, column))
        })
    }

    /// The columns of an index, where each key is one.
    pub(super) fn columns_of_index(&self, relation: &RelationName, index: &str) -> Option<Vec<String>> {
        if let Some(known) = self.relation(relation).and_then(|found| found.index(index)) {
            return known
                .keys
                .iter()
                .map(|key| key.column().map(str::to_owned))
                .collect();
        }
        let name = RelationName::new(relation.schema.as_deref(), index);
        self.seen.index(&name)?.keys.iter().cloned().collect()
    }

    /// The columns of the primary key.
    pub(super) fn primary_key(&self, relation: &RelationName) -> Option<Vec<String>> {
        match self.relation(relation) {
            Some(found) => Some(found.primary_key()?.columns.clone()),
            None => self.seen(relation)?.primary_key(),
        }
    }

    /// Indexes whose expression or condition reads the column.
    pub(super) fn indexes_by_expression(&self, relation: &RelationName, column: &str) -> Vec<String> {
        let Some(found) = self.relation(relation) else {
            return Vec::new();
        };
        let reads = |text: &String| text.contains(column);
        let indexes = found.indexes.iter().filter(|index| {
            index.predicate.as_ref().is_some_and(reads)
                || index
                    .keys
                    .iter()
                    .any(|key| matches!(key, IndexKey::Expression(text) if reads(text)))
        });
        indexes.map(|index| index.name.clone()).collect()
    }

    /// Whether the name is an index's.
    pub(super) fn is_index(&self, name: &RelationName) -> bool {
        let in_catalog = self
            .find(name)
            .zip(self.around.catalog)
            .is_some_and(|(name, catalog)| catalog.index(&name).is_some());
        in_catalog || self.seen.index(name).is_some()
    }

    /// Whether all of these indexes are of partitioned tables, which DROP INDEX CONCURRENTLY refuses.
    pub(super) fn are_of_partitioned(&self, indexes: &[RelationName]) -> bool {
        indexes.iter().all(|index| {
            let table = match self.find(index).zip(self.around.catalog) {
                Some((name, catalog)) => catalog.index(&name).map(|(table, ..)| table.into()),
                None => self.seen.index(index).map(|known| known.table.clone()),
            };
            table.is_some_and(|table| self.is_partitioned(&table) == Some(true))
        })
    }

    /// The table that this one is a partition of at this point of the plan.
    pub(super) fn parent_of(&self, relation: &RelationName) -> Option<RelationName> {
        match self.standing(relation) {
            Some(Standing::Under(parent)) => Some(parent.clone()),
            Some(Standing::Nowhere) => None,
            Some(Standing::Renamed(from)) => self.parent_in_catalog(from),
            None => self.parent_in_catalog(relation),
        }
    }

    fn parent_in_catalog(&self, relation: &RelationName) -> Option<RelationName> {
        Some((&self.relation(relation)?.partition_of.as_ref()?.parent).into())
    }

    /// What the plan has said of the table's place among partitions, however it wrote the name there.
    fn standing(&self, relation: &RelationName) -> Option<&Standing> {
        let own = self.named(relation);
        let bare = RelationName::new(None, &relation.name);
        let seen = |name: &RelationName| self.seen.standing(name);
        seen(relation)
            .or_else(|| seen(&(&own).into()))
            .or_else(|| seen(&bare).filter(|_| self.named(&bare) == own))
    }

    /// The partitioned table's default partition.
    pub(super) fn default_partition(&self, relation: &RelationName) -> Option<RelationName> {
        let (name, catalog) = self.find(relation).zip(self.around.catalog)?;
        let mut partitions = catalog.partitions(&name);
        let default = partitions.find(|(.., place)| place.is_default())?;
        Some(default.0.into())
    }

    /// The direct partitions of a table at this point of the plan, without foreign tables.
    pub(super) fn partitions(&self, parent: &QualifiedName) -> Vec<Partition> {
        let catalog = self.around.catalog;
        let of_catalog = |name: &QualifiedName| {
            let found = catalog?.relation(name)?;
            let is_partitioned = matches!(found.kind, RelationKind::PartitionedTable(_));
            (is_partitioned || found.has_storage()).then(|| Partition {
                name: name.clone(),
                is_partitioned,
            })
        };
        let known = catalog.into_iter().flat_map(|catalog| catalog.partitions(parent));
        let untold = known.filter(|(name, ..)| self.standing(&RelationName::from(*name)).is_none());
        let mut partitions: Vec<Partition> = untold.filter_map(|(name, ..)| of_catalog(name)).collect();
        for (part, standing) in self.seen.standings.values() {
            match standing {
                Standing::Under(of) if self.named(of) == *parent => {
                    let name = self.named(part);
                    let is_partitioned = self.is_partitioned(part).unwrap_or_default();
                    partitions.push(of_catalog(&name).unwrap_or(Partition { name, is_partitioned }));
                }
                Standing::Renamed(from)
                    if self
                        .parent_in_catalog(from)
                        .is_some_and(|of| self.named(&of) == *parent) =>
                {
                    let from = self.named(from);
                    partitions.extend(of_catalog(&from).map(|known| Partition {
                        name: from.beside(&part.name),
                        ..known
                    }));
                }
                _ => {}
            }
        }
        partitions
    }

    /// The partitions that keep rows, at any depth.
    pub(super) fn leaves(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let (mut leaves, mut open) = (Vec::new(), self.partitions(table));
        while let Some(part) = open.pop() {
            if part.is_partitioned {
                open.extend(self.partitions(&part.name));
            } else {
                leaves.push(part.name);
            }
        }
        leaves.sort();
        leaves
    }

    /// The relation's name with its schema: one that the plan makes without saying where is in the path's first.
    fn named(&self, relation: &RelationName) -> QualifiedName {
        self.find(relation).unwrap_or_else(|| {
            let schema = relation.schema.as_deref();
            let schema = schema.or_else(|| self.around.search_path.first().copied());
            QualifiedName::new(schema.unwrap_or("public"), &relation.name)
        })
    }

    /// Whether the table has a valid check, which may imply a partition's bounds.
    pub(super) fn has_valid_check(&self, relation: &RelationName) -> bool {
        let seen = self.seen(relation).is_some_and(|table| {
            let mut all = table.constraints.iter();
            all.any(|known| known.kind == Constrains::Check && !known.is_not_valid)
        });
        seen || self.relation(relation).is_some_and(|found| {
            let mut all = found.constraints.iter();
            all.any(|known| known.kind == ConstraintKind::Check && known.is_valid)
        })
    }

    /// Whether every partition has, and has validated, the foreign key that is added: then no row is looked up.
    pub(super) fn partitions_have_key(&self, relation: &RelationName) -> bool {
        let key = self.alter().and_then(|(.., written)| written.constraint.as_ref());
        let (Some(key), Some((name, catalog))) = (key, self.find(relation).zip(self.around.catalog)) else {
            return false;
        };
        let references = key.references.as_ref().and_then(|other| self.find(other));
        let tree = catalog.tree(&name);
        let mut leaves = tree[1..]
            .iter()
            .filter_map(|part| catalog.relation(part))
            .filter(|part| part.has_storage());
        tree.len() > 1
            && leaves.all(|part| {
                part.foreign_keys().any(|(known, other)| {
                    known.is_valid
                        && known.columns == key.columns
                        && Some(&other.references) == references.as_ref()
                })
            })
    }

    /// Whether a view of this name is made in the same file.
    pub(super) fn followed_by_view(&self, relation: &RelationName) -> bool {
        self.seen.coming_views.contains(relation)
    }

    /// Whether it is ALTER SCHEMA … RENAME.
    pub(super) fn renames_schema(&self) -> bool {
        let mut words = self.text.split_ascii_whitespace();
        let is = |word: Option<&str>, what: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(what));
        is(words.next(), "alter") && is(words.next(), "schema")
    }

    /// Whether the plan makes the type.
    pub(super) fn is_new_type(&self, name: &RelationName) -> bool {
        self.seen.is_new_type(name)
    }

    /// The tables with columns of the type; none where nobody can tell.
    pub(super) fn tables_of_type(&self, name: &RelationName) -> Option<Vec<RelationName>> {
        let catalog = self.around.catalog?;
        let schema = name
            .schema
            .as_deref()
            .or(self.around.search_path.first().copied())?;
        let columns = catalog.columns_of_type(&QualifiedName::new(schema, &name.name));
        let mut tables: Vec<RelationName> = columns.into_iter().map(|(table, _)| table.into()).collect();
        tables.dedup();
        Some(tables)
    }

    /// What depends on the objects that the statement drops; none where nobody can tell.
    pub(super) fn dependents(&self) -> Option<Vec<String>> {
        let catalog = self.around.catalog?;
        let schema = |name: &RelationName| {
            let schema = name
                .schema
                .as_deref()
                .or(self.around.search_path.first().copied());
            QualifiedName::new(schema.unwrap_or("public"), &name.name)
        };
        let mut objects = Vec::new();
        match &*self.statement {
            Statement::Drop { relations, .. } if !relations.is_empty() => {
                objects.extend(
                    relations
                        .iter()
                        .filter_map(|name| self.find(name))
                        .map(Address::Relation),
                );
            }
            Statement::Drop { .. } => match self.details.drops_kind {
                Some("type" | "domain") => {
                    objects.extend(self.details.drops.iter().map(|name| Address::Type(schema(name))));
                }
                Some("extension") => {
                    objects.extend(
                        self.details
                            .drops
                            .iter()
                            .map(|name| Address::Extension(name.name.clone())),
                    );
                }
                _ => return None,
            },
            _ => {
                let (relation, command, _) = self.alter()?;
                let (of, part) = (self.find(relation)?, command.name.clone()?);
                objects.push(match command.kind {
                    AlterKind::DropConstraint => Address::Constraint(of, part),
                    _ => Address::Column(of, part),
                });
            }
        }
        let users = objects.iter().flat_map(|object| catalog.dependencies.on(object));
        let mut names: Vec<String> = users.map(|(user, _)| user.to_string()).collect();
        names.sort();
        names.dedup();
        Some(names)
    }

    /// Whether the statement makes the relation.
    pub(super) fn creates(&self, relation: &RelationName) -> bool {
        match self.whole {
            Statement::CreateTable { relation: made, .. }
            | Statement::CreateTableAs { relation: made, .. }
            | Statement::CreateSequence { relation: made, .. } => made == relation,
            Statement::CreateView {
                relation: made,
                replace,
                ..
            } => made == relation && !replace,
            _ => false,
        }
    }

    /// The first of `name`, `name1`, `name2` … that no relation and no constraint of the table has.
    pub(super) fn free_name(&self, relation: &RelationName, make: impl Fn(&str) -> String) -> String {
        let is_taken = |name: &str| {
            let in_catalog = self.find(relation).is_some_and(|of| {
                let catalog = self.around.catalog;
                catalog.is_some_and(|catalog| {
                    let beside = of.beside(name);
                    catalog.relations.contains_key(&beside) || catalog.index(&beside).is_some()
                })
            });
            let constraint = self
                .relation(relation)
                .is_some_and(|found| found.constraint(name).is_some());
            let seen = self.seen(relation).is_some_and(|table| {
                table
                    .constraints
                    .iter()
                    .any(|known| known.name.as_deref() == Some(name))
            });
            let index = self
                .seen
                .index(&RelationName::new(relation.schema.as_deref(), name))
                .is_some();
            in_catalog || constraint || seen || index
        };
        let first = make("");
        if !is_taken(&first) {
            return first;
        }
        (1..)
            .map(|number: u32| make(&number.to_string()))
            .find(|name| !is_taken(name))
            .unwrap_or(first)
    }
}
