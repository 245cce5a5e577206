//! Who is in the way: the sessions that hold what one of our backends waits for.

use std::fmt;
use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use crate::session;
use tokio_postgres::{Client, Row};
use windlass_compiler::sql::quote_literal;

/// A session that holds what we wait for.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Blocker {
    /// Its process id; none for a prepared transaction.
    pub pid: Option<i32>,
    /// Its user; empty where the server does not tell.
    pub user: String,
    /// Its `application_name`.
    pub application: String,
    /// Its client's address; empty for a local socket.
    pub client: String,
    /// As in `pg_stat_activity.state`, such as `idle in transaction`.
    pub state: String,
    /// As in `pg_stat_activity.backend_type`, such as `client backend` or `autovacuum worker`.
    pub backend: String,
    /// Age of its transaction, where the server tells (it hides other roles' without `pg_monitor`).
    pub transaction_age: Option<Duration>,
    /// Its last statement, shortened.
    pub query: String,
    /// The relation that it holds and we want; empty for other kinds of lock.
    pub relation: String,
    /// The mode that it holds there.
    pub mode: String,
    /// The name of the prepared transaction that it is; empty for a session.
    pub prepared: String,
    /// The standby that it is on; empty for the server that is migrated.
    pub standby: String,
}

impl Blocker {
    /// Whether it is an application's session, as far as the server tells: neither one of PostgreSQL's own
    /// processes nor windlass.
    pub(crate) fn is_application(&self) -> bool {
        // Without pg_monitor the type of other roles' backends is hidden.
        let is_client = self.backend.is_empty() || self.backend == "client backend" || self.is_parallel();
        is_client && !self.is_windlass()
    }

    /// Whether it is a session of windlass.
    pub fn is_windlass(&self) -> bool {
        self.application == "windlass" || self.application.starts_with("windlass ")
    }

    fn is_parallel(&self) -> bool {
        self.backend == "parallel worker"
    }

    /// Whether it is an autovacuum worker that yields to whoever waits long enough.
    pub(crate) fn is_evictable_autovacuum(&self) -> bool {
        self.is_autovacuum() && !self.prevents_wraparound()
    }

    /// Whether it is an autovacuum worker.
    pub fn is_autovacuum(&self) -> bool {
        self.backend == "autovacuum worker"
    }

    /// Whether it is an autovacuum that PostgreSQL does not let anyone chase away.
    pub fn prevents_wraparound(&self) -> bool {
        self.is_autovacuum() && self.query.contains("(to prevent wraparound)")
    }

    /// Whether both are the same session or prepared transaction.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.pid == other.pid && self.prepared == other.prepared && self.standby == other.standby
    }

    /// Whether the server hides what it does: this role may not see other roles' activity.
    pub(crate) fn is_hidden(&self) -> bool {
        self.query == "<insufficient privilege>"
    }

    /// It as data. Keys are only ever added.
    pub fn to_json(&self) -> serde_json::Value {
        let (meaning, remedy) = self.remedy();
        serde_json::json!({
            "pid": self.pid,
            "prepared_transaction": self.prepared,
            "standby": self.standby,
            "user": self.user,
            "application": self.application,
            "client": self.client,
            "backend": self.backend,
            "state": self.state,
            "transaction_age_ms": self.transaction_age.map(|age| age.as_secs_f64() * 1000.0),
            "mode": self.mode,
            "relation": self.relation,
            "query": self.query,
            "text": self.to_string(),
            "meaning": meaning,
            "remedy": remedy,
        })
    }

    /// What it means, and what ends it: a clause, and SQL where there is any.
    pub fn remedy(&self) -> (&'static str, Option<String>) {
        let by_pid = |what: &str| self.pid.map(|pid| format!("SELECT {what}({pid})"));
        if !self.prepared.is_empty() {
            return (
                "a prepared transaction outlives its session; whoever prepared it must end it",
                Some(format!("ROLLBACK PREPARED {}", quote_literal(&self.prepared))),
            );
        }
        if self.prevents_wraparound() {
            return (
                "autovacuum to prevent wraparound must finish; nothing chases it away for good",
                None,
            );
        }
        if self.is_autovacuum() {
            return ("autovacuum yields by itself", None);
        }
        // Its query names the slot, such as CREATE_REPLICATION_SLOT.
        if self.backend == "walsender" {
            return (
                "it makes a replication slot and keeps the snapshot open that the subscriber copies from",
                by_pid("pg_terminate_backend"),
            );
        }
        if self.is_windlass() {
            return ("it is another windlass run; let it finish", None);
        }
        if self.state.starts_with("idle in transaction") {
            return (
                "it does nothing and holds its transaction open",
                by_pid("pg_terminate_backend"),
            );
        }
        (
            "it is at work; wait for it or cancel it",
            by_pid("pg_cancel_backend"),
        )
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "pid {pid}")?,
            None => write!(f, "prepared transaction {}", self.prepared)?,
        }
        if !self.standby.is_empty() {
            write!(f, " on standby {}", self.standby)?;
        }
        let mut facts = Vec::new();
        if !self.application.is_empty() {
            facts.push(format!("app={}", self.application));
        }
        if !self.user.is_empty() {
            facts.push(format!("user={}", self.user));
        }
        if self.backend != "client backend" && !self.backend.is_empty() {
            facts.push(self.backend.clone());
        }
        if !self.state.is_empty() {
            let age = self
                .transaction_age
                .map_or(String::new(), |age| format!(" {:.0?}", age));
            facts.push(format!("{}{age}", self.state));
        }
        if !self.mode.is_empty() {
            facts.push(format!("{} on {}", self.mode, self.relation));
        }
        if !facts.is_empty() {
            write!(f, " ({})", facts.join(", "))?;
        }
        if !self.query.is_empty() {
            write!(f, ": {}", self.query)?;
        }
        Ok(())
    }
}

/// The session that holds the advisory lock (`class`, `key`) in this database.
pub(crate) async fn holder_of(
    client: &Client,
    class: i32,
    key: i32,
) -> Result<Option<Blocker>, tokio_postgres::Error> {
    // Both keys are shown as oid, which is unsigned.
    let (class, key) = (class.cast_unsigned(), key.cast_unsigned());
    let keys: [(&(dyn ToSql + Sync), Type); 2] = [(&class, Type::OID), (&key, Type::OID)];
    let ask = client.query_typed(include_str!("blockers_advisory.sql"), &keys);
    let rows = session::as_login(client, ask).await?;
    Ok(rows.first().map(read))
}

impl Blocker {
    /// From the first ten columns of a row.
    pub(crate) fn read(row: &Row) -> Self {
        read(row)
    }
}

fn read(row: &Row) -> Blocker {
    Blocker {
        prepared: String::new(),
        standby: String::new(),
        pid: row.get(0),
        user: row.get::<_, Option<String>>(1).unwrap_or_default(),
        application: row.get::<_, Option<String>>(2).unwrap_or_default(),
        client: row.get::<_, Option<String>>(3).unwrap_or_default(),
        state: row.get::<_, Option<String>>(4).unwrap_or_default(),
        backend: row.get::<_, Option<String>>(5).unwrap_or_default(),
        transaction_age: row
            .get::<_, Option<f64>>(6)
            .map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()),
        query: row.get::<_, Option<String>>(7).unwrap_or_default(),
        relation: row.get::<_, Option<String>>(8).unwrap_or_default(),
        mode: row.get::<_, Option<String>>(9).unwrap_or_default(),
    }
}
