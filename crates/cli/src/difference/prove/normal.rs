//! Schemas without what no statement changes, or nobody chose: the order of columns, names that servers give.

use windlass::compiler::catalog::{Catalog, ConstraintKind, Object, RelationKind, Type};

/// The catalog without what a comparison passes over.
pub(super) fn in_no_order(catalog: &Catalog) -> Catalog {
    let mut catalog = catalog.clone();
    for relation in catalog.relations.values_mut() {
        if let RelationKind::Table | RelationKind::PartitionedTable(_) | RelationKind::ForeignTable(_) =
            relation.kind
        {
            relation.columns.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let is_child = relation.partition_of.is_some() || !relation.inherits.is_empty();
        for column in &mut relation.columns {
            column.is_local &= !is_child;
        }
        // Servers from 18 on name NOT NULL, and keep the name when a table or column is renamed.
        relation.constraints.retain(|constraint| {
            let is_given = constraint.name.ends_with("_not_null")
                || !constraint.is_local
                || constraint.inheritance_count > 0;
            let is_plain = constraint.kind == ConstraintKind::NotNull
                && constraint.is_valid
                && !constraint.is_no_inherit;
            !(is_plain && is_given)
        });
        for constraint in &mut relation.constraints {
            constraint.is_local &= !is_child;
        }
        for trigger in &mut relation.triggers {
            trigger.definition = line_in_no_order(&trigger.definition);
        }
    }
    for object in catalog.objects.values_mut() {
        if let Object::Statistics(statistics) = object {
            statistics.definition = line_in_no_order(&statistics.definition);
        }
    }
    for kind in catalog.types.values_mut() {
        if let Type::Composite(attributes) = kind {
            attributes.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }
    catalog
}

/// A line of SQL with its lists of columns and options sorted, where their order means nothing.
pub(super) fn line_in_no_order(line: &str) -> String {
    let line = sorted_between(line, "WITH (", ")");
    if line.starts_with("CREATE STATISTICS ") {
        return sorted_between(&line, " ON ", " FROM ");
    }
    if line.starts_with("CREATE TRIGGER ") || line.starts_with("CREATE CONSTRAINT TRIGGER ") {
        return sorted_between(&line, " UPDATE OF ", " ON ");
    }
    line
}

/// Sorts the list that stands between two words.
fn sorted_between(line: &str, before: &str, behind: &str) -> String {
    let sorted = line.split_once(before).and_then(|(head, rest)| {
        let (list, tail) = rest.split_once(behind)?;
        let mut parts: Vec<&str> = list.split(", ").collect();
        parts.sort_unstable();
        Some(format!("{head}{before}{}{behind}{tail}", parts.join(", ")))
    });
    sorted.unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_columns_and_options_have_no_order() {
        for (line, same) in [
            (
                "CREATE STATISTICS s (ndistinct) ON b, a FROM t",
                "CREATE STATISTICS s (ndistinct) ON a, b FROM t",
            ),
            (
                "CREATE TRIGGER g BEFORE UPDATE OF b, a ON t FOR EACH ROW EXECUTE FUNCTION f()",
                "CREATE TRIGGER g BEFORE UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f()",
            ),
            (
                "WITH (fillfactor='70', autovacuum_enabled='off')",
                "WITH (autovacuum_enabled='off', fillfactor='70')",
            ),
        ] {
            assert_eq!(line_in_no_order(line), same);
            assert_eq!(line_in_no_order(same), same);
        }
        let view = "CREATE VIEW v AS SELECT b, a FROM t";
        assert_eq!(line_in_no_order(view), view);
    }
}
