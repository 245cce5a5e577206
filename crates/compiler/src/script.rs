//! A file as statements with the directives that speak about them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Place, Span};
use crate::directive::{FileDirectives, Scope, StatementDirectives, find};
use crate::format::Source;
use crate::lex::{self, Scan, StrangerKind};
use crate::parallel;
use crate::sql::SyntaxError;

/// A script, split.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What the directives at the top say.
    pub header: FileDirectives,
    /// In file order.
    pub statements: Vec<ScriptStatement>,
}

/// A statement as it stands in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptStatement {
    /// Its text, without the semicolon.
    pub span: Span,
    /// Line of its first character, from 1.
    pub line: usize,
    /// Column of its first character, from 1, in characters.
    pub column: usize,
    /// What the directives before it say. Shared by all that have none.
    pub directives: Arc<StatementDirectives>,
    /// The data behind COPY … FROM STDIN.
    pub copy_data: Option<Span>,
}

impl Script {
    /// Splits a script with `split`, which gives the spans of statements in SQL text.
    ///
    /// # Errors
    /// What is not SQL, or nearly a directive, or another tool's, each with its place.
    pub fn read(
        source: &Source,
        split: impl Fn(&str) -> Result<Vec<Span>, SyntaxError>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let text: &str = &source.text;
        let scan = lex::scan(text);
        let mut problems = strangers(source, &scan, |_| true);
        let header = FileDirectives::read(source, &scan).unwrap_or_else(|found| {
            problems.extend(found);
            FileDirectives::default()
        });
        if !problems.is_empty() {
            return Err(problems);
        }
        let spans = split(&blanked(text, &scan)).map_err(|error| vec![not_sql(source, error)])?;
        let statements = attach(source, &scan, &spans)?;
        Ok(Self { header, statements })
    }
}

/// So many statements are worth another thread.
pub(crate) const FEW: usize = 250;

impl Script {
    /// Hands each statement to `take`, in order, with what `parse` reads in its text. Those that come next are parsed
    /// meanwhile, and never more than a few thousand: their trees do not all live at once.
    pub(crate) fn each_parsed<P: Send>(
        &self,
        text: &str,
        parse: impl Fn(&str) -> P + Sync,
        mut take: impl FnMut(&ScriptStatement, P),
    ) {
        let shares: Vec<_> = self.statements.chunks(FEW).collect();
        let parse_share = |share: &&[ScriptStatement]| {
            let texts = share.iter().map(|written| &text[written.span.range()]);
            texts.map(&parse).collect::<Vec<_>>()
        };
        parallel::in_order(&shares, parse_share, |share, parsed| {
            for (written, parsed) in share.iter().zip(parsed) {
                take(written, parsed);
            }
        });
    }
}

fn not_sql(source: &Source, error: SyntaxError) -> Diagnostic {
    let text: &str = &source.text;
    let rest = text.get(error.offset..).unwrap_or_default();
    let end = rest.find(|letter: char| letter.is_whitespace() || letter == ';');
    let span = Span::new(error.offset, error.offset + end.unwrap_or(rest.len()));
    let problem = Diagnostic::error(error.message)
        .at(Place::locate(&source.path, text, span))
        .label("PostgreSQL's grammar stops here");
    let word = rest
        .split(|letter: char| letter.is_ascii_whitespace() || letter == ';')
        .next();
    let lookalike = word
        .unwrap_or_default()
        .chars()
        .find_map(|letter| Some((letter, looks_like(letter)?)));
    match lookalike {
        Some((letter, looks)) => problem.help(format!("U+{:04X} stands in it, {looks}", u32::from(letter))),
        None => problem,
    }
}

/// What people take a letter for that PostgreSQL takes for part of a word.
fn looks_like(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{feff}' => "a byte order mark, which nobody sees: joined files have it in their middle",
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            "which looks like a space and is none"
        }
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' => "which nobody sees: take it out",
        '‘' | '’' | '“' | '”' | '´' => "which looks like a quotation mark of SQL and is none",
        _ => return None,
    })
}

impl Script {
    /// Splits a script of another tool as it stands: its markers are comments, psql's commands are left out, its
    /// variables taken for names, and what is marked as the way back is left out. With it comes the text that was split,
    /// in which everything stands where it stood.
    ///
    /// # Errors
    /// What is not SQL, with its place.
    pub fn read_as_it_is(
        source: &Source,
        split: impl Fn(&str) -> Result<Vec<Span>, SyntaxError>,
    ) -> Result<(Self, Source), Vec<Diagnostic>> {
        let text: &str = &source.text;
        let scan = lex::scan(text);
        let is_open = |kind: &StrangerKind| matches!(kind, StrangerKind::Unterminated(_));
        let problems = strangers(source, &scan, is_open);
        if !problems.is_empty() {
            return Err(problems);
        }
        let header = FileDirectives::read(source, &scan).unwrap_or_default();
        let left_out = left_out(text, &scan);
        let readable = match blanked(text, &scan) {
            Cow::Borrowed(_) if left_out.is_empty() => source.clone(),
            blanked => {
                let mut blanked = blanked.into_owned().into_bytes();
                let inside = left_out.into_iter().flat_map(Span::range);
                for at in inside.filter(|at| text.as_bytes()[*at] != b'\n') {
                    blanked[at] = b' ';
                }
                Source {
                    path: source.path.clone(),
                    text: String::from_utf8(blanked).unwrap_or_default().into(),
                }
            }
        };
        let spans = split(&readable.text).map_err(|error| vec![not_sql(source, error)])?;
        let statements = attach(source, &scan, &spans)?;
        Ok((Self { header, statements }, readable))
    }
}

/// What stands in another tool's file and is no SQL.
fn left_out(text: &str, scan: &Scan) -> Vec<Span> {
    let spans = scan.strangers.iter().filter_map(|stranger| {
        let start = stranger.span.start;
        match stranger.kind {
            StrangerKind::MetaCommand(_) => {
                let line = text[start..].find('\n');
                Some(Span::new(start, line.map_or(text.len(), |length| start + length)))
            }
            StrangerKind::Variable => Some(Span::new(start, start + 1)),
            StrangerKind::ForeignMarker(_) if is_way_back(&text[stranger.span.range()]) => {
                Some(Span::new(start, text.len()))
            }
            _ => None,
        }
    });
    spans.collect()
}

/// Whether another tool's marker begins the part that undoes.
fn is_way_back(marker: &str) -> bool {
    let lower = marker.to_ascii_lowercase();
    ["down", "@undo", "rollback"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Gives each statement its place, its directives and its data.
fn attach(source: &Source, scan: &Scan, spans: &[Span]) -> Result<Vec<ScriptStatement>, Vec<Diagnostic>> {
    let text: &str = &source.text;
    let mut problems = Vec::new();
    let mut statements = Vec::with_capacity(spans.len());
    let mut directives = scan.directives.iter().peekable();
    let mut ignores = scan.ignores.iter().peekable();
    let everywhere: Vec<_> = scan
        .ignores
        .iter()
        .flat_map(|span| squawk_rules(&text[span.range()], true))
        .collect();
    let mut copies = scan.copies.iter().peekable();
    let none = Arc::new(StatementDirectives::default());
    let (mut counted, mut line, mut line_start) = (0, 1, 0);
    for (index, span) in spans.iter().enumerate() {
        for (at, _) in text[counted..span.start].match_indices('\n') {
            line += 1;
            line_start = counted + at + 1;
        }
        counted = span.start;
        let mut own = StatementDirectives::default();
        while let Some(directive) = directives.next_if(|directive| directive.start < span.start) {
            problems.extend(own.take(source, *directive).err());
        }
        own.allows.extend(everywhere.iter().cloned());
        while let Some(ignore) = ignores.next_if(|ignore| ignore.start < span.start) {
            own.allows.extend(squawk_rules(&text[ignore.range()], false));
        }
        while let Some(inside) = directives.next_if(|directive| directive.start < span.end) {
            problems.push(
                Diagnostic::error("a directive inside a statement")
                    .at(Place::locate(&source.path, text, *inside))
                    .help("move it before the statement that it speaks about"),
            );
        }
        // A COPY's own semicolon is the first one behind it; the next statement begins after the data.
        let next = spans.get(index + 1).map_or(text.len(), |next| next.start);
        let copy = copies.next_if(|copy| copy.semicolon < next);
        statements.push(ScriptStatement {
            span: *span,
            line,
            column: text[line_start..span.start].chars().count() + 1,
            directives: match own == *none {
                true => Arc::clone(&none),
                false => Arc::new(own),
            },
            copy_data: copy.map(|copy| copy.data),
        });
    }
    for left in directives {
        if is_statement_directive(text, *left) {
            problems.push(
                Diagnostic::error("a directive without a statement behind it")
                    .at(Place::locate(&source.path, text, *left))
                    .help("it speaks about the next statement; move it, or remove it"),
            );
        }
    }
    if problems.is_empty() {
        Ok(statements)
    } else {
        problems.truncate(MOST_PROBLEMS);
        Err(problems)
    }
}

/// What squawk's comment allows, as `squawk:RULE` for each of its rules, or `squawk:*` for all.
fn squawk_rules(comment: &str, whole_file: bool) -> Vec<(String, String)> {
    let marker = "squawk-ignore";
    let lower = comment.to_ascii_lowercase();
    let Some(at) = lower.find(marker) else {
        return Vec::new();
    };
    let rest = &lower[at + marker.len()..];
    let rest = match (rest.strip_prefix("-file"), whole_file) {
        (Some(rest), true) => rest,
        (None, false) => rest,
        _ => return Vec::new(),
    };
    let mut rules: Vec<&str> = rest
        .split([',', ' ', '\t'])
        .filter(|rule| !rule.is_empty())
        .collect();
    if rules.is_empty() {
        rules.push("*");
    }
    rules
        .into_iter()
        .map(|rule| (format!("squawk:{rule}"), "squawk-ignore".to_owned()))
        .collect()
}

fn is_statement_directive(text: &str, span: Span) -> bool {
    text[span.range()]
        .strip_prefix("-- windlass:")
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(find)
        .is_some_and(|known| known.scope == Scope::Statement)
}

/// The text for the parser: COPY data is blank, line ends stay, so that offsets are the file's.
fn blanked<'t>(text: &'t str, scan: &Scan) -> Cow<'t, str> {
    if scan.copies.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut from = 0;
    for copy in &scan.copies {
        blanked.push_str(&text[from..copy.data.start]);
        blanked.extend(
            text.as_bytes()[copy.data.start..copy.resume]
                .iter()
                .map(|&byte| if byte == b'\n' { '\n' } else { ' ' }),
        );
        from = copy.resume;
    }
    blanked.push_str(&text[from..]);
    Cow::Owned(blanked)
}

/// A file that is no SQL at all gives one problem for each of its lines. Placing each means counting
/// lines from the top, and nobody reads the hundredth.
pub(crate) const MOST_PROBLEMS: usize = 20;

/// What stands in the text that is not SQL, or not ours; `wanted` chooses among the kinds.
pub(crate) fn strangers(
    source: &Source,
    scan: &Scan,
    wanted: impl Fn(&StrangerKind) -> bool,
) -> Vec<Diagnostic> {
    let text: &str = &source.text;
    let mut problems: Vec<Diagnostic> = scan
        .strangers
        .iter()
        .filter(|stranger| wanted(&stranger.kind))
        .take(MOST_PROBLEMS)
        .map(|stranger| {
            let problem = match &stranger.kind {
                StrangerKind::MetaCommand(name) => {
                    Diagnostic::error(format!("{name} is a command of psql, not SQL"))
                        .help("write what it does as SQL; a revision is run without psql")
                }
                StrangerKind::Variable => Diagnostic::error("a psql variable")
                    .help("variables are reserved for a later version; write the value"),
                StrangerKind::NearMiss if text[stranger.span.range()].starts_with("-- windlass:") => {
                    Diagnostic::error("a directive that does not begin its line").help(
                        "move it to the start of a line of its own, above the statement that it speaks about",
                    )
                }
                StrangerKind::NearMiss => Diagnostic::error("a comment that is nearly a directive")
                    .help("write it at the start of a line as `-- windlass: …`, or reword the comment"),
                StrangerKind::ForeignMarker("sqlx") => {
                    Diagnostic::error("a marker of sqlx in a native revision")
                        .help("write it as `-- windlass: no-transaction`")
                }
                StrangerKind::ForeignMarker(tool) => {
                    Diagnostic::error(format!("a marker of {tool} in a native revision"))
                        .help("take it out; the way back is a .down.sql file beside the revision")
                        .help("which revisions a database has already, `windlass stamp` says to the journal")
                }
                StrangerKind::Continuation => {
                    Diagnostic::error("a directive that continues on no comment line")
                        .help("begin the next line with `--`, or remove the backslash")
                }
                StrangerKind::CarriageReturn => {
                    Diagnostic::error("a directive that ends in a bare carriage return")
                        .label("PostgreSQL reads SQL behind it")
                        .help("save the file with LF or CRLF line ends")
                }
                StrangerKind::BehindCopy => {
                    Diagnostic::error("something stands behind COPY … FROM STDIN on its line")
                        .help("put it behind the data's last line, which is \\.")
                }
                StrangerKind::Unterminated(what) => {
                    Diagnostic::error(format!("a {what} never ends")).label("begins here")
                }
            };
            problem.at(Place::locate(&source.path, text, stranger.span))
        })
        .collect();
    problems.extend(scan.copies.iter().filter(|copy| !copy.ended).take(1).map(|copy| {
        Diagnostic::error("COPY … FROM STDIN without an end of its data")
            .at(Place::locate(
                &source.path,
                text,
                Span::new(copy.semicolon, copy.semicolon + 1),
            ))
            .help("end the data with a line of its own: \\.")
    }));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql;

    fn source(text: &str) -> Source {
        Source {
            path: Arc::from("a.sql"),
            text: Arc::from(text),
        }
    }

    fn read(text: &str) -> Script {
        Script::read(&source(text), sql::split).expect("the script is fine")
    }

    fn problems(text: &str) -> Vec<String> {
        let found = Script::read(&source(text), sql::split).expect_err("something is wrong");
        found
            .iter()
            .map(|problem| format!("{problem} | {}", problem.help.join(" | ")))
            .collect()
    }

    #[test]
    fn a_directive_speaks_about_exactly_the_next_statement() {
        let script = read("-- windlass: label x\n-- windlass: best-effort\nSELECT 1;\nSELECT 2;");
        assert_eq!(script.header.labels, ["x"]);
        let best_effort: Vec<_> = script
            .statements
            .iter()
            .map(|statement| statement.directives.best_effort)
            .collect();
        assert_eq!(best_effort, [true, false]);
    }

    #[test]
    fn the_example_of_the_format_is_understood() {
        let script = read(
            "-- windlass: after 0035_call_log_index\n\
             ALTER TABLE leads ADD COLUMN IF NOT EXISTS d text;\n\
             -- windlass: backfill d on leads by tenant_id as business batch=1000 pause=100ms\n\
             UPDATE leads SET d = 'x' WHERE d IS NULL;\n\
             -- windlass: verify : no lead lacks a direction\n\
             SELECT NOT EXISTS (SELECT FROM leads WHERE d IS NULL);\n",
        );
        assert_eq!(script.header.after.as_ref().map(Vec::len), Some(1));
        let backfill = script.statements[1]
            .directives
            .backfill
            .as_ref()
            .expect("it is a backfill");
        assert_eq!(backfill.by, Some(("tenant_id".into(), "business".into())));
        assert_eq!(
            (backfill.options.batch, backfill.options.pause),
            (Some(1000), Some(std::time::Duration::from_millis(100)))
        );
        assert_eq!(
            script.statements[2].directives.verify.as_deref(),
            Some("no lead lacks a direction")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_what_to_do() {
        for (text, expected) in [
            (
                "-- windlass: backfil x\nSELECT 1",
                "a.sql:1:14: `backfil` is no directive | did you mean `backfill`?",
            ),
            (
                "SELECT 1;\n-- windlass: label x\n",
                "a.sql:2:14: `label` stands behind a statement | it speaks about the whole file: move it to the top",
            ),
            (
                "-- windlass: best-effort\n",
                "a.sql:1:1: a directive without a statement behind it | it speaks about the next statement; move it, or remove it",
            ),
            (
                "-- windlass: allow drop-column\nSELECT 1",
                "a.sql:1:1: `allow`: it needs a reason: because … | write -- windlass: allow RULE because …",
            ),
            (
                "-- windlass: atomic\n-- windlass: no-transaction\n",
                "a.sql:2:1: `no-transaction`: `atomic` and `no-transaction` contradict each other | write -- windlass: no-transaction",
            ),
            (
                "\\i x.sql\n",
                "a.sql:1:1: \\i is a command of psql, not SQL | write what it does as SQL; a revision is run without psql",
            ),
            (
                "-- migrate:down\n",
                "a.sql:1:1: a marker of dbmate in a native revision | take it out; the way back is a .down.sql file beside the revision | which revisions a database has already, `windlass stamp` says to the journal",
            ),
            (
                "SELECT 1;\nSELEC 2;",
                "a.sql:2:1: syntax error at or near \"SELEC\" | ",
            ),
            (
                "SELECT\n-- windlass: best-effort\n-- windlass: temporary\n1",
                "a.sql:2:1: a directive inside a statement | move it before the statement that it speaks about",
            ),
            (
                "SELECT 1; -- windlass: best-effort\nSELECT 2",
                "a.sql:1:11: a directive that does not begin its line | move it to the start of a line of its own, above the statement that it speaks about",
            ),
            (
                "-- Windlass : label x\n",
                "a.sql:1:1: a comment that is nearly a directive | write it at the start of a line as `-- windlass: …`, or reword the comment",
            ),
            (
                "-- no-transaction\n",
                "a.sql:1:1: a marker of sqlx in a native revision | write it as `-- windlass: no-transaction`",
            ),
            (
                "-- windlass: label x \\\nSELECT 1",
                "a.sql:1:22: a directive that continues on no comment line | begin the next line with `--`, or remove the backslash",
            ),
            (
                "COPY t FROM STDIN; SELECT 1;\n\\.\n",
                "a.sql:1:19: something stands behind COPY … FROM STDIN on its line | put it behind the data's last line, which is \\.",
            ),
            (
                "COPY t FROM STDIN;\n1\n",
                "a.sql:1:18: COPY … FROM STDIN without an end of its data | end the data with a line of its own: \\.",
            ),
            (
                "-- windlass: lock-timeout 5 parsecs\nSELECT 1",
                "a.sql:1:1: `lock-timeout`: it needs one duration | write -- windlass: lock-timeout DURATION",
            ),
        ] {
            assert_eq!(problems(text)[0], expected, "{text}");
        }
    }

    #[test]
    fn squawk_comments_are_allowances() {
        let script = read(
            "-- squawk-ignore-file prefer-text-field\n\
             SELECT 1;\n-- squawk-ignore ban-drop-column, ban-drop-table\nSELECT 2;\n-- squawk-ignore\nSELECT 3;",
        );
        let rules: Vec<Vec<&str>> = script
            .statements
            .iter()
            .map(|statement| {
                statement
                    .directives
                    .allows
                    .iter()
                    .map(|(rule, _)| rule.as_str())
                    .collect()
            })
            .collect();
        assert_eq!(
            rules,
            [
                vec!["squawk:prefer-text-field"],
                vec![
                    "squawk:prefer-text-field",
                    "squawk:ban-drop-column",
                    "squawk:ban-drop-table"
                ],
                vec!["squawk:prefer-text-field", "squawk:*"],
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_sql_gives_a_page_of_problems() {
        let text = "\\i x\n".repeat(100_000);
        assert_eq!(problems(&text).len(), MOST_PROBLEMS);
    }

    #[test]
    fn copy_data_belongs_to_its_statement() {
        let text = "COPY t FROM STDIN;\n1\ta;'\n\\.\nSELECT 2;";
        let script = read(text);
        assert_eq!(script.statements.len(), 2);
        let data = script.statements[0].copy_data.expect("there is data");
        assert_eq!(&text[data.range()], "1\ta;'\n");
        assert_eq!(script.statements[1].line, 4);
    }

    proptest::proptest! {
        #[test]
        fn every_directive_is_attached_or_refused(text in lex::tests::sql()) {
            let source = source(&text);
            let scan = lex::scan(&text);
            let blanked = blanked(&text, &scan);
            proptest::prop_assert_eq!(blanked.len(), text.len());
            let lines = |text: &str| text.match_indices('\n').map(|(at, _)| at).collect::<Vec<_>>();
            proptest::prop_assert_eq!(lines(&blanked), lines(&text));
            // A parser that takes anything, so that the reader itself is reached.
            let anything = |text: &str| -> Result<Vec<Span>, SyntaxError> {
                let mut end = 0;
                Ok(text
                    .split_inclusive(';')
                    .filter_map(|piece| {
                        end += piece.len();
                        let start = end - piece.trim_start().len();
                        (start < end).then(|| Span::new(start, end))
                    })
                    .collect())
            };
            for found in [Script::read(&source, anything), Script::read(&source, sql::split)] {
                match found {
                    Ok(script) => {
                        for pair in script.statements.windows(2) {
                            proptest::prop_assert!(pair[0].span.end <= pair[1].span.start);
                            proptest::prop_assert!(pair[0].line <= pair[1].line);
                        }
                        let data = script.statements.iter().filter(|statement| statement.copy_data.is_some());
                        proptest::prop_assert!(data.count() <= scan.copies.len());
                    }
                    Err(problems) => proptest::prop_assert!(!problems.is_empty()),
                }
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(-- windlass: )?[-:/*'\"$;\\\\a-c\n é,=COPYFROMSTDIN.]{0,60}") {
            let _ = Script::read(&source(&text), sql::split);
        }
    }
}
