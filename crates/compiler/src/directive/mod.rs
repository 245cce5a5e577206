//! `-- windlass:` lines: what they say, as values.
//!
//! `directive = start-of-line "-- windlass:" name args end-of-line`; args are words, quoted
//! identifiers and `key=value`; free text only last, after `because` or `:`.

mod backfill;
mod known;
mod words;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use backfill::{Backfill, BackfillOptions, OnError, Triggers};
pub use known::{DIRECTIVES, Known, Scope, find};
use words::{Line, Word};

use crate::diagnostic::{Diagnostic, Place, Span, suggest};
use crate::duration::parse_duration;
use crate::format::{RevisionId, Source};
use crate::lane::Lane;
use crate::lex::Scan;
use crate::script::MOST_PROBLEMS;
use crate::sql::RelationName;

/// Whether and how a file's statements share transactions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TransactionMode {
    /// They do, cut where a promise needs it.
    #[default]
    Shared,
    /// `no-transaction`: each statement is a step of its own.
    Never,
    /// `atomic`: the whole revision is one transaction.
    Atomic,
}

/// What a file's directives say about all of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileDirectives {
    /// The parents; none where the file does not say (then it is the revision before it), empty for `base`.
    pub after: Option<Vec<(RevisionId, Place)>>,
    /// Its labels.
    pub labels: Vec<String>,
    /// Tables that may not lose anything.
    pub protects: Vec<Protect>,
    /// Why there is no way back.
    pub irreversible: Option<String>,
    /// Revisions that it stands for.
    pub replaces: Vec<RevisionId>,
    /// Backfills that must be complete first.
    pub requires_backfills: Vec<String>,
    /// The environments that it runs in; empty for all.
    pub only_envs: Vec<String>,
    /// `atomic`, `no-transaction` or neither.
    pub transaction: TransactionMode,
    /// `after base` was said.
    is_base: bool,
}

/// A table that may not lose rows, columns or itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// The table as SQL writes it, quoted where it needs to be.
    pub table: String,
    /// What may go all the same, and why.
    pub allow: Option<(Allowance, String)>,
    /// Where that is said.
    pub span: Span,
}

/// What a revision may take from a protected table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Allowance {
    /// This many rows, all its steps together.
    Delete(u64),
    /// Anything: rows, columns, constraints, partitions, the table.
    Drop,
}

/// What directives say about the statement behind them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatementDirectives {
    /// Execute in batches. In a box: a long script has many statements, and few of them are batched.
    pub backfill: Option<Box<Backfill>>,
    /// The query must be true after the statements before it.
    pub verify: Option<String>,
    /// The query must be true before the first step.
    pub require: Option<String>,
    /// Rules whose warning is accepted, and why.
    pub allows: Vec<(String, String)>,
    /// A final failure is a warning.
    pub best_effort: bool,
    /// The index goes away after the backfill.
    pub temporary: bool,
    /// Execute by this lane's policy.
    pub lane: Option<Lane>,
    /// A tighter stall budget.
    pub stall_budget: Option<Duration>,
    /// How long one attempt waits for a lock.
    pub lock_timeout: Option<Duration>,
    /// How long the statement may take.
    pub statement_timeout: Option<Duration>,
}

impl FileDirectives {
    /// Reads the directives that stand before the first statement, and checks the names of all.
    ///
    /// # Errors
    /// Unknown directives, wrong scopes, arguments that do not fit.
    pub(crate) fn read(source: &Source, scan: &Scan) -> Result<Self, Vec<Diagnostic>> {
        let mut header = Self::default();
        let mut problems = Vec::new();
        for span in &scan.directives {
            if problems.len() == MOST_PROBLEMS {
                break;
            }
            let checked = line_of(source, *span).and_then(|line| {
                let known = known_of(source, &line)?;
                match known.scope {
                    Scope::File if span.start > scan.first_statement => Err(at(
                        source,
                        line.name.span,
                        format!("`{}` stands behind a statement", known.name),
                    )
                    .help("it speaks about the whole file: move it to the top")),
                    Scope::File => header.take(source, known, &line),
                    Scope::Statement => Ok(()),
                }
            });
            problems.extend(checked.err());
        }
        if problems.is_empty() {
            Ok(header)
        } else {
            Err(problems)
        }
    }

    fn take(&mut self, source: &Source, known: &Known, line: &Line) -> Result<(), Diagnostic> {
        let usage = |why: &str| misuse(source, known, line.span, why);
        let id = |word: &Word| {
            RevisionId::parse(&word.text).map_err(|problem| at(source, word.span, problem.to_string()))
        };
        let some_words = || match (line.words.is_empty(), &line.free) {
            (true, _) => Err(usage("it names nothing")),
            (_, Some(free)) => Err(usage(&format!(
                "it takes no text behind `{}`",
                free.introduced_by
            ))),
            (false, None) => Ok(()),
        };
        let once = |is_first: bool, word: &Word| {
            if is_first {
                Ok(())
            } else {
                Err(at(
                    source,
                    word.span,
                    format!("`{}` names {} twice", known.name, word.text),
                )
                .help("remove one of them"))
            }
        };
        match known.name {
            "after" => {
                some_words()?;
                let parents = self.after.get_or_insert_with(Vec::new);
                for word in &line.words {
                    let is_base = word.text == "base" && !word.quoted;
                    if self.is_base || (is_base && (line.words.len() > 1 || !parents.is_empty())) {
                        return Err(usage("`base` stands for no parent and must stand alone"));
                    }
                    if is_base {
                        self.is_base = true;
                        continue;
                    }
                    let parent = id(word)?;
                    once(parents.iter().all(|(known, _)| *known != parent), word)?;
                    parents.push((parent, Place::locate(&source.path, &source.text, word.span)));
                }
            }
            "label" => {
                some_words()?;
                for word in &line.words {
                    let label = id(word)?;
                    once(!self.labels.iter().any(|known| known == label.as_str()), word)?;
                    self.labels.push(label.as_str().to_owned());
                }
            }
            "replaces" => {
                some_words()?;
                for word in &line.words {
                    let replaced = id(word)?;
                    once(!self.replaces.contains(&replaced), word)?;
                    self.replaces.push(replaced);
                }
            }
            "protect" => self.protects.push(protect(line).map_err(|why| usage(&why))?),
            "irreversible" => {
                let why = because(line).map_err(|why| usage(&why))?;
                if self.irreversible.replace(why).is_some() {
                    return Err(usage("it stands here twice"));
                }
            }
            "requires" => match words(line).as_slice() {
                ["backfill", name] if line.free.is_none() => self.requires_backfills.push((*name).to_owned()),
                _ => return Err(usage("it needs the word backfill and one name")),
            },
            "only" => match words(line).as_slice() {
                ["env", name] if line.free.is_none() => self.only_envs.push((*name).to_owned()),
                _ => return Err(usage("it needs the word env and one name")),
            },
            "no-transaction" | "atomic" => {
                nothing_more(line).map_err(|why| usage(&why))?;
                let mode = if known.name == "atomic" {
                    TransactionMode::Atomic
                } else {
                    TransactionMode::Never
                };
                if self.transaction == mode {
                    return Err(usage("it stands here twice"));
                }
                if self.transaction != TransactionMode::Shared {
                    return Err(usage("`atomic` and `no-transaction` contradict each other"));
                }
                self.transaction = mode;
            }
            _ => {}
        }
        Ok(())
    }
}

impl StatementDirectives {
    /// Takes one more directive that stands before the statement; file directives are passed over.
    ///
    /// # Errors
    /// Arguments that do not fit, and a directive that stands there twice.
    pub(crate) fn take(&mut self, source: &Source, span: Span) -> Result<(), Diagnostic> {
        let line = line_of(source, span)?;
        let known = known_of(source, &line)?;
        let usage = |why: &str| misuse(source, known, line.span, why);
        let duration = || match line.words.as_slice() {
            [word] if line.free.is_none() => parse_duration(&word.text).map_err(|problem| {
                at(source, word.span, problem.to_string()).help("write 50ms, 1s, 10m or 2h")
            }),
            _ => Err(usage("it needs one duration")),
        };
        let text = || match (&line.free, line.words.is_empty()) {
            (Some(free), true) if free.introduced_by == ":" && !free.text.is_empty() => Ok(free.text.clone()),
            _ => Err(usage("it needs a text behind a colon")),
        };
        let twice = match known.name {
            "backfill" => self
                .backfill
                .replace(Box::new(backfill::read(source, &line, &usage)?))
                .is_some(),
            "verify" => self.verify.replace(text()?).is_some(),
            "require" => self.require.replace(text()?).is_some(),
            "lane" => match line.words.as_slice() {
                [word] if line.free.is_none() => {
                    let lane = word.text.parse::<Lane>().map_err(|problem| {
                        let names = Lane::ALL.map(Lane::name);
                        let problem = at(source, word.span, problem.to_string());
                        match suggest(&word.text, names) {
                            Some(name) => problem.help(format!("did you mean `{name}`?")),
                            None => problem,
                        }
                    })?;
                    self.lane.replace(lane).is_some()
                }
                _ => return Err(usage("it needs one lane")),
            },
            "stall-budget" => {
                let budget = duration()?;
                if budget.is_zero() {
                    return Err(usage("nothing takes no time at all"));
                }
                self.stall_budget.replace(budget).is_some()
            }
            "lock-timeout" => self.lock_timeout.replace(duration()?).is_some(),
            "statement-timeout" => self.statement_timeout.replace(duration()?).is_some(),
            "best-effort" | "temporary" => {
                nothing_more(&line).map_err(|why| usage(&why))?;
                let flag = if known.name == "temporary" {
                    &mut self.temporary
                } else {
                    &mut self.best_effort
                };
                std::mem::replace(flag, true)
            }
            "allow" => {
                let [rule] = line.words.as_slice() else {
                    return Err(usage("it needs one rule"));
                };
                self.allows
                    .push((rule.text.clone(), because(&line).map_err(|why| usage(&why))?));
                false
            }
            _ => false,
        };
        if twice {
            return Err(usage("it stands here twice"));
        }
        let roles = [
            self.backfill.is_some(),
            self.verify.is_some(),
            self.require.is_some(),
        ];
        if roles.into_iter().filter(|role| *role).count() > 1 {
            return Err(usage(
                "a statement is a backfill, a `verify` or a `require`, one of them",
            ));
        }
        if self.backfill.is_some() && self.lane.is_some_and(|lane| lane != Lane::Backfill) {
            return Err(usage("a backfill has a lane of its own"));
        }
        Ok(())
    }
}

fn protect(line: &Line) -> Result<Protect, String> {
    let table = relation(line.words.first().ok_or("it needs one table")?)?;
    let span = line.span;
    match words(line).as_slice() {
        [_] if line.free.is_none() => Ok(Protect {
            table,
            allow: None,
            span,
        }),
        [_, "allow", "delete", count] => {
            let count = count
                .parse()
                .map_err(|_| format!("`{count}` is no number of rows"))?;
            Ok(Protect {
                table,
                allow: Some((Allowance::Delete(count), because(line)?)),
                span,
            })
        }
        [_, "allow", "drop"] => Ok(Protect {
            table,
            allow: Some((Allowance::Drop, because(line)?)),
            span,
        }),
        [_, "allow", ..] => Err("it allows `delete N` or `drop`".to_owned()),
        _ => Err("it needs one table".to_owned()),
    }
}

/// A relation as SQL writes it: folded where it was not quoted, quoted where it needs to be.
fn relation(word: &Word) -> Result<String, String> {
    if word.quoted && !word.text.is_empty() {
        return Ok(RelationName::new(None, &word.text).to_string());
    }
    let mut parts = Vec::new();
    let mut rest = word.text.as_str();
    loop {
        let (part, behind) = match rest
            .starts_with('"')
            .then(|| words::behind_quotes(rest, 0))
            .flatten()
        {
            Some(end) => (rest[1..end - 1].replace("\"\"", "\""), &rest[end..]),
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_ascii_lowercase(), &rest[end..])
            }
        };
        let is_empty = part.is_empty();
        parts.push(part);
        rest = match behind.strip_prefix('.') {
            Some(behind) if !is_empty => behind,
            None if !is_empty && behind.is_empty() => break,
            _ => return Err(format!("`{}` is no table's name", word.text)),
        };
    }
    match parts.as_slice() {
        [name] => Ok(RelationName::new(None, name).to_string()),
        [schema, name] => Ok(RelationName::new(Some(schema), name).to_string()),
        _ => Err(format!("`{}` is no table's name", word.text)),
    }
}

fn because(line: &Line) -> Result<String, String> {
    match &line.free {
        Some(free) if free.introduced_by == "because" && !free.text.is_empty() => Ok(free.text.clone()),
        _ => match line.words.first() {
            // `irreversible because …` has no word before it, so the word opens the list.
            Some(word) if word.text == "because" && line.words.len() > 1 => Ok(line.words[1..]
                .iter()
                .map(|word| word.text.as_str())
                .collect::<Vec<_>>()
                .join(" ")),
            _ => Err("it needs a reason: because …".to_owned()),
        },
    }
}

fn nothing_more(line: &Line) -> Result<(), String> {
    if line.words.is_empty() && line.free.is_none() {
        Ok(())
    } else {
        Err("it takes no arguments".to_owned())
    }
}

fn words(line: &Line) -> Vec<&str> {
    line.words.iter().map(|word| word.text.as_str()).collect()
}

/// Directives in a down script that speak about the revision: only the up script does.
pub(crate) fn misplaced_in_down(source: &Source, scan: &Scan) -> Vec<Diagnostic> {
    scan.directives
        .iter()
        .filter_map(|span| line_of(source, *span).ok())
        .filter(|line| {
            ["after", "label", "replaces", "irreversible", "requires"].contains(&line.name.text.as_str())
        })
        .take(MOST_PROBLEMS)
        .map(|line| {
            at(
                source,
                line.name.span,
                format!("`{}` in a down script", line.name.text),
            )
            .help("it speaks about the revision: write it in the up script")
        })
        .collect()
}

fn line_of(source: &Source, span: Span) -> Result<Line, Diagnostic> {
    words::line(&source.text, span).map_err(|open| {
        at(source, open, "a quoted identifier never ends".to_owned()).help("close it with \"")
    })
}

fn known_of(source: &Source, line: &Line) -> Result<&'static Known, Diagnostic> {
    find(&line.name.text).ok_or_else(|| {
        if line.name.text.is_empty() {
            return at(source, line.span, "a directive without a name".to_owned())
                .help("write it behind the colon, or remove the line");
        }
        let problem = at(
            source,
            line.name.span,
            format!("`{}` is no directive", line.name.text),
        );
        match suggest(&line.name.text, DIRECTIVES.iter().map(|known| known.name)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!(
                "the directives are {}",
                DIRECTIVES
                    .iter()
                    .map(|known| known.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
    })
}

fn misuse(source: &Source, known: &Known, span: Span, why: &str) -> Diagnostic {
    at(source, span, format!("`{}`: {why}", known.name)).help(format!("write -- windlass: {}", known.syntax))
}

fn at(source: &Source, span: Span, message: String) -> Diagnostic {
    Diagnostic::error(message).at(Place::locate(&source.path, &source.text, span))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lex;

    fn source(text: &str) -> Source {
        Source {
            path: Arc::from("a.sql"),
            text: Arc::from(text),
        }
    }

    fn header(line: &str) -> Result<FileDirectives, String> {
        let source = source(line);
        FileDirectives::read(&source, &lex::scan(line)).map_err(|problems| problems[0].to_string())
    }

    fn statement(text: &str) -> Result<StatementDirectives, String> {
        let source = source(text);
        let mut directives = StatementDirectives::default();
        for span in lex::scan(text).directives {
            directives
                .take(&source, span)
                .map_err(|problem| problem.to_string())?;
        }
        Ok(directives)
    }

    #[test]
    fn each_syntax_in_the_table_is_what_the_parser_takes() {
        for known in DIRECTIVES {
            let example = known
                .syntax
                .replace(['[', ']'], "")
                .replace("DURATION", "5s")
                .replace("lane NAME", "lane dml")
                .replace("skip N", "skip 5")
                .replace("key=value…", "batch=10 pause=1s")
                .replace("delete N|drop", "delete 5")
                .replace('…', " x");
            let line = format!("-- windlass: {example}");
            match known.scope {
                Scope::File => assert!(header(&line).is_ok(), "{line}: {:?}", header(&line)),
                Scope::Statement => assert!(statement(&line).is_ok(), "{line}: {:?}", statement(&line)),
            }
        }
    }

    #[test]
    fn a_table_is_named_as_sql_names_it() {
        for (written, table) in [
            ("leads", "leads"),
            ("Leads", "leads"),
            ("\"Leads\"", "\"Leads\""),
            ("\"leads\"", "leads"),
            ("Public.\"My Leads\"", "public.\"My Leads\""),
            ("\"a.b\".c", "\"a.b\".c"),
        ] {
            let said = statement(&format!(
                "-- windlass: backfill x on {written} by Tenant_Id as business"
            ));
            let backfill = said.expect("it is fine").backfill.expect("it is one");
            assert_eq!(backfill.table.as_deref(), Some(table));
            assert_eq!(backfill.by, Some(("tenant_id".into(), "business".into())));
            let said = header(&format!("-- windlass: protect {written}")).expect("it is fine");
            assert_eq!(said.protects[0].table, table);
        }
        for written in ["a.b.c", "a.", ".a", "a..b", "\"a\"b"] {
            assert_eq!(
                header(&format!("-- windlass: protect {written}")).map(drop),
                Err(format!("a.sql:1:1: `protect`: `{written}` is no table's name"))
            );
        }
    }

    #[test]
    fn nothing_is_passed_over_in_silence() {
        for (text, expected) in [
            (
                "-- windlass: after a : b",
                "a.sql:1:1: `after`: it takes no text behind `:`",
            ),
            ("-- windlass: after a a", "a.sql:1:22: `after` names a twice"),
            (
                "-- windlass: after a\n-- windlass: after a",
                "a.sql:2:20: `after` names a twice",
            ),
            ("-- windlass: after", "a.sql:1:1: `after`: it names nothing"),
            (
                "-- windlass: after base\n-- windlass: after a",
                "a.sql:2:1: `after`: `base` stands for no parent and must stand alone",
            ),
            ("-- windlass: label x x", "a.sql:1:22: `label` names x twice"),
            (
                "-- windlass: replaces x x",
                "a.sql:1:25: `replaces` names x twice",
            ),
            (
                "-- windlass: only env a because b",
                "a.sql:1:1: `only`: it needs the word env and one name",
            ),
            (
                "-- windlass: atomic\n-- windlass: atomic",
                "a.sql:2:1: `atomic`: it stands here twice",
            ),
            (
                "-- windlass: irreversible because a\n-- windlass: irreversible because b",
                "a.sql:2:1: `irreversible`: it stands here twice",
            ),
            (
                "-- windlass: irreversible",
                "a.sql:1:1: `irreversible`: it needs a reason: because …",
            ),
            (
                "-- windlass: protect t allow delete 5",
                "a.sql:1:1: `protect`: it needs a reason: because …",
            ),
            (
                "-- windlass: protect t because x",
                "a.sql:1:1: `protect`: it needs one table",
            ),
            (
                "-- windlass: protect t allow truncate because x",
                "a.sql:1:1: `protect`: it allows `delete N` or `drop`",
            ),
            ("-- windlass:", "a.sql:1:1: a directive without a name"),
            (
                "-- windlass: label \"x",
                "a.sql:1:20: a quoted identifier never ends",
            ),
        ] {
            assert_eq!(header(text).map(drop), Err(expected.to_owned()), "{text}");
        }
        for (text, expected) in [
            (
                "-- windlass: lane dml because x",
                "a.sql:1:1: `lane`: it needs one lane",
            ),
            (
                "-- windlass: stall-budget 0",
                "a.sql:1:1: `stall-budget`: nothing takes no time at all",
            ),
            (
                "-- windlass: backfill a : b",
                "a.sql:1:1: `backfill`: it takes no text",
            ),
            (
                "-- windlass: backfill a batch=0",
                "a.sql:1:25: `0` is no number of rows",
            ),
            (
                "-- windlass: backfill a workrs=4",
                "a.sql:1:25: `workrs=4` is no option of a backfill",
            ),
            (
                "-- windlass: backfill a workers=0",
                "a.sql:1:25: `0` is no number of workers",
            ),
            (
                "-- windlass: backfill a triggers=off",
                "a.sql:1:25: `triggers` is fire or skip, not `off`",
            ),
            (
                "-- windlass: backfill a on-error skip",
                "a.sql:1:1: `backfill`: `on-error skip` needs a number of rows",
            ),
            (
                "-- windlass: backfill a batch=10 target=1s",
                "a.sql:1:1: `backfill`: a fixed batch has no target time",
            ),
            (
                "-- windlass: backfill a\n-- windlass: verify : b",
                "a.sql:2:1: `verify`: a statement is a backfill, a `verify` or a `require`, one of them",
            ),
            (
                "-- windlass: lane ddl\n-- windlass: backfill a",
                "a.sql:2:1: `backfill`: a backfill has a lane of its own",
            ),
            (
                "-- windlass: best-effort\n-- windlass: best-effort",
                "a.sql:2:1: `best-effort`: it stands here twice",
            ),
        ] {
            assert_eq!(statement(text).map(drop), Err(expected.to_owned()), "{text}");
        }
    }
}
