//! Every setting as value + origin, and what the settings mean for one statement.
//! Reading files, variables and flags is left to the program; secrets never come here.

mod build;
mod origin;
mod settings;
mod value;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

pub use build::{Builder, SettingError, SettingErrorKind};
pub use origin::{Origin, Setting};
pub use settings::{Kind, SETTINGS, SettingInfo};
pub use value::{Backoff, Given, LockWait};

use crate::duration::show_duration;
use crate::lane::Lane;
use value::LockWaitRule;

/// Behind the first blocking lock the application already queues; the others may not add to that.
const LATER_LOCK_TIMEOUT: Duration = Duration::from_millis(50);

/// The watchdog looks ten times per budget and a look costs 2–3 ms of the server's time.
const SHORTEST_STALL_BUDGET: Duration = Duration::from_millis(50);

/// A set of defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Traffic keeps flowing; the stall budget is kept.
    Live,
    /// The services are stopped; locks are had soon or not at all, and work may take its time.
    Maintenance,
    /// The literal numbers of the deployment guides that Windlass grew out of.
    Guide,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Live, Self::Maintenance, Self::Guide];
    pub(crate) const NAMES: [&str; 3] = [Self::Live.name(), Self::Maintenance.name(), Self::Guide.name()];

    /// The profile's name in settings and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Maintenance => "maintenance",
            Self::Guide => "guide",
        }
    }
}

/// What becomes of a statement that a rule finds hazardous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// It is replaced by its safe equivalent where there is one, and refused where there is none.
    Rewrite,
    /// The run is refused.
    Refuse,
    /// It runs as written, after a warning.
    Warn,
    /// It runs as written.
    Off,
}

impl Safety {
    /// Every choice.
    pub const ALL: [Self; 4] = [Self::Rewrite, Self::Refuse, Self::Warn, Self::Off];

    /// The choice's name in settings and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rewrite => "rewrite",
            Self::Refuse => "refuse",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}

/// What becomes of a concurrent build or a validation when an application query waits behind
/// somebody's DDL that waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDdlWaiter {
    /// Ours is cancelled and tried again.
    Cancel,
    /// Ours goes on; the application waits.
    Keep,
}

impl OnDdlWaiter {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Cancel, Self::Keep];

    /// The choice's name in settings and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Keep => "keep",
        }
    }
}

/// Of which tables what a step takes away is copied first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupMode {
    /// Of none.
    Off,
    /// Of protected ones, and nothing is taken from them that was not copied.
    Protected,
    /// Of all that a statement names, as far as that can be.
    All,
}

impl BackupMode {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Off, Self::Protected, Self::All];

    /// The choice's name in settings and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Protected => "protected",
            Self::All => "all",
        }
    }
}

macro_rules! named {
    ($($type:ident),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.into_iter().find(|it| it.name() == word).ok_or_else(|| UnknownWord(word.to_owned()))
            }
        }
    )*};
}
named!(Profile, Safety, OnDdlWaiter, BackupMode);

/// A word that a setting does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a value of this setting")]
pub struct UnknownWord(pub String);

/// Every setting in force. Made by [`Policy::builder`]; the default is the profile `live`.
///
/// ```
/// # use std::time::Duration;
/// use windlass_compiler::lane::Lane;
/// use windlass_compiler::policy::{Origin, Policy};
///
/// let policy = Policy::builder()
///     .set("stall_budget", "500ms", Origin::Flag("--stall-budget".into()))?
///     .set("lane.ddl.retry_for", "5m", Origin::Program)?
///     .build()
///     .map_err(|mut errors| errors.remove(0))?;
/// assert_eq!(policy.lane(Lane::Ddl).lock_timeout.longest(), Some(Duration::from_millis(250)));
/// assert_eq!(policy.stall_budget.origin.to_string(), "--stall-budget");
/// # Ok::<(), windlass_compiler::policy::SettingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Which set of defaults applies.
    pub profile: Setting<Profile>,
    /// The directory of revisions, as written.
    pub dir: Setting<String>,
    /// The file that describes the whole schema, as written.
    pub schema_file: Setting<Option<String>>,
    /// Whether an upgrade to the head writes the schema file anew.
    pub snapshot_after_upgrade: Setting<bool>,
    /// Whether the schema file has owners and privileges.
    pub snapshot_roles: Setting<bool>,
    /// Tables whose rows the schema file has too.
    pub snapshot_data: Setting<Vec<String>>,
    /// The server that shadow databases are made on; nothing is one of our own.
    pub shadow_url: Setting<Option<String>>,
    /// The schema that is wanted, as written.
    pub autogenerate_schema: Setting<Option<String>>,
    /// Schemas and objects that diffs leave alone.
    pub autogenerate_exclude: Setting<Vec<String>>,
    /// Tables that may lose neither rows nor columns nor themselves.
    pub protect: Setting<Vec<String>>,
    /// The role to SET ROLE to.
    pub role: Setting<Option<String>>,
    /// The names of the schemas that unqualified names are looked up in; empty leaves the server's.
    pub search_path: Setting<Vec<String>>,
    /// Whether a database ahead of the files is refused.
    pub strict: Setting<bool>,
    /// What becomes of a statement that a rule finds hazardous.
    pub safety: Setting<Safety>,
    /// The longest that an application query may wait for a lock of ours. Nothing where the
    /// services are taken to be stopped (maintenance, guide); always something in `live`.
    pub stall_budget: Setting<Option<Duration>>,
    /// What becomes of a build that the application waits for through somebody's DDL.
    pub on_ddl_waiter: Setting<OnDdlWaiter>,
    /// Hot standbys whose readers are waited for as well, as connection strings.
    pub standby_urls: Setting<Vec<String>>,
    /// How long to wait while another runner is at work; nothing is without end.
    pub wait_timeout: Setting<Option<Duration>>,
    /// How long to wait for application sessions to leave before the first step.
    pub quiesce_timeout: Setting<Duration>,
    /// How long our transaction may idle; see [`LanePolicy::blocking_idle_timeout`].
    pub idle_in_transaction_timeout: Setting<Option<Duration>>,
    /// Which sessions in our way may be ended.
    pub blockers: BlockerPolicy,
    /// What is copied before it goes away.
    pub guard: GuardPolicy,
    /// Objects that `check` does not compare.
    pub check_ignore: Setting<Vec<String>>,
    /// What `lint` looks at, and how.
    pub lint: LintPolicy,
    /// How long one concurrent index build may take.
    pub index_deadline: Setting<Option<Duration>>,
    lanes: [LaneSettings; Lane::ALL.len()],
    entries: Vec<Entry>,
}

/// Which sessions in our way may be ended, and after how long. Nothing is ended unless somebody says so; a
/// superuser's, a replication's and windlass's own sessions never are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockerPolicy {
    /// A session that idles in its transaction for this long is terminated.
    pub terminate_idle_in_transaction: Setting<Option<Duration>>,
    /// A query that runs for this long is cancelled.
    pub cancel_queries: Setting<Option<Duration>>,
    /// An autovacuum is cancelled at once, unless it prevents wraparound.
    pub cancel_autovacuum: Setting<bool>,
    /// Only sessions of these roles; any where it is empty.
    pub roles: Setting<Vec<String>>,
    /// Only sessions of these `application_name`s; any where it is empty.
    pub applications: Setting<Vec<String>>,
}

/// What is copied before it goes away.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardPolicy {
    /// Of which tables.
    pub backup: Setting<BackupMode>,
    /// How many days copies are kept; nothing is for good.
    pub backup_days: Setting<Option<u32>>,
    /// The most that one step may copy; nothing is no limit.
    pub backup_megabytes: Setting<Option<u32>>,
}

/// What `lint` looks at, and what it takes for granted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LintPolicy {
    /// Rules that are not asked.
    pub off: Setting<Vec<String>>,
    /// Files and folders that are left out.
    pub exclude: Setting<Vec<String>>,
    /// Whether another tool sends each file as one transaction.
    pub in_transaction: Setting<bool>,
    /// The server's version, where no database is asked.
    pub server_version: Setting<Option<String>>,
}

/// One line of `windlass config`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The setting.
    pub info: &'static SettingInfo,
    /// The value, in the notation that sets it. A text or list that is not set is empty.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// A lane's settings before the stall budget of a statement is known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LaneSettings {
    lock_timeout: Setting<LockWaitRule>,
    statement_timeout: Setting<Option<Duration>>,
    retry_for: Setting<Option<Duration>>,
    attempts: Setting<Option<u32>>,
    backoff: Setting<Backoff>,
}

/// What the directives above a statement say about its execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `stall-budget`: may tighten the budget, not loosen it.
    pub stall_budget: Option<Setting<Duration>>,
    /// `lock-timeout`; 0 is no limit.
    pub lock_timeout: Option<Setting<Duration>>,
    /// `statement-timeout`; 0 is no limit.
    pub statement_timeout: Option<Setting<Duration>>,
}

/// How a statement is executed: a lane's settings under the stall budget, everything resolved.
/// `None` is "no limit" throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LanePolicy {
    /// The lane.
    pub lane: Lane,
    /// The longest that an application query may wait for a lock of this statement's.
    pub stall_budget: Option<Duration>,
    /// How long the first lock is waited for.
    pub lock_timeout: LockWait,
    /// How long each lock behind the first blocking one is waited for.
    pub later_lock_timeout: Option<Duration>,
    /// A holder that is older than this is not queued behind: the attempt ends before it starts.
    pub oldest_holder: Option<Duration>,
    /// Whether autovacuum is evicted by a weak lock first. It yields only to a waiter that
    /// outlasts `deadlock_timeout`, which a lock wait under the budget never does.
    pub evicts_autovacuum: bool,
    /// How long one statement may run. Longer than the budget only under a live watchdog.
    pub statement_timeout: Option<Duration>,
    /// How long a catalog-only statement may run: the budget bounds it even where the runner is
    /// frozen and no watchdog looks.
    pub catalog_statement_timeout: Option<Duration>,
    /// How long our transaction may idle.
    pub idle_in_transaction_timeout: Option<Duration>,
    /// How long our transaction may idle while it holds a blocking lock.
    pub blocking_idle_timeout: Option<Duration>,
    /// How long to go on retrying, from the first attempt's start; zero is no retry.
    pub retry_for: Option<Duration>,
    /// How often to try at most, the first time included.
    pub attempts: Option<u32>,
    /// The pause between two attempts.
    pub backoff: Backoff,
    /// How long all of it may take: `index_deadline` in the index lane.
    pub deadline: Option<Duration>,
}

impl LanePolicy {
    /// Whether a failed attempt may be followed by another one at all.
    pub fn retries(&self) -> bool {
        self.retry_for != Some(Duration::ZERO) && self.attempts != Some(1)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::of(Profile::Live)
    }
}

impl Policy {
    /// Starts from the built-in values.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A profile's defaults, nothing else said.
    pub fn of(profile: Profile) -> Self {
        build::defaults(profile)
    }

    /// Every setting in the order of [`SETTINGS`].
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One setting as `windlass config` shows it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.info.key == key)
    }

    /// How often the watchdog looks: ten times per budget.
    pub fn watch_interval(&self) -> Option<Duration> {
        self.stall_budget.value.map(|budget| budget / 10)
    }

    /// How a statement of this lane is executed when no directive stands above it.
    pub fn lane(&self, lane: Lane) -> LanePolicy {
        let settings = self.settings(lane);
        self.resolve(lane, settings, self.stall_budget.value)
    }

    /// How a statement of this lane is executed under its directives. What the environment or a
    /// flag has set stands: they outrank a directive.
    pub fn for_statement(&self, lane: Lane, overrides: &Overrides) -> Result<LanePolicy, SettingError> {
        let budget = self.tightened(overrides)?;
        let mut settings = self.settings(lane).clone();
        if let Some(timeout) = &overrides.statement_timeout
            && timeout.origin.outranks(&settings.statement_timeout.origin)
        {
            settings.statement_timeout = timeout.clone().map(some_unless_zero);
        }
        if let Some(wait) = &overrides.lock_timeout
            && wait.origin.outranks(&settings.lock_timeout.origin)
        {
            settings.lock_timeout = wait.clone().map(LockWaitRule::of);
            if self.profile.value == Profile::Live && lane == Lane::Ddl {
                build::check_ddl_lock_wait("lock-timeout", &settings.lock_timeout, budget)?;
            }
        }
        Ok(self.resolve(lane, &settings, budget))
    }

    fn settings(&self, lane: Lane) -> &LaneSettings {
        &self.lanes[lane as usize]
    }

    fn tightened(&self, overrides: &Overrides) -> Result<Option<Duration>, SettingError> {
        let current = &self.stall_budget;
        let Some(wanted) = &overrides.stall_budget else {
            return Ok(current.value);
        };
        if !wanted.origin.outranks(&current.origin) {
            return Ok(current.value);
        }
        build::check_stall_budget("stall-budget", Some(wanted.value), &wanted.origin)?;
        match current.value {
            Some(budget) if wanted.value > budget => {
                Err(SettingError::loosened(wanted, budget, &current.origin))
            }
            _ => Ok(Some(wanted.value)),
        }
    }

    fn resolve(&self, lane: Lane, settings: &LaneSettings, budget: Option<Duration>) -> LanePolicy {
        let is_ddl = lane == Lane::Ddl;
        let mut lock_timeout = settings
            .lock_timeout
            .value
            .resolve(budget)
            .unwrap_or(LockWait::None);
        if let Some(budget) = budget
            && is_ddl
            && self.profile.value == Profile::Live
        {
            // A directive may have tightened the budget below what the lane was set to.
            lock_timeout = lock_timeout.at_most(budget / 2);
        }
        let statement_timeout = settings.statement_timeout.value;
        let idle = self.idle_in_transaction_timeout.value;
        LanePolicy {
            lane,
            stall_budget: budget,
            lock_timeout,
            later_lock_timeout: shorter(
                lock_timeout.longest(),
                budget
                    .filter(|_| is_ddl)
                    .map(|budget| LATER_LOCK_TIMEOUT.min(budget / 4)),
            ),
            oldest_holder: budget.filter(|_| is_ddl),
            evicts_autovacuum: is_ddl && budget.is_some(),
            statement_timeout,
            catalog_statement_timeout: shorter(statement_timeout, budget),
            idle_in_transaction_timeout: idle,
            // The application has waited for the statements before, too.
            blocking_idle_timeout: shorter(idle, budget.map(|budget| budget / 2)),
            retry_for: settings.retry_for.value,
            attempts: settings.attempts.value,
            backoff: settings.backoff.value,
            deadline: self.index_deadline.value.filter(|_| lane == Lane::Index),
        }
    }
}

/// The shorter of two limits, where `None` is no limit.
fn shorter(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn some_unless_zero(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}

fn limit_text(limit: Option<Duration>) -> String {
    limit.map_or_else(|| "none".to_owned(), show_duration)
}

#[cfg(test)]
mod tests;
