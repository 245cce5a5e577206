//! A backfill as workers know it: read from the journal alone, so that they need no files.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Client;
use windlass_compiler::directive::{BackfillOptions, OnError, Triggers};
use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{Batches, Deferred, Overrides, PlannedStatement};
use windlass_compiler::sql::{self, Change, ChangeKind, Mirror};

use super::facts::KeyColumn;
use super::strategy::{Access, Strategy};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, StepName};
use crate::guard::{BatchBacking, Guard, NotKept, Place, Watching};
use crate::journal::backfills::BackfillRow;
use crate::session;

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) step: StepName,
    pub(super) statement: String,
    pub(super) line: usize,
    pub(super) change: Change,
    /// The tenants' column and the word for one.
    pub(super) by: Option<(String, String)>,
    pub(super) options: BackfillOptions,
    pub(super) deferred: Option<Deferred>,
    /// Session settings that the revision made before it, as JSON.
    pub(super) session: Option<String>,
    /// What its directives say in place of the lane's limits.
    pub(super) lock_timeout: Option<Duration>,
    pub(super) statement_timeout: Option<Duration>,
    /// What its batches may not take away.
    pub(super) guard: Guard,
    pub(super) direction: Direction,
    /// A safe form has it, so that no file has a directive for it.
    pub(super) is_of_form: bool,
    /// The run that waits for it.
    pub(crate) run_id: Option<String>,
}

/// How it is cut: chosen once, and the same for every worker.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    pub(super) access: Access,
    pub(super) tenant: Option<KeyColumn>,
    pub(super) by_partition: bool,
    /// What people know a row by.
    pub(super) identity: Vec<KeyColumn>,
    pub(super) mirrors: Vec<Mirror>,
    pub(super) words: String,
    /// The tables whose rows change.
    pub(super) tables: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct DefinitionWire {
    version: u32,
    on: String,
    by: Option<String>,
    word: Option<String>,
    line: usize,
    of: u32,
    options: OptionsWire,
    #[serde(default)]
    verify: Vec<(String, String)>,
    #[serde(default)]
    temporary: Vec<String>,
    session: Option<String>,
    #[serde(default)]
    lock_timeout_ms: Option<u64>,
    #[serde(default)]
    statement_timeout_ms: Option<u64>,
    #[serde(default)]
    guard: Guard,
    #[serde(default)]
    is_down: bool,
    #[serde(default)]
    is_of_form: bool,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct OptionsWire {
    batch: Option<u64>,
    target_ms: Option<u64>,
    pause_ms: Option<u64>,
    workers: Option<u32>,
    first: Vec<String>,
    skip: Option<u64>,
    fires_triggers: bool,
    skips_triggers: bool,
    is_unthrottled: bool,
    max_lag_ms: Option<u64>,
    max_slot_mb: Option<u64>,
    max_active: Option<u64>,
    max_transaction_ms: Option<u64>,
    max_wal_mb: Option<u64>,
    max_dead: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct CutWire {
    version: u32,
    words: String,
    /// None for blocks.
    key: Option<Vec<ColumnWire>>,
    tenant: Option<ColumnWire>,
    by_partition: bool,
    #[serde(default)]
    identity: Vec<ColumnWire>,
    mirrors: Vec<(String, String)>,
    tables: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct ColumnWire {
    name: String,
    type_name: String,
    base: String,
    is_collated: bool,
}

impl Task {
    /// A step of a plan as a task.
    pub(crate) fn of(
        step: &StepName,
        statement: &PlannedStatement,
        batches: &Batches,
        overrides: Overrides,
        session: Option<String>,
        (guard, direction): (&Guard, Direction),
    ) -> Self {
        Self {
            name: batches.name.clone(),
            step: step.clone(),
            statement: statement.sql.to_string(),
            line: statement.line,
            change: batches.change.clone(),
            by: batches.by.clone(),
            options: batches.options.clone(),
            deferred: batches.deferred.clone(),
            session,
            lock_timeout: overrides.lock_timeout,
            statement_timeout: overrides.statement_timeout,
            guard: guard.clone(),
            direction,
            is_of_form: statement.rewrite.is_some(),
            run_id: None,
        }
    }

    /// As the journal keeps it.
    pub(crate) fn definition(&self) -> Value {
        let deferred = self.deferred.clone().unwrap_or_default();
        let wire = DefinitionWire {
            version: 1,
            on: self.change.target.relation.to_string(),
            by: self.by.as_ref().map(|(column, _)| column.clone()),
            word: self.by.as_ref().map(|(_, word)| word.clone()),
            line: self.line,
            of: self.step.of,
            options: OptionsWire::of(&self.options),
            verify: deferred.verify,
            temporary: deferred.temporary,
            session: self.session.clone(),
            lock_timeout_ms: millis(self.lock_timeout),
            statement_timeout_ms: millis(self.statement_timeout),
            guard: self.guard.clone(),
            is_down: self.direction == Direction::Down,
            is_of_form: self.is_of_form,
        };
        serde_json::to_value(wire).expect("texts and numbers become JSON")
    }

    /// What the journal kept.
    pub(crate) fn read(row: &BackfillRow) -> Result<Self> {
        let wire: DefinitionWire = serde_json::from_value(row.definition.clone()).map_err(|error| {
            Error::new(
                ErrorKind::Diverged,
                format!("failed to read what backfill {} is", row.name),
            )
            .caused_by(error)
        })?;
        let is_deferred = !wire.verify.is_empty() || !wire.temporary.is_empty() || row.is_deferred;
        let change = sql::change(&row.statement, Some(&wire.on)).map_err(|why| {
            Error::new(
                ErrorKind::Diverged,
                format!(
                    "backfill {} cannot be executed by this version: it {why}",
                    row.name
                ),
            )
        })?;
        let revision = RevisionId::parse(&row.revision).map_err(|error| {
            Error::new(
                ErrorKind::Diverged,
                format!("failed to understand the journal: {error}"),
            )
        })?;
        let number = u32::try_from(row.step).unwrap_or_default();
        Ok(Self {
            name: row.name.clone(),
            step: StepName {
                revision,
                number,
                of: wire.of,
                lane: Lane::Backfill,
                title: row.title.clone(),
            },
            statement: row.statement.clone(),
            line: wire.line,
            change,
            by: wire.by.zip(wire.word),
            options: wire.options.read(),
            deferred: is_deferred.then_some(Deferred {
                verify: wire.verify,
                temporary: wire.temporary,
            }),
            session: wire.session,
            lock_timeout: wire.lock_timeout_ms.map(Duration::from_millis),
            statement_timeout: wire.statement_timeout_ms.map(Duration::from_millis),
            guard: wire.guard,
            direction: if wire.is_down {
                Direction::Down
            } else {
                Direction::Up
            },
            is_of_form: wire.is_of_form,
            run_id: None,
        })
    }

    /// What is sent around each of its batches.
    pub(crate) fn watching(&self) -> Option<Watching> {
        let deletes = self.change.kind == ChangeKind::Delete;
        let place = Place {
            revision: &self.step.revision,
            direction: self.direction,
            run_id: self.run_id.as_deref(),
        };
        let target = deletes.then(|| self.change.target.relation.to_string());
        self.guard.watch_batches(target, self.step.number, place)
    }

    /// The copy that its batches fill; none where nothing is to be copied.
    pub(super) async fn backing(&self, client: &Client) -> Result<Option<BatchBacking>> {
        if self.change.kind != ChangeKind::Delete {
            return Ok(None);
        }
        let place = Place {
            revision: &self.step.revision,
            direction: self.direction,
            run_id: self.run_id.as_deref(),
        };
        let relation = self.change.target.relation.to_string();
        let made = self
            .guard
            .backing_batches(client, &relation, self.step.number, place)
            .await;
        made.map_err(|not| match not {
            NotKept::Server(error) => session::failed(error, &format!("failed to make a copy of {relation}")),
            NotKept::Refused(error) => error,
        })
    }

    /// Workers in one process.
    pub(super) fn workers(&self) -> u32 {
        self.options.workers.unwrap_or(1).clamp(1, 64)
    }

    /// Whether its batches change rows past the table's own triggers.
    pub(super) fn skips_triggers(&self) -> bool {
        self.options.triggers == Triggers::Skip
    }

    /// The word for a tenant.
    pub(super) fn word(&self) -> Option<&str> {
        self.by.as_ref().map(|(_, word)| word.as_str())
    }
}

fn millis(time: Option<Duration>) -> Option<u64> {
    time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl Cut {
    pub(super) fn of(strategy: Strategy, mirrors: Vec<Mirror>, tables: Vec<u32>) -> Self {
        Self {
            access: strategy.access,
            tenant: strategy.tenant,
            by_partition: strategy.by_partition,
            identity: strategy.identity,
            mirrors,
            words: strategy.words,
            tables,
        }
    }

    pub(super) fn wire(&self) -> Value {
        let wire = CutWire {
            version: 1,
            words: self.words.clone(),
            key: match &self.access {
                Access::Key(columns) => Some(columns.iter().map(ColumnWire::of).collect()),
                Access::Blocks => None,
            },
            tenant: self.tenant.as_ref().map(ColumnWire::of),
            by_partition: self.by_partition,
            identity: self.identity.iter().map(ColumnWire::of).collect(),
            mirrors: self
                .mirrors
                .iter()
                .map(|mirror| (mirror.column.clone(), mirror.probe.clone()))
                .collect(),
            tables: self.tables.clone(),
        };
        serde_json::to_value(wire).expect("texts and numbers become JSON")
    }

    pub(super) fn read(value: &Value) -> Result<Self> {
        let wire: CutWire = serde_json::from_value(value.clone()).map_err(|error| {
            Error::new(ErrorKind::Diverged, "failed to read how a backfill is cut").caused_by(error)
        })?;
        Ok(Self {
            access: match wire.key {
                Some(columns) => Access::Key(columns.into_iter().map(ColumnWire::read).collect()),
                None => Access::Blocks,
            },
            tenant: wire.tenant.map(ColumnWire::read),
            by_partition: wire.by_partition,
            identity: wire.identity.into_iter().map(ColumnWire::read).collect(),
            mirrors: wire
                .mirrors
                .into_iter()
                .map(|(column, probe)| Mirror { column, probe })
                .collect(),
            words: wire.words,
            tables: wire.tables,
        })
    }
}

impl ColumnWire {
    fn of(column: &KeyColumn) -> Self {
        Self {
            name: column.name.clone(),
            type_name: column.type_name.clone(),
            base: column.base.clone(),
            is_collated: column.is_collated,
        }
    }

    fn read(self) -> KeyColumn {
        KeyColumn {
            name: self.name,
            type_name: self.type_name,
            base: self.base,
            is_collated: self.is_collated,
        }
    }
}

impl OptionsWire {
    fn of(options: &BackfillOptions) -> Self {
        Self {
            batch: options.batch,
            target_ms: millis(options.target),
            pause_ms: millis(options.pause),
            workers: options.workers,
            first: options.first.clone(),
            skip: match options.on_error {
                OnError::Stop => None,
                OnError::Skip(most) => Some(most),
            },
            fires_triggers: options.triggers == Triggers::Fire,
            skips_triggers: options.triggers == Triggers::Skip,
            is_unthrottled: options.is_unthrottled,
            max_lag_ms: millis(options.max_lag),
            max_slot_mb: options.max_slot_mb,
            max_active: options.max_active,
            max_transaction_ms: millis(options.max_transaction),
            max_wal_mb: options.max_wal_mb,
            max_dead: options.max_dead,
        }
    }

    fn read(self) -> BackfillOptions {
        let time = |millis: Option<u64>| millis.map(Duration::from_millis);
        BackfillOptions {
            batch: self.batch,
            target: time(self.target_ms),
            pause: time(self.pause_ms),
            workers: self.workers,
            first: self.first,
            on_error: self.skip.map_or(OnError::Stop, OnError::Skip),
            triggers: match (self.fires_triggers, self.skips_triggers) {
                (_, true) => Triggers::Skip,
                (true, false) => Triggers::Fire,
                (false, false) => Triggers::Refuse,
            },
            is_unthrottled: self.is_unthrottled,
            max_lag: time(self.max_lag_ms),
            max_slot_mb: self.max_slot_mb,
            max_active: self.max_active,
            max_transaction: time(self.max_transaction_ms),
            max_wal_mb: self.max_wal_mb,
            max_dead: self.max_dead,
        }
    }
}
