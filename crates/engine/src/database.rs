//! Databases as a whole: creating and dropping the one that a connection names.

use windlass_compiler::sql::quote_identifier;

use crate::connect::ConnectOptions;
use crate::error::Result;
use crate::session::{self, Purpose, Session, SessionSettings};

/// Creates the database that `options` name. Whether it was missing.
///
/// # Errors
/// No connection to the server's `postgres` database, or no right to create one.
pub async fn create(options: &ConnectOptions) -> Result<bool> {
    let name = options.database();
    let session = maintenance(options).await?;
    match session
        .client()
        .batch_execute(&format!("CREATE DATABASE {}", quote_identifier(name)))
        .await
    {
        Ok(()) => Ok(true),
        // 42P04 duplicate_database
        Err(error) if error.code().is_some_and(|code| code.code() == "42P04") => Ok(false),
        Err(error) => Err(session::failed(
            error,
            &format!("failed to create database {name}"),
        )),
    }
}

/// Drops the database that `options` name, ending its sessions. Whether it was there.
///
/// # Errors
/// No connection to the server's `postgres` database, or no right to drop it.
pub async fn drop(options: &ConnectOptions) -> Result<bool> {
    let name = options.database();
    let session = maintenance(options).await?;
    match session
        .client()
        .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", quote_identifier(name)))
        .await
    {
        Ok(()) => Ok(true),
        // 3D000 invalid_catalog_name
        Err(error) if error.code().is_some_and(|code| code.code() == "3D000") => Ok(false),
        Err(error) => Err(session::failed(error, &format!("failed to drop database {name}"))),
    }
}

/// Drops our own journal (schema `windlass`) from the database that `options` name: for copies that are to be the
/// schema alone.
///
/// # Errors
/// No connection, or no right to drop it.
pub async fn forget_journal(options: &ConnectOptions) -> Result<()> {
    let session = session::open(options, &SessionSettings::default(), Purpose::Work).await?;
    session
        .client()
        .batch_execute("DROP SCHEMA IF EXISTS windlass CASCADE")
        .await
        .map_err(|error| session::failed(error, "failed to drop the journal of a copy"))
}

async fn maintenance(options: &ConnectOptions) -> Result<Session> {
    session::open(
        &options.with_database("postgres"),
        &SessionSettings::default(),
        Purpose::Work,
    )
    .await
}
