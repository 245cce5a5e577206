//! What single statements need: their lanes, COPY data, session settings, assertions.

use crate::project::Project;

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
