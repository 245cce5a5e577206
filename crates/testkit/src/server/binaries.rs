//! Finds PostgreSQL's programs on this machine.

use super::cluster::StartError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with `initdb`, `postgres` and, usually, `pg_dump`.
#[derive(Debug, Clone)]
pub struct Binaries {
    dir: PathBuf,
    version: String,
    major: u32,
}

impl Binaries {
    /// Looks in `PG_BINDIR`, `PATH`, where `pg_config` points, and the usual folders, newest first.
    pub fn find() -> Result<Self, StartError> {
        if let Some(dir) = std::env::var_os("PG_BINDIR") {
            return Self::at(dir);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .chain(pg_config())
            .chain(usual_folders())
            .find(|dir| has_server(dir));
        Self::at(found.ok_or(StartError::NoServer)?)
    }

    /// The programs in `dir`.
    pub fn at(dir: impl Into<PathBuf>) -> Result<Self, StartError> {
        let dir = dir.into();
        if !has_server(&dir) {
            return Err(StartError::NotAServer(dir));
        }
        // A folder of links may lack the other programs, which lie where the links point.
        let home = std::fs::canonicalize(dir.join("postgres")).ok();
        let home = home
            .as_deref()
            .and_then(Path::parent)
            .filter(|home| has_server(home));
        let dir = home.map_or(dir.clone(), Path::to_owned);
        let output = Command::new(dir.join("postgres")).arg("--version").output();
        let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        // "postgres (PostgreSQL) 15.18 (Debian …)", "… 19beta1"
        let major = version.as_deref().ok().and_then(|text| {
            let number = text.split_whitespace().nth(2)?;
            let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
            number[..digits].parse().ok()
        });
        match (version, major) {
            (Ok(version), Some(major)) => Ok(Self { dir, version, major }),
            _ => Err(StartError::NotAServer(dir)),
        }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The major version, such as 15.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// What `postgres --version` says.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The path of one program, such as `pg_dump`.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

fn has_server(dir: &Path) -> bool {
    dir.join("initdb").is_file() && dir.join("postgres").is_file()
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Where packages put servers: Debian, Red Hat, Homebrew on both of its prefixes, Postgres.app.
fn usual_folders() -> Vec<PathBuf> {
    let parents = [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
        ("/Applications/Postgres.app/Contents/Versions", ""),
    ];
    let mut found = Vec::new();
    for (parent, prefix) in parents {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(version) = name
                .strip_prefix(prefix)
                .and_then(|rest| rest.parse::<f64>().ok())
            {
                found.push((version, entry.path().join("bin")));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, dir)| dir).collect()
}
