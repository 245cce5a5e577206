//! A row that the statement cannot change: recorded, and passed over where that is wanted.

use windlass_compiler::directive::OnError;

use super::part::Part;
use super::{Halt, Worker};
use crate::backfill::batch::{self, End, Trouble};
use crate::backfill::keys;
use crate::backfill::strategy::Access;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::journal::backfills::{self as journal, RangeRow};
use crate::run::lost_the_lead;

impl Worker<'_> {
    /// A row that fails with an error of its own is recorded, and passed over where that is wanted.
    pub(super) async fn poison(
        &mut self,
        range: &RangeRow,
        part: &Part,
        error: &tokio_postgres::Error,
    ) -> std::result::Result<bool, Halt> {
        let client = self.session.client();
        let name = &self.task.name;
        let key = self.identity(range, part).await?;
        let code = error
            .code()
            .map(|code| code.code().to_owned())
            .unwrap_or_default();
        let message = error
            .as_db_error()
            .map_or_else(|| error.to_string(), |db| db.message().to_owned());
        let note = journal::note_row_error(name, range, &key, &code, &message);
        let most = match self.task.options.on_error {
            OnError::Stop => {
                note.send(client).await?;
                let failed = Error::new(
                    ErrorKind::Failed,
                    format!(
                        "backfill {name}: the row {key} of {} cannot be changed: {message}",
                        range.partition
                    ),
                )
                .with_sqlstate(&code)
                .hint("the rows before it are done; correct this one, then run the same command again")
                .hint(match self.task.is_of_form {
                    true => "none can be passed over: what was written changes each row, so it would have failed here, too",
                    false => "or let such rows be passed over: on-error skip N in the backfill's directive",
                });
                return Err(failed.into());
            }
            OnError::Skip(most) => most,
        };
        let end = End {
            key: &part.end,
            seen: Some(1),
            is_last: part.is_last,
        };
        match batch::pass_over(client, &self.frame(), range, &end, note).await {
            Ok(()) => {}
            Err(Trouble::Fenced) => return Err(lost_the_lead().into()),
            Err(Trouble::Taken) => return Ok(false),
            Err(Trouble::Loss(error)) => return Err(error.into()),
            Err(Trouble::Server(error)) => return Err(error.into()),
        }
        self.crew.observer.event(Event::BackfillRowFailed {
            step: self.task.step.clone(),
            table: range.partition.clone(),
            key,
            sqlstate: code,
            message: message.clone(),
        });
        let errors = journal::tally(client, name)
            .await?
            .map_or(0, |tally| tally.errors);
        if u64::try_from(errors).unwrap_or_default() > most {
            return Err(Error::new(
                ErrorKind::Failed,
                format!("backfill {name}: {errors} rows failed, and {most} were to be passed over; the last: {message}"),
            )
            .hint(format!("windlass backfill status {name} lists them"))
            .into());
        }
        Ok(true)
    }

    /// The row that a part of one row is, for people.
    async fn identity(&self, range: &RangeRow, part: &Part) -> std::result::Result<String, Halt> {
        let Access::Blocks = self.cut.access else {
            return Ok(shown(&part.end));
        };
        let ctid = keys::first_ctid(range.cursor.as_deref());
        if self.cut.identity.is_empty() {
            return Ok(format!("at {ctid}"));
        }
        let sql = format!(
            "SELECT {} FROM ONLY {} AS target WHERE target.ctid = '{ctid}'",
            keys::key_texts(&self.cut.identity, "target"),
            range.partition
        );
        let row = self.session.client().query_typed_opt(&sql, &[]).await?;
        Ok(row.map_or_else(
            || format!("at {ctid}"),
            |row| shown(&row.get::<_, Vec<String>>(0)),
        ))
    }
}

/// A key for people.
pub(super) fn shown(key: &[String]) -> String {
    match key {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}
