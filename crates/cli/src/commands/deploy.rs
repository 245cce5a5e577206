//! `windlass deploy`: `check` and `init`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Done, Global, print_json};
use crate::context::Context;
use crate::deploy;
use crate::failure;
use crate::ui::{Ui, count};

/// Exit code of a deployment that a rule refuses.
const REFUSED: u8 = 4;

/// Writes deployments that migrate before they start, and checks those that are there
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass deploy check            what is found here
  windlass deploy init compose     adds a migrate service to the Compose file, or writes one")]
pub(crate) struct Deploy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Check),
    Init(Init),
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

/// Writes the files of a deployment that migrates once, before anything else starts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass deploy init compose              adds a migrate service to the Compose file, or writes one
  windlass deploy init kubernetes --dry-run shows what it would write
  windlass deploy init helm --image registry.example/shop-migrate:42

A file that is there is edited line by line and keeps its comments and order, or stays as it is; the patch is
shown. Without --image, Dockerfile.migrate builds an image of the migrations and windlass. Where a revision has
a deferred backfill, a worker is written too.
Exit codes: 0 written, 4 written, and `deploy check` still finds something wrong.")]
struct Init {
    /// What to write for
    #[arg(value_enum)]
    target: deploy::Target,
    /// An image that holds windlass and the migrations, instead of Dockerfile.migrate
    #[arg(long)]
    image: Option<String>,
    /// Shows the patch and writes nothing
    #[arg(long)]
    dry_run: bool,
}

impl Deploy {
    pub(crate) fn run(&self, global: &Global) -> Done {
        match &self.command {
            Command::Check(check) => check.run(&Ui::new(global)),
            Command::Init(init) => init.run(global),
        }
    }
}

impl Init {
    fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let ui = &context.ui;
        let folder = Path::new("");
        let facts = deploy::Facts::of(folder, &context.config.dir, self.image.clone());
        let written = deploy::init(folder, self.target, &facts)?;
        let report = &written.report;
        let patch = report.patch();
        anstream::print!("{patch}");
        if patch.is_empty() {
            ui.say("nothing to write: all of it is there");
        } else if !self.dry_run {
            for (path, is_new) in report.write()? {
                let verb = if is_new { "wrote" } else { "changed" };
                ui.say(&format!("{verb} {}", path.display()));
            }
        }
        for note in &written.notes {
            ui.say(note);
        }
        for problem in report.diagnostics() {
            ui.diagnostic(&problem);
        }
        Ok(if report.errors() > 0 { REFUSED } else { 0 })
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
