//! One lexical pass over SQL text: what is comment, literal, COPY data; where directives stand.
//!
//! It only knows where things begin and end (PostgreSQL docs §4.1), so that a thousand applied
//! files can be hashed without being parsed.

use crate::diagnostic::Span;

/// What a pass over a file found beside plain SQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// `-- windlass:` at the start of a line, continuation lines included, without the line end.
    pub directives: Vec<Span>,
    /// Data behind COPY … FROM STDIN, without the `\.` line.
    pub copies: Vec<Copy>,
    /// What has no place in a revision.
    pub strangers: Vec<Stranger>,
    /// `-- squawk-ignore …` comments.
    pub ignores: Vec<Span>,
    /// Whether there is anything but blanks and comments.
    pub has_statements: bool,
    /// Byte offset of the first statement; the text's length when there is none.
    pub first_statement: usize,
}

/// A COPY statement with inline data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copy {
    /// The `;` that ends the statement.
    pub semicolon: usize,
    /// The data, up to but without the line of the end marker.
    pub data: Span,
    /// Where SQL goes on, behind the end marker's line.
    pub resume: usize,
    /// Whether the end marker was there.
    pub ended: bool,
}

/// Something that is not SQL, or not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: StrangerKind,
}

/// Kinds of [`Stranger`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StrangerKind {
    /// A psql meta-command, such as `\i`.
    MetaCommand(String),
    /// A psql variable, such as `:'x'`.
    Variable,
    /// A comment that nearly is a directive.
    NearMiss,
    /// A marker of another tool.
    ForeignMarker(&'static str),
    /// A quote, dollar quote or comment that never ends.
    Unterminated(&'static str),
}

/// Markers of other tools and the tool's name.
const MARKERS: [(&str, &str); 10] = [
    ("-- migrate:up", "dbmate"),
    ("-- migrate:down", "dbmate"),
    ("-- +goose", "goose"),
    ("-- +migrate", "sql-migrate"),
    ("--//@undo", "MyBatis Migrations"),
    ("-- //@undo", "MyBatis Migrations"),
    ("--liquibase formatted", "Liquibase"),
    ("--changeset", "Liquibase"),
    ("--rollback", "Liquibase"),
    ("---- create above / drop below ----", "tern"),
];

/// Scans a file's text.
pub fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        scan: Scan {
            first_statement: text.len(),
            ..Scan::default()
        },
        words: Words::default(),
    };
    scanner.run();
    scanner.scan
}

/// The first words of the statement at hand, as far as COPY … FROM STDIN needs them.
#[derive(Default)]
struct Words {
    first: Option<bool>,
    from: bool,
    stdin: bool,
    depth: usize,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    scan: Scan,
    words: Words,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'-' if self.next_is(1, b'-') => self.line_comment(),
                b'/' if self.next_is(1, b'*') => self.block_comment(),
                _ => self.token(byte),
            }
        }
    }

    fn token(&mut self, byte: u8) {
        if !self.scan.has_statements && byte != b';' {
            self.scan.has_statements = true;
            self.scan.first_statement = self.at;
        }
        match byte {
            b'\'' => self.quoted(b'\'', false, "quoted string"),
            b'"' => self.quoted(b'"', false, "quoted identifier"),
            b'$' => self.dollar(),
            b';' => self.semicolon(),
            b'\\' => self.meta_command(),
            b':' => self.colon(),
            b'(' => {
                self.words.depth += 1;
                self.at += 1;
            }
            b')' => {
                self.words.depth = self.words.depth.saturating_sub(1);
                self.at += 1;
            }
            b'0'..=b'9' => self.number(),
            _ if is_word(byte) => self.word(),
            _ => self.at += 1,
        }
    }

    fn next_is(&self, ahead: usize, byte: u8) -> bool {
        self.bytes.get(self.at + ahead) == Some(&byte)
    }

    fn line_end(&self, from: usize) -> usize {
        self.bytes[from..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(self.bytes.len(), |at| from + at)
    }

    fn at_line_start(&self) -> bool {
        self.at == 0 || self.bytes[self.at - 1] == b'\n'
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let mut end = self.line_end(start);
        let line = self.text[start..end].trim_end();
        if self.at_line_start() && line.starts_with("-- windlass:") {
            let mut last = line;
            // A trailing backslash continues on the next comment line.
            while last.ends_with('\\') && self.bytes[end..].starts_with(b"\n--") {
                let next = end + 1;
                end = self.line_end(next);
                last = self.text[next..end].trim_end();
            }
            let trimmed = self.text[start..end].trim_end().len();
            self.scan.directives.push(Span::new(start, start + trimmed));
        } else {
            let span = Span::new(start, start + line.len());
            let lower = line.to_ascii_lowercase();
            let body = lower.trim_start_matches('-').trim_start();
            if let Some((_, tool)) = MARKERS.iter().find(|(marker, _)| lower.starts_with(marker)) {
                self.stranger(span, StrangerKind::ForeignMarker(tool));
            } else if is_near_miss(body) {
                self.stranger(span, StrangerKind::NearMiss);
            } else if body.starts_with("squawk-ignore") {
                self.scan.ignores.push(span);
            }
        }
        self.at = end;
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            if self.bytes[self.at..].starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if self.bytes[self.at..].starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    break;
                }
            } else {
                self.at += 1;
            }
        }
        if depth > 0 {
            self.stranger(Span::new(start, start + 2), StrangerKind::Unterminated("comment"));
        }
        let text = &self.text[start..self.at];
        let body = text
            .trim_start_matches(['/', '*'])
            .trim_start()
            .to_ascii_lowercase();
        if is_near_miss(&body) {
            let end = start + text.find('\n').unwrap_or(text.len());
            self.stranger(Span::new(start, end), StrangerKind::NearMiss);
        }
    }

    fn quoted(&mut self, quote: u8, escapes: bool, what: &'static str) {
        let start = self.at;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if escapes && byte == b'\\' {
                self.at = (self.at + 1).min(self.bytes.len());
            } else if byte == quote {
                if self.bytes.get(self.at) == Some(&quote) {
                    self.at += 1;
                } else {
                    return;
                }
            }
        }
        self.stranger(Span::new(start, start + 1), StrangerKind::Unterminated(what));
    }

    fn dollar(&mut self) {
        let start = self.at;
        let tag_end = self.bytes[start + 1..]
            .iter()
            .position(|&byte| !(is_word(byte) || byte.is_ascii_digit()))
            .map(|length| start + 1 + length);
        let opens = tag_end.filter(|&end| {
            self.bytes[end] == b'$' && !self.bytes.get(start + 1).is_some_and(u8::is_ascii_digit)
        });
        let Some(end) = opens else {
            self.at += 1;
            return;
        };
        let tag = &self.text[start..=end];
        match self.text[end + 1..].find(tag) {
            Some(length) => self.at = end + 1 + length + tag.len(),
            None => {
                self.stranger(
                    Span::new(start, end + 1),
                    StrangerKind::Unterminated("dollar-quoted string"),
                );
                self.at = self.bytes.len();
            }
        }
    }

    fn number(&mut self) {
        while self
            .bytes
            .get(self.at)
            .is_some_and(|&byte| byte.is_ascii_digit() || is_word(byte))
        {
            self.at += 1;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|&byte| is_word(byte) || byte.is_ascii_digit() || byte == b'$')
        {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        if word.eq_ignore_ascii_case(b"e") && self.next_is(0, b'\'') {
            self.quoted(b'\'', true, "quoted string");
            return;
        }
        if self.words.first.is_none() {
            self.words.first = Some(word.eq_ignore_ascii_case(b"copy"));
        } else if self.words.first == Some(true) && self.words.depth == 0 {
            if self.words.from && word.eq_ignore_ascii_case(b"stdin") {
                self.words.stdin = true;
            }
            self.words.from = word.eq_ignore_ascii_case(b"from");
        }
    }

    fn semicolon(&mut self) {
        let words = std::mem::take(&mut self.words);
        let semicolon = self.at;
        self.at += 1;
        if !words.stdin {
            return;
        }
        let start = (self.line_end(self.at) + 1).min(self.bytes.len());
        let mut line = start;
        let (end, resume, ended) = loop {
            if line >= self.bytes.len() {
                break (self.bytes.len(), self.bytes.len(), false);
            }
            let line_end = self.line_end(line);
            let next = (line_end + 1).min(self.bytes.len());
            if self.text[line..line_end].trim_end_matches('\r') == "\\." {
                break (line, next, true);
            }
            line = next.max(line + 1);
        };
        self.scan.copies.push(Copy {
            semicolon,
            data: Span::new(start, end),
            resume,
            ended,
        });
        self.at = resume;
    }

    fn meta_command(&mut self) {
        let start = self.at;
        self.at += 1;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|byte| !byte.is_ascii_whitespace())
        {
            self.at += 1;
        }
        let name = self.text[start..self.at].to_owned();
        self.stranger(Span::new(start, self.at), StrangerKind::MetaCommand(name));
    }

    fn colon(&mut self) {
        let start = self.at;
        if self.next_is(1, b':') {
            self.at += 2;
        } else if self.next_is(1, b'\'') || self.next_is(1, b'"') {
            self.at += 1;
            let quote = self.bytes[self.at];
            self.quoted(quote, false, "quoted variable");
            self.stranger(Span::new(start, self.at), StrangerKind::Variable);
        } else {
            self.at += 1;
        }
    }

    fn stranger(&mut self, span: Span, kind: StrangerKind) {
        self.scan.strangers.push(Stranger { span, kind });
    }
}

/// Letters, `_` and every byte of a letter beyond ASCII.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Whether the start of a lowercase comment looks like a directive with a typing error.
fn is_near_miss(body: &str) -> bool {
    if body.starts_with("windlas") {
        return true;
    }
    let Some((word, _)) = body.split_once(':') else {
        return false;
    };
    let word = word.trim();
    word.len() >= 6 && word.len() <= 10 && strsim::damerau_levenshtein(word, "windlass") <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directives(text: &str) -> Vec<&str> {
        scan(text)
            .directives
            .into_iter()
            .map(|span| &text[span.range()])
            .collect()
    }

    fn strangers(text: &str) -> Vec<StrangerKind> {
        scan(text)
            .strangers
            .into_iter()
            .map(|stranger| stranger.kind)
            .collect()
    }

    #[test]
    fn directives_stand_at_line_starts_outside_everything_else() {
        let text = "-- windlass: label a\nSELECT '\n-- windlass: label b\n', $x$\n-- windlass: label c\n$x$; /*\n-- windlass: d\n*/";
        assert_eq!(directives(text), ["-- windlass: label a"]);
    }

    #[test]
    fn a_backslash_continues_a_directive_on_the_next_comment_line() {
        assert_eq!(
            directives("-- windlass: after a \\\n--   b\nSELECT 1"),
            ["-- windlass: after a \\\n--   b"]
        );
    }

    #[test]
    fn copy_data_is_no_sql() {
        let text = "COPY t FROM STDIN;\n-- windlass: label x\n'\n\\.\nSELECT 1;";
        let scan = scan(text);
        assert_eq!(scan.copies.len(), 1);
        assert_eq!(&text[scan.copies[0].data.range()], "-- windlass: label x\n'\n");
        assert!(scan.directives.is_empty() && scan.strangers.is_empty());
    }

    #[test]
    fn what_is_no_sql_is_told_by_kind() {
        assert_eq!(
            strangers("\\i other.sql"),
            [StrangerKind::MetaCommand("\\i".into())]
        );
        assert_eq!(strangers("SELECT :'a', b::text"), [StrangerKind::Variable]);
        assert_eq!(strangers("--windlass: label x"), [StrangerKind::NearMiss]);
        assert_eq!(strangers("-- Windlas: label x"), [StrangerKind::NearMiss]);
        assert_eq!(strangers("/* windlass: label */"), [StrangerKind::NearMiss]);
        assert_eq!(strangers("-- +goose Up"), [StrangerKind::ForeignMarker("goose")]);
        assert_eq!(
            strangers("SELECT 'a"),
            [StrangerKind::Unterminated("quoted string")]
        );
        assert_eq!(strangers("SELECT E'\\'', $1, a$b$, 'x''y' -- ok"), []);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_scanned_to_its_end(text in "[-:/*'\"$;\\\\a-c\n windlasCOPYFROMSTDIN.]{0,60}") {
            let scan = scan(&text);
            for span in scan.directives {
                proptest::prop_assert!(text.get(span.range()).is_some());
            }
        }
    }
}
