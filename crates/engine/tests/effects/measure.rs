//! What a statement does: executed on a real server, in a transaction that is rolled back or, where it refuses one,
//! in a copy of the fixture.

use std::pin::pin;

use tokio::sync::OnceCell;
use windlass::measure::{
    Happened, Relations, differences, locks_of, outside, relations, relations_and_rows, strongest,
};
use windlass_compiler::catalog::Catalog;
use windlass_testkit::tokio_postgres::error::SqlState;
use windlass_testkit::tokio_postgres::{Client, Error};
use windlass_testkit::{Database, Server};

use crate::corpus::Row;

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
    before: Relations,
    catalog: OnceCell<Catalog>,
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
            return Ok((outside(before, &relations_and_rows(client).await.unwrap()), None));
        };
        let holder = database.connect().await;
        run(&holder, rival).await.map_err(|error| said(&error))?;
        let in_the_way = table(&holder, "SELECT pg_backend_pid()::text").await[0][0].clone();
        // For the rival: a build waits for whoever looks at it, too, for the moment of that look.
        let waiting = format!("SELECT ({in_the_way} = ANY (pg_blocking_pids({pid})))::int::text");
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
        let locks = locks_of(&watcher, before, &pid).await.unwrap();
        run(&holder, "ROLLBACK").await.map_err(|error| said(&error))?;
        statement.await.map_err(|error| said(&error))?;
        let mut happened = outside(before, &relations_and_rows(client).await.unwrap());
        happened.locks = locks;
        Ok((happened, None))
    }
}

impl Scene {
    async fn open(database: Database) -> Self {
        let client = database.connect().await;
        prepare(&client).await;
        let before = relations_and_rows(&client).await.unwrap();
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
            .query(
                reach,
                &[&vec![of], &vec![kin], &vec![1_i32], &vec![""], &vec![""]],
            )
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
    let settings = "SET allow_in_place_tablespaces = on; SET client_min_messages = error; SET lock_timeout = '60s'; \
                    SET max_parallel_workers_per_gather = 0; SET max_parallel_maintenance_workers = 0";
    run(client, settings).await.unwrap();
}

async fn clone(server: &Server) -> Database {
    let name = format!("copy_{:016x}", rand::random::<u64>());
    server.copy("fixture", &name).await
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

async fn inside(client: &Client, before: &Relations, sql: &str) -> Result<Happened, Error> {
    let counters = relations(client).await.unwrap();
    run(client, sql).await?;
    run(client, "RESET ROLE").await?;
    let pid = table(client, "SELECT pg_backend_pid()::text").await[0][0].clone();
    let locks = locks_of(client, before, &pid).await.unwrap();
    let after = relations_and_rows(client).await.unwrap();
    let mut happened = differences(before, &counters, &after);
    happened.locks = locks;
    Ok(happened)
}

async fn run(client: &Client, sql: &str) -> Result<(), Error> {
    client.batch_execute(sql).await
}

/// The rows of a query, as text; NULL is empty.
async fn table(client: &Client, sql: &str) -> Vec<Vec<String>> {
    let rows = windlass::measure::table(client, sql).await;
    rows.unwrap_or_else(|error| panic!("{sql}: {}", said(&error)))
}
