//! The graph of who waits for whom, and what of it is ours. Pure.

use std::collections::{BinaryHeap, HashMap};
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
    ///
    /// Who waits through several others has waited for us as long as the longest of those ways says.
    pub(crate) fn waiting_on(&self, ours: i32, since: Duration) -> Vec<Waiter> {
        let behind = self.edges();
        let mut found: Vec<Waiter> = Vec::new();
        let mut places: HashMap<i32, usize> = HashMap::new();
        let mut open = BinaryHeap::from([(since, ours)]);
        while let Some((limit, blocker)) = open.pop() {
            let best = places.get(&blocker).map(|place| found[*place].stalled);
            if best.is_some_and(|best| best > limit) {
                continue;
            }
            for edge in behind.get(&blocker).into_iter().flatten() {
                let wanted = edge.wanted;
                let Some(pid) = wanted.leader.filter(|pid| *pid != ours) else {
                    continue;
                };
                let stalled = wanted.waited.unwrap_or_default().min(limit).min(edge.at_most);
                let waiter = || Waiter {
                    session: wanted.session.clone(),
                    stalled,
                    is_application: wanted.session.is_application() && wanted.kind != "virtualxid",
                    is_row_work: match wanted.kind.as_str() {
                        "relation" => wanted.mode <= LockMode::RowExclusive,
                        "transactionid" | "tuple" | "spectoken" => true,
                        _ => false,
                    },
                    through: (blocker != ours).then_some(blocker),
                };
                match places.get(&pid) {
                    None => {
                        places.insert(pid, found.len());
                        found.push(waiter());
                    }
                    Some(place) if found[*place].stalled < stalled => found[*place] = waiter(),
                    Some(_) => continue,
                }
                open.push((stalled, pid));
            }
        }
        found
    }

    /// For each session those that wait behind it.
    fn edges(&self) -> HashMap<i32, Vec<Edge<'_>>> {
        let mut objects: HashMap<&str, Vec<&Lock>> = HashMap::new();
        for lock in &self.locks {
            objects.entry(&lock.object).or_default().push(lock);
        }
        let mut behind: HashMap<i32, Vec<Edge<'_>>> = HashMap::new();
        for locks in objects.values() {
            for wanted in locks.iter().filter(|lock| !lock.granted) {
                for held in locks.iter().filter(|held| held.is_ahead_of(wanted)) {
                    let Some(blocker) = held.leader else { continue };
                    // Behind a request that is itself not granted, no longer than that request.
                    let at_most = if held.granted {
                        Duration::MAX
                    } else {
                        held.waited.unwrap_or_default()
                    };
                    behind.entry(blocker).or_default().push(Edge { wanted, at_most });
                }
            }
        }
        behind
    }

    /// The sessions that the backend `ours` waits for, each once, those that hold before those that queue.
    pub(crate) fn blockers_of(&self, ours: i32) -> Vec<Blocker> {
        let wanted = self
            .locks
            .iter()
            .filter(|lock| !lock.granted && lock.leader == Some(ours));
        let mut found: Vec<&Lock> = Vec::new();
        let in_the_way = wanted.flat_map(|wanted| self.locks.iter().filter(|held| held.is_ahead_of(wanted)));
        for held in in_the_way {
            if !found.iter().any(|known| known.session.is_same(&held.session)) {
                found.push(held);
            }
        }
        found.sort_by_key(|held| !held.granted);
        found.into_iter().map(|held| held.session.clone()).collect()
    }

    /// Of those that wait for the backend `ours` the ones that it waits for itself: nobody goes on until one
    /// of them is failed.
    pub(crate) fn deadlocked_with(&self, ours: i32, waiters: &[Waiter]) -> Vec<Blocker> {
        let mut blockers = self.blockers_of(ours);
        let leader = |session: &Blocker| {
            let theirs = |lock: &&Lock| lock.session.is_same(session);
            self.locks.iter().find(theirs).and_then(|lock| lock.leader)
        };
        let waiting: Vec<i32> = waiters
            .iter()
            .filter_map(|waiter| leader(&waiter.session))
            .collect();
        blockers.retain(|blocker| leader(blocker).is_some_and(|leader| waiting.contains(&leader)));
        blockers
    }
}

/// `wanted` waits behind somebody, by this way no longer than that.
struct Edge<'a> {
    wanted: &'a Lock,
    at_most: Duration,
}

impl Lock {
    /// Whether it keeps `wanted` from being granted: a conflicting mode that is held, or a conflicting
    /// request that was there before.
    fn is_ahead_of(&self, wanted: &Self) -> bool {
        let is_ahead = self.granted || self.waited > wanted.waited;
        let is_other = self.leader.is_none() || self.leader != wanted.leader;
        self.object == wanted.object && is_other && is_ahead && self.mode.conflicts_with(wanted.mode)
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
    fn of_several_ways_to_us_the_longest_counts() {
        let locks = vec![
            lock(OURS, "t", AccessExclusive, None),
            lock(2, "t", AccessShare, Some(900)),
            lock(3, "t", AccessShare, Some(100)),
            lock(2, "u", RowExclusive, None),
            lock(3, "u", RowExclusive, None),
            lock(4, "u", AccessExclusive, Some(800)),
        ];
        let mut found = stalls(locks, 1000);
        found.sort_unstable();
        assert_eq!(found, [(2, 900), (3, 100), (4, 800)]);
    }

    #[test]
    fn who_waits_for_us_while_we_wait_for_them_is_in_a_deadlock_with_us() {
        let build = |snapshot: Lock| {
            let locks = vec![
                lock(OURS, "t", ShareUpdateExclusive, None),
                lock(2, "t", AccessExclusive, Some(300)),
                lock(3, "t", AccessShare, Some(200)),
                lock(OURS, "snapshot", LockMode::Share, Some(10)),
                snapshot,
            ];
            let snapshot = Snapshot { locks };
            let waiters = snapshot.waiting_on(OURS, Duration::from_secs(1));
            let others = snapshot.deadlocked_with(OURS, &waiters);
            others.iter().filter_map(|other| other.pid).collect::<Vec<_>>()
        };
        assert_eq!(build(lock(2, "snapshot", LockMode::Exclusive, None)), [2]);
        assert_eq!(build(lock(9, "snapshot", LockMode::Exclusive, None)), [0; 0]);
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
