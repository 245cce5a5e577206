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
    let cli = match commands::parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not failures.
            let code = if error.use_stderr() { failure::USAGE } else { 0 };
            let text = error.render().ansi().to_string();
            match error.use_stderr() {
                // A URL may stand where none belongs.
                true => anstream::eprint!("{}", mask::masked(&text)),
                false => anstream::print!("{text}"),
            }
            return ExitCode::from(code);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            anstream::eprintln!("error: failed to start the runtime: {error}");
            return ExitCode::from(1);
        }
    };
    let code = runtime.block_on(commands::run(cli));
    // Dropping it would wait for a name lookup that still hangs.
    runtime.shutdown_background();
    ExitCode::from(code)
}
