//! Getting blocking locks without making the application wait: who is in the way is looked up before a lock
//! is queued for, and of several locks only the first is waited for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio_postgres::Client;
use windlass_compiler::effect::LockMode;
use windlass_compiler::policy::LanePolicy;

use super::attempt::Limits;
use super::work::{Job, Work};
use crate::blockers::Blocker;
use crate::error::Result;
use crate::event::Event;
use crate::guard::Loss;
use crate::session;
use crate::waits::{self, Holder, Reached};

/// How often the way is looked at while it is not clear.
const LOOK: Duration = Duration::from_millis(100);

/// How often it is said again for whom we wait.
const SAY: Duration = Duration::from_secs(5);

/// What a step wants to lock, and what its earlier attempts taught.
#[derive(Debug, Default)]
pub(super) struct Approach {
    pub(super) wanted: Vec<Reached>,
    /// Tables that autovacuum works on: a weak lock evicts it first.
    weak: Vec<String>,
    /// The relation that an earlier attempt could not have: it is queued for first.
    first: Option<u32>,
    /// LOCK TABLE was refused to this role although the statement may be allowed (a role that may only
    /// reference a table, measured).
    pub(super) bare: bool,
    /// What looked like a loss in an earlier attempt, and is looked into by the next one.
    pub(super) suspected: Vec<Loss>,
    /// The server's `deadlock_timeout`; read when autovacuum is to be evicted.
    deadlock_timeout: Option<Duration>,
    /// Sessions that this role may not end.
    pub(super) untouchable: Vec<Blocker>,
    ages: Ages,
    /// The same on standbys.
    standbys: Ages,
    /// Everybody who was in the way so far, the first of them.
    pub(super) met: Vec<Blocker>,
}

/// Since when sessions have been seen, where the server does not tell how old their transactions are.
#[derive(Debug, Default)]
struct Ages(HashMap<(Option<i32>, String, String), Instant>);

impl Approach {
    /// The first approach, by which `suspected` is looked into.
    pub(super) fn suspecting(suspected: Vec<Loss>) -> Self {
        Self {
            suspected,
            ..Self::default()
        }
    }
}

/// Whether the locks may be asked for.
pub(super) enum Way {
    Clear,
    /// It was not clear for as long as the step has patience.
    Blocked(Vec<Blocker>),
}

impl Work<'_> {
    /// Waits outside the queue until nobody holds what the step wants for longer than the budget already:
    /// whoever comes behind our request would wait for that holder, too.
    pub(super) async fn clear_way(
        &mut self,
        job: &Job<'_>,
        policy: &LanePolicy,
        approach: &mut Approach,
        began: Instant,
    ) -> Result<Way> {
        let Some(oldest) = policy.oldest_holder.filter(|_| job.step.blocks()) else {
            return Ok(Way::Clear);
        };
        approach.wanted = waits::reach(self.session.client(), job.step)
            .await
            .map_err(session::lost)?;
        if approach.wanted.is_empty() {
            return Ok(Way::Clear);
        }
        let (work, lock) = (self.session.pid, self.lock.pid);
        let mut said: Option<(Instant, Vec<Blocker>)> = None;
        loop {
            let holders = self.watchdog.holders(&approach.wanted, [work, lock]).await?;
            if self.end_blockers(job, &holders, approach).await? {
                self.stop.sleep(LOOK / 4).await?;
                continue;
            }
            approach.evict(&holders, policy);
            let mut old = approach.ages.old(holders, oldest);
            if old.is_empty() {
                let readers = self.standbys.holders(&approach.wanted).await;
                old = approach.standbys.old(readers, oldest);
            }
            if old.is_empty() {
                if !approach.weak.is_empty() && approach.deadlock_timeout.is_none() {
                    approach.deadlock_timeout = Some(deadlock_timeout(self.session.client()).await?);
                }
                return Ok(Way::Clear);
            }
            let waited = began.elapsed();
            let blockers: Vec<Blocker> = old.into_iter().map(|holder| holder.blocker).collect();
            if policy.retry_for.is_some_and(|limit| waited >= limit) {
                return Ok(Way::Blocked(blockers));
            }
            let is_news = said.as_ref().is_none_or(|(at, before)| {
                at.elapsed() >= SAY
                    || !before
                        .iter()
                        .zip(&blockers)
                        .all(|(one, other)| one.is_same(other))
            });
            if is_news {
                approach.meet(&blockers);
                self.tell_hidden(&blockers);
                self.observer.event(Event::WaitingForHolders {
                    step: job.name.clone(),
                    blockers: blockers.clone(),
                    waited,
                });
                said = Some((Instant::now(), blockers));
            }
            self.stop.sleep(LOOK).await?;
        }
    }
}

async fn deadlock_timeout(client: &Client) -> Result<Duration> {
    let sql = "SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'";
    let row = client.query_typed_one(sql, &[]).await.map_err(session::lost)?;
    Ok(Duration::from_millis(
        u64::try_from(row.get::<_, i64>(0)).unwrap_or_default(),
    ))
}

impl Ages {
    /// Those that hold for `oldest` or longer. Where the server hides the age of other roles'
    /// transactions it counts from when we saw them first.
    fn old(&mut self, holders: Vec<Holder>, oldest: Duration) -> Vec<Holder> {
        let now = Instant::now();
        let mut seen = HashMap::new();
        let mut old: Vec<Holder> = Vec::new();
        for holder in holders {
            let blocker = &holder.blocker;
            let key = (blocker.pid, blocker.prepared.clone(), blocker.standby.clone());
            let first = self.0.get(&key).copied().unwrap_or(now);
            seen.insert(key, first);
            let age = blocker
                .transaction_age
                .unwrap_or_else(|| now.duration_since(first));
            let is_known = old.iter().any(|known| known.blocker.is_same(blocker));
            if age >= oldest && !blocker.is_evictable_autovacuum() && !is_known {
                old.push(holder);
            }
        }
        self.0 = seen;
        old
    }
}

impl Approach {
    fn evict(&mut self, holders: &[Holder], policy: &LanePolicy) {
        let is_busy = |reached: &&Reached| {
            let mut here = holders.iter().filter(|holder| holder.relation == reached.oid);
            here.any(|holder| holder.blocker.is_evictable_autovacuum())
        };
        let busy = self
            .wanted
            .iter()
            .filter(|reached| reached.lockable && policy.evicts_autovacuum);
        self.weak = busy.filter(is_busy).map(|reached| reached.name.clone()).collect();
    }

    /// Remembers who was in the way.
    pub(super) fn meet(&mut self, blockers: &[Blocker]) {
        const ENOUGH: usize = 20;
        for blocker in blockers {
            if self.met.len() < ENOUGH && !self.met.iter().any(|known| known.is_same(blocker)) {
                self.met.push(blocker.clone());
            }
        }
    }

    /// The relation that could not be had is the one to queue for next time, when the others are free.
    pub(super) fn learn(&mut self, blockers: &[Blocker]) {
        let named = |blocker: &Blocker| {
            let name = blocker.relation.rsplit('.').next().unwrap_or_default().to_owned();
            let is_it = |reached: &&Reached| {
                let last = reached.name.rsplit('.').next().unwrap_or_default();
                !name.is_empty() && last == name
            };
            self.wanted.iter().find(is_it).map(|reached| reached.oid)
        };
        if let Some(oid) = blockers.iter().find_map(named) {
            self.first = Some(oid);
        }
    }

    /// What is sent before the step's first statement, each as one message.
    ///
    /// Only the first lock is queued for. The others follow with a timeout so short that an application
    /// which holds one of them and waits for another is never the deadlock's victim.
    pub(super) fn prelude(&self, limits: &Limits, policy: &LanePolicy) -> Vec<String> {
        let mut sent = Vec::new();
        if self.bare {
            return sent;
        }
        if !self.weak.is_empty() {
            // It yields only to who waits longer than deadlock_timeout. The weak lock blocks no row work.
            const BEYOND: Duration = Duration::from_secs(2);
            let patience = (self.deadlock_timeout.unwrap_or(BEYOND) + BEYOND).as_millis();
            sent.push(format!(
                "SET LOCAL lock_timeout = {patience}; SET LOCAL statement_timeout = 0"
            ));
            sent.extend(
                self.weak
                    .iter()
                    .map(|name| lock_table(&[name], LockMode::ShareUpdateExclusive)),
            );
            sent.push(format!(
                "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
                limits.lock_timeout.as_millis(),
                limits.statement_timeout.as_millis()
            ));
        }
        let mut lockable: Vec<&Reached> = self.wanted.iter().filter(|reached| reached.lockable).collect();
        lockable.sort_by_key(|reached| Some(reached.oid) != self.first);
        let (Some((first, others)), true) = (lockable.split_first(), self.wanted.len() > 1) else {
            return sent;
        };
        sent.push(lock_table(&[&first.name], first.mode));
        let later = policy.later_lock_timeout.unwrap_or(limits.lock_timeout);
        // All of them together, so that many partitions do not add up.
        let together = policy.stall_budget.map_or(Duration::ZERO, |budget| budget / 4);
        sent.push(format!(
            "SET LOCAL lock_timeout = {}; SET LOCAL statement_timeout = {}",
            later.as_millis(),
            together.as_millis()
        ));
        for mode in LockMode::ALL.into_iter().rev() {
            let names: Vec<&str> = others
                .iter()
                .filter(|reached| reached.mode == mode)
                .map(|reached| reached.name.as_str())
                .collect();
            if !names.is_empty() {
                sent.push(lock_table(&names, mode));
            }
        }
        sent.push(format!(
            "SET LOCAL statement_timeout = {}",
            limits.statement_timeout.as_millis()
        ));
        sent
    }
}

/// ONLY always: without it a parent's partitions and a view's tables would be locked, too.
fn lock_table(names: &[impl AsRef<str>], mode: LockMode) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|name| format!("ONLY {}", name.as_ref()))
        .collect();
    format!("LOCK TABLE {} IN {} MODE", names.join(", "), mode.sql())
}

#[cfg(test)]
mod tests {
    use windlass_compiler::lane::Lane;
    use windlass_compiler::policy::Policy;

    use super::*;

    fn reached(oid: u32, name: &str, mode: LockMode, lockable: bool) -> Reached {
        Reached {
            oid,
            name: name.to_owned(),
            mode,
            lockable,
        }
    }

    fn prelude(approach: &Approach) -> Vec<String> {
        let limits = Limits {
            lock_timeout: Duration::from_millis(500),
            statement_timeout: Duration::from_secs(1),
            idle_in_transaction: Duration::from_secs(1),
            blocks: true,
        };
        approach.prelude(&limits, &Policy::default().lane(Lane::Ddl))
    }

    #[test]
    fn one_lock_needs_no_preparation() {
        let approach = Approach {
            wanted: vec![reached(1, "public.t", LockMode::AccessExclusive, true)],
            ..Approach::default()
        };
        assert_eq!(prelude(&approach), Vec::<String>::new());
    }

    #[test]
    fn of_several_locks_only_the_first_is_queued_for() {
        let mut approach = Approach {
            wanted: vec![
                reached(1, "public.i", LockMode::AccessExclusive, false),
                reached(2, "public.t", LockMode::AccessExclusive, true),
                reached(3, "public.p", LockMode::ShareRowExclusive, true),
            ],
            ..Approach::default()
        };
        assert_eq!(
            prelude(&approach),
            [
                "LOCK TABLE ONLY public.t IN ACCESS EXCLUSIVE MODE",
                "SET LOCAL lock_timeout = 50; SET LOCAL statement_timeout = 250",
                "LOCK TABLE ONLY public.p IN SHARE ROW EXCLUSIVE MODE",
                "SET LOCAL statement_timeout = 1000",
            ]
        );
        approach.learn(&[Blocker {
            relation: "p".to_owned(),
            ..Blocker::default()
        }]);
        assert_eq!(
            prelude(&approach)[0],
            "LOCK TABLE ONLY public.p IN SHARE ROW EXCLUSIVE MODE",
            "the one that was not free is queued for next time"
        );
    }

    #[test]
    fn autovacuum_is_evicted_by_a_lock_that_blocks_no_row_work() {
        let approach = Approach {
            wanted: vec![reached(1, "public.t", LockMode::AccessExclusive, true)],
            weak: vec!["public.t".to_owned()],
            deadlock_timeout: Some(Duration::from_secs(1)),
            ..Approach::default()
        };
        assert_eq!(
            prelude(&approach),
            [
                "SET LOCAL lock_timeout = 3000; SET LOCAL statement_timeout = 0",
                "LOCK TABLE ONLY public.t IN SHARE UPDATE EXCLUSIVE MODE",
                "SET LOCAL lock_timeout = 500; SET LOCAL statement_timeout = 1000",
            ]
        );
    }
}
