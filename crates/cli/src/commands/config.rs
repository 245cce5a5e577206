//! `windlass config`

use clap::Args;
use serde_json::json;

use super::{Done, Global, print_json};
use crate::config;
use crate::context::Context;

/// Prints every setting with its value and where it came from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass config
  windlass config --env production --profile guide")]
pub(crate) struct ShowConfig {
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

impl ShowConfig {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let rows = config::render(&context.config);
        if self.json {
            let rows: Vec<_> = rows
                .iter()
                .map(|row| json!({ "key": row.key, "value": row.value, "origin": row.origin }))
                .collect();
            print_json(&json!({ "settings": rows }));
            return Ok(0);
        }
        let width = |text: fn(&config::Row) -> &str| {
            rows.iter()
                .map(|row| text(row).chars().count())
                .max()
                .unwrap_or(0)
        };
        let (keys, values) = (width(|row| &row.key), width(|row| &row.value).min(40));
        for row in &rows {
            anstream::println!("{:<keys$}  {:<values$}  {}", row.key, row.value, row.origin);
        }
        Ok(0)
    }
}
