//! How a step is executed: the policy of its lane under its directives, and the limits of one attempt.

use std::time::Duration;

use windlass_compiler::format::RevisionId;
use windlass_compiler::lane::Lane;
use windlass_compiler::plan::{PlannedStatement, Probe, Step};
use windlass_compiler::policy::{LanePolicy, Origin, Overrides, Policy, Setting};

use crate::error::{Error, Result};
use crate::run::attempt::Limits;

/// How a step is executed under its directives.
pub(in crate::run) fn policy_of(policy: &Policy, revision: &RevisionId, step: &Step) -> Result<LanePolicy> {
    let origin = Origin::Directive {
        path: revision.as_str().into(),
        line: step.statements.first().map_or(1, |statement| statement.line),
    };
    let said = |value: Option<Duration>| value.map(|value| Setting::new(value, origin.clone()));
    let overrides = Overrides {
        stall_budget: said(step.overrides.stall_budget),
        lock_timeout: said(step.overrides.lock_timeout),
        statement_timeout: said(step.overrides.statement_timeout),
    };
    let lane = |lane| {
        let policy = policy.for_statement(lane, &overrides);
        policy.map_err(|error| Error::input(error.to_string(), vec![error.to_diagnostic()]))
    };
    let mut policy = lane(step.lane)?;
    let detaches = |statement: &PlannedStatement| matches!(statement.probe(), Probe::Detach { .. });
    if step.statements.iter().any(|statement| detaches(statement)) && policy.stall_budget.is_some() {
        // At its end it takes the partition from its readers: the rules for blocking locks apply. How
        // long it waits for the parent's users before that is no matter of a statement's timeout.
        policy = lane(Lane::Ddl)?;
        policy.statement_timeout = None;
        policy.catalog_statement_timeout = None;
    }
    Ok(policy)
}

pub(in crate::run) fn limits(policy: &LanePolicy, step: &Step, attempt: u32) -> Limits {
    let blocks = step.blocks();
    let catalog_only = step.statements.iter().all(|statement| statement.catalog_only);
    let statement_timeout = if catalog_only && blocks {
        policy.catalog_statement_timeout
    } else {
        policy.statement_timeout
    };
    let statement_timeout = match (statement_timeout, policy.deadline) {
        (Some(timeout), Some(deadline)) => Some(timeout.min(deadline)),
        (one, other) => one.or(other),
    };
    let idle = if blocks {
        policy.blocking_idle_timeout
    } else {
        policy.idle_in_transaction_timeout
    };
    Limits {
        lock_timeout: policy.lock_timeout.for_attempt(attempt).unwrap_or_default(),
        statement_timeout: statement_timeout.unwrap_or_default(),
        idle_in_transaction: idle.unwrap_or_default(),
        blocks,
    }
}
