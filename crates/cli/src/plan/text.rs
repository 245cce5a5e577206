//! The plan as lines for people. What its authors should know is talk, and goes to standard error.

use super::{Sheet, about, blocks, cut, estimate, form_of, losses, one_line, shape, work};

pub(super) fn render(sheet: &Sheet) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    if sheet.plan.revisions.is_empty() {
        line(&sheet.headline());
    }
    for plan in &sheet.plan.revisions {
        line(plan.id.as_str());
        if plan.steps.is_empty() {
            line("  no statements");
        }
        for (step, forecasts) in plan.steps.iter().zip(&plan.forecasts) {
            if let Some(reason) = cut(step) {
                line(&format!("  ✂ cut: {reason}"));
            }
            let best_effort = if step.best_effort { ", best-effort" } else { "" };
            let time = estimate(forecasts, sheet.pace())
                .map(|time| format!(", {} (estimated)", about(time)))
                .unwrap_or_default();
            line(&format!(
                "  step {}: {}, {} lane{best_effort}{time}",
                step.number,
                shape(step),
                step.lane
            ));
            for (statement, forecast) in step.statements.iter().zip(forecasts) {
                line(&format!(
                    "    {:>4}  {}",
                    statement.line,
                    one_line(&statement.sql)
                ));
                for words in form_of(statement)
                    .into_iter()
                    .chain(work(forecast))
                    .chain(losses(forecast))
                {
                    line(&format!("          {words}"));
                }
            }
            for words in plan.backfills.get(&step.number).into_iter().flatten() {
                line(&format!("          {words}"));
            }
            for words in blocks(forecasts) {
                line(&format!("          {words}"));
            }
        }
    }
    text
}
