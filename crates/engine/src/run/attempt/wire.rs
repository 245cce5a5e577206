//! Many requests in one go, and a whole transaction in one message.

use std::pin::Pin;
use std::task::Poll;

use futures_util::StreamExt;
use tokio_postgres::error::{DbError, ErrorPosition};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::journal::{Prepared, Write};

pub(super) type Answer = std::result::Result<(), tokio_postgres::Error>;
pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Rows that it returns are dropped as they come.
pub(super) fn simple(client: &Client, sql: String) -> Sending<'_> {
    Box::pin(async move { client.batch_execute(&sql).await })
}

pub(super) fn borrowed<'a>(client: &'a Client, sql: &'a str) -> Sending<'a> {
    Box::pin(client.batch_execute(sql))
}

pub(super) fn written<'a>(client: &'a Client, write: &'a Write, prepared: &'a Prepared) -> Sending<'a> {
    Box::pin(async move { prepared.send(client, write).await.map(|_| ()) })
}

/// Sends everything in one go, first to last, and collects the answers. A request is sent when it
/// is polled for the first time, so the order of polling is the order on the wire.
pub(super) async fn in_order(sendings: Vec<Sending<'_>>) -> Vec<Answer> {
    let mut slots: Vec<(Option<Sending<'_>>, Option<Answer>)> = sendings
        .into_iter()
        .map(|sending| (Some(sending), None))
        .collect();
    // The server answers in order: once all are sent, nobody is ready before the first that is not.
    let (mut all_sent, mut answered) = (false, 0);
    std::future::poll_fn(move |cx| {
        for (sending, answer) in &mut slots[answered..] {
            if let Some(pending) = sending {
                match pending.as_mut().poll(cx) {
                    Poll::Ready(ready) => {
                        *answer = Some(ready);
                        *sending = None;
                    }
                    Poll::Pending if all_sent => break,
                    Poll::Pending => {}
                }
            }
        }
        all_sent = true;
        answered += slots[answered..]
            .iter()
            .take_while(|(sending, _)| sending.is_none())
            .count();
        if answered < slots.len() {
            return Poll::Pending;
        }
        Poll::Ready(slots.iter_mut().filter_map(|(_, answer)| answer.take()).collect())
    })
    .await
}

/// Between statements of one message: a statement may end in a comment.
pub(super) const SEPARATOR: &str = "\n;\n";

/// A whole transaction in one message, which the server answers in one go: an answer for each statement is
/// most of what a small one costs, on both sides. What follows a statement that fails is not executed, be it
/// BEGIN itself. Gives back which statement failed.
pub(super) async fn at_once(
    client: &Client,
    statements: &[String],
) -> std::result::Result<(), (usize, tokio_postgres::Error)> {
    let text = statements.join(SEPARATOR);
    let answers = client.simple_query_raw(&text).await.map_err(|error| (0, error))?;
    let mut answers = std::pin::pin!(answers);
    let mut done = 0;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(SimpleQueryMessage::CommandComplete(_)) => done += 1,
            Ok(_) => {}
            Err(error) => {
                let place = if done == 0 {
                    place(statements, &error)
                } else {
                    done
                };
                return Err((place, error));
            }
        }
    }
    Ok(())
}

/// The statement that an error points into. A message is parsed as a whole before any of it is executed, so what this
/// server's grammar does not know fails before the first statement is done.
fn place(statements: &[String], error: &tokio_postgres::Error) -> usize {
    let Some(ErrorPosition::Original(position)) = error.as_db_error().and_then(DbError::position) else {
        return 0;
    };
    let mut left = *position as usize;
    for (place, statement) in statements.iter().enumerate() {
        let length = statement.chars().count() + SEPARATOR.len();
        if left <= length {
            return place;
        }
        left -= length;
    }
    0
}
