//! SQL that may be shown: what a statement holds of passwords is left out.

use std::borrow::Cow;
use std::ops::Range;

/// SQL for a log: what is behind the word `password`, quoted or behind `=`, is left out.
pub fn without_passwords(sql: &str) -> Cow<'_, str> {
    const WORD: &str = "password";
    let lower = sql.to_ascii_lowercase();
    let mut shown = String::new();
    let mut rest = 0;
    while let Some(at) = lower[rest..].find(WORD) {
        let behind = rest + at + WORD.len();
        let secret = secret(&sql[behind..]).unwrap_or(0..0);
        shown.push_str(&sql[rest..behind + secret.start]);
        if !secret.is_empty() {
            shown.push_str("***");
        }
        rest = behind + secret.end;
    }
    if shown.is_empty() {
        return Cow::Borrowed(sql);
    }
    shown.push_str(&sql[rest..]);
    Cow::Owned(shown)
}

/// Where in what follows the word a password stands: a literal of any kind, or a word of a connection string.
fn secret(behind: &str) -> Option<Range<usize>> {
    let is_blank = |letter: char| letter.is_whitespace() || letter == '"';
    let value = behind.trim_start_matches(is_blank);
    let assigned = value.strip_prefix('=').map(|value| value.trim_start());
    let value = assigned.unwrap_or(value);
    let start = behind.len() - value.len();
    let prefix = match value.as_bytes() {
        [b'E' | b'e' | b'N' | b'n', b'\'', ..] => 1,
        [b'U' | b'u', b'&', b'\'', ..] => 2,
        _ => 0,
    };
    let body = &value[prefix..];
    let length = if let Some(nested) = nested(body) {
        nested
    } else if let Some(inside) = body.strip_prefix('\'') {
        // A doubled quote, or one behind a backslash, does not end it: rather too much is left out than too little.
        let mut ends = inside.match_indices('\'').map(|(at, _)| at).peekable();
        let mut end = inside.len();
        while let Some(at) = ends.next() {
            if inside[..at].ends_with('\\') && prefix == 1 {
                continue;
            }
            if ends.next_if_eq(&(at + 1)).is_some() {
                continue;
            }
            end = at + 1;
            break;
        }
        1 + end
    } else if let Some(tagged) = body.strip_prefix('$') {
        let tag = tagged.find('$').map_or("$", |at| &body[..at + 2]);
        let inside = &body[tag.len()..];
        tag.len() + inside.find(tag).map_or(inside.len(), |at| at + tag.len())
    } else if assigned.is_some() {
        let ends = |letter: char| letter.is_whitespace() || matches!(letter, '\'' | '&' | ';' | ',' | ')');
        body.find(ends).unwrap_or(body.len())
    } else {
        return None;
    };
    (length > 0).then(|| start..start + prefix + length)
}

/// How long a literal within a literal is, as EXECUTE in a DO has it: each of its quotes is doubled, twice in two of them.
fn nested(body: &str) -> Option<usize> {
    let quotes = |text: &str| text.len() - text.trim_start_matches('\'').len();
    let open = quotes(body);
    let is_empty = body[open..].starts_with(|letter: char| letter.is_whitespace() || ";,)".contains(letter));
    if !matches!(open, 2 | 4) || is_empty || body.len() == open {
        return None;
    }
    let mut at = open;
    while let Some(found) = body[at..].find('\'') {
        at += found;
        let run = quotes(&body[at..]);
        // Twice as many are a quote within it.
        if run >= open && run != 2 * open {
            return Some(at + open);
        }
        at += run;
    }
    Some(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_left_out_however_it_is_written() {
        for (sql, shown) in [
            (
                "CREATE ROLE app LOGIN PASSWORD 's3cret' CREATEDB",
                "CREATE ROLE app LOGIN PASSWORD *** CREATEDB",
            ),
            (
                "ALTER USER app password E'it\\'s' VALID UNTIL 'x'",
                "ALTER USER app password *** VALID UNTIL 'x'",
            ),
            (
                "ALTER ROLE a PASSWORD 'it''s'; ALTER ROLE b PASSWORD 'b'",
                "ALTER ROLE a PASSWORD ***; ALTER ROLE b PASSWORD ***",
            ),
            (
                "ALTER ROLE a PASSWORD $x$it's$x$ NOLOGIN",
                "ALTER ROLE a PASSWORD *** NOLOGIN",
            ),
            ("ALTER ROLE a PASSWORD 'never ends", "ALTER ROLE a PASSWORD ***"),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'host=h password=s3cret user=u' PUBLICATION p",
                "CREATE SUBSCRIPTION s CONNECTION 'host=h password=*** user=u' PUBLICATION p",
            ),
            (
                "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password 's')",
                "CREATE USER MAPPING FOR a SERVER s OPTIONS (user 'u', password ***)",
            ),
            (
                "UPDATE users SET \"password\" = 's3cret' WHERE id = 1",
                "UPDATE users SET \"password\" = *** WHERE id = 1",
            ),
            (
                "DO 'BEGIN EXECUTE ''ALTER ROLE a PASSWORD ''''it''''''''s'''' NOLOGIN''; END'",
                "DO 'BEGIN EXECUTE ''ALTER ROLE a PASSWORD *** NOLOGIN''; END'",
            ),
            (
                "DO $$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''s3cret'''; END $$",
                "DO $$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ***'; END $$",
            ),
            (
                "ALTER ROLE a PASSWORD ''; ALTER ROLE b PASSWORD '' NOLOGIN",
                "ALTER ROLE a PASSWORD ***; ALTER ROLE b PASSWORD *** NOLOGIN",
            ),
            ("ALTER ROLE a PASSWORD NULL", "ALTER ROLE a PASSWORD NULL"),
            (
                "ALTER TABLE users ADD password_hash text, ADD password text NOT NULL",
                "ALTER TABLE users ADD password_hash text, ADD password text NOT NULL",
            ),
        ] {
            assert_eq!(without_passwords(sql), shown);
        }
    }
}
