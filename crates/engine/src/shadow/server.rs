//! A throwaway PostgreSQL server, and the programs that it is made of.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::connect::{self, ConnectOptions};
use crate::error::{Error, ErrorKind, Result};

/// How long a fresh server may take to accept connections.
const STARTING: Duration = Duration::from_secs(60);

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
        let directory = scratch.join(format!("windlass-shadow-{:08x}", rand::random::<u32>()));
        let port = free_port().map_err(|error| failed("failed to find a free port", error))?;
        let mut shadow = Self {
            directory,
            bindir: bindir.to_owned(),
            port,
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
        let options = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c max_connections=100 \
             -c fsync=off",
            shadow.directory.display()
        );
        let log = shadow.directory.join("log").display().to_string();
        shadow.run(
            "pg_ctl",
            &["start", "--no-wait", "-D", &cluster, "-l", &log, "-o", &options],
        )?;
        shadow.wait().await?;
        Ok(shadow)
    }

    /// The URL of one of its databases, as superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn cluster(&self) -> String {
        self.directory.join("data").display().to_string()
    }

    async fn wait(&self) -> Result<()> {
        let url = self.url("postgres");
        let options = ConnectOptions::resolve(&url, &|_| None)
            .map_err(|error| Error::new(ErrorKind::NoConnection, error.to_string()))?;
        let began = Instant::now();
        loop {
            match connect::connect(&options, &[]).await {
                Ok(_) => return Ok(()),
                Err(error) if began.elapsed() > STARTING => {
                    let log = std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
                    return Err(Error::new(ErrorKind::NoConnection, error.to_string()).hint(log));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
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
        // A server that is gone already, or files that are, are what is wanted.
        let _ = self.run("pg_ctl", &["stop", "-m", "immediate", "-D", &self.cluster()]);
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
