//! The report as lines for people.

use windlass::PastRun;

use super::{headline, name, remarks, show};

pub(super) fn render(runs: &[PastRun]) -> String {
    if runs.is_empty() {
        return "no run had anything to do yet\n".to_owned();
    }
    let mut text = String::new();
    for run in runs {
        text.push_str(&format!("{}\n", headline(run)));
        text.push_str(&format!(
            "  by {} as {}, windlass {}, profile {}\n",
            run.runner, run.role, run.version, run.profile
        ));
        if let Some(error) = &run.error {
            text.push_str(&format!("  error: {error}\n"));
        }
        for change in &run.changes {
            text.push_str(&format!("  {change}\n"));
        }
        for step in &run.steps {
            let took = step.took().map(show).unwrap_or_default();
            text.push_str(&format!(
                "    {} {} {took}: {}\n",
                name(step),
                step.lane,
                step.title
            ));
            let remarks = remarks(step);
            if !remarks.is_empty() {
                text.push_str(&format!("      {}\n", remarks.join(", ")));
            }
        }
    }
    text
}
