//! The statements of a script. PostgreSQL's parser splits; a long text is handed to it in pieces, on all processors.
//!
//! A piece is a text that ends where our lexer sees a semicolon outside brackets. Whether that is the end of a
//! statement only the parser knows (BEGIN ATOMIC has semicolons inside). It says so: it reads the piece alone, and
//! gives its last byte as the semicolon of its last statement. Then it would have stood between the same statements with all of the
//! text in front of it: no token reaches over a semicolon, and the grammar goes on behind a statement's as at the
//! beginning. Where a piece is not like that, the text is split as a whole.

use super::{SyntaxError, ffi};
use crate::diagnostic::Span;
use crate::{lex, parallel};

/// The statements of a script: without the blanks and comments around them and without semicolons.
///
/// # Errors
/// The first place that the grammar does not read; nothing after it can be told apart.
pub fn split(text: &str) -> Result<Vec<Span>, SyntaxError> {
    split_by(text, lex::PIECE)
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

/// Moves the start behind blanks and comments, and the end before blanks.
fn trim(text: &str, span: Span) -> Span {
    let bytes = text.as_bytes();
    let end = span.start + text.get(span.range()).map_or(0, |piece| piece.trim_end().len());
    let mut at = span.start;
    loop {
        while at < end && bytes[at].is_ascii_whitespace() {
            at += 1;
        }
        if bytes[at..end].starts_with(b"--") {
            at += bytes[at..end]
                .iter()
                .position(|&byte| byte == b'\n')
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

    proptest::proptest! {
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
