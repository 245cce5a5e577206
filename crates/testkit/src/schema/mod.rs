//! Random schemas, for properties that must hold for all of them: that a catalog's text recreates it, that a
//! difference leads from one schema to another.
//!
//! A seed gives the same schema everywhere. [`RandomSchema::change`] makes one change and drops what no longer has
//! what it needs, so that any two states of a schema are a pair for a diff. All that is generated, PostgreSQL accepts.

mod calls;
mod change;
mod generate;
mod parts;
mod words;

use std::collections::HashSet;

use rand::rngs::StdRng;
use words::Kind;

/// A schema, as the statements that create it.
#[derive(Debug)]
pub struct RandomSchema {
    /// The oldest server that is to accept it, such as 14.
    major: u32,
    random: StdRng,
    /// Makes names unique.
    serial: u32,
    types: Vec<NamedType>,
    tables: Vec<Table>,
    items: Vec<Item>,
}

/// A type of the schema's own that columns can have.
#[derive(Debug, Clone)]
struct NamedType {
    id: String,
    kind: Kind,
    /// A value of it, as an expression.
    value: String,
}

/// A table: its columns are statements of their own in spirit, but not in SQL.
#[derive(Debug, Clone)]
struct Table {
    /// Its qualified, quoted name; what needs the table has it among its needs.
    id: String,
    /// `UNLOGGED `, or nothing.
    persistence: &'static str,
    columns: Vec<Column>,
    /// What follows the columns.
    tail: String,
    needs: Vec<String>,
    /// The columns that every key must have: those of the partition key.
    partition_key: Vec<String>,
    /// Column and type of its primary key, for foreign keys, and the key's id.
    key: Option<(String, Kind, String)>,
    is_partitioned: bool,
    is_partition: bool,
    has_children: bool,
}

/// A column of a table.
#[derive(Debug, Clone)]
struct Column {
    /// Its quoted name.
    name: String,
    kind: Kind,
    /// The type as written.
    data_type: String,
    /// What follows the type.
    rest: String,
    needs: Vec<String>,
}

/// Anything but a table.
#[derive(Debug, Clone)]
struct Item {
    stage: Stage,
    /// What others need it by.
    id: String,
    /// Ids of types, functions and tables, and `table.column`.
    needs: Vec<String>,
    sql: Vec<String>,
}

/// In this order statements work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Schema,
    Type,
    Sequence,
    Function,
    Table,
    Key,
    Index,
    ForeignKey,
    View,
    OnTable,
    Fired,
    Note,
}

impl RandomSchema {
    /// A schema of about so many tables, for servers of a major version and newer.
    pub fn new(seed: u64, major: u32, tables: usize) -> Self {
        generate::schema(seed, major, tables)
    }

    /// Statements that create it in an empty database, in order.
    pub fn statements(&self) -> Vec<String> {
        let mut parts: Vec<(Stage, Vec<String>)> = self
            .items
            .iter()
            .map(|item| (item.stage, item.sql.clone()))
            .collect();
        parts.extend(self.tables.iter().map(|table| (Stage::Table, vec![table.sql()])));
        parts.sort_by_key(|(stage, _)| *stage);
        parts.into_iter().flat_map(|(_, sql)| sql).collect()
    }

    /// The statements as a script.
    pub fn to_sql(&self) -> String {
        self.statements().iter().map(|sql| format!("{sql};\n")).collect()
    }

    /// Ids of everything that is there; `public` always is.
    fn ids(&self) -> HashSet<String> {
        let items = self.items.iter().map(|item| item.id.clone());
        let columns = self
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| table.column(&column.name)));
        let tables = self.tables.iter().map(|table| table.id.clone());
        let public = std::iter::once("public".to_owned());
        items.chain(columns).chain(tables).chain(public).collect()
    }
}

impl Table {
    fn sql(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|column| format!("    {} {}{}", column.name, column.data_type, column.rest))
            .collect();
        let columns = if self.is_partition {
            String::new()
        } else {
            format!(" (\n{}\n)", columns.join(",\n"))
        };
        format!(
            "CREATE {}TABLE {}{columns}{}",
            self.persistence, self.id, self.tail
        )
    }

    fn column(&self, name: &str) -> String {
        format!("{}.{name}", self.id)
    }
}
