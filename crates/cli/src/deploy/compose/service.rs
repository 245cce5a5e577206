//! What a service is: a database, the one that migrates, one that uses the database, or none of
//! these; what it starts with, what it waits for, what it is told by its environment.

use std::path::{Path, PathBuf};

use super::super::dockerfile;
use super::super::finding::Place;
use super::super::words::{self, Migrates};
use super::super::yaml::{Node, Value};
use super::load::{Project, Service};

/// What a service waits for.
#[derive(Debug, Clone)]
pub(in super::super) struct Dependency {
    pub(in super::super) name: String,
    pub(in super::super) condition: String,
    pub(in super::super) is_required: bool,
    pub(in super::super) place: Place,
}

/// A variable of a service.
#[derive(Debug, Clone)]
pub(in super::super) struct Variable {
    pub(in super::super) name: String,
    pub(in super::super) value: String,
    /// Of the value, or of the whole item where it is written `NAME=value`.
    pub(in super::super) place: Place,
    pub(in super::super) is_item: bool,
    /// From an `env_file`: it is not in the Compose file.
    pub(in super::super) is_from_file: bool,
}

impl Service {
    pub(in super::super) fn image(&self) -> Option<&str> {
        self.node.text_of("image")
    }

    /// What it is built from, or the image that it runs: two services with the same run the same code.
    pub(in super::super) fn code(&self) -> Option<String> {
        match self.node.get("build") {
            Some(build) => {
                let context = build.text().or_else(|| build.text_of("context")).unwrap_or(".");
                Some(format!(
                    "build {context} {}",
                    build.text_of("dockerfile").unwrap_or("Dockerfile")
                ))
            }
            None => self.image().map(|image| format!("image {image}")),
        }
    }

    pub(in super::super) fn dependencies(&self) -> Vec<Dependency> {
        let Some(node) = self.node.get("depends_on") else {
            return Vec::new();
        };
        let short = |item: &Node| {
            Some(Dependency {
                name: item.text()?.to_owned(),
                condition: "service_started".to_owned(),
                is_required: true,
                place: item.place,
            })
        };
        match &node.value {
            Value::List(items) => items.iter().filter_map(short).collect(),
            _ => node
                .entries()
                .iter()
                .map(|entry| Dependency {
                    name: entry.key.clone(),
                    condition: words::with_defaults(
                        entry.value.text_of("condition").unwrap_or("service_started"),
                    ),
                    is_required: entry.value.text_of("required") != Some("false"),
                    place: entry.key_place,
                })
                .collect(),
        }
    }

    pub(in super::super) fn variables(&self) -> Vec<Variable> {
        let mut variables: Vec<Variable> = Vec::new();
        if let Some(node) = self.node.get("environment") {
            match &node.value {
                Value::List(items) => variables.extend(items.iter().filter_map(|item| {
                    let (name, value) = item.text()?.split_once('=')?;
                    Some(Variable {
                        name: name.to_owned(),
                        value: value.to_owned(),
                        place: item.place,
                        is_item: true,
                        is_from_file: false,
                    })
                })),
                _ => variables.extend(node.entries().iter().map(|entry| Variable {
                    name: entry.key.clone(),
                    value: entry.value.text().unwrap_or_default().to_owned(),
                    place: if entry.value.place.start < entry.value.place.end {
                        entry.value.place
                    } else {
                        entry.key_place
                    },
                    is_item: entry.value.place == entry.key_place,
                    is_from_file: false,
                })),
            }
        }
        variables.extend(self.variables_of_files());
        variables
    }

    /// `env_file`s that are there; what is not in the repository is not judged.
    fn variables_of_files(&self) -> Vec<Variable> {
        let Some(node) = self.node.get("env_file") else {
            return Vec::new();
        };
        let single = [node.clone()];
        let items = if node.items().is_empty() {
            &single[..]
        } else {
            node.items()
        };
        let mut variables = Vec::new();
        for item in items {
            let Some(path) = item.text().or_else(|| item.text_of("path")) else {
                continue;
            };
            let Ok(text) = std::fs::read_to_string(self.folder.join(path)) else {
                continue;
            };
            for line in text.lines() {
                let line = line.trim().trim_start_matches("export ");
                if let Some((name, value)) = line.split_once('=')
                    && !line.starts_with('#')
                {
                    variables.push(Variable {
                        name: name.trim().to_owned(),
                        value: value.trim().trim_matches(['"', '\'']).to_owned(),
                        place: item.place,
                        is_item: false,
                        is_from_file: true,
                    });
                }
            }
        }
        variables
    }

    pub(in super::super) fn replicas(&self) -> u64 {
        let count = self
            .node
            .at(&["deploy", "replicas"])
            .or_else(|| self.node.get("scale"));
        count
            .and_then(Node::text)
            .and_then(|text| words::with_defaults(text).parse().ok())
            .unwrap_or(1)
    }

    /// The words that its container starts with, the image's own where they are known.
    pub(in super::super) fn start_words(&self) -> Vec<String> {
        let entrypoint = self.node.get("entrypoint").filter(|node| !node.is_null());
        let command = self.node.get("command").filter(|node| !node.is_null());
        let image = self.dockerfile().and_then(|file| {
            let text = std::fs::read_to_string(&file).ok()?;
            Some(dockerfile::start(&text))
        });
        let image = image.unwrap_or_default();
        let mut start = match entrypoint {
            Some(node) => words::command_words(node),
            None => image.entrypoint,
        };
        match command {
            Some(node) => start.extend(words::command_words(node)),
            None if entrypoint.is_none() => start.extend(image.command),
            None => {}
        }
        self.with_script(start)
    }

    /// The words of a script that the container starts with stand for the script, where it is at hand.
    fn with_script(&self, start: Vec<String>) -> Vec<String> {
        let Some(context) = self.context() else {
            return start;
        };
        let script = start
            .iter()
            .find(|word| word.ends_with(".sh"))
            .and_then(|word| dockerfile::script(&context, word));
        match script {
            Some(text) => [start, dockerfile::script_words(&text)].concat(),
            None => start,
        }
    }

    fn context(&self) -> Option<PathBuf> {
        let build = self.node.get("build")?;
        let context = build.text().or_else(|| build.text_of("context")).unwrap_or(".");
        Some(self.folder.join(Path::new(context)))
    }

    fn dockerfile(&self) -> Option<PathBuf> {
        let build = self.node.get("build")?;
        Some(
            self.context()?
                .join(build.text_of("dockerfile").unwrap_or("Dockerfile")),
        )
    }

    pub(in super::super) fn migrates(&self) -> Migrates {
        words::migrates(&self.start_words())
    }

    pub(in super::super) fn is_database(&self) -> bool {
        self.image().is_some_and(words::is_postgres)
            || (self.image().is_none()
                && self.node.get("build").is_none()
                && matches!(self.name.as_str(), "postgres" | "postgresql"))
    }

    /// Whether it is there to migrate: by what it runs, or else by its name.
    pub(in super::super) fn is_migrate(&self) -> bool {
        if self.is_database() {
            return false;
        }
        match self.migrates() {
            Migrates::Only => true,
            Migrates::No => words::names_migration(&self.name),
            Migrates::ThenRuns | Migrates::UnderLock => false,
        }
    }

    pub(in super::super) fn has_healthcheck(&self) -> bool {
        self.node
            .get("healthcheck")
            .is_some_and(|check| check.text_of("disable") != Some("true") && !check.is_null())
    }
}

impl Project {
    /// Services that use the database: they say so, or run the same code as the migration.
    pub(in super::super) fn users(&self) -> Vec<&Service> {
        let migrate: Vec<String> = self
            .services
            .iter()
            .filter(|service| service.is_migrate())
            .filter_map(Service::code)
            .collect();
        let names: Vec<&str> = self
            .services
            .iter()
            .filter(|service| service.is_migrate() || service.is_database())
            .map(|service| service.name.as_str())
            .collect();
        self.services
            .iter()
            .filter(|service| !service.is_database() && !service.is_migrate())
            .filter(|service| {
                let says = service
                    .variables()
                    .iter()
                    .any(|variable| words::is_address(&variable.name, &variable.value));
                let waits = service
                    .dependencies()
                    .iter()
                    .any(|dependency| names.contains(&dependency.name.as_str()));
                let is_other = service.image().is_some_and(words::is_infrastructure);
                let same = service.code().is_some_and(|code| migrate.contains(&code));
                says || waits || (!is_other && (same || service.migrates() != Migrates::No))
            })
            .collect()
    }
}
