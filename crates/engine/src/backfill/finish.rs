//! The end of a pass: whether another sweep follows, and the end of a background job: what it promised is
//! asked, and what helped it goes away.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::crew::Crew;
use super::prepare;
use super::task::{Cut, Task};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;
use crate::journal::backfills::{self as journal, Tally};
use crate::journal::{self as own, FENCED, Write};
use crate::run::lost_the_lead;
use crate::session::{self, Session, Stop};

/// What follows a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// There are ranges again.
    Again,
    Over,
}

/// Whether a sweep is worth another, by the rows that it and the one before it changed.
///
/// A row that the application wrote or moved meanwhile is found by the next sweep. Rows that keep coming, or
/// whose value does not make the condition false, would be found for ever: a sweep has to find less than half
/// of what the one before found.
fn follows(pass: i32, done: i64, before: i64) -> bool {
    pass == 1 || (done > 0 && done.saturating_mul(2) <= before)
}

/// All ranges of a pass are done: begins another, where rows may have been missed.
pub(super) async fn turn(
    session: &Session,
    crew: &Crew<'_>,
    task: &Task,
    cut: &Cut,
    tally: &Tally,
) -> Result<Turn> {
    if tally.pass > 1 && tally.done_in_pass > 0 {
        crew.observer.event(Event::BackfillSwept {
            step: task.step.clone(),
            sweep: u32::try_from(tally.pass).unwrap_or_default(),
            rows: u64::try_from(tally.done_in_pass).unwrap_or_default(),
        });
    }
    if !task.change.turns_false || nothing_left(session, crew, task).await? {
        return Ok(Turn::Over);
    }
    if !follows(tally.pass, tally.done_in_pass, tally.done_in_pass_before) {
        if tally.done_in_pass > 0 {
            crew.observer.event(Event::Warning {
                message: format!(
                    "backfill {}: sweep {} still found {} rows, and the one before it {}: more sweeps would not end it",
                    task.name, tally.pass, tally.done_in_pass, tally.done_in_pass_before
                ),
                hint: Some(
                    "either the application writes such rows all the time (a default or a trigger would fill them), \
                     or what is set leaves the condition true, such as NULL"
                        .to_owned(),
                ),
            });
            journal::note_leftover(&task.name)
                .send(session.client())
                .await
                .map_err(session::lost)?;
        }
        return Ok(Turn::Over);
    }
    let ranges = prepare::ranges_again(session, task, cut).await?;
    if ranges.is_empty() {
        return Ok(Turn::Over);
    }
    let mut writes: Vec<Write> = crew.fence.map(own::fence).into_iter().collect();
    let fences = writes.len();
    writes.push(journal::next_pass(&task.name, tally.pass));
    writes.push(journal::count_pass(&task.name));
    writes.push(journal::new_ranges(&task.name, tally.pass + 1, &ranges));
    match transaction(session.client(), &writes).await {
        Ok(()) => Ok(Turn::Again),
        Err((at, error)) if error.code().is_some_and(|code| code.code() == FENCED) => {
            if at < fences {
                Err(lost_the_lead())
            } else {
                // Another worker was faster, or somebody paused it.
                Ok(Turn::Again)
            }
        }
        Err((_, error)) => Err(session::failed(error, "failed to write the ranges of a backfill")),
    }
}

/// Whether no row matches the condition any more, where that can be asked of the table alone: one read, for
/// which a sweep would do as many as it has batches.
async fn nothing_left(session: &Session, crew: &Crew<'_>, task: &Task) -> Result<bool> {
    let Some(question) = question(task) else {
        return Ok(false);
    };
    let asked = tokio::select! {
        asked = session.client().simple_query(&question) => asked,
        () = crew.stop.asked() => {
            session.cancel().await;
            return Err(session::interrupted());
        }
    };
    match asked {
        Ok(answer) => Ok(is_true(&answer)),
        Err(error) if session::is_lost(&error) => Err(session::lost(error)),
        // Then the sweep finds out.
        Err(_) => Ok(false),
    }
}

/// A query that is true when no row matches the condition of a change.
fn question(task: &Task) -> Option<String> {
    let target = &task.change.target;
    let condition = task.change.condition.as_ref()?;
    let only = if target.only { "ONLY " } else { "" };
    Some(format!(
        "SELECT NOT EXISTS (SELECT FROM {only}{} AS {} WHERE {condition})",
        target.relation, target.qualifier
    ))
}

/// Writes in one transaction; the error with the place of the write.
async fn transaction(
    client: &Client,
    writes: &[Write],
) -> std::result::Result<(), (usize, tokio_postgres::Error)> {
    let done = async {
        client
            .batch_execute("BEGIN")
            .await
            .map_err(|error| (usize::MAX, error))?;
        for (at, write) in writes.iter().enumerate() {
            write.send(client).await.map_err(|error| (at, error))?;
        }
        client
            .batch_execute("COMMIT")
            .await
            .map_err(|error| (usize::MAX, error))
    }
    .await;
    if done.is_err() {
        // The first error is the one to tell; this only ends the transaction.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    done
}

/// Ends a background job whose rows are done: asks what must be true, drops temporary indexes, says so.
/// Two workers may come here at once; each of these is as good twice.
pub(super) async fn complete(crew: &Crew<'_>, task: &Task) -> Result<()> {
    let session = crew.open(task).await?;
    let client = session.client();
    let deferred = task.deferred.clone().unwrap_or_default();
    for (text, sql) in &deferred.verify {
        let asked = tokio::select! {
            asked = client.simple_query(sql) => asked,
            () = crew.stop.asked() => {
                session.cancel().await;
                return Err(session::interrupted());
            }
        };
        let answer = asked.map_err(|error| session::failed(error, &format!("failed to verify: {text}")))?;
        if !is_true(&answer) {
            return Err(Error::new(
                ErrorKind::Unverified,
                format!("verify is not true after backfill {}: {text}", task.name),
            )
            .hint(crate::run::one_line(sql))
            .hint(format!(
                "correct the rows, then: windlass backfill resume {}",
                task.name
            )));
        }
    }
    for index in &deferred.temporary {
        client
            .batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))
            .await
            .map_err(|error| {
                session::failed(error, &format!("failed to drop the temporary index {index}"))
            })?;
    }
    journal::end_backfill(&task.name, "done", None)
        .send(client)
        .await
        .map(|_| ())
        .map_err(session::lost)
}

/// Why a backfill that was complete is it no longer; none where it is, or nobody can tell.
pub(crate) async fn no_longer(session: &Session, task: &Task, stop: &Stop) -> Result<Option<String>> {
    let client = session.client();
    let deferred = task.deferred.clone().unwrap_or_default();
    let mut questions: Vec<(String, String)> = deferred
        .verify
        .into_iter()
        .map(|(text, sql)| (format!("its verify is not true any more: {text}"), sql))
        .collect();
    // Where the last sweep still found rows, finding some again says nothing.
    let was_clean = !journal::has_leftover(client, &task.name).await?;
    if questions.is_empty()
        && task.change.turns_false
        && was_clean
        && let Some(question) = question(task)
    {
        let why = format!(
            "rows of {} match its condition again",
            task.change.target.relation
        );
        questions.push((why, question));
    }
    for (why, sql) in questions {
        let asked = tokio::select! {
            asked = client.simple_query(&sql) => asked,
            () = stop.asked() => {
                session.cancel().await;
                return Err(session::interrupted());
            }
        };
        let answer =
            asked.map_err(|error| session::failed(error, &format!("failed to ask whether {why}")))?;
        if !is_true(&answer) {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

/// Whether the answer is one true.
fn is_true(answer: &[SimpleQueryMessage]) -> bool {
    let mut rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.len() == 1).then(|| row.get(0)).flatten() == Some("t")),
        _ => None,
    });
    rows.next() == Some(true) && rows.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::follows;

    #[test]
    fn sweeps_go_on_while_each_finds_less_than_half_of_the_one_before() {
        assert!(
            follows(1, 2_000_000, 0),
            "rows may have come or moved during the first pass"
        );
        assert!(follows(2, 5265, 2_000_000));
        assert!(!follows(3, 5000, 5265), "they keep coming");
        assert!(!follows(3, 0, 5265), "nothing is left");
        assert!(!follows(2, 100, 100), "what is set leaves the condition true");
    }
}
