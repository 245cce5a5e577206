//! What is known of the project that a deployment is written for.

use std::path::Path;

use windlass::compiler::script::Script;
use windlass::compiler::sql;

use crate::files;

/// The project.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Its name, as hosts and Kubernetes write names.
    pub(crate) name: String,
    /// The directory of revisions, relative to the project.
    pub(crate) dir: String,
    /// Whether a windlass.toml is beside it.
    pub(crate) has_config: bool,
    /// Whether a data change is done in the background.
    pub(crate) is_deferred: bool,
    /// An image that holds windlass and the revisions, where the user has one.
    pub(crate) image: Option<String>,
}

impl Facts {
    /// Looks at a folder.
    pub(crate) fn of(folder: &Path, dir: &Path, image: Option<String>) -> Self {
        let whole = std::fs::canonicalize(if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        });
        let base = whole
            .as_ref()
            .ok()
            .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let own = whole.as_ref().ok().and_then(|whole| dir.strip_prefix(whole).ok());
        let shown = own.unwrap_or(dir).display().to_string();
        Self {
            name: host_name(&base.unwrap_or_default()),
            dir: shown.replace('\\', "/").trim_end_matches('/').to_owned(),
            has_config: folder.join("windlass.toml").is_file(),
            is_deferred: is_deferred(dir),
            image,
        }
    }

    /// The image that migrates: the user's, or the one that Dockerfile.migrate builds.
    pub(super) fn migrate_image(&self) -> String {
        self.image
            .clone()
            .unwrap_or_else(|| format!("{}-migrate:0.1.0", self.name))
    }
}

/// Whether a revision here has a deferred backfill; a file that cannot be read is `plan`'s to tell of.
fn is_deferred(dir: &Path) -> bool {
    let Ok(directory) = files::load(dir) else {
        return false;
    };
    directory.revisions.iter().any(|revision| {
        Script::read(&revision.up, sql::split).is_ok_and(|script| {
            script.statements.iter().any(|statement| {
                let backfill = statement.directives.backfill.as_ref();
                backfill.is_some_and(|backfill| backfill.deferred)
            })
        })
    })
}

/// A name of small letters, digits and hyphens.
fn host_name(text: &str) -> String {
    let name: String = text
        .to_ascii_lowercase()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let name = name.trim_matches('-');
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => name.chars().take(40).collect(),
        Some(_) => format!("app-{}", name.chars().take(36).collect::<String>()),
        None => "app".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_hosts_have() {
        for (folder, name) in [
            ("Shop", "shop"),
            ("my_shop.v2", "my-shop-v2"),
            ("42", "app-42"),
            ("__", "app"),
        ] {
            assert_eq!(host_name(folder), name);
        }
    }
}
