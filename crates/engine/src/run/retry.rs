//! Whether a failed attempt is worth another, and when. Pure: time and chance are passed in.

use std::time::Duration;

use windlass_compiler::lane::Lane;
use windlass_compiler::policy::LanePolicy;

/// Why an attempt failed, as far as trying again is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 55P03: a lock was not had within lock_timeout.
    LockTimeout,
    /// 40P01: PostgreSQL broke a deadlock by failing us.
    Deadlock,
    /// 40001.
    Serialization,
    /// Our own watchdog ended it, for the sake of the application.
    OwnCancel,
    /// The same, because it could not see who waits.
    Blind,
    /// The work session was ended, and nothing of the step was committed.
    Lost,
    /// 57014 by statement_timeout: what changes only the catalog held its lock for the whole stall budget.
    TooLong,
    /// The way to the lock was not clear for as long as the step has patience.
    NeverClear,
    /// It commits by itself, and failed behind what it may have committed: again would be twice.
    Partly,
    /// Anything else: trying again would fail again.
    Final,
}

impl Failure {
    /// The class of a server error. Whether a cancel was ours is for the caller to know.
    pub(crate) fn of(sqlstate: &str, cancelled_by_us: bool) -> Self {
        match sqlstate {
            "55P03" => Self::LockTimeout,
            "40P01" => Self::Deadlock,
            "40001" => Self::Serialization,
            "57014" if cancelled_by_us => Self::OwnCancel,
            _ => Self::Final,
        }
    }

    /// The failure in words that continue "attempt N failed: ".
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::LockTimeout => "the lock was not free in time",
            Self::Deadlock => "it waited for who waited for it (a deadlock)",
            Self::Serialization => "the transaction could not be serialized",
            Self::OwnCancel => "application queries had waited too long",
            Self::Blind => "nobody could see whether application queries waited",
            Self::Lost => "the session was ended, and nothing was committed",
            Self::TooLong => "it was not done within the stall budget",
            Self::NeverClear => "the lock was never free",
            Self::Partly => "the statement failed, perhaps in its middle",
            Self::Final => "the statement failed",
        }
    }
}

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after this pause.
    RetryAfter(Duration),
    /// The failure stands.
    GiveUp,
}

/// Decides after attempt number `attempt` (from 1) failed, `elapsed` after the first one began.
/// `chance` is a random number in 0..1 for full jitter.
pub(crate) fn next(
    policy: &LanePolicy,
    failure: Failure,
    attempt: u32,
    elapsed: Duration,
    chance: f64,
) -> Next {
    let is_final = matches!(failure, Failure::Final | Failure::Partly | Failure::NeverClear);
    if is_final || !policy.retries() {
        return Next::GiveUp;
    }
    // A data change that made the application wait would do it again: it wants to be a backfill.
    if failure == Failure::OwnCancel && policy.lane == Lane::Dml {
        return Next::GiveUp;
    }
    // So would a long build or scan: it has seen the same traffic three times.
    const LOST_TO_TRAFFIC: u32 = 3;
    let is_long = matches!(policy.lane, Lane::Index | Lane::Validate);
    if failure == Failure::OwnCancel && is_long && attempt >= LOST_TO_TRAFFIC {
        return Next::GiveUp;
    }
    // A moment later it can be seen again, or it cannot for a reason that stays.
    const UNSEEN: u32 = 3;
    if failure == Failure::Blind && policy.lane != Lane::Ddl && attempt >= UNSEEN {
        return Next::GiveUp;
    }
    // Somebody who ends our session again and again means it.
    const ENDED: u32 = 3;
    if failure == Failure::Lost && attempt >= ENDED {
        return Next::GiveUp;
    }
    if policy.attempts.is_some_and(|most| attempt >= most) {
        return Next::GiveUp;
    }
    let ceiling = policy.backoff.ceiling(attempt);
    let pause = if policy.backoff.is_jittered() {
        ceiling.mul_f64(chance)
    } else {
        ceiling
    };
    if policy.retry_for.is_some_and(|limit| elapsed + pause > limit) {
        return Next::GiveUp;
    }
    Next::RetryAfter(pause)
}

#[cfg(test)]
mod tests {
    use windlass_compiler::policy::Policy;

    use super::*;

    fn after(lane: Lane, failure: Failure, attempt: u32, elapsed: u64) -> Next {
        next(
            &Policy::default().lane(lane),
            failure,
            attempt,
            Duration::from_secs(elapsed),
            1.0,
        )
    }

    #[test]
    fn locks_deadlocks_and_serialization_are_retried_and_nothing_else() {
        for failure in [
            Failure::LockTimeout,
            Failure::Deadlock,
            Failure::Serialization,
            Failure::OwnCancel,
            Failure::TooLong,
        ] {
            assert!(
                matches!(after(Lane::Ddl, failure, 1, 0), Next::RetryAfter(_)),
                "{failure:?}"
            );
        }
        assert_eq!(after(Lane::Ddl, Failure::Final, 1, 0), Next::GiveUp);
        assert_eq!(after(Lane::Dml, Failure::Partly, 1, 0), Next::GiveUp);
        assert_eq!(
            Failure::of("57014", false),
            Failure::Final,
            "somebody else's cancel is an order"
        );
    }

    #[test]
    fn data_changes_wait_two_four_six_seconds() {
        let pauses: Vec<_> = (1..=3)
            .map(|attempt| after(Lane::Dml, Failure::LockTimeout, attempt, 0))
            .collect();
        assert_eq!(
            pauses,
            [2, 4, 6].map(|seconds| Next::RetryAfter(Duration::from_secs(seconds)))
        );
    }

    #[test]
    fn a_data_change_that_made_the_application_wait_is_not_retried() {
        assert_eq!(after(Lane::Dml, Failure::OwnCancel, 1, 0), Next::GiveUp);
    }

    #[test]
    fn what_could_not_be_watched_is_tried_three_times() {
        for lane in [Lane::Dml, Lane::Index, Lane::Validate] {
            assert!(matches!(after(lane, Failure::Blind, 2, 0), Next::RetryAfter(_)));
            assert_eq!(after(lane, Failure::Blind, 3, 0), Next::GiveUp);
        }
        assert!(matches!(
            after(Lane::Ddl, Failure::Blind, 3, 0),
            Next::RetryAfter(_)
        ));
    }

    #[test]
    fn a_build_that_made_the_application_wait_three_times_is_given_up() {
        assert!(matches!(
            after(Lane::Index, Failure::OwnCancel, 2, 0),
            Next::RetryAfter(_)
        ));
        assert_eq!(after(Lane::Index, Failure::OwnCancel, 3, 0), Next::GiveUp);
        assert!(matches!(
            after(Lane::Ddl, Failure::OwnCancel, 3, 0),
            Next::RetryAfter(_)
        ));
    }

    #[test]
    fn patience_ends_by_time_or_by_count() {
        assert_eq!(after(Lane::Ddl, Failure::LockTimeout, 60, 600), Next::GiveUp);
        assert!(matches!(
            after(Lane::Index, Failure::Deadlock, 9, 100_000),
            Next::RetryAfter(_)
        ));
        assert_eq!(after(Lane::Index, Failure::Deadlock, 10, 0), Next::GiveUp);
        assert_eq!(after(Lane::Utility, Failure::LockTimeout, 1, 0), Next::GiveUp);
    }
}
