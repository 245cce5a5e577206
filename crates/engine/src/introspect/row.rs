//! Rows of our own queries: columns by name, types known. A mismatch is a defect of ours.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use windlass_compiler::catalog::Options;

/// Columns of a row, by name.
pub(super) trait Columns {
    fn text(&self, column: &str) -> String;
    fn maybe(&self, column: &str) -> Option<String>;
    fn flag(&self, column: &str) -> bool;
    fn oid(&self, column: &str) -> u32;
    fn oid_or_zero(&self, column: &str) -> u32;
    fn texts(&self, column: &str) -> Vec<String>;
    fn value<'a, T: FromSql<'a>>(&'a self, column: &str) -> T;
    /// `name=value` texts.
    fn options(&self, column: &str) -> Options;
}

impl Columns for Row {
    fn text(&self, column: &str) -> String {
        self.get(column)
    }

    fn maybe(&self, column: &str) -> Option<String> {
        self.get(column)
    }

    fn flag(&self, column: &str) -> bool {
        self.get(column)
    }

    fn oid(&self, column: &str) -> u32 {
        self.get(column)
    }

    fn oid_or_zero(&self, column: &str) -> u32 {
        self.get::<_, Option<u32>>(column).unwrap_or(0)
    }

    fn texts(&self, column: &str) -> Vec<String> {
        self.get::<_, Option<Vec<String>>>(column).unwrap_or_default()
    }

    fn value<'a, T: FromSql<'a>>(&'a self, column: &str) -> T {
        self.get(column)
    }

    fn options(&self, column: &str) -> Options {
        options(&self.texts(column))
    }
}

/// Options as PostgreSQL keeps them: texts `name=value`.
pub(super) fn options(texts: &[String]) -> Options {
    texts
        .iter()
        .map(|text| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}
