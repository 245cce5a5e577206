//! How much of the time a backfill works: a pure decision over signals from one query.
//!
//! A signal over its first threshold halves the share of time, one over its second holds the work
//! until it is over; with no signal the share grows back by a tenth at a time.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::directive::BackfillOptions;
use windlass_compiler::duration::show_duration;

/// What one look found; none where the role may not see it, or there is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Signals {
    pub(super) lag: Option<Duration>,
    pub(super) lag_bytes: Option<f64>,
    pub(super) standbys: i64,
    pub(super) slot_bytes: Option<f64>,
    pub(super) slot_in_danger: bool,
    pub(super) waiting: Option<Duration>,
    pub(super) active: i64,
    pub(super) oldest_transaction: Option<Duration>,
    pub(super) dead: Option<f64>,
    pub(super) live: Option<f64>,
    pub(super) wal: f64,
    pub(super) is_vacuumed: bool,
    pub(super) wraparound: bool,
}

/// The thresholds: where it slows down, where it stops.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thresholds {
    lag: (Duration, Duration),
    lag_bytes: (f64, f64),
    slot_bytes: (f64, f64),
    waiting: (Duration, Duration),
    active: Option<i64>,
    transaction: (Duration, Duration),
    wal_per_second: Option<f64>,
    /// Dead tuples as a share of the live ones, at which it vacuums.
    dead: f64,
}

const MB: f64 = 1024.0 * 1024.0;
/// Below this many dead tuples a table is left to autovacuum.
const FEW: f64 = 50_000.0;
const LEAST_DUTY: f64 = 0.1;

impl Thresholds {
    pub(super) fn of(options: &BackfillOptions) -> Self {
        let lag = options.max_lag.unwrap_or(Duration::from_secs(10));
        let transaction = options.max_transaction.unwrap_or(Duration::from_secs(30 * 60));
        // A slot that somebody forgot would hold it for ever, so it stops there only where that is said.
        let slot = match options.max_slot_mb {
            Some(most) => (most as f64 * MB / 4.0, most as f64 * MB),
            None => (1024.0 * MB, f64::INFINITY),
        };
        Self {
            lag: (lag.mul_f64(0.15), lag),
            lag_bytes: (64.0 * MB, 512.0 * MB),
            slot_bytes: slot,
            waiting: (Duration::from_millis(100), Duration::from_secs(1)),
            active: options
                .max_active
                .map(|most| i64::try_from(most).unwrap_or(i64::MAX)),
            transaction: (transaction / 6, transaction),
            wal_per_second: options.max_wal_mb.map(|most| most as f64 * MB),
            dead: options.max_dead.unwrap_or(20) as f64 / 100.0,
        }
    }
}

/// What to do until the next look.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Verdict {
    /// The share of time to work; zero is to hold.
    pub(super) duty: f64,
    /// Somebody waits for us: the next batch is smaller.
    pub(super) smaller: bool,
    /// The table wants VACUUM.
    pub(super) vacuum: bool,
    /// Why, a phrase each.
    pub(super) reasons: Vec<String>,
}

/// The throttle between two looks.
#[derive(Debug, Clone)]
pub(super) struct Throttle {
    thresholds: Thresholds,
    duty: f64,
    most_standbys: i64,
    wal: Option<f64>,
}

impl Throttle {
    pub(super) fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            duty: 1.0,
            most_standbys: 0,
            wal: None,
        }
    }

    /// Decides, `since` the last look.
    pub(super) fn judge(&mut self, signals: &Signals, since: Duration) -> Verdict {
        let limits = &self.thresholds;
        let mut slow = Vec::new();
        let mut hold = Vec::new();
        let mut grade = |over_first: bool, over_second: bool, reason: String| {
            if over_second {
                hold.push(reason);
            } else if over_first {
                slow.push(reason);
            }
        };
        let mut timed = |value: Option<Duration>, (first, second): (Duration, Duration), what: &str| {
            if let Some(value) = value {
                let shown = show_duration(Duration::from_millis(value.as_millis() as u64));
                grade(value > first, value > second, format!("{what} {shown}"));
            }
        };
        timed(signals.lag, limits.lag, "a standby replays with a lag of");
        timed(signals.waiting, limits.waiting, "a session has waited for us for");
        timed(
            signals.oldest_transaction,
            limits.transaction,
            "VACUUM is held up by a transaction of",
        );
        let mut sized = |value: Option<f64>, (first, second): (f64, f64), what: &str| {
            if let Some(value) = value {
                grade(
                    value > first,
                    value > second,
                    format!("{what} {:.0} MB", value / MB),
                );
            }
        };
        sized(
            signals.lag_bytes,
            limits.lag_bytes,
            "a standby is behind in replay by",
        );
        sized(
            signals.slot_bytes,
            limits.slot_bytes,
            "a replication slot retains WAL of",
        );
        grade(
            signals.slot_in_danger,
            signals.slot_in_danger,
            "a replication slot is about to lose WAL".to_owned(),
        );
        grade(
            signals.wraparound,
            signals.wraparound,
            "VACUUM to prevent wraparound is at work on the table".to_owned(),
        );
        grade(
            signals.standbys < self.most_standbys,
            false,
            format!("of {} standbys {} are left", self.most_standbys, signals.standbys),
        );
        grade(
            limits.active.is_some_and(|most| signals.active > most),
            limits.active.is_some_and(|most| signals.active > 2 * most),
            format!("{} sessions are active", signals.active),
        );
        grade(
            signals.is_vacuumed,
            false,
            "autovacuum is at work on the table".to_owned(),
        );
        if let (Some(before), Some(most)) = (self.wal, limits.wal_per_second) {
            let rate = (signals.wal - before) / since.as_secs_f64().max(0.001);
            grade(
                rate > most,
                false,
                format!("the server writes {:.0} MB of WAL a second", rate / MB),
            );
        }
        self.wal = Some(signals.wal);
        self.most_standbys = self.most_standbys.max(signals.standbys);
        let dead = signals.dead.unwrap_or_default();
        let vacuum =
            dead > FEW && dead > limits.dead * signals.live.unwrap_or_default() && !signals.is_vacuumed;
        let holds = !hold.is_empty();
        if !slow.is_empty() || holds {
            self.duty = (self.duty * 0.5).max(LEAST_DUTY);
        } else {
            self.duty = (self.duty + 0.1).min(1.0);
        }
        hold.append(&mut slow);
        Verdict {
            duty: if holds { 0.0 } else { self.duty },
            smaller: signals
                .waiting
                .is_some_and(|waiting| waiting > self.thresholds.waiting.0),
            vacuum,
            reasons: hold,
        }
    }
}

/// How long to rest after a batch that took `took`.
pub(super) fn rest(took: Duration, duty: f64) -> Duration {
    if duty >= 1.0 || duty <= 0.0 {
        return Duration::ZERO;
    }
    took.mul_f64((1.0 - duty) / duty).min(Duration::from_secs(5))
}

/// Looks.
pub(super) async fn look(
    client: &Client,
    pids: &[i32],
    tables: &[u32],
) -> std::result::Result<Signals, tokio_postgres::Error> {
    let row = client
        .query_typed_one(
            include_str!("observe.sql"),
            &[(&pids, Type::INT4_ARRAY), (&tables, Type::OID_ARRAY)],
        )
        .await?;
    let seconds = |column: usize| -> Option<Duration> {
        Duration::try_from_secs_f64(row.get::<_, Option<f64>>(column)?).ok()
    };
    Ok(Signals {
        lag: seconds(0),
        lag_bytes: row.get(1),
        standbys: row.get(2),
        slot_bytes: row.get(3),
        slot_in_danger: row.get(4),
        waiting: seconds(5),
        active: row.get(6),
        oldest_transaction: seconds(7),
        dead: row.get(8),
        live: row.get(9),
        wal: row.get(10),
        is_vacuumed: row.get(11),
        wraparound: row.get(12),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn throttle() -> Throttle {
        Throttle::new(Thresholds::of(&BackfillOptions {
            max_slot_mb: Some(4096),
            ..BackfillOptions::default()
        }))
    }

    #[test]
    fn quiet_signals_leave_all_of_the_time() {
        let verdict = throttle().judge(&Signals::default(), SECOND);
        assert_eq!((verdict.duty, verdict.reasons), (1.0, vec![]));
    }

    #[test]
    fn each_signal_slows_down_and_then_holds_with_its_reason() {
        type Set = fn(&mut Signals, f64);
        let table: [(Set, f64, f64, &str); 5] = [
            (
                |signals, value| signals.lag = Some(Duration::from_secs_f64(value)),
                2.0,
                11.0,
                "a standby replays with a lag of",
            ),
            (
                |signals, value| signals.lag_bytes = Some(value),
                100.0 * MB,
                600.0 * MB,
                "a standby is behind in replay by",
            ),
            (
                |signals, value| signals.slot_bytes = Some(value),
                2000.0 * MB,
                5000.0 * MB,
                "a replication slot retains WAL of",
            ),
            (
                |signals, value| signals.waiting = Some(Duration::from_secs_f64(value)),
                0.2,
                1.5,
                "a session has waited for us for",
            ),
            (
                |signals, value| signals.oldest_transaction = Some(Duration::from_secs_f64(value)),
                400.0,
                2000.0,
                "VACUUM is held up by a transaction of",
            ),
        ];
        for (set, slow, hold, reason) in table {
            let mut signals = Signals::default();
            set(&mut signals, slow);
            let verdict = throttle().judge(&signals, SECOND);
            assert_eq!(verdict.duty, 0.5, "{reason}");
            assert!(verdict.reasons[0].starts_with(reason), "{:?}", verdict.reasons);
            set(&mut signals, hold);
            assert_eq!(throttle().judge(&signals, SECOND).duty, 0.0, "{reason}");
        }
    }

    #[test]
    fn a_forgotten_slot_slows_down_and_holds_only_where_that_is_said() {
        let signals = Signals {
            slot_bytes: Some(1e15),
            ..Signals::default()
        };
        let mut throttle = Throttle::new(Thresholds::of(&BackfillOptions::default()));
        assert_eq!(throttle.judge(&signals, SECOND).duty, 0.5);
    }

    #[test]
    fn it_recovers_slowly_and_never_stops_for_a_first_threshold() {
        let mut throttle = throttle();
        let slow = Signals {
            lag: Some(Duration::from_secs(2)),
            ..Signals::default()
        };
        for _ in 0..10 {
            throttle.judge(&slow, SECOND);
        }
        assert_eq!(throttle.judge(&slow, SECOND).duty, LEAST_DUTY);
        let recovered = throttle.judge(&Signals::default(), SECOND).duty;
        assert!((recovered - 0.2).abs() < 1e-9);
    }

    #[test]
    fn a_standby_that_goes_away_is_noticed() {
        let mut throttle = throttle();
        throttle.judge(
            &Signals {
                standbys: 2,
                ..Signals::default()
            },
            SECOND,
        );
        let verdict = throttle.judge(
            &Signals {
                standbys: 1,
                ..Signals::default()
            },
            SECOND,
        );
        assert_eq!(verdict.reasons, ["of 2 standbys 1 are left"]);
    }

    #[test]
    fn dead_tuples_ask_for_a_vacuum_and_a_running_one_is_awaited() {
        let mut signals = Signals {
            dead: Some(300_000.0),
            live: Some(1_000_000.0),
            ..Signals::default()
        };
        assert!(throttle().judge(&signals, SECOND).vacuum);
        signals.is_vacuumed = true;
        let verdict = throttle().judge(&signals, SECOND);
        assert!(!verdict.vacuum && verdict.duty < 1.0);
    }

    #[test]
    fn a_rest_is_the_other_share_of_the_time() {
        assert_eq!(rest(SECOND, 0.5), SECOND);
        assert_eq!(rest(SECOND, 1.0), Duration::ZERO);
        assert_eq!(rest(Duration::from_millis(100), 0.1), Duration::from_millis(900));
    }
}
