//! A hook of the chart: Helm runs the migration before it changes anything, and stops where it fails.

use std::path::{Path, PathBuf};

use super::super::finding::{Edit, Place};
use super::super::{Files, entries, scan, yaml};
use super::{Desk, fill, image};
use crate::failure::Failure;

const CHART: &str = include_str!("templates/helm.chart.yaml");
const HOOK: &str = include_str!("templates/helm.migrate.yaml");
const WORKER: &str = include_str!("templates/helm.worker.yaml");
const VALUES: &str = include_str!("templates/helm.values.yaml");

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    image::write(desk)?;
    let chart = chart(desk.folder);
    let is_new = chart.is_none();
    let folder = chart.unwrap_or_else(|| PathBuf::from("chart"));
    let shown = folder.display().to_string();
    let at = |name: &str| {
        if shown.is_empty() {
            name.to_owned()
        } else {
            format!("{shown}/{name}")
        }
    };
    let image = desk.facts.migrate_image();
    let (name, tag) = image.rsplit_once(':').unwrap_or((&image, "0.1.0"));
    let name_of_project = desk.facts.name.clone();
    let values = [
        ("name", name_of_project.as_str()),
        ("repository", name),
        ("tag", tag),
    ];
    if is_new {
        desk.create(&at("Chart.yaml"), &fill(CHART, &values))?;
    }
    add_values(desk, &at("values.yaml"), &fill(VALUES, &values))?;
    let mut found = Files::default();
    let templates = desk.folder.join(at("templates"));
    if templates.is_dir() {
        scan(&templates, &mut desk.sources, &mut found, 0)?;
    }
    let hook = desk.create(&at("templates/windlass-migrate.yaml"), &fill(HOOK, &values))?;
    found.manifests.push(hook);
    if desk.facts.is_deferred {
        let worker = desk.create(
            &at("templates/windlass-backfill-worker.yaml"),
            &fill(WORKER, &values),
        )?;
        found.manifests.push(worker);
    }
    found.manifests.sort_unstable();
    found.manifests.dedup();
    desk.files.manifests.extend(found.manifests);
    desk.note(format!(
        "the Secret has to be there before the chart is: kubectl create secret generic {name_of_project}-database --from-literal=url=…"
    ));
    desk.note("each release: helm upgrade --install … --set windlass.image.tag=TAG, with the image of the same release");
    Ok(())
}

/// The folder of the project's chart.
fn chart(folder: &Path) -> Option<PathBuf> {
    let mut candidates = vec![folder.to_owned()];
    for name in ["chart", "charts", "helm", "deploy", "deployment"] {
        let parent = folder.join(name);
        candidates.push(parent.clone());
        candidates.extend(entries(&parent).into_iter().filter(|path| path.is_dir()));
    }
    let found = candidates
        .into_iter()
        .find(|path| path.join("Chart.yaml").is_file())?;
    Some(found.strip_prefix(folder).map(Path::to_owned).unwrap_or(found))
}

/// Our values behind those that are there.
fn add_values(desk: &mut Desk<'_>, name: &str, values: &str) -> Result<(), Failure> {
    let file = desk.create(name, values)?;
    let text = desk.sources.text(file);
    if *text == *values {
        return Ok(());
    }
    desk.notes
        .retain(|note| !note.starts_with(&desk.folder.join(name).display().to_string()));
    let has_ours = yaml::read(file, &text)
        .ok()
        .and_then(|documents| documents.into_iter().next())
        .is_some_and(|root| root.get("windlass").is_some());
    if !has_ours {
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        desk.sources.apply(&[Edit {
            place: Place::new(file, text.len(), text.len()),
            text: format!("{gap}\n{values}"),
        }]);
    }
    Ok(())
}
