//! One statement as it was written: sending it, what its assertion asks, where the server points.

use std::io::Cursor;

use tokio_postgres::{Client, SimpleQueryMessage};
use windlass_compiler::plan::{Assertion, PlannedStatement};
use windlass_compiler::sql::without_passwords;

use crate::error::{Error, ErrorKind, Result};

/// A refusal by the server, or by our own check of what it answered.
pub(crate) enum Refusal {
    Server(tokio_postgres::Error),
    Engine(Error),
}

/// Sends one statement as it was written, and reads its answer.
pub(crate) async fn execute(
    client: &Client,
    statement: &PlannedStatement,
) -> std::result::Result<(), Refusal> {
    if let Some(data) = &statement.copy_data {
        return copy(client, &statement.sql, data).await.map_err(Refusal::Server);
    }
    let sql = &statement.sql;
    let Some(assertion) = &statement.assertion else {
        return client.batch_execute(sql).await.map_err(Refusal::Server);
    };
    let answer = client.simple_query(sql).await.map_err(Refusal::Server)?;
    hold(assertion, &answer, statement).map_err(Refusal::Engine)
}

async fn copy(client: &Client, sql: &str, data: &str) -> std::result::Result<(), tokio_postgres::Error> {
    use futures_util::SinkExt;
    let sink = client.copy_in::<_, Cursor<Vec<u8>>>(sql).await?;
    let mut sink = std::pin::pin!(sink);
    const PIECE: usize = 64 * 1024;
    for piece in data.as_bytes().chunks(PIECE) {
        sink.send(Cursor::new(piece.to_vec())).await?;
    }
    sink.finish().await.map(|_| ())
}

fn hold(assertion: &Assertion, answer: &[SimpleQueryMessage], statement: &PlannedStatement) -> Result<()> {
    let (word, text) = match assertion {
        Assertion::Require(text) => ("require", text),
        Assertion::Verify(text) => ("verify", text),
    };
    let unverified = |what: String| Error::new(ErrorKind::Unverified, format!("{word} {what}"));
    match answered(answer) {
        Ok((true, _)) => Ok(()),
        Ok((false, found)) => {
            let found = found.map_or(String::new(), |found| format!(" ({found})"));
            Err(unverified(format!("is not true: {text}{found}"))
                .hint(format!("line {}: {}", statement.line, one_line(&statement.sql))))
        }
        Err(other) => Err(unverified(format!(
            "did not answer with one true or false but with {other}: {text}"
        ))
        .hint(format!(
            "line {}: write a query that returns one row with one boolean, and at most one column more that says what was found",
            statement.line
        ))),
    }
}

/// What an assertion answered, and what it says was found; else what it answered instead.
pub(in crate::run) fn answered(
    answer: &[SimpleQueryMessage],
) -> std::result::Result<(bool, Option<String>), String> {
    let rows: Vec<_> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect();
    match rows.as_slice() {
        [row] if (1..=2).contains(&row.len()) => {
            let found = || row.try_get(1).ok().flatten().map(str::to_owned);
            match row.get(0) {
                Some("t") => Ok((true, found())),
                Some("f") => Ok((false, found())),
                None => Err("NULL".to_owned()),
                Some(_) => Err("something else".to_owned()),
            }
        }
        [row] => Err(format!("{} columns", row.len())),
        [] => Err("no row".to_owned()),
        rows => Err(format!("{} rows", rows.len())),
    }
}

/// Line and column in the file that the server points at; none where it points at nothing, or at what the file
/// does not say.
pub(in crate::run) fn points_at(
    statement: &PlannedStatement,
    error: &tokio_postgres::Error,
    sent_behind: usize,
) -> Option<(usize, usize)> {
    use tokio_postgres::error::ErrorPosition;
    let Some(ErrorPosition::Original(position)) = error.as_db_error()?.position() else {
        return None;
    };
    let before = (*position as usize).checked_sub(sent_behind + 1)?;
    if statement.rewrite.is_some() || before == 0 {
        return None;
    }
    let before: String = statement.sql.chars().take(before).collect();
    Some(match before.rsplit_once('\n') {
        None => (statement.line, statement.column + before.chars().count()),
        Some((lines, last)) => (
            statement.line + lines.matches('\n').count() + 1,
            last.chars().count() + 1,
        ),
    })
}

/// SQL on one line, shortened and without passwords, for people.
pub(crate) fn one_line(sql: &str) -> String {
    const MOST: usize = 100;
    let sql = without_passwords(sql);
    let folded = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &folded[..end]),
        None => folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_statements_are_shown_on_one_short_line() {
        assert_eq!(one_line("SELECT\n   1"), "SELECT 1");
        assert_eq!(one_line(&"é".repeat(200)).chars().count(), 101);
    }
}
