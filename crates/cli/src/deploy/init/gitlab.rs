//! Jobs of the pipeline: merge requests are checked, the default branch migrates in a stage of its own
//! before the one that deploys.

use super::super::compose::indent;
use super::super::finding::{Edit, Place};
use super::super::yaml::{self, Node, Value};
use super::{Desk, fill};
use crate::failure::Failure;

const JOBS: &str = include_str!("templates/gitlab.yaml");
const STAGES: &str = "stages:\n  - test\n  - migrate\n  - deploy\n\n";
const NAME: &str = ".gitlab-ci.yml";

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let jobs = fill(
        JOBS,
        &[("dir", &desk.facts.dir), ("version", env!("CARGO_PKG_VERSION"))],
    );
    let whole = format!("{STAGES}{jobs}");
    let file = if desk.folder.join(NAME).is_file() {
        let file = super::super::read(&mut desk.sources, &desk.folder.join(NAME))?;
        extend(desk, file, &jobs)?;
        file
    } else {
        desk.create(NAME, &whole)?
    };
    desk.files.pipelines.push(file);
    desk.note("set DATABASE_URL as a masked, protected variable of the environment `production`");
    Ok(())
}

/// Our jobs behind those that are there, and their stage before the last.
fn extend(desk: &mut Desk<'_>, file: usize, jobs: &str) -> Result<(), Failure> {
    let text = desk.sources.text(file);
    let root = yaml::read(file, &text)
        .ok()
        .and_then(|documents| documents.into_iter().next());
    let Some(root) = root else {
        return Err(Failure::usage(
            format!("{NAME} cannot be read as YAML"),
            "`windlass deploy check` shows where",
        ));
    };
    if root.get("migrate").is_some() {
        desk.note("a job `migrate` is there already");
        return Ok(());
    }
    let mut edits = Vec::new();
    match root.get("stages") {
        Some(stages) => edits.extend(stage(&text, stages)),
        None => edits.push(Edit {
            place: Place::new(file, first_key(&root), first_key(&root)),
            text: "# As before, with the migration between test and deploy.\nstages:\n  - build\n  - test\n  - migrate\n  - deploy\n\n".to_owned(),
        }),
    }
    let gap = if text.ends_with('\n') { "" } else { "\n" };
    edits.push(Edit {
        place: Place::new(file, text.len(), text.len()),
        text: format!("{gap}\n{jobs}"),
    });
    desk.sources.apply(&edits);
    Ok(())
}

fn first_key(root: &Node) -> usize {
    let starts = root.entries().iter().map(|entry| entry.key_place.start);
    starts.min().unwrap_or(0)
}

/// Puts the stage before the one that deploys, or else at the end.
fn stage(text: &str, stages: &Node) -> Option<Edit> {
    let Value::List(items) = &stages.value else {
        return None;
    };
    if items.iter().any(|item| item.text() == Some("migrate")) {
        return None;
    }
    let deploys = |item: &&Node| {
        item.text().is_some_and(|name| {
            ["deploy", "release", "production"]
                .iter()
                .any(|word| name.contains(word))
        })
    };
    let file = stages.place.file;
    Some(match (items.iter().find(deploys), items.last()) {
        (Some(item), _) if stages.is_inline => Edit {
            place: Place::new(file, item.place.start, item.place.start),
            text: "migrate, ".to_owned(),
        },
        (Some(item), _) => {
            let line = text[..item.place.start].rfind('\n').map_or(0, |at| at + 1);
            let dash = text[line..].find('-').unwrap_or(0);
            Edit {
                place: Place::new(file, line, line),
                text: format!("{}- migrate\n", " ".repeat(dash)),
            }
        }
        (None, Some(item)) if stages.is_inline => Edit {
            place: Place::new(file, item.place.end, item.place.end),
            text: ", migrate".to_owned(),
        },
        (None, Some(item)) => {
            let by = indent(text, stages.place.start)?;
            let end = text[item.place.end..]
                .find('\n')
                .map_or(text.len(), |at| item.place.end + at);
            Edit {
                place: Place::new(file, end, end),
                text: format!("\n{}- migrate", " ".repeat(by)),
            }
        }
        (None, None) => return None,
    })
}
