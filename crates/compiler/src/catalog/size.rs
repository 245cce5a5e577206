//! How large a relation is: the server's estimates, or honestly unknown.

use std::fmt;

/// Size of a table, materialised view or index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Rows as of the last VACUUM or ANALYZE, or as counted by the statistics since.
    pub rows: Rows,
    /// On disk, TOAST included, indexes not.
    pub bytes: Bytes,
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// About as many.
    About(u64),
    /// Nobody knows: never analysed, or no database was asked. A rule assumes many.
    #[default]
    Unknown,
}

/// A size on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bytes {
    /// As many.
    Known(u64),
    /// Nobody knows. A rule assumes many.
    #[default]
    Unknown,
}

impl Rows {
    /// Whether there are surely at most `most`.
    pub fn are_at_most(self, most: u64) -> bool {
        matches!(self, Self::About(rows) if rows <= most)
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::About(1) => f.write_str("about 1 row"),
            Self::About(rows) => write!(f, "about {rows} rows"),
            Self::Unknown => f.write_str("an unknown number of rows"),
        }
    }
}
