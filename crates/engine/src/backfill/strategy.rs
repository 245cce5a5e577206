//! How a table is cut into ranges: a pure choice from what the catalog says and what the change is.

use windlass_compiler::sql::{Change, ChangeKind};

use super::facts::{Facts, KeyColumn};

/// What ranges are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// Keys in order, by row comparison.
    Key(Vec<KeyColumn>),
    /// Blocks of the table. A row that moves meanwhile is found by the next sweep.
    Blocks,
}

/// The choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strategy {
    pub(super) access: Access,
    /// The tenants' column.
    pub(super) tenant: Option<KeyColumn>,
    /// One partition after the other.
    pub(super) by_partition: bool,
    /// What people know a row by; empty where the table has no key.
    pub(super) identity: Vec<KeyColumn>,
    /// In words, for people.
    pub(super) words: String,
    /// What may make it slow.
    pub(super) warnings: Vec<String>,
}

/// Why it cannot be cut, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) message: String,
    pub(super) hints: Vec<String>,
}

/// Chooses. `server` is `server_version_num`.
pub(super) fn choose(facts: &Facts, change: &Change, server: u32) -> Result<Strategy, Refusal> {
    let table = &change.target.relation;
    let refuse = |message: String, hints: &[&str]| {
        Err(Refusal {
            message,
            hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
        })
    };
    if !matches!(facts.kind.as_str(), "r" | "p") {
        return refuse(
            format!("{table} is no ordinary or partitioned table"),
            &["name the table itself, not a view or foreign table"],
        );
    }
    if facts.kind == "p" && change.target.only {
        return refuse(
            format!("ONLY {table} holds no rows: it is partitioned"),
            &["remove ONLY"],
        );
    }
    // A row that changes its partition is moved by the parent alone.
    let moves_rows = change
        .sets
        .iter()
        .any(|column| facts.partitioned_by.contains(column));
    let by_partition = facts.kind == "p" && !moves_rows && !facts.leaves.iter().any(|leaf| leaf.is_foreign);
    let is_free = |columns: &[KeyColumn]| columns.iter().all(|column| !change.sets.contains(&column.name));
    let key = facts
        .keys
        .iter()
        .find(|key| is_free(&key.columns))
        .map(|key| key.columns.clone());
    let tenant = facts.tenant.as_ref().map(|(column, _)| column.clone());
    // Blocks need the sweep, so the sweep needs a condition that the change makes false; and they
    // belong to one table, which partitions are and a parent with children is not.
    let has_blocks = change.turns_false
        && change.kind != ChangeKind::Insert
        && server >= 140_000
        && tenant.is_none()
        && (by_partition || (facts.kind == "r" && (!facts.has_children || change.target.only)));
    let is_random = key
        .as_ref()
        .is_some_and(|columns| columns.len() == 1 && columns[0].base == "uuid");
    let access = match key {
        Some(columns) if !(is_random && has_blocks) => Access::Key(columns),
        _ if has_blocks => Access::Blocks,
        _ => {
            let why = if tenant.is_some() {
                "and tenants need one"
            } else if facts.keys.is_empty() {
                "and the statement would change a row again that it meets twice"
            } else {
                "that the statement leaves alone"
            };
            return refuse(
                format!("{table} has no unique key of NOT NULL columns, {why}"),
                &[
                    "add a primary key or a unique index on NOT NULL columns",
                    "or write the condition so that the change makes it false, such as WHERE new_column IS NULL",
                    "or remove the backfill directive to run the statement in one transaction",
                ],
            );
        }
    };
    let mut words = match &access {
        Access::Key(columns) => format!("ranges of the key ({})", names(columns)),
        Access::Blocks => "ranges of blocks (ctid), then sweeps until nothing is left".to_owned(),
    };
    if by_partition {
        words = format!("{} partitions one by one, {words}", facts.leaves.len());
    }
    let mut warnings = Vec::new();
    if let Some((column, has_index)) = &facts.tenant {
        words = format!("by {}, {words}", column.name);
        if !has_index {
            let keys = match &access {
                Access::Key(columns) => names(columns),
                Access::Blocks => String::new(),
            };
            warnings.push(format!(
                "no index of {table} begins with {}, so each tenant reads the whole key; \
                 CREATE INDEX CONCURRENTLY … ON {table} ({}, {keys}) before it, under `-- windlass: temporary` \
                 if it is not wanted later",
                column.name, column.name
            ));
        }
    }
    let identity = facts
        .keys
        .first()
        .map_or_else(Vec::new, |key| key.columns.clone());
    Ok(Strategy {
        access,
        tenant,
        by_partition,
        identity,
        words,
        warnings,
    })
}

fn names(columns: &[KeyColumn]) -> String {
    columns
        .iter()
        .map(|column| column.name.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use windlass_compiler::sql::{self, RelationName};

    use super::super::facts::{Key, Leaf};
    use super::*;

    fn column(name: &str, base: &str) -> KeyColumn {
        KeyColumn {
            name: name.to_owned(),
            type_name: base.to_owned(),
            base: base.to_owned(),
            is_collated: base == "text",
        }
    }

    fn table(keys: &[&[KeyColumn]]) -> Facts {
        Facts {
            oid: 1,
            kind: "r".to_owned(),
            has_children: false,
            partitioned_by: Vec::new(),
            keys: keys
                .iter()
                .map(|columns| Key {
                    is_primary: true,
                    columns: columns.to_vec(),
                })
                .collect(),
            leaves: vec![Leaf {
                oid: 1,
                name: RelationName::new(None, "t"),
                is_foreign: false,
                filenode: Some(1),
            }],
            tenant: None,
            triggers: Vec::new(),
            unpassable: Vec::new(),
            unchecked: Vec::new(),
            publications: Vec::new(),
            rows: 0,
        }
    }

    fn choice(facts: &Facts, sql: &str) -> String {
        let change = sql::change(sql, None).expect("it can be cut");
        match choose(facts, &change, 150_000) {
            Ok(strategy) => strategy.words,
            Err(refusal) => format!("refused: {}", refusal.message),
        }
    }

    const ONCE: &str = "UPDATE t SET n = n * 100";
    const AGAIN: &str = "UPDATE t SET n = 1 WHERE n IS NULL";

    #[test]
    fn keys_are_preferred_and_random_ones_only_where_they_must_be() {
        let id = [column("id", "int8")];
        let pair = [column("a", "int4"), column("b", "text")];
        let uuid = [column("id", "uuid")];
        let blocks = "ranges of blocks (ctid), then sweeps until nothing is left";
        assert_eq!(choice(&table(&[&id]), ONCE), "ranges of the key (id)");
        assert_eq!(choice(&table(&[&pair]), ONCE), "ranges of the key (a, b)");
        assert_eq!(choice(&table(&[&uuid]), ONCE), "ranges of the key (id)");
        assert_eq!(choice(&table(&[&uuid]), AGAIN), blocks);
        assert_eq!(choice(&table(&[]), AGAIN), blocks);
    }

    #[test]
    fn without_a_key_a_row_may_be_met_twice_and_so_it_is_refused() {
        assert_eq!(
            choice(&table(&[]), ONCE),
            "refused: t has no unique key of NOT NULL columns, and the statement would change a row again that it \
             meets twice"
        );
        let id = [column("id", "int8")];
        assert_eq!(
            choice(&table(&[&id]), "UPDATE t SET id = id + 1"),
            "refused: t has no unique key of NOT NULL columns, that the statement leaves alone"
        );
        let mut inherited = table(&[]);
        inherited.has_children = true;
        assert!(choice(&inherited, AGAIN).starts_with("refused"));
    }

    #[test]
    fn partitions_go_one_by_one_unless_rows_would_move_between_them() {
        let mut parted = table(&[&[column("id", "int8"), column("day", "date")]]);
        parted.kind = "p".to_owned();
        parted.partitioned_by = vec!["day".to_owned()];
        assert_eq!(
            choice(&parted, ONCE),
            "1 partitions one by one, ranges of the key (id, day)"
        );
        parted.keys = Vec::new();
        assert!(choice(&parted, "UPDATE t SET day = '2020-01-01' WHERE day IS NULL").starts_with("refused"));
    }

    #[test]
    fn tenants_without_an_index_are_warned_of() {
        let mut facts = table(&[&[column("id", "int8")]]);
        facts.tenant = Some((column("tenant_id", "int4"), false));
        let change = sql::change(ONCE, None).expect("it can be cut");
        let strategy = choose(&facts, &change, 150_000).expect("it is fine");
        assert_eq!(strategy.words, "by tenant_id, ranges of the key (id)");
        assert!(strategy.warnings[0].contains("ON t (tenant_id, id)"));
    }
}
