//! What git says has changed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;

/// The files under these paths that differ from where `reference` and HEAD parted, new ones included. Paths as the
/// working directory sees them.
pub(crate) fn since(reference: &str, paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Failure> {
    let base = git(&["merge-base", reference, "HEAD"], &[])?;
    let base = base.trim();
    let tracked = git(
        &[
            "diff",
            "--name-only",
            "--relative",
            "-z",
            "--diff-filter=d",
            base,
            "--",
        ],
        paths,
    )?;
    let new = git(&["ls-files", "--others", "--exclude-standard", "-z", "--"], paths)?;
    let names = tracked.split('\0').chain(new.split('\0'));
    let names = names.filter(|name| !name.is_empty());
    // A path that was given as ./x or absolute is compared as it was given.
    let mut changed = BTreeSet::new();
    for name in names {
        changed.insert(PathBuf::from(name));
        for given in paths {
            let inside = given
                .canonicalize()
                .ok()
                .zip(PathBuf::from(name).canonicalize().ok());
            if let Some(rest) =
                inside.and_then(|(given, name)| name.strip_prefix(given).ok().map(PathBuf::from))
            {
                let is_itself = rest.as_os_str().is_empty();
                changed.insert(if is_itself {
                    given.clone()
                } else {
                    given.join(rest)
                });
            }
        }
    }
    Ok(changed)
}

fn git(arguments: &[&str], paths: &[PathBuf]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .args(paths)
        .output()
        .map_err(|error| {
            Failure::usage(
                format!("failed to run git: {error}"),
                "leave --since out, or install git",
            )
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().trim_start_matches("fatal: ");
        return Err(Failure::usage(
            format!(
                "git {} failed: {said}",
                arguments.first().copied().unwrap_or_default()
            ),
            "name a branch, tag or commit that this repository has",
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
