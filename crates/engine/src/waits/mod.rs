//! Who waits for whom, from one snapshot of the server's lock table. Reading it takes a connection of its
//! own; judging it is pure.
//!
//! `pg_blocking_pids` names only the session directly in the way. An application query that waits for a
//! colleague's ALTER that waits for our index build waits for us (measured: 2.5 s), so the graph is walked.

mod graph;

use std::collections::HashSet;
use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};
use windlass_compiler::effect::{LockMode, Through};
use windlass_compiler::plan::Step;
use windlass_compiler::sql::RelationName;

pub(crate) use graph::{Lock, Snapshot, Waiter};

use crate::blockers::Blocker;
use crate::session::Session;

/// A relation that a step will lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) oid: u32,
    /// Qualified and quoted.
    pub(crate) name: String,
    /// The strongest mode that the step takes on it.
    pub(crate) mode: LockMode,
    /// LOCK TABLE takes it: an ordinary or partitioned table. Views, indexes and sequences it refuses,
    /// or locks something else.
    pub(crate) lockable: bool,
}

/// A session that holds what a step is about to ask for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Holder {
    pub(crate) blocker: Blocker,
    pub(crate) relation: u32,
    /// Its role is a superuser.
    pub(crate) is_superuser: bool,
    /// How long it has been in its state, where the server tells.
    pub(crate) in_state: Option<Duration>,
}

/// The relations that `step` locks in a mode that makes the application wait, in the order in which its
/// statements name them. `client` is the session that will run the step.
pub(crate) async fn reach(client: &Client, step: &Step) -> Result<Vec<Reached>, tokio_postgres::Error> {
    let (mut names, mut kins, mut modes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut columns, mut keys) = (Vec::new(), Vec::new());
    // Very many statements may change the same few tables.
    let mut asked = HashSet::new();
    let mut ask = |relation: &RelationName, kin: &'static str, mode: LockMode, through: &Through| {
        let name = relation.to_string();
        if !asked.insert((name.clone(), kin, mode, through.clone())) {
            return;
        }
        let (column, key) = match through {
            Through::Any => ("", ""),
            Through::Column(column) => (column.as_str(), ""),
            Through::Constraint(key) => ("", key.as_str()),
        };
        columns.push(column.to_owned());
        keys.push(key.to_owned());
        names.push(name);
        kins.push(kin);
        modes.push(mode as i32 + 1);
    };
    for statement in &step.statements {
        for (relation, mode) in statement.locks.iter() {
            ask(relation, "self", *mode, &Through::Any);
        }
        for lock in statement.unnamed.iter() {
            // What depends on an object that is no relation is not looked up.
            if let Some(of) = &lock.of {
                ask(of, lock.kin.word(), lock.mode, &lock.through);
            }
        }
    }
    let rows = client
        .query_typed(
            include_str!("reach.sql"),
            &[
                (&names, Type::TEXT_ARRAY),
                (&kins, Type::TEXT_ARRAY),
                (&modes, Type::INT4_ARRAY),
                (&columns, Type::TEXT_ARRAY),
                (&keys, Type::TEXT_ARRAY),
            ],
        )
        .await?;
    let reached = rows.iter().filter_map(|row| {
        Some(Reached {
            oid: row.get(0),
            name: row.get(1),
            lockable: matches!(row.get::<_, &str>(2), "r" | "p"),
            mode: LockMode::from_number(row.get(3))?,
        })
    });
    Ok(reached.filter(|reached| reached.mode.blocks()).collect())
}

/// Who holds on these relations what conflicts with the modes wanted; `ours` are our own backends.
pub(crate) async fn holders(
    client: &Client,
    wanted: &[Reached],
    ours: &[i32],
) -> Result<Vec<Holder>, tokio_postgres::Error> {
    let oids: Vec<u32> = wanted.iter().map(|reached| reached.oid).collect();
    let conflicts: Vec<String> = wanted
        .iter()
        .map(|reached| {
            let modes = LockMode::ALL.into_iter();
            let names = modes
                .filter(|mode| mode.conflicts_with(reached.mode))
                .map(LockMode::name);
            names.collect::<Vec<_>>().join(",")
        })
        .collect();
    let rows = client
        .query_typed(
            include_str!("holders.sql"),
            &[
                (&oids, Type::OID_ARRAY),
                (&conflicts, Type::TEXT_ARRAY),
                (&ours, Type::INT4_ARRAY),
            ],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Holder {
            blocker: Blocker {
                prepared: row.get(10),
                ..Blocker::read(row)
            },
            relation: row.get(11),
            is_superuser: row.get(12),
            in_state: seconds(row, 13),
        })
        .collect())
}

/// The lock table as far as anybody waits. The look is prepared once in a session: planning it costs the server
/// several times what answering it does.
pub(crate) async fn snapshot(session: &Session) -> Result<Snapshot, tokio_postgres::Error> {
    let client = session.client();
    let look = session
        .look
        .get_or_try_init(|| client.prepare(include_str!("locks.sql")))
        .await?;
    let rows = client.query(look, &[]).await?;
    let locks = rows.iter().filter_map(|row| {
        let mode: &str = row.get(5);
        let relation: String = row.get(2);
        Some(Lock {
            object: row.get(0),
            kind: row.get(1),
            leader: row.get(4),
            mode: LockMode::ALL.into_iter().find(|known| known.name() == mode)?,
            granted: row.get(6),
            waited: seconds(row, 7),
            session: Blocker {
                pid: row.get(3),
                user: row.get(8),
                application: row.get(9),
                client: row.get(10),
                state: row.get(11),
                backend: row.get(12),
                transaction_age: seconds(row, 13),
                query: row.get(14),
                relation,
                mode: mode.to_owned(),
                prepared: row.get(15),
                standby: String::new(),
            },
        })
    });
    Ok(Snapshot {
        locks: locks.collect(),
    })
}

fn seconds(row: &Row, at: usize) -> Option<Duration> {
    let seconds: Option<f64> = row.get(at);
    seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
}
