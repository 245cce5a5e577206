//! A step, or a group of revisions, that goes as one message.

use tokio_postgres::Client;
use windlass_compiler::plan::Step;

use super::limits::Limits;
use super::wire::{SEPARATOR, at_once};
use super::{Envelope, Failed};
use crate::journal::{self, Prepared, Write};

/// Whether a step can go in one message: it leaves its session alone, nothing of it is read, and it neither
/// takes long nor makes anybody wait. What does stands in pg_stat_activity as it was written.
pub(in crate::run) fn goes_at_once(step: &Step) -> bool {
    !step.blocks()
        && !step.changes_session()
        && step.statements.iter().all(|statement| {
            statement.catalog_only && statement.copy_data.is_none() && statement.assertion.is_none()
        })
}

/// One attempt at a step that goes in one message.
pub(super) async fn attempt(
    client: &Client,
    limits: &Limits,
    envelope: &Envelope<'_>,
    step: &Step,
) -> std::result::Result<(), Failed> {
    let call = |write: &Write| envelope.prepared.call(write);
    let mut text = limits.opening();
    let fence = text.len();
    text.push(call(&envelope.fence));
    text.extend(envelope.before.iter().map(call));
    let first = text.len();
    text.extend(step.statements.iter().map(|statement| statement.sql.to_string()));
    let behind = text.len();
    text.extend(envelope.own.iter().chain(envelope.after).map(call));
    text.push("COMMIT".to_owned());
    at_once(client, &text).await.map_err(|(at, error)| {
        let is_fenced = at == fence && error.code().is_some_and(|code| code.code() == journal::FENCED);
        match at {
            _ if is_fenced => Failed::Fenced,
            at if (first..behind).contains(&at) => Failed::Statement {
                index: at - first,
                error,
                sent_behind: text[..at]
                    .iter()
                    .map(|sent| sent.chars().count() + SEPARATOR.len())
                    .sum(),
            },
            _ => Failed::Commit(error),
        }
    })
}

/// Several revisions of one step each in one transaction, for a database that nobody uses yet;
/// `write` is what the journal keeps of them.
/// Nothing of it is done when it fails.
pub(crate) async fn grouped(
    client: &Client,
    limits: &Limits,
    fence: &Write,
    prepared: &Prepared,
    steps: &[&Step],
    write: &Write,
) -> std::result::Result<(), tokio_postgres::Error> {
    let mut text = limits.opening();
    text.push(prepared.call(fence));
    let statements = steps.iter().flat_map(|step| &step.statements);
    text.extend(statements.map(|statement| statement.sql.to_string()));
    text.push(prepared.call(write));
    text.push("COMMIT".to_owned());
    let outcome = at_once(client, &text).await;
    if outcome.is_err() {
        // The transaction is aborted; this only ends it.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    outcome.map_err(|(_, error)| error)
}
