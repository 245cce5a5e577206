//! The words of one directive line.

use crate::diagnostic::Span;

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Its text; for a quoted identifier without the quotes.
    pub(super) text: String,
    /// Where.
    pub(super) span: Span,
    /// It was written in double quotes.
    pub(super) quoted: bool,
}

/// One directive line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The directive's name.
    pub(super) name: Word,
    /// The words behind it.
    pub(super) words: Vec<Word>,
    /// The free text behind `because` or `:`.
    pub(super) free: Option<Free>,
    /// The whole line.
    pub(super) span: Span,
}

/// Free text, and what introduced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Free {
    /// `because` or `:`.
    pub(super) introduced_by: &'static str,
    /// The text.
    pub(super) text: String,
}

/// Takes a directive apart. `span` is that of the directive in `text`.
///
/// # Errors
/// Where a quoted identifier begins that never ends.
pub(super) fn line(text: &str, span: Span) -> Result<Line, Span> {
    const OPENING: &str = "-- windlass:";
    let start = span.start + OPENING.len();
    let (flat, end) = flatten(text, Span::new(start, span.end));
    let bytes = flat.as_bytes();
    let mut words: Vec<Word> = Vec::new();
    let mut free = None;
    let mut at = 0;
    while at < end {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let from = at;
        if bytes[at] == b':' {
            free = Some(Free {
                introduced_by: ":",
                text: tail(&flat, at + 1),
            });
            break;
        }
        let mut before = b' ';
        while at < end && !bytes[at].is_ascii_whitespace() {
            // A quote opens an identifier where a name can begin; elsewhere it is a character like others.
            if bytes[at] == b'"' && matches!(before, b' ' | b'.' | b'=') {
                at = behind_quotes(&flat, at).ok_or(Span::new(start + at, span.end))?;
                before = b'"';
            } else {
                before = bytes[at];
                at += 1;
            }
        }
        let raw = &flat[from..at];
        let quoted = bytes[from] == b'"' && behind_quotes(&flat, from) == Some(at);
        let word = Word {
            text: if quoted {
                raw[1..raw.len() - 1].replace("\"\"", "\"")
            } else {
                raw.to_owned()
            },
            span: Span::new(start + from, start + at),
            quoted,
        };
        if !word.quoted && word.text == "because" && !words.is_empty() {
            free = Some(Free {
                introduced_by: "because",
                text: tail(&flat, at),
            });
            break;
        }
        words.push(word);
    }
    let empty = Word {
        text: String::new(),
        span: Span::new(start, start),
        quoted: false,
    };
    let name = if words.is_empty() { empty } else { words.remove(0) };
    Ok(Line {
        name,
        words,
        free,
        span,
    })
}

/// Where the identifier ends whose opening quote stands at `at`; a doubled quote is part of it.
pub(super) fn behind_quotes(flat: &str, mut at: usize) -> Option<usize> {
    loop {
        at += 1;
        at += flat[at..].find('"')? + 1;
        if !flat[at..].starts_with('"') {
            return Some(at);
        }
    }
}

fn tail(flat: &str, from: usize) -> String {
    flat[from..].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The directive on one line of equal length: continuations become blanks.
fn flatten(text: &str, span: Span) -> (String, usize) {
    let text = &text[span.range()];
    let mut flat = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices("\n--") {
        let head = text[done..at].trim_end();
        let from = done + head.strip_suffix('\\').unwrap_or(head).len();
        flat.push_str(&text[done..from]);
        flat.extend(std::iter::repeat_n(' ', at + "\n--".len() - from));
        done = at + "\n--".len();
    }
    flat.push_str(&text[done..]);
    let end = flat.len();
    (flat, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> (String, Vec<String>, Option<String>) {
        let line = line(text, Span::new(0, text.len())).expect("it is well formed");
        (
            line.name.text,
            line.words.into_iter().map(|word| word.text).collect(),
            line.free.map(|free| free.text),
        )
    }

    #[test]
    fn words_quotes_and_free_text() {
        assert_eq!(
            words("-- windlass: backfill \"a \"\"b\" on t batch=1000"),
            (
                "backfill".into(),
                vec!["a \"b".into(), "on".into(), "t".into(), "batch=1000".into()],
                None
            )
        );
        assert_eq!(
            words("-- windlass: verify : no : lead"),
            ("verify".into(), vec![], Some("no : lead".into()))
        );
        assert_eq!(
            words("-- windlass: allow drop \\\n--   because it is   unused"),
            ("allow".into(), vec!["drop".into()], Some("it is unused".into()))
        );
    }

    #[test]
    fn a_quoted_part_belongs_to_its_word() {
        assert_eq!(
            words("-- windlass: protect \"S t\".\"a.b\" public.\"T x\" it\"s \"\"").1,
            ["\"S t\".\"a.b\"", "public.\"T x\"", "it\"s", ""]
        );
    }

    #[test]
    fn a_word_behind_a_continuation_keeps_its_place() {
        let text = "-- windlass: after é \\ \t\n--b";
        let line = line(text, Span::new(0, text.len())).expect("it is well formed");
        let places: Vec<_> = line.words.iter().map(|word| &text[word.span.range()]).collect();
        assert_eq!(places, ["é", "b"]);
    }

    #[test]
    fn a_hundred_thousand_continuations_are_one_pass() {
        let text = format!("-- windlass: verify :{}", " \\\n-- x".repeat(100_000));
        assert_eq!(words(&text).2.map(|free| free.len()), Some(199_999));
    }

    #[test]
    fn a_quote_that_never_ends_is_placed() {
        let text = "-- windlass: label \"a";
        assert_eq!(line(text, Span::new(0, text.len())), Err(Span::new(19, 21)));
    }
}
