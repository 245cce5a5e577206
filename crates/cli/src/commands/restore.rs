//! `windlass restore`

use clap::Args;
use serde_json::json;
use windlass::restore::{Copies, Kept, Request, Restored};

use super::{Done, Global, print_json};
use crate::context::Context;
use crate::failure::Failure;

/// How many rows `--show` shows.
const SHOWN: u32 = 10;

/// Lists what `guard.backup` copied before it went, and gives it back
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass restore                     lists the copies
  windlass restore --show 4            its first rows
  windlass restore 4                   gives it back: rows by INSERT, a column by primary key
  windlass restore 3 4                 both, in this order, in one transaction
  windlass restore 4 --into leads_old  into another table with the same columns
  windlass restore 4 --missing         only rows whose key is not there
  windlass restore --forget 4          lets the copy go now

Rows come back exactly as they were, or nothing does.")]
pub(crate) struct Restore {
    /// The copies, in the order to give them back; none to list them
    ids: Vec<i64>,
    /// The table to give back to [default: the one that it is from]
    #[arg(long, value_name = "TABLE", requires = "ids")]
    into: Option<String>,
    /// Leaves rows as they are whose key is there already
    #[arg(long, requires = "ids")]
    missing: bool,
    /// Shows the first rows of a copy
    #[arg(long, value_name = "ID", conflicts_with_all = ["ids", "forget"])]
    show: Option<i64>,
    /// Lets a copy go, with its rows
    #[arg(long, value_name = "ID", conflicts_with = "ids")]
    forget: Vec<i64>,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let copies = Copies::new(context.connect_options()?, context.session_settings());
        if let Some(id) = self.show {
            return self.show(&copies, id).await;
        }
        if !self.forget.is_empty() {
            copies.forget(&self.forget).await?;
            if self.json {
                print_json(&json!({ "forgotten": self.forget }));
            }
            context.ui.say(&format!("gone: {}", list(&self.forget)));
            return Ok(0);
        }
        if self.ids.is_empty() {
            let found = copies.list().await?;
            if self.json {
                print_json(&json!({ "copies": found.iter().map(as_json).collect::<Vec<_>>() }));
            } else {
                table(&found);
            }
            return Ok(0);
        }
        let request = Request {
            ids: self.ids.clone(),
            into: self.into.clone(),
            only_missing: self.missing,
        };
        let restored = copies.restore(&request).await?;
        if self.json {
            print_json(&json!({ "restored": restored.iter().map(restored_json).collect::<Vec<_>>() }));
        }
        for one in &restored {
            let left = match one.left {
                0 => String::new(),
                left => format!("; {left} were there already and are left as they are"),
            };
            context.ui.say(&format!(
                "✅ {} rows given back to {}{left}",
                one.rows, one.relation
            ));
        }
        Ok(0)
    }

    async fn show(&self, copies: &Copies, id: i64) -> Result<u8, Failure> {
        let (columns, rows) = copies.show(id, SHOWN).await?;
        if self.json {
            print_json(&json!({ "id": id, "columns": columns, "rows": rows }));
            return Ok(0);
        }
        let cells = rows.into_iter().map(|row| {
            let cells = row
                .into_iter()
                .map(|cell| cell.unwrap_or_else(|| "NULL".to_owned()));
            cells.collect::<Vec<_>>()
        });
        lines(&std::iter::once(columns).chain(cells).collect::<Vec<_>>());
        Ok(0)
    }
}

fn table(found: &[Kept]) {
    if found.is_empty() {
        anstream::println!("there are no copies; `guard.backup` says of what some are made");
        return;
    }
    let head = [
        "id",
        "revision",
        "step",
        "what",
        "rows",
        "size",
        "when",
        "given back",
    ];
    let rows = found.iter().map(|kept| {
        vec![
            kept.id.to_string(),
            kept.revision.clone(),
            format!("{} {}", kept.direction, kept.step),
            match kept.kind.as_str() {
                "column" => format!("{} of {}", kept.what, kept.relation),
                "rows" => format!("rows of {}", kept.relation),
                _ => format!("all of {}", kept.relation),
            },
            kept.rows.to_string(),
            format!("{} kB", kept.bytes / 1024),
            kept.at.strftime("%Y-%m-%d %H:%M").to_string(),
            kept.restored_at
                .map_or_else(|| "no".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M").to_string()),
        ]
    });
    let head: Vec<String> = head.map(str::to_owned).to_vec();
    lines(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
}

/// Rows in columns.
fn lines(rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        anstream::println!("{}", cells.join("  ").trim_end());
    }
}

fn list(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

fn as_json(kept: &Kept) -> serde_json::Value {
    json!({
        "id": kept.id,
        "revision": kept.revision,
        "direction": kept.direction,
        "step": kept.step,
        "relation": kept.relation,
        "kind": kept.kind,
        "what": kept.what,
        "rows": kept.rows,
        "bytes": kept.bytes,
        "at": kept.at.to_string(),
        "restored_at": kept.restored_at.map(|at| at.to_string()),
    })
}

fn restored_json(restored: &Restored) -> serde_json::Value {
    json!({ "id": restored.id, "relation": restored.relation, "rows": restored.rows, "left": restored.left })
}
