//! SARIF 2.1.0.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;
use windlass::compiler::rules::find;

use super::{Checked, Item, Listed, Outcome, pretty};

// Fields stand in the order of their names.

#[derive(Serialize)]
struct Log<Results> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Run<Results>; 1],
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<Results> {
    column_kind: &'static str,
    results: Results,
    tool: serde_json::Value,
}

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let items = outcome.files.iter().flat_map(|file| outcome.items(file));
    let used: BTreeSet<_> = items.map(|item| item.rule).collect();
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
    let results = || {
        let of_file = |file| outcome.items(file).map(move |item| result(file, &item));
        outcome.files.iter().flat_map(of_file)
    };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        runs: [Run {
            column_kind: "unicodeCodePoints",
            results: Listed(results),
            tool: json!({ "driver": {
                "name": "windlass",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }}),
        }],
        version: "2.1.0",
    };
    pretty(&log, out)
}

fn result(file: &Checked, item: &Item) -> serde_json::Value {
    let path = &*file.source.path;
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
