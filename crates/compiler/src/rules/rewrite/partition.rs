//! Partitions: made, attached and detached beside those who use the others; indexes and foreign keys one leaf at a time.

use std::collections::BTreeSet;

use super::constraint::constraint_name;
use crate::catalog::{ColumnValue, Persistence, QualifiedName, RelationKind, object_name};
use crate::rules::Safe;
use crate::rules::case::Case;
use crate::sql::{self, RelationName, Statement, quote_identifier as quote};

/// DETACH PARTITION → CONCURRENTLY. The check that it leaves behind goes again. None is left of hash partitions, nor where the
/// partition has a check that implies it (measured on 15).
pub(in crate::rules) fn detach_concurrently(case: &Case) -> Option<Vec<Safe>> {
    let (relation, command, _) = case.alter()?;
    let part = command.other.as_ref()?;
    let mut safe = vec![Safe::new(format!(
        "{} {} CONCURRENTLY",
        case.head()?,
        case.command_text()?
    ))];
    let mut columns: BTreeSet<&str> = BTreeSet::new();
    let mut above = case.find(relation);
    let is_known = above.is_some();
    while let (Some(name), Some(catalog)) = (above, case.around.catalog) {
        let found = catalog.relation(&name)?;
        let RelationKind::PartitionedTable(key) = &found.kind else {
            return None;
        };
        columns.extend(key.columns.iter().map(String::as_str));
        above = found.partition_of.as_ref().map(|place| place.parent.clone());
    }
    if is_known {
        // PostgreSQL names it as it names any check: by its column, where it reads one.
        let column = columns.first().filter(|_| columns.len() == 1).copied();
        let name = case.free_name(part, |number| {
            object_name(&part.name, column.unwrap_or_default(), &format!("check{number}"))
        });
        safe.push(Safe::new(format!(
            "ALTER TABLE {part} DROP CONSTRAINT IF EXISTS {}",
            quote(&name)
        )));
    }
    Some(safe)
}

/// CREATE INDEX on a partitioned table → ON ONLY the parent, concurrently on each leaf, attached.
pub(in crate::rules) fn index_on_partitions(case: &Case) -> Option<Vec<Safe>> {
    let Statement::CreateIndex {
        index,
        relation,
        if_not_exists: false,
        ..
    } = &*case.statement
    else {
        return None;
    };
    let table = case.find(relation)?;
    let details = case.details.index.as_ref()?;
    let keys: Option<Vec<&str>> = details.keys.iter().map(Option::as_deref).collect();
    let mut columns = keys?;
    columns.extend(details.included.iter().map(String::as_str));
    let columns = columns.join("_");
    let chosen = |of: &QualifiedName| {
        let of: RelationName = of.into();
        case.free_name(&of, |number| {
            object_name(&of.name, &columns, &format!("idx{number}"))
        })
    };
    let own = index.clone().unwrap_or_else(|| chosen(&table));
    let mut safe = vec![Safe::new(sql::index_for(
        case.text,
        &own,
        &(&table).into(),
        true,
    )?)];
    let mut open = vec![(table.clone(), own)];
    while let Some((parent, above)) = open.pop() {
        for part in case.partitions(&parent) {
            let (part, is_parent) = (&part.name, part.is_partitioned);
            let name = chosen(part);
            safe.push(Safe::new(sql::index_for(
                case.text,
                &name,
                &part.into(),
                is_parent,
            )?));
            if is_parent {
                open.push((part.clone(), name.clone()));
            }
            safe.push(Safe::new(format!(
                "ALTER INDEX {} ATTACH PARTITION {}",
                parent.beside(&above),
                part.beside(&name)
            )));
        }
    }
    Some(safe)
}

/// A foreign key of a partitioned table before 18 → NOT VALID on each partition, validated, then on the parent.
pub(in crate::rules) fn foreign_key_on_partitions(case: &Case) -> Option<Vec<Safe>> {
    let (relation, _, written) = case.alter()?;
    let constraint = written.constraint.as_ref()?;
    let table = case.find(relation)?;
    let name = constraint_name(case, relation, constraint, None);
    let own = case.command_text()?;
    let own = match &constraint.name {
        Some(_) => own.to_owned(),
        None => sql::inserted_behind(own, &["add"], &format!("CONSTRAINT {}", quote(&name)))?,
    };
    let own = own.trim_end();
    let valid = match own.len().checked_sub(9).and_then(|at| own.get(at..)) {
        Some(last) if last.eq_ignore_ascii_case("not valid") => own[..own.len() - 9].trim_end(),
        _ => own,
    };
    let mut safe = Vec::new();
    for part in case.leaves(&table) {
        safe.push(Safe::new(format!("ALTER TABLE {part} {valid} NOT VALID")));
        safe.push(Safe::new(format!(
            "ALTER TABLE {part} VALIDATE CONSTRAINT {}",
            quote(&name)
        )));
    }
    safe.push(Safe::new(format!("{} {valid}", case.head()?)));
    Some(safe)
}

/// CREATE TABLE … PARTITION OF → a table like the parent, attached: the parent is not locked against readers.
pub(in crate::rules) fn partition_of(case: &Case) -> Option<Vec<Safe>> {
    let Statement::CreateTable {
        relation,
        if_not_exists: false,
        temporary: false,
        partition_of: Some(parent),
        ..
    } = &*case.statement
    else {
        return None;
    };
    let found = case.relation(parent)?;
    let has_more = found
        .columns
        .iter()
        .any(|column| matches!(column.value, ColumnValue::Identity(_)));
    if has_more || found.persistence != Persistence::Permanent {
        return None;
    }
    // CREATE TABLE name PARTITION OF parent FOR VALUES …, and nothing else.
    let bound = sql::only_bound(case.text)?;
    let including = [
        "DEFAULTS",
        "CONSTRAINTS",
        "GENERATED",
        "INDEXES",
        "STORAGE",
        "COMPRESSION",
    ];
    let including = including.map(|what| format!(" INCLUDING {what}")).concat();
    // A partition stands where its parent says, and a table that is only like it does not.
    let method = found
        .access_method
        .as_ref()
        .map(|method| format!(" USING {}", quote(method)));
    let place = found
        .tablespace
        .as_ref()
        .map(|place| format!(" TABLESPACE {}", quote(place)));
    let mut safe = vec![Safe::new(format!(
        "CREATE TABLE {relation} (LIKE {parent}{including}){}{}",
        method.unwrap_or_default(),
        place.unwrap_or_default()
    ))];
    let attach = Safe::new(format!(
        "ALTER TABLE {parent} ATTACH PARTITION {relation} {bound}"
    ));
    match live_default(case, parent) {
        None => safe.push(attach),
        Some(default) => {
            let (column, condition) = bounds(case, parent)?;
            let drop = spare(case, &default, relation, (&column, &condition), &mut safe);
            safe.extend([attach, drop]);
        }
    }
    Some(safe)
}

/// Under what a default partition may refuse rows that the new partition is to have, until it is there.
pub(in crate::rules) const EARLY_ROWS: &str = "early-rows";

/// The default partition, where reading it takes long enough to be felt.
pub(in crate::rules) fn live_default(case: &Case, parent: &RelationName) -> Option<RelationName> {
    let default = case.default_partition(parent)?;
    case.live(&default)?;
    (!case.has_valid_check(&default)).then_some(default)
}

/// The key's one column, and the bounds that are written as a condition on it.
fn bounds(case: &Case, parent: &RelationName) -> Option<(String, String)> {
    let RelationKind::PartitionedTable(key) = &case.relation(parent)?.kind else {
        return None;
    };
    let [column] = key.columns.as_slice() else {
        return None;
    };
    // The key is this column, not an expression over it.
    let plain = format!(" ({})", quote(column));
    if !key.definition.ends_with(&plain) {
        return None;
    }
    let condition = sql::bound_as_condition(case.text, &quote(column))?;
    Some((column.clone(), condition))
}

/// Counts the rows of the default partition that belong to the new one, and proves that there are none, so that it is not
/// read under a lock. Gives what takes the proof away again.
fn spare(
    case: &Case,
    default: &RelationName,
    part: &RelationName,
    (column, condition): (&str, &str),
    safe: &mut Vec<Safe>,
) -> Safe {
    let name = quote(&case.free_name(default, |number| {
        object_name(&default.name, column, &format!("windlass{number}"))
    }));
    let head = format!("ALTER TABLE {default}");
    safe.push(Safe::verified(
        format!("no row of {default} belongs to {part}"),
        format!("SELECT count(*) = 0, count(*) || ' rows do' FROM {default} WHERE {condition}"),
    ));
    safe.push(Safe::new(format!(
        "{head} ADD CONSTRAINT {name} CHECK (NOT ({condition})) NOT VALID"
    )));
    safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
    Safe::new(format!("{head} DROP CONSTRAINT {name}")).joined()
}

/// ATTACH PARTITION behind a check of the bounds, and one of the opposite on the default partition, where they can be
/// written as such. `reads_part`: whether the table's rows would be read.
pub(in crate::rules) fn attach(case: &Case, reads_part: bool) -> Option<Vec<Safe>> {
    let (relation, command, _) = case.alter()?;
    let part = command.other.as_ref()?;
    let (column, condition) = bounds(case, relation)?;
    let (mut safe, mut last) = (Vec::new(), Vec::new());
    if reads_part {
        let head = format!("ALTER TABLE {part}");
        let name = quote(&case.free_name(part, |number| {
            object_name(&part.name, &column, &format!("windlass{number}"))
        }));
        safe.push(Safe::new(format!(
            "{head} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID"
        )));
        safe.push(Safe::new(format!("{head} VALIDATE CONSTRAINT {name}")));
        last.push(Safe::new(format!("{head} DROP CONSTRAINT {name}")).joined());
    }
    if let Some(default) = live_default(case, relation) {
        // Its count is the first to be asked for.
        let mut own = Vec::new();
        last.push(spare(case, &default, part, (&column, &condition), &mut own));
        let proof = own.split_off(1);
        safe = own.into_iter().chain(safe).chain(proof).collect();
    }
    safe.push(Safe::new(format!("{} {}", case.head()?, case.command_text()?)));
    safe.extend(last);
    Some(safe)
}
