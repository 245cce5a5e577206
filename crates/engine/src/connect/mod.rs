//! Connections as libpq makes them: URL or keywords, `PG*`, `.pgpass`, service files, `sslmode`, several hosts.
//! Owns getting to a session and knowing when it is lost. What a session is used for is the callers' business.

mod conninfo;
mod driver;
mod error;
mod files;
mod options;
mod parameters;
mod search;
mod settings;
mod socket;
mod tls;
mod version1;

use std::fmt;
use std::net::IpAddr;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, SimpleQueryMessage};

pub use conninfo::redact;
pub use driver::{Canceller, Closed, ClosedReason};
pub use error::{Attempt, ConnectError, ConnectErrorKind};
pub use options::ConnectOptions;

/// The setting that a direct connection must read back; see [`Connection::check_probe`].
pub const PROBE_SETTING: &str = "windlass.probe";

/// The server at the other end.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerIdentity {
    /// As `server_version_num`: 150018 is 15.18. 0 when the server did not say it in a form we know.
    pub version_num: u32,
    /// As `server_version`, the distribution's addition included.
    pub version: String,
    /// The name it was reached by, or the directory of its socket.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The address it was reached at; none for a Unix socket.
    pub address: Option<IpAddr>,
    /// The backend's process id as announced at connection; behind a proxy it may be the proxy's invention.
    pub pid: i32,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// Whether `standard_conforming_strings` was on when we connected: a backslash in a literal is one.
    pub standard_strings: bool,
    /// Whether it was a standby when we connected; `None` before PostgreSQL 14 unless it had to be asked.
    pub is_standby: Option<bool>,
}

/// A session, driven by a task of the current tokio runtime until the client is dropped or the connection is lost.
#[non_exhaustive]
pub struct Connection {
    /// Runs queries.
    pub client: Client,
    /// Who answered.
    pub server: ServerIdentity,
    /// What the server says beside its answers: NOTICE, WARNING and the like, in order.
    pub notices: UnboundedReceiver<DbError>,
    probe_token: String,
    closed: Closed,
    canceller: Canceller,
}

/// Opens a session on the first host that does.
///
/// `startup` are server settings for the whole session: they arrive with the first packet, cost no round trip, and are
/// what `RESET` goes back to. Among them goes [`PROBE_SETTING`] with a random token.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use windlass::connect::{ConnectOptions, connect};
/// let options = ConnectOptions::resolve("postgresql://app@db.example/shop", &|_| None)?;
/// let connection = connect(&options, &[("lock_timeout", "500ms")]).await?;
/// let row = connection.client.query_one("SELECT current_setting('windlass.probe', true)", &[]).await?;
/// connection.check_probe(row.get(0))?;
/// # Ok(()) }
/// ```
pub async fn connect(options: &ConnectOptions, startup: &[(&str, &str)]) -> Result<Connection, ConnectError> {
    search::connect(options, startup).await
}

/// SHOW is not planned. With 42704, undefined_object, whoever answers never saw our setting.
const SHOW_PROBE: &str = "SHOW windlass.probe";

fn first_value(messages: &mut impl Iterator<Item = SimpleQueryMessage>) -> Option<String> {
    messages.find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    })
}

impl Connection {
    /// The value that [`PROBE_SETTING`] has in our own session.
    pub fn probe_token(&self) -> &str {
        &self.probe_token
    }

    /// Judges what `current_setting('windlass.probe', true)` returned in the caller's first query. Another value than
    /// our token means that a pooler answered, and that a bare SET would leak into an application's session.
    pub fn check_probe(&self, read_back: Option<&str>) -> Result<(), ConnectError> {
        if read_back == Some(&self.probe_token) {
            Ok(())
        } else {
            Err(search::pooler(&self.server.target()))
        }
    }

    /// [`Self::check_probe`] with a round trip of its own.
    pub async fn verify_direct(&self) -> Result<(), ConnectError> {
        let messages = match self.client.simple_query(SHOW_PROBE).await {
            Ok(messages) => messages,
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_OBJECT) => Vec::new(),
            Err(error) => return Err(search::lost(&self.server.target(), &error)),
        };
        self.check_probe(first_value(&mut messages.into_iter()).as_deref())
    }

    /// [`Self::verify_direct`] in one round trip with what `sql` reads, one statement or several. None when the
    /// server refuses one of them; the session is then verified all the same.
    pub(crate) async fn verify_direct_and_ask(
        &self,
        sql: &str,
    ) -> Result<Option<Vec<SimpleQueryMessage>>, ConnectError> {
        let Ok(messages) = self.client.simple_query(&format!("{SHOW_PROBE};{sql}")).await else {
            return self.verify_direct().await.map(|()| None);
        };
        let mut messages = messages.into_iter();
        self.check_probe(first_value(&mut messages).as_deref())?;
        Ok(Some(messages.collect()))
    }

    /// Tells when, and why, this connection ends. Clones may wait in other tasks.
    pub fn closed(&self) -> Closed {
        self.closed.clone()
    }

    /// Cancels what this session runs, from anywhere.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Says goodbye to the server and waits until the driver has done so. Dropping the connection says goodbye as
    /// well, provided that the runtime lives on.
    pub async fn close(self) -> ClosedReason {
        let mut closed = self.closed;
        drop(self.client);
        closed.wait().await
    }
}

impl ServerIdentity {
    /// `host:port`, or the socket's directory and port.
    pub fn target(&self) -> String {
        search::target(&self.host, self.address, self.port)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("server", &self.server)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
