//! What lives in a session must not be wanted by a later step: a run that was stopped between the two goes on in
//! another session.

use super::build::{PreparedStatement, steps};
use super::step::{PlannedStatement, Step};
use crate::diagnostic::Diagnostic;
use crate::directive::TransactionMode;
use crate::sql::{self, SessionObject};

/// A statement that wants what an earlier step left in its session, by its place, and what to say of it.
pub(super) fn crossings(
    statements: &[PreparedStatement],
    mode: TransactionMode,
) -> Vec<((usize, usize), Diagnostic)> {
    let makes = |it: &PreparedStatement| sql::may_make_session_object(&it.planned.sql);
    let Some(first) = statements.iter().position(makes) else {
        return Vec::new();
    };
    let mut made: Vec<(SessionObject, u32, usize)> = Vec::new();
    let mut found = Vec::new();
    let steps = steps(statements, mode, 1);
    let all = steps
        .iter()
        .flat_map(|step| step.statements.iter().map(move |it| (step, it)));
    for (step, statement) in all.skip(first) {
        let Ok(objects) = sql::session_objects(&statement.sql) else {
            continue;
        };
        let crossed = objects.named.iter().find_map(|wanted| {
            let (object, maker, line) = made.iter().rev().find(|(object, ..)| object == wanted)?;
            (*maker != step.number).then(|| crossing(object, *line, step, statement))
        });
        found.extend(crossed.map(|crossing| ((statement.line, statement.column), crossing)));
        let (number, line) = (step.number, statement.line);
        made.extend(objects.made.into_iter().map(|object| (object, number, line)));
    }
    found
}

fn crossing(object: &SessionObject, line: usize, step: &Step, statement: &PlannedStatement) -> Diagnostic {
    let SessionObject { kind, name } = object;
    let here = match step.statements.first().map(AsRef::as_ref) == Some(statement) {
        true => format!("the plan is cut here: {}", step.cut.reason()),
        false => format!(
            "this is step {}, and line {line} is in one before it",
            step.number
        ),
    };
    Diagnostic::error(format!("the {kind} `{name}` of line {line} is wanted by a later step"))
        .label(here)
        .help("a run that is stopped in between goes on in another session, which has nothing of that kind")
        .help("move the statements together, so that one transaction holds them, or use an ordinary table and drop it")
}

#[cfg(test)]
mod tests {
    use crate::format::Source;
    use crate::plan::prepare;

    fn refused(text: &str) -> Option<String> {
        let source = Source {
            path: "1_a.sql".into(),
            text: text.into(),
        };
        let problems = prepare(&source).err()?;
        problems.first().map(|problem| problem.to_string())
    }

    #[test]
    fn what_a_session_holds_is_not_taken_across_a_cut() {
        let index = "CREATE INDEX CONCURRENTLY i ON t (a);";
        for (makes, wants, told) in [
            (
                "CREATE TEMP TABLE s AS SELECT 1 AS a;",
                "INSERT INTO t SELECT a FROM s;",
                "1_a.sql:3:1: the temporary table or view `s` of line 1 is wanted by a later step",
            ),
            (
                "PREPARE p AS INSERT INTO t VALUES (1);",
                "EXECUTE p;",
                "1_a.sql:3:1: the prepared statement `p` of line 1 is wanted by a later step",
            ),
        ] {
            let crossing = refused(&format!("{makes}\n{index}\n{wants}"));
            assert_eq!(crossing.as_deref(), Some(told));
            assert_eq!(refused(&format!("{index}\n{makes}\n{wants}")), None);
            assert_eq!(refused(&format!("{makes}\n{wants}\n{index}")), None);
        }
    }
}
