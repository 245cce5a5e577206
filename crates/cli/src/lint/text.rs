//! Findings for people: the house's excerpts, then a line that counts.

use std::fmt::Write as _;

use windlass::compiler::diagnostic::{Lines, Severity};

use super::Outcome;
use crate::failure::diagnostic;

pub(super) fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut assumes = false;
    for file in &outcome.files {
        match &file.result {
            Err(problems) => problems.iter().for_each(|problem| diagnostic(&mut text, problem)),
            Ok(report) => {
                let lines = Lines::of(&file.source.text);
                for finding in &report.findings {
                    if !outcome.shows(finding.severity) || file.sees_to(finding) {
                        continue;
                    }
                    let place = lines.locate(&file.source.path, &file.source.text, finding.span);
                    assumes |= !finding.assumed.is_empty();
                    diagnostic(&mut text, &finding.diagnostic_at(place));
                }
                report
                    .remarks
                    .iter()
                    .for_each(|remark| diagnostic(&mut text, remark));
            }
        }
    }
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let (errors, warnings) = (outcome.count(Severity::Error), outcome.count(Severity::Warning));
    let notes = outcome.count(Severity::Note);
    // Writing to a string does not fail; the same below.
    let _ = write!(
        text,
        "{} in {}: {}, {}",
        count(outcome.statements(), "statement"),
        count(outcome.files.len(), "file"),
        count(errors, "error"),
        count(warnings, "warning")
    );
    if notes > 0 {
        let _ = write!(text, ", {}", count(notes, "note"));
        if !outcome.with_notes {
            text.push_str(" (--notes shows them)");
        }
    }
    text.push('\n');
    if assumes && !outcome.asked_database {
        text.push_str("no database was asked, so tables count as large and in use; --database asks one\n");
    }
    text
}
