//! The report for machines; keys are only ever added.

use serde_json::json;
use windlass::{PastRun, PastStep};

use super::millis;

pub(super) fn render(runs: &[PastRun]) -> String {
    let runs: Vec<_> = runs.iter().map(run).collect();
    format!("{:#}\n", json!({ "runs": runs }))
}

fn run(run: &PastRun) -> serde_json::Value {
    json!({
        "run": run.run_id,
        "command": run.command,
        "target": run.target,
        "profile": run.profile,
        "runner": run.runner,
        "role": run.role,
        "version": run.version,
        "started_at": run.started_at.to_string(),
        "finished_at": run.finished_at.map(|at| at.to_string()),
        "took_ms": run.took().map(millis),
        "result": run.result,
        "error": run.error,
        "retries": run.retries,
        "longest_stall_ms": run.longest_stall.map(millis),
        "changes": run.changes,
        "steps": run.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &PastStep) -> serde_json::Value {
    json!({
        "revision": step.revision,
        "direction": step.direction,
        "number": step.number,
        "state": step.state,
        "lane": step.lane,
        "title": step.title,
        "attempts": step.attempts,
        "started_at": step.started_at.to_string(),
        "finished_at": step.finished_at.map(|at| at.to_string()),
        "took_ms": step.took().map(millis),
        "longest_stall_ms": step.longest_stall.map(millis),
        "rows": step.rows,
        "warning": step.warning,
        "error": step.error,
    })
}
