//! A data change in batches: key ranges of one table, a transaction each, the cursor committed
//! with the rows.
//!
//! First slice: tables with a primary key of one integer column, one worker, a fixed batch size.
//! Ranges are `key > lo AND key <= hi`, never `IN (SELECT … LIMIT)` (that form has a plan cliff),
//! and each key is in exactly one range, so that `SET n = n * 100` happens once per row.

use std::time::{Duration, Instant};

use tokio_postgres::types::Type;
use windlass_compiler::plan::{Batches, PlannedStatement};
use windlass_compiler::policy::LanePolicy;
use windlass_compiler::sql::{narrowed, quote_identifier};

use super::attempt::{literal, one_line};
use super::retry::{self, Failure, Next};
use super::work::{Attempted, Job, Work, lost_the_lead, refused};
use crate::blockers;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::journal::{self, Cursor, Write};
use crate::session;

/// Progress is told no more often than this.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// One backfill while it runs.
struct Run<'j> {
    batches: &'j Batches,
    statement: &'j PlannedStatement,
    /// The key column, quoted.
    key: String,
    cursor: Cursor,
}

impl Work<'_> {
    /// Runs all batches that are left, and records the step.
    pub(super) async fn backfill(&mut self, job: &Job<'_>, policy: &LanePolicy) -> Result<Attempted> {
        self.clean().await?;
        let Some((statement, batches)) = job
            .step
            .statements
            .first()
            .and_then(|first| Some((first, first.backfill.as_ref()?)))
        else {
            return Ok(Attempted::Done);
        };
        self.commit(&job.before.iter().collect::<Vec<_>>()).await?;
        let key = key_column(self.session.client(), batches).await?;
        let begun = journal::read_cursor(self.session.client(), &batches.name, &job.name.revision).await?;
        let resumed = begun.is_some();
        let cursor = match begun {
            Some(cursor) => cursor,
            None => first_cursor(self.session.client(), batches, &key).await?,
        };
        let mut run = Run {
            batches,
            statement,
            key,
            cursor,
        };
        let tenants = self.tenants(&run, resumed).await?;
        self.observer.event(Event::BackfillStarted {
            step: job.name.clone(),
            tenants: batches.by.as_ref().map(|(_, word)| (word.clone(), tenants.len())),
            rows: u64::try_from(run.cursor.rows).unwrap_or_default(),
        });
        for (index, tenant) in tenants.into_iter().enumerate() {
            if index > 0 || !resumed {
                run.cursor.tenant = tenant;
                run.cursor.key = None;
            }
            self.tenant(job, policy, &mut run).await?;
        }
        self.observer.event(Event::BackfillProgress {
            step: job.name.clone(),
            whose: String::new(),
            rows: u64::try_from(run.cursor.rows).unwrap_or_default(),
            done: true,
        });
        let finished = journal::move_cursor(
            &batches.name,
            &job.name.revision,
            job.step.number,
            &run.cursor,
            true,
            &self.run_id,
        );
        // In one transaction: a backfill that is done while its step is not would be done again.
        let done = self.step_row(&job.name, job.direction, job.step);
        let writes: Vec<&Write> = [&finished, &done].into_iter().chain(&job.after).collect();
        self.commit(&writes).await?;
        Ok(Attempted::Done)
    }

    /// All batches of one tenant, or of the whole table.
    async fn tenant(&mut self, job: &Job<'_>, policy: &LanePolicy, run: &mut Run<'_>) -> Result<()> {
        let whose = match (&run.batches.by, &run.cursor.tenant) {
            (Some((_, word)), Some(Some(tenant))) => format!("{word} {tenant}"),
            (Some((_, word)), Some(None)) => format!("no {word}"),
            _ => String::new(),
        };
        let mut changed = 0;
        let mut told = Instant::now();
        while let Some(end) = run.range_end(self.session.client()).await? {
            self.stop.check()?;
            let rows = self.batch(job, policy, run, end).await?;
            changed += rows;
            if told.elapsed() >= TELL_EVERY {
                self.observer.event(Event::BackfillProgress {
                    step: job.name.clone(),
                    whose: whose.clone(),
                    rows: changed,
                    done: false,
                });
                told = Instant::now();
            }
            if !run.batches.pause.is_zero() {
                self.stop.sleep(run.batches.pause).await?;
            }
        }
        if !whose.is_empty() {
            self.observer.event(Event::BackfillProgress {
                step: job.name.clone(),
                whose,
                rows: changed,
                done: true,
            });
        }
        Ok(())
    }

    /// One batch with all its attempts: the rows up to `end` and the cursor commit together.
    async fn batch(
        &mut self,
        job: &Job<'_>,
        policy: &LanePolicy,
        run: &mut Run<'_>,
        end: i64,
    ) -> Result<u64> {
        let began = Instant::now();
        let sql = run.narrowed(end)?;
        let mut attempt = 1;
        loop {
            let client = self.session.client();
            let outcome = async {
                client
                    .batch_execute(&format!(
                        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {}; \
                         SET LOCAL statement_timeout = {}",
                        policy
                            .lock_timeout
                            .for_attempt(attempt)
                            .unwrap_or_default()
                            .as_millis(),
                        policy.statement_timeout.unwrap_or_default().as_millis()
                    ))
                    .await?;
                journal::fence(self.fence).send(client).await?;
                let rows = client.execute_typed(&sql, &[]).await?;
                let moved = Cursor {
                    key: Some(end),
                    rows: run.cursor.rows + i64::try_from(rows).unwrap_or_default(),
                    ..run.cursor.clone()
                };
                journal::move_cursor(
                    &run.batches.name,
                    &job.name.revision,
                    job.step.number,
                    &moved,
                    false,
                    &self.run_id,
                )
                .send(client)
                .await?;
                client.batch_execute("COMMIT").await?;
                Ok((moved, rows))
            }
            .await;
            let error = match outcome {
                Ok((moved, rows)) => {
                    run.cursor = moved;
                    return Ok(rows);
                }
                Err(error) => error,
            };
            let error: tokio_postgres::Error = error;
            // The first error is the one to tell; this only ends the transaction.
            let _ = client.batch_execute("ROLLBACK").await;
            if error.code().is_some_and(|code| code.code() == journal::FENCED) {
                return Err(lost_the_lead());
            }
            let what = format!("line {}: {}", run.statement.line, one_line(&run.statement.sql));
            let Attempted::Failed { failure, error, .. } = refused(error, &what, Vec::new())? else {
                continue;
            };
            match retry::next(policy, failure, attempt, began.elapsed(), rand::random()) {
                Next::GiveUp => {
                    let kind = if failure == Failure::Final {
                        ErrorKind::Failed
                    } else {
                        ErrorKind::Locked
                    };
                    return Err(
                        Error::new(kind, format!("{error}; in the batch up to {} {end}", run.key))
                            .hint("the batches before it are committed; run the same command again to go on"),
                    );
                }
                Next::RetryAfter(after) => {
                    let blockers = blockers::of(self.lock.client(), self.session.pid)
                        .await
                        .unwrap_or_default();
                    self.pause(&job.name, attempt, failure, blockers, after).await?;
                    attempt += 1;
                }
            }
        }
    }

    /// The tenants that are left, in the order of their column, those without one last; a single
    /// none where it is not done by tenants.
    async fn tenants(&self, run: &Run<'_>, resumed: bool) -> Result<Vec<Option<Option<String>>>> {
        let Some((column, _)) = &run.batches.by else {
            return Ok(vec![None]);
        };
        let column = quote_identifier(column);
        let from = match (&run.cursor.tenant, resumed) {
            (Some(Some(tenant)), true) => {
                format!("WHERE {column} >= {} OR {column} IS NULL", literal(tenant))
            }
            (Some(None), true) => format!("WHERE {column} IS NULL"),
            _ => String::new(),
        };
        let rows = self
            .session
            .client()
            .query_typed(
                &format!(
                    "SELECT tenant::text FROM (SELECT DISTINCT {column} AS tenant FROM {} {from}) AS found \
                      ORDER BY found.tenant NULLS LAST",
                    run.batches.target.relation
                ),
                &[],
            )
            .await
            .map_err(|error| session::failed(error, "failed to find the tenants of a backfill"))?;
        Ok(rows.iter().map(|row| Some(row.get(0))).collect())
    }
}

impl Run<'_> {
    /// The last key of the next range; none when the tenant is done.
    async fn range_end(&self, client: &tokio_postgres::Client) -> Result<Option<i64>> {
        let sql = format!(
            "SELECT max(key) FROM (SELECT {key}::bigint AS key FROM {table} AS target WHERE {where} \
              ORDER BY {key} LIMIT {rows}) AS range",
            key = format_args!("target.{}", self.key),
            table = self.batches.target.relation,
            where = self.predicate("target", self.cursor.upper),
            rows = self.batches.rows,
        );
        let row = client
            .query_typed_one(&sql, &[])
            .await
            .map_err(|error| session::failed(error, "failed to find the next range of a backfill"))?;
        Ok(row.get(0))
    }

    fn narrowed(&self, end: i64) -> Result<String> {
        narrowed(
            &self.statement.sql,
            &self.predicate(&self.batches.target.qualifier, end),
        )
        .map_err(|error| {
            Error::new(
                ErrorKind::BadInput,
                format!("the statement cannot be narrowed to a range: {error}"),
            )
        })
    }

    /// The range behind the cursor up to `end`, of the cursor's tenant.
    fn predicate(&self, qualifier: &str, end: i64) -> String {
        let key = format!("{qualifier}.{}", self.key);
        let mut parts = vec![format!("{key} <= '{end}'")];
        if let Some(after) = self.cursor.key {
            parts.push(format!("{key} > '{after}'"));
        }
        if let (Some((column, _)), Some(tenant)) = (&self.batches.by, &self.cursor.tenant) {
            let column = format!("{qualifier}.{}", quote_identifier(column));
            parts.push(match tenant {
                Some(tenant) => format!("{column} = {}", literal(tenant)),
                None => format!("{column} IS NULL"),
            });
        }
        parts.join(" AND ")
    }
}

/// The one integer column of the table's primary key.
async fn key_column(client: &tokio_postgres::Client, batches: &Batches) -> Result<String> {
    let relation = batches.target.relation.to_string();
    let row = client
        .query_typed_opt(include_str!("key_column.sql"), &[(&relation, Type::TEXT)])
        .await
        .map_err(session::lost)?;
    row.map(|row| quote_identifier(row.get(0))).ok_or_else(|| {
        Error::new(
            ErrorKind::Refused,
            format!(
                "{relation} has no primary key of one integer column, which a backfill needs in this version"
            ),
        )
        .hint("remove the backfill directive to run the statement in one transaction")
    })
}

async fn first_cursor(client: &tokio_postgres::Client, batches: &Batches, key: &str) -> Result<Cursor> {
    let sql = format!(
        "SELECT coalesce(max({key})::bigint, '-9223372036854775808'::bigint) FROM {}",
        batches.target.relation
    );
    let row = client
        .query_typed_one(&sql, &[])
        .await
        .map_err(|error| session::failed(error, "failed to find the upper bound of a backfill"))?;
    Ok(Cursor {
        upper: row.get(0),
        tenant: None,
        key: None,
        rows: 0,
    })
}
