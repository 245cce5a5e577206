//! Making a schema: types first, then what needs them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::words::{Kind, built_in, condition, name, percent, pick};
use super::{Column, Item, NamedType, RandomSchema, Stage, Table};

/// A schema of about so many tables.
pub(super) fn schema(seed: u64, major: u32, tables: usize) -> RandomSchema {
    let mut schema = RandomSchema {
        major,
        random: StdRng::seed_from_u64(seed),
        serial: 0,
        types: Vec::new(),
        tables: Vec::new(),
        items: Vec::new(),
    };
    for _ in 0..2 {
        let name = schema.name("schema");
        schema.item(Stage::Schema, &name, &[], format!("CREATE SCHEMA {name}"));
    }
    for _ in 0..4 {
        schema.add_type();
    }
    for _ in 0..2 {
        schema.add_sequence();
        schema.add_function();
    }
    for _ in 0..tables {
        schema.add_table();
    }
    for _ in 0..tables * 3 {
        schema.add_something();
    }
    schema
}

impl RandomSchema {
    pub(super) fn name(&mut self, stem: &str) -> String {
        self.serial += 1;
        name(&mut self.random, stem, self.serial)
    }

    /// A schema, and a name in it.
    pub(super) fn qualified(&mut self, stem: &str) -> (String, String) {
        let mut schemas = vec!["public".to_owned()];
        let own = self.items.iter().filter(|item| item.stage == Stage::Schema);
        schemas.extend(own.map(|item| item.id.clone()));
        let schema = pick(&mut self.random, &schemas).clone();
        let name = format!("{schema}.{}", self.name(stem));
        (schema, name)
    }

    pub(super) fn item(&mut self, stage: Stage, id: &str, needs: &[&str], sql: String) {
        self.items.push(Item {
            stage,
            id: id.to_owned(),
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
            sql: vec![sql],
        });
    }

    pub(super) fn add_type(&mut self) {
        let (schema, id) = self.qualified("type");
        let (sql, kind, value) = match self.random.random_range(0..4) {
            0 => (
                format!("CREATE TYPE {id} AS ENUM ('low', 'it''s', 'High')"),
                Kind::Named,
                format!("'low'::{id}"),
            ),
            1 => {
                let (kind, base, value) = loop {
                    let built = built_in(&mut self.random);
                    if built.0 != Kind::Opaque {
                        break built;
                    }
                };
                let check = condition(&mut self.random, kind, "VALUE");
                let extra = *pick(
                    &mut self.random,
                    &["", " NOT NULL", " CONSTRAINT \"Named\" CHECK (VALUE IS NOT NULL)"],
                );
                let sql = format!("CREATE DOMAIN {id} AS {base} DEFAULT {value}{extra} CHECK ({check})");
                (
                    sql,
                    if kind.is_ordered() {
                        Kind::Named
                    } else {
                        Kind::Opaque
                    },
                    "NULL".to_owned(),
                )
            }
            2 => (
                format!("CREATE TYPE {id} AS (a integer, \"B\" text COLLATE \"C\")"),
                Kind::Named,
                format!("ROW(1, 'x')::{id}"),
            ),
            _ => (
                format!("CREATE TYPE {id} AS RANGE (subtype = float8)"),
                Kind::Named,
                "'[1,2)'".to_owned(),
            ),
        };
        self.item(Stage::Type, &id, &[&schema], sql);
        self.types.push(NamedType { id, kind, value });
    }

    pub(super) fn add_sequence(&mut self) {
        let (schema, id) = self.qualified("sequence");
        let options = *pick(
            &mut self.random,
            &[
                "",
                " AS smallint",
                " INCREMENT BY -2 CYCLE",
                " START WITH 5 CACHE 10 MINVALUE 2",
                " AS integer MAXVALUE 99",
            ],
        );
        self.item(
            Stage::Sequence,
            &id,
            &[&schema],
            format!("CREATE SEQUENCE {id}{options}"),
        );
    }

    pub(super) fn add_function(&mut self) {
        let (schema, id) = self.qualified("function");
        let number = self.random.random_range(1..1000);
        let head = format!("CREATE FUNCTION {id}");
        let sql = match self.random.random_range(0..4) {
            0 => format!(
                "{head}(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + {number} $$"
            ),
            1 => format!(
                "{head}(a integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN a * {number}"
            ),
            2 => format!(
                "{head}(integer, text DEFAULT 'it''s') RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT SET work_mem = '1MB' \
                 AS $body$ BEGIN RETURN {number}; END $body$"
            ),
            _ => format!(
                "{head}(a integer, OUT b integer) LANGUAGE sql IMMUTABLE COST {number} BEGIN ATOMIC SELECT a - {number}; END"
            ),
        };
        self.item(Stage::Function, &id, &[&schema], sql);
    }

    /// A random item of a stage, by id.
    pub(super) fn any(&mut self, stage: Stage) -> Option<String> {
        let ids: Vec<&String> = self
            .items
            .iter()
            .filter(|item| item.stage == stage)
            .map(|item| &item.id)
            .collect();
        if ids.is_empty() {
            return None;
        }
        Some((*pick(&mut self.random, &ids)).clone())
    }

    pub(super) fn column(&mut self) -> Column {
        let name = self.name("column");
        let own = percent(&mut self.random, 20) && !self.types.is_empty();
        let (kind, data_type, value, mut needs) = if own {
            let NamedType { id, kind, value } = pick(&mut self.random, &self.types).clone();
            (kind, id.clone(), value, vec![id])
        } else {
            let (kind, data_type, value) = built_in(&mut self.random);
            (kind, data_type, value, Vec::new())
        };
        let mut rest = String::new();
        if kind == Kind::Text && percent(&mut self.random, 20) {
            rest.push_str(" COLLATE \"C\"");
        }
        match self.random.random_range(0..10) {
            0..=2 => rest.push_str(&format!(" DEFAULT {value}")),
            3 if kind == Kind::Integer => {
                if let Some(sequence) = self.any(Stage::Sequence) {
                    rest.push_str(&format!(" DEFAULT nextval('{}')", sequence.replace('\'', "''")));
                    needs.push(sequence);
                }
            }
            4 if kind == Kind::Integer => {
                if let Some(function) = self.any(Stage::Function) {
                    rest.push_str(&format!(" DEFAULT {function}(1)"));
                    needs.push(function);
                }
            }
            _ => {}
        }
        if percent(&mut self.random, 30) {
            rest.push_str(" NOT NULL");
        }
        Column {
            name,
            kind,
            data_type,
            rest,
            needs,
        }
    }

    pub(super) fn add_table(&mut self) {
        let (schema, id) = self.qualified("table");
        let count = self.random.random_range(1..8);
        let mut columns: Vec<Column> = (0..count).map(|_| self.column()).collect();
        self.add_special_columns(&mut columns);
        let mut table = Table {
            id: id.clone(),

            persistence: "",
            columns,
            tail: String::new(),
            needs: vec![schema],
            partition_key: Vec::new(),
            key: None,
            is_partitioned: false,
            is_partition: false,
            has_children: false,
        };
        match self.random.random_range(0..10) {
            0 | 1 => return self.add_partitioned(table),
            2 => {
                let parents: Vec<usize> = (0..self.tables.len())
                    .filter(|&at| !self.tables[at].is_partitioned && !self.tables[at].is_partition)
                    .filter(|&at| {
                        self.tables[at]
                            .columns
                            .iter()
                            .all(|column| !column.rest.contains("GENERATED"))
                    })
                    .collect();
                if !parents.is_empty() {
                    let at = *pick(&mut self.random, &parents);
                    self.tables[at].has_children = true;
                    let parent = self.tables[at].id.clone();
                    table.tail = format!(" INHERITS ({parent})");
                    table.needs.push(parent);
                }
            }
            3 => table.persistence = "UNLOGGED ",
            4 => {
                table.tail =
                    " WITH (fillfactor='70', autovacuum_enabled='false', toast.autovacuum_enabled='false')"
                        .to_owned();
            }
            _ => {}
        }
        self.tables.push(table);
    }

    fn add_special_columns(&mut self, columns: &mut Vec<Column>) {
        let base = columns
            .iter()
            .find(|column| column.kind == Kind::Integer)
            .map(|column| column.name.clone());
        let mut special = |name: String, kind: Kind, data_type: &str, rest: String| {
            columns.push(Column {
                name,
                kind,
                data_type: data_type.to_owned(),
                rest,
                needs: Vec::new(),
            });
        };
        if percent(&mut self.random, 25) {
            let name = self.name("identity");
            let how = *pick(
                &mut self.random,
                &[
                    "ALWAYS AS IDENTITY",
                    "BY DEFAULT AS IDENTITY (START WITH 7 INCREMENT BY 3)",
                ],
            );
            special(name, Kind::BigInteger, "bigint", format!(" GENERATED {how}"));
        }
        if percent(&mut self.random, 25) {
            special(self.name("serial"), Kind::Integer, "serial", String::new());
        }
        if let (Some(base), true) = (base, percent(&mut self.random, 25)) {
            let name = self.name("stored");
            let rest = format!(" GENERATED ALWAYS AS ({base} + 1) STORED");
            columns.push(Column {
                name,
                kind: Kind::Integer,
                data_type: "integer".to_owned(),
                rest,
                needs: Vec::new(),
            });
        }
    }

    fn add_partitioned(&mut self, mut table: Table) {
        table.columns.retain(|column| !column.rest.contains("GENERATED"));
        let key = self.name("key");
        let (kind, data_type, bounds): (Kind, &str, [&str; 3]) = match self.random.random_range(0..3) {
            0 => (
                Kind::Integer,
                "RANGE",
                ["FROM (MINVALUE) TO (10)", "FROM (10) TO (20)", "DEFAULT"],
            ),
            1 => (
                Kind::Text,
                "LIST",
                ["IN ('a', 'b')", "IN (NULL, 'it''s')", "DEFAULT"],
            ),
            _ => (
                Kind::BigInteger,
                "HASH",
                [
                    "WITH (MODULUS 2, REMAINDER 0)",
                    "WITH (MODULUS 4, REMAINDER 1)",
                    "WITH (MODULUS 4, REMAINDER 3)",
                ],
            ),
        };
        let written = match kind {
            Kind::Integer => "integer",
            Kind::Text => "text",
            _ => "bigint",
        };
        table.columns.push(Column {
            name: key.clone(),
            kind,
            data_type: written.to_owned(),
            rest: String::new(),
            needs: Vec::new(),
        });
        table.tail = format!(" PARTITION BY {data_type} ({key})");
        table.partition_key = vec![key];
        table.is_partitioned = true;
        table.has_children = true;
        let parent = table.clone();
        self.tables.push(table);
        for bound in bounds {
            if !percent(&mut self.random, 75) {
                continue;
            }
            let (schema, id) = self.qualified("partition");
            let bound = match bound {
                "DEFAULT" => bound.to_owned(),
                bound => format!("FOR VALUES {bound}"),
            };
            self.tables.push(Table {
                id,
                tail: format!(" PARTITION OF {} {bound}", parent.id),
                needs: vec![schema.clone(), parent.id.clone()],

                is_partitioned: false,
                is_partition: true,
                has_children: false,
                partition_key: Vec::new(),
                ..parent.clone()
            });
        }
    }
}
