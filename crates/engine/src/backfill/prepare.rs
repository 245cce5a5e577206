//! Before the first batch: the strategy is chosen and written down with the ranges, once for all
//! workers.

use std::collections::HashMap;

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::directive::Triggers;
use windlass_compiler::sql::{Range, RelationName, narrowed, quote_identifier};

use super::check;
use super::facts::{self, Facts, KeyColumn};
use super::keys::{self, Bounds};
use super::past;
use super::strategy::{self, Access};
use super::task::{Cut, Task};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::backfills::{self as journal, NewRange, Tenant};
use crate::session::{self, Session};

/// What `plan` shows of a backfill, a line each. None when its table does not exist yet.
pub(crate) async fn describe(session: &Session, task: &Task) -> Result<Option<Vec<String>>> {
    let by = task.by.as_ref().map(|(column, _)| column.as_str());
    let Some(facts) = facts::read(session.client(), &task.change, by).await? else {
        return Ok(None);
    };
    let mut lines = Vec::new();
    match strategy::choose(&facts, &task.change, session.server_version) {
        Ok(strategy) => {
            lines.push(format!("cut into {}; about {} rows", strategy.words, facts.rows));
            let past = journal::past(session.client(), facts.oid).await?;
            lines.extend(past::estimate(&past, facts.rows));
            lines.extend(
                strategy
                    .warnings
                    .into_iter()
                    .map(|warning| format!("warning: {warning}")),
            );
        }
        Err(refusal) => lines.push(format!("would be refused: {}", refusal.message)),
    }
    if !facts.triggers.is_empty() {
        let known = match task.options.triggers {
            Triggers::Fire => "fires",
            Triggers::Skip => "passes over",
            Triggers::Refuse => "would be refused: it fires",
        };
        lines.push(format!(
            "{known} triggers of {}: {}",
            task.change.changed,
            facts.triggers.join(", ")
        ));
    }
    let said = task.options.triggers == Triggers::Refuse && !facts.triggers.is_empty();
    let mut refusal = check::preflight(task, &facts).err().filter(|_| !said);
    if refusal.is_none() && task.skips_triggers() {
        refusal = check::may_skip_triggers(session.client(), &[&task.name])
            .await
            .err();
    }
    if let Some(error) = refusal {
        lines.push(format!("would be refused: {error}"));
    }
    Ok(Some(lines))
}

/// The cut of a task: what is written down, or chosen and written down now. Also the warnings, when it
/// is chosen now.
pub(super) async fn cut(session: &Session, task: &Task) -> Result<(Cut, Vec<String>)> {
    let client = session.client();
    let row = journal::backfill(client, &task.name)
        .await?
        .ok_or_else(|| gone(task))?;
    if task.skips_triggers() {
        check::may_skip_triggers(client, &[&task.name]).await?;
    }
    if let Some(known) = &row.strategy {
        same_table(client, task, row.relation_oid).await?;
        // A constraint or a trigger may have come while nobody worked on it. What a safe form fills sets none off.
        if (task.skips_triggers() || task.is_of_form)
            && let Some(facts) = facts::read(client, &task.change, None).await?
        {
            check::preflight(task, &facts)?;
        }
        return Ok((Cut::read(known)?, Vec::new()));
    }
    let by = task.by.as_ref().map(|(column, _)| column.as_str());
    let relation = &task.change.target.relation;
    let facts = facts::read(client, &task.change, by).await?.ok_or_else(|| {
        Error::new(
            ErrorKind::Failed,
            format!("line {}: there is no table {relation}", task.line),
        )
    })?;
    check::preflight(task, &facts)?;
    let strategy = strategy::choose(&facts, &task.change, session.server_version).map_err(|refusal| {
        let error = Error::new(ErrorKind::Refused, refusal.message);
        refusal.hints.into_iter().fold(error, Error::hint)
    })?;
    let mirrors = check::accepted_mirrors(client, task, &strategy.access).await?;
    let warnings = strategy.warnings.clone();
    let tables = facts.leaves.iter().map(|leaf| leaf.oid).collect();
    let cut = Cut::of(strategy, mirrors, tables);
    let ranges = ranges(client, task, &cut, &facts).await?;
    if let Some(first) = ranges.first() {
        let sql = sample(client, task, &cut, first).await?;
        let partitions: Vec<String> = facts.leaves.iter().map(|leaf| leaf.name.name.clone()).collect();
        check::explain(client, task, &sql, &partitions).await?;
    }
    let writes = [
        journal::set_strategy(&task.name, cut.wire(), facts.oid, facts.rows),
        journal::new_ranges(&task.name, 1, &ranges),
    ];
    let failed = |error| session::failed(error, "failed to write the ranges of a backfill");
    client.batch_execute("BEGIN").await.map_err(failed)?;
    let written = async {
        // Another worker may have been faster; then its ranges stand.
        let free = client
            .query_typed_opt(
                "SELECT FROM windlass.backfill WHERE name = $1 AND strategy IS NULL FOR UPDATE",
                &[(&task.name, Type::TEXT)],
            )
            .await?;
        if free.is_some() {
            for write in &writes {
                write.send(client).await?;
            }
        }
        client.batch_execute("COMMIT").await
    }
    .await;
    if let Err(error) = written {
        // The first error is the one to tell; this only ends the transaction.
        let _ = client.batch_execute("ROLLBACK").await;
        return Err(failed(error));
    }
    Ok((cut, warnings))
}

/// The ranges of another sweep, as the table is now.
pub(super) async fn ranges_again(session: &Session, task: &Task, cut: &Cut) -> Result<Vec<NewRange>> {
    let by = task.by.as_ref().map(|(column, _)| column.as_str());
    let facts = facts::read(session.client(), &task.change, by)
        .await?
        .ok_or_else(|| gone(task))?;
    ranges(session.client(), task, cut, &facts).await
}

/// The journal does not know it any more.
pub(super) fn gone(task: &Task) -> Error {
    Error::new(
        ErrorKind::Diverged,
        format!("backfill {} is not in the journal any more", task.name),
    )
    .hint("was its revision reverted meanwhile?")
}

async fn same_table(client: &Client, task: &Task, oid: Option<u32>) -> Result<()> {
    let name = task.change.target.relation.to_string();
    let row = client
        .query_typed_one("SELECT pg_catalog.to_regclass($1)::oid", &[(&name, Type::TEXT)])
        .await
        .map_err(session::lost)?;
    if row.get::<_, Option<u32>>(0) == oid {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Diverged,
        format!(
            "{name} is another table than the one that backfill {} began with",
            task.name
        ),
    )
    .hint("its cursor says nothing about this table")
    .hint(format!(
        "to begin anew: windlass backfill resume {} --from-start",
        task.name
    )))
}

async fn ranges(client: &Client, task: &Task, cut: &Cut, facts: &Facts) -> Result<Vec<NewRange>> {
    let failed = |error| session::failed(error, "failed to find the bounds of a backfill");
    let tenants = match &cut.tenant {
        None => vec![Tenant::All],
        Some(column) => {
            let is_indexed = facts.tenant.as_ref().is_some_and(|(_, is_indexed)| *is_indexed);
            let found = tenants(client, &task.change.target.relation, column, is_indexed).await;
            found.map_err(failed)?
        }
    };
    let parts: Vec<(RelationName, u32, Option<u32>)> = if cut.by_partition {
        let leaves = facts.leaves.iter();
        leaves
            .map(|leaf| (leaf.name.clone(), leaf.oid, leaf.filenode))
            .collect()
    } else {
        let own = facts.leaves.iter().find(|leaf| leaf.oid == facts.oid);
        let filenode = own.and_then(|leaf| leaf.filenode);
        vec![(task.change.target.relation.clone(), facts.oid, filenode)]
    };
    let is_open = task.deferred.is_some() || task.workers() > 1 || cut.tenant.is_some();
    let first: HashMap<&str, i32> = task
        .options
        .first
        .iter()
        .map(String::as_str)
        .zip(i32::MIN / 2..)
        .collect();
    let mut ranges = Vec::new();
    for (relation, oid, filenode) in parts {
        let name = relation.to_string();
        let upper = match &cut.access {
            Access::Key(columns) => {
                let sql = keys::last_query(columns, &name, task.change.target.only);
                let row = client.query_typed_opt(&sql, &[]).await.map_err(failed)?;
                row.map(|row| row.get::<_, Vec<String>>(0))
            }
            Access::Blocks => {
                let blocks: i64 = client
                    .query_typed_one(
                        "SELECT pg_catalog.pg_relation_size($1::oid::regclass) / \
                                pg_catalog.current_setting('block_size')::bigint",
                        &[(&oid, Type::OID)],
                    )
                    .await
                    .map_err(failed)?
                    .get(0);
                (blocks > 0).then(|| vec![blocks.to_string()])
            }
        };
        let Some(upper) = upper else { continue };
        for tenant in &tenants {
            let priority = match tenant {
                Tenant::One(tenant) => first.get(tenant.as_str()).copied().unwrap_or_default(),
                _ => 0,
            };
            ranges.push(NewRange {
                partition: name.clone(),
                partition_oid: oid,
                filenode: filenode.filter(|_| cut.access == Access::Blocks),
                tenant: tenant.clone(),
                priority,
                is_open,
                upper: upper.clone(),
            });
        }
    }
    Ok(ranges)
}

/// The tenants in the order of their column, rows without one last. With an index each tenant costs one
/// look into it; without one the table is read once.
async fn tenants(
    client: &Client,
    table: &RelationName,
    column: &KeyColumn,
    is_indexed: bool,
) -> std::result::Result<Vec<Tenant>, tokio_postgres::Error> {
    let name = quote_identifier(&column.name);
    let sql = if is_indexed {
        format!(
            "WITH RECURSIVE found (tenant) AS ( \
               (SELECT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY {name} LIMIT 1) \
               UNION ALL \
               SELECT (SELECT {name} FROM {table} WHERE {name} > found.tenant ORDER BY {name} LIMIT 1) \
                 FROM found WHERE found.tenant IS NOT NULL) \
             SELECT tenant::text FROM found WHERE tenant IS NOT NULL \
              UNION ALL SELECT NULL WHERE EXISTS (SELECT FROM {table} WHERE {name} IS NULL)"
        )
    } else {
        format!(
            "SELECT tenant::text FROM (SELECT DISTINCT {name} AS tenant FROM {table}) AS found \
              ORDER BY found.tenant NULLS LAST"
        )
    };
    let rows = client.query_typed(&sql, &[]).await?;
    Ok(rows
        .iter()
        .map(|row| row.get::<_, Option<String>>(0).map_or(Tenant::None, Tenant::One))
        .collect())
}

/// A batch as it will be sent, to be planned.
async fn sample(client: &Client, task: &Task, cut: &Cut, range: &NewRange) -> Result<String> {
    let bounds = Bounds {
        access: &cut.access,
        tenant_column: cut.tenant.as_ref(),
        tenant: &range.tenant,
        after: None,
        until: &range.upper,
    };
    let mut until = range.upper.clone();
    if let Some(query) = bounds.end_query(&range.partition, 1000) {
        let row = client
            .query_typed_opt(&query, &[])
            .await
            .map_err(|error| session::failed(error, "failed to find the first range of a backfill"))?;
        until = row.map_or(until, |row| row.get(0));
    } else {
        until = vec!["10".to_owned()];
    }
    statement(
        task,
        cut,
        &range.partition,
        &Bounds {
            until: &until,
            ..bounds
        },
        None,
    )
}

/// The statement of one batch; `also` is a further condition.
pub(super) fn statement(
    task: &Task,
    cut: &Cut,
    partition: &str,
    bounds: &Bounds<'_>,
    also: Option<&str>,
) -> Result<String> {
    let target = &task.change.target;
    let mut condition = bounds.condition(&target.qualifier);
    if let Some(also) = also {
        condition = format!("{condition} AND {also}");
    }
    let mirrored: Vec<_> = cut
        .mirrors
        .iter()
        .filter_map(|mirror| Some((mirror.clone(), bounds.mirrored(&mirror.column)?)))
        .collect();
    let partition = cut.by_partition.then(|| relation(partition)).flatten();
    let key = match &cut.access {
        Access::Key(columns) => columns.first().map(|column| column.name.as_str()),
        Access::Blocks => None,
    };
    let range = Range {
        condition: &condition,
        key,
        mirrored: &mirrored,
        partition: partition.as_ref(),
    };
    narrowed(&task.statement, target, &range).map_err(|error| {
        Error::new(
            ErrorKind::BadInput,
            format!("the statement cannot be narrowed to a range: {error}"),
        )
    })
}

/// A partition's name as the journal keeps it, taken apart.
fn relation(text: &str) -> Option<RelationName> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut letters = quoted.char_indices().peekable();
            let mut end = quoted.len();
            while let Some((at, letter)) = letters.next() {
                if letter == '"' && letters.next_if(|(_, next)| *next == '"').is_none() {
                    end = at + 1;
                    break;
                }
                name.push(letter);
            }
            parts.push(name);
            rest = quoted[end..].strip_prefix('.').unwrap_or_default();
        } else {
            let (name, behind) = rest.split_once('.').unwrap_or((rest, ""));
            parts.push(name.to_owned());
            rest = behind;
        }
    }
    match parts.as_slice() {
        [name] => Some(RelationName::new(None, name)),
        [schema, name] => Some(RelationName::new(Some(schema), name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partitions_name_is_read_back() {
        for name in [
            RelationName::new(None, "t"),
            RelationName::new(Some("s"), "t"),
            RelationName::new(Some("S.x"), "a\"b.c"),
        ] {
            assert_eq!(relation(&name.to_string()), Some(name));
        }
    }
}
