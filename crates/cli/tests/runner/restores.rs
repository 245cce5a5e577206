//! Copies of what goes away, and giving them back.

use windlass_testkit::Finished;

use crate::project::{Ended, Project};

const SCHEMA: &str = "
    CREATE TYPE mood AS ENUM ('ok', 'bad');
    CREATE DOMAIN small AS int CHECK (value < 1000);
    CREATE TABLE leads (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \"Full name\" text COLLATE \"C\", feels mood, size small, twice int GENERATED ALWAYS AS (size * 2) STORED,
        score float8, paid numeric(10, 2), at timestamptz, doc json, raw bytea, tags text[]);
    CREATE TABLE calls (id int PRIMARY KEY, lead_id int REFERENCES leads ON DELETE CASCADE);
    CREATE TABLE events (id int, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE notes (text text);
";

const ROWS: &str = "
    INSERT INTO leads (\"Full name\", feels, size, score, paid, at, doc, raw, tags)
    SELECT 'lead ' || n, CASE n % 3 WHEN 0 THEN 'ok' WHEN 1 THEN 'bad' END::mood, n, n / 3.0::float8, n + 0.10, '2026-01-01 12:00+00'::timestamptz + n * '1 s'::interval,
           ('{\"b\":  ' || n || ', \"a\": 1, \"a\": 2}')::json, decode('00ff', 'hex'), ARRAY['x', NULL, 'y ' || n]
      FROM generate_series(1, 100) AS n;
    UPDATE leads SET score = 'NaN', at = 'infinity' WHERE id = 7;
    INSERT INTO calls SELECT n, n FROM generate_series(51, 100) AS n;
    INSERT INTO events SELECT n, '2024-06-01'::date + n % 2 * 365, 'e' || n FROM generate_series(1, 40) AS n;
    INSERT INTO notes VALUES ('one'), ('one'), (NULL);
";

/// A project with rows; leads, calls, events and notes are protected and copied.
async fn project(settings: &str) -> Project {
    let project = Project::new(&[("0001_tables", SCHEMA)]).await;
    let config = format!(
        "protect = [\"leads\", \"calls\", \"events\", \"notes\"]\n[guard]\nbackup = \"protected\"\n{settings}"
    );
    std::fs::write(project.folder().join("windlass.toml"), config).expect("a file can be written");
    project.upgrade(0).await;
    project.database.execute(ROWS).await;
    project
}

/// All rows of a table, as text, in one text.
async fn rows(project: &Project, table: &str) -> String {
    project
        .one(&format!(
            "SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} AS t"
        ))
        .await
}

async fn restore(project: &Project, args: &[&str], code: i32) -> Finished {
    let args: Vec<&str> = ["restore"].iter().chain(args).copied().collect();
    project.windlass(&args).run().await.expect(code)
}

fn says(finished: &Finished, text: &str) {
    assert!(
        finished.stderr.contains(text),
        "not said: {text}\n{}",
        finished.stderr
    );
}

/// The numbers of the copies, oldest first; numbers of steps that were rolled back are left out.
async fn ids(project: &Project) -> Vec<String> {
    project
        .database
        .query_column("SELECT backup_id::text FROM windlass.backup ORDER BY backup_id")
        .await
}

async fn copies(project: &Project) -> String {
    project
        .one("SELECT coalesce(string_agg(concat_ws(' ', kind, what, rows), ', ' ORDER BY backup_id), '') FROM windlass.backup")
        .await
}

#[tokio::test]
async fn deleted_rows_come_back_exactly() {
    let project = project("").await;
    let before = rows(&project, "leads").await;
    project.write(
        "0002_tidy",
        "-- windlass: protect leads allow delete 50 because they are tests\n\n\
         DELETE FROM leads AS l WHERE l.id <= 50 -- the old ones\n;",
    );
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "50");
    assert_eq!(copies(&project).await, "rows public.leads 50");
    let listed = restore(&project, &[], 0).await;
    assert!(
        listed.stdout.contains("rows of public.leads"),
        "{}",
        listed.stdout
    );
    let id = &*ids(&project).await[0];
    let shown = restore(&project, &["--show", id], 0).await;
    assert!(shown.stdout.contains("lead 1"), "{}", shown.stdout);
    let given = restore(&project, &[id], 0).await;
    says(&given, "50 rows given back to public.leads");
    assert_eq!(rows(&project, "leads").await, before);
    let again = restore(&project, &[id], 1).await;
    says(&again, "nothing was given back");
    says(&again, "--missing");
    restore(&project, &[id, "--missing"], 0).await;
    assert_eq!(rows(&project, "leads").await, before);
    restore(&project, &["--forget", id], 0).await;
    assert_eq!(copies(&project).await, "");
    assert_eq!(
        project
            .one("SELECT count(*) FROM pg_class WHERE relname ~ '^backup_[0-9]+$'")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_table_a_column_and_what_was_truncated_come_back() {
    let project = project("").await;
    let (leads, events, notes) = (
        rows(&project, "leads").await,
        rows(&project, "events").await,
        rows(&project, "notes").await,
    );
    project.write(
        "0002_gone",
        "-- windlass: protect leads allow drop because of a test\n-- windlass: protect calls allow drop because of a test\n\
         -- windlass: protect events allow drop because of a test\n-- windlass: protect notes allow drop because of a test\n\n\
         TRUNCATE events;\nDROP TABLE notes;\nALTER TABLE leads DROP COLUMN tags, DROP COLUMN feels;\nDROP TYPE mood;",
    );
    project.upgrade(0).await;
    assert_eq!(
        copies(&project).await,
        "contents public.events 40, table public.notes 3, column tags 100, column feels 67"
    );
    let ids = ids(&project).await;
    let [one, two, three, four] = [0, 1, 2, 3].map(|at| ids[at].as_str());
    let refused = restore(&project, &[two], 2).await;
    says(&refused, "there is no table public.notes");
    let refused = restore(&project, &[one, three], 2).await;
    says(&refused, "ADD COLUMN tags text[]");
    assert_eq!(rows(&project, "events").await, "", "all of them or none");
    project
        .database
        .execute(
            "CREATE TABLE notes (text text); CREATE TYPE mood AS ENUM ('bad', 'ok'); ALTER TABLE leads ADD feels mood, ADD tags text[];
             UPDATE leads SET tags = '{kept}' WHERE id = 1",
        )
        .await;
    let given = restore(&project, &[one, two, three, four], 0).await;
    says(&given, "99 rows given back to public.leads; 1 were there already");
    assert_eq!(rows(&project, "events").await, events);
    assert_eq!(rows(&project, "notes").await, notes);
    let same = "SELECT count(*) FROM leads WHERE id > 1 AND tags = ARRAY['x', NULL, 'y ' || id] \
                AND feels IS NOT DISTINCT FROM CASE id % 3 WHEN 0 THEN 'ok' WHEN 1 THEN 'bad' END::mood";
    assert_eq!(project.one(same).await, "99");
    assert!(leads.contains("lead 100"));
}

#[tokio::test]
async fn what_is_not_copied_does_not_go() {
    let project = project("").await;
    let allow = "-- windlass: protect leads allow drop because of a test\n-- windlass: protect calls allow drop because of a test\n\n";
    for (sql, words) in [
        (
            "DELETE FROM leads WHERE id > 90;",
            "no copy was made of 10 of the 10 rows of public.calls",
        ),
        (
            "DO $$ BEGIN DELETE FROM calls; END $$;",
            "50 of the 50 rows of public.calls",
        ),
        (
            "MERGE INTO calls USING leads ON calls.id = leads.id WHEN MATCHED THEN DELETE;",
            "rows of public.calls",
        ),
        ("TRUNCATE leads CASCADE;", "the rows of public.calls"),
        (
            "DELETE FROM calls RETURNING id;",
            "50 of the 50 rows of public.calls",
        ),
    ] {
        let version = project.one("SHOW server_version_num").await;
        if sql.starts_with("MERGE") && version.as_str() < "150000" {
            continue;
        }
        project.write("0002_loss", &format!("{allow}{sql}"));
        let refused = project.upgrade(4).await;
        says(&refused, words);
        says(&refused, "nothing of it is lost");
        assert_eq!(
            copies(&project).await,
            "",
            "a step that is rolled back leaves no copy"
        );
        assert_eq!(project.one("SELECT count(*) FROM calls").await, "50");
    }
    let left = "SELECT count(*) FROM pg_class WHERE relname ~ '^backup_[0-9]+$'";
    assert_eq!(project.one(left).await, "0");
    project.write(
        "0002_loss",
        &format!("{allow}DELETE FROM calls WHERE lead_id > 90;\nDELETE FROM leads WHERE id > 90;"),
    );
    project.upgrade(0).await;
    let before = "SELECT count(*) FROM calls JOIN leads ON leads.id = lead_id WHERE leads.id > 90";
    let ids = ids(&project).await;
    let [calls, leads] = [0, 1].map(|at| ids[at].as_str());
    let refused = restore(&project, &[calls], 1).await;
    says(&refused, "nothing was given back");
    assert_eq!(project.one(before).await, "0");
    restore(&project, &[leads, calls], 0).await;
    assert_eq!(project.one(before).await, "10");
}

#[tokio::test]
async fn a_copy_under_a_lock_is_small_or_refused() {
    let project = project("").await;
    project
        .database
        .execute("INSERT INTO notes SELECT repeat(md5(n::text), 30) FROM generate_series(1, 40000) AS n")
        .await;
    let drop = "-- windlass: protect notes allow drop because of a test\n\nDROP TABLE notes;";
    project.write("0002_drop", drop);
    let refused = project
        .windlass(&["upgrade", "--set", "stall_budget=500ms"])
        .run()
        .await
        .expect(4);
    says(
        &refused,
        "a copy of what goes from public.notes would be too large",
    );
    assert_eq!(project.one("SELECT count(*) FROM notes").await, "40003");
    assert_eq!(copies(&project).await, "");
    project
        .windlass(&["upgrade", "--profile", "maintenance"])
        .run()
        .await
        .expect(0);
    assert_eq!(project.one("SELECT rows FROM windlass.backup").await, "40003");
}

#[tokio::test]
async fn a_copy_is_the_owners_and_goes_when_it_is_old() {
    let project = project("backup_days = 1\n").await;
    let reader = project.database.create_role("").await;
    project
        .database
        .execute(&format!(
            "GRANT USAGE ON SCHEMA windlass TO {reader}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader}; \
             ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"
        ))
        .await;
    project.write(
        "0002_tidy",
        "-- windlass: protect calls allow delete 3 because of a test\n\nDELETE FROM calls WHERE id < 54;",
    );
    project.upgrade(0).await;
    let copy = format!("windlass.backup_{}", ids(&project).await[0]);
    let may = format!("SELECT has_table_privilege('{reader}', '{copy}', 'SELECT')::text");
    assert_eq!(project.one(&may).await, "false");
    project.write("0003_more", "CREATE TABLE more (id int);");
    project.upgrade(0).await;
    assert_eq!(copies(&project).await, "rows public.calls 3", "it is not old yet");
    project
        .database
        .execute("UPDATE windlass.backup SET at = at - interval '25 hours'")
        .await;
    project.write("0004_more", "CREATE TABLE again (id int);");
    project.upgrade(0).await;
    assert_eq!(copies(&project).await, "");
    assert_eq!(
        project
            .one(&format!("SELECT to_regclass('{copy}')::text IS NULL"))
            .await,
        "t"
    );
}

#[tokio::test]
async fn a_trigger_that_changes_what_comes_back_is_told() {
    let project = project("").await;
    project.write(
        "0002_tidy",
        "-- windlass: protect calls allow delete 3 because of a test\n\nDELETE FROM calls WHERE id < 54;",
    );
    project.upgrade(0).await;
    project
        .database
        .execute(
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.lead_id := 60; RETURN NEW; END $$;
             CREATE TRIGGER touch BEFORE INSERT ON calls FOR EACH ROW EXECUTE FUNCTION touch()",
        )
        .await;
    let id = &*ids(&project).await[0];
    let refused = restore(&project, &[id], 4).await;
    says(
        &refused,
        "a trigger or rule of public.calls changes rows as they are given back: 3 of 3",
    );
    assert_eq!(project.one("SELECT count(*) FROM calls").await, "47");
    project
        .database
        .execute("ALTER TABLE calls DISABLE TRIGGER touch")
        .await;
    restore(&project, &[id], 0).await;
    assert_eq!(
        project.one("SELECT count(*) FROM calls WHERE id = lead_id").await,
        "50"
    );
}

#[tokio::test]
async fn every_table_can_be_copied() {
    let project = Project::new(&[(
        "0001_tables",
        "CREATE TABLE plain (id serial PRIMARY KEY, a text);",
    )])
    .await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO plain (a) SELECT 'x' FROM generate_series(1, 5)")
        .await;
    project.write("0002_drop", "DROP TABLE plain;");
    project.write(
        "0002_drop.down",
        "CREATE TABLE plain (id serial PRIMARY KEY, a text);",
    );
    let script = ["upgrade", "--sql", "--set", "guard.backup=all"];
    let refused = project.windlass(&script).run().await.expect(4);
    says(&refused, "which a script cannot do");
    project
        .windlass(&["upgrade", "--set", "guard.backup=all"])
        .run()
        .await
        .expect(0);
    project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    restore(&project, &[&ids(&project).await[0]], 0).await;
    let next = "INSERT INTO plain (a) VALUES ('next') RETURNING id";
    assert_eq!(
        project.one(next).await,
        "6",
        "the sequence goes on behind what was given back"
    );
}

#[tokio::test]
async fn batches_by_several_workers_fill_one_copy() {
    let project = project("").await;
    let before = rows(&project, "events").await;
    project.write(
        "0002_tidy",
        "-- windlass: protect events allow delete 40 because of a test\n\n\
         -- windlass: backfill tidy on events batch=7 workers=2\nDELETE FROM events WHERE note LIKE 'e%';",
    );
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM events").await, "0");
    assert_eq!(copies(&project).await, "rows public.events 40");
    let ids = ids(&project).await;
    restore(&project, &[&ids[0]], 0).await;
    assert_eq!(rows(&project, "events").await, before);
    project.write(
        "0003_cascade",
        "-- windlass: protect leads allow delete 100 because of a test\n-- windlass: protect calls allow delete 100 because of a test\n\n\
         -- windlass: backfill more on leads batch=7\nDELETE FROM leads WHERE size > 0;",
    );
    let refused = project.upgrade(4).await;
    says(&refused, "no copy was made of");
    assert_eq!(project.one("SELECT count(*) FROM calls").await, "50");
}
