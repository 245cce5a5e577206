//! ALTER TABLE on a relation of the catalog: which tables its subcommands reach, read and write anew.

use crate::catalog::{
    Address, ColumnValue, ConstraintKind as Constrains, IndexKey, Persistence, QualifiedName, Relation,
    RelationKind, SequenceOwner, Volatility,
};
use crate::effect::facts::Facts;
use crate::effect::types::{self, Known};
use crate::effect::{Answer, Effect, Kin, LockMode, Through, alter};
use crate::sql::{
    AddedColumn, AlterCommand, AlterKind, Constrained, ConstraintKind, NewType, ObjectKind, RelationName,
    TypeName, columns_of, proves_not_null,
};

use super::{below, known};

/// ALTER TABLE on a relation of the catalog.
pub(super) struct Altered<'a, 'b> {
    effect: &'b mut Effect,
    facts: &'b Facts<'a>,
    name: QualifiedName,
    relation: Option<&'a Relation>,
    /// The relation, and its descendants unless ONLY stands before it, as far as rows are stored in them.
    stored: Vec<(QualifiedName, &'a Relation)>,
    commands: &'b [AlterCommand],
    found: bool,
    only: bool,
}

impl<'a, 'b> Altered<'a, 'b> {
    pub(super) fn new(
        effect: &'b mut Effect,
        facts: &'b Facts<'a>,
        relation: &RelationName,
        only: bool,
        commands: &'b [AlterCommand],
    ) -> Self {
        let found = facts.find(relation);
        let name = found.clone().unwrap_or_else(|| {
            QualifiedName::new(relation.schema.clone().unwrap_or_default(), &relation.name)
        });
        let mut stored = facts.stored(&name);
        stored.retain(|(_, relation)| !matches!(relation.kind, RelationKind::Sequence(_)));
        if only {
            stored.retain(|(member, _)| *member == name);
        }
        Self {
            relation: facts.catalog.relations.get(&name),
            stored,
            found: found.is_some(),
            only,
            effect,
            facts,
            name,
            commands,
        }
    }

    pub(super) fn narrow(mut self, object: ObjectKind) {
        if !self.found {
            return;
        }
        self.effect.scan = Answer::No;
        self.effect.rewrite = Answer::No;
        self.effect.index_rebuild = Answer::No;
        self.effect.data_loss = Answer::No;
        self.reach();
        for command in self.commands {
            self.one(command, object);
        }
        if self.commands.iter().any(|command| command.cascade) {
            self.cascade();
        }
    }

    /// What of the relations that are not named is out of reach.
    fn reach(&mut self) {
        if self.only {
            self.effect.forget_of(self.facts, &self.name, Kin::Descendants);
            let leaves_mark = |kind| matches!(kind, AlterKind::DropColumn | AlterKind::DropConstraint);
            if self.commands.iter().any(|command| leaves_mark(command.kind)) {
                for (child, _) in self.facts.catalog.children(&self.name) {
                    self.effect.also(child, LockMode::AccessExclusive);
                }
            }
        }
        let all = |is_it: fn(&AlterCommand) -> bool| self.commands.iter().all(is_it);
        if all(|command| command.kind == AlterKind::NoInherit) {
            self.effect.forget_of(self.facts, &self.name, Kin::Descendants);
        }
        let no_longer = |command: &AlterCommand| {
            let is_not_null = |name| {
                self.relation
                    .and_then(|relation| relation.column(name))
                    .map(|of| of.is_not_null)
            };
            match command.kind {
                AlterKind::DropNotNull => {
                    !self.facts.is_before(18) && command.name.as_deref().and_then(is_not_null) == Some(false)
                }
                AlterKind::Trigger => self.facts.is_before(15) && command.name.is_none(),
                _ => false,
            }
        };
        if self.commands.iter().all(no_longer) {
            self.effect.forget_of(self.facts, &self.name, Kin::Descendants);
        }
        if self.facts.is_before(15) {
            if all(|command| matches!(command.kind, AlterKind::Logged(_))) {
                self.effect.forget_of(self.facts, &self.name, Kin::Sequences);
            }
            if all(|command| command.kind == AlterKind::Attach) {
                self.effect.forget_of(self.facts, &self.name, Kin::Referencing);
            }
        }
        // The index of a constraint is built in the partitions as CREATE INDEX builds it. A primary key first
        // makes its columns NOT NULL.
        let leaves_columns = |constrained: &Constrained| {
            let is_not_null = |name: &String| {
                let column = self.relation.and_then(|relation| relation.column(name));
                column.is_some_and(|column| column.is_not_null)
            };
            !constrained.is_primary || constrained.columns.iter().all(is_not_null)
        };
        let builds = |command: &AlterCommand| {
            let constrained = command.constrained.as_ref();
            command.kind == AlterKind::AddConstraint(ConstraintKind::Index)
                && constrained.is_some_and(leaves_columns)
        };
        if self.facts.is_before(18) && self.commands.iter().all(builds) {
            self.effect.forget_of(self.facts, &self.name, Kin::Descendants);
            if self.is_partitioned() {
                for member in self.facts.kin(&self.name, Kin::Descendants, &Through::Any) {
                    self.effect.also(&member, LockMode::Share);
                }
            }
        }
        // A serial column's sequence keeps its type.
        if self
            .commands
            .iter()
            .any(|command| command.kind == AlterKind::ColumnType)
        {
            let relations = &self.facts.catalog.relations;
            let is_identity = |name: &QualifiedName| match relations.get(name).map(|sequence| &sequence.kind)
            {
                Some(RelationKind::Sequence(sequence)) => {
                    matches!(sequence.owner, SequenceOwner::Identity(..))
                }
                _ => false,
            };
            let changed: Vec<Through> = self.effect.forget_of(self.facts, &self.name, Kin::Sequences);
            for through in changed {
                for sequence in self.facts.kin(&self.name, Kin::Sequences, &through) {
                    if is_identity(&sequence) {
                        self.effect.also(&sequence, LockMode::ShareRowExclusive);
                    }
                }
            }
        }
        if self
            .commands
            .iter()
            .any(|command| command.kind == AlterKind::Attach)
        {
            self.effect.forget_of(self.facts, &self.name, Kin::Indexes);
            for index in self.relation.iter().flat_map(|relation| &relation.indexes) {
                let index = self.name.beside(&index.name);
                self.effect.also(&index, LockMode::ShareUpdateExclusive);
            }
        }
    }

    fn one(&mut self, command: &AlterCommand, object: ObjectKind) {
        let row = alter::row(command, object);
        let column = command
            .name
            .as_deref()
            .and_then(|name| self.relation?.column(name));
        match command.kind {
            AlterKind::AddColumn => {
                let exists = command.conditional && column.is_some();
                if let Some(added) = command.added.as_ref().filter(|_| !exists) {
                    self.add_column(added, command.other.as_ref());
                }
            }
            AlterKind::DropColumn if column.is_some() => self.effect.data_loss = Answer::Yes,
            AlterKind::DropIdentity if column.is_some() => self.effect.data_loss = Answer::Yes,
            AlterKind::SetNotNull | AlterKind::AddConstraint(ConstraintKind::NotNull) => {
                let column = match &command.constrained {
                    Some(constrained) => constrained.columns.first(),
                    None => command.name.as_ref(),
                };
                if let Some(column) = column {
                    self.check_not_null(std::slice::from_ref(column));
                }
            }
            AlterKind::ColumnType => {
                if let (Some(name), Some(new)) = (&command.name, &command.new_type) {
                    self.change_type(name, new);
                }
            }
            AlterKind::SetExpression => {
                if !matches!(column.map(|column| &column.value), Some(ColumnValue::Virtual(_))) {
                    self.rewrite_all(Answer::Yes);
                }
            }
            AlterKind::AddConstraint(ConstraintKind::PrimaryKeyUsingIndex) => {
                let index = command
                    .constrained
                    .as_ref()
                    .and_then(|added| added.index.as_ref());
                let index = index.and_then(|index| self.relation?.index(index));
                let columns: Vec<String> = index
                    .iter()
                    .flat_map(|index| &index.keys)
                    .filter_map(IndexKey::column)
                    .map(str::to_owned)
                    .collect();
                self.check_not_null(&columns);
            }
            AlterKind::AddConstraint(ConstraintKind::Index) if !self.is_partitioned() => {
                // Inheriting tables get no index, but a primary key's columns become NOT NULL in them too.
                if self.relation.is_some_and(Relation::has_storage) {
                    self.effect.scan_one(&self.name.clone(), Answer::Yes);
                }
                if let Some(constrained) = command.constrained.as_ref().filter(|of| of.is_primary) {
                    self.check_not_null(&constrained.columns);
                }
            }
            AlterKind::AddConstraint(ConstraintKind::ForeignKey) => {
                self.scan_all(Answer::Yes);
                self.scan_other(command.other.as_ref());
            }
            AlterKind::EnforceConstraint | AlterKind::Validate => self.validate(command),
            AlterKind::Logged(wanted) => {
                let is_logged = self
                    .relation
                    .is_some_and(|relation| relation.persistence == Persistence::Permanent);
                let changes = is_logged != wanted;
                if changes {
                    self.rewrite_own();
                } else {
                    let of = RelationName::from(&self.name);
                    self.effect.unnamed.retain(|lock| {
                        lock.kin != Kin::Sequences || lock.of.as_ref().is_some_and(|name| *name == of)
                    });
                }
            }
            AlterKind::AccessMethod => {
                let same = self
                    .relation
                    .is_some_and(|relation| relation.access_method == command.name);
                if !same {
                    self.rewrite_own();
                }
            }
            AlterKind::Tablespace => self.set_tablespace(command),
            AlterKind::Attach => self.attach(command),
            AlterKind::Detach => {
                let referencing = self.facts.kin(&self.name, Kin::Referencing, &Through::Any);
                let partition = command.other.as_ref().and_then(|other| self.facts.find(other));
                if let Some(partition) = partition.filter(|_| !referencing.is_empty()) {
                    self.effect.scans(self.facts, &partition, Answer::Unknown);
                    for other in referencing {
                        self.effect.scans(self.facts, &other, Answer::Unknown);
                    }
                }
            }
            _ => {
                if row.scan != Answer::No {
                    self.scan_all(row.scan);
                }
            }
        }
    }

    fn is_partitioned(&self) -> bool {
        self.facts.is_partitioned(&RelationName::from(&self.name))
    }

    fn scan_all(&mut self, answer: Answer) {
        for (name, _) in &self.stored {
            self.effect.scan_one(name, answer);
        }
    }

    fn scan_other(&mut self, other: Option<&RelationName>) {
        if let Some(other) = other.and_then(|other| self.facts.find(other)) {
            self.effect.scans(self.facts, &other, Answer::Yes);
        }
    }

    fn rewrite_all(&mut self, answer: Answer) {
        for (name, relation) in &self.stored {
            self.effect.rewrite_one(name, relation, answer);
        }
    }

    /// The relation without its descendants.
    fn rewrite_own(&mut self) {
        let stores_rows = |relation: &&Relation| {
            relation.has_storage() && !matches!(relation.kind, RelationKind::Sequence(_))
        };
        if let Some(relation) = self.relation.filter(stores_rows) {
            self.effect.rewrite_one(&self.name, relation, Answer::Yes);
        }
    }

    fn add_column(&mut self, added: &AddedColumn, references: Option<&RelationName>) {
        let by_type = match known(self.facts, &added.data_type) {
            _ if added.is_virtual => Answer::No,
            Known::Constrained => Answer::Yes,
            Known::Own(_) | Known::Distinct(_) | Known::Other => Answer::No,
        };
        let computes = match added.computes {
            Answer::Unknown => self.volatility(added.calls.as_deref()),
            sure => sure,
        };
        match computes.or(by_type) {
            Answer::No => {}
            answer => self.rewrite_all(answer),
        }
        if added.is_checked || added.is_unique || (added.is_not_null && !added.has_value) {
            self.scan_all(Answer::Yes);
        }
        if references.is_some() && added.has_value {
            self.scan_all(Answer::Yes);
            self.scan_other(references);
        }
    }

    /// Whether functions of the user give each row a value of its own.
    fn volatility(&self, calls: Option<&[RelationName]>) -> Answer {
        let Some(calls) = calls else {
            return Answer::Unknown;
        };
        let of = |call: &RelationName| {
            let overloads = self.facts.catalog.routines.iter().filter(|(name, _)| {
                let schema = call.schema.as_deref();
                name.name.name == call.name && schema.is_none_or(|schema| name.name.schema == schema)
            });
            let volatile: Vec<bool> = overloads
                .map(|(_, routine)| routine.volatility == Volatility::Volatile)
                .collect();
            match (volatile.contains(&true), volatile.contains(&false)) {
                (true, false) => Answer::Yes,
                (false, true) => Answer::No,
                _ => Answer::Unknown,
            }
        };
        calls.iter().map(of).fold(Answer::No, Answer::or)
    }

    /// Rows are checked unless the columns are NOT NULL already, or a valid check proves it that the same
    /// statement does not drop: drops come first (measured).
    fn check_not_null(&mut self, columns: &[String]) {
        let dropped: Vec<&str> = self
            .commands
            .iter()
            .filter(|command| command.kind == AlterKind::DropConstraint)
            .filter_map(|command| command.name.as_deref())
            .collect();
        let unproved: Vec<QualifiedName> = self
            .stored
            .iter()
            .filter(|(_, relation)| {
                columns.iter().any(|column| {
                    let pending = relation.constraints.iter().any(|constraint| {
                        constraint.kind == Constrains::NotNull
                            && !constraint.is_valid
                            && constraint.columns.contains(column)
                    });
                    let is_not_null = relation.column(column).is_some_and(|column| column.is_not_null);
                    let proved = relation.constraints.iter().any(|constraint| {
                        constraint.kind == Constrains::Check
                            && constraint.is_valid
                            && !dropped.contains(&constraint.name.as_str())
                            && proves_not_null(&constraint.definition, column)
                    });
                    !proved && (pending || !is_not_null)
                })
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in unproved {
            self.effect.scan_one(&name, Answer::Yes);
        }
    }

    fn change_type(&mut self, column: &str, new: &NewType) {
        let to = known(self.facts, &new.data_type);
        let stored = std::mem::take(&mut self.stored);
        for (name, relation) in &stored {
            let Some(old) = relation.column(column) else {
                continue;
            };
            let from = TypeName::parse(&old.data_type).map_or(Known::Other, |of| below(self.facts, &of));
            let change = types::change(&from, &to, new);
            if change.rewrites != Answer::No {
                self.effect.rewrite_one(name, relation, change.rewrites);
            }
            if change.rewrites == Answer::Yes {
                continue;
            }
            let is_checked = relation.constraints.iter().any(|constraint| {
                constraint.kind == Constrains::Check && constraint.columns.iter().any(|of| of == column)
            });
            if is_checked {
                self.effect.scan_one(name, Answer::Yes);
            }
            for index in &relation.indexes {
                let reads = |expression: &String| {
                    columns_of(expression).is_none_or(|columns| columns.iter().any(|of| of == column))
                };
                let by_expression = index.predicate.as_ref().is_some_and(reads)
                    || index.keys.iter().any(|key| match key {
                        IndexKey::Expression(expression) => reads(expression),
                        IndexKey::Column(_) => false,
                    });
                let by_column = index.keys.contains(&IndexKey::Column(column.to_owned()));
                let answer = match (by_expression, by_column) {
                    (true, _) => Answer::Yes,
                    (false, true) => change.reorders,
                    (false, false) => Answer::No,
                };
                if answer != Answer::No {
                    self.effect.builds(self.facts, &name.beside(&index.name), answer);
                }
            }
        }
        self.stored = stored;
        // Foreign keys over a column of another type are checked again.
        if self.effect.rewrite != Answer::No {
            let through = Through::Column(column.to_owned());
            for kin in [Kin::Referenced, Kin::Referencing] {
                for other in self.facts.kin(&self.name, kin, &through) {
                    self.effect.scans(self.facts, &other, self.effect.rewrite);
                }
            }
        }
    }

    fn validate(&mut self, command: &AlterCommand) {
        let constraint = command
            .name
            .as_deref()
            .and_then(|name| self.relation?.constraint(name));
        let Some(constraint) = constraint else {
            // The same statement may add it.
            let is_new = self
                .commands
                .iter()
                .any(|other| matches!(other.kind, AlterKind::AddConstraint(_)) && other.name == command.name);
            return self.scan_all(if is_new { Answer::Yes } else { Answer::Unknown });
        };
        if constraint.is_valid && command.kind == AlterKind::Validate {
            // Nothing is read, and nothing looked up.
            self.effect
                .unnamed
                .retain(|lock| !matches!(lock.through, Through::Constraint(_)));
            return;
        }
        self.scan_all(Answer::Yes);
        if let Constrains::ForeignKey(key) = &constraint.kind {
            if command.kind == AlterKind::Validate {
                self.effect.forget_of(self.facts, &self.name, Kin::Referenced);
                self.effect.also(&key.references, LockMode::RowShare);
            }
            self.effect.scans(self.facts, &key.references, Answer::Yes);
        }
    }

    fn set_tablespace(&mut self, command: &AlterCommand) {
        let wanted = command.name.as_deref().filter(|name| *name != "pg_default");
        match self.relation {
            Some(relation) if relation.tablespace.as_deref() == wanted => {}
            // Its indexes stay where they are.
            Some(relation) if relation.has_storage() => {
                self.effect.rewrite = Answer::Yes;
                self.effect.rewrites.push((&self.name).into());
                self.effect.scan_one(&self.name.clone(), Answer::Yes);
            }
            Some(_) => {}
            None => {
                let Some((_, table, index)) = self.facts.catalog.index(&self.name) else {
                    return;
                };
                if index.tablespace.as_deref() != wanted && table.has_storage() {
                    self.effect.index_rebuild = Answer::Yes;
                    self.effect.index_rebuilds.push((&self.name).into());
                }
            }
        }
    }

    /// A check may imply the partition's bounds, and another keep rows out of the default partition.
    fn attach(&mut self, command: &AlterCommand) {
        let Some(partition) = command.other.as_ref().and_then(|other| self.facts.find(other)) else {
            return;
        };
        if self.relation.is_none() {
            return;
        }
        let defaults = self.facts.kin(&self.name, Kin::DefaultPartition, &Through::Any);
        for name in defaults.iter().chain([&partition]) {
            // Only a check can keep PostgreSQL from looking at the rows.
            let relation = self.facts.catalog.relations.get(name);
            let is_checked = relation.is_some_and(|relation| {
                let mut constraints = relation.constraints.iter();
                constraints.any(|constraint| constraint.kind == Constrains::Check && constraint.is_valid)
            });
            let answer = if is_checked { Answer::Unknown } else { Answer::Yes };
            self.effect.scans(self.facts, name, answer);
        }
        let keys = [Kin::Referenced, Kin::Referencing];
        for other in keys
            .into_iter()
            .flat_map(|kin| self.facts.kin(&self.name, kin, &Through::Any))
        {
            self.effect.scans(self.facts, &other, Answer::Unknown);
        }
    }

    /// CASCADE: what depends on the columns and constraints that go.
    fn cascade(&mut self) {
        self.effect.unnamed.retain(|lock| lock.of.is_some());
        let mut objects = Vec::new();
        for command in self.commands.iter().filter(|command| command.cascade) {
            for table in self.facts.tree(&self.name) {
                let Some(name) = command.name.clone() else {
                    continue;
                };
                objects.push(match command.kind {
                    AlterKind::DropConstraint => Address::Constraint(table, name),
                    _ => Address::Column(table, name),
                });
            }
        }
        let (locked, loses) = self.facts.cascade(objects);
        for relation in locked {
            self.effect.also(&relation, LockMode::AccessExclusive);
        }
        if loses {
            self.effect.data_loss = Answer::Yes;
        }
    }
}
