//! Tables and columns that are not swapped: each a clause that continues "it is not done here, since ".

use super::super::fill;
use crate::catalog::{Catalog, Column, ColumnValue, FiringState, QualifiedName, Relation, RelationKind};
use crate::sql::{self, NewType, quote_identifier as quote};

pub(super) fn table(catalog: &Catalog, name: &QualifiedName, table: &Relation) -> Option<String> {
    if matches!(table.kind, RelationKind::PartitionedTable(_)) {
        return Some(
            "the table is partitioned: make another one of the new type, partition by partition, and let both be \
             written until their names are swapped"
                .to_owned(),
        );
    }
    let is_plain = table.kind == RelationKind::Table
        && table.inherits.is_empty()
        && table.partition_of.is_none()
        && table.of_type.is_none()
        && catalog.children(name).next().is_none();
    if !is_plain {
        return Some("the table is a partition, typed, inherits or has children".to_owned());
    }
    if table.primary_key().is_none() {
        return Some("without a primary key nothing can be walked along to fill the new column".to_owned());
    }
    // The rows that they keep have a value for the old column and none for the new one.
    let mut kept = catalog.columns_of_type(name).into_iter();
    let kept = kept.find(|(of, _)| catalog.relation(of).is_some_and(Relation::has_storage));
    if let Some((of, column)) = kept {
        return Some(format!(
            "column {} of {of} keeps whole rows of the table, whose value would be lost there",
            quote(&column.name)
        ));
    }
    fill::takes_whole_rows(catalog, name)
}

pub(super) fn column(column: &Column, new: &NewType, command: &str) -> Option<String> {
    let why = if new.computes {
        "USING computes more than a cast of the column to the new type"
    } else if new.collation.is_some() || column.collation.is_some() {
        "the column has a collation of its own"
    } else if new.data_type.own().is_none() || column.user_type.is_some() {
        "a type is not PostgreSQL's own"
    } else if sql::has_words(command, &["cascade"]) {
        "CASCADE may change other tables"
    } else if matches!(column.value, ColumnValue::Stored(_) | ColumnValue::Virtual(_)) {
        "the column is a generated one"
    } else {
        return None;
    };
    Some(why.to_owned())
}

/// A trigger that may change the column when the new one has its value already: PostgreSQL sorts their names by bytes.
pub(super) fn fires_behind(table: &Relation, trigger: &str) -> Option<String> {
    let mut triggers = table.triggers.iter();
    let behind = triggers.find(|of| {
        of.state != FiringState::Disabled
            && of.name.as_bytes() > trigger.as_bytes()
            && sql::has_words(&of.definition, &["before"])
    })?;
    Some(format!(
        "trigger {} fires behind every other by its name, and may change the column then: rename it",
        quote(&behind.name)
    ))
}
