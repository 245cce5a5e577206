//! One attempt at one transactional step: set it up, execute, record, commit.
//! Deciding whether to try again is `retry`'s job; remembering is `journal`'s.

use std::io::Cursor;
use std::ops::Range;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use tokio_postgres::{Client, SimpleQueryMessage};
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{Assertion, PlannedStatement, Step};
use windlass_compiler::sql::quote_literal;

use crate::error::{Error, ErrorKind, Result};
use crate::guard::{self, Backing, Looked, Loss, NotKept, Watching};
use crate::journal::{self, Prepared, Write};
use crate::secret;
use crate::session;

/// The limits of one attempt, worked out from policy and directives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Zero means none.
    pub(crate) lock_timeout: Duration,
    /// Zero means none.
    pub(crate) statement_timeout: Duration,
    /// Zero means none.
    pub(crate) idle_in_transaction: Duration,
    /// A lock of the step can make the application wait.
    pub(crate) blocks: bool,
}

impl Limits {
    /// The settings as `name`, `value in milliseconds`.
    fn settings(&self) -> [(&'static str, u128); 3] {
        [
            ("lock_timeout", self.lock_timeout.as_millis()),
            ("statement_timeout", self.statement_timeout.as_millis()),
            (
                "idle_in_transaction_session_timeout",
                self.idle_in_transaction.as_millis(),
            ),
        ]
    }

    /// What the engine itself sets, as `name=value`, to be told from what a script sets.
    pub(super) fn ours(&self, role: Option<&str>) -> Vec<String> {
        let mut ours: Vec<String> = self
            .settings()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if self.blocks {
            ours.push("synchronous_commit=local".to_owned());
            let timeout = self.idle_in_transaction.as_millis();
            // On a local socket it is not taken.
            ours.extend([
                format!("tcp_user_timeout={timeout}"),
                "tcp_user_timeout=0".to_owned(),
            ]);
        }
        ours.push(format!("role={}", role.unwrap_or("none")));
        ours
    }

    pub(super) fn begin(&self) -> String {
        self.opening().join("; ")
    }

    /// The statements that begin a transaction under these limits.
    fn opening(&self) -> Vec<String> {
        let mut opening = vec!["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned()];
        let settings = self.settings();
        opening.extend(
            settings
                .iter()
                .map(|(name, value)| format!("SET LOCAL {name} = {value}")),
        );
        if self.blocks {
            // With an absent synchronous standby COMMIT would hang while the locks are still held.
            opening.push("SET LOCAL synchronous_commit = local".to_owned());
            // No other timeout ends a backend that writes to a runner that has stopped reading (measured).
            let timeout = self.idle_in_transaction.as_millis();
            opening.push(format!("SET LOCAL tcp_user_timeout = {timeout}"));
        }
        opening
    }
}

/// Everything that one transaction does besides the step's own statements.
pub(crate) struct Envelope<'a> {
    pub(crate) fence: Write,
    /// Sent before the first statement, such as the freezing of the plan.
    pub(crate) before: &'a [Write],
    /// The step's own row, sent behind the last statement.
    pub(crate) own: Vec<Write>,
    /// Sent behind that, in the same go as COMMIT.
    pub(crate) after: &'a [Write],
    /// Locks that are taken before the first statement, and the limits under which.
    pub(crate) prelude: &'a [String],
    /// Settings that earlier steps of the revision left behind.
    pub(crate) session: Option<&'a str>,
    /// Whether those that this step leaves behind are wanted.
    pub(crate) keep_session: bool,
    /// The configured role.
    pub(crate) role: Option<&'a str>,
    /// Empty for a step that may deallocate what is prepared.
    pub(crate) prepared: &'a Prepared,
    /// Everything goes in one message; then there is no prelude, no session to keep, nothing watched.
    pub(crate) at_once: bool,
    /// What is watched for losses.
    pub(crate) guarded: Option<Guarded<'a>>,
}

/// A step that is watched for losses.
pub(crate) struct Guarded<'a> {
    pub(crate) watching: Watching,
    /// What looked like a loss in an earlier attempt and is looked into by this one, with a session that
    /// does not see its transaction.
    pub(crate) suspected: Option<(&'a [Loss], &'a Client)>,
    /// What is known to be lost is noted with these.
    pub(crate) note: &'a (dyn Fn(&Loss) -> Write + Sync),
    /// What is copied before it goes.
    pub(crate) backing: Option<Backing>,
}

/// Which statement failed, and how.
pub(crate) enum Failed {
    /// The server refused a statement of the script.
    Statement {
        /// Index into the step's statements.
        index: usize,
        error: tokio_postgres::Error,
        /// Characters that stood before it in the message that it was sent in.
        sent_behind: usize,
    },
    /// A lock was not had that is taken before the first statement.
    Prelude(tokio_postgres::Error),
    /// COMMIT or a journal row failed.
    Commit(tokio_postgres::Error),
    /// The leader row belongs to another runner by now.
    Fenced,
    /// A protected table would lose something, by what can be seen in one go.
    Loss(Vec<Loss>),
    /// It cannot be tried again.
    Fatal(Error),
}

type Answer = std::result::Result<(), tokio_postgres::Error>;
type Sending<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Rows that it returns are dropped as they come.
fn simple(client: &Client, sql: String) -> Sending<'_> {
    Box::pin(async move { client.batch_execute(&sql).await })
}

fn borrowed<'a>(client: &'a Client, sql: &'a str) -> Sending<'a> {
    Box::pin(client.batch_execute(sql))
}

fn written<'a>(client: &'a Client, write: &'a Write, prepared: &'a Prepared) -> Sending<'a> {
    Box::pin(async move { prepared.send(client, write).await.map(|_| ()) })
}

/// Sends everything in one go, first to last, and collects the answers. A request is sent when it
/// is polled for the first time, so the order of polling is the order on the wire.
async fn in_order(sendings: Vec<Sending<'_>>) -> Vec<Answer> {
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
const SEPARATOR: &str = "\n;\n";

/// A whole transaction in one message, which the server answers in one go: an answer for each statement is
/// most of what a small one costs, on both sides. What follows a statement that fails is not executed, be it
/// BEGIN itself. Gives back which statement failed.
async fn at_once(
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
            Err(error) => return Err((done, error)),
        }
    }
    Ok(())
}

/// Whether a step can go in one message: it leaves its session alone, nothing of it is read, and it neither
/// takes long nor makes anybody wait. What does stands in pg_stat_activity as it was written.
pub(super) fn goes_at_once(step: &Step) -> bool {
    !step.blocks()
        && !step.changes_session()
        && step.statements.iter().all(|statement| {
            statement.catalog_only && statement.copy_data.is_none() && statement.assertion.is_none()
        })
}

/// [`attempt`] for a step that goes in one message.
async fn attempt_at_once(
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

/// Runs the step's statements and commits. On any failure the transaction is rolled back.
pub(crate) async fn transaction(
    client: &Client,
    limits: &Limits,
    envelope: &Envelope<'_>,
    step: &Step,
) -> std::result::Result<(), Failed> {
    let result = attempt(client, limits, envelope, step).await;
    if result.is_err() {
        // What failed is already known; a lost connection rolls back by itself. A cancel that came late
        // may hit the first ROLLBACK.
        for _ in 0..2 {
            if client.batch_execute("ROLLBACK").await.is_ok() {
                break;
            }
        }
    }
    result
}

async fn attempt(
    client: &Client,
    limits: &Limits,
    envelope: &Envelope<'_>,
    step: &Step,
) -> std::result::Result<(), Failed> {
    if envelope.at_once {
        return attempt_at_once(client, limits, envelope, step).await;
    }
    let statements = &step.statements;
    let save = envelope.keep_session.then(|| {
        journal::save_session(
            limits.ours(envelope.role),
            custom_settings(step, envelope.session),
        )
    });
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
    if let Some(guarded) = &envelope.guarded {
        opening.push(simple(client, guarded.watching.before.clone()));
    }
    let suspected = envelope.guarded.as_ref().and_then(|guarded| guarded.suspected);
    let last = statements.len().saturating_sub(1);
    let mut opening = Some(opening);
    let mut looked = Looked::default();
    if let Some((suspected, _)) = suspected {
        open(opening.take(), &prelude).await?;
        looked = Looked::before(client, suspected).await.map_err(Failed::Commit)?;
    }
    let backing = envelope
        .guarded
        .as_ref()
        .and_then(|guarded| guarded.backing.as_ref());
    let is_copied = |index: usize| backing.is_some_and(|backing| backing.concerns(index));
    let can_be_last = |statement: &PlannedStatement| can_be_last(statement) && !is_copied(last);
    let mut copies = Vec::new();
    let mut index = 0;
    while let Some(statement) = statements.get(index) {
        if index == last && suspected.is_none() && can_be_last(statement) {
            break;
        }
        open(opening.take(), &prelude).await?;
        if let Some(backing) = backing.filter(|backing| backing.concerns(index)) {
            let copied = copying(client, backing, index, statement).await;
            copies.extend(copied.map_err(|not| match not {
                NotKept::Server(error) => refused_statement(index, error),
                NotKept::Refused(error) => Failed::Fatal(error),
            })?);
            index += 1;
            continue;
        }
        let ahead = together(statements[index..last].iter().map(AsRef::as_ref));
        let ahead = (index..index + ahead).take_while(|at| !is_copied(*at)).count();
        if ahead > 1 {
            let sent = statements[index..index + ahead].iter();
            let sendings = sent.map(|statement| borrowed(client, &statement.sql)).collect();
            for (at, answer) in in_order(sendings).await.into_iter().enumerate() {
                answer.map_err(|error| refused_statement(index + at, error))?;
            }
            index += ahead;
            continue;
        }
        execute(client, statement)
            .await
            .map_err(|failure| match failure {
                Refusal::Server(error) => refused_statement(index, error),
                Refusal::Engine(error) => Failed::Fatal(error),
            })?;
        index += 1;
    }

    // The last statement, the journal and COMMIT travel together: the locks are held no longer than
    // the server needs, and a runner that freezes now holds nothing.
    let mut notes: Vec<Write> = Vec::new();
    let mut recounted: Vec<Loss> = Vec::new();
    let mut sendings = opening.unwrap_or_default();
    let opened = sendings.len();
    let mut own = None;
    if let Some(statement) = statements
        .last()
        .filter(|last| suspected.is_none() && can_be_last(last))
    {
        own = Some(sendings.len());
        sendings.push(borrowed(client, &statement.sql));
    }
    if let Some(save) = &save {
        sendings.push(written(client, save, envelope.prepared));
    }
    if step.changes_session() {
        sendings.push(simple(
            client,
            format!("RESET SESSION AUTHORIZATION; {}", set_role(envelope.role)),
        ));
    }
    if let Some(guarded) = &envelope.guarded {
        // A deferred constraint fires, with its trigger, before anything is counted.
        sendings.push(simple(client, "SET CONSTRAINTS ALL IMMEDIATE".to_owned()));
        let suspects = suspected.map_or(&[][..], |(suspected, _)| suspected);
        let after = guarded
            .watching
            .after(&looked.settled(), &Looked::recounted(suspects));
        sendings.push(simple(client, after));
        if let Some((suspected, beside)) = suspected {
            for outcome in in_order(std::mem::take(&mut sendings)).await {
                outcome.map_err(refused_end)?;
            }
            let losses = looked
                .after(client, beside, suspected)
                .await
                .map_err(Failed::Commit)?;
            let (beyond, within): (Vec<Loss>, Vec<Loss>) = losses.into_iter().partition(Loss::is_beyond);
            if !beyond.is_empty() {
                return Err(Failed::Fatal(guard::refusal(&beyond)));
            }
            notes.extend(within.iter().filter(|loss| loss.rows > Some(0)).map(guarded.note));
            recounted = within;
        }
    }
    if let Some(backing) = backing {
        sendings.push(simple(client, backing.check(&copies, &recounted)));
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
        if let Err(error) = outcome {
            return Err(if at < opened {
                refused_opening(at, &prelude, error)
            } else if Some(at) == own {
                refused_statement(last, error)
            } else {
                refused_end(error)
            });
        }
    }
    Ok(())
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

/// Runs a statement that takes something, and keeps what it takes.
async fn copying(
    client: &Client,
    backing: &Backing,
    index: usize,
    statement: &PlannedStatement,
) -> std::result::Result<Vec<i64>, NotKept> {
    let copies = backing.take(client, index, statement).await?;
    let sql = copies.instead.as_deref().unwrap_or(&statement.sql);
    client.batch_execute(sql).await?;
    backing.settle(client, &copies).await
}

async fn open(opening: Option<Vec<Sending<'_>>>, prelude: &Range<usize>) -> std::result::Result<(), Failed> {
    let Some(opening) = opening else { return Ok(()) };
    for (at, outcome) in in_order(opening).await.into_iter().enumerate() {
        outcome.map_err(|error| refused_opening(at, prelude, error))?;
    }
    Ok(())
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
    let rows: Vec<_> = answer
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect();
    let (word, text) = match assertion {
        Assertion::Require(text) => ("require", text),
        Assertion::Verify(text) => ("verify", text),
    };
    match rows.as_slice() {
        [row] if row.len() <= 2 && row.get(0) == Some("t") => Ok(()),
        [row] if row.len() <= 2 && row.get(0) == Some("f") => {
            let found = row.try_get(1).ok().flatten();
            let found = found.map_or(String::new(), |found| format!(" ({found})"));
            Err(Error::new(
                ErrorKind::Unverified,
                format!("{word} is not true: {text}{found}"),
            )
            .hint(format!("line {}: {}", statement.line, one_line(&statement.sql))))
        }
        rows => Err(Error::new(
            ErrorKind::Unverified,
            format!(
                "{word} did not answer with one true or false but with {} rows: {text}",
                rows.len()
            ),
        )
        .hint(format!(
            "line {}: write a query that returns one row with one boolean, and at most one column more that says what was found",
            statement.line
        ))),
    }
}

/// Line and column in the file that the server points at; none where it points at nothing, or at what the file
/// does not say.
pub(super) fn points_at(
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
    let sql = secret::without_passwords(sql);
    let folded = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &folded[..end]),
        None => folded,
    }
}

/// The settings unknown to PostgreSQL that the step makes, and those that it found (`session`).
pub(super) fn custom_settings(step: &Step, session: Option<&str>) -> Vec<String> {
    let found: serde_json::Map<String, serde_json::Value> = session
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let found = found
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.contains('.'));
    let made = step
        .statements
        .iter()
        .filter(|statement| statement.changes_session);
    let made = made.flat_map(|statement| windlass_compiler::sql::custom_settings(&statement.sql));
    let mut names: Vec<String> = found.chain(made).collect();
    names.sort();
    names.dedup();
    names
}

/// The SQL that puts back what [`journal::save_session`] collected; none when that is nothing.
/// Names and values are literals, so nothing of it is interpreted.
pub(crate) fn replay(session: &str) -> Option<String> {
    let settings: serde_json::Map<String, serde_json::Value> = serde_json::from_str(session).ok()?;
    let calls: Vec<String> = settings
        .iter()
        .filter_map(|(name, value)| {
            let value = value.as_str()?;
            Some(format!(
                "pg_catalog.set_config({}, {}, false)",
                quote_literal(name),
                quote_literal(value)
            ))
        })
        .collect();
    (!calls.is_empty()).then(|| format!("SELECT {}", calls.join(", ")))
}

/// Ends what a script may have left behind in the session, but keeps our own locks.
pub(crate) async fn clean(client: &Client) -> Result<()> {
    client.batch_execute(&cleaning()).await.map_err(session::lost)
}

/// What [`clean`] sends.
pub(super) fn cleaning() -> String {
    let ours = crate::mutex::LOCK_CLASS.to_string();
    format!(
        "RESET SESSION AUTHORIZATION; RESET ALL; DEALLOCATE ALL; CLOSE ALL; UNLISTEN *; {}",
        include_str!("unlock.sql").replace("$1", &ours)
    )
}

/// SET ROLE to the configured role, or to none.
pub(crate) fn set_role(role: Option<&str>) -> String {
    format!(
        "SET ROLE {}",
        role.map_or_else(|| "NONE".to_owned(), quote_literal)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_set_is_put_back_as_literals() {
        let sql = replay(r#"{"search_path":"a'b, \\c"}"#);
        assert_eq!(
            sql.as_deref(),
            Some(r"SELECT pg_catalog.set_config('search_path', E'a''b, \\c', false)")
        );
        assert_eq!(replay("{}"), None);
    }

    #[test]
    fn long_statements_are_shown_on_one_short_line() {
        assert_eq!(one_line("SELECT\n   1"), "SELECT 1");
        assert_eq!(one_line(&"é".repeat(200)).chars().count(), 101);
    }
}
