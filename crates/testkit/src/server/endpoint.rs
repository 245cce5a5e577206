//! How to reach a server, and the few statements that manage its databases.

use super::binaries::Binaries;
use crate::database::explain;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres::{Client, Config, NoTls, config::Host, error::SqlState};

/// Addresses of one server. Cheap to clone; holds no connection, so it survives restarts and runtimes.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// What the helpers use: the Unix socket of our own server, or the given address.
    helper: Config,
    user: String,
    password: Option<String>,
    host: String,
    port: u16,
    /// What follows the database's name in a given address, with its `?`.
    parameters: String,
    ours: Option<(Binaries, PathBuf)>,
}

impl Endpoint {
    pub(super) fn local(binaries: &Binaries, socket_dir: &Path, port: u16, password: Option<&str>) -> Self {
        let mut helper = Config::new();
        helper.host_path(socket_dir).port(port).user("postgres");
        Self(Arc::new(Inner {
            helper,
            user: "postgres".to_owned(),
            password: password.map(str::to_owned),
            host: "127.0.0.1".to_owned(),
            port,
            parameters: String::new(),
            ours: Some((binaries.clone(), socket_dir.to_owned())),
        }))
    }

    /// A server that somebody else runs, from `WINDLASS_TEST_DATABASE_URL`.
    pub(super) fn given(url: &str) -> Self {
        let helper: Config = url
            .parse()
            .unwrap_or_else(|error| panic!("failed to read WINDLASS_TEST_DATABASE_URL: {error}"));
        let host = match helper.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(path)) => path.to_string_lossy().into_owned(),
            None => "127.0.0.1".to_owned(),
        };
        let password = helper
            .get_password()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Self(Arc::new(Inner {
            user: helper.get_user().unwrap_or("postgres").to_owned(),
            password,
            host,
            port: helper.get_ports().first().copied().unwrap_or(5432),
            parameters: url.find('?').map(|at| url[at..].to_owned()).unwrap_or_default(),
            ours: None,
            helper,
        }))
    }

    pub(crate) fn url(&self, db: &str) -> String {
        let inner = &self.0;
        let password = inner
            .password
            .as_deref()
            .map(|text| format!(":{}", escape(text)))
            .unwrap_or_default();
        format!(
            "postgresql://{}{password}@{}:{}/{}{}",
            escape(&inner.user),
            escape(&inner.host),
            inner.port,
            escape(db),
            inner.parameters
        )
    }

    pub(crate) fn url_for(&self, user: &str, db: &str) -> String {
        let inner = &self.0;
        format!(
            "postgresql://{}@{}:{}/{}{}",
            escape(user),
            escape(&inner.host),
            inner.port,
            escape(db),
            inner.parameters
        )
    }

    /// For PostgreSQL's own programs, which take a socket directory as an escaped host.
    pub(crate) fn helper_url(&self, db: &str) -> String {
        match &self.0.ours {
            Some((_, dir)) => format!(
                "postgresql://postgres@{}:{}/{}",
                escape(&dir.to_string_lossy()),
                self.0.port,
                escape(db)
            ),
            None => self.url(db),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    pub(crate) fn binaries(&self) -> Option<&Binaries> {
        self.0.ours.as_ref().map(|(binaries, _)| binaries)
    }

    pub(crate) async fn connect(&self, db: &str, user: Option<&str>, application: &str) -> Client {
        match self.try_connect(db, user, application).await {
            Ok(client) => client,
            Err(error) => panic!("failed to connect to {db}: {}", explain(&error)),
        }
    }

    pub(crate) async fn try_connect(
        &self,
        db: &str,
        user: Option<&str>,
        application: &str,
    ) -> Result<Client, tokio_postgres::Error> {
        let mut config = self.0.helper.clone();
        config.dbname(db).application_name(application);
        if let Some(user) = user {
            config.user(user);
        }
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Creates the database unless it exists.
    pub(super) async fn create_database(&self, name: &str) {
        let admin = self.connect("postgres", None, "windlass-testkit").await;
        let version = admin
            .query_one("SELECT current_setting('server_version_num')::int", &[])
            .await;
        let version: i32 = version.expect("every server knows its version").get(0);
        // With fsync off, copying files takes half the time of writing WAL (10 ms, 20 ms); before 15
        // there was no choice. template0 has no sessions that could collide with the copy.
        let strategy = if version >= 150_000 {
            " STRATEGY file_copy"
        } else {
            ""
        };
        let sql = format!(
            "CREATE DATABASE \"{}\" TEMPLATE template0{strategy}",
            name.replace('"', "\"\"")
        );
        let Err(error) = admin.batch_execute(&sql).await else {
            return;
        };
        // A standby has the primary's databases and makes none.
        let fine = [SqlState::DUPLICATE_DATABASE, SqlState::READ_ONLY_SQL_TRANSACTION];
        if !error.code().is_some_and(|code| fine.contains(code)) {
            panic!("failed to create database {name}: {}", explain(&error));
        }
    }

    /// Gives the superuser the password that the addresses carry.
    pub(super) async fn set_password(&self) {
        if let Some(password) = &self.0.password {
            let admin = self.connect("postgres", None, "windlass-testkit").await;
            let set = admin
                .batch_execute(&format!("ALTER ROLE postgres PASSWORD '{password}'"))
                .await;
            set.expect("the superuser may change its password");
        }
    }

    pub(super) async fn major(&self) -> u32 {
        if let Some(binaries) = self.binaries() {
            return binaries.major();
        }
        let admin = self.connect("postgres", None, "windlass-testkit").await;
        let row = admin
            .query_one("SELECT current_setting('server_version_num')::int / 10000", &[])
            .await;
        row.expect("every server knows its version")
            .get::<_, i32>(0)
            .unsigned_abs()
    }
}

/// Percent-encodes what has a meaning of its own in an address.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(byte as char);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
