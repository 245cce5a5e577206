//! A step that goes statement by statement: what opens its transaction, its statements, and what ends it in one go.

use std::ops::Range;

use tokio_postgres::Client;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{PlannedStatement, Step};

use super::limits::Limits;
use super::session::{custom_settings, replay, set_role};
use super::statement::{Refusal, execute};
use super::wire::{Sending, borrowed, in_order, simple, written};
use super::{Envelope, Failed};
use crate::guard::{self, Backing, Looked, Loss, NotKept};
use crate::journal::{self, Write};

type Outcome<T = ()> = std::result::Result<T, Failed>;

/// One attempt at a step that goes statement by statement.
pub(super) async fn attempt(
    client: &Client,
    limits: &Limits,
    envelope: &Envelope<'_>,
    step: &Step,
) -> Outcome {
    let mut begun = ByStatement::begin(client, limits, envelope, step).await?;
    begun.run().await?;
    begun.end().await
}

/// A transaction that is open, or whose opening is about to be sent.
struct ByStatement<'a> {
    client: &'a Client,
    limits: &'a Limits,
    envelope: &'a Envelope<'a>,
    step: &'a Step,
    /// What stands before the first statement, until it is sent.
    opening: Option<Vec<Sending<'a>>>,
    /// Where in the opening the locks are.
    prelude: Range<usize>,
    /// What looked like a loss, and the session that counts it from outside.
    suspected: Option<(&'a [Loss], &'a Client)>,
    looked: Looked,
    /// What is copied before it goes, and the copies.
    backing: Option<&'a Backing>,
    copies: Vec<i64>,
}

impl<'a> ByStatement<'a> {
    /// Begins the transaction.
    async fn begin(
        client: &'a Client,
        limits: &'a Limits,
        envelope: &'a Envelope<'a>,
        step: &'a Step,
    ) -> Outcome<Self> {
        // Not in one go with what follows: behind a BEGIN that a cancel hit, all of it would commit by itself.
        client
            .batch_execute(&limits.begin())
            .await
            .map_err(Failed::Commit)?;
        let mut opening: Vec<Sending<'_>> = vec![written(client, &envelope.fence, envelope.prepared)];
        opening.extend(
            envelope
                .before
                .iter()
                .map(|write| written(client, write, envelope.prepared)),
        );
        if let Some(replay) = envelope.session.and_then(replay) {
            opening.push(simple(client, replay));
        }
        let prelude = opening.len()..opening.len() + envelope.prelude.len();
        opening.extend(envelope.prelude.iter().map(|sql| borrowed(client, sql)));
        let guarded = envelope.guarded.as_ref();
        if let Some(guarded) = guarded {
            opening.push(simple(client, guarded.watching.before.clone()));
        }
        let mut begun = Self {
            client,
            limits,
            envelope,
            step,
            opening: Some(opening),
            prelude,
            suspected: guarded.and_then(|guarded| guarded.suspected),
            looked: Looked::default(),
            backing: guarded.and_then(|guarded| guarded.backing.as_ref()),
            copies: Vec::new(),
        };
        if let Some((suspected, _)) = begun.suspected {
            begun.open().await?;
            begun.looked = Looked::before(client, suspected).await.map_err(Failed::Commit)?;
        }
        Ok(begun)
    }

    /// Sends the opening, if it is not sent yet.
    async fn open(&mut self) -> Outcome {
        let opening = self.opening.take().unwrap_or_default();
        for (at, outcome) in in_order(opening).await.into_iter().enumerate() {
            outcome.map_err(|error| refused_opening(at, &self.prelude, error))?;
        }
        Ok(())
    }

    /// The last statement, if it goes in one message with the end.
    fn last(&self) -> Option<(usize, &'a PlannedStatement)> {
        let index = self.step.statements.len().checked_sub(1)?;
        let statement = &self.step.statements[index];
        let goes = self.suspected.is_none() && can_be_last(statement) && !self.is_copied(index);
        goes.then_some((index, statement))
    }

    fn is_copied(&self, index: usize) -> bool {
        self.backing.is_some_and(|backing| backing.concerns(index))
    }

    /// Runs the statements but for a last one that goes with the end.
    async fn run(&mut self) -> Outcome {
        let statements = &self.step.statements;
        let until = self.last().map_or(statements.len(), |(index, _)| index);
        let mut index = 0;
        while index < until {
            self.open().await?;
            let statement = &statements[index];
            if let Some(backing) = self.backing.filter(|backing| backing.concerns(index)) {
                self.copying(backing, index, statement).await?;
                index += 1;
                continue;
            }
            let ahead = together(statements[index..].iter().map(AsRef::as_ref));
            let ahead = (index..until.min(index + ahead)).take_while(|at| !self.is_copied(*at));
            let ahead = ahead.count();
            if ahead > 1 {
                self.send(index..index + ahead).await?;
                index += ahead;
                continue;
            }
            execute(self.client, statement)
                .await
                .map_err(|failure| match failure {
                    Refusal::Server(error) => refused_statement(index, error),
                    Refusal::Engine(error) => Failed::Fatal(error),
                })?;
            index += 1;
        }
        Ok(())
    }

    /// Sends statements without waiting for the answers in between.
    async fn send(&self, range: Range<usize>) -> Outcome {
        let sent = self.step.statements[range.clone()].iter();
        let sendings = sent
            .map(|statement| borrowed(self.client, &statement.sql))
            .collect();
        for (index, answer) in range.zip(in_order(sendings).await) {
            answer.map_err(|error| refused_statement(index, error))?;
        }
        Ok(())
    }

    /// Runs a statement that takes something, and keeps what it takes.
    async fn copying(&mut self, backing: &Backing, index: usize, statement: &PlannedStatement) -> Outcome {
        let refused = |not| match not {
            NotKept::Server(error) => refused_statement(index, error),
            NotKept::Refused(error) => Failed::Fatal(error),
        };
        let copies = backing
            .take(self.client, index, statement)
            .await
            .map_err(refused)?;
        let sql = copies.instead.as_deref().unwrap_or(&statement.sql);
        self.client
            .batch_execute(sql)
            .await
            .map_err(|error| refused_statement(index, error))?;
        let kept = backing.settle(self.client, &copies).await.map_err(refused)?;
        self.copies.extend(kept);
        Ok(())
    }

    /// The last statement, the journal and COMMIT travel together: the locks are held no longer than the server needs,
    /// and a runner that freezes now holds nothing.
    async fn end(mut self) -> Outcome {
        let Self {
            client,
            envelope,
            step,
            ..
        } = self;
        let save = envelope.keep_session.then(|| {
            let mut ours = self.limits.ours(envelope.role);
            if !envelope.prelude.is_empty() {
                let later = envelope.later_lock_timeout.as_millis();
                ours.push(format!("lock_timeout={later}"));
            }
            journal::save_session(ours, custom_settings(step, envelope.session))
        });
        let mut notes: Vec<Write> = Vec::new();
        let mut sendings = self.opening.take().unwrap_or_default();
        let opened = sendings.len();
        let last = self.last();
        sendings.extend(last.map(|(_, statement)| borrowed(client, &statement.sql)));
        let behind = sendings.len();
        if let Some(save) = &save {
            sendings.push(written(client, save, envelope.prepared));
        }
        if step.changes_session() {
            let role = set_role(envelope.role);
            sendings.push(simple(client, format!("RESET SESSION AUTHORIZATION; {role}")));
        }
        let mut recounted: Vec<Loss> = Vec::new();
        if let Some(guarded) = &envelope.guarded {
            // A deferred constraint fires, with its trigger, before anything is counted.
            sendings.push(simple(client, "SET CONSTRAINTS ALL IMMEDIATE".to_owned()));
            let suspects = self.suspected.map_or(&[][..], |(suspected, _)| suspected);
            let after = guarded
                .watching
                .after(&self.looked.settled(), &Looked::recounted(suspects));
            sendings.push(simple(client, after));
            if let Some((suspected, beside)) = self.suspected {
                for outcome in in_order(std::mem::take(&mut sendings)).await {
                    outcome.map_err(refused_end)?;
                }
                recounted = self.recounted(suspected, beside).await?;
                let lost = recounted.iter().filter(|loss| loss.rows > Some(0));
                notes.extend(lost.map(guarded.note));
            }
        }
        if let Some(backing) = self.backing {
            sendings.push(simple(client, backing.check(&self.copies, &recounted)));
        }
        sendings.extend(
            notes
                .iter()
                .chain(&envelope.own)
                .chain(envelope.after)
                .map(|write| written(client, write, envelope.prepared)),
        );
        sendings.push(simple(client, "COMMIT".to_owned()));
        for (at, outcome) in in_order(sendings).await.into_iter().enumerate() {
            outcome.map_err(|error| match last {
                _ if at < opened => refused_opening(at, &self.prelude, error),
                Some((index, _)) if at < behind => refused_statement(index, error),
                _ => refused_end(error),
            })?;
        }
        Ok(())
    }

    /// What the suspected losses are, counted exactly; none of them is beyond what is allowed.
    async fn recounted(&self, suspected: &[Loss], beside: &Client) -> Outcome<Vec<Loss>> {
        let losses = self
            .looked
            .after(self.client, beside, suspected)
            .await
            .map_err(Failed::Commit)?;
        let (beyond, within): (Vec<Loss>, Vec<Loss>) = losses.into_iter().partition(Loss::is_beyond);
        if !beyond.is_empty() {
            return Err(Failed::Fatal(guard::refusal(&beyond)));
        }
        Ok(within)
    }
}

/// A statement that was sent in a message of its own.
fn refused_statement(index: usize, error: tokio_postgres::Error) -> Failed {
    Failed::Statement {
        index,
        error,
        sent_behind: 0,
    }
}

/// So many data changes are on their way at most, and so many bytes of them.
const AHEAD: (usize, usize) = (64, 256 * 1024);

/// How many of these statements, from the first on, are sent without waiting for the answers in between: data changes, of
/// which a script can have very many small ones; for them the round trip is most of the time that their locks are held.
/// Each is a message of its own, so that what the server shows, cancels and refuses is one statement of the file. When
/// one fails, the server refuses those behind it (25P02), and nothing commits.
fn together<'s>(statements: impl Iterator<Item = &'s PlannedStatement>) -> usize {
    let (most, most_bytes) = AHEAD;
    let mut bytes = 0;
    statements
        .take(most)
        .take_while(|statement| {
            bytes += statement.sql.len();
            statement.lane == Lane::Dml && can_be_last(statement) && bytes <= most_bytes
        })
        .count()
}

/// Whether the end of the transaction can be sent behind the statement without reading its answer.
fn can_be_last(statement: &PlannedStatement) -> bool {
    statement.copy_data.is_none() && statement.assertion.is_none()
}

/// What the end of a transaction was refused for.
fn refused_end(error: tokio_postgres::Error) -> Failed {
    if error.code().is_some_and(|code| code.code() == guard::LOSS) {
        let losses = Loss::read(error.as_db_error().and_then(|error| error.detail()));
        return if losses.is_empty() {
            Failed::Fatal(guard::blinded())
        } else {
            Failed::Loss(losses)
        };
    }
    if error.code().is_some_and(|code| code.code() == guard::UNBACKED) {
        let what = error.as_db_error().map_or("what goes", |error| error.message());
        return Failed::Fatal(guard::unbacked(what));
    }
    Failed::Commit(error)
}

/// An opening begins with the fence; in `prelude` there are locks.
fn refused_opening(at: usize, prelude: &Range<usize>, error: tokio_postgres::Error) -> Failed {
    if prelude.contains(&at) {
        return Failed::Prelude(error);
    }
    if at == 0 && error.code().is_some_and(|code| code.code() == journal::FENCED) {
        return Failed::Fenced;
    }
    Failed::Commit(error)
}
