//! What calls functions of the schema's own, and functions that change under those who call them.

use rand::RngExt;

use super::words::{Kind, percent, pick};
use super::{Column, RandomSchema, Stage};

impl RandomSchema {
    /// A check, an index, a policy, a generated column, a trigger or a view that calls a function.
    pub(super) fn add_call(&mut self, at: usize) {
        let Some(function) = self.any(Stage::Function) else {
            return;
        };
        let Some((column, _)) = self.any_column(at, |column| {
            column.kind == Kind::Integer
                && column.data_type == "integer"
                && !column.rest.contains("GENERATED")
        }) else {
            return;
        };
        let table = self.tables[at].clone();
        let call = format!("{function}({column})");
        let (stage, stem, sql) = match self.random.random_range(0..7) {
            0 if !table.is_partition => {
                let name = self.name("check");
                let sql = format!(
                    "ALTER TABLE {} ADD CONSTRAINT {name} CHECK ({call} <> 7)",
                    table.id
                );
                (Stage::Key, name, sql)
            }
            1 => {
                let name = self.name("index");
                let sql = format!(
                    "CREATE INDEX {name} ON {} (({call}), {column}) WHERE {call} > 3",
                    table.id
                );
                (Stage::Index, name, sql)
            }
            2 => {
                let name = self.name("policy");
                let sql = format!("CREATE POLICY {name} ON {} USING ({call} > {column})", table.id);
                (Stage::OnTable, name, sql)
            }
            3 => {
                let (_, id) = self.qualified("view");
                let sql = format!(
                    "CREATE VIEW {id} AS SELECT {call} AS called, t.{column} FROM {} AS t",
                    table.id
                );
                (Stage::View, format!("calling {id}"), sql)
            }
            4 if !table.is_partition => return self.add_called_trigger(at, &column, &call),
            5 if table.key.is_none()
                && !table.is_partition
                && !table.has_children
                && table.tail.is_empty() =>
            {
                let name = self.name("generated");
                self.tables[at].columns.push(Column {
                    name,
                    kind: Kind::Opaque,
                    data_type: "bigint".to_owned(),
                    rest: format!(" GENERATED ALWAYS AS ({call}) STORED"),
                    needs: vec![function],
                });
                return;
            }
            _ => {
                let (_, id) = self.qualified("type");
                let sql = format!(
                    "CREATE DOMAIN {id} AS integer DEFAULT {function}(1) CHECK ({function}(VALUE) > 0)"
                );
                let schema = schema_of(&id).to_owned();
                return self.item(Stage::OnTable, &id, &[&schema, &function], sql);
            }
        };
        let id = format!("{stem} of {}", table.id);
        let mut needs = vec![table.id.clone(), table.column(&column), function];
        if let Some(name) = stem.strip_prefix("calling ") {
            needs.push(schema_of(name).to_owned());
        }
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.item(stage, &id, &needs, sql);
    }

    /// A trigger with a condition and a function of its own that names the table.
    fn add_called_trigger(&mut self, at: usize, column: &str, call: &str) {
        let table = self.tables[at].id.clone();
        let (schema, function) = self.qualified("fired");
        let sql = format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 FROM {table}; RETURN NULL; END $$"
        );
        self.item(Stage::OnTable, &function, &[&schema], sql);
        let name = self.name("trigger");
        let condition = call.replacen(&format!("({column})"), &format!("(NEW.{column})"), 1);
        let word = *pick(&mut self.random, &["TRIGGER", "TRIGGER", "CONSTRAINT TRIGGER"]);
        let sql = format!(
            "CREATE {word} {name} AFTER UPDATE OF {column} ON {table} FOR EACH ROW WHEN ({condition} > 1) EXECUTE FUNCTION {function}()"
        );
        let called = call.split('(').next().unwrap_or_default().to_owned();
        let id = format!("{name} of {table}");
        let needs = [table.clone(), self.tables[at].column(column), function, called];
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.item(Stage::Fired, &id, &needs, sql);
    }

    /// A constraint that excludes, over a range.
    pub(super) fn add_exclusion(&mut self, at: usize) {
        let Some((column, _)) = self.any_column(at, |column| column.data_type == "int4range") else {
            return;
        };
        let table = self.tables[at].clone();
        if table.is_partition || table.is_partitioned {
            return;
        }
        let name = self.name("exclusion");
        let state = *pick(&mut self.random, &["", " WHERE (true)", " DEFERRABLE"]);
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} EXCLUDE USING gist ({column} WITH &&){state}",
            table.id
        );
        let id = format!("{name} of {}", table.id);
        self.item(Stage::Key, &id, &[&table.id, &table.column(&column)], sql);
    }

    /// An aggregate over a function of the schema's own, or a procedure.
    pub(super) fn add_routine(&mut self) {
        let (schema, id) = self.qualified("routine");
        if percent(&mut self.random, 50) {
            let sql = format!(
                "CREATE PROCEDURE {id}(a integer, INOUT b text DEFAULT 'x') LANGUAGE plpgsql AS $$ BEGIN b := a; END $$"
            );
            return self.item(Stage::OnTable, &id, &[&schema], sql);
        }
        let step = format!("{id}_step").replace("\"_step", "_step\"");
        let sql = format!(
            "CREATE FUNCTION {step}(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';\n\
             CREATE AGGREGATE {id}(integer) (SFUNC = {step}, STYPE = integer, INITCOND = '{}')",
            self.random.random_range(0..3)
        );
        self.item(Stage::OnTable, &id, &[&schema], sql);
    }

    /// A function that returns another type, or whose argument has another name: it cannot be replaced in place.
    pub(super) fn change_signature(&mut self) -> Option<String> {
        let id = self.any(Stage::Function)?;
        let item = self.items.iter_mut().find(|item| item.id == id)?;
        let sql = &mut item.sql[0];
        *sql = if sql.contains(" RETURNS integer") && !sql.contains(" RETURN ") {
            sql.replacen(" RETURNS integer", " RETURNS bigint", 1)
        } else if sql.contains(" RETURNS bigint") {
            sql.replacen(" RETURNS bigint", " RETURNS integer", 1)
        } else if sql.contains("(a integer") && sql.contains("SELECT $1") {
            sql.replacen("(a integer", "(other integer", 1)
        } else {
            return None;
        };
        Some(format!("another signature of {id}"))
    }

    /// A type that is not what it was: an enum without a label, a composite with a wider attribute.
    pub(super) fn change_type(&mut self) -> Option<String> {
        let id = self.any(Stage::Type)?;
        let item = self.items.iter_mut().find(|item| item.id == id)?;
        let sql = &mut item.sql[0];
        *sql = if sql.contains("'it''s', 'High'") {
            sql.replacen("'it''s', 'High'", "'High'", 1)
        } else if sql.contains(" AS (a integer, ") {
            sql.replacen(" AS (a integer, ", " AS (a bigint, ", 1)
        } else {
            return None;
        };
        Some(format!("{id} is another type"))
    }

    /// A table that is logged, or stored, in another way.
    pub(super) fn change_storage(&mut self) -> Option<String> {
        let at = self.any_table(|table| {
            table.tail.is_empty() && !table.is_partition && !table.has_children && table.key.is_none()
        })?;
        let table = &mut self.tables[at];
        if percent(&mut self.random, 50) {
            table.tail = " WITH (fillfactor='55')".to_owned();
        } else {
            let references =
                |item: &super::Item| item.needs.contains(&table.id) && item.stage == Stage::ForeignKey;
            if self.items.iter().any(references) {
                return None;
            }
            let is_published =
                |item: &super::Item| item.needs.contains(&table.id) && item.sql[0].contains("PUBLICATION");
            if self.items.iter().any(is_published) {
                return None;
            }
            table.persistence = if table.persistence.is_empty() {
                "UNLOGGED "
            } else {
                ""
            };
        }
        Some(format!("{} is stored in another way", table.id))
    }
}

/// The schema of a qualified name that this generator made: names have points, but schemas begin them.
fn schema_of(qualified: &str) -> &str {
    match qualified.strip_prefix('"') {
        Some(_) => {
            let end = qualified.find("\".").map_or(qualified.len(), |at| at + 1);
            &qualified[..end]
        }
        None => qualified.split('.').next().unwrap_or(qualified),
    }
}
