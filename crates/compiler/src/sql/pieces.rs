//! Where the subcommands of ALTER TABLE stand in its text, and edits that keep the author's own words.

use std::ops::Range;

/// ALTER TABLE, cut: `head` up to the first subcommand, and the subcommands without the commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// `ALTER TABLE [IF EXISTS] [ONLY] name`.
    pub head: Range<usize>,
    /// One range for each subcommand.
    pub commands: Vec<Range<usize>>,
}

struct Token {
    range: Range<usize>,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let scanned = pg_query::scan(text).ok()?;
    let comments = [
        pg_query::protobuf::Token::SqlComment as i32,
        pg_query::protobuf::Token::CComment as i32,
    ];
    scanned
        .tokens
        .iter()
        .filter(|token| !comments.contains(&token.token))
        .map(|token| {
            let range = usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?;
            Some(Token { range })
        })
        .collect()
}

/// Cuts an ALTER TABLE (INDEX, VIEW …) into its subcommands. None where the text is nothing of that kind.
pub fn pieces(text: &str) -> Option<Pieces> {
    let tokens = tokens(text)?;
    let word = |at: usize| {
        tokens
            .get(at)
            .map_or("", |token: &Token| &text[token.range.clone()])
    };
    let is = |at: usize, what: &str| word(at).eq_ignore_ascii_case(what);
    let mut at = 1;
    if !is(0, "alter") {
        return None;
    }
    while ["materialized", "foreign"].iter().any(|kind| is(at, kind)) {
        at += 1;
    }
    at += 1;
    if is(at, "if") {
        at += 2;
    }
    if is(at, "only") {
        at += 1;
    }
    // ONLY (name) is SQL too.
    let bracketed = is(at, "(");
    at += usize::from(bracketed) + 1;
    while is(at, ".") {
        at += 2;
    }
    at += usize::from(bracketed);
    if is(at, "*") {
        at += 1;
    }
    let head = 0..tokens.get(at.checked_sub(1)?)?.range.end;
    let mut commands = Vec::new();
    let (mut depth, mut from) = (0_usize, at);
    for index in at..tokens.len() {
        match word(index) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                commands.push(tokens.get(from)?.range.start..tokens.get(index.checked_sub(1)?)?.range.end);
                from = index + 1;
            }
            _ => {}
        }
    }
    commands.push(tokens.get(from)?.range.start..tokens.last()?.range.end);
    Some(Pieces { head, commands })
}

/// The text with `insert` behind the first of these words that stands in it (outside literals and comments).
pub fn inserted_behind(text: &str, words: &[&str], insert: &str) -> Option<String> {
    let tokens = tokens(text)?;
    let token = tokens.iter().find(|token| {
        let word = &text[token.range.clone()];
        words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
    })?;
    let (before, behind) = text.split_at(token.range.end);
    Some(format!("{before} {insert}{behind}"))
}

/// The text with `word` in the place of the first such word.
pub fn with_word(text: &str, old: &str, word: &str) -> Option<String> {
    let tokens = tokens(text)?;
    let token = tokens
        .iter()
        .find(|token| text[token.range.clone()].eq_ignore_ascii_case(old))?;
    Some(format!(
        "{}{word}{}",
        &text[..token.range.start],
        &text[token.range.end..]
    ))
}

/// Whether these words stand in the text one behind the other, outside literals and comments.
pub fn has_words(text: &str, words: &[&str]) -> bool {
    let Some(tokens) = tokens(text) else {
        return false;
    };
    tokens.windows(words.len()).any(|window| {
        let mut pairs = window.iter().zip(words);
        pairs.all(|(token, word)| text[token.range.clone()].eq_ignore_ascii_case(word))
    })
}

/// A column constraint's text without `CONSTRAINT name` before it, where that stands there.
pub fn behind_name(text: String, is_named: bool) -> Option<String> {
    if !is_named {
        return Some(text);
    }
    let tokens = tokens(&text)?;
    Some(text[tokens.get(2)?.range.start..].to_owned())
}

/// `FOR VALUES …` of ATTACH PARTITION as a condition on the key's one column, NULL ruled out. None where it is no
/// range or list of one column.
pub fn bound_as_condition(text: &str, column: &str) -> Option<String> {
    let tokens = tokens(text)?;
    let word = |at: usize| {
        tokens
            .get(at)
            .map_or("", |token: &Token| &text[token.range.clone()])
    };
    let find = |what: &str, from: usize| (from..tokens.len()).find(|&at| word(at).eq_ignore_ascii_case(what));
    let values = find("values", 0)?;
    // The text between a bracket and the one that closes it.
    let inside = |open: usize| {
        let mut depth = 0_usize;
        for at in open..tokens.len() {
            match word(at) {
                "(" => depth += 1,
                ")" => depth -= 1,
                "," if depth == 1 && word(values + 1).eq_ignore_ascii_case("from") => return None,
                _ => {}
            }
            if depth == 0 {
                return text
                    .get(tokens[open].range.end..tokens[at].range.start)
                    .map(|inner| (inner.trim(), at));
            }
        }
        None
    };
    let mut conditions = vec![format!("{column} IS NOT NULL")];
    if word(values + 1).eq_ignore_ascii_case("from") {
        let (low, end) = inside(values + 2)?;
        if !word(end + 1).eq_ignore_ascii_case("to") {
            return None;
        }
        let (high, _) = inside(end + 2)?;
        if !low.eq_ignore_ascii_case("minvalue") {
            conditions.push(format!("{column} >= {low}"));
        }
        if !high.eq_ignore_ascii_case("maxvalue") {
            conditions.push(format!("{column} < {high}"));
        }
    } else if word(values + 1).eq_ignore_ascii_case("in") {
        let (list, _) = inside(values + 2)?;
        if has_words(list, &["null"]) {
            return None;
        }
        conditions.push(format!("{column} IN ({list})"));
    } else {
        return None;
    }
    Some(conditions.join(" AND "))
}

/// The comments in the text.
pub fn comments(text: &str) -> Vec<&str> {
    let kinds = [
        pg_query::protobuf::Token::SqlComment as i32,
        pg_query::protobuf::Token::CComment as i32,
    ];
    let Ok(scanned) = pg_query::scan(text) else {
        return Vec::new();
    };
    let comments = scanned.tokens.iter().filter(|token| kinds.contains(&token.token));
    comments
        .filter_map(|token| text.get(usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        let pieces = pieces(text).expect("it is ALTER TABLE");
        std::iter::once(pieces.head)
            .chain(pieces.commands)
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn subcommands_are_cut_at_their_own_commas() {
        assert_eq!(
            cut("ALTER TABLE IF EXISTS ONLY s.\"T,x\" ADD CHECK (a IN (1, 2)), -- a, b\n DROP b"),
            [
                "ALTER TABLE IF EXISTS ONLY s.\"T,x\"",
                "ADD CHECK (a IN (1, 2))",
                "DROP b"
            ]
        );
        assert_eq!(
            cut("alter materialized view m set (a = ARRAY[1,2]), cluster on i"),
            [
                "alter materialized view m",
                "set (a = ARRAY[1,2])",
                "cluster on i"
            ]
        );
        assert_eq!(cut("ALTER TABLE t * DROP a"), ["ALTER TABLE t *", "DROP a"]);
        assert_eq!(pieces("DROP TABLE t"), None);
    }

    #[test]
    fn a_word_is_found_outside_comments_and_names() {
        assert_eq!(
            inserted_behind(
                "CREATE /* index */ INDEX \"index\" ON t (a)",
                &["index"],
                "CONCURRENTLY"
            )
            .as_deref(),
            Some("CREATE /* index */ INDEX CONCURRENTLY \"index\" ON t (a)")
        );
    }
}
