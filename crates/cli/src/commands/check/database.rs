//! Checks that compare the database's journal and catalog with the files.

use windlass::compiler::format::RevisionId;
use windlass::{RevisionState, Unsound, UnsoundKind};

use super::answer::{Complaint, Verdict};
use super::{Asked, Scene};
use crate::commands::backfill;
use crate::failure::Failure;

/// What the database has is what the files say.
pub(super) fn history(scene: &Scene<'_>, asked: &Asked) -> Verdict {
    let standing = &asked.standing;
    let unknown: Vec<&RevisionId> = asked
        .journal
        .revisions
        .iter()
        .filter(|row| row.state == RevisionState::Unknown)
        .map(|row| &row.id)
        .collect();
    if let Some(first) = unknown.first() {
        return Verdict::Failed(
            Complaint::new(9, "nobody can tell what became of a step")
                .with(
                    unknown
                        .iter()
                        .map(|id| format!("{id}: outcome unknown"))
                        .collect(),
                )
                .next(format!(
                    "`windlass status` shows the step; `windlass resolve {first} --step N` decides"
                )),
        );
    }
    let mut found = Vec::new();
    let mut next = Vec::new();
    for id in &standing.diverged {
        found.push(format!("{id}: in the database, not in this directory"));
    }
    if !found.is_empty() {
        next.push("bring the missing files back, or `windlass stamp` the database if they were renamed");
    }
    if scene.context.config.policy.strict.value {
        for id in &standing.ahead {
            found.push(format!("{id}: in the database, which is ahead of this directory"));
            next.push("check with the files that the database was migrated with");
        }
    }
    for id in &standing.edited {
        found.push(format!("{id}: edited after it was applied"));
        next.push("undo the edit and write a new revision, or `windlass resolve ID --accept-edit`");
    }
    for (id, behind) in &standing.late {
        found.push(format!("{id}: came late, {behind} is applied already"));
        next.push("give it a number behind the last applied revision, or `windlass upgrade --allow-late ID`");
    }
    for (squash, missing) in &standing.torn {
        let missing: Vec<&str> = missing.iter().map(RevisionId::as_str).collect();
        found.push(format!(
            "{squash}: replaces {}, which is missing",
            missing.join(", ")
        ));
        next.push("bring the replaced files back until this database has them");
    }
    next.dedup();
    let complaint = Complaint::new(6, "the database's revisions are not those of the files").with(found);
    let complaint = next.into_iter().fold(complaint, Complaint::next);
    let ahead = match standing.ahead.len() {
        0 => String::new(),
        count => format!(", and {count} more that are newer than these files"),
    };
    let known = standing.applied.len() - standing.ahead.len();
    Verdict::unless(complaint, format!("{known} applied as the files say{ahead}"))
}

/// Nothing is left to apply.
pub(super) fn pending(asked: &Asked) -> Verdict {
    let standing = &asked.standing;
    let started = standing
        .started
        .iter()
        .map(|id| format!("{id} (begun, not finished)"));
    let found: Vec<String> = started
        .chain(standing.pending.iter().map(ToString::to_string))
        .collect();
    let summary = match found.len() {
        1 => "1 revision is pending".to_owned(),
        count => format!("{count} revisions are pending"),
    };
    let complaint = Complaint::new(8, summary)
        .with(found)
        .next("`windlass plan` shows their steps, `windlass upgrade` applies them");
    Verdict::unless(complaint, "nothing is pending")
}

/// Background jobs are done, where that is asked.
pub(super) async fn backfills(scene: &Scene<'_>) -> Result<Verdict, Failure> {
    let open = backfill::open(&scene.context.backfills()?).await?;
    let found: Vec<String> = open
        .iter()
        .filter(|status| status.is_deferred)
        .map(backfill::line)
        .collect();
    let summary = match found.len() {
        1 => "1 deferred backfill is open".to_owned(),
        count => format!("{count} deferred backfills are open"),
    };
    if !scene.check.complete && !found.is_empty() {
        return Ok(Verdict::Passed(format!("{summary}; --complete would fail")));
    }
    let complaint = Complaint::new(8, summary)
        .with(found)
        .next("`windlass worker --once` does them, `windlass backfill list` shows how far they are");
    Ok(Verdict::unless(complaint, "no deferred backfill is open"))
}

/// Every constraint holds for old rows, too.
pub(super) async fn constraints(asked: &Asked) -> Result<Verdict, Failure> {
    let found = unsound(asked, UnsoundKind::Constraint).await?;
    let details = found
        .iter()
        .map(|one| format!("{} of {}: {};", one.name, one.of, one.remedy));
    let complaint = Complaint::new(
        5,
        count(
            found.len(),
            "constraint",
            "never validated: old rows may break it",
        ),
    )
    .with(details.collect())
    .next("validate in a revision of its own; where rows are in the way, mend them first");
    Ok(Verdict::unless(complaint, "every constraint is validated"))
}

/// Every index is used by queries.
pub(super) async fn indexes(asked: &Asked) -> Result<Verdict, Failure> {
    let found = unsound(asked, UnsoundKind::Index).await?;
    let details = found.iter().map(|one| {
        let note = if one.is_under_way {
            ", on which a build is under way: it may be that one"
        } else {
            ""
        };
        format!("{} of {}{note}: {};", one.name, one.of, one.remedy)
    });
    let complaint = Complaint::new(5, count(found.len(), "index", "not valid: no query uses it"))
        .with(details.collect())
        .next("the remains of a build that failed: build it again, or drop it with DROP INDEX CONCURRENTLY");
    Ok(Verdict::unless(complaint, "every index is valid"))
}

async fn unsound(asked: &Asked, kind: UnsoundKind) -> Result<Vec<Unsound>, Failure> {
    let mut found = asked.runner.unsound().await?;
    found.retain(|one| one.kind == kind);
    Ok(found)
}

fn count(number: usize, what: &str, is: &str) -> String {
    match (number, what) {
        (1, _) => format!("1 {what} is {is}"),
        (_, "index") => format!("{number} indexes are {is}"),
        _ => format!("{number} {what}s are {is}"),
    }
}
