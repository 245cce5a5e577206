//! The commands: one file each, listed once in [`Command`].

mod backfill;
mod check;
mod completions;
mod config;
mod create;
mod current;
mod demo;
mod deploy;
mod diff;
mod doctor;
mod downgrade;
mod drop;
mod exec;
mod explain;
mod fix;
mod heads;
mod history;
mod init;
pub(crate) mod lint;
mod lock;
mod man;
mod merge;
mod plan;
mod redo;
mod resolve;
mod restore;
mod revision;
mod show;
mod snapshot;
mod squash;
mod stamp;
mod status;
mod upgrade;
mod verify;
mod wait;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use windlass::Wait;
use windlass::compiler::duration::parse_duration;

use crate::config::Override;
use crate::context::Context;
use crate::failure::{Failure, USAGE};
use crate::mask::masked;
use crate::ui;

/// Changes the schema and the data of a live PostgreSQL database while traffic keeps flowing.
#[derive(Debug, Parser)]
#[command(
    name = "windlass",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  windlass init                          make a migrations directory
  windlass revision -m \"add phone\"       write the next revision's file
  windlass plan                          show the steps that are pending
  windlass upgrade                       apply them
  windlass status                        say where the database stands

Exit codes: 0 done, 1 failed, 2 usage or bad input, 3 gave up on a lock, 4 refused,
5 verification failed, 6 drift or divergence, 7 connection lost (safe to rerun),
8 pending, 9 outcome unknown, 129/130/143 signals.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the database is; DATABASE_URL and PG* variables are read too. Prefer them: a command
    /// line is visible to other users
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// The directory of revisions [default: migrations]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<String>,
    /// The configuration file [default: windlass.toml, here or above]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The environment, a section [env.NAME] of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// live, maintenance (services stopped) or guide
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Sets any setting, as `windlass config` lists them
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// How progress is written to standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log: LogFormat,
    /// Says nothing but warnings and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

impl Global {
    /// The settings that flags set.
    pub(crate) fn overrides(&self) -> Vec<Override> {
        let profile = self.profile.iter().map(|value| Override {
            key: "profile".to_owned(),
            value: value.clone(),
            flag: "--profile".to_owned(),
        });
        let set = self.set.iter().map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Override {
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                flag: format!("--set {key}"),
            }
        });
        profile.chain(set).collect()
    }
}

/// How progress is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people and for grep.
    Text,
    /// One JSON object a line.
    Json,
}

/// How long to wait for another runner.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitArgs {
    /// Fails at once (exit 3) when another runner is at work
    #[arg(long, conflicts_with = "wait_timeout")]
    no_wait: bool,
    /// How long to wait for another runner, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    wait_timeout: Option<Duration>,
}

impl WaitArgs {
    /// What the flags say, else what is configured.
    pub(crate) fn wait(&self, context: &Context) -> Wait {
        match (
            self.no_wait,
            self.wait_timeout.or(context.config.policy.wait_timeout.value),
        ) {
            (true, _) => Wait::No,
            (false, Some(limit)) => Wait::AtMost(limit),
            (false, None) => Wait::Forever,
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Init),
    #[command(visible_alias = "new")]
    Revision(revision::NewRevision),
    Merge(merge::Merge),
    Squash(squash::Squash),
    #[command(visible_alias = "info")]
    Status(status::Status),
    Current(current::Current),
    History(history::History),
    Heads(heads::Heads),
    Show(show::Show),
    Plan(plan::Plan),
    Lint(lint::Lint),
    Fix(fix::Fix),
    Explain(explain::Explain),
    Check(check::Check),
    Diff(diff::Diff),
    Config(config::ShowConfig),
    Doctor(doctor::Doctor),
    Create(create::Create),
    Drop(drop::Drop),
    #[command(visible_aliases = ["up", "migrate"])]
    Upgrade(upgrade::Upgrade),
    #[command(visible_aliases = ["down", "rollback"])]
    Downgrade(downgrade::Downgrade),
    Redo(redo::Redo),
    #[command(visible_alias = "baseline")]
    Stamp(stamp::Stamp),
    #[command(visible_alias = "repair")]
    Resolve(resolve::Resolve),
    Restore(restore::Restore),
    Verify(verify::Verify),
    Backfill(backfill::Backfill),
    Worker(worker::Worker),
    Snapshot(snapshot::Snapshot),
    Wait(wait::Wait),
    Exec(exec::Exec),
    Lock(lock::Lock),
    Deploy(deploy::Deploy),
    Demo(demo::Demo),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Reads the command line.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    match parse_upgrade() {
        Some(cli) => Ok(cli),
        None => Cli::try_parse(),
    }
}

/// The command line of an upgrade that is as it should be. It is what containers run at each start, and to lay out all
/// other commands first is a third of the instructions of one that has nothing to do.
fn parse_upgrade() -> Option<Cli> {
    const NAMES: [&str; 3] = ["upgrade", "up", "migrate"];
    let name = std::env::args_os().nth(1)?;
    let name = NAMES.into_iter().find(|known| name == *known)?;
    let laid_out = Global::augment_args(clap::Command::new("windlass"))
        .disable_help_subcommand(true)
        .subcommand(upgrade::Upgrade::augment_args(clap::Command::new(name)));
    // Help, mistakes and their suggestions are those of all commands.
    let matches = laid_out.try_get_matches().ok()?;
    let (_, of_upgrade) = matches.subcommand()?;
    Some(Cli {
        global: Global::from_arg_matches(&matches).ok()?,
        command: Command::Upgrade(upgrade::Upgrade::from_arg_matches(of_upgrade).ok()?),
    })
}

/// Whether the command line asks for a JSON log, also where the rest of it is wrong.
pub(crate) fn asks_for_json_log() -> bool {
    let words: Vec<_> = std::env::args_os()
        .skip(1)
        // What follows is another program's.
        .take_while(|word| word != "--")
        .collect();
    words.iter().any(|word| word == "--log=json")
        || words
            .windows(2)
            .any(|pair| pair[0] == "--log" && pair[1] == "json")
}

/// A command line that cannot be read: the first paragraph says what is wrong, each further line what to do.
pub(crate) fn misused(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let (message, hints) = text.split_once("\n\n").unwrap_or((&text, ""));
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let hints = hints.lines().map(str::trim).filter(|hint| !hint.is_empty());
    Failure::Other {
        message: message.strip_prefix("error: ").unwrap_or(&message).to_owned(),
        hints: hints
            .map(|hint| hint.strip_prefix("tip: ").unwrap_or(hint).to_owned())
            .collect(),
        code: USAGE,
    }
}

/// The last line of a JSON log.
pub(crate) fn tell_in_json(failure: &Failure) {
    let mut line = failure.to_json();
    line["event"] = "failed".into();
    ui::json(&line);
}

/// What a command ends with when it did not fail.
pub(crate) type Done = Result<u8, Failure>;

/// Runs the command and gives its exit code.
pub(crate) async fn run(cli: Cli) -> u8 {
    let done = match &cli.command {
        Command::Init(command) => command.run(&cli.global),
        Command::Revision(command) => command.run(&cli.global).await,
        Command::Merge(command) => command.run(&cli.global),
        Command::Squash(command) => command.run(&cli.global),
        Command::Status(command) => command.run(&cli.global).await,
        Command::Current(command) => command.run(&cli.global).await,
        Command::History(command) => command.run(&cli.global).await,
        Command::Heads(command) => command.run(&cli.global),
        Command::Show(command) => command.run(&cli.global).await,
        Command::Plan(command) => command.run(&cli.global).await,
        Command::Lint(command) => command.run(&cli.global).await,
        Command::Fix(command) => command.run(&cli.global).await,
        Command::Explain(command) => command.run(&cli.global).await,
        Command::Check(command) => command.run(&cli.global).await,
        Command::Diff(command) => command.run(&cli.global).await,
        Command::Config(command) => command.run(&cli.global),
        Command::Doctor(command) => command.run(&cli.global).await,
        Command::Create(command) => command.run(&cli.global).await,
        Command::Drop(command) => command.run(&cli.global).await,
        Command::Upgrade(command) => command.run(&cli.global).await,
        Command::Downgrade(command) => command.run(&cli.global).await,
        Command::Redo(command) => command.run(&cli.global).await,
        Command::Stamp(command) => command.run(&cli.global).await,
        Command::Resolve(command) => command.run(&cli.global).await,
        Command::Restore(command) => command.run(&cli.global).await,
        Command::Verify(command) => command.run(&cli.global).await,
        Command::Backfill(command) => command.run(&cli.global).await,
        Command::Worker(command) => command.run(&cli.global).await,
        Command::Snapshot(command) => command.run(&cli.global).await,
        Command::Wait(command) => command.run(&cli.global).await,
        Command::Exec(command) => command.run(&cli.global).await,
        Command::Lock(command) => command.run(&cli.global),
        Command::Deploy(command) => command.run(&cli.global),
        Command::Demo(command) => command.run(&cli.global).await,
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            if cli.global.log == LogFormat::Json {
                tell_in_json(&failure);
            } else {
                ui::talk(&masked(&failure.render()));
            }
            failure.code()
        }
    }
}

/// Prints a command's answer as JSON.
pub(crate) fn print_json(value: &serde_json::Value) {
    anstream::println!("{value:#}");
}
