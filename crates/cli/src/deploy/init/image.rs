//! Dockerfile.migrate: an image of the revisions and the runner, and nothing of the application.

use super::{Desk, fill};
use crate::failure::Failure;

pub(super) const NAME: &str = "Dockerfile.migrate";

const TEMPLATE: &str = include_str!("templates/Dockerfile.migrate");

/// Writes it, unless the user has an image of their own.
pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    if desk.facts.image.is_some() {
        return Ok(());
    }
    let config = if desk.facts.has_config {
        "COPY windlass.toml ./\n"
    } else {
        ""
    };
    let text = fill(
        TEMPLATE,
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("dir", &desk.facts.dir),
            ("config", config),
        ],
    );
    let file = desk.create(NAME, &text)?;
    desk.files.dockerfiles.push(file);
    let excluded = desk.folder.join(".dockerignore");
    let hides = std::fs::read_to_string(&excluded).is_ok_and(|text| {
        text.lines()
            .any(|line| line.trim().trim_start_matches('/').trim_end_matches('/') == desk.facts.dir)
    });
    if hides {
        desk.note(format!(
            ".dockerignore leaves {} out of every image; take that line away",
            desk.facts.dir
        ));
    }
    Ok(())
}
