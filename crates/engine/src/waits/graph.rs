//! The graph of who waits for whom, and what of it is ours. Pure.

use std::collections::HashMap;
use std::time::Duration;

use windlass_compiler::effect::LockMode;

use crate::blockers::Blocker;

/// One row of the lock table: somebody holds or wants something that somebody waits for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lock {
    /// What is locked, as one word.
    pub(crate) object: String,
    /// As in `pg_locks.locktype`.
    pub(crate) kind: String,
    /// The leader of its lock group: parallel workers do not block each other. None for a prepared
    /// transaction.
    pub(crate) leader: Option<i32>,
    pub(crate) mode: LockMode,
    pub(crate) granted: bool,
    /// How long it has waited; none when it is granted or has only just begun.
    pub(crate) waited: Option<Duration>,
    pub(crate) session: Blocker,
}

/// The lock table at one moment, as far as anybody waits.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) locks: Vec<Lock>,
}

/// A session that waits for us, directly or through others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Waiter {
    pub(crate) session: Blocker,
    /// How long, of all that it has waited, it has waited for us.
    pub(crate) stalled: Duration,
    /// It is an application's: a client's, not one of windlass, and no concurrent index build, which is
    /// there to wait for transactions.
    pub(crate) is_application: bool,
    /// It only reads or changes rows: what it wants is no more than ROW EXCLUSIVE, or a row.
    pub(crate) is_row_work: bool,
    /// Who stands between it and us; none when it waits for us directly.
    pub(crate) through: Option<i32>,
}

impl Snapshot {
    /// The sessions that wait for the backend `ours`, directly or through others. `since` is how long ago
    /// our attempt began: nobody has waited for it longer.
    ///
    /// A session's wait counts from when it began or from when what it waits behind came to wait for us,
    /// whichever is later; otherwise someone who already waited for a third party would be ours at once.
    pub(crate) fn waiting_on(&self, ours: i32, since: Duration) -> Vec<Waiter> {
        let mut found: Vec<Waiter> = Vec::new();
        let mut known: HashMap<i32, Duration> = HashMap::from([(ours, since)]);
        let mut open = vec![ours];
        while let Some(blocker) = open.pop() {
            for wanted in self.locks.iter().filter(|lock| !lock.granted) {
                let Some(pid) = wanted.leader.filter(|pid| !known.contains_key(pid)) else {
                    continue;
                };
                let Some(held) = self.in_the_way(wanted).find(|held| held.leader == Some(blocker)) else {
                    continue;
                };
                let limit = known.get(&blocker).copied().unwrap_or_default();
                // Behind a request that is itself not granted, no longer than that request.
                let limit = if held.granted {
                    limit
                } else {
                    limit.min(held.waited.unwrap_or_default())
                };
                let stalled = wanted.waited.unwrap_or_default().min(limit);
                known.insert(pid, stalled);
                open.push(pid);
                found.push(Waiter {
                    session: wanted.session.clone(),
                    stalled,
                    is_application: wanted.session.is_application() && wanted.kind != "virtualxid",
                    is_row_work: match wanted.kind.as_str() {
                        "relation" => wanted.mode <= LockMode::RowExclusive,
                        "transactionid" | "tuple" | "spectoken" => true,
                        _ => false,
                    },
                    through: (blocker != ours).then_some(blocker),
                });
            }
        }
        found
    }

    /// The sessions that the backend `ours` waits for, each once, those that hold before those that queue.
    pub(crate) fn blockers_of(&self, ours: i32) -> Vec<Blocker> {
        let wanted = self
            .locks
            .iter()
            .filter(|lock| !lock.granted && lock.leader == Some(ours));
        let mut found: Vec<&Lock> = Vec::new();
        for held in wanted.flat_map(|wanted| self.in_the_way(wanted)) {
            if !found.iter().any(|known| known.session.is_same(&held.session)) {
                found.push(held);
            }
        }
        found.sort_by_key(|held| !held.granted);
        found.into_iter().map(|held| held.session.clone()).collect()
    }

    /// What keeps `wanted` from being granted: conflicting modes that are held, and conflicting requests
    /// that were there before.
    fn in_the_way<'a>(&'a self, wanted: &'a Lock) -> impl Iterator<Item = &'a Lock> {
        self.locks.iter().filter(move |other| {
            let is_ahead = other.granted || other.waited > wanted.waited;
            let is_other = other.leader.is_none() || other.leader != wanted.leader;
            other.object == wanted.object && is_other && is_ahead && other.mode.conflicts_with(wanted.mode)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: i32 = 1;

    fn lock(pid: i32, object: &str, mode: LockMode, waited_ms: Option<u64>) -> Lock {
        Lock {
            object: object.to_owned(),
            kind: "relation".to_owned(),
            leader: Some(pid),
            mode,
            granted: waited_ms.is_none(),
            waited: waited_ms.map(Duration::from_millis),
            session: Blocker {
                pid: Some(pid),
                backend: "client backend".to_owned(),
                ..Blocker::default()
            },
        }
    }

    fn stalls(locks: Vec<Lock>, since_ms: u64) -> Vec<(i32, u64)> {
        let snapshot = Snapshot { locks };
        let waiters = snapshot.waiting_on(OURS, Duration::from_millis(since_ms));
        let stall = |waiter: &Waiter| waiter.stalled.as_millis().try_into().unwrap_or(u64::MAX);
        waiters
            .iter()
            .map(|waiter| (waiter.session.pid.unwrap_or_default(), stall(waiter)))
            .collect()
    }

    use LockMode::{AccessExclusive, AccessShare, RowExclusive, ShareUpdateExclusive};

    #[test]
    fn a_query_behind_a_lock_that_we_hold_waits_for_us() {
        let locks = vec![
            lock(OURS, "t", AccessExclusive, None),
            lock(2, "t", AccessShare, Some(300)),
        ];
        assert_eq!(stalls(locks, 1000), [(2, 300)]);
    }

    #[test]
    fn a_query_behind_our_request_waits_for_us_and_one_before_it_does_not() {
        let locks = vec![
            lock(9, "t", RowExclusive, None),
            lock(3, "t", AccessExclusive, Some(900)),
            lock(OURS, "t", AccessExclusive, Some(200)),
            lock(2, "t", AccessShare, Some(100)),
        ];
        assert_eq!(stalls(locks, 1000), [(2, 100)], "3 was there before us");
    }

    #[test]
    fn who_waits_through_another_waits_for_us_from_when_that_one_does() {
        let locks = vec![
            lock(OURS, "t", ShareUpdateExclusive, None),
            lock(2, "t", AccessExclusive, Some(400)),
            lock(3, "t", AccessShare, Some(350)),
            lock(4, "t", AccessShare, Some(300)),
            lock(2, "u", AccessExclusive, None),
            lock(5, "u", AccessShare, Some(5000)),
        ];
        let mut found = stalls(locks, 10_000);
        found.sort_unstable();
        assert_eq!(found, [(2, 400), (3, 350), (4, 300), (5, 400)]);
    }

    #[test]
    fn nobody_has_waited_longer_than_our_attempt() {
        let locks = vec![
            lock(OURS, "t", AccessExclusive, None),
            lock(2, "t", AccessShare, Some(3000)),
        ];
        assert_eq!(stalls(locks, 50), [(2, 50)]);
    }

    #[test]
    fn modes_that_do_not_conflict_make_nobody_wait() {
        let locks = vec![
            lock(OURS, "t", ShareUpdateExclusive, None),
            lock(7, "t", AccessExclusive, Some(10)),
            lock(2, "t", RowExclusive, Some(500)),
        ];
        assert_eq!(stalls(locks, 1000), [(7, 10)], "2 was there before the ALTER");
    }

    #[test]
    fn who_holds_is_named_before_who_queues() {
        let snapshot = Snapshot {
            locks: vec![
                lock(3, "t", AccessExclusive, Some(900)),
                lock(9, "t", RowExclusive, None),
                lock(OURS, "t", AccessExclusive, Some(200)),
            ],
        };
        let pids: Vec<_> = snapshot
            .blockers_of(OURS)
            .iter()
            .map(|blocker| blocker.pid)
            .collect();
        assert_eq!(pids, [Some(9), Some(3)]);
    }
}
