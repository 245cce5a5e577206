//! What a downgrade takes away, counted exactly before it is asked for.

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::format::RevisionId;
use windlass_compiler::sql::{self, Loss, RelationName, quote_identifier};

use super::attempt::one_line;
use super::{Runner, Scripts};
use crate::error::{Error, ErrorKind, Result};
use crate::session;

/// Counting reads whole tables, beside whoever uses them: not for longer than this, and not behind a lock.
const OPEN: &str =
    "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '1s'";

impl Runner {
    /// What the down scripts of `ids` take away: a line for each statement, with what goes with it.
    pub(super) async fn losses(
        &self,
        client: &Client,
        ids: &[RevisionId],
        scripts: &Scripts,
    ) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for id in ids {
            let statements = scripts.get(id).into_iter().flat_map(|script| &script.statements);
            for statement in statements.filter(|statement| statement.planned.loses_data) {
                let sql = &statement.planned.sql;
                let mut parts = Vec::new();
                for loss in sql::losses(sql) {
                    parts.extend(counted(client, loss).await?);
                }
                if parts.is_empty() {
                    parts.push("what goes with it cannot be counted".to_owned());
                }
                lines.push(format!("{id}: {}: {}", one_line(sql), parts.join(", ")));
            }
        }
        Ok(lines)
    }

    /// Refuses a downgrade that takes something away.
    pub(super) async fn refuse_loss(
        &self,
        client: &Client,
        ids: &[RevisionId],
        scripts: &Scripts,
    ) -> Result<()> {
        let losses = self.losses(client, ids, scripts).await?;
        if losses.is_empty() {
            return Ok(());
        }
        let refused = Error::new(ErrorKind::Refused, "the downgrade would lose data");
        let refused = losses.into_iter().fold(refused, Error::hint);
        Err(refused.hint("if that is meant: --allow-data-loss"))
    }
}

/// A loss in words, its number exact.
async fn counted(client: &Client, loss: Loss) -> Result<Vec<String>> {
    match loss {
        Loss::Rows { relation, query } => {
            let count = count(client, &query, &relation).await?;
            Ok(vec![count.map_or_else(
                |why| why,
                |rows| format!("{rows} {} of {relation}", plural(rows, "row")),
            )])
        }
        Loss::Column {
            relation,
            column,
            query,
        } => {
            let count = count(client, &query, &relation).await?;
            let name = format!("{relation}.{}", quote_identifier(&column));
            Ok(vec![count.map_or_else(
                |why| why,
                |values| format!("{values} {} of {name}", plural(values, "value")),
            )])
        }
        Loss::Schema(schema) => {
            let mut parts = Vec::new();
            for relation in tables(client, &schema).await? {
                let query = format!("SELECT count(*) FROM {relation}");
                let count = count(client, &query, &relation).await?;
                parts.push(count.map_or_else(
                    |why| why,
                    |rows| format!("{rows} {} of {relation}", plural(rows, "row")),
                ));
            }
            Ok(parts)
        }
    }
}

/// The number that `query` answers, or why there is none.
async fn count(
    client: &Client,
    query: &str,
    relation: &RelationName,
) -> Result<std::result::Result<i64, String>> {
    client.batch_execute(OPEN).await.map_err(session::lost)?;
    let outcome = client.query_typed_one(query, &[]).await;
    client.batch_execute("ROLLBACK").await.map_err(session::lost)?;
    let error = match outcome {
        Ok(row) => return Ok(Ok(row.get(0))),
        Err(error) if session::is_lost(&error) => return Err(session::lost(error)),
        Err(error) => error,
    };
    Ok(Err(match error.code().map(|code| code.code()) {
        Some("42P01" | "42703" | "3F000") => format!("nothing of {relation} as it stands now"),
        Some("57014") => format!("{relation}, not counted within 60 s"),
        Some("55P03") => format!("{relation}, not counted: somebody has it locked"),
        _ => format!(
            "{relation}, not counted: {}",
            session::failed(error, "the server says")
        ),
    }))
}

/// The tables of a schema that hold rows of their own.
async fn tables(client: &Client, schema: &str) -> Result<Vec<RelationName>> {
    let rows = client
        .query_typed(
            "SELECT relname::text FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace \
              WHERE nspname = $1 AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname",
            &[(&schema, Type::TEXT)],
        )
        .await
        .map_err(session::lost)?;
    Ok(rows
        .iter()
        .map(|row| RelationName::new(Some(schema), &row.get::<_, String>(0)))
        .collect())
}

fn plural(count: i64, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}
