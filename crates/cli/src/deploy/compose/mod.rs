//! Compose: the project (`load`), what its services are (`service`), what is wrong (`check`), and
//! the edits that mend it (`fix`).

mod check;
mod fix;
pub(super) mod load;
pub(super) mod service;

use super::finding::{Finding, Sources};

pub(super) use fix::{above_comments, indent, insert_service};

/// Everything that is wrong with the project of these files.
pub(super) fn check(sources: &mut Sources, files: &[usize]) -> Vec<Finding> {
    let mut project = load::load(sources, files);
    let mut findings = std::mem::take(&mut project.findings);
    findings.extend(check::check(&project, sources));
    findings
}
