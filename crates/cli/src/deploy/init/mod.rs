//! `deploy init`: the files of a deployment that migrates once, before anything else starts. A file
//! that is there is edited where it must be, line by line, and otherwise left as it is.

mod cloud_run;
mod compose;
mod facts;
mod github;
mod gitlab;
mod helm;
mod image;
mod kubernetes;
mod systemd;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::finding::{Finding, Sources};
use super::{Files, Report, rules};
use crate::failure::Failure;

pub(crate) use facts::Facts;

/// What a deployment is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// A migrate service in the Compose file
    Compose,
    /// A Job, and pods that wait for the schema
    Kubernetes,
    /// A hook of the chart
    Helm,
    /// A workflow that checks pull requests and migrates
    GithubActions,
    /// Jobs of the pipeline
    Gitlab,
    /// A unit before the application's
    Systemd,
    /// A job of Cloud Run, and the build that executes it
    CloudRun,
}

/// What is written: new files and edits, not yet on disk.
pub(crate) struct Written {
    /// The files after the change, with what is still wrong with them.
    pub(crate) report: Report,
    /// What to know, and what to do next.
    pub(crate) notes: Vec<String>,
}

/// Writes the files of a target for the project in a folder.
pub(crate) fn init(folder: &Path, target: Target, facts: &Facts) -> Result<Written, Failure> {
    let mut desk = Desk {
        folder,
        facts,
        sources: Sources::default(),
        files: Files::default(),
        notes: Vec::new(),
    };
    match target {
        Target::Compose => compose::write(&mut desk)?,
        Target::Kubernetes => kubernetes::write(&mut desk)?,
        Target::Helm => helm::write(&mut desk)?,
        Target::GithubActions => github::write(&mut desk)?,
        Target::Gitlab => gitlab::write(&mut desk)?,
        Target::Systemd => systemd::write(&mut desk)?,
        Target::CloudRun => cloud_run::write(&mut desk)?,
    }
    let findings = super::run(&mut desk.sources, &desk.files);
    Ok(Written {
        report: Report {
            sources: desk.sources,
            findings,
        },
        notes: desk.notes,
    })
}

/// Where a target is written.
struct Desk<'a> {
    folder: &'a Path,
    facts: &'a Facts,
    sources: Sources,
    /// What our own check is to look at afterwards.
    files: Files,
    notes: Vec<String>,
}

impl Desk<'_> {
    /// A new file; one that is there stays as it is.
    fn create(&mut self, name: &str, text: &str) -> Result<usize, Failure> {
        let path = self.folder.join(name);
        if !path.exists() {
            return Ok(self.sources.create(&path, text.into()));
        }
        let file = super::read(&mut self.sources, &path)?;
        if *self.sources.text(file) != *text {
            self.notes
                .push(format!("{} is there already and stays as it is", path.display()));
        }
        Ok(file)
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Mends what is about migrating and waiting; passwords and the like are `deploy check --fix`'s.
    fn mend(&mut self) {
        let is_ours =
            |finding: &Finding| ![rules::PASSWORD.id, rules::DEFAULT_PASSWORD.id].contains(&finding.rule.id);
        super::mend(&mut self.sources, &self.files, is_ours);
    }

    /// The first of these files that is there.
    fn first(&self, names: &[&str]) -> Option<PathBuf> {
        let mut paths = names.iter().map(|name| self.folder.join(name));
        paths.find(|path| path.is_file())
    }
}

/// A template with its `@names@` filled in.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("@{name}@"), value)
    })
}
