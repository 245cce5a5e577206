//! A whole file under the rules: statement by statement, with the `allow` lines of its author.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

use super::case::Case;
use super::seen::Seen;
use super::{Finding, RULES, Runner, Surroundings, find, safe_form};
use crate::diagnostic::{Diagnostic, Place, Severity, Span, suggest};
use crate::directive::TransactionMode;
use crate::effect;
use crate::format::Source;
use crate::script::{FEW, Script, ScriptStatement};
use crate::sql::{self, Details, Parsed, RelationName, Statement};

/// What the rules say about a file.
#[derive(Debug, Default)]
pub struct Report {
    /// What was found, in the order of the file.
    pub findings: Vec<Finding>,
    /// What was found and is allowed, with the author's reason.
    pub allowed: Vec<(Finding, String)>,
    /// `allow` lines that allow nothing, or name no rule.
    pub remarks: Vec<Diagnostic>,
    /// How many statements there were.
    pub statements: usize,
    /// The whole file is one transaction by its author's word: no safe form runs by itself.
    pub is_atomic: bool,
}

/// Looks at statements in order, and remembers what they made.
#[derive(Debug)]
pub struct Checker<'a> {
    around: Surroundings<'a>,
    seen: Seen,
    off: BTreeSet<String>,
}

impl<'a> Checker<'a> {
    /// A checker that has seen nothing yet.
    pub fn new(around: Surroundings<'a>) -> Self {
        Self {
            around,
            seen: Seen::default(),
            off: BTreeSet::new(),
        }
    }

    /// Leaves rules out, by name.
    #[must_use]
    pub fn without(mut self, rules: impl IntoIterator<Item = String>) -> Self {
        self.off.extend(rules);
        self
    }

    /// Says who executes what comes next.
    pub fn executed_by(&mut self, runner: Runner) {
        self.around.runner = runner;
    }

    /// Begins a file that is deployed by itself: what earlier files made exists by now, with rows in it.
    pub fn begin_file(&mut self, mode: TransactionMode) {
        self.seen.begin_file(self.shares(mode));
    }

    /// Begins a file of the same plan: what earlier files made is still nobody's.
    pub fn begin(&mut self, mode: TransactionMode) {
        self.seen.begin(self.shares(mode));
    }

    fn shares(&self, mode: TransactionMode) -> bool {
        match self.around.runner {
            Runner::Windlass => mode == TransactionMode::Atomic,
            Runner::Other { in_transaction } => in_transaction,
        }
    }

    /// Asks every rule about the next statement. `start` is where its text stands in its file.
    pub fn check(
        &mut self,
        statement: &Statement,
        details: &Details,
        text: &str,
        start: usize,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        let pieces = OnceCell::new();
        let whole = effect::effect(statement, &self.around.context());
        let mut ask = |part: Cow<Statement>, at, effect: OnceCell<effect::Effect>| {
            let case = Case {
                around: &self.around,
                seen: &self.seen,
                statement: part,
                whole: statement,
                details,
                at,
                text,
                start,
                pieces: &pieces,
                effect,
            };
            let rules = RULES.iter().filter(|rule| !self.off.contains(rule.id));
            findings.extend(rules.filter_map(|rule| (rule.check)(&case)));
        };
        match statement {
            Statement::Alter {
                relation,
                object,
                only,
                commands,
            } if commands.len() > 1 => {
                for (number, command) in commands.iter().enumerate() {
                    let part = Statement::Alter {
                        relation: relation.clone(),
                        object: *object,
                        only: *only,
                        commands: vec![command.clone()],
                    };
                    ask(Cow::Owned(part), (number, commands.len()), OnceCell::new());
                }
            }
            _ => ask(Cow::Borrowed(statement), (0, 1), OnceCell::from(whole.clone())),
        }
        self.seen.take(statement, details, &whole);
        findings
    }

    /// Asks about a statement as it stands in its script, and sorts out what its author allows.
    pub fn check_written(
        &mut self,
        source: &Source,
        written: &ScriptStatement,
        statement: &Statement,
        details: &Details,
        report: &mut Report,
    ) {
        let text = &source.text[written.span.range()];
        report.statements += 1;
        let allows = &written.directives.allows;
        let findings = self.check(statement, details, text, written.span.start);
        let mut used = vec![false; allows.len()];
        for finding in findings {
            let finding = finding.unless_allowed(|permission| {
                let mut is_allowed = false;
                for (at, (allowed, _)) in allows.iter().enumerate() {
                    if allowed == permission {
                        used[at] = true;
                        is_allowed = true;
                    }
                }
                is_allowed
            });
            let mut reason = None;
            for (at, (allowed, why)) in allows.iter().enumerate() {
                if is_allowed(&finding, allowed) {
                    used[at] = true;
                    reason.get_or_insert(why);
                }
            }
            match reason {
                Some(reason) => report.allowed.push((finding, reason.clone())),
                None => report.findings.push(finding),
            }
        }
        for ((allowed, _), used) in allows.iter().zip(used) {
            if !used && !allowed.starts_with("squawk:") {
                report.remarks.extend(self.idle(allowed).map(|remark| {
                    let line = text.lines().next().unwrap_or_default().len();
                    let span = Span::new(written.span.start, written.span.start + line);
                    remark.at(Place::locate(&source.path, &source.text, span))
                }));
            }
        }
    }

    /// What to say of an `allow` that allows nothing. With a catalog it may be needed on another database.
    fn idle(&self, allowed: &str) -> Option<Diagnostic> {
        if let Some(unknown) = unknown_rule(allowed) {
            return Some(unknown);
        }
        let is_sure = self.around.catalog.is_none() && !self.off.contains(allowed);
        is_sure.then(|| {
            Diagnostic::warning(format!("`allow {allowed}` allows nothing here"))
                .help("remove the line: the statement does not have this hazard")
        })
    }
}

/// What to say of an `allow` that names no rule.
pub(crate) fn unknown_rule(allowed: &str) -> Option<Diagnostic> {
    let is_ours = !allowed.starts_with("squawk:");
    if !is_ours || super::PERMISSIONS.contains(&allowed) || find(allowed).is_some() {
        return None;
    }
    let remark = Diagnostic::warning(format!("`allow {allowed}`: no rule has this name"));
    let known = RULES.iter().map(|rule| rule.id).chain(super::PERMISSIONS);
    Some(match suggest(allowed, known) {
        Some(near) => remark.help(format!("did you mean `{near}`?")),
        None => remark.help("`windlass lint --rules` lists the rules"),
    })
}

fn is_allowed(finding: &Finding, allowed: &str) -> bool {
    match allowed.strip_prefix("squawk:") {
        Some("*") => true,
        Some(name) => finding.rule.squawk.contains(&name),
        None => finding.rule.id == allowed,
    }
}

/// A file that the rules can be asked about. Files are read on any thread, and asked about in their order.
#[derive(Debug)]
pub struct Readable {
    source: Source,
    /// The text that was split; it differs where parts of the file are no SQL.
    text: Source,
    script: Script,
    /// All statements, where they are few.
    parsed: Option<Vec<Parsed>>,
}

impl Readable {
    /// Reads a file that `runner` executes.
    ///
    /// # Errors
    /// What is not SQL, or nearly a directive, each with its place.
    pub fn read(source: &Source, runner: Runner) -> Result<Self, Vec<Diagnostic>> {
        let parsed = Cell::new(None);
        let split = |text: &str| {
            let (spans, read) = sql::split_and_parse(text, FEW)?;
            parsed.set(read);
            Ok(spans)
        };
        let (script, text) = if runner == Runner::Windlass {
            (Script::read(source, split)?, source.clone())
        } else {
            Script::read_as_it_is(source, split)?
        };
        let is_few = script.statements.len() <= FEW;
        let parsed = parsed
            .take()
            .or_else(|| is_few.then(|| parse(&text, &script.statements)));
        Ok(Self {
            source: source.clone(),
            text,
            script,
            parsed,
        })
    }
}

/// Asks the rules about a file. `alone`: it is deployed by itself.
///
/// # Errors
/// What is not SQL, or nearly a directive, each with its place.
pub fn check_file(checker: &mut Checker, source: &Source, alone: bool) -> Result<Report, Vec<Diagnostic>> {
    check_read(checker, Readable::read(source, checker.around.runner)?, alone)
}

/// The same of a file that was read for the checker's runner.
///
/// # Errors
/// What is not SQL, with its place.
pub fn check_read(checker: &mut Checker, file: Readable, alone: bool) -> Result<Report, Vec<Diagnostic>> {
    let Readable {
        source,
        text,
        script,
        parsed,
    } = file;
    if alone {
        checker.begin_file(script.header.transaction);
    } else {
        checker.begin(script.header.transaction);
    }
    let mut report = Report {
        is_atomic: script.header.transaction == TransactionMode::Atomic,
        ..Report::default()
    };
    let mut problems = Vec::new();
    let mut check = |batch: &[ScriptStatement], parsed: &mut Vec<Parsed>| {
        checker.seen.coming_views = views_in(parsed);
        checker.seen.coming_analyses = analyzed_in(parsed);
        checker.seen.coming_sequences = sequences_in(parsed);
        for (written, parsed) in batch.iter().zip(parsed.drain(..)) {
            match parsed {
                Ok((statement, details)) => {
                    checker.check_written(&text, written, &statement, &details, &mut report);
                }
                Err(error) => problems.push(Diagnostic::error(error.message).at(Place::locate(
                    &source.path,
                    &source.text,
                    written.span,
                ))),
            }
        }
    };
    match parsed {
        Some(mut parsed) => check(&script.statements, &mut parsed),
        None => {
            let mut batches = script.statements.chunks(AT_ONCE);
            let mut batch = batches.next();
            let mut gathered = Vec::with_capacity(AT_ONCE);
            sql::deep(|| {
                script.each_parsed(&text.text, sql::parse_with_details, |_, parsed| {
                    gathered.push(parsed);
                    if let Some(whole) = batch.filter(|batch| batch.len() == gathered.len()) {
                        check(whole, &mut gathered);
                        batch = batches.next();
                    }
                });
            });
        }
    }
    if problems.is_empty() {
        Ok(report)
    } else {
        Err(problems)
    }
}

/// A statement of a file, and its safe form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, without the semicolon.
    pub span: Span,
    /// What stands there then.
    pub text: String,
    /// The rule that asks for it.
    pub rule: &'static str,
}

/// The safe forms of a file's statements, in order; comments that a form would lose come before it.
///
/// # Errors
/// What is not SQL, or nearly a directive, each with its place.
pub fn fixes(checker: &mut Checker, source: &Source) -> Result<Vec<Edit>, Vec<Diagnostic>> {
    let script = Script::read(source, sql::split)?;
    checker.begin_file(script.header.transaction);
    let mut edits = Vec::new();
    for written in &script.statements {
        let text = &source.text[written.span.range()];
        let Ok((statement, details)) = sql::parse_with_details(text) else {
            continue;
        };
        let mut report = Report::default();
        checker.check_written(source, written, &statement, &details, &mut report);
        let directives = &written.directives;
        let is_plain =
            directives.backfill.is_none() && directives.verify.is_none() && directives.require.is_none();
        let form = safe_form(&statement, text, &report.findings)
            .filter(|_| is_plain && script.header.transaction != TransactionMode::Atomic);
        let first = report
            .findings
            .iter()
            .find(|finding| finding.severity == Severity::Error);
        let Some((form, first)) = form.zip(first) else {
            continue;
        };
        let form = super::written(&form);
        let mut lost = String::new();
        for comment in sql::comments(text)
            .into_iter()
            .filter(|comment| !form.contains(comment))
        {
            lost.push_str(comment);
            lost.push('\n');
        }
        edits.push(Edit {
            span: written.span,
            // The author's own semicolon ends the last one.
            text: lost + form.trim_end_matches(';'),
            rule: first.rule.id,
        });
    }
    Ok(edits)
}

/// The views that statements make.
fn views_in(parsed: &[Parsed]) -> Vec<RelationName> {
    let views = parsed.iter().filter_map(|parsed| match parsed {
        Ok((Statement::CreateView { relation, .. }, _)) => Some(relation.clone()),
        _ => None,
    });
    views.collect()
}

/// The tables that statements analyze.
fn analyzed_in(parsed: &[Parsed]) -> Vec<RelationName> {
    let analyzed = parsed.iter().filter_map(|parsed| match parsed {
        Ok((
            Statement::Vacuum {
                relations,
                analyze: true,
                ..
            },
            _,
        )) => Some(relations),
        _ => None,
    });
    analyzed.flatten().cloned().collect()
}

/// The sequences that statements alter.
fn sequences_in(parsed: &[Parsed]) -> Vec<RelationName> {
    let altered = parsed.iter().filter_map(|parsed| match parsed {
        Ok((Statement::AlterSequence { relation, .. }, _)) => Some(relation.clone()),
        _ => None,
    });
    altered.collect()
}

/// So many statements are looked at together.
const AT_ONCE: usize = 8 * FEW;

fn parse(source: &Source, statements: &[ScriptStatement]) -> Vec<Parsed> {
    let parse = |written: &ScriptStatement| sql::parse_with_details(&source.text[written.span.range()]);
    sql::deep(|| statements.iter().map(parse).collect())
}
