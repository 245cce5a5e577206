//! Throwaway PostgreSQL servers: one initdb per binary, a copy of it per server, gone when dropped.
//!
//! A server is a child of a shell that waits on a pipe: whenever the test's process ends, even by
//! SIGKILL, the pipe closes, and the shell stops the server and removes its files.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// How long a server may take to accept connections, on a busy machine.
const STARTING: Duration = Duration::from_secs(60);

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    directory: PathBuf,
    bindir: PathBuf,
    port: u16,
    settings: Vec<String>,
    keeper: Option<Child>,
    databases: AtomicU32,
}

impl Server {
    /// Starts a server with fsync off.
    pub async fn start() -> Self {
        Self::with_settings(&["fsync=off"]).await
    }

    /// Starts a server with these settings (`name=value`) beside those that every test server has.
    pub async fn with_settings(settings: &[&str]) -> Self {
        let bindir = bindir();
        let template = template(&bindir);
        let directory = scratch().join(format!("windlass-test-{}-{}", std::process::id(), unique()));
        run(Command::new("cp").arg("-a").arg(&template).arg(&directory));
        let mut server = Self {
            directory,
            bindir,
            port: free_port(),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            keeper: None,
            databases: AtomicU32::new(0),
        };
        server.start_again().await;
        server
    }

    /// Starts a stopped server again, on the same port.
    pub async fn start_again(&mut self) {
        let mut options = format!(
            "-D {dir} -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={dir} \
             -c max_connections=200 -c logging_collector=off",
            dir = self.directory.display(),
            port = self.port,
        );
        for setting in &self.settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let script = format!(
            "'{postgres}' {options} >>'{dir}/log' 2>&1 & pid=$!; read end; \
             [ \"$end\" = immediate ] && kill -QUIT $pid || kill -INT $pid; wait $pid; \
             [ \"$end\" = immediate ] || rm -rf '{dir}'",
            postgres = self.bindir.join("postgres").display(),
            dir = self.directory.display(),
        );
        let mut command = as_server_user(Path::new("/bin/sh"));
        command
            .arg("-c")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // The terminal's Ctrl-C is for the test, which then ends the server by the pipe.
        command.process_group(0);
        self.keeper = Some(command.spawn().expect("a shell can be started"));
        let began = Instant::now();
        while self.try_connect("postgres").await.is_err() {
            assert!(
                began.elapsed() < STARTING,
                "the server did not start: {}",
                fs::read_to_string(self.directory.join("log")).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Crashes the server, as `pg_ctl stop -m immediate` does; its files stay.
    pub fn stop_immediate(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            if let Some(pipe) = keeper.stdin.as_mut() {
                use std::io::Write;
                // A keeper that is gone already has stopped its server.
                let _ = pipe.write_all(b"immediate\n");
            }
            keeper.wait().expect("the keeper can be waited for");
        }
    }

    /// A URL of a database, as its superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A fresh, empty database.
    pub async fn database(&self) -> Database {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let client = self.try_connect("postgres").await.expect("the server runs");
        client
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await
            .expect("a database can be created");
        Database {
            url: self.url(&name),
            name,
        }
    }

    async fn try_connect(&self, database: &str) -> Result<Client, tokio_postgres::Error> {
        connect(&self.url(database)).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            // The keeper removes the files; not waiting would leave a zombie.
            let _ = keeper.wait();
        }
        // What stopped by a crash is removed here; the keeper has removed the rest.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A database of a [`Server`].
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL, as superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A new session.
    pub async fn connect(&self) -> Client {
        connect(&self.url).await.expect("the database answers")
    }

    /// Runs SQL that must succeed.
    pub async fn execute(&self, sql: &str) {
        self.connect()
            .await
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// The first column of every row, as text; NULL is the empty text.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let messages = self
            .connect()
            .await
            .simple_query(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
                _ => None,
            })
            .collect()
    }

    /// The first column of the first row, as text.
    pub async fn text(&self, sql: &str) -> String {
        self.column(sql).await.into_iter().next().unwrap_or_default()
    }

    /// Waits until `sql` answers `expected`.
    pub async fn wait_for(&self, sql: &str, expected: &str) {
        let began = Instant::now();
        loop {
            let found = self.text(sql).await;
            if found == expected {
                return;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{sql}: still {found:?}, not {expected:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // It ends with the client; what it ends with is seen there.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

/// The folder of the server's programs.
#[expect(
    clippy::disallowed_methods,
    reason = "tests find their server by the environment"
)]
fn bindir() -> PathBuf {
    let given = std::env::var_os("PG_BINDIR").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    debian.reverse();
    given
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(debian)
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .expect("no PostgreSQL server programs were found; `./dev setup` installs them, PG_BINDIR names their folder")
}

/// Where servers live: in memory when there is a place for it.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}

/// A fresh cluster of these programs, made once per machine.
fn template(bindir: &Path) -> PathBuf {
    let version = output(Command::new(bindir.join("postgres")).arg("--version"));
    let version: String = version
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '.')
        .collect();
    let name = format!(
        "windlass-template-{}-{version}",
        output(Command::new("id").arg("-u")).trim()
    );
    let path = scratch().join(&name);
    let lock = File::create(scratch().join(format!("{name}.lock"))).expect("the lock file can be made");
    lock.lock().expect("the lock file can be locked");
    if path.is_dir() {
        return path;
    }
    let fresh = scratch().join(format!("{name}.{}", unique()));
    fs::create_dir_all(&fresh).expect("a folder can be made");
    if let Some((uid, gid)) = server_user() {
        run(Command::new("chown").arg(format!("{uid}:{gid}")).arg(&fresh));
    }
    run(as_server_user(&bindir.join("initdb"))
        .args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
        ])
        .arg(&fresh));
    fs::rename(&fresh, &path).expect("the template can be put in its place");
    path
}

/// PostgreSQL refuses to run as root; another user then runs it.
fn server_user() -> Option<(u32, u32)> {
    if output(Command::new("id").arg("-u")).trim() != "0" {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].iter().find_map(|user| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

fn as_server_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = server_user() {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/");
    command
}

fn run(command: &mut Command) {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn output(command: &mut Command) -> String {
    let done = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A port that nobody listens on this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    listener.local_addr().expect("a listener has an address").port()
}

fn unique() -> String {
    format!("{:08x}", rand::random::<u32>())
}
