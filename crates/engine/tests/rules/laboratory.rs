//! A server with the examples' tables, and what scripts do to copies of them.

use std::collections::BTreeMap;

use windlass::introspect;
use windlass_compiler::catalog::{Catalog, WriteOptions};
use windlass_compiler::effect::{self, LockMode};
use windlass_compiler::rules::{Checker, Finding, GIVEN, Runner, Surroundings};
use windlass_compiler::sql;
use windlass_testkit::tokio_postgres::{Client, Error, SimpleQueryMessage};
use windlass_testkit::{Database, Server};

/// A server with the examples' tables.
pub(crate) struct Laboratory {
    server: Server,
    pub(crate) major: u32,
}

/// A copy of the tables.
pub(crate) struct Scene {
    pub(crate) database: Database,
    client: Client,
}

/// How much a script stands in the way, worst first: transactions that read or write rows while reads wait, while
/// writes wait; relations whose reads wait at once, and whose writes wait.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    work_under_read_blocks: usize,
    work_under_write_blocks: usize,
    read_blocks: usize,
    write_blocks: usize,
}

/// A relation that was there before: its file, and how often the transaction began to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Relation {
    name: String,
    file: String,
    scans: u64,
}

pub(crate) type Failed = (String, String);

impl Laboratory {
    pub(crate) async fn start() -> Self {
        let server = Server::builder().setting("autovacuum", "off").start().await;
        let major = server.version();
        let given = server.database("given").await;
        given.execute(GIVEN).await;
        given.execute(include_str!("rows.sql")).await;
        Self { server, major }
    }

    pub(crate) async fn scene(&self) -> Scene {
        let name = format!("copy_{:016x}", rand::random::<u64>());
        let database = self.server.copy("given", &name).await;
        let client = database.connect().await;
        let settings = "SET client_min_messages = error; SET max_parallel_workers_per_gather = 0";
        client.batch_execute(settings).await.unwrap();
        Scene { database, client }
    }
}

impl Scene {
    /// Runs a script as it stands, statement by statement, and measures it.
    pub(crate) async fn run(&self, script: &str) -> Result<Cost, Failed> {
        let mut cost = Cost::default();
        let mut before = relations(&self.client).await;
        // As it is when a transaction begins. Read inside it: what the server counted before is passed on to its
        // statistics when a second has gone by, and counting begins anew.
        let mut files = BTreeMap::new();
        let mut is_open = false;
        for span in sql::split(script).unwrap() {
            let statement = &script[span.range()];
            match statement {
                "BEGIN" => {
                    is_open = true;
                    self.send("BEGIN").await?;
                    files = relations(&self.client).await;
                    continue;
                }
                "COMMIT" => {
                    is_open = false;
                    self.send("COMMIT").await?;
                    // What an example makes first is somebody's by then.
                    before = relations(&self.client).await;
                    continue;
                }
                _ => {}
            }
            if !is_open {
                self.send("BEGIN").await?;
                files = relations(&self.client).await;
            }
            let sent = self.send(statement).await;
            if let Err((code, _)) = &sent
                && code == "25001"
                && !is_open
            {
                self.send("ROLLBACK").await?;
                let claimed = self.claimed(statement, &before).await;
                self.send(statement).await?;
                // Nothing shows what a statement reads that commits by itself: only what it writes anew.
                let after = without_scans(relations(&self.client).await);
                cost.add(&claimed, is_work(&before, &files, &after));
                continue;
            }
            if sent.is_err() {
                self.send("ROLLBACK").await?;
            }
            sent?;
            let after = relations(&self.client).await;
            let held = self.held(&before).await;
            cost.add(&held, is_work(&before, &files, &after));
            if !is_open {
                self.send("COMMIT").await?;
            }
        }
        Ok(cost)
    }

    /// The rules' findings, each statement asked about with the database as it then is; every table counts as large.
    pub(crate) async fn findings(&self, script: &str) -> Vec<String> {
        let as_it_stands = Runner::Other {
            in_transaction: false,
        };
        let runners = match script.contains("BEGIN;") {
            true => vec![as_it_stands],
            false => vec![Runner::Windlass, as_it_stands],
        };
        let mut found = Vec::new();
        let mut state: Vec<(Runner, Vec<String>)> =
            runners.into_iter().map(|runner| (runner, Vec::new())).collect();
        let mut earlier: Vec<String> = Vec::new();
        for span in sql::split(script).unwrap() {
            let statement = &script[span.range()];
            // Introspection wants a transaction of its own.
            let catalog = self.catalog().await;
            for (runner, ids) in &mut state {
                let mut around = Surroundings::new(&catalog, &["public"]);
                around.runner = *runner;
                let mut checker = Checker::new(around);
                // What stands before is known as text, too: an open transaction, timeouts, dropped indexes.
                for text in earlier
                    .iter()
                    .filter(|text| script.contains("BEGIN;") || !is_made(text))
                {
                    let (statement, details) = sql::parse_with_details(text).unwrap();
                    checker.check(&statement, &details, text, 0);
                }
                let (parsed, details) = sql::parse_with_details(statement).unwrap();
                ids.extend(
                    checker
                        .check(&parsed, &details, statement, 0)
                        .iter()
                        .map(|finding| finding.rule.id.to_owned()),
                );
            }
            earlier.push(statement.to_owned());
            // In transactions of its own, so that the next look sees it.
            if !matches!(statement, "BEGIN" | "COMMIT") {
                let _ = self.send(statement).await;
            }
        }
        for (_, ids) in state {
            found.extend(ids);
        }
        found
    }

    /// What the rules say of one statement, with the database; every table counts as large.
    pub(crate) async fn ask(&self, statement: &str) -> Vec<Finding> {
        let catalog = self.catalog().await;
        let mut checker = Checker::new(Surroundings::new(&catalog, &["public"]));
        let (parsed, details) = sql::parse_with_details(statement).unwrap();
        checker.check(&parsed, &details, statement, 0)
    }

    async fn catalog(&self) -> Catalog {
        let mut catalog = introspect::read(&self.database.connect().await)
            .await
            .unwrap()
            .catalog;
        catalog.sizes.clear();
        catalog
    }

    /// The whole schema, as `windlass snapshot` writes it.
    pub(crate) async fn written(&self) -> String {
        self.catalog().await.to_sql(&WriteOptions::default())
    }

    pub(crate) async fn send(&self, sql: &str) -> Result<(), Failed> {
        self.client.batch_execute(sql).await.map_err(|error| said(&error))
    }

    /// The blocking locks that the transaction holds on what was there before.
    async fn held(&self, before: &BTreeMap<String, Relation>) -> BTreeMap<String, LockMode> {
        let rows = table(
            &self.client,
            "SELECT relation::text, mode FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid()",
        );
        let mut held: BTreeMap<String, LockMode> = BTreeMap::new();
        for row in rows.await {
            let mode = LockMode::ALL
                .into_iter()
                .find(|mode| mode.name() == row[1])
                .unwrap();
            if before.contains_key(&row[0]) {
                let most = held.entry(row[0].clone()).or_insert(mode);
                *most = mode.max(*most);
            }
        }
        held
    }

    /// What the table of lock facts says of a statement that refuses a transaction; its own tests measure that.
    async fn claimed(
        &self,
        statement: &str,
        before: &BTreeMap<String, Relation>,
    ) -> BTreeMap<String, LockMode> {
        let catalog = self.catalog().await;
        let parsed = sql::parse(statement).unwrap();
        let effect = effect::effect(&parsed, &effect::Context::new(&catalog, &["public"]));
        let locks = effect.locks.iter().filter_map(|lock| {
            let (oid, _) = before
                .iter()
                .find(|(_, relation)| relation.name == lock.relation.name)?;
            Some((oid.clone(), lock.mode))
        });
        locks.collect()
    }
}

/// Whether a statement's outcome is in the catalog by now.
fn is_made(text: &str) -> bool {
    let made = [
        "CREATE TABLE",
        "ALTER TABLE",
        "CREATE INDEX",
        "CREATE UNIQUE",
        "CREATE VIEW",
        "CREATE FUNCTION",
        "CREATE TRIGGER",
    ];
    made.iter().any(|begin| text.starts_with(begin))
}

impl Cost {
    /// Whether rows were read or written in a transaction for which reads wait.
    pub(crate) fn is_work_while_reads_wait(&self) -> bool {
        self.work_under_read_blocks > 0
    }

    fn add(&mut self, locks: &BTreeMap<String, LockMode>, works: bool) {
        let reads = locks.values().filter(|mode| mode.blocks_reads()).count();
        let writes = locks.values().filter(|mode| mode.blocks_writes()).count();
        self.work_under_read_blocks += usize::from(works && reads > 0);
        self.work_under_write_blocks += usize::from(works && reads == 0 && writes > 0);
        self.read_blocks = self.read_blocks.max(reads);
        self.write_blocks = self.write_blocks.max(writes);
    }
}

/// Whether something that was there before was read or written anew since.
fn is_work(
    before: &BTreeMap<String, Relation>,
    was: &BTreeMap<String, Relation>,
    is: &BTreeMap<String, Relation>,
) -> bool {
    before.keys().any(|oid| match (was.get(oid), is.get(oid)) {
        (Some(was), Some(is)) => is.file != was.file || is.scans > was.scans,
        _ => false,
    })
}

fn without_scans(mut relations: BTreeMap<String, Relation>) -> BTreeMap<String, Relation> {
    relations.values_mut().for_each(|relation| relation.scans = 0);
    relations
}

async fn relations(client: &Client) -> BTreeMap<String, Relation> {
    let rows = table(client, include_str!("relations.sql")).await;
    rows.into_iter()
        .map(|row| {
            let relation = Relation {
                name: row[1].clone(),
                file: row[2].clone(),
                scans: row[3].parse().unwrap(),
            };
            (row[0].clone(), relation)
        })
        .collect()
}

fn said(error: &Error) -> Failed {
    match error.as_db_error() {
        Some(db) => (db.code().code().to_owned(), db.message().to_owned()),
        None => (String::new(), error.to_string()),
    }
}

/// The rows of a query, as text.
async fn table(client: &Client, sql: &str) -> Vec<Vec<String>> {
    let messages = client.simple_query(sql).await.unwrap();
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let cells = (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned());
                Some(cells.collect())
            }
            _ => None,
        })
        .collect()
}
