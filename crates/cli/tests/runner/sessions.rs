//! Where the database is, and what every session of a run is set to, by the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use windlass_testkit::{Command, Proxy, Server};

use crate::project::{Ended, Project};

const TABLE: (&str, &str) = ("0001_t", "CREATE TABLE t (a int);");

/// The binary with no database in its environment.
fn nowhere(project: &Project, args: &[&str]) -> Command {
    project.windlass(args).env("DATABASE_URL", "")
}

#[tokio::test]
async fn each_connection_acts_as_the_role_and_looks_along_the_path() {
    let project = Project::new(&[
        (
            "0001_t",
            "CREATE TABLE leads (id int PRIMARY KEY, a int, who text, path text);\nINSERT INTO leads SELECT g, g FROM generate_series(1, 200) g;",
        ),
        (
            "0002_b",
            "-- windlass: backfill b on leads batch=20\nUPDATE leads SET a = -a, who = current_user, path = current_setting('search_path') WHERE who IS NULL;",
        ),
        ("0003_i", "CREATE INDEX CONCURRENTLY leads_a ON leads (a);\nALTER TABLE leads ADD c int;\nSELECT pg_sleep(0.2);"),
    ])
    .await;
    // The login may do nothing by itself.
    project
        .database
        .execute(&format!(
            "CREATE ROLE \"Own er\"; CREATE ROLE login LOGIN NOINHERIT IN ROLE \"Own er\"; CREATE SCHEMA \"My App\" AUTHORIZATION \"Own er\"; \
             CREATE TABLE public.leads (not_this_one int); GRANT CREATE ON DATABASE {} TO \"Own er\"",
            project.database.name()
        ))
        .await;
    fs::write(
        project.folder().join("windlass.toml"),
        "role = \"Own er\"\nsearch_path = [\"My App\", \"public\"]\n",
    )
    .expect("a file can be written");
    let proxy = Proxy::start(&project.database.url()).await;
    let url = proxy.url_of(&project.database.url_for("login"));
    let upgraded = project.upgrade_by(&url).run().await.expect(0);
    let startups = proxy.startups();
    let value = |startup: &[(String, String)], name: &str| {
        startup
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    let mut purposes: Vec<String> = Vec::new();
    for startup in &startups {
        let purpose = value(startup, "application_name");
        // It ends a backend of the login's, and does nothing else.
        if purpose == "windlass switch" {
            continue;
        }
        purposes.push(purpose);
        let options = value(startup, "options");
        assert!(options.contains(r"-c role=Own\ er "), "{options}");
        assert!(
            options.contains(r#"-c search_path="My\ App",\ public "#),
            "{options}"
        );
    }
    purposes.sort();
    purposes.dedup();
    for purpose in ["windlass", "windlass watch", "windlass work"] {
        assert!(
            purposes.iter().any(|known| known == purpose),
            "{purposes:?}\n{}",
            upgraded.stderr
        );
    }
    let facts = "SELECT string_agg(DISTINCT who || ' ' || path, ';') FROM \"My App\".leads";
    assert_eq!(project.one(facts).await, "Own er \"My App\", public");
    let owners = "SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ';') FROM pg_class \
                  WHERE relnamespace IN ('windlass'::regnamespace, '\"My App\"'::regnamespace)";
    assert_eq!(project.one(owners).await, "Own er");
    for command in [
        &["status"][..],
        &["verify"],
        &["history", "--report"],
        &["downgrade", "-1", "--allow-data-loss"],
    ] {
        let looked = project.windlass(command).env("DATABASE_URL", &url).run().await;
        assert!(
            !looked.stderr.contains("permission denied"),
            "{command:?}: {}",
            looked.stderr
        );
    }
}

#[tokio::test]
async fn a_role_or_schema_that_is_none_is_told() {
    let project = Project::new(&[TABLE]).await;
    let refused = project
        .windlass(&["upgrade", "--set", "role=nobody; DROP TABLE x"])
        .run()
        .await
        .expect(2);
    assert!(
        refused
            .stderr
            .contains("role \"nobody; DROP TABLE x\" does not exist"),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn the_database_is_found_as_libpq_finds_it() {
    let server = Server::builder().password_auth("scram-sha-256").start().await;
    let project = Project::on(server, &[TABLE]).await;
    let (port, name) = (
        project.server.port().to_string(),
        project.database.name().to_owned(),
    );
    let files = tempfile::tempdir().expect("a folder can be made");
    let passwords = files.path().join("pgpass");
    fs::write(&passwords, format!("*:{port}:{name}:postgres:windlass\n")).expect("a file can be written");
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let services = files.path().join("services");
    fs::write(
        &services,
        format!("[calls]\nhost=127.0.0.1\nport={port}\nuser=postgres\ndbname={name}\npassword=windlass\n"),
    )
    .expect("a file can be written");

    // Nothing but variables.
    nowhere(&project, &["upgrade"])
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", &port)
        .env("PGUSER", "postgres")
        .env("PGDATABASE", &name)
        .env("PGPASSWORD", "windlass")
        .run()
        .await
        .expect(0);
    let current = async |command: Command| command.args(["current"]).run().await.expect(0).stdout;
    let by_file = nowhere(&project, &[])
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", &port)
        .env("PGUSER", "postgres")
        .env("PGDATABASE", &name)
        .env("PGPASSFILE", &passwords);
    assert_eq!(current(by_file).await, "0001_t\n");
    let by_service = nowhere(&project, &[])
        .env("PGSERVICE", "calls")
        .env("PGSERVICEFILE", &services);
    assert_eq!(current(by_service).await, "0001_t\n");
    let by_flag = nowhere(&project, &["--database-url", &project.database.url()]);
    assert_eq!(current(by_flag).await, "0001_t\n");
    // Several hosts, of which the first is nobody; and a socket's folder, in a URL and in words.
    let url = project.database.url();
    let several = url.replace(
        &format!("127.0.0.1:{port}"),
        &format!("127.0.0.1:1,127.0.0.1:{port}"),
    ) + "?target_session_attrs=read-write";
    assert_eq!(
        current(nowhere(&project, &["--database-url", &several])).await,
        "0001_t\n"
    );
    let sockets = project.server.socket_dir().display().to_string();
    let socket = format!("postgresql:///{name}?host={sockets}&port={port}&user=postgres&password=windlass");
    assert_eq!(
        current(nowhere(&project, &["--database-url", &socket])).await,
        "0001_t\n"
    );
    let words = format!("host={sockets} port={port} user=postgres dbname={name} password=windlass");
    assert_eq!(
        current(nowhere(&project, &["--database-url", &words])).await,
        "0001_t\n"
    );
}

#[tokio::test]
async fn the_configuration_names_environments() {
    let project = Project::new(&[TABLE]).await;
    let staging = project.server.database("staging_of_calls").await;
    fs::write(
        project.folder().join("windlass.toml"),
        "stall_budget = \"2s\"\n[env.staging]\ndatabase_url = { env = \"STAGING_URL\" }\n\
         [env.production]\ndatabase_url = { env = \"PRODUCTION_URL\" }\nstall_budget = \"500ms\"\n",
    )
    .expect("a file can be written");
    let named = |args: &[&str]| {
        nowhere(&project, args)
            .env("STAGING_URL", staging.url())
            .env("PRODUCTION_URL", project.database.url())
    };
    named(&["upgrade", "--env", "staging"]).run().await.expect(0);
    assert_eq!(project.one("SELECT to_regclass('t')").await, "NULL");
    assert_eq!(staging.query_one_text("SELECT to_regclass('t')").await, "t");
    named(&["upgrade"])
        .env("WINDLASS_ENV", "production")
        .run()
        .await
        .expect(0);
    assert_eq!(project.one("SELECT to_regclass('t')").await, "t");
    let unknown = named(&["upgrade", "--env", "productoin"]).run().await.expect(2);
    assert!(unknown.stderr.contains("production"), "{}", unknown.stderr);
}

#[tokio::test]
async fn config_shows_each_value_with_its_origin() {
    let project = Project::new(&[]).await;
    fs::write(
        project.folder().join("windlass.toml"),
        "stall_budget = \"2s\"\nprotect = [\"leads\"]\n[lane.ddl]\nretry_for = \"5m\"\n[env.production]\nprotect = [\"leads\", \"faqs\"]\n",
    )
    .expect("a file can be written");
    let shown = project
        .windlass(&[
            "config",
            "--env",
            "production",
            "--profile",
            "guide",
            "--set",
            "lane.dml.lock_timeout=7s",
        ])
        .env("WINDLASS_LANE_DDL_ATTEMPTS", "4")
        .run()
        .await
        .expect(0);
    let lines: Vec<String> = shown
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for expected in [
        "profile guide --profile",
        "stall_budget 2s windlass.toml:1",
        "protect leads, faqs windlass.toml:6 [env.production]",
        "lane.ddl.retry_for 5m windlass.toml:4",
        "lane.ddl.attempts 4 environment WINDLASS_LANE_DDL_ATTEMPTS",
        "lane.dml.lock_timeout 7s --set lane.dml.lock_timeout",
        "lane.ddl.lock_timeout 5s profile guide",
        "index_deadline none default",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected}\n{}",
            lines.join("\n")
        );
    }
}

#[tokio::test]
async fn a_backslash_in_a_literal_is_one_whatever_the_role_has_set() {
    let project = Project::new(&[("0001_t", r"CREATE TABLE t (a text);")]).await;
    project.upgrade(0).await;
    let role = project.database.create_role("SUPERUSER").await;
    project
        .database
        .execute(&format!(
            "ALTER ROLE {role} SET standard_conforming_strings = off"
        ))
        .await;
    project.write(
        "0002_i",
        r"INSERT INTO t VALUES ('x\y'), ('a\'); INSERT INTO t VALUES ('b');",
    );
    let by_role = project.upgrade_by(&project.database.url_for(&role));
    by_role.run().await.expect(0);
    assert_eq!(
        project.database.query_column("SELECT a FROM t ORDER BY a").await,
        [r"a\", "b", r"x\y"]
    );
}

#[tokio::test]
async fn transactions_that_a_script_makes_read_only_keep_nobody_from_the_journal() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_v",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE;\nVACUUM t;\nINSERT INTO t VALUES (1);",
        ),
    ])
    .await;
    project.upgrade(0).await;
    assert_eq!(project.one("SELECT count(*) FROM t").await, "1");
}

#[tokio::test]
async fn whose_session_it_is_holds_for_the_steps_behind_it() {
    let project = Project::new(&[
        TABLE,
        (
            "0002_whose",
            "CREATE ROLE other; CREATE ROLE third; GRANT third TO other; GRANT CREATE ON SCHEMA public TO other, third;\n\
             SET SESSION AUTHORIZATION other;\nCREATE TABLE a (x int);\nCREATE INDEX CONCURRENTLY a_x ON a (x);\n\
             CREATE TABLE b (x int);\nSET ROLE third;\nVACUUM;\nCREATE TABLE c (x int);\nRESET SESSION AUTHORIZATION;\n\
             VACUUM t;\nCREATE TABLE d (x int);",
        ),
    ])
    .await;
    project.upgrade(0).await;
    let owners = "SELECT string_agg(relname || ' ' || relowner::regrole, ', ' ORDER BY relname) FROM pg_class \
                   WHERE relname IN ('a', 'b', 'c', 'd') AND relnamespace = 'public'::regnamespace";
    assert_eq!(project.one(owners).await, "a other, b other, c third, d postgres");
}

#[tokio::test]
async fn a_revision_speaks_utf_8() {
    let project = Project::new(&[TABLE]).await;
    for (set, is_refused) in [
        ("SET client_encoding = 'LATIN1'", true),
        ("SET NAMES 'win1252'", true),
        ("SET client_encoding = 'UTF8'", false),
        ("SET client_encoding TO 'utf-8'", false),
        ("RESET client_encoding", false),
        ("COPY t FROM stdin (ENCODING 'latin1');\n1\n\\.\nSELECT 1", true),
        (
            "COPY t FROM stdin WITH (format csv, encoding 'UTF8');\n1\n\\.\nSELECT 1",
            false,
        ),
    ] {
        project.write(
            "0002_set",
            &format!("CREATE TABLE IF NOT EXISTS e (a text);\n{set};"),
        );
        let finished = project
            .windlass(&["plan"])
            .run()
            .await
            .expect(if is_refused { 2 } else { 0 });
        let told = "in a revision, which is read and sent as UTF-8";
        assert_eq!(finished.stderr.contains(told), is_refused, "{}", finished.stderr);
    }
}
