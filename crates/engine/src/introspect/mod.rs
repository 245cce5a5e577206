//! Reads a whole database into a [`Catalog`]: a fixed number of queries, whatever its size, in one
//! read-only transaction with one snapshot. What the catalog means is the compiler's business.

mod names;
mod object;
mod privilege;
mod reader;
mod relation;
mod routine;
mod row;
mod schema;
mod shared;
pub mod source;

use tokio_postgres::Client;
use windlass_compiler::catalog::{Bytes, Catalog, QualifiedName, Relation};

use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{self, Purpose, SessionSettings};
use reader::Reader;

/// Deparsing reads the newest catalog rather than the transaction's snapshot, so concurrent DDL can
/// make it fail; reading again then succeeds.
const ATTEMPTS: u32 = 5;

/// A database as it is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Introspected {
    /// The schema.
    pub catalog: Catalog,
    /// What the asking role may not see.
    pub unseen: Vec<Unseen>,
}

/// Something that the asking role may not see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unseen {
    /// What, as a noun: `the connection of subscription orders`.
    pub what: String,
    /// Which right is missing, as a noun: `superuser`.
    pub needs: String,
}

/// Connects, reads everything that the database holds, and leaves.
///
/// # Errors
/// No connection, or a lost one.
pub async fn open(options: &ConnectOptions) -> Result<Introspected> {
    let session = session::open(options, &SessionSettings::default(), Purpose::Work).await?;
    let mut read = read(session.client()).await?;
    measure(session.client(), &mut read.catalog).await;
    Ok(read)
}

/// Looks at the files of tables that were never analysed, whose sizes the server does not know by heart. What cannot
/// be had soon stays unknown.
pub async fn measure(client: &Client, catalog: &mut Catalog) {
    let is_unknown = |catalog: &Catalog, name: &QualifiedName| {
        let has_storage = catalog.relations.get(name).is_some_and(Relation::has_storage);
        has_storage && catalog.size(name).bytes == Bytes::Unknown
    };
    if !catalog.relations.keys().any(|name| is_unknown(catalog, name)) {
        return;
    }
    let measured = async {
        client
            .batch_execute("BEGIN; SET LOCAL lock_timeout = '100ms'")
            .await?;
        client.query_typed(include_str!("measured.sql"), &[]).await
    };
    let measured = measured.await;
    // A session that is gone is noticed by whoever uses it next.
    let _ = client.batch_execute("ROLLBACK").await;
    for row in measured.into_iter().flatten() {
        let name = QualifiedName::new(row.get::<_, String>("schema"), row.get::<_, String>("name"));
        if let Ok(bytes) = u64::try_from(row.get::<_, i64>("bytes")) {
            catalog.sizes.entry(name).or_default().bytes = Bytes::Known(bytes);
        }
    }
}

/// Reads everything that the database of the session holds.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use windlass::connect::{ConnectOptions, connect};
/// let options = ConnectOptions::resolve("postgresql://app@db.example/shop", &|_| None)?;
/// let connection = connect(&options, &[]).await?;
/// let read = windlass::introspect::read(&connection.client).await?;
/// println!("{} relations", read.catalog.relations.len());
/// # Ok(()) }
/// ```
///
/// # Errors
/// A lost connection, and a session that is in a transaction already.
pub async fn read(client: &Client) -> Result<Introspected> {
    let mut attempt = 1;
    loop {
        match read_once(client).await {
            Err(error) if attempt < ATTEMPTS && is_disturbed(&error) => attempt += 1,
            result => return result,
        }
    }
}

/// As [`read`], within the transaction that the session is in: with what that has not committed yet. A savepoint keeps
/// its settings as they are.
///
/// # Errors
/// A lost connection, and a session that is in no transaction.
pub async fn read_within(client: &Client) -> Result<Introspected> {
    client
        .batch_execute("SAVEPOINT windlass_read")
        .await
        .map_err(failed)?;
    let read = Reader::new(client).read_all().await?;
    client
        .batch_execute("ROLLBACK TO windlass_read; RELEASE windlass_read")
        .await
        .map_err(failed)?;
    Ok(read)
}

async fn read_once(client: &Client) -> Result<Introspected> {
    client
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await
        .map_err(failed)?;
    let read = Reader::new(client).read_all().await;
    let ended = client.batch_execute("ROLLBACK").await.map_err(failed);
    let read = read?;
    ended?;
    Ok(read)
}

/// Whether an object vanished between the snapshot and its deparsing: "cache lookup failed",
/// "could not open relation with OID", "relation does not exist".
fn is_disturbed(error: &Error) -> bool {
    matches!(error.sqlstate(), Some("XX000" | "42P01" | "42704"))
}

fn failed(error: tokio_postgres::Error) -> Error {
    session::failed(error, "failed to read the database's schema")
}

/// A row that contradicts another: never seen on a sound database.
fn contradiction(what: &str) -> Error {
    Error::new(
        ErrorKind::Failed,
        format!("failed to read the database's schema: {what}"),
    )
}
