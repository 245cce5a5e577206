//! `windlass plan`

use clap::Args;
use serde_json::json;
use windlass::RevisionPlan;
use windlass::compiler::plan::{Cut, PlannedStatement, Shape, Step};
use windlass::compiler::rules;

use super::{Done, Global, print_json};
use crate::context::{self, Context};

/// Shows the steps that are pending: transactions, cuts, lanes and locks
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass plan
  windlass plan +1 --json")]
pub(crate) struct Plan {
    /// head, heads, an id or its beginning, a label, or +N
    #[arg(default_value = "head")]
    target: String,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let plans = context.runner()?.plan(&context::target(&self.target)).await?;
        if self.json {
            print_json(&json!({ "revisions": plans.iter().map(as_json).collect::<Vec<_>>() }));
            return Ok(0);
        }
        if plans.is_empty() {
            anstream::println!("nothing is pending");
        }
        for plan in &plans {
            for warning in &plan.warnings {
                context.ui.diagnostic(warning);
            }
            show(plan);
        }
        Ok(0)
    }
}

fn show(plan: &RevisionPlan) {
    anstream::println!("{}", plan.id);
    if plan.steps.is_empty() {
        anstream::println!("  no statements");
    }
    for step in &plan.steps {
        if step.cut != Cut::Start {
            anstream::println!("  ✂ cut: {}", step.cut.reason());
        }
        let shape = match step.shape {
            Shape::Transaction => "transaction",
            Shape::Alone => "outside a transaction",
            Shape::Backfill => "a transaction a batch",
        };
        let best_effort = if step.best_effort { ", best-effort" } else { "" };
        anstream::println!("  step {}: {shape}, {} lane{best_effort}", step.number, step.lane);
        for statement in &step.statements {
            anstream::println!("    {:>4}  {}", statement.line, one_line(&statement.sql));
            if let Some(why) = form_of(statement) {
                anstream::println!("          {why}");
            }
        }
        for line in plan.backfills.get(&step.number).into_iter().flatten() {
            anstream::println!("          {line}");
        }
        for lock in locks(step) {
            anstream::println!("          {lock}");
        }
    }
}

/// That a safe form begins here, by which rule and why.
fn form_of(statement: &PlannedStatement) -> Option<String> {
    let rewrite = statement.rewrite.as_ref().filter(|rewrite| rewrite.part == 1)?;
    let rule = rules::find(&rewrite.rule)?;
    Some(format!("safe form by {}: {}", rule.id, rule.why))
}

/// The step's locks on what existed before, in plain words.
fn locks(step: &Step) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (relation, mode) in step.statements.iter().flat_map(|statement| &statement.locks) {
        let what = match (mode.blocks_reads(), mode.blocks_writes()) {
            (true, _) => "blocks reads and writes of",
            (false, true) => "blocks writes of",
            (false, false) => continue,
        };
        let text = format!("{what} {relation} ({mode})");
        if !words.contains(&text) {
            words.push(text);
        }
    }
    words
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn as_json(plan: &RevisionPlan) -> serde_json::Value {
    json!({
        "revision": plan.id.as_str(),
        "warnings": plan.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "steps": plan.steps.iter().map(|step| json!({
            "number": step.number,
            "lane": step.lane.name(),
            "in_transaction": step.shape != Shape::Alone,
            "cut": step.cut.reason(),
            "best_effort": step.best_effort,
            "backfill": plan.backfills.get(&step.number),
            "statements": step.statements.iter().map(|statement| json!({
                "line": statement.line,
                "column": statement.column,
                "sql": statement.sql,
                "kind": statement.kind,
                "lane": statement.lane.name(),
                "hash": statement.hash.to_string(),
                "rewrite": statement.rewrite.as_ref().map(|rewrite| json!({
                    "rule": rewrite.rule,
                    "part": rewrite.part,
                })),
                "locks": statement.locks.iter().map(|(relation, mode)| json!({
                    "relation": relation.to_string(),
                    "mode": mode.name(),
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
