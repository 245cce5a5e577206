//! Constraints: their names, the indexes behind them, and what descendants get.

use super::name::joined;
use super::{Simulation, insert_by};
use crate::catalog::{
    Address, Constraint, ConstraintKind, DependencyKind, ForeignKey, Index, IndexKey, QualifiedName,
    Relation, RelationKind,
};
use crate::sql::{ConstraintDefinition, Demand, Reference};

impl Simulation {
    /// Adds a constraint to a table and its descendants. `column` is the one that it is written behind. Whether it
    /// could be followed.
    pub(super) fn add_constraint(
        &mut self,
        table: &QualifiedName,
        written: &ConstraintDefinition,
        column: Option<&str>,
    ) -> bool {
        match &written.demand {
            Demand::Check(expression, named) => {
                self.add_check(table, written, expression.as_deref(), named);
                true
            }
            Demand::NotNull => {
                let column = column
                    .map(str::to_owned)
                    .or_else(|| written.columns.first().cloned());
                match column {
                    Some(column) => self.add_not_null(table, &column, written),
                    None => return false,
                }
                true
            }
            Demand::Unique | Demand::PrimaryKey => self.add_key(table, written, column),
            Demand::ForeignKey(reference) => self.add_foreign_key(table, written, reference, column),
            Demand::Exclusion => false,
            Demand::Null
            | Demand::Default(_)
            | Demand::Identity(..)
            | Demand::Generated(..)
            | Demand::Attribute => true,
        }
    }

    fn add_check(
        &mut self,
        table: &QualifiedName,
        written: &ConstraintDefinition,
        expression: Option<&str>,
        named: &[String],
    ) {
        let Some(relation) = self.relation(table) else {
            return;
        };
        let columns: Vec<String> = named
            .iter()
            .filter(|name| relation.column(name).is_some())
            .cloned()
            .collect();
        let name = match &written.name {
            Some(name) => name.clone(),
            None => {
                let only = match columns.as_slice() {
                    [one] => one.as_str(),
                    _ => "",
                };
                self.choose_constraint_name(&table.schema, &table.name, only, "check")
            }
        };
        let text = expression.unwrap_or_default();
        for (at, member) in self.members(table, written.is_no_inherit).into_iter().enumerate() {
            let is_new = at == 0;
            let own = Address::Constraint(member.clone(), name.clone());
            self.depend_on_columns(&own, &member, &columns);
            let Some(relation) = self.catalog.relations.get_mut(&member) else {
                continue;
            };
            if let Some(known) = relation.constraints.iter_mut().find(|known| known.name == name) {
                known.inheritance_count += u16::from(!is_new);
                known.is_local |= is_new;
                continue;
            }
            let mut constraint = Constraint::new(&name, ConstraintKind::Check, &format!("CHECK ({text})"));
            constraint.columns.clone_from(&columns);
            constraint.is_valid = written.is_valid;
            constraint.is_enforced = written.is_enforced;
            constraint.is_no_inherit = written.is_no_inherit;
            constraint.is_local = is_new;
            constraint.inheritance_count = u16::from(!is_new);
            insert_by(&mut relation.constraints, constraint, |of| &of.name);
        }
    }

    /// The table, and its descendants if they get it.
    fn members(&self, table: &QualifiedName, alone: bool) -> Vec<QualifiedName> {
        if alone {
            vec![table.clone()]
        } else {
            self.catalog.tree(table)
        }
    }

    /// NOT NULL of a column, in all descendants.
    pub(super) fn add_not_null(
        &mut self,
        table: &QualifiedName,
        column: &str,
        written: &ConstraintDefinition,
    ) {
        let members = self.members(table, written.is_no_inherit);
        self.add_not_null_to(&members, column, written);
    }

    /// The same in these tables, of which the others descend from the first.
    pub(super) fn add_not_null_to(
        &mut self,
        members: &[QualifiedName],
        column: &str,
        written: &ConstraintDefinition,
    ) {
        let mut name = written.name.clone();
        for (at, member) in members.iter().enumerate() {
            self.note_not_null(member, column, name.as_deref(), at == 0);
            let Some(relation) = self.catalog.relations.get_mut(member) else {
                continue;
            };
            if let Some(column) = relation.columns.iter_mut().find(|of| of.name == column) {
                column.is_not_null = true;
            }
            let is_it = |of: &&mut Constraint| {
                of.kind == ConstraintKind::NotNull && of.columns.iter().any(|name| name == column)
            };
            if let Some(constraint) = relation.constraints.iter_mut().find(is_it) {
                constraint.is_valid = written.is_valid;
                constraint.is_no_inherit = written.is_no_inherit;
                name = Some(constraint.name.clone());
            }
        }
    }

    fn add_key(
        &mut self,
        table: &QualifiedName,
        written: &ConstraintDefinition,
        column: Option<&str>,
    ) -> bool {
        let is_primary = written.demand == Demand::PrimaryKey;
        let Some(relation) = self.relation(table) else {
            return false;
        };
        // Partitions' parts of the key have names and parents of their own.
        if matches!(relation.kind, RelationKind::PartitionedTable(_))
            && self.catalog.partitions(table).next().is_some()
        {
            return false;
        }
        let mut columns = written.columns.clone();
        columns.extend(column.map(str::to_owned).filter(|_| written.columns.is_empty()));
        let mut index = match &written.index {
            Some(used) => match relation.index(used) {
                Some(index) => {
                    columns = plain_columns(index);
                    index.clone()
                }
                None => return false,
            },
            None => {
                let mut index = Index::new("", "");
                index.keys = columns.iter().cloned().map(IndexKey::Column).collect();
                index.included.clone_from(&written.included);
                index.is_nulls_not_distinct = written.is_nulls_not_distinct;
                index
            }
        };
        let name = match (&written.name, &written.index) {
            (Some(name), _) | (None, Some(name)) => name.clone(),
            (None, None) if is_primary => self.choose_index_name(&table.schema, &table.name, "", "pkey"),
            (None, None) => {
                let named = joined(columns.iter().chain(&written.included).map(String::as_str));
                self.choose_index_name(&table.schema, &table.name, &named, "key")
            }
        };
        if is_primary {
            for column in columns.clone() {
                let mut not_null = None;
                for (at, member) in self.members(table, false).into_iter().enumerate() {
                    let descends = at > 0;
                    if let Some(column) = self
                        .catalog
                        .relations
                        .get_mut(&member)
                        .and_then(|relation| relation.columns.iter_mut().find(|of| of.name == column))
                    {
                        column.is_not_null = true;
                    }
                    self.note_not_null(&member, &column, not_null.as_deref(), !descends);
                    not_null = not_null.or_else(|| self.not_null_constraint(&member, &column));
                }
            }
        }
        index.is_unique = true;
        index.is_primary = is_primary;
        index.constraint = Some(name.clone());
        index.name.clone_from(&name);
        let kind = if is_primary {
            ConstraintKind::PrimaryKey
        } else {
            ConstraintKind::Unique
        };
        let word = if is_primary { "PRIMARY KEY" } else { "UNIQUE" };
        let mut constraint = Constraint::new(&name, kind, &format!("{word} ({})", columns.join(", ")));
        constraint.columns.clone_from(&columns);
        constraint.is_deferrable = written.is_deferrable;
        constraint.is_deferred = written.is_deferred;
        constraint.is_no_inherit = true;
        constraint.index = Some(table.beside(&name));
        let own = Address::Constraint(table.clone(), name.clone());
        self.depend_on_columns(&own, table, &columns);
        let index_address = Address::Index(table.beside(&name));
        self.edges.push((index_address, own, DependencyKind::Internal));
        if let Some(relation) = self.catalog.relations.get_mut(table) {
            if let Some(used) = &written.index {
                relation.indexes.retain(|index| index.name != *used);
            }
            insert_by(&mut relation.indexes, index, |of| &of.name);
            insert_by(&mut relation.constraints, constraint, |of| &of.name);
        }
        true
    }

    fn add_foreign_key(
        &mut self,
        table: &QualifiedName,
        written: &ConstraintDefinition,
        reference: &Reference,
        column: Option<&str>,
    ) -> bool {
        let Some(other) = self.find(&reference.relation) else {
            return false;
        };
        let has_partitions = |name: &QualifiedName| {
            let relation = self.relation(name);
            let is_partitioned =
                relation.is_some_and(|of| matches!(of.kind, RelationKind::PartitionedTable(_)));
            is_partitioned && self.catalog.partitions(name).next().is_some()
        };
        if has_partitions(table) {
            return false;
        }
        let Some(referenced) = self.relation(&other) else {
            return false;
        };
        let mut columns = written.columns.clone();
        columns.extend(column.map(str::to_owned).filter(|_| written.columns.is_empty()));
        let referenced_columns = if reference.columns.is_empty() {
            match referenced.primary_key() {
                Some(key) => key.columns.clone(),
                None => return false,
            }
        } else {
            reference.columns.clone()
        };
        let Some(index) = key_index(referenced, &referenced_columns) else {
            return false;
        };
        let index = other.beside(&index);
        let name = match &written.name {
            Some(name) => name.clone(),
            None => {
                let named = joined(columns.iter().map(String::as_str));
                self.choose_constraint_name(&table.schema, &table.name, &named, "fkey")
            }
        };
        let key = ForeignKey::new(
            other.clone(),
            referenced_columns.clone(),
            reference.on_update,
            reference.on_delete,
        );
        let mut constraint = Constraint::new(&name, ConstraintKind::ForeignKey(key), "");
        constraint.columns.clone_from(&columns);
        constraint.is_valid = written.is_valid;
        constraint.is_enforced = written.is_enforced;
        constraint.is_deferrable = written.is_deferrable;
        constraint.is_deferred = written.is_deferred;
        constraint.is_no_inherit = true;
        constraint.index = Some(index.clone());
        let own = Address::Constraint(table.clone(), name);
        self.depend_on_columns(&own, table, &columns);
        for column in referenced_columns {
            let on = Address::Column(other.clone(), column);
            self.edges.push((own.clone(), on, DependencyKind::Normal));
        }
        self.edges
            .push((own, Address::Index(index), DependencyKind::Normal));
        if let Some(relation) = self.catalog.relations.get_mut(table) {
            insert_by(&mut relation.constraints, constraint, |of| &of.name);
        }
        true
    }
}

/// NOT NULL, and no more.
pub(super) fn not_null() -> ConstraintDefinition {
    ConstraintDefinition {
        name: None,
        demand: Demand::NotNull,
        columns: Vec::new(),
        included: Vec::new(),
        is_valid: true,
        is_enforced: true,
        is_deferrable: false,
        is_deferred: false,
        is_no_inherit: false,
        is_nulls_not_distinct: false,
        index: None,
    }
}

fn plain_columns(index: &Index) -> Vec<String> {
    let columns = index.keys.iter().filter_map(IndexKey::column);
    columns.map(str::to_owned).collect()
}

/// The unique index over exactly these columns that a foreign key looks rows up in: the primary key's first.
fn key_index(of: &Relation, columns: &[String]) -> Option<String> {
    let fits = |index: &&Index| {
        let mut own = plain_columns(index);
        let mut wanted = columns.to_vec();
        own.sort();
        wanted.sort();
        index.is_unique && index.predicate.is_none() && own == wanted && own.len() == index.keys.len()
    };
    let mut candidates: Vec<&Index> = of.indexes.iter().filter(fits).collect();
    candidates.sort_by_key(|index| !index.is_primary);
    match candidates.as_slice() {
        [first, second, ..] if !first.is_primary => {
            // The oldest is taken, and nobody tells ages here.
            let _ = second;
            None
        }
        [first, ..] => Some(first.name.clone()),
        [] => None,
    }
}
