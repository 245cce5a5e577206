//! The directory of revisions on disk.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use windlass::compiler::diagnostic::{Diagnostic, Severity};
use windlass::compiler::format::{Directory, RawFile, read};
use windlass::compiler::parallel::in_parallel;

use crate::failure::Failure;

/// Reads every file of the directory as the revisions that they are.
pub(crate) fn load(dir: &Path) -> Result<Directory, Failure> {
    let (files, folders) = gathered(dir)?;
    let mut directory = read(files)?;
    let unread: Vec<Diagnostic> = folders.iter().filter_map(|folder| unread(folder)).collect();
    if unread.iter().any(|folder| folder.severity == Severity::Error) {
        return Err(Failure::Input(unread));
    }
    directory.warnings.extend(unread);
    Ok(directory)
}

/// Reads every file of the directory.
pub(crate) fn raw(dir: &Path) -> Result<Vec<RawFile>, Failure> {
    gathered(dir).map(|(files, _)| files)
}

/// The files of the directory, and its folders. Whatever has a revision's name and is no file is told, not passed over:
/// it would not be run, and who opened a pipe would wait for a writer.
fn gathered(dir: &Path) -> Result<(Vec<RawFile>, Vec<PathBuf>), Failure> {
    let entries = std::fs::read_dir(dir).map_err(|error| {
        Failure::Input(vec![
            Diagnostic::error(format!("failed to read the directory {}: {error}", dir.display()))
                .help("`windlass init` makes one; --dir names another"),
        ])
    })?;
    let mut names = Vec::new();
    let mut folders = Vec::new();
    let mut odd = Vec::new();
    for entry in entries {
        let entry =
            entry.map_err(|error| Failure::other(format!("failed to read {}: {error}", dir.display())))?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            return Err(Failure::Input(vec![
                Diagnostic::error(format!("{}: the name is not UTF-8", entry.path().display()))
                    .help("rename the file"),
            ]));
        };
        let may_be_read = name.to_ascii_lowercase().contains(".sql") && !name.starts_with('.');
        match entry.file_type() {
            Ok(kind) if kind.is_file() && may_be_read => names.push(name),
            Ok(kind) if kind.is_file() => {}
            _ if name.to_ascii_lowercase().ends_with(".sql") && !name.starts_with('.') => {
                match no_file(&entry.path()) {
                    Some(problem) => odd.push(problem),
                    None => names.push(name),
                }
            }
            // Kubernetes keeps the files of a volume in a hidden folder, and links to them.
            Ok(kind) if kind.is_dir() && name.starts_with("..") => {}
            Ok(kind) if kind.is_dir() => folders.push(entry.path()),
            // A link is what it points to.
            _ if may_be_read && entry.path().is_file() => names.push(name),
            _ => {}
        }
    }
    if !odd.is_empty() {
        return Err(Failure::Input(odd));
    }
    // A long history is thousands of small files: most of the time goes into the system calls.
    let files = in_parallel(names, |name| {
        let path = dir.join(&name);
        let bytes = content(&path)
            .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
        let path = match path.to_str() {
            Some(path) => path.to_owned(),
            None => path.display().to_string(),
        };
        Ok(RawFile { path, name, bytes })
    });
    let files = files.into_iter().collect::<Result<_, Failure>>()?;
    Ok((files, folders))
}

/// What to say of something with a revision's name that is no file, nor a link to one.
pub(crate) fn no_file(path: &Path) -> Option<Diagnostic> {
    let shown = path.display();
    let (message, help) = match std::fs::metadata(path) {
        Ok(found) if found.is_file() => return None,
        Ok(found) if found.is_dir() => (
            format!("{shown}: this is a folder, and has a revision's name"),
            "a revision is one file: write it as one, or rename the folder",
        ),
        Ok(_) => (
            format!("{shown}: this is no file, and has a revision's name"),
            "a revision is a file: put one in its place, or remove it",
        ),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (
            format!("{shown}: this link points to nothing"),
            "a file that is not there is not run: put it where the link points, or remove the link",
        ),
        Err(error) => (
            format!("failed to read {shown}: {error}"),
            "put a file in its place that this user may read",
        ),
    };
    Some(Diagnostic::error(message).help(help))
}

/// What to say of a folder with SQL in it, none of which is run.
fn unread(folder: &Path) -> Option<Diagnostic> {
    let holds_sql = std::fs::read_dir(folder).ok()?.flatten().any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().to_ascii_lowercase().ends_with(".sql")
    });
    let is_reserved = matches!(folder.file_name()?.to_str()?, "repeatable" | "seed");
    let shown = folder.display();
    match (holds_sql, is_reserved) {
        (false, _) => None,
        (true, true) => Some(
            Diagnostic::error(format!(
                "{shown}: this folder's name is reserved for a later version"
            ))
            .help("what is in it would not be run: write it as revisions, or move it elsewhere"),
        ),
        (true, false) => Some(
            Diagnostic::warning(format!(
                "{shown}: folders in the directory of revisions are not read"
            ))
            .help("what is in it is not run: move what is to be run up, and the rest elsewhere"),
        ),
    }
}

/// A file's content, without asking for its size first: most fit into the buffer.
fn content(path: &Path) -> std::io::Result<Vec<u8>> {
    const MOST: usize = 16 * 1024;
    let mut bytes = Vec::with_capacity(MOST);
    let file = File::open(path)?;
    // `File` itself would ask for size and position; what is taken from it is only read.
    (&file).take(MOST as u64).read_to_end(&mut bytes)?;
    if bytes.len() == MOST {
        // A buffer that doubles ends up to twice as large as a long file.
        let left = file.metadata()?.len().saturating_sub(MOST as u64);
        bytes.reserve_exact(usize::try_from(left).unwrap_or(0));
        (&file).take(u64::MAX).read_to_end(&mut bytes)?;
    }
    bytes.shrink_to_fit();
    Ok(bytes)
}
