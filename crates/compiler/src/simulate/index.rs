//! Indexes, with those that partitions get.

use super::name::joined;
use super::{Followed, Simulation, insert_by};
use crate::catalog::{Address, DependencyKind, Index, IndexKey, QualifiedName, RelationKind};
use crate::sql::{IndexDefinition, KeyDefinition, RelationName};

impl Simulation {
    pub(super) fn create_index(
        &mut self,
        relation: &RelationName,
        only: bool,
        if_not_exists: bool,
        definition: &IndexDefinition,
    ) -> Followed {
        let Some(table) = self.find(relation) else {
            return self.doubt_everything();
        };
        if definition.has_options {
            return Followed::No;
        }
        if let Some(name) = definition.name.as_ref().filter(|_| if_not_exists) {
            let known = RelationName::new(Some(&table.schema), name);
            if self.find(&known).is_some() {
                return Followed::Yes;
            }
        }
        self.add_index(&table, definition, only, None);
        Followed::Yes
    }

    /// Makes the index, and one in each partition. Gives its name.
    fn add_index(
        &mut self,
        table: &QualifiedName,
        definition: &IndexDefinition,
        only: bool,
        parent: Option<&QualifiedName>,
    ) -> String {
        let keys: Vec<IndexKey> = definition
            .keys
            .iter()
            .map(|key| match key {
                KeyDefinition::Column(column) => IndexKey::Column(column.clone()),
                KeyDefinition::Expression(text, ..) => IndexKey::Expression(text.clone()),
            })
            .collect();
        let name = match definition.name.as_ref().filter(|_| parent.is_none()) {
            Some(name) => name.clone(),
            None => {
                let columns = definition.keys.iter().map(|key| match key {
                    KeyDefinition::Column(column) => column.as_str(),
                    KeyDefinition::Expression(_, _, name) => name.as_str(),
                });
                let columns = joined(columns.chain(definition.included.iter().map(String::as_str)));
                self.choose_relation_name(&table.schema, &table.name, &columns, "idx")
            }
        };
        let mut index = Index::new(&name, "");
        index.method.clone_from(&definition.method);
        index.keys = keys;
        index.included.clone_from(&definition.included);
        index.predicate = definition.predicate.as_ref().map(|(text, _)| text.clone());
        index.is_unique = definition.is_unique;
        index.is_nulls_not_distinct = definition.is_nulls_not_distinct;
        index.tablespace.clone_from(&definition.tablespace);
        index.parent = parent.cloned();
        let partitions: Vec<QualifiedName> = self
            .catalog
            .partitions(table)
            .map(|(name, ..)| name.clone())
            .collect();
        let is_partitioned = self
            .relation(table)
            .is_some_and(|of| matches!(of.kind, RelationKind::PartitionedTable(_)));
        // ON ONLY leaves it to be completed by attaching.
        index.is_valid = !(only && is_partitioned && !partitions.is_empty());
        let own = Address::Index(table.beside(&name));
        let named = definition.keys.iter().flat_map(|key| match key {
            KeyDefinition::Column(column) => std::slice::from_ref(column),
            KeyDefinition::Expression(_, columns, _) => columns.as_slice(),
        });
        let condition = definition.predicate.iter().flat_map(|(_, columns)| columns);
        let columns: Vec<String> = named
            .chain(condition)
            .chain(&definition.included)
            .cloned()
            .collect();
        self.depend_on_columns(&own, table, &columns);
        if let Some(parent) = parent {
            let parent = Address::Index(parent.clone());
            self.edges.push((own, parent, DependencyKind::Partition));
        }
        if let Some(relation) = self.catalog.relations.get_mut(table) {
            insert_by(&mut relation.indexes, index, |of| &of.name);
        }
        if !only {
            let parent = table.beside(&name);
            for partition in partitions {
                // An index of the same definition would be attached instead: nobody compares them here.
                if self.relation(&partition).is_some_and(|of| !of.indexes.is_empty()) {
                    let alike = |index: &Index| index.parent.is_none() && index.constraint.is_none();
                    if self
                        .relation(&partition)
                        .is_some_and(|of| of.indexes.iter().any(alike))
                    {
                        self.doubt(&partition);
                    }
                }
                self.add_index(&partition, definition, false, Some(&parent));
            }
        }
        name
    }

    /// Notes that an object goes with columns of a table.
    pub(super) fn depend_on_columns(&mut self, object: &Address, table: &QualifiedName, columns: &[String]) {
        let Some(relation) = self.catalog.relations.get(table) else {
            return;
        };
        let all = columns.iter().any(|column| column == "*");
        for column in &relation.columns {
            if all || columns.contains(&column.name) {
                let on = Address::Column(table.clone(), column.name.clone());
                self.edges.push((object.clone(), on, DependencyKind::Auto));
            }
        }
    }
}
