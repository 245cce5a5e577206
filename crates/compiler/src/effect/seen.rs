//! What a catalog adds to the table of lock facts: which relations are meant, and what of the worst case
//! does not come true.

use super::facts::Facts;
use super::types::{self, Known};
use super::{Answer, Effect, InTransaction, Kin, LockMode, RelationLock, Through, UnnamedLock, alter};
use crate::catalog::{
    Address, ColumnValue, ConstraintKind as Constrains, Domain, IndexKey, Persistence, QualifiedName,
    Relation, RelationKind, SequenceOwner, Type, Volatility,
};
use crate::sql::{
    AddedColumn, AlterCommand, AlterKind, Constrained, ConstraintKind, NewType, ObjectKind, RelationName,
    Statement, TypeName, columns_of, proves_not_null,
};

/// Narrows what the table says to what happens with this catalog.
pub(super) fn narrow(effect: &mut Effect, statement: &Statement, facts: &Facts) {
    match statement {
        Statement::Alter {
            relation,
            object,
            only,
            commands,
        } => Altered::new(effect, facts, relation, *only, commands).narrow(*object),
        Statement::CreateTable {
            relation,
            if_not_exists: true,
            ..
        }
        | Statement::CreateTableAs {
            relation,
            if_not_exists: true,
            ..
        }
        | Statement::CreateSequence {
            relation,
            if_not_exists: true,
        } if facts.find(relation).is_some() => {
            effect.locks.clear();
            effect.unnamed.clear();
            effect.scan = Answer::No;
        }
        Statement::CreateTable {
            partition_of: Some(parent),
            ..
        } => {
            effect.scan = Answer::No;
            if facts.is_before(15) {
                effect.forget(parent, Kin::Referencing);
            }
            if let Some(parent) = facts.find(parent) {
                for default in facts.kin(&parent, Kin::DefaultPartition, &Through::Any) {
                    effect.scans(facts, &default, Answer::Yes);
                }
            }
        }
        Statement::CreateIndex {
            index,
            relation,
            only,
            if_not_exists,
            ..
        } => {
            let Some(table) = facts.find(relation) else {
                return resolve(effect, facts);
            };
            // Inheriting tables get no index of their own.
            if !facts.is_partitioned(relation) {
                effect.forget(relation, Kin::Descendants);
            }
            effect.scan = Answer::No;
            let name = index.as_ref().map(|index| table.beside(index));
            let exists = *if_not_exists && name.is_some_and(|name| facts.catalog.index(&name).is_some());
            if !exists {
                for (name, _) in facts.stored(&table) {
                    if name == table || (!*only && facts.is_partitioned(relation)) {
                        effect.scan_one(&name, Answer::Yes);
                    }
                }
            }
        }
        Statement::CreateTrigger { relation, .. } if !facts.is_partitioned(relation) => {
            effect.forget(relation, Kin::Descendants);
        }
        Statement::Drop { .. } => drop_objects(effect, statement, facts),
        Statement::Reindex {
            relation: Some(relation),
            is_index,
            ..
        } => {
            if facts.is_partitioned(relation) {
                effect.in_transaction = InTransaction::Refused("works in transactions of its own");
            }
            if let Some(of) = facts.find(relation) {
                effect.scan = Answer::No;
                if *is_index {
                    for index in facts.tree(&of) {
                        effect.builds(facts, &index, Answer::Yes);
                    }
                } else {
                    effect.builds_all(facts, &of, Answer::Yes);
                }
            }
        }
        Statement::Cluster {
            relation: Some(relation),
        } => {
            if facts.is_partitioned(relation) {
                effect.in_transaction = InTransaction::Refused("works in transactions of its own");
            }
            effect.writes_anew(facts, std::slice::from_ref(relation));
        }
        Statement::Vacuum {
            relations,
            full,
            analyze,
        } => vacuum(effect, facts, relations, *full, *analyze),
        Statement::Cluster { relation: None } => {
            let mode = LockMode::AccessExclusive;
            effect.each(facts, mode, |relation| {
                relation.indexes.iter().any(|index| index.is_clustered)
            });
            effect.writes_anew(facts, &named(&effect.locks));
        }
        Statement::Refresh {
            relation,
            concurrently,
            with_data,
        } => {
            if *concurrently {
                if let Some(of) = facts.find(relation) {
                    effect.scans(facts, &of, Answer::Yes);
                }
            } else {
                effect.writes_anew(facts, std::slice::from_ref(relation));
            }
            if *with_data && let Some(of) = facts.find(relation) {
                effect.reads(facts, &of);
            }
        }
        Statement::Query { touched, .. }
        | Statement::Change { touched, .. }
        | Statement::CreateTableAs { touched, .. } => {
            // How rows are found is the planner's business.
            if effect.scan != Answer::No {
                for of in touched
                    .relations
                    .iter()
                    .filter_map(|touch| facts.find(&touch.relation))
                {
                    effect.reads(facts, &of);
                }
            }
            if let Statement::Change { relation, .. } = statement
                && let Some(of) = facts.find(relation)
            {
                // Foreign keys look rows up, as fast as an index lets them.
                for kin in [Kin::Referenced, Kin::Referencing] {
                    for other in facts.kin(&of, kin, &Through::Any) {
                        effect.scans(facts, &other, Answer::Unknown);
                    }
                }
            }
        }
        Statement::AlterDomain { name, scans: true } => {
            if let Some(domain) = type_named(facts, name) {
                effect.unnamed.clear();
                effect.scan = Answer::No;
                for (table, _) in facts.catalog.columns_of_type(&domain) {
                    effect.also(table, LockMode::Share);
                    // A view has rows of its own as little as a composite type.
                    effect.scans(facts, table, Answer::Yes);
                }
            }
        }
        Statement::Sweeping {
            of: Some(of), mode, ..
        } => typed_tables(effect, facts, of, *mode),
        Statement::Rename {
            relation: Some(of),
            cascade: true,
            ..
        } if facts.find(of).is_none() => typed_tables(effect, facts, of, LockMode::AccessExclusive),
        // Partitions have the triggers of their parent, and since version 15 their names too.
        Statement::Rename {
            object: ObjectKind::OnTable,
            relation: Some(relation),
            part,
            ..
        } => {
            let of = facts.find(relation);
            let is_trigger = |of: &QualifiedName, part: &String| facts.has_trigger(of, part);
            let is_trigger = of
                .zip(part.as_ref())
                .is_none_or(|(of, part)| is_trigger(&of, part));
            if facts.is_before(15) || !is_trigger {
                effect.forget(relation, Kin::Descendants);
            }
        }
        // A composite type's attribute.
        Statement::Rename {
            relation: Some(of), ..
        } if facts.find(of).is_none() && type_named(facts, of).is_some() => {
            effect.locks.clear();
            effect.unnamed.clear();
        }
        Statement::OnRelations {
            locks, descend: true, ..
        } => {
            // A partitioned table is published without its partitions.
            effect.unnamed.retain(|lock| {
                let of = lock.of.as_ref();
                !(of.is_some_and(|of| facts.is_partitioned(of))
                    && locks.iter().any(|(name, _)| Some(name) == of))
            });
        }
        _ => {}
    }
    resolve(effect, facts);
}

fn vacuum(effect: &mut Effect, facts: &Facts, relations: &[RelationName], full: bool, analyze: bool) {
    if relations.is_empty() {
        let mode = if full {
            LockMode::AccessExclusive
        } else {
            LockMode::ShareUpdateExclusive
        };
        effect.each(facts, mode, |relation| match relation.kind {
            RelationKind::Table | RelationKind::MaterializedView(_) => true,
            RelationKind::PartitionedTable(_) => analyze,
            _ => false,
        });
    }
    // Inheriting tables are left out before version 18.
    for relation in relations
        .iter()
        .filter(|relation| !facts.is_partitioned(relation))
    {
        if facts.is_before(18) {
            effect.forget(relation, Kin::Descendants);
        }
    }
    let relations = if relations.is_empty() {
        named(&effect.locks)
    } else {
        relations.to_vec()
    };
    for of in relations.iter().filter_map(|relation| facts.find(relation)) {
        let own = !facts.is_partitioned(&RelationName::from(&of)) && facts.is_before(18);
        for (name, relation) in facts.stored(&of) {
            if own && name != of {
                continue;
            }
            if full {
                effect.rewrite_one(&name, relation, Answer::Yes);
            } else if !matches!(relation.kind, RelationKind::Sequence(_)) {
                effect.scan_one(&name, Answer::Yes);
            }
        }
    }
}

fn named(locks: &[RelationLock]) -> Vec<RelationName> {
    locks.iter().map(|lock| lock.relation.clone()).collect()
}

/// The tables of a composite type.
fn typed_tables(effect: &mut Effect, facts: &Facts, of: &RelationName, mode: LockMode) {
    let Some(of) = type_named(facts, of) else {
        return;
    };
    effect.unnamed.clear();
    let typed = facts.catalog.relations.iter();
    for (table, _) in typed.filter(|(_, relation)| relation.of_type.as_ref() == Some(&of)) {
        effect.also(table, mode);
        if effect.rewrite != Answer::No {
            effect.rewrites.push(table.into());
            effect.scans.push(table.into());
        }
    }
    if effect.rewrites.is_empty() {
        effect.rewrite = Answer::No;
        effect.scan = Answer::No;
    }
}

fn type_named(facts: &Facts, name: &RelationName) -> Option<QualifiedName> {
    let words: Vec<String> = name.schema.iter().chain([&name.name]).cloned().collect();
    facts.type_named(&words)
}

fn drop_objects(effect: &mut Effect, statement: &Statement, facts: &Facts) {
    let Statement::Drop {
        object,
        relations,
        names,
        if_exists,
        cascade,
        ..
    } = statement
    else {
        return;
    };
    let found: Vec<_> = relations.iter().filter_map(|name| facts.find(name)).collect();
    if effect.data_loss == Answer::Yes && !relations.is_empty() && found.is_empty() {
        effect.data_loss = Answer::No;
    }
    let catalog = facts.catalog;
    for (at, relation) in relations.iter().enumerate().filter(|_| *if_exists) {
        let is_there = match facts.find(relation) {
            None => false,
            Some(of) if *object == ObjectKind::OnTable => {
                names.get(at).is_none_or(|part| facts.has_part(&of, &part.name))
            }
            Some(_) => true,
        };
        if !is_there {
            effect.locks.retain(|lock| lock.relation != *relation);
            effect.unnamed.retain(|lock| lock.of.as_ref() != Some(relation));
        }
    }
    if matches!(object, ObjectKind::OnTable) {
        for (relation, part) in relations.iter().zip(names) {
            if facts
                .find(relation)
                .is_some_and(|of| !facts.has_trigger(&of, &part.name))
            {
                effect.forget(relation, Kin::Descendants);
            }
        }
        return;
    }
    if *object == ObjectKind::Table {
        // A partition's part of its parent's foreign key goes without a look at the other table.
        for (relation, of) in relations
            .iter()
            .filter_map(|relation| Some((relation, facts.find(relation)?)))
        {
            effect.forget(relation, Kin::Referenced);
            for other in facts.referenced_by_own(&of) {
                effect.also(&other, LockMode::AccessExclusive);
            }
        }
    }
    let mut objects: Vec<Address> = Vec::new();
    for name in &found {
        objects.push(match object {
            ObjectKind::Index => Address::Index(name.clone()),
            _ => Address::Relation(name.clone()),
        });
    }
    for name in names {
        match object {
            ObjectKind::Type => objects.extend(type_named(facts, name).map(Address::Type)),
            ObjectKind::Extension => objects.push(Address::Extension(name.name.clone())),
            ObjectKind::Routine => {
                let is_meant = |schema: &str| name.schema.as_deref().is_none_or(|written| written == schema);
                let overloads = catalog.routines.keys();
                let meant = overloads.filter(|of| of.name.name == name.name && is_meant(&of.name.schema));
                objects.extend(meant.cloned().map(Address::Routine));
            }
            ObjectKind::Schema => {
                for (relation, _) in catalog.in_schema(&name.name) {
                    objects.push(Address::Relation(relation.clone()));
                    effect.also(relation, LockMode::AccessExclusive);
                    for kin in [Kin::Referenced, Kin::Parents] {
                        for other in facts.kin(relation, kin, &Through::Any) {
                            effect.also(&other, LockMode::AccessExclusive);
                        }
                    }
                    effect.data_loss = Answer::Yes;
                }
                let types = catalog.types.keys().filter(|of| of.schema == name.name);
                objects.extend(types.cloned().map(Address::Type));
                let routines = catalog.routines.keys().filter(|of| of.name.schema == name.name);
                objects.extend(routines.cloned().map(Address::Routine));
            }
            _ => return,
        }
    }
    if *cascade {
        effect.unnamed.retain(|lock| lock.of.is_some());
        let (locked, loses) = facts.cascade(objects);
        for relation in locked {
            effect.also(&relation, LockMode::AccessExclusive);
        }
        if loses {
            effect.data_loss = Answer::Yes;
        }
    }
    if effect.data_loss == Answer::Unknown {
        effect.data_loss = Answer::No;
    }
}

/// ALTER TABLE on a relation of the catalog.
struct Altered<'a, 'b> {
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
    fn new(
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

    fn narrow(mut self, object: ObjectKind) {
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
                    .filter_map(|key| match key {
                        IndexKey::Column(column) => Some(column.clone()),
                        IndexKey::Expression(_) => None,
                    })
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

/// What is known of a type that a statement names.
fn known(facts: &Facts, of: &TypeName) -> Known {
    if of.is_own() {
        return Known::Own(of.clone());
    }
    match domain(facts, of) {
        Some(domain) if is_constrained(facts, domain) => Known::Constrained,
        _ => below(facts, of),
    }
}

/// The type below a domain, or the type itself.
fn below(facts: &Facts, of: &TypeName) -> Known {
    if of.is_own() {
        return Known::Own(of.clone());
    }
    match domain(facts, of).and_then(|domain| TypeName::parse(&domain.base)) {
        Some(base) => below(facts, &base),
        None => match facts.type_named(&of.words).filter(|_| !of.is_array) {
            Some(name) => match facts.catalog.types.get(&name) {
                Some(Type::Enum(_) | Type::Composite(_)) => Known::Distinct(name),
                _ => Known::Other,
            },
            None => Known::Other,
        },
    }
}

fn domain<'a>(facts: &Facts<'a>, of: &TypeName) -> Option<&'a Domain> {
    if of.is_array {
        return None;
    }
    match facts.catalog.types.get(&facts.type_named(&of.words)?)? {
        Type::Domain(domain) => Some(domain),
        _ => None,
    }
}

fn is_constrained(facts: &Facts, of: &Domain) -> bool {
    let base = TypeName::parse(&of.base).and_then(|base| domain(facts, &base));
    of.is_not_null || !of.constraints.is_empty() || base.is_some_and(|base| is_constrained(facts, base))
}

/// Names all relations: those that the statement names by their schema too, and those that stand to them.
fn resolve(effect: &mut Effect, facts: &Facts) {
    let mut named = Vec::new();
    std::mem::swap(&mut named, &mut effect.locks);
    let also: Vec<RelationLock> = named.extract_if(.., |lock| !lock.named).collect();
    for lock in named {
        let name = facts
            .find(&lock.relation)
            .map_or(lock.relation, |name| (&name).into());
        effect.lock(&name, lock.mode);
    }
    let unnamed = std::mem::take(&mut effect.unnamed);
    for lock in unnamed {
        match lock.of.as_ref().and_then(|of| facts.find(of)) {
            Some(of) => {
                for name in facts.kin(&of, lock.kin, &lock.through) {
                    effect.also(&name, lock.mode);
                }
            }
            None => effect.unnamed.push(lock),
        }
    }
    for lock in also {
        match effect
            .locks
            .iter_mut()
            .find(|known| known.relation == lock.relation)
        {
            Some(known) => known.mode = known.mode.max(lock.mode),
            None => effect.locks.push(lock),
        }
    }
}

impl Effect {
    /// Takes back the lock on what stands to a named relation in this way.
    fn forget(&mut self, of: &RelationName, kin: Kin) {
        self.unnamed
            .retain(|lock| !(lock.kin == kin && lock.of.as_ref() == Some(of)));
    }

    /// The same, however the relation was written; gives which ties had counted.
    fn forget_of(&mut self, facts: &Facts, of: &QualifiedName, kin: Kin) -> Vec<Through> {
        let is_it = |lock: &mut UnnamedLock| {
            lock.kin == kin && lock.of.as_ref().and_then(|name| facts.find(name)).as_ref() == Some(of)
        };
        self.unnamed
            .extract_if(.., is_it)
            .map(|lock| lock.through)
            .collect()
    }

    /// Lists what a statement without names is about.
    fn each(&mut self, facts: &Facts, mode: LockMode, is_meant: impl Fn(&Relation) -> bool) {
        self.unnamed.clear();
        let relations = facts.catalog.relations.iter();
        for (name, _) in relations.filter(|(_, relation)| is_meant(relation)) {
            self.also(name, mode);
        }
    }

    /// A query may read it as a whole, or what it is a view of.
    fn reads(&mut self, facts: &Facts, of: &QualifiedName) {
        let below = facts.kin(of, Kin::Underlying, &Through::Any);
        for name in below.iter().chain([of]) {
            self.scans(facts, name, Answer::Unknown);
        }
    }

    /// Notes a lock on a relation that the statement does not name.
    fn also(&mut self, name: &QualifiedName, mode: LockMode) {
        let relation = RelationName::from(name);
        match self.locks.iter_mut().find(|lock| lock.relation == relation) {
            Some(lock) => lock.mode = lock.mode.max(mode),
            None => self.locks.push(RelationLock {
                relation,
                mode,
                named: false,
            }),
        }
    }

    fn scan_one(&mut self, name: &QualifiedName, answer: Answer) {
        self.scan = self.scan.or(answer);
        note(&mut self.scans, name);
    }

    /// The table is read, and all that descends from it.
    fn scans(&mut self, facts: &Facts, of: &QualifiedName, answer: Answer) {
        for (name, relation) in facts.stored(of) {
            if !matches!(relation.kind, RelationKind::Sequence(_)) {
                self.scan_one(&name, answer);
            }
        }
    }

    /// The table is written anew, with its indexes.
    fn rewrite_one(&mut self, name: &QualifiedName, relation: &Relation, answer: Answer) {
        self.rewrite = self.rewrite.or(answer);
        note(&mut self.rewrites, name);
        self.scan_one(name, answer);
        for index in &relation.indexes {
            self.index_rebuild = self.index_rebuild.or(answer);
            note(&mut self.index_rebuilds, &name.beside(&index.name));
        }
    }

    fn writes_anew(&mut self, facts: &Facts, relations: &[RelationName]) {
        for of in relations.iter().filter_map(|relation| facts.find(relation)) {
            for (name, relation) in facts.stored(&of) {
                self.rewrite_one(&name, relation, Answer::Yes);
            }
        }
    }

    /// The index is built anew, for which its table is read.
    fn builds(&mut self, facts: &Facts, index: &QualifiedName, answer: Answer) {
        if let Some((table, relation, _)) = facts.catalog.index(index)
            && relation.has_storage()
        {
            self.index_rebuild = self.index_rebuild.or(answer);
            note(&mut self.index_rebuilds, index);
            self.scan_one(table, answer);
        }
    }

    fn builds_all(&mut self, facts: &Facts, of: &QualifiedName, answer: Answer) {
        for index in facts.kin(of, Kin::Indexes, &Through::Any) {
            self.builds(facts, &index, answer);
        }
    }
}

fn note(list: &mut Vec<RelationName>, name: &QualifiedName) {
    let name = RelationName::from(name);
    if !list.contains(&name) {
        list.push(name);
    }
}
