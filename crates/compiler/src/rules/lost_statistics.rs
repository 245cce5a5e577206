//! A type change that is free, and forgets what the planner knew.

use super::case::Case;
use super::{Finding, Harm, Rule, Safe, Section, column_type_used_by_view};
use crate::catalog::Address;
use crate::diagnostic::Severity;
use crate::effect::{self, Answer};
use crate::sql::{AlterKind, quote_identifier as quote};

pub(super) static RULE: Rule = Rule {
    id: "lost-statistics",
    severity: Severity::Note,
    section: Section::Columns,
    why: "Each change of a type, one that is free as well, removes the statistics of the column, and those of several columns with it: \
          until ANALYZE the planner guesses, and may take another way through a large table.",
    unsafe_sql: "ALTER TABLE products ALTER COLUMN sku TYPE varchar;",
    safe_sql: "ALTER TABLE products ALTER COLUMN sku TYPE varchar;
ANALYZE products (sku);",
    harm: Harm::Later(
        "Plans differ until somebody analyzes the table; autovacuum does so when enough rows have changed.",
    ),
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (relation, command, _) = case.alter()?;
    let effect = case.effect();
    let is_free = match case.around.catalog {
        Some(_) => [effect.rewrite, effect.scan, effect.index_rebuild]
            .into_iter()
            .all(|work| work == Answer::No),
        // The files may tell what the column is so far.
        None => {
            let from = case.type_of(relation, command.name.as_deref()?);
            let pair = from.zip(command.new_type.as_ref());
            pair.is_some_and(|(from, to)| effect::rewrites_rows(&from, to) == Answer::No)
        }
    };
    let is_refused = || (column_type_used_by_view::RULE.check)(case).is_some();
    if command.kind != AlterKind::ColumnType || !is_free || is_refused() {
        return None;
    }
    case.live(relation)?;
    if case.seen.coming_analyses.contains(relation) {
        return None;
    }
    let column = command.name.as_deref()?;
    // A list of columns does for an object over all of them only.
    let of_several = case
        .around
        .catalog
        .zip(case.find(relation))
        .is_some_and(|(catalog, name)| {
            let address = Address::Column(name, column.to_owned());
            let mut users = catalog.dependencies.on(&address);
            users.any(|(user, _)| matches!(user, Address::Statistics(_)))
        });
    let columns = match of_several {
        true => String::new(),
        false => format!(" ({})", quote(column)),
    };
    let analyze = Safe::new(format!("ANALYZE {relation}{columns}"));
    let own = Safe::new(format!("{} {}", case.head()?, case.command_text()?));
    let message = format!(
        "the new type of {column} is free, and removes its statistics: the planner guesses about {relation}{} until it is analyzed",
        case.size(relation)
    );
    let finding = case.finding(&RULE, message);
    Some(
        finding
            .running(vec![own, analyze.clone()])
            .help(format!("{} behind it", analyze.sql)),
    )
}
