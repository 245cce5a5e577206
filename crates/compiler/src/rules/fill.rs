//! How the rows of a new column are filled in batches: as ALTER TABLE fills them, past the table's own triggers and rules.

use super::case::Case;
use crate::catalog::{Catalog, FiringState, QualifiedName, RoutineKind, Trigger};
use crate::sql::{self, RelationName, quote_identifier as quote};

/// How rows can be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filling {
    /// Nobody notices an UPDATE of theirs.
    Unnoticed,
    /// There are triggers or rules, which are passed over as replication passes over them.
    PastTriggers,
    /// A trigger or rule would fire in any case: a clause that continues "it is not done here, since ".
    Noticed(String),
}

/// How the rows of a table get the values of a column. Without a catalog nobody knows of triggers.
pub(super) fn filling(case: &Case, relation: &RelationName, column: &str) -> Filling {
    match case.around.catalog.zip(case.find(relation)) {
        Some((catalog, table)) => filling_of(catalog, &table, column),
        None => Filling::Unnoticed,
    }
}

/// Why the rows cannot be filled in batches, as a suggestion's text.
pub(super) fn obstacle(case: &Case, relation: &RelationName, column: &str) -> Option<String> {
    match filling(case, relation, column) {
        Filling::Noticed(why) => Some(format!("Windlass does not fill the rows by itself: {why}")),
        _ => None,
    }
}

pub(super) fn filling_of(catalog: &Catalog, table: &QualifiedName, column: &str) -> Filling {
    let mut ordinary = false;
    let mut of_replication = None;
    for name in catalog.tree(table) {
        let Some(relation) = catalog.relation(&name) else {
            continue;
        };
        let triggers = relation.triggers.iter().filter(|trigger| !is_ours(trigger));
        let triggers = triggers.map(|of| ("trigger", &of.name, &of.definition, of.state));
        let rules = relation.rules.iter();
        let rules = rules.map(|of| ("rule", &of.name, &of.definition, of.state));
        for (kind, called, definition, state) in triggers.chain(rules) {
            if sql::is_set_off_by_update(definition, &[column]) == Some(false) {
                continue;
            }
            match state {
                FiringState::Disabled => {}
                FiringState::Origin => ordinary = true,
                FiringState::Always => {
                    return Filling::Noticed(format!(
                        "{kind} {} of {name} is ENABLE ALWAYS, so that it would fire for each row, as it would not for what is written",
                        quote(called)
                    ));
                }
                FiringState::Replica => {
                    of_replication.get_or_insert_with(|| format!("{kind} {} of {name}", quote(called)));
                }
            }
        }
    }
    match (ordinary, of_replication) {
        (false, _) => Filling::Unnoticed,
        (true, None) => Filling::PastTriggers,
        (true, Some(of_replication)) => Filling::Noticed(format!(
            "{of_replication} is ENABLE REPLICA: it would fire where the table's other triggers are passed over"
        )),
    }
}

/// Whether a safe form keeps two columns in step by it.
fn is_ours(trigger: &Trigger) -> bool {
    trigger.state == FiringState::Always && trigger.name.starts_with('~') && trigger.name.contains("windlass")
}

/// A trigger of the table whose function takes rows as they stand: it fails, or writes to the wrong columns, when the table has
/// another column, or has them in another order. A clause that continues "it is not done here, since ".
pub(super) fn takes_whole_rows(catalog: &Catalog, table: &QualifiedName) -> Option<String> {
    let triggers = &catalog.relation(table)?.triggers;
    let mut triggers = triggers.iter().filter(|of| of.state != FiringState::Disabled);
    let found = triggers.find(|trigger| {
        let routine = catalog.routines.get(&trigger.function);
        let takes_tables = sql::has_words(&trigger.definition, &["referencing"]);
        routine.is_some_and(|routine| match &routine.kind {
            RoutineKind::Function(text) => spreads_a_row(text) || (takes_tables && spreads_a_table(text)),
            _ => false,
        })
    })?;
    Some(format!(
        "function {} of trigger {} spreads whole rows (NEW.*), whose columns would be others meanwhile and in another order afterwards: \
         name them there",
        found.function,
        quote(&found.name)
    ))
}

/// Whether a row's columns are taken as they stand, other than to be compared with another row's.
fn spreads_a_row(text: &str) -> bool {
    let words: String = text
        .to_ascii_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let mut rest = words.as_str();
    while let Some(at) = rest.find(".*") {
        let (before, after) = (&rest[..at], rest[at + 2..].trim_start());
        let of_a_row = before.ends_with("new") || before.ends_with("old") || before.ends_with(')');
        let compares = ["is distinct from", "is not distinct from"];
        let before_it = &before[..before.rfind(' ').unwrap_or(0)];
        let is_compared = compares
            .iter()
            .any(|words| after.starts_with(words) || before_it.ends_with(words));
        if of_a_row && !is_compared {
            return true;
        }
        rest = after;
    }
    false
}

/// Whether a table's columns are taken as they stand: a transition table's, for what is known.
fn spreads_a_table(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    let selects = words
        .windows(2)
        .any(|pair| pair[0].ends_with("select") && pair[1].starts_with('*'));
    let names = words
        .iter()
        .any(|word| word.ends_with(".*") || word.contains(".*,"));
    selects || names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Relation, RelationKind, RoutineName};

    fn filled(triggers: &[(&str, &str, FiringState)]) -> Filling {
        let mut catalog = Catalog::empty(150_000);
        let name = QualifiedName::new("public", "t");
        let mut table = Relation::new(RelationKind::Table);
        for (called, event, state) in triggers {
            let function = RoutineName {
                name: QualifiedName::new("public", "f"),
                arguments: String::new(),
            };
            let definition =
                format!("CREATE TRIGGER {called} {event} ON public.t FOR EACH ROW EXECUTE FUNCTION f()");
            let mut trigger = Trigger::new(called, &definition, function);
            trigger.state = *state;
            table.triggers.push(trigger);
        }
        catalog.relations.insert(name.clone(), table);
        filling_of(&catalog, &name, "n")
    }

    #[test]
    fn who_would_fire_decides_how_rows_are_filled() {
        use FiringState::{Always, Disabled, Origin, Replica};
        let noticed = |triggers: &[_]| matches!(filled(triggers), Filling::Noticed(_));
        assert_eq!(filled(&[]), Filling::Unnoticed);
        assert_eq!(filled(&[("a", "AFTER INSERT", Always)]), Filling::Unnoticed);
        assert_eq!(filled(&[("a", "AFTER UPDATE OF m", Origin)]), Filling::Unnoticed);
        assert_eq!(filled(&[("a", "AFTER UPDATE", Disabled)]), Filling::Unnoticed);
        assert_eq!(filled(&[("a", "AFTER UPDATE", Origin)]), Filling::PastTriggers);
        assert_eq!(filled(&[("a", "AFTER UPDATE", Replica)]), Filling::Unnoticed);
        assert!(noticed(&[
            ("a", "AFTER UPDATE", Origin),
            ("b", "AFTER UPDATE", Replica)
        ]));
        assert!(noticed(&[("a", "AFTER UPDATE OF n", Always)]));
        assert_eq!(
            filled(&[
                ("\"~n_windlass\"", "BEFORE UPDATE", Disabled),
                ("b", "BEFORE UPDATE", Origin)
            ]),
            Filling::PastTriggers
        );
    }

    #[test]
    fn a_row_that_is_spread_is_told_from_one_that_is_compared() {
        for (text, expected) in [
            ("INSERT INTO audit SELECT NEW.*;", true),
            ("INSERT INTO audit VALUES (now(), OLD.*)", true),
            ("INSERT INTO audit SELECT (NEW).*", true),
            ("EXECUTE 'INSERT INTO audit SELECT ($1).*' USING NEW", true),
            ("IF OLD.* IS DISTINCT FROM NEW.* THEN RETURN NEW; END IF", false),
            (
                "IF (OLD.*) IS NOT DISTINCT FROM (NEW.*) THEN RETURN NEW; END IF",
                true,
            ),
            ("SELECT count(*) INTO n FROM audit; a := b.*c", false),
            ("NEW.at := now(); RETURN NEW;", false),
        ] {
            assert_eq!(spreads_a_row(text), expected, "{text}");
        }
        for (text, expected) in [
            ("INSERT INTO audit SELECT * FROM changed;", true),
            ("INSERT INTO audit (SELECT now(), c.*, 5 FROM changed c)", true),
            ("INSERT INTO audit SELECT count(*) FROM changed", false),
        ] {
            assert_eq!(spreads_a_table(text), expected, "{text}");
        }
    }
}
