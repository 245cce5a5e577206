//! Where one transaction must end and the next begin.
//!
//! Consecutive transactional statements share a transaction. It is cut only where sharing would
//! break a promise: see [`Cut`]. Facts 12 and 20 of the measured list stand behind the rules:
//! DML then ALTER in one transaction fails with 55006 (pending trigger events), keeps row locks
//! while the ALTER queues, and repeats the DML with each retry of the lock.

use std::collections::HashSet;

use super::step::{Cut, PlannedStatement, Shape};
use crate::effect::LockMode;
use crate::lane::Lane;
use crate::sql::RelationName;

/// What the transaction being gathered already holds.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    blocking: bool,
    worked: bool,
    new_enum_value: bool,
    closed: bool,
    last: Option<Shape>,
}

/// What of a statement decides about cuts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    /// How the server gets it.
    pub(super) shape: Shape,
    /// It takes a blocking lock on a relation that existed before.
    pub(super) blocks: bool,
    /// It reads or changes rows of a relation that existed before.
    pub(super) works: bool,
    /// ALTER TYPE … ADD VALUE.
    pub(super) adds_enum_value: bool,
}

impl Traits {
    pub(super) fn of(statement: &PlannedStatement, shape: Shape) -> Self {
        let touches_rows = matches!(statement.lane, Lane::Dml | Lane::Validate | Lane::Backfill)
            && statement.assertion.is_none();
        Self {
            shape,
            blocks: statement.blocks(),
            works: touches_rows && !statement.locks.is_empty(),
            adds_enum_value: statement.kind == "alter_type_add_value",
        }
    }
}

impl Gathering {
    /// Whether the statement must begin a new step, and why. `asked`: it wants a step of its own.
    pub(super) fn cut(&self, next: Traits, atomic: bool, asked: bool) -> Option<Cut> {
        let own = match next.shape {
            Shape::Alone => Some(Cut::RefusesTransaction),
            Shape::Backfill => Some(Cut::Batched),
            Shape::Transaction => None,
        };
        match (self.last, own) {
            (None, None) => return Some(Cut::Start),
            (_, Some(own)) => return Some(own),
            (Some(Shape::Alone), None) => return Some(Cut::AfterRefusal),
            (Some(Shape::Backfill), None) => return Some(Cut::Batched),
            (Some(Shape::Transaction), None) => {}
        }
        if asked || self.closed {
            return Some(Cut::Asked);
        }
        if self.new_enum_value {
            return Some(Cut::NewEnumValue);
        }
        if atomic {
            return None;
        }
        if self.blocking && next.works {
            return Some(Cut::WorkUnderLock);
        }
        if self.worked && next.blocks {
            return Some(Cut::LockAfterWork);
        }
        None
    }

    /// Notes that the statement was taken in, into a new step or the one being gathered.
    /// `closed` keeps later statements out of it.
    pub(super) fn take(&mut self, traits: Traits, begins: bool, closed: bool) {
        if begins {
            *self = Self::default();
        }
        self.closed = closed;
        self.last = Some(traits.shape);
        self.blocking |= traits.blocks;
        self.worked |= traits.works;
        self.new_enum_value |= traits.adds_enum_value;
    }
}

/// Relations that the revision itself creates: nobody else can wait for their locks.
#[derive(Debug, Default)]
pub(super) struct Created(HashSet<RelationName>);

impl Created {
    pub(super) fn add(&mut self, relation: RelationName) {
        self.0.insert(relation);
    }

    /// The locks on relations that existed before.
    pub(super) fn others(&self, locks: Vec<(RelationName, LockMode)>) -> Vec<(RelationName, LockMode)> {
        locks
            .into_iter()
            .filter(|(relation, _)| !self.0.contains(relation))
            .collect()
    }
}
