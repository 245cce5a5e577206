//! Workflow commands, which GitHub shows at the lines of a pull request.

use std::io::{self, Write};

use super::Outcome;

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    for file in &outcome.files {
        for item in outcome.items(file) {
            let level = match item.severity_name() {
                "note" => "notice",
                level => level,
            };
            let mut message = item.long_message();
            if let Some(fix) = &item.fix {
                message.push_str(&format!("\nSafe form:\n{fix}"));
            }
            writeln!(
                out,
                "::{level} file={},line={},endLine={},col={},endColumn={},title={}::{}",
                property(&file.source.path),
                item.line(),
                item.end.0,
                item.column(),
                item.end.1,
                property(item.rule),
                data(&message)
            )?;
        }
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
