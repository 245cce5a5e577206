//! `windlass demo`: a call centre with live traffic, and the migrations that used to hurt.

mod traffic;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use windlass::connect::{ConnectOptions, Connection, connect};
use windlass::shadow::Shadow;

use super::{Done, Global};
use crate::context::{Context, server_programs};
use crate::failure::Failure;

/// Migrates a throwaway database under live traffic, and shows what the traffic noticed
#[derive(Debug, Args)]
#[command(after_help = "Example:
  windlass demo

It starts a PostgreSQL server of its own, loads a multi-tenant call centre, lets an
application read and write, and runs `windlass upgrade` meanwhile. Nothing of it remains.")]
pub(crate) struct Demo {
    /// Leads to load; three times as many calls come with them
    #[arg(long, default_value_t = 200_000)]
    leads: u32,
    /// Application queries a second
    #[arg(long, default_value_t = 200)]
    rate: u32,
}

/// The schema that is there before, and the revisions that come under traffic.
const BEFORE: &[(&str, &str)] = &[("0001_call_centre", include_str!("revisions/0001_call_centre.sql"))];
const UNDER_TRAFFIC: &[(&str, &str)] = &[
    (
        "0036_last_call_direction",
        include_str!("revisions/0036_last_call_direction.sql"),
    ),
    ("0109_call_times", include_str!("revisions/0109_call_times.sql")),
    (
        "0110_call_outcome",
        include_str!("revisions/0110_call_outcome.sql"),
    ),
    ("0111_faq_search", include_str!("revisions/0111_faq_search.sql")),
];

/// How long the session in the way sits idle in its transaction.
const IN_THE_WAY: Duration = Duration::from_secs(9);

impl Demo {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let ui = &context.ui;
        let bindir = server_programs()?;
        let scratch = std::env::temp_dir();
        ui.say("starting a throwaway PostgreSQL");
        let server = Shadow::start(&bindir, &scratch).await?;
        let url = server.url("postgres");
        let folder = Folder::new(&scratch)?;

        folder.write(BEFORE)?;
        folder.upgrade(&url, &["--quiet"])?;
        ui.say(&format!(
            "loading {} leads and {} calls of 50 businesses",
            self.leads,
            self.leads * 3
        ));
        let began = Instant::now();
        let client = session(&url).await?;
        let load = include_str!("load.sql").replace("200000", &self.leads.to_string());
        client
            .client
            .batch_execute(&load)
            .await
            .map_err(|error| Failure::other(format!("failed to load the data: {error}")))?;
        ui.say(&format!(
            "loaded in {:.1?}; {} application queries a second begin",
            began.elapsed(),
            self.rate
        ));

        let traffic = traffic::start(url.clone(), self.rate, self.leads);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let quiet = traffic.so_far();
        folder.write(UNDER_TRAFFIC)?;
        ui.say("a forgotten session sits idle in a transaction that has read call_log; `windlass upgrade` begins");
        let rival = session(&url).await?;
        rival
            .client
            .batch_execute("SET application_name = 'forgotten'; BEGIN; SELECT count(*) FROM faqs; SELECT 1 FROM call_log LIMIT 1")
            .await
            .map_err(|error| Failure::other(format!("failed to get in the way: {error}")))?;
        tokio::spawn(async move {
            tokio::time::sleep(IN_THE_WAY).await;
            drop(rival);
        });
        let began = Instant::now();
        let upgraded = {
            let (folder, url) = (folder.path.clone(), url.clone());
            tokio::task::spawn_blocking(move || upgrade(&folder, &url, &[])).await
        };
        let took = began.elapsed();
        let report = traffic.stop();
        upgraded.map_err(|error| Failure::other(format!("the upgrade could not be run: {error}")))??;

        let changed = client
            .client
            .query_one(
                "SELECT count(*) FROM leads WHERE last_call_direction IS NOT NULL",
                &[],
            )
            .await
            .map_err(|error| Failure::other(format!("failed to look at the result: {error}")))?;
        let backfilled: i64 = changed.get(0);
        summary(backfilled, took, &quiet, &report);
        Ok(0)
    }
}

fn summary(backfilled: i64, took: Duration, quiet: &traffic::Report, report: &traffic::Report) {
    let during = report.since(quiet);
    anstream::println!("\nWhat changed");
    anstream::println!(
        "  leads     a column, two indexes, {backfilled} rows backfilled business by business"
    );
    anstream::println!("  call_log  four columns, an index, a check constraint");
    anstream::println!("  faqs      an index");
    anstream::println!(
        "How long it took: {:.1} s, behind a session that sat idle in a transaction",
        took.as_secs_f64()
    );
    anstream::println!("What the application saw meanwhile");
    anstream::println!("  {} queries, {} failed", during.count(), during.errors);
    anstream::println!(
        "  half of them within {:.1} ms, 99 % within {:.1} ms (before: {:.1} ms and {:.1} ms)",
        millis(during.quantile(0.5)),
        millis(during.quantile(0.99)),
        millis(quiet.quantile(0.5)),
        millis(quiet.quantile(0.99))
    );
    anstream::println!(
        "  the longest that any of them took: {:.0} ms, counted from when it was due",
        millis(during.quantile(1.0))
    );
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

/// The folder of the server's programs.
async fn session(url: &str) -> Result<Connection, Failure> {
    let options =
        ConnectOptions::resolve(url, &|_| None).map_err(|error| Failure::other(error.to_string()))?;
    connect(&options, &[])
        .await
        .map_err(|error| Failure::other(error.to_string()))
}

/// A folder of revisions that goes away with the demo.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new(scratch: &Path) -> Result<Self, Failure> {
        let path = scratch.join(format!("windlass-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map_err(|error| Failure::other(format!("failed to make {}: {error}", path.display())))?;
        Ok(Self { path })
    }

    fn write(&self, revisions: &[(&str, &str)]) -> Result<(), Failure> {
        for (name, text) in revisions {
            let path = self.path.join(format!("{name}.sql"));
            std::fs::write(&path, text)
                .map_err(|error| Failure::other(format!("failed to write {}: {error}", path.display())))?;
        }
        Ok(())
    }

    fn upgrade(&self, url: &str, args: &[&str]) -> Result<(), Failure> {
        upgrade(&self.path, url, args)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It lies in the folder for temporary files; what cannot be removed does no harm there.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Runs the real binary, as an operator would.
fn upgrade(folder: &Path, url: &str, args: &[&str]) -> Result<(), Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::other(format!("failed to find windlass: {error}")))?;
    let done = Command::new(program)
        .arg("upgrade")
        .arg("--dir")
        .arg(folder)
        .args(args)
        .env("DATABASE_URL", url)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::other(format!("failed to run windlass upgrade: {error}")))?;
    if done.success() {
        Ok(())
    } else {
        Err(Failure::other(format!("windlass upgrade ended with {done}")))
    }
}
