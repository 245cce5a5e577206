//! The plan as one page of HTML that needs nothing else: no script, no font, no image.

use windlass::compiler::sql::without_passwords;

use super::{Sheet, about, blocks, cut, estimate, form_of, losses, shape, told, work};

const STYLE: &str = include_str!("page.css");

pub(super) fn render(sheet: &Sheet) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Windlass plan</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>Windlass plan</h1>\n\
         <p class=\"headline\">{}</p>\n",
        escaped(&sheet.headline())
    );
    if !sheet.basis().is_empty() {
        page.push_str(&format!("<p>{}</p>\n", escaped(&sheet.basis())));
    }
    if !sheet.applied.is_empty() {
        page.push_str(&format!(
            "<p>Changed, and already applied to this database: {}</p>\n",
            escaped(&sheet.applied.join(", "))
        ));
    }
    for plan in &sheet.plan.revisions {
        page.push_str(&format!("<section>\n<h2>{}</h2>\n", escaped(plan.id.as_str())));
        for (severity, told) in told(plan) {
            page.push_str(&format!(
                "<p class=\"{severity}\"><b>{severity}</b>: {}</p>\n",
                escaped(&told)
            ));
        }
        if plan.steps.is_empty() {
            page.push_str("<p>No statements.</p>\n");
        }
        for (step, forecasts) in plan.steps.iter().zip(&plan.forecasts) {
            if let Some(reason) = cut(step) {
                page.push_str(&format!("<p class=\"cut\">✂ {}</p>\n", escaped(reason)));
            }
            let best_effort = if step.best_effort { ", best-effort" } else { "" };
            let time = estimate(forecasts, sheet.pace()).map(|time| format!(", {} (estimated)", about(time)));
            page.push_str(&format!(
                "<article>\n<h3>step {} <small>{}, {} lane{best_effort}{}</small></h3>\n",
                step.number,
                shape(step),
                step.lane,
                time.unwrap_or_default()
            ));
            for (statement, forecast) in step.statements.iter().zip(forecasts) {
                page.push_str(&format!(
                    "<pre>{}</pre>\n",
                    escaped(&without_passwords(&statement.sql))
                ));
                let form = form_of(statement).map(|words| ("form", words));
                let work = work(forecast).into_iter().map(|words| ("work", words));
                let losses = losses(forecast).into_iter().map(|words| ("loss", words));
                list(&mut page, form.into_iter().chain(work).chain(losses));
            }
            let cuts = plan.backfills.get(&step.number).into_iter().flatten();
            let cuts = cuts.map(|words| ("work", words.clone()));
            let blocks = blocks(forecasts).into_iter().map(|words| ("block", words));
            list(&mut page, cuts.chain(blocks));
            page.push_str("</article>\n");
        }
        page.push_str("</section>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn list(page: &mut String, items: impl Iterator<Item = (&'static str, String)>) {
    let items: Vec<String> = items
        .map(|(class, words)| format!("<li class=\"{class}\">{}</li>\n", escaped(&words)))
        .collect();
    if !items.is_empty() {
        page.push_str(&format!("<ul>\n{}</ul>\n", items.concat()));
    }
}

/// Text, whatever it holds, as text.
fn escaped(text: &str) -> String {
    let mut page = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            letter => page.push(letter),
        }
    }
    page
}
