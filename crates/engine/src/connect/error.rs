//! Why there is no connection: what kind of failure, at which host, and what to do about it.
//! Nothing in here ever holds a password or a piece of a connection string that could contain one.

use std::fmt;

use tokio_postgres::error::SqlState;

/// What stood in the way of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectErrorKind {
    /// The connection string, a variable or a file it names is wrong; no host was tried.
    BadOptions,
    /// No server answered: name not found, connection refused, no route, no socket file.
    Unreachable,
    /// The server answered and does not let this user in.
    Authentication,
    /// The server has no database of that name.
    NoSuchDatabase,
    /// The encrypted connection could not be agreed on, or the certificate was not accepted.
    Tls,
    /// All connection slots of the server, role or database are taken.
    TooManyConnections,
    /// The server starts up, shuts down or recovers (SQLSTATE 57P03).
    StartingUp,
    /// A connection pooler stands between us and the server.
    Pooler,
    /// No answer within `connect_timeout`.
    Timeout,
    /// Servers answered, and none is what `target_session_attrs` asks for.
    WrongSessionAttrs,
    /// Anything else the server said.
    Other,
}

/// A connection that did not come about.
///
/// `Display` is the whole sentence, with one line for each host where several were tried.
#[derive(Clone)]
pub struct ConnectError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ConnectErrorKind,
    message: String,
    hint: Option<String>,
    sqlstate: Option<SqlState>,
    attempts: Vec<Attempt>,
}

/// One host that was tried, and why it did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// `host:port`, or the path of the socket.
    pub target: String,
    /// What this host answered.
    pub reason: String,
}

impl ConnectError {
    /// What stood in the way.
    pub fn kind(&self) -> ConnectErrorKind {
        self.0.kind
    }

    /// What to do about it, where we know.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The SQLSTATE, when it was the server that said no.
    pub fn sqlstate(&self) -> Option<&SqlState> {
        self.0.sqlstate.as_ref()
    }

    /// Every host that was tried, in order. Empty when the options were wrong.
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether the same call may succeed a moment later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        use ConnectErrorKind::*;
        matches!(
            self.0.kind,
            Unreachable | Timeout | StartingUp | TooManyConnections | WrongSessionAttrs
        )
    }

    /// Whether the server let us in but for the value that `setting` was to have.
    pub(crate) fn refuses_setting(&self, setting: &str) -> bool {
        let is_refusal = self.sqlstate().is_some_and(|code| {
            [SqlState::INVALID_PARAMETER_VALUE, SqlState::UNDEFINED_OBJECT].contains(code)
        });
        is_refusal && self.0.message.contains(&format!("\"{setting}\""))
    }

    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(ConnectErrorKind::BadOptions, message)
    }

    pub(super) fn new(kind: ConnectErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            sqlstate: None,
            attempts: Vec::new(),
        }))
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The verdict over all hosts: the last failure decides when it ended the search, else the most telling one.
    pub(super) fn from_failures(failures: Vec<Failure>) -> Self {
        let telling = |failure: &Failure| match failure.kind {
            _ if failure.ends_search => 9,
            ConnectErrorKind::WrongSessionAttrs => 3,
            ConnectErrorKind::StartingUp => 2,
            ConnectErrorKind::Timeout => 1,
            _ => 0,
        };
        let Some(verdict) = failures.iter().max_by_key(|failure| telling(failure)).cloned() else {
            return Self::bad("there is no host to connect to");
        };
        let attempts: Vec<Attempt> = failures
            .into_iter()
            .map(|failure| Attempt {
                target: failure.target,
                reason: failure.reason,
            })
            .collect();
        let message = match attempts.as_slice() {
            [only] => format!("could not connect to {}: {}", only.target, only.reason),
            several => {
                let mut text = format!("could not connect to any of {} addresses", several.len());
                for attempt in several {
                    text += &format!("\n  {}: {}", attempt.target, attempt.reason);
                }
                text
            }
        };
        Self(Box::new(Inner {
            kind: verdict.kind,
            message,
            hint: verdict.hint,
            sqlstate: verdict.sqlstate,
            attempts,
        }))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
            .field("sqlstate", &self.0.sqlstate.as_ref().map(SqlState::code))
            .finish()
    }
}

impl std::error::Error for ConnectError {}

/// One address that did not do.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) target: String,
    pub(super) kind: ConnectErrorKind,
    pub(super) reason: String,
    pub(super) hint: Option<String>,
    pub(super) sqlstate: Option<SqlState>,
    /// As in libpq, a server that answers and refuses ends the search: the next host would get the same password.
    pub(super) ends_search: bool,
}

impl Failure {
    pub(super) fn new(target: &str, kind: ConnectErrorKind, reason: impl Into<String>) -> Self {
        use ConnectErrorKind::*;
        Self {
            target: target.to_owned(),
            kind,
            reason: reason.into(),
            hint: None,
            sqlstate: None,
            ends_search: !matches!(kind, Unreachable | Timeout | StartingUp | WrongSessionAttrs),
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
