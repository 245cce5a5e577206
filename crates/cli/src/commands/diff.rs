//! `windlass diff`

use clap::Args;

use super::{Done, Global, print_json};
use crate::context::Context;
use crate::difference::lab::in_lab;
use crate::difference::prove::prove;
use crate::difference::show::{self, Format};
use crate::difference::side::{SIDES, Side};
use crate::difference::{How, compare, wanted};
use crate::failure::Failure;
use crate::ui::count;

/// Writes the SQL that turns one schema into another while traffic keeps flowing
#[derive(Debug, Args)]
#[command(after_help = format!("{SIDES}

Examples:
  windlass diff                                        from the database to `autogenerate.schema` or `schema_file`
  windlass diff --to schema/ --prove                   to a folder of SQL, proved on a copy
  windlass diff --from revisions --to 'cmd:python -m app.ddl'
  windlass diff --from \"$STAGING_URL\" --to \"$PRODUCTION_URL\" --format tree
  windlass diff --to schema.sql --rename leads.tel=phone

Databases are only read. SQL goes to standard output, talk to standard error. Exit codes: 0 done, also where they
differ (1 with --exit-code); 2 a side that cannot be read; 4 it would lose data without --allow-destructive, cannot be
expressed, or has renames that nobody decided: then there is no SQL; 5 the proof failed."))]
pub(crate) struct Diff {
    /// Where from [default: the configured database]
    #[arg(long, value_name = "SIDE")]
    from: Option<String>,
    /// Where to [default: `autogenerate.schema`, else `schema_file`]
    #[arg(long, value_name = "SIDE")]
    to: Option<String>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = Format::Sql)]
    format: Format,
    /// Ends with 1 where the schemas differ, as git diff does
    #[arg(long)]
    exit_code: bool,
    /// Runs the plan on a copy of the old schema and compares with the new one; fails with 5
    #[arg(long)]
    prove: bool,
    #[command(flatten)]
    how: How,
}

impl Diff {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let (from, to) = self.sides(&context)?;
        let shadow = self.how.shadow.as_deref();
        let compared = in_lab(&context, shadow, async |lab| {
            let compared = compare(lab, &from, &to, &self.how).await?;
            if let Err(refused) = compared.refuse(&context, &self.how) {
                match self.format {
                    Format::Json => print_json(&show::as_json(&compared, true)),
                    Format::Tree => anstream::print!("{}", show::tree(&compared)),
                    Format::Sql => {}
                }
                return Err(refused);
            }
            if self.prove && !compared.plan.is_empty() {
                prove(lab, &compared).await?;
            }
            Ok(compared)
        });
        let compared = compared.await?;
        compared.warn(&context);
        match self.format {
            Format::Sql => anstream::print!("{}", show::sql(&compared)),
            Format::Json => print_json(&show::as_json(&compared, false)),
            Format::Tree => anstream::print!("{}", show::tree(&compared)),
        }
        let changes = compared.plan.parts.len();
        context.ui.say(&match changes {
            0 => format!(
                "{} and {} have the same schema",
                compared.old.name, compared.new.name
            ),
            changes => format!(
                "{} from {} to {}",
                count(changes, "change"),
                compared.old.name,
                compared.new.name
            ),
        });
        Ok(u8::from(self.exit_code && changes > 0))
    }

    fn sides(&self, context: &Context) -> Result<(Side, Side), Failure> {
        let from = match &self.from {
            Some(text) => Side::parse(text)?,
            None if context.names_database()? => Side::Configured,
            None => {
                return Err(Failure::usage(
                    "no database is configured to begin with",
                    "give --from: revisions, a file, a database's URL, …; or say where the database is",
                ));
            }
        };
        let to = match &self.to {
            Some(text) => Side::parse(text)?,
            None => wanted(context)?.ok_or_else(|| {
                Failure::usage(
                    "nothing says which schema is wanted",
                    "give --to, or set `autogenerate.schema` (or `schema_file`) in windlass.toml",
                )
            })?,
        };
        Ok((from, to))
    }
}
