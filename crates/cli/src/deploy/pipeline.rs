//! Pipelines: GitHub Actions, GitLab CI and Cloud Build. What migrates must stop the pipeline when it
//! fails, must not be cancelled, and comes before what deploys. A pipeline that does not migrate is
//! nobody's business here.

use super::finding::{Finding, Place, Sources};
use super::rules;
use super::words::{self, Migrates};
use super::yaml::{self, Node};

/// Whether a file is one, by name and content.
pub(super) fn is_pipeline(path: &str, text: &str) -> bool {
    let starts = |word: &str| text.lines().any(|line| line.starts_with(word));
    path.contains(".github/workflows/")
        || path.contains(".gitlab-ci")
        || path.contains("cloudbuild")
        || (starts("jobs:") && starts("on:"))
}

/// A job, or a step of a build.
struct Job<'a> {
    name: &'a str,
    place: Place,
    node: &'a Node,
    migrates: Option<Place>,
    deploys: bool,
    /// Names of what it is started after; none to be started in its turn.
    needs: Option<Vec<&'a str>>,
    /// Its turn.
    turn: usize,
}

pub(super) fn check(sources: &Sources, file: usize) -> Vec<Finding> {
    let text = sources.text(file);
    let documents = match yaml::read(file, &text) {
        Ok(documents) => documents,
        Err(error) => {
            return vec![Finding::new(
                &rules::YAML,
                error.place,
                error.message,
                "valid YAML",
            )];
        }
    };
    let Some(root) = documents.first() else {
        return Vec::new();
    };
    let jobs = if let Some(jobs) = root.get("jobs") {
        github(jobs)
    } else if let Some(steps) = root.get("steps") {
        cloud_build(steps)
    } else {
        gitlab(root)
    };
    let mut findings = Vec::new();
    for job in jobs.iter().filter(|job| job.migrates.is_some()) {
        check_failure(job, &mut findings);
        check_cancelling(job, root, &mut findings);
    }
    for job in jobs.iter().filter(|job| job.deploys && job.migrates.is_none()) {
        check_order(job, &jobs, &mut findings);
    }
    findings
}

fn github(jobs: &Node) -> Vec<Job<'_>> {
    let entries = jobs.entries().iter();
    entries
        .map(|entry| {
            let steps = entry.value.get("steps").map(Node::items).unwrap_or_default();
            let migrates = steps
                .iter()
                .filter_map(|step| step.get("run"))
                .find(|run| is_migration(run) && !is_disposable(&entry.value))
                .map(|run| run.place);
            let calls = entry
                .value
                .text_of("uses")
                .is_some_and(|uses| uses.contains("migrat"));
            Job {
                name: &entry.key,
                place: entry.key_place,
                node: &entry.value,
                migrates: migrates.or(calls.then_some(entry.key_place)),
                deploys: entry.key.contains("deploy"),
                needs: Some(entry.value.get("needs").map(Node::texts).unwrap_or_default()),
                turn: 0,
            }
        })
        .collect()
}

fn gitlab(root: &Node) -> Vec<Job<'_>> {
    let stages = root.get("stages").map(Node::texts);
    let stages = stages.unwrap_or_else(|| vec!["build", "test", "deploy"]);
    let entries = root
        .entries()
        .iter()
        .filter(|entry| entry.value.get("script").is_some());
    entries
        .map(|entry| {
            let stage = entry.value.text_of("stage").unwrap_or("test");
            let script = entry.value.get("script").filter(|script| is_migration(script));
            let script = script.filter(|_| !is_disposable(&entry.value));
            Job {
                name: &entry.key,
                place: entry.key_place,
                node: &entry.value,
                migrates: script.map(|script| script.place),
                deploys: entry.key.contains("deploy") || stage.contains("deploy"),
                needs: entry.value.get("needs").map(needs),
                turn: stages.iter().position(|name| *name == stage).unwrap_or(0),
            }
        })
        .collect()
}

fn cloud_build(steps: &Node) -> Vec<Job<'_>> {
    let steps = steps.items().iter().enumerate();
    steps
        .map(|(turn, step)| {
            let args = step.get("args").map(words::command_words).unwrap_or_default();
            let name = step.text_of("id").unwrap_or_default();
            let executes = args
                .windows(2)
                .any(|pair| pair[0] == "jobs" && pair[1] == "execute");
            let is_migration =
                words::migrates(&args) != Migrates::No || (executes && words::names_migration(name));
            let waits = step.get("waitFor").map(Node::texts);
            Job {
                name,
                place: step.get("id").map_or(step.place, |id| id.place),
                node: step,
                migrates: is_migration.then_some(step.place),
                deploys: args.windows(2).any(|pair| {
                    matches!(
                        (&*pair[0], &*pair[1]),
                        ("run", "deploy") | ("services", "replace") | ("app", "deploy")
                    )
                }),
                needs: waits,
                turn,
            }
        })
        .collect()
}

/// The names in `needs:`, written short or long.
fn needs(node: &Node) -> Vec<&str> {
    let of = |item| Node::text(item).or_else(|| item.text_of("job"));
    node.items().iter().filter_map(of).collect()
}

fn is_migration(script: &Node) -> bool {
    words::migrates(&words::command_words(script)) != Migrates::No
}

/// A database that the pipeline starts for itself is thrown away afterwards.
fn is_disposable(job: &Node) -> bool {
    job.get("services").is_some() && job.get("environment").is_none()
}

fn check_failure(job: &Job<'_>, findings: &mut Vec<Finding>) {
    let steps = job.node.get("steps").map(Node::items).unwrap_or_default();
    let switches = ["continue-on-error", "allow_failure", "allowFailure"];
    let mut nodes = vec![job.node];
    nodes.extend(
        steps
            .iter()
            .filter(|step| step.get("run").is_some_and(is_migration)),
    );
    for node in nodes {
        for switch in switches.iter().filter_map(|name| node.get(name)) {
            if switch.text() == Some("true") {
                findings.push(Finding::new(
                    &rules::IGNORED,
                    switch.place,
                    format!("the pipeline goes on when `{}` failed", job.name),
                    "without it: a migration that failed stops the deployment",
                ));
            }
        }
        let script = ["run", "script", "args"].iter().find_map(|name| node.get(name));
        if let Some(script) = script.filter(|script| words::ignores_failure(&words::command_words(script))) {
            findings.push(Finding::new(
                &rules::IGNORED,
                script.place,
                format!("`{}` succeeds also when its migration failed", job.name),
                "the migration as a command of its own",
            ));
        }
    }
}

fn check_cancelling(job: &Job<'_>, root: &Node, findings: &mut Vec<Finding>) {
    let switches = [
        job.node.at(&["concurrency", "cancel-in-progress"]),
        root.at(&["concurrency", "cancel-in-progress"]),
        job.node.get("interruptible"),
    ];
    for switch in switches.into_iter().flatten() {
        if switch.text() == Some("true") {
            findings.push(Finding::new(
                &rules::CANCELLED,
                switch.place,
                format!("a newer run cancels `{}` while it migrates", job.name),
                "false: the newer run waits",
            ));
        }
    }
}

fn check_order(job: &Job<'_>, jobs: &[Job<'_>], findings: &mut Vec<Finding>) {
    let migrates: Vec<&Job<'_>> = jobs.iter().filter(|job| job.migrates.is_some()).collect();
    let Some(first) = migrates.first() else { return };
    if migrates.iter().any(|migrate| is_after(job, migrate, jobs, 0)) {
        return;
    }
    findings.push(Finding::new(
        &rules::DEPLOYS_TOO_EARLY,
        job.place,
        format!("`{}` does not wait for `{}`", job.name, first.name),
        format!("needs: [{}], or a later turn", first.name),
    ));
}

fn is_after(job: &Job<'_>, migrate: &Job<'_>, jobs: &[Job<'_>], depth: usize) -> bool {
    let Some(needs) = &job.needs else {
        return job.turn > migrate.turn;
    };
    needs.iter().any(|name| {
        let next = jobs.iter().find(|other| other.name == *name);
        *name == migrate.name
            || (depth < jobs.len() && next.is_some_and(|next| is_after(next, migrate, jobs, depth + 1)))
    })
}
