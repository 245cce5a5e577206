//! An initialised data directory per PostgreSQL version, made once per machine and copied per server.

use super::binaries::Binaries;
use super::cluster::StartError;
use super::place::Place;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Goes up whenever `initdb` is called differently.
const FORMAT: u32 = 1;

/// Fills the new directory `data` with an initialised cluster that belongs to the server's account.
pub(super) fn copy_to(place: &Place, binaries: &Binaries, data: &Path) -> Result<(), StartError> {
    let template = template(place, binaries)?;
    copy(place, &template, data).map_err(|error| StartError::io("copy a cluster to", data, error))
}

/// The template's path; whoever comes first makes it, the others wait.
fn template(place: &Place, binaries: &Binaries) -> Result<PathBuf, StartError> {
    let mut key = DefaultHasher::new();
    (FORMAT, binaries.version(), binaries.dir()).hash(&mut key);
    let name = format!("template-{}-{:016x}", binaries.major(), key.finish());
    let ready = place.base.join(&name);
    if ready.is_dir() {
        return Ok(ready);
    }
    let lock_path = place.base.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| StartError::io("lock", &lock_path, error))?;
    if ready.is_dir() {
        return Ok(ready);
    }
    let draft = place.base.join(format!("{name}.draft"));
    let prepared = remove(&draft)
        .and_then(|()| fs::create_dir(&draft))
        .and_then(|()| place.give(&draft));
    prepared.map_err(|error| StartError::io("create", &draft, error))?;
    let output = place
        .command(&binaries.tool("initdb"))
        .arg("--pgdata")
        .arg(&draft)
        // Small WAL segments: most of a fresh cluster's copy would be one empty 16 MB segment.
        .args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ])
        .arg("--wal-segsize=1")
        .output()
        .map_err(|error| StartError::io("run", &binaries.tool("initdb"), error))?;
    if !output.status.success() {
        return Err(StartError::Initdb(
            String::from_utf8_lossy(&output.stderr).into_owned(),
        ));
    }
    // Renamed last, so that a template that exists is whole.
    fs::rename(&draft, &ready).map_err(|error| StartError::io("rename", &draft, error))?;
    Ok(ready)
}

pub(super) fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn copy(place: &Place, from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    place.give(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(place, &entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            place.give(&target)?;
        }
    }
    Ok(())
}
