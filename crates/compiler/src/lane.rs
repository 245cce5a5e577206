//! Lanes: how a statement is executed, whatever it is called.

use std::fmt;
use std::str::FromStr;

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
    pub const ALL: [Self; 6] =
        [Self::Ddl, Self::Index, Self::Validate, Self::Dml, Self::Backfill, Self::Utility];

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
        Self::ALL.into_iter().find(|lane| lane.name() == name).ok_or_else(|| UnknownLane(name.to_owned()))
    }
}

/// A word that names no lane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a lane; the lanes are ddl, index, validate, dml, backfill and utility")]
pub struct UnknownLane(pub String);
