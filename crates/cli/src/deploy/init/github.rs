//! A workflow: pull requests that touch migrations are checked and shown their plan, the main branch
//! migrates.

use super::{Desk, fill};
use crate::failure::Failure;

const WORKFLOW: &str = include_str!("templates/github.yaml");

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let text = fill(
        WORKFLOW,
        &[
            ("dir", &desk.facts.dir),
            ("version", env!("CARGO_PKG_VERSION")),
            ("repository", repository()),
        ],
    );
    let file = desk.create(".github/workflows/migrations.yml", &text)?;
    desk.files.pipelines.push(file);
    desk.note("set the secret DATABASE_URL in the environment `production` of the repository's settings");
    desk.note("a workflow that deploys: uses: ./.github/workflows/migrations.yml with secrets: inherit, and needs: on it");
    Ok(())
}

/// `owner/name` of this project, for `uses:`.
fn repository() -> &'static str {
    env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/")
}
