//! Safe forms of several steps while applications write: what they write meanwhile is kept, and none of it fails.

use std::fs;

use windlass_testkit::{Running, Traffic, TrafficPlan};

use crate::project::{Ended, Project};

/// Each row says twice what its total is, so that a value that was lost shows.
const ORDERS: (&str, &str) = (
    "0001_orders",
    "CREATE TABLE orders (id bigint PRIMARY KEY, total integer NOT NULL DEFAULT 0 CHECK (total >= 0), twin text, note text);\n\
     CREATE INDEX orders_total ON orders (total) WHERE total > 5;\n\
     INSERT INTO orders SELECT n, n, n, repeat('x', 1000) FROM generate_series(1, 12000) n;",
);

async fn project(second: &str) -> Project {
    Project::to_change(ORDERS, second).await
}

/// Rows change, come and go until it is stopped.
async fn traffic(project: &Project) -> Running {
    let plan = TrafficPlan::new(4, 200.0)
        .generated(4, |random| {
            let (id, total) = (random.within(1..12_000), random.within(0..2_000_000_000));
            format!("UPDATE orders SET total = {total}, twin = '{total}' WHERE id = {id}")
        })
        .generated(1, |random| {
            let (id, total) = (random.within(1 << 40..1 << 41), random.within(0..2_000_000_000));
            format!("INSERT INTO orders (id, total, twin) VALUES ({id}, {total}, '{total}')")
        });
    Traffic::start(&project.database.url(), plan).await
}

async fn lost(project: &Project) -> String {
    let sql = "SELECT count(*)::text FROM orders WHERE total::text IS DISTINCT FROM twin";
    project.one(sql).await
}

#[tokio::test]
async fn a_column_gets_another_type_without_losing_what_is_written_meanwhile() {
    let project = project(
        "-- windlass: allow reorder-columns because every query names its columns\n\
         ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
    )
    .await;
    let running = traffic(&project).await;
    project.upgrade(0).await;
    assert_eq!(running.stop().await.failed(), 0);
    assert_eq!(lost(&project).await, "0");
    let column = "SELECT concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)) \
                  FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
                  WHERE attrelid = 'orders'::regclass AND attname = 'total'";
    assert_eq!(project.one(column).await, "bigint t 0");
    let rest = "SELECT concat_ws(' ', (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass), \
                       (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace), \
                       (SELECT string_agg(conname || convalidated, ',' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype <> 'n'), \
                       (SELECT string_agg(indexrelid::regclass::text || indisvalid, ',' ORDER BY indexrelid::regclass::text) FROM pg_index \
                         WHERE indrelid = 'orders'::regclass))";
    assert_eq!(
        project.one(rest).await,
        "0 0 orders_pkeytrue,orders_total_checktrue orders_pkeytrue,orders_totaltrue"
    );
}

#[tokio::test]
async fn a_swap_is_asked_for_and_what_cannot_be_swapped_says_why() {
    let change = "ALTER TABLE orders ALTER COLUMN total TYPE bigint;";
    let project = project(change).await;
    let refused = project.windlass(&["upgrade"]).run().await.expect(4);
    assert!(
        refused.stderr.contains("allow reorder-columns because"),
        "{}",
        refused.stderr
    );
    project
        .database
        .execute("CREATE MATERIALIZED VIEW large AS SELECT total FROM orders")
        .await;
    project.write(
        "0002_change",
        &format!("-- windlass: allow reorder-columns because nobody minds\n{change}"),
    );
    let refused = project.windlass(&["upgrade"]).run().await.expect(4);
    assert!(
        refused
            .stderr
            .contains("the materialised view public.large reads the column"),
        "{}",
        refused.stderr
    );
    assert_eq!(project.applied().await, ["0001_orders"]);
}

const CHANGE: &str = "-- windlass: allow reorder-columns because every query names its columns\n\
    ALTER TABLE orders ALTER COLUMN total TYPE bigint";

#[tokio::test]
async fn a_swap_that_would_lose_or_fail_is_refused_with_the_reason() {
    let project = project(&format!("{CHANGE} USING id;")).await;
    let refused = project.windlass(&["upgrade"]).run().await.expect(4);
    let reason = "USING computes more than a cast of the column to the new type";
    assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    project.write("0002_change", &format!("{CHANGE};"));
    for (given, taken, reason) in [
        (
            "CREATE TABLE kept (id int, of_then orders)",
            "DROP TABLE kept",
            "column of_then of public.kept keeps whole rows of the table",
        ),
        (
            "ALTER TABLE orders ADD COLUMN twice bigint GENERATED ALWAYS AS (total * 2) STORED",
            "ALTER TABLE orders DROP COLUMN twice",
            "depends on column public.orders.total",
        ),
        (
            "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.total := 1; RETURN NEW; END'; \
             CREATE TRIGGER \"ändern\" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION change()",
            "DROP FUNCTION change() CASCADE",
            "fires behind every other by its name",
        ),
        (
            "ALTER TABLE orders ADD CONSTRAINT one_each UNIQUE (total, id) DEFERRABLE",
            "ALTER TABLE orders DROP CONSTRAINT one_each",
            "constraint one_each is DEFERRABLE: while the index",
        ),
    ] {
        project.database.execute(given).await;
        let refused = project.windlass(&["upgrade"]).run().await.expect(4);
        assert!(refused.stderr.contains(reason), "{given}: {}", refused.stderr);
        project.database.execute(taken).await;
    }
    assert_eq!(project.applied().await, ["0001_orders"]);
}

#[tokio::test]
async fn a_published_table_says_what_its_subscribers_need() {
    let project = project(&format!("{CHANGE};")).await;
    let publications = [
        "CREATE PUBLICATION shop FOR TABLE orders",
        "CREATE PUBLICATION shop FOR ALL TABLES",
        "CREATE PUBLICATION shop FOR TABLES IN SCHEMA public",
    ];
    let known = if project.major().await < 15 { 2 } else { 3 };
    for publication in &publications[..known] {
        project.database.execute(publication).await;
        let refused = project.upgrade(4).await;
        for part in [
            "under -- windlass: allow published-columns because",
            "published with all its columns (shop)",
            "ALTER TABLE public.orders ADD COLUMN total_windlass bigint",
        ] {
            assert!(refused.stderr.contains(part), "{publication}: {}", refused.stderr);
        }
        project.database.execute("DROP PUBLICATION shop").await;
    }
    project.database.execute(publications[0]).await;
    project.write(
        "0002_change",
        &format!("-- windlass: allow published-columns because the subscribers have it\n{CHANGE};"),
    );
    project.upgrade(0).await;
    assert_eq!(lost(&project).await, "0");
}

#[tokio::test]
async fn what_does_not_fit_the_new_type_is_told_before_anything_is_done() {
    let project = project(&CHANGE.replace("bigint", "smallint;")).await;
    project
        .database
        .execute("INSERT INTO orders (id, total, twin) VALUES (-1, 70000, '70000')")
        .await;
    let failed = project.windlass(&["upgrade"]).run().await.expect(1);
    assert!(
        failed.stderr.contains("smallint out of range"),
        "{}",
        failed.stderr
    );
    let left = "SELECT count(*)::text FROM pg_trigger WHERE tgrelid = 'orders'::regclass";
    assert_eq!(project.one(left).await, "0");
}

#[tokio::test]
async fn a_default_without_a_value_of_the_new_type_is_told_before_anything_is_done() {
    let project = project(&CHANGE.replace("total TYPE bigint", "twin TYPE bigint USING twin::bigint;")).await;
    project
        .database
        .execute("ALTER TABLE orders ALTER COLUMN twin SET DEFAULT 'none'::text")
        .await;
    let failed = project.upgrade(1).await;
    assert!(
        failed.stderr.contains("but default expression is of type text"),
        "{}",
        failed.stderr
    );
    let left = "SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'twin_windlass'";
    assert_eq!(project.one(left).await, "0");
    project
        .database
        .execute("ALTER TABLE orders ALTER COLUMN twin SET DEFAULT length('four')")
        .await;
    project.upgrade(0).await;
    let default = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum \
                   WHERE adrelid = 'orders'::regclass AND attname = 'twin'";
    assert_eq!(project.one(default).await, "length('four'::text)");
}

#[tokio::test]
async fn the_function_of_a_swap_stands_beside_its_table_by_a_name_that_is_free() {
    let project = Project::new(&[(
        "0001_orders",
        "CREATE SCHEMA app;\n\
         CREATE TABLE app.orders (id bigint PRIMARY KEY, total integer);\n\
         CREATE FUNCTION app.orders_total_windlass() RETURNS integer LANGUAGE sql AS 'SELECT 5';\n\
         INSERT INTO app.orders SELECT n, n FROM generate_series(1, 300000) n;",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_change", &format!("{CHANGE};"));
    let settings = "search_path = [\"public\", \"app\"]\n";
    fs::write(project.folder().join("windlass.toml"), settings).expect("a file can be written");
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    let made = "CREATE FUNCTION app.orders_total_windlass1()";
    assert!(plan.stdout.contains(made), "{}", plan.stdout);
    project.upgrade(0).await;
    let left = "SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc WHERE proname LIKE 'orders_total_windlass%'";
    assert_eq!(project.one(left).await, "app.orders_total_windlass()");
}

/// A swap that ends in the middle of its filling, at a row that nobody may change any more.
async fn interrupted(change: &str) -> Project {
    let project = project(change).await;
    project
        .database
        .execute(
            "INSERT INTO orders (id, total, twin, note) VALUES (20000, 7, '7', 'old'); \
             ALTER TABLE orders ADD CONSTRAINT notes CHECK (note <> 'old') NOT VALID",
        )
        .await;
    project.upgrade(1).await;
    project
        .database
        .execute("UPDATE orders SET note = 'new' WHERE id = 20000")
        .await;
    project
}

#[tokio::test]
async fn a_swap_that_ended_within_can_be_given_up() {
    for (before, besides, undo) in [
        ("", "", ""),
        (
            "CREATE TABLE other (a int);\n",
            "undo also what the same steps did besides (CREATE TABLE other (a int)); ",
            "DROP TABLE other",
        ),
        ("CREATE INDEX CONCURRENTLY notes ON orders (note);\n", "", ""),
    ] {
        let project = project(&format!("{before}{CHANGE};")).await;
        let rows = "INSERT INTO orders (id, total, twin, note) VALUES (20000, 7, '7', 'old'); \
                    ALTER TABLE orders ADD CONSTRAINT notes CHECK (note <> 'old') NOT VALID";
        project.database.execute(rows).await;
        let failed = project.upgrade(1).await;
        assert!(!failed.stderr.contains("directive"), "{}", failed.stderr);
        assert!(
            failed.stderr.contains("none can be passed over"),
            "{}",
            failed.stderr
        );
        let goes_on = "mend what is said above, run the same command again";
        assert!(failed.stderr.contains(goes_on), "{}", failed.stderr);
        let hint = failed.stderr.split_once("or give the new column up: ");
        let (drops, after) = hint
            .and_then(|(_, hint)| hint.split_once(&format!("; {besides}then windlass ")))
            .unwrap_or_else(|| panic!("{}", failed.stderr));
        assert_eq!(
            drops,
            "DROP TRIGGER \"~total_windlass\" ON orders; DROP FUNCTION public.orders_total_windlass(); \
             ALTER TABLE orders DROP COLUMN total_windlass"
        );
        project.database.execute(&format!("{drops}; {undo}")).await;
        let (command, _) = after.split_once(',').expect("more is said");
        let words: Vec<&str> = command.split(' ').collect();
        project.windlass(&words).run().await.expect(0);
        project.windlass(&words).run().await.expect(2);
        // What was done in steps before stays; the swap begins anew, its batches too.
        let kept = "SELECT count(*)::text FROM windlass.step WHERE revision_id = '0002_change'";
        assert_eq!(
            project.one(kept).await,
            if before.contains("INDEX") { "1" } else { "0" }
        );
        let mended = "UPDATE orders SET note = 'new' WHERE id = 20000";
        project.database.execute(mended).await;
        project.upgrade(0).await;
        assert_eq!(lost(&project).await, "0");
        let column = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'total'";
        assert_eq!(project.one(column).await, "bigint");
    }
}

#[tokio::test]
async fn what_came_to_hang_on_the_column_meanwhile_is_not_lost() {
    let project = interrupted(&format!("{CHANGE};")).await;
    project
        .database
        .execute(
            "CREATE INDEX mine ON orders (total); ALTER TABLE orders ADD CONSTRAINT small CHECK (total < 2000000000); \
             GRANT SELECT (total) ON orders TO pg_monitor",
        )
        .await;
    let stopped = project.upgrade(5).await;
    for news in ["index mine", "constraint small on table orders", "privileges"] {
        assert!(stopped.stderr.contains(news), "{}", stopped.stderr);
    }
    assert!(
        !stopped.stderr.contains("index orders_total"),
        "{}",
        stopped.stderr
    );
    project
        .database
        .execute(
            "DROP INDEX mine; ALTER TABLE orders DROP CONSTRAINT small; REVOKE SELECT (total) ON orders FROM pg_monitor",
        )
        .await;
    project.upgrade(0).await;
    assert_eq!(lost(&project).await, "0");
}

#[tokio::test]
async fn a_cast_follows_the_session_that_swaps_whoever_writes() {
    let first = format!(
        "{};\nALTER TABLE orders ADD COLUMN at timestamp DEFAULT '2026-01-01 12:00';",
        ORDERS.1.trim_end_matches(';')
    );
    let project = Project::to_change((ORDERS.0, &first), "").await;
    project.remove("0002_change");
    let name = "a".repeat(63);
    project
        .database
        .execute(&format!("ALTER TABLE orders RENAME COLUMN at TO {name}"))
        .await;
    project.write(
        "0002_change",
        &format!(
            "{}{name} TYPE timestamptz;",
            CHANGE.trim_end_matches("total TYPE bigint")
        ),
    );
    project
        .database
        .execute(
            "INSERT INTO orders (id, note) VALUES (20000, 'old'); \
             ALTER TABLE orders ADD CONSTRAINT notes CHECK (note <> 'old') NOT VALID",
        )
        .await;
    project.upgrade(1).await;
    project
        .database
        .execute(
            "SET TimeZone = 'America/New_York'; UPDATE orders SET note = 'new' WHERE id = 20000; RESET TimeZone",
        )
        .await;
    project.upgrade(0).await;
    let different = format!("SELECT count(DISTINCT {name})::text FROM orders");
    assert_eq!(project.one(&different).await, "1");
}

#[tokio::test]
async fn a_swap_that_was_killed_goes_on() {
    let project = project(
        "-- windlass: allow reorder-columns because every query names its columns\n\
         ALTER TABLE orders ALTER COLUMN total TYPE bigint;",
    )
    .await;
    let running = traffic(&project).await;
    // The index's build waits for whoever writes.
    let holder = project.database.connect().await;
    holder
        .batch_execute("BEGIN; INSERT INTO orders (id, total, twin) VALUES (-1, 1, '1')")
        .await
        .expect("nobody holds the table");
    let mut killed = project.windlass(&["upgrade"]).spawn();
    // Adding the column is waited for outside the queue; let it through once.
    killed
        .wait_for_output("not queueing behind who holds the lock for long")
        .await;
    holder.batch_execute("COMMIT").await.expect("it is open");
    let filled = "SELECT count(*) FROM windlass.step WHERE revision_id = '0002_change'";
    project.database.wait_for(filled, |count| count >= 2).await;
    killed.kill9();
    killed.finish().await;
    project.upgrade(0).await;
    assert_eq!(running.stop().await.failed(), 0);
    assert_eq!(lost(&project).await, "0");
}

#[tokio::test]
async fn rows_are_numbered_while_others_come() {
    let project = project("ALTER TABLE orders ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;").await;
    let running = traffic(&project).await;
    project.upgrade(0).await;
    assert_eq!(running.stop().await.failed(), 0);
    project
        .database
        .execute("INSERT INTO orders (id, twin) SELECT -n, '0' FROM generate_series(1, 100) n")
        .await;
    let numbers = "SELECT concat_ws(' ', count(*) = count(DISTINCT number), count(*) = count(number), min(number)) FROM orders";
    assert_eq!(project.one(numbers).await, "t t 1");
    // What hands the numbers over is one transaction.
    let last = "SELECT jsonb_array_length(plan -> 'steps' -> -1 -> 'statements')::text FROM windlass.revision WHERE revision_id = '0002_change'";
    let handed_over = project.one(last).await;
    // From 18 on NOT NULL needs no check beside it.
    let statements = if project.major().await < 18 { "6" } else { "4" };
    assert_eq!(handed_over, statements);
    let left = "SELECT count(*)::text FROM pg_class WHERE relname LIKE '%windlass%' AND relnamespace = 'public'::regnamespace";
    assert_eq!(project.one(left).await, "0");
}

#[tokio::test]
async fn a_partition_is_made_beside_who_reads_the_others() {
    let project = Project::new(&[(
        "0001_events",
        "CREATE TABLE events (id bigint, at date NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);\n\
         CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');\n\
         INSERT INTO events VALUES (1, '2025-05-05');",
    )])
    .await;
    project.upgrade(0).await;
    project.write(
        "0002_next",
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    );
    let reader = project.database.connect().await;
    reader
        .batch_execute("BEGIN; SELECT count(*) FROM events")
        .await
        .expect("nobody holds it");
    // Done, while the reader is still there.
    project.upgrade(0).await;
    reader.batch_execute("COMMIT").await.expect("it is open");
    // A small default partition is read beside it.
    project.write(
        "0003_rest",
        "CREATE TABLE events_rest PARTITION OF events DEFAULT;\n\
         CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');",
    );
    project.upgrade(0).await;
    let all = "SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text) \
               FROM pg_inherits WHERE inhparent = 'events'::regclass";
    assert_eq!(
        project.one(all).await,
        "events_2025 events_2026 events_2027 events_rest"
    );
}

#[tokio::test]
async fn a_partition_stands_in_its_parents_tablespace() {
    let project = Project::new(&[]).await;
    if project.major().await < 15 {
        // A tablespace takes a folder of its own there.
        return;
    }
    let client = project.database.connect().await;
    for sql in [
        "SET allow_in_place_tablespaces = on",
        "CREATE TABLESPACE \"Far away\" LOCATION ''",
        "CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at) TABLESPACE \"Far away\"",
    ] {
        client.batch_execute(sql).await.expect("a superuser may");
    }
    project.write(
        "0001_next",
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    );
    project.upgrade(0).await;
    let place = "SELECT spcname::text FROM pg_class JOIN pg_tablespace AS place ON place.oid = reltablespace WHERE relname = 'events_2026'";
    assert_eq!(project.one(place).await, "Far away");
}

#[tokio::test]
async fn a_partition_is_attached_beside_a_default_one_that_is_not_read_under_a_lock() {
    let project = Project::new(&[(
        "0001_events",
        "CREATE TABLE events (id bigint, at date NOT NULL, note text) PARTITION BY RANGE (at);\n\
         CREATE TABLE events_rest PARTITION OF events DEFAULT;\n\
         CREATE TABLE events_2026 (LIKE events);\n\
         INSERT INTO events SELECT n, date '2020-01-01' + n % 1000, repeat('x', 1000) FROM generate_series(1, 12000) n;\n\
         INSERT INTO events VALUES (-1, '2026-02-02'), (-2, '2026-03-03');",
    )])
    .await;
    project.upgrade(0).await;
    project.database.execute("ANALYZE").await;
    let attach =
        "ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');";
    project.write("0002_attach", attach);
    let refused = project.windlass(&["upgrade"]).run().await.expect(4);
    assert!(
        refused.stderr.contains("allow early-rows because"),
        "{}",
        refused.stderr
    );
    project.write(
        "0002_attach",
        &format!("-- windlass: allow early-rows because nothing of that year is written yet\n{attach}"),
    );
    // Rows that are there are counted before anything is done.
    let refused = project.windlass(&["upgrade"]).run().await.expect(5);
    assert!(
        refused
            .stderr
            .contains("no row of public.events_rest belongs to events_2026 (2 rows do)"),
        "{}",
        refused.stderr
    );
    let checks =
        "SELECT count(*)::text FROM pg_constraint WHERE conrelid = 'events_rest'::regclass AND contype = 'c'";
    assert_eq!(project.one(checks).await, "0");
    project
        .database
        .execute("DELETE FROM events WHERE at >= '2026-01-01'")
        .await;
    let plan = TrafficPlan::new(4, 200.0).generated(1, |random| {
        let (id, day) = (random.within(0..1 << 30), random.within(0..2000));
        format!("INSERT INTO events VALUES ({id}, date '2020-01-01' + {day})")
    });
    let running = Traffic::start(&project.database.url(), plan).await;
    project.upgrade(0).await;
    assert_eq!(running.stop().await.failed(), 0);
    assert_eq!(project.one(checks).await, "0");
    project
        .database
        .execute("INSERT INTO events VALUES (-3, '2026-02-02')")
        .await;
    assert_eq!(project.one("SELECT id::text FROM events_2026").await, "-3");
}
