//! Where `windlass.toml` is.

use std::path::{Path, PathBuf};

/// The file's name where nobody gives another one.
pub(super) const NAME: &str = "windlass.toml";

/// The file for a command in `working_directory`: there, or in a directory above it up to the
/// root of the repository. Above a repository, or without one, nothing is looked for: a stray
/// file in a home directory has no say.
pub(super) fn find(working_directory: &Path) -> Option<Found> {
    let root = working_directory
        .ancestors()
        .find(|directory| directory.join(".git").exists());
    let mut up = String::new();
    for directory in working_directory.ancestors() {
        let path = directory.join(NAME);
        if path.is_file() {
            return Some(Found {
                path,
                shown: format!("{up}{NAME}"),
            });
        }
        if Some(directory) == root.or(Some(working_directory)) {
            return None;
        }
        up.push_str("../");
    }
    None
}

/// A file, and how to name it to somebody in the working directory.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) shown: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs::write(path, "").expect("a file");
        }
        root
    }

    fn shown(root: &tempfile::TempDir, directory: &str) -> Option<String> {
        let directory = root.path().join(directory);
        fs::create_dir_all(&directory).expect("a directory");
        find(&directory).map(|found| found.shown)
    }

    #[test]
    fn the_nearest_file_up_to_the_repository_root_is_used() {
        let root = tree(&["repo/.git/HEAD", "repo/windlass.toml", "repo/api/windlass.toml"]);
        assert_eq!(shown(&root, "repo").as_deref(), Some("windlass.toml"));
        assert_eq!(
            shown(&root, "repo/web/src").as_deref(),
            Some("../../windlass.toml")
        );
        assert_eq!(shown(&root, "repo/api/src").as_deref(), Some("../windlass.toml"));
    }

    #[test]
    fn a_file_above_the_repository_has_no_say() {
        let root = tree(&["windlass.toml", "repo/.git/HEAD"]);
        assert_eq!(shown(&root, "repo/src"), None);
    }

    #[test]
    fn without_a_repository_only_the_working_directory_counts() {
        let root = tree(&["windlass.toml", "a/b/windlass.toml"]);
        assert_eq!(shown(&root, "a/b").as_deref(), Some("windlass.toml"));
        assert_eq!(shown(&root, "a"), None);
    }
}
