//! A column's swap that ends within: the new column stays, and the trigger that keeps it in step, so that the same command
//! goes on. What that is, for who gives the swap up; the order of a swap is `rules::swap`'s.

use std::collections::BTreeSet;

use windlass_compiler::format::RevisionId;
use windlass_compiler::plan::{FrozenPlan, FrozenStatement};
use windlass_compiler::sql::{self, AlterKind, Definition, Statement, quote_identifier as quote};

use super::attempt::one_line;
use crate::error::{Error, ErrorKind};

/// What a swap has made before it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remains {
    /// Takes all of it away: indexes and constraints go with the column.
    drops: Vec<String>,
    /// Its steps that are done.
    pub(super) steps: Vec<u32>,
    /// What these steps did besides.
    besides: Vec<String>,
    /// Its steps that are done in batches, whether they have begun or not.
    pub(super) batches: Vec<u32>,
}

/// What the swap that a step belongs to has made in the steps before it; none where it is no swap's, where it has not begun,
/// or where the old column is gone already.
pub(super) fn remains(plan: &FrozenPlan, failed: u32) -> Option<Remains> {
    let failing = plan.steps.iter().find(|step| step.number == failed)?;
    let forms: BTreeSet<_> = failing.statements.iter().filter_map(|part| part.of).collect();
    let is_own = |part: &&FrozenStatement| part.of.is_some_and(|of| forms.contains(&of));
    let parts = plan.steps.iter().flat_map(|step| &step.statements).filter(is_own);
    if !parts.clone().any(|part| kept_in_step(&part.sql).is_some()) {
        return None;
    }
    let before = plan.steps.iter().filter(|step| step.number < failed);
    let before: Vec<_> = before
        .filter(|step| step.statements.iter().any(|part| is_own(&part)))
        .collect();
    let mut drops = Vec::new();
    for part in before.iter().flat_map(|step| &step.statements).filter(is_own) {
        if let Some(drop) = kept_in_step(&part.sql) {
            drops.splice(0..0, drop);
        }
        if let Ok(Statement::Alter {
            relation, commands, ..
        }) = sql::parse(&part.sql)
        {
            for command in &commands {
                match (command.kind, &command.name) {
                    (AlterKind::AddColumn, Some(name)) => {
                        drops.push(format!("ALTER TABLE {relation} DROP COLUMN {}", quote(name)));
                    }
                    (AlterKind::DropColumn, _) => return None,
                    _ => {}
                }
            }
        }
    }
    if before.is_empty() {
        return None;
    }
    let besides = before.iter().flat_map(|step| &step.statements);
    let besides = besides
        .filter(|part| !is_own(part))
        .map(|part| one_line(&part.sql));
    let has_batches = |part: &FrozenStatement| is_own(&part) && part.backfill.is_some();
    let batches = plan
        .steps
        .iter()
        .filter(|step| step.statements.iter().any(has_batches));
    Some(Remains {
        drops,
        steps: before.iter().map(|step| step.number).collect(),
        besides: besides.collect(),
        batches: batches.map(|step| step.number).collect(),
    })
}

/// What takes away the trigger that keeps two columns in step, and its function.
fn kept_in_step(text: &str) -> Option<[String; 2]> {
    // Most parts are none, and to read each twice takes its time.
    if !text.starts_with("CREATE TRIGGER") {
        return None;
    }
    let Ok(Statement::CreateTrigger { relation, .. }) = sql::parse(text) else {
        return None;
    };
    match sql::definition(text) {
        Ok(Definition::Trigger { name, function, .. }) if name.starts_with('~') => Some([
            format!("DROP TRIGGER {} ON {relation}", quote(&name)),
            format!("DROP FUNCTION {function}()"),
        ]),
        _ => None,
    }
}

/// Says how to go on, and how to give up.
pub(super) fn told(error: Error, id: &RevisionId, plan: &FrozenPlan, failed: u32) -> Error {
    let is_for_good = matches!(
        error.kind(),
        ErrorKind::Failed | ErrorKind::Unverified | ErrorKind::Refused
    );
    let remains = is_for_good.then(|| remains(plan, failed)).flatten();
    let Some(remains) = remains.filter(|remains| !remains.drops.is_empty()) else {
        return error;
    };
    let besides = match remains.besides.as_slice() {
        [] => String::new(),
        others => format!(
            "undo also what the same steps did besides ({}); ",
            others.join("; ")
        ),
    };
    let first = remains.steps.first().copied().unwrap_or(failed);
    error
        .hint("the new column stays, kept in step by a trigger: mend what is said above, run the same command again, and it goes on")
        .hint(format!(
            "or give the new column up: {}; {besides}then windlass resolve {id} --step {first} retry, and edit or remove the revision",
            remains.drops.join("; ")
        ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(steps: &[&[&str]]) -> FrozenPlan {
        let steps = steps.iter().enumerate().map(|(at, statements)| {
            let parts = statements.iter().enumerate().map(|(part, sql)| {
                let hash = "0".repeat(64);
                json!({ "hash": hash, "sql": sql, "rewrite": "column-type-rewrite", "part": part, "of": hash })
            });
            json!({ "number": at + 1, "shape": "transaction", "lane": "ddl", "statements": parts.collect::<Vec<_>>() })
        });
        let steps: Vec<_> = steps.collect();
        serde_json::from_value(json!({ "version": 1, "fingerprint": null, "steps": steps })).expect("a plan")
    }

    #[test]
    fn a_swap_leaves_what_it_made_until_the_old_column_goes() {
        let plan = plan(&[
            &["SELECT true"],
            &["ALTER TABLE t ADD COLUMN a_windlass bigint"],
            &[
                "CREATE TRIGGER \"~a_windlass\" BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION public.f()",
            ],
            &["UPDATE t SET a_windlass = a"],
            &["ALTER TABLE t DROP COLUMN a"],
            &["ANALYZE t"],
        ]);
        let of = |step| remains(&plan, step).map(|remains| (remains.drops.join("; "), remains.steps));
        assert_eq!(of(1), None);
        assert_eq!(of(2), Some((String::new(), vec![1])));
        let column = "ALTER TABLE t DROP COLUMN a_windlass";
        assert_eq!(of(3), Some((column.to_owned(), vec![1, 2])));
        let all = format!("DROP TRIGGER \"~a_windlass\" ON t; DROP FUNCTION public.f(); {column}");
        assert_eq!(of(4), Some((all.clone(), vec![1, 2, 3])));
        assert_eq!(of(5), Some((all, vec![1, 2, 3, 4])));
        assert_eq!(of(6), None);
    }
}
