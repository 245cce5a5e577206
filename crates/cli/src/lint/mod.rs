//! What rules found, on paper: one file per format.

mod github;
mod gitlab;
mod json;
mod junit;
mod sarif;
mod text;

use clap::ValueEnum;
use windlass::compiler::diagnostic::{Diagnostic, Lines, Place, Severity};
use windlass::compiler::format::Source;
use windlass::compiler::rules::{Report, written};

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
    pub(crate) result: Result<Report, Vec<Diagnostic>>,
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
    fn items<'a>(&'a self, file: &'a Checked) -> Vec<Item> {
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
        match &file.result {
            Err(problems) => problems.iter().map(|problem| from(problem, "syntax")).collect(),
            Ok(report) => {
                let lines = Lines::of(&file.source.text);
                let findings = report.findings.iter().map(|finding| {
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
                let remarks = report.remarks.iter().map(|remark| from(remark, "unused-allow"));
                let items = findings.chain(remarks);
                items
                    .filter(|item| self.with_notes || item.severity > Severity::Note)
                    .collect()
            }
        }
    }

    fn count(&self, severity: Severity) -> usize {
        let reports = self.files.iter().filter_map(|file| file.result.as_ref().ok());
        reports
            .map(|report| {
                let remarks = report
                    .remarks
                    .iter()
                    .filter(|remark| remark.severity == severity)
                    .count();
                remarks
                    + report
                        .findings
                        .iter()
                        .filter(|finding| finding.severity == severity)
                        .count()
            })
            .sum()
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

/// All findings in a format.
pub(crate) fn render(outcome: &Outcome, format: Format) -> String {
    match format {
        Format::Text => text::render(outcome),
        Format::Json => json::render(outcome),
        Format::Sarif => sarif::render(outcome),
        Format::Github => github::render(outcome),
        Format::Gitlab => gitlab::render(outcome),
        Format::Junit => junit::render(outcome),
    }
}
