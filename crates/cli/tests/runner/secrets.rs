//! A password is in no output: not in talk, answers, JSON and errors, not where a URL is misplaced or cannot be read,
//! not in the journal, and not in the list of processes.

use windlass_testkit::{Command, Server};

use crate::project::{Ended, Project};

const SECRET: &str = "Tr0ub4dor-and-3";

/// Everything that was written.
async fn said(command: Command) -> String {
    let finished = command.run().await;
    finished.stdout + &finished.stderr
}

#[track_caller]
fn assert_kept(what: &str, said: &str) {
    assert!(!said.contains(SECRET), "{what}:\n{said}");
}

/// A project whose role has a password that is nowhere else, and its URL.
async fn project() -> (Project, String) {
    project_by(SECRET).await
}

async fn project_by(secret: &str) -> (Project, String) {
    let server = Server::builder().password_auth("scram-sha-256").start().await;
    let project = Project::on(server, &[("0001_t", "CREATE TABLE t (a int);")]).await;
    let role = project
        .database
        .create_role(&format!("SUPERUSER PASSWORD '{secret}'"))
        .await;
    let url = project
        .database
        .url()
        .replace("postgres:windlass@", &format!("{role}:{secret}@"));
    assert!(url.contains(secret), "{url}");
    (project, url)
}

#[tokio::test]
async fn a_password_is_in_nothing_that_a_command_says() {
    let (project, url) = project().await;
    let commands: &[&[&str]] = &[
        &["config"],
        &["config", "--json"],
        &["plan"],
        &["plan", "--json"],
        &["upgrade"],
        &["upgrade", "--json"],
        &["status"],
        &["status", "--json"],
        &["history", "--report", "json"],
        &["doctor"],
        &["doctor", "--json"],
        &["snapshot", "--output", "schema.sql"],
        &["diff", "--from", "database", "--to", "schema.sql"],
        &["check"],
        &["downgrade", "base"],
        &["exec", "--", "true"],
        &["wait"],
    ];
    for command in commands {
        let log = if command.contains(&"--json") {
            "json"
        } else {
            "text"
        };
        let told = said(
            project
                .windlass(command)
                .args(["--log", log])
                .env("DATABASE_URL", &url),
        )
        .await;
        assert_kept(&format!("{command:?}"), &told);
    }
    // A file that holds it is warned of, and not quoted.
    std::fs::write(
        project.folder().join("windlass.toml"),
        format!("database_url = \"{url}\"\nstall_budgett = \"1s\"\n"),
    )
    .expect("a file can be written");
    for command in [&["status"][..], &["config"], &["upgrade", "--log", "json"]] {
        let told = said(project.windlass(command).env("DATABASE_URL", "")).await;
        assert_kept(&format!("{command:?} with a file"), &told);
    }
    // Nothing of it in the journal either.
    for table in project
        .database
        .query_column("SELECT oid::regclass FROM pg_class WHERE relnamespace = 'windlass'::regnamespace AND relkind = 'r'")
        .await
    {
        let rows = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t");
        assert_kept(&table, &project.one(&rows).await);
    }
}

#[tokio::test]
async fn a_connection_string_that_fails_is_told_without_its_password() {
    let (project, url) = project().await;
    let wrong: &[String] = &[
        // Servers that are not there, refuse, or do not know.
        format!("postgresql://u:{SECRET}@127.0.0.1:1/x"),
        format!("postgresql://u:{SECRET}@127.0.0.1:1,127.0.0.1:2/x"),
        format!("postgresql://u:{SECRET}@no-such-host.invalid/x?connect_timeout=2"),
        url.replace(SECRET, &format!("{SECRET}-not")),
        format!("{url}_no_such_database"),
        format!("{url}?sslmode=require"),
        format!("{url}?options=-c%20no_such=1"),
        format!("{url}?application_name=x&channel_binding=require"),
        // Strings that cannot be read.
        format!("postgresql://u:{SECRET}@h:port/x"),
        format!("postgresql://u:{SECRET}@[::1/x"),
        format!("postgresql://u:{SECRET}%zz@h/x"),
        format!("postgresql://u:{SECRET}/h@x"),
        format!("postgresql://u:{SECRET}@h/x?nosuch=1"),
        format!("postgresql://u:{SECRET}@h/x?sslmode=perhaps"),
        format!("postgres:/u:{SECRET}@h/x"),
        format!("u:{SECRET}@h/x"),
        format!("host=h password='{SECRET}"),
        format!("host=h password={SECRET} sslmode=x"),
        format!("host=h passwrd={SECRET}"),
        SECRET.to_owned(),
        format!("password = {SECRET} host"),
    ];
    for conninfo in wrong {
        for command in [
            &["upgrade", "--json"][..],
            &["status"],
            &["wait", "--timeout", "0s"],
            &["doctor"],
        ] {
            let text = project.windlass(command).env("DATABASE_URL", conninfo);
            assert_kept(conninfo, &said(text).await);
            let flag = project
                .windlass(command)
                .args(["--log", "json", "--database-url", conninfo])
                .env("DATABASE_URL", "");
            assert_kept(conninfo, &said(flag).await);
        }
        let standby = project
            .windlass(&["upgrade", "--set", &format!("standby_urls={conninfo}")])
            .env("DATABASE_URL", &url);
        assert_kept(&format!("standby {conninfo}"), &said(standby).await);
    }
}

#[tokio::test]
async fn a_url_where_none_belongs_is_echoed_without_its_password() {
    let (project, url) = project().await;
    let url = url.as_str();
    let misplaced: &[&[&str]] = &[
        &[url],
        &["upgrade", url],
        &["upgrade", "head", url],
        &["upgrade", "--allow-late", url],
        &["upgrade", "--plan", url],
        &["upgrade", "--profile", url],
        &["upgrade", "--set", &format!("database_url={url}")],
        &["upgrade", "--set", url],
        &["upgrade", "--env", url],
        &["upgrade", "--dir", url],
        &["upgrade", "--config", url],
        &["upgrade", "--wait-timeout", url],
        &[&format!("--database-urll={url}"), "upgrade"],
        &["downgrade", url],
        &["stamp", url],
        &["resolve", url, "--accept-edit"],
        &["show", url],
        &["plan", url],
        &["squash", url],
        &["merge", url],
        &["verify", url],
        &["lint", url],
        &["explain", url],
        &["wait", "--for", url],
        &["backfill", "status", url],
        &["revision", url],
        &["diff", "--from", url, "--to", "nothing.sql"],
    ];
    for command in misplaced {
        for log in ["text", "json"] {
            let told = said(project.windlass(command).args(["--log", log])).await;
            assert_kept(&format!("{command:?}"), &told);
        }
    }
}

#[tokio::test]
async fn a_password_in_a_script_is_in_no_log() {
    let project = Project::new(&[(
        "0001_role",
        &format!("CREATE ROLE somebody_with_a_password PASSWORD '{SECRET}';\nALTER ROLE somebody_with_a_password PASSWORD '{SECRET}' NO_SUCH_OPTION;"),
    )])
    .await;
    assert_kept(
        "a syntax error",
        &said(project.windlass(&["upgrade", "--json"])).await,
    );
    project.write(
        "0001_role",
        &format!("CREATE ROLE somebody_with_a_password PASSWORD '{SECRET}';\nALTER ROLE nobody_of_that_name PASSWORD '{SECRET}';"),
    );
    for log in ["text", "json"] {
        let told = said(project.windlass(&["upgrade", "--json", "--log", log])).await;
        assert!(told.contains("does not exist"), "{told}");
        assert_kept("an error", &told);
    }
    project.write(
        "0001_role",
        &format!("CREATE ROLE somebody_with_a_password PASSWORD '{SECRET}';"),
    );
    assert_kept("a run", &said(project.windlass(&["upgrade"])).await);
    assert_kept(
        "the report",
        &said(project.windlass(&["history", "--report"])).await,
    );
    let titles = "SELECT string_agg(title, ' ') FROM windlass.step";
    let title = project.one(titles).await;
    assert_eq!(title, "CREATE ROLE somebody_with_a_password PASSWORD ***");
    project
        .database
        .execute("DROP ROLE somebody_with_a_password")
        .await;
}

/// Plans are put under pull requests.
#[tokio::test]
async fn a_password_in_a_script_is_in_no_plan() {
    let project = Project::new(&[("0001_t", "CREATE TABLE t (a int);")]).await;
    project.write(
        "0002_r",
        &format!("CREATE ROLE reads_plans LOGIN PASSWORD '{SECRET}';"),
    );
    let path = project.migrations().join("0002_r.sql");
    let path = path.to_str().expect("the path is UTF-8");
    let commands: &[&[&str]] = &[
        &["plan"],
        &["plan", "--offline"],
        &["plan", "--json"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "html"],
        &["explain", path],
        &["explain", path, "--json"],
    ];
    for words in commands {
        let said = said(project.windlass(words)).await;
        assert!(said.contains("reads_plans"), "{words:?}:\n{said}");
        assert_kept(&format!("{words:?}"), &said);
    }
}

#[tokio::test]
async fn a_password_is_not_in_the_list_of_processes() {
    // Other tests hand theirs over as arguments, and all processes of the machine are looked at.
    const OWN: &str = "In-no-pr0cess-9";
    let (project, url) = project_by(OWN).await;
    project.upgrade_by(&url).run().await.expect(0);
    // One of windlass's own children looks, while a throwaway server of it runs as well.
    let finished = project
        .windlass(&[
            "diff",
            "--from",
            "database",
            "--to",
            "run:ps -eo args > processes.txt",
        ])
        .env("DATABASE_URL", &url)
        .run()
        .await;
    let processes = std::fs::read_to_string(project.folder().join("processes.txt"))
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", finished.stdout, finished.stderr));
    assert!(processes.contains("diff --from database"), "{processes}");
    assert!(!processes.contains(OWN), "{processes}");
    let ran = project
        .windlass(&["exec", "--", "sh", "-c", "ps -eo args"])
        .env("DATABASE_URL", &url)
        .run()
        .await
        .expect(0);
    assert!(!ran.stdout.contains(OWN), "{}", ran.stdout);
}
