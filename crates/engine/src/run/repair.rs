//! Statements that refuse a transaction: finding out what became of them, and cleaning up what an
//! interrupted one left behind.

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::plan::{PlannedStatement, Probe};
use windlass_compiler::sql::{self, ReindexScope, RelationName};

use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe, StepName};
use crate::session::{self, Stop};

/// What the catalog says about a statement before it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It has not happened: send it.
    Send,
    /// It has happened.
    Done,
    /// Its first phase has happened: send this instead.
    SendInstead(String),
    /// Nothing can tell; only after a crash.
    Unknown,
}

/// Looks before a statement is sent. `again` says that an earlier run noted its intent, so that a
/// missing object may mean "dropped by us".
pub(crate) async fn before(
    client: &Client,
    statement: &PlannedStatement,
    again: bool,
    watch: &Watch<'_>,
) -> Result<Finding> {
    match statement.probe() {
        Probe::CreateIndex { index, relation, .. } => create(client, statement, index, relation, watch).await,
        Probe::DropIndex { index, .. } if again && !is_there(client, index).await? => Ok(Finding::Done),
        Probe::DropIndex { .. } => Ok(Finding::Send),
        Probe::Reindex { relation } => {
            sweep_reindex(
                client,
                &statement.sql,
                relation.as_ref(),
                watch,
                Patience::Endless,
            )
            .await?;
            Ok(Finding::Send)
        }
        Probe::Detach { parent, partition } => detach(client, parent, partition, again).await,
        Probe::Journal | Probe::Repeatable => Ok(Finding::Send),
        Probe::Nothing if again => Ok(Finding::Unknown),
        Probe::Nothing => Ok(Finding::Send),
    }
}

/// Looks after a statement succeeded: PostgreSQL reports success for `IF NOT EXISTS` although the
/// index that exists is an INVALID remain.
pub(crate) async fn after(client: &Client, statement: &PlannedStatement) -> Result<()> {
    let Probe::CreateIndex { index, relation, .. } = statement.probe() else {
        return Ok(());
    };
    let name = index_name(client, index, relation).await?;
    match state_of(client, &name, relation).await? {
        IndexState::Valid => Ok(()),
        IndexState::Taken(by) => Err(taken(&name, &by)),
        IndexState::Invalid => Err(Error::new(
            ErrorKind::Failed,
            format!("the server reports success, but index {name} is invalid"),
        )),
        IndexState::Missing => Err(Error::new(
            ErrorKind::Failed,
            format!("the server reports success, but index {name} does not exist"),
        )),
    }
}

/// Removes what a failed statement left behind, so that neither writes are slowed nor uniqueness
/// is enforced by an index that nobody can use.
pub(crate) async fn clean_up(client: &Client, probe: &Probe, sql: &str, watch: &Watch<'_>) -> Result<()> {
    match probe {
        Probe::CreateIndex { index, relation, .. } => {
            let name = index_name(client, index, relation).await?;
            if state_of(client, &name, relation).await? == IndexState::Invalid {
                quiet(client, relation, watch).await?;
                drop_invalid(client, &name, watch, Patience::Short).await?;
            }
            Ok(())
        }
        Probe::Reindex { relation } => {
            sweep_reindex(client, sql, relation.as_ref(), watch, Patience::Short).await
        }
        _ => Ok(()),
    }
}

/// What to write instead, where PostgreSQL refuses CONCURRENTLY because a table or index is partitioned.
pub(crate) async fn of_partitions(client: &Client, probe: &Probe) -> Result<Option<&'static str>> {
    let (name, instead) = match probe {
        Probe::CreateIndex { relation, .. } => (
            relation,
            "a partitioned table takes it without CONCURRENTLY: a large one is then built partition by partition, CONCURRENTLY",
        ),
        Probe::DropIndex { index, .. } => (index, "a partitioned index is dropped without CONCURRENTLY"),
        _ => return Ok(None),
    };
    let row = client
        .query_typed_opt(
            "SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1) AND relkind IN ('p', 'I')",
            &[(&name.to_string(), Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(row.map(|_| instead))
}

/// What a statement left that an interrupted run sent and that is not in the file any more: nobody will ask for it again.
/// INVALID remains go; the rest is for its author to judge, in words.
pub(crate) async fn left_behind(
    client: &Client,
    probe: &Probe,
    sql: &str,
    watch: &Watch<'_>,
) -> Result<Option<String>> {
    clean_up(client, probe, sql, watch).await?;
    Ok(match probe {
        Probe::CreateIndex { index, relation, .. } => {
            let name = index_name(client, index, relation).await?;
            match state_of(client, &name, relation).await? {
                IndexState::Valid => Some(format!("index {name} is there")),
                IndexState::Invalid => Some(format!("index {name} is there, and INVALID")),
                IndexState::Missing | IndexState::Taken(_) => None,
            }
        }
        Probe::DropIndex { index, .. } => match is_there(client, index).await? {
            true => Some(format!("index {index} is there, and perhaps INVALID")),
            false => Some(format!("index {index} is gone")),
        },
        Probe::Detach { parent, partition } => match detach(client, parent, partition, true).await? {
            Finding::Done => Some(format!("{partition} is detached")),
            Finding::SendInstead(finalize) => {
                Some(format!("{partition} is half detached; finish it: {finalize}"))
            }
            Finding::Send | Finding::Unknown => None,
        },
        Probe::Journal | Probe::Repeatable | Probe::Reindex { .. } | Probe::Nothing => None,
    })
}

/// What a wait of ours needs to be seen and stopped.
pub(crate) struct Watch<'a> {
    pub(crate) observer: &'a dyn Observe,
    pub(crate) stop: &'a Stop,
    pub(crate) step: &'a StepName,
    /// How long the removal of an index may wait for one lock, since whoever comes behind it waits as long;
    /// zero is no limit.
    pub(crate) lock_timeout: Duration,
}

impl Watch<'_> {
    fn repaired(&self, what: String) {
        self.observer.event(Event::Repaired {
            step: self.step.clone(),
            what,
        });
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum IndexState {
    Missing,
    Invalid,
    Valid,
    /// Something else has the name; in words.
    Taken(String),
}

/// The index's qualified, quoted name: an index lives in the schema of its table.
async fn index_name(client: &Client, index: &str, relation: &RelationName) -> Result<String> {
    let row = client
        .query_typed_opt(
            "SELECT pg_catalog.format('%I.%I', nspname, $2::text) FROM pg_catalog.pg_class \
               JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace \
              WHERE pg_class.oid = pg_catalog.to_regclass($1)",
            &[(&relation.to_string(), Type::TEXT), (&index, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    // Without the table the statement itself gives the better error.
    Ok(row.map_or_else(|| RelationName::new(None, index).to_string(), |row| row.get(0)))
}

/// What has the name of an index of `relation`. Names are a schema's, not a table's: an index of another table is not the
/// one that is looked for, however alike, nor is it ours to drop.
async fn state_of(client: &Client, name: &str, relation: &RelationName) -> Result<IndexState> {
    let row = client
        .query_typed_opt(
            "SELECT indisvalid, indrelid = pg_catalog.to_regclass($2), indrelid::pg_catalog.regclass::text \
               FROM pg_catalog.pg_class LEFT JOIN pg_catalog.pg_index ON indexrelid = pg_class.oid \
              WHERE pg_class.oid = pg_catalog.to_regclass($1)",
            &[(&name, Type::TEXT), (&relation.to_string(), Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    let Some(row) = row else {
        return Ok(IndexState::Missing);
    };
    Ok(
        match (row.get::<_, Option<bool>>(0), row.get::<_, Option<bool>>(1)) {
            (None, _) => IndexState::Taken("and is no index".to_owned()),
            (Some(true), Some(true)) => IndexState::Valid,
            (Some(false), Some(true)) => IndexState::Invalid,
            (Some(_), _) => IndexState::Taken(format!("as an index of {}", row.get::<_, String>(2))),
        },
    )
}

/// Whether an index is there, of whatever table.
async fn is_there(client: &Client, index: &RelationName) -> Result<bool> {
    let row = client
        .query_typed_one(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass($1))",
            &[(&index.to_string(), Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(row.get(0))
}

fn taken(name: &str, by: &str) -> Error {
    Error::new(ErrorKind::Failed, format!("{name} exists, {by}"))
        .hint("give the new index another name: a name is the schema's, not the table's")
}

async fn create(
    client: &Client,
    statement: &PlannedStatement,
    index: &str,
    relation: &RelationName,
    watch: &Watch<'_>,
) -> Result<Finding> {
    let name = index_name(client, index, relation).await?;
    let mut state = state_of(client, &name, relation).await?;
    if state == IndexState::Invalid {
        // indisvalid is false also while a healthy build runs, and DROP INDEX CONCURRENTLY would
        // wait for it and then drop the finished index.
        quiet(client, relation, watch).await?;
        state = state_of(client, &name, relation).await?;
    }
    match state {
        IndexState::Missing => Ok(Finding::Send),
        IndexState::Taken(by) => Err(taken(&name, &by)),
        IndexState::Invalid => {
            drop_invalid(client, &name, watch, Patience::Endless).await?;
            Ok(Finding::Send)
        }
        IndexState::Valid => same_definition(client, statement, &name, relation).await,
    }
}

/// Waits until nobody builds or maintains an index of the table.
async fn quiet(client: &Client, relation: &RelationName, watch: &Watch<'_>) -> Result<()> {
    let began = Instant::now();
    let mut told = false;
    loop {
        let row = client
            .query_typed_one(include_str!("quiet.sql"), &[(&relation.to_string(), Type::TEXT)])
            .await
            .map_err(session::lost)?;
        if row.get::<_, bool>(0) {
            return Ok(());
        }
        if !told && began.elapsed() > Duration::from_secs(1) {
            watch.observer.event(Event::Warning {
                message: format!("{relation} is being worked on by another session; waiting before its invalid index is repaired"),
                hint: None,
            });
            told = true;
        }
        watch.stop.sleep(Duration::from_millis(200)).await?;
    }
}

/// How long a remain's DROP waits for the transactions that may still use its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// A few seconds: the next run tries again.
    Short,
    /// Until it is gone: what follows needs its name.
    Endless,
}

/// Drops an INVALID index, in short tries: DROP INDEX CONCURRENTLY waits for every transaction that has touched
/// the table, whoever comes behind it with DDL waits as long, and who asks us to stop meanwhile is to be heard.
async fn drop_invalid(client: &Client, name: &str, watch: &Watch<'_>, patience: Patience) -> Result<()> {
    const TRY: Duration = Duration::from_secs(2);
    const PAUSE: Duration = Duration::from_millis(200);
    const SHORT: Duration = Duration::from_secs(5);
    let began = Instant::now();
    let mut told = false;
    let before: String = client
        .query_typed_one("SELECT pg_catalog.current_setting('lock_timeout')", &[])
        .await
        .map_err(session::lost)?
        .get(0);
    let once = if watch.lock_timeout.is_zero() {
        TRY
    } else {
        TRY.min(watch.lock_timeout)
    };
    let short = format!("SET lock_timeout = {}", once.as_millis());
    let back = format!("SET lock_timeout = '{before}'");
    let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
    loop {
        client.batch_execute(&short).await.map_err(session::lost)?;
        let dropped = client.batch_execute(&drop).await;
        client.batch_execute(&back).await.map_err(session::lost)?;
        match dropped {
            Ok(()) => {
                watch.repaired(format!(
                    "dropped the invalid index {name} that an interrupted build left behind"
                ));
                return Ok(());
            }
            Err(error) if error.code().is_some_and(|code| code.code() == "55P03") => {}
            Err(error) => {
                let what = format!("failed to drop the invalid index {name}");
                return Err(session::failed(error, &what));
            }
        }
        let is_over = patience == Patience::Short && began.elapsed() >= SHORT;
        if is_over || (patience == Patience::Endless && !told) {
            watch.observer.event(Event::Warning {
                message: format!(
                    "the invalid index {name} cannot be dropped while transactions use its table"
                ),
                hint: Some(match patience {
                    Patience::Short => "the next run drops it".to_owned(),
                    Patience::Endless => "waiting for them; `windlass doctor` names the old ones".to_owned(),
                }),
            });
            told = true;
        }
        if is_over {
            return Ok(());
        }
        watch.stop.sleep(PAUSE).await?;
    }
}

/// Remains of REINDEX CONCURRENTLY: `_ccnew` was not finished, `_ccold` was not dropped.
async fn sweep_reindex(
    client: &Client,
    sql: &str,
    relation: Option<&RelationName>,
    watch: &Watch<'_>,
    patience: Patience,
) -> Result<()> {
    let wide = include_str!("reindex_remains_wide.sql");
    let (query, name) = match (relation, sql::reindex_scope(sql)) {
        (Some(relation), _) => (include_str!("reindex_remains.sql"), Some(relation.to_string())),
        (None, Some(ReindexScope::Schema(schema))) => (wide, Some(schema)),
        (None, Some(ReindexScope::Database)) => (wide, None),
        // System catalogs cannot be reindexed concurrently.
        (None, Some(ReindexScope::System) | None) => return Ok(()),
    };
    let rows = client
        .query_typed(query, &[(&name, Type::TEXT)])
        .await
        .map_err(session::lost)?;
    for row in rows {
        drop_invalid(client, row.get(0), watch, patience).await?;
    }
    Ok(())
}

async fn detach(
    client: &Client,
    parent: &RelationName,
    partition: &RelationName,
    again: bool,
) -> Result<Finding> {
    let row = client
        .query_typed_opt(
            "SELECT inhdetachpending FROM pg_catalog.pg_inherits \
              WHERE inhparent = pg_catalog.to_regclass($1) AND inhrelid = pg_catalog.to_regclass($2)",
            &[
                (&parent.to_string(), Type::TEXT),
                (&partition.to_string(), Type::TEXT),
            ],
        )
        .await
        .map_err(session::lost)?;
    Ok(match row.map(|row| row.get::<_, bool>(0)) {
        Some(true) => Finding::SendInstead(format!(
            "ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE"
        )),
        Some(false) => Finding::Send,
        None if again => Finding::Done,
        None => Finding::Send,
    })
}

/// Whether the valid index that is already there is the one that the statement would build. It is
/// built on an empty temporary clone of the table, and PostgreSQL's own words for both are
/// compared: comparing texts lies about operator-class and collation defaults.
async fn same_definition(
    client: &Client,
    statement: &PlannedStatement,
    name: &str,
    relation: &RelationName,
) -> Result<Finding> {
    const CLONE: &str = "windlass_clone";
    let there: String = client
        .query_typed_one(
            "SELECT pg_catalog.pg_get_indexdef(pg_catalog.to_regclass($1))",
            &[(&name, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?
        .get(0);
    let Some(on_clone) = windlass_compiler::sql::index_on(&statement.sql, CLONE) else {
        return Ok(Finding::Send);
    };
    let script = format!("BEGIN; CREATE TEMP TABLE {CLONE} (LIKE {relation}) ON COMMIT DROP; {on_clone}");
    let built = client.batch_execute(&script).await;
    let wanted = match built {
        Ok(()) => client
            .query_typed_one(
                "SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index \
                  WHERE indrelid = pg_catalog.to_regclass('pg_temp.windlass_clone')",
                &[],
            )
            .await
            .map(|row| row.get::<_, String>(0)),
        Err(error) => Err(error),
    };
    client.batch_execute("ROLLBACK").await.map_err(session::lost)?;
    let wanted = wanted.map_err(|error| session::failed(error, "failed to compare index definitions"))?;
    if essence(&there) == essence(&wanted) {
        return Ok(Finding::Done);
    }
    Err(Error::new(
        ErrorKind::Failed,
        format!("index {name} exists, but with another definition"),
    )
    .hint(format!("there: {there}"))
    .hint(format!("here:  {}", super::attempt::one_line(&statement.sql)))
    .hint("give the new index another name, or drop the old one in a statement before it"))
}

/// An index definition without the names of index and table: what stands from USING on, and
/// whether it is unique.
fn essence(definition: &str) -> (bool, &str) {
    let unique = definition.starts_with("CREATE UNIQUE");
    (
        unique,
        definition
            .find(" USING ")
            .map_or(definition, |at| &definition[at..]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_left_out_of_a_comparison() {
        let there = "CREATE UNIQUE INDEX a ON public.t USING btree (x)";
        assert_eq!(
            essence(there),
            essence("CREATE UNIQUE INDEX b ON pg_temp_3.windlass_clone USING btree (x)")
        );
        assert_ne!(
            essence(there),
            essence("CREATE INDEX a ON public.t USING btree (x)")
        );
        assert_ne!(
            essence(there),
            essence("CREATE UNIQUE INDEX a ON public.t USING btree (x DESC)")
        );
    }
}
