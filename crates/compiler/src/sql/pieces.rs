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

/// What stands between the first such word and the next of the other, or the end.
pub fn written_between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let tokens = tokens(text)?;
    let is = |token: &Token, word: &str| text[token.range.clone()].eq_ignore_ascii_case(word);
    let first = tokens.iter().position(|token| is(token, from))?;
    let end = tokens[first + 1..].iter().find(|token| is(token, to));
    let end = end.map_or(text.len(), |token| token.range.start);
    Some(text[tokens[first].range.end..end].trim())
}

/// A definition as PostgreSQL writes it (of an index, a check) with another name in the place of a column's. None where
/// something else may have that name: a function, a type.
pub fn with_column(definition: &str, old: &str, new: &str) -> Option<String> {
    let (old, new) = (super::quote_identifier(old), super::quote_identifier(new));
    let tokens = tokens(definition)?;
    let text = |at: usize| {
        tokens
            .get(at)
            .map_or("", |token| &definition[token.range.clone()])
    };
    // In front of USING stand the names of an index and of its table.
    let from = match text(0) {
        "CREATE" => (0..tokens.len()).find(|at| text(*at) == "USING")?,
        _ => 0,
    };
    let mut changed = String::new();
    let mut end = 0;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if text(at) != old {
            continue;
        }
        let before = at.checked_sub(1).map_or("", text);
        if text(at + 1) == "(" || matches!(before, "::" | "." | "COLLATE") || text(at + 1) == "." {
            return None;
        }
        let range = token.range.clone();
        changed.push_str(&definition[end..range.start]);
        changed.push_str(&new);
        end = range.end;
    }
    changed.push_str(&definition[end..]);
    Some(changed)
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

/// The bound of `CREATE TABLE name PARTITION OF parent FOR VALUES FROM … TO …` or `IN …`, where nothing else is written:
/// no columns, no options, no partitions of its own.
pub fn only_bound(text: &str) -> Option<&str> {
    let tokens = tokens(text)?;
    let word = |at: usize| tokens.get(at).map_or("", |token| &text[token.range.clone()]);
    let is = |at: usize, what: &str| word(at).eq_ignore_ascii_case(what);
    let from = (0..tokens.len()).find(|at| is(*at, "for") && is(at + 1, "values"))?;
    // A column list would stand here.
    if is(from.checked_sub(1)?, ")") {
        return None;
    }
    let close = |open: usize| {
        let mut depth = 0_usize;
        (open..tokens.len()).find(|at| {
            match word(*at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    };
    let last = match word(from + 2).to_ascii_lowercase().as_str() {
        "in" => close(from + 3)?,
        "from" => {
            let low = close(from + 3)?;
            is(low + 1, "to").then(|| close(low + 2)).flatten()?
        }
        _ => return None,
    };
    (last + 1 == tokens.len()).then(|| &text[tokens[from].range.start..tokens[last].range.end])
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
    fn a_column_is_renamed_in_a_definition_and_nothing_else_of_its_name() {
        for (definition, expected) in [
            (
                "CREATE INDEX n ON public.n USING btree (n DESC, m) INCLUDE (o) WHERE (n > 0)",
                Some("CREATE INDEX n ON public.n USING btree (new DESC, m) INCLUDE (o) WHERE (new > 0)"),
            ),
            (
                "CHECK (((n > 0) AND (m > n)))",
                Some("CHECK (((new > 0) AND (m > new)))"),
            ),
            ("CHECK ((m = 'n'::text))", Some("CHECK ((m = 'n'::text))")),
            ("CHECK ((n(m) > 0))", None),
            ("CHECK ((m)::n IS NOT NULL)", None),
        ] {
            assert_eq!(
                with_column(definition, "n", "new").as_deref(),
                expected,
                "{definition}"
            );
        }
        let text = "ALTER COLUMN a TYPE numeric(10, 2) USING a::numeric";
        assert_eq!(written_between(text, "type", "using"), Some("numeric(10, 2)"));
        assert_eq!(
            written_between("ALTER a TYPE bigint", "type", "using"),
            Some("bigint")
        );
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
