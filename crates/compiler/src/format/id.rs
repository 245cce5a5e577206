//! The id of a revision: its file's stem.

use std::borrow::Borrow;
use std::fmt;

/// The id of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RevisionId(String);

/// Text that cannot be an id, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadId(String);

impl RevisionId {
    /// Takes text as an id.
    ///
    /// # Errors
    /// Text that means something else as a target, or that could not name a file.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        const RESERVED: [&str; 3] = ["head", "heads", "base"];
        let refuse = |why: &str| Err(BadId(format!("{text:?} cannot be a revision's id: {why}")));
        if text.is_empty() {
            return refuse("it is empty");
        }
        if RESERVED.contains(&text) {
            return refuse("the word is a target of its own");
        }
        if text.starts_with(['+', '-']) {
            return refuse("it reads like a relative target");
        }
        if text
            .chars()
            .any(|letter| letter.is_control() || letter == '/' || letter == '\\')
        {
            return refuse("it holds a path separator or a control character");
        }
        Ok(Self(text.to_owned()))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a word of a directive, quoted where it needs to be.
    pub fn word(&self) -> String {
        let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
        if self.0.chars().all(is_plain) {
            self.0.clone()
        } else {
            format!("\"{}\"", self.0.replace('"', "\"\""))
        }
    }

    /// The digits that the id begins with, as a number.
    pub fn number(&self) -> Option<u128> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        self.0[..digits].parse().ok()
    }
}

impl Borrow<str> for RevisionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
