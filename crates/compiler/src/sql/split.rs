//! The statements of a script. PostgreSQL's parser splits; a long text is handed to it in pieces, on all processors.
//!
//! A piece is a text that ends where our lexer sees a semicolon outside brackets. Whether that is the end of a
//! statement only the parser knows (BEGIN ATOMIC has semicolons inside). It says so: it reads the piece alone, and
//! gives its last byte as the semicolon of its last statement. Then it would have stood between the same statements with all of the
//! text in front of it: no token reaches over a semicolon, and the grammar goes on behind a statement's as at the
//! beginning. Where a piece is not like that, the text is split as a whole.

use super::{Parsed, SyntaxError, ffi};
use crate::diagnostic::Span;
use crate::{lex, parallel};

/// The statements of a script: without the blanks and comments around them and without semicolons.
///
/// # Errors
/// The first place that the grammar does not read; nothing after it can be told apart.
pub fn split(text: &str) -> Result<Vec<Span>, SyntaxError> {
    split_by(text, lex::PIECE)
}

/// The same; where the statements are at most `few`, also what [`super::parse_with_details`] says of each: read once, not twice.
pub(crate) fn split_and_parse(
    text: &str,
    few: usize,
) -> Result<(Vec<Span>, Option<Vec<Parsed>>), SyntaxError> {
    if text.len() <= 2 * lex::PIECE
        && let Some(read) = one_by_one(text, few)
    {
        let (spans, parsed) = read.into_iter().unzip();
        return Ok((spans, Some(parsed)));
    }
    Ok((split(text)?, None))
}

/// The statements with their trees' contents, where each piece that ends at a semicolon is exactly one.
fn one_by_one(text: &str, few: usize) -> Option<Vec<(Span, Parsed)>> {
    let ends = lex::scan_in_pieces(text, 1).rests;
    if ends.len() > few {
        return None;
    }
    super::deep(|| {
        let mut read = Vec::with_capacity(ends.len() + 1);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        for (start, end) in starts.zip(ends.iter().map(Some).chain([None])) {
            let whole = Span::new(start, end.map_or(text.len(), |end| end - 1));
            let span = trim(text, whole);
            if span.start == span.end {
                // Whether a comment ends PostgreSQL says.
                let blank = text.get(whole.range())?;
                if !blank.bytes().all(is_blank) && ffi::split(blank).is_err() {
                    return None;
                }
                continue;
            }
            let encoded = ffi::parse(text.get(span.start..*end.unwrap_or(&span.end))?).ok()?;
            let (tree, semicolon) = super::only_statement(&encoded).ok()?;
            if semicolon.is_some_and(|at| span.start + at != whole.end)
                || semicolon.is_some() != end.is_some()
            {
                return None;
            }
            read.push((span, super::detailed(tree)));
        }
        Some(read)
    })
}

fn split_by(text: &str, piece: usize) -> Result<Vec<Span>, SyntaxError> {
    let in_pieces =
        (text.len() > 2 * piece).then(|| in_pieces(text, &lex::scan_in_pieces(text, piece).rests));
    let spans = match in_pieces.flatten() {
        Some(spans) => spans,
        None => ffi::split(text)?,
    };
    Ok(spans
        .into_iter()
        .map(|span| trim(text, span))
        .filter(|span| span.start < span.end)
        .collect())
}

/// The statements, where each piece that ends at one of `rests` is a list of whole ones.
fn in_pieces(text: &str, rests: &[usize]) -> Option<Vec<Span>> {
    let starts = std::iter::once(0).chain(rests.iter().copied());
    let ends = rests.iter().copied().chain([text.len()]);
    let pieces: Vec<Span> = starts
        .zip(ends)
        .map(|(start, end)| Span::new(start, end))
        .collect();
    let mut spans = Some(Vec::new());
    let read = |piece: &Span| {
        let found = ffi::split(text.get(piece.range())?).ok()?;
        let ends_here = found
            .last()
            .is_some_and(|last| piece.start + last.end + 1 == piece.end);
        (ends_here || piece.end == text.len()).then_some(found)
    };
    parallel::in_order(&pieces, read, |piece, found| {
        let moved = |span: Span| Span::new(span.start + piece.start, span.end + piece.start);
        spans = spans.take().zip(found).map(|(mut spans, found)| {
            spans.extend(found.into_iter().map(moved));
            spans
        });
    });
    spans
}

/// What PostgreSQL's scanner takes for a blank.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Length without the blanks at the end.
fn trimmed(text: &str) -> usize {
    text.bytes()
        .rposition(|byte| !is_blank(byte))
        .map_or(0, |last| last + 1)
}

/// Moves the start behind blanks and comments, and the end before blanks.
fn trim(text: &str, span: Span) -> Span {
    let bytes = text.as_bytes();
    let end = span.start + text.get(span.range()).map_or(0, trimmed);
    let mut at = span.start;
    loop {
        while at < end && is_blank(bytes[at]) {
            at += 1;
        }
        if bytes[at..end].starts_with(b"--") {
            at += bytes[at..end]
                .iter()
                .position(|&byte| byte == b'\n' || byte == b'\r')
                .unwrap_or(end - at);
        } else if bytes[at..end].starts_with(b"/*") {
            at += block_comment(&bytes[at..end]);
        } else {
            return Span::new(at, end);
        }
    }
}

/// Length of the block comment that `bytes` begins with; comments nest.
fn block_comment(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Result<Vec<Span>, SyntaxError> {
        split_by(text, text.len())
    }

    #[test]
    fn pieces_are_cut_between_statements_only() {
        let body = "BEGIN ATOMIC SELECT 1; SELECT 2; END";
        for text in [
            "SELECT 1; SELECT 2;\n-- a;\nSELECT 3".to_owned(),
            format!("SELECT 1; CREATE FUNCTION f() RETURNS int {body}; END; SELECT 3;"),
            "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3;; SELECT 4".to_owned(),
            "SELECT 'a;' -- ;\n'b'; DO $$ BEGIN NULL; END $$; SELECT E'\\';'; SELECT 5 /* ; */;".to_owned(),
            "SELECT 1; SELECT 2 -- ; SELECT 3;\n + 1; SELECT 4;".to_owned(),
            "SELECT 1; SELEC 2; SELECT 3;".to_owned(),
        ] {
            assert_eq!(split_by(&text, 1), whole(&text), "{text}");
        }
    }

    #[test]
    fn a_long_text_is_split_as_a_short_one_is() {
        let text = "INSERT INTO t VALUES ('ä;'); -- ;\n".repeat(10_000);
        let spans = split(&text).expect("it is SQL");
        assert_eq!(spans.len(), 10_000);
        assert_eq!(
            in_pieces(&text, &lex::scan(&text).rests).map(|spans| spans.len()),
            Some(10_000)
        );
        assert_eq!(Ok(spans), whole(&text));
    }

    /// Where statements are read one by one they are those of the whole text, read as by themselves.
    fn is_read_as_ever(text: &str) {
        let Some(read) = one_by_one(text, usize::MAX) else {
            return;
        };
        let spans: Vec<Span> = read.iter().map(|(span, _)| *span).collect();
        assert_eq!(split(text), Ok(spans), "{text}");
        for (span, parsed) in read {
            assert_eq!(
                parsed,
                crate::sql::parse_with_details(&text[span.range()]),
                "{text}"
            );
        }
    }

    #[test]
    fn few_statements_are_read_once() {
        let text = "-- a;\nSELECT 1 ; /* ; */ INSERT INTO t VALUES (';') -- x\n ;; CREATE INDEX i ON t (a) WHERE b > 0; SELECT 3 -- ;";
        assert_eq!(one_by_one(text, 9).map(|read| read.len()), Some(4));
        assert!(one_by_one(text, 3).is_none());
        for text in [
            text,
            "",
            "SELECT 1",
            ";",
            "SELECT 1; /*",
            "SELECT 1; -- \r ; SELECT 2;",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3;",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3;",
            "ALTER TABLE t ADD c int CHECK (c > 0), ADD CONSTRAINT k FOREIGN KEY (c) REFERENCES u; SELEC 1;",
        ] {
            is_read_as_ever(text);
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_once_changes_nothing(text in lex::tests::sql()) {
            is_read_as_ever(&text);
        }

        #[test]
        fn pieces_change_nothing(text in lex::tests::sql(), piece in 1_usize..40) {
            proptest::prop_assert_eq!(split_by(&text, piece), whole(&text));
        }

        #[test]
        fn pieces_change_nothing_of_noise(words in proptest::collection::vec(
            proptest::sample::select(vec![
                "SELECT", "1", ";", "'a'", "'", "\"b\"", "$$", "$x$", "--", "/*", "*/", "\n", "(", ")", "BEGIN ATOMIC",
                "END", "E'\\''", "U&'x'", "CREATE FUNCTION f() RETURNS int", "CREATE RULE r AS ON INSERT TO t DO ALSO",
                "INSERT INTO t VALUES", "NOT", "WITH", ":=", "\r",
            ]), 0..24)) {
            let text = words.join(" ");
            proptest::prop_assert_eq!(split_by(&text, 1), whole(&text));
        }
    }
}
