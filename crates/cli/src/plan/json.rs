//! The plan as JSON; keys are only ever added.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use windlass::compiler::catalog::{Bytes, Rows, Size};
use windlass::compiler::plan::{Forecast, Pace, PlannedStatement, Shape, Step};
use windlass::compiler::sql::without_passwords;
use windlass::{Basis, RevisionPlan};

use super::{Sheet, estimate, told};
use crate::baseline;

pub(super) fn value(sheet: &Sheet) -> Value {
    let pace = sheet.pace();
    let basis = match &sheet.plan.basis {
        Basis::Nothing => json!({ "from": "none" }),
        Basis::UpToDate => json!({ "from": "database" }),
        Basis::Database { catalog, .. } => json!({
            "from": "database",
            "server_version": catalog.server_version,
            "scan_bytes_per_second": pace.map(|pace| pace.bytes_per_second.round()),
        }),
    };
    json!({
        "basis": basis,
        "begins": sheet.beginning.as_ref().map_or(Value::Null, baseline::as_json),
        "since": sheet.since,
        "already_applied": sheet.applied,
        "revisions": sheet.plan.revisions.iter().map(|plan| revision(plan, pace)).collect::<Vec<_>>(),
    })
}

fn revision(plan: &RevisionPlan, pace: Option<Pace>) -> Value {
    let refused = told(plan).filter(|(severity, _)| *severity == "refused");
    json!({
        "revision": plan.id.as_str(),
        "warnings": plan.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "refused": refused.map(|(_, told)| told).collect::<Vec<_>>(),
        "steps": plan.steps.iter().zip(&plan.forecasts).map(|(step, forecasts)| {
            let mut value = self::step(step, forecasts, pace);
            value["backfill"] = json!(plan.backfills.get(&step.number));
            value
        }).collect::<Vec<_>>(),
    })
}

fn step(step: &Step, forecasts: &[Arc<Forecast>], pace: Option<Pace>) -> Value {
    json!({
        "number": step.number,
        "lane": step.lane.name(),
        "in_transaction": step.shape != Shape::Alone,
        "cut": step.cut.reason(),
        "best_effort": step.best_effort,
        "estimate_ms": estimate(forecasts, pace).map(millis),
        "statements": step.statements.iter().zip(forecasts)
            .map(|(statement, forecast)| self::statement(statement, forecast, pace)).collect::<Vec<_>>(),
    })
}

fn statement(statement: &PlannedStatement, forecast: &Forecast, pace: Option<Pace>) -> Value {
    json!({
        "line": statement.line,
        "column": statement.column,
        "sql": without_passwords(&statement.sql),
        "kind": statement.kind,
        "lane": statement.lane.name(),
        "hash": statement.hash.to_string(),
        "rewrite": statement.rewrite.as_ref().map(|rewrite| json!({
            "rule": rewrite.rule,
            "part": rewrite.part,
            "why": windlass::compiler::rules::find(&rewrite.rule).map(|rule| rule.why),
        })),
        "locks": forecast.locks.iter().map(|lock| json!({
            "relation": lock.relation.to_string(),
            "mode": lock.mode.name(),
            "named": lock.named,
            "blocks_reads": lock.mode.blocks_reads(),
            "blocks_writes": lock.mode.blocks_writes(),
            "index_of": lock.index_of.as_ref().map(ToString::to_string),
            "rows": rows(lock.size),
            "bytes": bytes(lock.size),
        })).collect::<Vec<_>>(),
        "unlisted_locks": forecast.unlisted.iter().map(|lock| json!({
            "of": lock.of.as_ref().map(ToString::to_string),
            "kin": lock.kin.word(),
            "mode": lock.mode.name(),
        })).collect::<Vec<_>>(),
        "work": forecast.work.iter().map(|work| json!({
            "doing": work.doing.name(),
            "relation": work.relation.to_string(),
            "certain": work.is_sure,
            "rows": rows(work.size),
            "bytes": bytes(work.size),
            "estimate_ms": pace.and_then(|pace| work.estimate(pace)).map(millis),
        })).collect::<Vec<_>>(),
        "losses": forecast.losses,
        "opaque": forecast.opaque,
        "estimate_ms": pace.and_then(|pace| forecast.estimate(pace)).map(millis),
    })
}

fn rows(size: Size) -> Option<u64> {
    match size.rows {
        Rows::About(rows) => Some(rows),
        Rows::Unknown => None,
    }
}

fn bytes(size: Size) -> Option<u64> {
    match size.bytes {
        Bytes::Known(bytes) => Some(bytes),
        Bytes::Unknown => None,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
