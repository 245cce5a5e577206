//! Sequences, their options and owners.

use std::fmt::Write as _;

use super::{schema_of, unlogged};
use crate::catalog::write::order::{Part, Plan, Stage};
use crate::catalog::{Address, Catalog, Persistence, QualifiedName, Relation, Sequence, SequenceOwner};
use crate::sql::quote_identifier;

pub(crate) fn write_sequence(
    catalog: &Catalog,
    name: &QualifiedName,
    relation: &Relation,
    sequence: &Sequence,
    plan: &mut Plan,
) {
    let address = Address::Relation(name.clone());
    let (SequenceOwner::Column(table, column) | SequenceOwner::Identity(table, column)) = &sequence.owner
    else {
        let part = create_sequence(name, relation, sequence);
        return plan.add((address, Stage::Create), part);
    };
    if let (SequenceOwner::Identity(..), Some(of)) = (&sequence.owner, catalog.relation(table))
        && of.persistence != relation.persistence
    {
        let persistence = match relation.persistence {
            Persistence::Permanent => "LOGGED",
            Persistence::Unlogged => "UNLOGGED",
        };
        let part = Part {
            sql: vec![format!("ALTER SEQUENCE {name} SET {persistence}")],
            needs: vec![(Address::Relation(table.clone()), Stage::Create)],
            provides: Vec::new(),
        };
        plan.add((address.clone(), Stage::Complete), part);
    }
    let owner = Address::Column(table.clone(), column.clone());
    plan.cut.insert((address.clone(), owner));
    if matches!(sequence.owner, SequenceOwner::Column(..)) {
        plan.add(
            (address.clone(), Stage::Create),
            create_sequence(name, relation, sequence),
        );
        let sql = format!(
            "ALTER SEQUENCE {name} OWNED BY {table}.{}",
            quote_identifier(column)
        );
        let part = Part {
            sql: vec![sql],
            needs: vec![
                (address.clone(), Stage::Create),
                (Address::Relation(table.clone()), Stage::Create),
            ],
            provides: Vec::new(),
        };
        plan.add((address, Stage::Attach), part);
    }
}

pub(crate) fn create_sequence(name: &QualifiedName, relation: &Relation, sequence: &Sequence) -> Part {
    let mut sql = format!("CREATE {}SEQUENCE {name}", unlogged(relation));
    if sequence.data_type != "bigint" {
        let _ = write!(sql, " AS {}", sequence.data_type);
    }
    sql.push_str(&sequence_options(sequence));
    Part {
        sql: vec![sql],
        needs: vec![schema_of(name)],
        provides: vec![Address::Relation(name.clone())],
    }
}

/// What is not as CREATE SEQUENCE makes it, each with a space before.
pub(crate) fn sequence_options(sequence: &Sequence) -> String {
    let largest = Sequence::largest(&sequence.data_type);
    let (least, most, start) = if sequence.increment > 0 {
        (1, largest, sequence.minimum)
    } else {
        (-largest - 1, -1, sequence.maximum)
    };
    let mut text = String::new();
    let mut option = |word: &str, value: i64, usual: i64| {
        if value != usual {
            let _ = write!(text, " {word} {value}");
        }
    };
    option("INCREMENT BY", sequence.increment, 1);
    option("MINVALUE", sequence.minimum, least);
    option("MAXVALUE", sequence.maximum, most);
    option("START WITH", sequence.start, start);
    option("CACHE", sequence.cache, 1);
    if sequence.cycles {
        text.push_str(" CYCLE");
    }
    text
}
