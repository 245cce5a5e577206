//! What is wrong with a file, and where: a sentence, a place with its excerpt, and what to do.
//! Rendering is left to whoever has a terminal.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A matter of taste, or of other people; no command ends otherwise for it.
    Note,
    /// Worth knowing; nothing is refused.
    Warning,
    /// The input cannot be used as it is.
    Error,
}

/// A byte range in a file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The span as a range, to slice text with.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A span that has been looked up in its file. It carries its excerpt, so that the
/// file's text need not be kept (or read again) to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it.
    pub path: Arc<str>,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, counted in characters.
    pub column: usize,
    /// The whole line or lines that hold the span, at most [`Place::EXCERPT_LINES`],
    /// long lines shortened around the span.
    pub excerpt: String,
    /// The span inside the excerpt, in bytes.
    pub within: Range<usize>,
}

impl Place {
    /// An excerpt shows no more lines than this.
    pub const EXCERPT_LINES: usize = 6;
    /// An excerpt shows no more bytes of one line than about this many on each side of the span.
    pub const EXCERPT_REACH: usize = 160;

    /// Looks `span` up in `text`, which is the content of `path`.
    pub fn locate(path: &Arc<str>, text: &str, span: Span) -> Self {
        let line = |line_start: usize| text[..line_start].bytes().filter(|&byte| byte == b'\n').count() + 1;
        Self::locate_by(path, text, span, line)
    }

    fn locate_by(path: &Arc<str>, text: &str, span: Span, line_at: impl Fn(usize) -> usize) -> Self {
        let start = floor_boundary(text, span.start);
        let end = floor_boundary(text, span.end.max(span.start)).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = line_at(line_start);
        let column = text[line_start..start].chars().count() + 1;

        let from = if start - line_start > Self::EXCERPT_REACH {
            floor_boundary(text, start - Self::EXCERPT_REACH)
        } else {
            line_start
        };
        let mut to = from;
        for (count, piece) in text[from..].split_inclusive('\n').enumerate() {
            if count == Self::EXCERPT_LINES || (count > 0 && to >= end) {
                break;
            }
            to += piece.len();
        }
        let to = floor_boundary(text, to.min(end.max(start) + Self::EXCERPT_REACH)).max(start);
        let excerpt = text[from..to].trim_end_matches(['\n', '\r']);
        let limit = excerpt.len();
        Self {
            path: path.clone(),
            line,
            column,
            within: (start - from).min(limit)..(end - from).min(limit),
            excerpt: excerpt.to_owned(),
        }
    }
}

/// Where the lines of a text begin: for many places in one text, which [`Place::locate`] would count from its
/// top each time.
#[derive(Debug, Clone)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Reads `text` once.
    pub fn of(text: &str) -> Self {
        let behind = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            starts: std::iter::once(0).chain(behind.map(|(at, _)| at + 1)).collect(),
        }
    }

    /// What [`Place::locate`] gives for the same text.
    pub fn locate(&self, path: &Arc<str>, text: &str, span: Span) -> Place {
        Place::locate_by(path, text, span, |line_start| {
            self.starts.partition_point(|start| *start <= line_start)
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One fact about the input that somebody has to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the input can still be used.
    pub severity: Severity,
    /// The rule that it comes from.
    pub code: Option<&'static str>,
    /// A lowercase sentence without a full stop.
    pub message: String,
    /// Where it is. A fact about a whole directory has no place.
    pub place: Option<Box<Place>>,
    /// A few words drawn beside the excerpt's caret.
    pub label: Option<String>,
    /// What to do next, one suggestion each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error without a place; see [`Diagnostic::at`].
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: None,
            message: message.into(),
            place: None,
            label: None,
            help: Vec::new(),
        }
    }

    /// A warning without a place; see [`Diagnostic::at`].
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// Says a few words beside the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Whether this keeps the input from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// The candidate that `word` was probably meant to be, if one is near enough.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(text: &str, start: usize, end: usize) -> Place {
        Place::locate(&Arc::from("a.sql"), text, Span::new(start, end))
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let place = locate("SELECT 1;\nSELECT 'é', x;\n", 23, 24);
        assert_eq!(place.to_string(), "a.sql:2:13");
        assert_eq!(&place.excerpt[place.within.clone()], "x");
    }

    #[test]
    fn an_index_of_lines_gives_the_same_places() {
        let text = "SELECT 1;\n\n  é;\r\nx\n";
        let (path, lines) = (Arc::from("a.sql"), Lines::of(text));
        for start in 0..=text.len() {
            let span = Span::new(start, start + 1);
            assert_eq!(lines.locate(&path, text, span), Place::locate(&path, text, span));
        }
    }

    #[test]
    fn a_span_behind_the_end_is_shown_at_the_end() {
        let place = locate("SELECT", 6, 9);
        assert_eq!((place.line, place.column, place.within), (1, 7, 6..6));
    }

    #[test]
    fn a_long_line_is_shortened_around_the_span() {
        let text = format!("{}X{}", "a".repeat(10_000), "b".repeat(10_000));
        let place = locate(&text, 10_000, 10_001);
        assert_eq!(place.column, 10_001);
        assert!(place.excerpt.len() < 400);
        assert_eq!(&place.excerpt[place.within.clone()], "X");
    }

    #[test]
    fn a_typing_error_gets_a_suggestion_and_a_stranger_none() {
        assert_eq!(suggest("backfil", ["backfill", "verify"]), Some("backfill"));
        assert_eq!(suggest("zebra", ["backfill", "verify"]), None);
    }
}
