//! What goes, with all that goes along, and what gets another name.

use super::{Followed, Simulation};
use crate::catalog::{
    Address, ColumnValue, ConstraintKind, QualifiedName, Relation, RelationKind, SequenceOwner, Type,
};
use crate::effect::closure;
use crate::sql::{ObjectKind, RelationName, Statement};

impl Simulation {
    pub(super) fn drop_objects(&mut self, statement: &Statement) -> Followed {
        let Statement::Drop {
            object,
            relations,
            names,
            cascade,
            ..
        } = statement
        else {
            return Followed::No;
        };
        let mut gone = Vec::new();
        match object {
            ObjectKind::OnTable => {
                for (relation, part) in relations.iter().zip(names) {
                    let Some(table) = self.find(relation) else {
                        continue;
                    };
                    let part = part.name.clone();
                    gone.push(Address::Trigger(table.clone(), part.clone()));
                    gone.push(Address::Rule(table.clone(), part.clone()));
                    gone.push(Address::Policy(table, part));
                }
            }
            ObjectKind::Index => {
                let found = relations.iter().filter_map(|name| self.find(name));
                gone.extend(found.map(Address::Index));
            }
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence => {
                let found = relations.iter().filter_map(|name| self.find(name));
                gone.extend(found.map(Address::Relation));
            }
            ObjectKind::Type => {
                let found = names.iter().filter_map(|name| self.type_name_of(name));
                gone.extend(found.map(Address::Type));
            }
            ObjectKind::Routine => {
                for name in names {
                    let is_meant = |schema: &str| match &name.schema {
                        Some(written) => written == schema,
                        None => self.search_path.iter().any(|known| known == schema),
                    };
                    let routines = self.catalog.routines.keys();
                    let found: Vec<_> = routines
                        .filter(|of| of.name.name == name.name && is_meant(&of.name.schema))
                        .cloned()
                        .collect();
                    // Which of several is meant is not looked at.
                    if found.len() > 1 {
                        return self.doubt_everything();
                    }
                    gone.extend(found.into_iter().map(Address::Routine));
                }
            }
            ObjectKind::Schema => {
                for name in names {
                    let schema = &name.name;
                    let relations = self.catalog.in_schema(schema);
                    gone.extend(relations.map(|(name, _)| Address::Relation(name.clone())));
                    let types = self.catalog.types.keys().filter(|of| of.schema == *schema);
                    gone.extend(types.cloned().map(Address::Type));
                    let routines = self
                        .catalog
                        .routines
                        .keys()
                        .filter(|of| of.name.schema == *schema);
                    gone.extend(routines.cloned().map(Address::Routine));
                    gone.push(Address::Schema(schema.clone()));
                }
            }
            ObjectKind::Extension => {
                gone.extend(names.iter().map(|name| Address::Extension(name.name.clone())));
            }
            // A foreign server, say, with its tables.
            _ if *cascade => return self.doubt_everything(),
            _ => return Followed::Yes,
        }
        self.remove(gone);
        Followed::Yes
    }

    /// Removes objects, and all that depends on them.
    pub(super) fn remove(&mut self, objects: Vec<Address>) {
        for address in closure(&self.catalog, objects) {
            self.remove_one(&address);
        }
    }

    fn remove_one(&mut self, address: &Address) {
        let catalog = &mut self.catalog;
        let part_of = |of: &QualifiedName| of.clone();
        match address {
            Address::Relation(name) => {
                catalog.relations.remove(name);
            }
            Address::Index(name) => {
                let table = catalog.index(name).map(|(table, ..)| part_of(table));
                if let Some(relation) = table.and_then(|table| catalog.relations.get_mut(&table)) {
                    let index = relation.index(&name.name).cloned();
                    relation.indexes.retain(|index| index.name != name.name);
                    // An index goes with its constraint, and the other way round.
                    if let Some(constraint) = index.and_then(|index| index.constraint) {
                        relation.constraints.retain(|of| of.name != constraint);
                    }
                }
            }
            Address::Column(of, name) => {
                if let Some(Type::Composite(attributes)) = catalog.types.get_mut(of) {
                    attributes.retain(|attribute| attribute.name != *name);
                }
                if let Some(relation) = catalog.relations.get_mut(of) {
                    remove_column(relation, name);
                }
            }
            Address::Default(of, name) => {
                let relation = catalog.relations.get_mut(of);
                let column =
                    relation.and_then(|of| of.columns.iter_mut().find(|column| column.name == *name));
                if let Some(column) = column {
                    let is_generated =
                        matches!(column.value, ColumnValue::Stored(_) | ColumnValue::Virtual(_));
                    column.value = ColumnValue::Null;
                    // A generated column goes with what it is computed from.
                    if is_generated {
                        self.remove(vec![Address::Column(of.clone(), name.clone())]);
                    }
                }
            }
            Address::Constraint(of, name) => {
                if let Some(relation) = catalog.relations.get_mut(of) {
                    let constraint = relation.constraint(name).cloned();
                    relation.constraints.retain(|constraint| constraint.name != *name);
                    if let Some(constraint) = constraint {
                        relation
                            .indexes
                            .retain(|index| index.constraint.as_ref() != Some(&constraint.name));
                        if constraint.kind == ConstraintKind::NotNull {
                            for column in &mut relation.columns {
                                column.is_not_null &= !constraint.columns.contains(&column.name);
                            }
                        }
                    }
                }
            }
            Address::Trigger(of, name) => {
                if let Some(relation) = catalog.relations.get_mut(of) {
                    relation.triggers.retain(|trigger| trigger.name != *name);
                }
            }
            Address::Rule(of, name) => {
                if let Some(relation) = catalog.relations.get_mut(of) {
                    relation.rules.retain(|rule| rule.name != *name);
                }
            }
            Address::Policy(of, name) => {
                if let Some(relation) = catalog.relations.get_mut(of) {
                    relation.policies.retain(|policy| policy.name != *name);
                }
            }
            Address::Type(name) => {
                // A range type goes with its multirange type.
                if let Some(Type::Range(range)) = catalog.types.remove(name) {
                    self.remove(vec![Address::Type(range.multirange)]);
                }
            }
            Address::DomainConstraint(of, name) => {
                if let Some(Type::Domain(domain)) = catalog.types.get_mut(of) {
                    domain.constraints.retain(|constraint| constraint.name != *name);
                }
            }
            Address::Routine(name) => {
                catalog.routines.remove(name);
            }
            Address::Schema(name) => {
                catalog.schemas.remove(name);
            }
            Address::Extension(name) => {
                catalog.extensions.remove(name);
            }
            _ => {}
        }
    }

    pub(super) fn rename(&mut self, statement: &Statement) -> Followed {
        let Statement::Rename {
            object,
            relation,
            part,
            to,
            ..
        } = statement
        else {
            return Followed::No;
        };
        let Some(name) = relation.as_ref().and_then(|relation| self.find(relation)) else {
            // A type, a function, a schema: what uses it is written under the new name.
            return match (object, relation) {
                (ObjectKind::Routine, _) => {
                    // Whoever asks for its volatility is not to find the old one.
                    self.catalog.routines.clear();
                    Followed::Yes
                }
                (ObjectKind::Other | ObjectKind::Statistics, _) if part.is_none() => Followed::Yes,
                _ => self.doubt_everything(),
            };
        };
        let new = name.beside(to);
        match (object, part) {
            (ObjectKind::Column, Some(column)) => {
                for member in self.catalog.tree(&name) {
                    self.rename_column(&member, column, to);
                }
                Followed::Yes
            }
            (ObjectKind::Constraint, Some(constraint)) => {
                for member in self.catalog.tree(&name) {
                    self.rename_constraint(&member, constraint, to);
                }
                Followed::Yes
            }
            (ObjectKind::OnTable, Some(part)) => {
                let is_partitioned = self.catalog.partitions(&name).next().is_some();
                if let Some(relation) = self.catalog.relations.get_mut(&name) {
                    relation
                        .triggers
                        .iter_mut()
                        .filter(|of| of.name == *part)
                        .for_each(|of| of.name.clone_from(to));
                    relation
                        .rules
                        .iter_mut()
                        .filter(|of| of.name == *part)
                        .for_each(|of| of.name.clone_from(to));
                    relation
                        .policies
                        .iter_mut()
                        .filter(|of| of.name == *part)
                        .for_each(|of| of.name.clone_from(to));
                    relation.triggers.sort_by(|one, other| one.name.cmp(&other.name));
                    relation.rules.sort_by(|one, other| one.name.cmp(&other.name));
                    relation.policies.sort_by(|one, other| one.name.cmp(&other.name));
                }
                if is_partitioned {
                    Followed::No
                } else {
                    Followed::Yes
                }
            }
            _ if self.catalog.index(&name).is_some() => {
                self.rename_index(&name, to);
                Followed::Yes
            }
            (_, None) => {
                self.move_relation(&name, &new);
                Followed::Yes
            }
            _ => Followed::No,
        }
    }

    pub(super) fn move_to_schema(&mut self, relation: &RelationName, schema: &str) -> Followed {
        let Some(name) = self.find(relation) else {
            return self.doubt_everything();
        };
        // Its sequences move along.
        let owned: Vec<QualifiedName> = self
            .catalog
            .relations
            .iter()
            .filter(|(_, of)| match &of.kind {
                RelationKind::Sequence(sequence) => match &sequence.owner {
                    SequenceOwner::Column(table, _) | SequenceOwner::Identity(table, _) => *table == name,
                    SequenceOwner::Nobody => false,
                },
                _ => false,
            })
            .map(|(name, _)| name.clone())
            .collect();
        for sequence in owned {
            self.move_relation(&sequence, &QualifiedName::new(schema, &sequence.name));
        }
        self.move_relation(&name, &QualifiedName::new(schema, &name.name));
        Followed::Yes
    }

    fn rename_column(&mut self, table: &QualifiedName, old: &str, new: &str) {
        let rename = |names: &mut Vec<String>| {
            names
                .iter_mut()
                .filter(|name| *name == old)
                .for_each(|name| new.clone_into(name));
        };
        if let Some(relation) = self.catalog.relations.get_mut(table) {
            for column in relation.columns.iter_mut().filter(|column| column.name == old) {
                new.clone_into(&mut column.name);
            }
            for constraint in &mut relation.constraints {
                rename(&mut constraint.columns);
            }
            for index in &mut relation.indexes {
                rename(&mut index.included);
                for key in &mut index.keys {
                    if let crate::catalog::IndexKey::Column(name) = key
                        && name == old
                    {
                        new.clone_into(name);
                    }
                }
            }
            if let RelationKind::PartitionedTable(key) = &mut relation.kind {
                rename(&mut key.columns);
            }
        }
        for relation in self.catalog.relations.values_mut() {
            for constraint in &mut relation.constraints {
                if let ConstraintKind::ForeignKey(key) = &mut constraint.kind
                    && key.references == *table
                {
                    rename(&mut key.referenced_columns);
                }
            }
            if let RelationKind::Sequence(sequence) = &mut relation.kind {
                match &mut sequence.owner {
                    SequenceOwner::Column(of, column) | SequenceOwner::Identity(of, column)
                        if of == table && column == old =>
                    {
                        new.clone_into(column);
                    }
                    _ => {}
                }
            }
        }
        self.readdress(|address| match address {
            Address::Column(of, name) if of == table && name == old => new.clone_into(name),
            Address::Default(of, name) if of == table && name == old => new.clone_into(name),
            _ => {}
        });
    }

    fn rename_constraint(&mut self, table: &QualifiedName, old: &str, new: &str) {
        let Some(relation) = self.catalog.relations.get_mut(table) else {
            return;
        };
        let mut index = None;
        for constraint in relation.constraints.iter_mut().filter(|of| of.name == old) {
            new.clone_into(&mut constraint.name);
            if !matches!(constraint.kind, ConstraintKind::ForeignKey(_)) {
                index.clone_from(&constraint.index);
            }
        }
        relation
            .constraints
            .sort_by(|one, other| one.name.cmp(&other.name));
        self.readdress(|address| match address {
            Address::Constraint(of, name) if of == table && name == old => new.clone_into(name),
            _ => {}
        });
        if let Some(index) = index {
            self.rename_index(&index, new);
        }
    }

    fn rename_index(&mut self, name: &QualifiedName, new: &str) {
        let new_name = name.beside(new);
        let Some((table, ..)) = self.catalog.index(name) else {
            return;
        };
        let table = table.clone();
        let mut constraint = None;
        if let Some(relation) = self.catalog.relations.get_mut(&table) {
            for index in relation
                .indexes
                .iter_mut()
                .filter(|index| index.name == name.name)
            {
                new.clone_into(&mut index.name);
                constraint = index.constraint.take();
                index.constraint = constraint.as_ref().map(|_| new.to_owned());
            }
            relation.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        }
        for relation in self.catalog.relations.values_mut() {
            for of in &mut relation.constraints {
                if of.index.as_ref() == Some(name) {
                    of.index = Some(new_name.clone());
                }
            }
            for index in &mut relation.indexes {
                if index.parent.as_ref() == Some(name) {
                    index.parent = Some(new_name.clone());
                }
            }
        }
        self.readdress(|address| {
            if *address == Address::Index(name.clone()) {
                *address = Address::Index(new_name.clone());
            }
        });
        // The constraint is renamed with its index.
        if let Some(constraint) = constraint.filter(|constraint| constraint != new) {
            self.rename_constraint(&table, &constraint, new);
        }
    }

    /// Gives a relation another name or schema, wherever it is named.
    fn move_relation(&mut self, old: &QualifiedName, new: &QualifiedName) {
        let Some(relation) = self.catalog.relations.remove(old) else {
            return;
        };
        let indexes: Vec<String> = relation.indexes.iter().map(|index| index.name.clone()).collect();
        self.catalog.relations.insert(new.clone(), relation);
        let renamed = |name: &mut QualifiedName| {
            if name == old {
                name.clone_from(new);
            } else if old.schema == name.schema && indexes.contains(&name.name) {
                // Its indexes live beside it.
                name.schema.clone_from(&new.schema);
            }
        };
        for (name, relation) in &mut self.catalog.relations {
            let _ = name;
            relation.inherits.iter_mut().for_each(renamed);
            if let Some(place) = &mut relation.partition_of {
                renamed(&mut place.parent);
            }
            for constraint in &mut relation.constraints {
                if let ConstraintKind::ForeignKey(key) = &mut constraint.kind {
                    renamed(&mut key.references);
                }
                constraint.index.iter_mut().for_each(renamed);
                constraint.parent.iter_mut().for_each(|(of, _)| renamed(of));
            }
            for index in &mut relation.indexes {
                index.parent.iter_mut().for_each(renamed);
            }
            for column in &mut relation.columns {
                if let ColumnValue::Identity(identity) = &mut column.value {
                    identity.sequence.iter_mut().for_each(renamed);
                }
            }
            if let RelationKind::Sequence(sequence) = &mut relation.kind {
                match &mut sequence.owner {
                    SequenceOwner::Column(of, _) | SequenceOwner::Identity(of, _) => renamed(of),
                    SequenceOwner::Nobody => {}
                }
            }
        }
        let doubted: Vec<Address> = self.doubts.objects.iter().cloned().collect();
        self.doubts.objects = doubted
            .into_iter()
            .map(|mut address| {
                readdress_relation(&mut address, &renamed);
                address
            })
            .collect();
        self.readdress(|address| readdress_relation(address, &renamed));
    }

    /// Changes addresses of dependencies.
    fn readdress(&mut self, change: impl Fn(&mut Address)) {
        let old = std::mem::take(&mut self.catalog.dependencies);
        let edges = old.iter().map(|edge| {
            let (mut dependent, mut referenced) = (edge.dependent.clone(), edge.referenced.clone());
            change(&mut dependent);
            change(&mut referenced);
            (dependent, referenced, edge.kind)
        });
        self.catalog.dependencies = crate::catalog::Dependencies::new(edges);
    }
}

fn readdress_relation(address: &mut Address, renamed: &impl Fn(&mut QualifiedName)) {
    match address {
        Address::Relation(of)
        | Address::Index(of)
        | Address::Column(of, _)
        | Address::Default(of, _)
        | Address::Constraint(of, _)
        | Address::Trigger(of, _)
        | Address::Rule(of, _)
        | Address::Policy(of, _) => renamed(of),
        _ => {}
    }
}

/// Takes a column out, with the parts of its table that name it.
fn remove_column(relation: &mut Relation, name: &str) {
    relation.columns.retain(|column| column.name != name);
    relation
        .constraints
        .retain(|constraint| !constraint.columns.iter().any(|column| column == name));
}
