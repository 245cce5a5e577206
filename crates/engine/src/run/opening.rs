//! The lock session of an upgrade and the first look at the journal: begun early, so that a server
//! can let us in while the files are still being read.

use tokio::task::JoinHandle;
use windlass_compiler::policy::Policy;

use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{self, Brief};
use crate::session::{self, Session, SessionSettings};

/// A connection for an upgrade that is being opened by a task of the current tokio runtime; see
/// [`Runner::opened_by`](crate::Runner::opened_by). Dropped unused, it is given up.
#[derive(Debug)]
pub struct Opening(JoinHandle<Result<(Session, Option<Brief>)>>);

impl Opening {
    /// Begins to connect.
    pub fn begin(connect: &ConnectOptions, policy: &Policy) -> Self {
        let (connect, settings) = (connect.clone(), SessionSettings::of(policy));
        Self(tokio::spawn(async move { open(&connect, &settings).await }))
    }

    pub(super) async fn opened(mut self) -> Result<(Session, Option<Brief>)> {
        (&mut self.0).await.unwrap_or_else(|error| {
            Err(Error::new(ErrorKind::Failed, "failed to connect: its task ended").caused_by(error))
        })
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens the session, and reads the journal in brief in the same round trip.
pub(super) async fn open(
    connect: &ConnectOptions,
    settings: &SessionSettings,
) -> Result<(Session, Option<Brief>)> {
    let (session, answers) = session::open_asking(connect, settings, journal::BRIEF).await?;
    Ok((session, answers.and_then(Brief::of)))
}
