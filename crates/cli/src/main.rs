//! The `windlass` binary: the only crate with standard output, environment and exit codes.

#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "this crate is where the environment is read and the process exits"
)]

mod baseline;
mod changed;
mod commands;
mod config;
mod context;
mod deploy;
mod difference;
mod failure;
mod files;
mod ground;
mod lint;
mod lockfile;
mod markdown;
mod mask;
mod plan;
mod readiness;
mod report;
mod ui;

use std::process::ExitCode;

// Reading SQL is mostly making and dropping small nodes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    end_without_an_output();
    let cli = match commands::parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not failures.
            let text = error.render().ansi().to_string();
            match error.use_stderr() {
                true if commands::asks_for_json_log() => {
                    commands::tell_in_json(&commands::misused(&error));
                }
                // A URL may stand where none belongs.
                true => ui::talk(&mask::masked(&text)),
                false => anstream::print!("{text}"),
            }
            return ExitCode::from(if error.use_stderr() { failure::USAGE } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&format!("failed to start the runtime: {error}"));
            return ExitCode::from(1);
        }
    };
    let code = runtime.block_on(commands::run(cli));
    // Dropping it would wait for a name lookup that still hangs.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// An answer that cannot be written (a full disk) ends the command with a sentence, wherever it is printed. A reader
/// that has seen enough is no failure, and is not told of at all.
fn end_without_an_output() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        let Some(cause) = message.strip_prefix("failed printing to stdout: ") else {
            return report(panic);
        };
        tell(&format!("failed to write to standard output: {cause}"));
        std::process::exit(1);
    }));
}

/// Tells of a failure outside of all commands.
fn tell(message: &str) {
    if commands::asks_for_json_log() {
        commands::tell_in_json(&failure::Failure::other(message));
    } else {
        ui::talk(&format!("error: {message}\n"));
    }
}
