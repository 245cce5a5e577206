//! `windlass revision --autogenerate`: from a wanted schema to a revision that is run up and down.

use std::fs;

use windlass_testkit::Command;

use crate::project::{Ended, Project};

const LEADS: &str = "CREATE TABLE leads (id bigint PRIMARY KEY, name text);";
const WANTED: &str = "CREATE TABLE leads (id bigint PRIMARY KEY, name text, phone text);
CREATE INDEX leads_phone ON leads (phone);
CREATE TABLE calls (id bigint PRIMARY KEY, lead_id bigint CONSTRAINT calls_lead REFERENCES leads);
CREATE INDEX calls_lead_id ON calls (lead_id);
CREATE VIEW phones AS SELECT phone FROM leads;
";

fn autogenerate(project: &Project, args: &[&str]) -> Command {
    project
        .windlass(&["revision", "--autogenerate", "-m", "phones and calls"])
        .args(args)
        .env("WINDLASS_SHADOW_URL", project.server.url("postgres"))
}

async fn project(config: &str) -> Project {
    let project = Project::new(&[("0001_leads", LEADS)]).await;
    fs::write(project.folder().join("windlass.toml"), config).expect("a file can be written");
    fs::write(project.folder().join("wanted.sql"), WANTED).expect("a file can be written");
    project
}

#[tokio::test]
async fn what_differs_becomes_a_revision_that_runs_up_down_and_up() {
    let project = project("[autogenerate]\nschema = \"wanted.sql\"\n").await;
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO leads VALUES (1, 'a')")
        .await;
    let made = autogenerate(&project, &[]).run().await.expect(0);
    assert!(
        made.stderr
            .contains("proved: the revision runs up, down and up again"),
        "{}",
        made.stderr
    );
    let path = project.migrations().join("0002_phones_and_calls.sql");
    assert!(
        made.stdout.contains("0002_phones_and_calls.sql"),
        "{}",
        made.stdout
    );
    let text = fs::read_to_string(&path).expect("it is written");
    for words in [
        "-- windlass: after 0001_leads\n",
        "--   create relation public.calls\n",
        "CREATE INDEX CONCURRENTLY leads_phone",
        "nobody but you knows",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let linted = project.windlass(&["lint"]).run().await.expect(0);
    assert!(!linted.stdout.contains("0002_phones"), "{}", linted.stdout);

    let before = schema(&project).await;
    project.upgrade(0).await;
    let after = schema(&project).await;
    assert_ne!(before, after);
    let down = project
        .windlass(&["downgrade", "-1", "--allow-data-loss"])
        .run()
        .await
        .expect(0);
    assert!(down.stderr.contains("reverted"), "{}", down.stderr);
    assert_eq!(schema(&project).await, before);
    project.upgrade(0).await;
    assert_eq!(schema(&project).await, after);
    assert_eq!(project.one("SELECT name FROM leads").await, "a", "rows stay");

    let again = autogenerate(&project, &[]).run().await.expect(0);
    assert_eq!(again.stdout, "");
    assert!(
        again.stderr.contains("no revision is written"),
        "{}",
        again.stderr
    );
    let diff = project
        .windlass(&["diff", "--exit-code"])
        .env("WINDLASS_SHADOW_URL", project.server.url("postgres"));
    diff.run().await.expect(0);
}

#[tokio::test]
async fn what_loses_data_is_written_only_where_that_is_meant() {
    let project = project("").await;
    fs::write(
        project.folder().join("less.sql"),
        "CREATE TABLE leads (id bigint PRIMARY KEY);",
    )
    .expect("a file");
    let refused = autogenerate(&project, &["--to", "less.sql"])
        .run()
        .await
        .expect(4);
    assert!(refused.stderr.contains("public.leads.name"), "{}", refused.stderr);
    assert_eq!(
        fs::read_dir(project.migrations()).map(Iterator::count).ok(),
        Some(1),
        "nothing is written"
    );
    autogenerate(&project, &["--to", "less.sql", "--allow-destructive"])
        .run()
        .await
        .expect(0);
    let text =
        fs::read_to_string(project.migrations().join("0002_phones_and_calls.sql")).expect("it is written");
    assert!(text.contains("-- Loses: "), "{text}");
}

#[tokio::test]
async fn a_snapshot_is_not_taken_for_the_wanted_schema() {
    let project = project("schema_file = \"schema.sql\"\n").await;
    project.upgrade(0).await;
    project.windlass(&["snapshot"]).run().await.expect(0);
    let refused = autogenerate(&project, &[]).run().await.expect(2);
    assert!(refused.stderr.contains("is a snapshot"), "{}", refused.stderr);
    let useless = project
        .windlass(&["revision", "-m", "x", "--to", "wanted.sql"])
        .run()
        .await
        .expect(2);
    assert!(useless.stderr.contains("--autogenerate"), "{}", useless.stderr);
}

#[tokio::test]
async fn a_database_can_be_where_it_begins() {
    let project = project("").await;
    project.database.execute(LEADS).await;
    project
        .database
        .execute("CREATE TABLE calls (id bigint PRIMARY KEY)")
        .await;
    let made = autogenerate(&project, &["--from", "database", "--to", "wanted.sql"])
        .run()
        .await
        .expect(0);
    assert!(made.stderr.contains("proved"), "{}", made.stderr);
    let text =
        fs::read_to_string(project.migrations().join("0002_phones_and_calls.sql")).expect("it is written");
    assert!(!text.contains("CREATE TABLE public.calls"), "{text}");
    assert!(text.contains("-- windlass: after 0001_leads\n"), "{text}");
}

#[tokio::test]
async fn routines_triggers_policies_and_views_go_through_an_upgrade_in_use() {
    let project = project("").await;
    let old = "CREATE TABLE leads (id bigint PRIMARY KEY, name varchar(40), score int);
        CREATE VIEW names AS SELECT id, name FROM leads;
        GRANT SELECT ON names TO PUBLIC;
        CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER tidy BEFORE INSERT ON leads FOR EACH ROW EXECUTE FUNCTION tidy();";
    let new = "CREATE TABLE teams (id bigint PRIMARY KEY);
        CREATE FUNCTION high(score int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT score > 10';
        CREATE TABLE leads (id bigint PRIMARY KEY, name varchar(80) NOT NULL, score int CHECK (score >= 0), team_id bigint REFERENCES teams);
        CREATE INDEX leads_high ON leads (id) WHERE high(score);
        CREATE VIEW names AS SELECT id, name FROM leads;
        CREATE VIEW loud AS SELECT upper(name) AS name FROM names;
        ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen ON leads USING (high(score));
        CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := btrim(NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION tidy();";
    project.write("0001_leads", old);
    fs::write(project.folder().join("wanted.sql"), new).expect("a file can be written");
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO leads SELECT n, 'name', n FROM generate_series(1, 1000) n")
        .await;
    let made = autogenerate(&project, &["--to", "wanted.sql"])
        .run()
        .await
        .expect(0);
    assert!(made.stderr.contains("proved: "), "{}", made.stderr);
    let text = written(&project);
    for words in [
        "SET check_function_bodies = off;",
        "NOT VALID;",
        "VALIDATE CONSTRAINT",
        "CREATE INDEX CONCURRENTLY leads_high",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    project.windlass(&["lint"]).run().await.expect(0);
    let before = schema(&project).await;
    project.upgrade(0).await;
    let same = project
        .windlass(&["diff", "--to", "wanted.sql", "--exit-code"])
        .env("WINDLASS_SHADOW_URL", project.server.url("postgres"));
    same.run().await.expect(0);
    assert_eq!(project.one("SELECT count(*) FROM leads").await, "1000");
    let down = ["downgrade", "-1", "--allow-data-loss"];
    project.windlass(&down).run().await.expect(0);
    assert_eq!(schema(&project).await, before);
}

#[tokio::test]
async fn a_rename_is_taken_back_as_one() {
    let project = project("").await;
    let renamed = "CREATE TABLE prospects (id bigint PRIMARY KEY, title text);";
    fs::write(project.folder().join("renamed.sql"), renamed).expect("a file can be written");
    project.upgrade(0).await;
    project
        .database
        .execute("INSERT INTO leads VALUES (1, 'a')")
        .await;
    let renames = [
        "--rename",
        "leads=prospects",
        "--rename",
        "leads.name=prospects.title",
    ];
    let made = autogenerate(&project, &["--to", "renamed.sql"]).args(renames);
    let made = made.run().await.expect(0);
    assert!(made.stderr.contains("proved: "), "{}", made.stderr);
    let text = written(&project);
    assert!(
        text.contains("-- Renamed: public.prospects.name to public.prospects.title.\n"),
        "{text}"
    );
    assert!(!text.contains("DROP"), "{text}");
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT title FROM prospects").await, "a");
    project.windlass(&["downgrade", "-1"]).run().await.expect(0);
    assert_eq!(project.one("SELECT name FROM leads").await, "a");
}

/// The revision that was made.
fn written(project: &Project) -> String {
    let path = project.migrations().join("0002_phones_and_calls.sql");
    fs::read_to_string(path).expect("it is written")
}

/// What the database holds: as pg_dump says it, or as we do where there is none.
async fn schema(project: &Project) -> String {
    if project.server.binaries().tool("pg_dump").exists() {
        return project.database.dump_excluding_schema("windlass");
    }
    let taken = project
        .windlass(&["snapshot", "--output", "-", "--roles"])
        .run()
        .await
        .expect(0);
    let lines = taken.stdout.lines().filter(|line| !line.starts_with("--"));
    lines.collect::<Vec<_>>().join("\n")
}
