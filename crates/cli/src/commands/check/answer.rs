//! What a check answers, for people and as JSON, and the exit code of all answers together.

use std::time::Duration;

use serde_json::json;

use super::Name;
use crate::failure::Failure;

/// What became of one check.
pub(super) struct Answer {
    pub(super) name: Name,
    pub(super) verdict: Verdict,
    pub(super) took: Duration,
}

/// What a check found.
pub(super) enum Verdict {
    /// All is well, and why one knows.
    Passed(String),
    /// Something is not.
    Failed(Complaint),
    /// It was not asked, and why.
    Skipped(String),
}

/// What is wrong.
pub(super) struct Complaint {
    /// The exit code, if it is the only one.
    pub(super) code: u8,
    /// One sentence.
    pub(super) summary: String,
    /// What exactly, several lines each.
    pub(super) details: Vec<String>,
    /// What to do.
    pub(super) next: Vec<String>,
}

impl Complaint {
    pub(super) fn new(code: u8, summary: impl Into<String>) -> Self {
        Self {
            code,
            summary: summary.into(),
            details: Vec::new(),
            next: Vec::new(),
        }
    }

    pub(super) fn with(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }

    pub(super) fn next(mut self, next: impl Into<String>) -> Self {
        self.next.push(next.into());
        self
    }

    /// A check that could not be made.
    pub(super) fn of(failure: &Failure) -> Self {
        Self {
            code: failure.code(),
            summary: format!("it could not be made: {}", failure.message()),
            details: Vec::new(),
            next: failure.hints(),
        }
    }
}

impl Verdict {
    /// Failed where anything is to be told, else passed.
    pub(super) fn unless(complaint: Complaint, passed: impl Into<String>) -> Self {
        if complaint.details.is_empty() {
            Self::Passed(passed.into())
        } else {
            Self::Failed(complaint)
        }
    }
}

impl Answer {
    /// A line for the check, and what there is to say, indented.
    pub(super) fn show(&self) {
        let name = self.name.as_str();
        match &self.verdict {
            Verdict::Passed(why) => anstream::println!("✅ {name}: {why}"),
            Verdict::Skipped(why) => anstream::println!("⏭️  {name}: not checked: {why}"),
            Verdict::Failed(complaint) => {
                anstream::println!("❌ {name}: {}", complaint.summary);
                for line in complaint.details.iter().flat_map(|detail| detail.lines()) {
                    anstream::println!("     {line}");
                }
                for next in &complaint.next {
                    anstream::println!("   hint: {next}");
                }
            }
        }
    }

    fn code(&self) -> Option<u8> {
        match &self.verdict {
            Verdict::Failed(complaint) => Some(complaint.code),
            Verdict::Passed(_) | Verdict::Skipped(_) => None,
        }
    }
}

/// The exit code of all together: what could not be checked first, then what a deploy mends last.
pub(super) fn code(answers: &[Answer]) -> u8 {
    const ORDER: [u8; 5] = [9, 6, 5, 4, 8];
    let rank = |code: &u8| {
        ORDER
            .iter()
            .position(|known| known == code)
            .map_or(0, |at| at + 1)
    };
    answers
        .iter()
        .filter_map(Answer::code)
        .min_by_key(rank)
        .unwrap_or(0)
}

/// The last line.
pub(super) fn summary(answers: &[Answer], code: u8) -> String {
    let failed: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.code().is_some())
        .map(|answer| answer.name.as_str())
        .collect();
    let skipped = answers
        .iter()
        .filter(|answer| matches!(answer.verdict, Verdict::Skipped(_)))
        .count();
    let skipped = match skipped {
        0 => String::new(),
        count => format!(", {count} not made"),
    };
    if failed.is_empty() {
        return format!("✅ {} checks{skipped}", answers.len());
    }
    format!(
        "❌ {} of {} checks failed{skipped}: {} (exit {code})",
        failed.len(),
        answers.len(),
        failed.join(", ")
    )
}

/// All answers; keys are only ever added.
pub(super) fn as_json(answers: &[Answer], code: u8) -> serde_json::Value {
    let one = |answer: &Answer| {
        let (result, summary, complaint) = match &answer.verdict {
            Verdict::Passed(why) => ("passed", why, None),
            Verdict::Skipped(why) => ("skipped", why, None),
            Verdict::Failed(complaint) => ("failed", &complaint.summary, Some(complaint)),
        };
        json!({
            "name": answer.name.as_str(),
            "result": result,
            "summary": summary,
            "exit": complaint.map_or(0, |complaint| complaint.code),
            "details": complaint.map_or(&[][..], |complaint| &complaint.details),
            "next": complaint.map_or(&[][..], |complaint| &complaint.next),
            "took_ms": u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
        })
    };
    json!({
        "result": if code == 0 { "passed" } else { "failed" },
        "exit": code,
        "checks": answers.iter().map(one).collect::<Vec<_>>(),
    })
}
