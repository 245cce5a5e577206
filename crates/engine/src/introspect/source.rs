//! Where a schema is read from when it is not a run that asks: a database, or a script of SQL that a throwaway
//! server executes.

use std::path::Path;

use tokio_postgres::Client;
use windlass_compiler::sql::{self, quote_identifier};

use super::{Introspected, read};
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{self, Purpose, SessionSettings};
use crate::shadow::Shadow;

/// A schema, and where a session finds names that have no schema.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sourced {
    /// What was read.
    pub introspected: Introspected,
    /// The schemas of its `search_path` that exist, in order.
    pub search_path: Vec<String>,
}

/// Reads the schema of a database over a session of its own.
///
/// # Errors
/// No connection, or one that is lost.
pub async fn of_database(options: &ConnectOptions, settings: &SessionSettings) -> Result<Sourced> {
    let session = session::open(options, settings, Purpose::Work).await?;
    let client = session.client();
    Ok(Sourced {
        search_path: search_path(client).await?,
        introspected: read(client).await?,
    })
}

/// Executes a script, such as `pg_dump --schema-only` writes, on a throwaway server made of the programs in `bindir`
/// below `scratch`, and reads the schema that it leaves. Roles that it names are created as they turn up missing.
///
/// # Errors
/// A server that does not start, and a statement that it refuses.
pub async fn of_script(script: &str, bindir: &Path, scratch: &Path) -> Result<Sourced> {
    let shadow = Shadow::start(bindir, scratch).await?;
    let options = ConnectOptions::resolve(&shadow.url("postgres"), &|_| None)
        .map_err(|error| Error::new(ErrorKind::NoConnection, error.to_string()))?;
    let session = session::open(&options, &SessionSettings::default(), Purpose::Work).await?;
    let client = session.client();
    let path = search_path(client).await?;
    load(client, script).await?;
    Ok(Sourced {
        introspected: read(client).await?,
        search_path: path,
    })
}

async fn load(client: &Client, script: &str) -> Result<()> {
    // pg_dump frames its scripts with psql's \restrict.
    let lines = script.lines().filter(|line| !line.starts_with('\\'));
    let script: String = lines.flat_map(|line| [line, "\n"]).collect();
    let spans = sql::split(&script)
        .map_err(|error| Error::new(ErrorKind::BadInput, format!("failed to read the schema: {error}")))?;
    for span in spans {
        let statement = &script[span.range()];
        while let Err(error) = client.batch_execute(statement).await {
            match missing_role(&error) {
                Some(role) => client
                    .batch_execute(&format!("CREATE ROLE {}", quote_identifier(&role)))
                    .await
                    .map_err(|error| failed(error, &script, span.start))?,
                None => return Err(failed(error, &script, span.start)),
            }
        }
    }
    // pg_dump empties it.
    client
        .batch_execute("RESET search_path")
        .await
        .map_err(|error| session::failed(error, "failed to load the schema"))
}

fn failed(error: tokio_postgres::Error, script: &str, at: usize) -> Error {
    let line = script[..at].bytes().filter(|&byte| byte == b'\n').count() + 1;
    session::failed(
        error,
        &format!("failed to load the schema, in the statement of line {line}"),
    )
}

/// The role that a statement names and that does not exist.
fn missing_role(error: &tokio_postgres::Error) -> Option<String> {
    let db = error.as_db_error().filter(|db| db.code().code() == "42704")?;
    let name = db
        .message()
        .strip_prefix("role \"")?
        .strip_suffix("\" does not exist")?;
    Some(name.to_owned())
}

async fn search_path(client: &Client) -> Result<Vec<String>> {
    let asked = client
        .query_one("SELECT pg_catalog.current_schemas(false)::text[]", &[])
        .await;
    asked
        .map(|row| row.get(0))
        .map_err(|error| session::failed(error, "failed to ask for the search path"))
}
