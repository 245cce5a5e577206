//! ALTER TABLE: the subcommands' rows of the table of lock facts. The lock of a statement is the strongest
//! of its subcommands'.

use super::{Answer, Effect, InTransaction, Kin, LockMode, Through};
use crate::sql::{AddedColumn, AlterCommand, AlterKind, ConstraintKind, ObjectKind, RelationName};
use LockMode::{AccessExclusive, AccessShare, RowShare, ShareRowExclusive, ShareUpdateExclusive};

pub(super) fn alter(
    effect: &mut Effect,
    relation: &RelationName,
    object: ObjectKind,
    commands: &[AlterCommand],
) {
    for command in commands {
        let row = row(command, object);
        effect.lock(relation, row.mode);
        effect.scan = effect.scan.or(row.scan).or(row.rewrite);
        effect.rewrite = effect.rewrite.or(row.rewrite);
        effect.index_rebuild = effect.index_rebuild.or(row.index_rebuild);
        match command.kind {
            AlterKind::DropColumn | AlterKind::DropIdentity => effect.data_loss = Answer::Yes,
            AlterKind::DetachConcurrently => {
                effect.in_transaction = InTransaction::Refused("waits for other transactions in between");
            }
            AlterKind::ClusterOn => {
                if let Some(index) = &command.name {
                    let index = RelationName::new(relation.schema.as_deref(), index);
                    effect.lock(&index, ShareUpdateExclusive);
                }
            }
            _ => {}
        }
        if let Some(other) = &command.other {
            effect.lock(other, on_other(command.kind));
        }
        kin(effect, relation, command, row.mode);
        if command.cascade {
            effect.anything(AccessExclusive);
        }
    }
}

/// What a subcommand does to its own relation.
pub(super) struct Row {
    pub(super) mode: LockMode,
    pub(super) scan: Answer,
    pub(super) rewrite: Answer,
    pub(super) index_rebuild: Answer,
}

pub(super) fn row(command: &AlterCommand, object: ObjectKind) -> Row {
    use Answer::{No, Unknown, Yes};
    let row = |mode, scan, rewrite| Row {
        mode,
        scan,
        rewrite,
        index_rebuild: No,
    };
    match command.kind {
        AlterKind::AddColumn => {
            let (scan, rewrite) = command.added.as_ref().map_or((Unknown, Unknown), added);
            // A foreign key over NULLs needs no look at rows.
            let looked_up =
                command.other.is_some() && command.added.as_ref().is_some_and(|added| added.has_value);
            row(AccessExclusive, if looked_up { Yes } else { scan }, rewrite)
        }
        AlterKind::ColumnProperty
        | AlterKind::DropNotNull
        | AlterKind::SetIdentity
        | AlterKind::DropIdentity
        | AlterKind::TableProperty
        | AlterKind::Owner
        | AlterKind::Inherit
        | AlterKind::NoInherit
        | AlterKind::BlockingParameter
        | AlterKind::DropColumn
        | AlterKind::DropConstraint => row(AccessExclusive, No, No),
        // Measured: what referenced the partition's rows is looked up in it.
        AlterKind::Detach => row(AccessExclusive, Unknown, No),
        // Nothing happens where it is so already. Of an index only itself is written anew.
        AlterKind::Tablespace if object == ObjectKind::Index => Row {
            index_rebuild: Unknown,
            ..row(AccessExclusive, No, No)
        },
        AlterKind::Logged(_) | AlterKind::Tablespace | AlterKind::AccessMethod => {
            row(AccessExclusive, Unknown, Unknown)
        }
        AlterKind::SetExpression => row(AccessExclusive, Unknown, Unknown),
        AlterKind::ColumnType => Row {
            index_rebuild: Unknown,
            ..row(AccessExclusive, Unknown, Unknown)
        },
        AlterKind::AlterConstraint | AlterKind::UnenforceConstraint => row(AccessExclusive, No, No),
        AlterKind::SetNotNull | AlterKind::EnforceConstraint => row(AccessExclusive, Unknown, No),
        AlterKind::ColumnStatistics
        | AlterKind::StorageParameter
        | AlterKind::ClusterOn
        | AlterKind::DetachConcurrently
        | AlterKind::DetachFinalize => row(ShareUpdateExclusive, No, No),
        AlterKind::AddConstraint(constraint) => match constraint {
            ConstraintKind::Check | ConstraintKind::Index => row(AccessExclusive, Yes, No),
            ConstraintKind::CheckNotValid | ConstraintKind::UsingIndex => row(AccessExclusive, No, No),
            // A check may prove it; a primary key over a nullable column checks every row under the lock.
            ConstraintKind::NotNull | ConstraintKind::PrimaryKeyUsingIndex => {
                row(AccessExclusive, Unknown, No)
            }
            ConstraintKind::ForeignKey => row(ShareRowExclusive, Yes, No),
            ConstraintKind::ForeignKeyNotValid => row(ShareRowExclusive, No, No),
        },
        // Nothing is read where it is valid already.
        AlterKind::Validate => row(ShareUpdateExclusive, Unknown, No),
        AlterKind::Trigger => row(ShareRowExclusive, No, No),
        AlterKind::Attach => row(ShareUpdateExclusive, Unknown, No),
    }
}

/// Whether a column that is added is checked in every row, and whether it is computed for every row.
fn added(column: &AddedColumn) -> (Answer, Answer) {
    // A domain with a constraint makes PostgreSQL compute every row, an enum does not.
    let by_type = if column.data_type.is_own() || column.is_virtual {
        Answer::No
    } else {
        Answer::Unknown
    };
    let scans = column.is_checked || column.is_unique || (column.is_not_null && !column.has_value);
    let scan = if scans { Answer::Yes } else { Answer::No };
    (scan, column.computes.or(by_type))
}

/// The lock on the other relation that a subcommand names.
fn on_other(kind: AlterKind) -> LockMode {
    match kind {
        AlterKind::Attach | AlterKind::Detach | AlterKind::DetachConcurrently | AlterKind::DetachFinalize => {
            AccessExclusive
        }
        AlterKind::Inherit => ShareUpdateExclusive,
        AlterKind::NoInherit => AccessShare,
        _ => ShareRowExclusive,
    }
}

/// The relations that a subcommand reaches beside those that it names.
fn kin(effect: &mut Effect, relation: &RelationName, command: &AlterCommand, mode: LockMode) {
    let named = |through: fn(String) -> Through| command.name.clone().map_or(Through::Any, through);
    let (column, constraint) = (named(Through::Column), named(Through::Constraint));
    match command.kind {
        AlterKind::TableProperty
        | AlterKind::StorageParameter
        | AlterKind::BlockingParameter
        | AlterKind::ClusterOn
        | AlterKind::DetachFinalize
        | AlterKind::Tablespace
        | AlterKind::AccessMethod
        | AlterKind::DetachConcurrently => {}
        AlterKind::Owner | AlterKind::Logged(_) => effect.kin(relation, Kin::Sequences, AccessExclusive),
        AlterKind::Inherit | AlterKind::NoInherit => effect.kin(relation, Kin::Descendants, mode),
        AlterKind::Attach => {
            effect.kin(relation, Kin::DefaultPartition, AccessExclusive);
            effect.kin(relation, Kin::Indexes, ShareUpdateExclusive);
            effect.kin(relation, Kin::Referenced, ShareRowExclusive);
            effect.kin(relation, Kin::Referencing, ShareRowExclusive);
            if let Some(partition) = &command.other {
                effect.kin(partition, Kin::Descendants, AccessExclusive);
            }
        }
        AlterKind::Detach => {
            effect.kin(relation, Kin::DefaultPartition, AccessExclusive);
            effect.kin(relation, Kin::Referenced, ShareRowExclusive);
            effect.kin(relation, Kin::Referencing, AccessExclusive);
            if let Some(partition) = &command.other {
                effect.kin(partition, Kin::Descendants, AccessExclusive);
            }
        }
        AlterKind::AddColumn
        | AlterKind::ColumnProperty
        | AlterKind::DropNotNull
        | AlterKind::ColumnStatistics
        | AlterKind::SetNotNull
        | AlterKind::SetExpression
        | AlterKind::Trigger => effect.kin(relation, Kin::Descendants, mode),
        AlterKind::SetIdentity => {
            effect.kin(relation, Kin::Descendants, mode);
            effect.kin_through(relation, Kin::Sequences, &column, ShareRowExclusive);
        }
        AlterKind::DropIdentity => {
            effect.kin(relation, Kin::Descendants, mode);
            effect.kin_through(relation, Kin::Sequences, &column, AccessExclusive);
        }
        AlterKind::DropColumn => {
            effect.kin(relation, Kin::Descendants, AccessExclusive);
            effect.kin_through(relation, Kin::Referenced, &column, AccessExclusive);
            effect.kin_through(relation, Kin::Sequences, &column, AccessExclusive);
        }
        AlterKind::ColumnType => {
            effect.kin(relation, Kin::Descendants, AccessExclusive);
            effect.kin_through(relation, Kin::Referenced, &column, AccessExclusive);
            effect.kin_through(relation, Kin::Referencing, &column, AccessExclusive);
            effect.kin_through(relation, Kin::Sequences, &column, ShareRowExclusive);
        }
        AlterKind::AddConstraint(_) => {
            effect.kin(relation, Kin::Descendants, mode);
            if let Some(other) = &command.other {
                effect.kin(other, Kin::Descendants, ShareRowExclusive);
            }
        }
        AlterKind::AlterConstraint => effect.kin(relation, Kin::Descendants, mode),
        AlterKind::EnforceConstraint => {
            effect.kin(relation, Kin::Descendants, mode);
            effect.kin_through(relation, Kin::Referenced, &constraint, ShareRowExclusive);
        }
        AlterKind::UnenforceConstraint | AlterKind::DropConstraint => {
            effect.kin(relation, Kin::Descendants, mode);
            effect.kin_through(relation, Kin::Referenced, &constraint, AccessExclusive);
        }
        AlterKind::Validate => {
            effect.kin(relation, Kin::Descendants, mode);
            effect.kin_through(relation, Kin::Referenced, &constraint, RowShare);
        }
    }
}
