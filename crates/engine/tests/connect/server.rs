//! A throwaway PostgreSQL: initdb once per machine, a copy per test.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    pub(crate) directory: TempDir,
}

/// Everything a test may want to be different.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    pub(crate) settings: &'a [&'a str],
    pub(crate) hba: &'a str,
    pub(crate) files: &'a [(&'a str, &'a str)],
    pub(crate) standby: bool,
}

pub(crate) const PASSWORD: &str = "p@ss/w:rd?";
/// The same, as a URL wants it.
pub(crate) const PASSWORD_ENCODED: &str = "p%40ss%2Fw%3Ard%3F";

const HBA: &str = "local all postgres trust\nlocal all all scram-sha-256\nhost all all all scram-sha-256\n";

impl Server {
    pub(crate) fn start(setup: &Setup<'_>) -> Self {
        let directory = tempfile::Builder::new().prefix("wl").tempdir_in("/tmp").unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data = directory.path().join("data");
        assert!(
            Command::new("cp")
                .arg("-a")
                .arg(template())
                .arg(&data)
                .status()
                .unwrap()
                .success()
        );
        let sockets = directory.path().join("s");
        fs::create_dir(&sockets).unwrap();
        let mut configuration = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nfsync = off\n\
             shared_buffers = 16MB\nlog_min_messages = fatal\n",
            sockets.display()
        );
        for setting in setup.settings {
            configuration += &format!("{setting}\n");
        }
        let write = |name: &str, text: &str| {
            let path = data.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            give(&path);
        };
        write("postgresql.conf", &configuration);
        write("pg_hba.conf", if setup.hba.is_empty() { HBA } else { setup.hba });
        for (name, text) in setup.files {
            write(name, text);
        }
        if setup.standby {
            write("standby.signal", "");
        }
        give(&sockets);
        let (process, port) = launch(directory.path());
        let mut server = Self {
            process,
            port,
            directory,
        };
        for _ in 0..5 {
            match server.wait_until_ready() {
                Ok(()) => return server,
                // Somebody took the port between our look and the server's.
                Err(log) if log.contains("could not create any TCP/IP sockets") => {
                    (server.process, server.port) = launch(server.directory.path());
                }
                Err(log) => panic!("postgres does not start: {log}"),
            }
        }
        panic!("5 ports that were free were taken before the server had them");
    }

    pub(crate) fn sockets(&self) -> String {
        self.directory.path().join("s").display().to_string()
    }

    /// A superuser's connection string.
    pub(crate) fn superuser(&self) -> String {
        format!(
            "host={} port={} user=postgres dbname=postgres",
            self.sockets(),
            self.port
        )
    }

    /// The application's URL over TCP, with what follows the "?".
    pub(crate) fn app(&self, query: &str) -> String {
        format!(
            "postgresql://app:{PASSWORD_ENCODED}@localhost:{}/postgres?hostaddr=127.0.0.1&{query}",
            self.port
        )
    }

    /// Waits until it takes connections; the log of one that ended instead.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        let status = self.directory.path().join("data/postmaster.pid");
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let text = fs::read_to_string(&status).unwrap_or_default();
            if matches!(text.lines().nth(7).map(str::trim), Some("ready" | "standby")) {
                return Ok(());
            }
            let has_ended = self.process.try_wait().unwrap().is_some();
            if has_ended || Instant::now() > deadline {
                return Err(fs::read_to_string(self.directory.path().join("log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGQUIT: an immediate shutdown; the children notice at once.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.process.id().to_string()])
            .status();
        let _ = self.process.wait();
    }
}

/// Starts a server on a port that was free a moment ago.
fn launch(directory: &Path) -> (Child, u16) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let process = unprivileged(&program("postgres"))
        .arg("-D")
        .arg(directory.join("data"))
        .args(["-p", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(directory.join("log")).unwrap())
        .spawn()
        .unwrap();
    (process, port)
}

fn program(name: &str) -> PathBuf {
    let usual = Path::new("/usr/lib/postgresql/15/bin").join(name);
    if usual.exists() { usual } else { name.into() }
}

/// PostgreSQL refuses root.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = other_user() {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/tmp");
    command
}

fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let id = |name: &str| {
        let mut fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|line| line[0] == name)?;
        Some((fields.remove(2).parse().ok()?, fields.remove(2).parse().ok()?))
    };
    id("postgres").or_else(|| id("nobody"))
}

fn give(path: &Path) {
    if let Some((uid, gid)) = other_user() {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
}

/// A data directory with the roles of the tests, made once and kept.
fn template() -> PathBuf {
    static TEMPLATE: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    TEMPLATE.get_or_init(make_template).clone()
}

fn make_template() -> PathBuf {
    let uid = other_user().map_or(0, |(uid, _)| uid);
    let kept = std::env::temp_dir().join(format!("windlass-connect-template-15-{uid}"));
    if kept.exists() {
        return kept;
    }
    let work = tempfile::Builder::new().prefix("wl").tempdir_in("/tmp").unwrap();
    give(work.path());
    let data = work.path().join("data");
    let initdb = unprivileged(&program("initdb"))
        .args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
            "--wal-segsize=1",
            "-D",
        ])
        .arg(&data)
        .output()
        .expect("initdb of PostgreSQL 15 is needed: apt install postgresql-15");
    assert!(
        initdb.status.success(),
        "{}",
        String::from_utf8_lossy(&initdb.stderr)
    );
    let roles = format!(
        "CREATE ROLE app LOGIN PASSWORD '{PASSWORD}';\n\
         CREATE ROLE cert LOGIN;\n\
         CREATE ROLE full_house LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0;\n"
    );
    let mut single = unprivileged(&program("postgres"))
        .args(["--single", "-j", "-D"])
        .arg(&data)
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(
        &mut single.stdin.take().unwrap(),
        roles.replace('\n', "\n\n").as_bytes(),
    )
    .unwrap();
    assert!(single.wait().unwrap().success());
    // Another test process may have been faster.
    let _ = fs::rename(&data, &kept);
    kept
}
