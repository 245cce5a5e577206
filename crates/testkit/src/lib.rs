//! Real servers, rivals, traffic and faults for tests.
//!
//! Everything here talks to a real PostgreSQL: nothing is mocked. Helpers panic with a message that
//! says what to do, because in a test there is nobody to hand an error to.
//!
//! ```no_run
//! # async fn example() {
//! let db = windlass_testkit::shared().await.database().await;
//! db.execute("CREATE TABLE t (id int)").await;
//! let rival = windlass_testkit::Rival::hold(&db, "BEGIN; LOCK TABLE t IN ACCESS SHARE MODE").await;
//! // … what must cope with the rival …
//! rival.release().await;
//! # }
//! ```
#![forbid(unsafe_code)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests find their servers by the environment"
)]

mod background;
mod database;
mod messages;
mod pooler;
mod port;
mod process;
mod proxy;
mod rival;
mod schema;
mod server;
mod small_disk;
mod stalls;
mod standstill;
mod traffic;
mod wait;

pub use database::Database;
pub use messages::Message;
pub use pooler::Pooler;
pub use process::{Child, Command, Finished};
pub use proxy::{Connection, Fault, Proxy};
pub use rival::{BusyRival, Rival};
pub use schema::RandomSchema;
pub use server::{Binaries, Server, ServerBuilder, SharedServer, StartError, TlsFiles, shared, shared_in};
pub use small_disk::SmallDisk;
pub use stalls::{Stalled, Stalls};
pub use traffic::{Random, Report, Running, Traffic, TrafficPlan};
pub use wait::{DEADLINE, wait_until, wait_until_within};

/// The client library that [`Database::connect`] returns a client of.
pub use tokio_postgres;
