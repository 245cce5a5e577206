//! SARIF 2.1.0.

use std::collections::BTreeSet;

use serde_json::json;
use windlass::compiler::rules::find;

use super::{Item, Outcome};

pub(super) fn render(outcome: &Outcome) -> String {
    let mut used = BTreeSet::new();
    let mut results = Vec::new();
    for file in &outcome.files {
        for item in outcome.items(file) {
            used.insert(item.rule);
            results.push(result(&file.source.path, &item));
        }
    }
    let rules: Vec<_> = used
        .into_iter()
        .map(|id| match find(id) {
            Some(rule) => json!({
                "id": id,
                "shortDescription": { "text": rule.why },
                "help": {
                    "text": format!("Unsafe:\n{}\n\nSafe:\n{}", rule.unsafe_sql, rule.safe_sql),
                    "markdown": format!("{}\n\n```sql\n-- unsafe\n{}\n\n-- safe\n{}\n```", rule.why, rule.unsafe_sql, rule.safe_sql),
                },
            }),
            None => json!({ "id": id, "shortDescription": { "text": id } }),
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "windlass",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(path: &str, item: &Item) -> serde_json::Value {
    json!({
        "ruleId": item.rule,
        "level": item.severity_name(),
        "message": { "text": item.long_message() },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": path.replace('\\', "/") },
            "region": {
                "startLine": item.line(),
                "startColumn": item.column(),
                "endLine": item.end.0,
                "endColumn": item.end.1,
            },
        }}],
        "partialFingerprints": { "windlass/v1": super::gitlab::fingerprint(path, item) },
    })
}
