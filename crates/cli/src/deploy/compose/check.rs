//! What is wrong with a Compose project. Each check is a function from the project to findings.

use super::super::finding::{Edit, Finding, Sources};
use super::super::rules;
use super::super::words::{self, Migrates, Password};
use super::super::yaml::{Node, Value};
use super::fix;
use super::load::{Project, Service};
use super::service::Variable;

pub(super) fn check(project: &Project, sources: &Sources) -> Vec<Finding> {
    let cx = Context {
        project,
        sources,
        migrates: project
            .services
            .iter()
            .filter(|service| service.is_migrate())
            .collect(),
        databases: project
            .services
            .iter()
            .filter(|service| service.is_database())
            .collect(),
        users: project.users(),
    };
    let mut findings = Vec::new();
    cx.dependencies_exist(&mut findings);
    cx.somebody_migrates(&mut findings);
    for service in &cx.migrates {
        cx.runs_once(service, &mut findings);
        cx.reports(service, &mut findings);
        cx.finds_its_database(service, &mut findings);
    }
    cx.nobody_else_migrates(&mut findings);
    for service in &cx.users {
        cx.starts_behind_the_migration(service, &mut findings);
    }
    for service in cx.migrates.iter().chain(&cx.users) {
        cx.waits_for_health(service, &mut findings);
        cx.address_is_another_container(service, &mut findings);
    }
    cx.databases_have_healthchecks(&mut findings);
    for service in &project.services {
        cx.keeps_secrets(service, &mut findings);
    }
    findings
}

struct Context<'a> {
    project: &'a Project,
    sources: &'a Sources,
    migrates: Vec<&'a Service>,
    databases: Vec<&'a Service>,
    users: Vec<&'a Service>,
}

type Findings = Vec<Finding>;

impl Context<'_> {
    fn dependencies_exist(&self, findings: &mut Findings) {
        for service in &self.project.services {
            for dependency in service.dependencies() {
                let name = &dependency.name;
                let Some(other) = self.project.service(name) else {
                    if dependency.is_required && !self.project.is_fragment {
                        findings.push(Finding::new(
                            &rules::UNKNOWN_DEPENDENCY,
                            dependency.place,
                            format!("`{}` depends on `{name}`, which is not there", service.name),
                            "the name of a service of this project, in one of the files given",
                        ));
                    }
                    continue;
                };
                let (theirs, ours) = (profiles(other), profiles(service));
                let is_started =
                    theirs.is_empty() || (!ours.is_empty() && ours.iter().all(|name| theirs.contains(name)));
                if dependency.is_required && !is_started && other.is_migrate() {
                    findings.push(Finding::new(
                        &rules::BEHIND_PROFILE,
                        other
                            .node
                            .entry("profiles")
                            .map_or(other.place, |entry| entry.key_place),
                        format!(
                            "`{name}` is started with profile {} only, and `{}` waits for it",
                            theirs.join(", "),
                            service.name
                        ),
                        "no `profiles` on the service that migrates",
                    ));
                }
            }
            if self.reaches(service, &service.name, &mut Vec::new()) {
                findings.push(Finding::new(
                    &rules::CYCLE,
                    service
                        .node
                        .entry("depends_on")
                        .map_or(service.place, |entry| entry.key_place),
                    format!("`{}` waits for itself", service.name),
                    "an order in which each service waits for earlier ones only",
                ));
            }
        }
    }

    fn reaches(&self, from: &Service, goal: &str, seen: &mut Vec<String>) -> bool {
        from.dependencies().iter().any(|dependency| {
            if dependency.name == goal {
                return true;
            }
            if seen.contains(&dependency.name) {
                return false;
            }
            seen.push(dependency.name.clone());
            self.project
                .service(&dependency.name)
                .is_some_and(|next| self.reaches(next, goal, seen))
        })
    }

    fn somebody_migrates(&self, findings: &mut Findings) {
        let is_done = !self.migrates.is_empty() || self.users.iter().any(|service| migrates_itself(service));
        // Somebody else's program that merely waits for a database has migrations of its own.
        let is_ours = |service: &&&Service| {
            let variables = service.variables();
            let says = |variable: &Variable| words::is_address(&variable.name, &variable.value);
            service.node.get("build").is_some() || variables.iter().any(says)
        };
        if let (false, Some(user)) = (is_done, self.users.iter().find(is_ours)) {
            findings.push(Finding::new(
                &rules::NO_MIGRATE,
                user.place,
                format!("`{}` uses the database, and no service migrates it", user.name),
                "`windlass deploy init compose` adds a service that does, once, before the others",
            ));
        }
    }

    fn runs_once(&self, service: &Service, findings: &mut Findings) {
        let name = &service.name;
        if let Some(entry) = service.node.entry("restart") {
            let value = entry.value.text().unwrap_or_default();
            let resolved = words::with_defaults(value);
            let is_plain = matches!(&entry.value.value, Value::Scalar { is_plain: true, .. });
            let quoted = vec![Edit {
                place: entry.value.place,
                text: "\"no\"".to_owned(),
            }];
            if resolved != "no" && resolved != "false" {
                // A value that came in from elsewhere is another service's as well.
                let edit = if entry.is_merged {
                    fix::insert(self.sources, service, "restart: \"no\"")
                } else {
                    quoted
                };
                findings.push(
                    Finding::new(
                        &rules::RESTARTS,
                        entry.value.place,
                        format!("`{name}` migrates and restarts: {value}"),
                        "restart: \"no\"",
                    )
                    .fix(edit),
                );
            } else if is_plain && !entry.is_merged && value != resolved.as_str().trim()
                || (is_plain && value == "no")
            {
                findings.push(
                    Finding::new(
                        &rules::UNQUOTED_NO,
                        entry.value.place,
                        format!("the `restart` of `{name}` is a bare {value}"),
                        "restart: \"no\"",
                    )
                    .fix(quoted),
                );
            }
        }
        if let Some(condition) = service.node.at(&["deploy", "restart_policy", "condition"])
            && condition.text() != Some("none")
        {
            findings.push(
                Finding::new(
                    &rules::RESTARTS,
                    condition.place,
                    format!(
                        "`{name}` migrates and restarts: {}",
                        condition.text().unwrap_or_default()
                    ),
                    "condition: none",
                )
                .fix(vec![Edit {
                    place: condition.place,
                    text: "none".to_owned(),
                }]),
            );
        }
        if service.replicas() > 1 {
            let node = service
                .node
                .at(&["deploy", "replicas"])
                .or_else(|| service.node.get("scale"));
            let is_ours = service
                .start_words()
                .iter()
                .any(|word| word.ends_with("windlass"));
            let rule = if is_ours {
                &rules::MIGRATE_SCALED
            } else {
                &rules::REPLICAS
            };
            findings.push(Finding::new(
                rule,
                node.map_or(service.place, |node| node.place),
                format!("`{name}` migrates in {} replicas", service.replicas()),
                "one replica",
            ));
        }
    }

    fn reports(&self, service: &Service, findings: &mut Findings) {
        let words = service.start_words();
        let entry = service
            .node
            .entry("command")
            .or_else(|| service.node.entry("entrypoint"));
        let place = entry.map_or(service.place, |entry| entry.value.place);
        if words::ignores_failure(&words) {
            findings.push(Finding::new(
                &rules::IGNORED,
                place,
                format!("`{}` ends well also when its migration failed", service.name),
                "the migration alone as the command, so that its exit code is the container's",
            ));
        }
        if let Some(server) = words::server(&words) {
            findings.push(Finding::new(
                &rules::SERVES,
                place,
                format!("`{}` is to migrate, and starts {server}", service.name),
                "the migration alone as the command: it ends, and its exit code says how",
            ));
        }
        let driver = service.node.at(&["logging", "driver"]);
        let is_mute = driver.and_then(Node::text) == Some("none");
        if words::is_silent(&words) || is_mute {
            findings.push(Finding::new(
                &rules::SILENT,
                driver.filter(|_| is_mute).map_or(place, |driver| driver.place),
                format!("what `{}` says is thrown away", service.name),
                "its output on standard error, where `docker compose logs` finds it",
            ));
        }
    }

    fn finds_its_database(&self, service: &Service, findings: &mut Findings) {
        let node = &service.node;
        let is_whole = !service.is_excerpt
            && !self.project.is_fragment
            && (node.get("image").is_some() || node.get("build").is_some());
        let variables = service.variables();
        let is_told = variables
            .iter()
            .any(|variable| words::is_address(&variable.name, &variable.value))
            || ["env_file", "secrets", "configs", "volumes"]
                .iter()
                .any(|key| node.get(key).is_some())
            || service
                .start_words()
                .iter()
                .any(|word| words::is_url(word) || word.starts_with("--database-url"));
        // A list that passes variables on (`- DATABASE_URL`) has no values here.
        let passes = node.get("environment").is_some_and(|environment| {
            environment.items().iter().any(|item| {
                item.text()
                    .is_some_and(|text| !text.contains('=') && words::is_address(text, ""))
            })
        });
        if is_whole && !is_told && !passes {
            findings.push(Finding::new(
                &rules::NO_ADDRESS,
                service.place,
                format!("nothing tells `{}` where the database is", service.name),
                "environment:\n  DATABASE_URL: ${DATABASE_URL:?}",
            ));
        }
        let hosts: Vec<&str> = variables
            .iter()
            .filter_map(|variable| words::host(&variable.name, &variable.value))
            .collect();
        for database in &self.databases {
            let is_other = !hosts.is_empty() && !hosts.contains(&database.name.as_str());
            let waits = service
                .dependencies()
                .iter()
                .any(|dependency| dependency.name == database.name);
            let leaves_out = service.is_excerpt && node.get("depends_on").is_none();
            if !waits
                && !is_other
                && !leaves_out
                && words::migrates(&service.start_words()) != Migrates::UnderLock
            {
                findings.push(
                    Finding::new(
                        &rules::NO_DATABASE,
                        service.place,
                        format!("`{}` does not wait for `{}`", service.name, database.name),
                        format!(
                            "depends_on:\n  {}:\n    condition: service_healthy",
                            database.name
                        ),
                    )
                    .fix(fix::wait_for(
                        self.sources,
                        service,
                        &database.name,
                        "service_healthy",
                    )),
                );
            }
        }
    }

    fn nobody_else_migrates(&self, findings: &mut Findings) {
        let others: Vec<&&Service> = self
            .users
            .iter()
            .filter(|service| {
                let migrates = service.migrates();
                migrates == Migrates::ThenRuns
                    || (migrates != Migrates::UnderLock && asked(service).is_some())
            })
            .collect();
        for service in &others {
            let (place, how) = match asked(service) {
                Some(variable) => (variable.place, format!("{}={}", variable.name, variable.value)),
                None => {
                    let entry = ["command", "entrypoint", "build"]
                        .iter()
                        .find_map(|key| service.node.entry(key));
                    let place = entry.map_or(service.place, |entry| entry.value.place);
                    (place, "its start command".to_owned())
                }
            };
            let name = &service.name;
            if !self.migrates.is_empty() {
                let finding = Finding::new(
                    &rules::SECOND_MIGRATOR,
                    place,
                    format!("`{name}` migrates on start too ({how})"),
                    "the application alone; the migrate service has run by then",
                );
                let fix = match asked(service).filter(|variable| !variable.is_from_file) {
                    Some(variable) if variable.is_item => vec![Edit {
                        place,
                        text: format!("{}=0", variable.name),
                    }],
                    Some(_) => vec![Edit {
                        place,
                        text: "\"0\"".to_owned(),
                    }],
                    None => Vec::new(),
                };
                findings.push(finding.fix(fix));
            } else if service.replicas() > 1 || others.len() > 1 {
                findings.push(Finding::new(
                    &rules::REPLICAS,
                    place,
                    format!("`{name}` is one of several containers that migrate on start ({how})"),
                    "a migrate service (`windlass deploy init compose`), or `windlass exec --` before the command",
                ));
            } else {
                findings.push(Finding::new(
                    &rules::UNLOCKED,
                    place,
                    format!("`{name}` migrates on start ({how})"),
                    "`windlass exec --` before the command: any number of replicas may start at once",
                ));
            }
        }
    }

    fn starts_behind_the_migration(&self, service: &Service, findings: &mut Findings) {
        let leaves_out = service.is_excerpt && service.node.get("depends_on").is_none();
        let Some(migrate) = self.migrates.first() else {
            return;
        };
        if leaves_out || self.is_behind(service, &mut Vec::new()) {
            return;
        }
        let direct = service.dependencies().into_iter().find(|dependency| {
            self.migrates
                .iter()
                .any(|migrate| migrate.name == dependency.name)
        });
        let (place, how) = match &direct {
            Some(dependency) if !dependency.is_required => {
                (dependency.place, "does not insist on".to_owned())
            }
            Some(dependency) => (
                dependency.place,
                format!("waits with {} for", dependency.condition),
            ),
            None => (service.place, "does not wait for".to_owned()),
        };
        let migrate = direct
            .as_ref()
            .map_or(&migrate.name, |dependency| &dependency.name);
        findings.push(
            Finding::new(
                &rules::TOO_EARLY,
                place,
                format!("`{}` {how} `{migrate}`", service.name),
                format!("depends_on:\n  {migrate}:\n    condition: service_completed_successfully"),
            )
            .fix(fix::wait_for(
                self.sources,
                service,
                migrate,
                "service_completed_successfully",
            )),
        );
    }

    /// Whether it starts only when the migration has succeeded: by itself, or since what it waits for does.
    fn is_behind(&self, service: &Service, seen: &mut Vec<String>) -> bool {
        if service.migrates() == Migrates::UnderLock || waits_itself(service) {
            return true;
        }
        service.dependencies().iter().any(|dependency| {
            let Some(other) = self.project.service(&dependency.name) else {
                return false;
            };
            if !dependency.is_required || seen.contains(&other.name) {
                return false;
            }
            seen.push(other.name.clone());
            if other.is_migrate() {
                dependency.condition == "service_completed_successfully"
            } else if other.migrates() == Migrates::UnderLock {
                dependency.condition == "service_healthy"
            } else {
                self.is_behind(other, seen)
            }
        })
    }

    fn waits_for_health(&self, service: &Service, findings: &mut Findings) {
        // It asks the database itself.
        if service.migrates() == Migrates::UnderLock || waits_itself(service) {
            return;
        }
        for dependency in service.dependencies() {
            let Some(other) = self.project.service(&dependency.name) else {
                continue;
            };
            if dependency.condition != "service_started" || other.is_migrate() {
                continue;
            }
            let must = other.is_database() || other.has_healthcheck();
            let ordered =
                other.is_database() && !service.is_migrate() && self.is_behind(service, &mut Vec::new());
            if must && !ordered {
                findings.push(
                    Finding::new(
                        &rules::NOT_HEALTHY,
                        dependency.place,
                        format!(
                            "`{}` starts as soon as `{}` has started",
                            service.name, other.name
                        ),
                        format!("{}:\n  condition: service_healthy", other.name),
                    )
                    .fix(fix::wait_for(
                        self.sources,
                        service,
                        &other.name,
                        "service_healthy",
                    )),
                );
            }
        }
    }

    fn address_is_another_container(&self, service: &Service, findings: &mut Findings) {
        if service.node.text_of("network_mode") == Some("host") {
            return;
        }
        for variable in service.variables() {
            let host = words::host(&variable.name, &variable.value);
            let is_local = host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
            if is_local && words::is_address(&variable.name, &variable.value) {
                findings.push(Finding::new(
                    &rules::LOCALHOST,
                    variable.place,
                    format!("the {} of `{}` is on localhost", variable.name, service.name),
                    match self.databases.first() {
                        Some(database) => format!("the name of the service: {}", database.name),
                        None => "the name of the database's host".to_owned(),
                    },
                ));
            }
        }
    }

    fn databases_have_healthchecks(&self, findings: &mut Findings) {
        for database in &self.databases {
            if database.has_healthcheck()
                || (database.is_excerpt && database.node.get("healthcheck").is_none())
            {
                continue;
            }
            let user = database
                .variables()
                .into_iter()
                .find(|variable| variable.name == "POSTGRES_USER")
                .map_or_else(|| "postgres".to_owned(), |variable| variable.value);
            findings.push(
                Finding::new(
                    &rules::NO_HEALTHCHECK,
                    database.place,
                    format!("`{}` has no health check", database.name),
                    format!("healthcheck:\n  test: [\"CMD\", \"pg_isready\", \"-U\", \"{user}\"]"),
                )
                .fix(fix::insert(self.sources, database, &fix::healthcheck(&user))),
            );
        }
    }

    fn keeps_secrets(&self, service: &Service, findings: &mut Findings) {
        for variable in service.variables() {
            // An env_file is where a password belongs.
            if variable.is_from_file {
                continue;
            }
            let Some(found) = words::password(&variable.name, &variable.value) else {
                continue;
            };
            let (rule, instead) = match found {
                Password::Plain(instead) => (&rules::PASSWORD, instead),
                Password::Default(instead) => (&rules::DEFAULT_PASSWORD, instead),
            };
            let text = if variable.is_item {
                format!("{}={instead}", variable.name)
            } else {
                instead.clone()
            };
            findings.push(
                Finding::new(
                    rule,
                    variable.place,
                    format!(
                        "the {} of `{}` is written in the file",
                        variable.name, service.name
                    ),
                    format!("{instead}, and its value in .env or in a secret"),
                )
                .fix(vec![Edit {
                    place: variable.place,
                    text: format!("\"{text}\""),
                }]),
            );
        }
    }
}

fn migrates_itself(service: &Service) -> bool {
    service.migrates() != Migrates::No || asked(service).is_some()
}

/// `windlass wait` in front of the command.
fn waits_itself(service: &Service) -> bool {
    service
        .start_words()
        .windows(2)
        .any(|pair| pair[0].ends_with("windlass") && pair[1] == "wait")
}

fn asked(service: &Service) -> Option<Variable> {
    service
        .variables()
        .into_iter()
        .find(|variable| words::asks_to_migrate(&variable.name, &variable.value))
}

fn profiles(service: &Service) -> Vec<&str> {
    service.node.get("profiles").map(Node::texts).unwrap_or_default()
}
