//! Findings for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::{Checked, Item, Listed, Outcome, pretty};

// Fields stand in the order of their names.

#[derive(Serialize)]
struct All<Files> {
    database: bool,
    files: Files,
    statements: usize,
}

#[derive(Serialize)]
struct File<'a, Allowed, Findings> {
    allowed: Allowed,
    findings: Findings,
    path: &'a str,
}

#[derive(Serialize)]
struct Allowed<'a> {
    because: &'a str,
    message: &'a str,
    rule: &'a str,
}

#[derive(Serialize)]
struct Finding {
    assumed: Vec<String>,
    column: usize,
    end_column: usize,
    end_line: usize,
    fix: Option<String>,
    help: Vec<String>,
    line: usize,
    message: String,
    rule: &'static str,
    severity: &'static str,
}

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let all = All {
        database: outcome.asked_database,
        files: Listed(|| outcome.files.iter().map(|file| self::file(outcome, file))),
        statements: outcome.statements(),
    };
    pretty(&all, out)
}

fn file<'a>(outcome: &'a Outcome, file: &'a Checked) -> impl Serialize + use<'a> {
    let allowed = move || {
        let allowed = file.result.iter().flat_map(|report| &report.allowed);
        allowed.map(|(finding, reason)| Allowed {
            because: reason,
            message: &finding.message,
            rule: finding.rule.id,
        })
    };
    File {
        allowed: Listed(allowed),
        findings: Listed(move || outcome.items(file).map(finding)),
        path: &file.source.path,
    }
}

fn finding(item: Item) -> Finding {
    Finding {
        column: item.column(),
        end_column: item.end.1,
        end_line: item.end.0,
        line: item.line(),
        rule: item.rule,
        severity: item.severity_name(),
        message: item.message,
        assumed: item.assumed,
        help: item.help,
        fix: item.fix,
    }
}
