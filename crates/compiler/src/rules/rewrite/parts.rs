//! ADD COLUMN's own text, cut at its constraints.

use crate::rules::case::Case;
use crate::sql::{self, ColumnDetails, Constrains};

/// ADD COLUMN's text, cut at its constraints.
pub(super) struct Parts<'a> {
    pub(super) begin: String,
    parts: Vec<Part<'a>>,
}

pub(super) struct Part<'a> {
    pub(super) kind: Constrains,
    pub(super) is_default: bool,
    pub(super) is_identity: bool,
    pub(super) is_not_enforced: bool,
    pub(super) text: &'a str,
    pub(super) is_kept: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn of(case: &'a Case, column: &ColumnDetails) -> Option<Self> {
        let own = case.command_text()?;
        let base = own.as_ptr() as usize - case.text.as_ptr() as usize;
        let starts: Vec<usize> = column
            .constraints
            .iter()
            .map(|part| part.start.checked_sub(base))
            .collect::<Option<_>>()?;
        let end_of = |at: usize| starts.get(at + 1).copied().unwrap_or(own.len());
        let parts = column
            .constraints
            .iter()
            .zip(&starts)
            .enumerate()
            .map(|(at, (part, start))| {
                let text = own.get(*start..end_of(at))?.trim_end();
                let is_default = part.kind == Constrains::Nothing
                    && text
                        .get(..7)
                        .is_some_and(|word| word.eq_ignore_ascii_case("default"));
                let is_identity =
                    part.kind == Constrains::Nothing && sql::has_words(text, &["as", "identity"]);
                Some(Part {
                    kind: part.kind,
                    is_default,
                    is_identity,
                    is_not_enforced: part.is_not_enforced,
                    text,
                    is_kept: true,
                })
            });
        let begin = own
            .get(..starts.first().copied().unwrap_or(own.len()))?
            .trim_end()
            .to_owned();
        Some(Self {
            begin,
            parts: parts.collect::<Option<_>>()?,
        })
    }

    /// Takes constraints out, with the attributes that belong to them.
    pub(super) fn drop_where(&mut self, goes: impl Fn(&Part) -> bool) {
        let mut before = true;
        for part in &mut self.parts {
            part.is_kept = if part.kind == Constrains::Attribute {
                before
            } else {
                !goes(part)
            };
            before = part.is_kept;
        }
    }

    pub(super) fn kept(&self) -> String {
        let kept = self
            .parts
            .iter()
            .filter(|part| part.is_kept)
            .map(|part| part.text);
        std::iter::once(self.begin.as_str())
            .chain(kept)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A constraint's text with that of its attributes.
    pub(super) fn text_at(&self, at: usize) -> Option<String> {
        let first = self.parts.get(at)?.text;
        let attributes = self.parts[at + 1..]
            .iter()
            .take_while(|part| part.kind == Constrains::Attribute);
        Some(
            std::iter::once(first)
                .chain(attributes.map(|part| part.text))
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    pub(super) fn text_of(&self, is_it: impl Fn(&Part) -> bool) -> Option<&'a str> {
        self.parts.iter().find(|part| is_it(part)).map(|part| part.text)
    }

    /// Puts another type in the place of the last word before the constraints.
    pub(super) fn replace_type(&mut self, of: &str) -> Option<()> {
        let end = self.begin.rfind(|letter: char| letter.is_whitespace())?;
        self.begin.replace_range(end + 1.., of);
        Some(())
    }
}
