//! `windlass init`

use std::path::Path;

use clap::Args;

use super::{Done, Global};
use crate::context::Context;
use crate::failure::Failure;

/// Makes the directory of revisions and a windlass.toml
#[derive(Debug, Args)]
pub(crate) struct Init {}

const TOML: &str = "\
# Windlass's settings; `windlass config` shows all of them with where each value comes from.
dir = \"migrations\"

# The longest that an application query may wait for a lock of a migration.
stall_budget = \"1s\"

# Tables that may lose neither rows nor columns nor themselves.
# protect = [\"leads\", \"faqs\"]

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
            std::fs::write(toml, TOML).map_err(|error| failed(toml, error))?;
            context.ui.say("made windlass.toml");
        }
        context.ui.say("next: windlass revision -m \"what it does\"");
        Ok(0)
    }
}
