//! A Job for the migration, and an init container in each workload that uses the database.

use super::super::compose::{above_comments, indent};
use super::super::finding::{Edit, Place};
use super::super::kubernetes::{Object, objects};
use super::super::words::{self, Password};
use super::super::yaml::{Node, emit, indented};
use super::super::{Files, MANIFEST_FOLDERS, entries, scan, take};
use super::{Desk, fill, image};
use crate::failure::Failure;

const JOB: &str = include_str!("templates/kubernetes.migrate.yaml");
const WORKER: &str = include_str!("templates/kubernetes.worker.yaml");
const WAIT: &str = include_str!("templates/kubernetes.wait.yaml");

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    image::write(desk)?;
    let manifests = discover(desk)?;
    let objects = objects(&desk.sources, &manifests);
    let users: Vec<&Object> = objects.iter().filter(|object| uses_database(object)).collect();
    let environment = match users.iter().find_map(|user| environment(user)) {
        Some(environment) => environment,
        None => {
            let name = &desk.facts.name;
            desk.note(format!(
                "the address comes from a Secret: kubectl create secret generic {name}-database --from-literal=url=…"
            ));
            default_environment(name)
        }
    };
    let image = desk.facts.image.clone().unwrap_or_else(|| {
        let theirs = users.first().and_then(|user| user.images().first().copied());
        theirs.map_or_else(|| desk.facts.migrate_image(), beside)
    });
    let folder = folder_of(desk, &manifests);
    let values = [
        ("name", desk.facts.name.as_str()),
        ("image", &image),
        ("environment", &indented(&environment, 10)),
        ("file", &format!("{folder}/migrate.yaml")),
    ];
    let mut edits = Vec::new();
    for user in users.iter().filter(|user| !user.waits()) {
        edits.extend(wait(desk, user, &image, &environment));
    }
    let has_job = objects.iter().any(Object::is_migration);
    let mut files = manifests.clone();
    if has_job {
        desk.note("a Job migrates already; what is wrong with it is below");
    } else {
        files.push(desk.create(&format!("{folder}/migrate.yaml"), &fill(JOB, &values))?);
        desk.note(format!(
            "each release: docker build -f {} -t {image} . && docker push {image}; then kubectl create -f {folder}/migrate.yaml",
            image::NAME
        ));
    }
    if desk.facts.is_deferred {
        files.push(desk.create(&format!("{folder}/backfill-worker.yaml"), &fill(WORKER, &values))?);
    }
    desk.sources.apply(&edits);
    desk.files.manifests.extend(files);
    Ok(())
}

/// Plain manifests here and in the usual folders; a chart is the target `helm`'s.
fn discover(desk: &mut Desk<'_>) -> Result<Vec<usize>, Failure> {
    let mut found = Files::default();
    for path in entries(desk.folder) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if path.is_dir() && MANIFEST_FOLDERS.contains(&name.as_str()) {
            scan(&path, &mut desk.sources, &mut found, 0)?;
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            take(&path, &mut desk.sources, &mut found, &mut Vec::new())?;
        }
    }
    found
        .manifests
        .retain(|file| !desk.sources.text(*file).contains("{{"));
    Ok(found.manifests)
}

/// Beside the manifests that are there.
fn folder_of(desk: &Desk<'_>, manifests: &[usize]) -> String {
    let first = manifests.iter().find_map(|file| {
        let parent = desk.sources.files[*file].path.parent()?;
        let relative = parent.strip_prefix(desk.folder).ok()?;
        (!relative.as_os_str().is_empty()).then(|| relative.display().to_string())
    });
    first.unwrap_or_else(|| "k8s".to_owned())
}

fn uses_database(object: &Object) -> bool {
    let is_other = object
        .images()
        .iter()
        .all(|image| words::is_postgres(image) || words::is_infrastructure(image));
    object.is_workload() && !is_other && environment(object).is_some()
}

/// `registry/shop:1.4` stands for `registry/shop-migrate:1.4`.
fn beside(image: &str) -> String {
    let name = words::image_name(image);
    let tag = image[name.len()..].split('@').next().unwrap_or_default();
    format!("{name}-migrate{}", if tag.is_empty() { ":0.1.0" } else { tag })
}

fn default_environment(name: &str) -> String {
    format!(
        "env:\n  - name: DATABASE_URL\n    valueFrom:\n      secretKeyRef:\n        name: {name}-database\n        key: url\n"
    )
}

/// What tells a workload's containers where the database is; none where nothing does, or in plain text.
fn environment(object: &Object) -> Option<String> {
    object.containers("containers").iter().find_map(|container| {
        let mut text = String::new();
        let variables = container.get("env").map(Node::items).unwrap_or_default();
        for variable in variables {
            let name = variable.text_of("name").unwrap_or_default();
            let value = variable.text_of("value").unwrap_or_default();
            let is_plain = matches!(words::password(name, value), Some(Password::Plain(_)));
            let is_libpq = name.starts_with("PG");
            let is_whole = words::is_url(value) || name.ends_with("URL") || name.ends_with("URI");
            if is_plain || !(is_libpq || words::is_address(name, value) && is_whole) {
                continue;
            }
            let ours = if is_libpq { name } else { "DATABASE_URL" };
            text.push_str(&format!("  - name: {ours}\n"));
            for entry in variable.entries().iter().filter(|entry| entry.key != "name") {
                text.push_str(&indented(&format!("{}:{}", entry.key, emit(&entry.value)), 4));
            }
        }
        if !text.is_empty() {
            return Some(format!("env:\n{text}"));
        }
        let from = container.get("envFrom").filter(|node| !node.items().is_empty())?;
        Some(format!("envFrom:{}\n", emit(from)))
    })
}

/// The init container that waits, before the others or as the first of them.
fn wait(desk: &Desk<'_>, object: &Object, image: &str, environment: &str) -> Vec<Edit> {
    let Some(pod) = object.pod() else {
        return Vec::new();
    };
    let item = fill(
        WAIT,
        &[
            ("image", image),
            ("environment", indented(environment, 2).trim_end()),
        ],
    );
    let (anchor, lines) = match pod.entry("initContainers").map(|entry| &entry.value) {
        Some(node) if !node.is_inline => match node.items().first() {
            Some(first) => (hyphen_of(desk, first), item),
            None => return Vec::new(),
        },
        Some(_) => return Vec::new(),
        None => {
            let Some(entry) = pod.entry("containers").filter(|_| !pod.is_inline) else {
                return Vec::new();
            };
            (
                entry.key_place,
                format!("initContainers:\n{}", indented(&item, 2)),
            )
        }
    };
    let text = desk.sources.text(anchor.file);
    let Some(by) = indent(&text, anchor.start) else {
        return Vec::new();
    };
    let at = above_comments(&text, anchor.start - by, by);
    vec![Edit {
        place: Place::new(anchor.file, at, at),
        text: indented(&lines, by),
    }]
}

/// Where the hyphen of an item stands.
fn hyphen_of(desk: &Desk<'_>, item: &Node) -> Place {
    let text = desk.sources.text(item.place.file);
    let at = text[..item.place.start].rfind('-').unwrap_or(item.place.start);
    Place::new(item.place.file, at, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_of_the_migration_stands_beside_the_applications() {
        for (image, ours) in [
            ("shop:42", "shop-migrate:42"),
            ("registry:5000/team/shop", "registry:5000/team/shop-migrate:0.1.0"),
            ("shop:42@sha256:ab", "shop-migrate:42"),
        ] {
            assert_eq!(beside(image), ours);
        }
    }
}
