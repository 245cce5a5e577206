//! What every command needs: the configuration, and a runner for those that need a database.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

use windlass::backfill::Backfills;
use windlass::compiler::format::Directory;
use windlass::compiler::graph::Target;
use windlass::connect::ConnectOptions;
use windlass::shadow::{find_programs, programs_of_major};
use windlass::{Opening, Runner, SessionSettings, Stop};

use secrecy::ExposeSecret;

use crate::commands::Global;
use crate::config::{self, Config, ConfigArgs};
use crate::failure::Failure;
use crate::files;
use crate::ui::Ui;

/// A command's surroundings.
pub(crate) struct Context {
    /// Everything that was configured.
    pub(crate) config: Config,
    /// Where talk goes.
    pub(crate) ui: Ui,
}

/// The environment, as a look-up.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Context {
    /// Reads flags, environment and `windlass.toml`.
    pub(crate) fn new(global: &Global) -> Result<Self, Failure> {
        let working_directory = std::env::current_dir()
            .map_err(|error| Failure::other(format!("failed to find the working directory: {error}")))?;
        let args = ConfigArgs {
            working_directory,
            config: global.config.clone(),
            env: global.env.clone(),
            dir: global.dir.clone(),
            database_url: global.database_url.clone().map(Into::into),
            overrides: global.overrides(),
        };
        let config = config::load(&args, &environment)?;
        let ui = Ui::new(global);
        for warning in &config.warnings {
            ui.diagnostic(warning);
        }
        Ok(Self { config, ui })
    }

    /// Where the database is.
    pub(crate) fn connect_options(&self) -> Result<ConnectOptions, Failure> {
        let url = self.config.database_url()?;
        let conninfo = url.map_or("", |url| url.url.expose_secret());
        let options = ConnectOptions::resolve(conninfo, &environment).map_err(|error| {
            let hints = error.hint().map(str::to_owned).into_iter().collect();
            Failure::Other {
                message: error.to_string(),
                hints,
                code: crate::failure::USAGE,
            }
        })?;
        for warning in options.warnings() {
            self.ui.warning(warning, None);
        }
        Ok(options)
    }

    /// Where the standbys are.
    fn standbys(&self) -> Result<Vec<ConnectOptions>, Failure> {
        let urls = self.config.policy.standby_urls.value.iter();
        let resolved = urls.map(|url| ConnectOptions::resolve(url, &environment));
        resolved
            .collect::<Result<_, _>>()
            .map_err(|error| Failure::Other {
                message: format!("standby_urls: {error}"),
                hints: error.hint().map(str::to_owned).into_iter().collect(),
                code: crate::failure::USAGE,
            })
    }

    /// Whether the configuration or the environment names a database at all.
    pub(crate) fn names_database(&self) -> Result<bool, Failure> {
        let is_set = |name: &&str| environment(name).is_some_and(|value| !value.is_empty());
        let by_environment = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"]
            .iter()
            .any(is_set);
        Ok(by_environment || self.config.database_url()?.is_some())
    }

    /// What the configuration says about every session.
    pub(crate) fn session_settings(&self) -> SessionSettings {
        SessionSettings::of(&self.config.policy)
    }

    /// Files, database and policy together.
    pub(crate) fn runner(&self) -> Result<Runner, Failure> {
        self.runner_of(files::load(&self.config.dir)?, self.connect_options())
    }

    /// The database's backfills; needs no files.
    pub(crate) fn backfills(&self) -> Result<Backfills, Failure> {
        Ok(Backfills::new(
            self.connect_options()?,
            self.config.policy.clone(),
        ))
    }

    /// The same, for an upgrade: the server lets us in while the files are read.
    pub(crate) async fn upgrading_runner(&self) -> Result<Runner, Failure> {
        let connect = self.connect_options();
        let opening = connect
            .as_ref()
            .ok()
            .map(|connect| Opening::begin(connect, &self.config.policy));
        let dir = self.config.dir.clone();
        let directory = tokio::task::spawn_blocking(move || files::load(&dir))
            .await
            .map_err(|error| Failure::other(format!("failed to read the files: {error}")))??;
        let runner = self.runner_of(directory, connect)?;
        Ok(match opening {
            Some(opening) => runner.opened_by(opening),
            None => runner,
        })
    }

    fn runner_of(
        &self,
        directory: Directory,
        connect: Result<ConnectOptions, Failure>,
    ) -> Result<Runner, Failure> {
        for warning in &directory.warnings {
            self.ui.diagnostic(warning);
        }
        let runner = Runner::new(connect?, directory, self.config.policy.clone())?;
        let env = self.config.env.as_ref().map(|env| env.value.clone());
        Ok(runner.in_env(env).beside(self.standbys()?))
    }
}

/// The folder of a PostgreSQL server's programs, for a throwaway server.
pub(crate) fn server_programs() -> Result<PathBuf, Failure> {
    let given = environment("PG_BINDIR").map(PathBuf::from);
    let path = environment("PATH").unwrap_or_default();
    find_programs(given.into_iter().chain(std::env::split_paths(&path))).ok_or_else(|| {
        Failure::usage(
            "no PostgreSQL server programs were found (initdb, pg_ctl, postgres)",
            "install them (Debian: apt-get install postgresql), or name their folder in PG_BINDIR",
        )
    })
}

/// The same, of that major version where one is there.
pub(crate) fn server_programs_of(major: Option<u32>) -> Result<PathBuf, Failure> {
    let given = environment("PG_BINDIR").map(PathBuf::from);
    let path = environment("PATH").unwrap_or_default();
    let candidates = given.into_iter().chain(std::env::split_paths(&path));
    match major.and_then(|major| programs_of_major(candidates, major)) {
        Some(programs) => Ok(programs),
        None => server_programs(),
    }
}

/// Reads a target, or says what one looks like.
pub(crate) fn target(text: &str) -> Target {
    Target::parse(text)
}

/// The exit code of a run that was asked to stop: 128 and the number of the signal.
static STOPPED: AtomicU8 = AtomicU8::new(130);

/// The exit code of a run that was asked to stop.
pub(crate) fn stopped_code() -> u8 {
    STOPPED.load(Ordering::Relaxed)
}

/// Whether an exit code says that a signal asked to stop.
pub(crate) fn is_stop(code: u8) -> bool {
    matches!(code, 129 | 130 | 143)
}

/// Listens for Ctrl-C, SIGTERM and a session that hangs up: the first asks the run to stop, the second ends the process.
pub(crate) fn stop_on_signals() -> Stop {
    let (stopper, stop) = Stop::pair();
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        let mut hang_up = hang_up_ends()
            .then(|| signal(SignalKind::hangup()).ok())
            .flatten();
        let hung_up = async {
            match &mut hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => STOPPED.store(143, Ordering::Relaxed),
            _ = hung_up => STOPPED.store(129, Ordering::Relaxed),
        }
        stopper.stop();
        // Not the second SIGHUP: both the kernel and the shell send one when a session ends.
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        std::process::exit(stopped_code().into());
    });
    stop
}

/// Whether SIGHUP does what it does by default. Under nohup it is ignored, and to listen for it would undo that. Where
/// the system does not say it, SIGHUP is left as it is.
fn hang_up_ends() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(ignored.trim(), 16).ok()
        })
        .is_some_and(|ignored| ignored & 1 == 0)
}
