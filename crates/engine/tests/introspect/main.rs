//! Reading real databases: what is found, what is left alone, what cannot be seen.
#![allow(clippy::unwrap_used, missing_docs)]
#![expect(clippy::disallowed_methods, reason = "tests are chosen by the environment")]

mod census;
mod facts;
mod random;
mod round_trip;

use windlass::introspect::{Introspected, read};
use windlass_testkit::{Database, shared};

/// A new database after `sql`.
async fn database(sql: &str) -> Database {
    let database = shared().await.database().await;
    database.execute(sql).await;
    database
}

/// What introspection says about a database.
async fn introspect(database: &Database) -> Introspected {
    read(&database.connect().await).await.unwrap()
}

/// What introspection says about a database in which it must know and see everything.
async fn introspect_clean(database: &Database) -> windlass::compiler::catalog::Catalog {
    let read = introspect(database).await;
    assert_eq!(read.catalog.unmodelled, []);
    assert_eq!(read.unseen, []);
    read.catalog
}
