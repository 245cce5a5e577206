//! Where servers keep their files, and as whom they run.

use super::cluster::StartError;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A few servers with 30 MB each, and room for what tests write.
const ENOUGH_ROOM: u64 = 2 << 30;

/// The folder below which all servers of this user live, and the account they run as.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) base: PathBuf,
    /// Another account than ours, because PostgreSQL refuses to run as root.
    account: Option<(u32, u32)>,
}

impl Place {
    /// Chooses memory where there is room, unless the server shall feel the disk.
    pub(crate) fn choose(on_disk: bool) -> Result<Self, StartError> {
        let us = rustix::process::geteuid();
        let account = if us.is_root() {
            Some(unprivileged_account()?)
        } else {
            None
        };
        let parent = match std::env::var_os("WINDLASS_TEST_TMPDIR") {
            Some(dir) => PathBuf::from(dir),
            None if !on_disk && has_room(Path::new("/dev/shm")) => PathBuf::from("/dev/shm"),
            None => std::env::temp_dir(),
        };
        let base = parent.join(format!("windlass-testkit-{}", us.as_raw()));
        // 0711: the server's account must pass through, and nobody needs to list it.
        match std::fs::DirBuilder::new().mode(0o711).create(&base) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(StartError::io("create", &base, error));
            }
            _ => {}
        }
        let owner = std::fs::symlink_metadata(&base).map_err(|error| StartError::io("read", &base, error))?;
        if !owner.is_dir() || owner.uid() != us.as_raw() {
            return Err(StartError::NotOurs(base));
        }
        Ok(Self { base, account })
    }

    /// Gives a file or folder to the server's account.
    pub(crate) fn give(&self, path: &Path) -> io::Result<()> {
        match self.account {
            Some((uid, gid)) => chown(path, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }

    /// A command that runs as the server's account and reads nobody's PostgreSQL settings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(&name);
            }
        }
        // The caller's working directory may be closed to the other account.
        command
            .current_dir(&self.base)
            .env("LC_ALL", "C")
            .stdin(std::process::Stdio::null());
        if let Some((uid, gid)) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }
}

fn has_room(dir: &Path) -> bool {
    rustix::fs::statvfs(dir).is_ok_and(|found| found.f_bavail * found.f_frsize >= ENOUGH_ROOM)
}

/// `postgres` where a package made one, else `nobody`.
fn unprivileged_account() -> Result<(u32, u32), StartError> {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |wanted: &str| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (name == wanted).then_some((uid, gid))
        })
    };
    find("postgres")
        .or_else(|| find("nobody"))
        .ok_or(StartError::OnlyRoot)
}
