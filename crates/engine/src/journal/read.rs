//! What the journal says: one round trip for everything that a decision needs.

use std::time::Duration;

use futures_util::future::join3;
use jiff::Timestamp;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, SimpleQueryMessage, SimpleQueryRow};
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::FrozenPlan;

use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::{mutex, session};

/// The journal as it stood at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Version of the journal's tables; none where there is no journal yet.
    pub version: Option<i32>,
    /// The revisions that the database knows, in order of application.
    pub revisions: Vec<RevisionRow>,
    /// Steps that are not simply done.
    pub steps: Vec<StepRow>,
}

impl Snapshot {
    /// What a downgrade counts back from, in order of application: what is applied, and what an interrupted downgrade
    /// left half-way.
    pub fn revertible(&self) -> Vec<RevisionId> {
        let counts = |row: &&RevisionRow| row.state.is_applied() || row.direction == Direction::Down;
        let rows = self.revisions.iter().filter(counts);
        rows.map(|row| row.id.clone()).collect()
    }
}

/// Where a revision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevisionState {
    /// Known, not begun.
    Pending,
    /// Begun; a step may be under way or a run may have been interrupted.
    Running,
    /// Expanded: old and new form live side by side.
    Expanded,
    /// Applied.
    Applied,
    /// Applied, and the old form is gone.
    Contracted,
    /// The outcome of one of its steps is unknown; see `resolve`.
    Unknown,
}

impl RevisionState {
    const NAMES: [(&'static str, Self); 6] = [
        ("pending", Self::Pending),
        ("running", Self::Running),
        ("expanded", Self::Expanded),
        ("applied", Self::Applied),
        ("contracted", Self::Contracted),
        ("unknown", Self::Unknown),
    ];

    /// Its name in the journal and in output.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, state)| *state == self)
            .map_or("unknown", |(name, _)| name)
    }

    /// Whether all of the revision is in the database.
    pub fn is_applied(self) -> bool {
        matches!(self, Self::Applied | Self::Contracted)
    }
}

/// A revision as the journal has it.
#[derive(Debug, Clone)]
pub struct RevisionRow {
    /// Its id.
    pub id: RevisionId,
    /// Order of application.
    pub position: i64,
    /// Its parents when it was begun.
    pub parents: Vec<RevisionId>,
    /// Its labels.
    pub labels: Vec<String>,
    /// The revisions that it replaces.
    pub replaces: Vec<RevisionId>,
    /// Where it stands.
    pub state: RevisionState,
    /// Up, or down while a downgrade of it is under way.
    pub direction: Direction,
    /// Checksum of its up script.
    pub checksum: String,
    /// The frozen plan, while it is needed.
    pub plan: Option<serde_json::Value>,
    /// When it was begun, on the server's clock.
    pub started_at: Timestamp,
    /// When it was applied, on the server's clock.
    pub applied_at: Option<Timestamp>,
}

impl RevisionRow {
    /// What was frozen when it was begun; none where nothing was, or where nobody can read it. That is told of where the
    /// revision is taken up.
    pub(crate) fn frozen(&self) -> Option<FrozenPlan> {
        serde_json::from_value(self.plan.clone()?).ok()
    }

    /// Whether it was begun in that direction and did not come to its end.
    pub(crate) fn is_under_way(&self, direction: Direction) -> bool {
        !self.state.is_applied() && self.direction == direction
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepState {
    /// It was about to run outside any transaction.
    Intended,
    /// Done.
    Done,
    /// A best-effort step that finally failed.
    Skipped,
    /// Nobody can tell what became of it.
    Unknown,
    /// Given up by `resolve`.
    Abandoned,
}

impl StepState {
    const NAMES: [(&'static str, Self); 5] = [
        ("intended", Self::Intended),
        ("done", Self::Done),
        ("skipped", Self::Skipped),
        ("unknown", Self::Unknown),
        ("abandoned", Self::Abandoned),
    ];

    /// Its name in the journal and in output.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, state)| *state == self)
            .map_or("unknown", |(name, _)| name)
    }
}

/// A step as the journal has it.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// Its revision.
    pub revision: RevisionId,
    /// Of which script.
    pub direction: Direction,
    /// Its number in the frozen plan.
    pub number: u32,
    /// Where it stands.
    pub state: StepState,
    /// Its lane.
    pub lane: String,
    /// Its first statement, shortened.
    pub title: String,
    /// The backend that was about to run it, and when that backend started.
    pub backend: Option<(i32, String)>,
    /// Attempts so far.
    pub attempts: i32,
    /// Session settings that it left behind for the next step, as JSON.
    pub session: Option<String>,
    /// What `status` keeps showing.
    pub warning: Option<String>,
    /// The last error, as JSON.
    pub error: Option<String>,
}

impl StepRow {
    /// Whether it was sent and nobody heard how it ended. Where the server refused it, that is known.
    pub fn is_open(&self) -> bool {
        self.state == StepState::Intended && self.error.is_none()
    }
}

/// What is asked for [`Brief::of`].
pub(crate) const BRIEF: &str = include_str!("brief.sql");

/// What is applied, in brief: enough to see that nothing is to be done. In order of application.
#[derive(Debug)]
pub(crate) struct Brief(Vec<SimpleQueryRow>);

impl Brief {
    /// The answers to [`BRIEF`]. None where they do not do: no revision yet, or a journal that this build
    /// cannot read; [`read`] then says what there is to say.
    pub(crate) fn of(answers: Vec<SimpleQueryMessage>) -> Option<Self> {
        let mut version: Option<i32> = None;
        let mut rows = Vec::with_capacity(answers.len());
        for answer in answers {
            match answer {
                SimpleQueryMessage::Row(row) if row.len() == 1 => version = row.get(0)?.parse().ok(),
                SimpleQueryMessage::Row(row) => rows.push((row.get(0)?.parse::<i64>().ok()?, row)),
                _ => {}
            }
        }
        if rows.is_empty() || version? > super::VERSION {
            return None;
        }
        rows.sort_by_key(|(position, _)| *position);
        Some(Self(rows.into_iter().map(|(_, row)| row).collect()))
    }

    /// Whether everything that was begun is applied, as `(id, checksum)` in order of application.
    pub(crate) fn all_applied(&self) -> Option<impl ExactSizeIterator<Item = (&str, &str)>> {
        let is_applied = |row: &SimpleQueryRow| {
            named(&RevisionState::NAMES, row.get(3).unwrap_or_default()).is_ok_and(RevisionState::is_applied)
        };
        let all = self.0.iter().all(is_applied);
        all.then(|| {
            self.0
                .iter()
                .map(|row| (row.get(1).unwrap_or_default(), row.get(2).unwrap_or_default()))
        })
    }
}

/// The plan that an applied revision ran by, as far as it was kept and can be read.
pub(crate) async fn plan_of(client: &Client, id: &RevisionId) -> Result<Option<FrozenPlan>> {
    let sql = "SELECT plan FROM windlass.revision WHERE revision_id = $1 AND plan IS NOT NULL";
    let row = client
        .query_typed_opt(sql, &[(&id.as_str(), Type::TEXT)])
        .await
        .map_err(session::lost)?;
    Ok(row.and_then(|row| serde_json::from_value(row.get(0)).ok()))
}

/// Reads the journal, in one round trip. A database without one gives an empty snapshot.
pub(crate) async fn read(client: &Client) -> Result<Snapshot> {
    let (version, revisions, steps) = join3(
        client.query_typed_opt("SELECT journal_version FROM windlass.leader", &[]),
        client.query_typed(include_str!("revisions.sql"), &[]),
        client.query_typed(include_str!("steps.sql"), &[]),
    )
    .await;
    let version = match version {
        Ok(row) => row.map(|row| row.get::<_, i32>(0)),
        Err(error) if is_absent(&error) => {
            return Ok(Snapshot::default());
        }
        Err(error) => return Err(unreadable(error)),
    };
    if let Some(found) = version.filter(|found| *found > super::VERSION) {
        return Err(super::schema::newer(found));
    }
    Ok(Snapshot {
        version,
        revisions: revisions
            .map_err(unreadable)?
            .iter()
            .map(revision)
            .collect::<Result<_>>()?,
        steps: steps
            .map_err(unreadable)?
            .iter()
            .map(step)
            .collect::<Result<_>>()?,
    })
}

/// Whether a query failed because the journal, or that table of an older one, is not there yet.
pub(crate) fn is_absent(error: &tokio_postgres::Error) -> bool {
    let code = error.code();
    code == Some(&SqlState::INVALID_SCHEMA_NAME) || code == Some(&SqlState::UNDEFINED_TABLE)
}

pub(super) fn unreadable(error: tokio_postgres::Error) -> Error {
    let code = error.code().map(|code| code.code().to_owned());
    let error = session::failed(error, "failed to read the journal");
    match code.as_deref() {
        Some("42501") => error.hint("the journal belongs to the role that ran windlass first; run as that role, or set `role` in windlass.toml"),
        // A table or a column is missing.
        Some("42P01" | "42703") => error
            .hint("a part of the schema windlass is gone: bring it back from a backup")
            .hint("without a backup: ALTER SCHEMA windlass RENAME TO windlass_old; then `windlass stamp` the last revision \
                   that is applied, which what is left of windlass_old.revision may tell"),
        _ => error,
    }
}

fn revision(row: &Row) -> Result<RevisionRow> {
    let ids = |column: usize| -> Result<Vec<RevisionId>> {
        row.get::<_, Vec<String>>(column)
            .iter()
            .map(|id| id_of(id))
            .collect()
    };
    Ok(RevisionRow {
        id: id_of(row.get(0))?,
        position: row.get(1),
        parents: ids(2)?,
        labels: row.get(3),
        replaces: ids(4)?,
        state: named(&RevisionState::NAMES, row.get(5))?,
        direction: direction(row.get(6))?,
        checksum: row.get(7),
        plan: row.get(8),
        started_at: row.get(9),
        applied_at: row.get(10),
    })
}

fn step(row: &Row) -> Result<StepRow> {
    let pid: Option<i32> = row.get(6);
    let start: Option<String> = row.get(7);
    Ok(StepRow {
        revision: id_of(row.get(0))?,
        direction: direction(row.get(1))?,
        number: u32::try_from(row.get::<_, i32>(2)).unwrap_or_default(),
        state: named(&StepState::NAMES, row.get(3))?,
        lane: row.get(4),
        title: row.get(5),
        backend: pid.zip(start),
        attempts: row.get(8),
        session: row.get(9),
        warning: row.get(10),
        error: row.get(11),
    })
}

/// What a runner somewhere is doing this moment, as it last said.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Running {
    /// Its run.
    pub run_id: String,
    /// `upgrade`, `downgrade` …
    pub command: String,
    /// Where it runs.
    pub runner: String,
    /// The revision that it works on.
    pub revision: Option<String>,
    /// The step there.
    pub step: Option<i32>,
    /// The lane, or what a long statement is doing.
    pub phase: String,
    /// Done of the phase, and of how much; 0 where nobody counts.
    pub done: i64,
    /// See `done`.
    pub total: i64,
    /// How long ago it said so, by the server's clock.
    pub silent_for: Duration,
    /// How long ago the run began.
    pub running_for: Duration,
}

/// What runners are doing this moment.
pub(crate) async fn read_running(client: &Client) -> Result<Vec<Running>> {
    let exists = "SELECT pg_catalog.to_regclass('windlass.progress') IS NOT NULL";
    let row = client.query_typed_one(exists, &[]).await.map_err(session::lost)?;
    if !row.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = client
        .query_typed(
            include_str!("running.sql"),
            &[
                (&i64::from(mutex::LOCK_CLASS), Type::INT8),
                (&i64::from(mutex::LEADER), Type::INT8),
            ],
        )
        .await
        .map_err(session::lost)?;
    let seconds = |row: &Row, at: usize| Duration::try_from_secs_f64(row.get::<_, f64>(at).max(0.0));
    Ok(rows
        .iter()
        .map(|row| Running {
            run_id: row.get(0),
            command: row.get(1),
            runner: row.get(2),
            revision: row.get(3),
            step: row.get(4),
            phase: row.get(5),
            done: row.get(6),
            total: row.get(7),
            silent_for: seconds(row, 8).unwrap_or_default(),
            running_for: seconds(row, 9).unwrap_or_default(),
        })
        .collect())
}

/// The revisions that a run with this target began or finished last.
pub(crate) async fn begun_by(client: &Client, target: &str) -> Result<Vec<String>> {
    let sql = "SELECT revision_id FROM windlass.revision JOIN windlass.run USING (run_id) WHERE target = $1";
    let rows = client
        .query_typed(sql, &[(&target, Type::TEXT)])
        .await
        .map_err(session::lost)?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Whether a step is done: its row says so, or it was the last of a downgrade and the revision is gone with its rows.
pub(crate) async fn is_step_done(
    client: &Client,
    revision: &RevisionId,
    direction: Direction,
    number: u32,
) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM windlass.step WHERE revision_id = $1 AND direction = $2 \
                              AND number = $3 AND state = 'done') \
               OR ($2 = 'down' AND NOT EXISTS (SELECT FROM windlass.revision WHERE revision_id = $1))";
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    let row = client
        .query_typed_one(
            sql,
            &[
                (&revision.as_str(), Type::TEXT),
                (&direction.name(), Type::TEXT),
                (&number, Type::INT4),
            ],
        )
        .await
        .map_err(session::lost)?;
    Ok(row.get(0))
}

fn id_of(text: &str) -> Result<RevisionId> {
    RevisionId::parse(text).map_err(|error| damaged(&format!("revision {text:?}: {error}")))
}

fn direction(name: &str) -> Result<Direction> {
    named(&[("up", Direction::Up), ("down", Direction::Down)], name)
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Result<T> {
    names
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
        .ok_or_else(|| damaged(&format!("it holds the word {name:?}")))
}

fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::Diverged,
        format!("failed to understand the journal: {what}"),
    )
    .hint("was a table of schema windlass changed by hand? restore it, or `stamp` the database anew")
}
