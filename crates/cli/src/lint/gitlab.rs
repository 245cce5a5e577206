//! GitLab's code quality report.

use std::io::{self, Write};

use serde_json::json;

use super::{Checked, Item, Listed, Outcome, pretty};

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let issues = || {
        let of_file = |file| outcome.items(file).map(move |item| issue(file, &item));
        outcome.files.iter().flat_map(of_file)
    };
    pretty(&Listed(issues), out)
}

fn issue(file: &Checked, item: &Item) -> serde_json::Value {
    json!({
        "description": item.long_message(),
        "check_name": item.rule,
        "fingerprint": fingerprint(&file.source.path, item),
        "severity": match item.severity_name() {
            "error" => "critical",
            "warning" => "major",
            _ => "info",
        },
        "location": { "path": &*file.source.path, "lines": { "begin": item.line(), "end": item.end.0 } },
    })
}

/// The same for the same finding in the same text, wherever lines before it move it.
pub(super) fn fingerprint(path: &str, item: &Item) -> String {
    let text = item.place.as_ref().map_or("", |place| {
        place.excerpt.get(place.within.clone()).unwrap_or_default()
    });
    windlass::compiler::plan::StatementHash::of(&format!("{path}\n{}\n{text}", item.rule), None).to_string()
}
