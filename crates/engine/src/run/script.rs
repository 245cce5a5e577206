//! A run as a script for psql: the same steps, limits and journal rows, for those who may not let a
//! program write. What a script cannot do (retry, watch, repair, batches) it does not pretend to do:
//! where it stops, `windlass upgrade` goes on.

use windlass_compiler::directive::Triggers;
use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;
use windlass_compiler::plan::{Assertion, PlannedStatement, Probe, Shape, Step};
use windlass_compiler::sql::{quote_identifier, quote_literal};

use super::attempt;
use super::left::Left;
use super::prepare::settle;
use super::revision::{is_over, step_name, steps_of};
use super::work::{limits, policy_of};
use super::{Runner, Scripts, Upgrade, list, run_id};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Observe, StepName};
use crate::guard::{Guard, Place};
use crate::history::{Change, History, Native};
use crate::journal::{self, Fence, Snapshot, StepEnd, StepState, Write};
use crate::mutex::{LEADER, LOCK_CLASS, WORK};
use crate::session::{self, Purpose, Session};

const POSITION: &str = include_str!("script_position.sql");

/// A script to be written.
#[derive(Debug, Clone)]
pub struct ScriptRequest {
    /// Up or down.
    pub direction: Direction,
    /// Where to.
    pub target: Target,
    /// The same as it was typed, for the journal.
    pub target_text: String,
    /// Writes a data change in batches as one statement, which locks all its rows at once.
    pub unbatched: bool,
}

/// A script for psql.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Script {
    /// The revisions that it applies or reverts.
    pub revisions: Vec<RevisionId>,
    /// Its text; empty when nothing is to be done.
    pub text: String,
}

impl Runner {
    /// Writes what an upgrade or downgrade would run, and runs nothing.
    ///
    /// # Errors
    /// What the run itself would be refused for, and steps that a script cannot do.
    pub async fn script(&self, request: &ScriptRequest, observer: &dyn Observe) -> Result<Script> {
        let session = self.open(Purpose::Lock).await?;
        let journal = journal::read(session.client()).await?;
        let revisions = match request.direction {
            Direction::Up => {
                let upgrade = Upgrade {
                    target: request.target.clone(),
                    ..Upgrade::to_head()
                };
                self.judge(&upgrade, &journal, observer)?
            }
            Direction::Down => self.unwanted(&request.target, &journal)?,
        };
        let mut scripts = self.parse_all(&revisions, request.direction)?;
        self.scrutinise(&mut scripts, &revisions, request.direction, &journal, &session)
            .await?;
        if request.direction == Direction::Up {
            super::scrutiny::refuse(&scripts, &revisions)?;
        }
        for prepared in scripts.values_mut() {
            settle(session.client(), prepared).await?;
        }
        let mut script = Writer {
            runner: self,
            request,
            run_id: run_id(),
            refused: session.refused.clone(),
            text: String::new(),
        };
        if !revisions.is_empty() {
            script.opening(&session, &journal, &revisions).await?;
            let client = session.client();
            let builds = request.direction == Direction::Up && super::work::is_unused(client).await?;
            for id in &revisions {
                let guard = match builds {
                    true => Guard::off(),
                    false => {
                        let protects = &scripts[id].protects;
                        self.guard(client, id, request.direction, &journal, protects)
                            .await?
                    }
                };
                if journal.revisions.iter().any(|row| row.id == *id) {
                    not_under_way(session.client(), id).await?;
                }
                script.revision(id, &journal, &scripts, &guard)?;
            }
            script.closing(revisions.len());
        }
        Ok(Script {
            revisions,
            text: script.text,
        })
    }
}

/// A script under construction.
struct Writer<'r> {
    runner: &'r Runner,
    request: &'r ScriptRequest,
    run_id: String,
    /// Settings that this server does not take.
    refused: Vec<&'static str>,
    text: String,
}

impl Writer<'_> {
    /// A line of psql, or of a comment.
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A statement; its semicolon stands on a line of its own where a comment would swallow it.
    fn statement(&mut self, sql: &str) {
        self.text.push_str(sql.trim_end());
        let last = sql.trim_end().lines().last().unwrap_or("");
        self.text
            .push_str(if last.contains("--") { "\n;\n" } else { ";\n" });
    }

    fn write(&mut self, write: &Write) {
        self.statement(&write.text_for_psql());
    }

    /// Everything before the first revision: who may run it, when, and as whom.
    async fn opening(
        &mut self,
        session: &Session,
        journal: &Snapshot,
        revisions: &[RevisionId],
    ) -> Result<()> {
        let verb = match self.request.direction {
            Direction::Up => "applies",
            Direction::Down => "reverts",
        };
        self.line(&format!(
            "-- Written by windlass {}; {verb} {}.",
            env!("CARGO_PKG_VERSION"),
            one_comment(&list(revisions))
        ));
        self.line("-- Run it with psql as it is: psql --no-psqlrc --file=THIS_FILE \"$DATABASE_URL\"");
        self.line("-- It stops at the first error; what is committed by then stays, and `windlass upgrade` or a new");
        self.line(
            "-- script goes on from there. Unlike windlass it neither retries nor watches who waits for it.",
        );
        self.line("\\set ON_ERROR_STOP on");
        self.line("\\set AUTOCOMMIT on");
        self.line("\\set ON_ERROR_ROLLBACK off");
        let position = match journal.version {
            Some(_) => {
                let row = session
                    .client()
                    .query_typed_one(POSITION, &[])
                    .await
                    .map_err(|error| session::failed(error, "failed to read the journal"))?;
                Some(row.get::<_, String>(0))
            }
            None => None,
        };
        self.session();
        self.statement(&guard(position.as_deref()));
        if journal.version != Some(journal::VERSION) {
            self.line("\n-- The journal's own tables.");
            let from = journal.version.unwrap_or(0);
            let script = journal::upgrading(session.client(), from).await?;
            self.text.push_str(&script);
        }
        self.line("\n-- Takes the lead: an epoch of its own, which each step holds on to.");
        self.statement(&format!(
            "UPDATE windlass.leader SET epoch = epoch + 1, run_id = {}::uuid",
            quote_literal(&self.run_id)
        ));
        self.line("SELECT epoch AS windlass_epoch FROM windlass.leader \\gset");
        let (command, runner) = match self.request.direction {
            Direction::Up => ("upgrade", "a script run by psql"),
            Direction::Down => ("downgrade", "a script run by psql"),
        };
        let begin = journal::begin_run(
            &self.run_id,
            Fence { epoch: EPOCH },
            command,
            &self.request.target_text,
            self.runner.policy.profile.value.name(),
            runner,
        );
        self.statement(&with_epoch(&begin.text_for_psql()));
        Ok(())
    }

    /// What every session of ours is set to, as far as psql can.
    fn session(&mut self) {
        let (runner, refused) = (self.runner, self.refused.clone());
        for (name, value) in settings(runner, &refused) {
            self.statement(&format!(
                "SELECT pg_catalog.set_config({}, {}, false)",
                quote_literal(name),
                quote_literal(value)
            ));
        }
        if let Some(role) = &self.runner.session.role {
            self.statement(&format!("SET ROLE {}", quote_identifier(role)));
        }
    }

    fn revision(
        &mut self,
        id: &RevisionId,
        journal: &Snapshot,
        scripts: &Scripts,
        guard: &Guard,
    ) -> Result<()> {
        let direction = self.request.direction;
        let row = journal.revisions.iter().find(|row| row.id == *id);
        let rows = steps_of(journal, id, direction);
        if let Some(open) = rows.iter().find(|row| row.state == StepState::Intended) {
            return Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "step {} of {id} was interrupted, and a script cannot find out what became of it",
                    open.number
                ),
            )
            .hint("let windlass finish it: `windlass upgrade`"));
        }
        let Left { steps, .. } = self.runner.steps_left(id, direction, journal, &scripts[id])?;
        let of = u32::try_from(rows.iter().filter(|row| is_over(row.state)).count() + steps.len())
            .unwrap_or(u32::MAX);
        let mut frozen = self.runner.frozen(id, direction, row, &steps, &rows)?;
        frozen.protects(&guard.tables());
        let mut before = vec![journal::start_revision(&frozen, &self.run_id)];
        if direction == Direction::Down && rows.is_empty() {
            before.push(journal::revert_steps(id));
        }
        let finish = Native.record(&Change {
            revision: id,
            direction,
            checksum: &frozen.checksum,
            run_id: &self.run_id,
        });
        self.line(&format!(
            "\n-- ---------------------------------------------------------------- {}",
            one_comment(id.as_str())
        ));
        self.line(&format!("\\echo {}", for_psql(&format!("{id}: {of} steps"))));
        // Settings that the steps of an earlier run left behind.
        let kept = rows
            .iter()
            .rev()
            .filter(|row| is_over(row.state))
            .find_map(|row| row.session.as_deref())
            .and_then(attempt::replay);
        if let Some(replay) = kept {
            self.statement(&replay);
        }
        let last = steps.last().map(|step| step.number);
        for step in &steps {
            let job = Written {
                step,
                name: step_name(id, step, of),
                before: std::mem::take(&mut before),
                after: if Some(step.number) == last { &finish } else { &[] },
                keeps: Some(step.number) != last,
                guard,
            };
            self.step(&job)?;
        }
        if steps.is_empty() {
            self.statement("BEGIN");
            self.fence();
            before.iter().chain(&finish).for_each(|write| self.write(write));
            self.statement("COMMIT");
        }
        if steps.iter().any(Step::changes_session) {
            self.statement(&attempt::cleaning());
            self.session();
        }
        Ok(())
    }

    fn step(&mut self, job: &Written<'_>) -> Result<()> {
        let step = job.step;
        self.line(&format!(
            "\n-- Step {} of {}, {} lane: {}.",
            step.number,
            job.name.of,
            step.lane.name(),
            step.cut.reason()
        ));
        match step.shape {
            Shape::Transaction => self.transaction(job),
            Shape::Backfill if is_deferred(job.step) => Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "{} step {} hands a backfill over to workers, which a script cannot do",
                    job.name.revision, step.number
                ),
            )
            .hint("let windlass run it: `windlass upgrade`, then `windlass worker`")),
            Shape::Backfill if self.request.unbatched && passes_over_triggers(step) == Some(false) => {
                Err(Error::new(
                    ErrorKind::Refused,
                    format!(
                        "{} step {} passes over triggers (triggers=skip), and a script does not look first whether it may",
                        job.name.revision, step.number
                    ),
                )
                .hint("let windlass run it: `windlass upgrade`"))
            }
            Shape::Backfill if self.request.unbatched => self.transaction(job),
            Shape::Backfill => Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "{} step {} changes rows in batches, which a script cannot do",
                    job.name.revision, step.number
                ),
            )
            .hint("let windlass run it: `windlass upgrade`")
            .hint("or write it as one statement, which locks all its rows until it ends: --unbatched")),
            Shape::Alone => self.alone(job),
        }
    }

    fn transaction(&mut self, job: &Written<'_>) -> Result<()> {
        let limits = self.limits(job)?;
        let role = self.runner.policy.role.value.as_deref();
        self.statement(&limits.begin());
        self.fence();
        job.before.iter().for_each(|write| self.write(write));
        let place = Place {
            revision: &job.name.revision,
            direction: self.request.direction,
            run_id: Some(&self.run_id),
        };
        if job
            .guard
            .backing(job.step, place)
            .is_some_and(|backing| backing.takes())
        {
            return Err(Error::new(
                ErrorKind::Refused,
                format!(
                    "{} step {} copies what it takes, which a script cannot do",
                    job.name.revision, job.step.number
                ),
            )
            .hint("let windlass run it, or leave the copies out: --set guard.backup=off"));
        }
        let watching = job.guard.watch(job.step, place);
        if let Some(watching) = &watching {
            self.line("-- What protected tables, and those that are named here, are before the step.");
            self.statement(&watching.before);
        }
        let is_past_triggers = passes_over_triggers(job.step).is_some();
        if is_past_triggers {
            self.statement("SET LOCAL session_replication_role = replica");
        }
        self.trial(job, |script| {
            if is_past_triggers {
                script.statement("SET LOCAL session_replication_role = DEFAULT");
            }
            if job.keeps && job.step.changes_session() {
                let mut ours = limits.ours(role);
                ours.extend(
                    settings(script.runner, &script.refused)
                        .iter()
                        .map(|(name, value)| format!("{name}={value}")),
                );
                let custom = attempt::custom_settings(job.step, None);
                script.write(&journal::save_session(ours, custom));
            }
            if job.step.changes_session() {
                script.statement(&format!(
                    "RESET SESSION AUTHORIZATION; {}",
                    attempt::set_role(role)
                ));
            }
            if let Some(watching) = &watching {
                script.statement("SET CONSTRAINTS ALL IMMEDIATE");
                script.statement(&watching.after(&[], &[]));
            }
            let done = script.done(job);
            script.write(&done);
            job.after.iter().for_each(|write| script.write(write));
            script.statement("COMMIT");
        });
        Ok(())
    }

    fn alone(&mut self, job: &Written<'_>) -> Result<()> {
        let limits = self.limits(job)?;
        self.statement("BEGIN");
        self.fence();
        job.before.iter().for_each(|write| self.write(write));
        let intent = journal::intend_step_here(&job.end(self.request.direction, None), &self.run_id);
        self.write(&intent);
        self.statement("COMMIT");
        self.statement(&format!("SET lock_timeout = {}", limits.lock_timeout.as_millis()));
        self.statement(&format!(
            "SET statement_timeout = {}",
            limits.statement_timeout.as_millis()
        ));
        self.trial(job, |script| {
            script.statement("SET lock_timeout = 0");
            script.statement("SET statement_timeout = 0");
            if let Some(valid) = job.step.first().and_then(is_valid) {
                script.line("-- IF NOT EXISTS succeeds also where an INVALID remain stands.");
                script.statement(&valid);
            }
            script.statement("BEGIN");
            script.fence();
            let done = script.done(job);
            script.write(&done);
            job.after.iter().for_each(|write| script.write(write));
            script.statement("COMMIT");
        });
        Ok(())
    }

    /// The step's statements, and what follows when they succeed. A best-effort one may fail: then its
    /// row says so, and the script goes on.
    fn trial(&mut self, job: &Written<'_>, succeeded: impl FnOnce(&mut Self)) {
        if !job.step.best_effort {
            self.statements(job.step);
            succeeded(self);
            return;
        }
        let place = job.step.statements.first().map_or(String::new(), |statement| {
            format!("line {}: {}: ", statement.line, attempt::one_line(&statement.sql))
        });
        self.line("\\set ON_ERROR_STOP off");
        self.statements(job.step);
        self.line("\\if :ERROR");
        self.line("\\set windlass_error :LAST_ERROR_MESSAGE");
        self.line("\\set ON_ERROR_STOP on");
        self.statement("ROLLBACK");
        if let Some(drop) = job.step.first().and_then(drop_remain) {
            self.line(&drop);
        }
        self.statement("BEGIN");
        self.fence();
        // In the transaction that was rolled back, these went too; repeating them changes nothing.
        job.before.iter().for_each(|write| self.write(write));
        let skipped = journal::step_done(
            &job.end(self.request.direction, Some(WARNING.to_owned())),
            &self.run_id,
        );
        self.statement(&skipped.text_for_psql().replace(
            &quote_literal(WARNING),
            &format!("{} || :'windlass_error'", quote_literal(&place)),
        ));
        job.after.iter().for_each(|write| self.write(write));
        self.statement("COMMIT");
        self.line("\\else");
        self.line("\\set ON_ERROR_STOP on");
        succeeded(self);
        self.line("\\endif");
    }

    fn statements(&mut self, step: &Step) {
        for statement in &step.statements {
            match (&statement.assertion, &statement.copy_data) {
                (Some(assertion), _) => {
                    let (word, text) = match assertion {
                        Assertion::Require(text) => ("require", text),
                        Assertion::Verify(text) => ("verify", text),
                    };
                    self.line(&format!("\\echo {}", for_psql(&format!("{word}: {text}"))));
                    self.line("-- A division by zero here means that it is not true.");
                    self.statement(&format!(
                        "SELECT 1 / coalesce((\n{}\n), false)::integer AS {}",
                        statement.sql,
                        quote_identifier(word)
                    ));
                }
                (None, Some(data)) => {
                    self.statement(&statement.sql);
                    self.text.push_str(data);
                    if !data.is_empty() && !data.ends_with('\n') {
                        self.text.push('\n');
                    }
                    self.line("\\.");
                }
                (None, None) => self.statement(&statement.sql),
            }
        }
    }

    fn limits(&self, job: &Written<'_>) -> Result<attempt::Limits> {
        let policy = policy_of(&self.runner.policy, &job.name.revision, job.step)?;
        Ok(limits(&policy, job.step, 1))
    }

    fn done(&self, job: &Written<'_>) -> Write {
        journal::step_done(&job.end(self.request.direction, None), &self.run_id)
    }

    fn fence(&mut self) {
        let fence = journal::fence(Fence { epoch: EPOCH });
        self.statement(&with_epoch(&fence.text_for_psql()));
    }

    fn closing(&mut self, count: usize) {
        let result = match self.request.direction {
            Direction::Up => "applied",
            Direction::Down => "reverted",
        };
        self.line("\n-- The end of the run.");
        let end = journal::end_run(&self.run_id, result, None, 0, std::time::Duration::ZERO);
        self.write(&end);
        for key in [WORK, LEADER] {
            self.statement(&format!(
                "SELECT pg_catalog.pg_advisory_unlock({LOCK_CLASS}, {key})"
            ));
        }
        self.line(&format!(
            "\\echo {}",
            for_psql(&format!("{result} {count} revisions"))
        ));
    }
}

/// The settings that a session of ours has from its start packet, but for those that the server refused.
fn settings<'r>(runner: &'r Runner, refused: &[&str]) -> Vec<(&'r str, &'r str)> {
    let path = runner.session.search_path.as_deref();
    [("client_encoding", "UTF8"), ("application_name", "windlass work")]
        .into_iter()
        .chain(session::STARTUP)
        .filter(|(name, _)| !name.starts_with("tcp_") && !refused.contains(name))
        .chain(path.map(|path| ("search_path", path)))
        .collect()
}

/// One step of the script.
struct Written<'w> {
    step: &'w Step,
    name: StepName,
    before: Vec<Write>,
    after: &'w [Write],
    /// A later step of the revision may want its settings.
    keeps: bool,
    /// What may not be lost.
    guard: &'w Guard,
}

impl Written<'_> {
    fn end(&self, direction: Direction, warning: Option<String>) -> StepEnd<'_> {
        StepEnd {
            revision: &self.name.revision,
            direction,
            number: self.step.number,
            lane: self.step.lane.name(),
            title: &self.name.title,
            attempts: 1,
            warning,
        }
    }
}

/// Stands for the epoch, which is known only when the script runs.
const EPOCH: i64 = i64::MIN;
/// Stands for the server's words about a best-effort step that failed.
const WARNING: &str = "the server's words";

fn with_epoch(sql: &str) -> String {
    sql.replace(&EPOCH.to_string(), ":windlass_epoch")
}

/// Refuses to go on unless nobody leads and the journal stands where the script was written for.
fn guard(position: Option<&str>) -> String {
    let fits = match position {
        Some(position) => format!(
            "IF ({}) IS DISTINCT FROM {} THEN",
            POSITION.trim(),
            quote_literal(position)
        ),
        None => "IF pg_catalog.to_regclass('windlass.leader') IS NOT NULL THEN".to_owned(),
    };
    format!(
        "DO LANGUAGE plpgsql $windlass$\nBEGIN\n  \
         IF NOT (pg_catalog.pg_try_advisory_lock({LOCK_CLASS}, {LEADER}) AND pg_catalog.pg_try_advisory_lock({LOCK_CLASS}, {WORK})) THEN\n    \
         RAISE EXCEPTION 'another runner is at work in this database' USING HINT = 'wait for it, then write the script anew';\n  END IF;\n  \
         {fits}\n    \
         RAISE EXCEPTION 'the database is not where this script was written for' USING HINT = 'write it anew: windlass upgrade --sql';\n  END IF;\n\
         END $windlass$"
    )
}

/// A script would change the rows again that a data change has changed in its batches.
async fn not_under_way(client: &tokio_postgres::Client, id: &RevisionId) -> Result<()> {
    match journal::backfills::begun_of(client, id.as_str()).await?.first() {
        None => Ok(()),
        Some((name, rows)) => Err(Error::new(
            ErrorKind::Refused,
            format!("backfill {name} of {id} is under way ({rows} rows), and a script cannot go on with it"),
        )
        .hint("let windlass finish it: `windlass upgrade`")),
    }
}

/// Fails unless the index is there and valid.
fn is_valid(statement: &PlannedStatement) -> Option<String> {
    let Probe::CreateIndex { index, relation, .. } = statement.probe() else {
        return None;
    };
    Some(format!(
        "SELECT 1 / pg_catalog.count(*) AS index_is_valid FROM pg_catalog.pg_index \
           JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid \
          WHERE indrelid = pg_catalog.to_regclass({}) AND relname = {} AND indisvalid",
        quote_literal(&relation.to_string()),
        quote_literal(index)
    ))
}

/// Drops the INVALID remain of a build that failed, wherever its table's schema is.
fn drop_remain(statement: &PlannedStatement) -> Option<String> {
    let Probe::CreateIndex { index, relation, .. } = statement.probe() else {
        return None;
    };
    Some(format!(
        "SELECT pg_catalog.format('DROP INDEX CONCURRENTLY %s', indexrelid::pg_catalog.regclass) FROM pg_catalog.pg_index \
           JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid \
          WHERE indrelid = pg_catalog.to_regclass({}) AND relname = {} AND NOT indisvalid \\gexec",
        quote_literal(&relation.to_string()),
        quote_literal(index)
    ))
}

/// A text as one argument of a psql command.
fn for_psql(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('\\', "\\\\");
    format!("'{}'", text.replace('\'', "''"))
}

/// A text that does not end its comment.
fn one_comment(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Whether a step's rows are changed past their table's triggers: if so, whether a safe form does it, which was made for the
/// triggers and constraints that there are.
fn passes_over_triggers(step: &Step) -> Option<bool> {
    let mut statements = step.statements.iter();
    let statement = statements.find(|statement| {
        let batches = statement.backfill.as_ref();
        batches.is_some_and(|batches| batches.options.triggers == Triggers::Skip)
    })?;
    Some(statement.rewrite.is_some())
}

/// Whether a step's rows are changed after its revision.
fn is_deferred(step: &Step) -> bool {
    let batches = step
        .statements
        .iter()
        .filter_map(|statement| statement.backfill.as_ref());
    batches.into_iter().any(|batches| batches.deferred.is_some())
}
