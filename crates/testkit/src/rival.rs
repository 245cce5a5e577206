//! A second session that gets in the way.

use tokio_postgres::Client;

use crate::server::Database;

/// A session that sits in a transaction, idle, with what it locked.
#[derive(Debug)]
pub struct Rival {
    client: Client,
    pid: i32,
}

impl Rival {
    /// Begins a transaction, runs `sql` and stays in it until released or dropped.
    pub async fn hold(database: &Database, sql: &str) -> Self {
        let client = database.connect().await;
        client
            .batch_execute("SET application_name = 'rival'; BEGIN")
            .await
            .expect("a session can begin");
        client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let row = client
            .query_one("SELECT pg_backend_pid()", &[])
            .await
            .expect("a session has a pid");
        Self {
            client,
            pid: row.get(0),
        }
    }

    /// Its backend's process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Ends the transaction.
    pub async fn release(self) {
        self.client
            .batch_execute("COMMIT")
            .await
            .expect("the rival still lives");
    }
}
