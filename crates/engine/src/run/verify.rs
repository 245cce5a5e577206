//! The assertions of applied revisions, asked again on demand. Each is a read-only transaction of its
//! own: nothing is written, no leader is needed, and a hot standby will do.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, SimpleQueryMessage};
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{Assertion, PlannedStatement, PreparedStatement};
use windlass_compiler::sql;

use super::Runner;
use super::attempt::{answered, one_line};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::session::{self, Purpose, Stop};
use crate::standing::standing;
use crate::{journal, session::Session};

/// How many offending rows are shown.
pub(super) const SHOWN: usize = 5;

/// One `verify` of one applied revision, and what became of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verification {
    /// The revision.
    pub revision: RevisionId,
    /// The line of the statement in its file.
    pub line: usize,
    /// What it says is true.
    pub text: String,
    /// The query.
    pub sql: String,
    /// What the database answered.
    pub verdict: Verdict,
    /// How long the answer took.
    pub took: Duration,
    /// The first rows in the way, where the query's form tells which they are.
    pub offenders: Option<Offenders>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is true.
    Holds,
    /// It is not true.
    Fails,
    /// It could not be asked, or its answer was no boolean: the server's words or ours.
    Unanswered(String),
}

/// Rows as the server writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offenders {
    /// The columns.
    pub columns: Vec<String>,
    /// The first few rows; none stands for NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// There are more.
    pub more: bool,
}

impl Runner {
    /// Asks every `verify` of the applied revisions again, of `only` these where it is not empty, and
    /// not of `except`. Each query may take at most `limit`.
    ///
    /// # Errors
    /// No connection, a journal or a file that cannot be read, or a revision of `only` that is not applied.
    pub async fn verify(
        &self,
        only: &[RevisionId],
        except: &[RevisionId],
        limit: Option<Duration>,
        stop: &Stop,
    ) -> Result<Vec<Verification>> {
        let session = self.open(Purpose::Work).await?;
        let journal = journal::read(session.client()).await?;
        let applied: HashSet<RevisionId> = standing(&self.directory, &self.graph, &journal)
            .applied
            .into_iter()
            .collect();
        // A squash stands where all that it replaces is applied.
        let stands = |id: &RevisionId| {
            applied.contains(id)
                || self.file(id).is_some_and(|file| {
                    let replaces = &file.header.replaces;
                    !replaces.is_empty() && replaces.iter().all(|id| applied.contains(id))
                })
        };
        if let Some(id) = only.iter().find(|id| !stands(id)) {
            return Err(
                Error::new(ErrorKind::BadInput, format!("{id} is not applied here"))
                    .hint("`windlass status` lists what is"),
            );
        }
        let mut found = Vec::new();
        for id in self.graph.order().filter(|id| stands(id)) {
            if except.contains(id) || (!only.is_empty() && !only.contains(id)) {
                continue;
            }
            let statements = self.prepare(id, Direction::Up)?.statements;
            for (index, asked) in asked(&session, &statements).await? {
                let Some(Assertion::Verify(text)) = &asked.assertion else {
                    continue;
                };
                stop.check()?;
                let settings: Vec<&str> = statements[..index]
                    .iter()
                    .filter(|statement| statement.planned.kind == "set")
                    .map(|statement| statement.planned.sql.as_str())
                    .collect();
                let began = Instant::now();
                let asking = ask(&session, &asked, &settings, limit);
                let (verdict, offenders) = tokio::select! {
                    answer = asking => answer?,
                    () = stop.asked() => {
                        session.cancel().await;
                        return Err(session::interrupted());
                    }
                };
                found.push(Verification {
                    revision: id.clone(),
                    line: asked.line,
                    text: text.clone(),
                    sql: asked.sql.to_string(),
                    verdict,
                    took: began.elapsed(),
                    offenders,
                });
            }
        }
        Ok(found)
    }
}

/// The statements of a revision that verify, each with its place; those of a background job once it is done.
async fn asked(
    session: &Session,
    statements: &[PreparedStatement],
) -> Result<Vec<(usize, PlannedStatement)>> {
    let mut found = Vec::new();
    for (index, prepared) in statements.iter().enumerate() {
        let planned = &prepared.planned;
        if planned.assertion.is_some() {
            found.push((index, PlannedStatement::clone(planned)));
        }
        let Some((batches, job)) = planned
            .backfill
            .as_ref()
            .and_then(|batches| Some((batches, batches.deferred.as_ref()?)))
        else {
            continue;
        };
        let row = journal::backfills::backfill(session.client(), &batches.name).await?;
        if row.is_some_and(|row| row.state == "done") {
            found.extend(job.verify.iter().map(|(text, sql)| {
                let asked = PlannedStatement {
                    sql: sql.as_str().into(),
                    assertion: Some(Assertion::Verify(text.clone())),
                    backfill: None,
                    ..PlannedStatement::clone(planned)
                };
                (index, asked)
            }));
        }
    }
    Ok(found)
}

/// Asks one query, and for the rows in its way when it is not true. Both see the same snapshot.
async fn ask(
    session: &Session,
    statement: &PlannedStatement,
    settings: &[&str],
    limit: Option<Duration>,
) -> Result<(Verdict, Option<Offenders>)> {
    let client = session.client();
    let answered = async {
        client
            .batch_execute(&format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}",
                limit.unwrap_or_default().as_millis()
            ))
            .await?;
        for setting in settings {
            client.batch_execute(setting).await?;
        }
        client.simple_query(&statement.sql).await
    }
    .await;
    let verdict = match answered {
        Err(error) if session::is_lost(&error) => return Err(session::lost(error)),
        Err(error) => Verdict::Unanswered(words(&error)),
        Ok(answer) => verdict(&answer),
    };
    let offenders = match &verdict {
        Verdict::Fails => rows_in_the_way(client, &statement.sql).await?,
        _ => None,
    };
    client.batch_execute("ROLLBACK").await.map_err(session::lost)?;
    Ok((verdict, offenders))
}

fn verdict(answer: &[SimpleQueryMessage]) -> Verdict {
    match answered(answer) {
        Ok((true, _)) => Verdict::Holds,
        Ok((false, _)) => Verdict::Fails,
        Err(other) => Verdict::Unanswered(format!(
            "the query did not answer with one true or false but with {other}"
        )),
    }
}

async fn rows_in_the_way(client: &Client, assertion: &str) -> Result<Option<Offenders>> {
    let Some(query) = sql::offenders(assertion) else {
        return Ok(None);
    };
    // A portal fetches no more than is shown, whatever limit the query has of its own.
    let fetch = SHOWN + 1;
    let script = format!(
        "DECLARE windlass_offenders NO SCROLL CURSOR FOR {query}; FETCH {fetch} FROM windlass_offenders"
    );
    let answer = match client.simple_query(&script).await {
        Ok(answer) => answer,
        Err(error) if session::is_lost(&error) => return Err(session::lost(error)),
        // The assertion's own answer stands; the rows were a courtesy.
        Err(_) => return Ok(None),
    };
    let mut offenders = Offenders::default();
    for message in &answer {
        match message {
            SimpleQueryMessage::RowDescription(columns) => {
                offenders.columns = columns.iter().map(|column| column.name().to_owned()).collect();
            }
            SimpleQueryMessage::Row(row) => offenders.rows.push(
                (0..row.len())
                    .map(|column| row.get(column).map(one_line))
                    .collect(),
            ),
            _ => {}
        }
    }
    offenders.more = offenders.rows.len() > SHOWN;
    offenders.rows.truncate(SHOWN);
    Ok(Some(offenders))
}

fn words(error: &tokio_postgres::Error) -> String {
    error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| db.message().to_owned())
}
