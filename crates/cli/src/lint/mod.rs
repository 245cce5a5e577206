//! What rules found, on paper: one file per format.

mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod text;

use std::io::{self, Write};

use clap::ValueEnum;
use serde::{Serialize, Serializer};
use windlass::compiler::diagnostic::{Diagnostic, Lines, Place, Severity};
use windlass::compiler::format::Source;
use windlass::compiler::rules::{Finding, Report, written};

use crate::failure::Failure;

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Excerpts with carets, for people.
    Text,
    /// One object, for programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// A code quality report of GitLab.
    Gitlab,
    /// A test case per file.
    Junit,
}

/// What came of all files.
pub(crate) struct Outcome {
    /// Sizes and types are known.
    pub(crate) asked_database: bool,
    /// Notes are shown.
    pub(crate) with_notes: bool,
    pub(crate) files: Vec<Checked>,
}

/// What came of one.
pub(crate) struct Checked {
    pub(crate) source: Source,
    /// Windlass runs it, in its safe forms.
    pub(crate) runs_safely: bool,
    pub(crate) result: Result<Report, Vec<Diagnostic>>,
}

impl Checked {
    /// Whether it is a note about what its author has nothing to do for: the safe form runs by itself.
    fn sees_to(&self, finding: &Finding) -> bool {
        let is_atomic = self.result.as_ref().is_ok_and(|report| report.is_atomic);
        self.runs_safely
            && !is_atomic
            && finding.severity == Severity::Note
            && finding.runs_by_itself
            && finding.fix.is_some()
            && finding.needs.is_empty()
    }
}

/// One thing to tell, whatever the format.
struct Item {
    /// The rule, or `syntax` and `unused-allow`.
    rule: &'static str,
    severity: Severity,
    message: String,
    place: Option<Place>,
    /// Where it ends: line and column behind the last character.
    end: (usize, usize),
    fix: Option<String>,
    help: Vec<String>,
    assumed: Vec<String>,
}

impl Item {
    fn severity_name(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }

    /// The message with what to do, on one line.
    fn long_message(&self) -> String {
        let mut text = self.message.clone();
        for assumed in &self.assumed {
            text.push_str(&format!(" (assumed: {assumed})"));
        }
        for help in &self.help {
            text.push_str(&format!(". {help}"));
        }
        text
    }

    fn line(&self) -> usize {
        self.place.as_ref().map_or(1, |place| place.line)
    }

    fn column(&self) -> usize {
        self.place.as_ref().map_or(1, |place| place.column)
    }
}

impl Outcome {
    /// What there is to tell about a file, made one after the other.
    fn items<'a>(&'a self, file: &'a Checked) -> impl Iterator<Item = Item> + 'a {
        let from = |problem: &Diagnostic, rule| {
            let place = problem.place.as_deref().cloned();
            Item {
                rule,
                severity: problem.severity,
                message: problem.message.clone(),
                end: place.as_ref().map_or((1, 1), end_of),
                place,
                fix: None,
                help: problem.help.clone(),
                assumed: Vec::new(),
            }
        };
        let problems = file.result.as_ref().err().into_iter().flatten();
        let problems = problems.map(move |problem| from(problem, "syntax"));
        let report = || file.result.iter();
        let lines = file.result.as_ref().map_or_else(
            |_| Lines::of(""),
            |report| match report.findings.as_slice() {
                [] => Lines::of(""),
                _ => Lines::of(&file.source.text),
            },
        );
        let findings = report().flat_map(|report| &report.findings);
        let findings = findings
            .filter(|finding| self.shows(finding.severity) && !file.sees_to(finding))
            .map(move |finding| {
                let place = lines.locate(&file.source.path, &file.source.text, finding.span);
                Item {
                    rule: finding.rule.id,
                    severity: finding.severity,
                    message: finding.message.clone(),
                    end: end_of(&place),
                    place: Some(place),
                    fix: finding.fix.as_deref().map(written),
                    help: finding.help.clone(),
                    assumed: finding.assumed.clone(),
                }
            });
        let remarks = report().flat_map(|report| &report.remarks);
        let remarks = remarks.filter(|remark| self.shows(remark.severity));
        let remarks = remarks.map(move |remark| from(remark, "unused-allow"));
        problems.chain(findings).chain(remarks)
    }

    fn shows(&self, severity: Severity) -> bool {
        self.with_notes || severity > Severity::Note
    }

    fn count(&self, severity: Severity) -> usize {
        let counts = self.files.iter().map(|file| {
            let Ok(report) = &file.result else { return 0 };
            let remarks = report.remarks.iter().map(|remark| remark.severity);
            let findings = report.findings.iter().filter(|finding| !file.sees_to(finding));
            let told = remarks.chain(findings.map(|finding| finding.severity));
            told.filter(|told| *told == severity).count()
        });
        counts.sum()
    }

    fn statements(&self) -> usize {
        let reports = self.files.iter().filter_map(|file| file.result.as_ref().ok());
        reports.map(|report| report.statements).sum()
    }
}

/// The line and column behind the last character; spans of findings stay on one line.
fn end_of(place: &Place) -> (usize, usize) {
    let shown = place.excerpt.get(place.within.clone()).unwrap_or_default();
    let lines = shown.matches('\n').count();
    let last = shown.rsplit('\n').next().unwrap_or_default().chars().count();
    if lines == 0 {
        (place.line, place.column + last)
    } else {
        (place.line + lines, last + 1)
    }
}

/// Prints all findings in a format. What programs read is written as it is made: it may be long.
pub(crate) fn print(outcome: &Outcome, format: Format) -> Result<(), Failure> {
    let written = match format {
        Format::Text => {
            anstream::print!("{}", text::render(outcome));
            Ok(())
        }
        Format::Json => streamed(|out| json::write(outcome, out)),
        Format::Sarif => streamed(|out| sarif::write(outcome, out)),
        Format::Github => streamed(|out| github::write(outcome, out)),
        Format::Gitlab => streamed(|out| gitlab::write(outcome, out)),
        Format::Junit => streamed(|out| junit::write(outcome, out)),
    };
    written.map_err(|error| Failure::other(format!("failed to write the findings: {error}")))
}

/// The same as text.
pub(crate) fn text(outcome: &Outcome) -> String {
    text::render(outcome)
}

/// Writes to standard output in large pieces.
fn streamed(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)?;
    out.flush()
}

/// A list that is made while it is written.
struct Listed<F>(F);

impl<F, I> Serialize for Listed<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A value as indented JSON with a line end.
fn pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}
