//! What surrounds a data change in batches: whether it can be cut, what belongs to the background
//! job that it becomes, and the indexes that go away after it.

use std::sync::Arc;

use super::build::{PreparedStatement, generated};
use super::step::{Assertion, Batches, Deferred};
use crate::diagnostic::{Diagnostic, Place};
use crate::directive::Backfill;
use crate::format::Source;
use crate::script::{Script, ScriptStatement};
use crate::sql::{self, RelationName, Statement};

/// How a statement under a `backfill` directive is cut.
///
/// # Errors
/// Why it cannot be, in words that continue "it ".
pub(super) fn batches(said: &Backfill, sql: &str) -> Result<Batches, String> {
    let change = sql::change(sql, said.table.as_deref())?;
    if let Some((column, _)) = said
        .by
        .as_ref()
        .filter(|(column, _)| change.sets.contains(column))
    {
        return Err(format!("sets {column}, by which it is cut"));
    }
    Ok(Batches {
        name: said.name.clone(),
        change,
        by: said.by.clone(),
        options: said.options.clone(),
        deferred: said.deferred.then(Deferred::default),
    })
}

/// Puts what follows a deferred backfill into its job, and adds the statements that drop temporary
/// indexes. `statements` are those of the script, in file order.
pub(super) fn arrange(
    script: &Script,
    source: &Source,
    statements: &mut Vec<PreparedStatement>,
) -> Vec<Diagnostic> {
    let mut problems = refusals(script, source);
    let temporary = temporary(script, source, &mut problems);
    if statements.len() != script.statements.len() {
        // Another problem hides some of them.
        return problems;
    }
    let is_deferred = |statement: &PreparedStatement| {
        let batches = statement.planned.backfill.as_ref();
        batches.is_some_and(|batches| batches.deferred.is_some())
    };
    let Some(first) = statements.iter().position(is_deferred) else {
        statements.extend(temporary.iter().filter_map(|(index, line, column)| {
            generated(
                &format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"),
                *line,
                *column,
                "temporary",
            )
            .ok()
        }));
        return problems;
    };
    let mut verify = Vec::new();
    for (statement, written) in statements[first + 1..]
        .iter()
        .zip(&script.statements[first + 1..])
    {
        match &statement.planned.assertion {
            Some(Assertion::Verify(text)) => verify.push((text.clone(), statement.planned.sql.to_string())),
            Some(Assertion::Require(_)) => {}
            None if is_deferred(statement) => {}
            None => problems.push(
                Diagnostic::error("a statement stands behind a deferred backfill, which is not done by then")
                    .at(place(source, written))
                    .help("move it to a later revision that says `requires backfill NAME`, or before the backfill"),
            ),
        }
    }
    let mut position = 0;
    statements.retain(|statement| {
        position += 1;
        position <= first + 1 || !matches!(statement.planned.assertion, Some(Assertion::Verify(_)))
    });
    // What is to be true at the end is asked when the last of them is done.
    let last = statements
        .iter_mut()
        .rev()
        .find(|statement| is_deferred(statement));
    let job = last.and_then(|statement| {
        Arc::make_mut(&mut statement.planned)
            .backfill
            .as_mut()?
            .deferred
            .as_mut()
    });
    if let Some(job) = job {
        job.verify = verify;
        job.temporary = temporary.into_iter().map(|(index, ..)| index).collect();
    }
    problems
}

fn refusals(script: &Script, source: &Source) -> Vec<Diagnostic> {
    let mut refused = Vec::new();
    for statement in &script.statements {
        let Some(said) = &statement.directives.backfill else {
            continue;
        };
        if let Err(why) = batches(said, &source.text[statement.span.range()]) {
            refused.push(
                Diagnostic::error(format!("the statement cannot be a backfill: it {why}"))
                    .at(place(source, statement))
                    .help("write one UPDATE, DELETE or INSERT … SELECT that can be done row by row")
                    .help("or remove the directive to run it in one transaction"),
            );
        }
    }
    refused
}

/// The indexes under `temporary`, as SQL names them, and where their statements stand.
fn temporary(
    script: &Script,
    source: &Source,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(String, usize, usize)> {
    let has_backfill = script
        .statements
        .iter()
        .any(|statement| statement.directives.backfill.is_some());
    let mut found = Vec::new();
    for written in script
        .statements
        .iter()
        .filter(|written| written.directives.temporary)
    {
        let parsed = sql::parse(&source.text[written.span.range()]);
        let problem = match parsed {
            Ok(Statement::CreateIndex {
                index: Some(index),
                relation,
                ..
            }) if has_backfill => {
                let name = RelationName::new(relation.schema.as_deref(), &index);
                found.push((name.to_string(), written.line, written.column));
                continue;
            }
            Ok(Statement::CreateIndex { index: Some(_), .. }) => {
                Diagnostic::error("`temporary` in a revision without a backfill")
                    .help("the index would go away at once: remove the directive")
            }
            _ => Diagnostic::error("`temporary` stands before something that is no named CREATE INDEX")
                .help("write CREATE INDEX CONCURRENTLY IF NOT EXISTS name ON …"),
        };
        problems.push(problem.at(place(source, written)));
    }
    found
}

fn place(source: &Source, written: &ScriptStatement) -> Place {
    Place::locate(&source.path, &source.text, written.span)
}

#[cfg(test)]
mod tests {
    use crate::format::Source;
    use crate::plan::{Prepared, prepare};

    fn read(sql: &str) -> Result<Prepared, String> {
        let source = Source {
            path: "1_a.sql".into(),
            text: sql.into(),
        };
        prepare(&source).map_err(|problems| problems[0].to_string())
    }

    #[test]
    fn what_follows_a_deferred_backfill_is_asked_when_it_is_done() {
        let prepared = read(
            "-- windlass: temporary\nCREATE INDEX CONCURRENTLY i ON s.t (a);\n\
             -- windlass: backfill x deferred\nUPDATE s.t SET a = 1;\n\
             -- windlass: verify : all of them\nSELECT true;",
        )
        .expect("it is fine");
        assert_eq!(prepared.statements.len(), 2);
        let job = prepared.statements[1]
            .planned
            .backfill
            .as_ref()
            .and_then(|batches| batches.deferred.clone());
        let job = job.expect("it is deferred");
        assert_eq!(job.verify, [("all of them".to_owned(), "SELECT true".to_owned())]);
        assert_eq!(job.temporary, ["s.i"]);
    }

    #[test]
    fn a_temporary_index_goes_after_the_backfill() {
        let prepared = read(
            "-- windlass: temporary\nCREATE INDEX CONCURRENTLY i ON t (a);\n\
             -- windlass: backfill x\nUPDATE t SET a = 1;\nSELECT 1;",
        )
        .expect("it is fine");
        let last = prepared.statements.last().expect("there are some");
        assert_eq!(&*last.planned.sql, "DROP INDEX CONCURRENTLY IF EXISTS i");
        assert_eq!(
            last.planned.rewrite.as_ref().map(|rewrite| rewrite.rule.as_str()),
            Some("temporary")
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (sql, why) in [
            (
                "-- windlass: backfill x deferred\nUPDATE t SET a = 1;\nSELECT 1;",
                "1_a.sql:3:1: a statement stands behind a deferred backfill, which is not done by then",
            ),
            (
                "-- windlass: temporary\nCREATE INDEX CONCURRENTLY i ON t (a);",
                "1_a.sql:2:1: `temporary` in a revision without a backfill",
            ),
            (
                "-- windlass: temporary\nUPDATE t SET a = 1;",
                "1_a.sql:2:1: `temporary` stands before something that is no named CREATE INDEX",
            ),
            (
                "-- windlass: backfill x by a as word\nUPDATE t SET a = 1;",
                "1_a.sql:2:1: the statement cannot be a backfill: it sets a, by which it is cut",
            ),
        ] {
            assert_eq!(read(sql).map(drop), Err(why.to_owned()));
        }
    }
}
