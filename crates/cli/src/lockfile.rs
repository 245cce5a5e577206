//! `windlass.lock`: the heads of a directory of revisions with their checksums, for an image that
//! carries no migrations and still has to wait for them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use windlass::compiler::format::{Directory, RevisionId};
use windlass::compiler::graph::Graph;

use crate::failure::Failure;

/// The name of the file, beside the directory of revisions.
pub(crate) const NAME: &str = "windlass.lock";

const VERSION: u32 = 1;

const COMMENT: &str = "\
# The revision that this code needs. Written by `windlass upgrade` and `windlass lock`; commit it, and copy
# it into images that carry no migrations: `windlass wait --for lock` reads nothing else.
";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LockFile {
    version: u32,
    /// The heads, in the graph's order.
    #[serde(rename = "head", default)]
    pub(crate) heads: Vec<Head>,
}

/// A head and the checksum of its up script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) id: String,
    pub(crate) checksum: String,
}

/// Where the file of this directory of revisions is.
pub(crate) fn path(dir: &Path) -> PathBuf {
    let parent = dir.parent().filter(|_| dir.file_name().is_some());
    parent.unwrap_or(dir).join(NAME)
}

impl LockFile {
    /// What the file of this directory should say.
    pub(crate) fn of(directory: &Directory, graph: &Graph) -> Self {
        let heads = graph.heads();
        let head_of = |id: &RevisionId| {
            let revision = directory.revisions.iter().find(|revision| revision.id == *id)?;
            Some(Head {
                id: id.to_string(),
                checksum: revision.checksum.to_string(),
            })
        };
        Self {
            version: VERSION,
            heads: heads.iter().filter_map(head_of).collect(),
        }
    }

    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(
                format!("failed to read {}: {error}", path.display()),
                "`windlass lock` writes it where the migrations are; copy it into the image",
            )
        })?;
        let broken = |why: String| {
            Failure::usage(
                format!("{} cannot be used: {why}", path.display()),
                "write it anew with `windlass lock`",
            )
        };
        let lock: Self = toml::from_str(&text).map_err(|error| broken(error.message().to_owned()))?;
        if lock.version > VERSION {
            return Err(broken(format!(
                "it is of version {}, and this windlass knows {VERSION}",
                lock.version
            )));
        }
        if let Some(head) = lock
            .heads
            .iter()
            .find(|head| RevisionId::parse(&head.id).is_err())
        {
            return Err(broken(format!("{:?} is no revision", head.id)));
        }
        Ok(lock)
    }

    /// The file's text.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{COMMENT}version = {}\n", self.version);
        for Head { id, checksum } in &self.heads {
            // Ids and checksums have no character that TOML would escape.
            text.push_str(&format!("\n[[head]]\nid = \"{id}\"\nchecksum = \"{checksum}\"\n"));
        }
        text
    }

    /// Whether the file says the same.
    pub(crate) fn is_current(&self, path: &Path) -> bool {
        Self::read(path).is_ok_and(|found| found == *self)
    }

    /// The heads for people.
    pub(crate) fn names(&self) -> String {
        match self.heads.as_slice() {
            [] => "no revision".to_owned(),
            heads => heads
                .iter()
                .map(|head| head.id.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let lock = LockFile {
            version: VERSION,
            heads: vec![
                Head {
                    id: "0002_a".into(),
                    checksum: "sha256v1:aa".into(),
                },
                Head {
                    id: "0002_b".into(),
                    checksum: "sha256v1:bb".into(),
                },
            ],
        };
        let file = path(&folder.path().join("migrations"));
        assert_eq!(file, folder.path().join("windlass.lock"));
        std::fs::write(&file, lock.text()).expect("a file can be written");
        assert!(lock.is_current(&file));
        std::fs::write(&file, lock.text().replace(":bb", ":cc")).expect("a file can be written");
        assert!(!lock.is_current(&file));
    }

    #[test]
    fn a_file_of_a_later_version_is_refused() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join(NAME);
        std::fs::write(&file, "version = 2\n").expect("a file can be written");
        let failure = LockFile::read(&file).expect_err("it is too new");
        assert!(
            failure.message().contains("it is of version 2"),
            "{}",
            failure.message()
        );
    }
}
