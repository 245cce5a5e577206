//! Lanes: how a statement is executed, whatever it is called.

use std::fmt;
use std::str::FromStr;

use crate::effect::Effect;
use crate::sql::{AlterKind, Statement};

/// The execution policy of a statement. Every statement kind has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Takes a lock that blocks reads or writes of a table that applications use.
    Ddl,
    /// CREATE, DROP or REINDEX INDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY.
    Index,
    /// VALIDATE CONSTRAINT and other scans under SHARE UPDATE EXCLUSIVE.
    Validate,
    /// INSERT, UPDATE, DELETE, MERGE, COPY, SELECT.
    Dml,
    /// A data change in batches.
    Backfill,
    /// VACUUM, CREATE DATABASE, CALL and whatever else runs alone.
    Utility,
}

impl Lane {
    /// Every lane, in the order of the documentation's table.
    pub const ALL: [Self; 6] = [
        Self::Ddl,
        Self::Index,
        Self::Validate,
        Self::Dml,
        Self::Backfill,
        Self::Utility,
    ];

    /// The lane's name in files, settings and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddl => "ddl",
            Self::Index => "index",
            Self::Validate => "validate",
            Self::Dml => "dml",
            Self::Backfill => "backfill",
            Self::Utility => "utility",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Lane {
    type Err = UnknownLane;

    fn from_str(name: &str) -> Result<Self, UnknownLane> {
        Self::ALL
            .into_iter()
            .find(|lane| lane.name() == name)
            .ok_or_else(|| UnknownLane(name.to_owned()))
    }
}

/// A word that names no lane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a lane; the lanes are ddl, index, validate, dml, backfill and utility")]
pub struct UnknownLane(pub String);

/// The lane of a statement: by what it does, not by what it is called. A lock that blocks reads or
/// writes makes it `ddl` whatever the statement is (VACUUM FULL, CLUSTER, plain REINDEX).
pub fn lane_of(statement: &Statement, effect: &Effect) -> Lane {
    if statement.concurrent_index().is_some() {
        return Lane::Index;
    }
    if effect.blocks() {
        return Lane::Ddl;
    }
    match statement {
        Statement::Change { .. } | Statement::Query { .. } => Lane::Dml,
        Statement::Set { .. } | Statement::SessionObject { .. } | Statement::Transaction { .. } => Lane::Dml,
        Statement::Do { commits: true } | Statement::Outside { .. } => Lane::Utility,
        Statement::Do { commits: false } => Lane::Dml,
        Statement::Vacuum { analyze: true, .. } => Lane::Validate,
        Statement::Vacuum { full: false, .. } => Lane::Utility,
        Statement::Alter { commands, .. }
            if commands
                .iter()
                .any(|command| matches!(command.kind, AlterKind::Validate | AlterKind::StorageParameter)) =>
        {
            Lane::Validate
        }
        Statement::Vacuum { .. }
        | Statement::Alter { .. }
        | Statement::CreateIndex { .. }
        | Statement::Drop { .. }
        | Statement::Reindex { .. }
        | Statement::CreateTable { .. }
        | Statement::CreateTableAs { .. }
        | Statement::CreateView { .. }
        | Statement::Refresh { .. }
        | Statement::CreateSequence { .. }
        | Statement::AlterSequence { .. }
        | Statement::CreateTrigger { .. }
        | Statement::TableRule { .. }
        | Statement::Rename { .. }
        | Statement::SetSchema { .. }
        | Statement::Truncate { .. }
        | Statement::Lock { .. }
        | Statement::Cluster { .. }
        | Statement::AlterEnum { .. }
        | Statement::AlterDomain { .. }
        | Statement::CreateSchema { .. }
        | Statement::Sweeping { .. }
        | Statement::OnRelations { .. }
        | Statement::CatalogOnly { .. } => Lane::Ddl,
    }
}
