//! `windlass explain`: with a database, with a script of its schema, and without either.

use std::fs;

use crate::project::{Ended, Project};

const SCHEMA: &str = "CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (a int, b varchar(10), p_id int CONSTRAINT t_p REFERENCES p);
CREATE INDEX t_lower ON t (lower(b));
";
const CHANGE: &str = "ALTER TABLE t DROP CONSTRAINT t_p;
  ALTER TABLE t ALTER b TYPE varchar(20);
DO $$ BEGIN END $$;
";

fn statements(stdout: &str) -> Vec<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_str(stdout).expect("it is JSON");
    json["statements"].as_array().expect("it is a list").clone()
}

#[tokio::test]
async fn explain_lists_what_a_statement_does_not_name_and_runs_nothing() {
    let project = Project::new(&[]).await;
    project.database.execute(SCHEMA).await;
    fs::write(project.folder().join("change.sql"), CHANGE).expect("a file can be written");
    let json = ["explain", "change.sql", "--json"];
    let seen = project.windlass(&json).run().await.expect(0);
    let found = statements(&seen.stdout);
    assert_eq!(found[0]["lane"], "ddl");
    assert_eq!(
        found[0]["locks"],
        serde_json::json!([
            { "relation": "public.t", "mode": "AccessExclusiveLock", "named": true },
            { "relation": "public.p", "mode": "AccessExclusiveLock", "named": false },
        ])
    );
    assert_eq!((&found[1]["line"], &found[1]["column"]), (&2.into(), &3.into()));
    assert_eq!(found[1]["rewrites"], serde_json::json!([]));
    assert_eq!(found[1]["index_rebuilds"], serde_json::json!(["public.t_lower"]));
    assert_eq!(found[1]["findings"][0]["rule"], "column-type-index-rebuild");
    assert_eq!(found[2]["opaque"], true);
    assert_eq!(found[2]["certainty"]["rewrites"], "unknown");
    assert_eq!(
        project
            .one("SELECT count(*)::text FROM pg_constraint WHERE conname = 't_p'")
            .await,
        "1"
    );

    // The same from a script of the schema, though the database is gone, and with a role that nobody has.
    project.database.execute("DROP TABLE t, p").await;
    let script = format!("\\restrict x\n{SCHEMA}ALTER TABLE t OWNER TO somebody;\nSET search_path = '';\n");
    fs::write(project.folder().join("schema.sql"), script).expect("a file can be written");
    let loaded = project
        .windlass(&["explain", "change.sql", "--schema", "schema.sql", "--json"])
        .run()
        .await
        .expect(0);
    assert_eq!(statements(&loaded.stdout), found);
}

#[tokio::test]
async fn a_statement_is_explained_on_what_those_before_it_leave() {
    let project = Project::new(&[]).await;
    project.database.execute(SCHEMA).await;
    let change = "CREATE TABLE n (id int PRIMARY KEY);
ALTER TABLE t ADD CONSTRAINT t_n FOREIGN KEY (a) REFERENCES n NOT VALID;
DROP INDEX t_lower;
ALTER TABLE t ALTER b TYPE text;
ALTER TABLE t DROP CONSTRAINT t_n;
";
    fs::write(project.folder().join("change.sql"), change).expect("a file can be written");
    fs::write(project.folder().join("schema.sql"), SCHEMA).expect("a file can be written");
    let seen = project
        .windlass(&["explain", "change.sql", "--json"])
        .run()
        .await
        .expect(0);
    let simulated = project
        .windlass(&[
            "explain",
            "change.sql",
            "--schema",
            "schema.sql",
            "--simulate",
            "--json",
        ])
        .run()
        .await
        .expect(0);
    for found in [statements(&seen.stdout), statements(&simulated.stdout)] {
        assert_eq!(found[3]["index_rebuilds"], serde_json::json!([]));
        assert_eq!(found[3]["certainty"]["scans"], "no");
        assert_eq!(found[4]["locks"][1]["relation"], "public.n");
        assert_eq!(found[4]["unlisted_locks"], serde_json::json!([]));
    }
}

#[tokio::test]
async fn explain_without_a_schema_tells_the_worst_and_says_so() {
    let project = Project::new(&[]).await;
    fs::write(project.folder().join("change.sql"), CHANGE).expect("a file can be written");
    let blind = project
        .windlass(&["explain", "change.sql", "--offline"])
        .run()
        .await
        .expect(0);
    for words in [
        "tables that foreign keys of t reference (by constraint t_p): reads and writes wait",
        "perhaps writes anew t",
        "nobody sees into",
    ] {
        assert!(blind.stdout.contains(words), "{words} is not in {}", blind.stdout);
    }
    assert!(blind.stderr.contains("the worst case"), "{}", blind.stderr);
    fs::write(project.folder().join("wrong.sql"), "SELECT 1;\nALTER TABEL t;")
        .expect("a file can be written");
    let wrong = project
        .windlass(&["explain", "wrong.sql", "--offline"])
        .run()
        .await
        .expect(2);
    assert!(wrong.stderr.contains("wrong.sql:2:7"), "{}", wrong.stderr);
    let missing = project
        .windlass(&["explain", "nothing.sql"])
        .run()
        .await
        .expect(2);
    assert!(missing.stderr.contains("nothing.sql"), "{}", missing.stderr);
}

const HEAVY: &str = "ALTER TABLE t ALTER b TYPE varchar(20);
-- windlass: allow column-type-rewrite because it is small
ALTER TABLE t ALTER a TYPE bigint;
CREATE INDEX t_a ON t (a);
ALTER TABLE t DROP CONSTRAINT t_p;
";

#[tokio::test]
async fn what_is_claimed_is_compared_with_what_a_throwaway_server_does() {
    let project = Project::new(&[]).await;
    project.database.execute(SCHEMA).await;
    fs::write(project.folder().join("change.sql"), HEAVY).expect("a file can be written");
    let run = ["explain", "change.sql", "--run", "--json"];
    let done = project.windlass(&run).run().await.expect(0);
    let found = statements(&done.stdout);
    let rewritten = &found[1];
    assert_eq!(rewritten["measured"]["rewrites"], serde_json::json!(["t"]));
    assert_eq!(rewritten["rewrites"], serde_json::json!(["public.t"]));
    let concurrently = &found[2];
    assert_eq!(concurrently["rule"], "blocking-index-build");
    assert_eq!(concurrently["measured"]["in_transaction"], false);
    assert_eq!(concurrently["measured"]["locks_were_seen"], false);
    let locks = found[3]["measured"]["locks"].as_array().expect("a list");
    let on_parent = serde_json::json!({ "relation": "p", "mode": "AccessExclusiveLock" });
    assert!(locks.contains(&on_parent), "{locks:?}");
    for statement in &found {
        assert_eq!(statement["disagreements"], serde_json::json!([]), "{statement}");
    }
    // The database itself is as it was.
    let column = "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'a'";
    assert_eq!(project.one(column).await, "integer");

    // A fact that is wrong is found, whichever way it is wrong.
    for (true_one, planted, told) in [
        ("AccessExclusiveLock", "ShareLock", "weaker: ShareLock on p"),
        (
            "\"rewrites\": \"no\"",
            "\"rewrites\": \"yes\"",
            "stronger: rewrite",
        ),
        (
            "\"rewrites\": \"yes\"",
            "\"rewrites\": \"no\"",
            "not claimed: rewrite",
        ),
    ] {
        let planted = done.stdout.replace(true_one, planted);
        assert_ne!(planted, done.stdout);
        fs::write(project.folder().join("claims.json"), planted).expect("a file can be written");
        let args = ["explain", "change.sql", "--run", "--claims", "claims.json"];
        let wrong = project.windlass(&args).run().await.expect(5);
        assert!(wrong.stdout.contains(told), "{told}: {}", wrong.stdout);
        assert!(wrong.stderr.contains("a claim is wrong"), "{}", wrong.stderr);
    }
    fs::write(project.folder().join("claims.json"), &done.stdout).expect("a file can be written");
    fs::write(project.folder().join("change.sql"), "SELECT 1;").expect("a file can be written");
    let args = ["explain", "change.sql", "--run", "--claims", "claims.json"];
    let other = project.windlass(&args).run().await.expect(2);
    assert!(other.stderr.contains("other statements"), "{}", other.stderr);
}

#[tokio::test]
async fn a_revision_is_tried_on_what_those_before_it_leave() {
    let project = Project::new(&[
        ("0001_a", SCHEMA),
        ("0002_b", "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0);"),
        ("0003_c", "ALTER TABLE t DROP CONSTRAINT gone;"),
    ])
    .await;
    let args = ["explain", "migrations/0002_b.sql", "--run", "--offline"];
    let done = project.windlass(&args).run().await.expect(0);
    for part in [
        "safe form by validated-check",
        "NOT VALID",
        "measured: ShareUpdateExclusiveLock t; read all of t",
    ] {
        assert!(done.stdout.contains(part), "{part}: {}", done.stdout);
    }
    let args = ["explain", "migrations/0003_c.sql", "--run", "--offline"];
    let failed = project.windlass(&args).run().await.expect(1);
    assert!(failed.stdout.contains("\"gone\""), "{}", failed.stdout);
    assert!(
        failed.stderr.contains("0 of 1") || failed.stderr.contains("1 of 1"),
        "{}",
        failed.stderr
    );
}
