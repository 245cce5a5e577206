//! The plan as markdown, for a comment on a pull request.

use super::{Sheet, about, blocks, cut, estimate, form_of, losses, one_line, shape, told, work};
use crate::markdown::{cell, code};
use crate::ui::count;

/// What a bot finds its own comment by, to write it anew: GitHub and GitLab show nothing of it.
const MARKER: &str = "<!-- windlass-plan -->";
/// GitHub takes comments of up to 65536 characters.
const MOST: usize = 60_000;
/// A statement is shown up to here.
const MOST_SQL: usize = 400;

pub(super) fn render(sheet: &Sheet) -> String {
    let mut text = format!("{MARKER}\n### Windlass plan: {}\n\n", cell(&sheet.headline()));
    if !sheet.basis().is_empty() {
        text.push_str(&format!("{}\n\n", cell(&sheet.basis())));
    }
    if !sheet.applied.is_empty() {
        let ids: Vec<String> = sheet.applied.iter().map(|id| code(id)).collect();
        text.push_str(&format!(
            "Changed, and already applied to this database: {}.\n\n",
            ids.join(", ")
        ));
    }
    for plan in &sheet.plan.revisions {
        for (_, told) in told(plan).filter(|(severity, _)| *severity == "refused") {
            text.push_str(&format!(
                "- **refused**: {} {}\n",
                code(plan.id.as_str()),
                cell(&told)
            ));
        }
    }
    let mut rest = sheet.plan.revisions.len();
    for plan in &sheet.plan.revisions {
        let revision = revision(sheet, plan);
        if text.len() + revision.len() > MOST {
            text.push_str(&format!(
                "\n… and {} more: too long for a comment, `windlass plan` shows all.\n",
                count(rest, "revision")
            ));
            break;
        }
        text.push_str(&revision);
        rest -= 1;
    }
    text
}

fn revision(sheet: &Sheet, plan: &windlass::RevisionPlan) -> String {
    let mut text = format!("\n#### {}\n\n", cell(plan.id.as_str()));
    let others: Vec<String> = told(plan)
        .filter(|(severity, _)| *severity != "refused")
        .map(|(severity, told)| format!("- {severity}: {}\n", cell(&told)))
        .collect();
    if !others.is_empty() {
        text.push_str(&format!("{}\n", others.concat()));
    }
    if plan.steps.is_empty() {
        text.push_str("No statements.\n");
        return text;
    }
    text.push_str("| step | statement | what it does |\n|---|---|---|\n");
    for (step, forecasts) in plan.steps.iter().zip(&plan.forecasts) {
        let mut how = vec![format!("**{}**", step.number), format!("{} lane", step.lane)];
        how.push(shape(step).to_owned());
        if step.best_effort {
            how.push("best-effort".to_owned());
        }
        how.extend(estimate(forecasts, sheet.pace()).map(about));
        how.extend(cut(step).map(|reason| format!("✂ {}", cell(reason))));
        let mut how = how.join("<br>");
        let last = step.statements.len().saturating_sub(1);
        for (at, (statement, forecast)) in step.statements.iter().zip(forecasts).enumerate() {
            let mut does: Vec<String> = Vec::new();
            does.extend(form_of(statement).map(|words| cell(&words)));
            does.extend(work(forecast).iter().map(|words| cell(words)));
            does.extend(
                losses(forecast)
                    .iter()
                    .map(|words| format!("**{}**", cell(words))),
            );
            if at == last {
                let cuts = plan.backfills.get(&step.number).into_iter().flatten();
                does.extend(cuts.map(|words| cell(words)));
                does.extend(blocks(forecasts).iter().map(|words| cell(words)));
            }
            text.push_str(&format!(
                "| {} | {} | {} |\n",
                std::mem::take(&mut how),
                code(&shortened(&one_line(&statement.sql))),
                does.join("<br>")
            ));
        }
    }
    text
}

fn shortened(sql: &str) -> String {
    match sql.char_indices().nth(MOST_SQL) {
        Some((end, _)) => format!("{} …", &sql[..end]),
        None => sql.to_owned(),
    }
}
