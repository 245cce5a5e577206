//! PgBouncer in front of a server: many clients share few sessions.

use crate::database::Database;
use crate::port::Port;
use crate::server::Place;
use crate::wait::wait_until;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};

/// Ends with the process that started it, however that ends: then its standard input is closed.
const KEEPER: &str = r#""$1" -q "$2" & pooler=$!; read -r _; kill "$pooler"; wait"#;

/// A running PgBouncer. Dropping it stops it.
#[derive(Debug)]
pub struct Pooler {
    url: String,
    directory: PathBuf,
    keeper: Child,
    /// Closing it ends the keeper.
    input: Option<ChildStdin>,
}

impl Pooler {
    /// Starts one in front of a database: `mode` as in `pool_mode`, with `settings` of its own. None, with a
    /// sentence on the test's output, where PgBouncer is not installed.
    pub async fn start(database: &Database, mode: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let Some(program) = find() else {
            println!("skipped: pgbouncer is not installed (`apt-get install pgbouncer`)");
            return None;
        };
        let place = Place::choose(false).expect("there is a place for servers");
        let port = Port::reserve().expect("there is a free port");
        let directory = place.base.join(format!("b{:08x}", rand::random::<u32>()));
        std::fs::create_dir(&directory).expect("the folder of servers can be written");
        place.give(&directory).expect("it is ours to give");
        let config = directory.join("pgbouncer.ini");
        std::fs::write(&config, configuration(database, mode, port.number(), settings))
            .expect("it can be written");
        place.give(&config).expect("it is ours to give");
        let mut keeper = place
            .command(Path::new("/bin/sh"))
            .args(["-c", KEEPER, "sh"])
            .args([&program, &config])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let url = format!(
            "postgresql://postgres@127.0.0.1:{}/{}",
            port.number(),
            database.name()
        );
        let pooler = Self {
            input: keeper.stdin.take(),
            url,
            directory,
            keeper,
        };
        wait_until("PgBouncer to answer", async || {
            tokio::net::TcpStream::connect(port.address()).await.is_ok()
        })
        .await;
        Some(pooler)
    }

    /// The database's address through it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.keeper.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(usual)
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
}

fn configuration(database: &Database, mode: &str, port: u16, settings: &[(&str, &str)]) -> String {
    let mut text = format!(
        "[databases]\n* = host=127.0.0.1 port={} user=postgres\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = {mode}\n\
         unix_socket_dir =\n",
        database.port()
    );
    for (name, value) in settings {
        writeln!(text, "{name} = {value}").expect("a String takes everything");
    }
    text
}
