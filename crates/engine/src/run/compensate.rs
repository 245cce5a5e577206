//! A safe form whose VALIDATE finds rows that break the constraint: the original would have changed nothing, so what the form
//! added NOT VALID goes again, with its rows in the journal. Otherwise the application could no longer update old rows.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_postgres::types::Type;
use tokio_postgres::{Client, SimpleQueryMessage};
use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{Freezing, FrozenPlan, FrozenStatement, FrozenStep, StatementHash, Step};
use windlass_compiler::sql::{self, AlterKind, RelationName, Statement, quote_identifier};

use super::attempt::{one_line, set_role};
use super::work::Work;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, StepName};
use crate::journal::{self, Write};
use crate::session;

/// A row breaks a check, a foreign key, NOT NULL.
const BROKEN: [&str; 3] = ["23514", "23503", "23502"];
/// So many rows are shown.
const SHOWN: usize = 3;
/// How often a lock is asked for, at a wait that doubles up to half of the stall budget.
const TRIES: u32 = 12;

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Constraint {
    relation: RelationName,
    name: String,
}

/// What is to be taken back.
#[derive(Debug, Default, PartialEq)]
struct Undo {
    constraints: Vec<Constraint>,
    steps: Vec<u32>,
}

impl Work<'_> {
    /// Takes back what the form of the failed step has added so far, and says so.
    pub(super) async fn compensate(
        &mut self,
        id: &RevisionId,
        direction: Direction,
        plan: &Freezing,
        (step, name): (&Step, &StepName),
        error: Error,
    ) -> Error {
        if !error.sqlstate().is_some_and(|code| BROKEN.contains(&code)) {
            return error;
        }
        let Some(undo) = undo(&plan.frozen(), step) else {
            return error;
        };
        let mut error = error.of_kind(ErrorKind::Unverified);
        // The failed statement's own words are kept whatever becomes of the rest.
        if self.clean().await.is_err() {
            return error;
        }
        for constraint in &undo.constraints {
            for row in rows_in_the_way(self.session.client(), constraint).await {
                error.add_hint(format!("a row of {} that breaks it: {row}", constraint.relation));
            }
        }
        match self.take_back(id, direction, &undo).await {
            Ok(()) => {
                let is_undone = |done: &StepName| done.revision == *id && undo.steps.contains(&done.number);
                self.report.steps.retain(|step| !is_undone(&step.name));
                let names: Vec<String> = undo.constraints.iter().map(shown).collect();
                let what = format!("took back {}, which old rows break", names.join(", "));
                self.observer.event(Event::Repaired {
                    step: name.clone(),
                    what: what.clone(),
                });
                error.add_hint(what);
                error.add_hint("mend these rows, or the revision, then run the same command again");
            }
            Err(failed) => {
                for constraint in &undo.constraints {
                    error.add_hint(format!(
                        "failed to take back {}: {failed}; the rest of the revision waits for it, or: ALTER TABLE {} DROP CONSTRAINT {}",
                        shown(constraint),
                        constraint.relation,
                        quote_identifier(&constraint.name)
                    ));
                }
            }
        }
        error
    }

    /// In one transaction with the journal, a strong lock at a time and never waited for longer than the budget allows.
    async fn take_back(&self, id: &RevisionId, direction: Direction, undo: &Undo) -> Result<()> {
        let budget = self
            .policy
            .stall_budget
            .value
            .map_or(Duration::from_millis(500), |budget| budget / 2);
        let names: Vec<String> = undo.constraints.iter().map(shown).collect();
        let mut wait = Duration::from_millis(50).min(budget);
        let drops: Vec<String> = undo
            .constraints
            .iter()
            .map(|constraint| {
                let name = quote_identifier(&constraint.name);
                format!(
                    "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {name}",
                    constraint.relation
                )
            })
            .collect();
        let writes = [
            journal::take_back_steps(id, direction, &undo.steps),
            journal::record(
                id,
                Some(&self.run_id),
                "resolved",
                None,
                Some(&format!("took back {}, which old rows break", names.join(", "))),
            ),
        ];
        for _ in 1..TRIES {
            match self.once(wait, &drops.join("; "), &writes).await {
                Err(error) if error.sqlstate() == Some("55P03") => {}
                done => return done,
            }
            self.stop.sleep(wait * 4).await?;
            wait = (wait * 2).min(budget);
        }
        self.once(wait, &drops.join("; "), &writes).await
    }

    async fn once(&self, wait: Duration, drops: &str, writes: &[Write]) -> Result<()> {
        let client = self.session.client();
        let done = async {
            client
                .batch_execute(&format!(
                    "{}; BEGIN; SET LOCAL synchronous_commit = local; SET LOCAL lock_timeout = {}",
                    set_role(self.policy.role.value.as_deref()),
                    wait.as_millis().max(1)
                ))
                .await?;
            journal::fence(self.fence).send(client).await?;
            client.batch_execute(drops).await?;
            for write in writes {
                write.send(client).await?;
            }
            client.batch_execute("COMMIT").await
        }
        .await;
        if let Err(error) = done {
            // The transaction is over either way; the first error is the one to tell.
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(session::failed(error, "the server said"));
        }
        Ok(())
    }
}

/// What a form has added, from its last part back to where it began to: steps that hold nothing else.
fn undo(plan: &FrozenPlan, failed: &Step) -> Option<Undo> {
    let forms: BTreeSet<StatementHash> = failed
        .statements
        .iter()
        .filter(|statement| validated(&statement.sql).is_some())
        .filter_map(|statement| statement.rewrite.as_ref()?.of)
        .collect();
    if forms.is_empty() {
        return None;
    }
    let mut undo = Undo::default();
    let before = plan.steps.iter().filter(|step| step.number < failed.number);
    for step in before.collect::<Vec<&FrozenStep>>().into_iter().rev() {
        let is_own = |statement: &FrozenStatement| statement.of.as_ref().is_some_and(|of| forms.contains(of));
        let goes_back = |statement: &FrozenStatement| {
            is_own(statement) && (added(&statement.sql).is_some() || validated(&statement.sql).is_some())
        };
        if step.statements.is_empty() || !step.statements.iter().all(goes_back) {
            break;
        }
        undo.constraints.extend(
            step.statements
                .iter()
                .filter_map(|statement| added(&statement.sql)),
        );
        undo.steps.push(step.number);
    }
    (!undo.constraints.is_empty()).then_some(undo)
}

/// The constraint that ALTER TABLE … ADD CONSTRAINT … NOT VALID adds.
fn added(text: &str) -> Option<Constraint> {
    let (statement, details) = sql::parse_with_details(text).ok()?;
    let Statement::Alter { relation, .. } = statement else {
        return None;
    };
    let [command] = details.commands.as_slice() else {
        return None;
    };
    let constraint = command.constraint.as_ref().filter(|of| of.is_not_valid)?;
    Some(Constraint {
        relation,
        name: constraint.name.clone()?,
    })
}

/// The constraint that ALTER TABLE … VALIDATE CONSTRAINT validates.
fn validated(text: &str) -> Option<Constraint> {
    let Ok(Statement::Alter {
        relation, commands, ..
    }) = sql::parse(text)
    else {
        return None;
    };
    match commands.as_slice() {
        [command] if command.kind == AlterKind::Validate => Some(Constraint {
            relation,
            name: command.name.clone()?,
        }),
        _ => None,
    }
}

fn shown(constraint: &Constraint) -> String {
    format!(
        "{} of {}",
        quote_identifier(&constraint.name),
        constraint.relation
    )
}

/// The first rows that break a check, as PostgreSQL writes rows. A courtesy: what cannot be had soon is left out.
async fn rows_in_the_way(client: &Client, constraint: &Constraint) -> Vec<String> {
    let condition = client
        .query_typed_opt(
            // From PostgreSQL 18 on NOT NULL is one of them.
            "SELECT CASE contype WHEN 'c' THEN pg_catalog.pg_get_expr(conbin, conrelid) ELSE \
                    (SELECT pg_catalog.format('%I IS NOT NULL', attname) FROM pg_catalog.pg_attribute \
                      WHERE attrelid = conrelid AND attnum = conkey[1]) END \
               FROM pg_catalog.pg_constraint \
              WHERE conrelid = pg_catalog.to_regclass($1) AND conname = $2 AND contype IN ('c', 'n')",
            &[
                (&constraint.relation.to_string(), Type::TEXT),
                (&constraint.name, Type::TEXT),
            ],
        )
        .await;
    let Ok(Some(row)) = condition else {
        return Vec::new();
    };
    let condition: String = row.get(0);
    let query = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '100ms'; \
         SELECT checked::text FROM {} AS checked WHERE NOT ({condition}) LIMIT {SHOWN}",
        constraint.relation
    );
    let answer = client.simple_query(&query).await;
    // A session that is gone is noticed by whoever uses it next.
    let _ = client.batch_execute("ROLLBACK").await;
    let rows = answer.into_iter().flatten().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(one_line),
        _ => None,
    });
    rows.collect()
}
