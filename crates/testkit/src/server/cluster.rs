//! One server process and its files: create, start, stop, remove. Blocking; speaks no SQL.

use super::binaries::Binaries;
use super::endpoint::Endpoint;
use super::place::Place;
use super::{ServerBuilder, template};
use crate::port::Port;
use crate::small_disk;
use rustix::process::{Pid, Signal, kill_process};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that recovers after a crash on a loaded machine may take this long.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// After that a stopping server is killed.
const STOP_DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(3);

/// Set before the builder's own settings, which therefore win.
const DEFAULTS: &[(&str, &str)] = &[
    ("listen_addresses", "127.0.0.1"),
    ("max_connections", "200"),
    ("max_prepared_transactions", "20"),
    ("shared_buffers", "64MB"),
    ("max_wal_size", "256MB"),
    ("min_wal_size", "8MB"),
    ("full_page_writes", "off"),
    // Files in the data directory: a killed server leaves nothing behind in /dev/shm.
    ("dynamic_shared_memory_type", "mmap"),
    // Autovacuum comes to a test that asks for it, not to whichever takes long: it locks tables and counts rows.
    ("autovacuum_naptime", "1d"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("log_line_prefix", "%m [%p] %q%a %u@%d "),
];

/// How to stop a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Fast,
    Immediate,
    Kill,
}

/// Why a server could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// There is no PostgreSQL on this machine.
    NoServer,
    /// `PG_BINDIR`, or the folder asked for, holds no server.
    NotAServer(PathBuf),
    /// We are root, and there is no other account to run the server as.
    OnlyRoot,
    /// The folder for servers belongs to somebody else.
    NotOurs(PathBuf),
    /// `initdb` failed, saying this.
    Initdb(String),
    /// The server ended or did not become ready; the end of its log.
    Server(String),
    /// A file or process could not be handled.
    Io(String, io::Error),
}

impl StartError {
    pub(super) fn io(act: &str, path: &Path, error: io::Error) -> Self {
        Self::Io(format!("{act} {}", path.display()), error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer => write!(
                f,
                "failed to find a PostgreSQL server for the tests\n\
                 hint: `sudo apt-get install postgresql` or `brew install postgresql@17`, \
                 or name one: PG_BINDIR=/path/to/bin, or \
                 WINDLASS_TEST_DATABASE_URL=postgresql://… for the tests that need only a database"
            ),
            Self::NotAServer(dir) => {
                write!(f, "found no usable `initdb` and `postgres` in {}", dir.display())
            }
            Self::OnlyRoot => write!(
                f,
                "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody`"
            ),
            Self::NotOurs(dir) => write!(
                f,
                "{} belongs to somebody else\nhint: set WINDLASS_TEST_TMPDIR",
                dir.display()
            ),
            Self::Initdb(message) => write!(f, "initdb failed: {message}"),
            Self::Server(log) => write!(f, "PostgreSQL did not start; its log ends with:\n{log}"),
            Self::Io(act, _) => write!(f, "failed to {act}"),
        }?;
        // Tests print only the outermost message.
        match self {
            Self::Io(_, error) => write!(f, ": {error}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            _ => None,
        }
    }
}

/// A server process with its directory. Dropping it stops the one and removes the other.
#[derive(Debug)]
pub(super) struct Cluster {
    place: Place,
    binaries: Binaries,
    /// Holds `data/`, `users/`, the log and the socket.
    directory: PathBuf,
    port: Port,
    password: bool,
    postmaster: Option<Child>,
    /// Only to be reaped by us, lest it stays a zombie.
    reaper: Option<Child>,
    removes: bool,
}

impl Cluster {
    /// Creates and starts a server that goes when this process goes.
    pub(super) fn create(builder: &ServerBuilder) -> Result<Self, StartError> {
        let place = Place::choose(builder.fsync)?;
        let mut cluster = Self::prepare(&place, builder, None, Duration::ZERO)?;
        cluster.start()?;
        Ok(cluster)
    }

    /// Lays out a directory with a configured cluster that does not run yet.
    ///
    /// `pointer` and `linger` are the reaper's: who else learns of the server, and how long it waits for them.
    pub(super) fn prepare(
        place: &Place,
        builder: &ServerBuilder,
        pointer: Option<&Path>,
        linger: Duration,
    ) -> Result<Self, StartError> {
        let binaries = match &builder.bindir {
            Some(dir) => Binaries::at(dir)?,
            None => Binaries::find()?,
        };
        // Short: a Unix socket's path has room for about 100 bytes.
        let directory = place.base.join(format!("s{:08x}", rand::random::<u32>()));
        let mut cluster = Self {
            place: place.clone(),
            binaries,
            port: Port::reserve()
                .map_err(|error| StartError::io("find a free port on", Path::new("127.0.0.1"), error))?,
            password: builder.password_method.is_some(),
            postmaster: None,
            reaper: None,
            removes: true,
            directory,
        };
        let laid_out = fs::create_dir(&cluster.directory)
            .and_then(|()| cluster.place.give(&cluster.directory))
            .and_then(|()| fs::set_permissions(&cluster.directory, fs::Permissions::from_mode(0o755)))
            .and_then(|()| cluster.register(std::process::id()));
        laid_out.map_err(|error| StartError::io("create", &cluster.directory, error))?;
        // From here on a killed test leaves nothing behind.
        cluster.watch(pointer, linger)?;
        match &builder.primary {
            Some((socket_dir, port)) => cluster.follow(socket_dir, *port)?,
            None => template::copy_to(place, &cluster.binaries, &cluster.data())?,
        }
        cluster
            .configure(builder)
            .map_err(|error| StartError::io("configure", &cluster.directory, error))?;
        Ok(cluster)
    }

    /// Fills the data directory from a running server, as a standby of it.
    fn follow(&self, socket_dir: &Path, port: u16) -> Result<(), StartError> {
        let program = self.binaries.tool("pg_basebackup");
        let output = self
            .place
            .command(&program)
            .args([
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
                "--username=postgres",
            ])
            .arg("--pgdata")
            .arg(self.data())
            .arg("--host")
            .arg(socket_dir)
            .args(["--port", &port.to_string()])
            .output()
            .map_err(|error| StartError::io("run", &program, error))?;
        if output.status.success() {
            return Ok(());
        }
        Err(StartError::Server(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ))
    }

    /// Notes that the process `pid` uses the server; see `reaper.sh`.
    fn register(&self, pid: u32) -> io::Result<()> {
        let users = self.directory.join("users");
        fs::create_dir_all(&users)?;
        File::create(users.join(pid.to_string())).map(drop)
    }

    fn configure(&self, builder: &ServerBuilder) -> io::Result<()> {
        let mut settings: Vec<(&str, &str)> = DEFAULTS.to_vec();
        settings.push(("fsync", if builder.fsync { "on" } else { "off" }));
        let directory = self.directory.to_string_lossy();
        settings.push(("unix_socket_directories", &directory));
        if let Some(tls) = &builder.tls {
            self.write_private("server.crt", &tls.certificate)?;
            self.write_private("server.key", &tls.key)?;
            settings.push(("ssl", "on"));
        }
        if builder.password_method.as_deref() == Some("md5") {
            settings.push(("password_encryption", "md5"));
        }
        settings.extend(
            builder
                .settings
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        let mut conf = File::options()
            .append(true)
            .open(self.data().join("postgresql.conf"))?;
        for (name, value) in settings {
            writeln!(conf, "{name} = '{}'", value.replace('\'', "''"))?;
        }
        let tcp = match (&builder.hba, &builder.password_method) {
            (Some(lines), _) => lines.clone(),
            (None, Some(method)) => {
                format!("host all all all {method}\nhost replication all all {method}")
            }
            (None, None) => "host all all all trust\nhost replication all all trust".to_owned(),
        };
        let hba = format!("local all all trust\nlocal replication all trust\n{tcp}\n");
        fs::write(self.data().join("pg_hba.conf"), hba)
    }

    fn write_private(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.data().join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        self.place.give(&path)
    }

    /// Starts the server on a free port.
    pub(super) fn start(&mut self) -> Result<(), StartError> {
        for _ in 0..5 {
            match self.launch() {
                // Somebody took the port between our look and the server's.
                Err(StartError::Server(log)) if log.contains("Address already in use") => {
                    self.port = Port::reserve()
                        .map_err(|error| StartError::io("find a free port for", &self.directory, error))?;
                }
                outcome => return outcome,
            }
        }
        self.launch()
    }

    /// Starts the server on the port it had.
    pub(super) fn start_again(&mut self) -> Result<(), StartError> {
        let begun = Instant::now();
        loop {
            match self.launch() {
                // After a SIGKILL the old backends need a moment to notice.
                Err(StartError::Server(log))
                    if (log.contains("pre-existing shared memory")
                        || log.contains("s another postmaster"))
                        && begun.elapsed() < STOP_DEADLINE =>
                {
                    std::thread::sleep(Duration::from_millis(50));
                }
                outcome => return outcome,
            }
        }
    }

    fn launch(&mut self) -> Result<(), StartError> {
        let log_path = self.directory.join("log");
        let log = File::options().create(true).append(true).open(&log_path);
        let log = log.map_err(|error| StartError::io("open", &log_path, error))?;
        let before = log.metadata().map_or(0, |found| found.len());
        let postgres = self.binaries.tool("postgres");
        let io_error = |error| StartError::io("run", &postgres, error);
        let child = self
            .place
            .command(&postgres)
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port().to_string()])
            .stdout(log.try_clone().map_err(io_error)?)
            .stderr(log)
            // A group of its own: Ctrl-C reaches the tests, and the tests stop their servers.
            .process_group(0)
            .spawn()
            .map_err(io_error)?;
        let pid = child.id();
        let child = self.postmaster.insert(child);
        let begun = Instant::now();
        loop {
            let ended = child.try_wait().map_err(io_error)?.is_some();
            if !ended && begun.elapsed() < START_DEADLINE {
                if is_ready(&self.directory.join("data/postmaster.pid"), pid) {
                    return Ok(());
                }
                std::thread::sleep(POLL);
                continue;
            }
            self.stop(Stop::Kill);
            let log = fs::read(&log_path).unwrap_or_default();
            let from = (before as usize).min(log.len());
            return Err(StartError::Server(
                String::from_utf8_lossy(&log[from..]).into_owned(),
            ));
        }
    }

    /// Starts the shell process that cleans up when no process uses the server any more.
    fn watch(&mut self, pointer: Option<&Path>, linger: Duration) -> Result<(), StartError> {
        let reaper = Command::new("sh")
            .args(["-c", include_str!("reaper.sh"), "windlass-testkit-reaper"])
            .arg(&self.directory)
            .arg(pointer.unwrap_or(Path::new("")))
            .arg(linger.as_secs().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        self.reaper = Some(reaper.map_err(|error| StartError::io("run", Path::new("sh"), error))?);
        Ok(())
    }

    /// Stops the server and waits for its end; does nothing when it does not run.
    pub(super) fn stop(&mut self, how: Stop) {
        let Some(mut child) = self.postmaster.take() else {
            return;
        };
        let pid = Pid::from_child(&child);
        let signal = match how {
            Stop::Fast => Signal::INT,
            Stop::Immediate => Signal::QUIT,
            Stop::Kill => Signal::KILL,
        };
        let _ = kill_process(pid, signal);
        let begun = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if begun.elapsed() > STOP_DEADLINE {
                let _ = kill_process(pid, Signal::KILL);
            }
            std::thread::sleep(POLL);
        }
    }

    /// Leaves the running server to its reaper: other processes use it too.
    pub(super) fn detach(mut self) -> PathBuf {
        self.removes = false;
        self.postmaster = None;
        self.directory.clone()
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        let password = self.password.then_some("windlass");
        Endpoint::local(&self.binaries, &self.directory, self.port(), password)
    }

    pub(super) fn pid(&mut self) -> Option<u32> {
        let child = self.postmaster.as_mut()?;
        matches!(child.try_wait(), Ok(None)).then(|| child.id())
    }

    pub(super) fn port(&self) -> u16 {
        self.port.number()
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.removes {
            return;
        }
        self.stop(Stop::Immediate);
        small_disk::unmount_beside(&self.directory);
        // Backends outlive an immediately stopped postmaster by a moment and may still write.
        for _ in 0..1000 {
            if template::remove(&self.directory).is_ok() {
                break;
            }
            std::thread::sleep(POLL);
        }
        if let Some(mut reaper) = self.reaper.take() {
            let _ = reaper.kill();
            let _ = reaper.wait();
        }
    }
}

/// The postmaster writes its state into the eighth line of its pid file.
fn is_ready(pid_file: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(pid_file).unwrap_or_default();
    let mut lines = text.lines();
    // The file of a postmaster that was killed says "ready" too.
    lines.next() == Some(pid.to_string().as_str())
        && lines.nth(6).is_some_and(|state| state.trim() == "ready")
}
