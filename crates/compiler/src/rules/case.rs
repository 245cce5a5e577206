//! What a rule looks at: one statement, or one subcommand of ALTER TABLE, with all that is known around it.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::seen::{Seen, Table};
use super::{Finding, Rule};
use crate::catalog::{Bytes, Catalog, Column, QualifiedName, Relation, RelationKind, Rows, Type};
use crate::diagnostic::Span;
use crate::effect::{self, Answer, Effect};
use crate::sql::{
    self, AlterCommand, CommandDetails, Declared, Details, Pieces, RelationName, Statement, TypeName,
};

/// What is known beside the files.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Surroundings<'a> {
    /// The database's schema; none where nobody was asked.
    pub catalog: Option<&'a Catalog>,
    /// Where names without a schema are looked for.
    pub search_path: &'a [&'a str],
    /// The server's `server_version_num`; none where nobody said.
    pub server_version: Option<u32>,
    /// Who executes the statements.
    pub runner: Runner,
}

impl Default for Surroundings<'_> {
    fn default() -> Self {
        Self {
            catalog: None,
            search_path: &["public"],
            server_version: None,
            runner: Runner::Windlass,
        }
    }
}

impl<'a> Surroundings<'a> {
    /// A database's schema, and where its names are looked for.
    pub fn new(catalog: &'a Catalog, search_path: &'a [&'a str]) -> Self {
        Self {
            catalog: Some(catalog),
            search_path,
            server_version: (catalog.server_version > 0).then_some(catalog.server_version),
            runner: Runner::Windlass,
        }
    }

    /// The same for the table of lock facts.
    pub(super) fn context(&self) -> effect::Context<'a> {
        effect::Context {
            catalog: self.catalog,
            server_version: self.server_version.map(|version| version / 10_000),
            search_path: self.search_path,
        }
    }
}

/// Who executes the statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// Windlass: it bounds each wait for a lock, retries, cuts transactions, repairs failed builds.
    Windlass,
    /// Another program, which sends them as they stand.
    Other {
        /// It puts a whole file into one transaction.
        in_transaction: bool,
    },
}

/// A table of at most this size is read, and written anew, before anybody notices.
pub const SMALL: u64 = 8 << 20;

/// One statement, or one subcommand of ALTER TABLE.
pub(super) struct Case<'a> {
    pub(super) around: &'a Surroundings<'a>,
    pub(super) seen: &'a Seen,
    /// The statement; of ALTER TABLE only with the subcommand.
    pub(super) statement: Cow<'a, Statement>,
    /// The statement with all its subcommands.
    pub(super) whole: &'a Statement,
    pub(super) details: &'a Details,
    /// Which subcommand, and of how many.
    pub(super) at: (usize, usize),
    /// The statement's own text.
    pub(super) text: &'a str,
    /// Where that text stands in its file.
    pub(super) start: usize,
    pub(super) pieces: &'a OnceCell<Option<Pieces>>,
    pub(super) effect: OnceCell<Effect>,
}

impl Case<'_> {
    /// What the statement or subcommand does.
    pub(super) fn effect(&self) -> &Effect {
        self.effect
            .get_or_init(|| effect::effect(&self.statement, &self.around.context()))
    }

    /// The altered table, its subcommand and what is written there.
    pub(super) fn alter(&self) -> Option<(&RelationName, &AlterCommand, &CommandDetails)> {
        match &*self.statement {
            Statement::Alter {
                relation, commands, ..
            } => Some((relation, commands.first()?, self.details.commands.get(self.at.0)?)),
            _ => None,
        }
    }

    /// All subcommands of the statement that this one is of.
    pub(super) fn siblings(&self) -> &[CommandDetails] {
        &self.details.commands
    }

    /// The subcommand's own text.
    pub(super) fn command_text(&self) -> Option<&str> {
        let range = self.cut()?.commands.get(self.at.0)?.clone();
        self.text.get(range)
    }

    /// `ALTER TABLE name`, as it is written.
    pub(super) fn head(&self) -> Option<&str> {
        self.text.get(self.cut()?.head.clone())
    }

    fn cut(&self) -> Option<&Pieces> {
        self.pieces.get_or_init(|| sql::pieces(self.text)).as_ref()
    }

    /// Goes on only where the relation was there before the plan: others may use it.
    pub(super) fn existing(&self, relation: &RelationName) -> Option<()> {
        let is_conditional = || self.seen(relation).is_some_and(|table| table.is_conditional);
        let is_new = self.seen.is_new(relation) && !(is_conditional() && self.find(relation).is_some());
        (!is_new).then_some(())
    }

    /// Goes on only where work on the relation takes long enough to be felt, as far as one can tell.
    pub(super) fn live(&self, relation: &RelationName) -> Option<()> {
        self.existing(relation)?;
        (!self.is_small(relation)).then_some(())
    }

    /// The same of work that calls functions for each row: those of others may take long with few rows.
    pub(super) fn live_to_calls(&self, relation: &RelationName) -> Option<()> {
        self.existing(relation)?;
        (!self.is_small(relation) || sql::calls_strangers(self.text)).then_some(())
    }

    fn is_small(&self, relation: &RelationName) -> bool {
        let Some((catalog, name)) = self.around.catalog.zip(self.find(relation)) else {
            return false;
        };
        let name = match catalog.index(&name) {
            Some((table, ..)) => table.clone(),
            None => name,
        };
        // A partitioned table keeps nothing itself.
        let tree = catalog.tree(&name);
        let stores = |table: &&QualifiedName| catalog.relation(table).is_some_and(Relation::has_storage);
        let stored: Vec<&QualifiedName> = tree.iter().filter(stores).collect();
        !stored.is_empty()
            && stored.into_iter().all(|table| match catalog.size(table).bytes {
                Bytes::Known(bytes) => bytes <= SMALL,
                Bytes::Unknown => false,
            })
    }

    /// The relation's name in the catalog.
    pub(super) fn find(&self, relation: &RelationName) -> Option<QualifiedName> {
        self.around.catalog?.resolve(
            relation.schema.as_deref(),
            &relation.name,
            self.around.search_path,
        )
    }

    /// The relation in the catalog.
    pub(super) fn relation(&self, relation: &RelationName) -> Option<&Relation> {
        self.around.catalog?.relations.get(&self.find(relation)?)
    }

    /// The relation as the files tell of it.
    pub(super) fn seen(&self, relation: &RelationName) -> Option<&Table> {
        self.seen.table(relation)
    }

    /// The column in the catalog.
    pub(super) fn column(&self, relation: &RelationName, name: &str) -> Option<&Column> {
        self.relation(relation)?.column(name)
    }

    /// A column's type, by the catalog or the files.
    pub(super) fn type_of(&self, relation: &RelationName, column: &str) -> Option<TypeName> {
        match self.column(relation, column) {
            Some(column) => TypeName::parse(&column.data_type),
            None => Some(
                self.seen(relation)?
                    .columns
                    .get(column)?
                    .data_type
                    .as_ref()
                    .clone(),
            ),
        }
    }

    /// Whether the table is partitioned; none where nobody can tell.
    pub(super) fn is_partitioned(&self, relation: &RelationName) -> Option<bool> {
        match self.relation(relation) {
            Some(found) => Some(matches!(found.kind, RelationKind::PartitionedTable(_))),
            None => Some(self.seen(relation)?.is_partitioned),
        }
    }

    /// What is known of a type that a statement names.
    pub(super) fn declared(&self, of: &TypeName) -> Option<Declared> {
        let name = match of.words.as_slice() {
            [name] => RelationName::new(None, name),
            [schema, name] => RelationName::new(Some(schema), name),
            _ => return None,
        };
        if let Some(catalog) = self.around.catalog {
            let schemas: Vec<&str> = match &name.schema {
                Some(schema) => vec![schema],
                None => self.around.search_path.to_vec(),
            };
            let mut types = schemas
                .iter()
                .filter_map(|schema| catalog.types.get(&QualifiedName::new(*schema, &name.name)));
            match types.next() {
                Some(Type::Domain(domain)) => {
                    return Some(Declared::Domain(
                        domain.is_not_null || !domain.constraints.is_empty(),
                    ));
                }
                Some(Type::Enum(_)) => return Some(Declared::Enum),
                Some(_) => return Some(Declared::Other),
                None => {}
            }
        }
        self.seen.type_of(&name)
    }

    /// The server's major version, if anybody said.
    pub(super) fn major(&self) -> Option<u32> {
        self.around.server_version.map(|version| version / 10_000)
    }

    /// Whether each statement is sent as it stands, by another program.
    pub(super) fn is_sent_as_it_stands(&self) -> bool {
        matches!(self.around.runner, Runner::Other { .. })
    }

    /// Whether it shares a transaction with the statements before it, whatever they are.
    pub(super) fn shares_transaction(&self) -> bool {
        self.seen.transaction.is_open
    }

    /// How large the relation is, as words behind its name.
    pub(super) fn size(&self, relation: &RelationName) -> String {
        let Some((catalog, name)) = self.around.catalog.zip(self.find(relation)) else {
            return String::new();
        };
        let size = catalog.size(&name);
        match (size.rows, size.bytes) {
            (Rows::About(rows), bytes @ Bytes::Known(_)) => format!(" (about {rows} rows, {bytes})"),
            (Rows::Unknown, bytes @ Bytes::Known(_)) => format!(" ({bytes})"),
            _ => String::new(),
        }
    }

    /// A finding about the relation. Without a database its size is assumed.
    pub(super) fn about(
        &self,
        rule: &'static Rule,
        relation: &RelationName,
        message: impl Into<String>,
    ) -> Finding {
        let finding = self.finding(rule, message);
        if self.find(relation).is_none() {
            finding.assuming(format!("{relation} is large and in use (no database was asked)"))
        } else {
            finding
        }
    }

    /// A finding.
    pub(super) fn finding(&self, rule: &'static Rule, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            severity: rule.severity,
            message: message.into(),
            assumed: Vec::new(),
            help: Vec::new(),
            fix: None,
            needs: Vec::new(),
            runs_by_itself: false,
            fixes_whole: self.at.1 == 1,
            command: self.at.0,
            span: self.span(),
        }
    }

    /// The first line of what it is about.
    fn span(&self) -> Span {
        let own = if self.at.1 > 1 {
            self.cut().and_then(|cut| cut.commands.get(self.at.0)).cloned()
        } else {
            None
        };
        let range = own.unwrap_or(0..self.text.len());
        let line = self.text[range.clone()].lines().next().unwrap_or_default();
        Span::new(
            self.start + range.start,
            self.start + range.start + line.trim_end().len(),
        )
    }

    /// Whether the effect is sure, as a verb in front of what happens.
    pub(super) fn surely(&self, answer: Answer) -> &'static str {
        match answer {
            Answer::Yes => "",
            _ => "perhaps ",
        }
    }
}
