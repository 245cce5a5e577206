//! A run: from where the database is to a target, one revision after the other, one step after
//! the other. Each step's attempts are `work`'s, what is remembered is `journal`'s.

mod acquire;
mod attempt;
mod backfill;
mod baseline;
mod builtin;
mod compensate;
mod decisions;
mod evict;
mod judge;
mod left;
mod loss;
mod opening;
mod orphan;
mod pace;
mod planning;
mod prepare;
mod progress;
mod protecting;
mod quiesce;
mod remains;
mod repair;
mod request;
mod retry;
mod revision;
mod saved;
mod script;
mod scrutiny;
mod standby;
mod switch;
mod taken;
mod unsound;
mod verify;
mod watchdog;
mod work;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio_postgres::Client;
use windlass_compiler::format::{Directory, Revision, RevisionId};
use windlass_compiler::graph::{Graph, Target};
use windlass_compiler::plan::{Prepared, SavedPlan};
use windlass_compiler::policy::Policy;

use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe, Unobserved};
use crate::guard::Counted;
use crate::history::{History, Native};
use crate::introspect;
use crate::journal::{self, Fence, PastRun, Snapshot};
use crate::mutex;
use crate::session::{self, Purpose, Session, SessionSettings, Stop};
use crate::standing::{Standing, standing};
use crate::{reference, restore};

pub(crate) use attempt::{one_line, replay};
pub use baseline::{Baseline, Beginning};
pub use builtin::BuiltIn;
pub use opening::Opening;
pub use planning::{Basis, Plan, RevisionPlan};
pub use request::{Downgrade, Outcome, Resolution, StepReport, Upgrade};
pub use script::{Script, ScriptRequest};
pub use unsound::{Unsound, UnsoundKind};
pub use verify::{Offenders, Verdict, Verification};
use work::Work;
pub(crate) use work::lost_the_lead;

/// A directory of revisions, a database, and how to treat it.
#[derive(Debug)]
pub struct Runner {
    connect: ConnectOptions,
    session: SessionSettings,
    directory: Directory,
    graph: Graph,
    /// Where each revision stands in the directory.
    index: HashMap<RevisionId, usize>,
    policy: Policy,
    /// Hot standbys whose readers are waited for.
    standbys: Vec<ConnectOptions>,
    /// The environment that this run is for, as `only env NAME` names it.
    env: Option<String>,
    /// The lock session of the first run, when it was begun before the files were read.
    opening: Mutex<Option<Opening>>,
    /// What a new database is made from, instead of its history.
    baseline: Option<baseline::Source>,
}

/// The scripts of a run that are still to come, parsed.
type Scripts = HashMap<RevisionId, Prepared>;

impl Runner {
    /// Brings files, database and policy together; connects to nothing yet.
    ///
    /// # Errors
    /// A graph that is none: a missing parent, a cycle.
    pub fn new(connect: ConnectOptions, directory: Directory, policy: Policy) -> Result<Self> {
        let graph = Graph::build(&directory.revisions)
            .map_err(|found| Error::input("the revisions do not form a graph", found))?;
        let session = SessionSettings::of(&policy);
        let ids = directory.revisions.iter().enumerate();
        let index = ids.map(|(at, revision)| (revision.id.clone(), at)).collect();
        Ok(Self {
            connect,
            session,
            directory,
            graph,
            index,
            policy,
            env: None,
            standbys: Vec::new(),
            opening: Mutex::new(None),
            baseline: None,
        })
    }

    /// Waits for the readers of these hot standbys as well, before it takes what they read.
    #[must_use]
    pub fn beside(self, standbys: Vec<ConnectOptions>) -> Self {
        Self { standbys, ..self }
    }

    /// Says which environment this is, for revisions that are only for some.
    #[must_use]
    pub fn in_env(self, env: Option<String>) -> Self {
        Self { env, ..self }
    }

    /// Lets the first upgrade use a connection that was begun before.
    #[must_use]
    pub fn opened_by(self, opening: Opening) -> Self {
        Self {
            opening: Mutex::new(Some(opening)),
            ..self
        }
    }

    /// The directory's revisions.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Their graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What runners, here or elsewhere, are doing this moment.
    ///
    /// # Errors
    /// No connection.
    pub async fn running(&self) -> Result<Vec<journal::Running>> {
        let session = self.open(Purpose::Lock).await?;
        journal::read_running(session.client()).await
    }

    /// Reads everything that the database holds. Takes no lock.
    ///
    /// # Errors
    /// No connection.
    pub async fn introspect(&self) -> Result<introspect::Introspected> {
        let session = self.open(Purpose::Lock).await?;
        introspect::read(session.client()).await
    }

    /// The rows of the tables that patterns name, as SQL that fills a new database with them. Takes no lock.
    ///
    /// # Errors
    /// No connection, a pattern that names no table, a table without a primary key or with very many rows.
    pub async fn reference_data(&self, patterns: &[String]) -> Result<String> {
        let session = self.open(Purpose::Lock).await?;
        reference::read(session.client(), patterns).await
    }

    /// Reads the journal and says where the database stands. Takes no lock.
    ///
    /// # Errors
    /// No connection, or a journal that cannot be read.
    pub async fn status(&self) -> Result<(Snapshot, Standing)> {
        let (_, journal, standing) = self.look().await?;
        Ok((journal, standing))
    }

    async fn look(&self) -> Result<(Session, Snapshot, Standing)> {
        let (session, journal) =
            session::open_reading(&self.connect, &self.session, Purpose::Lock, |client| {
                Box::pin(journal::read(client))
            })
            .await?;
        let journal = journal?;
        let standing = standing(&self.directory, &self.graph, &journal);
        Ok((session, journal, standing))
    }

    /// The last `most` runs that had something to do, newest first.
    ///
    /// # Errors
    /// No connection, or a journal that cannot be read.
    pub async fn report(&self, most: u32) -> Result<Vec<PastRun>> {
        let session = self.open(Purpose::Lock).await?;
        journal::report(session.client(), most).await
    }

    /// Applies what `request.target` still needs.
    ///
    /// # Errors
    /// Whatever stopped the run; what is done by then stays done, see [`Error::done`].
    pub async fn upgrade(&self, request: &Upgrade, observer: &dyn Observe, stop: &Stop) -> Result<Outcome> {
        match self.upgrade_once(request, observer, stop).await {
            Ok(outcome) => Ok(outcome),
            Err(error) => Err(self.explained(error).await),
        }
    }

    async fn upgrade_once(&self, request: &Upgrade, observer: &dyn Observe, stop: &Stop) -> Result<Outcome> {
        let began = Instant::now();
        let opening = self.opening.lock().ok().and_then(|mut opening| opening.take());
        let opened = async {
            match opening {
                Some(opening) => opening.opened().await,
                None => opening::open(&self.connect, &self.session).await,
            }
        };
        let (lock, brief) = stop.or_asked(opened).await?;
        self.greet(&lock, observer);
        let brief = brief.filter(|_| request.plan.is_none());
        if let Some(applied) = brief.and_then(|brief| self.applied_as_they_are(&brief)) {
            self.ahead(&request.target, &applied)?;
            return Ok(Outcome::nothing(began.elapsed()));
        }
        let journal = journal::read(lock.client()).await?;
        if let Some(plan) = &request.plan {
            self.compare_journal(plan, &journal, &lock).await?;
        }
        let wanted = self
            .judge_and_tell(request, &journal, lock.client(), observer)
            .await?;
        if wanted.is_empty() {
            return Ok(Outcome::nothing(began.elapsed()));
        }
        let applied = standing(&self.directory, &self.graph, &journal).applied;
        let asked = &request.target;
        let request = &Upgrade {
            target: self.fixed(&request.target, &applied)?,
            ..request.clone()
        };
        self.look_at_unknown_relations(&lock, &journal, observer).await?;
        let mut scripts = self.parse_all(&wanted, Direction::Up)?;
        let led = mutex::lead(lock.client(), request.wait, observer, stop, async || {
            let journal = journal::read(lock.client()).await?;
            let standing = standing(&self.directory, &self.graph, &journal);
            let wanted = self.wanted_for(request, &standing)?;
            Ok(if wanted.is_empty() {
                mutex::Poll::Done
            } else {
                mutex::Poll::Wait
            })
        })
        .await?;
        if !led {
            return Ok(Outcome::nothing(began.elapsed()));
        }
        let ran = async {
            let journal = self.journal_for_leader(&lock, observer).await?;
            // What another runner applied meanwhile is not applied again.
            let wanted = self.judge(request, &journal, observer)?;
            if wanted.is_empty() {
                return Ok(Outcome::nothing(began.elapsed()));
            }
            self.look_over(request, &mut scripts, &wanted, &journal, &lock)
                .await?;
            scrutiny::refuse(&scripts, &wanted)?;
            scrutiny::tell(&scripts, &wanted, observer);
            self.look_at_protected(
                lock.client(),
                &scripts,
                &wanted,
                Direction::Up,
                &journal,
                observer,
            )
            .await?;
            let target = match &request.plan {
                Some(plan) => saved::words(plan),
                None => request.target_text.clone(),
            };
            let (mut work, journal) = self.begin(&lock, "upgrade", &target, observer, stop).await?;
            work.fingerprint = request.plan.as_ref().map(SavedPlan::fingerprint);
            work.wait_for_backfills = request.wait_for_backfills;
            let ran = self.apply(&mut work, request, journal, &mut scripts, &lock).await;
            self.end(&work, ran, Direction::Up, began).await
        }
        .await;
        mutex::release(lock.client(), mutex::LEADER).await;
        ran.map_err(|error| judge::by_name(error, "upgrade", asked, &request.target))
    }

    /// Looks at what is about to run beside what is there: the schema, and the plan that was approved.
    async fn look_over(
        &self,
        request: &Upgrade,
        scripts: &mut Scripts,
        wanted: &[RevisionId],
        journal: &Snapshot,
        lock: &Session,
    ) -> Result<()> {
        let Some(plan) = &request.plan else {
            return self
                .scrutinise(scripts, wanted, Direction::Up, journal, lock)
                .await;
        };
        let catalog = self.read_catalog(lock).await?;
        // What it has done so far changed the schema itself; its frozen steps say how it goes on.
        if !self.compare_journal(plan, journal, lock).await? {
            self.compare_schema(plan, &catalog)?;
        }
        self.scrutinise_by(&catalog, scripts, wanted, Direction::Up, journal, Some(plan))?;
        self.compare_steps(plan, scripts, wanted, journal, lock).await
    }

    /// Applies what is wanted, as the leader.
    async fn apply(
        &self,
        work: &mut Work<'_>,
        request: &Upgrade,
        mut journal: Snapshot,
        scripts: &mut Scripts,
        lock: &Session,
    ) -> Result<()> {
        let observer = work.observer;
        let mut wanted = self.judge(request, &journal, &Unobserved)?;
        let contained = self
            .create_from_baseline(lock, work.fence, &request.target, &journal, observer)
            .await?;
        if !contained.is_empty() {
            work.report.revisions.extend(contained);
            journal = journal::read(lock.client()).await?;
            wanted = self.judge(request, &journal, observer)?;
        }
        if wanted.is_empty() {
            return Ok(());
        }
        observer.event(Event::RunStarted {
            direction: Direction::Up,
            revisions: wanted.clone(),
        });
        let configured = &self.policy.protect.value;
        let counted = match request.exact_counts {
            true => Some(Counted::now(work.session.client(), configured, observer).await?),
            false => None,
        };
        self.revisions(work, &wanted, Direction::Up, &journal, scripts)
            .await?;
        work.clean().await?;
        // Nobody declared anything else to a database that was empty.
        if !work.was_unused {
            self.verify_run(work.session.client(), &wanted, observer).await?;
        }
        match counted {
            Some(counted) => {
                counted
                    .compare(work.session.client(), &work.run_id, observer)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Reverts what `request.target` does not need.
    ///
    /// # Errors
    /// A revision without a way back, loss that was not allowed, and whatever stops an upgrade.
    pub async fn downgrade(
        &self,
        request: &Downgrade,
        observer: &dyn Observe,
        stop: &Stop,
    ) -> Result<Outcome> {
        match self.downgrade_once(request, observer, stop).await {
            Ok(outcome) => Ok(outcome),
            Err(error) => Err(self.explained(error).await),
        }
    }

    async fn downgrade_once(
        &self,
        request: &Downgrade,
        observer: &dyn Observe,
        stop: &Stop,
    ) -> Result<Outcome> {
        let began = Instant::now();
        let lock = stop.or_asked(self.open(Purpose::Lock)).await?;
        self.greet(&lock, observer);
        let journal = journal::read(lock.client()).await?;
        let left = self.left(&request.target, &journal)?;
        let unwanted = self.unwanted(&left, &journal)?;
        if unwanted.is_empty() {
            return Ok(Outcome::nothing(began.elapsed()));
        }
        // So many revisions back are those that were there when it was asked for.
        let counted = matches!(request.target, Target::Relative(_)).then_some(unwanted);
        let agreed = request.agreed.as_ref().or(counted.as_ref()).map(Vec::as_slice);
        mutex::lead(lock.client(), request.wait, observer, stop, async || {
            Ok(mutex::Poll::Wait)
        })
        .await?;
        let ran = async {
            let journal = self.journal_for_leader(&lock, observer).await?;
            let unwanted = self.unwanted(&left, &journal)?;
            if unwanted.is_empty() {
                return Ok(Outcome::nothing(began.elapsed()));
            }
            judge::refuse_others(agreed, &unwanted)?;
            let mut scripts = self.parse_all(&unwanted, Direction::Down)?;
            if !request.allow_data_loss {
                self.refuse_loss(lock.client(), &unwanted, &scripts).await?;
            }
            self.scrutinise(&mut scripts, &unwanted, Direction::Down, &journal, &lock)
                .await?;
            scrutiny::tell(&scripts, &unwanted, observer);
            self.look_at_protected(
                lock.client(),
                &scripts,
                &unwanted,
                Direction::Down,
                &journal,
                observer,
            )
            .await?;
            let (mut work, journal) = self
                .begin(&lock, "downgrade", &request.target_text, observer, stop)
                .await?;
            let ran = async {
                let unwanted = self.unwanted(&left, &journal)?;
                judge::refuse_others(agreed, &unwanted)?;
                observer.event(Event::RunStarted {
                    direction: Direction::Down,
                    revisions: unwanted.clone(),
                });
                self.revisions(&mut work, &unwanted, Direction::Down, &journal, &mut scripts)
                    .await
            }
            .await;
            self.end(&work, ran, Direction::Down, began).await
        }
        .await;
        mutex::release(lock.client(), mutex::LEADER).await;
        ran.map_err(|error| judge::by_name(error, "downgrade", &request.target, &left))
    }

    /// The statements of a downgrade that would lose data, each with what goes with it, exactly counted: for a
    /// question before it begins.
    ///
    /// # Errors
    /// What [`Runner::downgrade`] gives before it begins.
    pub async fn downgrade_losses(&self, target: &Target) -> Result<(Vec<RevisionId>, Vec<String>)> {
        let (session, journal, _) = self.look().await?;
        let unwanted = self.unwanted(target, &journal)?;
        let scripts = self.parse_all(&unwanted, Direction::Down)?;
        let losses = self.losses(session.client(), &unwanted, &scripts).await?;
        Ok((unwanted, losses))
    }

    /// Marks revisions as applied (up to `target`) or as not applied, without running anything.
    ///
    /// # Errors
    /// An unknown target, or what keeps the journal from being written.
    pub async fn stamp(
        &self,
        target: &Target,
        wait: mutex::Wait,
        observer: &dyn Observe,
        stop: &Stop,
    ) -> Result<Vec<RevisionId>> {
        self.deciding(wait, observer, stop, async |client, journal, fence| {
            self.write_stamps(client, target, &journal, fence).await
        })
        .await
    }

    /// Decides what became of a step, or accepts an edit of an applied revision.
    ///
    /// # Errors
    /// A revision or step that needs no decision.
    pub async fn resolve(
        &self,
        resolution: &Resolution,
        wait: mutex::Wait,
        observer: &dyn Observe,
        stop: &Stop,
    ) -> Result<String> {
        self.deciding(wait, observer, stop, async |client, journal, fence| {
            self.write_resolution(client, resolution, &journal, fence).await
        })
        .await
    }

    /// Writes something to the journal as the leader, without running a step.
    async fn deciding<T>(
        &self,
        wait: mutex::Wait,
        observer: &dyn Observe,
        stop: &Stop,
        write: impl AsyncFnOnce(&Client, Snapshot, Fence) -> Result<T>,
    ) -> Result<T> {
        let lock = stop.or_asked(self.open(Purpose::Lock)).await?;
        self.greet(&lock, observer);
        mutex::lead(lock.client(), wait, observer, stop, async || {
            Ok(mutex::Poll::Wait)
        })
        .await?;
        let written = async {
            let journal = self.journal_for_leader(&lock, observer).await?;
            let fence = journal::claim(lock.client(), &run_id()).await?;
            write(lock.client(), journal, fence).await
        }
        .await;
        mutex::release(lock.client(), mutex::LEADER).await;
        written
    }

    async fn open(&self, purpose: Purpose) -> Result<Session> {
        session::open(&self.connect, &self.session, purpose).await
    }

    fn greet(&self, session: &Session, observer: &dyn Observe) {
        observer.event(Event::Connected {
            database: self.connect.describe(),
            server_version: session.server_version,
        });
    }

    /// The journal as the leader finds it, its tables brought up to date.
    async fn journal_for_leader(&self, lock: &Session, observer: &dyn Observe) -> Result<Snapshot> {
        let journal = journal::read(lock.client()).await?;
        if journal.version == Some(journal::VERSION) {
            return Ok(journal);
        }
        journal::upgrade(lock.client(), journal.version).await?;
        observer.event(Event::JournalUpgraded {
            from: journal.version,
            to: journal::VERSION,
        });
        journal::read(lock.client()).await
    }

    /// Takes the lead for good: the epoch, and the fence that an orphan of an earlier run may hold. The journal is read
    /// behind it: until then, an orphan could still commit what it had been sent.
    async fn begin<'a>(
        &'a self,
        lock: &'a Session,
        command: &'static str,
        target: &str,
        observer: &'a dyn Observe,
        stop: &'a Stop,
    ) -> Result<(Work<'a>, Snapshot)> {
        let run_id = run_id();
        let history: Box<dyn History> = Box::new(Native);
        if let Some(key) = history.lock_key() {
            mutex::keep_out(lock.client(), key, stop).await?;
        }
        quiesce::quiesce(lock.client(), &self.policy, observer, stop).await?;
        let session = stop.or_asked(self.open(Purpose::Work)).await?;
        orphan::take_fence(&session, lock, observer, stop).await?;
        // Bookkeeping must not hang on an absent synchronous standby; the last write of the run is
        // the barrier that waits for it, with no lock held.
        lock.client()
            .batch_execute("SET synchronous_commit = local")
            .await
            .map_err(session::lost)?;
        let fence = journal::claim(lock.client(), &run_id).await?;
        observer.event(Event::Leading { epoch: fence.epoch });
        let journal = journal::read(lock.client()).await?;
        // Copies that cannot go now go with the next run.
        if let Err(error) = restore::sweep(lock.client(), self.policy.guard.backup_days.value).await {
            observer.event(Event::Warning {
                message: format!("old copies are still there: {error}"),
                hint: Some("`windlass restore --forget ID` lets one go".to_owned()),
            });
        }
        journal::begin_run(
            &run_id,
            fence,
            command,
            target,
            self.policy.profile.value.name(),
            &runner_name(),
        )
        .send(lock.client())
        .await
        .map_err(session::lost)?;
        let work = Work::new(
            session,
            lock,
            fence,
            run_id,
            &self.policy,
            Box::new(Native),
            watchdog::Watchdog::new(&self.connect, &self.session, observer),
            standby::Standbys::new(&self.standbys, &self.session, observer),
            observer,
            stop,
        );
        Ok((work, journal))
    }

    async fn end(
        &self,
        work: &Work<'_>,
        ran: Result<()>,
        direction: Direction,
        began: Instant,
    ) -> Result<Outcome> {
        let result = match &ran {
            Ok(()) if direction == Direction::Up => "applied",
            Ok(()) => "reverted",
            Err(error) if error.kind() == ErrorKind::Interrupted => "interrupted",
            Err(_) => "failed",
        };
        if ran.is_ok() {
            // Else the next leader may take a session that is about to close for what a killed runner left. One that
            // does not answer is not waited for.
            const COURTESY: Duration = Duration::from_secs(1);
            let released = mutex::release(work.session.client(), mutex::WORK);
            let _ = tokio::time::timeout(COURTESY, released).await;
        }
        // The run's own record; when the connection is gone, the next run is no worse for its absence.
        let _ = work.lock.client().batch_execute("RESET synchronous_commit").await;
        let _ = journal::end_run(
            &work.run_id,
            result,
            ran.as_ref().err().map(journal::error_as_json),
            work.report.retries,
            work.report.longest_stall(),
        )
        .send(work.lock.client())
        .await;
        // The run is over and stays what it is; should this fail, the journal still has them.
        let losses = work.losses().await.unwrap_or_default();
        let outcome = work.report.outcome(direction, losses, began.elapsed());
        match ran {
            Ok(()) => Ok(outcome),
            Err(error) => {
                let done = work.report.done().into_iter();
                Err(done.fold(error, Error::with_done).with_outcome(outcome))
            }
        }
    }

    fn file(&self, id: &RevisionId) -> Option<&Revision> {
        self.index.get(id).map(|at| &self.directory.revisions[*at])
    }
}

/// Ids for people: the first few and how many more.
fn list(ids: &[RevisionId]) -> String {
    const MOST: usize = 5;
    let names: Vec<_> = ids.iter().take(MOST).map(RevisionId::as_str).collect();
    match ids.len().checked_sub(MOST) {
        Some(more) if more > 0 => format!("{} and {more} more", names.join(", ")),
        _ => names.join(", "),
    }
}

/// A random UUID (version 4).
pub(crate) fn run_id() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// This process for people: the journal says which runner it was.
pub(crate) fn runner_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} pid {}", host.trim(), std::process::id())
        .trim()
        .to_owned()
}
