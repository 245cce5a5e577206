//! A throwaway PostgreSQL server, and the programs that it is made of.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryMessage;

use crate::connect::{self, ConnectOptions, Connection};
use crate::error::{Error, ErrorKind, Result};

/// How long a fresh server may take to accept connections.
const STARTING: Duration = Duration::from_secs(60);
/// Between two looks at whether it does.
const LOOK: Duration = Duration::from_millis(20);
/// How often another port is tried where somebody else took the one that was free.
const PORTS: u32 = 5;

/// A server of its own, with a fresh cluster. Dropping it stops it and removes its files.
#[derive(Debug)]
pub struct Shadow {
    directory: PathBuf,
    bindir: PathBuf,
    port: u16,
    /// Ends the server when we are gone without having done it.
    keeper: Option<Child>,
}

impl Shadow {
    /// Makes a cluster below `scratch` with the programs in `bindir` and starts it on a free port
    /// of the loopback interface. PostgreSQL refuses to run as root, so root hands it to the user
    /// `postgres` or `nobody`.
    ///
    /// # Errors
    /// Programs that cannot be run, and a server that does not start; with its own words.
    pub async fn start(bindir: &Path, scratch: &Path) -> Result<Self> {
        let mut shadow = Self::lay_out(bindir, scratch)?;
        for _ in 0..PORTS {
            shadow.port = free_port().map_err(|error| failed("failed to find a free port", error))?;
            if shadow.launch().await? {
                return Ok(shadow);
            }
            shadow.stop();
        }
        Err(Error::new(
            ErrorKind::Failed,
            format!("{PORTS} ports that were free were taken before the throwaway server had them"),
        )
        .hint("run the command again"))
    }

    /// Makes the cluster, which does not run yet.
    fn lay_out(bindir: &Path, scratch: &Path) -> Result<Self> {
        let mut shadow = Self {
            directory: scratch.join(format!("windlass-shadow-{:08x}", rand::random::<u32>())),
            bindir: bindir.to_owned(),
            port: 0,
            keeper: None,
        };
        std::fs::create_dir_all(&shadow.directory)
            .map_err(|error| failed(&format!("failed to make {}", shadow.directory.display()), error))?;
        shadow.keeper = keeper(&shadow.directory);
        if let Some((uid, gid)) = server_user() {
            std::os::unix::fs::chown(&shadow.directory, Some(uid), Some(gid))
                .map_err(|error| failed("failed to hand the server's folder to its user", error))?;
        }
        let cluster = shadow.cluster();
        shadow.run(
            "initdb",
            &[
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-D",
                &cluster,
            ],
        )?;
        Ok(shadow)
    }

    /// Starts the server on its port; whether it got it. A port is free when it is looked for, and somebody else's
    /// when a server asks for it: of several programs that start at once, or of another server.
    async fn launch(&self) -> Result<bool> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=100 \
             -c fsync=off -c cluster_name={}",
            self.port,
            self.directory.display(),
            self.name()
        );
        let log = self.log();
        // What was said of another port is nothing about this one.
        let _ = std::fs::remove_file(&log);
        let (cluster, log) = (self.cluster(), log.display().to_string());
        self.run(
            "pg_ctl",
            &["start", "--no-wait", "-D", &cluster, "-l", &log, "-o", &options],
        )?;
        self.wait().await
    }

    /// The URL of one of its databases, as superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn cluster(&self) -> String {
        self.directory.join("data").display().to_string()
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// What the server says that it is called; no other is.
    fn name(&self) -> String {
        let name = self.directory.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Waits until it answers; false where somebody else has its port.
    async fn wait(&self) -> Result<bool> {
        // Briefly each time: what has the port instead may say nothing at all.
        let url = format!("{}?connect_timeout=2", self.url("postgres"));
        let options = ConnectOptions::resolve(&url, &|_| None)
            .map_err(|error| Error::new(ErrorKind::NoConnection, error.to_string()))?;
        let log = || std::fs::read_to_string(self.log()).unwrap_or_default();
        let began = Instant::now();
        loop {
            if log().contains("Address already in use") {
                return Ok(false);
            }
            match connect::connect(&options, &[]).await {
                Ok(connection) if self.is_at(&connection).await => return Ok(true),
                // Another's. Ours is still on its way to the port, and has to have come to its end before it is
                // started on the next one.
                Ok(_) if began.elapsed() < STARTING => tokio::time::sleep(LOOK).await,
                Ok(_) => return Ok(false),
                Err(error) if began.elapsed() > STARTING => {
                    return Err(Error::new(ErrorKind::NoConnection, error.to_string()).hint(log()));
                }
                Err(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Whether it is this server that answers.
    async fn is_at(&self, connection: &Connection) -> bool {
        let messages = connection.client.simple_query("SHOW cluster_name").await;
        messages.unwrap_or_default().iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some(&*self.name()),
            _ => false,
        })
    }

    /// A server that is gone already is what is wanted.
    fn stop(&self) {
        let _ = self.run("pg_ctl", &["stop", "-m", "immediate", "-D", &self.cluster()]);
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        let mut command = Command::new(self.bindir.join(program));
        command
            .args(args)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some((uid, gid)) = server_user() {
            command.uid(uid).gid(gid);
        }
        // pg_ctl's server would keep a pipe open; its words are in the log.
        let quiet = program == "pg_ctl";
        command.stderr(if quiet { Stdio::null() } else { Stdio::piped() });
        let done = command
            .output()
            .map_err(|error| failed(&format!("failed to run {program}"), error))?;
        if done.status.success() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Failed, format!("{program} failed"))
            .hint(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        self.stop();
        // Files that are gone already are what is wanted.
        let _ = std::fs::remove_dir_all(&self.directory);
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// Starts what cleans up after a program that was killed. Without a shell nobody does.
fn keeper(directory: &Path) -> Option<Child> {
    Command::new("sh")
        .args(["-c", include_str!("keeper.sh"), "windlass-shadow-keeper"])
        .arg(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .ok()
}

/// The first folder among `candidates` that holds a server's programs.
pub fn find_programs(candidates: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    programs(candidates).next()
}

/// The first folder among `candidates` that holds the programs of a server of this major version, as they say
/// themselves.
pub fn programs_of_major(candidates: impl IntoIterator<Item = PathBuf>, major: u32) -> Option<PathBuf> {
    let is_of_major = |folder: &PathBuf| {
        let said = Command::new(folder.join("postgres"))
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .ok();
        let words = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned());
        // postgres (PostgreSQL) 15.8 (Debian 15.8-1)
        let version = words.as_deref().and_then(|words| words.split_whitespace().nth(2));
        version.and_then(|version| version.split(|letter: char| !letter.is_ascii_digit()).next())
            == Some(major.to_string().as_str())
    };
    programs(candidates).find(is_of_major)
}

/// Folders that hold a server's programs: the candidates, then where Debian puts them, newest first.
fn programs(candidates: impl IntoIterator<Item = PathBuf>) -> impl Iterator<Item = PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut usual: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    usual.sort();
    usual.reverse();
    candidates.into_iter().chain(usual).filter(|folder| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file())
    })
}

/// The user to run a server as, when we are root.
fn server_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let own = std::fs::metadata("/proc/self")
        .or_else(|_| std::fs::metadata(std::env::temp_dir()))
        .ok()?;
    if own.uid() != 0 || !Path::new("/proc/self").exists() {
        return None;
    }
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    ["postgres", "nobody"].iter().find_map(|user| {
        let mut fields = passwd
            .lines()
            .find(|line| line.split(':').next() == Some(user))?
            .split(':')
            .skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?
        .local_addr()?
        .port())
}

fn failed(what: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Failed, format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_somebody_else_has_is_told_from_ones_own() {
        let programs = windlass_testkit::Binaries::find().expect("there is a PostgreSQL here");
        let programs = programs.dir();
        let scratch = tempfile::tempdir().expect("a folder can be made");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(scratch.path(), open).expect("it is ours");
        let first = Shadow::start(programs, scratch.path()).await.expect("it starts");
        // Another server answers there, to the same user.
        let mut second = Shadow::lay_out(programs, scratch.path()).expect("it is laid out");
        second.port = first.port;
        assert!(!second.launch().await.expect("it is told"));
        second.stop();
        // Something listens there that is no server.
        let other = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("there is a port");
        second.port = other.local_addr().expect("it is bound").port();
        assert!(!second.launch().await.expect("it is told"));
        second.stop();
        second.port = free_port().expect("there is a port");
        assert!(second.launch().await.expect("it starts"));
    }
}
