//! Background jobs from outside: what there is, how far it is, and working on it. Everything goes by the
//! journal, so that any machine that reaches the database will do.

use std::time::Duration;

use windlass_compiler::lane::Lane;
use windlass_compiler::policy::Policy;

use super::crew::{Crew, Ended, OnPause};
use super::finish;
use super::task::Task;
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe};
use crate::journal::backfills::{self as journal, BackfillRow};
use crate::journal::{BackfillStatus, RowError, TenantStatus, WorkerStatus};
use crate::session::{self, Purpose, Session, SessionSettings, Stop};

/// The backfills of a database.
#[derive(Debug)]
pub struct Backfills {
    connect: ConnectOptions,
    settings: SessionSettings,
    policy: Policy,
}

/// One backfill with all that is known of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Where it stands.
    pub status: BackfillStatus,
    /// Its tenants; empty where it is not done by tenants.
    pub tenants: Vec<TenantStatus>,
    /// Who works on it this moment.
    pub workers: Vec<WorkerStatus>,
    /// Rows that failed, the first hundred.
    pub errors: Vec<RowError>,
}

/// What somebody wants of a backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// To hold after the batch that is under way.
    Pause,
    /// To go on.
    Resume {
        /// From its first row, with what is known of its progress forgotten.
        from_start: bool,
    },
    /// To end, at once.
    Cancel,
}

/// How to work on background jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkRequest {
    /// Sessions that work at once, in place of what each backfill's directive says.
    pub workers: Option<u32>,
    /// Nothing slows it down, whatever a directive says.
    pub unthrottled: bool,
    /// Ends when nothing is left to do, rather than waiting for more.
    pub once: bool,
}

/// Between two looks for a job.
const POLL: Duration = Duration::from_secs(2);

impl Backfills {
    /// Brings database and policy together; connects to nothing yet.
    pub fn new(connect: ConnectOptions, policy: Policy) -> Self {
        Self {
            connect,
            settings: SessionSettings::of(&policy),
            policy,
        }
    }

    async fn open(&self) -> Result<Session> {
        session::open(&self.connect, &self.settings, Purpose::Lock).await
    }

    /// All that the journal knows, oldest first.
    ///
    /// # Errors
    /// No connection, or a journal that cannot be read.
    pub async fn list(&self) -> Result<Vec<BackfillStatus>> {
        let session = self.open().await?;
        journal::backfills(session.client(), None).await
    }

    /// One of them in full.
    ///
    /// # Errors
    /// What [`Backfills::list`] gives, or a name that the journal does not know.
    pub async fn report(&self, name: &str) -> Result<Report> {
        let session = self.open().await?;
        let client = session.client();
        let status = journal::backfills(client, Some(name))
            .await?
            .pop()
            .ok_or_else(|| unknown(name))?;
        Ok(Report {
            status,
            tenants: journal::tenants(client, name).await?,
            workers: journal::workers(client, name).await?,
            errors: journal::row_errors(client, name).await?,
        })
    }

    /// Pauses, resumes or cancels it, wherever it is being worked on. What it is now, in words.
    ///
    /// # Errors
    /// What [`Backfills::list`] gives, an unknown name, or a state that does not allow it.
    pub async fn change(&self, name: &str, change: Change) -> Result<String> {
        let session = self.open().await?;
        let client = session.client();
        let row = journal::backfill(client, name)
            .await?
            .ok_or_else(|| unknown(name))?;
        let (from, to): (&[&str], &str) = match change {
            Change::Pause => (&["running"], "paused"),
            Change::Resume { from_start: true } => {
                (&["running", "paused", "cancelled", "failed", "done"], "running")
            }
            Change::Resume { from_start: false } => (&["paused", "cancelled", "failed"], "running"),
            Change::Cancel => (&["running", "paused", "failed"], "cancelled"),
        };
        if change == (Change::Resume { from_start: true }) {
            from_start(client, &row).await?;
        }
        if !journal::set_state(client, name, from, to).await? {
            return Err(refused(&row, change));
        }
        if change == Change::Cancel {
            journal::cancel_batches(client, name).await?;
        }
        Ok(match (change, row.is_deferred) {
            (Change::Pause, _) => format!("{name} pauses after the batch that is under way"),
            (Change::Cancel, _) => format!("{name} is cancelled; what it changed stays changed"),
            (Change::Resume { .. }, true) => {
                format!(
                    "{name} goes on as soon as a worker takes it: windlass worker, or windlass backfill run {name}"
                )
            }
            (Change::Resume { .. }, false) => {
                format!("{name} goes on; where no run is at work on it: windlass upgrade")
            }
        })
    }

    /// Works on one background job until it is done and verified. Rows changed in all.
    ///
    /// # Errors
    /// Whatever stopped it; what is committed stays.
    pub async fn run(
        &self,
        name: &str,
        request: &WorkRequest,
        observer: &dyn Observe,
        stop: &Stop,
    ) -> Result<u64> {
        let row = {
            let session = self.open().await?;
            journal::backfill(session.client(), name)
                .await?
                .ok_or_else(|| unknown(name))?
        };
        if !row.is_deferred {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("{name} is a step of {}", row.revision),
            )
            .hint("`windlass upgrade` runs it"));
        }
        match row.state.as_str() {
            "done" => return Ok(0),
            "running" => {}
            state => {
                return Err(Error::new(ErrorKind::Refused, format!("{name} is {state}"))
                    .hint(format!("windlass backfill resume {name}")));
            }
        }
        self.job(&row, request, OnPause::Wait, observer, stop)
            .await
            .map(Option::unwrap_or_default)
    }

    /// Works on background jobs, oldest first, as they come. Rows changed in all.
    ///
    /// # Errors
    /// A database that cannot be reached at the start. Later losses are waited out, and a job that fails is
    /// noted in the journal.
    pub async fn work(&self, request: &WorkRequest, observer: &dyn Observe, stop: &Stop) -> Result<u64> {
        let mut session = Some(self.open().await?);
        let mut rows = 0;
        let mut failed = None;
        loop {
            if stop.is_asked() {
                return Ok(rows);
            }
            let jobs = match &session {
                Some(session) => journal::deferred(session.client()).await,
                None => Err(session::interrupted()),
            };
            let mut did = false;
            match jobs {
                Ok(jobs) => {
                    for row in jobs {
                        match self.job(&row, request, OnPause::Leave, observer, stop).await {
                            Ok(Some(changed)) => {
                                did = true;
                                rows += changed;
                            }
                            Ok(None) => {}
                            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(rows),
                            Err(error) => {
                                observer.event(Event::Warning {
                                    message: format!("backfill {}: {error}", row.name),
                                    hint: error.hints().first().cloned(),
                                });
                                failed = Some(error);
                            }
                        }
                    }
                }
                Err(_) => session = self.open().await.ok(),
            }
            if request.once && !did {
                return failed.map_or(Ok(rows), Err);
            }
            if !did && stop.sleep(POLL).await.is_err() {
                return Ok(rows);
            }
        }
    }

    /// One job to its end, or until it is paused (none).
    async fn job(
        &self,
        row: &BackfillRow,
        request: &WorkRequest,
        on_pause: OnPause,
        observer: &dyn Observe,
        stop: &Stop,
    ) -> Result<Option<u64>> {
        let task = Task::read(row)?;
        observer.event(Event::BackfillJob {
            name: row.name.clone(),
            done: false,
            rows: 0,
        });
        let crew = Crew::new(
            &self.connect,
            &self.settings,
            self.policy.lane(Lane::Backfill),
            observer,
            stop,
        )
        .on_pause(on_pause)
        .workers(request.workers)
        .unthrottled(request.unthrottled);
        let ended: Result<Option<u64>> = async {
            match crew.run(&task).await? {
                Ended::Paused => Ok(None),
                Ended::Complete(tally) => {
                    finish::complete(&crew, &task).await?;
                    Ok(Some(u64::try_from(tally.done).unwrap_or_default()))
                }
            }
        }
        .await;
        match &ended {
            Ok(Some(rows)) => observer.event(Event::BackfillJob {
                name: row.name.clone(),
                done: true,
                rows: *rows,
            }),
            Err(error) if is_for_good(error.kind()) => {
                if let Ok(session) = self.open().await {
                    // The error itself is told in any case.
                    let _ = journal::end_backfill(&row.name, "failed", Some(error.to_string()))
                        .send(session.client())
                        .await;
                }
            }
            _ => {}
        }
        ended
    }
}

/// Whether trying again without a person would fail the same way.
pub(crate) fn is_for_good(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Failed
            | ErrorKind::BadInput
            | ErrorKind::Unverified
            | ErrorKind::Diverged
            | ErrorKind::Refused
    )
}

/// Forgets the progress of a backfill.
async fn from_start(client: &tokio_postgres::Client, row: &BackfillRow) -> Result<()> {
    let busy = journal::workers(client, &row.name).await?;
    if row.state == "running" && busy.iter().any(|worker| worker.silent_for < 10.0) {
        return Err(
            Error::new(ErrorKind::Refused, format!("{} is being worked on", row.name))
                .hint(format!("windlass backfill pause {}", row.name)),
        );
    }
    journal::forget_ranges(&row.name)
        .send(client)
        .await
        .map(|_| ())
        .map_err(|error| session::failed(error, "failed to write the journal"))
}

fn unknown(name: &str) -> Error {
    Error::new(
        ErrorKind::BadInput,
        format!("the journal knows no backfill {name}"),
    )
    .hint("`windlass backfill list` shows those that were begun")
}

fn refused(row: &BackfillRow, change: Change) -> Error {
    let verb = match change {
        Change::Pause => "paused",
        Change::Resume { .. } => "resumed",
        Change::Cancel => "cancelled",
    };
    let error = Error::new(
        ErrorKind::BadInput,
        format!("{} is {}, so it cannot be {verb}", row.name, row.state),
    );
    if row.state == "done" {
        error.hint(format!(
            "to do it once more from its first row: windlass backfill resume {} --from-start",
            row.name
        ))
    } else {
        error
    }
}
