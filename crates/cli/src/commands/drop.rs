//! `windlass drop`

use std::io::IsTerminal;

use clap::Args;

use super::{Done, Global};
use crate::context::Context;
use crate::failure::Failure;

/// Drops the database with everything in it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass drop                       asks for the database's name
  windlass drop --really shop_test")]
pub(crate) struct Drop {
    /// Does not ask; must repeat the database's name
    #[arg(long, value_name = "NAME")]
    really: Option<String>,
}

impl Drop {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let options = context.connect_options()?;
        let name = options.database().to_owned();
        if self.answer(&context, &name)? != name {
            return Err(Failure::Other {
                message: format!("database {name} is not dropped: its name was not repeated"),
                hints: vec![format!("to drop it: windlass drop --really {name}")],
                code: 4,
            });
        }
        let dropped = windlass::database::drop(&options).await?;
        context.ui.say(&if dropped {
            format!("dropped database {name}")
        } else {
            format!("there is no database {name}")
        });
        Ok(0)
    }

    fn answer(&self, context: &Context, name: &str) -> Result<String, Failure> {
        if let Some(answer) = &self.really {
            return Ok(answer.clone());
        }
        if !std::io::stdin().is_terminal() {
            return Ok(String::new());
        }
        context.ui.ask(&format!(
            "everything in database {name} will be lost; repeat its name to go on:"
        ))
    }
}
