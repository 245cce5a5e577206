//! Reference data: the rows of a few small tables as SQL that a new database is filled with. The same rows give the
//! same text, whoever asks.

use std::fmt::Write as _;

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::sql::{quote_identifier, quote_literal};

use crate::error::{Error, ErrorKind, Result};
use crate::session;

/// More rows than this are no reference data.
const MOST: usize = 50_000;

/// How values are written, whatever the session prefers.
const OPEN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; \
                    SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1";

struct Table {
    oid: u32,
    name: String,
    columns: Vec<String>,
    key: Vec<String>,
    parents: Vec<u32>,
}

/// The rows of the tables that patterns name, as statements: referenced tables first, rows by primary key, sequences
/// behind them.
pub(crate) async fn read(client: &Client, patterns: &[String]) -> Result<String> {
    if patterns.is_empty() {
        return Ok(String::new());
    }
    client.batch_execute(OPEN).await.map_err(session::lost)?;
    let read = async {
        let mut text = String::new();
        for table in in_order(tables(client, patterns).await?) {
            text.push_str(&written(client, &table).await?);
        }
        Ok(text)
    }
    .await;
    client.batch_execute("ROLLBACK").await.map_err(session::lost)?;
    read
}

async fn tables(client: &Client, patterns: &[String]) -> Result<Vec<Table>> {
    let rows = client
        .query_typed(include_str!("tables.sql"), &[(&patterns, Type::TEXT_ARRAY)])
        .await
        .map_err(|error| session::failed(error, "failed to find the tables with reference data"))?;
    let mut tables = Vec::new();
    for row in &rows {
        let pattern: String = row.get("pattern");
        let Some(oid) = row.get::<_, Option<u32>>("oid") else {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("`snapshot.data` names {pattern}, and no such table is there"),
            )
            .hint("correct the name; it is written as in SQL, and schema.* means every table of a schema"));
        };
        let table = Table {
            oid,
            name: row.get::<_, Option<String>>("name").unwrap_or_default(),
            columns: row.get::<_, Option<Vec<String>>>("columns").unwrap_or_default(),
            key: row.get("key"),
            parents: row.get("parents"),
        };
        if table.key.is_empty() {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!(
                    "{} has no primary key, so that nothing says in which order its rows are written",
                    table.name
                ),
            )
            .hint("give it one, or take it out of `snapshot.data`"));
        }
        tables.push(table);
    }
    Ok(tables)
}

/// Referenced tables before those that reference them, else by name. A circle is left as it is.
fn in_order(mut tables: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let is_open = |oid: &u32| tables.iter().any(|table| table.oid == *oid);
        let free = tables.iter().position(|table| !table.parents.iter().any(is_open));
        ordered.push(tables.remove(free.unwrap_or(0)));
    }
    ordered
}

async fn written(client: &Client, table: &Table) -> Result<String> {
    let failed = |error| session::failed(error, &format!("failed to read the rows of {}", table.name));
    let values: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("pg_catalog.quote_nullable({}::text)", quote_identifier(column)))
        .collect();
    let rows = client
        .query_typed(
            &format!(
                "SELECT pg_catalog.concat_ws(', ', {}) FROM {} ORDER BY {} LIMIT {}",
                values.join(", "),
                table.name,
                table.key.join(", "),
                MOST + 1
            ),
            &[],
        )
        .await
        .map_err(failed)?;
    if rows.len() > MOST {
        return Err(Error::new(
            ErrorKind::BadInput,
            format!(
                "{} has more than {MOST} rows, which is no reference data",
                table.name
            ),
        )
        .hint("take it out of `snapshot.data`, and fill it after `windlass upgrade`"));
    }
    let mut text = format!("\n-- rows of {}\n", table.name);
    if rows.is_empty() {
        return Ok(text);
    }
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| quote_identifier(column))
        .collect();
    let _ = writeln!(
        text,
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES",
        table.name,
        names.join(", ")
    );
    for (at, row) in rows.iter().enumerate() {
        let end = if at + 1 == rows.len() { ';' } else { ',' };
        let _ = writeln!(text, "    ({}){end}", row.get::<_, &str>(0));
    }
    for column in &table.columns {
        if let Some(sequence) = sequence(client, table, column).await.map_err(failed)? {
            let sql = format!(
                "SELECT max({})::text FROM {}",
                quote_identifier(column),
                table.name
            );
            let row = client.query_typed_one(&sql, &[]).await.map_err(failed)?;
            if let Some(most) = row.get::<_, Option<&str>>(0) {
                let _ = writeln!(
                    text,
                    "SELECT pg_catalog.setval({}, {most});",
                    quote_literal(&sequence)
                );
            }
        }
    }
    Ok(text)
}

/// The sequence that a column has of its own.
async fn sequence(
    client: &Client,
    table: &Table,
    column: &str,
) -> std::result::Result<Option<String>, tokio_postgres::Error> {
    let sql = format!(
        "SELECT pg_catalog.pg_get_serial_sequence({}, {})",
        quote_literal(&table.name),
        quote_literal(column)
    );
    Ok(client.query_typed_one(&sql, &[]).await?.get(0))
}
