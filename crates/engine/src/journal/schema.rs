//! The journal's own tables and their versions; upgraded in place, under the leader lock.

use tokio_postgres::Client;

use crate::error::{Error, ErrorKind, Result};
use crate::session;

/// Version of the journal that this build reads and writes.
pub(crate) const VERSION: i32 = 1;

/// One script per version: the first creates the tables, each later one goes up by one.
const SCRIPTS: [&str; VERSION as usize] = [include_str!("schema_1.sql")];

/// Brings the journal to [`VERSION`], in one transaction. Only the leader may call it.
pub(crate) async fn upgrade(client: &Client, found: Option<i32>) -> Result<()> {
    let from = found.unwrap_or(0);
    if from > VERSION {
        return Err(newer(from));
    }
    if from == VERSION {
        return Ok(());
    }
    let done = client.batch_execute(&upgrading(from)).await;
    if done.is_err() {
        // The transaction is aborted; this only ends it, and the first error is the one to tell.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    done.map_err(|error| match error.code().map(|code| code.code()) {
        Some("42501") => session::failed(error, "failed to create the journal")
            .hint("the role needs CREATE on the database once: GRANT CREATE ON DATABASE … TO …")
            .hint("or let an administrator run `windlass upgrade` the first time"),
        Some("25006") => session::failed(error, "failed to create the journal: the server is read-only")
            .hint("connect to the primary; with several hosts add target_session_attrs=read-write"),
        _ => session::failed(error, "failed to create the journal"),
    })
}

/// The script that brings the journal from version `from` to [`VERSION`].
pub(crate) fn upgrading(from: i32) -> String {
    let mut script = String::from("BEGIN;\nSET LOCAL lock_timeout = '1s';\n");
    for sql in &SCRIPTS[usize::try_from(from).unwrap_or(0)..] {
        script.push_str(sql);
    }
    if from > 0 {
        script.push_str(&format!(
            "UPDATE windlass.leader SET journal_version = {VERSION};\n"
        ));
    }
    script.push_str("COMMIT;\n");
    script
}

/// The database was used by a newer windlass.
pub(crate) fn newer(found: i32) -> Error {
    Error::new(
        ErrorKind::Diverged,
        format!("the journal is of version {found}; this windlass knows versions up to {VERSION}"),
    )
    .hint("use the windlass that wrote it, or a newer one")
}
