//! Protected tables: what a revision may not take, however it tries.

use windlass_testkit::{Finished, Rival};

use crate::project::{AT_GATE, Ended, Gate, Project};

const SCHEMA: &str = "
    CREATE TABLE leads (id int PRIMARY KEY, name text, phone text CHECK (phone <> ''));
    CREATE TABLE calls (id int PRIMARY KEY, lead_id int REFERENCES leads ON DELETE CASCADE);
    CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE notes (id int PRIMARY KEY);
    CREATE TABLE archive (id int PRIMARY KEY);
";

const ROWS: &str = "
    INSERT INTO leads SELECT n, 'lead ' || n, '0' || n FROM generate_series(1, 100) AS n;
    INSERT INTO calls SELECT n, n FROM generate_series(1, 100) AS n;
    INSERT INTO events SELECT n, '2024-06-01'::date + n % 2 * 365 FROM generate_series(1, 100) AS n;
    INSERT INTO notes SELECT n FROM generate_series(1, 10) AS n;
";

/// A project with rows in its tables; `leads`, `calls` and `events` are protected.
async fn project() -> Project {
    let project = Project::new(&[("0001_tables", SCHEMA)]).await;
    protect(&project, &["leads", "calls", "events"]);
    project.upgrade(0).await;
    project.database.execute(ROWS).await;
    project
}

fn protect(project: &Project, tables: &[&str]) {
    let config = format!("protect = {tables:?}\n");
    std::fs::write(project.folder().join("windlass.toml"), config).expect("a file can be written");
}

async fn rows(project: &Project, table: &str) -> i64 {
    let count = project.one(&format!("SELECT count(*) FROM {table}")).await;
    count.parse().expect("a number")
}

fn says(finished: &Finished, text: &str) {
    assert!(
        finished.stderr.contains(text),
        "not said: {text}\n{}",
        finished.stderr
    );
}

/// The revision is refused with this sentence, and nothing of it is left.
async fn refused(sql: &str, sentence: &str) {
    let project = project().await;
    project.write("0002_loss", sql);
    let finished = project.upgrade(4).await;
    says(&finished, sentence);
    says(&finished, "nothing of it is lost");
    assert_eq!(rows(&project, "leads").await, 100);
    assert_eq!(rows(&project, "calls").await, 100);
    assert_eq!(rows(&project, "events").await, 100);
    assert_eq!(project.applied().await, ["0001_tables"]);
    // Refused again, not passed over.
    project.upgrade(4).await;
}

/// The revision is applied: what looks like a loss is none.
async fn applied(sql: &str) -> (Project, Finished) {
    let project = project().await;
    project.write("0002_fine", sql);
    let finished = project.upgrade(0).await;
    (project, finished)
}

#[tokio::test]
async fn rows_are_counted_however_they_are_deleted() {
    refused("DELETE FROM leads WHERE id <= 12;", "leads would lose 12 rows").await;
}

#[tokio::test]
async fn cascades_count() {
    refused(
        "DELETE FROM leads WHERE id <= 2;",
        "calls would lose 2 rows; leads would lose 2 rows",
    )
    .await;
}

#[tokio::test]
async fn a_cte_counts() {
    refused(
        "WITH gone AS (DELETE FROM calls WHERE id <= 3 RETURNING id) INSERT INTO archive SELECT id FROM gone;",
        "calls would lose 3 rows",
    )
    .await;
}

#[tokio::test]
async fn a_function_counts() {
    refused(
        "CREATE FUNCTION tidy() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEL' || 'ETE FROM calls WHERE id < 5'; END $$;\n\
         SELECT tidy();",
        "calls would lose 4 rows",
    )
    .await;
}

#[tokio::test]
async fn a_trigger_counts() {
    refused(
        "CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM calls WHERE id = NEW.id; RETURN NULL; END $$;\n\
         CREATE TRIGGER tidy AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION tidy();\n\
         UPDATE notes SET id = id WHERE id <= 7;",
        "calls would lose 7 rows",
    )
    .await;
}

#[tokio::test]
async fn a_deferred_trigger_counts() {
    refused(
        "CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM calls WHERE id = NEW.id; RETURN NULL; END $$;\n\
         CREATE CONSTRAINT TRIGGER tidy AFTER UPDATE ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidy();\n\
         UPDATE notes SET id = id WHERE id <= 6;",
        "calls would lose 6 rows",
    )
    .await;
}

#[tokio::test]
async fn a_merge_counts() {
    // PostgreSQL 14 has no MERGE.
    let version = project().await.one("SHOW server_version_num").await;
    if version.as_str() < "150000" {
        return;
    }
    refused(
        "MERGE INTO calls USING notes ON calls.id = notes.id WHEN MATCHED THEN DELETE;",
        "calls would lose 10 rows",
    )
    .await;
}

#[tokio::test]
async fn a_block_of_code_counts() {
    refused(
        "DO $$ BEGIN DELETE FROM calls WHERE id = 9; END $$;",
        "calls would lose 1 row",
    )
    .await;
}

#[tokio::test]
async fn a_truncate_that_cascades_is_seen() {
    refused(
        "TRUNCATE leads CASCADE;",
        "calls would lose 100 rows; leads would lose 100 rows",
    )
    .await;
}

#[tokio::test]
async fn a_table_that_is_renamed_and_then_emptied_stays_protected() {
    let project = project().await;
    project.write(
        "0002_loss",
        "DO $$ BEGIN ALTER TABLE calls RENAME TO old_calls; DELETE FROM old_calls; END $$;",
    );
    says(&project.upgrade(4).await, "calls would lose 100 rows");
    assert_eq!(rows(&project, "calls").await, 100);
    // In steps of their own, the first of which is done.
    project.write(
        "0002_loss",
        "ALTER TABLE calls RENAME TO old_calls;\nDELETE FROM old_calls;",
    );
    says(&project.upgrade(4).await, "old_calls would lose 100 rows");
    assert_eq!(rows(&project, "old_calls").await, 100);
}

#[tokio::test]
async fn a_copy_that_takes_the_place_of_a_table_is_seen() {
    refused(
        "CREATE TABLE calls_new AS SELECT * FROM calls WHERE id <= 5;\nDROP TABLE calls;\nALTER TABLE calls_new RENAME TO calls;",
        "calls would be dropped",
    )
    .await;
}

#[tokio::test]
async fn partitions_are_not_detached_or_dropped() {
    refused(
        "-- windlass: allow drop-partition because the guard is asked\nDROP TABLE events_2024;",
        "events_2024 would leave its partitioned table",
    )
    .await;
    refused(
        "-- windlass: allow blocking-detach because the guard is asked\nALTER TABLE events DETACH PARTITION events_2024;",
        "events_2024 would leave its partitioned table",
    )
    .await;
    refused(
        "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;",
        "events would lose its partition events_2024",
    )
    .await;
}

#[tokio::test]
async fn what_a_role_owns_is_protected_too() {
    let project = project().await;
    project
        .database
        .execute("CREATE ROLE leaver; ALTER TABLE calls OWNER TO leaver")
        .await;
    project.write("0002_loss", "DROP OWNED BY leaver;");
    says(&project.upgrade(4).await, "calls would be dropped");
    assert_eq!(rows(&project, "calls").await, 100);
}

#[tokio::test]
async fn columns_and_constraints_are_protected() {
    refused(
        "ALTER TABLE leads DROP COLUMN phone;",
        "leads would lose its column phone",
    )
    .await;
    refused(
        "ALTER TABLE calls DROP CONSTRAINT calls_lead_id_fkey;",
        "calls would lose its constraint calls_lead_id_fkey",
    )
    .await;
    // A column of the same name is another one.
    refused(
        "ALTER TABLE leads DROP COLUMN name;\nALTER TABLE leads ADD COLUMN name text;",
        "leads would lose its column name",
    )
    .await;
}

#[tokio::test]
async fn a_partition_and_its_table_go_in_one_step() {
    let project = project().await;
    protect(&project, &["leads"]);
    project.write("0002_gone", "DROP TABLE events_2024;\nDROP TABLE events;");
    project.upgrade(0).await;
    let lost = "SELECT string_agg(kind || ' ' || what, ', ' ORDER BY what) FROM windlass.loss WHERE revision_id = '0002_gone'";
    assert_eq!(
        project.one(lost).await,
        "table public.events, table public.events_2024"
    );
}

#[tokio::test]
async fn a_row_that_moves_to_another_partition_is_not_lost() {
    let (project, _) = applied("UPDATE events SET at = at + 365 WHERE at < '2025-01-01';").await;
    assert_eq!(rows(&project, "events").await, 100);
}

#[tokio::test]
async fn what_a_savepoint_took_back_is_not_lost() {
    let (project, _) = applied(
        "DO $$ BEGIN BEGIN DELETE FROM calls; RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END; END $$;",
    )
    .await;
    assert_eq!(rows(&project, "calls").await, 100);
}

#[tokio::test]
async fn a_table_that_is_written_anew_is_not_lost() {
    let (project, _) = applied(
        "ALTER TABLE leads ALTER COLUMN id TYPE bigint;\n\
         ALTER TABLE leads RENAME COLUMN name TO title;\nALTER TABLE calls RENAME CONSTRAINT calls_pkey TO calls_key;",
    )
    .await;
    assert_eq!(rows(&project, "leads").await, 100);
}

#[tokio::test]
async fn a_rewrite_beside_a_truncate_is_counted() {
    let (project, _) = applied("ALTER TABLE leads ALTER COLUMN id TYPE bigint;\nTRUNCATE notes;").await;
    assert_eq!(rows(&project, "leads").await, 100);
}

#[tokio::test]
async fn an_empty_table_loses_nothing() {
    let project = project().await;
    protect(&project, &["archive"]);
    project.write("0002_fine", "ALTER TABLE archive DROP COLUMN id;");
    project.upgrade(0).await;
    project.write("0003_fine", "DROP TABLE archive;");
    project.upgrade(0).await;
}

#[tokio::test]
async fn a_revision_takes_what_it_says_and_no_more() {
    let project = project().await;
    let header = "-- windlass: protect calls allow delete 10 because they are test calls\n";
    project.write("0002_some", &format!("{header}DELETE FROM calls WHERE id <= 11;"));
    says(&project.upgrade(4).await, "calls would lose 11 rows (10 allowed)");
    project.write("0002_some", &format!("{header}DELETE FROM calls WHERE id <= 10;"));
    let finished = project.windlass(&["upgrade", "--json"]).run().await.expect(0);
    let result: serde_json::Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(
        result["losses"],
        serde_json::json!([{ "revision": "0002_some", "step": 1, "relation": "public.calls", "kind": "rows",
                             "what": "public.calls", "rows": 10, "protected": true }])
    );
    assert_eq!(rows(&project, "calls").await, 90);
    project.write(
        "0003_drop",
        "-- windlass: protect calls allow drop because they moved to the archive\nDROP TABLE calls;",
    );
    says(&project.upgrade(0).await, "lost: calls was dropped");
}

#[tokio::test]
async fn what_is_allowed_is_for_all_steps_together() {
    let project = project().await;
    project.write(
        "0002_some",
        "-- windlass: protect calls allow delete 10 because they are test calls\n\
         -- windlass: no-transaction\nDELETE FROM calls WHERE id <= 6;\nDELETE FROM calls WHERE id <= 12;",
    );
    says(&project.upgrade(4).await, "calls would lose 12 rows (10 allowed)");
    assert_eq!(rows(&project, "calls").await, 94);
    project.write(
        "0002_some",
        "-- windlass: protect calls allow delete 12 because they are test calls\n\
         -- windlass: no-transaction\nDELETE FROM calls WHERE id <= 6;\nDELETE FROM calls WHERE id <= 12;",
    );
    project.upgrade(0).await;
}

#[tokio::test]
async fn a_table_renamed_by_an_earlier_step_stays_protected_after_a_kill() {
    let project = project().await;
    project.write(
        "0002_renamed",
        "-- windlass: no-transaction\nALTER TABLE calls RENAME TO old_calls;\nSELECT pg_sleep(60);\nDELETE FROM old_calls;",
    );
    project.kill_upgrade_in("SELECT pg_sleep(60)").await;
    project.write(
        "0002_renamed",
        "-- windlass: no-transaction\nALTER TABLE calls RENAME TO old_calls;\nSELECT 1;\nDELETE FROM old_calls;",
    );
    says(&project.upgrade(4).await, "old_calls would lose 100 rows");
}

#[tokio::test]
async fn what_the_application_deletes_meanwhile_is_not_ours() {
    let project = project().await;
    project.write(
        "0002_some",
        &format!(
            "-- windlass: protect calls allow delete 5 because they are test calls\n\
             DELETE FROM calls WHERE id <= 5;\n{AT_GATE};\nUPDATE notes SET id = id;"
        ),
    );
    let gate = Gate::shut(&project).await;
    let running = project.windlass(&["upgrade"]).spawn();
    gate.wait(&project).await;
    project.database.execute("DELETE FROM calls WHERE id > 50").await;
    gate.open().await;
    running.finish().await.expect(0);
    assert_eq!(rows(&project, "calls").await, 45);
}

#[tokio::test]
async fn a_recount_leaves_out_what_the_application_deletes() {
    let project = project().await;
    // The savepoint makes it suspicious; the recount finds the two rows that really go.
    project.write(
        "0002_some",
        &format!(
            "-- windlass: protect calls allow delete 2 because they are test calls\n\
             DO $$ BEGIN DELETE FROM calls WHERE id <= 2; \
               BEGIN DELETE FROM calls; RAISE 'no'; EXCEPTION WHEN raise_exception THEN NULL; END; END $$;\n\
             {AT_GATE};\nUPDATE notes SET id = id;"
        ),
    );
    let gate = Gate::shut(&project).await;
    let running = project.windlass(&["upgrade"]).spawn();
    gate.wait(&project).await;
    project.database.execute("DELETE FROM calls WHERE id > 50").await;
    gate.open().await;
    running.finish().await.expect(0);
    assert_eq!(rows(&project, "calls").await, 48);
    let noted = "SELECT rows FROM windlass.loss WHERE revision_id = '0002_some'";
    assert_eq!(project.one(noted).await, "2");
}

#[tokio::test]
async fn a_large_delete_stops_at_its_limit() {
    let project = project().await;
    project
        .database
        .execute("INSERT INTO calls SELECT n, 1 FROM generate_series(101, 50000) AS n")
        .await;
    project.write(
        "0002_some",
        "-- windlass: protect calls allow delete 100 because they are test calls\nDELETE FROM calls WHERE id > 1000;",
    );
    says(
        &project.upgrade(4).await,
        "calls would lose 49000 rows (100 allowed)",
    );
    assert_eq!(rows(&project, "calls").await, 50_000);
}

#[tokio::test]
async fn a_server_that_counts_nothing_has_its_rows_counted() {
    let project = project().await;
    let name = project.database.name().to_owned();
    project
        .database
        .execute(&format!("ALTER DATABASE {name} SET track_counts = off"))
        .await;
    project.write("0002_loss", "DELETE FROM calls WHERE id <= 3;");
    says(&project.upgrade(4).await, "calls would lose 3 rows");
    project.write("0002_loss", "UPDATE calls SET id = id;");
    project.upgrade(0).await;
}

#[tokio::test]
async fn unprotected_losses_are_told() {
    let (_, finished) = applied("DELETE FROM notes WHERE id <= 4;").await;
    says(&finished, "lost: notes lost 4 rows");
    let (_, finished) = applied("DROP TABLE notes;").await;
    says(&finished, "lost: notes was dropped");
}

#[tokio::test]
async fn a_new_database_has_nothing_to_lose() {
    let project = Project::new(&[
        (
            "0001_t",
            "CREATE TABLE leads (id int PRIMARY KEY, old int); INSERT INTO leads VALUES (1, 1), (2, 2);",
        ),
        (
            "0002_t",
            "ALTER TABLE leads DROP COLUMN old; CREATE INDEX CONCURRENTLY leads_i ON leads (id);",
        ),
        ("0003_t", "DELETE FROM leads;"),
        ("0004_t", "SELECT pg_sleep(60);"),
        ("0005_t", "INSERT INTO leads VALUES (3); DELETE FROM leads;"),
    ])
    .await;
    protect(&project, &["leads"]);
    // Built in two runs, because the first is killed.
    project.kill_upgrade_in("SELECT pg_sleep(60)").await;
    project.write("0004_t", "SELECT 1;");
    project.upgrade(0).await;
    project.database.execute("INSERT INTO leads VALUES (4)").await;
    project.write("0006_t", "DELETE FROM leads;");
    says(&project.upgrade(4).await, "leads would lose 1 row");
}

#[tokio::test]
async fn a_reset_of_all_settings_is_refused_with_a_reason() {
    let project = project().await;
    project.write("0002_reset", "UPDATE notes SET id = id;\nRESET ALL;");
    says(&project.upgrade(4).await, "resets all settings");
}

#[tokio::test]
async fn schemas_and_odd_names_are_protected() {
    let project = project().await;
    project
        .database
        .execute("CREATE SCHEMA \"My App\"; CREATE TABLE \"My App\".\"t.1\" (a int); INSERT INTO \"My App\".\"t.1\" VALUES (1)")
        .await;
    protect(&project, &["\"My App\".*"]);
    project.write("0002_loss", "DELETE FROM \"My App\".\"t.1\";");
    says(&project.upgrade(4).await, "\"My App\".\"t.1\" would lose 1 row");
    protect(&project, &["\"My App\".\"t.1\""]);
    says(&project.upgrade(4).await, "\"My App\".\"t.1\" would lose 1 row");
}

#[tokio::test]
async fn a_downgrade_is_guarded_as_well() {
    let project = project().await;
    project.write("0002_column", "ALTER TABLE leads ADD COLUMN email text;");
    project.write("0002_column.down", "ALTER TABLE leads DROP COLUMN email;");
    project.upgrade(0).await;
    let down = ["downgrade", "0001_tables", "--allow-data-loss"];
    says(
        &project.windlass(&down).run().await.expect(4),
        "leads would lose its column email",
    );
    project.write(
        "0002_column.down",
        "-- windlass: protect leads allow drop because nobody wrote to it yet\nALTER TABLE leads DROP COLUMN email;",
    );
    project.windlass(&down).run().await.expect(0);
}

#[tokio::test]
async fn a_lock_that_is_not_had_at_once_does_not_lose_the_guard() {
    let project = project().await;
    project.write("0002_loss", "ALTER TABLE calls DROP COLUMN lead_id;");
    let rival = Rival::hold(&project.database, "BEGIN; SELECT 1 FROM calls").await;
    let mut running = project.windlass(&["upgrade"]).spawn();
    running.wait_for_output("held by").await;
    rival.release().await;
    says(
        &running.finish().await.expect(4),
        "calls would lose its column lead_id",
    );
}

#[tokio::test]
async fn batches_of_a_data_change_are_guarded() {
    let project = project().await;
    project.write(
        "0002_tidy",
        "-- windlass: backfill tidy on calls batch=10 workers=2\nDELETE FROM calls WHERE id % 2 = 0;",
    );
    says(&project.upgrade(4).await, "calls would lose");
    assert_eq!(rows(&project, "calls").await, 100);
    let header = "-- windlass: protect calls allow delete 50 because every other one was a test\n";
    project.write(
        "0002_tidy",
        &format!("{header}-- windlass: backfill tidy on calls batch=10 workers=2\nDELETE FROM calls WHERE id % 2 = 0;"),
    );
    says(&project.upgrade(0).await, "lost: calls lost 50 rows");
    assert_eq!(rows(&project, "calls").await, 50);
}

#[tokio::test]
async fn batches_of_two_workers_share_one_allowance() {
    let project = project().await;
    project
        .database
        .execute("INSERT INTO calls SELECT n, 1 FROM generate_series(101, 2000) AS n")
        .await;
    project.write(
        "0002_tidy",
        "-- windlass: protect calls allow delete 700 because they are test calls\n\
         -- windlass: backfill tidy on calls batch=100 workers=4\nDELETE FROM calls WHERE id > 0;",
    );
    says(&project.upgrade(4).await, "(700 allowed)");
    assert!(
        rows(&project, "calls").await >= 1300,
        "no more than is allowed went"
    );
}

#[tokio::test]
async fn init_writes_what_is_to_be_protected() {
    let project = Project::new(&[("0001_t", "CREATE TABLE leads (a int);")]).await;
    project
        .windlass(&["init", "--protect", "leads,\"My App\".*"])
        .run()
        .await
        .expect(0);
    project.upgrade(0).await;
    project.database.execute("INSERT INTO leads VALUES (1)").await;
    project.write("0002_loss", "DELETE FROM leads;");
    says(&project.upgrade(4).await, "leads would lose 1 row");
}

#[tokio::test]
async fn rows_are_counted_before_and_after_where_that_is_asked_for() {
    let project = project().await;
    project.write(
        "0002_some",
        "-- windlass: protect calls allow delete 5 because they are test calls\nDELETE FROM calls WHERE id <= 5;",
    );
    let finished = project
        .windlass(&["upgrade", "--exact-counts"])
        .run()
        .await
        .expect(0);
    says(&finished, "count of public.calls before: 100, after: 95");
    says(&finished, "count of public.leads before: 100, after: 100");
    project.write("0003_wait", AT_GATE);
    let gate = Gate::shut(&project).await;
    let running = project.windlass(&["upgrade", "--exact-counts"]).spawn();
    gate.wait(&project).await;
    project.database.execute("DELETE FROM calls WHERE id = 50").await;
    gate.open().await;
    let finished = running.finish().await.expect(5);
    says(&finished, "public.calls had 95 rows and has 94");
}
#[tokio::test]
async fn a_data_change_in_the_background_is_guarded() {
    let project = project().await;
    project.write(
        "0002_tidy",
        "-- windlass: backfill tidy on calls deferred batch=10\nDELETE FROM calls WHERE id % 2 = 0;",
    );
    project.upgrade(0).await;
    let finished = project
        .windlass(&["backfill", "run", "tidy"])
        .run()
        .await
        .expect(4);
    says(&finished, "calls would lose");
    assert_eq!(rows(&project, "calls").await, 100);
}

#[tokio::test]
async fn values_that_a_new_type_nulls_are_not_seen_and_a_verify_statement_sees_them() {
    let alter = "ALTER TABLE leads DROP CONSTRAINT leads_phone_check;\nALTER TABLE leads ALTER COLUMN phone TYPE int USING NULL;";
    let project = project().await;
    project.write(
        "0002_nulls",
        &format!(
            "-- windlass: protect leads allow drop because of a test\n\n{alter}\n\
             -- windlass: verify : every lead keeps its phone\nSELECT NOT EXISTS (SELECT FROM leads WHERE phone IS NULL);"
        ),
    );
    let arguments = ["upgrade", "--set", "safety=off"];
    let finished = project.windlass(&arguments).run().await.expect(5);
    says(&finished, "every lead keeps its phone");
    // Rows are not read under the lock of ALTER, so it was committed before it was asked.
    assert_eq!(project.one("SELECT count(phone) FROM leads").await, "0");
}
