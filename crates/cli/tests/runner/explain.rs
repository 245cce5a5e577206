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
