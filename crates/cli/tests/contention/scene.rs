//! A hot table under traffic, a migration that runs meanwhile, and what both of them saw.

use std::time::Duration;

use windlass_testkit::{Child, Database, Running, Server, Stalled, Stalls, Traffic, TrafficPlan};

use crate::project::Project;

/// The tables of every scene.
pub(crate) const HOT: &str = "
CREATE TABLE hot (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO hot SELECT g, g FROM generate_series(1, 10000) g;
CREATE TABLE child (id int PRIMARY KEY, hot_id int, n int NOT NULL);
INSERT INTO child SELECT g, g, g FROM generate_series(1, 1000) g;
CREATE TABLE tied (id int PRIMARY KEY, hot_id int REFERENCES hot, child_id int REFERENCES child);
CREATE TABLE parted (id int, n int) PARTITION BY RANGE (id);
DO $$ BEGIN FOR i IN 0..39 LOOP
  EXECUTE format('CREATE TABLE parted_%s PARTITION OF parted FOR VALUES FROM (%s) TO (%s)', i, i * 100, i * 100 + 100);
END LOOP; END $$;
INSERT INTO parted SELECT g, g FROM generate_series(0, 3999) g;
CREATE FUNCTION slow(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN true; END $$;
";

/// A project on a hot database.
pub(crate) struct Scene {
    project: Project,
    writes: bool,
}

/// A migration at work under traffic.
pub(crate) struct Run {
    pub(crate) child: Child,
    traffic: Running,
    stalls: Stalls,
    project: Project,
}

/// What came of it.
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    pub(crate) json: serde_json::Value,
    traffic: windlass_testkit::Report,
    stalled: Stalled,
    project: Project,
}

impl Scene {
    pub(crate) async fn new(revisions: &[(&str, &str)]) -> Self {
        Self::on(Server::start().await, revisions).await
    }

    /// The hot tables are there and used; `revisions` are pending.
    pub(crate) async fn on(server: Server, revisions: &[(&str, &str)]) -> Self {
        let project = Project::on(server, &[("0001_hot", HOT)]).await;
        project.upgrade(0).await;
        for (name, text) in revisions {
            project.write(name, text);
        }
        Self {
            project,
            writes: true,
        }
    }

    /// Without writes in its traffic.
    pub(crate) fn reading_only(mut self) -> Self {
        self.writes = false;
        self
    }

    pub(crate) fn database(&self) -> &Database {
        &self.project.database
    }

    /// Starts traffic, and once it flows `windlass upgrade`.
    pub(crate) async fn begin(self, budget: Duration) -> Run {
        self.begin_with(budget, &[]).await
    }

    pub(crate) async fn begin_with(self, budget: Duration, settings: &[(&str, &str)]) -> Run {
        let url = self.database().url();
        let mut plan = TrafficPlan::new(20, 150.0)
            .statement(6, "SELECT n FROM hot WHERE id = {1..10000}")
            .statement(2, "SELECT n FROM child WHERE id = {1..1000}")
            .statement(2, "SELECT count(*) FROM parted WHERE id = {0..4000}");
        if self.writes {
            plan = plan.statement(3, "UPDATE hot SET n = n + 1 WHERE id = {1..10000}");
        }
        let traffic = Traffic::start(&url, plan).await;
        let stalls = Stalls::behind(&url, "windlass").await;
        windlass_testkit::wait_until("the traffic to flow", async || traffic.count() > 50).await;
        let mut command = self
            .project
            .windlass(&["upgrade", "--json"])
            .env("WINDLASS_STALL_BUDGET", format!("{}ms", budget.as_millis()));
        for (name, value) in settings {
            command = command.env(name, value);
        }
        Run {
            child: command.spawn(),
            traffic,
            stalls,
            project: self.project,
        }
    }
}

impl Run {
    pub(crate) fn database(&self) -> &Database {
        &self.project.database
    }

    /// Waits until the runner has said so.
    pub(crate) async fn says(&self, text: &str) {
        let until = std::time::Instant::now() + windlass_testkit::DEADLINE;
        loop {
            let said = self.child.stderr_so_far();
            if said.contains(text) {
                return;
            }
            assert!(
                std::time::Instant::now() < until,
                "the runner never said {text:?}:\n{said}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The end of it, with this exit code.
    pub(crate) async fn end(self, code: i32) -> End {
        let end = self.end_any().await;
        assert_eq!(end.code, Some(code), "{}", end.stderr);
        end
    }

    pub(crate) async fn end_any(self) -> End {
        let finished = self.child.finish().await;
        let stalled = self.stalls.stop().await;
        let traffic = self.traffic.stop().await;
        End {
            code: finished.code,
            json: serde_json::from_str(&finished.stdout).unwrap_or_default(),
            stderr: finished.stderr,
            traffic,
            stalled,
            project: self.project,
        }
    }
}

impl End {
    pub(crate) fn database(&self) -> &Database {
        &self.project.database
    }

    /// No query waited for the migration longer than the budget, and none failed.
    pub(crate) fn kept(&self, budget: Duration) {
        println!(
            "budget {budget:?}: longest wait {:?} in {} samples; traffic: {}",
            self.stalled.longest, self.stalled.samples, self.traffic
        );
        assert!(self.stalled.samples > 50, "{:?}", self.stalled);
        assert!(
            self.stalled.longest <= budget,
            "{:?}: {}",
            self.stalled,
            self.stderr
        );
        assert_eq!(self.traffic.failed(), 0, "{}", self.traffic);
    }

    /// The longest wait that the run itself reports.
    pub(crate) fn longest_by_itself(&self) -> Duration {
        let millis = self.json["longest_stall_ms"].as_u64().expect("it is a number");
        Duration::from_millis(millis)
    }
}
