//! Copies of what a step takes away, made by the step's own transaction: they commit with it, or are gone with it.
//!
//! A DELETE hands over the rows that it takes, so that nothing is read twice and nothing locked longer. What goes
//! as a whole (TRUNCATE, DROP TABLE, a column) is copied under the statement's own lock, and only where that is soon
//! done. What else takes rows from a protected table (a cascade, a function, MERGE) is found out by the guard's
//! count and refused.

use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::plan::{PlannedStatement, Step};
use windlass_compiler::policy::{BackupMode, GuardPolicy};
use windlass_compiler::sql::{self, quote_identifier, quote_literal};

use super::{Guard, Loss, Place};
use crate::error::{Error, ErrorKind};

/// The SQLSTATE that `backed.sql` raises.
pub(crate) const UNBACKED: &str = "WL005";

const MEGABYTE: u64 = 1024 * 1024;
/// What is copied in a second, at least: a seventh of what was measured.
const PACE: u64 = 32 * MEGABYTE;

/// Of what copies are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rules {
    /// Of every table, not only of protected ones.
    all: bool,
    /// Bytes of all copies of a step.
    most: Option<u64>,
    /// Bytes of a table that is copied while nobody can use it.
    most_locked: Option<u64>,
}

impl Rules {
    /// What the settings say; none where nothing is copied.
    pub(super) fn of(policy: &GuardPolicy, stall_budget: Option<std::time::Duration>) -> Option<Self> {
        let megabytes = policy.backup_megabytes.value.map(u64::from);
        let within = |budget: std::time::Duration| {
            u64::try_from(budget.as_millis())
                .unwrap_or(u64::MAX)
                .saturating_mul(PACE)
                / 1000
        };
        (policy.backup.value != BackupMode::Off).then(|| Self {
            all: policy.backup.value == BackupMode::All,
            most: megabytes.map(|megabytes| megabytes.saturating_mul(MEGABYTE)),
            most_locked: stall_budget.map(within),
        })
    }
}

/// What one step copies.
#[derive(Debug)]
pub(crate) struct Backing {
    rules: Rules,
    protected: Vec<u32>,
    /// By the index of the statement.
    takings: Vec<(usize, Taking)>,
    /// Revision, direction, step and run, as SQL.
    place: [String; 4],
}

/// What a statement takes.
#[derive(Debug)]
struct Taking {
    relation: String,
    what: What,
}

#[derive(Debug)]
enum What {
    Rows,
    /// `contents` or `table`.
    All(&'static str),
    Column(String),
}

/// Why a copy was not made.
#[derive(Debug)]
pub(crate) enum NotKept {
    /// The server's words.
    Server(tokio_postgres::Error),
    /// Ours.
    Refused(Error),
}

impl From<tokio_postgres::Error> for NotKept {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

/// The copies that are made by one statement.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// The statement that is to run instead, which fills the first of them.
    pub(crate) instead: Option<String>,
    made: Vec<i64>,
}

impl Guard {
    /// What `step` copies; none where nothing is to be copied.
    pub(crate) fn backing(&self, step: &Step, place: Place<'_>) -> Option<Backing> {
        let rules = self.backup.clone().filter(|_| !self.is_off)?;
        if self.tables.is_empty() && !rules.all {
            return None;
        }
        let statements = step.statements.iter().enumerate();
        let takings = statements
            .filter(|(_, statement)| statement.loses_data)
            .flat_map(|(index, statement)| takings(statement).map(move |taking| (index, taking)));
        Some(Backing {
            rules,
            protected: self.tables.iter().map(|guarded| guarded.table.oid).collect(),
            takings: takings.collect(),
            place: place_of(place, step.number),
        })
    }
}

fn takings(statement: &PlannedStatement) -> impl Iterator<Item = Taking> {
    let kind = statement.kind;
    sql::losses(&statement.sql).into_iter().filter_map(move |loss| {
        let (relation, what) = match loss {
            sql::Loss::Rows { relation, .. } => match kind {
                "delete" => (relation, What::Rows),
                "truncate" => (relation, What::All("contents")),
                _ => (relation, What::All("table")),
            },
            sql::Loss::Column { relation, column, .. } => (relation, What::Column(column)),
            sql::Loss::Schema(_) => return None,
        };
        Some(Taking {
            relation: relation.to_string(),
            what,
        })
    })
}

impl Backing {
    /// Whether any statement does.
    pub(crate) fn takes(&self) -> bool {
        !self.takings.is_empty()
    }

    /// Whether a statement takes something that could be copied.
    pub(crate) fn concerns(&self, index: usize) -> bool {
        !self.takings_of(index).is_empty()
    }

    /// What a statement takes. They stand in the order of the statements, of which there can be very many.
    fn takings_of(&self, index: usize) -> &[(usize, Taking)] {
        let first = self.takings.partition_point(|(of, _)| *of < index);
        let behind = self.takings.partition_point(|(of, _)| *of <= index);
        &self.takings[first..behind]
    }

    /// Copies what a statement is about to take, in the transaction that the session is in.
    pub(crate) async fn take(
        &self,
        client: &Client,
        index: usize,
        statement: &PlannedStatement,
    ) -> Result<Copies, NotKept> {
        let mut copies = Copies::default();
        for (_, taking) in self.takings_of(index) {
            let Some(mut target) = self.target(client, taking).await? else {
                continue;
            };
            match &taking.what {
                What::Rows => {
                    let Some(instead) = sql::keeping(&statement.sql, &table(target.id)) else {
                        continue;
                    };
                    self.create(client, &target, taking, &target.columns).await?;
                    copies.instead = Some(instead);
                }
                What::All(_) => {
                    target = self.locked(client, taking, target).await?;
                    self.create(client, &target, taking, &target.columns).await?;
                    client
                        .batch_execute(&target.copy(&target.columns, "true"))
                        .await?;
                }
                What::Column(column) => {
                    target = self.locked(client, taking, target).await?;
                    let columns = target.with_key(column)?;
                    self.create(client, &target, taking, &columns).await?;
                    let is_set = format!("{} IS NOT NULL", quote_identifier(column));
                    client.batch_execute(&target.copy(&columns, &is_set)).await?;
                }
            }
            copies.made.push(target.id);
        }
        Ok(copies)
    }

    /// Notes how large the copies are, and refuses what is too large. An empty one goes.
    pub(crate) async fn settle(&self, client: &Client, copies: &Copies) -> Result<Vec<i64>, NotKept> {
        for id in &copies.made {
            let table = table(*id);
            let row = client
                .query_typed_one(
                    &format!(
                        "UPDATE windlass.backup SET rows = (SELECT pg_catalog.count(*) FROM {table}), \
                                bytes = pg_catalog.pg_total_relation_size('{table}'::pg_catalog.regclass) \
                          WHERE backup_id = {id} RETURNING rows, bytes, relation_name"
                    ),
                    &[],
                )
                .await?;
            let (rows, bytes): (i64, i64) = (row.get(0), row.get(1));
            if rows == 0 {
                client.batch_execute(&format!("DROP TABLE {table}")).await?;
            }
            let bytes = u64::try_from(bytes).unwrap_or(0);
            if self.rules.most.is_some_and(|most| bytes > most) {
                return Err(NotKept::Refused(too_large(
                    row.get(2),
                    bytes,
                    self.rules.most.unwrap_or(0),
                )));
            }
        }
        Ok(copies.made.clone())
    }

    /// Sent in one go with COMMIT: refuses what a protected table would lose without a copy.
    pub(crate) fn check(&self, copies: &[i64], recounted: &[Loss]) -> String {
        let recounted: Vec<serde_json::Value> = recounted.iter().map(Loss::as_lost).collect();
        let kept = format!(
            "SELECT * FROM windlass.backup WHERE backup_id = ANY ({}::bigint[])",
            super::array(copies)
        );
        check(&kept, &serde_json::Value::from(recounted))
    }

    /// The same table again, when nobody else can change it any more.
    async fn locked(&self, client: &Client, taking: &Taking, seen: Target) -> Result<Target, NotKept> {
        client
            .batch_execute(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", seen.name))
            .await?;
        let target = self.target(client, taking).await?.unwrap_or(seen);
        let limit = [self.rules.most, self.rules.most_locked]
            .into_iter()
            .flatten()
            .min();
        match limit {
            Some(most) if target.bytes > most => {
                Err(NotKept::Refused(too_large(&target.name, target.bytes, most)))
            }
            _ => Ok(target),
        }
    }

    async fn target(&self, client: &Client, taking: &Taking) -> Result<Option<Target>, NotKept> {
        let rows = client
            .query_typed(
                include_str!("backup_target.sql"),
                &[
                    (&taking.relation, Type::TEXT),
                    (&self.protected, Type::OID_ARRAY),
                    (&self.rules.all, Type::BOOL),
                ],
            )
            .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let target = Target {
            oid: row.get("oid"),
            tree: row.get("tree"),
            name: row.get("name"),
            bytes: u64::try_from(row.get::<_, i64>("bytes")).unwrap_or(0),
            columns: row
                .get::<_, Option<String>>("columns")
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default(),
            key: row.get("key"),
            id: row.get("id"),
        };
        if row.get("has_heirs") {
            return Err(NotKept::Refused(
                Error::new(
                    ErrorKind::Refused,
                    format!(
                        "no copy can be made of {}: other tables inherit from it, whose rows would go along",
                        target.name
                    ),
                )
                .hint("write the statement for each of its tables, with ONLY")
                .hint("or copy what it takes by hand, and run it with --set guard.backup=off"),
            ));
        }
        Ok(Some(target))
    }

    async fn create(
        &self,
        client: &Client,
        target: &Target,
        taking: &Taking,
        columns: &[Column],
    ) -> Result<(), NotKept> {
        let (kind, what) = match &taking.what {
            What::Rows => ("rows", target.name.as_str()),
            What::All(kind) => (*kind, target.name.as_str()),
            What::Column(column) => ("column", column.as_str()),
        };
        let [revision, direction, step, run] = &self.place;
        let key: Vec<String> = target.key.iter().map(|name| quote_literal(name)).collect();
        let row = [
            target.id.to_string(),
            revision.clone(),
            direction.clone(),
            step.clone(),
            target.oid.to_string(),
            target.tree.to_string(),
            quote_literal(&target.name),
            quote_literal(kind),
            quote_literal(what),
            quote_literal(&serde_json::to_string(columns).unwrap_or_default()),
            format!("ARRAY[{}]::text[]", key.join(", ")),
            format!("{run}::uuid"),
        ];
        let made: Vec<String> = columns.iter().map(Column::made).collect();
        let script = include_str!("backup_create.sql")
            .replace("{TABLE}", &table(target.id))
            .replace("{COLUMNS}", &made.join(", "))
            .replace("{ROW}", &row.join(", "));
        client.batch_execute(&script).await?;
        Ok(())
    }
}

/// The copy that all batches of one data change fill together.
#[derive(Debug)]
pub(crate) struct BatchBacking {
    id: i64,
    tree: u32,
    most: Option<u64>,
}

impl BatchBacking {
    /// The batch that keeps what it takes.
    pub(crate) fn keeping(&self, sql: &str) -> Option<String> {
        sql::keeping(sql, &table(self.id))
    }

    /// Sent in one go with COMMIT behind a batch that copied so many rows.
    pub(crate) fn check(&self, rows: u64) -> String {
        let Self { id, tree, most } = self;
        let kept = format!(
            "SELECT 'rows'::text AS kind, {tree}::oid AS tree, {rows}::bigint AS rows, ''::text AS what, ''::text AS relation_name, \
                    {tree}::oid AS relation"
        );
        let most = most.map_or_else(|| "NULL".to_owned(), |most| most.to_string());
        let noted = include_str!("backed_batch.sql")
            .replace("{ID}", &id.to_string())
            .replace("{ROWS}", &rows.to_string())
            .replace("{MOST}", &most);
        format!("{};\n{noted}", check(&kept, &serde_json::json!([])))
    }
}

impl Guard {
    /// The copy for a data change in batches that deletes from `relation`, made by whichever worker comes first;
    /// none where nothing is to be copied. The session is in no transaction.
    pub(crate) async fn backing_batches(
        &self,
        client: &Client,
        relation: &str,
        step: u32,
        place: Place<'_>,
    ) -> Result<Option<BatchBacking>, NotKept> {
        let Some(rules) = self.backup.clone().filter(|_| !self.is_off) else {
            return Ok(None);
        };
        let backing = Backing {
            rules,
            protected: self.tables.iter().map(|guarded| guarded.table.oid).collect(),
            takings: Vec::new(),
            place: place_of(place, step),
        };
        let taking = Taking {
            relation: relation.to_owned(),
            what: What::Rows,
        };
        client
            .batch_execute("BEGIN; SET LOCAL lock_timeout = '10s'; LOCK TABLE windlass.backup IN SHARE ROW EXCLUSIVE MODE")
            .await?;
        let made = backing.batch(client, &taking).await;
        let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
        client.batch_execute(end).await?;
        made
    }
}

impl Backing {
    async fn batch(&self, client: &Client, taking: &Taking) -> Result<Option<BatchBacking>, NotKept> {
        let Some(target) = self.target(client, taking).await? else {
            return Ok(None);
        };
        let [revision, direction, step, _] = &self.place;
        // A worker before this one made it, or a run that was interrupted.
        let known = client
            .query_typed(
                &format!(
                    "SELECT backup_id FROM windlass.backup WHERE revision_id = {revision} AND direction = {direction} AND step = {step} \
                        AND kind = 'rows' AND relation = {} AND restored_at IS NULL \
                        AND pg_catalog.to_regclass('windlass.backup_' || backup_id) IS NOT NULL",
                    target.oid
                ),
                &[],
            )
            .await?;
        let id = match known.first() {
            Some(row) => row.get(0),
            None => {
                self.create(client, &target, taking, &target.columns).await?;
                target.id
            }
        };
        Ok(Some(BatchBacking {
            id,
            tree: target.tree,
            most: self.rules.most,
        }))
    }
}

fn check(kept: &str, recounted: &serde_json::Value) -> String {
    include_str!("backed.sql")
        .replace("{KEPT}", kept)
        .replace("{RECOUNTED}", &quote_literal(&recounted.to_string()))
}

/// Revision, direction, step and run, as SQL.
fn place_of(place: Place<'_>, step: u32) -> [String; 4] {
    [
        quote_literal(place.revision.as_str()),
        quote_literal(place.direction.name()),
        step.to_string(),
        place.run_id.map_or_else(|| "NULL".to_owned(), quote_literal),
    ]
}

/// A table that is copied from.
#[derive(Debug)]
struct Target {
    oid: u32,
    tree: u32,
    /// With its schema, as SQL writes it.
    name: String,
    bytes: u64,
    columns: Vec<Column>,
    /// The columns of its primary key.
    key: Vec<String>,
    /// Of the copy.
    id: i64,
}

impl Target {
    fn copy(&self, columns: &[Column], condition: &str) -> String {
        let names: Vec<String> = columns
            .iter()
            .map(|column| quote_identifier(&column.name))
            .collect();
        format!(
            "INSERT INTO {} SELECT {} FROM {} WHERE {condition}",
            table(self.id),
            names.join(", "),
            self.name
        )
    }

    /// The column, with what says whose value it is.
    fn with_key(&self, name: &str) -> Result<Vec<Column>, NotKept> {
        let of = |name: &str| self.columns.iter().find(|column| column.name == name).cloned();
        let key: Vec<Column> = self.key.iter().filter_map(|name| of(name)).collect();
        let column = of(name).filter(|column| !self.key.contains(&column.name));
        match (key.is_empty(), column) {
            (false, Some(column)) => Ok(key.into_iter().chain([column]).collect()),
            _ => Err(NotKept::Refused(
                Error::new(
                    ErrorKind::Refused,
                    format!(
                        "no copy can be made of the column {name} of {}: no primary key would say whose value is whose",
                        self.name
                    ),
                )
                .hint("copy the table by hand, and run it with --set guard.backup=off"),
            )),
        }
    }
}

/// A column of a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Its type in the table.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Its type in the copy.
    stored: String,
    #[serde(default)]
    collate: bool,
    #[serde(default)]
    pub(crate) generated: bool,
}

impl Column {
    fn made(&self) -> String {
        let collate = if self.collate { " COLLATE \"default\"" } else { "" };
        format!("{} {}{collate}", quote_identifier(&self.name), self.stored)
    }
}

/// The table that a copy is in.
pub(crate) fn table(id: i64) -> String {
    format!("windlass.backup_{id}")
}

/// The refusal of a step that takes what it did not copy.
pub(crate) fn unbacked(what: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("no copy was made of {what}"))
        .hint("the step was rolled back; nothing of it is lost")
        .hint("only DELETE, TRUNCATE, DROP TABLE and DROP COLUMN are copied, and only of tables that they name: take rows that go by a cascade, a trigger or a function with a DELETE of their own before")
        .hint("where it may go without a copy: --set guard.backup=off")
}

fn too_large(name: &str, bytes: u64, most: u64) -> Error {
    let megabytes = |bytes: u64| bytes.div_ceil(MEGABYTE);
    Error::new(
        ErrorKind::Refused,
        format!(
            "a copy of what goes from {name} would be too large: {} MB, and {} MB are the most here",
            megabytes(bytes),
            megabytes(most)
        ),
    )
    .hint("the step was rolled back; nothing of it is lost")
    .hint("under a lock that applications wait for, 32 MB are copied for each second of the stall budget; elsewhere `guard.backup_megabytes` limits it")
    .hint("copy it by hand or rename it in place of dropping it, and run it with --set guard.backup=off; or stop the services and use --profile maintenance")
}
