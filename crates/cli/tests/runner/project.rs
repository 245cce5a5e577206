//! A directory of revisions, a database and the binary.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use windlass_testkit::{Command, Database, Finished, Rival, Server};

/// One project with its own server.
pub(crate) struct Project {
    pub(crate) server: Server,
    pub(crate) database: Database,
    folder: TempDir,
}

impl Project {
    /// A project with these revisions (`name` without `.sql`, text).
    pub(crate) async fn new(revisions: &[(&str, &str)]) -> Self {
        Self::on(Server::start().await, revisions).await
    }

    /// The same on a server with settings of its own.
    pub(crate) async fn on(server: Server, revisions: &[(&str, &str)]) -> Self {
        let database = server.fresh_database().await;
        let project = Self {
            server,
            database,
            folder: TempDir::new().expect("a folder can be made"),
        };
        fs::create_dir(project.folder.path().join("migrations")).expect("a folder can be made");
        for (name, text) in revisions {
            project.write(name, text);
        }
        project
    }

    /// A project whose first revision is applied and whose rows are counted, with a second one to run.
    pub(crate) async fn to_change(first: (&str, &str), second: &str) -> Self {
        let project = Self::new(&[first]).await;
        project.upgrade(0).await;
        project.database.execute("ANALYZE").await;
        project.write("0002_change", second);
        project
    }

    /// Writes a revision, or writes it anew.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.migrations().join(format!("{name}.sql")), text).expect("a file can be written");
    }

    /// Gives runs a budget than which no session of a test is older: it is queued behind, however slow the machine.
    pub(crate) fn be_patient(&self) {
        let settings = "stall_budget = \"60s\"\n";
        fs::write(self.folder.path().join("windlass.toml"), settings).expect("a file can be written");
    }

    /// Removes a revision's file.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.migrations().join(format!("{name}.sql"))).expect("the file is there");
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn migrations(&self) -> std::path::PathBuf {
        self.folder.path().join("migrations")
    }

    /// The binary in this project; add arguments and run it.
    pub(crate) fn windlass(&self, args: &[&str]) -> Command {
        Command::new(env!("CARGO_BIN_EXE_windlass"))
            .current_dir(self.folder.path())
            .env("DATABASE_URL", self.database.url())
            .args(args)
    }

    /// `windlass upgrade` with this exit code.
    pub(crate) async fn upgrade(&self, code: i32) -> Finished {
        self.windlass(&["upgrade"]).run().await.expect(code)
    }

    /// `windlass upgrade` by another URL of the database: a role's, or a proxy's.
    pub(crate) fn upgrade_by(&self, url: &str) -> Command {
        self.windlass(&["upgrade"]).env("DATABASE_URL", url)
    }

    /// Waits until some session runs exactly this statement.
    pub(crate) async fn wait_for_statement(&self, statement: &str) {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = '{}'",
            statement.replace('\'', "''")
        );
        self.database.wait_for(&sql, |count| count > 0).await;
    }

    /// Starts `windlass upgrade`, waits until `query` gives `value`, and kills the runner at once.
    pub(crate) async fn kill_upgrade_when(&self, query: &str, value: &str) {
        let mut running = self.windlass(&["upgrade"]).spawn();
        self.database.wait_for_text(query, |found| found == value).await;
        running.kill9();
        running.finish().await;
    }

    /// The same of a backfill that cannot come to its end before the kill: meanwhile the row of `table` where `row` is
    /// true is held.
    pub(crate) async fn kill_backfill_when(&self, table: &str, row: &str, query: &str, value: &str) {
        let rival = self.hold_row(table, row).await;
        self.kill_upgrade_when(query, value).await;
        self.wait_for_orphans().await;
        rival.release().await;
    }

    /// Waits until no backend of a killed run is left that could do what it waits to do.
    pub(crate) async fn wait_for_orphans(&self) {
        let work = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'windlass work'";
        self.database.wait_for(work, |count| count == 0).await;
    }

    /// Holds a row, so that a backfill that wants it cannot come to its end.
    pub(crate) async fn hold_row(&self, table: &str, row: &str) -> Rival {
        let hold = format!("BEGIN; SELECT FROM {table} WHERE {row} FOR UPDATE");
        Rival::hold(&self.database, &hold).await
    }

    /// The same, when some session runs exactly this statement.
    pub(crate) async fn kill_upgrade_in(&self, statement: &str) {
        let mut running = self.windlass(&["upgrade"]).spawn();
        self.wait_for_statement(statement).await;
        running.kill9();
        running.finish().await;
    }

    /// The one value that `sql` gives, as text.
    pub(crate) async fn one(&self, sql: &str) -> String {
        self.database.query_one_text(sql).await
    }

    /// The server's major version.
    pub(crate) async fn major(&self) -> u32 {
        let version = self.one("SHOW server_version_num").await;
        version.parse::<u32>().expect("it is a number") / 10_000
    }

    /// The constraint that a safe form of SET NOT NULL adds to `orders.total`: a check for a while, or from PostgreSQL 18
    /// on the constraint that stays.
    pub(crate) async fn not_null_of_total(&self) -> &'static str {
        match self.major().await {
            18.. => "orders_total_not_null",
            _ => "orders_total_windlass",
        }
    }

    /// The applied revisions, in order.
    pub(crate) async fn applied(&self) -> Vec<String> {
        self.database
            .query_column(
                "SELECT revision_id FROM windlass.revision WHERE state = 'applied' ORDER BY position",
            )
            .await
    }
}

/// The statement of a revision that is at work for as long as a [`Gate`] is shut.
pub(crate) const AT_GATE: &str = "SELECT pg_advisory_xact_lock_shared(7)";

/// Shuts a [`Gate`] for as long as its session lives.
pub(crate) const SHUT: &str = "SELECT pg_advisory_lock(7)";

/// Holds a run where it is, however slow the machine: a sleep is over when the test comes to look.
pub(crate) struct Gate(Rival);

impl Gate {
    /// Shuts it.
    pub(crate) async fn shut(project: &Project) -> Self {
        Self(Rival::hold(&project.database, SHUT).await)
    }

    /// Waits until a statement stands at it.
    pub(crate) async fn wait(&self, project: &Project) {
        let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted";
        project.database.wait_for(waits, |count| count > 0).await;
    }

    /// Lets everybody through, from now on.
    pub(crate) async fn open(self) {
        self.0.execute("SELECT pg_advisory_unlock(7)").await;
    }
}

/// Whether the long suite was asked for.
pub(crate) fn is_full() -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "the full suite is asked for by the environment"
    )]
    std::env::var_os("WINDLASS_TEST_FULL").is_some()
}

/// The commands that `windlass --help` lists.
pub(crate) async fn commands() -> Vec<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("--help")
        .run()
        .await;
    let help = help.expect(0).stdout;
    let commands: Vec<String> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect();
    assert!(commands.len() > 20, "{help}");
    commands
}

/// What a child left, judged.
pub(crate) trait Ended {
    /// Panics with all output unless the exit code is `code`.
    fn expect(self, code: i32) -> Self;
}

impl Ended for Finished {
    fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}
