//! GitLab's code quality report.

use serde_json::json;

use super::{Item, Outcome};

pub(super) fn render(outcome: &Outcome) -> String {
    let mut issues = Vec::new();
    for file in &outcome.files {
        for item in outcome.items(file) {
            issues.push(json!({
                "description": item.long_message(),
                "check_name": item.rule,
                "fingerprint": fingerprint(&file.source.path, &item),
                "severity": match item.severity_name() {
                    "error" => "critical",
                    "warning" => "major",
                    _ => "info",
                },
                "location": { "path": &*file.source.path, "lines": { "begin": item.line(), "end": item.end.0 } },
            }));
        }
    }
    format!("{:#}\n", serde_json::Value::Array(issues))
}

/// The same for the same finding in the same text, wherever lines before it move it.
pub(super) fn fingerprint(path: &str, item: &Item) -> String {
    let text = item.place.as_ref().map_or("", |place| {
        place.excerpt.get(place.within.clone()).unwrap_or_default()
    });
    windlass::compiler::plan::StatementHash::of(&format!("{path}\n{}\n{text}", item.rule), None).to_string()
}
