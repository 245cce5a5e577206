//! `windlass deploy`: `check` and `init`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Done, Global, print_json};
use crate::deploy;
use crate::failure;
use crate::ui::Ui;

/// Exit code of a deployment that a rule refuses.
const REFUSED: u8 = 4;

/// Writes deployments that migrate before they start, and checks those that are there
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Check),
}

/// Proves that a set-up migrates once, before its services start
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass deploy check                                       what is found here
  windlass deploy check docker-compose.yml docker-compose.prod.yml
  windlass deploy check k8s/ Dockerfile --json
  windlass deploy check --fix

Compose files that are given together are merged in their order, as `docker compose -f … -f …` does. Without
files: the Compose file with its override and each variant, Dockerfiles, and the folders k8s, deploy, charts ….
Exit codes: 0 nothing but warnings, 2 a file cannot be read, 4 something is wrong.")]
struct Check {
    /// Compose files, manifests, Dockerfiles, or folders of them
    #[arg(value_name = "FILES")]
    files: Vec<PathBuf>,
    /// Mends what can be mended, keeping comments and order, and shows the patch
    #[arg(long)]
    fix: bool,
    /// Shows the patch of --fix and writes nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Warnings fail too
    #[arg(long)]
    strict: bool,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Deploy {
    pub(crate) fn run(&self, global: &Global) -> Done {
        match &self.command {
            Command::Check(check) => check.run(&Ui::new(global)),
        }
    }
}

impl Check {
    fn run(&self, ui: &Ui) -> Done {
        let (mut report, files) = deploy::check(Path::new(""), &self.files)?;
        let patch = if self.fix {
            report.mend(&files)
        } else {
            String::new()
        };
        if self.fix && !self.dry_run {
            report.write()?;
        }
        if self.json {
            let mut value = report.json();
            value["patch"] = json!(self.fix.then_some(&patch));
            print_json(&value);
        } else {
            anstream::print!("{patch}");
            for problem in report.diagnostics() {
                let mut text = String::new();
                failure::diagnostic(&mut text, &problem);
                anstream::print!("{text}");
            }
            ui.say(&self.summary(&report));
        }
        Ok(if report.is_unreadable() {
            failure::USAGE
        } else if report.errors() > 0 || (self.strict && report.warnings() > 0) {
            REFUSED
        } else {
            0
        })
    }

    fn summary(&self, report: &deploy::Report) -> String {
        let count =
            |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let files = count(report.files(), "file");
        if report.errors() + report.warnings() == 0 {
            return format!("{files}: nothing to find fault with");
        }
        let mut text = format!(
            "{files}: {}, {}",
            count(report.errors(), "error"),
            count(report.warnings(), "warning")
        );
        if !self.fix && report.fixable() > 0 {
            text.push_str(&format!("; --fix mends {}", report.fixable()));
        }
        text
    }
}
