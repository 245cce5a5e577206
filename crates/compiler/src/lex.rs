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
    /// Places behind semicolons outside brackets, about [`PIECE`] apart: where a long text may be cut, if the parser
    /// agrees.
    pub rests: Vec<usize>,
}

/// So many bytes are worth a parser's start.
pub const PIECE: usize = 1 << 16;

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
    /// A directive's `\\` without a comment line behind it, or with another directive there.
    Continuation,
    /// A directive that ends in a bare carriage return. PostgreSQL reads on behind it, editors show one line.
    CarriageReturn,
    /// Something behind `COPY … FROM STDIN;` on its line. psql would run it after the data.
    BehindCopy,
}

/// How comments of other tools begin, behind `--` and blanks, and the tool's name.
const MARKERS: [(&str, &str); 15] = [
    ("migrate:up", "dbmate"),
    ("migrate:down", "dbmate"),
    ("+goose", "goose"),
    ("+migrate", "sql-migrate"),
    ("//@undo", "MyBatis Migrations"),
    ("// @undo", "MyBatis Migrations"),
    ("@undo", "MyBatis Migrations"),
    ("liquibase formatted", "Liquibase"),
    ("! previous:", "graphile-migrate"),
    ("! hash:", "graphile-migrate"),
    ("> statement-breakpoint", "Drizzle"),
    ("-- create above / drop below --", "tern"),
    ("atlas:", "Atlas"),
    ("rambler up", "Rambler"),
    ("rambler down", "Rambler"),
];

/// The tool that a line comment is a marker of.
fn foreign_marker(line: &str) -> Option<&'static str> {
    let behind = &line[2..];
    let body = behind.trim_start();
    if let Some((_, tool)) = MARKERS.iter().find(|(marker, _)| begins(body, marker)) {
        return Some(tool);
    }
    // With a blank these two are ordinary words: "-- rollback is not possible".
    if begins(behind, "rollback") || begins(behind, "changeset ") {
        return Some("Liquibase");
    }
    let mut words = body.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    let rest = (words.next(), words.next(), words.next(), words.next());
    match (first.to_ascii_lowercase().as_str(), rest) {
        ("no-transaction", (None, ..)) => Some("sqlx"),
        ("up" | "down", (Some(word), None, ..)) if word.eq_ignore_ascii_case("migration") => {
            Some("node-pg-migrate")
        }
        ("changeset", (Some(id), ..)) if id.contains(':') => Some("Liquibase"),
        ("deploy" | "revert" | "verify", (Some(change), Some("to" | "from" | "on"), Some("pg"), None))
            if change.contains(':') =>
        {
            Some("Sqitch")
        }
        _ => None,
    }
}

fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(with))
}

const DIRECTIVE: &str = "-- windlass:";

/// Scans a file's text.
pub fn scan(text: &str) -> Scan {
    scan_in_pieces(text, PIECE)
}

/// The same with places to cut at that are `piece` bytes apart.
pub(crate) fn scan_in_pieces(text: &str, piece: usize) -> Scan {
    let mut scanner = Scanner {
        text,
        piece,
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
    piece: usize,
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

    /// PostgreSQL ends a comment at a carriage return too.
    fn comment_end(&self, from: usize) -> usize {
        self.bytes[from..]
            .iter()
            .position(|&byte| byte == b'\n' || byte == b'\r')
            .map_or(self.bytes.len(), |at| from + at)
    }

    /// Where the next line begins, if a line end stands at `at`.
    fn behind_line_end(&self, at: usize) -> Option<usize> {
        match self.bytes[at..] {
            [b'\n', ..] => Some(at + 1),
            [b'\r', b'\n', ..] => Some(at + 2),
            _ => None,
        }
    }

    fn at_line_start(&self) -> bool {
        self.at == 0 || self.bytes[self.at - 1] == b'\n'
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let end = self.comment_end(start);
        let line = self.text[start..end].trim_end();
        if self.at_line_start() && line.starts_with(DIRECTIVE) {
            self.directive();
            return;
        }
        self.at = end;
        let span = Span::new(start, start + line.len());
        let body = line.trim_start_matches(['-', '!', '#', '*', ' ', '\t']);
        if let Some(tool) = foreign_marker(line) {
            self.stranger(span, StrangerKind::ForeignMarker(tool));
        } else if is_near_miss(body) {
            self.stranger(span, StrangerKind::NearMiss);
        } else if begins(body, "squawk-ignore") {
            self.scan.ignores.push(span);
        }
    }

    /// A directive and the comment lines that continue it.
    fn directive(&mut self) {
        let start = self.at;
        let mut line_start = start;
        let end = loop {
            let end = self.comment_end(line_start);
            let line = self.text[line_start..end].trim_end();
            if !line.ends_with('\\') {
                break end;
            }
            match self.behind_line_end(end) {
                Some(next)
                    if self.text[next..].starts_with("--") && !self.text[next..].starts_with(DIRECTIVE) =>
                {
                    line_start = next;
                }
                _ => {
                    let backslash = line_start + line.len() - 1;
                    self.stranger(Span::new(backslash, backslash + 1), StrangerKind::Continuation);
                    break end;
                }
            }
        };
        let span = Span::new(start, start + self.text[start..end].trim_end().len());
        if end + 1 < self.bytes.len() && self.behind_line_end(end).is_none() {
            self.stranger(span, StrangerKind::CarriageReturn);
        }
        self.scan.directives.push(span);
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
        let body = text.trim_start_matches(['/', '*', '-', '!', '#', ' ', '\t', '\r', '\n']);
        if is_near_miss(body) {
            let end = start + text.find('\n').unwrap_or(text.len());
            self.stranger(Span::new(start, end), StrangerKind::NearMiss);
        }
    }

    fn quoted(&mut self, quote: u8, escapes: bool, what: &'static str) {
        let start = self.at;
        self.at += 1;
        loop {
            let stop = |&byte: &u8| byte == quote || (escapes && byte == b'\\');
            let Some(length) = self.bytes[self.at..].iter().position(stop) else {
                break;
            };
            self.at += length + 1;
            if self.bytes[self.at - 1] == b'\\' {
                self.at = (self.at + 1).min(self.bytes.len());
            } else if self.next_is(0, quote) {
                self.at += 1;
            } else if let Some(next) = escapes.then(|| self.continued_literal()).flatten() {
                self.at = next + 1;
            } else {
                return;
            }
        }
        self.at = self.bytes.len();
        self.stranger(Span::new(start, start + 1), StrangerKind::Unterminated(what));
    }

    /// Where the quote stands that continues a literal on a later line; escapes hold there too.
    fn continued_literal(&self) -> Option<usize> {
        let mut at = self.at;
        let mut is_new_line = false;
        loop {
            match self.bytes[at..] {
                [b'\n' | b'\r', ..] => {
                    is_new_line = true;
                    at += 1;
                }
                [b' ' | b'\t' | 0x0b | 0x0c, ..] => at += 1,
                [b'-', b'-', ..] => at = self.comment_end(at),
                [b'\'', ..] if is_new_line => return Some(at),
                _ => return None,
            }
        }
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
        if words.depth == 0 && self.at >= self.scan.rests.last().unwrap_or(&0) + self.piece {
            self.scan.rests.push(self.at);
        }
        if !words.stdin {
            return;
        }
        let first_line_end = self.line_end(self.at);
        let rest = self.text[self.at..first_line_end].trim();
        if !rest.is_empty() && (!rest.starts_with("--") || rest.contains('\r')) {
            self.stranger(Span::new(self.at, first_line_end), StrangerKind::BehindCopy);
        }
        let start = (first_line_end + 1).min(self.bytes.len());
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
        // Its arguments reach to the line's end and are no SQL: `\echo it's done`.
        self.at = self.line_end(self.at);
    }

    fn colon(&mut self) {
        let start = self.at;
        if self.next_is(1, b':') {
            self.at += 2;
        } else if self.next_is(1, b'\'') || self.next_is(1, b'"') {
            self.at += 1;
            let quote = self.bytes[self.at];
            let name = self.at + 1;
            self.quoted(quote, false, "quoted variable");
            let name = name..(self.at - 1).max(name);
            if !name.is_empty()
                && self.bytes[name]
                    .iter()
                    .all(|&byte| is_word(byte) || byte.is_ascii_digit())
            {
                self.stranger(Span::new(start, self.at), StrangerKind::Variable);
            }
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

/// Whether the text of a comment looks like a directive with a typing error.
fn is_near_miss(body: &str) -> bool {
    if begins(body, "windlas") {
        return true;
    }
    let longest = 12.min(body.len());
    let Some(colon) = body.as_bytes()[..longest].iter().position(|&byte| byte == b':') else {
        return false;
    };
    let word = body[..colon].trim().to_ascii_lowercase();
    word.len() >= 6 && strsim::damerau_levenshtein(&word, "windlass") <= 2
}

#[cfg(test)]
pub(crate) mod tests {
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

    #[test]
    fn an_escape_string_keeps_its_escapes_on_the_next_line() {
        assert_eq!(strangers("SELECT E'a' -- x\n  '\\'; \\i '"), []);
        assert_eq!(
            strangers("SELECT E'a' '\\i x"),
            [StrangerKind::Unterminated("quoted string")]
        );
    }

    #[test]
    fn a_carriage_return_ends_a_comment_as_it_does_for_postgresql() {
        assert!(scan("-- x\rDROP TABLE t").has_statements);
        assert_eq!(
            strangers("-- windlass: label x\rDROP TABLE t"),
            [StrangerKind::CarriageReturn]
        );
        assert_eq!(strangers("-- windlass: label x\r\nDROP TABLE t\r\n"), []);
        assert_eq!(
            directives("-- windlass: after a \\\r\n-- b\r\nSELECT 1"),
            ["-- windlass: after a \\\r\n-- b"]
        );
    }

    #[test]
    fn a_continuation_needs_a_comment_line_that_is_no_directive() {
        assert_eq!(
            strangers("-- windlass: after a \\\nSELECT 1"),
            [StrangerKind::Continuation]
        );
        assert_eq!(strangers("-- windlass: after a \\"), [StrangerKind::Continuation]);
        let two = "-- windlass: after a \\\n-- windlass: label b";
        assert_eq!(strangers(two), [StrangerKind::Continuation]);
        assert_eq!(directives(two).len(), 2);
    }

    #[test]
    fn arguments_of_a_meta_command_are_no_sql() {
        assert_eq!(
            strangers("\\echo it's done\nSELECT 1;"),
            [StrangerKind::MetaCommand("\\echo".into())]
        );
    }

    #[test]
    fn copy_is_found_by_its_words_and_only_there() {
        for text in [
            "copy t (a, b) /* x */ from -- y\n stdin with (format csv);\n'\n\\.\n",
            "SELECT 1; COPY \"from\" FROM STDIN; -- it's data\n'\n\\.",
            "COPY stdin FROM stdin;\r\n'\r\n\\.\r\n",
        ] {
            assert_eq!(scan(text).copies.len(), 1, "{text}");
            assert_eq!(strangers(text), [], "{text}");
        }
        for text in [
            "COPY t FROM 'stdin';\n",
            "COPY (SELECT a FROM stdin) TO STDOUT;\n",
            "COPY t TO STDOUT;\n",
            "SELECT copy FROM stdin;\n",
            "COPY t FROM \"stdin\";\n",
        ] {
            assert_eq!(scan(text).copies, [], "{text}");
        }
        assert_eq!(
            strangers("COPY t FROM STDIN; SELECT 1;\n\\.\n"),
            [StrangerKind::BehindCopy]
        );
    }

    #[test]
    fn each_tool_is_known_by_its_markers() {
        for (text, tool) in [
            ("-- migrate:up transaction:false", "dbmate"),
            ("--migrate:down", "dbmate"),
            ("-- +goose StatementBegin", "goose"),
            ("-- +migrate Down", "sql-migrate"),
            ("--//@UNDO", "MyBatis Migrations"),
            ("-- //@UNDO", "MyBatis Migrations"),
            ("--liquibase formatted sql", "Liquibase"),
            ("--changeset me:1", "Liquibase"),
            ("-- changeset me:1", "Liquibase"),
            ("--rollback DROP TABLE t", "Liquibase"),
            ("--! Previous: sha1:00", "graphile-migrate"),
            ("--> statement-breakpoint", "Drizzle"),
            ("---- create above / drop below ----", "tern"),
            ("-- atlas:txmode none", "Atlas"),
            ("-- no-transaction", "sqlx"),
            ("-- Down Migration", "node-pg-migrate"),
            ("-- Deploy shop:orders to pg", "Sqitch"),
        ] {
            assert_eq!(strangers(text), [StrangerKind::ForeignMarker(tool)], "{text}");
        }
        for prose in [
            "-- rollback is a new deploy",
            "-- verify the count on pg",
            "-- down migration of the index first",
            "-- no-transaction because",
            "-- changeset of May",
        ] {
            assert_eq!(strangers(prose), [], "{prose}");
        }
    }

    #[test]
    fn near_misses_and_what_is_none() {
        for text in [
            "--windlass: x",
            " -- windlass: x",
            "SELECT 1; -- windlass: x",
            "-- Windlass : x",
            "--- windlass: x",
            "/** windlass: x */",
            "-- widnlass: x",
        ] {
            assert_eq!(strangers(text), [StrangerKind::NearMiss], "{text}");
        }
        for text in [
            "-- windows: x",
            "-- the windlass: x",
            "-- wind",
            "-- é:é:é:é:",
            "SELECT '-- windlas'",
        ] {
            assert_eq!(strangers(text), [], "{text}");
        }
    }

    #[test]
    fn a_slice_of_an_array_and_a_cast_are_no_variables() {
        assert_eq!(strangers("SELECT a[1:2], b::\"char\", c[1:'2 ']"), []);
        assert_eq!(strangers("SELECT :\"x\""), [StrangerKind::Variable]);
        assert_eq!(
            strangers("SELECT :'"),
            [StrangerKind::Unterminated("quoted variable")]
        );
    }

    #[test]
    fn dollar_quotes_need_a_tag_that_is_a_name() {
        assert_eq!(
            strangers("SELECT $1, $2$, a$b$ \n, 1$x$ \\i $x$, $é$'$é$, $$ $a$ \\i $$"),
            []
        );
        assert_eq!(
            strangers("SELECT $a$ $A$"),
            [StrangerKind::Unterminated("dollar-quoted string")]
        );
    }

    /// Pieces whose neighbours matter, so that a few of them make the cases one would not think of.
    pub(crate) fn sql() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::prelude::*;
        let piece = prop_oneof![
            proptest::sample::select(vec![
                "-- windlass:",
                "-- windlass: label x",
                "--",
                "/*",
                "*/",
                "'",
                "''",
                "\"",
                "E'",
                "\\",
                "\\.",
                "\n",
                "\r\n",
                "\r",
                " ",
                ";",
                "(",
                ")",
                "$",
                "$$",
                "$a$",
                ":",
                "::",
                ":'a'",
                "COPY t FROM STDIN",
                "COPY",
                "FROM",
                "STDIN",
                "SELECT 1",
                "é",
                "\u{2028}",
                "-- squawk-ignore a",
                "-- migrate:up",
                "windlas",
                "1",
                "U&'",
            ])
            .prop_map(str::to_owned),
            "\\PC{0,3}",
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_found_lies_in_the_text_and_in_order(text in sql()) {
            let scan = scan(&text);
            proptest::prop_assert!(scan.first_statement <= text.len());
            let mut spans = scan.directives.clone();
            spans.extend(scan.copies.iter().map(|copy| Span::new(copy.data.start, copy.resume)));
            spans.sort();
            for pair in spans.windows(2) {
                proptest::prop_assert!(pair[0].end <= pair[1].start);
            }
            spans.extend(scan.strangers.iter().map(|stranger| stranger.span));
            spans.extend(scan.ignores);
            for span in spans {
                proptest::prop_assert!(text.get(span.range()).is_some(), "{:?}", span);
            }
        }

        #[test]
        fn any_text_is_scanned_to_its_end(text in "[-:/*'\"$;\\\\a-c\n windlasCOPYFROMSTDIN.]{0,60}") {
            let scan = scan(&text);
            for span in scan.directives {
                proptest::prop_assert!(text.get(span.range()).is_some());
            }
        }
    }
}
