//! The directory of revisions on disk.

use std::path::Path;

use windlass::compiler::diagnostic::Diagnostic;
use windlass::compiler::format::{Directory, RawFile, read};

use crate::failure::Failure;

/// Reads every file of the directory.
pub(crate) fn load(dir: &Path) -> Result<Directory, Failure> {
    let entries = std::fs::read_dir(dir).map_err(|error| {
        Failure::Input(vec![
            Diagnostic::error(format!("failed to read the directory {}: {error}", dir.display()))
                .help("`windlass init` makes one; --dir names another"),
        ])
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let entry =
            entry.map_err(|error| Failure::other(format!("failed to read {}: {error}", dir.display())))?;
        let path = entry.path();
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            return Err(Failure::Input(vec![
                Diagnostic::error(format!("{}: the name is not UTF-8", path.display()))
                    .help("rename the file"),
            ]));
        };
        if !name.to_ascii_lowercase().contains(".sql") || entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let bytes = std::fs::read(&path)
            .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
        files.push(RawFile {
            path: path.display().to_string(),
            name,
            bytes,
        });
    }
    Ok(read(files)?)
}
