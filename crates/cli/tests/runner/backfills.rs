//! Data changes in batches: how a table is cut, what is refused, and what people see of it.

use crate::project::{Ended, Project};

const LEADS: (&str, &str) = (
    "0001_leads",
    "CREATE TABLE leads (id bigint PRIMARY KEY, tenant_id int, n int NOT NULL);\n\
     INSERT INTO leads SELECT g * 7 - 5000, nullif(g % 12, 11), 1 FROM generate_series(1, 5000) g;",
);

/// The row of it that a backfill comes to last, tenant by tenant or not.
const LAST: &str = "id = (SELECT max(id) FROM leads WHERE tenant_id IS NULL)";

/// What `rows` says under the backfill of this name.
async fn status(project: &Project, name: &str) -> serde_json::Value {
    let said = project
        .windlass(&["backfill", "status", name, "--json"])
        .run()
        .await
        .expect(0);
    serde_json::from_str(&said.stdout).expect("it is JSON")
}

#[tokio::test]
async fn every_row_is_changed_once_tenant_by_tenant_the_one_without_too() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill n_times_100 on leads by tenant_id as business batch=300\n\
             UPDATE leads SET n = n * 100;\n\
             -- windlass: verify : every row was multiplied once\n\
             SELECT bool_and(n = 100) FROM leads;",
        ),
    ])
    .await;
    let finished = project.upgrade(0).await;
    for line in [
        "found 12 business(s)",
        "✅ Business 0: completed 416 rows",
        "✅ No business: completed 416 rows",
        "✅ backfilled 5000 rows in all",
        "no index of leads begins with tenant_id",
    ] {
        assert!(finished.stderr.contains(line), "{line}: {}", finished.stderr);
    }
    let status = status(&project, "n_times_100").await;
    assert_eq!(status["rows_done"], 5000);
    assert_eq!(status["tenants"].as_array().map(Vec::len), Some(12));
}

#[tokio::test]
async fn tenants_that_are_named_first_come_first() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill x on leads by tenant_id as business first=7,3\nUPDATE leads SET n = 2;",
        ),
    ])
    .await;
    let finished = project.upgrade(0).await;
    let at = |word: &str| finished.stderr.find(word).expect("it is told");
    assert!(at("Business 7:") < at("Business 3:"), "{}", finished.stderr);
    assert!(at("Business 3:") < at("Business 0:"), "{}", finished.stderr);
}

#[tokio::test]
async fn a_killed_backfill_goes_on_behind_its_cursor() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill slow on leads by tenant_id as business batch=50 pause=10ms\nUPDATE leads l SET n = l.n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    // Tenants 2, 10 and NULL: their order is the column's, not the text's.
    for batches in [12, 30, 45] {
        let far = format!(
            "SELECT coalesce(sum(rows_done) >= {}, false)::text FROM windlass.backfill_range",
            batches * 50
        );
        project.kill_backfill_when("leads", LAST, &far, "true").await;
    }
    let finished = project.upgrade(0).await;
    assert!(finished.stderr.contains("going on behind"), "{}", finished.stderr);
    assert_eq!(project.one("SELECT bool_and(n = 100) FROM leads").await, "t");
}

/// Tables by all sorts of keys, each with a column `n` that is 1, and how `plan` says that they are cut.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "limits",
        "CREATE TABLE limits (id bigint PRIMARY KEY, n int DEFAULT 1);
         INSERT INTO limits (id) VALUES (-9223372036854775808), (-9223372036854775807), (-1), (0), (1000000000000),
                (9223372036854775806), (9223372036854775807);
         INSERT INTO limits (id) SELECT g * 1000000000::bigint FROM generate_series(-200, -2) g",
        "ranges of the key (id)",
    ),
    (
        "small",
        "CREATE TABLE small (id smallint PRIMARY KEY, n int DEFAULT 1);
         INSERT INTO small (id) SELECT g FROM generate_series(-32768, -32000) g",
        "ranges of the key (id)",
    ),
    (
        "nans",
        "CREATE TABLE nans (id numeric PRIMARY KEY, n int DEFAULT 1);
         INSERT INTO nans (id) SELECT g / 7.0 FROM generate_series(1, 500) g; INSERT INTO nans (id) VALUES ('NaN')",
        "ranges of the key (id)",
    ),
    (
        "floats",
        "CREATE TABLE floats (id double precision PRIMARY KEY, n int DEFAULT 1);
         INSERT INTO floats (id) SELECT g / 7.0 FROM generate_series(1, 500) g;
         INSERT INTO floats (id) VALUES ('NaN'), ('-Infinity'), ('Infinity')",
        "ranges of the key (id)",
    ),
    (
        "words",
        "CREATE TABLE words (id char(5), at timestamptz, n int DEFAULT 1, PRIMARY KEY (id, at));
         INSERT INTO words (id, at) SELECT 'a''b' || g % 7, 'epoch'::timestamptz + g * interval '1.000001 s'
           FROM generate_series(1, 500) g; INSERT INTO words (id, at) VALUES ('zz', 'infinity'), ('', '-infinity')",
        "ranges of the key (id, at)",
    ),
    (
        "\"Odd Name\"",
        "CREATE TABLE \"Odd Name\" (\"the Key\" text COLLATE \"C\", b bytea, n int DEFAULT 1, UNIQUE (\"the Key\", b));
         ALTER TABLE \"Odd Name\" ALTER \"the Key\" SET NOT NULL, ALTER b SET NOT NULL;
         INSERT INTO \"Odd Name\" SELECT E'\\\\' || g % 9, ('\\x0' || g % 7 || '00')::bytea || int4send(g) FROM generate_series(1, 400) g",
        "ranges of the key (the Key, b)",
    ),
    (
        "uuids",
        "CREATE TABLE uuids (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int DEFAULT 1);
         INSERT INTO uuids (n) SELECT 1 FROM generate_series(1, 500) g",
        "ranges of the key (id)",
    ),
    (
        "parts",
        "CREATE TABLE parts (id int, at date, n int DEFAULT 1, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
         CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY HASH (id);
         CREATE TABLE parts_2a PARTITION OF parts_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE parts_2b PARTITION OF parts_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         CREATE TABLE parts_3 PARTITION OF parts DEFAULT;
         INSERT INTO parts SELECT g, '2020-01-01'::date + g, 1 FROM generate_series(1, 900) g",
        "4 partitions one by one, ranges of the key (id, at)",
    ),
];

#[tokio::test]
async fn every_row_is_changed_once_whatever_the_key() {
    let mut revisions = vec![("0001_tables".to_owned(), String::new())];
    let mut script = String::new();
    for (number, (table, make, _)) in TABLES.iter().enumerate() {
        revisions[0].1.push_str(&format!("{make};\n"));
        script.push_str(&format!(
            "-- windlass: backfill b{number} batch=40 workers={}\nUPDATE {table} SET n = n * 100;\n",
            number % 3 + 1
        ));
    }
    revisions.push(("0002_b".to_owned(), script));
    let revisions: Vec<(&str, &str)> = revisions
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let project = Project::new(&revisions[..1]).await;
    project.upgrade(0).await;
    project.write(revisions[1].0, revisions[1].1);
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    for (_, _, words) in TABLES {
        assert!(
            plan.stdout.contains(&format!("cut into {words}")),
            "{words}: {}",
            plan.stdout
        );
    }
    project.upgrade(0).await;
    for (table, _, _) in TABLES {
        let found = project
            .one(&format!("SELECT string_agg(n || ':' || count, ' ') FROM (SELECT n, count(*) FROM {table} GROUP BY n) AS x"))
            .await;
        assert!(
            found.starts_with("100:") && !found.contains(' '),
            "{table}: {found}"
        );
    }
}

#[tokio::test]
async fn a_plan_tells_how_long_by_what_the_same_table_took_before() {
    let again = "-- windlass: backfill y\nUPDATE leads SET n = 3;\n";
    let first = "-- windlass: backfill x batch=500\nUPDATE leads SET n = 2;";
    let project = Project::new(&[LEADS, ("0002_b", first)]).await;
    project.upgrade(0).await;
    let took = "SELECT extract(epoch FROM finished_at - started_at) < 1000 FROM windlass.backfill";
    assert_eq!(project.one(took).await, "t");
    project.database.execute("ANALYZE leads").await;
    project.write("0003_b", again);
    let lines = async || {
        let plan = project.windlass(&["plan"]).run().await.expect(0);
        let lines = plan.stdout.lines().filter(|line| line.contains("measured here"));
        lines.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let day = "SELECT to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM windlass.backfill";
    let day = project.one(day).await;
    let told = lines().await;
    assert_eq!(told.len(), 1, "{told:?}");
    let speed = "SELECT to_char(5000 / extract(epoch FROM finished_at - started_at), 'FM999999999') FROM windlass.backfill";
    let speed = project.one(speed).await;
    assert!(
        told[0].ends_with(&format!(
            "(estimated): {speed} rows a second, measured here on {day}"
        )),
        "{told:?}"
    );

    // A table of the same name that came since is another one.
    project
        .database
        .execute("ALTER TABLE leads RENAME TO old; CREATE TABLE leads (LIKE old INCLUDING ALL); INSERT INTO leads SELECT * FROM old; ANALYZE leads")
        .await;
    assert_eq!(lines().await, Vec::<String>::new());
}

#[tokio::test]
async fn blocks_are_read_where_the_change_makes_its_condition_false() {
    let project = Project::new(&[(
        "0001_t",
        "CREATE TABLE u (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int, times int DEFAULT 0);\n\
         INSERT INTO u (n) SELECT NULL FROM generate_series(1, 3000);\n\
         CREATE TABLE k (a text, n int);\nINSERT INTO k SELECT 'x', nullif(g % 3, 0) FROM generate_series(1, 3000) g;",
    )])
    .await;
    project.upgrade(0).await;
    project.write(
        "0002_b",
        "-- windlass: backfill u\nUPDATE u SET n = 7, times = times + 1 WHERE n IS NULL;\n\
         -- windlass: backfill k\nUPDATE k SET n = length(a) WHERE n IS DISTINCT FROM length(a);",
    );
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    assert_eq!(
        plan.stdout
            .matches("ranges of blocks (ctid), then sweeps until nothing is left")
            .count(),
        2,
        "{}",
        plan.stdout
    );
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT bool_and(n = 7 AND times = 1) FROM u").await,
        "t"
    );
    assert_eq!(project.one("SELECT bool_and(n = 1) FROM k").await, "t");
}

#[tokio::test]
async fn a_delete_and_an_insert_are_cut_too() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "CREATE TABLE copies (id bigint PRIMARY KEY, n int);\n\
             -- windlass: backfill copy on leads batch=700\n\
             INSERT INTO copies SELECT l.id, l.n + 1 FROM leads l WHERE l.tenant_id = 3 ON CONFLICT DO NOTHING;\n\
             -- windlass: backfill purge on leads batch=900 workers=2\n\
             DELETE FROM leads USING copies c WHERE c.id = leads.id;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(
        project
            .one("SELECT concat_ws(' ', count(*), min(n), max(n)) FROM copies")
            .await,
        "417 2 2"
    );
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "4583");
}

#[tokio::test]
async fn what_cannot_be_cut_is_refused_with_its_place() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill x\nUPDATE leads SET n = 1 WHERE id IN (SELECT id FROM leads LIMIT 5);",
        ),
    ])
    .await;
    let finished = project.upgrade(2).await;
    for words in [
        "0002_b.sql:2:1",
        "it reads a LIMITed part of the table that it changes",
    ] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    project.write(
        "0002_b",
        "-- windlass: backfill x deferred\nUPDATE leads SET n = 1;\nSELECT 1;",
    );
    let finished = project.upgrade(2).await;
    for words in ["0002_b.sql:3:1", "requires backfill NAME"] {
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
    }
    project.write(
        "0002_b",
        "CREATE TABLE u (a text);\nINSERT INTO u VALUES ('a');\n-- windlass: backfill x\nUPDATE u SET a = a || a;",
    );
    let finished = project.upgrade(4).await;
    assert!(
        finished
            .stderr
            .contains("u has no unique key of NOT NULL columns"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn triggers_and_publications_are_spoken_of_before_the_first_row() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.tenant_id := 99; RETURN NEW; END';\n\
             CREATE TRIGGER note BEFORE UPDATE OF n ON leads FOR EACH ROW EXECUTE FUNCTION note();\n\
             -- windlass: backfill x\nUPDATE leads SET n = 2;",
        ),
    ])
    .await;
    let finished = project.upgrade(4).await;
    assert!(
        finished
            .stderr
            .contains("would fire triggers of leads: note (note)")
            && finished.stderr.contains("triggers=fire"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one("SELECT bool_and(n = 1) FROM leads").await, "t");
    let text = std::fs::read_to_string(project.migrations().join("0002_b.sql")).expect("it is there");
    project.write("0002_b", &text.replace("backfill x", "backfill x triggers=fire"));
    project.upgrade(0).await;
    assert_eq!(
        project
            .one("SELECT bool_and(n = 2 AND tenant_id = 99) FROM leads")
            .await,
        "t"
    );

    project.write(
        "0003_p",
        "CREATE TABLE p (a int, n int);\nINSERT INTO p VALUES (1);\nCREATE PUBLICATION everything FOR ALL TABLES;\n\
         -- windlass: backfill y\nUPDATE p SET n = 1 WHERE n IS NULL;",
    );
    let finished = project.upgrade(4).await;
    assert!(
        finished
            .stderr
            .contains("p is in publication everything and has no replica identity"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn a_batch_that_would_read_another_table_in_full_is_refused_and_an_index_helps() {
    const BACKFILL: &str = "-- windlass: backfill last_call on leads triggers=fire\n\
        UPDATE leads SET n = found.direction FROM \
          (SELECT DISTINCT ON (lead_id) lead_id, direction FROM call_log ORDER BY lead_id, at DESC) AS found \
         WHERE found.lead_id = leads.id AND leads.n = 1;";
    let project = Project::new(&[
        LEADS,
        (
            "0002_calls",
            "CREATE TABLE call_log (lead_id bigint, at timestamptz, direction int, filler text);\n\
             INSERT INTO call_log SELECT g % 5000 * 7 - 5000, 'epoch', 5, repeat('x', 300) FROM generate_series(1, 60000) g;",
        ),
        ("0003_b", BACKFILL),
    ])
    .await;
    let finished = project.upgrade(4).await;
    assert!(
        finished.stderr.contains("would read all of") && finished.stderr.contains("call_log"),
        "{}",
        finished.stderr
    );
    // With an index the range holds for the calls as well, through found.lead_id = leads.id.
    project.windlass(&["plan"]).run().await.expect(0);
    project.write(
        "0003_b",
        &format!("CREATE INDEX CONCURRENTLY c ON call_log (lead_id, at);\n{BACKFILL}\nUPDATE leads SET n = 1;\nDROP INDEX CONCURRENTLY c;"),
    );
    project.upgrade(0).await;
    // The correlated form with an index reads a few rows for each.
    project.write(
        "0004_b",
        "-- windlass: temporary\n\
         CREATE INDEX CONCURRENTLY IF NOT EXISTS calls ON call_log (lead_id, at);\n\
         -- windlass: backfill correlated on leads\n\
         UPDATE leads SET n = (SELECT c.direction FROM call_log c WHERE c.lead_id = leads.id ORDER BY c.at DESC LIMIT 1) \
          WHERE n = 1 AND EXISTS (SELECT FROM call_log c WHERE c.lead_id = leads.id);",
    );
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT count(*) FROM leads WHERE n = 5").await,
        "4999"
    );
    assert_eq!(
        project.one("SELECT to_regclass('calls')").await,
        "NULL",
        "it was temporary"
    );
}

#[tokio::test]
async fn what_was_edited_after_its_first_batch_does_not_go_on() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill x batch=50 pause=20ms\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    let begun = "SELECT coalesce(sum(rows_done), 0) > 200 FROM windlass.backfill_range";
    project.kill_backfill_when("leads", LAST, begun, "t").await;
    project.write(
        "0002_b",
        "-- windlass: backfill x batch=50\nUPDATE leads SET n = n * 10;",
    );
    let finished = project.upgrade(6).await;
    for words in [
        "was edited after some of its batches were done",
        "ran: UPDATE leads SET n = n * 100",
    ] {
        assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
    }
    // Under another name, or at once, the rows that are done would be changed twice.
    for text in [
        "-- windlass: backfill y batch=50\nUPDATE leads SET n = n * 100;",
        "UPDATE leads SET n = n * 100;",
    ] {
        project.write("0002_b", text);
        let finished = project.upgrade(6).await;
        for words in ["backfill x of 0002_b is under way", "windlass backfill cancel x"] {
            assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
        }
    }
    // Another table of the same name is not gone on with either.
    project.write(
        "0002_b",
        "-- windlass: backfill x batch=50\nUPDATE leads SET n = n * 100;",
    );
    project
        .database
        .execute("ALTER TABLE leads RENAME TO leads_1; CREATE TABLE leads (LIKE leads_1 INCLUDING ALL)")
        .await;
    let finished = project.upgrade(6).await;
    assert!(
        finished
            .stderr
            .contains("is another table than the one that backfill x began with"),
        "{}",
        finished.stderr
    );
    project
        .database
        .execute("DROP TABLE leads; ALTER TABLE leads_1 RENAME TO leads")
        .await;
    let script = project.windlass(&["upgrade", "--sql", "--unbatched"]).run();
    let script = script.await.expect(4);
    assert!(
        script.stderr.contains("backfill x of 0002_b is under way"),
        "{}",
        script.stderr
    );
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT bool_and(n = 100) FROM leads").await, "t");
}

#[tokio::test]
async fn a_deferred_backfill_is_done_by_a_worker_and_waited_for_by_who_requires_it() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: temporary\nCREATE INDEX CONCURRENTLY by_tenant ON leads (tenant_id, id);\n\
             -- windlass: backfill x on leads by tenant_id as business deferred\nUPDATE leads SET n = 2 WHERE n = 1;\n\
             -- windlass: verify : all of them are 2\nSELECT bool_and(n = 2) FROM leads;",
        ),
        ("0003_c", "-- windlass: requires backfill x\nALTER TABLE leads ADD c int;"),
    ])
    .await;
    let finished = project.upgrade(4).await;
    assert!(
        finished
            .stderr
            .contains("0003_c requires backfill x, which is not complete yet")
            && finished.stderr.contains("windlass backfill run x"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.applied().await, ["0001_leads", "0002_b"]);
    let listed = project.windlass(&["backfill", "list"]).run().await.expect(0);
    assert!(
        listed.stdout.contains("x: waits for a worker"),
        "{}",
        listed.stdout
    );
    let looked = project.windlass(&["status"]).run().await.expect(0);
    assert!(
        looked.stdout.contains("x: waits for a worker"),
        "{}",
        looked.stdout
    );

    let mut waiting = project.windlass(&["upgrade", "--wait"]).spawn();
    waiting.wait_for_output("waiting for backfill x").await;
    let worked = project.windlass(&["worker", "--once"]).run().await.expect(0);
    assert!(
        worked
            .stderr
            .contains("✅ backfill x: 5000 rows, done and verified"),
        "{}",
        worked.stderr
    );
    waiting.finish().await.expect(0);
    assert_eq!(project.applied().await.len(), 3);
    assert_eq!(
        project.one("SELECT to_regclass('by_tenant')").await,
        "NULL",
        "it was temporary"
    );

    let verified = project.windlass(&["verify"]).run().await.expect(0);
    assert!(
        verified.stdout.contains("all of them are 2"),
        "{}",
        verified.stdout
    );

    // "Complete" is a moment: what is required is looked at again.
    project
        .database
        .execute("INSERT INTO leads VALUES (-9999, 1, 1)")
        .await;
    project.write(
        "0004_d",
        "-- windlass: requires backfill x\nALTER TABLE leads ADD d int;",
    );
    let finished = project.upgrade(4).await;
    assert!(
        finished
            .stderr
            .contains("is not true any more: all of them are 2"),
        "{}",
        finished.stderr
    );
    project
        .windlass(&["backfill", "resume", "x", "--from-start"])
        .run()
        .await
        .expect(0);
    project.windlass(&["backfill", "run", "x"]).run().await.expect(0);
    project.upgrade(0).await;
}

#[tokio::test]
async fn a_deferred_backfill_whose_promise_is_not_kept_fails_and_can_be_resumed() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill x deferred\nUPDATE leads SET n = 2 WHERE tenant_id IS NOT NULL;\n\
             -- windlass: verify : all of them are 2\nSELECT bool_and(n = 2) FROM leads;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    let failed = project.windlass(&["backfill", "run", "x"]).run().await.expect(5);
    assert!(failed.stderr.contains("all of them are 2"), "{}", failed.stderr);
    assert_eq!(status(&project, "x").await["state"], "failed");
    project.windlass(&["worker", "--once"]).run().await.expect(0);
    project.database.execute("UPDATE leads SET n = 2").await;
    project
        .windlass(&["backfill", "resume", "x"])
        .run()
        .await
        .expect(0);
    project.windlass(&["worker", "--once"]).run().await.expect(0);
    assert_eq!(status(&project, "x").await["state"], "done");
}

#[tokio::test]
async fn it_is_paused_resumed_and_cancelled_from_elsewhere() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill x batch=20 pause=20ms\nUPDATE leads SET n = n * 100;",
        ),
    ])
    .await;
    project.windlass(&["upgrade", "+1"]).run().await.expect(0);
    // However late somebody comes, something is left to pause and to cancel.
    let held = project.hold_row("leads", LAST).await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    running.wait_for_output("backfill: starting").await;
    project
        .database
        .wait_for(
            "SELECT coalesce(sum(rows_done), 0)::bigint FROM windlass.backfill_range",
            |rows| rows > 0,
        )
        .await;
    let act = |word: &'static str| project.windlass(&["backfill", word, "x"]).run();
    act("pause").await.expect(0);
    running.wait_for_output("x is paused").await;
    let rows = "SELECT sum(rows_done) FROM windlass.backfill_range";
    project
        .database
        .wait_for(
            "SELECT count(*) FROM windlass.backfill_range WHERE worker IS NOT NULL",
            |held| held == 0,
        )
        .await;
    let before = project.one(rows).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(project.one(rows).await, before, "it holds");
    act("pause").await.expect(2);
    act("resume").await.expect(0);
    running.wait_for_output("x goes on").await;
    act("cancel").await.expect(0);
    let finished = running.finish().await.expect(4);
    assert!(
        finished.stderr.contains("backfill x was cancelled"),
        "{}",
        finished.stderr
    );
    project.upgrade(4).await;
    held.release().await;
    act("resume").await.expect(0);
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT bool_and(n = 100) FROM leads").await, "t");
}
