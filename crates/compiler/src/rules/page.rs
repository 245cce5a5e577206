//! The rules as a page of documentation.

use std::fmt::Write as _;

use super::{Harm, RULES, Section};
use crate::diagnostic::Severity;

/// docs/rules.md.
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for section in Section::ALL {
        // Writing to a string does not fail; the same below.
        let _ = write!(page, "\n- {}:", section.title());
        for rule in RULES.iter().filter(|rule| rule.section == section) {
            let _ = write!(page, " [`{}`](#{})", rule.id, rule.id);
        }
    }
    page.push('\n');
    for section in Section::ALL {
        let _ = writeln!(page, "\n## {}", section.title());
        for rule in RULES.iter().filter(|rule| rule.section == section) {
            let severity = match rule.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            let _ = writeln!(page, "\n### {}\n\n*{severity}* · {}", rule.id, rule.why);
            match rule.harm {
                Harm::Breaks(query) => {
                    let _ = writeln!(page, "\nAfterwards the old application's `{query}` fails.");
                }
                Harm::Fails(code) | Harm::FailsBefore(_, code) | Harm::FailsFrom(_, code) => {
                    let _ = writeln!(page, "\nIt fails with SQLSTATE {code}.");
                }
                Harm::Later(what) | Harm::LaterFrom(_, what) => {
                    let _ = writeln!(page, "\n{what}");
                }
                Harm::Blocks | Harm::BlocksFrom(_) => {}
            }
            let _ = writeln!(
                page,
                "\n```sql\n-- unsafe\n{}\n\n-- safe\n{}\n```",
                rule.unsafe_sql.trim(),
                rule.safe_sql.trim()
            );
            if !rule.squawk.is_empty() {
                let _ = writeln!(
                    page,
                    "\n`-- squawk-ignore {}` allows it too.",
                    rule.squawk.join(", ")
                );
            }
        }
    }
    page
}

const INTRODUCTION: &str = include_str!("page.md");
