//! `triggers=skip`: rows change past the table's own triggers and rules, as ALTER TABLE writes rows. What PostgreSQL enforces
//! by triggers of its own is not given up with them.

use crate::project::{AT_GATE, Ended, Gate, Project};

/// Whatever would notice an UPDATE writes to `audit`: triggers of each kind, and a rule.
const NOTICED: &str = "CREATE TABLE audit (by text);\n\
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (TG_NAME); NEW.touched := now(); \
        RETURN NEW; END $$;\n\
    CREATE FUNCTION note_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (TG_NAME); RETURN NULL; END $$;\n\
    CREATE TRIGGER stamp BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note();\n\
    CREATE TRIGGER whole AFTER UPDATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION note_all();\n\
    CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_all();\n\
    CREATE RULE also AS ON UPDATE TO orders DO ALSO INSERT INTO audit VALUES ('also');";

const TABLE: &str = "CREATE TABLE orders (id bigint PRIMARY KEY, total integer NOT NULL CHECK (total >= 0), \
        doubled bigint GENERATED ALWAYS AS (id * 2) STORED, touched timestamptz, note text);\n\
    INSERT INTO orders (id, total, note) SELECT n, n * 3, repeat('x', 1000) FROM generate_series(1, 12000) n;";

const SWAP: &str = "-- windlass: allow reorder-columns because every query names its columns\n\
    ALTER TABLE orders ALTER COLUMN total TYPE bigint;";

/// A table whose changes are noticed, and a revision to come.
async fn project(change: &str) -> Project {
    let project = Project::new(&[("0001_orders", TABLE), ("0002_noticed", NOTICED)]).await;
    project.upgrade(0).await;
    project.database.execute("ANALYZE").await;
    project.write("0003_change", change);
    project
}

/// Starts the change that fills `orders.token`, and kills its runner before the last row is filled: a check waits there.
async fn kill_while_it_fills(project: &Project) {
    project
        .database
        .execute(&format!(
            "CREATE FUNCTION hold(bigint) RETURNS boolean LANGUAGE plpgsql AS \
             'BEGIN IF $1 = 12000 THEN {}; END IF; RETURN true; END'; \
             ALTER TABLE orders ADD CONSTRAINT held CHECK (hold(id)) NOT VALID",
            AT_GATE.replace("SELECT", "PERFORM")
        ))
        .await;
    let gate = Gate::shut(project).await;
    let begun = "SELECT count(*)::text FROM windlass.backfill WHERE name = 'orders_token'";
    project.kill_upgrade_when(begun, "1").await;
    project.wait_for_orphans().await;
    gate.open().await;
    project
        .database
        .execute("ALTER TABLE orders DROP CONSTRAINT held")
        .await;
}

async fn audited(project: &Project) -> String {
    project.one("SELECT count(*) FROM audit").await
}

/// All rows, whatever the order of the columns.
async fn rows(project: &Project) -> String {
    let sql = "SELECT md5(string_agg(concat_ws(' ', id, total, doubled, touched, note), ',' ORDER BY id)) FROM orders";
    project.one(sql).await
}

#[tokio::test]
async fn a_safe_form_fills_rows_past_the_triggers_that_the_original_does_not_fire() {
    for (change, same) in [
        (
            "ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();",
            "uuid",
        ),
        (
            "ALTER TABLE orders ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;",
            "numbers",
        ),
        (SWAP, "bigint"),
    ] {
        let project = project(change).await;
        let plan = project.windlass(&["plan"]).run().await.expect(0);
        assert!(
            plan.stdout.contains(
                "passes over triggers of orders: late (note_all), rule also, stamp (note), whole (note_all)"
            ),
            "{}",
            plan.stdout
        );
        project.upgrade(0).await;
        assert_eq!(audited(&project).await, "0", "{change}");

        let original = project.server.fresh_database().await;
        original.execute(TABLE).await;
        original.execute(NOTICED).await;
        original.execute(change).await;
        let filled = "SELECT md5(string_agg(concat_ws(' ', id, total, doubled, touched, note), ',' ORDER BY id)) FROM orders";
        assert_eq!(
            rows(&project).await,
            original.query_one_text(filled).await,
            "{change}"
        );
        let own = match same {
            "uuid" => "SELECT count(DISTINCT token) = 12000 FROM orders",
            "numbers" => {
                "SELECT count(DISTINCT number) = 12000 AND min(number) = 1 AND max(number) = 12000 FROM orders"
            }
            _ => "SELECT bool_and(pg_typeof(total) = 'bigint'::regtype) FROM orders",
        };
        assert_eq!(project.one(own).await, "t", "{change}");
        assert_eq!(original.query_one_text(own).await, "t", "{change}");

        // They are there still, for what the application changes.
        project
            .database
            .execute("UPDATE orders SET note = '' WHERE id = 5")
            .await;
        assert_eq!(audited(&project).await, "4", "{change}");
    }
}

#[tokio::test]
async fn what_fires_all_the_same_is_refused_by_name() {
    let add = "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();";
    let project = project(add).await;
    for (state, says) in [
        ("TRIGGER stamp", "trigger stamp of public.orders is ENABLE ALWAYS"),
        ("RULE also", "rule also of public.orders is ENABLE ALWAYS"),
    ] {
        project
            .database
            .execute(&format!("ALTER TABLE orders ENABLE ALWAYS {state}"))
            .await;
        for change in [add, SWAP] {
            project.write("0003_change", change);
            let refused = project.upgrade(4).await;
            assert!(refused.stderr.contains(says), "{change}: {}", refused.stderr);
        }
        project
            .database
            .execute(&format!("ALTER TABLE orders ENABLE {state}"))
            .await;
    }
    let own = "-- windlass: backfill x triggers=skip\nUPDATE orders SET note = 'y' WHERE note <> 'y';";
    project.write("0003_change", own);
    project
        .database
        .execute("ALTER TABLE orders ENABLE REPLICA TRIGGER stamp")
        .await;
    let refused = project.upgrade(4).await;
    assert!(
        refused
            .stderr
            .contains("these of orders fire all the same (ENABLE ALWAYS or REPLICA): stamp (note)"),
        "{}",
        refused.stderr
    );
    let plan = project.windlass(&["plan"]).run().await.expect(0);
    assert!(
        plan.stdout
            .contains("would be refused: backfill x skips triggers"),
        "{}",
        plan.stdout
    );
    project.write("0003_change", add);
    let refused = project.upgrade(4).await;
    assert!(
        refused
            .stderr
            .contains("stamp of public.orders is ENABLE REPLICA"),
        "{}",
        refused.stderr
    );
    assert_eq!(audited(&project).await, "0");
}

#[tokio::test]
async fn constraints_that_rest_on_triggers_are_not_passed_over() {
    let project = Project::new(&[(
        "0001_tables",
        "CREATE TABLE customers (id int PRIMARY KEY, name text);\n\
         INSERT INTO customers SELECT generate_series(1, 100);\n\
         CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, place int, note text, total int CHECK (total < 10),\n\
             CONSTRAINT one_place UNIQUE (place) DEFERRABLE);\n\
         INSERT INTO orders SELECT n, n, n FROM generate_series(1, 100) n;",
    )])
    .await;
    project.upgrade(0).await;
    for (change, constraint) in [
        (
            "UPDATE orders SET customer_id = customer_id + 1000",
            "orders_customer_id_fkey of orders",
        ),
        ("UPDATE orders SET place = 1", "one_place of orders"),
        (
            "UPDATE customers SET id = id + 1000 WHERE name IS NULL",
            "orders_customer_id_fkey of orders",
        ),
        ("DELETE FROM customers", "orders_customer_id_fkey of orders"),
        (
            "INSERT INTO orders (id, customer_id) SELECT id + 1000, 5 FROM customers ON CONFLICT DO NOTHING",
            "one_place of orders, orders_customer_id_fkey of orders",
        ),
        (
            "INSERT INTO customers (id) SELECT id FROM orders ON CONFLICT (id) DO UPDATE SET id = excluded.id + 1000",
            "orders_customer_id_fkey of orders",
        ),
    ] {
        let on = match change {
            _ if change.starts_with("INSERT INTO orders") => "on customers ",
            _ if change.starts_with("INSERT") => "on orders ",
            _ => "",
        };
        project.write(
            "0002_b",
            &format!("-- windlass: backfill x {on}triggers=skip\n{change};"),
        );
        let refused = project.upgrade(4).await;
        let says = format!("and with them the check of these constraints: {constraint}");
        assert!(refused.stderr.contains(&says), "{change}: {}", refused.stderr);
    }
    // A row that is there already is updated, with the triggers of that.
    project
        .database
        .execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
             CREATE TRIGGER of_name BEFORE UPDATE OF name ON customers FOR EACH ROW EXECUTE FUNCTION note()",
        )
        .await;
    project.write(
        "0002_b",
        "-- windlass: backfill x on orders\n\
         INSERT INTO customers (id) SELECT id FROM orders ON CONFLICT (id) DO UPDATE SET name = excluded.name;",
    );
    let refused = project.upgrade(4).await;
    assert!(
        refused
            .stderr
            .contains("would fire triggers of customers: of_name (note)"),
        "{}",
        refused.stderr
    );
    // Checks, NOT NULL and what is not set are no triggers' business.
    project.write(
        "0002_b",
        "-- windlass: backfill x triggers=skip\nUPDATE orders SET total = 20 WHERE total IS NULL;",
    );
    let refused = project.windlass(&["upgrade"]).run().await.expect(1);
    assert!(
        refused.stderr.contains("orders_total_check"),
        "{}",
        refused.stderr
    );
    project.write(
        "0002_b",
        "-- windlass: backfill x triggers=skip\nUPDATE orders SET note = 'n' WHERE note IS NULL;",
    );
    project
        .windlass(&["backfill", "resume", "x", "--from-start"])
        .run()
        .await
        .expect(0);
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT count(*) FROM orders WHERE note = 'n'").await,
        "100"
    );
}

#[tokio::test]
async fn a_role_that_may_not_is_told_what_to_grant_before_anything_runs() {
    let project = Project::new(&[]).await;
    let role = project.database.create_role("").await;
    let name = project.database.name();
    project
        .database
        .execute(&format!(
            "GRANT CREATE ON DATABASE {name} TO {role}; GRANT ALL ON SCHEMA public TO {role}"
        ))
        .await;
    let url = project.database.url_for(&role);
    let upgrade = || project.windlass(&["upgrade"]).env("DATABASE_URL", &url);
    project.write("0001_orders", TABLE);
    project.write("0002_noticed", NOTICED);
    upgrade().run().await.expect(0);
    project.database.execute("ANALYZE").await;
    project.write("0003_first", "CREATE TABLE first ();");
    project.write(
        "0004_change",
        "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();",
    );
    let refused = upgrade().run().await.expect(4);
    let says = [
        format!("{role} may not pass over triggers, as backfill orders_token is to (triggers=skip)"),
        format!("GRANT SET ON PARAMETER session_replication_role TO {role}"),
        "triggers=fire".to_owned(),
    ];
    for says in says {
        assert!(refused.stderr.contains(&says), "{}", refused.stderr);
    }
    assert_eq!(project.applied().await, ["0001_orders", "0002_noticed"]);
    let plan = project
        .windlass(&["plan"])
        .env("DATABASE_URL", &url)
        .run()
        .await
        .expect(0);
    let would = format!("would be refused: {role} may not pass over triggers");
    assert!(plan.stdout.contains(&would), "{}", plan.stdout);
    if project.major().await >= 15 {
        project
            .database
            .execute(&format!(
                "GRANT SET ON PARAMETER session_replication_role TO {role}"
            ))
            .await;
        upgrade().run().await.expect(0);
        assert_eq!(audited(&project).await, "0");
        assert_eq!(
            project.one("SELECT count(DISTINCT token) FROM orders").await,
            "12000"
        );
        project
            .database
            .execute(&format!(
                "REVOKE SET ON PARAMETER session_replication_role FROM {role}"
            ))
            .await;
    }
}

#[tokio::test]
async fn what_is_resumed_or_left_to_a_worker_skips_them_as_well() {
    let project = project(
        "-- windlass: backfill x batch=100 pause=20ms triggers=skip\n\
         UPDATE orders SET note = note || id WHERE length(note) = 1000;",
    )
    .await;
    let begun = "SELECT count(*) >= 300 FROM orders WHERE length(note) > 1000";
    project
        .kill_backfill_when("orders", "id = 12000", begun, "t")
        .await;
    let kept = "SELECT definition -> 'options' ->> 'skips_triggers' FROM windlass.backfill WHERE name = 'x'";
    assert_eq!(project.one(kept).await, "true");
    let enable = |how| format!("ALTER TABLE orders ENABLE {how}TRIGGER stamp");
    project.database.execute(&enable("ALWAYS ")).await;
    let refused = project.upgrade(4).await;
    assert!(refused.stderr.contains("fire all the same"), "{}", refused.stderr);
    project.database.execute(&enable("")).await;
    project.upgrade(0).await;
    let once = "SELECT count(*) FROM orders WHERE note = repeat('x', 1000) || id";
    assert_eq!(project.one(once).await, "12000");
    assert_eq!(audited(&project).await, "0");

    project.write(
        "0004_later",
        "-- windlass: backfill y triggers=skip deferred\nUPDATE orders SET total = 0 WHERE total <> 0;",
    );
    project.upgrade(0).await;
    project.windlass(&["worker", "--once"]).run().await.expect(0);
    assert_eq!(project.one("SELECT sum(total) FROM orders").await, "0");
    assert_eq!(audited(&project).await, "0");
}

#[tokio::test]
async fn a_safe_form_that_was_frozen_keeps_passing_over_them() {
    let project = project("ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();").await;
    kill_while_it_fills(&project).await;
    let enable = |how| format!("ALTER TABLE orders ENABLE {how}TRIGGER stamp");
    project.database.execute(&enable("ALWAYS ")).await;
    let refused = project.upgrade(4).await;
    let helps =
        "change them to ordinary ones (ALTER TABLE orders ENABLE TRIGGER name), run the same command again";
    assert!(refused.stderr.contains(helps), "{}", refused.stderr);
    assert!(!refused.stderr.contains("directive"), "{}", refused.stderr);
    project.database.execute(&enable("")).await;
    project.upgrade(0).await;
    assert_eq!(
        project.one("SELECT count(DISTINCT token) FROM orders").await,
        "12000"
    );
    assert_eq!(audited(&project).await, "0");
}

#[tokio::test]
async fn a_function_that_spreads_rows_keeps_a_column_from_being_swapped() {
    let project = project(SWAP).await;
    project
        .database
        .execute(
            "CREATE TABLE copies (LIKE orders); CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN INSERT INTO copies SELECT NEW.*; RETURN NULL; END'; \
             CREATE TRIGGER copy AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION copy()",
        )
        .await;
    let refused = project.upgrade(4).await;
    assert!(
        refused
            .stderr
            .contains("function public.copy() of trigger copy spreads whole rows"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn what_is_not_enforced_keeps_nobody_from_passing_over_triggers() {
    let project = Project::new(&[(
        "0001_tables",
        "CREATE TABLE customers (id int PRIMARY KEY);\n\
         CREATE TABLE orders (id int PRIMARY KEY, customer_id int);\n\
         INSERT INTO orders SELECT n, n FROM generate_series(1, 100) n;",
    )])
    .await;
    project.upgrade(0).await;
    if project.major().await < 18 {
        return;
    }
    project
        .database
        .execute("ALTER TABLE orders ADD CONSTRAINT loose FOREIGN KEY (customer_id) REFERENCES customers NOT ENFORCED")
        .await;
    project.write(
        "0002_b",
        "-- windlass: backfill x triggers=skip\nUPDATE orders SET customer_id = 7 WHERE customer_id <> 7;",
    );
    project.upgrade(0).await;
    let changed = project.one("SELECT count(*) FROM orders WHERE customer_id = 7");
    assert_eq!(changed.await, "100");
}

#[tokio::test]
async fn a_safe_form_says_what_helps_where_triggers_or_constraints_came_meanwhile() {
    let rows = "CREATE TABLE orders (id int PRIMARY KEY, note text);\n\
                INSERT INTO orders SELECT n, repeat('x', 1000) FROM generate_series(1, 12000) n;";
    let change = "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();";
    let project = Project::to_change(("0001_orders", rows), change).await;
    kill_while_it_fills(&project).await;
    project
        .database
        .execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
             CREATE TRIGGER late BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note()",
        )
        .await;
    let refused = project.upgrade(4).await;
    for part in [
        "would fire triggers of orders: late (note)",
        "ALTER TABLE orders DISABLE TRIGGER name, run the same command again",
    ] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("directive"), "{}", refused.stderr);
    project
        .database
        .execute("ALTER TABLE orders DISABLE TRIGGER late")
        .await;
    project.upgrade(0).await;
    let tokens = "SELECT count(DISTINCT token) FROM orders";
    assert_eq!(project.one(tokens).await, "12000");
}
