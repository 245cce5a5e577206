//! `windlass init`

use std::io::IsTerminal as _;
use std::path::Path;

use clap::Args;

use super::{Done, Global};
use crate::context::Context;
use crate::failure::Failure;

/// Makes the directory of revisions and a windlass.toml
///
/// On a terminal it asks which tables are to be protected, unless --protect says so.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass init                            asks which tables are to be protected
  windlass init --protect leads,faqs")]
pub(crate) struct Init {
    /// Tables that may lose neither rows nor columns nor themselves, such as leads,faqs,billing.*
    #[arg(long, value_name = "TABLES", value_delimiter = ',')]
    protect: Option<Vec<String>>,
}

const TOML: &str = "\
# Windlass's settings; `windlass config` shows all of them with where each value comes from.
dir = \"migrations\"

# The longest that an application query may wait for a lock of a migration.
stall_budget = \"1s\"

# Tables that may lose neither rows nor columns nor themselves, beyond what a revision allows in words.
{PROTECT}

# [env.production]
# database_url = { env = \"DATABASE_URL\" }
# stall_budget = \"500ms\"
";

impl Init {
    pub(crate) fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let dir = &context.config.dir;
        let failed = |path: &Path, error: std::io::Error| {
            Failure::other(format!("failed to make {}: {error}", path.display()))
        };
        if dir.is_dir() {
            context.ui.say(&format!("{} is there already", dir.display()));
        } else {
            std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
            context.ui.say(&format!("made {}", dir.display()));
        }
        let toml = Path::new("windlass.toml");
        if context.config.path.is_none() {
            let protect = match &self.protect {
                Some(tables) => tables.clone(),
                None => ask(&context)?,
            };
            std::fs::write(toml, TOML.replace("{PROTECT}", &line(&protect)))
                .map_err(|error| failed(toml, error))?;
            context.ui.say("made windlass.toml");
        } else if let Some(tables) = &self.protect {
            // Whoever asks for protection must not believe that he has it.
            let hint = format!("write it there: {}", line(tables));
            return Err(Failure::usage(
                "windlass.toml is there already and was not changed; the tables are not protected",
                hint,
            ));
        }
        context.ui.say("next: windlass revision -m \"what it does\"");
        Ok(0)
    }
}

/// The line of windlass.toml that protects `tables`; an example where there are none.
fn line(tables: &[String]) -> String {
    let named: Vec<&str> = tables
        .iter()
        .map(|table| table.trim())
        .filter(|table| !table.is_empty())
        .collect();
    if named.is_empty() {
        return "# protect = [\"leads\", \"faqs\"]".to_owned();
    }
    // A list of strings is written the same in JSON and TOML.
    format!("protect = {}", serde_json::json!(named))
}

/// Asks a person at a terminal; nobody else is asked.
fn ask(context: &Context) -> Result<Vec<String>, Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(Vec::new());
    }
    let answer = context.ui.ask("which tables may never lose rows? (names with commas between them, `schema.*` for all of a schema, or nothing)")?;
    Ok(answer.split(',').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_tables_become_a_line_of_toml() {
        let tables = |text: &str| line(&text.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(tables("leads, billing.*\n"), r#"protect = ["leads","billing.*"]"#);
        assert_eq!(tables("\"My Leads\""), r#"protect = ["\"My Leads\""]"#);
        assert!(tables("\n").starts_with("# protect"));
    }
}
