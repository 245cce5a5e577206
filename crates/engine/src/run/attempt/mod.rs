//! One attempt at one transactional step: set it up, execute, record, commit.
//! Deciding whether to try again is `retry`'s job; remembering is `journal`'s.

mod by_statement;
mod limits;
mod session;
mod statement;
mod whole;
mod wire;

use std::time::Duration;

use tokio_postgres::Client;
use windlass_compiler::plan::Step;

pub(crate) use self::limits::Limits;
pub(crate) use self::session::{clean, replay, set_role};
pub(super) use self::session::{cleaning, custom_settings};
pub(crate) use self::statement::{Refusal, execute, one_line};
pub(super) use self::statement::{answered, points_at};
pub(super) use self::whole::goes_at_once;
pub(crate) use self::whole::grouped;
use crate::error::Error;
use crate::guard::{Backing, Loss, Watching};
use crate::journal::{Prepared, Write};

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
    /// The limit on each lock behind the first one, which a prelude leaves set.
    pub(crate) later_lock_timeout: Duration,
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

/// Runs the step's statements and commits. On any failure the transaction is rolled back.
pub(crate) async fn transaction(
    client: &Client,
    limits: &Limits,
    envelope: &Envelope<'_>,
    step: &Step,
) -> std::result::Result<(), Failed> {
    let result = match envelope.at_once {
        true => whole::attempt(client, limits, envelope, step).await,
        false => by_statement::attempt(client, limits, envelope, step).await,
    };
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
