//! Deployments: `check` proves that a set-up migrates before it starts, `init` writes one. What a
//! file is, is decided here; each kind has a module that knows what can be wrong with it.

mod compose;
mod dockerfile;
mod finding;
mod init;
mod kubernetes;
mod pipeline;
mod rules;
#[cfg(test)]
mod tests;
mod units;
mod words;
mod yaml;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use finding::{Finding, Sources};
pub(crate) use init::{Facts, Target, init};

/// The files of one check.
#[derive(Debug, Default)]
struct Files {
    /// Each is one project: the files that Compose would merge, in order.
    projects: Vec<Vec<usize>>,
    manifests: Vec<usize>,
    dockerfiles: Vec<usize>,
    pipelines: Vec<usize>,
    units: Vec<usize>,
}

impl Files {
    fn is_empty(&self) -> bool {
        self.projects.is_empty()
            && [&self.manifests, &self.dockerfiles, &self.pipelines, &self.units]
                .iter()
                .all(|files| files.is_empty())
    }
}

/// What a check found.
pub(crate) struct Report {
    sources: Sources,
    findings: Vec<Finding>,
}

impl Report {
    /// As people read it: each finding with its place.
    pub(crate) fn diagnostics(&self) -> Vec<windlass::compiler::diagnostic::Diagnostic> {
        self.findings
            .iter()
            .map(|finding| finding.diagnostic(&self.sources))
            .collect()
    }

    /// As programs read it.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "files": self.sources.files.iter().map(|file| file.name.to_string()).collect::<Vec<_>>(),
            "findings": self.findings.iter().map(|finding| finding.json(&self.sources)).collect::<Vec<_>>(),
        })
    }

    /// How many files were read.
    pub(crate) fn files(&self) -> usize {
        self.sources.files.len()
    }

    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_error()).count()
    }

    pub(crate) fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    pub(crate) fn fixable(&self) -> usize {
        self.findings
            .iter()
            .filter(|finding| !finding.fix.is_empty())
            .count()
    }

    /// Whether a file could not be read as what it is.
    pub(crate) fn is_unreadable(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.rule.id == rules::YAML.id)
    }

    /// Mends what a program can mend, and gives the patch; nothing is written yet.
    pub(crate) fn mend(&mut self, files: &CheckedFiles) -> String {
        self.findings = mend(&mut self.sources, &files.0, |_| true);
        self.sources.patch()
    }

    /// What is changed, as a patch.
    pub(crate) fn patch(&self) -> String {
        self.sources.patch()
    }

    /// Writes what was changed, and gives the files and whether each is new.
    pub(crate) fn write(&self) -> Result<Vec<(&Path, bool)>, Failure> {
        self.sources
            .write()
            .map_err(|error| Failure::other(format!("failed to write: {error}")))
    }
}

/// The files of a check, by number.
pub(crate) struct CheckedFiles(Files);

/// Makes the fixes of the findings that are wanted, and gives what is left.
fn mend(sources: &mut Sources, files: &Files, is_wanted: impl Fn(&Finding) -> bool) -> Vec<Finding> {
    let mut findings = run(sources, files);
    // Each fix is made on what the one before left, so that places are always true. One that does
    // not take its finding away, or brings another, is undone and not tried twice.
    let mut useless: Vec<String> = Vec::new();
    loop {
        let next = findings.iter().find(|finding| {
            !finding.fix.is_empty() && is_wanted(finding) && !useless.contains(&finding.message)
        });
        let Some(finding) = next else { break };
        let texts: Vec<_> = sources.files.iter().map(|file| file.text.clone()).collect();
        sources.apply(&finding.fix);
        let after = run(sources, files);
        if after.len() >= findings.len() {
            useless.push(finding.message.clone());
            for (file, text) in sources.files.iter_mut().zip(texts) {
                file.text = text;
            }
        } else {
            findings = after;
        }
    }
    findings
}

/// Checks these files, or those that are found in the folder.
pub(crate) fn check(folder: &Path, given: &[PathBuf]) -> Result<(Report, CheckedFiles), Failure> {
    let mut sources = Sources::default();
    let mut files = Files::default();
    if given.is_empty() {
        discover(folder, &mut sources, &mut files)?;
    } else {
        let mut project = Vec::new();
        for path in given {
            if path.is_dir() {
                scan(path, &mut sources, &mut files, 0)?;
            } else {
                take(path, &mut sources, &mut files, &mut project)?;
            }
        }
        if !project.is_empty() {
            files.projects.push(project);
        }
    }
    if files.is_empty() {
        return Err(Failure::usage(
            "there is nothing to check: no Compose file, manifest, Dockerfile, pipeline or unit",
            "name the files, or write them with `windlass deploy init compose` (or kubernetes, helm, …)",
        ));
    }
    let findings = run(&mut sources, &files);
    Ok((Report { sources, findings }, CheckedFiles(files)))
}

fn run(sources: &mut Sources, files: &Files) -> Vec<Finding> {
    let mut all = Vec::new();
    for project in &files.projects {
        all.extend(compose::check(sources, project));
    }
    all.extend(kubernetes::check(sources, &files.manifests));
    for &file in &files.dockerfiles {
        all.extend(dockerfile::check(sources, file));
    }
    for &file in &files.pipelines {
        all.extend(pipeline::check(sources, file));
    }
    all.extend(units::check(sources, &files.units));
    // A project and the same with a variant on top find the same things.
    let mut findings: Vec<Finding> = Vec::new();
    for finding in all {
        let is_known = findings.iter().any(|known| {
            known.rule.id == finding.rule.id
                && known.place == finding.place
                && known.message == finding.message
        });
        if !is_known {
            findings.push(finding);
        }
    }
    findings.sort_by_key(|finding| (finding.place.file, finding.place.start));
    findings
}

/// Decides by name and content what a file is.
fn take(
    path: &Path,
    sources: &mut Sources,
    files: &mut Files,
    project: &mut Vec<usize>,
) -> Result<(), Failure> {
    let file = read(sources, path)?;
    let name = name_of(path).to_ascii_lowercase();
    if name.contains("dockerfile") || name.contains("containerfile") {
        files.dockerfiles.push(file);
    } else if kubernetes::is_manifest(&sources.text(file)) {
        files.manifests.push(file);
    } else if pipeline::is_pipeline(&path.display().to_string(), &sources.text(file)) {
        files.pipelines.push(file);
    } else if units::is_unit(&name, &sources.text(file)) {
        files.units.push(file);
    } else {
        project.push(file);
    }
    Ok(())
}

fn read(sources: &mut Sources, path: &Path) -> Result<usize, Failure> {
    sources.load(path).map_err(|error| {
        Failure::usage(
            format!("failed to read {}: {error}", path.display()),
            "`windlass deploy check` without files looks for them itself",
        )
    })
}

/// Compose's own names, best first.
const COMPOSE_NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// The Compose files of a folder: the one that Compose takes, its override, and its variants.
fn compose_files(folder: &Path) -> (Option<PathBuf>, Option<PathBuf>, Vec<PathBuf>) {
    let Some(name) = COMPOSE_NAMES.iter().find(|name| folder.join(name).is_file()) else {
        return (None, None, Vec::new());
    };
    let stem = name.split('.').next().unwrap_or(name);
    let overriding = ["yaml", "yml"]
        .iter()
        .map(|end| folder.join(format!("{stem}.override.{end}")))
        .find(|path| path.is_file());
    let mut variants: Vec<PathBuf> = entries(folder)
        .into_iter()
        .filter(|path| {
            let other = path.file_name().map(|name| name.to_string_lossy().into_owned());
            other.is_some_and(|other| {
                other.starts_with(&format!("{stem}."))
                    && (other.ends_with(".yml") || other.ends_with(".yaml"))
                    && other.matches('.').count() == 2
                    && !other.contains(".override.")
            })
        })
        .collect();
    variants.sort();
    (Some(folder.join(name)), overriding, variants)
}

fn discover_compose(folder: &Path, sources: &mut Sources, files: &mut Files) -> Result<(), Failure> {
    let (base, overriding, variants) = compose_files(folder);
    if let Some(base) = base {
        let base = read(sources, &base)?;
        let mut project = vec![base];
        if let Some(path) = overriding {
            project.push(read(sources, &path)?);
        }
        files.projects.push(project);
        for variant in variants {
            let variant = read(sources, &variant)?;
            files.projects.push(vec![base, variant]);
        }
    }
    Ok(())
}

/// The folders that manifests and charts are usually in.
const MANIFEST_FOLDERS: [&str; 10] = [
    "argocd",
    "chart",
    "charts",
    "cloud-run",
    "deploy",
    "deployment",
    "helm",
    "k8s",
    "kubernetes",
    "manifests",
];

fn discover(folder: &Path, sources: &mut Sources, files: &mut Files) -> Result<(), Failure> {
    discover_compose(folder, sources, files)?;
    for path in entries(&folder.join(".github/workflows")) {
        if path.extension().is_some_and(|end| end == "yml" || end == "yaml") {
            files.pipelines.push(read(sources, &path)?);
        }
    }
    for path in entries(folder) {
        let name = name_of(&path);
        if path.is_dir() && MANIFEST_FOLDERS.contains(&name.as_str()) {
            scan(&path, sources, files, 0)?;
        } else if path.is_file() && (name.starts_with("Dockerfile") || name.ends_with(".Dockerfile")) {
            files.dockerfiles.push(read(sources, &path)?);
        } else if matches!(
            name.as_str(),
            ".gitlab-ci.yml" | "cloudbuild.yaml" | "cloudbuild.yml"
        ) {
            files.pipelines.push(read(sources, &path)?);
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Every manifest, Dockerfile and unit below a folder.
fn scan(folder: &Path, sources: &mut Sources, files: &mut Files, depth: usize) -> Result<(), Failure> {
    const DEEPEST: usize = 6;
    let (base, overriding, _) = compose_files(folder);
    if let Some(base) = base {
        let mut project = vec![read(sources, &base)?];
        if let Some(path) = overriding {
            project.push(read(sources, &path)?);
        }
        files.projects.push(project);
    }
    for path in entries(folder) {
        let name = name_of(&path);
        if path.is_dir() && depth < DEEPEST && !name.starts_with('.') && name != "node_modules" {
            scan(&path, sources, files, depth + 1)?;
        } else if name.starts_with("Dockerfile") {
            files.dockerfiles.push(read(sources, &path)?);
        } else if [".yml", ".yaml", ".service", ".conf"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            // What it is, is in it; most YAML is none of ours.
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if kubernetes::is_manifest(&text) {
                files.manifests.push(read(sources, &path)?);
            } else if units::is_unit(&name, &text) {
                files.units.push(read(sources, &path)?);
            }
        }
    }
    Ok(())
}

/// A folder's entries in order; one that cannot be read has none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    // The working directory is the empty path here, so that names have no `./` before them.
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(here)
        .map(|entries| {
            entries
                .filter_map(|entry| entry.ok().map(|entry| folder.join(entry.file_name())))
                .collect()
        })
        .unwrap_or_default();
    paths.sort();
    paths
}
