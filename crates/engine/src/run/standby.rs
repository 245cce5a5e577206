//! Hot standbys: our ACCESS EXCLUSIVE locks are replayed there. A reader that holds the table stops replay, and
//! whoever comes behind waits for both; the primary sees none of it. Where the standbys' addresses are known
//! their readers are waited for like the primary's, and replay is watched after each such lock.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::effect::LockMode;

use crate::blockers::Blocker;
use crate::connect::ConnectOptions;
use crate::error::Result;
use crate::event::{Event, Observe, StepName};
use crate::session::{self, Purpose, Session, SessionSettings};
use crate::waits::{self, Holder, Reached};

/// Nothing on a standby is waited for longer than this by a look at it.
const ANSWER: Duration = Duration::from_secs(5);

/// The standbys that the configuration names.
pub(super) struct Standbys<'a> {
    standbys: Vec<Standby<'a>>,
    settings: &'a SessionSettings,
    observer: &'a dyn Observe,
}

struct Standby<'a> {
    connect: &'a ConnectOptions,
    session: Option<Session>,
    /// It is no use to us: not there, or no standby. Told once.
    is_out: bool,
}

impl<'a> Standbys<'a> {
    pub(super) fn new(
        connects: &'a [ConnectOptions],
        settings: &'a SessionSettings,
        observer: &'a dyn Observe,
    ) -> Self {
        let standbys = connects.iter().map(|connect| Standby {
            connect,
            session: None,
            is_out: false,
        });
        Self {
            standbys: standbys.collect(),
            settings,
            observer,
        }
    }

    /// Who on a standby reads what will be locked so that nobody may: only such locks are replayed.
    pub(super) async fn holders(&mut self, wanted: &[Reached]) -> Vec<Holder> {
        let replayed = replayed(wanted);
        let mut found = Vec::new();
        if replayed.is_empty() {
            return found;
        }
        for standby in &mut self.standbys {
            let name = standby.connect.describe();
            let Some(session) = standby.session(self.settings, self.observer).await else {
                continue;
            };
            let ours = [session.pid];
            let look = waits::holders(session.client(), &replayed, &ours);
            match tokio::time::timeout(ANSWER, look).await {
                Ok(Ok(holders)) => found.extend(holders.into_iter().map(|holder| Holder {
                    blocker: Blocker {
                        standby: name.clone(),
                        ..holder.blocker
                    },
                    ..holder
                })),
                // Opened anew at the next look.
                Ok(Err(_)) | Err(_) => standby.session = None,
            }
        }
        found
    }

    /// Waits until the standbys have replayed what `primary` has written by now, but no longer than
    /// `patience`; says which have not, and for whom they wait.
    pub(super) async fn follow(
        &mut self,
        primary: &Client,
        wanted: &[Reached],
        patience: Duration,
        step: &StepName,
    ) -> Result<()> {
        const LOOK: Duration = Duration::from_millis(50);
        if self.standbys.iter().all(|standby| standby.is_out) || replayed(wanted).is_empty() {
            return Ok(());
        }
        let written: String = primary
            .query_typed_one("SELECT pg_catalog.pg_current_wal_lsn()::text", &[])
            .await
            .map_err(session::lost)?
            .get(0);
        let until = Instant::now() + patience;
        let mut behind = Vec::new();
        for standby in &mut self.standbys {
            loop {
                let Some(session) = standby.session(self.settings, self.observer).await else {
                    break;
                };
                let asked = has_replayed(session.client(), &written);
                let is_there = match tokio::time::timeout(ANSWER, asked).await {
                    Ok(Ok(is_there)) => is_there,
                    Ok(Err(_)) | Err(_) => {
                        standby.session = None;
                        false
                    }
                };
                if is_there {
                    break;
                }
                if Instant::now() >= until {
                    behind.push(standby.connect.describe());
                    break;
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        if behind.is_empty() {
            return Ok(());
        }
        let holders = self.holders(wanted).await;
        let mut message = format!(
            "{} step {}: {} had not replayed it after {}: its readers of these tables may wait",
            step.revision,
            step.number,
            behind.join(", "),
            windlass_compiler::duration::show_duration(patience)
        );
        for holder in holders {
            message.push_str(&format!("\n  replay may wait for {}", holder.blocker));
        }
        self.observer.event(Event::Warning {
            message,
            hint: Some(
                "on the standby, max_standby_streaming_delay bounds how long a reader stops replay, \
                        and pg_is_wal_replay_paused() tells whether somebody paused it"
                    .to_owned(),
            ),
        });
        Ok(())
    }
}

impl Standby<'_> {
    async fn session(&mut self, settings: &SessionSettings, observer: &dyn Observe) -> Option<&Session> {
        if self.is_out {
            return None;
        }
        if self
            .session
            .as_ref()
            .is_none_or(|session| session.client().is_closed())
        {
            let opening = session::open(self.connect, settings, Purpose::Watch);
            let why = match tokio::time::timeout(ANSWER, opening).await {
                Ok(Ok(session)) => match is_standby(session.client()).await {
                    Ok(true) => return Some(self.session.insert(session)),
                    Ok(false) => "it is no standby".to_owned(),
                    Err(error) => error.to_string(),
                },
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it does not answer".to_owned(),
            };
            self.is_out = true;
            self.session = None;
            observer.event(Event::Warning {
                message: format!("readers of {} are not looked at: {why}", self.connect.describe()),
                hint: Some("correct `standby_urls`, or leave it out".to_owned()),
            });
        }
        self.session.as_ref()
    }
}

async fn is_standby(client: &Client) -> std::result::Result<bool, tokio_postgres::Error> {
    let row = client
        .query_typed_one("SELECT pg_catalog.pg_is_in_recovery()", &[])
        .await?;
    Ok(row.get(0))
}

async fn has_replayed(client: &Client, written: &str) -> std::result::Result<bool, tokio_postgres::Error> {
    let row = client
        .query_typed_one(
            "SELECT coalesce(pg_catalog.pg_last_wal_replay_lsn() >= $1::text::pg_lsn, true)",
            &[(&written, Type::TEXT)],
        )
        .await?;
    Ok(row.get(0))
}

/// Those of the locks that standbys get to feel.
fn replayed(wanted: &[Reached]) -> Vec<Reached> {
    let exclusive = |reached: &&Reached| reached.mode == LockMode::AccessExclusive;
    wanted.iter().filter(exclusive).cloned().collect()
}
