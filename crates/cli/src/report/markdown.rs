//! The report as markdown: a heading and a table per run.

use windlass::PastRun;

use super::{headline, name, remarks, show};
use crate::markdown::{cell, code};

pub(super) fn render(runs: &[PastRun]) -> String {
    let mut text = "# Runs\n".to_owned();
    if runs.is_empty() {
        text.push_str("\nNo run had anything to do yet.\n");
    }
    for run in runs {
        text.push_str(&format!("\n## {}\n\n", cell(&headline(run))));
        text.push_str(&format!(
            "By {} as {}, Windlass {}, profile {}.\n",
            cell(&run.runner),
            cell(&run.role),
            run.version,
            run.profile
        ));
        if let Some(error) = &run.error {
            text.push_str(&format!("\n**Error:** {}\n", cell(error)));
        }
        if !run.changes.is_empty() {
            text.push('\n');
            for change in &run.changes {
                text.push_str(&format!("- {}\n", cell(change)));
            }
        }
        if !run.steps.is_empty() {
            text.push_str("\n| step | lane | took | statement | remarks |\n|---|---|---|---|---|\n");
            for step in &run.steps {
                text.push_str(&format!(
                    "| {} | {} | {} | {} | {} |\n",
                    cell(&name(step)),
                    step.lane,
                    step.took().map(show).unwrap_or_default(),
                    code(&step.title),
                    cell(&remarks(step).join(", "))
                ));
            }
        }
    }
    text
}
