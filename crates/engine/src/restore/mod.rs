//! Copies of what steps took away, from outside: what there is, giving it back, letting it go. How they are made is
//! `guard::backup`'s.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};
use windlass_compiler::sql::{quote_identifier, quote_literal};

use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::guard::backup::{Column, table};
use crate::journal::is_absent;
use crate::session::{self, Purpose, Session, SessionSettings};

/// The copies in a database.
#[derive(Debug)]
pub struct Copies {
    connect: ConnectOptions,
    settings: SessionSettings,
}

/// One copy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// The revision that took it.
    pub revision: String,
    /// `up` or `down`.
    pub direction: String,
    /// The step.
    pub step: u32,
    /// The table, with its schema, as it was called then.
    pub relation: String,
    /// `rows`, `contents`, `table` or `column`.
    pub kind: String,
    /// The column, or the table.
    pub what: String,
    /// Rows of the copy; for a column those that had a value.
    pub rows: i64,
    /// Bytes of the copy.
    pub bytes: i64,
    /// When it was made.
    pub at: Timestamp,
    /// When it was last given back.
    pub restored_at: Option<Timestamp>,
    relation_oid: u32,
    columns: Vec<Column>,
    key: Vec<String>,
}

/// What became of one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// The copy.
    pub id: i64,
    /// Where its rows are now.
    pub relation: String,
    /// Rows that were given back.
    pub rows: u64,
    /// Rows that are there already, or have a value again, and are left as they are.
    pub left: u64,
}

/// How to give back.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The copies, in this order.
    pub ids: Vec<i64>,
    /// Another table than the one that they are from.
    pub into: Option<String>,
    /// Rows whose key is there already are left as they are.
    pub only_missing: bool,
}

const ALL: &str = "SELECT backup_id, revision_id, direction, step, relation_name, kind, what, rows, bytes, at, restored_at, \
                          relation, columns::text AS columns, key FROM windlass.backup";

impl Copies {
    /// Brings a database and settings together; connects to nothing yet.
    pub fn new(connect: ConnectOptions, settings: SessionSettings) -> Self {
        Self { connect, settings }
    }

    async fn open(&self) -> Result<Session> {
        session::open(&self.connect, &self.settings, Purpose::Work).await
    }

    /// All copies, oldest first.
    ///
    /// # Errors
    /// No connection, or a journal that cannot be read.
    pub async fn list(&self) -> Result<Vec<Kept>> {
        let session = self.open().await?;
        let rows = session
            .client()
            .query_typed(&format!("{ALL} ORDER BY backup_id"), &[])
            .await;
        match rows {
            Ok(rows) => Ok(rows.iter().map(kept).collect()),
            Err(error) if is_absent(&error) => Ok(Vec::new()),
            Err(error) => Err(session::failed(error, "failed to read the copies")),
        }
    }

    /// The first rows of a copy, as the server writes them, under the names of their columns.
    ///
    /// # Errors
    /// An unknown copy, and one that this role may not read.
    pub async fn show(&self, id: i64, most: u32) -> Result<(Vec<String>, Vec<Vec<Option<String>>>)> {
        let session = self.open().await?;
        let kept = find(session.client(), id).await?;
        let names = kept.columns.iter().map(|column| column.name.clone()).collect();
        if kept.rows == 0 {
            return Ok((names, Vec::new()));
        }
        let texts: Vec<String> = kept
            .columns
            .iter()
            .map(|column| format!("{}::text", quote_identifier(&column.name)))
            .collect();
        let sql = format!("SELECT {} FROM {} LIMIT {most}", texts.join(", "), table(id));
        let rows = session
            .client()
            .query_typed(&sql, &[])
            .await
            .map_err(|error| session::failed(error, &format!("failed to read copy {id}")))?;
        let cells = |row: &Row| (0..row.len()).map(|at| row.get(at)).collect();
        Ok((names, rows.iter().map(cells).collect()))
    }

    /// Gives copies back, all of them or none: one transaction.
    ///
    /// # Errors
    /// An unknown copy, a table that is gone or has changed too much, and rows that are there already.
    pub async fn restore(&self, request: &Request) -> Result<Vec<Restored>> {
        let session = self.open().await?;
        let client = session.client();
        client
            .batch_execute("BEGIN; SET LOCAL lock_timeout = '5s'; SET CONSTRAINTS ALL DEFERRED")
            .await
            .map_err(session::lost)?;
        let done = async {
            let mut restored = Vec::new();
            for id in &request.ids {
                restored.push(one(client, *id, request).await?);
            }
            client.batch_execute("COMMIT").await.map_err(|error| {
                session::failed(error, "failed to give back what was taken").hint("nothing was given back")
            })?;
            Ok(restored)
        }
        .await;
        if done.is_err() {
            // What failed is known; a lost connection rolls back by itself.
            let _ = client.batch_execute("ROLLBACK").await;
        }
        done
    }

    /// Lets copies go, with their rows.
    ///
    /// # Errors
    /// An unknown copy, or one that this role may not drop.
    pub async fn forget(&self, ids: &[i64]) -> Result<()> {
        let session = self.open().await?;
        for id in ids {
            find(session.client(), *id).await?;
            drop_copy(session.client(), *id).await?;
        }
        Ok(())
    }
}

/// Lets the copies go that are older than so many days. How many went.
pub(crate) async fn sweep(client: &Client, days: Option<u32>) -> Result<usize> {
    let Some(days) = days else { return Ok(0) };
    let rows = client
        .query_typed(
            "SELECT backup_id FROM windlass.backup WHERE at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => $1)",
            &[(&i32::try_from(days).unwrap_or(i32::MAX), Type::INT4)],
        )
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        // A journal from before there were copies.
        Err(error) if is_absent(&error) => return Ok(0),
        Err(error) => return Err(session::failed(error, "failed to read the copies")),
    };
    for row in &rows {
        drop_copy(client, row.get(0)).await?;
    }
    Ok(rows.len())
}

async fn drop_copy(client: &Client, id: i64) -> Result<()> {
    let script = format!(
        "BEGIN; SET LOCAL lock_timeout = '1s'; DROP TABLE IF EXISTS {}; DELETE FROM windlass.backup WHERE backup_id = {id}; COMMIT",
        table(id)
    );
    let done = client.batch_execute(&script).await;
    if done.is_err() {
        let _ = client.batch_execute("ROLLBACK").await;
    }
    done.map_err(|error| session::failed(error, &format!("failed to drop copy {id}")))
}

fn kept(row: &Row) -> Kept {
    Kept {
        id: row.get("backup_id"),
        revision: row.get("revision_id"),
        direction: row.get("direction"),
        step: u32::try_from(row.get::<_, i32>("step")).unwrap_or(0),
        relation: row.get("relation_name"),
        kind: row.get("kind"),
        what: row.get("what"),
        rows: row.get("rows"),
        bytes: row.get("bytes"),
        at: row.get("at"),
        restored_at: row.get("restored_at"),
        relation_oid: row.get("relation"),
        columns: serde_json::from_str(row.get("columns")).unwrap_or_default(),
        key: row.get("key"),
    }
}

async fn find(client: &Client, id: i64) -> Result<Kept> {
    let rows = client
        .query_typed(&format!("{ALL} WHERE backup_id = $1"), &[(&id, Type::INT8)])
        .await;
    let unknown = || {
        Error::new(ErrorKind::BadInput, format!("there is no copy {id}"))
            .hint("`windlass restore` lists them")
    };
    match rows {
        Ok(rows) => rows.first().map(kept).ok_or_else(unknown),
        Err(error) if is_absent(&error) => Err(unknown()),
        Err(error) => Err(session::failed(error, "failed to read the copies")),
    }
}

/// Where something is given back to.
struct Target {
    /// With its schema, as SQL writes it.
    name: String,
    /// The columns with their types; none for one that cannot be written.
    columns: HashMap<String, Option<String>>,
}

async fn target(client: &Client, kept: &Kept, into: Option<&str>) -> Result<Target> {
    let oid = if into.is_some() { 0 } else { kept.relation_oid };
    let rows = client
        .query_typed(
            include_str!("target.sql"),
            &[(&oid, Type::OID), (&into.unwrap_or(&kept.relation), Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    let Some(first) = rows.first() else {
        let name = into.unwrap_or(&kept.relation);
        return Err(Error::new(
            ErrorKind::BadInput,
            format!("there is no table {name} to give copy {} back to", kept.id),
        )
        .hint("make it again first, as a downgrade does, or name another: --into TABLE"));
    };
    Ok(Target {
        name: first.get("name"),
        columns: rows
            .iter()
            .map(|row| (row.get("column"), row.get("type")))
            .collect(),
    })
}

async fn one(client: &Client, id: i64, request: &Request) -> Result<Restored> {
    let kept = find(client, id).await?;
    let into = request.into.as_deref();
    let target = target(client, &kept, into).await?;
    let (rows, left) = match kept.kind.as_str() {
        _ if kept.rows == 0 => (0, 0),
        "column" => column(client, &kept, &target).await?,
        _ => all_rows(client, &kept, &target, request.only_missing).await?,
    };
    client
        .execute_typed(
            "UPDATE windlass.backup SET restored_at = pg_catalog.clock_timestamp() WHERE backup_id = $1",
            &[(&id, Type::INT8)],
        )
        .await
        .map_err(|error| session::failed(error, "failed to write the journal"))?;
    Ok(Restored {
        id,
        relation: target.name,
        rows,
        left,
    })
}

/// The values of a column, where there is none by now.
async fn column(client: &Client, kept: &Kept, target: &Target) -> Result<(u64, u64)> {
    let name = quote_identifier(&kept.what);
    let Some(Some(kind)) = target.columns.get(&kept.what) else {
        let known = kept.columns.iter().find(|column| column.name == kept.what);
        let kind = known.map_or("…", |column| column.kind.as_str());
        return Err(Error::new(
            ErrorKind::BadInput,
            format!(
                "{} has no column {} that could be written",
                target.name, kept.what
            ),
        )
        .hint(format!(
            "make it again first: ALTER TABLE {} ADD COLUMN {name} {kind};",
            target.name
        )));
    };
    let same = same_key(kept, target)?;
    let failed = |error| {
        session::failed(error, &format!("failed to give back copy {}", kept.id))
            .hint("nothing was given back")
    };
    let given = client
        .execute_typed(
            &format!(
                "UPDATE {} AS now SET {name} = was.{name}::{kind} FROM {} AS was WHERE {same} AND now.{name} IS NULL",
                target.name,
                table(kept.id)
            ),
            &[],
        )
        .await
        .map_err(failed)?;
    let row = client
        .query_typed_one(
            &format!(
                "SELECT pg_catalog.count(*) FROM {} AS now JOIN {} AS was ON {same} WHERE now.{name}::text IS DISTINCT FROM was.{name}::{kind}::text",
                target.name,
                table(kept.id)
            ),
            &[],
        )
        .await
        .map_err(failed)?;
    Ok((given, u64::try_from(row.get::<_, i64>(0)).unwrap_or(0)))
}

/// Whole rows, exactly as they were.
async fn all_rows(client: &Client, kept: &Kept, target: &Target, only_missing: bool) -> Result<(u64, u64)> {
    let mut columns: Vec<(String, &str)> = Vec::new();
    for column in kept.columns.iter().filter(|column| !column.generated) {
        match target.columns.get(&column.name) {
            Some(Some(kind)) => columns.push((quote_identifier(&column.name), kind)),
            Some(None) => {}
            None => {
                return Err(Error::new(
                    ErrorKind::BadInput,
                    format!(
                        "{} has no column {} any more, and copy {} has values of it",
                        target.name, column.name, kept.id
                    ),
                )
                .hint(format!(
                    "make it again first: ALTER TABLE {} ADD COLUMN {} {};",
                    target.name,
                    quote_identifier(&column.name),
                    column.kind
                ))
                .hint("or name another table: --into TABLE"));
            }
        }
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let values: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("was.{name}::{kind}"))
        .collect();
    let conflict = if only_missing {
        " ON CONFLICT DO NOTHING"
    } else {
        ""
    };
    let given = client
        .execute_typed(
            &format!(
                "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS was{conflict}",
                target.name,
                names.join(", "),
                values.join(", "),
                table(kept.id)
            ),
            &[],
        )
        .await
        .map_err(|error| {
            let is_there = error.code().is_some_and(|code| code.code() == "23505");
            let error = session::failed(error, &format!("failed to give back copy {}", kept.id))
                .hint("nothing was given back");
            if is_there {
                error.hint("to leave rows as they are whose key is there: --missing")
            } else {
                error
            }
        })?;
    let rows = u64::try_from(kept.rows).unwrap_or(0);
    if !only_missing {
        exactly(client, kept, target, &columns, given, rows).await?;
    }
    advance(client, target).await?;
    Ok((given, rows.saturating_sub(given)))
}

/// Refuses what a trigger of the table changed or held back.
async fn exactly(
    client: &Client,
    kept: &Kept,
    target: &Target,
    columns: &[(String, &str)],
    given: u64,
    rows: u64,
) -> Result<()> {
    let texts = |of: &str, is_cast: bool| {
        let texts = columns.iter().map(|(name, kind)| match is_cast {
            true => format!("{of}.{name}::{kind}::text"),
            false => format!("{of}.{name}::text"),
        });
        texts.collect::<Vec<_>>().join(", ")
    };
    let (was, now) = (texts("was", true), texts("now", false));
    let copy = table(kept.id);
    let missing = match same_key(kept, target) {
        Ok(same) => format!(
            "SELECT pg_catalog.count(*) FROM {copy} AS was LEFT JOIN {} AS now ON {same} WHERE ROW({was}) IS DISTINCT FROM ROW({now})",
            target.name
        ),
        Err(_) => format!(
            "SELECT pg_catalog.count(*) FROM (SELECT {was} FROM {copy} AS was EXCEPT ALL SELECT {now} FROM {} AS now) AS missing",
            target.name
        ),
    };
    let row = client.query_typed_one(&missing, &[]).await.map_err(|error| {
        session::failed(
            error,
            &format!("failed to compare {} with copy {}", target.name, kept.id),
        )
    })?;
    let differ: i64 = row.get(0);
    if differ == 0 && given == rows {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Refused,
        format!(
            "a trigger or rule of {} changes rows as they are given back: {} of {rows}",
            target.name,
            differ.max(1)
        ),
    )
    .hint("nothing was given back")
    .hint(format!(
        "disable it meanwhile: ALTER TABLE {} DISABLE TRIGGER …",
        target.name
    )))
}

/// `was` and `now` are the same row.
fn same_key(kept: &Kept, target: &Target) -> Result<String> {
    let parts: Option<Vec<String>> = kept
        .key
        .iter()
        .map(|name| {
            let kind = target.columns.get(name)?.as_ref()?;
            let name = quote_identifier(name);
            Some(format!("now.{name} = was.{name}::{kind}"))
        })
        .collect();
    match parts {
        Some(parts) if !parts.is_empty() => Ok(parts.join(" AND ")),
        _ => Err(Error::new(
            ErrorKind::BadInput,
            format!(
                "{} has not the primary key by which copy {} knows its rows",
                target.name, kept.id
            ),
        )
        .hint(format!("it was: {}", kept.key.join(", ")))),
    }
}

/// Sequences of the table's own go on behind what was given back.
async fn advance(client: &Client, target: &Target) -> Result<()> {
    for (name, _) in target.columns.iter().filter(|(_, kind)| kind.is_some()) {
        let (table, column) = (quote_literal(&target.name), quote_literal(name));
        let failed = |error| {
            session::failed(
                error,
                &format!("failed to advance the sequence of {}.{name}", target.name),
            )
        };
        let row = client
            .query_typed_one(
                &format!("SELECT pg_catalog.pg_get_serial_sequence({table}, {column})"),
                &[],
            )
            .await
            .map_err(failed)?;
        let Some(sequence) = row.get::<_, Option<String>>(0) else {
            continue;
        };
        client
            .batch_execute(&format!(
                "SELECT pg_catalog.setval({}, most) FROM (SELECT max({}) AS most FROM {}) AS given, {sequence} AS sequence \
                  WHERE most > CASE WHEN sequence.is_called THEN sequence.last_value ELSE sequence.last_value - 1 END",
                quote_literal(&sequence),
                quote_identifier(name),
                target.name
            ))
            .await
            .map_err(failed)?;
    }
    Ok(())
}
