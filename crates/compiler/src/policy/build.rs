//! From what everybody wrote to one checked policy: layering, then the rules between settings.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::origin::{Origin, Setting};
use super::settings::{SETTINGS, SettingInfo};
use super::value::{Backoff, Given, LockWait, LockWaitRule, Value};
use super::{
    BlockerPolicy, Entry, GuardPolicy, LaneSettings, LintPolicy, Policy, Profile, SHORTEST_STALL_BUDGET,
    limit_text,
};
use crate::diagnostic::{Diagnostic, suggest};
use crate::duration::show_duration;
use crate::lane::Lane;

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingErrorKind {
    /// No setting has this key.
    UnknownKey,
    /// The value cannot be read.
    Unreadable,
    /// The value breaks a promise or contradicts another setting.
    Conflict,
    /// A directive loosens the stall budget.
    Loosened,
}

/// A setting that cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError(Box<Fault>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    kind: SettingErrorKind,
    key: String,
    origin: Origin,
    message: String,
    help: Vec<String>,
}

impl SettingError {
    fn new(kind: SettingErrorKind, key: &str, origin: &Origin, message: impl Into<String>) -> Self {
        Self(Box::new(Fault {
            kind,
            key: key.to_owned(),
            origin: origin.clone(),
            message: message.into(),
            help: Vec::new(),
        }))
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help.push(help.into());
        self
    }

    pub(super) fn loosened(wanted: &Setting<Duration>, budget: Duration, by: &Origin) -> Self {
        let (wanted_text, budget) = (show_duration(wanted.value), show_duration(budget));
        Self::new(
            SettingErrorKind::Loosened,
            "stall-budget",
            &wanted.origin,
            format!(
                "a directive may tighten the stall budget of {budget} ({by}), not loosen it to {wanted_text}"
            ),
        )
        .help(format!(
            "remove the directive, or raise `stall_budget` to {wanted_text} for the whole run"
        ))
    }

    /// What is wrong.
    pub fn kind(&self) -> SettingErrorKind {
        self.0.kind
    }

    /// The key as it was given.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// Who gave it.
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The same as a diagnostic without a place: whoever read the file knows the place.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.to_string());
        diagnostic.help.clone_from(&self.0.help);
        diagnostic
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for SettingError {}

/// Collects what everybody wrote, in any order: the origin decides which value wins.
#[derive(Debug, Clone, Default)]
pub struct Builder {
    given: Vec<(&'static SettingInfo, Setting<Value>)>,
}

impl Builder {
    /// Sets the profile, as the key `profile` does.
    pub fn profile(&mut self, profile: Profile, origin: Origin) -> &mut Self {
        if let Some(info) = SettingInfo::find("profile") {
            self.given
                .push((info, Setting::new(Value::Choice(profile.name()), origin)));
        }
        self
    }

    /// Sets one setting. The value is read at once, so that a wrong one is reported even where
    /// another layer outranks it.
    pub fn set(
        &mut self,
        key: &str,
        given: impl Into<Given>,
        origin: Origin,
    ) -> Result<&mut Self, SettingError> {
        let Some(info) = SettingInfo::find(key) else {
            return Err(unknown_key(key, &origin));
        };
        match info.kind.read(&given.into()) {
            Ok(value) => {
                self.given.push((info, Setting::new(value, origin)));
                Ok(self)
            }
            Err(reason) => Err(SettingError::new(
                SettingErrorKind::Unreadable,
                key,
                &origin,
                format!("`{key}`: {reason}"),
            )
            .help(format!(
                "`{key}` is {}; it takes {}",
                info.meaning,
                info.kind.expects()
            ))),
        }
    }

    /// The policy, or everything that is wrong between its settings.
    pub fn build(&self) -> Result<Policy, Vec<SettingError>> {
        let policy = self.lower();
        let errors = conflicts(&policy);
        if errors.is_empty() {
            Ok(policy)
        } else {
            Err(errors)
        }
    }

    fn lower(&self) -> Policy {
        let profile = self
            .winner("profile")
            .and_then(|setting| word(setting.value))
            .map_or(Profile::Live, parsed);
        let layered: Vec<(&'static SettingInfo, Setting<Value>)> = SETTINGS
            .iter()
            .map(|info| {
                (
                    info,
                    self.winner(info.key).unwrap_or_else(|| default(info, profile)),
                )
            })
            .collect();
        Lowered(&layered).policy()
    }

    fn winner(&self, key: &str) -> Option<Setting<Value>> {
        // `max_by_key` keeps the last of equals: a flag given twice means its last value.
        self.given
            .iter()
            .filter(|(info, _)| info.key == key)
            .map(|(_, setting)| setting)
            .max_by_key(|setting| setting.origin.rank())
            .cloned()
    }
}

fn default(info: &'static SettingInfo, profile: Profile) -> Setting<Value> {
    let text = info.default_in(profile);
    let origin = if text == info.default_in(Profile::Live) {
        Origin::Default
    } else {
        Origin::Profile(profile)
    };
    let value = info
        .kind
        .read(&Given::from(text))
        .expect("every default in SETTINGS is of its setting's kind");
    Setting::new(value, origin)
}

pub(super) fn defaults(profile: Profile) -> Policy {
    let mut builder = Builder::default();
    builder.profile(
        profile,
        if profile == Profile::Live {
            Origin::Default
        } else {
            Origin::Program
        },
    );
    builder.lower()
}

/// The layered values, one for each row of the table.
struct Lowered<'a>(&'a [(&'static SettingInfo, Setting<Value>)]);

impl Lowered<'_> {
    fn policy(&self) -> Policy {
        Policy {
            profile: self.get("profile", word).map(parsed),
            dir: self.get("dir", text),
            schema_file: self.get("schema_file", text).map(some_unless_empty),
            snapshot_after_upgrade: self.get("snapshot.after_upgrade", boolean),
            snapshot_roles: self.get("snapshot.roles", boolean),
            snapshot_data: self.get("snapshot.data", list),
            shadow_url: self.get("shadow_url", text).map(some_unless_empty),
            autogenerate_schema: self.get("autogenerate.schema", text).map(some_unless_empty),
            autogenerate_exclude: self.get("autogenerate.exclude", list),
            protect: self.get("protect", list),
            guard: GuardPolicy {
                backup: self.get("guard.backup", word).map(parsed),
                backup_days: self.get("guard.backup_days", optional_count),
                backup_megabytes: self.get("guard.backup_megabytes", optional_count),
            },
            role: self.get("role", text).map(some_unless_empty),
            search_path: self.get("search_path", list).map(unquoted),
            strict: self.get("strict", boolean),
            safety: self.get("safety", word).map(parsed),
            stall_budget: self.get("stall_budget", optional_duration),
            on_ddl_waiter: self.get("on_ddl_waiter", word).map(parsed),
            standby_urls: self.get("standby_urls", list),
            wait_timeout: self.get("wait_timeout", optional_duration),
            quiesce_timeout: self.get("quiesce_timeout", duration),
            idle_in_transaction_timeout: self.get("idle_in_transaction_timeout", optional_duration),
            blockers: BlockerPolicy {
                terminate_idle_in_transaction: self
                    .get("blockers.terminate_idle_in_transaction", optional_duration),
                cancel_queries: self.get("blockers.cancel_queries", optional_duration),
                cancel_autovacuum: self.get("blockers.cancel_autovacuum", boolean),
                roles: self.get("blockers.roles", list),
                applications: self.get("blockers.applications", list),
            },
            check_ignore: self.get("check.ignore", list),
            lint: LintPolicy {
                off: self.get("lint.off", list),
                exclude: self.get("lint.exclude", list),
                in_transaction: self.get("lint.in_transaction", boolean),
                server_version: self.get("lint.server_version", text).map(some_unless_empty),
            },
            index_deadline: self.get("index_deadline", optional_duration),
            lanes: Lane::ALL.map(|lane| self.lane(lane)),
            entries: self
                .0
                .iter()
                .map(|(info, setting)| Entry {
                    info,
                    value: setting.value.to_string(),
                    origin: setting.origin.clone(),
                })
                .collect(),
        }
    }

    fn lane(&self, lane: Lane) -> LaneSettings {
        let key = |name: &str| format!("lane.{lane}.{name}");
        LaneSettings {
            lock_timeout: self.get(&key("lock_timeout"), lock_wait),
            statement_timeout: self.get(&key("statement_timeout"), optional_duration),
            retry_for: self.get(&key("retry_for"), optional_duration),
            attempts: self.get(&key("attempts"), optional_count),
            backoff: self.get(&key("backoff"), backoff),
        }
    }

    fn get<T>(&self, key: &str, pick: impl FnOnce(Value) -> Option<T>) -> Setting<T> {
        let found = self.0.iter().find(|(info, _)| info.key == key);
        let Setting { value, origin } = found.expect("every setting of a policy is in SETTINGS").1.clone();
        Setting::new(
            pick(value).expect("a setting's kind in SETTINGS is the one its policy field needs"),
            origin,
        )
    }
}

macro_rules! picks {
    ($($name:ident: $variant:ident -> $type:ty;)*) => {$(
        fn $name(value: Value) -> Option<$type> {
            if let Value::$variant(it) = value { Some(it) } else { None }
        }
    )*};
}
picks! {
    duration: Duration -> Duration;
    optional_duration: OptionalDuration -> Option<Duration>;
    optional_count: OptionalCount -> Option<u32>;
    lock_wait: LockWait -> LockWaitRule;
    backoff: Backoff -> Backoff;
    word: Choice -> &'static str;
    list: List -> Vec<String>;
    boolean: Boolean -> bool;
    text: Text -> String;
}

fn parsed<T: FromStr>(word: &'static str) -> T {
    // `Result::expect` would want `Debug` of the error.
    word.parse()
        .ok()
        .expect("a choice in SETTINGS is a variant's name")
}

/// Names as they are, also where somebody wrote them with SQL's quotes.
fn unquoted(names: Vec<String>) -> Vec<String> {
    let bare = |name: &String| {
        let inside = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        inside.map_or_else(|| name.clone(), |inside| inside.replace("\"\"", "\""))
    };
    names.iter().map(bare).collect()
}

fn some_unless_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn unknown_key(key: &str, origin: &Origin) -> SettingError {
    let error = |message| SettingError::new(SettingErrorKind::UnknownKey, key, origin, message);
    let keys = || SETTINGS.iter().map(|info| info.key);
    if let Some(near) = suggest(key, keys()) {
        return error(format!("`{key}` is no setting")).help(format!("did you mean `{near}`?"));
    }
    // `retry_for` alone, or under a section that has none.
    let name = key.rsplit('.').next().unwrap_or(key);
    let elsewhere: Vec<_> = keys()
        .filter(|known| known.rsplit('.').next() == Some(name))
        .map(|known| format!("`{known}`"))
        .collect();
    let error = error(format!("`{key}` is no setting"));
    if elsewhere.is_empty() {
        error.help("`windlass config` lists every setting")
    } else {
        error.help(format!("did you mean {}?", elsewhere.join(" or ")))
    }
}

/// Everything that is wrong between the settings of a policy.
fn conflicts(policy: &Policy) -> Vec<SettingError> {
    let mut errors = Vec::new();
    let mut check = |result: Result<(), SettingError>| errors.extend(result.err());
    let is_live = policy.profile.value == Profile::Live;
    let budget = policy.stall_budget.value;

    if policy.dir.value.is_empty() {
        check(Err(
            conflict("dir", &policy.dir.origin, "`dir` is empty").help("write . for the directory itself")
        ));
    }
    check(check_stall_budget(
        "stall_budget",
        budget,
        &policy.stall_budget.origin,
    ));
    let lacks_budget = is_live && budget.is_none();
    if lacks_budget {
        check(Err(conflict(
            "stall_budget",
            &policy.stall_budget.origin,
            "the profile live cannot do without a stall budget",
        )
        .help(
            "write a duration such as 1s, or use `profile = \"maintenance\"` while the services are stopped",
        )));
    }
    for lane in Lane::ALL {
        let settings = policy.settings(lane);
        let key = format!("lane.{lane}.lock_timeout");
        if !lacks_budget {
            check(check_share(&key, &settings.lock_timeout, budget));
            if is_live && lane == Lane::Ddl {
                check(check_ddl_lock_wait(&key, &settings.lock_timeout, budget));
            }
        }
        check(check_retry(lane, settings));
    }
    errors
}

fn conflict(key: &str, origin: &Origin, message: impl Into<String>) -> SettingError {
    SettingError::new(SettingErrorKind::Conflict, key, origin, message)
}

pub(super) fn check_stall_budget(
    key: &str,
    budget: Option<Duration>,
    origin: &Origin,
) -> Result<(), SettingError> {
    let Some(budget) = budget.filter(|budget| *budget < SHORTEST_STALL_BUDGET) else {
        return Ok(());
    };
    let (budget, shortest) = (show_duration(budget), show_duration(SHORTEST_STALL_BUDGET));
    Err(conflict(
        key,
        origin,
        format!("a stall budget of {budget} is shorter than the watchdog can keep"),
    )
    .help(format!("write {shortest} or more")))
}

fn check_share(
    key: &str,
    wait: &Setting<LockWaitRule>,
    budget: Option<Duration>,
) -> Result<(), SettingError> {
    if wait.value.resolve(budget).is_some() {
        return Ok(());
    }
    Err(conflict(
        key,
        &wait.origin,
        format!("`{key}` is a share of the stall budget, and there is none"),
    )
    .help("write a duration such as 5s, or set `stall_budget`"))
}

/// A stall is the lock wait, the hold and the commit: half of the budget is all that the wait may use.
pub(super) fn check_ddl_lock_wait(
    key: &str,
    wait: &Setting<LockWaitRule>,
    budget: Option<Duration>,
) -> Result<(), SettingError> {
    let Some(budget) = budget else { return Ok(()) };
    let longest = wait.value.resolve(Some(budget)).and_then(LockWait::longest);
    if longest.is_some_and(|longest| longest <= budget / 2) {
        return Ok(());
    }
    let half = show_duration(budget / 2);
    let error = conflict(
        key,
        &wait.origin,
        format!(
            "`{key}` is {}, more than half of the stall budget of {}: whoever queues behind us would wait longer than it allows",
            limit_text(longest),
            show_duration(budget)
        ),
    )
    .help(format!("write {half} or less, and let `lane.ddl.retry_for` do the waiting"));
    Err(match longest {
        Some(longest) => error.help(format!(
            "or raise `stall_budget` to {}",
            show_duration(longest * 2)
        )),
        None => error.help("or use `profile = \"maintenance\"` while the services are stopped"),
    })
}

fn check_retry(lane: Lane, settings: &LaneSettings) -> Result<(), SettingError> {
    let (retry_for, attempts) = (&settings.retry_for, &settings.attempts);
    // The one that somebody wrote last is the one to change.
    let (name, origin) = if attempts.origin.outranks(&retry_for.origin) {
        ("attempts", &attempts.origin)
    } else {
        ("retry_for", &retry_for.origin)
    };
    let key = format!("lane.{lane}.{name}");
    match (retry_for.value, attempts.value) {
        (None, None) => Err(
            conflict(&key, origin, format!("lane {lane} would retry for ever")).help(format!(
                "set `lane.{lane}.retry_for` or `lane.{lane}.attempts`, or both"
            )),
        ),
        (Some(Duration::ZERO), Some(attempts)) if attempts > 1 => Err(conflict(
            &key,
            origin,
            format!("lane {lane} has {attempts} attempts but no time to retry in"),
        )
        .help(format!(
            "set `lane.{lane}.retry_for` to none, or to a duration such as 10m"
        ))),
        _ => Ok(()),
    }
}
