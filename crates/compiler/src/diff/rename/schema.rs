//! The whole old schema, as a rename leaves it.

use std::collections::BTreeMap;

use super::names::Renaming;
use super::text::Place;
use super::{is_owned_by, lives_at};
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, ConstraintKind, Dependencies, IndexKey, Object, Published,
    QualifiedName, Relation, RelationKind, RoutineKind, SequenceOwner, Type,
};

use crate::sql::quote_identifier;

impl Renaming {
    /// Rewrites the whole schema.
    pub(super) fn apply(&self, catalog: &mut Catalog) {
        let before = catalog.clone();
        let address = |address: &Address| self.address(&before, address);
        catalog.schemas = std::mem::take(&mut catalog.schemas)
            .into_iter()
            .map(|(mut name, schema)| {
                self.schema(&mut name);
                (name, schema)
            })
            .collect();
        for extension in catalog.extensions.values_mut() {
            self.schema(&mut extension.schema);
        }
        catalog.types = std::mem::take(&mut catalog.types)
            .into_iter()
            .map(|(mut name, mut kind)| {
                self.of_type(&name, &mut kind);
                self.type_name(&mut name);
                (name, kind)
            })
            .collect();
        catalog.routines = std::mem::take(&mut catalog.routines)
            .into_iter()
            .map(|(mut name, mut routine)| {
                match &mut routine.kind {
                    RoutineKind::Function(text)
                    | RoutineKind::Window(text)
                    | RoutineKind::Procedure(text) => {
                        self.text(text, Place::Query);
                    }
                    RoutineKind::Aggregate(aggregate) => {
                        self.text(&mut aggregate.signature, Place::Elsewhere);
                        for value in aggregate.parameters.values_mut() {
                            self.text(value, Place::Elsewhere);
                        }
                    }
                }
                self.text(&mut routine.identity, Place::Elsewhere);
                if let Some(returns) = &mut routine.returns {
                    self.text(returns, Place::Elsewhere);
                }
                self.routine_name(&mut name);
                (name, routine)
            })
            .collect();
        catalog.relations = std::mem::take(&mut catalog.relations)
            .into_iter()
            .map(|(mut name, mut relation)| {
                self.of_relation(&before, &name, &mut relation);
                self.relation_name(&mut name);
                if let Some((from, to)) = self.relation()
                    && from.schema != to.schema
                    && is_owned_by(&relation, to)
                    && name.schema == from.schema
                {
                    // Sequences move with their tables.
                    name.schema.clone_from(&to.schema);
                }
                (name, relation)
            })
            .collect();
        catalog.objects = std::mem::take(&mut catalog.objects)
            .into_iter()
            .map(|(of, mut object)| {
                self.of_object(&mut object);
                (address(&of), object)
            })
            .collect();
        catalog.owners = keys(&catalog.owners, address);
        catalog.comments = keys(&catalog.comments, address);
        catalog.privileges = keys(&catalog.privileges, address);
        catalog.security_labels = std::mem::take(&mut catalog.security_labels)
            .into_iter()
            .map(|((of, provider), label)| ((address(&of), provider), label))
            .collect();
        catalog.dependencies = Dependencies::new(
            before
                .dependencies
                .iter()
                .map(|edge| (address(edge.dependent), address(edge.referenced), edge.kind)),
        );
    }

    fn of_type(&self, name: &QualifiedName, kind: &mut Type) {
        match kind {
            Type::Composite(attributes) => {
                for attribute in attributes {
                    self.column_name(name, &mut attribute.name);
                    self.of_column(name, attribute);
                }
            }
            Type::Domain(domain) => {
                self.text(&mut domain.base, Place::Elsewhere);
                if let Some(of) = &mut domain.user_type {
                    self.type_name(of);
                }
                if let Some(default) = &mut domain.default {
                    self.text(default, Place::Elsewhere);
                }
                for constraint in &mut domain.constraints {
                    self.text(&mut constraint.definition, Place::Elsewhere);
                    self.part(name, &mut constraint.name, |address| match address {
                        Address::DomainConstraint(of, name) => Some((of, name)),
                        _ => None,
                    });
                }
                domain.constraints.sort_by(|one, other| one.name.cmp(&other.name));
            }
            Type::Range(range) => {
                self.text(&mut range.subtype, Place::Elsewhere);
                self.type_name(&mut range.multirange);
            }
            Type::Multirange { of } => self.type_name(of),
            Type::Base(options) => options
                .values_mut()
                .for_each(|value| self.text(value, Place::Elsewhere)),
            Type::Enum(_) | Type::Shell => {}
        }
    }

    fn of_column(&self, of: &QualifiedName, column: &mut Column) {
        self.text(&mut column.data_type, Place::Elsewhere);
        if let Some(name) = &mut column.user_type {
            self.type_name(name);
        }
        if let Some(collation) = &mut column.collation {
            self.schema(&mut collation.schema);
        }
        match &mut column.value {
            ColumnValue::Default(text) | ColumnValue::Stored(text) | ColumnValue::Virtual(text) => {
                self.text(text, Place::Of(of));
            }
            ColumnValue::Identity(identity) => {
                if let Some(sequence) = &mut identity.sequence {
                    self.relation_name(sequence);
                    if let Some((from, to)) = self.relation()
                        && of == from
                    {
                        sequence.schema.clone_from(&to.schema);
                    }
                }
            }
            ColumnValue::Null => {}
        }
    }

    fn of_relation(&self, before: &Catalog, name: &QualifiedName, relation: &mut Relation) {
        if let Some(of) = &mut relation.of_type {
            self.type_name(of);
        }
        // A column of a parent is the children's too.
        let is_heir = match &self.from {
            Address::Column(parent, _) => before.tree(parent).contains(name),
            _ => false,
        };
        let whose = match &self.from {
            Address::Column(parent, _) if is_heir => parent,
            _ => name,
        };
        let of = Place::Of(whose);
        let heir = match (&self.from, &self.to) {
            (Address::Column(_, from), Address::Column(_, to)) if is_heir => Some((from, to)),
            _ => None,
        };
        let column = |column: &mut String| {
            if let Some((from, to)) = heir
                && column == from
            {
                column.clone_from(to);
            }
        };
        for found in &mut relation.columns {
            self.of_column(whose, found);
            column(&mut found.name);
        }
        for constraint in &mut relation.constraints {
            self.text(&mut constraint.definition, of);
            self.part(name, &mut constraint.name, |address| match address {
                Address::Constraint(of, name) => Some((of, name)),
                _ => None,
            });
            constraint.columns.iter_mut().for_each(column);
            if let ConstraintKind::ForeignKey(key) = &mut constraint.kind {
                for referenced in &mut key.referenced_columns {
                    self.column_name(&key.references, referenced);
                }
                self.relation_name(&mut key.references);
            }
            if let Some((parent, above)) = &mut constraint.parent {
                self.part(parent, above, |address| match address {
                    Address::Constraint(of, name) => Some((of, name)),
                    _ => None,
                });
                self.relation_name(parent);
            }
            if let Some(index) = &mut constraint.index {
                self.index_name(before, index);
            }
        }
        relation
            .constraints
            .sort_by(|one, other| one.name.cmp(&other.name));
        for index in &mut relation.indexes {
            self.text(&mut index.definition, of);
            let mut own = name.beside(&index.name);
            self.index_name(before, &mut own);
            let is_renamed = own.name != index.name;
            if is_renamed {
                let words = [quote_identifier(&index.name), quote_identifier(&own.name)];
                let [old, new] = words.map(|word| format!(" INDEX {word} ON "));
                index.definition = index.definition.replacen(&old, &new, 1);
                index.name = own.name;
            }
            for key in &mut index.keys {
                match key {
                    IndexKey::Column(found) => column(found),
                    IndexKey::Expression(text) => self.text(text, of),
                }
            }
            index.included.iter_mut().for_each(column);
            if let Some(predicate) = &mut index.predicate {
                self.text(predicate, of);
            }
            if let Some(parent) = &mut index.parent {
                self.index_name(before, parent);
            }
            if let Some(constraint) = &mut index.constraint {
                self.part(name, constraint, |address| match address {
                    Address::Constraint(of, name) => Some((of, name)),
                    _ => None,
                });
            }
        }
        relation.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        self.of_actions(name, of, relation);
        for parent in &mut relation.inherits {
            self.relation_name(parent);
        }
        if let Some(place) = &mut relation.partition_of {
            self.relation_name(&mut place.parent);
        }
        match &mut relation.kind {
            RelationKind::View(query) => self.text(query, Place::Query),
            RelationKind::MaterializedView(view) => self.text(&mut view.query, Place::Query),
            RelationKind::Sequence(sequence) => match &mut sequence.owner {
                SequenceOwner::Column(table, column) | SequenceOwner::Identity(table, column) => {
                    self.column_name(table, column);
                    self.relation_name(table);
                }
                SequenceOwner::Nobody => {}
            },
            RelationKind::PartitionedTable(key) => {
                self.text(&mut key.definition, of);
                key.columns.iter_mut().for_each(column);
            }
            RelationKind::ForeignTable(table) => {
                if let (Address::Server(from), Address::Server(to)) = (&self.from, &self.to)
                    && table.server == *from
                {
                    table.server.clone_from(to);
                }
            }
            RelationKind::Table => {}
        }
    }

    /// Triggers, rules and policies.
    fn of_actions(&self, name: &QualifiedName, of: Place<'_>, relation: &mut Relation) {
        for trigger in &mut relation.triggers {
            self.text(&mut trigger.definition, of);
            let before = trigger.name.clone();
            self.part(name, &mut trigger.name, |address| match address {
                Address::Trigger(of, name) => Some((of, name)),
                _ => None,
            });
            call(&mut trigger.definition, " TRIGGER", &before, &trigger.name);
            self.schema(&mut trigger.function.name.schema);
            if let (Address::Routine(from), Address::Routine(to)) = (&self.from, &self.to)
                && trigger.function.name == from.name
            {
                trigger.function.name.clone_from(&to.name);
            }
        }
        for rule in &mut relation.rules {
            self.text(&mut rule.definition, of);
            let before = rule.name.clone();
            self.part(name, &mut rule.name, |address| match address {
                Address::Rule(of, name) => Some((of, name)),
                _ => None,
            });
            call(&mut rule.definition, "CREATE RULE", &before, &rule.name);
        }
        for policy in &mut relation.policies {
            self.part(name, &mut policy.name, |address| match address {
                Address::Policy(of, name) => Some((of, name)),
                _ => None,
            });
            for expression in policy.using.iter_mut().chain(&mut policy.check) {
                self.text(expression, of);
            }
        }
        relation.triggers.sort_by(|one, other| one.name.cmp(&other.name));
        relation.rules.sort_by(|one, other| one.name.cmp(&other.name));
        relation.policies.sort_by(|one, other| one.name.cmp(&other.name));
    }

    fn of_object(&self, object: &mut Object) {
        match object {
            Object::Parameters(options) => options
                .values_mut()
                .for_each(|value| self.text(value, Place::Elsewhere)),
            Object::Statistics(statistics) => {
                self.text(&mut statistics.definition, Place::Of(&statistics.relation));
                self.relation_name(&mut statistics.relation);
                if let (Address::Statistics(from), Address::Statistics(to)) = (&self.from, &self.to) {
                    let words = [from, to].map(|name| format!("CREATE STATISTICS {name} "));
                    statistics.definition = statistics.definition.replacen(&words[0], &words[1], 1);
                }
            }
            Object::EventTrigger(trigger) => self.text(&mut trigger.function, Place::Elsewhere),
            Object::Cast(cast) => self.text(&mut cast.method, Place::Elsewhere),
            Object::Server(server) => {
                if let (Address::ForeignDataWrapper(from), Address::ForeignDataWrapper(to)) =
                    (&self.from, &self.to)
                    && server.wrapper == *from
                {
                    server.wrapper.clone_from(to);
                }
            }
            Object::TextSearchDictionary(dictionary) => {
                self.object_name(&mut dictionary.template);
            }
            Object::TextSearchConfiguration(configuration) => {
                self.object_name(&mut configuration.parser);
                for name in configuration.mappings.values_mut().flatten() {
                    self.object_name(name);
                }
            }
            Object::Publication(publication) => {
                if let Published::Some { tables, schemas } = &mut publication.content {
                    *tables = std::mem::take(tables)
                        .into_iter()
                        .map(|(mut name, mut table)| {
                            for column in &mut table.columns {
                                self.column_name(&name, column);
                            }
                            if let Some(condition) = &mut table.condition {
                                self.text(condition, Place::Of(&name));
                            }
                            self.relation_name(&mut name);
                            (name, table)
                        })
                        .collect();
                    schemas.iter_mut().for_each(|name| self.schema(name));
                    schemas.sort();
                }
            }
            _ => {}
        }
    }

    fn object_name(&self, name: &mut QualifiedName) {
        self.schema(&mut name.schema);
        if let (Some(from), Some(to)) = (lives_at(&self.from), lives_at(&self.to))
            && matches!(
                self.from,
                Address::TextSearchDictionary(_)
                    | Address::TextSearchParser(_)
                    | Address::TextSearchTemplate(_)
            )
            && name == from
        {
            name.clone_from(to);
        }
    }
}

pub(super) fn keys<V: Clone>(
    map: &BTreeMap<Address, V>,
    address: impl Fn(&Address) -> Address,
) -> BTreeMap<Address, V> {
    map.iter()
        .map(|(of, value)| (address(of), value.clone()))
        .collect()
}

/// Gives an object its new name in its definition, where the name stands behind `word`.
fn call(definition: &mut String, word: &str, before: &str, now: &str) {
    if before != now {
        let [old, new] = [before, now].map(|name| format!("{word} {} ", quote_identifier(name)));
        *definition = definition.replacen(&old, &new, 1);
    }
}
