//! Tables, and what a query makes into a table or view.

use super::{Followed, Simulation, insert_by};
use crate::catalog::{
    Address, Column, Constraint, ConstraintKind, DependencyKind, ForeignTable, PartitionKey,
    PartitionStrategy, Persistence, QualifiedName, Relation, RelationKind,
};
use crate::sql::{ColumnDefinition, Demand, RelationName, TableDefinition, Touched};

impl Simulation {
    pub(super) fn create_table(
        &mut self,
        relation: &RelationName,
        if_not_exists: bool,
        written: &TableDefinition,
    ) -> Followed {
        if if_not_exists && self.find(relation).is_some() {
            return Followed::Yes;
        }
        let Some(name) = self.place(relation) else {
            return self.doubt_everything();
        };
        let kind = match (&written.partition_by, &written.server) {
            (None, None) => RelationKind::Table,
            (None, Some(server)) => RelationKind::ForeignTable(ForeignTable {
                server: server.clone(),
                options: Default::default(),
            }),
            (Some((strategy, columns)), _) => {
                let strategy = match strategy.as_str() {
                    "list" => PartitionStrategy::List,
                    "hash" => PartitionStrategy::Hash,
                    _ => PartitionStrategy::Range,
                };
                let columns = columns.clone().unwrap_or_default();
                RelationKind::PartitionedTable(PartitionKey::new(strategy, String::new(), columns))
            }
        };
        let mut table = Relation::new(kind);
        if written.is_unlogged {
            table.persistence = Persistence::Unlogged;
        }
        if table.has_storage() {
            table.access_method = Some("heap".to_owned());
        }
        self.catalog.relations.insert(name.clone(), table);
        // A key of expressions reads columns that nobody lists here.
        let key_is_known = written
            .partition_by
            .as_ref()
            .is_none_or(|(_, columns)| columns.is_some());
        let mut followed = !written.copies && !written.has_storage_options && key_is_known;
        let parents: Vec<_> = written
            .inherits
            .iter()
            .filter_map(|parent| self.find(parent))
            .collect();
        followed &= parents.len() == written.inherits.len();
        if written.bound.is_some() {
            // Its indexes, foreign keys and triggers come from the parent under names of their own.
            followed = false;
            if let (Some(parent), Some(table)) = (parents.first(), self.catalog.relations.get_mut(&name)) {
                let bound = match &written.bound {
                    Some(bound) if bound.is_default => "DEFAULT",
                    _ => "FOR VALUES",
                };
                let place = crate::catalog::PartitionOf::new(parent.clone(), bound.to_owned(), false);
                table.partition_of = Some(place);
            }
            self.inherit_columns(&name, &parents);
        } else {
            if let Some(table) = self.catalog.relations.get_mut(&name) {
                table.inherits.clone_from(&parents);
            }
            self.inherit_columns(&name, &parents);
            for parent in &parents {
                let own = Address::Relation(name.clone());
                let parent = Address::Relation(parent.clone());
                self.edges.push((own, parent, DependencyKind::Normal));
            }
        }
        for of in &written.columns {
            followed &= self.add_own_column(&name, of);
        }
        let constraints = written.constraints.iter().map(|constraint| (constraint, None));
        let of_columns = written.columns.iter().flat_map(|column| {
            let name = Some(column.name.as_str());
            column
                .constraints
                .iter()
                .map(move |constraint| (constraint, name))
        });
        // In the order in which PostgreSQL names them: checks, NOT NULL, the primary key, other keys, foreign keys.
        let mut all: Vec<_> = of_columns.chain(constraints).collect();
        all.sort_by_key(|(constraint, _)| match constraint.demand {
            Demand::Check(..) => 0,
            Demand::NotNull => 1,
            Demand::PrimaryKey => 2,
            Demand::Unique | Demand::Exclusion => 3,
            Demand::ForeignKey(_) => 4,
            _ => 5,
        });
        for (constraint, column) in all {
            if constraint.demand == Demand::PrimaryKey {
                self.note_generated_not_null(&name, &written.columns);
            }
            followed &= self.add_constraint(&name, constraint, column);
        }
        self.note_generated_not_null(&name, &written.columns);
        if followed {
            Followed::Yes
        } else {
            self.doubt(&name);
            // What it references and inherits from has not changed.
            Followed::Yes
        }
    }

    /// Serial and identity columns are NOT NULL without saying so.
    fn note_generated_not_null(&mut self, table: &QualifiedName, columns: &[ColumnDefinition]) {
        for column in columns {
            let is_identity = column
                .constraints
                .iter()
                .any(|of| matches!(of.demand, Demand::Identity(..)));
            if is_identity || super::column::serial(&column.data_type).is_some() {
                self.note_not_null(table, &column.name, None, true);
            }
        }
    }

    /// Adds a column to one table alone. Whether its type is known.
    pub(super) fn add_own_column(&mut self, table: &QualifiedName, of: &ColumnDefinition) -> bool {
        let Some(column) = self.column(table, of) else {
            return false;
        };
        if let Some(relation) = self.catalog.relations.get_mut(table) {
            match relation
                .columns
                .iter_mut()
                .find(|known| known.name == column.name)
            {
                Some(known) => {
                    known.is_local = true;
                    known.is_not_null |= column.is_not_null;
                    if column.value != crate::catalog::ColumnValue::Null {
                        known.value = column.value;
                    }
                }
                None => relation.columns.push(column),
            }
        }
        true
    }

    /// Columns, checks and NOT NULL of the parents.
    fn inherit_columns(&mut self, table: &QualifiedName, parents: &[QualifiedName]) {
        for parent in parents {
            let Some(from) = self.relation(parent).cloned() else {
                continue;
            };
            let Some(relation) = self.catalog.relations.get_mut(table) else {
                return;
            };
            for column in &from.columns {
                match relation
                    .columns
                    .iter_mut()
                    .find(|known| known.name == column.name)
                {
                    Some(known) => known.inheritance_count += 1,
                    None => relation.columns.push(Column {
                        is_local: false,
                        inheritance_count: 1,
                        statistics: None,
                        options: Default::default(),
                        ..column.clone()
                    }),
                }
            }
            for constraint in from.constraints.iter().filter(|of| {
                matches!(of.kind, ConstraintKind::Check | ConstraintKind::NotNull) && !of.is_no_inherit
            }) {
                match relation
                    .constraints
                    .iter_mut()
                    .find(|known| known.name == constraint.name)
                {
                    Some(known) => known.inheritance_count += 1,
                    None => insert_by(
                        &mut relation.constraints,
                        Constraint {
                            is_local: false,
                            inheritance_count: 1,
                            ..constraint.clone()
                        },
                        |of| &of.name,
                    ),
                }
            }
        }
    }

    /// CREATE VIEW, CREATE TABLE AS and CREATE MATERIALIZED VIEW: columns follow from the query, which nobody reads.
    pub(super) fn create_from_query(
        &mut self,
        relation: &RelationName,
        kind: RelationKind,
        if_not_exists: bool,
        touched: &Touched,
        columns: &[String],
    ) -> Followed {
        if if_not_exists && self.find(relation).is_some() {
            return Followed::Yes;
        }
        let Some(name) = self.place(relation) else {
            return self.doubt_everything();
        };
        let depends = !matches!(kind, RelationKind::Table);
        let mut made = Relation::new(kind);
        if made.has_storage() {
            made.access_method = Some("heap".to_owned());
        }
        self.catalog.relations.insert(name.clone(), made);
        self.doubt(&name);
        let below = touched.relations.iter().filter(|_| depends);
        for table in below
            .filter_map(|touch| self.find(&touch.relation))
            .collect::<Vec<_>>()
        {
            let own = Address::Relation(name.clone());
            self.edges.push((
                own.clone(),
                Address::Relation(table.clone()),
                DependencyKind::Normal,
            ));
            let before = self.edges.len();
            self.depend_on_columns(&own, &table, columns);
            for edge in &mut self.edges[before..] {
                edge.2 = DependencyKind::Normal;
            }
        }
        Followed::Yes
    }
}
