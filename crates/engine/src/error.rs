//! Why a run stopped: a kind to decide by, a sentence to read, what is already done.

use std::error::Error as StdError;
use std::fmt;

use windlass_compiler::diagnostic::Diagnostic;

use crate::blockers::Blocker;
use crate::event::StepName;
use crate::run::Outcome;

/// What sort of failure it is; the command line maps each kind to one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A statement failed for a reason of its own.
    Failed,
    /// The files or the request cannot be used as they are.
    BadInput,
    /// A lock could not be had in time, or another runner kept leading.
    Locked,
    /// A rule or guard refuses.
    Refused,
    /// A `verify` or `require` assertion is not true.
    Unverified,
    /// Files and database do not belong together.
    Diverged,
    /// The connection was lost; running again is safe.
    ConnectionLost,
    /// The server cannot be reached or does not let us in.
    NoConnection,
    /// What became of a statement cannot be found out; `resolve` decides.
    OutcomeUnknown,
    /// The caller asked to stop.
    Interrupted,
}

/// A failure with its context.
pub struct Error(Box<Parts>);

struct Parts {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
    sqlstate: Option<String>,
    step: Option<StepName>,
    done: Vec<String>,
    blockers: Vec<Blocker>,
    outcome: Option<Outcome>,
    hints: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

/// The engine's result.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            source: None,
            sqlstate: None,
            step: None,
            done: Vec::new(),
            blockers: Vec::new(),
            outcome: None,
            hints: Vec::new(),
            diagnostics: Vec::new(),
        }))
    }

    /// An error of the input, with its places.
    pub fn input(message: impl Into<String>, diagnostics: Vec<Diagnostic>) -> Self {
        let mut error = Self::new(ErrorKind::BadInput, message);
        error.0.diagnostics = diagnostics;
        error
    }

    #[must_use]
    pub(crate) fn with_diagnostics(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.0.diagnostics = diagnostics;
        self
    }

    #[must_use]
    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    #[must_use]
    pub(crate) fn with_sqlstate(mut self, code: &str) -> Self {
        self.0.sqlstate = Some(code.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn at_step(mut self, step: StepName) -> Self {
        self.0.step.get_or_insert(step);
        self
    }

    #[must_use]
    pub(crate) fn with_done(mut self, done: impl Into<String>) -> Self {
        self.0.done.push(done.into());
        self
    }

    #[must_use]
    pub(crate) fn with_blockers(mut self, blockers: Vec<Blocker>) -> Self {
        self.0.blockers = blockers;
        self
    }

    #[must_use]
    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = Some(outcome);
        self
    }

    /// Adds a sentence on what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    pub(crate) fn add_hint(&mut self, hint: impl Into<String>) {
        self.0.hints.push(hint.into());
    }

    /// The same failure as another sort of it.
    #[must_use]
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The server's code, when the server refused something.
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.sqlstate.as_deref()
    }

    /// Whether the same request may succeed later without any change.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Locked | ErrorKind::ConnectionLost | ErrorKind::NoConnection
        )
    }

    /// The step that failed.
    pub fn step(&self) -> Option<&StepName> {
        self.0.step.as_ref()
    }

    /// What is already done, a sentence each.
    pub fn done(&self) -> &[String] {
        &self.0.done
    }

    /// The sessions that were in the way when it was given up.
    pub fn blockers(&self) -> &[Blocker] {
        &self.0.blockers
    }

    /// What the run did and cost before it failed; none where it had not begun.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.0.outcome.as_ref()
    }

    /// What to do next, a sentence each.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// Places in files that this is about.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("sqlstate", &self.0.sqlstate)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
