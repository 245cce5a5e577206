//! What single statements need: their lanes, COPY data, session settings, assertions.

use crate::project::{Ended, Project};

#[tokio::test]
async fn a_revision_with_every_kind_of_step_is_applied_once() {
    let project = Project::new(&[
        (
            "0001_leads",
            "CREATE TABLE leads (id bigint PRIMARY KEY, n int);\nINSERT INTO leads VALUES (1, 10), (2, 20);",
        ),
        (
            "0002_all",
            "ALTER TABLE leads ADD c text;\n\
             CREATE INDEX CONCURRENTLY leads_c ON leads (c);\n\
             UPDATE leads SET n = n * 100;\n\
             VACUUM leads;\n\
             -- windlass: verify : every lead was multiplied\n\
             SELECT bool_and(n >= 1000) FROM leads;",
        ),
    ])
    .await;
    project.upgrade(0).await;
    project.upgrade(0).await;
    assert_eq!(
        project
            .database
            .query_column("SELECT n FROM leads ORDER BY id")
            .await,
        ["1000", "2000"]
    );
    assert_eq!(project.applied().await, ["0001_leads", "0002_all"]);
    let lanes = "SELECT lane FROM windlass.step WHERE revision_id = '0002_all' ORDER BY number";
    assert_eq!(
        project.database.query_column(lanes).await,
        ["ddl", "index", "dml", "utility", "dml"]
    );
}

#[tokio::test]
async fn copy_data_arrives_as_it_stands_in_the_file() {
    let project = Project::new(&[(
        "0001_faqs",
        "CREATE TABLE faqs (id int, answer text);\nCOPY faqs FROM STDIN;\n1\tyes; no\n2\t-- windlass: label x\n\\.\nINSERT INTO faqs VALUES (3, 'last');",
    )])
    .await;
    project.upgrade(0).await;
    let answers = project
        .database
        .query_column("SELECT answer FROM faqs ORDER BY id")
        .await;
    assert_eq!(answers, ["yes; no", "-- windlass: label x", "last"]);
}

#[tokio::test]
async fn session_settings_of_one_step_hold_in_the_next_and_not_in_the_next_revision() {
    let project = Project::new(&[
        ("0001_t", "CREATE SCHEMA app; CREATE TABLE public.seen (path text, mem text); CREATE TABLE public.t (a int);"),
        (
            "0002_set",
            "SELECT set_config('search_path', 'app, public', false);\n\
             SET work_mem = '8MB';\n\
             CREATE INDEX CONCURRENTLY t_a ON public.t (a);\n\
             INSERT INTO public.seen VALUES (current_setting('search_path'), current_setting('work_mem'));",
        ),
        ("0003_after", "INSERT INTO public.seen VALUES (current_setting('search_path'), current_setting('work_mem'));"),
    ])
    .await;
    project.upgrade(0).await;
    let seen = project
        .database
        .query_column("SELECT path || ' ' || mem FROM seen")
        .await;
    assert_eq!(seen, ["app, public 8MB", "\"$user\", public 4MB"]);
}

#[tokio::test]
async fn a_role_that_the_script_takes_does_not_own_the_journal() {
    let project = Project::new(&[
        (
            "0001_role",
            "CREATE ROLE owner_of_things; GRANT CREATE ON SCHEMA public TO owner_of_things;",
        ),
        (
            "0002_as",
            "SET ROLE owner_of_things;\nCREATE TABLE things (a int);",
        ),
    ])
    .await;
    project.upgrade(0).await;
    let owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'things'";
    assert_eq!(project.one(owner).await, "owner_of_things");
    project
        .database
        .execute("DROP OWNED BY owner_of_things; DROP ROLE owner_of_things")
        .await;
}

#[tokio::test]
async fn an_assertion_that_is_false_keeps_its_step_from_being_committed() {
    let project = Project::new(&[
        ("0001_t", "CREATE TABLE t (a int); INSERT INTO t VALUES (1);"),
        (
            "0002_v",
            "UPDATE t SET a = 2;\n-- windlass: verify : a became three\nSELECT a = 3 FROM t;",
        ),
    ])
    .await;
    let finished = project.upgrade(5).await;
    assert!(
        finished.stderr.contains("verify is not true: a became three"),
        "{}",
        finished.stderr
    );
    assert_eq!(project.one("SELECT a FROM t").await, "1");
    project.write(
        "0002_v",
        "UPDATE t SET a = 3;\n-- windlass: verify : a became three\nSELECT a = 3 FROM t;",
    );
    project.upgrade(0).await;
}

#[tokio::test]
async fn an_assertion_that_says_what_was_found_is_read_the_same_way_later() {
    let told = "-- windlass: verify : t is there\nSELECT to_regclass('t') IS NOT NULL, 'looked';";
    let project = Project::new(&[("0001_t", &format!("CREATE TABLE t (a int);\n{told}"))]).await;
    project.upgrade(0).await;
    project.windlass(&["verify"]).run().await.expect(0);
    project.write("0002_n", "-- windlass: verify : something\nSELECT NULL::boolean;");
    let unanswered = project.upgrade(5).await.stderr;
    assert!(
        unanswered.contains("did not answer with one true or false but with NULL: something"),
        "{unanswered}"
    );
}

#[tokio::test]
async fn what_an_older_server_cannot_read_is_told_with_its_place() {
    let virtual_column = "CREATE TABLE v (\n  a int,\n  b int GENERATED ALWAYS AS (a) VIRTUAL\n);";
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.upgrade(0).await;
    if project.major().await >= 18 {
        return;
    }
    for (before, line) in [("", 3), ("CREATE TABLE w (a int);\n", 4)] {
        project.write("0002_v", &format!("{before}{virtual_column}"));
        let refused = project.upgrade(1).await.stderr;
        assert!(
            refused.contains(&format!("line {line}, column 33: CREATE TABLE v"))
                && refused.contains("syntax error at or near \"VIRTUAL\""),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_precondition_is_asked_before_the_first_step() {
    let project = Project::new(&[(
        "0001_r",
        "CREATE TABLE made (a int);\n-- windlass: require : nobody made it yet\nSELECT to_regclass('made') IS NULL;",
    )])
    .await;
    project.upgrade(0).await;
}

#[tokio::test]
async fn a_new_enum_value_can_be_used_in_the_same_revision() {
    let project = Project::new(&[
        (
            "0001_e",
            "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (m mood);",
        ),
        (
            "0002_e",
            "ALTER TYPE mood ADD VALUE 'great';\nINSERT INTO t VALUES ('great');",
        ),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT m FROM t").await, "great");
}

#[tokio::test]
async fn names_with_quotes_spaces_and_letters_of_all_kinds_work() {
    let project = Project::new(&[(
        "0001_größe der \"tabelle\"",
        "CREATE SCHEMA \"my schema\";\n\
         CREATE TABLE \"my schema\".\"select \"\"x\"\" é\" (\"order\" int);\n\
         CREATE INDEX CONCURRENTLY \"in dex\" ON \"my schema\".\"select \"\"x\"\" é\" (\"order\");",
    )])
    .await;
    project.upgrade(0).await;
    assert_eq!(project.applied().await, ["0001_größe der \"tabelle\""]);
}

#[tokio::test]
async fn an_advisory_lock_that_a_script_leaves_is_gone_with_its_step() {
    let free = "-- windlass: verify : only the runner's own two are held\n\
                SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database());";
    let project = Project::new(&[
        ("0001_a", "SELECT pg_advisory_lock(42), pg_advisory_lock(42), pg_try_advisory_lock_shared(43), pg_advisory_lock(-1, -42);"),
        ("0002_b", free),
        (
            "0003_c",
            "-- windlass: no-transaction\nCREATE TABLE c (a int);\nDO 'BEGIN PERFORM pg_advisory_lock(41); END';\nINSERT INTO c VALUES (1);",
        ),
        ("0004_d", free),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(project.applied().await.len(), 4);
}

#[tokio::test]
async fn a_policy_that_hides_rows_from_a_change_is_an_error_and_not_a_smaller_change() {
    let project = Project::new(&[]).await;
    let role = project.database.create_role("").await;
    project
        .database
        .execute(&format!(
            "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); ALTER TABLE t OWNER TO {role}; \
             ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; \
             CREATE POLICY only_ones ON t USING (a = 1); GRANT CREATE ON DATABASE {} TO {role}",
            project.database.name()
        ))
        .await;
    project.write("0001_u", "UPDATE t SET a = a + 10;");
    let refused = project
        .upgrade_by(&project.database.url_for(&role))
        .run()
        .await
        .expect(1);
    assert!(
        refused
            .stderr
            .contains("query would be affected by row-level security policy for table \"t\""),
        "{}",
        refused.stderr
    );
    assert_eq!(
        project.one("SELECT sum(a) FROM t").await,
        "3",
        "not a row was changed"
    );
}
