//! Throwaway PostgreSQL servers: one's own (`Server`), or one that all test processes share (`shared`).
//!
//! `binaries` finds PostgreSQL, `place` decides where files go and as whom the server runs, `template`
//! keeps an initialised data directory to copy, `cluster` runs one server, `endpoint` talks to it.

mod binaries;
mod cluster;
mod endpoint;
mod place;
mod shared;
mod template;
mod tls;

pub use binaries::Binaries;
pub use cluster::StartError;
pub(crate) use endpoint::Endpoint;
pub(crate) use place::Place;
pub use shared::{SharedServer, shared, shared_in};
pub use tls::TlsFiles;

use crate::database::{Database, unique};
use crate::wait::DEADLINE;
use cluster::{Cluster, Stop};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A PostgreSQL server that belongs to one test, listening on 127.0.0.1 and a Unix socket.
///
/// Dropping it stops it and removes its files; a test process that is killed is cleaned up after by a
/// small shell process. A test that needs no server of its own takes [`shared`], which is quicker.
///
/// ```no_run
/// # async fn example() {
/// let server = windlass_testkit::Server::builder().setting("wal_level", "logical").start().await;
/// let db = server.database("app").await;
/// db.execute("CREATE TABLE t (id int)").await;
/// server.stop_immediate().await;
/// server.restart().await;
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    cluster: Arc<Mutex<Cluster>>,
    endpoint: Endpoint,
    directory: PathBuf,
}

impl Server {
    /// Starts a server with the defaults of [`ServerBuilder`]; panics with advice when it cannot.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Begins to describe a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// The database `name`, created unless it exists.
    pub async fn database(&self, name: &str) -> Database {
        self.endpoint.create_database(name).await;
        Database::new(self.endpoint.clone(), name.to_owned(), false)
    }

    /// A new database with a name of its own.
    pub async fn fresh_database(&self) -> Database {
        self.database(&unique("db")).await
    }

    /// The new database `name`, a copy of `of` as it is.
    pub async fn copy(&self, of: &str, name: &str) -> Database {
        let admin = self.database("postgres").await;
        // It can be copied while nobody uses it, and a session outlives its connection by a moment.
        let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{of}'");
        let begun = Instant::now();
        // By hand: the compiler takes the future of an asynchronous closure for one that cannot go to another thread.
        while admin.query_one_text(&sessions).await != "0" {
            assert!(begun.elapsed() < DEADLINE, "{of} is used all the time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        admin
            .execute(&format!("CREATE DATABASE {name} TEMPLATE {of}"))
            .await;
        self.existing(name)
    }

    /// The database `name`, which is there already, such as on a standby.
    pub fn existing(&self, name: &str) -> Database {
        Database::new(self.endpoint.clone(), name.to_owned(), false)
    }

    /// Address of a database over TCP as the superuser `postgres`.
    pub fn url(&self, db: &str) -> String {
        self.endpoint.url(db)
    }

    /// Address of a database over TCP as `user`, without a password.
    pub fn url_for(&self, user: &str, db: &str) -> String {
        self.endpoint.url_for(user, db)
    }

    /// The TCP port on 127.0.0.1; it stays the same over restarts.
    pub fn port(&self) -> u16 {
        self.endpoint.port()
    }

    /// The directory of the Unix socket.
    pub fn socket_dir(&self) -> &Path {
        &self.directory
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The programs this server was started from.
    pub fn binaries(&self) -> &Binaries {
        self.endpoint
            .binaries()
            .expect("a server that we started has binaries")
    }

    /// The folder of those programs.
    pub fn bindir(&self) -> &Path {
        self.binaries().dir()
    }

    /// The server's major version, such as 15.
    pub fn version(&self) -> u32 {
        self.binaries().major()
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// The postmaster's process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.cluster.lock().expect("no holder of this lock panics").pid()
    }

    /// Stops without a checkpoint, as in a crash that PostgreSQL survives (`pg_ctl -m immediate`).
    pub async fn stop_immediate(&self) {
        self.with_cluster(|cluster| cluster.stop(Stop::Immediate)).await;
    }

    /// Ends all sessions and stops with a checkpoint (`pg_ctl -m fast`).
    pub async fn stop_fast(&self) {
        self.with_cluster(|cluster| cluster.stop(Stop::Fast)).await;
    }

    /// Kills the postmaster with SIGKILL; its backends notice and leave.
    pub async fn kill9(&self) {
        self.with_cluster(|cluster| cluster.stop(Stop::Kill)).await;
    }

    /// Starts the server again on the same port and data, stopping it (fast) before if it runs.
    pub async fn restart(&self) {
        let started = self.with_cluster(|cluster| {
            cluster.stop(Stop::Fast);
            cluster.start_again()
        });
        if let Err(error) = started.await {
            panic!("{error}");
        }
    }

    /// Starts a hot standby that streams from this server; its databases are this server's.
    ///
    /// It is the `walreceiver` of `synchronous_standby_names`.
    pub async fn standby(&self) -> Self {
        let primary = Some((self.directory.clone(), self.port()));
        ServerBuilder {
            primary,
            ..ServerBuilder::default()
        }
        .bindir(self.bindir())
        .start()
        .await
    }

    async fn with_cluster<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Cluster) -> T + Send + 'static,
    ) -> T {
        let cluster = Arc::clone(&self.cluster);
        blocking(move || act(&mut cluster.lock().expect("no holder of this lock panics"))).await
    }
}

/// What a throwaway server is like.
///
/// Defaults: `fsync = off`, `full_page_writes = off`, `max_connections = 200`,
/// `max_prepared_transactions = 20`, trust authentication, UTF8 with the C locale.
#[derive(Debug, Clone, Default)]
#[must_use = "call start()"]
pub struct ServerBuilder {
    pub(super) settings: Vec<(String, String)>,
    pub(super) fsync: bool,
    pub(super) password_method: Option<String>,
    pub(super) hba: Option<String>,
    pub(super) tls: Option<TlsFiles>,
    pub(super) bindir: Option<PathBuf>,
    /// Socket directory and port of the server to follow.
    pub(super) primary: Option<(PathBuf, u16)>,
}

impl ServerBuilder {
    /// Sets a line of `postgresql.conf`; a later one wins.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether the server waits for the disk, and keeps its files on one; off by default.
    pub fn fsync(mut self, on: bool) -> Self {
        self.fsync = on;
        self
    }

    /// Asks for passwords over TCP by `method` (`scram-sha-256`, `md5`, `password`).
    ///
    /// The superuser's password is `windlass`, and is part of [`Server::url`]. The Unix socket stays
    /// open to everybody, for the helpers.
    pub fn password_auth(mut self, method: &str) -> Self {
        self.password_method = Some(method.to_owned());
        self
    }

    /// Replaces the TCP lines of `pg_hba.conf`; the Unix socket stays open to everybody.
    pub fn hba(mut self, lines: &str) -> Self {
        self.hba = Some(lines.to_owned());
        self
    }

    /// Offers TLS with this certificate. Combine with `hba("hostssl all all all trust")` to require it.
    pub fn tls(mut self, files: TlsFiles) -> Self {
        self.tls = Some(files);
        self
    }

    /// Uses the programs in this folder instead of those that [`Binaries::find`] finds.
    pub fn bindir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.bindir = Some(dir.into());
        self
    }

    /// Starts the server; panics with advice when it cannot.
    pub async fn start(self) -> Server {
        self.try_start().await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts the server, or says why not.
    pub async fn try_start(self) -> Result<Server, StartError> {
        let cluster = blocking(move || Cluster::create(&self)).await?;
        let endpoint = cluster.endpoint();
        let directory = cluster.directory().to_owned();
        let server = Server {
            cluster: Arc::new(Mutex::new(cluster)),
            endpoint,
            directory,
        };
        server.endpoint.set_password().await;
        Ok(server)
    }
}

/// Runs what blocks (process and file work) off the test's runtime.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
