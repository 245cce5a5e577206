//! JUnit's XML: a test case per file, failed where a rule found an error.

use std::fmt::Write as _;
use std::io;

use windlass::compiler::diagnostic::Severity;

use super::Outcome;

pub(super) fn write(outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
    let mut cases = String::new();
    let mut failures = 0;
    for file in &outcome.files {
        let items: Vec<_> = outcome.items(file).collect();
        let is_failed = items.iter().any(|item| item.severity == Severity::Error);
        failures += usize::from(is_failed);
        let name = escaped(&file.source.path);
        // Writing to a string does not fail; the same below.
        let _ = write!(cases, "    <testcase name=\"{name}\" classname=\"windlass.lint\"");
        if items.is_empty() {
            cases.push_str("/>\n");
            continue;
        }
        cases.push_str(">\n");
        for item in &items {
            let line = format!(
                "{}:{}:{}: {}: {}",
                file.source.path,
                item.line(),
                item.column(),
                item.rule,
                item.long_message()
            );
            if item.severity == Severity::Error {
                let _ = writeln!(
                    cases,
                    "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                    item.rule,
                    escaped(&item.message),
                    escaped(&line)
                );
            } else {
                let _ = writeln!(cases, "      <system-out>{}</system-out>", escaped(&line));
            }
        }
        cases.push_str("    </testcase>\n");
    }
    let tests = outcome.files.len();
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"windlass lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            letter if letter < ' ' && !matches!(letter, '\t' | '\n' | '\r') => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
