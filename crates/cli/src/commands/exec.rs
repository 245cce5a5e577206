//! `windlass exec -- CMD`: waits for the database, upgrades it, and becomes CMD. After exec(2)
//! nothing of us is left: signals reach CMD and its exit code is its own.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use windlass::{Stop, Upgrade as Request};

use super::wait;
use super::{Done, Global, WaitArgs};
use crate::baseline;
use crate::context::{self, Context, environment};
use crate::failure::Failure;
use crate::readiness::Goal;

/// Windlass itself failed: CMD was not started.
const FAILED: u8 = 125;
/// CMD was found and cannot be executed.
const NOT_EXECUTABLE: u8 = 126;
/// CMD was not found.
const NOT_FOUND: u8 = 127;

/// Waits for the database, upgrades it, and becomes the command
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  ENTRYPOINT [\"windlass\", \"exec\", \"--\"]
  CMD [\"gunicorn\", \"app:app\"]

  RUN_MIGRATIONS_ON_START=0 windlass exec -- gunicorn app:app    waits for the migrations of another service

Any number of replicas may start at once: one upgrades, the others wait for it. A database that is ahead
(an older image was deployed back) is no reason not to start.

Environment:
  RUN_MIGRATIONS_ON_START, RUN_MIGRATIONS   0, false, no or off: do not upgrade, wait until another service has
  MIGRATION_MODE, ASYNC_LOG_QUEUE           no effect here: a migration never loads the application

Exit codes: those of the command once it runs; 125 windlass failed and the command was not started,
126 the command cannot be executed, 127 it was not found.")]
pub(crate) struct Exec {
    /// How long to wait for the database, and for another service's migrations
    #[arg(long, value_name = "DURATION", value_parser = super::duration, default_value = "5m")]
    timeout: Duration,
    #[command(flatten)]
    wait: WaitArgs,
    /// Does not upgrade: waits until another service has, as RUN_MIGRATIONS_ON_START=0 does
    #[arg(long)]
    no_upgrade: bool,
    /// Refuses a database that is ahead of the files
    #[arg(long)]
    strict: bool,
    /// The command to become, with its arguments
    #[arg(required = true, last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Exec {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let program = match find(&self.command[0], environment("PATH").as_deref()) {
            Ok(program) => program,
            Err((code, why)) => {
                return Err(Failure::Other {
                    message: why,
                    hints: vec!["nothing was done; the command comes behind `--`".to_owned()],
                    code,
                });
            }
        };
        self.prepare(global)
            .await
            .map_err(|failure| match failure.code() {
                // Signals are no failures.
                code if context::is_stop(code) => failure,
                _ => Failure::Wrapped {
                    failure: Box::new(failure),
                    code: FAILED,
                },
            })?;
        // argv[0] stays as it was written: some programs look at it.
        let error = Command::new(program)
            .arg0(&self.command[0])
            .args(&self.command[1..])
            .exec();
        Err(Failure::Other {
            message: format!("failed to execute {}: {error}", self.command[0].display()),
            hints: vec!["the database is ready; the command is at fault".to_owned()],
            code: NOT_EXECUTABLE,
        })
    }

    async fn prepare(&self, global: &Global) -> Result<(), Failure> {
        let context = Context::new(global)?;
        for note in without_effect(&environment) {
            context.ui.say(&note);
        }
        let upgrade = !self.no_upgrade && wants_upgrade(&environment)?;
        let options = context.connect_options()?;
        let stop = context::stop_on_signals();
        let strict = self.strict || context.config.policy.strict.value;
        if upgrade {
            wait::until(&context, &options, &Goal::Reachable, strict, self.timeout, &stop).await?;
            self.upgrade(&context, strict, &stop).await?;
        } else {
            let goal = wait::own_goal(&context)?;
            wait::until(&context, &options, &goal, strict, self.timeout, &stop).await?;
        }
        context.ui.clear();
        // Lets the closing of connections reach the server, and a signal that came meanwhile reach us.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        if stop.is_asked() {
            return Err(wait::stopped());
        }
        Ok(())
    }

    async fn upgrade(&self, context: &Context, strict: bool, stop: &Stop) -> Result<(), Failure> {
        let request = Request {
            wait: self.wait.wait(context),
            strict,
            ..Request::to_heads()
        };
        let outcome = baseline::offer(context.runner()?, &context.config)
            .upgrade(&request, &context.ui, stop)
            .await?;
        super::upgrade::say(context, &outcome);
        Ok(())
    }
}

/// Whether the environment asks for migrations at start; without a word of it, yes.
fn wants_upgrade(environment: &dyn Fn(&str) -> Option<String>) -> Result<bool, Failure> {
    let mut said: Option<(&str, bool)> = None;
    for name in ["RUN_MIGRATIONS_ON_START", "RUN_MIGRATIONS"] {
        let Some(value) = environment(name).filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        let wants = match value.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => true,
            "0" | "false" | "no" | "off" => false,
            _ => {
                return Err(Failure::usage(
                    format!("{name} is {value:?}, which is neither yes nor no"),
                    "1, true, yes, on — or 0, false, no, off",
                ));
            }
        };
        match said {
            Some((other, before)) if before != wants => {
                return Err(Failure::usage(
                    format!("{other} and {name} contradict each other"),
                    "set one of them",
                ));
            }
            _ => said = Some((name, wants)),
        }
    }
    Ok(said.is_none_or(|(_, wants)| wants))
}

/// A word on each variable that asks for no migration, where one is asked for by name.
pub(super) fn overruled(environment: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let is_no = |value: String| {
        matches!(
            value.trim().to_ascii_lowercase().as_str(),
            "0" | "false" | "no" | "off"
        )
    };
    ["RUN_MIGRATIONS_ON_START", "RUN_MIGRATIONS"]
        .into_iter()
        .filter(|name| environment(name).is_some_and(is_no))
        .map(|name| {
            format!("{name} has no effect here: `upgrade` migrates when it is called; `exec` obeys it")
        })
        .collect()
}

/// A word on each variable that other runners need and we do not.
pub(super) fn without_effect(environment: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    ["MIGRATION_MODE", "ASYNC_LOG_QUEUE"]
        .into_iter()
        .filter(|name| environment(name).is_some())
        .map(|name| {
            format!(
                "{name} is set and has no effect here: a migration never loads the application, so there are no \
                 workers or log queues to turn off"
            )
        })
        .collect()
}

/// The file that execvp would run, so that a wrong name is found before the database is changed.
fn find(name: &OsString, path: Option<&str>) -> Result<PathBuf, (u8, String)> {
    let shown = name.display();
    let is_program = |file: &Path| {
        std::fs::metadata(file).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    let direct = Path::new(name);
    let candidates: Vec<PathBuf> = if name.to_string_lossy().contains('/') {
        vec![direct.to_owned()]
    } else {
        let folders = path.unwrap_or("/usr/local/bin:/usr/bin:/bin");
        std::env::split_paths(folders)
            .map(|folder| folder.join(direct))
            .collect()
    };
    if let Some(program) = candidates.iter().find(|file| is_program(file)) {
        return Ok(program.clone());
    }
    if candidates.iter().any(|file| file.exists()) {
        return Err((NOT_EXECUTABLE, format!("{shown} is not executable")));
    }
    Err((NOT_FOUND, format!("{shown} was not found")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<bool, String> {
        let look = |name: &str| {
            let pair = pairs.iter().find(|(known, _)| *known == name);
            pair.map(|(_, value)| (*value).to_owned())
        };
        wants_upgrade(&look).map_err(|failure| failure.message())
    }

    #[test]
    fn the_guides_variables_decide_whether_to_upgrade() {
        assert_eq!(asked(&[]), Ok(true));
        assert_eq!(asked(&[("RUN_MIGRATIONS_ON_START", "0")]), Ok(false));
        assert_eq!(asked(&[("RUN_MIGRATIONS", "False")]), Ok(false));
        assert_eq!(asked(&[("RUN_MIGRATIONS", "")]), Ok(true));
        assert_eq!(
            asked(&[("RUN_MIGRATIONS_ON_START", "1"), ("RUN_MIGRATIONS", "yes")]),
            Ok(true)
        );
        assert!(asked(&[("RUN_MIGRATIONS_ON_START", "1"), ("RUN_MIGRATIONS", "0")]).is_err());
        assert!(asked(&[("RUN_MIGRATIONS", "maybe")]).is_err());
    }

    #[test]
    fn a_command_is_looked_for_as_execvp_does() {
        let found = |name: &str, path| find(&OsString::from(name), path).map_err(|(code, _)| code);
        assert_eq!(
            found("sh", Some("/nonexistent:/bin")),
            Ok(PathBuf::from("/bin/sh"))
        );
        assert_eq!(found("/bin/sh", None), Ok(PathBuf::from("/bin/sh")));
        assert_eq!(found("no-such-command", Some("/bin")), Err(NOT_FOUND));
        assert_eq!(found("/etc/passwd", None), Err(NOT_EXECUTABLE));
        assert_eq!(found("/etc", None), Err(NOT_EXECUTABLE));
    }
}
