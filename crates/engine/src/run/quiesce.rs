//! Before the first step with services stopped: who is still connected, and the end of what they have open.

use std::time::Instant;

use tokio_postgres::Client;
use windlass_compiler::policy::{Policy, Profile};

use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe};
use crate::session::{self, Stop};

const POLL: std::time::Duration = std::time::Duration::from_millis(200);

/// Lists who is still connected, and waits until no transaction of theirs is open.
pub(super) async fn quiesce(
    client: &Client,
    policy: &Policy,
    observer: &dyn Observe,
    stop: &Stop,
) -> Result<()> {
    let patience = policy.quiesce_timeout.value;
    if policy.profile.value != Profile::Maintenance && patience.is_zero() {
        return Ok(());
    }
    let began = Instant::now();
    let mut told = false;
    loop {
        let sessions = connected(client).await?;
        if !told && !sessions.is_empty() {
            observer.event(Event::StillConnected {
                sessions: sessions.clone(),
            });
            told = true;
        }
        let busy: Vec<Blocker> = sessions
            .into_iter()
            .filter(|session| session.transaction_age.is_some())
            .collect();
        if busy.is_empty() {
            return Ok(());
        }
        if began.elapsed() >= patience {
            return Err(still_busy(busy, patience));
        }
        stop.sleep(POLL).await?;
    }
}

async fn connected(client: &Client) -> Result<Vec<Blocker>> {
    let rows = client
        .query_typed(include_str!("connected.sql"), &[])
        .await
        .map_err(session::lost)?;
    Ok(rows.iter().map(Blocker::read).collect())
}

fn still_busy(busy: Vec<Blocker>, patience: std::time::Duration) -> Error {
    let waited = windlass_compiler::duration::show_duration(patience);
    let noun = if busy.len() == 1 {
        "session has"
    } else {
        "sessions have"
    };
    let error = Error::new(
        ErrorKind::Locked,
        format!(
            "{} {noun} an open transaction after {waited} (quiesce_timeout): {}",
            busy.len(),
            busy[0]
        ),
    );
    error
        .with_blockers(busy)
        .hint("stop the services, or end these sessions, then run the same command again; nothing was begun")
}
