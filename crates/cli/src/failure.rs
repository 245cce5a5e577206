//! From a failure to what a person reads and what a script sees.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};
use windlass::compiler::diagnostic::{Diagnostic, Severity};
use windlass::{Error, ErrorKind};

use crate::mask::masked;

/// Exit code of usage errors and bad input.
pub(crate) const USAGE: u8 = 2;
/// Exit code of what a rule or guard refuses.
pub(crate) const REFUSED: u8 = 4;
/// Exit code of what was verified and is not true.
pub(crate) const UNVERIFIED: u8 = 5;

/// Why a command ends without having done what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine's.
    Engine(Error),
    /// Files or flags that cannot be used.
    Input(Vec<Diagnostic>),
    /// Another failure under an exit code of its own.
    Wrapped {
        /// What happened.
        failure: Box<Failure>,
        /// The exit code.
        code: u8,
    },
    /// Something outside both.
    Other {
        /// A sentence that continues "error: ".
        message: String,
        /// What to do.
        hints: Vec<String>,
        /// The exit code.
        code: u8,
    },
}

impl Failure {
    /// A usage error with what to do.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other {
            message: message.into(),
            hints: vec![hint.into()],
            code: USAGE,
        }
    }

    /// A failure of the surroundings, such as a file that cannot be written.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::Other {
            message: message.into(),
            hints: Vec::new(),
            code: 1,
        }
    }

    /// The exit code; the numbers are API.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Engine(error) => exit_code(error.kind()),
            Self::Input(_) => USAGE,
            Self::Wrapped { code, .. } | Self::Other { code, .. } => *code,
        }
    }

    /// One sentence, for JSON.
    pub(crate) fn message(&self) -> String {
        let message = match self {
            Self::Engine(error) => match error.diagnostics().first() {
                Some(first) => format!("{error}: {first}"),
                None => error.to_string(),
            },
            Self::Input(problems) => problems.first().map_or_else(String::new, ToString::to_string),
            Self::Wrapped { failure, .. } => failure.message(),
            Self::Other { message, .. } => message.clone(),
        };
        masked(&message)
    }

    /// What to do.
    pub(crate) fn hints(&self) -> Vec<String> {
        let hints = match self {
            Self::Engine(error) => error.hints().to_vec(),
            Self::Input(problems) => problems.iter().flat_map(|problem| problem.help.clone()).collect(),
            Self::Wrapped { failure, .. } => failure.hints(),
            Self::Other { hints, .. } => hints.clone(),
        };
        hints.iter().map(|hint| masked(hint)).collect()
    }

    /// The sessions that were in the way, as JSON.
    pub(crate) fn blockers(&self) -> serde_json::Value {
        match self {
            Self::Engine(error) => crate::ui::sessions(error.blockers()),
            Self::Wrapped { failure, .. } => failure.blockers(),
            Self::Input(_) | Self::Other { .. } => serde_json::Value::Array(Vec::new()),
        }
    }

    /// It as data. Keys are only ever added.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut value = serde_json::json!({
            "message": self.message(),
            "exit": self.code(),
            "hints": self.hints(),
            "blockers": self.blockers(),
        });
        let mut whole = self;
        while let Self::Wrapped { failure, .. } = whole {
            whole = failure;
        }
        let problems = match whole {
            Self::Engine(error) => {
                value["sqlstate"] = error.sqlstate().into();
                value["is_retryable"] = error.is_retryable().into();
                value["done"] = error.done().into();
                value["revision"] = error.step().map(|step| step.revision.as_str()).into();
                value["step"] = error.step().map(|step| step.number).into();
                error.diagnostics()
            }
            Self::Input(problems) => problems,
            Self::Wrapped { .. } | Self::Other { .. } => &[],
        };
        let problems = problems.iter().map(|problem| {
            let place = problem.place.as_ref();
            serde_json::json!({
                "message": masked(&problem.message),
                "path": place.map(|place| masked(&place.path)),
                "line": place.map(|place| place.line),
                "column": place.map(|place| place.column),
                "help": problem.help,
            })
        });
        value["problems"] = problems.collect();
        value
    }

    /// What the run had done when it failed.
    pub(crate) fn outcome(&self) -> Option<&windlass::Outcome> {
        match self {
            Self::Engine(error) => error.outcome(),
            Self::Wrapped { failure, .. } => failure.outcome(),
            Self::Input(_) | Self::Other { .. } => None,
        }
    }

    /// What a person reads.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        match self {
            Self::Engine(error) => engine(&mut text, error),
            Self::Input(problems) => problems.iter().for_each(|problem| diagnostic(&mut text, problem)),
            Self::Wrapped { failure, .. } => text.push_str(&failure.render()),
            Self::Other { message, hints, .. } => {
                heading(&mut text, message);
                hints.iter().for_each(|hint| line(&mut text, "hint", hint));
            }
        }
        text
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self::Input(problems)
    }
}

impl From<Box<Diagnostic>> for Failure {
    fn from(problem: Box<Diagnostic>) -> Self {
        Self::Input(vec![*problem])
    }
}

fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::BadInput => USAGE,
        ErrorKind::Locked => 3,
        ErrorKind::Refused => REFUSED,
        ErrorKind::Unverified => UNVERIFIED,
        ErrorKind::Diverged => 6,
        ErrorKind::ConnectionLost => 7,
        ErrorKind::OutcomeUnknown => 9,
        ErrorKind::Interrupted => crate::context::stopped_code(),
        // Failed, NoConnection and what may be added.
        _ => 1,
    }
}

fn engine(text: &mut String, error: &Error) {
    for problem in error.diagnostics() {
        diagnostic(text, problem);
    }
    match error.step() {
        // What the diagnostics said already is not said again.
        None if error
            .diagnostics()
            .iter()
            .any(|problem| problem.message == error.to_string()) => {}
        Some(step) => heading(
            text,
            &format!("{} step {} of {}: {error}", step.revision, step.number, step.of),
        ),
        None => heading(text, &error.to_string()),
    }
    for blocker in error.blockers() {
        line(text, "held by", &blocker.to_string());
    }
    for done in error.done() {
        line(text, "done", done);
    }
    if let Some(code) = error.sqlstate() {
        line(text, "sqlstate", code);
    }
    for hint in error.hints() {
        line(text, "hint", hint);
    }
}

fn heading(text: &mut String, message: &str) {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    // Writing to a string does not fail; the same below.
    let _ = writeln!(text, "{red}error{red:#}: {message}");
}

fn line(text: &mut String, word: &str, what: &str) {
    let _ = writeln!(text, "  {word}: {what}");
}

/// A diagnostic as rustc shows them: the place, the excerpt with its caret, what to do.
pub(crate) fn diagnostic(text: &mut String, problem: &Diagnostic) {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(problem.message.clone());
    let title = match problem.code {
        Some(code) => title.id(code),
        None => title,
    };
    let mut group = Group::with_title(title);
    if let Some(place) = &problem.place {
        let label = problem.label.clone().unwrap_or_default();
        let annotation = AnnotationKind::Primary.span(place.within.clone());
        let annotation = if label.is_empty() {
            annotation
        } else {
            annotation.label(label)
        };
        group = group.element(
            Snippet::source(place.excerpt.clone())
                .path(place.path.to_string())
                .line_start(place.line)
                .annotation(annotation),
        );
    }
    for help in &problem.help {
        group = group.element(Level::HELP.message(help.clone()));
    }
    let _ = writeln!(text, "{}\n", Renderer::styled().render(&[group]));
}
