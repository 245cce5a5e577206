//! What is written to the journal, as values: a statement and its parameters.
//!
//! Names are qualified, so that a script's `search_path` does not matter.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, Json, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{Freezing, ProtectedTable};
use windlass_compiler::sql::quote_literal;

use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::guard::{Loss, Place};
use crate::session;

type Param = (Box<dyn ToSql + Sync + Send>, Type);

/// One statement for the journal, ready to be sent.
pub(crate) struct Write {
    sql: &'static str,
    params: Vec<Param>,
}

impl Write {
    pub(super) fn new(sql: &'static str) -> Self {
        Self {
            sql,
            params: Vec::new(),
        }
    }

    pub(super) fn text(self, value: impl Into<String>) -> Self {
        self.with(value.into(), Type::TEXT)
    }

    pub(super) fn optional(self, value: Option<String>) -> Self {
        self.with(value, Type::TEXT)
    }

    fn texts(self, values: Vec<String>) -> Self {
        self.with(values, Type::TEXT_ARRAY)
    }

    pub(super) fn int(self, value: i32) -> Self {
        self.with(value, Type::INT4)
    }

    /// The eight facts of a revision that do not change while it is under way.
    fn frozen(self, revision: &FrozenRevision) -> Self {
        let names = |ids: &[RevisionId]| ids.iter().map(|id| id.as_str().to_owned()).collect();
        self.text(revision.id.as_str())
            .texts(names(&revision.parents))
            .texts(revision.labels.clone())
            .texts(names(&revision.replaces))
            .text(&revision.checksum)
            .text(&revision.directives_checksum)
            .optional(revision.down_checksum.clone())
            .with(Plan(Arc::clone(&revision.plan)), Type::JSONB)
    }

    /// The seven facts that each row of a step begins with.
    fn step(self, end: &StepEnd<'_>, run_id: &str) -> Self {
        self.text(end.revision.as_str())
            .text(end.direction.name())
            .int(i32::try_from(end.number).unwrap_or(i32::MAX))
            .text(run_id)
            .text(end.lane)
            .text(end.title)
            .int(i32::try_from(end.attempts).unwrap_or(i32::MAX))
    }

    pub(super) fn with(mut self, value: impl ToSql + Sync + Send + 'static, ty: Type) -> Self {
        self.params.push((Box::new(value), ty));
        self
    }

    /// The statement with its parameters as literals, for a script.
    pub(crate) fn text_for_psql(&self) -> String {
        let mut text = String::with_capacity(self.sql.len());
        let mut rest = self.sql;
        while let Some(at) = rest.find('$') {
            let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = rest[at + 1..at + 1 + digits].parse().unwrap_or(0);
            text.push_str(&rest[..at]);
            match number.checked_sub(1).and_then(|index| self.params.get(index)) {
                Some((value, ty)) => text.push_str(&typed_literal(&**value, ty)),
                None => text.push_str(&rest[at..=at + digits]),
            }
            rest = &rest[at + 1 + digits..];
        }
        text.push_str(rest);
        text
    }

    /// Sends the statement; several may be polled together and are then sent in one go.
    pub(crate) async fn send(&self, client: &Client) -> std::result::Result<u64, tokio_postgres::Error> {
        let params: Vec<(&(dyn ToSql + Sync), Type)> = self
            .params
            .iter()
            .map(|(value, ty)| (&**value as &(dyn ToSql + Sync), ty.clone()))
            .collect();
        client.execute_typed(self.sql, &params).await
    }
}

/// A plan that becomes JSON as it is sent.
#[derive(Debug)]
struct Plan(Arc<Freezing>);

impl ToSql for Plan {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        // Growing by doubling would hold a long one three times.
        out.reserve(self.0.about_bytes());
        Json(&*self.0).to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <Json<&Freezing> as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

/// A parameter as SQL writes it. Only the types that writes have are known.
fn typed_literal(value: &(dyn ToSql + Sync + Send), ty: &Type) -> String {
    let mut bytes = BytesMut::new();
    let is_null = !matches!(value.to_sql_checked(ty, &mut bytes), Ok(IsNull::No));
    if is_null {
        return format!("(NULL::{ty})");
    }
    let shown = match *ty {
        Type::INT4 => i32::from_sql(ty, &bytes).map(|value| value.to_string()),
        Type::INT8 => i64::from_sql(ty, &bytes).map(|value| value.to_string()),
        Type::FLOAT8 => f64::from_sql(ty, &bytes).map(|value| value.to_string()),
        Type::BOOL => bool::from_sql(ty, &bytes).map(|value| value.to_string()),
        Type::JSONB => serde_json::Value::from_sql(ty, &bytes).map(|value| quote_literal(&value.to_string())),
        Type::TEXT_ARRAY => Vec::<String>::from_sql(ty, &bytes).map(|values| {
            let values: Vec<String> = values.iter().map(|value| quote_literal(value)).collect();
            format!("ARRAY[{}]", values.join(", "))
        }),
        _ => String::from_sql(ty, &bytes).map(|value| quote_literal(&value)),
    };
    let name = if *ty == Type::TEXT_ARRAY {
        "text[]"
    } else {
        ty.name()
    };
    format!(
        "({}::{name})",
        shown.expect("a value reads back as the type that it was written as")
    )
}

/// The journal's statements as prepared in one session: parsing and planning them is most of what
/// a small step costs. Scripts can deallocate them, so only steps that leave their session alone
/// use them.
#[derive(Default)]
pub(crate) struct Prepared {
    statements: HashMap<&'static str, Statement>,
    /// Those that are called by EXECUTE, by how many there were before them.
    called: HashMap<&'static str, usize>,
}

impl Prepared {
    /// Prepares for [`Self::call`] what is not prepared yet.
    pub(crate) async fn ensure_calls<'w>(
        &mut self,
        client: &Client,
        writes: impl IntoIterator<Item = &'w Write>,
    ) -> std::result::Result<(), tokio_postgres::Error> {
        for write in writes {
            if !self.called.contains_key(write.sql) {
                let number = self.called.len();
                let types: Vec<String> = write
                    .params
                    .iter()
                    .map(|(_, ty)| format!("pg_catalog.{}", ty.name()))
                    .collect();
                let types = types.join(", ");
                client
                    .batch_execute(&format!("PREPARE windlass_{number} ({types}) AS {}", write.sql))
                    .await?;
                self.called.insert(write.sql, number);
            }
        }
        Ok(())
    }

    /// The write as text: a call of what [`Self::ensure_calls`] prepared, else the statement itself.
    pub(crate) fn call(&self, write: &Write) -> String {
        let Some(number) = self.called.get(write.sql) else {
            return write.text_for_psql();
        };
        let values: Vec<String> = write
            .params
            .iter()
            .map(|(value, ty)| typed_literal(&**value, ty))
            .collect();
        format!("EXECUTE windlass_{number}({})", values.join(", "))
    }

    /// Prepares what is not prepared yet.
    pub(crate) async fn ensure<'w>(
        &mut self,
        client: &Client,
        writes: impl IntoIterator<Item = &'w Write>,
    ) -> std::result::Result<(), tokio_postgres::Error> {
        for write in writes {
            if !self.statements.contains_key(write.sql) {
                let types: Vec<Type> = write.params.iter().map(|(_, ty)| ty.clone()).collect();
                self.statements
                    .insert(write.sql, client.prepare_typed(write.sql, &types).await?);
            }
        }
        Ok(())
    }

    /// Sends a write by its prepared statement, or as it is when there is none.
    pub(crate) async fn send(
        &self,
        client: &Client,
        write: &Write,
    ) -> std::result::Result<u64, tokio_postgres::Error> {
        match self.statements.get(write.sql) {
            Some(statement) => {
                let params: Vec<&(dyn ToSql + Sync)> = write
                    .params
                    .iter()
                    .map(|(value, _)| &**value as &(dyn ToSql + Sync))
                    .collect();
                client.execute(statement, &params).await
            }
            None => write.send(client).await,
        }
    }
}

/// Proof of leading: every transaction of ours starts by holding this row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The epoch that this runner leads under.
    pub(crate) epoch: i64,
}

/// SQLSTATE with which the fence statement fails when another runner leads: division_by_zero.
pub(crate) const FENCED: &str = "22012";

/// Takes the leader row FOR SHARE, and fails with [`FENCED`] when its epoch is another.
///
/// A plain read would race with the next leader; the row lock makes its UPDATE wait for us.
pub(crate) fn fence(fence: Fence) -> Write {
    Write::new(
        "SELECT 1 / pg_catalog.count(*) FROM \
         (SELECT 1 FROM windlass.leader WHERE epoch = $1 FOR SHARE) AS held",
    )
    .with(fence.epoch, Type::INT8)
}

/// Becomes the leader: raises the epoch.
pub(crate) async fn claim(client: &Client, run_id: &str) -> Result<Fence> {
    let row = client
        .query_typed_one(
            "UPDATE windlass.leader SET epoch = epoch + 1, run_id = $1::uuid RETURNING epoch",
            &[(&run_id, Type::TEXT)],
        )
        .await
        .map_err(|error| session::failed(error, "failed to take the lead"))?;
    Ok(Fence { epoch: row.get(0) })
}

/// A run that has something to do begins.
pub(crate) fn begin_run(
    run_id: &str,
    fence: Fence,
    command: &str,
    target: &str,
    profile: &str,
    runner: &str,
) -> Write {
    Write::new(include_str!("begin_run.sql"))
        .text(run_id)
        .with(fence.epoch, Type::INT8)
        .text(command)
        .text(target)
        .text(env!("CARGO_PKG_VERSION"))
        .text(profile)
        .text(runner)
}

/// A run ends; `result` is one of the words of `windlass.run.result`.
pub(crate) fn end_run(
    run_id: &str,
    result: &str,
    error: Option<serde_json::Value>,
    retries: u32,
    longest_stall: Duration,
) -> Write {
    Write::new(
        "WITH beat AS (DELETE FROM windlass.progress WHERE run_id = $1::uuid) \
         UPDATE windlass.run SET finished_at = pg_catalog.clock_timestamp(), result = $2, \
                error = $3, retries = $4, longest_stall_ms = $5 WHERE run_id = $1::uuid",
    )
    .text(run_id)
    .text(result)
    .with(error, Type::JSONB)
    .int(i32::try_from(retries).unwrap_or(i32::MAX))
    .with(longest_stall.as_secs_f64() * 1000.0, Type::FLOAT8)
}

/// How far the step is, for `status` elsewhere.
pub(crate) fn progress(
    run_id: &str,
    revision: &RevisionId,
    step: u32,
    phase: &str,
    done: u64,
    total: u64,
) -> Write {
    Write::new(
        "INSERT INTO windlass.progress (run_id, revision_id, step, phase, done, total) \
         VALUES ($1::uuid, $2, $3, $4, $5, $6) \
         ON CONFLICT (run_id) DO UPDATE SET revision_id = excluded.revision_id, step = excluded.step, \
         phase = excluded.phase, done = excluded.done, total = excluded.total, \
         beat_at = pg_catalog.clock_timestamp()",
    )
    .text(run_id)
    .text(revision.as_str())
    .int(i32::try_from(step).unwrap_or(i32::MAX))
    .text(phase)
    .with(i64::try_from(done).unwrap_or(i64::MAX), Type::INT8)
    .with(i64::try_from(total).unwrap_or(i64::MAX), Type::INT8)
}

/// What is being done this moment, for `status` elsewhere. Sent on the lock connection; it is also
/// the heartbeat that keeps that connection alive.
pub(crate) fn beat(run_id: &str, revision: &RevisionId, step: u32, phase: &str) -> Write {
    Write::new(
        "INSERT INTO windlass.progress (run_id, revision_id, step, phase) VALUES ($1::uuid, $2, $3, $4) \
         ON CONFLICT (run_id) DO UPDATE SET revision_id = excluded.revision_id, step = excluded.step, \
         phase = excluded.phase, beat_at = pg_catalog.clock_timestamp()",
    )
    .text(run_id)
    .text(revision.as_str())
    .int(i32::try_from(step).unwrap_or(i32::MAX))
    .text(phase)
}

/// What of a revision is frozen when it is begun.
#[derive(Debug, Clone)]
pub(crate) struct FrozenRevision {
    pub(crate) id: RevisionId,
    pub(crate) direction: Direction,
    pub(crate) parents: Vec<RevisionId>,
    pub(crate) labels: Vec<String>,
    pub(crate) replaces: Vec<RevisionId>,
    pub(crate) checksum: String,
    pub(crate) directives_checksum: String,
    pub(crate) down_checksum: Option<String>,
    pub(crate) plan: Arc<Freezing>,
}

impl FrozenRevision {
    /// Freezes what is protected, too.
    pub(crate) fn protects(&mut self, tables: &[ProtectedTable]) {
        if !tables.is_empty() {
            Arc::make_mut(&mut self.plan).protected = tables.to_vec();
        }
    }

    /// Notes the saved plan that it is a part of.
    pub(crate) fn made_for(&mut self, fingerprint: Option<&str>) {
        if let Some(fingerprint) = fingerprint {
            Arc::make_mut(&mut self.plan).fingerprint = Some(fingerprint.to_owned());
        }
    }
}

/// A revision is begun, or the rest of an edited one is planned again: its plan is frozen.
pub(crate) fn start_revision(revision: &FrozenRevision, run_id: &str) -> Write {
    Write::new(
        "INSERT INTO windlass.revision AS known (revision_id, parents, labels, replaces, state, direction, \
                checksum, directives_checksum, down_checksum, plan, run_id) \
         VALUES ($1, $2, $3, $4, 'running', $10, $5, $6, $7, $8, $9::uuid) \
         ON CONFLICT (revision_id) DO UPDATE SET state = 'running', direction = excluded.direction, \
                plan = excluded.plan, run_id = excluded.run_id, \
                checksum = CASE excluded.direction WHEN 'up' THEN excluded.checksum ELSE known.checksum END, \
                directives_checksum = CASE excluded.direction \
                     WHEN 'up' THEN excluded.directives_checksum ELSE known.directives_checksum END",
    )
    .frozen(revision)
    .text(run_id)
    .text(revision.direction.name())
}

/// How a step ended.
pub(crate) struct StepEnd<'a> {
    pub(crate) revision: &'a RevisionId,
    pub(crate) direction: Direction,
    pub(crate) number: u32,
    pub(crate) lane: &'a str,
    pub(crate) title: &'a str,
    pub(crate) attempts: u32,
    /// None when it is done; else why a best-effort step was skipped.
    pub(crate) warning: Option<String>,
}

/// A step is done (or skipped). It began with its transaction, or with its intent. `session`
/// comes from [`save_session`], sent just before.
pub(crate) fn step_done(end: &StepEnd<'_>, run_id: &str) -> Write {
    Write::new(
        "INSERT INTO windlass.step AS known (revision_id, direction, number, state, run_id, lane, title, attempts, \
                warning, session, started_at, finished_at) \
         VALUES ($1, $2, $3, CASE WHEN $8::text IS NULL THEN 'done' ELSE 'skipped' END, $4::uuid, $5, $6, $7, $8, \
                nullif(pg_catalog.current_setting('windlass.session', true), '')::jsonb, \
                pg_catalog.now(), pg_catalog.clock_timestamp()) \
         ON CONFLICT (revision_id, direction, number) DO UPDATE SET state = excluded.state, \
                run_id = excluded.run_id, attempts = known.attempts + excluded.attempts - 1, \
                warning = excluded.warning, session = excluded.session, error = NULL, \
                finished_at = excluded.finished_at",
    )
    .step(end, run_id)
    .optional(end.warning.clone())
}

/// All that [`start_revision`], [`step_done`] and [`finish_revision`] write of a revision of one step that
/// the journal did not know, in one statement.
pub(crate) fn apply_revision(revision: &FrozenRevision, end: &StepEnd<'_>, run_id: &str) -> Write {
    Write::new(include_str!("apply_revision.sql"))
        .frozen(revision)
        .text(run_id)
        .text(end.lane)
        .text(end.title)
        .int(i32::try_from(end.attempts).unwrap_or(i32::MAX))
}

/// A row of [`apply_revisions`].
#[derive(Serialize)]
struct Applied<'a> {
    id: &'a str,
    parents: Vec<&'a str>,
    labels: &'a [String],
    replaces: Vec<&'a str>,
    checksum: &'a str,
    directives_checksum: &'a str,
    down_checksum: Option<&'a str>,
    plan: &'a Freezing,
    lane: &'a str,
    title: &'a str,
    attempts: u32,
}

/// The same for many revisions at once.
pub(crate) fn apply_revisions(revisions: &[(FrozenRevision, StepEnd<'_>)], run_id: &str) -> Result<Write> {
    let rows: Vec<_> = revisions
        .iter()
        .map(|(revision, end)| Applied {
            id: revision.id.as_str(),
            parents: revision.parents.iter().map(RevisionId::as_str).collect(),
            labels: &revision.labels,
            replaces: revision.replaces.iter().map(RevisionId::as_str).collect(),
            checksum: &revision.checksum,
            directives_checksum: &revision.directives_checksum,
            down_checksum: revision.down_checksum.as_deref(),
            plan: &revision.plan,
            lane: end.lane,
            title: end.title,
            attempts: end.attempts,
        })
        .collect();
    let rows = serde_json::to_string(&rows)
        .map_err(|error| Error::new(ErrorKind::Failed, "failed to freeze a plan").caused_by(error))?;
    Ok(Write::new(include_str!("apply_revisions.sql"))
        .text(rows)
        .text(run_id))
}

/// Notes the session settings that a step leaves behind, in a setting of the transaction, before
/// the role is reset and the journal written. `ours` are the settings that the engine itself made,
/// as `name=value`; what still has our value was not set by the script. `custom` are names that PostgreSQL
/// does not list.
pub(crate) fn save_session(ours: Vec<String>, custom: Vec<String>) -> Write {
    Write::new(include_str!("save_session.sql"))
        .texts(ours)
        .texts(custom)
}

/// A step that refuses a transaction is about to run; its backend is noted, so that a later run
/// can find it alive.
pub(crate) fn intend_step(end: &StepEnd<'_>, run_id: &str, pid: i32, backend_start: &str) -> Write {
    Write::new(
        "INSERT INTO windlass.step AS known (revision_id, direction, number, state, run_id, lane, title, attempts, \
                backend_pid, backend_start) \
         VALUES ($1, $2, $3, 'intended', $4::uuid, $5, $6, $7, $8, $9::timestamptz) \
         ON CONFLICT (revision_id, direction, number) DO UPDATE SET state = 'intended', run_id = excluded.run_id, \
                attempts = known.attempts + 1, error = NULL, backend_pid = excluded.backend_pid, \
                backend_start = excluded.backend_start, started_at = pg_catalog.clock_timestamp()",
    )
    .step(end, run_id)
    .int(pid)
    .text(backend_start)
}

/// The same in a script, where the backend is whichever runs it.
pub(crate) fn intend_step_here(end: &StepEnd<'_>, run_id: &str) -> Write {
    Write::new(
        "INSERT INTO windlass.step AS known (revision_id, direction, number, state, run_id, lane, title, attempts, \
                backend_pid, backend_start) \
         SELECT $1, $2, $3, 'intended', $4::uuid, $5, $6, $7, pid, backend_start \
           FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) \
         ON CONFLICT (revision_id, direction, number) DO UPDATE SET state = 'intended', run_id = excluded.run_id, \
                attempts = known.attempts + 1, error = NULL, backend_pid = excluded.backend_pid, \
                backend_start = excluded.backend_start, started_at = pg_catalog.clock_timestamp()",
    )
    .step(end, run_id)
}

/// The last error of a step that is noted as intended.
pub(crate) fn note_step_error(
    revision: &RevisionId,
    direction: Direction,
    number: u32,
    unknown: bool,
    error: &Error,
) -> Write {
    Write::new(
        "WITH open AS (UPDATE windlass.step SET error = $5, \
                state = CASE WHEN $4 THEN 'unknown' ELSE state END \
          WHERE revision_id = $1 AND direction = $2 AND number = $3) \
         UPDATE windlass.revision SET state = 'unknown' WHERE $4 AND revision_id = $1",
    )
    .text(revision.as_str())
    .text(direction.name())
    .int(i32::try_from(number).unwrap_or(i32::MAX))
    .with(unknown, Type::BOOL)
    .with(error_as_json(error), Type::JSONB)
}

/// An error as it stands in the journal. Keys are only ever added.
pub(crate) fn error_as_json(error: &Error) -> serde_json::Value {
    serde_json::json!({
        "message": error.to_string(),
        "sqlstate": error.sqlstate(),
        "revision": error.step().map(|step| step.revision.as_str()),
        "step": error.step().map(|step| step.number),
        "blockers": sessions(error.blockers()),
    })
}

fn sessions(sessions: &[Blocker]) -> serde_json::Value {
    sessions.iter().map(Blocker::to_json).collect()
}

/// What a step cost others and others cost it: the longest that an application's query was seen to wait for
/// it, and the sessions that were in its way.
pub(crate) fn note_contention(
    revision: &RevisionId,
    direction: Direction,
    number: u32,
    stall: Duration,
    blockers: &[Blocker],
) -> Write {
    let met = (!blockers.is_empty()).then(|| sessions(blockers));
    Write::new(
        "UPDATE windlass.step SET longest_stall_ms = greatest(longest_stall_ms, nullif($4, 0)), \
                blockers = coalesce($5, blockers) \
          WHERE revision_id = $1 AND direction = $2 AND number = $3",
    )
    .text(revision.as_str())
    .text(direction.name())
    .int(i32::try_from(number).unwrap_or(i32::MAX))
    .with(stall.as_secs_f64() * 1000.0, Type::FLOAT8)
    .with(met, Type::JSONB)
}

/// What a step is known to take away.
pub(crate) fn note_loss(place: Place<'_>, step: u32, loss: &Loss) -> Write {
    Write::new(
        "INSERT INTO windlass.loss AS loss \
                (revision_id, direction, step, relation, relation_name, kind, what, rows, protected, run_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $5, $7, true, $8::uuid) \
             ON CONFLICT (revision_id, direction, step, relation, kind, what) \
             DO UPDATE SET rows = loss.rows + excluded.rows, at = excluded.at",
    )
    .text(place.revision.as_str())
    .text(place.direction.name())
    .int(i32::try_from(step).unwrap_or(i32::MAX))
    .with(loss.tree, Type::OID)
    .text(loss.name.clone())
    .text(loss.kind.name())
    .with(loss.rows, Type::INT8)
    .optional(place.run_id.map(str::to_owned))
}

/// This run builds a new database: there is nothing to lose yet.
pub(crate) fn note_building(run_id: &str) -> Write {
    Write::new("UPDATE windlass.run SET builds = true WHERE run_id = $1::uuid").text(run_id)
}

/// A revision's last step is done.
pub(crate) fn finish_revision(revision: &RevisionId, run_id: &str, checksum: &str) -> Write {
    Write::new(
        "WITH line AS (INSERT INTO windlass.history (run_id, revision_id, action, checksum) \
                       VALUES ($2::uuid, $1, 'applied', $3)) \
         UPDATE windlass.revision SET state = 'applied', applied_at = pg_catalog.clock_timestamp() \
          WHERE revision_id = $1",
    )
    .text(revision.as_str())
    .text(run_id)
    .text(checksum)
}

/// A revision is taken as applied, without having run.
pub(crate) fn stamp_revision(revision: &RevisionId) -> Write {
    Write::new(
        "UPDATE windlass.revision SET state = 'applied', applied_at = pg_catalog.clock_timestamp() \
          WHERE revision_id = $1",
    )
    .text(revision.as_str())
}

/// What a run that did not finish noted of a revision's steps is not asked any more: somebody says that it is applied.
pub(crate) fn forget_steps(revision: &RevisionId) -> Write {
    Write::new(
        "WITH gone AS (DELETE FROM windlass.step WHERE revision_id = $1) \
         DELETE FROM windlass.backfill WHERE revision_id = $1",
    )
    .text(revision.as_str())
}

/// A downgrade's last step is done: the revision is no longer known.
pub(crate) fn remove_revision(revision: &RevisionId) -> Write {
    Write::new(
        "WITH gone AS (DELETE FROM windlass.step WHERE revision_id = $1), \
              batches AS (DELETE FROM windlass.backfill WHERE revision_id = $1) \
         DELETE FROM windlass.revision WHERE revision_id = $1",
    )
    .text(revision.as_str())
}

/// Before a downgrade's first step, what an earlier attempt noted for this direction goes, and the
/// revision's backfills end.
pub(crate) fn revert_steps(revision: &RevisionId) -> Write {
    Write::new(
        "WITH over AS (UPDATE windlass.backfill SET state = 'cancelled' \
                        WHERE revision_id = $1 AND state IN ('running', 'paused', 'failed')) \
         DELETE FROM windlass.step WHERE revision_id = $1 AND direction = 'down'",
    )
    .text(revision.as_str())
}

/// Steps whose work was taken back are not done any more.
pub(crate) fn take_back_steps(revision: &RevisionId, direction: Direction, numbers: &[u32]) -> Write {
    let numbers: Vec<i32> = numbers
        .iter()
        .map(|number| i32::try_from(*number).unwrap_or(i32::MAX))
        .collect();
    Write::new("DELETE FROM windlass.step WHERE revision_id = $1 AND direction = $2 AND number = ANY ($3)")
        .text(revision.as_str())
        .text(direction.name())
        .with(numbers, Type::INT4_ARRAY)
}

/// The batches of such steps begin anew.
pub(crate) fn forget_backfills(revision: &RevisionId, numbers: &[u32]) -> Write {
    let numbers: Vec<i32> = numbers
        .iter()
        .map(|number| i32::try_from(*number).unwrap_or(i32::MAX))
        .collect();
    Write::new("DELETE FROM windlass.backfill WHERE revision_id = $1 AND step = ANY ($2)")
        .text(revision.as_str())
        .with(numbers, Type::INT4_ARRAY)
}

/// Adds a line to `windlass.history`; `action` is one of its words.
pub(crate) fn record(
    revision: &RevisionId,
    run_id: Option<&str>,
    action: &str,
    checksum: Option<&str>,
    detail: Option<&str>,
) -> Write {
    Write::new(
        "INSERT INTO windlass.history (run_id, revision_id, action, checksum, detail) \
         VALUES ($1::uuid, $2, $3, $4, $5)",
    )
    .optional(run_id.map(str::to_owned))
    .text(revision.as_str())
    .text(action)
    .optional(checksum.map(str::to_owned))
    .optional(detail.map(str::to_owned))
}

/// The checksums of an edited applied revision are accepted.
pub(crate) fn accept(
    revision: &RevisionId,
    checksum: &str,
    directives_checksum: &str,
    down_checksum: Option<&str>,
) -> Write {
    Write::new(
        "UPDATE windlass.revision SET checksum = $2, directives_checksum = $3, down_checksum = $4 \
          WHERE revision_id = $1",
    )
    .text(revision.as_str())
    .text(checksum)
    .text(directives_checksum)
    .optional(down_checksum.map(str::to_owned))
}

/// Somebody decided what became of a step. `state` none means that it shall be tried again.
pub(crate) fn resolve_step(
    revision: &RevisionId,
    direction: Direction,
    number: u32,
    state: Option<&str>,
) -> Write {
    Write::new(
        "WITH gone AS (DELETE FROM windlass.step \
                        WHERE revision_id = $1 AND direction = $2 AND number = $3 AND $4::text IS NULL), \
              kept AS (UPDATE windlass.step SET state = $4, finished_at = pg_catalog.clock_timestamp() \
                        WHERE revision_id = $1 AND direction = $2 AND number = $3 AND $4::text IS NOT NULL) \
         UPDATE windlass.revision SET state = 'running' WHERE revision_id = $1",
    )
    .text(revision.as_str())
    .text(direction.name())
    .int(i32::try_from(number).unwrap_or(i32::MAX))
    .optional(state.map(str::to_owned))
}
