//! Ranges as SQL: conditions that hold for exactly the rows of a range, and the queries that find
//! where the next one ends. Never `IN (SELECT … LIMIT)`: that form has a plan cliff.

use windlass_compiler::sql::{quote_identifier, quote_literal};

use super::facts::KeyColumn;
use super::strategy::Access;
use crate::journal::backfills::Tenant;

/// The rows behind `after` up to `until`, of one tenant. For blocks `after` is the first block and
/// `until` the one behind the last.
pub(super) struct Bounds<'a> {
    pub(super) access: &'a Access,
    pub(super) tenant_column: Option<&'a KeyColumn>,
    pub(super) tenant: &'a Tenant,
    pub(super) after: Option<&'a [String]>,
    pub(super) until: &'a [String],
}

impl Bounds<'_> {
    /// The condition on a table whose columns `qualifier` qualifies.
    pub(super) fn condition(&self, qualifier: &str) -> String {
        let mut parts = match self.access {
            Access::Key(columns) => between(columns, qualifier, self.after, self.until),
            Access::Blocks => vec![
                format!("{qualifier}.ctid >= '{}'::tid", first_ctid(self.after)),
                format!("{qualifier}.ctid < '{}'::tid", first_ctid(Some(self.until))),
            ],
        };
        parts.extend(self.of_tenant(qualifier));
        parts.join(" AND ")
    }

    /// The same range of another column that equals the key.
    pub(super) fn mirrored(&self, column: &str) -> Option<String> {
        match self.access {
            Access::Key(columns) if columns.len() == 1 => {
                let kind = &columns[0].type_name;
                let mut parts = Vec::new();
                if let Some([after]) = self.after {
                    parts.push(format!("{column} > {}::{kind}", quote_literal(after)));
                }
                let until = self.until.first()?;
                parts.push(format!("{column} <= {}::{kind}", quote_literal(until)));
                Some(parts.join(" AND "))
            }
            _ => None,
        }
    }

    fn of_tenant(&self, qualifier: &str) -> Option<String> {
        let column = self.tenant_column?;
        let name = format!("{qualifier}.{}", quote_identifier(&column.name));
        match self.tenant {
            Tenant::One(tenant) => Some(format!(
                "{name} = {}::{}",
                quote_literal(tenant),
                column.type_name
            )),
            Tenant::None => Some(format!("{name} IS NULL")),
            Tenant::All => None,
        }
    }

    /// A query for the key that is `rows` rows further than `after`; no row when fewer are left.
    pub(super) fn end_query(&self, table: &str, rows: u64) -> Option<String> {
        let Access::Key(columns) = self.access else {
            return None;
        };
        Some(format!(
            "SELECT {} FROM {table} AS target WHERE {} ORDER BY {} OFFSET {} LIMIT 1",
            key_texts(columns, "target"),
            self.condition("target"),
            order(columns, "target", ""),
            rows.saturating_sub(1),
        ))
    }
}

/// A query for the greatest key of a table; no row when it is empty.
pub(super) fn last_query(columns: &[KeyColumn], table: &str, only: bool) -> String {
    format!(
        "SELECT {} FROM {}{table} AS target ORDER BY {} LIMIT 1",
        key_texts(columns, "target"),
        if only { "ONLY " } else { "" },
        order(columns, "target", " DESC"),
    )
}

fn between(
    columns: &[KeyColumn],
    qualifier: &str,
    after: Option<&[String]>,
    until: &[String],
) -> Vec<String> {
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("{qualifier}.{}", quote_identifier(&column.name)))
        .collect();
    let values = |bound: &[String]| {
        let texts: Vec<String> = columns
            .iter()
            .zip(bound)
            .map(|(column, value)| format!("{}::{}", quote_literal(value), column.type_name))
            .collect();
        row(&texts)
    };
    let mut parts = Vec::new();
    if let Some(after) = after {
        parts.push(format!("{} > {}", row(&names), values(after)));
    }
    parts.push(format!("{} <= {}", row(&names), values(until)));
    parts
}

fn row(parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    }
}

/// More than there are lines in any block.
const LINES: u64 = 4096;

/// The first place behind a bound in blocks: a block, and perhaps a line in it.
pub(super) fn first_ctid(bound: Option<&[String]>) -> String {
    let place = place(bound);
    format!("({},{})", place / LINES, place % LINES)
}

/// The bound half-way between two in blocks; none where there is one line between them.
pub(super) fn half_of_blocks(after: Option<&[String]>, until: &[String]) -> Option<Vec<String>> {
    let (first, end) = (place(after), place(Some(until)));
    let half = first + end.saturating_sub(first) / 2;
    let half = if end.saturating_sub(first) > LINES {
        // Whole blocks, while there are some.
        Some(half - half % LINES)
            .filter(|block| *block > first)
            .unwrap_or(half)
    } else {
        half
    };
    let line = half % LINES;
    (half > first && half < end).then(|| {
        let mut bound = vec![(half / LINES).to_string()];
        bound.extend((line > 0).then(|| line.to_string()));
        bound
    })
}

fn place(bound: Option<&[String]>) -> u64 {
    let number = |at: usize| bound.and_then(|bound| bound.get(at)?.parse().ok()).unwrap_or(0);
    number(0) * LINES + number(1)
}

/// The key as an array of texts that read back the same in any session.
pub(super) fn key_texts(columns: &[KeyColumn], qualifier: &str) -> String {
    let texts: Vec<String> = columns
        .iter()
        .map(|column| {
            let name = format!("{qualifier}.{}", quote_identifier(&column.name));
            match column.base.as_str() {
                // Their text follows DateStyle, which a script may have set; JSON's does not.
                "date" | "timestamp" | "timestamptz" => format!("pg_catalog.to_jsonb({name})#>>'{{}}'"),
                _ => format!("{name}::text"),
            }
        })
        .collect();
    format!("ARRAY[{}]", texts.join(", "))
}

fn order(columns: &[KeyColumn], qualifier: &str, direction: &str) -> String {
    columns
        .iter()
        .map(|column| format!("{qualifier}.{}{direction}", quote_identifier(&column.name)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: &str) -> KeyColumn {
        KeyColumn {
            name: name.to_owned(),
            type_name: kind.to_owned(),
            base: kind.to_owned(),
            is_collated: false,
        }
    }

    #[test]
    fn a_range_is_a_row_comparison_that_excludes_its_start_and_includes_its_end() {
        let access = Access::Key(vec![column("a", "bigint"), column("B", "text")]);
        let (after, until) = (
            ["-5".to_owned(), "x'y".to_owned()],
            ["9".to_owned(), "z".to_owned()],
        );
        let tenant = column("tenant", "integer");
        let bounds = Bounds {
            access: &access,
            tenant_column: Some(&tenant),
            tenant: &Tenant::None,
            after: Some(&after),
            until: &until,
        };
        assert_eq!(
            bounds.condition("t"),
            "(t.a, t.\"B\") > ('-5'::bigint, 'x''y'::text) AND (t.a, t.\"B\") <= ('9'::bigint, 'z'::text) \
             AND t.tenant IS NULL"
        );
        assert_eq!(bounds.mirrored("o.a"), None);
    }

    #[test]
    fn one_column_is_compared_as_it_is_and_mirrored() {
        let access = Access::Key(vec![column("id", "uuid")]);
        let until = ["f".to_owned()];
        let bounds = Bounds {
            access: &access,
            tenant_column: None,
            tenant: &Tenant::All,
            after: None,
            until: &until,
        };
        assert_eq!(bounds.condition("t"), "t.id <= 'f'::uuid");
        assert_eq!(bounds.mirrored("c.t_id").as_deref(), Some("c.t_id <= 'f'::uuid"));
        assert_eq!(
            bounds.end_query("t", 10).as_deref(),
            Some(
                "SELECT ARRAY[target.id::text] FROM t AS target WHERE target.id <= 'f'::uuid ORDER BY target.id OFFSET 9 LIMIT 1"
            )
        );
    }

    #[test]
    fn blocks_begin_at_their_first_and_end_before_their_last() {
        let until = ["12".to_owned()];
        let bounds = Bounds {
            access: &Access::Blocks,
            tenant_column: None,
            tenant: &Tenant::All,
            after: None,
            until: &until,
        };
        assert_eq!(
            bounds.condition("t"),
            "t.ctid >= '(0,0)'::tid AND t.ctid < '(12,0)'::tid"
        );
    }

    #[test]
    fn blocks_are_halved_down_to_one_line() {
        let bound = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (mut after, mut until) = (None::<Vec<String>>, bound(&["40"]));
        let mut steps = 0;
        // Always the second half, so that the line looked for is the last of block 39.
        while let Some(half) = half_of_blocks(after.as_deref(), &until) {
            after = Some(half);
            steps += 1;
        }
        assert_eq!(first_ctid(after.as_deref()), "(39,4095)");
        assert!(steps < 20, "{steps}");
        until = bound(&["7", "5"]);
        assert_eq!(half_of_blocks(Some(&bound(&["7", "4"])), &until), None);
        assert_eq!(
            half_of_blocks(Some(&bound(&["7", "3"])), &until),
            Some(bound(&["7", "4"]))
        );
    }
}
