//! `windlass create`

use clap::Args;

use super::{Done, Global};
use crate::context::Context;

/// Creates the database, if it is not there
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  DATABASE_URL=postgresql://postgres@localhost/shop_test windlass create")]
pub(crate) struct Create {}

impl Create {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let options = context.connect_options()?;
        let name = options.database().to_owned();
        let created = windlass::database::create(&options).await?;
        context.ui.say(&if created {
            format!("created database {name}")
        } else {
            format!("database {name} is there already")
        });
        Ok(0)
    }
}
