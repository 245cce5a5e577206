//! A catalog as SQL that recreates it in an empty database: dependency-ordered, stable, canonical.
//!
//! Two catalogs with the same schema have the same text. Names are qualified, so the text needs no search
//! path; it runs in psql and in a session of ours. Circles are broken as PostgreSQL allows it: defaults and
//! checks are added later, views begin with the right columns and no query, types begin as shells.
//!
//! Not written: indexes that are not valid (remains of a failed build), and what [`Catalog::unmodelled`] lists.

pub(crate) mod notes;
pub(crate) mod object;
pub(crate) mod order;
pub(crate) mod privilege;
pub(crate) mod relation;
pub(crate) mod types;

use std::fmt::Write as _;

use super::{Address, Catalog, with_in};
use order::Plan;

/// Settings that the text is to be run with. Bodies of functions may name what comes later; the rest
/// keeps the session's defaults out of what is created.
pub const SETTINGS: [&str; 4] = [
    "SET check_function_bodies = off",
    "SET search_path = ''",
    "SET default_table_access_method = heap",
    "SET default_tablespace = ''",
];

/// What the text says beside the schema itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteOptions {
    /// Who owns objects.
    pub owners: bool,
    /// Who may do what, default privileges included.
    pub privileges: bool,
    /// Versions of extensions.
    pub extension_versions: bool,
    /// User mappings and subscriptions, which hold passwords.
    pub secrets: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            owners: true,
            privileges: true,
            extension_versions: true,
            secrets: true,
        }
    }
}

impl WriteOptions {
    /// The schema alone, for a database with other roles.
    pub fn without_roles() -> Self {
        Self {
            owners: false,
            privileges: false,
            extension_versions: true,
            secrets: true,
        }
    }
}

/// A statement of the text, without its semicolon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The object that it makes or completes.
    pub object: Address,
    /// The statement.
    pub sql: String,
}

impl Catalog {
    /// Statements that recreate the catalog in an empty database, in an order that works.
    pub fn statements(&self, options: &WriteOptions) -> Vec<Written> {
        let mut plan = Plan::default();
        types::write(self, options, &mut plan);
        relation::write(self, &mut plan);
        object::write(self, options, &mut plan);
        notes::write(self, options, &mut plan);
        privilege::write(self, options, &mut plan);
        let mut statements = plan.statements(self);
        for written in &mut statements {
            if !matches!(written.object, Address::Routine(_)) {
                written.sql = with_in(std::mem::take(&mut written.sql));
            }
        }
        statements
    }

    /// SQL that recreates the catalog in an empty database, [`SETTINGS`] included.
    ///
    /// ```
    /// use windlass_compiler::catalog::{Catalog, WriteOptions};
    /// let sql = Catalog::empty(150_018).to_sql(&WriteOptions::default());
    /// assert!(sql.ends_with("SET default_tablespace = '';\n"));
    /// ```
    pub fn to_sql(&self, options: &WriteOptions) -> String {
        let mut sql = String::new();
        for setting in SETTINGS {
            sql.push_str(setting);
            sql.push_str(";\n");
        }
        let mut stanza = None;
        for statement in self.statements(options) {
            // An empty line between objects, none before what completes one.
            let whole = self.whole(&statement.object);
            if stanza.as_ref() != Some(&whole) {
                sql.push('\n');
                stanza = Some(whole);
            }
            // What fills a view may call functions whose bodies count on the usual path.
            let (before, after) = match statement.sql.starts_with("REFRESH ") {
                true => ("RESET search_path;\n", "SET search_path = '';\n"),
                false => ("", ""),
            };
            let _ = write!(sql, "{before}{};\n{after}", statement.sql);
        }
        sql
    }

    /// The object that is written as one, when this is a part of it.
    pub(crate) fn whole(&self, part: &Address) -> Address {
        match part {
            Address::Column(of, _) if self.types.contains_key(of) => Address::Type(of.clone()),
            Address::Column(of, _) | Address::Default(of, _) => Address::Relation(of.clone()),
            other => other.clone(),
        }
    }
}
