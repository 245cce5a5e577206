//! What the statements before have said: tables and types that they made, and what the open transaction holds.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use crate::effect::Effect;
use crate::sql::{
    AlterKind, ColumnDetails, Constrains, ConstraintDetails, ConstraintKind, Declared, Details, ObjectKind,
    RelationName, Statement, TypeName,
};

/// What the statements before have said.
#[derive(Debug, Default)]
pub(super) struct Seen {
    tables: HashMap<String, Table>,
    /// What many tables have alike is kept once.
    data_types: Pool<TypeName>,
    constraints: Pool<ConstraintDetails>,
    types: HashMap<String, Declared>,
    new_types: Vec<String>,
    /// Views, with the columns that their queries name, and the tables.
    views: Vec<(RelationName, Vec<RelationName>, Vec<String>)>,
    /// Views that were dropped and not made again.
    pub(super) dropped_views: Vec<RelationName>,
    /// Views that the file is going to make.
    pub(super) coming_views: Vec<RelationName>,
    /// Sequences that the file is going to alter.
    pub(super) coming_sequences: Vec<RelationName>,
    /// Tables that the file is going to analyze.
    pub(super) coming_analyses: Vec<RelationName>,
    /// Indexes, and their tables and columns.
    pub(super) indexes: HashMap<String, SeenIndex>,
    /// Names of indexes by their tables; those that are gone by now, too.
    indexes_by_table: HashMap<String, Vec<String>>,
    /// Indexes that were dropped in this file, with their tables where those are known.
    pub(super) dropped_indexes: Vec<(String, Option<SeenIndex>)>,
    /// Columns that UPDATE statements of this file set, and read in WHERE, with the table.
    pub(super) transaction: Transaction,
    /// Tables whose place among partitions the plan has said something of.
    pub(super) standings: BTreeMap<String, (RelationName, Standing)>,
    /// `lock_timeout` was set, to this.
    pub(super) lock_timeout: Option<String>,
    /// `statement_timeout` was set, to this.
    pub(super) statement_timeout: Option<String>,
}

/// Where a table stands among partitions, once the plan has said something of it.
#[derive(Debug, Clone)]
pub(super) enum Standing {
    /// It is a partition of this one.
    Under(RelationName),
    /// It is none: it left, it is gone, or it has another name or schema.
    Nowhere,
    /// It stands where the database has the one of this name, as it was called before.
    Renamed(RelationName),
}

/// A table that the files have made.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) is_new: bool,
    /// It was made IF NOT EXISTS: where the database has it, it is not new.
    pub(super) is_conditional: bool,
    pub(super) is_partitioned: bool,
    pub(super) columns: Columns,
    /// Columns that the plan adds.
    pub(super) new_columns: Vec<String>,
    pub(super) constraints: Vec<SeenConstraint>,
}

/// Values of which many are equal.
#[derive(Debug)]
struct Pool<T>(HashSet<Arc<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}

impl<T: Eq + Hash + Clone> Pool<T> {
    fn shared(&mut self, value: &T) -> Arc<T> {
        if let Some(known) = self.0.get(value) {
            return Arc::clone(known);
        }
        let new = Arc::new(value.clone());
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// A constraint that the files have made: its own name, and what it has in common with others.
#[derive(Debug, Clone)]
pub(super) struct SeenConstraint {
    pub(super) name: Option<Box<str>>,
    /// Without the name.
    details: Arc<ConstraintDetails>,
}

impl Deref for SeenConstraint {
    type Target = ConstraintDetails;

    fn deref(&self) -> &ConstraintDetails {
        &self.details
    }
}

impl Pool<ConstraintDetails> {
    fn kept(&mut self, mut constraint: ConstraintDetails) -> SeenConstraint {
        constraint.start = 0;
        SeenConstraint {
            name: constraint.name.take().map(String::into_boxed_str),
            details: self.shared(&constraint),
        }
    }
}

/// A table's columns, in their order. A project has thousands of tables: only what rules ask is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns(Vec<SeenColumn>);

/// A column that the files have made.
#[derive(Debug, Clone)]
pub(super) struct SeenColumn {
    name: Box<str>,
    pub(super) data_type: Arc<TypeName>,
    pub(super) is_not_null: bool,
    pub(super) is_virtual: bool,
    pub(super) is_serial: bool,
    is_primary_key: bool,
}

impl Columns {
    pub(super) fn get(&self, name: &str) -> Option<&SeenColumn> {
        self.0.iter().find(|column| *column.name == *name)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut SeenColumn> {
        self.0.iter_mut().find(|column| *column.name == *name)
    }

    fn add(&mut self, details: &ColumnDetails, types: &mut Pool<TypeName>) {
        self.remove(&details.name);
        self.0.push(SeenColumn {
            name: details.name.as_str().into(),
            data_type: types.shared(&details.data_type),
            is_not_null: details.is_not_null,
            is_virtual: details.is_virtual,
            is_serial: details.is_serial,
            is_primary_key: details.constraint(Constrains::PrimaryKey).is_some(),
        });
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|column| *column.name != *name);
    }
}

/// An index that the files have made.
#[derive(Debug, Clone)]
pub(super) struct SeenIndex {
    pub(super) table: RelationName,
    pub(super) keys: Vec<Option<String>>,
    /// The columns of its condition.
    pub(super) condition: Option<Vec<String>>,
    /// The plan makes it.
    pub(super) is_new: bool,
}

/// What the open transaction has done.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    /// Statements share it.
    pub(super) is_open: bool,
    /// Relations that are locked so that readers or writers wait.
    pub(super) blocked: Vec<RelationName>,
    /// Constraints that were added NOT VALID.
    pub(super) not_valid: Vec<(RelationName, Option<String>)>,
    /// Tables that foreign keys were added to, and referenced.
    pub(super) foreign_keys: usize,
    /// Enum values that were added.
    pub(super) enum_values: Vec<String>,
}

fn key(name: &RelationName) -> String {
    // `public.t` and `t` are taken for one table: files mix both.
    match name.schema.as_deref() {
        None | Some("public") => name.name.clone(),
        Some(schema) => format!("{schema}.{}", name.name),
    }
}

impl Seen {
    /// Begins a file that is deployed by itself: what earlier files made exists, with rows in it.
    pub(super) fn begin_file(&mut self, in_transaction: bool) {
        for table in self.tables.values_mut() {
            table.is_new = false;
            table.new_columns.clear();
        }
        self.indexes.values_mut().for_each(|index| index.is_new = false);
        self.new_types.clear();
        self.begin(in_transaction);
    }

    /// Begins a file of the same plan.
    pub(super) fn begin(&mut self, in_transaction: bool) {
        self.transaction = Transaction {
            is_open: in_transaction,
            ..Transaction::default()
        };
        self.dropped_indexes.clear();
        self.lock_timeout = None;
        self.statement_timeout = None;
    }

    fn stands(&mut self, table: &RelationName, standing: Standing) {
        self.standings.insert(key(table), (table.clone(), standing));
    }

    /// What the plan has said of the table's place among partitions.
    pub(super) fn standing(&self, table: &RelationName) -> Option<&Standing> {
        self.standings.get(&key(table)).map(|(_, standing)| standing)
    }

    pub(super) fn is_new(&self, relation: &RelationName) -> bool {
        self.table(relation).is_some_and(|table| table.is_new)
    }

    pub(super) fn table(&self, relation: &RelationName) -> Option<&Table> {
        self.tables.get(&key(relation))
    }

    pub(super) fn index(&self, index: &RelationName) -> Option<&SeenIndex> {
        self.indexes.get(&key(index))
    }

    pub(super) fn indexes_of(&self, table: &RelationName) -> impl Iterator<Item = (&String, &SeenIndex)> {
        let table = key(table);
        let names = self.indexes_by_table.get(&table).into_iter().flatten();
        names
            .filter_map(|name| self.indexes.get_key_value(name))
            .filter(move |(_, index)| key(&index.table) == table)
    }

    pub(super) fn is_new_type(&self, name: &RelationName) -> bool {
        self.new_types.contains(&key(name))
    }

    /// Views that read the column, as far as the files tell.
    pub(super) fn views_over(&self, table: &RelationName, column: &str) -> Vec<String> {
        let views = self.views.iter().filter(|(_, tables, columns)| {
            tables.iter().any(|of| key(of) == key(table)) && columns.iter().any(|of| of == column)
        });
        views.map(|(view, ..)| view.to_string()).collect()
    }

    pub(super) fn type_of(&self, name: &RelationName) -> Option<Declared> {
        self.types.get(&key(name)).copied()
    }

    /// Takes a statement in, after the rules have looked at it.
    pub(super) fn take(&mut self, statement: &Statement, details: &Details, effect: &Effect) {
        match statement {
            Statement::CreateView {
                relation, touched, ..
            } if !details.words.is_empty() => {
                let tables = touched
                    .relations
                    .iter()
                    .map(|touch| touch.relation.clone())
                    .collect();
                self.views.push((relation.clone(), tables, details.words.clone()));
            }
            _ => {}
        }
        if let Statement::CreateView { relation, .. } = statement {
            self.dropped_views.retain(|view| key(view) != key(relation));
        }
        match statement {
            Statement::CreateTable {
                relation,
                if_not_exists,
                temporary,
                partition_of,
                ..
            } => {
                let known = self.tables.contains_key(&key(relation));
                if known && *if_not_exists {
                    return;
                }
                if let Some(parent) = partition_of {
                    self.stands(relation, Standing::Under(parent.clone()));
                }
                let mut columns = Columns(Vec::with_capacity(details.columns.len()));
                for column in &details.columns {
                    columns.add(column, &mut self.data_types);
                }
                let own = details.constraints.iter().cloned();
                let all = own.chain(of_columns(&details.columns));
                let mut constraints: Vec<_> = all.map(|known| self.constraints.kept(known)).collect();
                constraints.shrink_to_fit();
                self.tables.insert(
                    key(relation),
                    Table {
                        is_new: *temporary || !known,
                        is_conditional: *if_not_exists && !temporary,
                        is_partitioned: details.is_partitioned,
                        columns,
                        new_columns: Vec::new(),
                        constraints,
                    },
                );
            }
            Statement::CreateTableAs { relation, .. }
            | Statement::CreateSequence { relation, .. }
            | Statement::CreateView {
                relation,
                replace: false,
                ..
            } => {
                self.tables.entry(key(relation)).or_insert(Table {
                    is_new: true,
                    ..Table::default()
                });
            }
            Statement::CreateIndex {
                index: Some(index),
                relation,
                ..
            } => {
                if let Some(of) = &details.index {
                    let name = RelationName::new(relation.schema.as_deref(), index);
                    let names = self.indexes_by_table.entry(key(relation));
                    let names = names.or_insert_with(|| Vec::with_capacity(1));
                    if !names.contains(&key(&name)) {
                        names.push(key(&name));
                    }
                    self.indexes.insert(
                        key(&name),
                        SeenIndex {
                            table: relation.clone(),
                            keys: of.keys.clone(),
                            condition: of.condition.clone(),
                            is_new: true,
                        },
                    );
                }
            }
            Statement::Drop {
                object, relations, ..
            } => {
                for relation in relations {
                    match object {
                        ObjectKind::Index => {
                            let index = self.indexes.remove(&key(relation));
                            self.dropped_indexes.push((relation.name.clone(), index));
                        }
                        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView => {
                            self.views.retain(|(view, ..)| key(view) != key(relation));
                            self.dropped_views.push(relation.clone());
                            self.stands(relation, Standing::Nowhere);
                            self.tables.remove(&key(relation));
                        }
                        _ => {}
                    }
                }
            }
            Statement::Rename {
                object: ObjectKind::Table,
                relation: Some(relation),
                ..
            } => {
                if let Some(renamed) = &details.renamed {
                    let to = RelationName::new(relation.schema.as_deref(), &renamed.to);
                    if let Some(table) = self.tables.remove(&key(relation)) {
                        self.tables.insert(key(&to), table);
                    }
                    let before = self.standings.remove(&key(relation));
                    let standing =
                        before.map_or_else(|| Standing::Renamed(relation.clone()), |(_, standing)| standing);
                    self.stands(relation, Standing::Nowhere);
                    self.stands(&to, standing);
                }
            }
            Statement::SetSchema {
                object: ObjectKind::Table,
                relation: Some(relation),
            } => self.stands(relation, Standing::Nowhere),
            Statement::Alter {
                relation, commands, ..
            } => {
                for (command, of) in commands.iter().zip(&details.commands) {
                    match command.kind {
                        AlterKind::AddConstraint(
                            ConstraintKind::CheckNotValid | ConstraintKind::ForeignKeyNotValid,
                        ) => {
                            self.transaction
                                .not_valid
                                .push((relation.clone(), command.name.clone()));
                        }
                        AlterKind::Attach => {
                            if let Some(part) = &command.other {
                                self.stands(part, Standing::Under(relation.clone()));
                            }
                        }
                        AlterKind::Detach | AlterKind::DetachConcurrently => {
                            if let Some(part) = &command.other {
                                self.stands(part, Standing::Nowhere);
                            }
                        }
                        _ => {}
                    }
                    if let AlterKind::AddConstraint(
                        ConstraintKind::ForeignKey | ConstraintKind::ForeignKeyNotValid,
                    ) = command.kind
                    {
                        self.transaction.foreign_keys += 1;
                    }
                    let table = self.tables.entry(key(relation)).or_default();
                    if let Some(column) = &of.column {
                        let own = of_columns(std::slice::from_ref(column));
                        table
                            .constraints
                            .extend(own.map(|known| self.constraints.kept(known)));
                        table.columns.add(column, &mut self.data_types);
                        table.new_columns.push(column.name.clone());
                    }
                    if let Some(constraint) = &of.constraint {
                        table.constraints.push(self.constraints.kept(constraint.clone()));
                    }
                    match (command.kind, &command.name) {
                        (AlterKind::DropColumn, Some(name)) => table.columns.remove(name),
                        (AlterKind::SetNotNull, Some(name)) => {
                            if let Some(column) = table.columns.get_mut(name) {
                                column.is_not_null = true;
                            }
                        }
                        (AlterKind::ColumnType, Some(name)) => {
                            if let (Some(column), Some(new)) =
                                (table.columns.get_mut(name), &command.new_type)
                            {
                                column.data_type = self.data_types.shared(&new.data_type);
                            }
                        }
                        (AlterKind::DropConstraint, Some(name)) => {
                            table
                                .constraints
                                .retain(|known| known.name.as_deref() != Some(name));
                        }
                        (AlterKind::Validate, Some(name)) => {
                            for known in &mut table.constraints {
                                if known.name.as_deref() == Some(name) {
                                    Arc::make_mut(&mut known.details).is_not_valid = false;
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            Statement::AlterEnum { adds: true, .. } => {
                self.transaction.enum_values.extend(details.enum_value.clone());
            }
            Statement::Set { name, local, .. } => {
                let value = details.value.clone().unwrap_or_default();
                match name.as_deref() {
                    Some("lock_timeout") => self.lock_timeout = Some(value),
                    Some("statement_timeout") => self.statement_timeout = Some(value),
                    None => {
                        self.lock_timeout = None;
                        self.statement_timeout = None;
                    }
                    _ => {}
                }
                let _ = local;
            }
            Statement::Transaction { word, .. } => {
                let is_open = match *word {
                    "BEGIN" => true,
                    "SAVEPOINT" | "RELEASE" | "ROLLBACK TO" => return,
                    _ => false,
                };
                self.transaction = Transaction {
                    is_open,
                    ..Transaction::default()
                };
            }
            _ => {}
        }
        if let (Some(name), Some(declared)) = (&details.of_type, details.declares) {
            self.types.insert(key(name), declared);
            self.new_types.push(key(name));
        }
        if !self.transaction.is_open {
            self.transaction.not_valid.clear();
            self.transaction.foreign_keys = 0;
            self.transaction.enum_values.clear();
            return;
        }
        for lock in effect.locks.iter().filter(|lock| lock.mode.blocks()) {
            let is_index = self.indexes.contains_key(&key(&lock.relation));
            if !self.is_new(&lock.relation) && !is_index && !self.transaction.blocked.contains(&lock.relation)
            {
                self.transaction.blocked.push(lock.relation.clone());
            }
        }
    }
}

/// Whether a setting's value means no limit.
pub(super) fn is_no_limit(value: &str) -> bool {
    value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()) == "0"
}

impl Table {
    /// Columns of the primary key, as far as the files tell.
    pub(super) fn primary_key(&self) -> Option<Vec<String>> {
        let own = self.columns.0.iter().find(|column| column.is_primary_key);
        match own {
            Some(column) => Some(vec![column.name.to_string()]),
            None => {
                let constraint = self
                    .constraints
                    .iter()
                    .find(|known| known.kind == Constrains::PrimaryKey)?;
                Some(constraint.columns.clone())
            }
        }
    }
}

/// The constraints that stand at columns, as if they stood by themselves.
fn of_columns(columns: &[ColumnDetails]) -> impl Iterator<Item = ConstraintDetails> {
    columns.iter().flat_map(|column| {
        let own = column.constraints.iter().enumerate();
        own.filter(|(_, known)| !matches!(known.kind, Constrains::Attribute | Constrains::Nothing))
            .map(|(at, known)| {
                let mut known = known.with_attributes(&column.constraints[at + 1..]);
                known.columns = vec![column.name.clone()];
                known
            })
    })
}
