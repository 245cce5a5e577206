//! Findings for programs.

use serde_json::json;

use super::Outcome;

pub(super) fn render(outcome: &Outcome) -> String {
    let files: Vec<_> = outcome
        .files
        .iter()
        .map(|file| {
            let findings: Vec<_> = outcome
                .items(file)
                .iter()
                .map(|item| {
                    json!({
                        "rule": item.rule,
                        "severity": item.severity_name(),
                        "line": item.line(),
                        "column": item.column(),
                        "end_line": item.end.0,
                        "end_column": item.end.1,
                        "message": item.message,
                        "assumed": item.assumed,
                        "help": item.help,
                        "fix": item.fix,
                    })
                })
                .collect();
            let allowed: Vec<_> = file
                .result
                .iter()
                .flat_map(|report| &report.allowed)
                .map(|(finding, reason)| json!({ "rule": finding.rule.id, "message": finding.message, "because": reason }))
                .collect();
            json!({ "path": &*file.source.path, "findings": findings, "allowed": allowed })
        })
        .collect();
    let all = json!({
        "database": outcome.asked_database,
        "statements": outcome.statements(),
        "files": files,
    });
    format!("{all:#}\n")
}
