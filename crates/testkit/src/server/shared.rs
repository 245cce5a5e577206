//! One server for all test processes of this worktree, started by the first and stopped after the last.
//!
//! nextest runs each test in a process of its own. A file, the pointer, names the running server's
//! directory; each process that uses it leaves a file named by its pid in the directory's `users/`; the
//! server's `reaper.sh` stops it when those processes are gone, however they ended.

use super::cluster::{Cluster, StartError};
use super::endpoint::Endpoint;
use super::place::Place;
use super::{Binaries, ServerBuilder, blocking};
use crate::database::{Database, unique};
use crate::wait;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Long enough to bridge the pause between two test binaries.
const LINGER: Duration = Duration::from_secs(10);

/// A server that tests of other processes use as well: take databases from it, do not stop it.
#[derive(Debug, Clone)]
pub struct SharedServer {
    endpoint: Endpoint,
    pid: Option<u32>,
}

/// The server that all tests share; the first caller on the machine starts it.
///
/// `WINDLASS_TEST_DATABASE_URL` names another one to use instead: a superuser's address.
/// Settings of the server, and roles, belong to all tests: a test that changes them takes a
/// [`Server`](super::Server) of its own, or [`Database::create_role`].
pub async fn shared() -> SharedServer {
    static SHARED: OnceCell<SharedServer> = OnceCell::const_new();
    let join = async || match std::env::var("WINDLASS_TEST_DATABASE_URL") {
        Ok(url) => SharedServer {
            endpoint: Endpoint::given(&url),
            pid: None,
        },
        Err(_) => shared_in("default", LINGER).await,
    };
    SHARED.get_or_init(join).await.clone()
}

/// As [`shared`], apart from it: processes meet by `namespace`, and the server stays up for `linger`
/// after the last of them.
pub async fn shared_in(namespace: &str, linger: Duration) -> SharedServer {
    let namespace = namespace.to_owned();
    let joined = blocking(move || join(&namespace, linger)).await;
    let (endpoint, pid) = joined.unwrap_or_else(|error| panic!("{error}"));
    SharedServer {
        endpoint,
        pid: Some(pid),
    }
}

impl SharedServer {
    /// A new database, dropped with the value.
    pub async fn database(&self) -> Database {
        let name = unique("db");
        self.endpoint.create_database(&name).await;
        Database::new(self.endpoint.clone(), name, true)
    }

    /// Address of a database over TCP as the superuser.
    pub fn url(&self, db: &str) -> String {
        self.endpoint.url(db)
    }

    /// The server's major version, such as 15.
    pub async fn version(&self) -> u32 {
        self.endpoint.major().await
    }

    /// The postmaster's process id; none for a server that was given by its address.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }
}

fn join(namespace: &str, linger: Duration) -> Result<(Endpoint, u32), StartError> {
    let place = Place::choose(false)?;
    let binaries = Binaries::find()?;
    let mut key = DefaultHasher::new();
    // Per worktree: two versions of this crate may disagree on the server they want.
    (
        namespace,
        binaries.version(),
        binaries.dir(),
        env!("CARGO_MANIFEST_DIR"),
    )
        .hash(&mut key);
    let pointer = place.base.join(format!("shared-{:016x}", key.finish()));
    let lock_path = place.base.join("shared.lock");
    let lock = File::create(&lock_path).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| StartError::io("lock", &lock_path, error))?;
    if let Some(running) = advertised(&pointer, &binaries) {
        return Ok(running);
    }
    let mut cluster = Cluster::prepare(&place, &ServerBuilder::default(), Some(&pointer), linger)?;
    cluster.start()?;
    let pid = cluster.pid().expect("a server that became ready runs");
    let endpoint = cluster.endpoint();
    let address = format!("{pid} {}", cluster.port());
    let directory = cluster.directory().to_owned();
    let advertise =
        |path: &Path, text: &str| fs::write(path, text).map_err(|error| StartError::io("write", path, error));
    advertise(&directory.join("address"), &address)?;
    advertise(&pointer, &directory.to_string_lossy())?;
    cluster.detach();
    Ok((endpoint, pid))
}

/// Registers with the server that the pointer names; nothing when there is none that lives.
fn advertised(pointer: &Path, binaries: &Binaries) -> Option<(Endpoint, u32)> {
    let directory = PathBuf::from(fs::read_to_string(pointer).ok()?);
    let address = fs::read_to_string(directory.join("address")).ok()?;
    let (pid, port) = address.split_once(' ')?;
    let (pid, port) = (pid.parse().ok()?, port.parse().ok()?);
    let user = directory.join("users").join(std::process::id().to_string());
    File::create(&user).ok()?;
    // Registered first, looked again second: see reaper.sh.
    let stays = fs::read_to_string(pointer).is_ok_and(|text| Path::new(&text) == directory);
    if stays && answers(port).is_ok() {
        return Some((Endpoint::local(binaries, &directory, port, None), pid));
    }
    // Leaving it lets its reaper remove it, should it have crashed.
    let _ = fs::remove_file(user);
    None
}

/// Asks for TLS, which a postmaster answers with a byte. A connection alone says nothing: what it had just started when it
/// was killed holds its port a moment longer.
fn answers(port: u16) -> io::Result<()> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(wait::DEADLINE))?;
    stream.write_all(&SSL_REQUEST)?;
    stream.read_exact(&mut [0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_port_that_is_only_held_belongs_to_no_server() {
        let held = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = held.local_addr().expect("it is bound").port();
        let holder = std::thread::spawn(move || {
            // As long as what a killed postmaster has just started: it only has to be later than the connection.
            std::thread::sleep(Duration::from_millis(50));
            drop(held);
        });
        assert!(answers(port).is_err());
        holder.join().expect("it only sleeps");
    }
}
