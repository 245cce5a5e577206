//! The one table of settings. The parser, `windlass config`, the documentation and every error
//! about a setting read it; a setting is added here and lowered in `Policy`.

use super::Profile;

/// What kind of value a setting takes, and so how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A length of time; `0` is no time at all.
    Duration,
    /// A timeout; `0` and `none` switch it off.
    Timeout,
    /// A length of time to go on for; `0` is not at all, `none` is without end.
    Period,
    /// How long a lock is waited for: a timeout, a share of the stall budget, or a ramp.
    LockWait,
    /// The pause between two attempts.
    Backoff,
    /// A number from 1, or `none` for no limit.
    Count,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Names.
    List,
    /// `true` or `false`.
    Boolean,
    /// Free text.
    Text,
}

impl Kind {
    /// What to write, as a noun phrase.
    pub fn expects(self) -> String {
        match self {
            Self::Duration => "a duration such as 30s".to_owned(),
            Self::Timeout => "a duration such as 30s, or none".to_owned(),
            Self::Period => "a duration such as 10m, 0 for not at all, or none for no limit".to_owned(),
            Self::LockWait => {
                "a duration such as 5s, budget/2, a ramp such as 50ms..budget/2, or none".to_owned()
            }
            Self::Backoff => "`none`, `linear 2s` or `exponential 250ms..10s`".to_owned(),
            Self::Count => "a number from 1, or none".to_owned(),
            Self::Choice(words) => match words.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, others)) => format!("one of {} and {last}", others.join(", ")),
                None => "nothing".to_owned(),
            },
            Self::List => "a list of names such as [\"leads\", \"faqs\"]".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Text => "text".to_owned(),
        }
    }
}

/// Everything about one setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingInfo {
    /// The dotted key in `windlass.toml`.
    pub key: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// What it does, as a phrase.
    pub meaning: &'static str,
    defaults: [&'static str; 3],
}

impl SettingInfo {
    /// The setting with this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The environment variable that sets it: `WINDLASS_LANE_DDL_RETRY_FOR`.
    pub fn variable(&self) -> String {
        format!("WINDLASS_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The value in force when nobody says otherwise, in the setting's notation.
    pub fn default_in(&self, profile: Profile) -> &'static str {
        let [live, maintenance, guide] = self.defaults;
        match profile {
            Profile::Live => live,
            Profile::Maintenance => maintenance,
            Profile::Guide => guide,
        }
    }
}

const fn same(key: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> SettingInfo {
    SettingInfo {
        key,
        kind,
        meaning,
        defaults: [default; 3],
    }
}

const fn row(
    key: &'static str,
    kind: Kind,
    defaults: [&'static str; 3],
    meaning: &'static str,
) -> SettingInfo {
    SettingInfo {
        key,
        kind,
        meaning,
        defaults,
    }
}

const LOCK: &str = "how long one lock is waited for";
const STATEMENT: &str = "how long one statement may run";
const RETRY_FOR: &str = "how long to go on retrying";
const ATTEMPTS: &str = "how often to try at most, the first time included";
const BACKOFF: &str = "the pause between two attempts";

const DEFAULT_BACKOFF: &str = "exponential 250ms..10s";
/// 2 s, 4 s, 6 s …
const DML_BACKOFF: &str = "linear 2s";

/// Every setting. The three values of a row are the defaults of live, maintenance and guide.
#[rustfmt::skip]
pub static SETTINGS: &[SettingInfo] = &[
    same("profile", Kind::Choice(&Profile::NAMES), "live", "which set of defaults applies"),
    same("dir", Kind::Text, "migrations", "the directory of revisions"),
    same("schema_file", Kind::Text, "", "the file that describes the whole schema"),
    same("snapshot.after_upgrade", Kind::Boolean, "false", "whether an upgrade to the head writes the schema file anew"),
    same("snapshot.roles", Kind::Boolean, "false", "whether the schema file has owners and privileges"),
    same("snapshot.data", Kind::List, "", "tables whose rows the schema file has too: reference data of a new database"),
    same("shadow_url", Kind::Text, "", "the server that shadow databases are made on; one of our own where none is named"),
    same("autogenerate.schema", Kind::Text, "", "the schema that is wanted: a file, a folder, a database, or cmd: and what prints it"),
    same("autogenerate.exclude", Kind::List, "", "schemas and objects that diff and autogenerate leave alone"),
    same("protect", Kind::List, "", "tables that may lose neither rows nor columns nor themselves"),
    same("guard.backup", Kind::Choice(&["off", "protected", "all"]), "off", "of which tables what a step takes away is copied first"),
    same("guard.backup_days", Kind::Count, "30", "how many days such copies are kept"),
    same("guard.backup_megabytes", Kind::Count, "1024", "the most that one step may copy"),
    same("role", Kind::Text, "", "the role to SET ROLE to"),
    same("search_path", Kind::List, "", "the schemas that unqualified names are looked up in"),
    same("strict", Kind::Boolean, "false", "whether a database ahead of the files is refused"),
    row("safety", Kind::Choice(&["rewrite", "refuse", "warn", "off"]), ["rewrite", "warn", "rewrite"], "what becomes of a statement that a rule finds hazardous"),
    row("stall_budget", Kind::Timeout, ["1s", "none", "none"], "the longest that an application query may wait for a lock of ours"),
    row("on_ddl_waiter", Kind::Choice(&["cancel", "keep"]), ["cancel", "keep", "keep"], "what becomes of an index build that an application waits for through somebody's DDL"),
    same("standby_urls", Kind::List, "", "hot standbys whose readers are waited for as well"),
    same("wait_timeout", Kind::Period, "30m", "how long to wait while another runner is at work"),
    row("quiesce_timeout", Kind::Duration, ["0", "30s", "0"], "how long to wait for application sessions to leave"),
    same("idle_in_transaction_timeout", Kind::Timeout, "1m", "how long our transaction may idle; the stall budget where that is shorter and a blocking lock is held"),
    same("blockers.terminate_idle_in_transaction", Kind::Timeout, "none", "after how long a session that idles in its transaction and holds what we want is terminated"),
    same("blockers.cancel_queries", Kind::Timeout, "none", "after how long a query that holds what we want is cancelled"),
    same("blockers.cancel_autovacuum", Kind::Boolean, "false", "whether an autovacuum in our way is cancelled at once"),
    same("blockers.roles", Kind::List, "", "the only roles whose sessions may be ended; all but superusers where none is named"),
    same("blockers.applications", Kind::List, "", "the only application names whose sessions may be ended; all where none is named"),
    same("check.ignore", Kind::List, "", "objects that `check` does not compare, such as `extension pg_stat_statements` or `* monitoring.*`"),
    same("lint.off", Kind::List, "", "rules that are not asked, by name"),
    same("lint.exclude", Kind::List, "", "files and folders that lint leaves out, by the beginning or the end of their path"),
    same("lint.in_transaction", Kind::Boolean, "false", "whether another tool sends each file as one transaction"),
    same("lint.server_version", Kind::Text, "", "the server's version that lint takes for granted, such as 15 or 14.2"),
    same("index_deadline", Kind::Timeout, "none", "how long one concurrent index build may take"),

    //                                                      live              maintenance  guide
    row("lane.ddl.lock_timeout",           Kind::LockWait, ["50ms..budget/2", "5s",        "5s"],   LOCK),
    row("lane.ddl.statement_timeout",      Kind::Timeout,  ["2m",             "none",      "2m"],   STATEMENT),
    row("lane.ddl.retry_for",              Kind::Period,   ["10m",            "0",         "0"],    RETRY_FOR),
    row("lane.ddl.attempts",               Kind::Count,    ["none",           "none",      "none"], ATTEMPTS),
    row("lane.ddl.backoff",                Kind::Backoff,  [DEFAULT_BACKOFF; 3],                    BACKOFF),

    // While a concurrent build waits for old snapshots a lock timeout would fail it and leave an
    // INVALID index behind; so maintenance's 5 s stop here.
    row("lane.index.lock_timeout",         Kind::LockWait, ["none",           "none",      "1m"],   LOCK),
    row("lane.index.statement_timeout",    Kind::Timeout,  ["none",           "none",      "none"], STATEMENT),
    row("lane.index.retry_for",            Kind::Period,   ["none",           "none",      "none"], RETRY_FOR),
    row("lane.index.attempts",             Kind::Count,    ["10",             "10",        "10"],   ATTEMPTS),
    row("lane.index.backoff",              Kind::Backoff,  ["exponential 1s..30s"; 3],              BACKOFF),

    row("lane.validate.lock_timeout",      Kind::LockWait, ["none",           "5s",        "5s"],   LOCK),
    row("lane.validate.statement_timeout", Kind::Timeout,  ["none",           "none",      "2m"],   STATEMENT),
    row("lane.validate.retry_for",         Kind::Period,   ["10m",            "0",         "0"],    RETRY_FOR),
    row("lane.validate.attempts",          Kind::Count,    ["none",           "none",      "none"], ATTEMPTS),
    row("lane.validate.backoff",           Kind::Backoff,  [DML_BACKOFF; 3],                        BACKOFF),

    row("lane.dml.lock_timeout",           Kind::LockWait, ["1m",             "5s",        "1m"],   LOCK),
    row("lane.dml.statement_timeout",      Kind::Timeout,  ["none",           "none",      "none"], STATEMENT),
    row("lane.dml.retry_for",              Kind::Period,   ["10m",            "0",         "none"], RETRY_FOR),
    row("lane.dml.attempts",               Kind::Count,    ["none",           "none",      "4"],    ATTEMPTS),
    row("lane.dml.backoff",                Kind::Backoff,  [DML_BACKOFF; 3],                        BACKOFF),

    // A batch that fails is halved, so even maintenance goes on here.
    row("lane.backfill.lock_timeout",      Kind::LockWait, ["1s",             "5s",        "1m"],   LOCK),
    row("lane.backfill.statement_timeout", Kind::Timeout,  ["30s",            "none",      "none"], STATEMENT),
    row("lane.backfill.retry_for",         Kind::Period,   ["10m",            "10m",       "none"], RETRY_FOR),
    row("lane.backfill.attempts",          Kind::Count,    ["none",           "none",      "4"],    ATTEMPTS),
    row("lane.backfill.backoff",           Kind::Backoff,  [DEFAULT_BACKOFF, DEFAULT_BACKOFF, DML_BACKOFF], BACKOFF),

    row("lane.utility.lock_timeout",       Kind::LockWait, ["5s",             "5s",        "5s"],   LOCK),
    row("lane.utility.statement_timeout",  Kind::Timeout,  ["none",           "none",      "none"], STATEMENT),
    row("lane.utility.retry_for",          Kind::Period,   ["0",              "0",         "0"],    RETRY_FOR),
    row("lane.utility.attempts",           Kind::Count,    ["none",           "none",      "none"], ATTEMPTS),
    row("lane.utility.backoff",            Kind::Backoff,  [DEFAULT_BACKOFF; 3],                    BACKOFF),
];
