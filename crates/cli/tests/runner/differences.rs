//! `windlass diff`: every kind of side, every output, and what is refused.

use std::fs;

use serde_json::Value;
use windlass_testkit::{Command, Finished};

use crate::project::{Ended, Project};

const OLD: &str = "CREATE TABLE leads (id bigint PRIMARY KEY, name text, tel text);";
const NEW: &str = "CREATE TABLE leads (id bigint PRIMARY KEY, name text, tel text, score int);
CREATE INDEX leads_name ON leads (name);
CREATE TABLE calls (id bigint PRIMARY KEY, lead_id bigint REFERENCES leads);
";

/// How many sessions execute the slow script.
const SLEEPING: &str = "SELECT count(*) FROM pg_stat_activity \
                        WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()";

/// `windlass diff` with shadows on the project's own server.
fn diff(project: &Project, args: &[&str]) -> Command {
    own(project, args).env("WINDLASS_SHADOW_URL", project.server.url("postgres"))
}

/// `windlass diff` with shadows on a throwaway server of the same version.
fn own(project: &Project, args: &[&str]) -> Command {
    project
        .windlass(&["diff"])
        .args(args)
        .env("PG_BINDIR", project.server.bindir())
}

fn write(project: &Project, name: &str, text: &str) {
    let path = project.folder().join(name);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}: {}", finished.stdout))
}

/// A project whose database is `OLD`, with `new.sql` beside it.
async fn project() -> Project {
    let project = Project::new(&[("0001_leads", OLD)]).await;
    project.database.execute(OLD).await;
    write(&project, "new.sql", NEW);
    project
}

#[tokio::test]
async fn the_sql_makes_the_new_schema_out_of_the_database() {
    let project = project().await;
    let answer = diff(&project, &["--to", "new.sql"]).run().await.expect(0);
    let (first, second) = answer
        .stdout
        .split_once("-- Step 2 of 2: outside a transaction")
        .unwrap_or_else(|| panic!("{}", answer.stdout));
    assert!(first.contains("ADD COLUMN score integer"), "{first}");
    assert!(
        second.contains("CREATE INDEX CONCURRENTLY leads_name"),
        "{second}"
    );
    let plain = diff(&project, &["--to", "new.sql", "--no-online"])
        .run()
        .await
        .expect(0);
    assert!(!plain.stdout.contains("CONCURRENTLY"), "{}", plain.stdout);

    let statements = windlass::compiler::sql::split(&answer.stdout).expect("it is SQL");
    for span in statements {
        project.database.execute(&answer.stdout[span.range()]).await;
    }
    let same = diff(&project, &["--to", "new.sql", "--exit-code"])
        .run()
        .await
        .expect(0);
    assert_eq!(same.stdout, "");
    assert!(same.stderr.contains("have the same schema"), "{}", same.stderr);
    project.database.execute("ALTER TABLE leads ADD more int").await;
    let differs = ["--from", "new.sql", "--to", "database", "--exit-code"];
    diff(&project, &differs).run().await.expect(1);
}

#[tokio::test]
async fn every_kind_of_side_gives_the_same_answer() {
    let project = project().await;
    write(
        &project,
        "schema/b_tables.sql",
        "CREATE VIEW names AS SELECT name FROM leads;",
    );
    write(
        &project,
        "schema/c_tables.sql",
        "BEGIN;\nCREATE TABLE leads (id bigint PRIMARY KEY, name text, tel text);\nCOMMIT;",
    );
    write(
        &project,
        "whole.sql",
        &format!("{OLD} CREATE VIEW names AS SELECT name FROM leads; "),
    );
    let url = project.database.url();
    let froms = [
        "database",
        "revisions",
        "revisions@0001",
        "cmd: cat migrations/0001_leads.sql",
        url.as_str(),
    ];
    for from in froms {
        for to in ["schema", "whole.sql", "cmd: cat whole.sql"] {
            let answer = diff(&project, &["--from", from, "--to", to, "--format", "json"])
                .run()
                .await
                .expect(0);
            let answer = json(&answer);
            let changes = answer["changes"].as_array().expect("it is a list");
            assert_eq!(changes.len(), 1, "{from} to {to}: {changes:#?}");
            assert_eq!(changes[0]["object"], "relation public.names", "{from} to {to}");
        }
    }
    write(
        &project,
        "owned.sql",
        &format!("{OLD} ALTER TABLE leads OWNER TO nobody_yet;"),
    );
    let given = diff(&project, &["--to", "owned.sql"]).run().await.expect(2);
    assert!(
        given.stderr.contains("the shadow server has no role nobody_yet"),
        "{}",
        given.stderr
    );
    own(&project, &["--to", "owned.sql", "--exit-code"])
        .run()
        .await
        .expect(0);
    // A command that fills a database finds an empty one of its own.
    let sees = "test \"$DATABASE_URL\" != \"$MINE\" && echo \"$PGDATABASE\" > seen";
    let run = format!("run: {sees}");
    let filled =
        diff(&project, &["--from", "empty", "--to", &run, "--exit-code"]).env("MINE", project.database.url());
    filled.run().await.expect(0);
    let seen = fs::read_to_string(project.folder().join("seen")).expect("the command ran");
    assert!(seen.starts_with("windlass_shadow_"), "{seen}");
    let fails = diff(&project, &["--to", "run: echo why >&2; false"])
        .run()
        .await
        .expect(2);
    assert!(fails.stderr.contains("why"), "{}", fails.stderr);
    let all = diff(&project, &["--from", "empty", "--to", "database"])
        .run()
        .await
        .expect(0);
    assert!(all.stdout.contains("CREATE TABLE public.leads"), "{}", all.stdout);
}

#[tokio::test]
async fn a_side_that_is_nothing_is_refused_with_what_to_write() {
    let project = project().await;
    write(&project, "blank.sql", "-- nothing\n");
    write(
        &project,
        "broken.sql",
        "CREATE TABLE a (id int);\nCREATE TABLE b (id nothing);\n",
    );
    write(&project, "psql.sql", "\\i other.sql\n");
    for (to, words) in [
        ("missing.sql", "there is no file or folder"),
        ("blank.sql", "say `empty`"),
        ("cmd: true", "say `empty`"),
        ("cmd: echo why >&2; false", "why"),
        ("psql.sql", "commands of psql"),
    ] {
        let refused = diff(&project, &["--to", to]).run().await.expect(2);
        assert!(refused.stderr.contains(words), "{to}: {}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    let broken = diff(&project, &["--to", "broken.sql"]).run().await.expect(1);
    assert!(
        broken.stderr.contains("broken.sql, in the statement of line 2"),
        "{}",
        broken.stderr
    );
    let nothing = diff(&project, &[]).run().await.expect(2);
    assert!(
        nothing.stderr.contains("autogenerate.schema"),
        "{}",
        nothing.stderr
    );
    write(
        &project,
        "windlass.toml",
        "[autogenerate]\nschema = \"new.sql\"\n",
    );
    let configured = diff(&project, &["--exit-code"]).run().await.expect(1);
    assert!(configured.stdout.contains("leads_name"), "{}", configured.stdout);
}

#[tokio::test]
async fn what_loses_data_is_listed_and_refused_without_the_flag() {
    let project = project().await;
    write(
        &project,
        "less.sql",
        "CREATE TABLE leads (id bigint PRIMARY KEY, name text);",
    );
    let refused = diff(&project, &["--to", "less.sql"]).run().await.expect(4);
    assert_eq!(refused.stdout, "");
    for words in ["public.leads.tel", "--allow-destructive"] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    let as_json = diff(&project, &["--to", "less.sql", "--format", "json"])
        .run()
        .await
        .expect(4);
    let answer = json(&as_json);
    assert_eq!(answer["refused"], true);
    assert_eq!(answer["destructive"].as_array().map(Vec::len), Some(1));
    assert!(!as_json.stdout.contains("DROP COLUMN"), "{}", as_json.stdout);
    let tree = diff(&project, &["--to", "less.sql", "--format", "tree"])
        .run()
        .await
        .expect(4);
    assert!(
        tree.stdout.contains("- column tel  loses data"),
        "{}",
        tree.stdout
    );
    let allowed = own(&project, &["--to", "less.sql", "--allow-destructive", "--prove"])
        .run()
        .await
        .expect(0);
    assert!(allowed.stdout.contains("-- Loses: "), "{}", allowed.stdout);
    assert!(allowed.stdout.contains("DROP COLUMN tel"), "{}", allowed.stdout);
    assert!(allowed.stderr.contains("proved: "), "{}", allowed.stderr);
    assert!(allowed.stderr.contains(proved_by(&project)), "{}", allowed.stderr);
}

/// What a proof says it was made by. The servers from the npm registry come without pg_dump.
fn proved_by(project: &Project) -> &'static str {
    match project.server.binaries().tool("pg_dump").exists() {
        true => "by our catalog and pg_dump",
        false => "by our catalog",
    }
}

#[tokio::test]
async fn what_no_statement_expresses_is_named_and_refused() {
    let project = project().await;
    write(&project, "large.sql", &format!("{OLD} SELECT lo_create(4711);"));
    let refused = diff(&project, &["--to", "large.sql"]).run().await.expect(4);
    assert_eq!(refused.stdout, "");
    for words in ["large object", "cannot be expressed"] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
    let answer = diff(&project, &["--to", "large.sql", "--format", "json"]);
    let answer = json(&answer.run().await.expect(4));
    assert_eq!(answer["cannot"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["refused"], true);
}

#[tokio::test]
async fn the_tree_and_the_json_say_what_changes_and_how() {
    let project = project().await;
    let tree = diff(&project, &["--to", "new.sql", "--format", "tree"])
        .run()
        .await
        .expect(0);
    for words in [
        "+ relation public.calls",
        "├─ + column score",
        "└─ + index leads_name",
    ] {
        assert!(tree.stdout.contains(words), "{words}: {}", tree.stdout);
    }
    let answer = json(
        &diff(&project, &["--to", "new.sql", "--format", "json"])
            .run()
            .await
            .expect(0),
    );
    assert_eq!(answer["differs"], true);
    assert_eq!(answer["compared"]["owners"], false);
    let steps = answer["steps"].as_array().expect("it is a list");
    let last = steps.last().expect("there is one");
    assert_eq!(last["in_transaction"], false);
    let sql = last["statements"][0].as_str().unwrap_or_default();
    assert!(sql.starts_with("CREATE INDEX CONCURRENTLY"), "{sql}");
}

#[tokio::test]
async fn what_comes_back_is_away_for_one_transaction_and_what_goes_goes_last() {
    let project = Project::new(&[]).await;
    let old = "CREATE TABLE leads (id bigint PRIMARY KEY, name text, old_name text, tel varchar(20));
CREATE INDEX leads_name ON leads (name);
CREATE VIEW names AS SELECT id, name, tel FROM leads;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touched();
CREATE FUNCTION score(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
";
    let new =
        "CREATE TABLE leads (id bigint PRIMARY KEY, name text, tel varchar(40), kind int NOT NULL DEFAULT 0);
CREATE INDEX leads_name_id ON leads (name, id);
CREATE VIEW names AS SELECT id, name, tel FROM leads;
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch_insert BEFORE INSERT OR UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touched();
CREATE FUNCTION score(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1';
";
    write(&project, "old.sql", old);
    write(&project, "new.sql", new);
    let args = [
        "--from",
        "old.sql",
        "--to",
        "new.sql",
        "--allow-destructive",
        "--prove",
    ];
    let sql = diff(&project, &args).run().await.expect(0).stdout;
    let at = |text: &str| sql.find(text).unwrap_or_else(|| panic!("no {text} in\n{sql}"));
    for (goes, comes) in [
        ("DROP VIEW public.names", "CREATE VIEW public.names"),
        ("DROP TRIGGER touch ON", "CREATE TRIGGER touch_insert"),
        (
            "DROP FUNCTION public.score(integer)",
            "CREATE FUNCTION public.score(bigint)",
        ),
    ] {
        let between = &sql[at(goes)..at(comes)];
        assert!(!between.contains("-- Step"), "{goes} … {comes}:\n{sql}");
    }
    assert!(
        at("leads_name_id") < at("DROP INDEX CONCURRENTLY public.leads_name;"),
        "{sql}"
    );
    let gone = at("DROP COLUMN old_name");
    for made in [
        "CREATE VIEW",
        "CREATE TRIGGER",
        "CREATE FUNCTION",
        "ADD COLUMN kind",
        "leads_name_id",
    ] {
        assert!(at(made) < gone, "{made} before what is lost:\n{sql}");
    }
}

#[tokio::test]
async fn schemas_objects_and_the_records_of_other_tools_are_left_alone() {
    let project = project().await;
    project
        .database
        .execute(
            "CREATE SCHEMA audit; CREATE TABLE audit.log (id int); CREATE TABLE scratch (id serial); \
             CREATE TABLE alembic_version (version_num text PRIMARY KEY)",
        )
        .await;
    let to = ["--to", "migrations/0001_leads.sql"];
    let refused = diff(&project, &to).run().await.expect(4);
    assert!(refused.stderr.contains("audit.log"), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("public.alembic_version, the records of another tool"),
        "{}",
        refused.stderr
    );
    let left = diff(&project, &to).args(["--exclude", "audit", "--exclude", "public.scr*", "--exit-code"]);
    left.run().await.expect(0);
    let left = diff(&project, &to).args(["--schema", "public", "--exclude", "public.scratch", "--exit-code"]);
    left.run().await.expect(0);
    // What is left alone is seen: it has to make way for what changes below it.
    project
        .database
        .execute("CREATE VIEW audit.tels AS SELECT tel FROM public.leads")
        .await;
    write(&project, "wider.sql", &OLD.replace("tel text", "tel varchar"));
    let wider = [
        "--to",
        "wider.sql",
        "--exclude",
        "audit",
        "--exclude",
        "public.scratch",
    ];
    let wider = diff(&project, &wider).args(["--prove", "--allow-destructive"]);
    let wider = wider.run().await.expect(0);
    for words in ["DROP VIEW audit.tels", "CREATE VIEW audit.tels"] {
        assert!(wider.stdout.contains(words), "{words}: {}", wider.stdout);
    }
    write(
        &project,
        "windlass.toml",
        "[autogenerate]\nexclude = [\"audit\", \"public.scratch\"]\n",
    );
    diff(&project, &to).args(["--exit-code"]).run().await.expect(0);
}

#[tokio::test]
async fn what_looks_renamed_is_not_guessed() {
    let project = project().await;
    let renamed = "CREATE TABLE leads (id bigint PRIMARY KEY, name text, phone text);";
    write(&project, "renamed.sql", renamed);
    let to = ["--to", "renamed.sql"];
    let refused = diff(&project, &to)
        .args(["--allow-destructive"])
        .run()
        .await
        .expect(4);
    assert_eq!(refused.stdout, "");
    let hint = "--rename public.leads.tel=public.leads.phone";
    assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    let never = ["--allow-destructive", "--renames", "never"];
    let never = diff(&project, &to).args(never).run().await.expect(0);
    assert!(never.stdout.contains("DROP COLUMN tel"), "{}", never.stdout);
    let no = diff(&project, &to).at_terminal("n\n").run().await.expect(4);
    for words in ["Is it renamed?", "--allow-destructive"] {
        assert!(no.stderr.contains(words), "{words}: {}", no.stderr);
    }
    for (rename, words) in [
        ("leads.tel", "what is renamed to what"),
        (
            "leads.nothing=phone",
            "the old schema has nothing called `leads.nothing`",
        ),
        (
            "leads.tel=nothing",
            "the new schema has no column called `nothing`",
        ),
    ] {
        let wrong = diff(&project, &to)
            .args(["--rename", rename])
            .run()
            .await
            .expect(2);
        assert!(wrong.stderr.contains(words), "{rename}: {}", wrong.stderr);
    }
}

#[tokio::test]
async fn a_rename_is_declared_or_asked_for() {
    let project = project().await;
    project
        .database
        .execute("CREATE VIEW tels AS SELECT tel FROM leads; GRANT SELECT ON tels, leads TO PUBLIC")
        .await;
    let renamed = "CREATE TABLE leads (id bigint PRIMARY KEY, name text, phone text); CREATE VIEW tels AS SELECT phone AS tel FROM leads;";
    write(&project, "renamed.sql", renamed);
    let to = ["--to", "renamed.sql"];
    let renames = |sql: &str| sql.contains("RENAME COLUMN tel TO phone") && !sql.contains("DROP COLUMN");
    for rename in ["leads.tel=phone", "public.leads.tel=public.leads.phone"] {
        let declared = diff(&project, &to)
            .args(["--rename", rename, "--prove"])
            .run()
            .await
            .expect(0);
        assert!(renames(&declared.stdout), "{rename}: {}", declared.stdout);
    }
    let auto = diff(&project, &to)
        .args(["--renames", "auto"])
        .run()
        .await
        .expect(0);
    assert!(renames(&auto.stdout), "{}", auto.stdout);
    let yes = diff(&project, &to).at_terminal("y\n").run().await.expect(0);
    assert!(renames(&yes.stdout), "{}\n{}", yes.stdout, yes.stderr);
    assert!(yes.stderr.contains("Is it renamed?"), "{}", yes.stderr);

    write(
        &project,
        "table.sql",
        "CREATE TABLE prospects (id bigint PRIMARY KEY, name text, tel text); CREATE VIEW tels AS SELECT tel FROM prospects;",
    );
    let table = diff(
        &project,
        &["--to", "table.sql", "--rename", "leads=prospects", "--prove"],
    )
    .run()
    .await
    .expect(0);
    assert!(table.stdout.contains("RENAME TO prospects"), "{}", table.stdout);
    assert!(!table.stdout.contains("REVOKE"), "{}", table.stdout);
}

#[tokio::test]
async fn owners_and_privileges_are_compared_between_databases() {
    let project = project().await;
    let role = project.database.create_role("").await;
    let other = project.server.fresh_database().await;
    other.execute(OLD).await;
    project
        .database
        .execute(&format!("GRANT SELECT ON leads TO {role}"))
        .await;
    let url = other.url();
    let between = diff(&project, &["--from", &url, "--to", "database"])
        .run()
        .await
        .expect(0);
    assert!(between.stdout.contains("GRANT SELECT"), "{}", between.stdout);
    let without = [
        "--from",
        &url,
        "--to",
        "database",
        "--privileges=false",
        "--exit-code",
    ];
    diff(&project, &without).run().await.expect(0);
    let files = diff(
        &project,
        &[
            "--from",
            "migrations/0001_leads.sql",
            "--to",
            "database",
            "--exit-code",
        ],
    );
    let files = files.run().await.expect(0);
    assert!(
        files
            .stderr
            .contains("not compared: owners (--owners), privileges"),
        "{}",
        files.stderr
    );
}

#[tokio::test]
async fn what_is_made_again_keeps_owners_and_privileges_that_are_not_compared() {
    let project = project().await;
    let (reader, owner, other) = (
        project.database.create_role("").await,
        project.database.create_role("").await,
        project.database.create_role("").await,
    );
    let view = "CREATE VIEW names AS SELECT id, name FROM leads;";
    let mine = format!(
        "{view} ALTER VIEW names OWNER TO {owner}; GRANT SELECT ON names TO {reader}; \
         GRANT ALL ON leads TO {owner}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {other};"
    );
    project.database.execute(&mine).await;
    let wider = OLD.replace("name text", "name varchar");
    write(
        &project,
        "wider.sql",
        &format!("{wider} {view} CREATE TABLE fresh (id int);"),
    );
    let answer = diff(&project, &["--to", "wider.sql", "--prove", "--allow-destructive"]);
    let answer = answer.run().await.expect(0);
    for words in [
        "DROP VIEW public.names",
        &format!("OWNER TO {owner}"),
        &format!("TO {reader}"),
    ] {
        assert!(answer.stdout.contains(words), "{words}: {}", answer.stdout);
    }
    assert!(!answer.stdout.contains("public.fresh FROM"), "{}", answer.stdout);
    let acl = "SELECT string_agg(relname || relacl::text || relowner::regrole, ' ' ORDER BY relname) FROM pg_class \
               WHERE relnamespace = 'public'::regnamespace AND relname IN ('leads', 'names')";
    let before = project.one(acl).await;
    for span in windlass::compiler::sql::split(&answer.stdout).expect("it is SQL") {
        project.database.execute(&answer.stdout[span.range()]).await;
    }
    assert_eq!(project.one(acl).await, before);
}

#[tokio::test]
async fn the_proof_finds_a_plan_that_does_not_lead_where_it_should() {
    let project = project().await;
    project
        .database
        .execute("CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        .await;
    // An event trigger on the copy does more than the plan says: what a database may well have.
    write(
        &project,
        "sly.sql",
        &format!(
            "{OLD}
             CREATE FUNCTION more() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
               IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.calls')
                  AND to_regclass('public.extra') IS NULL
               THEN EXECUTE 'CREATE TABLE public.extra (id int)'; END IF; END $$;
             CREATE EVENT TRIGGER more ON ddl_command_end EXECUTE FUNCTION more();"
        ),
    );
    write(
        &project,
        "wanted.sql",
        &fs::read_to_string(project.folder().join("sly.sql"))
            .expect("it is there")
            .replace(OLD, &format!("{OLD} CREATE TABLE calls (id int);")),
    );
    let sides = ["--from", "sly.sql", "--to", "wanted.sql"];
    diff(&project, &sides).run().await.expect(0);
    let failed = diff(&project, &sides).args(["--prove"]).run().await.expect(5);
    assert!(
        failed
            .stderr
            .contains("relation public.extra is there and should not be"),
        "{}",
        failed.stderr
    );
    assert_eq!(failed.stdout, "");
}

#[tokio::test]
async fn shadows_on_a_given_server_are_removed_also_after_a_kill() {
    let project = project().await;
    let url = project.server.url("postgres");
    let shadows = "SELECT count(*) FROM pg_database WHERE datname LIKE 'windlass\\_shadow\\_%'";
    let to = ["--to", "new.sql", "--shadow", &url, "--prove"];
    let done = project.windlass(&["diff"]).args(to).run().await.expect(0);
    assert!(!done.stderr.contains("throwaway"), "{}", done.stderr);
    assert_eq!(project.one(shadows).await, "0");
    write(&project, "fails.sql", "CREATE TABLE a (id nothing);");
    let failing = ["--to", "fails.sql", "--shadow", &url];
    project.windlass(&["diff"]).args(failing).run().await.expect(1);
    assert_eq!(project.one(shadows).await, "0");

    write(
        &project,
        "slow.sql",
        "CREATE TABLE a (id int);\nSELECT pg_sleep(600);",
    );
    let slow = ["--to", "slow.sql", "--shadow", &url];
    let mut interrupted = project.windlass(&["diff"]).args(slow).spawn();
    project.database.wait_for(SLEEPING, |count| count == 1).await;
    interrupted.sigint();
    assert_eq!(interrupted.finish().await.code, Some(130));
    assert_eq!(project.one(shadows).await, "0");

    let mut killed = project.windlass(&["diff"]).args(slow).spawn();
    project.database.wait_for(SLEEPING, |count| count == 1).await;
    let mut alive = project.windlass(&["diff"]).args(slow).spawn();
    project.database.wait_for(SLEEPING, |count| count == 2).await;
    killed.kill9();
    killed.finish().await;
    assert_eq!(project.one(shadows).await, "2");
    // The lock of the run that was killed is free once its session has gone.
    project
        .database
        .wait_for(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 2003596136",
            |count| count == 1,
        )
        .await;
    project.windlass(&["diff"]).args(to).run().await.expect(0);
    assert_eq!(
        project.one(shadows).await,
        "1",
        "the one of the run that lives stays"
    );
    alive.sigterm();
    alive.finish().await;
    assert_eq!(project.one(shadows).await, "0");
}

#[tokio::test]
async fn a_server_of_ours_ends_with_a_program_that_was_killed() {
    let project = project().await;
    write(&project, "slow.sql", "SELECT pg_sleep(600);");
    let scratch = project.folder().join("scratch");
    fs::create_dir(&scratch).expect("a folder can be made");
    open_to_all(&scratch);
    open_to_all(project.folder());
    let mut running = own(&project, &["--to", "slow.sql"])
        .env("TMPDIR", &scratch)
        .spawn();
    let pid_file = || {
        let folder = fs::read_dir(&scratch).ok()?.next()?.ok()?.path();
        fs::read_to_string(folder.join("data/postmaster.pid"))
            .ok()
            .filter(|text| text.contains("ready"))
    };
    let up = async || pid_file().is_some();
    // It makes its cluster first.
    windlass_testkit::wait_until_within(3 * windlass_testkit::DEADLINE, "the shadow server is up", up).await;
    running.kill9();
    running.finish().await;
    let is_empty = async || fs::read_dir(&scratch).is_ok_and(|mut files| files.next().is_none());
    windlass_testkit::wait_until("the shadow server and its files are gone", is_empty).await;
}

/// The server may run as another user than we do.
fn open_to_all(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[tokio::test]
async fn revisions_that_require_a_background_job_are_replayed() {
    let project = Project::new(&[
        ("0001_leads", OLD),
        (
            "0002_fill",
            "ALTER TABLE leads ADD COLUMN score int;\n\
             -- windlass: backfill fill on leads deferred\n\
             UPDATE leads SET score = 0 WHERE score IS NULL;",
        ),
        (
            "0003_score",
            "-- windlass: requires backfill fill\nALTER TABLE leads ADD CONSTRAINT scored CHECK (score IS NOT NULL);",
        ),
    ])
    .await;
    // A role that only the real database has is not taken on.
    fs::write(
        project.folder().join("windlass.toml"),
        "role = \"nobody_has_it_here\"\n",
    )
    .expect("a file can be written");
    let answer = diff(&project, &["--from", "revisions@0002", "--to", "revisions"])
        .run()
        .await
        .expect(0);
    assert!(answer.stdout.contains("scored"), "{}", answer.stdout);
}

#[tokio::test]
async fn a_table_that_becomes_a_child_is_proved_though_its_columns_stay_its_own() {
    let project = project().await;
    write(
        &project,
        "apart.sql",
        "CREATE TABLE calls (id bigint, note text DEFAULT 'x');",
    );
    write(
        &project,
        "child.sql",
        "CREATE TABLE events (id bigint, note text); CREATE TABLE calls () INHERITS (events);
         ALTER TABLE calls ALTER note SET DEFAULT 'x';",
    );
    let sides = ["--from", "apart.sql", "--to", "child.sql", "--prove"];
    let answer = diff(&project, &sides).run().await.expect(0);
    assert!(
        answer.stdout.contains("INHERIT public.events"),
        "{}",
        answer.stdout
    );
    assert!(answer.stderr.contains(proved_by(&project)), "{}", answer.stderr);
    let told = diff(
        &project,
        &["--from", "apart.sql", "--to", "child.sql", "--format", "json"],
    );
    let told = told.run().await.expect(0);
    assert!(told.stdout.contains("stay its own"), "{}", told.stdout);
}

#[tokio::test]
async fn a_column_that_is_filled_past_triggers_is_proved() {
    let project = project().await;
    let table = |columns: &str| {
        format!(
            "CREATE TABLE leads (id bigint PRIMARY KEY, {columns});\n\
             CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not for this''; END';\n\
             CREATE TRIGGER never BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION never();\n"
        )
    };
    write(&project, "old.sql", &table("name text"));
    write(
        &project,
        "new.sql",
        &table("name text, token uuid DEFAULT gen_random_uuid()"),
    );
    let proved = diff(&project, &["--from", "old.sql", "--to", "new.sql", "--prove"])
        .run()
        .await
        .expect(0);
    assert!(
        proved
            .stdout
            .contains("-- windlass: backfill leads_token triggers=skip"),
        "{}",
        proved.stdout
    );
    assert!(proved.stderr.contains("proved: "), "{}", proved.stderr);
}
