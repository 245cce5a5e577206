//! The safe form of a whole statement, put together from those of its subcommands.

use super::{Finding, Safe};
use crate::sql::{self, AlterKind, ConstraintKind, Statement};

/// The statements to run instead of one that has these findings; none where one of its errors has no safe form, or
/// nothing has one.
pub fn safe_form(statement: &Statement, text: &str, findings: &[Finding]) -> Option<Vec<Safe>> {
    let errors = || findings.iter().filter(|finding| finding.asks_for_form());
    let fix_of = |command: usize| {
        let mut own = errors().filter(|finding| finding.command == command);
        own.find_map(|finding| finding.fix.as_ref())
    };
    if errors().next().is_none() || errors().any(|error| fix_of(error.command).is_none()) {
        return None;
    }
    let whole = errors().find(|error| error.fixes_whole && error.fix.is_some());
    let (commands, whole) = match (statement, whole) {
        (Statement::Alter { commands, .. }, None) if commands.len() > 1 => (commands, None),
        (_, Some(whole)) => (&Vec::new(), whole.fix.clone()),
        (_, None) => return None,
    };
    if whole.is_some() {
        return whole;
    }
    // PostgreSQL works subcommands off in passes; one by one they come in the same order.
    let pieces = sql::pieces(text)?;
    let head = &text[pieces.head.clone()];
    let mut order: Vec<usize> = (0..commands.len()).collect();
    order.sort_by_key(|at| pass(commands[*at].kind));
    let mut safe = Vec::new();
    let mut together: Vec<&str> = Vec::new();
    let flush = |together: &mut Vec<&str>, safe: &mut Vec<Safe>| {
        if !together.is_empty() {
            safe.push(Safe::new(format!("{head} {}", together.join(", "))));
            together.clear();
        }
    };
    for at in order {
        match fix_of(at) {
            Some(fix) => {
                flush(&mut together, &mut safe);
                safe.extend(fix.iter().cloned());
            }
            None => together.push(text.get(pieces.commands.get(at)?.clone())?),
        }
    }
    flush(&mut together, &mut safe);
    // Each table is analyzed when all is done.
    let (analyses, mut safe): (Vec<Safe>, Vec<Safe>) = safe
        .into_iter()
        .partition(|safe| safe.sql.starts_with("ANALYZE "));
    for (at, analysis) in analyses.iter().enumerate() {
        if !analyses[at + 1..].contains(analysis) {
            safe.push(analysis.clone());
        }
    }
    Some(safe)
}

/// In which pass of ALTER TABLE a subcommand is worked off (`ATPrepCmd`).
fn pass(kind: AlterKind) -> u8 {
    match kind {
        AlterKind::DropColumn | AlterKind::DropConstraint => 0,
        AlterKind::ColumnType => 1,
        AlterKind::AddColumn => 2,
        AlterKind::SetExpression => 3,
        AlterKind::SetNotNull
        | AlterKind::ColumnProperty
        | AlterKind::SetIdentity
        | AlterKind::DropIdentity => 4,
        AlterKind::AddConstraint(
            ConstraintKind::Index | ConstraintKind::UsingIndex | ConstraintKind::PrimaryKeyUsingIndex,
        ) => 5,
        AlterKind::AddConstraint(_) => 6,
        _ => 7,
    }
}
