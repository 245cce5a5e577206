//! Passwords out of text that is about to be shown. Whatever is masked keeps its length in
//! bytes, so that spans into the text stay true.

/// What a password stands behind, mistyped as well: what cannot be read is shown for that.
const WORDS: [&str; 5] = ["password", "pasword", "passwd", "pass", "pwd"];

/// `text` with every password in it replaced by asterisks: `scheme://user:PASSWORD@host`,
/// `password=PASSWORD`, `PASSWORD 'PASSWORD'`. Rather too much is masked than too little.
pub(crate) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(masked_line).collect()
}

fn masked_line(line: &str) -> String {
    let mut out = line.to_owned();
    let mut from = 0;
    while let Some(at) = out[from..].find("://") {
        let start = from + at + 3;
        let end = start
            + out[start..]
                .find(['"', '\'', '\n', '\r', '`'])
                .unwrap_or(out.len() - start);
        // An `@` in the password should have been encoded, but often is not: the last one counts.
        if let Some(host) = out[start..end].rfind('@')
            && let Some(colon) = out[start..start + host].find(':')
        {
            cover(&mut out, start + colon + 1, start + host);
        }
        from = start;
    }
    for word in WORDS {
        let mut from = 0;
        while let Some(at) = out[from..].to_ascii_lowercase().find(word) {
            from += at + word.len();
            // In SQL the value stands behind the word: `PASSWORD 'x'`, `password = 'x'`.
            let value = out[from..].trim_start_matches([' ', '=']);
            let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let is_assigned = out[from..].starts_with('=');
            // Mistyped, it is one only where it is given a value: `to pass 'x'` is prose.
            let is_value = is_assigned || (word == WORDS[0] && quote == Some('\''));
            if !is_value {
                continue;
            }
            let start = out.len() - value.len() + quote.map_or(0, char::len_utf8);
            let end = match quote {
                Some(quote) => out[start..].find(quote),
                None => out[start..].find(['&', '"', '\'', ' ', '\n', '\r']),
            };
            let end = end.map_or(out.trim_end_matches(['\n', '\r']).len(), |end| start + end);
            cover(&mut out, start, end.max(start));
            from = start;
        }
    }
    cover_unread_url(line, &mut out);
    out
}

/// A `database_url` in which nothing was found to mask may still be one: without its scheme, or with its keywords
/// mistyped. All of it is covered.
fn cover_unread_url(line: &str, out: &mut String) {
    const KEY: &str = "database_url";
    let Some(at) = line.find(KEY) else { return };
    let behind = line[at + KEY.len()..].trim_start();
    let Some(value) = behind.strip_prefix('=').map(str::trim_start) else {
        return;
    };
    let start = line.len() - value.len();
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let is_read = match value.split_once("://") {
        Some((_, rest)) => !rest.contains('@') || !out[start..].eq(value),
        None => !out[start..].eq(value),
    };
    if value.starts_with('{') || !value.contains(['@', '=']) || is_read {
        return;
    }
    let start = start + quote.map_or(0, char::len_utf8);
    let end = quote.and_then(|quote| line[start..].find(quote));
    let end = end.map_or(line.trim_end_matches(['\n', '\r']).len(), |end| start + end);
    cover(out, start, end.max(start));
}

fn cover(text: &mut String, start: usize, end: usize) {
    text.replace_range(start..end, &"*".repeat(end - start));
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_is_covered_and_nothing_moves() {
        for (text, expected) in [
            ("postgres://u:secret@h/db", "postgres://u:******@h/db"),
            (
                "url = \"postgres://u:s@c/r:t@h/db\" # at home",
                "url = \"postgres://u:*******@h/db\" # at home",
            ),
            (
                "url = \"postgres://u:secret@h\nx = 1",
                "url = \"postgres://u:******@h\nx = 1",
            ),
            (
                "postgres://h/db?user=u&password=secret&x=1",
                "postgres://h/db?user=u&password=******&x=1",
            ),
            (
                "host=h password=secret dbname=d",
                "host=h password=****** dbname=d",
            ),
            (
                "host=h PASSWORD='se cret' dbname=d",
                "host=h PASSWORD='*******' dbname=d",
            ),
            (
                "ALTER ROLE a PASSWORD 'secret' LOGIN",
                "ALTER ROLE a PASSWORD '******' LOGIN",
            ),
            ("SET password = 'secret';", "SET password = '******';"),
            (
                "1 | database_url = postgresql//u:secret@h/db",
                "1 | database_url = *************************",
            ),
            (
                "database_url = \"u:secret@h\" # x",
                "database_url = \"**********\" # x",
            ),
            (
                "database_url = \"host=h pass word=secret\"",
                "database_url = \"***********************\"",
            ),
            (
                "postgres://u@h/db?pasword=secret",
                "postgres://u@h/db?pasword=******",
            ),
            ("a postgres://u:é@h b://u:x@h", "a postgres://u:************@h"),
        ] {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(text).len(), text.len());
        }
    }

    #[test]
    fn what_holds_no_password_stays() {
        for text in [
            "postgres://u@h/db",
            "postgres:///db?host=/tmp",
            "database_url = \"postgres://h/db\"",
            "database_url = { env = \"DATABASE_URL\" }",
            "could not read the database_url",
            "stall_budget = \"1s\"",
            "ADD password text DEFAULT 'x'",
            "to pass '--x' as a value, use '-- --x'",
            "password authentication failed for user \"u\"",
            "",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
