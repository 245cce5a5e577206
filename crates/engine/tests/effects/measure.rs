//! What a statement does: executed on a real server, in a transaction that is rolled back or, where it refuses one,
//! in a copy of the fixture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::pin::pin;

use tokio::sync::OnceCell;
use windlass_compiler::catalog::Catalog;
use windlass_compiler::effect::LockMode;
use windlass_testkit::tokio_postgres::error::SqlState;
use windlass_testkit::tokio_postgres::{Client, Error, SimpleQueryMessage};
use windlass_testkit::{Database, Server};

use crate::corpus::Row;
use crate::{Locks, strongest};

/// A server with the fixture.
pub(crate) struct Laboratory {
    server: Server,
    pub(crate) version: u32,
    common: Scene,
}

/// A database with the fixture, and perhaps with what a row sets up.
pub(crate) struct Scene {
    database: Database,
    client: Client,
    before: BTreeMap<u32, Relation>,
    catalog: OnceCell<Catalog>,
}

/// A relation of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Relation {
    name: String,
    kind: String,
    file: String,
    columns: BTreeSet<String>,
    scans: u64,
    blocks: u64,
    rows: u64,
    qualified: String,
    /// Of an index, its table.
    table: u32,
}

/// What a statement did.
#[derive(Debug, Default)]
pub(crate) struct Happened {
    /// It was refused in a transaction.
    pub(crate) refused: bool,
    pub(crate) locks: Locks,
    pub(crate) rewritten: BTreeSet<String>,
    pub(crate) rebuilt: BTreeSet<String>,
    pub(crate) scanned: BTreeSet<String>,
    /// What went away.
    pub(crate) lost: Option<String>,
    /// Indexes, and their tables.
    indexes: BTreeMap<String, String>,
    sequences: BTreeSet<String>,
    fetched: BTreeSet<String>,
}

impl Happened {
    /// Whether a lock that nobody claims says nothing that the statement's other locks do not.
    pub(crate) fn goes_without_saying(&self, sql: &str, name: &str, mode: LockMode) -> bool {
        let words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let is_named = words.into_iter().any(|word| word == name) && !self.sequences.contains(name);
        match self.indexes.get(name) {
            Some(of) => {
                mode < LockMode::ShareUpdateExclusive
                    || self.locks.get(of) == Some(&LockMode::AccessExclusive)
            }
            None => mode == LockMode::AccessShare || (mode < LockMode::ShareUpdateExclusive && !is_named),
        }
    }

    pub(crate) fn details(&self) -> String {
        let names = |of: &BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>().join(" ");
        format!(
            "; rewritten [{}], index files [{}], scanned [{}], lost [{}]",
            names(&self.rewritten),
            names(&self.rebuilt),
            names(&self.scanned),
            self.lost.as_deref().unwrap_or_default().trim()
        )
    }

    /// Whether the measurement can show that something did not happen. Counters show scans of a transaction, and
    /// not ANALYZE's, which reads as many blocks; nothing shows those of a statement that commits by itself.
    pub(crate) fn tells(&self, what: &str) -> bool {
        !(what == "scan" && (self.refused || !self.fetched.is_empty()))
    }
}

impl Laboratory {
    pub(crate) async fn start() -> Self {
        let server = Server::builder()
            .setting("autovacuum", "off")
            .setting("wal_level", "logical")
            .setting("max_locks_per_transaction", "256")
            .setting("TimeZone", "UTC")
            .start()
            .await;
        let version = server.version();
        let fixture = server.database("fixture").await;
        let admin = fixture.connect().await;
        run(&admin, "SET allow_in_place_tablespaces = on").await.unwrap();
        run(&admin, "CREATE TABLESPACE elsewhere LOCATION ''")
            .await
            .unwrap();
        drop(admin);
        fixture.execute(include_str!("fixture.sql")).await;
        let common = Scene::open(clone(&server).await).await;
        Self {
            server,
            version,
            common,
        }
    }

    /// What the statement did, and where, as it was before: none for the common fixture.
    pub(crate) async fn measure(&self, row: &Row) -> Result<(Happened, Option<Scene>), String> {
        if row.setup.is_none() && row.against.is_empty() {
            match in_transaction(&self.common, row).await {
                Ok(happened) => return Ok((happened, None)),
                Err(error) if refuses(&error) => {}
                Err(error) => return Err(said(&error)),
            }
        }
        let mut rivals = row.against.iter();
        let (mut happened, scene) = self.alone(row, rivals.next()).await?;
        for rival in rivals {
            for (relation, mode) in self.alone(row, Some(rival)).await?.0.locks {
                strongest(&mut happened.locks, relation, mode);
            }
        }
        match scene {
            None => Ok((happened, self.scene(row).await)),
            scene => Ok((happened, scene)),
        }
    }

    /// Where the row is executed: a copy of its own where it sets something up.
    pub(crate) async fn scene(&self, row: &Row) -> Option<Scene> {
        let setup = row.setup.as_ref()?;
        let database = clone(&self.server).await;
        database.execute(setup).await;
        Some(Scene::open(database).await)
    }

    pub(crate) fn common(&self) -> &Scene {
        &self.common
    }

    /// In a copy of the fixture: in a transaction if it may, else on its own, while a rival is in the way.
    /// Gives where that was if it is as before.
    async fn alone(&self, row: &Row, rival: Option<&String>) -> Result<(Happened, Option<Scene>), String> {
        let scene = match self.scene(row).await {
            Some(scene) => scene,
            None => Scene::open(clone(&self.server).await).await,
        };
        match in_transaction(&scene, row).await {
            Ok(happened) => return Ok((happened, Some(scene))),
            Err(error) if refuses(&error) => {}
            Err(error) => return Err(said(&error)),
        }
        let Scene {
            database,
            client,
            before,
            ..
        } = &scene;
        let pid = table(client, "SELECT pg_backend_pid()::text").await[0][0].clone();
        let watcher = database.connect().await;
        let Some(rival) = rival else {
            run(client, &row.sql).await.map_err(|error| said(&error))?;
            return Ok((outside(before, &relations_and_rows(client).await), None));
        };
        let holder = database.connect().await;
        run(&holder, rival).await.map_err(|error| said(&error))?;
        let waiting = format!(
            "SELECT count(*)::text FROM pg_stat_activity WHERE pid = {pid} AND state = 'active' AND wait_event_type = 'Lock'"
        );
        let mut statement = pin!(run(client, &row.sql));
        loop {
            tokio::select! {
                done = &mut statement => {
                    done.map_err(|error| said(&error))?;
                    return Err(format!("it did not wait for its rival `{rival}`"));
                }
                rows = table(&watcher, &waiting) => if rows[0][0] == "1" { break },
            }
        }
        let locks = locks_of(&watcher, before, &pid).await;
        run(&holder, "ROLLBACK").await.map_err(|error| said(&error))?;
        statement.await.map_err(|error| said(&error))?;
        let mut happened = outside(before, &relations_and_rows(client).await);
        happened.locks = locks;
        Ok((happened, None))
    }
}

impl Scene {
    async fn open(database: Database) -> Self {
        let client = database.connect().await;
        prepare(&client).await;
        let before = relations_and_rows(&client).await;
        Self {
            database,
            client,
            before,
            catalog: OnceCell::new(),
        }
    }

    /// The schema as introspection reads it.
    pub(crate) async fn catalog(&self) -> &Catalog {
        let read = async || windlass::introspect::read(&self.client).await.unwrap().catalog;
        self.catalog.get_or_init(read).await
    }

    /// The schema after the row's statement, if it may run in a transaction, which is rolled back.
    pub(crate) async fn schema_after(&self, row: &Row) -> Option<Catalog> {
        self.begin(row.first.as_deref().unwrap_or_default()).await;
        let schema = match run(&self.client, &row.sql).await {
            Ok(()) => {
                run(&self.client, "RESET ROLE").await.unwrap();
                Some(self.schema().await)
            }
            Err(_) => None,
        };
        run(&self.client, "ROLLBACK; RESET ROLE; DEALLOCATE ALL; UNLISTEN *")
            .await
            .unwrap();
        schema
    }

    /// Begins a transaction with these statements.
    pub(crate) async fn begin(&self, sql: &str) {
        run(&self.client, &format!("BEGIN; {sql}")).await.unwrap();
    }

    /// Executes a statement of a script.
    pub(crate) async fn execute(&self, sql: &str) {
        let done = run(&self.client, sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {}", said(&error)));
    }

    /// The schema as it is in the open transaction.
    pub(crate) async fn schema(&self) -> Catalog {
        windlass::introspect::read_within(&self.client)
            .await
            .unwrap()
            .catalog
    }

    /// Whether the fixture has the relation.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.before.values().any(|relation| relation.name == name)
    }

    /// The relations of the fixture that stand to `of` in the way of the kin, or that it is.
    pub(crate) async fn reach(&self, of: &str, kin: &str) -> Vec<String> {
        let reach = include_str!("../../src/waits/reach.sql");
        let rows = self
            .client
            .query(reach, &[&vec![of], &vec![kin], &vec![1_i32]])
            .await;
        rows.unwrap_or_else(|error| panic!("{}", said(&error)))
            .iter()
            .filter_map(|row| Some(self.before.get(&row.get::<_, u32>(0))?.name.clone()))
            .collect()
    }
}

fn said(error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => error.to_string(),
    }
}

fn refuses(error: &Error) -> bool {
    error.code() == Some(&SqlState::ACTIVE_SQL_TRANSACTION)
        // COMMIT in DO, and CALL of what commits.
        || error.code() == Some(&SqlState::INVALID_TRANSACTION_TERMINATION)
}

async fn prepare(client: &Client) {
    let settings = "SET allow_in_place_tablespaces = on; SET client_min_messages = error; SET lock_timeout = '10s'; \
                    SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0";
    run(client, settings).await.unwrap();
}

async fn clone(server: &Server) -> Database {
    let admin = server.database("postgres").await;
    let name = format!("copy_{:016x}", rand::random::<u64>());
    admin
        .execute(&format!("CREATE DATABASE {name} TEMPLATE fixture"))
        .await;
    server.database(&name).await
}

async fn in_transaction(scene: &Scene, row: &Row) -> Result<Happened, Error> {
    run(&scene.client, "BEGIN").await?;
    if let Some(first) = &row.first {
        run(&scene.client, first).await?;
    }
    let result = inside(&scene.client, &scene.before, &row.sql).await;
    // What the statement left in its session.
    run(&scene.client, "ROLLBACK; RESET ROLE; DEALLOCATE ALL; UNLISTEN *").await?;
    result
}

/// What a statement did that commits by itself; counters of scans do not tell then.
fn outside(before: &BTreeMap<u32, Relation>, after: &BTreeMap<u32, Relation>) -> Happened {
    Happened {
        refused: true,
        scanned: BTreeSet::new(),
        ..differences(before, after, after)
    }
}

async fn inside(client: &Client, before: &BTreeMap<u32, Relation>, sql: &str) -> Result<Happened, Error> {
    let counters = relations(client).await;
    run(client, sql).await?;
    run(client, "RESET ROLE").await?;
    let pid = table(client, "SELECT pg_backend_pid()::text").await[0][0].clone();
    let locks = locks_of(client, before, &pid).await;
    let after = relations_and_rows(client).await;
    let mut happened = differences(before, &counters, &after);
    happened.locks = locks;
    Ok(happened)
}

/// `counters` are those at the statement's begin.
fn differences(
    before: &BTreeMap<u32, Relation>,
    counters: &BTreeMap<u32, Relation>,
    after: &BTreeMap<u32, Relation>,
) -> Happened {
    let mut happened = Happened::default();
    let mut lost = String::new();
    // An update can move rows from one partition to another.
    let rows = |of: &BTreeMap<u32, Relation>| of.values().map(|relation| relation.rows).sum::<u64>();
    let fewer_rows = rows(after) < rows(before);
    for (oid, was) in before {
        let is_index = matches!(was.kind.as_str(), "i" | "I");
        if is_index {
            let of = before.get(&was.table).map(|table| table.name.clone());
            happened.indexes.insert(was.name.clone(), of.unwrap_or_default());
        }
        if was.kind == "S" {
            happened.sequences.insert(was.name.clone());
        }
        let holds_data = matches!(was.kind.as_str(), "r" | "p" | "f" | "S");
        let Some(is) = after.get(oid) else {
            // A constraint's index or one over a changed column is made again, perhaps with the old one's file.
            let again = after.values().find(|is| is_index && is.name == was.name);
            if again.is_some_and(|again| again.file != was.file) {
                happened.rebuilt.insert(was.name.clone());
            }
            if holds_data {
                let _ = write!(lost, "{} ", was.name);
            }
            continue;
        };
        if is.file != was.file && is_index {
            happened.rebuilt.insert(was.name.clone());
        } else if is.file != was.file && matches!(was.kind.as_str(), "r" | "m") {
            happened.rewritten.insert(was.name.clone());
        }
        if is.scans > counters[oid].scans {
            happened.scanned.insert(was.name.clone());
        }
        if is.blocks > counters[oid].blocks {
            happened.fetched.insert(was.name.clone());
        }
        if is.rows < was.rows && fewer_rows {
            let _ = write!(lost, "rows of {} ", was.name);
        }
        if holds_data
            && was.columns.difference(&is.columns).count() > is.columns.difference(&was.columns).count()
        {
            let _ = write!(lost, "columns of {} ", was.name);
        }
    }
    happened.lost = (!lost.is_empty()).then_some(lost);
    happened
}

async fn locks_of(client: &Client, before: &BTreeMap<u32, Relation>, pid: &str) -> Locks {
    let mut locks = Locks::new();
    for row in table(client, &include_str!("locks.sql").replace("$pid", pid)).await {
        let mode = LockMode::ALL.into_iter().find(|mode| mode.name() == row[1]);
        if let (Some(relation), Some(mode)) = (before.get(&row[0].parse().unwrap()), mode) {
            strongest(&mut locks, relation.name.clone(), mode);
        }
    }
    locks
}

async fn relations(client: &Client) -> BTreeMap<u32, Relation> {
    let mut found: BTreeMap<u32, Relation> = BTreeMap::new();
    for row in table(client, include_str!("before.sql")).await {
        let relation = Relation {
            name: row[1].clone(),
            kind: row[2].clone(),
            file: row[3].clone(),
            columns: row[4].split(',').map(str::to_owned).collect(),
            scans: row[5].parse().unwrap(),
            blocks: row[6].parse().unwrap(),
            rows: 0,
            qualified: row[7].clone(),
            table: row[8].parse().unwrap(),
        };
        let oid = row[0].parse().unwrap();
        found.insert(oid, relation);
    }
    found
}

/// As [`relations`], and the rows: last, since counting is a scan too.
async fn relations_and_rows(client: &Client) -> BTreeMap<u32, Relation> {
    let mut found = relations(client).await;
    let mut count = String::new();
    for (oid, relation) in found.iter().filter(|(_, relation)| relation.kind == "r") {
        let separator = if count.is_empty() { "" } else { " UNION ALL " };
        let _ = write!(
            count,
            "{separator}SELECT '{oid}', count(*)::text FROM ONLY {}",
            relation.qualified
        );
    }
    for row in table(client, &count).await {
        found.get_mut(&row[0].parse().unwrap()).unwrap().rows = row[1].parse().unwrap();
    }
    found
}

async fn run(client: &Client, sql: &str) -> Result<(), Error> {
    client.batch_execute(sql).await
}

/// The rows of a query, as text; NULL is empty.
async fn table(client: &Client, sql: &str) -> Vec<Vec<String>> {
    let messages = client
        .simple_query(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {}", said(&error)));
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|at| row.get(at).unwrap_or_default().to_owned())
                    .collect(),
            ),
            _ => None,
        })
        .collect()
}
