//! A file system with little room, to find out what a full disk does.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::Server;

/// Its folder among the server's; reaper.sh knows it, too.
const NAME: &str = "small";

/// A tmpfs of a few megabytes that belongs to a server's user, as place for a tablespace. Dropping it unmounts it, and so
/// does the end of the server.
#[derive(Debug)]
pub struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Mounts one beside the server's files; none, with the reason on stderr, where mounting is not ours to do.
    pub fn mount(server: &Server, megabytes: u32) -> Option<Self> {
        let data = std::fs::metadata(server.data_dir()).expect("a server has a data directory");
        let place = server.socket_dir().join(NAME);
        std::fs::create_dir(&place).expect("the server's folder takes another");
        let options = format!("size={megabytes}m,mode=700,uid={},gid={}", data.uid(), data.gid());
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&place)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { place }),
            Ok(output) => {
                eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                eprintln!("skipped: failed to run mount: {error}");
                None
            }
        }
    }

    /// Where it is mounted.
    pub fn place(&self) -> &str {
        self.place
            .to_str()
            .expect("the testkit's folders have plain names")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(&self.place);
    }
}

/// Unmounts the one beside a server's files, if it has one: nobody could remove them otherwise.
pub(crate) fn unmount_beside(directory: &Path) {
    let place = directory.join(NAME);
    if place.exists() {
        unmount(&place);
    }
}

fn unmount(place: &Path) {
    // Lazily: the server may have files open there.
    let _ = Command::new("umount").arg("--lazy").arg(place).output();
}
