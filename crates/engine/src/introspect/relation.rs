//! Relations, and their columns, constraints, indexes, triggers, rules and policies.

use std::collections::HashMap;

use tokio_postgres::Row;
use windlass_compiler::catalog::{
    Address, Column, ColumnValue, Compression, Constraint, ConstraintKind, DomainConstraint, FiringState,
    ForeignKey, ForeignTable, Identity, Index, IndexKey, MaterializedView, PartitionKey, PartitionOf,
    PartitionStrategy, Persistence, Policy, QualifiedName, ReferentialAction, Relation, RelationKind,
    ReplicaIdentity, RoutineName, RowSecurity, Rule, Sequence, Storage, Trigger, Type, Unmodelled,
    not_null_name,
};

use super::contradiction;
use super::names::{Entry, class};
use super::reader::Reader;
use super::row::Columns;
use crate::error::Result;

/// The bound of a partition, and whether it is being detached.
type Place = (String, bool);

/// What is learnt about relations before it can be told by name.
#[derive(Default)]
struct Pending {
    /// Parents of relations, and whether it is as a partition.
    parents: Vec<(QualifiedName, Vec<u32>, Option<Place>)>,
    /// Parents of constraints and indexes, and indexes of constraints.
    constraint_parents: Vec<(QualifiedName, String, u32, u32)>,
    index_parents: Vec<(QualifiedName, String, u32)>,
    /// Constraints by oid.
    constraints: HashMap<u32, (QualifiedName, String)>,
}

impl Reader<'_> {
    pub(super) async fn relations(&mut self) -> Result<()> {
        let mut pending = Pending::default();
        let mut typed = Vec::new();
        self.each(include_str!("relations.sql"), |this, row| {
            this.relation(row, &mut pending, &mut typed);
            Ok(())
        })
        .await?;
        for (name, of) in typed {
            let of = self.names.user_type(of).cloned();
            self.change(&name, |relation| relation.of_type = of);
        }
        self.resolve_parents(&pending);
        self.each(include_str!("columns.sql"), |this, row| {
            this.column(row);
            Ok(())
        })
        .await?;
        self.sequences().await?;
        self.name_identities();
        // Columns that older servers do not have. Asked for through to_jsonb they would cost as much as the rest.
        let version = self.catalog.server_version;
        let mut constraints = include_str!("constraints.sql").to_owned();
        if version < 180_000 {
            constraints = constraints.replace("c.conenforced", "true");
        }
        let mut indexes = include_str!("indexes.sql").to_owned();
        if version < 150_000 {
            indexes = indexes.replace("i.indnullsnotdistinct", "false");
        }
        self.each(&constraints, |this, row| this.constraint(row, &mut pending))
            .await?;
        self.each(&indexes, |this, row| {
            this.index(row, &mut pending);
            Ok(())
        })
        .await?;
        self.resolve_parts(&pending);
        self.each(include_str!("triggers.sql"), |this, row| {
            this.trigger(row);
            Ok(())
        })
        .await?;
        self.each(include_str!("internal_triggers.sql"), |this, row| {
            match pending.constraints.get(&row.oid("constraint")) {
                Some((of, name)) => {
                    let address = Address::Constraint(of.clone(), name.clone());
                    this.names.add(class::TRIGGER, row.oid("oid"), address);
                }
                None => this.names.ignore(class::TRIGGER, row.oid("oid")),
            }
            Ok(())
        })
        .await?;
        self.each(include_str!("rules.sql"), |this, row| {
            this.rule(row);
            Ok(())
        })
        .await?;
        self.each(include_str!("policies.sql"), |this, row| {
            this.policy(row);
            Ok(())
        })
        .await
    }

    fn change(&mut self, name: &QualifiedName, act: impl FnOnce(&mut Relation)) {
        if let Some(relation) = self.catalog.relations.get_mut(name) {
            act(relation);
        }
    }

    /// The relation that a part belongs to; marks the part as seen where that is not the model's.
    fn whole(&mut self, part_class: u32, part: u32, relation: u32) -> Option<QualifiedName> {
        let found = self.names.relation(relation).cloned();
        if found.is_none() {
            match self.names.resolve(class::CLASS, relation, 0) {
                Some(Entry::Object(address)) => self.names.add(part_class, part, address),
                _ => self.names.ignore(part_class, part),
            }
        }
        found
    }

    fn relation(&mut self, row: &Row, pending: &mut Pending, typed: &mut Vec<(QualifiedName, u32)>) {
        let (oid, namespace, name) = (row.oid("oid"), row.oid("namespace"), row.text("name"));
        let (row_type, array_type) = (row.oid("row_type"), row.oid_or_zero("array_type"));
        if let Some(name) = self.names.qualified(namespace, &name) {
            self.names.add_type(row_type, name.clone());
            self.names.add_type(array_type, name);
        }
        let letter = row.text("kind");
        let claimed = self.claim(class::CLASS, oid, namespace, &name);
        let Some(name) = claimed else {
            for of in [row_type, array_type] {
                match self.names.resolve(class::CLASS, oid, 0) {
                    Some(Entry::Object(address)) => self.names.add(class::TYPE, of, address),
                    _ => self.names.ignore(class::TYPE, of),
                }
            }
            return;
        };
        let address = match letter.as_str() {
            "c" => Address::Type(name.clone()),
            _ => Address::Relation(name.clone()),
        };
        self.names.add(class::CLASS, oid, address.clone());
        self.names.add(class::TYPE, row_type, address.clone());
        self.names.add(class::TYPE, array_type, address.clone());
        self.catalog.owners.insert(address, row.text("owner"));
        let kind = match letter.as_str() {
            "c" => {
                self.catalog.types.insert(name, Type::Composite(Vec::new()));
                return;
            }
            "r" => RelationKind::Table,
            "p" => RelationKind::PartitionedTable(PartitionKey::new(
                match row.maybe("strategy").as_deref() {
                    Some("l") => PartitionStrategy::List,
                    Some("h") => PartitionStrategy::Hash,
                    _ => PartitionStrategy::Range,
                },
                row.maybe("partition_key").unwrap_or_default(),
                row.texts("partition_columns"),
            )),
            "v" => RelationKind::View(query(row)),
            "m" => RelationKind::MaterializedView(MaterializedView {
                query: query(row),
                is_populated: row.flag("is_populated"),
            }),
            // Its parameters come with the sequences.
            "S" => RelationKind::Sequence(Sequence::ascending("bigint")),
            "f" => RelationKind::ForeignTable(ForeignTable {
                server: row.maybe("server").unwrap_or_default(),
                options: row.options("foreign_options"),
            }),
            other => {
                let description = format!("relation {name} of kind {other}");
                self.catalog
                    .unmodelled
                    .push(Unmodelled::new("pg_class", description));
                return;
            }
        };
        let mut relation = Relation::new(kind);
        if row.text("persistence") == "u" {
            relation.persistence = Persistence::Unlogged;
        }
        relation.access_method = row.maybe("access_method");
        relation.tablespace = row.maybe("tablespace");
        relation.options = row.options("options");
        relation.toast_options = row.options("toast_options");
        relation.row_security = match (row.flag("row_security"), row.flag("force_row_security")) {
            (false, false) => RowSecurity::Off,
            (true, false) => RowSecurity::On,
            (true, true) => RowSecurity::Forced,
            (false, true) => RowSecurity::ForcedButOff,
        };
        relation.replica_identity = match row.text("replica_identity").as_str() {
            // What cannot have one has this.
            "n" if matches!(letter.as_str(), "r" | "p" | "m") => ReplicaIdentity::Nothing,
            "f" => ReplicaIdentity::Full,
            // The index that it is comes with the indexes.
            "i" => ReplicaIdentity::Index(String::new()),
            _ => ReplicaIdentity::Default,
        };
        if row.oid("of_type") != 0 {
            typed.push((name.clone(), row.oid("of_type")));
        }
        let parents: Vec<u32> = row.value("parents");
        if !parents.is_empty() {
            let place = row.maybe("bound").map(|bound| (bound, row.flag("is_detaching")));
            pending.parents.push((name.clone(), parents, place));
        }
        self.catalog.relations.insert(name, relation);
    }

    fn resolve_parents(&mut self, pending: &Pending) {
        for (name, parents, place) in &pending.parents {
            let parents: Vec<QualifiedName> = parents
                .iter()
                .filter_map(|&parent| self.names.relation(parent).cloned())
                .collect();
            self.change(name, |relation| match (place, parents.first()) {
                (Some((bound, is_detaching)), Some(parent)) => {
                    let place = PartitionOf::new(parent.clone(), bound.clone(), *is_detaching);
                    relation.partition_of = Some(place);
                }
                _ => relation.inherits = parents,
            });
        }
    }

    fn column(&mut self, row: &Row) {
        let relation = row.oid("relation");
        let name = row.text("name");
        self.names.add_column(relation, row.value::<i16>("number"), &name);
        let whole = self.names.resolve(class::CLASS, relation, 0);
        let default = row.oid_or_zero("default_oid");
        let Some(Entry::Object(of)) = whole else {
            return self.names.ignore(class::ATTRDEF, default);
        };
        let mut column = Column::new(&name, &row.text("data_type"));
        column.user_type = self.names.user_type(row.oid("type")).cloned();
        column.is_not_null = row.flag("is_not_null");
        column.collation = self.names.collation(row.oid_or_zero("collation")).cloned();
        column.statistics = row.value("statistics");
        column.storage = row.maybe("storage").map(|letter| match letter.as_str() {
            "p" => Storage::Plain,
            "e" => Storage::External,
            "m" => Storage::Main,
            _ => Storage::Extended,
        });
        column.compression = row.maybe("compression").map(|letter| match letter.as_str() {
            "l" => Compression::Lz4,
            _ => Compression::Pglz,
        });
        column.options = row.options("options");
        column.foreign_options = row.options("foreign_options");
        column.is_local = row.flag("is_local");
        column.inheritance_count = count(row);
        column.value = value(row);
        match of {
            Address::Type(of) => {
                if let Some(Type::Composite(attributes)) = self.catalog.types.get_mut(&of) {
                    attributes.push(column);
                }
            }
            Address::Relation(of) => {
                if default != 0 {
                    let address = Address::Default(of.clone(), name);
                    self.names.add(class::ATTRDEF, default, address);
                }
                self.change(&of, |relation| relation.columns.push(column));
            }
            other => self.names.add(class::ATTRDEF, default, other),
        }
    }

    /// Identity columns know their sequences by what the sequences say.
    fn name_identities(&mut self) {
        use windlass_compiler::catalog::SequenceOwner;
        let identities: Vec<_> = self
            .catalog
            .relations
            .iter()
            .filter_map(|(name, relation)| match &relation.kind {
                RelationKind::Sequence(sequence) => match &sequence.owner {
                    SequenceOwner::Identity(table, column) => {
                        Some((table.clone(), column.clone(), name.clone()))
                    }
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let is_old = self.catalog.major() < 15;
        for (table, column, sequence) in identities {
            // 14 has no unlogged sequences, newer servers give an unlogged table one.
            if let (true, Some(persistence)) =
                (is_old, self.catalog.relation(&table).map(|of| of.persistence))
            {
                self.change(&sequence, |relation| relation.persistence = persistence);
            }
            self.change(&table, |relation| {
                let found = relation.columns.iter_mut().find(|found| found.name == column);
                if let Some(Column {
                    value: ColumnValue::Identity(identity),
                    ..
                }) = found
                {
                    identity.sequence = Some(sequence);
                }
            });
        }
    }

    fn constraint(&mut self, row: &Row, pending: &mut Pending) -> Result<()> {
        let (oid, name) = (row.oid("oid"), row.text("name"));
        if row.oid("domain") != 0 {
            self.domain_constraint(row, &name);
            return Ok(());
        }
        let relation = row.oid("relation");
        let Some(of) = self.whole(class::CONSTRAINT, oid, relation) else {
            return Ok(());
        };
        if row.flag("is_copy") {
            self.names.ignore(class::CONSTRAINT, oid);
            return Ok(());
        }
        if let Some(column) = self.implied_not_null(row, &of, &name) {
            self.names
                .add(class::CONSTRAINT, oid, Address::Column(of, column));
            return Ok(());
        }
        let address = Address::Constraint(of.clone(), name.clone());
        self.names.add(class::CONSTRAINT, oid, address);
        pending.constraints.insert(oid, (of.clone(), name.clone()));
        let kind = match row.text("kind").as_str() {
            "c" => ConstraintKind::Check,
            "n" => ConstraintKind::NotNull,
            "u" => ConstraintKind::Unique,
            "p" => ConstraintKind::PrimaryKey,
            "x" => ConstraintKind::Exclusion,
            "t" => ConstraintKind::Trigger,
            "f" => {
                let other = row.oid("referenced");
                let references = self.names.relation(other).cloned().ok_or_else(|| {
                    contradiction(&format!("foreign key {name} on {of} references no table"))
                })?;
                let numbers: Vec<i16> = row.value("referenced_columns");
                ConstraintKind::ForeignKey(ForeignKey::new(
                    references,
                    self.names.columns(other, &numbers),
                    ReferentialAction::of_letter(&row.text("on_update")),
                    ReferentialAction::of_letter(&row.text("on_delete")),
                ))
            }
            other => {
                let description = format!("constraint {name} on {of} of kind {other}");
                let unmodelled = Unmodelled::new("pg_constraint", description);
                self.catalog.unmodelled.push(unmodelled);
                return Ok(());
            }
        };
        let mut constraint = Constraint::new(&name, kind, &row.text("definition"));
        let numbers: Option<Vec<i16>> = row.value("columns");
        constraint.columns = self.names.columns(relation, &numbers.unwrap_or_default());
        constraint.is_valid = row.flag("is_valid");
        constraint.is_enforced = row.flag("is_enforced");
        constraint.is_deferrable = row.flag("is_deferrable");
        constraint.is_deferred = row.flag("is_deferred");
        constraint.is_no_inherit = row.flag("is_no_inherit");
        constraint.is_local = row.flag("is_local");
        constraint.inheritance_count = count(row);
        let (parent, index) = (row.oid("parent"), row.oid("index"));
        if parent != 0 || index != 0 {
            pending.constraint_parents.push((of.clone(), name, parent, index));
        }
        self.change(&of, |relation| relation.constraints.push(constraint));
        Ok(())
    }

    /// The column of a NOT NULL constraint (18 and newer) that says no more than the column does. It is
    /// left out, so that a schema is the same on all servers.
    fn implied_not_null(&self, row: &Row, of: &QualifiedName, name: &str) -> Option<String> {
        if row.text("kind") != "n"
            || !row.flag("is_valid")
            || row.flag("has_comment")
            || row.flag("is_no_inherit")
        {
            return None;
        }
        let numbers: Vec<i16> = row.value("columns");
        let column = self.names.column(row.oid("relation"), *numbers.first()?)?;
        let is_local = self.catalog.relation(of)?.column(column)?.is_local;
        let is_implied = name == not_null_name(&of.name, Some(column)) && row.flag("is_local") == is_local;
        is_implied.then(|| column.to_owned())
    }

    fn domain_constraint(&mut self, row: &Row, name: &str) {
        let oid = row.oid("oid");
        let of = match self.names.resolve(class::TYPE, row.oid("domain"), 0) {
            Some(Entry::Object(Address::Type(of))) => of,
            Some(Entry::Object(other)) => return self.names.add(class::CONSTRAINT, oid, other),
            _ => return self.names.ignore(class::CONSTRAINT, oid),
        };
        // As for columns; 17 and newer have them.
        let is_implied =
            row.text("kind") == "n" && name == not_null_name(&of.name, None) && !row.flag("has_comment");
        if is_implied {
            return self.names.add(class::CONSTRAINT, oid, Address::Type(of));
        }
        let address = Address::DomainConstraint(of.clone(), name.to_owned());
        self.names.add(class::CONSTRAINT, oid, address);
        let mut constraint = DomainConstraint::new(name, &row.text("definition"));
        constraint.is_not_null = row.text("kind") == "n";
        constraint.is_valid = row.flag("is_valid");
        if let Some(Type::Domain(domain)) = self.catalog.types.get_mut(&of) {
            domain.constraints.push(constraint);
        }
    }

    fn index(&mut self, row: &Row, pending: &mut Pending) {
        let (oid, relation, name) = (row.oid("oid"), row.oid("relation"), row.text("name"));
        let Some(of) = self.whole(class::CLASS, oid, relation) else {
            return;
        };
        let address = Address::Index(of.beside(&name));
        self.names.add(class::CLASS, oid, address);
        let mut index = Index::new(&name, &row.text("definition"));
        index.method = row.text("method");
        let numbers: Vec<i16> = row.value("columns");
        let keys = usize::try_from(row.value::<i16>("key_count")).unwrap_or_default();
        let mut expressions = row.texts("expressions").into_iter();
        for (at, &number) in numbers.iter().enumerate() {
            let column = self.names.column(relation, number).map(str::to_owned);
            match column {
                Some(column) if at < keys => index.keys.push(IndexKey::Column(column)),
                Some(column) => index.included.push(column),
                None => index.keys.extend(expressions.next().map(IndexKey::Expression)),
            }
        }
        index.predicate = row.maybe("predicate");
        index.is_unique = row.flag("is_unique");
        index.is_primary = row.flag("is_primary");
        index.is_exclusion = row.flag("is_exclusion");
        index.is_nulls_not_distinct = row.flag("is_nulls_not_distinct");
        index.is_valid = row.flag("is_valid");
        index.is_ready = row.flag("is_ready");
        index.is_live = row.flag("is_live");
        index.is_clustered = row.flag("is_clustered");
        index.tablespace = row.maybe("tablespace");
        index.options = row.options("options");
        let positions: Vec<i16> = row.value("statistics_columns");
        let targets: Vec<i16> = row.value("statistics");
        index.statistics = positions
            .iter()
            .filter_map(|&position| u16::try_from(position).ok())
            .zip(targets)
            .collect();
        let parent = row.oid_or_zero("parent");
        if parent != 0 {
            pending.index_parents.push((of.clone(), name.clone(), parent));
        }
        let is_identity = row.flag("is_replica_identity");
        self.change(&of, |relation| {
            if is_identity && matches!(relation.replica_identity, ReplicaIdentity::Index(_)) {
                relation.replica_identity = ReplicaIdentity::Index(name);
            }
            relation.indexes.push(index);
        });
    }

    /// Names parents of constraints and indexes, and tells indexes of their constraints.
    fn resolve_parts(&mut self, pending: &Pending) {
        for (of, name, parent, index) in &pending.constraint_parents {
            let parent = pending.constraints.get(parent).cloned();
            let index = match self.names.resolve(class::CLASS, *index, 0) {
                Some(Entry::Object(Address::Index(index))) => Some(index),
                _ => None,
            };
            self.change(of, |relation| {
                let found = relation.constraints.iter_mut().find(|found| found.name == *name);
                let Some(constraint) = found else { return };
                let is_its_own = !matches!(
                    constraint.kind,
                    ConstraintKind::ForeignKey(_) | ConstraintKind::Trigger
                );
                constraint.parent = parent;
                if let (true, Some(index)) = (is_its_own, &index) {
                    let enforcing = relation.indexes.iter_mut().find(|found| found.name == index.name);
                    if let Some(enforcing) = enforcing {
                        enforcing.constraint = Some(name.clone());
                    }
                }
                constraint.index = index;
            });
        }
        for (of, name, parent) in &pending.index_parents {
            let Some(Entry::Object(Address::Index(parent))) = self.names.resolve(class::CLASS, *parent, 0)
            else {
                continue;
            };
            self.change(of, |relation| {
                let found = relation.indexes.iter_mut().find(|found| found.name == *name);
                if let Some(index) = found {
                    index.parent = Some(parent);
                }
            });
        }
    }

    fn trigger(&mut self, row: &Row) {
        let (oid, name) = (row.oid("oid"), row.text("name"));
        let Some(of) = self.whole(class::TRIGGER, oid, row.oid("relation")) else {
            return;
        };
        let function = self
            .names
            .qualified(row.oid("function_namespace"), &row.text("function_name"));
        let Some(function) = function else { return };
        let function = RoutineName {
            name: function,
            arguments: String::new(),
        };
        let address = Address::Trigger(of.clone(), name.clone());
        self.names.add(class::TRIGGER, oid, address);
        let mut trigger = Trigger::new(&name, &row.text("definition"), function);
        trigger.state = state(&row.text("state"));
        trigger.is_row = row.flag("is_row");
        trigger.is_constraint = row.oid("constraint") != 0;
        trigger.is_inherited = row.flag("is_inherited");
        self.change(&of, |relation| relation.triggers.push(trigger));
    }

    fn rule(&mut self, row: &Row) {
        let (oid, name) = (row.oid("oid"), row.text("name"));
        let Some(of) = self.whole(class::REWRITE, oid, row.oid("relation")) else {
            return;
        };
        let Some(definition) = row.maybe("definition") else {
            return self.names.add(class::REWRITE, oid, Address::Relation(of));
        };
        self.names
            .add(class::REWRITE, oid, Address::Rule(of.clone(), name.clone()));
        let rule = Rule {
            name,
            definition,
            state: state(&row.text("state")),
        };
        self.change(&of, |relation| relation.rules.push(rule));
    }

    fn policy(&mut self, row: &Row) {
        let (oid, name) = (row.oid("oid"), row.text("name"));
        let Some(of) = self.whole(class::POLICY, oid, row.oid("relation")) else {
            return;
        };
        self.names
            .add(class::POLICY, oid, Address::Policy(of.clone(), name.clone()));
        let command = match row.text("command").as_str() {
            "r" => "SELECT",
            "a" => "INSERT",
            "w" => "UPDATE",
            "d" => "DELETE",
            _ => "ALL",
        };
        let policy = Policy {
            name,
            command: command.to_owned(),
            is_permissive: row.flag("is_permissive"),
            roles: row.texts("roles"),
            using: row.maybe("using_expression"),
            check: row.maybe("check_expression"),
        };
        self.change(&of, |relation| relation.policies.push(policy));
    }
}

fn query(row: &Row) -> String {
    let query = row.maybe("query").unwrap_or_default();
    query.trim().trim_end_matches(';').to_owned()
}

fn count(row: &Row) -> u16 {
    u16::try_from(row.value::<i32>("inheritance_count")).unwrap_or(u16::MAX)
}

fn value(row: &Row) -> ColumnValue {
    let identity = row.text("identity");
    if !identity.is_empty() {
        return ColumnValue::Identity(Identity {
            is_always: identity == "a",
            sequence: None,
        });
    }
    match (row.maybe("expression"), row.text("generated").as_str()) {
        (None, _) => ColumnValue::Null,
        (Some(expression), "s") => ColumnValue::Stored(expression),
        (Some(expression), "v") => ColumnValue::Virtual(expression),
        (Some(expression), _) => ColumnValue::Default(expression),
    }
}

pub(super) fn state(letter: &str) -> FiringState {
    match letter {
        "D" => FiringState::Disabled,
        "R" => FiringState::Replica,
        "A" => FiringState::Always,
        _ => FiringState::Origin,
    }
}
