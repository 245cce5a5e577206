//! An integer key that runs out becomes a bigint while rows are numbered by it, reference it and are read by it.

use windlass_testkit::{Running, Traffic, TrafficPlan};

use crate::project::{Ended, Project};

/// Two in three pages are left empty, so that few rows are a table that is not small.
const KEYS: (&str, &str) = (
    "0001_keys",
    "CREATE TABLE accounts (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, up integer REFERENCES accounts ON DELETE SET NULL, \
         note text) WITH (fillfactor = 30);\n\
     CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
         account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE, twin text, note text) WITH (fillfactor = 30);\n\
     CREATE INDEX entries_account ON entries (account_id);\n\
     INSERT INTO accounts (up, note) SELECT nullif(n / 10, 0), repeat('x', 700) FROM generate_series(1, 6000) n;\n\
     INSERT INTO entries (account_id, twin, note) SELECT n, n, repeat('x', 700) FROM generate_series(1, 6000) n;",
);

const CHANGE: &str = "-- windlass: allow reorder-columns because every query names its columns\n\
    ALTER TABLE accounts ALTER COLUMN id TYPE bigint;";

async fn project(second: &str) -> Project {
    Project::to_change(KEYS, second).await
}

/// Accounts are opened, entered into, moved and closed until it is stopped. What is closed is not entered into.
async fn traffic(project: &Project) -> Running {
    let plan = TrafficPlan::new(4, 150.0)
        .generated(3, |random| {
            let id = random.within(1..3000);
            format!(
                "INSERT INTO entries (account_id, twin) SELECT id, id::text FROM accounts WHERE id = {id}"
            )
        })
        .generated(3, |random| {
            let up = random.within(1..3000);
            format!(
                "WITH made AS (INSERT INTO accounts (up) VALUES ({up}) RETURNING id) \
                 INSERT INTO entries (account_id, twin) SELECT id, id::text FROM made"
            )
        })
        .generated(1, |random| {
            format!("DELETE FROM accounts WHERE id = {}", random.within(3000..6000))
        })
        .generated(1, |random| {
            let (id, up) = (random.within(1..3000), random.within(1..3000));
            format!("UPDATE accounts SET up = {up} WHERE id = {id}")
        })
        .generated(1, |random| {
            let id = random.within(1..6000);
            format!("SELECT count(*) FROM accounts JOIN entries ON account_id = accounts.id WHERE up = {id}")
        });
    Traffic::start(&project.database.url(), plan).await
}

/// Nothing was lost, nothing refers to nothing, and each number was given once: what is not true of the database.
async fn faults(project: &Project) -> String {
    let sql = "SELECT concat_ws(' ', \
        (SELECT 'orphans' FROM entries LEFT JOIN accounts ON accounts.id = account_id WHERE accounts.id IS NULL LIMIT 1), \
        (SELECT 'others' FROM entries WHERE account_id::text IS DISTINCT FROM twin LIMIT 1), \
        (SELECT 'ups' FROM accounts AS one LEFT JOIN accounts AS two ON two.id = one.up \
          WHERE one.up IS NOT NULL AND two.id IS NULL LIMIT 1), \
        (SELECT 'numbers ' || count(*) || ' of ' || last_value - 6000 FROM accounts, accounts_id_seq \
          WHERE id > 6000 GROUP BY last_value HAVING count(*) <> last_value - 6000))";
    project.one(sql).await
}

/// What the key is, whether it is another column than it was, and what is over it.
const KEY: &str = "SELECT concat_ws(' ', format_type(atttypid, atttypmod), attnum > 3, attnotnull, attidentity, \
        (SELECT string_agg(conrelid::regclass || '.' || conname || ' ' || convalidated, ', ' ORDER BY conname) FROM pg_constraint \
          WHERE connamespace = 'public'::regnamespace AND contype <> 'n'), \
        (SELECT seqtypid::regtype FROM pg_sequence WHERE seqrelid = 'accounts_id_seq'::regclass)) \
    FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'id'";
const IS_BIGINT: &str = "bigint t t a accounts.accounts_pkey true, accounts.accounts_up_fkey true, \
    entries.entries_account_id_fkey true, entries.entries_pkey true bigint";

async fn remains(project: &Project) -> String {
    let sql = "SELECT concat_ws(' ', (SELECT count(*) FROM pg_class WHERE relname LIKE '%windlass%' AND relnamespace = 'public'::regnamespace), \
        (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace), \
        (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal))";
    project.one(sql).await
}

#[tokio::test]
async fn a_key_that_others_reference_gets_another_type_while_they_write() {
    upgraded_under_traffic(CHANGE).await;
}

/// The project whose key became a bigint while rows came and went, with nothing failed, lost or left.
async fn upgraded_under_traffic(change: &str) -> Project {
    let project = project(change).await;
    let running = traffic(&project).await;
    project.upgrade(0).await;
    let report = running.stop().await;
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(faults(&project).await, "");
    assert_eq!(project.one(KEY).await, IS_BIGINT);
    assert_eq!(remains(&project).await, "0 0 0");
    project
}

#[tokio::test]
async fn a_key_at_its_end_goes_on_behind_it() {
    let project = project(CHANGE).await;
    project
        .database
        .execute("SELECT setval('accounts_id_seq', 2147483647)")
        .await;
    project.upgrade(0).await;
    let next = "INSERT INTO accounts (up) VALUES (1) RETURNING id::text";
    assert_eq!(project.one(next).await, "2147483648");
}

#[tokio::test]
async fn a_foreign_key_follows_its_key() {
    let change = "-- windlass: allow reorder-columns because every query names its columns\n\
        ALTER TABLE entries ALTER COLUMN account_id TYPE bigint;";
    let project = upgraded_under_traffic(&format!("{CHANGE}\n{change}")).await;
    let column = "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = 'entries'::regclass AND attname = 'account_id'";
    assert_eq!(project.one(column).await, "bigint");
}

#[tokio::test]
async fn views_over_the_column_are_read_all_the_while() {
    let project = project(CHANGE).await;
    project
        .database
        .execute(
            "CREATE VIEW tops AS SELECT id, note FROM accounts WHERE up IS NULL; \
             CREATE VIEW sums AS SELECT accounts.id, count(entries.id) AS many FROM accounts JOIN entries ON account_id = accounts.id GROUP BY accounts.id; \
             CREATE VIEW both_of_them AS SELECT * FROM tops JOIN sums USING (id); COMMENT ON VIEW sums IS 'how many'",
        )
        .await;
    let plan = TrafficPlan::new(4, 150.0)
        .generated(1, |random| {
            format!("SELECT * FROM both_of_them WHERE id = {}", random.within(1..100))
        })
        .generated(1, |random| {
            format!("SELECT * FROM sums WHERE id = {}", random.within(1..6000))
        })
        .generated(1, |random| {
            format!(
                "UPDATE accounts SET note = 'y' WHERE id = {}",
                random.within(1..6000)
            )
        });
    let running = Traffic::start(&project.database.url(), plan).await;
    project.upgrade(0).await;
    let report = running.stop().await;
    assert_eq!(report.failed(), 0, "{report}");
    assert_eq!(project.one(KEY).await, IS_BIGINT);
    let views = "SELECT string_agg(concat_ws(' ', attrelid::regclass, atttypid::regtype, obj_description(attrelid)), ', ' ORDER BY attrelid::regclass::text) \
                 FROM pg_attribute WHERE attname = 'id' AND attrelid IN ('tops'::regclass, 'sums'::regclass, 'both_of_them'::regclass)";
    assert_eq!(
        project.one(views).await,
        "both_of_them bigint, sums bigint how many, tops bigint"
    );
    assert_eq!(remains(&project).await, "0 0 0");
}

#[tokio::test]
async fn on_a_protected_table_the_column_that_is_carried_over_is_no_loss() {
    let project = project(&format!("-- windlass: protect accounts\n{CHANGE}")).await;
    let done = project.windlass(&["upgrade"]).run().await.expect(0);
    assert!(!done.stderr.contains("lose"), "{}", done.stderr);
    assert_eq!(project.one(KEY).await, IS_BIGINT);
    assert_eq!(project.one("SELECT count(*)::text FROM windlass.loss").await, "0");
    // By hand it is one.
    project.write(
        "0003_by_hand",
        "-- windlass: protect accounts\nALTER TABLE accounts ADD COLUMN up_new bigint;\n\
         ALTER TABLE accounts DROP COLUMN up;\nALTER TABLE accounts RENAME COLUMN up_new TO up;",
    );
    let refused = project.windlass(&["upgrade"]).run().await.expect(4);
    assert!(
        refused.stderr.contains("protected data would be lost"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn values_that_are_not_carried_over_stop_the_swap() {
    let project = project(CHANGE).await;
    // Somebody writes past the trigger.
    project
        .database
        .execute(
            "CREATE FUNCTION spoil() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
                 ALTER TABLE accounts DISABLE TRIGGER \"~id_windlass\"; UPDATE accounts SET id_windlass = -1 WHERE id = 7; \
                 ALTER TABLE accounts ENABLE ALWAYS TRIGGER \"~id_windlass\"; END $$; \
             CREATE EVENT TRIGGER spoil ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION spoil()",
        )
        .await;
    let stopped = project.windlass(&["upgrade"]).run().await.expect(5);
    assert!(
        stopped
            .stderr
            .contains("each id of accounts has its value in the new column (1 have not)"),
        "{}",
        stopped.stderr
    );
}

#[tokio::test]
async fn who_reads_a_table_that_another_key_references_is_not_waited_for() {
    let project = Project::new(&[(
        "0001_tables",
        "CREATE TABLE a (id int PRIMARY KEY);\nCREATE TABLE b (id int PRIMARY KEY);\n\
         CREATE TABLE c (a_id int REFERENCES a, b_id int REFERENCES b, more int REFERENCES a);",
    )])
    .await;
    project.upgrade(0).await;
    let reader = project.database.connect().await;
    reader
        .batch_execute("BEGIN; SELECT count(*) FROM b")
        .await
        .expect("nobody holds it");
    project.write(
        "0002_drop",
        "ALTER TABLE c DROP CONSTRAINT c_a_id_fkey;\nALTER TABLE c DROP COLUMN more;",
    );
    project.upgrade(0).await;
    reader.batch_execute("COMMIT").await.expect("it is open");
    let left =
        "SELECT string_agg(conname, ' ') FROM pg_constraint WHERE conrelid = 'c'::regclass AND contype = 'f'";
    assert_eq!(project.one(left).await, "c_b_id_fkey");
}
