//! Connections against real throwaway servers: TLS in every mode, several hosts, passwords, poolers, losses.
#![allow(clippy::unwrap_used, missing_docs)]

mod fake;
mod server;
mod sessions;
mod targets;
mod tls;

use std::collections::HashMap;

use windlass::connect::{ConnectError, ConnectOptions, Connection, connect};

/// Resolves `conninfo` in an environment of just these variables, and connects.
async fn open(conninfo: &str, variables: &[(&str, &str)]) -> Result<Connection, ConnectError> {
    connect(&options(conninfo, variables)?, &[]).await
}

fn options(conninfo: &str, variables: &[(&str, &str)]) -> Result<ConnectOptions, ConnectError> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    ConnectOptions::resolve(conninfo, &|name| {
        variables.get(name).map(|value| (*value).to_owned())
    })
}

/// The error of a connection that must not come about.
async fn refusal(conninfo: &str, variables: &[(&str, &str)]) -> ConnectError {
    match open(conninfo, variables).await {
        Ok(connection) => panic!("connected to {connection:?}"),
        Err(error) => error,
    }
}

async fn ask(connection: &Connection, sql: &str) -> String {
    let messages = connection.client.simple_query(sql).await.unwrap();
    let value = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    value.unwrap_or("NULL").to_owned()
}

/// Runs a query, cancels it as soon as it runs, and returns its SQLSTATE.
async fn cancelled(connection: &mut Connection) -> String {
    let canceller = connection.canceller();
    let sleep = connection
        .client
        .batch_execute("DO $$BEGIN RAISE NOTICE 'it runs'; PERFORM pg_sleep(30); END$$");
    let (result, ()) = tokio::join!(sleep, async {
        connection.notices.recv().await.unwrap();
        canceller.cancel().await.unwrap();
    });
    result.unwrap_err().code().unwrap().code().to_owned()
}
