//! Ending sessions in our way, where the settings under `blockers` say so. Who may be ended is pure.

use std::time::Duration;

use tokio_postgres::types::Type;
use windlass_compiler::policy::BlockerPolicy;

use super::acquire::Approach;
use super::work::{Job, Work};
use crate::error::Result;
use crate::event::Event;
use crate::journal;
use crate::session;
use crate::waits::Holder;

/// What is done to a session in our way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Terminate,
    CancelQuery,
}

/// What `policy` says about a session that holds what we want; none where it is let be.
fn action(holder: &Holder, policy: &BlockerPolicy) -> Option<Action> {
    let blocker = &holder.blocker;
    let is_named = |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
    let is_due = |after: Option<Duration>| {
        let since = holder.in_state.or(blocker.transaction_age).unwrap_or_default();
        after.is_some_and(|after| since >= after)
    };
    blocker.pid?;
    if blocker.is_autovacuum() {
        return (policy.cancel_autovacuum.value && blocker.is_evictable_autovacuum())
            .then_some(Action::CancelQuery);
    }
    // A hidden backend type may be anything's; only what is seen to be a client is touched.
    let is_client = blocker.backend == "client backend";
    let may_end = is_client
        && !holder.is_superuser
        && !blocker.is_windlass()
        && is_named(&policy.roles.value, &blocker.user)
        && is_named(&policy.applications.value, &blocker.application);
    match blocker.state.as_str() {
        _ if !may_end => None,
        "idle in transaction" | "idle in transaction (aborted)" => {
            is_due(policy.terminate_idle_in_transaction.value).then_some(Action::Terminate)
        }
        "active" => is_due(policy.cancel_queries.value).then_some(Action::CancelQuery),
        _ => None,
    }
}

impl Work<'_> {
    /// Ends those that may be ended. Whether there was one.
    pub(super) async fn end_blockers(
        &mut self,
        job: &Job<'_>,
        holders: &[Holder],
        approach: &mut Approach,
    ) -> Result<bool> {
        let mut any = false;
        for holder in holders {
            let blocker = &holder.blocker;
            let is_known = approach.untouchable.iter().any(|known| known.is_same(blocker));
            let Some(action) = action(holder, &self.policy.blockers).filter(|_| !is_known) else {
                continue;
            };
            // The state is asked for again: meanwhile the session may have gone on.
            let (sql, verb) = match action {
                Action::Terminate => (
                    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity \
                      WHERE pid = $1 AND state LIKE 'idle in transaction%'",
                    "terminated",
                ),
                Action::CancelQuery => (
                    "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity \
                      WHERE pid = $1 AND state = 'active'",
                    "cancelled",
                ),
            };
            let watch = self.watchdog.session().await?;
            match watch
                .client()
                .query_typed(sql, &[(&blocker.pid, Type::INT4)])
                .await
            {
                Ok(rows) => any |= !rows.is_empty(),
                Err(error) if session::is_lost(&error) => return Err(session::lost(error)),
                Err(error) => {
                    approach.untouchable.push(blocker.clone());
                    self.observer.event(Event::Warning {
                        message: format!("failed to end {blocker}: {error}"),
                        hint: Some("GRANT pg_signal_backend TO this role, or clear `blockers`".to_owned()),
                    });
                    continue;
                }
            }
            let detail = format!("{verb} {blocker}");
            journal::record(
                &job.name.revision,
                Some(&self.run_id),
                "blocker ended",
                None,
                Some(&detail),
            )
            .send(self.lock.client())
            .await
            .map_err(session::lost)?;
            self.observer.event(Event::BlockerEnded {
                step: job.name.clone(),
                blocker: blocker.clone(),
                terminated: action == Action::Terminate,
            });
        }
        Ok(any)
    }
}

#[cfg(test)]
mod tests {
    use windlass_compiler::policy::{Origin, Policy};

    use super::*;
    use crate::blockers::Blocker;

    fn policy(settings: &[(&str, &str)]) -> BlockerPolicy {
        let mut builder = Policy::builder();
        for (key, value) in settings {
            builder
                .set(&format!("blockers.{key}"), *value, Origin::Program)
                .expect("it is a setting");
        }
        builder.build().expect("nothing contradicts").blockers
    }

    fn holder(state: &str, seconds: u64) -> Holder {
        Holder {
            blocker: Blocker {
                pid: Some(7),
                user: "app".to_owned(),
                application: "billing".to_owned(),
                backend: "client backend".to_owned(),
                state: state.to_owned(),
                ..Blocker::default()
            },
            relation: 1,
            is_superuser: false,
            in_state: Some(Duration::from_secs(seconds)),
        }
    }

    #[test]
    fn nothing_is_ended_unless_somebody_says_so() {
        assert_eq!(action(&holder("idle in transaction", 9999), &policy(&[])), None);
        assert_eq!(action(&holder("active", 9999), &policy(&[])), None);
    }

    #[test]
    fn idle_transactions_are_terminated_and_queries_cancelled_after_their_time() {
        let policy = policy(&[("terminate_idle_in_transaction", "30s"), ("cancel_queries", "1m")]);
        assert_eq!(action(&holder("idle in transaction", 29), &policy), None);
        assert_eq!(
            action(&holder("idle in transaction", 30), &policy),
            Some(Action::Terminate)
        );
        assert_eq!(action(&holder("active", 59), &policy), None);
        assert_eq!(action(&holder("active", 60), &policy), Some(Action::CancelQuery));
    }

    #[test]
    fn superusers_replication_windlass_and_those_not_named_are_let_be() {
        let all = policy(&[("terminate_idle_in_transaction", "1s")]);
        let idle = || holder("idle in transaction", 60);
        assert_eq!(
            action(
                &Holder {
                    is_superuser: true,
                    ..idle()
                },
                &all
            ),
            None
        );
        let with = |change: fn(&mut Blocker)| {
            let mut holder = idle();
            change(&mut holder.blocker);
            holder
        };
        assert_eq!(
            action(&with(|it| it.backend = "walsender".to_owned()), &all),
            None
        );
        assert_eq!(
            action(&with(|it| it.application = "windlass work".to_owned()), &all),
            None
        );
        assert_eq!(action(&with(|it| it.pid = None), &all), None);
        let some = policy(&[
            ("terminate_idle_in_transaction", "1s"),
            ("applications", "reports"),
        ]);
        assert_eq!(action(&idle(), &some), None);
        let some = policy(&[("terminate_idle_in_transaction", "1s"), ("roles", "app")]);
        assert_eq!(action(&idle(), &some), Some(Action::Terminate));
    }
}
