//! One database on some server: addresses to hand out, and short SQL helpers.
//! Where the server came from and when it stops is `server`'s business.

use crate::server::{Binaries, Endpoint};
use crate::wait::wait_until;
use std::process::Command;
use std::sync::Mutex;
use tokio_postgres::{Client, SimpleQueryMessage};

/// A database for one test. Dropping the value drops the database, even under open sessions.
///
/// Every helper opens a connection and closes it again, so that it leaves no idle session behind and
/// works after the server was restarted. The helpers' `application_name` is `windlass-testkit`.
#[derive(Debug)]
pub struct Database {
    endpoint: Endpoint,
    name: String,
    /// Roles made for this test; roles outlive their database, so they go separately.
    roles: Mutex<Vec<String>>,
    /// False where the server's whole directory is thrown away anyway.
    drops: bool,
}

impl Database {
    pub(crate) fn new(endpoint: Endpoint, name: String, drops: bool) -> Self {
        Self {
            endpoint,
            name,
            roles: Mutex::default(),
            drops,
        }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The TCP port of its server.
    pub fn port(&self) -> u16 {
        self.endpoint.port()
    }

    /// Address over TCP as the superuser, with the password where one is needed.
    pub fn url(&self) -> String {
        self.endpoint.url(&self.name)
    }

    /// Address over TCP as `user`, without a password.
    pub fn url_for(&self, user: &str) -> String {
        self.endpoint.url_for(user, &self.name)
    }

    /// Opens a session as the superuser; the connection is driven by a task of this runtime.
    pub async fn connect(&self) -> Client {
        self.endpoint.connect(&self.name, None, "windlass-testkit").await
    }

    /// Opens a session as `user`.
    pub async fn connect_as(&self, user: &str) -> Client {
        self.endpoint
            .connect(&self.name, Some(user), "windlass-testkit")
            .await
    }

    pub(crate) async fn connect_named(&self, user: Option<&str>, application: &str) -> Client {
        self.endpoint.connect(&self.name, user, application).await
    }

    /// Runs one or more statements; panics with the SQL and the server's message on failure.
    pub async fn execute(&self, sql: &str) {
        if let Err(error) = self.try_execute(sql).await {
            panic!("failed to execute in {}: {}\n{sql}", self.name, explain(&error));
        }
    }

    /// Runs one or more statements; for those that may fail, on a server that may be down.
    pub async fn try_execute(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let client = self
            .endpoint
            .try_connect(&self.name, None, "windlass-testkit")
            .await?;
        client.batch_execute(sql).await
    }

    /// The first column of every row as text; NULL becomes `NULL`.
    pub async fn query_column(&self, sql: &str) -> Vec<String> {
        column(&self.connect().await, sql).await
    }

    /// The one value that `sql` returns, as text.
    pub async fn query_one_text(&self, sql: &str) -> String {
        one(&self.connect().await, sql).await
    }

    /// Polls `sql`, which returns one number, until `condition` holds for it.
    ///
    /// The polling session sees itself in `pg_stat_activity`: exclude `pg_backend_pid()`.
    pub async fn wait_for(&self, sql: &str, condition: impl Fn(i64) -> bool) {
        self.wait_for_text(sql, |text| {
            let number = text.parse();
            condition(number.unwrap_or_else(|_| panic!("not a number: {text}\n{sql}")))
        })
        .await;
    }

    /// Polls `sql`, which returns one value, until `condition` holds for its text (`t` for true).
    pub async fn wait_for_text(&self, sql: &str, condition: impl Fn(&str) -> bool) {
        let client = self.connect().await;
        wait_until(sql, async || condition(&one(&client, sql).await)).await;
    }

    /// Creates a login role with a name of its own and returns the name. It goes with the database.
    ///
    /// `options` are those of CREATE ROLE, such as `NOSUPERUSER IN ROLE pg_monitor`.
    pub async fn create_role(&self, options: &str) -> String {
        let name = unique("role");
        self.execute(&format!("CREATE ROLE {name} LOGIN {options}")).await;
        self.roles
            .lock()
            .expect("no holder of this lock panics")
            .push(name.clone());
        name
    }

    /// The schema as `pg_dump` writes it, without comments and settings, for comparison.
    pub fn dump(&self) -> String {
        self.dump_with(&[])
    }

    /// As [`dump`](Self::dump), leaving out one schema, such as a migration tool's own.
    pub fn dump_excluding_schema(&self, schema: &str) -> String {
        self.dump_with(&["--exclude-schema", schema])
    }

    /// `pg_dump` with arguments of your own (`--data-only`, `--table` …), its noise removed.
    pub fn dump_with(&self, arguments: &[&str]) -> String {
        let pg_dump = match self.endpoint.binaries() {
            Some(binaries) => binaries.tool("pg_dump"),
            None => Binaries::find()
                .unwrap_or_else(|error| panic!("{error}"))
                .tool("pg_dump"),
        };
        let data = arguments.iter().any(|argument| argument.contains("data"));
        let mut command = Command::new(&pg_dump);
        command.arg("--dbname").arg(self.endpoint.helper_url(&self.name));
        if !data {
            command.arg("--schema-only");
        }
        let output = command.args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("failed to run {}: {error}", pg_dump.display()));
        assert!(
            output.status.success(),
            "failed to dump {}: {}",
            self.name,
            String::from_utf8_lossy(&output.stderr)
        );
        without_noise(&String::from_utf8_lossy(&output.stdout))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.drops {
            return;
        }
        let roles = std::mem::take(self.roles.get_mut().expect("no holder of this lock panics"));
        let (endpoint, name) = (self.endpoint.clone(), self.name.clone());
        let dropping = crate::background::spawn("drop database", move || async move {
            // Errors are ignored: the server may have been stopped by the test, and is thrown away.
            if let Ok(admin) = endpoint.try_connect("postgres", None, "windlass-testkit").await {
                end_sessions(&admin, &name).await;
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = admin.batch_execute(&sql).await;
                for role in roles {
                    let _ = admin.batch_execute(&format!("DROP ROLE IF EXISTS {role}")).await;
                }
            }
        });
        let _ = dropping.join();
    }
}

/// DROP DATABASE would end them too, but looks again only after 100 ms.
async fn end_sessions(admin: &Client, name: &str) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    for _ in 0..50 {
        if !admin
            .query(sql, &[&name])
            .await
            .is_ok_and(|ended| !ended.is_empty())
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

/// A name that no other test uses, in this process or another.
pub(crate) fn unique(prefix: &str) -> String {
    format!("{prefix}_{:016x}", rand::random::<u64>())
}

/// The server's message with its SQLSTATE, or the client's.
pub(crate) fn explain(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

async fn one(client: &Client, sql: &str) -> String {
    let values = column(client, sql).await;
    let [value] = values.as_slice() else {
        panic!("expected one row, got {}\n{sql}", values.len())
    };
    value.clone()
}

async fn column(client: &Client, sql: &str) -> Vec<String> {
    let messages = match client.simple_query(sql).await {
        Ok(messages) => messages,
        Err(error) => panic!("failed to query: {}\n{sql}", explain(&error)),
    };
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        })
        .collect()
}

/// Comments, settings and the `\restrict` key (random since 15.14) say nothing about the schema.
fn without_noise(dump: &str) -> String {
    let mut text = String::new();
    for line in dump.lines() {
        let noise = line.is_empty()
            || line.starts_with("--")
            || line.starts_with("SET ")
            || line.starts_with("SELECT pg_catalog.set_config('search_path'")
            || line.starts_with("\\restrict ")
            || line.starts_with("\\unrestrict ");
        if !noise {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
