//! What the catalog says of a backfill's table: a small read before the strategy is chosen.

use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use windlass_compiler::sql::{Change, ChangeKind, RelationName};

use crate::error::{Error, ErrorKind, Result};
use crate::session;

/// A column that a table is cut by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyColumn {
    /// Its name, not quoted.
    pub(super) name: String,
    /// Its type as SQL names it.
    pub(super) type_name: String,
    /// Its type's own name, such as `int8`.
    pub(super) base: String,
    /// It has a collation.
    pub(super) is_collated: bool,
}

/// A unique key of NOT NULL columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) is_primary: bool,
    pub(super) columns: Vec<KeyColumn>,
}

/// A partition that holds rows, or the table itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) oid: u32,
    pub(super) name: RelationName,
    pub(super) is_foreign: bool,
    pub(super) filenode: Option<u32>,
}

/// The table of a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) oid: u32,
    /// `r`, `p` and so on, as in `pg_class`.
    pub(super) kind: String,
    pub(super) has_children: bool,
    /// Columns that rows are partitioned by.
    pub(super) partitioned_by: Vec<String>,
    /// The primary key first.
    pub(super) keys: Vec<Key>,
    pub(super) leaves: Vec<Leaf>,
    /// The tenants' column: its type, and whether an index begins with it.
    pub(super) tenant: Option<(KeyColumn, bool)>,
    /// The user's own triggers and rules that would fire.
    pub(super) triggers: Vec<String>,
    /// Those that fire also where ordinary ones are passed over.
    pub(super) unpassable: Vec<String>,
    /// Constraints that nothing would check where triggers are passed over.
    pub(super) unchecked: Vec<String>,
    /// Publications that would refuse each row.
    pub(super) publications: Vec<String>,
    /// Rows, as the planner estimates them.
    pub(super) rows: i64,
}

/// Reads them. None when there is no such table.
pub(super) async fn read(client: &Client, change: &Change, by: Option<&str>) -> Result<Option<Facts>> {
    let failed = |error| session::failed(error, "failed to read the catalog for a backfill");
    let relation = change.target.relation.to_string();
    let row = client
        .query_typed_opt(include_str!("table.sql"), &[(&relation, Type::TEXT)])
        .await
        .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let oid: u32 = row.get(0);
    let kind: String = row.get(1);
    let filenode: Option<u32> = row.get(3);
    let partitioned_by: Vec<Option<String>> = row.get(5);
    let mut facts = Facts {
        oid,
        has_children: row.get(4),
        partitioned_by: partitioned_by.into_iter().flatten().collect(),
        keys: keys(client, oid).await.map_err(failed)?,
        leaves: if kind == "p" {
            leaves(client, oid).await.map_err(failed)?
        } else {
            vec![Leaf {
                oid,
                name: change.target.relation.clone(),
                is_foreign: kind == "f",
                filenode,
            }]
        },
        kind,
        tenant: None,
        triggers: Vec::new(),
        unpassable: Vec::new(),
        unchecked: Vec::new(),
        publications: Vec::new(),
        rows: 0,
    };
    if let Some(column) = by {
        facts.tenant = Some(tenant(client, oid, column, &relation).await?);
    }
    let changed: Vec<u32> = match change.kind {
        ChangeKind::Insert => {
            let name = change.changed.to_string();
            // A row fires the triggers of the partition that it comes into.
            let rows = client
                .query_typed(
                    "SELECT pg_catalog.to_regclass($1)::oid \
                      UNION SELECT relid::oid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1))",
                    &[(&name, Type::TEXT)],
                )
                .await
                .map_err(failed)?;
            rows.iter()
                .filter_map(|row| row.get::<_, Option<u32>>(0))
                .collect()
        }
        _ => facts
            .leaves
            .iter()
            .map(|leaf| leaf.oid)
            .chain([facts.oid])
            .collect(),
    };
    let event: i16 = match change.kind {
        ChangeKind::Insert if change.upserts.is_empty() => 4,
        ChangeKind::Insert => 4 | 16,
        ChangeKind::Delete => 8,
        ChangeKind::Update => 16,
    };
    let sets = match change.kind {
        ChangeKind::Insert => &change.upserts,
        _ => &change.sets,
    };
    let of_change: [(&(dyn ToSql + Sync), Type); 3] = [
        (&changed, Type::OID_ARRAY),
        (&event, Type::INT2),
        (sets, Type::TEXT_ARRAY),
    ];
    let rows = client
        .query_typed(include_str!("triggers.sql"), &of_change)
        .await
        .map_err(failed)?;
    for row in &rows {
        let name: String = row.get(0);
        if row.get(2) {
            facts.unpassable.push(name.clone());
        }
        if row.get(1) {
            facts.triggers.push(name);
        }
    }
    let rows = client
        .query_typed(include_str!("unchecked.sql"), &of_change)
        .await
        .map_err(failed)?;
    facts.unchecked = rows.iter().map(|row| row.get(0)).collect();
    if event != 4 {
        let deletes = change.kind == ChangeKind::Delete;
        let rows = client
            .query_typed(
                include_str!("published.sql"),
                &[(&changed, Type::OID_ARRAY), (&deletes, Type::BOOL)],
            )
            .await
            .map_err(failed)?;
        facts.publications = rows.iter().map(|row| row.get(0)).collect();
    }
    facts.rows = estimate(client, &relation).await.map_err(failed)?;
    Ok(Some(facts))
}

async fn leaves(client: &Client, oid: u32) -> std::result::Result<Vec<Leaf>, tokio_postgres::Error> {
    let rows = client
        .query_typed(include_str!("leaves.sql"), &[(&oid, Type::OID)])
        .await?;
    Ok(rows
        .iter()
        .map(|row| Leaf {
            oid: row.get(0),
            name: RelationName::new(Some(row.get(1)), row.get(2)),
            is_foreign: row.get::<_, &str>(3) == "f",
            filenode: row.get(4),
        })
        .collect())
}

async fn keys(client: &Client, oid: u32) -> std::result::Result<Vec<Key>, tokio_postgres::Error> {
    let rows = client
        .query_typed(include_str!("keys.sql"), &[(&oid, Type::OID)])
        .await?;
    let mut keys: Vec<(u32, Key)> = Vec::new();
    for row in rows {
        let index: u32 = row.get(0);
        if keys.last().is_none_or(|(last, _)| *last != index) {
            keys.push((
                index,
                Key {
                    is_primary: row.get(1),
                    columns: Vec::new(),
                },
            ));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(KeyColumn {
                name: row.get(2),
                type_name: row.get(3),
                base: row.get(4),
                is_collated: row.get(5),
            });
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

async fn tenant(client: &Client, oid: u32, column: &str, relation: &str) -> Result<(KeyColumn, bool)> {
    let row = client
        .query_typed_opt(
            "SELECT column_of.attname::text, pg_catalog.format_type(column_of.atttypid, -1), kind.typname::text, \
                    column_of.attcollation <> 0, \
                    EXISTS (SELECT FROM pg_catalog.pg_index AS index \
                             WHERE index.indrelid = $1 AND index.indisvalid AND index.indpred IS NULL \
                               AND index.indkey[0] = column_of.attnum) \
               FROM pg_catalog.pg_attribute AS column_of \
               JOIN pg_catalog.pg_type AS kind ON kind.oid = column_of.atttypid \
              WHERE column_of.attrelid = $1 AND column_of.attname = $2 AND NOT column_of.attisdropped",
            &[(&oid, Type::OID), (&column, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    let row = row.ok_or_else(|| {
        Error::new(
            ErrorKind::BadInput,
            format!("{relation} has no column {column}, by which the backfill is cut"),
        )
    })?;
    let key = KeyColumn {
        name: row.get(0),
        type_name: row.get(1),
        base: row.get(2),
        is_collated: row.get(3),
    };
    Ok((key, row.get(4)))
}

/// Rows as the planner sees them: also for a table that was never analyzed.
async fn estimate(client: &Client, relation: &str) -> std::result::Result<i64, tokio_postgres::Error> {
    let row = client
        .query_typed_one(&format!("EXPLAIN (FORMAT JSON) SELECT FROM {relation}"), &[])
        .await?;
    let plan: serde_json::Value = row.get(0);
    Ok(plan[0]["Plan"]["Plan Rows"].as_f64().unwrap_or_default() as i64)
}
