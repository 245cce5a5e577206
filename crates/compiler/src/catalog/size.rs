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

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u64); 3] = [("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)];
        let Self::Known(bytes) = *self else {
            return f.write_str("an unknown size");
        };
        let Some((unit, size)) = UNITS.iter().find(|(_, size)| bytes >= *size) else {
            return write!(f, "{bytes} bytes");
        };
        let tenths = bytes.saturating_mul(10) / size;
        if tenths >= 100 {
            write!(f, "{} {unit}", tenths / 10)
        } else {
            write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.rows, self.bytes) {
            (Rows::Unknown, Bytes::Unknown) => f.write_str("of unknown size"),
            (rows, Bytes::Unknown) => write!(f, "{rows}"),
            (Rows::Unknown, bytes) => write!(f, "{bytes}"),
            (rows, bytes) => write!(f, "{rows}, {bytes}"),
        }
    }
}

impl std::ops::Add for Size {
    type Output = Self;

    /// Both together; what is not known of one is not known of both.
    fn add(self, other: Self) -> Self {
        let rows = match (self.rows, other.rows) {
            (Rows::About(one), Rows::About(two)) => Rows::About(one.saturating_add(two)),
            _ => Rows::Unknown,
        };
        let bytes = match (self.bytes, other.bytes) {
            (Bytes::Known(one), Bytes::Known(two)) => Bytes::Known(one.saturating_add(two)),
            _ => Bytes::Unknown,
        };
        Self { rows, bytes }
    }
}
