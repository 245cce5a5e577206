//! The only place that opens connections, and what every session of ours is set to.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future;
use tokio::sync::{OnceCell, watch};
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::{Client, SimpleQueryMessage, Statement};
use windlass_compiler::policy::Policy;
use windlass_compiler::sql::quote_identifier;

use crate::advice;
use crate::connect::{self, ConnectError, ConnectOptions, Connection};
use crate::error::{Error, ErrorKind, Result};

/// Settings of every session, given in the startup packet, so that RESET ALL comes back to them.
/// - row_security off: PostgreSQL raises an error instead of hiding rows from a change;
/// - standard_conforming_strings on: what is planned was read so, and a backslash in a literal is one;
/// - client_connection_check_interval: a backend whose runner died ends its statement;
/// - keepalives, in seconds: a runner that vanished is noticed within about 40 s, and as soon when the server
///   has something to say to it (`tcp_user_timeout`, in ms). On a Unix socket the server passes these over;
/// - jit off: compiling a catalog query took 2.9 s (measured on a busy machine, its tables are small but the
///   planner cannot know), with the step's locks held;
/// - idle_session_timeout 0: the lock connection idles for as long as a step takes.
pub(crate) const STARTUP: [(&str, &str); 10] = [
    ("row_security", "off"),
    ("standard_conforming_strings", "on"),
    ("jit", "off"),
    ("client_connection_check_interval", "2000"),
    ("tcp_keepalives_idle", "15"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "5"),
    ("tcp_user_timeout", "40000"),
    ("idle_session_timeout", "0"),
    ("statement_timeout", "0"),
];

/// Those of [`STARTUP`] that only make the server notice sooner that its runner is gone. A server refuses
/// `client_connection_check_interval` where its platform cannot tell (SQLSTATE 22023); then it is done without.
const DISPENSABLE: [&str; 5] = [
    "client_connection_check_interval",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "tcp_user_timeout",
];

/// What the configuration says about every session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionSettings {
    /// The role to act as (SET ROLE).
    pub role: Option<String>,
    /// The `search_path` to resolve unqualified names with, as SQL.
    pub search_path: Option<String>,
}

impl SessionSettings {
    /// What `policy` says about sessions.
    pub fn of(policy: &Policy) -> Self {
        let names = policy.search_path.value.iter().map(|name| quote_identifier(name));
        let path = names.collect::<Vec<_>>().join(", ");
        Self {
            role: policy.role.value.clone(),
            search_path: (!path.is_empty()).then_some(path),
        }
    }
}

/// What a session is for; shows in `application_name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Holds the leader lock and writes progress.
    Lock,
    /// Executes steps.
    Work,
    /// Sees who waits for us.
    Watch,
    /// Ends what we do when the watchdog is frozen.
    Switch,
}

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// Process id of its backend; for [`Purpose::Lock`] as it was announced.
    pub(crate) pid: i32,
    /// When its backend started, as the server writes it; only for [`Purpose::Work`].
    pub(crate) backend_start: String,
    /// `server_version_num`.
    pub(crate) server_version: u32,
    /// Those of [`STARTUP`] that the server refused.
    pub(crate) refused: Vec<&'static str>,
    /// The look of [`crate::waits::snapshot`], once it has been prepared here.
    pub(crate) look: OnceCell<Statement>,
}

impl Session {
    /// The client of the session.
    pub(crate) fn client(&self) -> &Client {
        &self.connection.client
    }

    /// Whether the server finds the end of a literal where the parser found it, so that statements can be put
    /// one behind the other.
    pub(crate) fn reads_as_parsed(&self) -> bool {
        self.connection.server.standard_strings
    }

    /// What the server said meanwhile beside its answers.
    pub(crate) fn notices(&mut self) -> Vec<DbError> {
        std::iter::from_fn(|| self.connection.notices.try_recv().ok()).collect()
    }

    /// Cancels what the session runs. Should that fail, closing the connection does it, a little
    /// later.
    pub(crate) async fn cancel(&self) {
        let _ = self.connection.canceller().cancel().await;
    }
}

/// Something that is read in the same round trip that makes sure of a session.
pub(crate) type Reading<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;

/// Opens a session and makes sure that it is one: a pooler that shares server connections between
/// clients would leak our settings and locks to applications.
pub(crate) async fn open(
    options: &ConnectOptions,
    settings: &SessionSettings,
    purpose: Purpose,
) -> Result<Session> {
    let (session, ()) = open_reading(options, settings, purpose, |_| Box::pin(async {})).await?;
    Ok(session)
}

/// As [`open`], and reads something without waiting in between. Only reads: whether it is a session
/// at all is not known yet when `read` is sent.
pub(crate) async fn open_reading<T>(
    options: &ConnectOptions,
    settings: &SessionSettings,
    purpose: Purpose,
    read: for<'c> fn(&'c Client) -> Reading<'c, T>,
) -> Result<(Session, T)> {
    let (connection, refused) = connect(options, settings, purpose).await?;
    // What is polled first is sent first.
    let (known, read) =
        future::join(identify(&connection, settings, purpose), read(&connection.client)).await;
    Ok((known?.session(connection, refused), read))
}

/// Opens a lock session, and asks it something in the same message that makes sure of it; likewise only
/// what reads. None where the server refuses to answer.
pub(crate) async fn open_asking(
    options: &ConnectOptions,
    settings: &SessionSettings,
    sql: &str,
) -> Result<(Session, Option<Vec<SimpleQueryMessage>>)> {
    let (connection, refused) = connect(options, settings, Purpose::Lock).await?;
    let Some(known) = announced(&connection) else {
        let known = identify(&connection, settings, Purpose::Lock).await?;
        return Ok((known.session(connection, refused), None));
    };
    let answers = connection.verify_direct_and_ask(sql).await.map_err(unconnected)?;
    Ok((known.session(connection, refused), answers))
}

/// Asks about backends of ours, or ends one. A session that acts as a role (`role`, SET ROLE) is shown nothing of the
/// login's backends, its own not excepted, and may not end them; for this transaction it is the login again. All of it is
/// sent in one go.
pub(crate) async fn as_login<T>(
    client: &Client,
    ask: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> std::result::Result<T, tokio_postgres::Error> {
    // What is polled first is sent first.
    let (begun, asked, ended) = future::join3(
        client.batch_execute("BEGIN; SET LOCAL ROLE NONE"),
        ask,
        client.batch_execute("END"),
    )
    .await;
    begun?;
    let asked = asked?;
    ended?;
    Ok(asked)
}

async fn connect(
    options: &ConnectOptions,
    settings: &SessionSettings,
    purpose: Purpose,
) -> Result<(Connection, Vec<&'static str>)> {
    let mut startup: Vec<(&str, &str)> = STARTUP.to_vec();
    let name = match purpose {
        Purpose::Lock => "windlass",
        Purpose::Work => "windlass work",
        Purpose::Watch => "windlass watch",
        Purpose::Switch => "windlass switch",
    };
    startup.push(("application_name", name));
    if let Some(role) = &settings.role {
        startup.push(("role", role));
    }
    if let Some(path) = &settings.search_path {
        startup.push(("search_path", path));
    }
    connect_without(options, startup).await.map_err(unconnected)
}

/// Connects without the dispensable settings that the server refuses, and says which these are.
async fn connect_without(
    options: &ConnectOptions,
    mut startup: Vec<(&str, &str)>,
) -> std::result::Result<(Connection, Vec<&'static str>), ConnectError> {
    let mut refused = Vec::new();
    loop {
        let error = match connect::connect(options, &startup).await {
            Ok(connection) => return Ok((connection, refused)),
            Err(error) => error,
        };
        let asked = |name: &&&str| startup.iter().any(|(asked, _)| asked == *name);
        let found = DISPENSABLE
            .iter()
            .filter(asked)
            .find(|name| error.refuses_setting(name));
        let Some(name) = found.copied() else {
            return Err(error);
        };
        startup.retain(|(asked, _)| *asked != name);
        refused.push(name);
    }
}

struct Identity {
    pid: i32,
    backend_start: String,
    server_version: u32,
}

impl Identity {
    fn session(self, connection: Connection, refused: Vec<&'static str>) -> Session {
        Session {
            connection,
            pid: self.pid,
            backend_start: self.backend_start,
            server_version: self.server_version,
            refused,
            look: OnceCell::new(),
        }
    }
}

/// Who the backend is, as it said when it let us in; a lock session needs no more.
fn announced(connection: &Connection) -> Option<Identity> {
    let said = &connection.server;
    (said.version_num != 0).then(|| Identity {
        pid: said.pid,
        backend_start: String::new(),
        server_version: said.version_num,
    })
}

/// Who the backend is. The probe of a lock session is the cheapest statement that there is; a work session
/// has to be found again as an orphan.
async fn identify(connection: &Connection, settings: &SessionSettings, purpose: Purpose) -> Result<Identity> {
    if let Some(known) = announced(connection).filter(|_| purpose == Purpose::Lock) {
        connection.verify_direct().await.map_err(unconnected)?;
        return Ok(known);
    }
    let client = &connection.client;
    let who = client.query_typed_one(
        "SELECT pg_catalog.pg_backend_pid(), activity.backend_start::text, \
                pg_catalog.current_setting('server_version_num')::integer, \
                pg_catalog.current_setting('windlass.probe', true) \
           FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS activity",
        &[],
    );
    let row = match settings.role {
        Some(_) => as_login(client, who).await,
        None => who.await,
    };
    let row = row.map_err(lost)?;
    let probe: Option<String> = row.get(3);
    connection.check_probe(probe.as_deref()).map_err(unconnected)?;
    Ok(Identity {
        pid: row.get(0),
        backend_start: row.get::<_, Option<String>>(1).unwrap_or_default(),
        server_version: u32::try_from(row.get::<_, i32>(2)).unwrap_or_default(),
    })
}

fn unconnected(error: connect::ConnectError) -> Error {
    let kind = match error.kind() {
        // No waiting helps against a pooler: it takes another address.
        connect::ConnectErrorKind::BadOptions | connect::ConnectErrorKind::Pooler => ErrorKind::BadInput,
        _ => ErrorKind::NoConnection,
    };
    let mut failed = Error::new(kind, error.to_string());
    if let Some(code) = error.sqlstate() {
        failed = failed.with_sqlstate(code.code());
    }
    match error.hint() {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

/// An error of a statement of our own, which should not fail while the connection stands.
pub(crate) fn lost(error: tokio_postgres::Error) -> Error {
    failed(error, "failed to talk to the server")
}

/// Tells a lost connection from a refused statement; `what` continues "error: ".
pub(crate) fn failed(error: tokio_postgres::Error, what: &str) -> Error {
    if is_lost(&error) {
        let message = match error.as_db_error() {
            Some(db) => format!("the connection to the server was lost: {}", db.message()),
            None => "the connection to the server was lost".to_owned(),
        };
        return Error::new(ErrorKind::ConnectionLost, message)
            .caused_by(error)
            .hint("run the same command again; it continues where this one stopped");
    }
    match error.as_db_error() {
        Some(db) => {
            let code = db.code().code().to_owned();
            let message = format!("{what}: {}", db.message());
            let mut failed = Error::new(ErrorKind::Failed, message).with_sqlstate(&code);
            if let Some(detail) = db.detail() {
                failed = failed.hint(detail.to_owned());
            }
            if let Some(hint) = db.hint() {
                failed = failed.hint(hint.to_owned());
            }
            if let Some(advice) = advice::advice(&code) {
                failed = failed.hint(advice);
            }
            failed
        }
        None => Error::new(ErrorKind::Failed, format!("{what}: {error}")),
    }
}

/// Whether the connection is gone: closed, or the server said that it ends it. The codes alone do not say so: those of
/// class 08 and 57P01 also come from another server's connection (postgres_fdw, dblink) and from RAISE.
pub(crate) fn is_lost(error: &tokio_postgres::Error) -> bool {
    if error.is_closed() {
        return true;
    }
    match error.as_db_error() {
        Some(db) => {
            let code = db.code().code();
            // 25P03 and 57P05 are what idled for too long: after an outage it is the answer to what was sent behind it.
            let ends =
                code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03");
            ends && matches!(
                db.parsed_severity(),
                None | Some(Severity::Fatal | Severity::Panic)
            )
        }
        None => std::error::Error::source(error)
            .is_some_and(|source| source.downcast_ref::<std::io::Error>().is_some()),
    }
}

/// The caller's wish to stop, checked wherever the engine waits.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// Asks a run to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stop {
    /// A pair of which one asks and the other listens.
    pub fn pair() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// Whether stopping was asked for.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until stopping is asked for; forever when nobody can ask any more.
    pub async fn asked(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Sleeps, or fails as soon as stopping is asked for.
    pub(crate) async fn sleep(&self, pause: Duration) -> Result<()> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.asked() => Err(interrupted()),
        }
    }

    /// Does what holds and changes nothing, or gives it up as soon as stopping is asked for.
    pub(crate) async fn or_asked<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = work => done,
            () = self.asked() => Err(interrupted()),
        }
    }

    /// Fails when stopping was asked for.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_asked() {
            Err(interrupted())
        } else {
            Ok(())
        }
    }
}

impl Stopper {
    /// Asks. Asking twice is the same as asking once.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

pub(crate) fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "stopped as asked")
        .hint("run the same command again; it continues where this one stopped")
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_testkit::Server;

    #[tokio::test]
    async fn a_setting_that_only_helps_the_server_notice_is_done_without_where_it_is_refused() {
        let server = Server::start().await;
        let database = server.fresh_database().await;
        let options = ConnectOptions::resolve(&database.url(), &|_| None).expect("the address is one");
        // On this platform it is the value that is refused; the SQLSTATE is the same.
        let startup = vec![
            ("row_security", "off"),
            ("client_connection_check_interval", "-1"),
            ("tcp_user_timeout", "-1"),
        ];
        let (connection, refused) = connect_without(&options, startup)
            .await
            .expect("it is done without");
        assert_eq!(refused, ["client_connection_check_interval", "tcp_user_timeout"]);
        let row = connection
            .client
            .query_one("SELECT current_setting('row_security')", &[])
            .await
            .expect("it can be asked");
        assert_eq!(row.get::<_, &str>(0), "off");

        let startup = vec![("row_security", "perhaps")];
        let error = connect_without(&options, startup)
            .await
            .expect_err("row_security is no such setting");
        assert!(error.refuses_setting("row_security"), "{error}");
    }
}
