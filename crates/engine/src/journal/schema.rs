//! The journal's own tables and their versions; upgraded in place, under the leader lock.

use tokio_postgres::Client;

use crate::error::{Error, ErrorKind, Result};
use crate::session;

/// Version of the journal that this build reads and writes.
pub(crate) const VERSION: i32 = 1;

/// Comes before the first version's tables.
const SCHEMA: &str = "CREATE SCHEMA windlass;\n\
    COMMENT ON SCHEMA windlass IS 'Journal of Windlass: what is applied, what runs, what is left to do. Written by windlass only.';\n";

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
    if found.is_none() && has_lost_its_leader(client).await? {
        return Err(Error::new(
            ErrorKind::Failed,
            "the journal has lost its row of who leads: windlass.leader is empty",
        )
        .hint("bring it back from a backup, or, with no runner at work, write it anew behind all that ever led:")
        .hint(format!(
            "INSERT INTO windlass.leader (journal_version, epoch) \
             SELECT {VERSION}, coalesce(max(epoch), 0) + 1000000 FROM windlass.run;"
        )));
    }
    let script = upgrading(client, from).await?;
    let makes_schema = script.contains(SCHEMA);
    run(client, &script)
        .await
        .map_err(|error| match error.code().map(|code| code.code()) {
            Some("42501") if !makes_schema => session::failed(error, "failed to create the journal")
                .hint("the role needs CREATE on the schema that is there: GRANT CREATE, USAGE ON SCHEMA windlass TO …"),
            Some("42P07" | "42710") => session::failed(error, "failed to create the journal")
                .hint("the schema windlass holds something, and no whole journal: bring that back from a backup, \
                       or, if it never was one, ALTER SCHEMA windlass RENAME TO …"),
            Some("42501") => session::failed(error, "failed to create the journal")
                .hint("the role needs CREATE on the database once: GRANT CREATE ON DATABASE … TO …")
                .hint("or let an administrator run `windlass upgrade` the first time"),
            Some("25006") => session::failed(error, "failed to create the journal: the server is read-only")
                .hint("connect to the primary; with several hosts add target_session_attrs=read-write"),
            _ => session::failed(error, "failed to create the journal"),
        })
}

/// Whether the table of who leads is there, and its one row is not. Tables and row come in one transaction.
async fn has_lost_its_leader(client: &Client) -> Result<bool> {
    match client.query_typed("SELECT FROM windlass.leader", &[]).await {
        Ok(rows) => Ok(rows.is_empty()),
        Err(error) if super::is_absent(&error) => Ok(false),
        Err(error) => Err(super::read::unreadable(error)),
    }
}

/// Runs a script that is a transaction.
async fn run(client: &Client, script: &str) -> std::result::Result<(), tokio_postgres::Error> {
    let done = client.batch_execute(script).await;
    if done.is_err() {
        // The transaction is aborted; this only ends it, and the first error is the one to tell.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    done
}

/// The script that brings the journal from version `from` to [`VERSION`]. Where the role may not make schemas, an
/// administrator made it.
pub(crate) async fn upgrading(client: &Client, from: i32) -> Result<String> {
    let is_there = "SELECT pg_catalog.to_regnamespace('windlass') IS NOT NULL";
    let makes_schema = from == 0
        && !client
            .query_typed_one(is_there, &[])
            .await
            .map_err(session::lost)?
            .get::<_, bool>(0);
    Ok(through(from, if makes_schema { SCHEMA } else { "" }, &SCRIPTS))
}

/// The script that brings the journal from version `from` through the rest of `scripts`, in one transaction.
fn through(from: i32, first: &str, scripts: &[&str]) -> String {
    let mut script = format!("BEGIN;\nSET LOCAL lock_timeout = '1s';\n{first}");
    for sql in &scripts[usize::try_from(from).unwrap_or(0)..] {
        script.push_str(sql);
    }
    if from > 0 {
        let version = scripts.len();
        script.push_str(&format!(
            "UPDATE windlass.leader SET journal_version = {version};\n"
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

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_testkit::Server;

    /// What later versions may look like: one that adds, one that changes what is there.
    const LATER: [&str; 3] = [
        SCRIPTS[0],
        "ALTER TABLE windlass.run ADD note text;\n",
        "UPDATE windlass.run SET note = command;\nALTER TABLE windlass.run ALTER note SET NOT NULL;\n",
    ];

    #[tokio::test]
    async fn a_journal_is_brought_up_in_place_and_all_at_once() {
        let server = Server::start().await;
        let database = server.fresh_database().await;
        let client = database.connect().await;
        upgrade(&client, None).await.expect("it is made");
        let version = "SELECT journal_version FROM windlass.leader";
        assert_eq!(database.query_one_text(version).await, VERSION.to_string());
        database
            .execute(
                "INSERT INTO windlass.run (run_id, epoch, command, target, windlass_version, profile, runner) \
                 VALUES (gen_random_uuid(), 1, 'upgrade', 'head', '0', 'live', 'me')",
            )
            .await;

        // One that fails in its middle leaves the version and the tables that it found, and the session usable.
        let failing = through(1, "", &[LATER[0], LATER[1], "SELECT 1 / 0;\n"]);
        run(&client, &failing).await.expect_err("it divides by zero");
        assert_eq!(database.query_one_text(version).await, "1");
        run(&client, &through(1, "", &LATER))
            .await
            .expect("it is brought up");
        assert_eq!(database.query_one_text(version).await, "3");
        let kept = "SELECT command || ' ' || note FROM windlass.run";
        assert_eq!(database.query_one_text(kept).await, "upgrade upgrade");
        // A database that has none gets all of it.
        let other = server.fresh_database().await;
        let client = other.connect().await;
        run(&client, &through(0, SCHEMA, &LATER))
            .await
            .expect("it is made");
        assert_eq!(
            other.query_one_text("SELECT count(note) FROM windlass.run").await,
            "0"
        );

        let newer = upgrade(&client, Some(VERSION + 1))
            .await
            .expect_err("nobody knows it");
        assert_eq!(newer.kind(), ErrorKind::Diverged);
    }
}
