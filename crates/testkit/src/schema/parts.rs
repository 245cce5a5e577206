//! What stands on tables: keys, indexes, views, triggers, comments and the like.

use rand::RngExt;

use super::words::{Kind, comment, condition, percent, pick};
use super::{Column, RandomSchema, Stage, Table};

impl RandomSchema {
    /// A random table that passes, by place.
    pub(super) fn any_table(&mut self, passes: impl Fn(&Table) -> bool) -> Option<usize> {
        let places: Vec<usize> = (0..self.tables.len())
            .filter(|&at| passes(&self.tables[at]))
            .collect();
        if places.is_empty() {
            return None;
        }
        Some(*pick(&mut self.random, &places))
    }

    /// A random column of a table that passes: name and kind.
    pub(super) fn any_column(
        &mut self,
        at: usize,
        passes: impl Fn(&Column) -> bool,
    ) -> Option<(String, Kind)> {
        let columns: Vec<&Column> = self.tables[at]
            .columns
            .iter()
            .filter(|column| passes(column))
            .collect();
        if columns.is_empty() {
            return None;
        }
        let column = *pick(&mut self.random, &columns);
        Some((column.name.clone(), column.kind))
    }

    /// Something on a table: a key, an index, a view, a trigger, a comment … Sometimes nothing fits.
    pub(super) fn add_something(&mut self) {
        let Some(at) = self.any_table(|_| true) else {
            return;
        };
        match self.random.random_range(0..26) {
            0 | 1 => self.add_key(at),
            2..=5 => self.add_index(at),
            6 | 7 => self.add_check(at),
            8 | 9 => self.add_foreign_key(at),
            10..=12 => self.add_view(at),
            13 => self.add_trigger(at),
            14 => self.add_policy(at),
            15 => self.add_settings(at),
            16 => self.add_comment(at),
            17 => self.add_grant(at),
            18 => self.add_statistics(at),
            19..=22 => self.add_call(at),
            23 => self.add_exclusion(at),
            24 => self.add_routine(),
            _ => self.add_rule_or_publication(at),
        }
    }

    fn on(&mut self, stage: Stage, stem: &str, at: usize, columns: &[&str], sql: String) {
        let id = format!("{stem} of {}", self.tables[at].id);
        let mut needs = vec![self.tables[at].id.clone()];
        needs.extend(columns.iter().map(|column| self.tables[at].column(column)));
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.item(stage, &id, &needs, sql);
    }

    fn add_key(&mut self, at: usize) {
        if self.tables[at].is_partition {
            return;
        }
        let Some((column, kind)) = self.any_column(at, |column| {
            column.kind.is_ordered() && !column.rest.contains("VIRTUAL")
        }) else {
            return;
        };
        let mut columns = vec![column.clone()];
        for key in &self.tables[at].partition_key {
            if *key != column {
                columns.push(key.clone());
            }
        }
        let name = self.name("key");
        let table = self.tables[at].id.clone();
        let id = format!("{name} of {table}");
        let is_primary = percent(&mut self.random, 60) && self.tables[at].key.is_none();
        let is_heir = self.tables[at].tail.contains("INHERITS") || self.tables[at].has_children;
        if is_primary && (self.tables[at].is_partitioned || !is_heir) {
            if columns.len() == 1 && !matches!(kind, Kind::Named | Kind::Opaque) {
                self.tables[at].key = Some((column, kind, id));
            } else {
                self.tables[at].key = Some((String::new(), Kind::Opaque, id));
            }
        } else if is_primary {
            return;
        }
        let word = if is_primary { "PRIMARY KEY" } else { "UNIQUE" };
        let more = if !is_primary && self.major >= 15 && percent(&mut self.random, 20) {
            " NULLS NOT DISTINCT"
        } else {
            ""
        };
        let deferrable = if !is_primary && percent(&mut self.random, 15) {
            " DEFERRABLE"
        } else {
            ""
        };
        let sql = format!(
            "ALTER TABLE {table} ADD CONSTRAINT {name} {word}{more} ({}){deferrable}",
            columns.join(", ")
        );
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        self.on(Stage::Key, &name, at, &columns, sql);
    }

    pub(super) fn add_index(&mut self, at: usize) {
        let Some((column, kind)) = self.any_column(at, |column| column.kind != Kind::Opaque) else {
            return;
        };
        let second = self.any_column(at, |column| column.kind.is_ordered());
        let (method, key) = match kind {
            Kind::Json | Kind::Opaque => return,
            Kind::Array if percent(&mut self.random, 50) => ("gin", column.clone()),
            Kind::Range if percent(&mut self.random, 50) => ("gist", column.clone()),
            Kind::Integer if percent(&mut self.random, 15) => ("brin", column.clone()),
            Kind::Integer if percent(&mut self.random, 20) => ("btree", format!("(({column} + 1) * 2)")),
            Kind::Text if percent(&mut self.random, 20) => ("btree", format!("lower({column})")),
            kind if kind.is_hashed() && kind != Kind::Named && percent(&mut self.random, 10) => {
                ("hash", column.clone())
            }
            _ => ("btree", column.clone()),
        };
        let mut keys = key;
        let mut used = vec![column.clone()];
        if method == "btree" {
            let order = *pick(
                &mut self.random,
                &["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"],
            );
            keys.push_str(order);
            if let (Some((second, _)), true) = (second, percent(&mut self.random, 30)) {
                keys.push_str(&format!(", {second}"));
                used.push(second);
            }
        }
        let mut tail = String::new();
        if matches!(method, "btree") && percent(&mut self.random, 15) {
            tail.push_str(" WITH (fillfactor='60')");
        }
        if percent(&mut self.random, 25) {
            tail.push_str(&format!(" WHERE {}", condition(&mut self.random, kind, &column)));
        }
        let is_unique =
            method == "btree" && self.tables[at].partition_key.is_empty() && percent(&mut self.random, 15);
        let unique = if is_unique { "UNIQUE " } else { "" };
        let name = self.name("index");
        let sql = format!(
            "CREATE {unique}INDEX {name} ON {} USING {method} ({keys}){tail}",
            self.tables[at].id
        );
        let used: Vec<&str> = used.iter().map(String::as_str).collect();
        self.on(Stage::Index, &name, at, &used, sql);
    }

    pub(super) fn add_check(&mut self, at: usize) {
        let Some((column, kind)) = self.any_column(at, |_| true) else {
            return;
        };
        if self.tables[at].is_partition {
            return;
        }
        let name = self.name("check");
        let condition = condition(&mut self.random, kind, &column);
        let plain = !self.tables[at].has_children;
        let state = match self.random.random_range(0..6) {
            0 => " NOT VALID",
            1 if plain => " NO INHERIT",
            _ => "",
        };
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} CHECK ({condition}){state}",
            self.tables[at].id
        );
        self.on(Stage::Key, &name, at, &[&column], sql);
    }

    pub(super) fn add_foreign_key(&mut self, at: usize) {
        let target = self.any_table(|table| {
            table
                .key
                .as_ref()
                .is_some_and(|(_, kind, _)| *kind != Kind::Opaque)
                && !table.is_partition
                && table.persistence.is_empty()
        });
        let Some(target) = target else { return };
        let Some((key, kind, constraint)) = self.tables[target].key.clone() else {
            return;
        };
        let data_type = self.tables[target]
            .columns
            .iter()
            .find(|column| column.name == key)
            .map(|column| column.data_type.clone());
        let Some(column) = self.any_column(at, |column| {
            column.kind == kind
                && Some(&column.data_type) == data_type.as_ref()
                && !column.rest.contains("GENERATED")
        }) else {
            return;
        };
        if self.tables[at].is_partition {
            return;
        }
        let name = self.name("reference");
        let action = *pick(
            &mut self.random,
            &[
                "",
                " ON DELETE CASCADE",
                " ON UPDATE CASCADE ON DELETE SET NULL",
                " ON DELETE RESTRICT",
                " MATCH FULL",
            ],
        );
        let state = match self.random.random_range(0..6) {
            0 => " DEFERRABLE INITIALLY DEFERRED",
            1 => " DEFERRABLE",
            2 if !self.tables[at].is_partitioned => " NOT VALID",
            _ => "",
        };
        let other = self.tables[target].id.clone();
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} FOREIGN KEY ({}) REFERENCES {other} ({key}){action}{state}",
            self.tables[at].id, column.0
        );
        let id = format!("{name} of {}", self.tables[at].id);
        let needs = [
            self.tables[at].id.clone(),
            self.tables[at].column(&column.0),
            other.clone(),
            self.tables[target].column(&key),
            constraint,
        ];
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.item(Stage::ForeignKey, &id, &needs, sql);
    }

    pub(super) fn add_view(&mut self, at: usize) {
        let Some((one, kind)) = self.any_column(at, |column| column.kind != Kind::Opaque) else {
            return;
        };
        let (schema, id) = self.qualified("view");
        let table = self.tables[at].id.clone();
        let wanted = condition(&mut self.random, kind, &format!("t.{one}"));
        let mut needs = vec![schema, table.clone(), self.tables[at].column(&one)];
        let below = self.any(Stage::View);
        let query = match (self.random.random_range(0..6), below) {
            (0, Some(below)) if !below.contains(" of ") => {
                needs.push(below.clone());
                let own = self.name("own");
                format!(
                    "SELECT t.{one} AS {own}, b.* FROM {table} AS t CROSS JOIN {below} AS b WHERE {wanted}"
                )
            }
            (1, _) => {
                format!("SELECT count(*) AS n, max(t.{one}::text) AS most FROM {table} AS t WHERE {wanted}")
            }
            (2, _) => format!(
                "WITH w AS (SELECT t.{one} FROM {table} AS t) SELECT w.{one}, row_number() OVER (ORDER BY w.{one}::text) AS n FROM w"
            ),
            (3, _) => format!(
                "SELECT t.{one}, 'x'::text AS x FROM {table} AS t UNION ALL SELECT u.{one}, 'y' FROM {table} AS u"
            ),
            _ => format!("SELECT t.{one}, t.{one} AS again FROM {table} AS t WHERE {wanted} ORDER BY 1"),
        };
        // Types that cannot be sorted or united.
        if matches!(kind, Kind::Json) && (query.contains("ORDER BY 1") || query.contains("UNION ")) {
            return;
        }
        let is_materialized = percent(&mut self.random, 25);
        let sql = if is_materialized {
            let data = *pick(&mut self.random, &["", " WITH NO DATA"]);
            format!("CREATE MATERIALIZED VIEW {id} AS {query}{data}")
        } else {
            let options = *pick(&mut self.random, &["", "", " WITH (security_barrier='true')"]);
            format!("CREATE VIEW {id}{options} AS {query}")
        };
        // One that is not filled cannot be read by another that is.
        let needed_as = if sql.ends_with("NO DATA") {
            format!("{id} of nothing")
        } else {
            id
        };
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.item(Stage::View, &needed_as, &needs, sql);
    }

    fn add_trigger(&mut self, at: usize) {
        let name = self.name("trigger");
        let when = *pick(
            &mut self.random,
            &["BEFORE INSERT OR UPDATE ON", "AFTER DELETE ON", "AFTER UPDATE ON"],
        );
        if self.tables[at].is_partition {
            return;
        }
        let table = self.tables[at].id.clone();
        let mut sql = format!(
            "CREATE TRIGGER {name} {when} {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        );
        if percent(&mut self.random, 30) && !self.tables[at].has_children {
            let state = *pick(&mut self.random, &["DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA"]);
            sql = format!("{sql};\nALTER TABLE {table} {state} TRIGGER {name}");
        }
        self.on(Stage::OnTable, &name, at, &[], sql);
    }

    fn add_policy(&mut self, at: usize) {
        let Some((column, kind)) = self.any_column(at, |_| true) else {
            return;
        };
        let name = self.name("policy");
        let table = self.tables[at].id.clone();
        let using = condition(&mut self.random, kind, &column);
        let form = *pick(
            &mut self.random,
            &[
                "USING ({})",
                "AS RESTRICTIVE FOR INSERT WITH CHECK ({})",
                "FOR UPDATE TO pg_monitor USING ({}) WITH CHECK (true)",
            ],
        );
        let sql = format!("CREATE POLICY {name} ON {table} {}", form.replace("{}", &using));
        let sql = match self.random.random_range(0..3) {
            0 => format!("{sql};\nALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            1 => format!("{sql};\nALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
            _ => sql,
        };
        self.on(Stage::OnTable, &name, at, &[&column], sql);
    }

    fn add_settings(&mut self, at: usize) {
        let Some((column, kind)) = self.any_column(at, |_| true) else {
            return;
        };
        let table = self.tables[at].id.clone();
        let column_of = format!("ALTER TABLE ONLY {table} ALTER COLUMN {column}");
        let sql = match self.random.random_range(0..5) {
            0 => format!("{column_of} SET STATISTICS 77"),
            1 if kind == Kind::Text => format!("{column_of} SET STORAGE EXTERNAL"),
            2 if kind == Kind::Text => format!("{column_of} SET COMPRESSION pglz"),
            3 if !self.tables[at].is_partitioned => format!("{column_of} SET (n_distinct = -0.5)"),
            4 => format!("ALTER TABLE ONLY {table} REPLICA IDENTITY FULL"),
            _ => return,
        };
        self.on(Stage::OnTable, &format!("setting {column}"), at, &[&column], sql);
    }

    pub(super) fn add_comment(&mut self, at: usize) {
        let Some((column, _)) = self.any_column(at, |_| true) else {
            return;
        };
        let text = comment(&mut self.random);
        let table = self.tables[at].id.clone();
        if percent(&mut self.random, 50) {
            let sql = format!("COMMENT ON COLUMN {table}.{column} IS {text}");
            self.on(Stage::Note, &format!("comment {column}"), at, &[&column], sql);
        } else {
            self.on(
                Stage::Note,
                "comment",
                at,
                &[],
                format!("COMMENT ON TABLE {table} IS {text}"),
            );
        }
    }

    fn add_grant(&mut self, at: usize) {
        let Some((column, _)) = self.any_column(at, |_| true) else {
            return;
        };
        let what = match self.random.random_range(0..4) {
            0 => format!("SELECT ({column}), UPDATE ({column})"),
            1 => "INSERT, DELETE".to_owned(),
            2 => "ALL".to_owned(),
            _ => "SELECT".to_owned(),
        };
        let to = *pick(
            &mut self.random,
            &["PUBLIC", "pg_monitor", "pg_read_all_data WITH GRANT OPTION"],
        );
        let sql = format!("GRANT {what} ON {} TO {to}", self.tables[at].id);
        self.on(Stage::Note, "grant", at, &[&column], sql);
    }

    fn add_statistics(&mut self, at: usize) {
        let one = self.any_column(at, |column| column.kind.is_ordered());
        let two = self.any_column(at, |column| column.kind.is_ordered());
        let (Some((one, _)), Some((two, _))) = (one, two) else {
            return;
        };
        if one == two {
            return;
        }
        let (schema, id) = self.qualified("statistics");
        let kinds = *pick(&mut self.random, &["", " (ndistinct)", " (dependencies, mcv)"]);
        let sql = format!(
            "CREATE STATISTICS {id}{kinds} ON {one}, {two} FROM {}",
            self.tables[at].id
        );
        let needs = [
            schema,
            self.tables[at].id.clone(),
            self.tables[at].column(&one),
            self.tables[at].column(&two),
        ];
        let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
        self.item(Stage::OnTable, &id, &needs, sql);
    }

    fn add_rule_or_publication(&mut self, at: usize) {
        let table = self.tables[at].id.clone();
        if percent(&mut self.random, 50) {
            let name = self.name("rule");
            let sql = format!("CREATE RULE {name} AS ON DELETE TO {table} DO ALSO NOTHING");
            self.on(Stage::OnTable, &name, at, &[], sql);
        } else if self.tables[at].persistence.is_empty() {
            let name = self.name("publication");
            let sql =
                format!("CREATE PUBLICATION {name} FOR TABLE ONLY {table} WITH (publish = 'insert, update')");
            self.on(Stage::Note, &name, at, &[], sql);
        }
    }
}
