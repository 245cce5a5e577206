//! Checks that need nothing but files.

use windlass::compiler::format::RevisionId;

use super::answer::{Complaint, Verdict};
use super::{Scene, id_of};
use crate::commands::lint::Lint;
use crate::failure::Failure;
use crate::lint::text;
use crate::lockfile::{self, LockFile};

/// One head, so that `upgrade` knows where to.
pub(super) fn heads(scene: &Scene<'_>) -> Verdict {
    let heads = scene.graph.heads();
    match heads.as_slice() {
        [] => Verdict::Passed("there is no revision yet".to_owned()),
        [head] => Verdict::Passed(format!("one head: {head}")),
        several => Verdict::Failed(
            Complaint::new(6, format!("the revisions have {} heads", several.len()))
                .with(several.iter().map(RevisionId::to_string).collect())
                .next("`windlass merge` writes a revision that joins them"),
        ),
    }
}

/// `windlass.lock` is what the files say; a project without one needs none.
pub(super) fn lock(scene: &Scene<'_>) -> Verdict {
    let path = lockfile::path(&scene.context.config.dir);
    if !path.exists() {
        return Verdict::Passed("there is none".to_owned());
    }
    let lock = LockFile::of(&scene.directory, &scene.graph);
    if lock.is_current(&path) {
        return Verdict::Passed(format!("it names {}", lock.names()));
    }
    Verdict::Failed(
        Complaint::new(
            8,
            format!("{} is not what the files say: {}", path.display(), lock.names()),
        )
        .next("`windlass lock` writes it; commit it with the revision"),
    )
}

/// No rule finds an error.
pub(super) fn lint(scene: &Scene<'_>) -> Result<Verdict, Failure> {
    let lint = Lint::of_project(None);
    let catalog = scene.database.as_ref().map(|asked| &asked.catalog);
    let is_asked = |path: &std::path::Path| {
        id_of(path).is_some_and(|id| scene.asked.iter().any(|asked| asked.as_str() == id))
    };
    let outcome = lint.examine(scene.context, catalog, is_asked)?;
    let code = lint.code(&outcome);
    let found = text(&outcome);
    let last = found
        .lines()
        .rev()
        .find(|line| line.contains(" in ") && line.contains("error"));
    let counted = last.unwrap_or_default().trim_end_matches('.').to_owned();
    if code == 0 {
        return Ok(Verdict::Passed(counted));
    }
    Ok(Verdict::Failed(
        Complaint::new(code, counted)
            .with(vec![found.trim_end().to_owned()])
            .next("`windlass fix` writes safe forms; -- windlass: allow RULE because … lets one pass"),
    ))
}
