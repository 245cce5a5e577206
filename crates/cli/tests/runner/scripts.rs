//! `--sql`: what a DBA runs with psql leaves the same database, and the same journal, as a run.

use windlass_testkit::{Command, Finished};

use crate::project::{Ended, Project};

const REVISIONS: &[(&str, &str)] = &[
    (
        "0001_leads",
        "CREATE TABLE leads (id int PRIMARY KEY, tenant int, name text);\n\
         COPY leads FROM STDIN;\n1\t1\tit's \\\\ :x\n2\t1\t\\N\n\\.\n\
         INSERT INTO leads SELECT g, g % 3, 'n' || g FROM generate_series(3, 50) g -- the rest\n",
    ),
    ("0002_words", "-- nothing but words\n"),
    (
        "0003_all",
        "-- windlass: require : there are leads\n\
         SELECT EXISTS (SELECT FROM leads);\n\
         ALTER TABLE leads ADD phone text;\n\
         SET work_mem = '8MB';\n\
         CREATE INDEX CONCURRENTLY leads_tenant ON leads (tenant);\n\
         -- windlass: best-effort\n\
         CREATE UNIQUE INDEX CONCURRENTLY leads_once ON leads (tenant);\n\
         UPDATE leads SET phone = current_setting('work_mem');\n\
         -- windlass: verify : every lead has a phone, \"quoted\" and 'quoted'\n\
         SELECT NOT EXISTS (SELECT FROM leads WHERE phone IS NULL) -- always;\n",
    ),
    (
        "0004_after",
        "CREATE TABLE seen AS SELECT current_setting('work_mem') AS mem;",
    ),
    ("0004_after.down", "DROP TABLE seen;"),
];

/// What is compared: schema, rows, and what the journal says of each step.
const FACTS: &[&str] = &[
    "SELECT attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) FROM pg_attribute \
      WHERE attrelid IN ('leads'::regclass, 'seen'::regclass) AND attnum > 0 ORDER BY 1",
    "SELECT leads::text FROM leads ORDER BY id",
    "SELECT mem FROM seen",
    "SELECT pg_get_indexdef(indexrelid) || indisvalid FROM pg_index WHERE indrelid = 'leads'::regclass ORDER BY 1",
    "SELECT revision_id || ' ' || state || ' ' || parents::text || ' ' || checksum || ' ' || coalesce(plan::text, '') \
       FROM windlass.revision ORDER BY position",
    "SELECT revision_id || number || state || lane || title || attempts || coalesce(session::text, '') || coalesce(warning, '') \
       FROM windlass.step ORDER BY revision_id, number",
    "SELECT action || ' ' || revision_id FROM windlass.history ORDER BY entry",
    "SELECT command || ' ' || target || ' ' || result FROM windlass.run",
];

async fn psql(project: &Project, script: &str) -> Finished {
    let path = project.folder().join("script.sql");
    std::fs::write(&path, script).expect("a file can be written");
    Command::new(project.server.binaries().tool("psql"))
        .args(["--no-psqlrc", "--quiet", "--dbname"])
        .arg(project.database.url())
        .arg("--file")
        .arg(&path)
        .run()
        .await
}

/// The script that `args` write; none where the server at hand has no psql.
async fn script(project: &Project, args: &[&str]) -> Option<String> {
    if !project.server.binaries().tool("psql").is_file() {
        eprintln!("skipped: there is no psql beside the server");
        return None;
    }
    Some(project.windlass(args).run().await.expect(0).stdout)
}

#[tokio::test]
async fn a_script_run_by_psql_leaves_what_a_run_leaves() {
    let run = Project::new(REVISIONS).await;
    run.upgrade(0).await;
    let project = Project::new(REVISIONS).await;
    let Some(text) = script(&project, &["upgrade", "--sql"]).await else {
        return;
    };
    assert_eq!(
        project.one("SELECT to_regnamespace('windlass')").await,
        "NULL",
        "writing it runs nothing"
    );
    let finished = psql(&project, &text).await;
    assert_eq!(finished.code, Some(0), "{}\n{}", finished.stderr, text);
    for facts in FACTS {
        assert_eq!(
            project.database.query_column(facts).await,
            run.database.query_column(facts).await,
            "{facts}"
        );
    }
    let status = project.windlass(&["status"]).run().await.expect(0);
    assert!(status.stdout.contains("nothing is pending"), "{}", status.stdout);
    assert!(project.upgrade(0).await.stderr.contains("nothing to do"));

    // A script fits one position of the journal only.
    let again = psql(&project, &text).await;
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    assert!(
        again.stderr.contains("not where this script was written for"),
        "{}",
        again.stderr
    );

    let down = script(&project, &["downgrade", "-1", "--sql"])
        .await
        .expect("there is a psql");
    let finished = psql(&project, &down).await;
    assert_eq!(finished.code, Some(0), "{}\n{}", finished.stderr, down);
    assert_eq!(project.applied().await, ["0001_leads", "0002_words", "0003_all"]);
    project.upgrade(0).await;
}

#[tokio::test]
async fn where_a_script_stops_the_runner_goes_on() {
    let project = Project::new(&[
        ("0001_t", "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1);"),
        (
            "0002_m",
            "ALTER TABLE t ADD b int;\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\nINSERT INTO t VALUES (9);",
        ),
    ])
    .await;
    let Some(text) = script(&project, &["upgrade", "--sql"]).await else {
        return;
    };
    let finished = psql(&project, &text).await;
    assert_eq!(finished.code, Some(3), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("could not create unique index"),
        "{}",
        finished.stderr
    );
    let refused = project.windlass(&["upgrade", "--sql"]).run().await.expect(4);
    assert!(
        refused.stderr.contains("step 2 of 0002_m was interrupted"),
        "{}",
        refused.stderr
    );
    project
        .database
        .execute("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)")
        .await;
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT count(*) || ' ' || (SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass) FROM t")
            .await,
        "2 true"
    );
}

#[tokio::test]
async fn a_backfill_is_not_made_one_statement_unasked() {
    let project = Project::new(&[
        (
            "0001_t",
            "CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT g FROM generate_series(1, 9) g;",
        ),
        (
            "0002_b",
            "-- windlass: backfill fill on t batch=2\nUPDATE t SET a = id;",
        ),
    ])
    .await;
    let refused = project.windlass(&["upgrade", "--sql"]).run().await.expect(4);
    assert!(
        refused.stderr.contains("which a script cannot do"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.stdout, "");
    let Some(text) = script(&project, &["upgrade", "--sql", "--unbatched"]).await else {
        return;
    };
    let finished = psql(&project, &text).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(project.one("SELECT count(*) FROM t WHERE a = id").await, "9");
    assert!(project.upgrade(0).await.stderr.contains("nothing to do"));
}

#[tokio::test]
async fn a_script_fills_rows_past_triggers_only_where_a_safe_form_does() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE t (id int PRIMARY KEY, a int, note text);\n\
         INSERT INTO t SELECT g, 0, repeat('x', 1000) FROM generate_series(1, 12000) g;\n\
         CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not for this''; END';\n\
         CREATE TRIGGER never BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION never();",
    )])
    .await;
    project.upgrade(0).await;
    project.database.execute("ANALYZE t").await;
    project.write(
        "0002_b",
        "-- windlass: backfill fill on t triggers=skip\nUPDATE t SET a = id;",
    );
    let refused = project
        .windlass(&["upgrade", "--sql", "--unbatched"])
        .run()
        .await
        .expect(4);
    assert!(
        refused
            .stderr
            .contains("passes over triggers (triggers=skip), and a script does not look first"),
        "{}",
        refused.stderr
    );
    project.write(
        "0002_b",
        "ALTER TABLE t ADD COLUMN token uuid DEFAULT gen_random_uuid();",
    );
    let Some(text) = script(&project, &["upgrade", "--sql", "--unbatched"]).await else {
        return;
    };
    let finished = psql(&project, &text).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(project.one("SELECT count(DISTINCT token) FROM t").await, "12000");
    assert!(project.upgrade(0).await.stderr.contains("nothing to do"));
}

#[tokio::test]
async fn a_script_waits_for_nobody_and_says_who_leads() {
    let project = Project::new(&[("0001_s", "SELECT pg_sleep(60);")]).await;
    let Some(text) = script(&project, &["upgrade", "--sql"]).await else {
        return;
    };
    let mut running = project.windlass(&["upgrade"]).spawn();
    project.wait_for_statement("SELECT pg_sleep(60)").await;
    let finished = psql(&project, &text).await;
    assert!(
        finished.stderr.contains("another runner is at work"),
        "{}",
        finished.stderr
    );
    running.kill9();
    running.finish().await;
}

#[tokio::test]
async fn a_script_is_guarded() {
    let project = Project::new(&[("0001_t", "CREATE TABLE leads (id int PRIMARY KEY);")]).await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO leads VALUES (1), (2)")
        .await;
    project.write(
        "0002_loss",
        "-- windlass: protect leads\nDELETE FROM leads WHERE id = 1;",
    );
    let Some(text) = script(&project, &["upgrade", "--sql"]).await else {
        return;
    };
    let finished = psql(&project, &text).await;
    assert!(
        finished.stderr.contains("a protected table would lose something"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "2");
    assert_eq!(project.applied().await, ["0001_t"]);
}
