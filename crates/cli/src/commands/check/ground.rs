//! Checks that run revisions on a throwaway server: what they give, and whether they can be undone.
//! One database there is walked once, for all of these checks together.

use std::collections::HashSet;

use similar::{ChangeTag, TextDiff};
use windlass::compiler::catalog::Catalog;
use windlass::compiler::format::RevisionId;
use windlass::compiler::snapshot::{self, Difference};

use super::answer::{Complaint, Verdict};
use super::{Asked, Name, Scene};
use crate::commands::snapshot as schema_file;
use crate::config::SchemaFile;
use crate::failure::Failure;
use crate::ground::{Ground, Plot};

/// The server and what was seen on it; made when the first check wants it.
#[derive(Default)]
pub(super) struct Grounds {
    ground: Option<Ground>,
    walked: Option<Walked>,
}

/// What a walk over the revisions saw.
struct Walked {
    /// What the revisions give that the database has.
    applied: Option<Catalog>,
    /// What all of them give.
    head: Catalog,
    /// The reference data that all of them give.
    data: String,
    /// What going down and up again left, by revision.
    undone: Vec<(RevisionId, Undone)>,
}

/// What became of one revision that was undone.
enum Undone {
    Clean,
    /// It leaves something else than it found, or makes something else the second time.
    Differs(&'static str, Vec<Difference>),
    /// It cannot be run down, or not up again.
    Broken(&'static str, String),
}

impl Grounds {
    /// The database has the schema that its revisions give.
    pub(super) async fn drift(&mut self, scene: &Scene<'_>, asked: &Asked) -> Result<Verdict, Failure> {
        if let Some(why) = incomparable(scene, asked) {
            return Ok(Verdict::Failed(
                Complaint::new(6, format!("the schemas cannot be compared: {why}"))
                    .next("`windlass status` shows where the database stands"),
            ));
        }
        let walked = self.walk(scene).await?;
        let Some(expected) = &walked.applied else {
            return Ok(Verdict::Skipped("the database was not asked".to_owned()));
        };
        let ignored: Vec<&String> = scene
            .check
            .ignore
            .iter()
            .chain(&scene.context.config.policy.check_ignore.value)
            .collect();
        let roles = scene.check.roles(scene.context);
        let mut found = snapshot::compare(expected, &asked.catalog, roles);
        let all = found.len();
        found.retain(|difference| !ignored.iter().any(|pattern| matches(pattern, &difference.name)));
        let ignored = match all - found.len() {
            0 => String::new(),
            count => format!(", {count} ignored"),
        };
        let complaint = Complaint::new(
            6,
            format!("{} that the revisions do not give{ignored}", objects(found.len())),
        )
        .with(
            found
                .iter()
                .map(|difference| show(difference, "the revisions", "the database"))
                .collect(),
        )
        .next("write a revision for what is right in the database, and mend what is not by another")
        .next("what is not Windlass's business: `check.ignore`, or --ignore");
        Ok(Verdict::unless(
            complaint,
            format!("the database is as its revisions say{ignored}"),
        ))
    }

    /// A new database is the same whether the schema file or the revisions made it.
    pub(super) async fn baseline(&mut self, scene: &Scene<'_>) -> Result<Verdict, Failure> {
        let path = match &scene.context.config.schema_file {
            None => return Ok(Verdict::Passed("no `schema_file` is set".to_owned())),
            Some(SchemaFile::File(path)) if !path.exists() => {
                return Ok(Verdict::Failed(
                    Complaint::new(6, format!("{} is not there", path.display()))
                        .next("`windlass snapshot` writes it"),
                ));
            }
            Some(SchemaFile::File(path)) => path.clone(),
            Some(SchemaFile::Command(_)) => std::path::PathBuf::new(),
        };
        self.walk(scene).await?;
        let (Some(ground), Some(walked)) = (&self.ground, &self.walked) else {
            return Ok(Verdict::Skipped("no server was started".to_owned()));
        };
        let (made, data) = schema_file::prove::made(scene.context, ground, &path).await?;
        let found = snapshot::compare(&walked.head, &made, scene.check.roles(scene.context));
        let mut details: Vec<String> = found
            .iter()
            .map(|difference| show(difference, "the revisions", "the file"))
            .collect();
        if walked.data != data {
            details.push(changed(
                "reference data: - the revisions, + the file",
                &walked.data,
                &data,
            ));
        }
        let complaint = Complaint::new(6, format!("{} that `schema_file` gives otherwise", objects(details.len())))
            .with(details)
            .next("`windlass snapshot`, of a database at the head, writes it; `[snapshot] after_upgrade` keeps it fresh");
        Ok(Verdict::unless(complaint, "file and revisions give the same"))
    }

    /// What goes down leaves what it found, and goes up again as before.
    pub(super) async fn down(&mut self, scene: &Scene<'_>) -> Result<Verdict, Failure> {
        let candidates = candidates(scene);
        let without = scene.asked.len() - candidates.len();
        let without = match without {
            0 => String::new(),
            1 => "; 1 has no down file".to_owned(),
            count => format!("; {count} have no down file"),
        };
        if candidates.is_empty() {
            return Ok(Verdict::Passed(format!("nothing to undo{without}")));
        }
        let walked = self.walk(scene).await?;
        let details = walked.undone.iter().filter_map(|(id, undone)| match undone {
            Undone::Clean => None,
            Undone::Differs(when, found) => {
                let shown: Vec<String> = found
                    .iter()
                    .map(|difference| show(difference, "before", "after"))
                    .collect();
                Some(format!("{id}: {when}\n{}", shown.join("\n")))
            }
            Undone::Broken(when, why) => Some(format!("{id}: {when}: {why}")),
        });
        let details: Vec<String> = details.collect();
        let summary = match details.len() {
            1 => "1 revision cannot be undone as its down file says".to_owned(),
            count => format!("{count} revisions cannot be undone as their down files say"),
        };
        let complaint = Complaint::new(5, format!("{summary}{without}"))
            .with(details)
            .next("correct the down file, or say `-- windlass: irreversible because …` in the revision");
        let passed = match walked.undone.len() {
            1 => format!("1 revision goes down and up again{without}"),
            count => format!("{count} revisions go down and up again{without}"),
        };
        Ok(Verdict::unless(complaint, passed))
    }

    /// Runs all revisions once, and undoes those that are asked about on the way.
    async fn walk(&mut self, scene: &Scene<'_>) -> Result<&Walked, Failure> {
        if self.walked.is_none() {
            let ground = match self.ground.take() {
                Some(ground) => ground,
                None => Ground::start(scene.context).await?,
            };
            let ground = self.ground.insert(ground);
            let mut plot = ground.database("revisions", scene.directory.clone()).await?;
            self.walked = Some(walk(scene, &mut plot).await?);
        }
        self.walked
            .as_ref()
            .ok_or_else(|| Failure::other("nothing was run on the throwaway server"))
    }
}

async fn walk(scene: &Scene<'_>, plot: &mut Plot<'_>) -> Result<Walked, Failure> {
    let order = plot.order().await?;
    let candidates = if scene.check.wants(Name::Down) {
        candidates(scene)
    } else {
        HashSet::new()
    };
    let has = |id: &RevisionId| match &scene.database {
        Some(asked) => is_applied(scene, asked, id),
        None => false,
    };
    let (applied, rest): (Vec<RevisionId>, Vec<RevisionId>) = order.into_iter().partition(has);
    let mut undone = Vec::new();
    pass(plot, &applied, &candidates, &mut undone).await?;
    let at_applied = match &scene.database {
        Some(_) => Some(plot.catalog().await?),
        None => None,
    };
    pass(plot, &rest, &candidates, &mut undone).await?;
    Ok(Walked {
        applied: at_applied,
        head: plot.catalog().await?,
        data: match scene.check.wants(Name::Baseline) && scene.context.config.schema_file.is_some() {
            true => {
                plot.data(&scene.context.config.policy.snapshot_data.value)
                    .await?
            }
            false => String::new(),
        },
        undone,
    })
}

/// Applies these in order; candidates go down and up again on the way.
async fn pass(
    plot: &mut Plot<'_>,
    ids: &[RevisionId],
    candidates: &HashSet<RevisionId>,
    undone: &mut Vec<(RevisionId, Undone)>,
) -> Result<(), Failure> {
    let mut so_far: Vec<RevisionId> = plot.applied();
    let mut waiting = Vec::new();
    let mut known: Option<Catalog> = None;
    for id in ids {
        if !candidates.contains(id) {
            waiting.push(id.clone());
            known = None;
            continue;
        }
        so_far.extend(waiting.iter().cloned());
        plot.up(&std::mem::take(&mut waiting)).await?;
        let before = match known.take() {
            Some(known) => known,
            None => plot.catalog().await?,
        };
        plot.up(std::slice::from_ref(id)).await?;
        let after = plot.catalog().await?;
        let result = undo(plot, id, &before, &after).await;
        if !matches!(result, Undone::Clean) {
            // The others are judged where nothing was undone.
            plot.anew(&[&so_far[..], std::slice::from_ref(id)].concat())
                .await?;
        }
        undone.push((id.clone(), result));
        so_far.push(id.clone());
        known = Some(after);
    }
    plot.up(&waiting).await
}

async fn undo(plot: &mut Plot<'_>, id: &RevisionId, before: &Catalog, after: &Catalog) -> Undone {
    if let Err(failure) = plot.down(id).await {
        return Undone::Broken("its down file fails", failure.message());
    }
    let left = match plot.catalog().await {
        Ok(left) => left,
        Err(failure) => return Undone::Broken("what it leaves cannot be read", failure.message()),
    };
    // A column that comes back is the last one, whatever it was before.
    let found = snapshot::compare(&sorted(before), &sorted(&left), true);
    if !found.is_empty() {
        return Undone::Differs("down does not leave what up found", found);
    }
    if let Err(failure) = plot.up(std::slice::from_ref(id)).await {
        return Undone::Broken("it cannot go up again", failure.message());
    }
    match plot.catalog().await {
        Ok(again) => {
            let found = snapshot::compare(&sorted(after), &sorted(&again), true);
            if found.is_empty() {
                Undone::Clean
            } else {
                Undone::Differs("up gives something else the second time", found)
            }
        }
        Err(failure) => Undone::Broken("what it leaves cannot be read", failure.message()),
    }
}

/// The catalog with the columns of each relation by name.
fn sorted(catalog: &Catalog) -> Catalog {
    let mut catalog = catalog.clone();
    for relation in catalog.relations.values_mut() {
        relation.columns.sort_by(|one, other| one.name.cmp(&other.name));
    }
    catalog
}

/// Revisions that are asked about and have a way back.
fn candidates(scene: &Scene<'_>) -> HashSet<RevisionId> {
    let revisions = scene.directory.revisions.iter();
    revisions
        .filter(|revision| revision.down.is_some() && revision.header.irreversible.is_none())
        .map(|revision| revision.id.clone())
        .filter(|id| scene.asked.contains(id))
        .collect()
}

/// Whether the database has it; a squash is there where all that it replaces is.
fn is_applied(scene: &Scene<'_>, asked: &Asked, id: &RevisionId) -> bool {
    let applied = &asked.standing.applied;
    let file = scene
        .directory
        .revisions
        .iter()
        .find(|revision| revision.id == *id);
    let replaces = file.map_or(&[][..], |file| &file.header.replaces);
    applied.contains(id) || (!replaces.is_empty() && replaces.iter().all(|id| applied.contains(id)))
}

/// Why the files cannot say what the database should hold.
fn incomparable(scene: &Scene<'_>, asked: &Asked) -> Option<String> {
    let standing = &asked.standing;
    if let Some(id) = standing.started.first() {
        return Some(format!("{id} is begun and not finished"));
    }
    if let Some(id) = standing.ahead.iter().chain(&standing.diverged).next() {
        return Some(format!("the database has {id}, which is not in this directory"));
    }
    if let Some((id, _)) = standing.torn.first() {
        return Some(format!("a part of what {id} replaces is applied"));
    }
    let missing = |id: &RevisionId| {
        let mut ancestors = scene.graph.ancestors(id).into_iter();
        ancestors.find(|ancestor| !is_applied(scene, asked, ancestor))
    };
    let behind = standing.applied.iter().find_map(|id| Some((missing(id)?, id)));
    behind.map(|(missing, id)| format!("{missing} is not applied, and {id} behind it is"))
}

fn objects(count: usize) -> String {
    match count {
        1 => "1 object".to_owned(),
        count => format!("{count} objects"),
    }
}

/// One object, with the lines that differ and enough of the others to find them.
fn show(difference: &Difference, one: &str, other: &str) -> String {
    let object = &difference.name;
    match (&difference.one, &difference.other) {
        (Some(was), Some(now)) => changed(&format!("{object}: - {one}, + {other}"), was, now),
        (Some(text), None) => alone(&format!("{object}: only in {one}"), '-', text),
        (None, Some(text)) => alone(&format!("{object}: only in {other}"), '+', text),
        (None, None) => object.clone(),
    }
}

/// The lines that differ, and enough of the others to find them.
fn changed(title: &str, was: &str, now: &str) -> String {
    let diff = TextDiff::from_lines(was, now);
    let mut lines = vec![title.to_owned()];
    for group in diff.grouped_ops(1) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("  {sign} {}", change.value().trim_end()));
        }
    }
    lines.join("\n")
}

fn alone(title: &str, sign: char, text: &str) -> String {
    text.lines().fold(title.to_owned(), |shown, line| {
        format!("{shown}\n  {sign} {line}")
    })
}

/// Whether an object is meant by a pattern in which `*` stands for anything.
fn matches(pattern: &str, object: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = object.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches(
            "extension pg_stat_statements",
            "extension pg_stat_statements"
        ));
        assert!(!matches("extension pg_stat", "extension pg_stat_statements"));
        assert!(matches("* monitoring.*", "table monitoring.probes"));
        assert!(!matches("* monitoring.*", "table public.probes"));
        assert!(matches("*", "schema a"));
        assert!(matches("table a.*_old", "table a.leads_old"));
    }
}
