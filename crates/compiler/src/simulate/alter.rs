//! ALTER TABLE, subcommand by subcommand, in the table and its descendants.

use super::column::{compression_of, set_options, storage_of};
use super::{Followed, Simulation};
use crate::catalog::{
    Address, ColumnValue, ConstraintKind, DependencyKind, Identity, Options, Persistence, QualifiedName,
    Relation, RelationKind, RowSecurity, Sequence, SequenceOwner,
};
use crate::sql::{
    AlterCommand, AlterKind, ColumnDefinition, CommandDefinition, Demand, PropertyChange, RelationName,
    SequenceOption,
};

impl Simulation {
    pub(super) fn alter(
        &mut self,
        relation: &RelationName,
        only: bool,
        commands: &[AlterCommand],
        definitions: &[CommandDefinition],
    ) -> Followed {
        let Some(name) = self.find(relation) else {
            // IF EXISTS, or it fails.
            return Followed::Yes;
        };
        if self.relation(&name).is_none() {
            return self.alter_index(&name, commands, definitions);
        }
        let mut all: Vec<_> = commands.iter().zip(definitions).collect();
        // As PostgreSQL orders them: what goes first, then types, then columns.
        all.sort_by_key(|(command, definition)| match (command.kind, definition) {
            (AlterKind::DropColumn | AlterKind::DropConstraint, _)
            | (_, CommandDefinition::Property(PropertyChange::Default(None))) => 0,
            (AlterKind::ColumnType, _) => 1,
            (AlterKind::AddColumn, _) => 2,
            _ => 3,
        });
        let mut followed = Followed::Yes;
        for (command, definition) in all {
            let members = if only {
                vec![name.clone()]
            } else {
                self.catalog.tree(&name)
            };
            if !self.command(&name, &members, only, command, definition) {
                followed = Followed::No;
            }
            self.connect();
        }
        followed
    }

    /// Whether the subcommand could be followed.
    fn command(
        &mut self,
        table: &QualifiedName,
        members: &[QualifiedName],
        only: bool,
        command: &AlterCommand,
        definition: &CommandDefinition,
    ) -> bool {
        let named = command.name.clone().unwrap_or_default();
        match (command.kind, definition) {
            (AlterKind::AddColumn, CommandDefinition::Column(column)) => {
                let exists = self
                    .relation(table)
                    .is_some_and(|of| of.column(&column.name).is_some());
                if exists && command.conditional {
                    return true;
                }
                self.alter_add_column(table, members, column)
            }
            (AlterKind::DropColumn, _) => {
                self.drop_column(table, &named, only);
                true
            }
            (AlterKind::ColumnType, CommandDefinition::Column(column)) => {
                self.set_type(members, &named, column)
            }
            (AlterKind::SetNotNull, _) => {
                let written = super::constraint::not_null();
                if only {
                    self.add_not_null_to(std::slice::from_ref(table), &named, &written);
                } else {
                    self.add_not_null(table, &named, &written);
                }
                true
            }
            (AlterKind::DropNotNull, _) => {
                for member in members {
                    self.drop_not_null(member, &named);
                }
                // A child that says so itself keeps it since version 18.
                !(self.is_18() && members.len() > 1)
            }
            (AlterKind::AddConstraint(_), CommandDefinition::Constraint(written)) => {
                (!only || members.len() == self.catalog.tree(table).len())
                    && self.add_constraint(table, written, None)
            }
            (AlterKind::Inherit | AlterKind::NoInherit, _) => {
                let parent = command.other.as_ref().and_then(|other| self.find(other));
                match parent {
                    Some(parent) => self.set_inherits(table, &parent, command.kind == AlterKind::Inherit),
                    None => return false,
                }
                // What the children of the table count changes too, on 18 with other rules.
                !self.is_18()
            }
            (AlterKind::StorageParameter, CommandDefinition::Nothing) => {
                // SET WITHOUT CLUSTER.
                if let Some(relation) = self.catalog.relations.get_mut(table) {
                    relation
                        .indexes
                        .iter_mut()
                        .for_each(|index| index.is_clustered = false);
                }
                true
            }
            (AlterKind::DropConstraint, _) => self.drop_constraint(table, &named, only),
            (AlterKind::Validate, _) => {
                for member in members {
                    let relation = self.catalog.relations.get_mut(member);
                    let constraint =
                        relation.and_then(|of| of.constraints.iter_mut().find(|of| of.name == named));
                    if let Some(constraint) = constraint {
                        constraint.is_valid = true;
                    }
                }
                true
            }
            (AlterKind::EnforceConstraint | AlterKind::UnenforceConstraint, _) => {
                let is_enforced = command.kind == AlterKind::EnforceConstraint;
                let relation = self.catalog.relations.get_mut(table);
                let constraint =
                    relation.and_then(|of| of.constraints.iter_mut().find(|of| of.name == named));
                if let Some(constraint) = constraint {
                    constraint.is_enforced = is_enforced;
                    constraint.is_valid = is_enforced;
                }
                members.len() == 1
            }
            (AlterKind::Logged(logged), _) => {
                let persistence = if logged {
                    Persistence::Permanent
                } else {
                    Persistence::Unlogged
                };
                self.set_persistence(table, persistence);
                true
            }
            (AlterKind::Tablespace | AlterKind::AccessMethod, _) => {
                let Some(relation) = self.catalog.relations.get_mut(table) else {
                    return false;
                };
                if command.kind == AlterKind::Tablespace {
                    relation.tablespace = command.name.clone().filter(|name| name != "pg_default");
                } else {
                    relation.access_method.clone_from(&command.name);
                }
                true
            }
            (AlterKind::ClusterOn, _) => {
                if let Some(relation) = self.catalog.relations.get_mut(table) {
                    for index in &mut relation.indexes {
                        index.is_clustered = index.name == named;
                    }
                }
                true
            }
            (AlterKind::DropIdentity, _) => {
                for member in members {
                    let relation = self.catalog.relations.get_mut(member);
                    let column = relation.and_then(|of| of.columns.iter_mut().find(|of| of.name == named));
                    if let Some(column) = column
                        && let ColumnValue::Identity(identity) = &column.value
                    {
                        let sequence = identity.sequence.clone();
                        column.value = ColumnValue::Null;
                        if let Some(sequence) = sequence {
                            self.catalog.relations.remove(&sequence);
                        }
                    }
                }
                true
            }
            (AlterKind::Owner, _) => true,
            // Row security may be on or off for good, triggers and rules too: they are followed where it is said so.
            (_, CommandDefinition::Property(change)) => self.set_property(table, members, &named, change),
            _ => false,
        }
    }

    fn alter_add_column(
        &mut self,
        table: &QualifiedName,
        members: &[QualifiedName],
        column: &ColumnDefinition,
    ) -> bool {
        if !self.add_own_column(table, column) {
            return false;
        }
        self.connect();
        let Some(own) = self
            .relation(table)
            .and_then(|of| of.column(&column.name))
            .cloned()
        else {
            return false;
        };
        // Partitions have their parent's identity since version 17, children never.
        let mut followed = members.len() == 1 || !matches!(own.value, ColumnValue::Identity(_));
        for member in members.iter().skip(1) {
            let parents = self.relation(member).map_or(1, |of| of.inherits.len().max(1));
            let Some(relation) = self.catalog.relations.get_mut(member) else {
                continue;
            };
            followed &= parents == 1;
            match relation.columns.iter_mut().find(|of| of.name == column.name) {
                Some(known) => known.inheritance_count += 1,
                None => {
                    let mut inherited = own.clone();
                    inherited.is_local = false;
                    inherited.inheritance_count = 1;
                    relation.columns.push(inherited);
                }
            }
        }
        let is_serial = super::column::serial(&column.data_type).is_some();
        let is_identity = column
            .constraints
            .iter()
            .any(|of| matches!(of.demand, Demand::Identity(..)));
        if is_serial || is_identity {
            self.add_not_null(table, &column.name, &super::constraint::not_null());
        }
        let mut constraints: Vec<_> = column.constraints.iter().collect();
        constraints.sort_by_key(|of| match of.demand {
            Demand::Check(..) => 0,
            Demand::NotNull => 1,
            _ => 2,
        });
        for constraint in constraints {
            followed &= self.add_constraint(table, constraint, Some(&column.name));
        }
        followed
    }

    /// A column goes with what hangs on it; inheriting tables keep theirs where they have it from elsewhere too.
    fn drop_column(&mut self, table: &QualifiedName, column: &str, only: bool) {
        let children: Vec<QualifiedName> = self
            .catalog
            .children(table)
            .map(|(name, _)| name.clone())
            .collect();
        for child in children {
            let relation = self.catalog.relations.get_mut(&child);
            let Some(of) = relation.and_then(|of| of.columns.iter_mut().find(|of| of.name == column)) else {
                continue;
            };
            of.inheritance_count = of.inheritance_count.saturating_sub(1);
            if only {
                of.is_local |= of.inheritance_count == 0;
            } else if of.inheritance_count == 0 && !of.is_local {
                self.drop_column(&child, column, false);
            }
        }
        self.remove(vec![Address::Column(table.clone(), column.to_owned())]);
    }

    fn set_type(&mut self, members: &[QualifiedName], name: &str, column: &ColumnDefinition) -> bool {
        let Some(typed) = self.typed(&column.data_type) else {
            return false;
        };
        let collation = match &column.collation {
            Some(collation) => match super::types::collation_name(collation) {
                Some(collation) => Some(collation),
                None => return false,
            },
            None => None,
        };
        let mut sequences = Vec::new();
        for member in members {
            let Some(relation) = self.catalog.relations.get_mut(member) else {
                continue;
            };
            let Some(of) = relation.columns.iter_mut().find(|of| of.name == name) else {
                continue;
            };
            of.data_type.clone_from(&typed.text);
            of.user_type.clone_from(&typed.user_type);
            of.collation.clone_from(&collation);
            of.storage = None;
            if let ColumnValue::Identity(identity) = &of.value {
                sequences.extend(identity.sequence.clone());
            }
            if let Some(user_type) = &typed.user_type {
                let own = Address::Column(member.clone(), name.to_owned());
                self.edges
                    .push((own, Address::Type(user_type.clone()), DependencyKind::Normal));
            }
        }
        for name in sequences {
            let relation = self.catalog.relations.get_mut(&name);
            if let Some(RelationKind::Sequence(sequence)) = relation.map(|of| &mut of.kind) {
                if sequence.maximum == Sequence::largest(&sequence.data_type) {
                    sequence.maximum = Sequence::largest(&typed.text);
                }
                sequence.data_type.clone_from(&typed.text);
            }
        }
        true
    }

    fn drop_not_null(&mut self, table: &QualifiedName, name: &str) {
        let Some(relation) = self.catalog.relations.get_mut(table) else {
            return;
        };
        for column in relation.columns.iter_mut().filter(|column| column.name == name) {
            column.is_not_null = false;
        }
        relation.constraints.retain(|of| {
            of.kind != ConstraintKind::NotNull || !of.columns.iter().any(|column| column == name)
        });
    }

    fn drop_constraint(&mut self, table: &QualifiedName, name: &str, only: bool) -> bool {
        let Some(constraint) = self.relation(table).and_then(|of| of.constraint(name)).cloned() else {
            return true;
        };
        let inherits = matches!(constraint.kind, ConstraintKind::Check | ConstraintKind::NotNull);
        if inherits && !constraint.is_no_inherit {
            let children: Vec<QualifiedName> = self
                .catalog
                .children(table)
                .map(|(name, _)| name.clone())
                .collect();
            for child in children {
                let relation = self.catalog.relations.get_mut(&child);
                let Some(of) = relation.and_then(|of| of.constraints.iter_mut().find(|of| of.name == name))
                else {
                    continue;
                };
                of.inheritance_count = of.inheritance_count.saturating_sub(1);
                if only {
                    of.is_local |= of.inheritance_count == 0;
                } else if of.inheritance_count == 0 && !of.is_local {
                    self.drop_constraint(&child, name, false);
                }
            }
        }
        self.remove(vec![Address::Constraint(table.clone(), name.to_owned())]);
        true
    }

    fn set_persistence(&mut self, table: &QualifiedName, persistence: Persistence) {
        // Before version 15 an owned sequence is always logged; an identity's is taken to be as its table.
        let all = self.catalog.major() >= 15;
        for (name, relation) in &mut self.catalog.relations {
            let follows = match &relation.kind {
                RelationKind::Sequence(sequence) => match &sequence.owner {
                    SequenceOwner::Identity(of, _) => of == table,
                    SequenceOwner::Column(of, _) => all && of == table,
                    SequenceOwner::Nobody => false,
                },
                _ => false,
            };
            if name == table || follows {
                relation.persistence = persistence;
            }
        }
    }

    fn set_property(
        &mut self,
        table: &QualifiedName,
        members: &[QualifiedName],
        named: &str,
        change: &PropertyChange,
    ) -> bool {
        if let PropertyChange::Identity(is_always, options) = change {
            return self.set_identity(table, named, *is_always, options);
        }
        if let PropertyChange::AddIdentity(is_always, options) = change {
            let Some(column) = self.relation(table).and_then(|of| of.column(named)).cloned() else {
                return false;
            };
            let made = self.make_sequence(table, named, &column.data_type, options, true);
            let Some(sequence) = made else {
                return false;
            };
            let identity = Identity {
                is_always: *is_always,
                sequence: Some(sequence),
            };
            let relation = self.catalog.relations.get_mut(table);
            if let Some(column) = relation.and_then(|of| of.columns.iter_mut().find(|of| of.name == named)) {
                column.value = ColumnValue::Identity(identity);
            }
            return members.len() == 1;
        }
        let mut followed = true;
        for member in members {
            if let Some(relation) = self.catalog.relations.get_mut(member) {
                followed &= set_property_of(relation, member == table, named, change);
            }
        }
        followed
    }

    fn set_identity(
        &mut self,
        table: &QualifiedName,
        named: &str,
        is_always: Option<bool>,
        options: &[SequenceOption],
    ) -> bool {
        let relation = self.catalog.relations.get_mut(table);
        let column = relation.and_then(|of| of.columns.iter_mut().find(|of| of.name == named));
        let Some(ColumnValue::Identity(identity)) = column.map(|of| &mut of.value) else {
            return false;
        };
        if let Some(is_always) = is_always {
            identity.is_always = is_always;
        }
        let sequence = identity.sequence.clone();
        let relation = sequence.and_then(|sequence| self.catalog.relations.get_mut(&sequence));
        match relation.map(|of| &mut of.kind) {
            Some(RelationKind::Sequence(sequence)) => set_options(sequence, options).is_some(),
            _ => options.is_empty(),
        }
    }

    /// INHERIT and NO INHERIT: what parent and child both have is counted.
    fn set_inherits(&mut self, table: &QualifiedName, parent: &QualifiedName, inherits: bool) {
        let Some(from) = self.relation(parent).cloned() else {
            return;
        };
        let Some(relation) = self.catalog.relations.get_mut(table) else {
            return;
        };
        if inherits {
            relation.inherits.push(parent.clone());
            let edge = (
                Address::Relation(table.clone()),
                Address::Relation(parent.clone()),
            );
            self.edges.push((edge.0, edge.1, DependencyKind::Normal));
        } else {
            relation.inherits.retain(|known| known != parent);
        }
        let count = |count: &mut u16, is_local: &mut bool| {
            if inherits {
                *count += 1;
            } else {
                *count = count.saturating_sub(1);
                *is_local |= *count == 0;
            }
        };
        for column in &mut relation.columns {
            if from.column(&column.name).is_some() {
                count(&mut column.inheritance_count, &mut column.is_local);
            }
        }
        for constraint in &mut relation.constraints {
            let of_parent = from.constraint(&constraint.name);
            if of_parent.is_some_and(|of| of.kind == constraint.kind && !of.is_no_inherit) {
                count(&mut constraint.inheritance_count, &mut constraint.is_local);
            }
        }
    }

    /// ALTER INDEX.
    fn alter_index(
        &mut self,
        index: &QualifiedName,
        commands: &[AlterCommand],
        definitions: &[CommandDefinition],
    ) -> Followed {
        let Some((table, ..)) = self.catalog.index(index) else {
            return Followed::No;
        };
        let table = table.clone();
        let Some(relation) = self.catalog.relations.get_mut(&table) else {
            return Followed::No;
        };
        let Some(of) = relation.indexes.iter_mut().find(|of| of.name == index.name) else {
            return Followed::No;
        };
        for (command, definition) in commands.iter().zip(definitions) {
            match (command.kind, definition) {
                (AlterKind::Tablespace, _) => {
                    of.tablespace = command.name.clone().filter(|name| name != "pg_default");
                }
                (_, CommandDefinition::Property(PropertyChange::Options(options))) => {
                    set_relation_options(&mut of.options, &mut Options::new(), options);
                }
                _ => return Followed::No,
            }
        }
        Followed::Yes
    }
}

fn set_property_of(relation: &mut Relation, is_named: bool, named: &str, change: &PropertyChange) -> bool {
    if let PropertyChange::RowSecurity(enables, forces) = change {
        if is_named {
            let is = relation.row_security;
            let on = enables.unwrap_or(matches!(is, RowSecurity::On | RowSecurity::Forced));
            let forced = forces.unwrap_or(matches!(is, RowSecurity::Forced | RowSecurity::ForcedButOff));
            relation.row_security = match (on, forced) {
                (false, false) => RowSecurity::Off,
                (true, false) => RowSecurity::On,
                (true, true) => RowSecurity::Forced,
                (false, true) => RowSecurity::ForcedButOff,
            };
        }
        return true;
    }
    if let PropertyChange::Deferrability(is_deferrable, is_deferred) = change {
        for constraint in relation.constraints.iter_mut().filter(|of| of.name == named) {
            constraint.is_deferrable = *is_deferrable;
            constraint.is_deferred = *is_deferred;
        }
        return true;
    }
    match change {
        PropertyChange::Inert => return true,
        PropertyChange::Options(options) if named.is_empty() => {
            if is_named {
                let Relation {
                    options: own,
                    toast_options,
                    ..
                } = relation;
                set_relation_options(own, toast_options, options);
            }
            return true;
        }
        PropertyChange::ReplicaIdentity(identity) => {
            if is_named {
                relation.replica_identity = identity.clone();
            }
            return true;
        }
        PropertyChange::Trigger(trigger, state) => {
            let triggers = relation.triggers.iter_mut();
            for of in triggers.filter(|of| trigger.as_ref().is_none_or(|name| *name == of.name)) {
                of.state = *state;
            }
            return true;
        }
        PropertyChange::Rule(state) => {
            for rule in relation.rules.iter_mut().filter(|rule| rule.name == named) {
                rule.state = *state;
            }
            return true;
        }
        _ => {}
    }
    let Some(column) = relation.columns.iter_mut().find(|of| of.name == named) else {
        return false;
    };
    match change {
        PropertyChange::Options(options) => {
            if is_named {
                set_relation_options(&mut column.options, &mut Options::new(), options);
            }
            true
        }
        PropertyChange::Default(expression) => {
            column.value = match expression {
                Some(expression) if expression != "NULL" => ColumnValue::Default(expression.clone()),
                _ => ColumnValue::Null,
            };
            true
        }
        PropertyChange::DropExpression => {
            column.value = ColumnValue::Null;
            true
        }
        PropertyChange::SetExpression(expression) => {
            let expression = expression.clone().unwrap_or_default();
            column.value = match column.value {
                ColumnValue::Virtual(_) => ColumnValue::Virtual(expression),
                _ => ColumnValue::Stored(expression),
            };
            true
        }
        PropertyChange::Statistics(number) => {
            column.statistics = i16::try_from(*number).ok().filter(|number| *number >= 0);
            true
        }
        PropertyChange::Storage(word) => match storage_of(word, column) {
            Some(storage) => {
                column.storage = storage;
                true
            }
            None => false,
        },
        PropertyChange::Compression(word) => {
            column.compression = compression_of(word);
            true
        }
        PropertyChange::RowSecurity(..)
        | PropertyChange::Trigger(..)
        | PropertyChange::Rule(..)
        | PropertyChange::ReplicaIdentity(..)
        | PropertyChange::Identity(..)
        | PropertyChange::Inert
        | PropertyChange::Deferrability(..)
        | PropertyChange::AddIdentity(..)
        | PropertyChange::Other => false,
    }
}

/// SET and RESET of options, those of the TOAST table among them.
fn set_relation_options(
    own: &mut Options,
    toast: &mut Options,
    changes: &[(String, String, Option<String>)],
) {
    for (namespace, name, value) in changes {
        let options = if namespace == "toast" {
            &mut *toast
        } else {
            &mut *own
        };
        match value {
            Some(value) => options.insert(name.clone(), value.clone()),
            None => options.remove(name),
        };
    }
}
