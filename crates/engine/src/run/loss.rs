//! Why a connection was lost in the middle of a run: one more look tells a server that restarts from a database that
//! is gone.

use std::time::Duration;

use super::Runner;
use crate::error::{Error, ErrorKind};
use crate::session::Purpose;

/// How long the look may take.
const LOOK: Duration = Duration::from_secs(3);
/// invalid_catalog_name.
const NO_DATABASE: &str = "3D000";

impl Runner {
    /// Says of a lost connection what a new one finds; any other error stays as it is.
    pub(super) async fn explained(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::ConnectionLost {
            return error;
        }
        match tokio::time::timeout(LOOK, self.open(Purpose::Lock)).await {
            Ok(Err(found)) if found.sqlstate() == Some(NO_DATABASE) => gone(&error, &found),
            Ok(Err(found)) => error.hint(format!("now: {found}")),
            Ok(Ok(_)) => error.hint("the server answers again"),
            Err(_) => error.hint(format!(
                "now: the server has not answered for {} s",
                LOOK.as_secs()
            )),
        }
    }
}

fn gone(error: &Error, found: &Error) -> Error {
    let mut gone = Error::new(
        ErrorKind::NoConnection,
        format!("the database is gone, it was dropped or renamed during the run: {found}"),
    )
    .with_sqlstate(NO_DATABASE);
    if let Some(step) = error.step() {
        gone = gone.at_step(step.clone());
    }
    let gone = error.done().iter().cloned().fold(gone, Error::with_done);
    gone.hint("if it was restored under this name or made anew, run the same command again")
}
