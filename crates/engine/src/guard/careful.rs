//! The second attempt at a step that looked as if it took something: what the counters cannot know is
//! looked into, in the attempt's own transaction.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::Client;

use super::loss::{Loss, LossKind};

type Asked<T> = std::result::Result<T, tokio_postgres::Error>;

/// What was seen before the step's first statement.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Tables without a row: they lose nothing that anybody wrote.
    empty: Vec<u32>,
    /// Rows of the tables that are written anew, counted under the lock that the step takes anyway.
    counted: HashMap<u32, i64>,
}

impl Looked {
    /// Looks at the suspected tables before the first statement, its locks held as far as they could be.
    pub(crate) async fn before(client: &Client, suspected: &[Loss]) -> Asked<Self> {
        let mut looked = Self::default();
        for loss in suspected {
            let Loss { name, oid, .. } = loss;
            match loss.kind {
                LossKind::Rows => {}
                LossKind::Contents if looked.counted.contains_key(oid) => {}
                LossKind::Contents => {
                    client
                        .batch_execute(&format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE"))
                        .await?;
                    looked.counted.insert(*oid, count(client, name).await?);
                }
                _ if looked.empty.contains(oid) => {}
                _ => {
                    let sql = format!("SELECT NOT EXISTS (SELECT FROM {name})");
                    if client.query_typed_one(&sql, &[]).await?.get(0) {
                        looked.empty.push(*oid);
                    }
                }
            }
        }
        Ok(looked)
    }

    /// The tables whose rows are counted by [`Looked::after`].
    pub(crate) fn recounted(suspected: &[Loss]) -> Vec<u32> {
        let rows = suspected.iter().filter(|loss| loss.kind == LossKind::Rows);
        rows.map(|loss| loss.tree).collect()
    }

    /// The tables about which after.sql need not ask.
    pub(crate) fn settled(&self) -> Vec<u32> {
        self.empty.iter().chain(self.counted.keys()).copied().collect()
    }

    /// The rows that the open transaction of `client` has taken away, exactly. `beside` is a session that
    /// does not see that transaction.
    pub(crate) async fn after(
        &self,
        client: &Client,
        beside: &Client,
        suspected: &[Loss],
    ) -> Asked<Vec<Loss>> {
        let mut losses = Vec::new();
        for loss in suspected {
            let Some(name) = name_of(client, loss.oid).await? else {
                continue;
            };
            match loss.kind {
                LossKind::Rows => losses.push(recounted(client, &name, beside, loss).await?),
                LossKind::Contents => {
                    let now = count(client, &name).await?;
                    let before = self.counted.get(&loss.oid).copied().unwrap_or_default();
                    losses.push(loss.counted((before - now).max(0)));
                }
                _ => {}
            }
        }
        Ok(losses)
    }
}

pub(super) async fn count(client: &Client, name: &str) -> Asked<i64> {
    let sql = format!("SELECT pg_catalog.count(*) FROM {name}");
    Ok(client.query_typed_one(&sql, &[]).await?.get(0))
}

/// What the table is called by now; none when it is gone.
pub(super) async fn name_of(client: &Client, oid: u32) -> Asked<Option<String>> {
    let sql = format!(
        "SELECT pg_catalog.format('%I.%I', nspname, relname) FROM pg_catalog.pg_class AS class \
           JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace WHERE class.oid = {oid}"
    );
    Ok(client.query_typed(&sql, &[]).await?.first().map(|row| row.get(0)))
}

/// Counts the table twice in one snapshot, with our changes and without: what others commit meanwhile is in
/// both or in neither. Where another session cannot read the table, because we hold it ACCESS EXCLUSIVE, the
/// counters stand.
async fn recounted(client: &Client, name: &str, beside: &Client, loss: &Loss) -> Asked<Loss> {
    const PATIENCE: Duration = Duration::from_millis(100);
    let row = client
        .query_typed_one(
            &format!("SELECT pg_catalog.pg_export_snapshot(), (SELECT pg_catalog.count(*) FROM {name})"),
            &[],
        )
        .await?;
    let (snapshot, ours): (String, i64) = (row.get(0), row.get(1));
    beside
        .batch_execute(&format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '{snapshot}'; \
             SET LOCAL lock_timeout = {}",
            PATIENCE.as_millis()
        ))
        .await?;
    let theirs = async {
        // The name that it has without our changes.
        match name_of(beside, loss.oid).await? {
            Some(name) => count(beside, &name).await.map(|rows| (name, rows)).map(Some),
            None => Ok(None),
        }
    }
    .await;
    beside.batch_execute("ROLLBACK").await?;
    Ok(match theirs {
        Ok(Some((name, theirs))) => loss.counted((theirs - ours).max(0)).of(name),
        Ok(None) | Err(_) => loss.clone(),
    })
}
