//! Looking at a database without a directory of revisions: does it answer, what does it have, what
//! became of the last run. Takes no lock, and holds no snapshot between two looks.

use tokio_postgres::types::Type;

use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{self, Snapshot};
use crate::session::{self, Purpose, Session, SessionSettings};

/// An open session that only reads the journal.
pub struct Look {
    session: Session,
}

/// Where a data change in batches stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackfillStanding {
    /// Nobody began it, or the database does not know it.
    NotBegun,
    /// Begun; this many rows so far.
    UnderWay(i64),
    /// All of it.
    Done,
}

/// How the last run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// `applied`, `reverted`, `failed` or `interrupted`; none while it is at work, or after it was killed.
    pub result: Option<String>,
    /// What stopped it.
    pub error: Option<String>,
}

impl Look {
    /// Connects, as the role of the connection string.
    ///
    /// # Errors
    /// No connection.
    pub async fn open(options: &ConnectOptions) -> Result<Self> {
        let session = session::open(options, &SessionSettings::default(), Purpose::Lock).await?;
        Ok(Self { session })
    }

    /// The journal as it stands now; empty where there is none yet.
    ///
    /// # Errors
    /// A lost connection, or a journal that this role may not read.
    pub async fn journal(&self) -> Result<Snapshot> {
        journal::read(self.session.client()).await
    }

    /// Where a data change in batches stands.
    ///
    /// # Errors
    /// A lost connection, or a journal that this role may not read.
    pub async fn backfill(&self, name: &str) -> Result<BackfillStanding> {
        let row = self
            .session
            .client()
            .query_typed_opt(
                "SELECT state, (SELECT coalesce(pg_catalog.sum(rows_done), 0)::bigint FROM windlass.backfill_range AS range \
                                 WHERE range.name = backfill.name) \
                   FROM windlass.backfill WHERE name = $1",
                &[(&name, Type::TEXT)],
            )
            .await;
        match row {
            Ok(None) => Ok(BackfillStanding::NotBegun),
            Ok(Some(row)) if row.get::<_, &str>(0) == "done" => Ok(BackfillStanding::Done),
            Ok(Some(row)) => Ok(BackfillStanding::UnderWay(row.get(1))),
            Err(error) if journal::is_absent(&error) => Ok(BackfillStanding::NotBegun),
            Err(error) => Err(unreadable(error)),
        }
    }

    /// How the last run ended.
    ///
    /// # Errors
    /// A lost connection, or a journal that this role may not read.
    pub async fn last_run(&self) -> Result<Option<LastRun>> {
        let row = self
            .session
            .client()
            .query_typed_opt(
                "SELECT result, error::text FROM windlass.run ORDER BY started_at DESC LIMIT 1",
                &[],
            )
            .await;
        match row {
            Ok(row) => Ok(row.map(|row| LastRun {
                result: row.get(0),
                error: row.get::<_, Option<String>>(1).map(|json| sentence(&json)),
            })),
            Err(error) if journal::is_absent(&error) => Ok(None),
            Err(error) => Err(unreadable(error)),
        }
    }
}

/// The journal keeps an error as a JSON string or as an object with a message.
fn sentence(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(serde_json::Value::Object(map)) => map
            .get("message")
            .and_then(|message| message.as_str())
            .map_or_else(|| json.to_owned(), str::to_owned),
        _ => json.to_owned(),
    }
}

fn unreadable(error: tokio_postgres::Error) -> Error {
    let denied = error.code().is_some_and(|code| code.code() == "42501");
    let error = session::failed(error, "failed to read the journal");
    if denied && error.kind() == ErrorKind::Failed {
        error.hint("GRANT USAGE ON SCHEMA windlass and SELECT on its tables to this role")
    } else {
        error
    }
}
