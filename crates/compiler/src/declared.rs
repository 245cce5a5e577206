//! What revisions declare and nothing after them takes back: columns with their types, and indexes. Read from the
//! statements alone, so that a database can be asked whether it has them.
//!
//! What nobody sees into (DO, CALL, functions) may undo anything: whatever was declared before it is no longer claimed.
//!
//! ```
//! use windlass_compiler::declared::Declared;
//! let mut declared = Declared::default();
//! declared.follow("CREATE TABLE leads (id int, phone varchar(20))", 1);
//! declared.follow("ALTER TABLE leads RENAME phone TO mobile", 2);
//! let columns: Vec<String> = declared.columns().map(|column| format!("{} {}", column.name, column.data_type)).collect();
//! assert_eq!(columns, ["id int4", "mobile varchar(20)"]);
//! ```

use crate::sql::{
    self, AlterKind, CommandDefinition, Definition, ObjectKind, RelationName, Statement, TypeName,
};

/// What is declared.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    columns: Vec<Column>,
    indexes: Vec<Index>,
    /// Names without a schema mean something else for the rest of the script.
    is_elsewhere: bool,
}

/// A column that is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its table, as it was written.
    pub relation: RelationName,
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: TypeName,
    /// The mark that was given with the statement.
    pub mark: usize,
}

/// An index that is declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// Its table, as it was written; the index is in the same schema.
    pub relation: RelationName,
    /// Its name.
    pub name: String,
    /// The mark that was given with the statement.
    pub mark: usize,
}

impl Declared {
    /// The columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// The indexes, in order.
    pub fn indexes(&self) -> impl Iterator<Item = &Index> {
        self.indexes.iter()
    }

    /// A script begins: settings of the one before are gone.
    pub fn begin(&mut self) {
        self.is_elsewhere = false;
    }

    /// Nothing of what was declared is claimed any more.
    pub fn forget(&mut self) {
        self.columns.clear();
        self.indexes.clear();
    }

    /// A statement has run. `mark` comes back with what it declares. What cannot be parsed declares nothing.
    pub fn follow(&mut self, sql: &str, mark: usize) {
        let Ok(statement) = sql::parse(sql) else { return };
        match statement {
            Statement::CreateTable {
                relation,
                temporary: false,
                ..
            } => {
                if let Ok(Definition::Table(table)) = sql::definition(sql) {
                    // One that is only given options, as in a typed table, has its type from elsewhere.
                    let own = |column: &sql::ColumnDefinition| !column.data_type.words.is_empty();
                    for column in table.columns.into_iter().filter(own) {
                        self.declare(&relation, column.name, column.data_type, mark);
                    }
                }
            }
            Statement::Alter {
                object: ObjectKind::Table,
                relation,
                commands,
                ..
            } => {
                let definitions = match sql::definition(sql) {
                    Ok(Definition::Alter(definitions)) => definitions,
                    _ => Vec::new(),
                };
                for (at, command) in commands.into_iter().enumerate() {
                    match (command.kind, command.name, definitions.get(at)) {
                        (AlterKind::AddColumn, _, Some(CommandDefinition::Column(column))) => {
                            self.declare(&relation, column.name.clone(), column.data_type.clone(), mark);
                        }
                        (AlterKind::ColumnType, Some(name), Some(CommandDefinition::Column(column))) => {
                            self.declare(&relation, name, column.data_type.clone(), mark);
                        }
                        (AlterKind::DropColumn, Some(name), _) => {
                            self.columns
                                .retain(|column| !same(&column.relation, &relation) || column.name != name);
                            self.forget_indexes(&relation);
                        }
                        // An index may become the constraint's, with its name.
                        (AlterKind::AddConstraint(_) | AlterKind::DropConstraint, ..) => {
                            self.forget_indexes(&relation)
                        }
                        _ => {}
                    }
                }
            }
            Statement::CreateIndex {
                index: Some(name),
                relation,
                ..
            } if !self.is_lost(&relation) => {
                self.indexes.retain(|index| index.name != name);
                self.indexes.push(Index { relation, name, mark });
            }
            Statement::Rename {
                object,
                relation: Some(relation),
                part,
                to,
                ..
            } => self.rename(object, &relation, part.as_deref(), &to),
            Statement::SetSchema {
                relation: Some(relation),
                ..
            } => self.forget_relation(&relation),
            Statement::Drop {
                object,
                relations,
                names,
                cascade,
                ..
            } => {
                for relation in &relations {
                    self.forget_relation(relation);
                    self.indexes.retain(|index| index.name != relation.name);
                }
                let takes_more = matches!(
                    object,
                    ObjectKind::Schema | ObjectKind::Type | ObjectKind::Extension
                );
                if takes_more && (cascade || object == ObjectKind::Schema) {
                    for name in names {
                        self.columns
                            .retain(|column| column.relation.schema.as_ref() != Some(&name.name));
                    }
                    self.columns.retain(|column| column.data_type.is_own());
                }
            }
            _ => {}
        }
    }

    /// Names without a schema are looked up elsewhere from here on.
    pub fn look_elsewhere(&mut self) {
        self.is_elsewhere = true;
    }

    fn is_lost(&self, relation: &RelationName) -> bool {
        self.is_elsewhere && relation.schema.is_none()
    }

    fn declare(&mut self, relation: &RelationName, name: String, data_type: TypeName, mark: usize) {
        if self.is_lost(relation) {
            return;
        }
        self.columns
            .retain(|column| !same(&column.relation, relation) || column.name != name);
        self.columns.push(Column {
            relation: relation.clone(),
            name,
            data_type,
            mark,
        });
    }

    fn rename(&mut self, object: ObjectKind, relation: &RelationName, part: Option<&str>, to: &str) {
        match (object, part) {
            (ObjectKind::Column, Some(part)) => {
                let named = |column: &&mut Column| same(&column.relation, relation) && column.name == part;
                if let Some(column) = self.columns.iter_mut().find(named) {
                    column.name = to.to_owned();
                }
            }
            (_, None) => {
                for column in self
                    .columns
                    .iter_mut()
                    .filter(|column| same(&column.relation, relation))
                {
                    column.relation.name = to.to_owned();
                }
                for index in &mut self.indexes {
                    if index.name == relation.name {
                        index.name = to.to_owned();
                    } else if same(&index.relation, relation) {
                        index.relation.name = to.to_owned();
                    }
                }
            }
            _ => self.forget_indexes(relation),
        }
    }

    fn forget_relation(&mut self, relation: &RelationName) {
        self.columns.retain(|column| !same(&column.relation, relation));
        self.forget_indexes(relation);
    }

    fn forget_indexes(&mut self, relation: &RelationName) {
        self.indexes.retain(|index| !same(&index.relation, relation));
    }
}

/// Whether two names may be of one relation.
fn same(one: &RelationName, other: &RelationName) -> bool {
    one.name == other.name && (one.schema.is_none() || other.schema.is_none() || one.schema == other.schema)
}

/// Whether a column's type in the database, as `format_type` writes it, is the one that was declared.
pub fn is_of_type(declared: &TypeName, found: &str) -> bool {
    let Some(found) = TypeName::parse(found) else {
        return true;
    };
    let plain = |words: &[String]| -> Vec<String> {
        let word = words.last().map(String::as_str).unwrap_or_default();
        let word = match word {
            "serial" | "serial4" => "int4",
            "bigserial" | "serial8" => "int8",
            "smallserial" | "serial2" => "int2",
            word => word,
        };
        let schema = words.len().checked_sub(2).map(|at| words[at].clone());
        schema.into_iter().chain([word.to_owned()]).collect()
    };
    let (one, other) = (plain(&declared.words), plain(&found.words));
    let is_same_name = one.last() == other.last() && (one.len() != other.len() || one == other);
    let scale = |modifiers: &[i64]| -> Vec<i64> {
        let end = modifiers
            .iter()
            .rposition(|number| *number != 0)
            .map_or(0, |at| at + 1);
        modifiers[..end].to_vec()
    };
    // The words of an interval are a modifier that is written in several ways.
    let is_same_size = one.last().is_some_and(|word| word == "interval")
        || scale(&declared.modifiers) == scale(&found.modifiers);
    is_same_name && is_same_size && declared.is_array == found.is_array
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(statements: &[&str]) -> String {
        let mut declared = Declared::default();
        for (at, sql) in statements.iter().enumerate() {
            declared.follow(sql, at);
        }
        let columns = declared
            .columns()
            .map(|column| format!("{}.{}:{}", column.relation, column.name, column.data_type));
        let indexes = declared
            .indexes()
            .map(|index| format!("{} on {}", index.name, index.relation));
        columns.chain(indexes).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_taken_back_is_no_longer_declared() {
        let table = "CREATE TABLE a.t (i int, s serial, n numeric(10,2)[])";
        assert_eq!(after(&[table]), "a.t.i:int4 a.t.s:serial a.t.n:numeric(10,2)[]");
        assert_eq!(
            after(&[
                table,
                "ALTER TABLE a.t DROP i, ADD IF NOT EXISTS j text, ALTER s TYPE bigint"
            ]),
            "a.t.n:numeric(10,2)[] a.t.j:text a.t.s:int8"
        );
        assert_eq!(
            after(&[
                table,
                "ALTER TABLE a.t RENAME TO u",
                "ALTER TABLE a.u DROP s, DROP n"
            ]),
            "a.u.i:int4"
        );
        assert_eq!(
            after(&["CREATE TABLE a.t OF a.row (i WITH OPTIONS DEFAULT 1)"]),
            ""
        );
        assert_eq!(after(&[table, "DROP TABLE t"]), "");
        assert_eq!(after(&[table, "DROP SCHEMA a CASCADE"]), "");
        assert_eq!(after(&["CREATE TEMP TABLE t (i int)"]), "");
        let index = "CREATE INDEX i ON t (a)";
        assert_eq!(after(&[index]), "i on t");
        assert_eq!(after(&[index, "ALTER INDEX i RENAME TO j"]), "j on t");
        assert_eq!(after(&[index, "DROP INDEX CONCURRENTLY i"]), "");
        assert_eq!(after(&[index, "ALTER TABLE t DROP COLUMN a"]), "");
    }

    #[test]
    fn types_are_compared_by_what_they_are() {
        for (declared, found, is_same) in [
            ("int", "integer", true),
            ("varchar(20)", "character varying(20)", true),
            ("varchar(20)", "character varying(50)", false),
            ("varchar", "text", false),
            ("numeric(10)", "numeric(10,0)", true),
            ("char", "character(1)", true),
            ("text[]", "text[]", true),
            ("text[]", "text", false),
            ("timestamptz", "timestamp with time zone", true),
            ("timestamp", "timestamp with time zone", false),
            ("timestamptz(3)", "timestamp(3) with time zone", true),
            ("mood", "public.mood", true),
            ("a.mood", "b.mood", false),
            ("interval day to second", "interval day to second", true),
            ("double precision", "double precision", true),
            ("float(24)", "real", true),
        ] {
            let declared = TypeName::parse(declared).expect("a type");
            assert_eq!(is_of_type(&declared, found), is_same, "{declared} {found}");
        }
    }
}
