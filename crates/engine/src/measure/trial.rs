//! Statements of a script, executed one after the other on a database that may be thrown away, each measured.

use tokio_postgres::Client;
use windlass_compiler::catalog::Catalog;

use super::{Happened, differences, locks_of, outside, relations, table};
use crate::connect::ConnectOptions;
use crate::error::{Error, Result};
use crate::introspect;
use crate::session::{self, Purpose, Session, SessionSettings};

/// A database to try statements on.
pub struct Trial {
    /// Executes them.
    session: Session,
    /// Looks at the first one's locks while its transaction is open.
    watcher: Session,
    pid: String,
}

/// What came of a statement.
#[derive(Debug)]
pub enum Tried {
    /// It was executed, and stays.
    Done(Happened),
    /// The server refused it.
    Failed(Error),
}

impl Trial {
    /// Connects twice.
    ///
    /// # Errors
    /// No connection.
    pub async fn open(options: &ConnectOptions, settings: &SessionSettings) -> Result<Self> {
        let session = session::open(options, settings, Purpose::Work).await?;
        let watcher = session::open(options, settings, Purpose::Lock).await?;
        // Workers would hold some of the locks, and counters do not see what they read.
        let alone = "SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0; \
                     SET client_min_messages = error";
        session
            .client()
            .batch_execute(alone)
            .await
            .map_err(session::lost)?;
        let pid = table(session.client(), "SELECT pg_catalog.pg_backend_pid()::text").await;
        let pid = pid.map_err(session::lost)?.concat().concat();
        Ok(Self {
            session,
            watcher,
            pid,
        })
    }

    /// The schema as it is now.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn catalog(&self) -> Result<Catalog> {
        Ok(introspect::read(self.watcher.client()).await?.catalog)
    }

    /// The names of the relations that are there now.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn names(&self) -> Result<Vec<String>> {
        let relations = relations(self.watcher.client()).await.map_err(session::lost)?;
        Ok(relations.into_values().map(|relation| relation.name).collect())
    }

    /// Executes a statement: in a transaction that is looked at before it is committed, or, where it refuses one, by
    /// itself. Nobody can see the locks of such a one afterwards.
    ///
    /// # Errors
    /// A lost connection.
    pub async fn run(&self, sql: &str) -> Result<Tried> {
        let client = self.session.client();
        let measured = match self.inside(client, sql).await {
            Ok(happened) => client.batch_execute("COMMIT").await.map(|()| happened),
            Err(error) => {
                client.batch_execute("ROLLBACK").await.map_err(session::lost)?;
                match error.code().map(|code| code.code()) {
                    // It refuses a transaction, or ends one itself.
                    Some("25001" | "2D000") => self.outside(client, sql).await,
                    _ => Err(error),
                }
            }
        };
        match measured {
            Ok(happened) => Ok(Tried::Done(happened)),
            Err(error) if session::is_lost(&error) => Err(session::lost(error)),
            Err(error) => {
                // A COMMIT that failed has ended the transaction.
                let _ = client.batch_execute("ROLLBACK").await;
                Ok(Tried::Failed(session::failed(error, "the server refused it")))
            }
        }
    }

    async fn inside(
        &self,
        client: &Client,
        sql: &str,
    ) -> std::result::Result<Happened, tokio_postgres::Error> {
        client.batch_execute("BEGIN").await?;
        let before = relations(client).await?;
        client.batch_execute(sql).await?;
        let locks = locks_of(self.watcher.client(), &before, &self.pid).await?;
        let after = relations(client).await?;
        let mut happened = differences(&before, &before, &after);
        happened.locks = locks;
        Ok(happened)
    }

    async fn outside(
        &self,
        client: &Client,
        sql: &str,
    ) -> std::result::Result<Happened, tokio_postgres::Error> {
        let before = relations(client).await?;
        client.batch_execute(sql).await?;
        Ok(outside(&before, &relations(client).await?))
    }
}
