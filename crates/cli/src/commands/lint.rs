//! `windlass lint`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use windlass::compiler::catalog::Catalog;
use windlass::compiler::diagnostic::{Diagnostic, Severity};
use windlass::compiler::format::Source;
use windlass::compiler::parallel::in_order;
use windlass::compiler::policy::Safety;
use windlass::compiler::rules::{Checker, RULES, Readable, Report, Runner, Surroundings, check_read, find};

use super::{Done, Global};
use crate::changed;
use crate::context::Context;
use crate::failure::{Failure, REFUSED, USAGE};
use crate::files::no_file;
use crate::lint::{Checked, Format, Outcome, print};

/// Says what each statement would do to a live database, and how to do it safely
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass lint                                  the revisions of this project
  windlass lint --since origin/main              those that this branch changes
  windlass lint --format sarif > lint.sarif      for code scanning; also json, github, gitlab, junit
  windlass lint db/*.sql --in-transaction        another tool's files, as they are
  windlass lint --database                       with the sizes and the version of the database

Exit codes: 0 nothing that hurts, 2 not SQL, 4 a rule found an error.")]
pub(crate) struct Lint {
    /// Files and folders [default: the directory of revisions]
    paths: Vec<PathBuf>,
    /// Only files that differ from where this git revision and HEAD parted
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Asks the database for sizes, types and its version
    #[arg(long)]
    database: bool,
    /// The server's version, such as 15 or 14.2
    #[arg(long, value_name = "VERSION")]
    server_version: Option<String>,
    /// Shows notes too: matters of taste, and of the next deploy
    #[arg(long)]
    notes: bool,
    /// Warnings are errors
    #[arg(long)]
    deny_warnings: bool,
    /// Another tool sends each file as one transaction
    #[arg(long)]
    in_transaction: bool,
    /// Lists the rules
    #[arg(long)]
    rules: bool,
}

impl Lint {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        if self.rules {
            list_rules();
            return Ok(0);
        }
        let context = Context::new(global)?;
        let catalog = if self.database {
            Some(self.catalog(&context).await?)
        } else {
            None
        };
        let outcome = self.examine(&context, catalog.as_ref(), |_| true)?;
        print(&outcome, self.format)?;
        Ok(self.code(&outcome))
    }

    /// The project's revisions, or those that differ from where this git revision and HEAD parted.
    pub(super) fn of_project(since: Option<String>) -> Self {
        Self {
            paths: Vec::new(),
            since,
            format: Format::Text,
            database: false,
            server_version: None,
            notes: false,
            deny_warnings: false,
            in_transaction: false,
            rules: false,
        }
    }

    /// What the rules say about the files that `is_asked` wants.
    pub(super) fn examine(
        &self,
        context: &Context,
        catalog: Option<&Catalog>,
        is_asked: impl Fn(&Path) -> bool,
    ) -> Result<Outcome, Failure> {
        let lint = &context.config.policy.lint;
        for unknown in lint.off.value.iter().filter(|name| find(name).is_none()) {
            context
                .ui
                .warning(&format!("lint.off: no rule is called {unknown}"), None);
        }
        let files = self.files(context)?;
        let search_path: Vec<&str> = context
            .config
            .policy
            .search_path
            .value
            .iter()
            .map(String::as_str)
            .collect();
        let search_path = if search_path.is_empty() {
            vec!["public"]
        } else {
            search_path
        };
        let mut around = match catalog {
            Some(catalog) => Surroundings::new(catalog, &search_path),
            None => Surroundings::default(),
        };
        around.search_path = &search_path;
        if let Some(said) = self
            .server_version
            .as_ref()
            .or(lint.server_version.value.as_ref())
        {
            around.server_version = Some(version_number(said)?);
        }
        let in_transaction = self.in_transaction || lint.in_transaction.value;
        let mut checker = Checker::new(around).without(lint.off.value.iter().cloned());
        let mut outcome = Outcome {
            asked_database: catalog.is_some(),
            with_notes: self.notes,
            files: Vec::new(),
        };
        let home = Home::of(context);
        let rewrites = context.config.policy.safety.value == Safety::Rewrite;
        let mut failed = None;
        let read = |file: &File| Read::of(&file.path, &home, in_transaction);
        in_order(&files, read, |file, read| match read {
            _ if failed.is_some() => {}
            Err(error) => failed = Some(error),
            Ok(read) => {
                checker.executed_by(read.runner);
                let check = |readable| check_read(&mut checker, readable, true);
                let result = read.readable.and_then(check);
                if file.is_asked && is_asked(&file.path) {
                    let source = read.source;
                    let runs_safely = rewrites && read.runner == Runner::Windlass;
                    outcome.files.push(Checked {
                        source,
                        runs_safely,
                        result,
                    });
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        Ok(outcome)
    }

    /// The exit code of these findings.
    pub(super) fn code(&self, outcome: &Outcome) -> u8 {
        let reports = |file: &Checked| file.result.as_ref().ok().map(worst);
        let worst = outcome.files.iter().filter_map(reports).max().flatten();
        let limit = if self.deny_warnings {
            Severity::Warning
        } else {
            Severity::Error
        };
        if outcome.files.iter().any(|file| file.result.is_err()) {
            USAGE
        } else if worst.is_some_and(|worst| worst >= limit) {
            REFUSED
        } else {
            0
        }
    }

    /// The files in their order. Those that are not asked about are read for what they declare.
    fn files(&self, context: &Context) -> Result<Vec<File>, Failure> {
        let paths = paths_of(context, &self.paths);
        let found = gathered(&paths)?;
        let changed = match &self.since {
            Some(since) => Some(changed::since(since, &paths)?),
            None => None,
        };
        let excluded = &context.config.policy.lint.exclude.value;
        let files = found.into_iter().filter(|path| {
            let shown = path.display().to_string();
            !excluded
                .iter()
                .any(|part| shown.starts_with(part.as_str()) || shown.ends_with(part.as_str()))
        });
        let files = files.map(|path| File {
            is_asked: changed.as_ref().is_none_or(|changed| changed.contains(&path)),
            path,
        });
        Ok(files.collect())
    }

    async fn catalog(&self, context: &Context) -> Result<Catalog, Failure> {
        let read = windlass::introspect::open(&context.connect_options()?).await?;
        for unseen in &read.unseen {
            context.ui.warning(
                &format!("not seen: {} (needs {})", unseen.what, unseen.needs),
                None,
            );
        }
        Ok(read.catalog)
    }
}

struct File {
    path: PathBuf,
    is_asked: bool,
}

/// The worst that was found in a file.
fn worst(report: &Report) -> Option<Severity> {
    let findings = report.findings.iter().map(|finding| finding.severity);
    findings
        .chain(report.remarks.iter().map(|remark| remark.severity))
        .max()
}

/// A file that was read, on any thread.
struct Read {
    source: Source,
    runner: Runner,
    readable: Result<Readable, Vec<Diagnostic>>,
}

impl Read {
    fn of(path: &Path, home: &Home, in_transaction: bool) -> Result<Self, Failure> {
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
        let whole = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        let text = whole.strip_prefix('\u{feff}').unwrap_or(&whole);
        let runner = if home.runs(path, text) {
            Runner::Windlass
        } else {
            Runner::Other { in_transaction }
        };
        let source = Source {
            path: Arc::from(path.display().to_string()),
            text: Arc::from(text),
        };
        // A long file is kept once.
        drop(whole);
        let readable = Readable::read(&source, runner);
        Ok(Self {
            source,
            runner,
            readable,
        })
    }
}

/// The project's directory.
struct Home {
    dir: Option<PathBuf>,
    is_set_up: bool,
}

impl Home {
    fn of(context: &Context) -> Self {
        Self {
            dir: context.config.dir.canonicalize().ok(),
            is_set_up: context.config.path.is_some(),
        }
    }

    /// Whether Windlass runs the file: it is in the directory of a project that is set up, or has a directive.
    fn runs(&self, path: &Path, text: &str) -> bool {
        let inside = || {
            let path = path.canonicalize().ok();
            path.zip(self.dir.as_ref())
                .is_some_and(|(path, dir)| path.starts_with(dir))
        };
        (self.is_set_up || text.contains("-- windlass:")) && inside()
    }
}

/// The SQL files of a command: those that it names, or the project's.
pub(crate) fn sql_files(context: &Context, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    gathered(&paths_of(context, paths))
}

fn paths_of(context: &Context, paths: &[PathBuf]) -> Vec<PathBuf> {
    if !paths.is_empty() {
        return paths.to_vec();
    }
    let here = std::env::current_dir().unwrap_or_default();
    // As an annotation names it, and as people do.
    let dir = &context.config.dir;
    vec![dir.strip_prefix(&here).unwrap_or(dir).to_owned()]
}

fn gathered(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        gather(path, true, &mut found)?;
    }
    Ok(found)
}

/// The SQL files below a path, by number and name; a file that is named is taken whatever it is called.
fn gather(path: &Path, is_named: bool, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::Input(vec![
            Diagnostic::error(format!("failed to read {}: {error}", path.display()))
                .help("name files or folders with SQL"),
        ])
    };
    let is_hidden = path
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let is = match std::fs::metadata(path) {
        // An editor's lock is a link to nothing.
        Err(_) if is_hidden && !is_named => return Ok(()),
        is => is.map_err(failed)?,
    };
    if !is.is_dir() {
        let name = path.to_string_lossy();
        if is_named {
            found.push(path.to_owned());
        } else if name.ends_with(".sql") && !name.ends_with(".down.sql") {
            // Who opens a pipe waits for a writer.
            if let Some(problem) = no_file(path) {
                return Err(Failure::Input(vec![problem]));
            }
            found.push(path.to_owned());
        }
        return Ok(());
    }
    let mut inside = std::fs::read_dir(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed)?;
    inside.sort_by_cached_key(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        (digits.parse::<u128>().unwrap_or(u128::MAX), name)
    });
    for entry in inside {
        gather(&entry.path(), false, found)?;
    }
    Ok(())
}

/// `15` or `14.2` as a `server_version_num`.
fn version_number(said: &str) -> Result<u32, Failure> {
    let (major, minor) = said.split_once('.').unwrap_or((said, "0"));
    match (major.trim().parse::<u32>(), minor.trim().parse::<u32>()) {
        (Ok(major), Ok(minor)) if (9..100).contains(&major) && minor < 10_000 => Ok(major * 10_000 + minor),
        _ => Err(Failure::usage(
            format!("`{said}` is no version of PostgreSQL"),
            "write 15, or 14.2",
        )),
    }
}

fn list_rules() {
    for rule in RULES {
        let severity = match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        anstream::println!("{:<34} {severity:<8} {}", rule.id, rule.why);
    }
}
