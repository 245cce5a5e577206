//! Interruptions in the middle of a statement of each kind: the runner is killed, the server crashes, the network is
//! cut. A statement is held in its middle by an advisory lock that a function in it wants, or by a transaction that it
//! has to wait for; the next run must end where an undisturbed one does.

use windlass_testkit::{Database, Proxy, Rival};

use crate::project::{Ended, Project, SHUT};
use crate::state::state;

/// A step and what holds it in its middle.
struct Middle {
    /// Behind the table; applied before.
    before: &'static str,
    /// The step, and what comes behind it.
    step: &'static str,
    /// What the rival does.
    rival: &'static str,
}

/// `hold` waits while a rival has the advisory lock; it passes for immutable, so that an index can have it.
const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, a int);\n\
    INSERT INTO t SELECT g, g FROM generate_series(1, 50) g;\n\
    CREATE FUNCTION hold(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
    'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN $1; END';\n";
/// Settings under which no limit of ours ends the step while the test looks.
const PATIENT: &[&str] = &["upgrade", "--set", "stall_budget=30s"];

#[derive(Debug, Clone, Copy)]
enum Interruption {
    Kill,
    Crash,
    Cut,
}

impl Middle {
    async fn interrupted(self) {
        let first = format!("{TABLE}{}", self.before);
        let project = Project::new(&[("0001_t", &first)]).await;
        project.upgrade(0).await;
        project.write("0002_m", self.step);
        let calm = copy(&project, "calm").await;
        run(&project, &calm.url()).run().await.expect(0);
        let expected = state(&calm).await;
        for (name, how) in [
            ("killed", Interruption::Kill),
            ("cut", Interruption::Cut),
            ("crashed", Interruption::Crash),
        ] {
            let database = copy(&project, name).await;
            self.interrupt(&project, &database, how).await;
            let found = state(&database).await;
            assert_eq!(found, expected, "{how:?}");
        }
    }

    async fn interrupt(&self, project: &Project, database: &Database, how: Interruption) {
        let rival = Rival::hold(database, self.rival).await;
        let proxy = Proxy::start(&database.url()).await;
        let mut runner = run(project, proxy.url()).spawn();
        let is_held = format!(
            "SELECT count(*) FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE NOT granted AND backend_type = 'client backend' \
                AND datname = '{}' AND application_name = 'windlass work' AND state = 'active'",
            database.name()
        );
        database.wait_for(&is_held, |held| held > 0).await;
        match how {
            Interruption::Kill => {
                runner.kill9();
                runner.finish().await;
            }
            Interruption::Cut => {
                proxy.cut();
                let cut = runner.finish().await.expect(7);
                assert!(
                    cut.stderr.contains("run the same command again"),
                    "{}",
                    cut.stderr
                );
            }
            Interruption::Crash => {
                project.server.stop_immediate().await;
                let crashed = runner.finish().await.expect(7);
                assert!(
                    crashed.stderr.contains("run the same command again"),
                    "{}",
                    crashed.stderr
                );
                project.server.restart().await;
            }
        }
        // The next runner finds the backend of the first still at work.
        let next = run(project, &database.url()).spawn();
        rival.release().await;
        next.finish().await.expect(0);
    }
}

fn run(project: &Project, url: &str) -> windlass_testkit::Command {
    project.windlass(PATIENT).env("DATABASE_URL", url)
}

/// The project's database as it is, under another name.
async fn copy(project: &Project, name: &str) -> Database {
    project.server.copy(project.database.name(), name).await
}

#[tokio::test]
async fn of_a_transaction_with_ddl() {
    let middle = Middle {
        before: "CREATE FUNCTION held() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM hold(1); END';\n\
                 CREATE EVENT TRIGGER held ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION held();",
        step: "CREATE TABLE n (a int);\nALTER TABLE t ADD c int;\nALTER TABLE t ADD d int;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_a_data_change() {
    let middle = Middle {
        before: "",
        step: "INSERT INTO t VALUES (0, 0);\nUPDATE t SET a = a + CASE WHEN id = 25 THEN hold(1) ELSE 1 END;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_an_index_build() {
    let middle = Middle {
        before: "",
        step: "CREATE INDEX CONCURRENTLY t_h ON t (hold(a));\nUPDATE t SET a = a + 1;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_an_index_that_is_dropped() {
    let middle = Middle {
        before: "CREATE INDEX t_a ON t (a);",
        step: "DROP INDEX CONCURRENTLY t_a;\nUPDATE t SET a = a + 1;",
        rival: "BEGIN; SELECT count(*) FROM t",
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_an_index_that_is_rebuilt() {
    let middle = Middle {
        before: "CREATE INDEX t_h ON t (hold(a));",
        step: "REINDEX INDEX CONCURRENTLY t_h;\nUPDATE t SET a = a + 1;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_a_partition_that_is_detached() {
    let middle = Middle {
        before: "CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);",
        step: "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\nINSERT INTO p1 VALUES (1);",
        rival: "BEGIN; SELECT count(*) FROM p",
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_a_batch() {
    let middle = Middle {
        before: "",
        step: "-- windlass: backfill b on t batch=20\nUPDATE t SET a = a * CASE WHEN id = 25 THEN hold(3) ELSE 3 END;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_a_verification() {
    let middle = Middle {
        before: "",
        step: "UPDATE t SET a = a + 1;\n-- windlass: verify : one is one\nSELECT hold(1) = 1;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_a_validation() {
    let middle = Middle {
        before: "ALTER TABLE t ADD CONSTRAINT held CHECK (hold(a) >= 0) NOT VALID;",
        step: "ALTER TABLE t VALIDATE CONSTRAINT held;",
        rival: SHUT,
    };
    middle.interrupted().await;
}

#[tokio::test]
async fn of_a_utility() {
    let middle = Middle {
        before: "CREATE INDEX t_h ON t (hold(a));",
        step: "VACUUM ANALYZE t;\nUPDATE t SET a = a + 1;",
        rival: SHUT,
    };
    middle.interrupted().await;
}
