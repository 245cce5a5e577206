//! The text of a statement, where it stands in its script: of a long script nothing is copied.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// SQL as it is sent.
#[derive(Clone)]
pub struct StatementText {
    of: Arc<str>,
    range: Range<usize>,
}

impl StatementText {
    /// A part of a script. The range is one that was found in it.
    pub(crate) fn part(of: &Arc<str>, range: Range<usize>) -> Self {
        debug_assert!(of.get(range.clone()).is_some(), "the range was found in the text");
        Self {
            of: Arc::clone(of),
            range,
        }
    }

    /// As a string slice.
    pub fn as_str(&self) -> &str {
        &self.of[self.range.clone()]
    }
}

impl Deref for StatementText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for StatementText {
    fn from(text: &str) -> Self {
        Self {
            of: text.into(),
            range: 0..text.len(),
        }
    }
}

impl From<StatementText> for String {
    fn from(text: StatementText) -> Self {
        text.as_str().to_owned()
    }
}

impl PartialEq for StatementText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for StatementText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for StatementText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
