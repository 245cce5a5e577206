//! A migrate service in the Compose file, before the services that use the database; without a file,
//! a new one.

use super::super::compose::insert_service;
use super::super::compose::load::{self, Project, Service};
use super::super::words::{self, Password};
use super::super::yaml::{self, Value, emit, indented, quoted};
use super::super::{discover_compose, finding::Sources};
use super::{Desk, fill, image};
use crate::failure::Failure;

const NEW: &str = include_str!("templates/compose.yaml");
const MIGRATE: &str = include_str!("templates/compose.migrate.yaml");
const WORKER: &str = include_str!("templates/compose.worker.yaml");

/// What an address is where nothing says it.
const ADDRESS: &str = "DATABASE_URL: ${DATABASE_URL:?the database of the migration}";

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    image::write(desk)?;
    discover_compose(desk.folder, &mut desk.sources, &mut desk.files)?;
    let Some(files) = desk.files.projects.first().cloned() else {
        return new(desk);
    };
    let project = load::load(&mut desk.sources, &files);
    let migrates = project.services.iter().find(|service| service.is_migrate());
    let mut services = Vec::new();
    match migrates {
        Some(service) => desk.note(format!("`{}` migrates already", service.name)),
        None => services.push(migrate(desk, &project)),
    }
    let has_worker = project.services.iter().any(runs_worker);
    if desk.facts.is_deferred && !has_worker {
        let name = migrates.map_or("migrate", |service| &service.name);
        services.push(worker(desk, &project, name));
    }
    if !services.is_empty() {
        insert(&mut desk.sources, files[0], &services.join("\n"))?;
    }
    desk.mend();
    desk.note("`docker compose up` migrates first; `docker compose run --rm migrate status` looks");
    Ok(())
}

fn runs_worker(service: &Service) -> bool {
    let words = service.start_words();
    words.iter().any(|word| word == "worker") && words.iter().any(|word| word.ends_with("windlass"))
}

/// The project without a file: a database, and the application where it has a Dockerfile.
fn new(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let empty = Project::default();
    let mut text = fill(
        NEW,
        &[
            ("name", &desk.facts.name),
            ("major", "17"),
            ("database", "database"),
        ],
    );
    let address = "DATABASE_URL: postgresql://app:${POSTGRES_PASSWORD:?}@database:5432/app";
    let named = |text: String| text.replace(ADDRESS, address);
    text.push_str(&named(indented(&migrate(desk, &empty), 2)));
    if desk.facts.is_deferred {
        text.push('\n');
        text.push_str(&named(indented(&worker(desk, &empty, "migrate"), 2)));
    }
    if desk.folder.join("Dockerfile").is_file() {
        text.push_str(&format!(
            "\n  # The application. Whatever uses the database waits like this.\n  app:\n    build: .\n    \
             environment:\n      {address}\n    depends_on:\n      migrate:\n        condition: \
             service_completed_successfully\n    restart: unless-stopped\n"
        ));
    }
    text.push_str("\nvolumes:\n  data:\n");
    let file = desk.create("compose.yaml", &text)?;
    desk.files.projects.push(vec![file]);
    desk.mend();
    desk.note("set POSTGRES_PASSWORD in .env; `docker compose up` migrates before it starts anything else");
    Ok(())
}

/// The service that migrates.
fn migrate(desk: &mut Desk<'_>, project: &Project) -> String {
    let is_taken = project.service("migrate").is_some();
    let environment = environment(desk, project);
    fill(
        MIGRATE,
        &[
            ("service", if is_taken { "windlass-migrate" } else { "migrate" }),
            ("image", &image_of(desk)),
            ("environment", &environment),
            ("depends", &databases(project)),
        ],
    )
}

/// The service that does deferred data changes.
fn worker(desk: &mut Desk<'_>, project: &Project, migrate: &str) -> String {
    let environment = environment(desk, project);
    fill(
        WORKER,
        &[
            ("image", &image_of(desk)),
            ("environment", &environment),
            ("migrate", migrate),
        ],
    )
}

fn image_of(desk: &Desk<'_>) -> String {
    match &desk.facts.image {
        Some(image) => format!("  image: {image}\n"),
        None => format!("  build:\n    context: .\n    dockerfile: {}\n", image::NAME),
    }
}

/// The databases that it has to wait for.
fn databases(project: &Project) -> String {
    let mut text = String::new();
    for service in project.services.iter().filter(|service| service.is_database()) {
        if text.is_empty() {
            text.push_str("  depends_on:\n");
        }
        text.push_str(&format!(
            "    {}:\n      condition: service_healthy\n",
            service.name
        ));
    }
    text
}

/// What tells the first service that uses the database where it is, and on which networks.
fn environment(desk: &mut Desk<'_>, project: &Project) -> String {
    let users = project.users();
    let says = |service: &&Service| {
        service
            .variables()
            .iter()
            .any(|variable| words::is_address(&variable.name, &variable.value))
    };
    let Some(user) = users
        .iter()
        .copied()
        .find(says)
        .or_else(|| users.first().copied())
    else {
        return format!("  environment:\n    {ADDRESS}\n");
    };
    let (mut lines, mut is_plain) = (Vec::new(), false);
    for variable in user.variables().iter().filter(|variable| !variable.is_from_file) {
        let Some(name) = name_of(&variable.name, &variable.value) else {
            continue;
        };
        if lines.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let value = match words::password(&variable.name, &variable.value) {
            Some(Password::Plain(_)) => {
                is_plain = true;
                format!("${{{name}:?set it in .env}}")
            }
            _ => variable.value.clone(),
        };
        lines.push((name, value));
    }
    for name in passed_on(user) {
        lines.push((name.clone(), format!("${{{name}}}")));
    }
    let mut text = String::new();
    let files = user.node.get("env_file");
    if let Some(files) = files {
        text.push_str(&indented(&format!("env_file:{}", emit(files)), 2));
    }
    if !lines.is_empty() {
        text.push_str("  environment:\n");
        for (name, value) in &lines {
            text.push_str(&format!("    {name}: {}\n", quoted(value)));
        }
    } else if files.is_none() {
        text.push_str(&format!("  environment:\n    {ADDRESS}\n"));
    }
    if let Some(networks) = user.node.get("networks") {
        text.push_str(&indented(&format!("networks:{}", emit(networks)), 2));
    }
    if is_plain {
        desk.note(format!(
            "the password of `{}` stands in plain text and is not repeated: set the variable in .env, or let \
             `windlass deploy check --fix` take it out",
            user.name
        ));
    }
    text
}

/// The name by which windlass knows a variable of the application; none for one that it has no use for.
fn name_of(name: &str, value: &str) -> Option<String> {
    if name.starts_with("PG") {
        return Some(name.to_owned());
    }
    let is_whole = words::is_url(value) || name.ends_with("URL") || name.ends_with("URI");
    (words::is_address(name, value) && is_whole).then(|| "DATABASE_URL".to_owned())
}

/// Names in a list that stand there without a value: Compose passes its own on.
fn passed_on(service: &Service) -> Vec<String> {
    let Some(Value::List(items)) = service.node.get("environment").map(|node| &node.value) else {
        return Vec::new();
    };
    items
        .iter()
        .filter_map(yaml::Node::text)
        .filter(|text| !text.contains('=') && words::is_address(text, ""))
        .map(str::to_owned)
        .collect()
}

fn insert(sources: &mut Sources, file: usize, services: &str) -> Result<(), Failure> {
    let text = sources.text(file);
    let root = yaml::read(file, &text)
        .ok()
        .and_then(|documents| documents.into_iter().next());
    let edits = root
        .as_ref()
        .and_then(|root| root.get("services"))
        .map(|node| insert_service(sources, file, node, services))
        .unwrap_or_default();
    if edits.is_empty() {
        return Err(Failure::usage(
            format!(
                "{} has no services written line by line to put one before",
                sources.files[file].path.display()
            ),
            format!("write it there by hand:\n{services}"),
        ));
    }
    sources.apply(&edits);
    Ok(())
}
