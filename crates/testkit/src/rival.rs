//! A second session that gets in the way: one that holds locks while idle, one that is busy.

use crate::database::{Database, explain};
use crate::wait::wait_until;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Error};

/// The `application_name` of rival sessions.
const APPLICATION: &str = "rival";

/// A session that has run something and now sits idle, usually in a transaction.
///
/// Dropping it closes the connection, which rolls back.
#[derive(Debug)]
pub struct Rival {
    client: Client,
    pid: i32,
}

impl Rival {
    /// Opens a session, runs `sql` and keeps the session open.
    ///
    /// ```no_run
    /// # use windlass_testkit::{Database, Rival};
    /// # async fn example(db: &Database) {
    /// let rival = Rival::hold(db, "BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE").await;
    /// rival.release().await;
    /// # }
    /// ```
    pub async fn hold(db: &Database, sql: &str) -> Self {
        Self::open(db, None, sql).await
    }

    /// As [`hold`](Self::hold), as another user.
    pub async fn hold_as(db: &Database, user: &str, sql: &str) -> Self {
        Self::open(db, Some(user), sql).await
    }

    /// Opens a session and runs `sql` in the background; returns once the server has begun it.
    pub async fn run(db: &Database, sql: &str) -> BusyRival {
        BusyRival::open(db, None, sql).await
    }

    /// As [`run`](Self::run), as another user.
    pub async fn run_as(db: &Database, user: &str, sql: &str) -> BusyRival {
        BusyRival::open(db, Some(user), sql).await
    }

    async fn open(db: &Database, user: Option<&str>, sql: &str) -> Self {
        let client = db.connect_named(user, APPLICATION).await;
        let pid = backend_pid(&client).await;
        let rival = Self { client, pid };
        rival.execute(sql).await;
        rival
    }

    /// The backend's process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Runs more statements in the same session.
    pub async fn execute(&self, sql: &str) {
        if let Err(error) = self.client.batch_execute(sql).await {
            panic!("the rival failed: {}\n{sql}", explain(&error));
        }
    }

    /// The session itself, for anything else.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Rolls back and closes; returns once the locks are gone.
    pub async fn release(self) {
        // The session may have been terminated by what is tested: its locks are gone as well.
        let _ = self.client.batch_execute("ROLLBACK").await;
    }

    /// Commits and closes; returns once the locks are gone.
    pub async fn commit(self) {
        self.execute("COMMIT").await;
    }
}

/// A session that runs a statement right now.
///
/// Dropping it closes the connection, which the server notices only at the end of the statement.
pub struct BusyRival {
    pid: i32,
    task: JoinHandle<Result<(), Error>>,
    canceller: tokio_postgres::CancelToken,
}

impl std::fmt::Debug for BusyRival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BusyRival")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

impl BusyRival {
    async fn open(db: &Database, user: Option<&str>, sql: &str) -> Self {
        let client = db.connect_named(user, APPLICATION).await;
        let pid = backend_pid(&client).await;
        let canceller = client.cancel_token();
        let text = sql.to_owned();
        let task = tokio::spawn(async move { client.batch_execute(&text).await });
        let rival = Self { pid, task, canceller };
        let observer = db.connect().await;
        // The session's first query asked for its pid; any later text is the rival's statement.
        let begun = "SELECT FROM pg_stat_activity WHERE pid = $1 AND query <> 'SELECT pg_backend_pid()'";
        let begun = observer
            .prepare(begun)
            .await
            .expect("a query on a system view parses");
        wait_until("the rival's statement to begin", async || {
            rival.is_finished()
                || !observer
                    .query(&begun, &[&pid])
                    .await
                    .expect("the server answers")
                    .is_empty()
        })
        .await;
        rival
    }

    /// The backend's process id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether the statement has ended, well or badly.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until the statement waits for a lock.
    pub async fn wait_until_blocked(&self, db: &Database) {
        let sql = format!(
            "SELECT count(*) FROM pg_locks WHERE pid = {} AND NOT granted",
            self.pid
        );
        db.wait_for(&sql, |waiting| waiting > 0).await;
    }

    /// Asks the server to cancel the statement.
    pub async fn cancel(&self) {
        let cancelled = self.canceller.cancel_query(tokio_postgres::NoTls).await;
        cancelled.expect("the server takes cancel requests");
    }

    /// Waits for the statement's end and closes the session.
    pub async fn finish(self) -> Result<(), Error> {
        self.task.await.expect("the rival's task does not panic")
    }
}

async fn backend_pid(client: &Client) -> i32 {
    let row = client.query_one("SELECT pg_backend_pid()", &[]).await;
    row.expect("the server knows its own pid").get(0)
}
