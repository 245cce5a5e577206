//! A hot table under traffic, a migration that runs meanwhile, and what both of them saw.

use std::time::Duration;

use windlass_testkit::{
    Child, DEADLINE, Database, Report, Running, Server, Stalled, Stalls, Traffic, TrafficPlan,
};

use crate::project::{Project, is_full};
use crate::table::Line;

/// The tables of every scene; {rows} is a number.
pub(crate) const HOT: &str = "
CREATE TABLE hot (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO hot SELECT g, g FROM generate_series(1, {rows}) g;
CREATE INDEX hot_n ON hot (n);
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

const SECOND: Duration = Duration::from_secs(1);

/// How long a holder stays that is there to be waited for.
pub(crate) fn hold() -> Duration {
    if is_full() { 30 * SECOND } else { 2 * SECOND }
}

const FEW: &str = "10000";

fn rows() -> &'static str {
    if is_full() { "1000000" } else { FEW }
}

/// Waits for what the server begins when it likes, such as autovacuum: until `sql` counts something.
pub(crate) async fn wait_long(database: &Database, sql: &str) {
    windlass_testkit::wait_until_within(3 * DEADLINE, sql, async || {
        database.query_one_text(sql).await != "0"
    })
    .await;
}

/// Begins a run, and waits until `sql` counts something of it. On a machine that stands still for the moment in which
/// that is so nobody sees it: then another is begun.
pub(crate) async fn begun(sql: &str, begin: impl AsyncFn() -> Run) -> Run {
    for _ in 0..10 {
        let mut run = begin().await;
        if run.is_seen(sql).await {
            return run;
        }
    }
    panic!("ten runs ended, and nobody ever saw\n{sql}");
}

/// Plays a scene at each budget that is to be kept.
pub(crate) async fn at_each_budget(scene: impl AsyncFn(Duration)) {
    scene(SECOND).await;
    if is_full() {
        scene(SECOND / 5).await;
    }
}

/// A project on a hot database.
pub(crate) struct Scene {
    project: Project,
    traffic: Vec<(u32, String)>,
    /// Whom `windlass` connects as; the superuser unless said otherwise.
    user: Option<String>,
    /// Where the traffic goes, if not straight to the server.
    way: Option<String>,
}

/// A migration at work under traffic.
pub(crate) struct Run {
    pub(crate) child: Child,
    traffic: Running,
    stalls: Stalls,
    project: Project,
    budget: Duration,
    /// The same traffic, to be measured beside it.
    again: (String, TrafficPlan),
}

/// What came of it.
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) stderr: String,
    pub(crate) json: serde_json::Value,
    pub(crate) traffic: Report,
    pub(crate) stalled: Stalled,
    project: Project,
    budget: Duration,
}

impl Scene {
    pub(crate) async fn new(revisions: &[(&str, &str)]) -> Self {
        Self::on(Server::start().await, revisions).await
    }

    /// The hot tables are there and used; `revisions` are pending.
    pub(crate) async fn on(server: Server, revisions: &[(&str, &str)]) -> Self {
        Self::laid(server, None, revisions, rows()).await
    }

    /// The same with as few rows as in the short suite.
    pub(crate) async fn small(server: Server, revisions: &[(&str, &str)]) -> Self {
        Self::laid(server, None, revisions, FEW).await
    }

    /// The same with all of it owned by a role that is no superuser and may see no other role's activity.
    pub(crate) async fn of_a_plain_owner(server: Server, revisions: &[(&str, &str)]) -> Self {
        Self::laid(server, Some("owner"), revisions, rows()).await
    }

    async fn laid(server: Server, owner: Option<&str>, revisions: &[(&str, &str)], rows: &str) -> Self {
        let hot = HOT.replace("{rows}", rows);
        let project = Project::on(server, &[("0001_hot", &hot)]).await;
        let mut scene = Self {
            project,
            traffic: Vec::new(),
            user: None,
            way: None,
        };
        if owner.is_some() {
            scene.as_role("CREATE").await;
            let user = scene.user.clone().unwrap_or_default();
            let give = format!("GRANT ALL ON SCHEMA public TO {user}");
            scene.database().execute(&give).await;
        }
        let laid = scene.windlass(&["upgrade"]).run().await;
        assert_eq!(laid.code, Some(0), "{}", laid.stderr);
        for (name, text) in revisions {
            scene.project.write(name, text);
        }
        scene
            .also(6, "SELECT n FROM hot WHERE id = {1..10000}")
            .also(2, "SELECT n FROM child WHERE id = {1..1000}")
            .also(2, "SELECT count(*) FROM parted WHERE id = {0..4000}")
            .also(3, "UPDATE hot SET n = n + 1 WHERE id = {1..10000}")
    }

    /// From now on `windlass` acts as a new role with these rights on the database.
    pub(crate) async fn as_role(&mut self, rights: &str) {
        let database = self.database();
        let role = database.create_role("").await;
        let name = database.name();
        database
            .execute(&format!("GRANT {rights} ON DATABASE {name} TO {role}"))
            .await;
        self.user = Some(role);
    }

    /// Whom `windlass` connects as, if not as the superuser.
    pub(crate) fn user(&self) -> &str {
        self.user.as_deref().unwrap_or_default()
    }

    /// Adds a statement to the traffic.
    pub(crate) fn also(mut self, weight: u32, sql: &str) -> Self {
        self.traffic.push((weight, sql.to_owned()));
        self
    }

    /// Without writes in its traffic.
    pub(crate) fn reading_only(self) -> Self {
        self.without("UPDATE")
    }

    /// Without those statements of its traffic that have this in them.
    pub(crate) fn without(mut self, text: &str) -> Self {
        self.traffic.retain(|(_, sql)| !sql.contains(text));
        self
    }

    /// Sends the traffic this way.
    pub(crate) fn through(mut self, url: &str) -> Self {
        self.way = Some(url.to_owned());
        self
    }

    pub(crate) fn server(&self) -> &Server {
        &self.project.server
    }

    pub(crate) fn database(&self) -> &Database {
        &self.project.database
    }

    /// The binary in this scene's project.
    pub(crate) fn windlass(&self, args: &[&str]) -> windlass_testkit::Command {
        let command = self.project.windlass(args);
        match &self.user {
            Some(user) => command.env("DATABASE_URL", self.database().url_for(user)),
            None => command,
        }
    }

    /// Starts traffic, and once it flows `windlass upgrade`.
    pub(crate) async fn begin(self, budget: Duration) -> Run {
        self.begin_with(budget, &[]).await
    }

    pub(crate) async fn begin_with(self, budget: Duration, settings: &[(&str, &str)]) -> Run {
        let url = self.database().url();
        let way = self.way.clone().unwrap_or_else(|| url.clone());
        let traffic = Traffic::start(&way, self.plan()).await;
        let stalls = Stalls::behind(&url, "windlass").await;
        windlass_testkit::wait_until("the traffic to flow", async || traffic.count() > 50).await;
        let mut command = self
            .windlass(&["upgrade", "--json"])
            .env("WINDLASS_STALL_BUDGET", format!("{}ms", budget.as_millis()))
            // The statements run as they are written: it is their locks that are tried.
            .env("WINDLASS_SAFETY", "off");
        for (name, value) in settings {
            command = command.env(name, value);
        }
        Run {
            child: command.spawn(),
            again: (way.clone(), self.plan()),
            traffic,
            stalls,
            project: self.project,
            budget,
        }
    }

    fn plan(&self) -> TrafficPlan {
        let plan = TrafficPlan::new(20, 150.0);
        self.traffic
            .iter()
            .fold(plan, |plan, (weight, sql)| plan.statement(*weight, sql))
    }
}

impl Run {
    pub(crate) fn database(&self) -> &Database {
        &self.project.database
    }

    /// Waits until the runner has said so.
    pub(crate) async fn says(&self, text: &str) {
        let until = std::time::Instant::now() + DEADLINE + hold();
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

    /// Waits until `sql` counts something; false where the run ended before.
    pub(crate) async fn is_seen(&mut self, sql: &str) -> bool {
        let looking = self.database().connect().await;
        let until = std::time::Instant::now() + DEADLINE + hold();
        loop {
            let row = looking.query_one(sql, &[]).await.expect("the server answers");
            if row.get::<_, i64>(0) > 0 {
                return true;
            }
            if !self.child.is_running() {
                return false;
            }
            assert!(std::time::Instant::now() < until, "waited in vain for\n{sql}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// The end of it, with this exit code.
    pub(crate) async fn end(self, code: i32) -> End {
        let end = self.end_any().await;
        assert_eq!(end.code, Some(code), "{}", end.stderr);
        end
    }

    pub(crate) async fn end_any(self) -> End {
        let finished = self.child.finish_within(DEADLINE + 4 * hold()).await;
        let stalled = self.stalls.stop().await;
        let traffic = self.traffic.stop().await;
        let end = End {
            code: finished.code,
            json: serde_json::from_str(&finished.stdout).unwrap_or_default(),
            stderr: finished.stderr,
            traffic,
            stalled,
            project: self.project,
            budget: self.budget,
        };
        let (way, plan) = self.again;
        let without = if is_full() {
            let traffic = Traffic::start(&way, plan).await;
            tokio::time::sleep(5 * SECOND).await;
            Some(traffic.stop().await)
        } else {
            None
        };
        let line = Line {
            budget: end.budget,
            code: end.code,
            attempts: end.attempts(),
            stalled: end.stalled,
            by_itself: Duration::from_millis(end.json["longest_stall_ms"].as_u64().unwrap_or_default()),
            during: end.traffic.clone(),
            without,
        };
        line.tell();
        end
    }
}

impl End {
    pub(crate) fn database(&self) -> &Database {
        &self.project.database
    }

    /// No query waited for the migration longer than the budget, and none failed.
    pub(crate) fn kept(&self) {
        assert!(self.stalled.samples > 50, "{:?}", self.stalled);
        assert!(
            self.stalled.longest <= self.budget,
            "{:?}: {}",
            self.stalled,
            self.stderr
        );
        assert_eq!(self.traffic.failed(), 0, "{}", self.traffic);
    }

    /// How often the run tried, all steps together.
    pub(crate) fn attempts(&self) -> u64 {
        // A step that was given up is none of those.
        let failed = usize::from(!self.json["error"].is_null());
        let steps = self.json["steps"].as_array().map_or(0, Vec::len) + failed;
        let retries = self.json["retries"].as_u64().unwrap_or_default();
        retries + u64::try_from(steps).unwrap_or_default()
    }

    /// The longest wait that the run itself reports.
    pub(crate) fn longest_by_itself(&self) -> Duration {
        let millis = self.json["longest_stall_ms"].as_u64().expect("it is a number");
        Duration::from_millis(millis)
    }
}
