//! One batch: the claim is confirmed, rows change and the cursor moves in one transaction, so that whatever
//! ends it, a row is changed exactly as often as the cursor says.

use std::time::Duration;

use futures_util::future;
use tokio_postgres::Client;

use crate::error::Error;
use crate::guard::{self, BatchBacking, Loss, Watching};
use crate::journal::backfills::{self as journal, RangeRow};
use crate::journal::{self as own, Fence, Prepared, Write};

/// What is the same for all batches of a worker.
pub(super) struct Frame<'a> {
    pub(super) name: &'a str,
    pub(super) worker: &'a str,
    /// The lead under which an inline backfill runs; a deferred one has its ranges' leases.
    pub(super) fence: Option<Fence>,
    pub(super) lock_timeout: Duration,
    pub(super) statement_timeout: Duration,
    /// Rows change past the table's own triggers.
    pub(super) skips_triggers: bool,
    /// What is watched for losses.
    pub(super) watching: Option<&'a Watching>,
    /// Where the rows are kept that it takes.
    pub(super) backing: Option<&'a BatchBacking>,
    /// The journal's statements, as prepared in the worker's session.
    pub(super) prepared: &'a Prepared,
}

/// Where a batch ends.
#[derive(Debug, Clone)]
pub(super) struct End<'a> {
    /// The last key, or the block behind the last.
    pub(super) key: &'a [String],
    /// Rows in it, whether they change or not; none to count those that change.
    pub(super) seen: Option<i64>,
    /// With it the range is done.
    pub(super) is_last: bool,
}

/// Why a batch did not commit.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Another runner leads by now.
    Fenced,
    /// The range is another worker's by now, or the backfill shall not go on.
    Taken,
    /// A protected table would lose something.
    Loss(Error),
    /// The server refused.
    Server(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code().is_some_and(|code| code.code() == guard::UNBACKED) {
            let what = error.as_db_error().map_or("what goes", |error| error.message());
            return Self::Loss(guard::unbacked(what));
        }
        if error.code().is_none_or(|code| code.code() != guard::LOSS) {
            return Self::Server(error);
        }
        let losses = Loss::read(error.as_db_error().and_then(|error| error.detail()));
        Self::Loss(guard::refused_batch(&losses))
    }
}

impl Frame<'_> {
    fn begin(&self) -> String {
        let mut begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = {}; \
             SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = '10s'",
            self.lock_timeout.as_millis(),
            self.statement_timeout.as_millis()
        );
        if self.skips_triggers {
            // Ends with the transaction. What is written to the journal in it leaves its keys as they are.
            begin.push_str("; SET LOCAL session_replication_role = replica");
        }
        begin
    }
}

/// Prepares the statements that each batch sends.
pub(super) async fn prepare(
    client: &Client,
    fence: Option<Fence>,
) -> Result<Prepared, tokio_postgres::Error> {
    let nothing = RangeRow::nothing();
    let mut writes = vec![
        journal::hold_range("", &nothing, ""),
        journal::move_range("", 0, &[], 0, 0, false),
    ];
    writes.extend(fence.map(own::fence));
    let mut prepared = Prepared::default();
    prepared.ensure(client, &writes).await?;
    Ok(prepared)
}

/// Executes `sql`, which is narrowed to the range up to `end`, and moves the cursor. The rows that changed.
pub(super) async fn execute(
    client: &Client,
    frame: &Frame<'_>,
    range: &RangeRow,
    sql: &str,
    end: &End<'_>,
) -> Result<u64, Trouble> {
    let kept = frame.backing.and_then(|backing| backing.keeping(sql));
    let (sql, is_kept) = match &kept {
        Some(kept) => (kept.as_str(), true),
        None => (sql, false),
    };
    let done = async {
        let work = async {
            let change = client.execute_typed(sql, &[]);
            let Some(watching) = frame.watching else {
                return change.await;
            };
            // In one go, in this order.
            let (looked, rows) = future::join(client.batch_execute(&watching.before), change).await;
            looked.and(rows)
        };
        let rows = opened(client, frame, range, work).await?;
        let changed = i64::try_from(rows).unwrap_or(i64::MAX);
        let seen = end.seen.unwrap_or(changed);
        let moved = journal::move_range(frame.name, range.number, end.key, changed, seen, end.is_last);
        let mut after = frame.watching.map(|watching| watching.after(&[], &[]));
        if let (Some(after), Some(backing)) = (&mut after, frame.backing) {
            after.push_str(";\n");
            after.push_str(&backing.check(if is_kept { rows } else { 0 }));
        }
        committed(client, frame, after.as_deref(), &[moved]).await?;
        Ok(rows)
    }
    .await;
    ended(client, done).await
}

/// Passes over the rows up to `end`, which fail with an error of their own.
pub(super) async fn pass_over(
    client: &Client,
    frame: &Frame<'_>,
    range: &RangeRow,
    end: &End<'_>,
    note: Write,
) -> Result<(), Trouble> {
    let done = async {
        opened(client, frame, range, future::ready(Ok(0))).await?;
        let seen = end.seen.unwrap_or(1);
        let moved = journal::move_range(frame.name, range.number, end.key, 0, seen, end.is_last);
        committed(client, frame, None, &[note, moved]).await
    }
    .await;
    ended(client, done).await
}

/// Begins; then confirms lead and claim, and does `work`, in one go.
async fn opened(
    client: &Client,
    frame: &Frame<'_>,
    range: &RangeRow,
    work: impl Future<Output = Result<u64, tokio_postgres::Error>>,
) -> Result<u64, Trouble> {
    // Not in one go with what follows: behind a BEGIN that a cancel hit, all of it would commit by itself.
    client.batch_execute(&frame.begin()).await?;
    let hold = journal::hold_range(frame.name, range, frame.worker);
    let fence = frame.fence.map(own::fence);
    let fenced = async {
        match &fence {
            Some(fence) => frame.prepared.send(client, fence).await.map(|_| ()),
            None => Ok(()),
        }
    };
    // Polled in this order, and so sent in this order.
    let (fenced, held, rows) = future::join3(fenced, frame.prepared.send(client, &hold), work).await;
    let is_division =
        |error: &tokio_postgres::Error| error.code().is_some_and(|code| code.code() == own::FENCED);
    fenced.map_err(|error| {
        if is_division(&error) {
            Trouble::Fenced
        } else {
            Trouble::Server(error)
        }
    })?;
    held.map_err(|error| {
        if is_division(&error) {
            Trouble::Taken
        } else {
            Trouble::Server(error)
        }
    })?;
    Ok(rows?)
}

/// Looks for losses, writes and commits, in one go.
async fn committed(
    client: &Client,
    frame: &Frame<'_>,
    after: Option<&str>,
    writes: &[Write],
) -> Result<(), Trouble> {
    // A deferred constraint fires, with its trigger, before anything is counted.
    let watched = async {
        match after {
            Some(after) => {
                let fire = client.batch_execute("SET CONSTRAINTS ALL IMMEDIATE");
                let (fired, counted) = future::join(fire, client.batch_execute(after)).await;
                fired.and(counted)
            }
            None => Ok(()),
        }
    };
    let written = future::join_all(writes.iter().map(|write| frame.prepared.send(client, write)));
    let (watched, written, committed) = future::join3(watched, written, client.batch_execute("COMMIT")).await;
    watched?;
    for write in written {
        write?;
    }
    Ok(committed?)
}

async fn ended<T>(client: &Client, done: Result<T, Trouble>) -> Result<T, Trouble> {
    if done.is_err() {
        // The first error is the one to tell; a cancel that came late may hit the first ROLLBACK.
        for _ in 0..2 {
            if client.batch_execute("ROLLBACK").await.is_ok() {
                break;
            }
        }
    }
    done
}

/// What a failed batch calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Somebody holds its rows, or a deadlock was resolved: again, and then smaller.
    Again,
    /// It took too long, or was cancelled: smaller.
    Smaller,
    /// Some row cannot be changed as it is: find it.
    Bisect,
    /// The session is gone.
    Reconnect,
    /// It would fail the same way with any rows.
    GiveUp,
}

/// The remedy for an error by its SQLSTATE.
pub(super) fn remedy(sqlstate: &str) -> Remedy {
    match sqlstate {
        "55P03" | "40P01" | "40001" => Remedy::Again,
        "57014" => Remedy::Smaller,
        // A row too large for its index fails with a program limit.
        "54000" => Remedy::Bisect,
        code => match code.get(..2).unwrap_or_default() {
            // Of the server and the session, or of a server that this one asked, not of a row.
            "08" | "0A" | "0B" | "25" | "26" | "28" | "2D" | "3D" | "3F" | "40" | "42" | "53" | "54"
            | "55" | "57" | "58" | "F0" | "HV" | "XX" => Remedy::GiveUp,
            _ => Remedy::Bisect,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_data_is_told_from_one_of_the_server() {
        for (code, expected) in [
            ("55P03", Remedy::Again),
            ("40P01", Remedy::Again),
            ("57014", Remedy::Smaller),
            ("22012", Remedy::Bisect),
            ("23514", Remedy::Bisect),
            ("P0001", Remedy::Bisect),
            ("21000", Remedy::Bisect),
            ("54000", Remedy::Bisect),
            ("54001", Remedy::GiveUp),
            ("42703", Remedy::GiveUp),
            ("53100", Remedy::GiveUp),
            ("08006", Remedy::GiveUp),
        ] {
            assert_eq!(remedy(code), expected, "{code}");
        }
    }
}
