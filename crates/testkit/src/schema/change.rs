//! One change at a time, and then what lost what it needs goes.

use rand::RngExt;

use super::words::{Kind, percent, pick, value};
use super::{RandomSchema, Stage};

impl RandomSchema {
    /// Makes one random change and says which, as a noun phrase.
    pub fn change(&mut self) -> String {
        for _ in 0..100 {
            if let Some(what) = self.try_change() {
                self.prune();
                return what;
            }
        }
        self.add_table();
        "a new table".to_owned()
    }

    fn try_change(&mut self) -> Option<String> {
        match self.random.random_range(0..18) {
            0 => self.add_table(),
            1 => self.add_type(),
            2 => self.add_function(),
            3..=5 => self.add_something(),
            6 => return self.add_column(),
            7 => return self.drop_column(),
            8 => return self.change_column(),
            9 => return self.drop_item(),
            10 => return self.drop_table(),
            11 => return self.change_view(),
            12 => return self.change_function(),
            13 | 14 => return self.change_signature(),
            15 => return self.change_type(),
            16 => return self.change_storage(),
            _ => return self.add_label(),
        }
        Some("something new".to_owned())
    }

    /// Removes what needs something that is not there, until nothing does.
    fn prune(&mut self) {
        loop {
            let present = self.ids();
            let has = |needs: &[String]| needs.iter().all(|need| present.contains(need));
            self.items.retain(|item| has(&item.needs));
            self.tables.retain(|table| has(&table.needs));
            self.types.retain(|named| present.contains(&named.id));
            for table in &mut self.tables {
                table.columns.retain(|column| has(&column.needs));
                if table.key.as_ref().is_some_and(|(_, _, id)| !present.contains(id)) {
                    table.key = None;
                }
            }
            if self.ids() == present {
                return;
            }
        }
    }

    /// The table and its partitions.
    fn with_partitions(&self, at: usize) -> Vec<usize> {
        let id = &self.tables[at].id;
        (0..self.tables.len())
            .filter(|&other| {
                other == at || (self.tables[other].is_partition && self.tables[other].needs.contains(id))
            })
            .collect()
    }

    fn add_column(&mut self) -> Option<String> {
        let at = self.any_table(|table| !table.is_partition)?;
        let column = self.column();
        for place in self.with_partitions(at) {
            self.tables[place].columns.push(column.clone());
        }
        Some(format!("a new column {} of {}", column.name, self.tables[at].id))
    }

    /// A column that may go or change: nothing in the table itself reads it.
    fn free_column(&mut self) -> Option<(usize, String, Kind)> {
        let at = self.any_table(|table| !table.is_partition && table.columns.len() > 1)?;
        let table = self.tables[at].clone();
        let (name, kind) = self.any_column(at, |column| {
            !table.partition_key.contains(&column.name)
                && table
                    .columns
                    .iter()
                    .all(|other| !other.rest.contains(&column.name))
                && !column.rest.contains("GENERATED")
                && column.data_type != "serial"
        })?;
        Some((at, name, kind))
    }

    fn drop_column(&mut self) -> Option<String> {
        let (at, name, _) = self.free_column()?;
        for place in self.with_partitions(at) {
            self.tables[place].columns.retain(|column| column.name != name);
        }
        Some(format!("no column {name} of {}", self.tables[at].id))
    }

    fn change_column(&mut self) -> Option<String> {
        let (at, name, kind) = self.free_column()?;
        let is_key = self.tables[at].key.as_ref().is_some_and(|(key, ..)| *key == name);
        let default = value(&mut self.random, kind);
        let widens = percent(&mut self.random, 40);
        for place in self.with_partitions(at) {
            let column = self.tables[place]
                .columns
                .iter_mut()
                .find(|column| column.name == name)?;
            match (column.data_type.as_str(), &default) {
                ("integer" | "smallint", _) if widens && !is_key => column.data_type = "bigint".to_owned(),
                ("character varying(40)", _) if widens && !is_key => column.data_type = "text".to_owned(),
                (_, Some(value)) if column.needs.is_empty() => {
                    let not_null = if column.rest.contains(" NOT NULL") {
                        ""
                    } else {
                        " NOT NULL"
                    };
                    column.rest = format!(" DEFAULT {value}{not_null}");
                }
                _ => return None,
            }
        }
        Some(format!("another column {name} of {}", self.tables[at].id))
    }

    fn drop_item(&mut self) -> Option<String> {
        let places: Vec<usize> = (0..self.items.len())
            .filter(|&at| self.items[at].stage > Stage::Table)
            .collect();
        if places.is_empty() {
            return None;
        }
        let at = *pick(&mut self.random, &places);
        Some(format!("no {}", self.items.remove(at).id))
    }

    fn drop_table(&mut self) -> Option<String> {
        let at = self.any_table(|_| true)?;
        Some(format!("no table {}", self.tables.remove(at).id))
    }

    fn change_view(&mut self) -> Option<String> {
        let places: Vec<usize> = (0..self.items.len())
            .filter(|&at| self.items[at].stage == Stage::View && !self.items[at].sql[0].ends_with("NO DATA"))
            .collect();
        if places.is_empty() {
            return None;
        }
        let at = *pick(&mut self.random, &places);
        let sql = &mut self.items[at].sql[0];
        match sql.find(" LIMIT ") {
            Some(limit) => sql.truncate(limit),
            None => sql.push_str(" LIMIT 5"),
        }
        Some(format!("another query of {}", self.items[at].id))
    }

    fn change_function(&mut self) -> Option<String> {
        let id = self.any(Stage::Function)?;
        let number = self.random.random_range(1000..2000);
        let item = self.items.iter_mut().find(|item| item.id == id)?;
        let sql = &item.sql[0];
        item.sql[0] = format!(
            "{} LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + {number} $$",
            match sql.split_once(" RETURNS integer") {
                Some((head, _)) => format!("{head} RETURNS integer"),
                None => return None,
            }
        );
        Some(format!("another body of {id}"))
    }

    fn add_label(&mut self) -> Option<String> {
        let places: Vec<usize> = (0..self.items.len())
            .filter(|&at| {
                self.items[at].sql[0].contains(" AS ENUM (") && !self.items[at].sql[0].contains("'mid")
            })
            .collect();
        if places.is_empty() {
            return None;
        }
        let at = *pick(&mut self.random, &places);
        let sql = &mut self.items[at].sql[0];
        *sql = sql.replace("'low', ", "'low', 'mid', ");
        Some(format!("a label of {}", self.items[at].id))
    }
}
