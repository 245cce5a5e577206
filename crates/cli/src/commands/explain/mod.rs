//! `windlass explain`

mod trial;

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use windlass::compiler::catalog::Catalog;
use windlass::compiler::diagnostic::Severity;
use windlass::compiler::effect::{self, Answer, Effect, InTransaction};
use windlass::compiler::format::Source;
use windlass::compiler::lane::{Lane, lane_of};
use windlass::compiler::rules::{self, Checker, Finding, Surroundings, check_file};
use windlass::compiler::script::Script;
use windlass::compiler::simulate::Simulation;
use windlass::compiler::sql::{self, RelationName, without_passwords};
use windlass::introspect::source;

use super::{Done, Global, print_json};
use crate::context::{self, Context};
use crate::failure::{Failure, UNVERIFIED};

/// Says what each statement of a file locks, rewrites, scans and loses, without running it
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  windlass explain migrations/0036_last_call_direction.sql
  echo 'ALTER TABLE leads ALTER phone TYPE text' | windlass explain -
  windlass explain change.sql --schema schema.sql --server-version 14
  windlass explain change.sql --json | jq '.statements[].locks'
  windlass explain migrations/0036_last_call_direction.sql --run
                                         executes it on a throwaway server, and says what it did beside what is claimed

With a database (as for every command) or --schema, relations that a statement does not name are listed too: partitions, the
other ends of foreign keys, indexes. Without either the worst case is told, and what only a schema could tell is said.
Nothing is executed in the database.

--run starts a PostgreSQL of its own with the schema (of the database, of --schema, or that the revisions before FILE leave) and
no rows, and executes there what an upgrade would: safe forms where a rule has one. Exit code 5: a claim is wrong.")]
pub(crate) struct Explain {
    /// A file of SQL, or - for standard input
    file: PathBuf,
    /// Takes the schema from a script, such as pg_dump --schema-only writes, and asks no database
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    schema: Option<PathBuf>,
    /// Follows the script of --schema statement by statement, instead of a throwaway server's executing it
    #[arg(long, requires = "schema")]
    simulate: bool,
    /// Asks no database
    #[arg(long)]
    offline: bool,
    /// The server's major version [default: the database's]
    #[arg(long, value_name = "MAJOR", value_parser = clap::value_parser!(u32).range(14..=18))]
    server_version: Option<u32>,
    /// Executes it on a throwaway server and compares
    #[arg(long, conflicts_with = "simulate")]
    run: bool,
    /// Compares with what an earlier `explain --json` claimed, instead of what this version claims
    #[arg(long, value_name = "FILE", requires = "run")]
    claims: Option<PathBuf>,
    /// Writes it as JSON
    #[arg(long)]
    json: bool,
}

/// What the statements are explained by.
struct Known {
    /// None: the worst case is told.
    schema: Option<Simulation>,
    /// Where it came from: `database`, `schema` or `none`.
    from: &'static str,
}

/// A statement with what it does.
struct Explained {
    line: usize,
    column: usize,
    sql: String,
    kind: &'static str,
    lane: Lane,
    effect: Effect,
    /// Where it begins in the file, in bytes.
    start: usize,
    findings: Vec<Finding>,
}

impl Explain {
    pub(crate) async fn run(&self, global: &Global) -> Done {
        let context = Context::new(global)?;
        let source = Source {
            path: self.file.display().to_string().into(),
            text: self.text()?,
        };
        let known = self.known(&context).await?;
        if self.run {
            let outcome = trial::run(self, &context, &source, known).await?;
            return Ok(self.tried(&context, &outcome));
        }
        let is_blind = known.schema.is_none();
        let findings = findings(&source, known.schema.as_ref(), self.server_version)?;
        let mut statements = sql::deep(|| explain(&source, known.schema, self.server_version))?;
        for finding in findings {
            let of = statements
                .iter_mut()
                .rev()
                .find(|of| of.start <= finding.span.start);
            if let Some(of) = of {
                of.findings.push(finding);
            }
        }
        if self.json {
            print_json(&json!({
                "schema": known.from,
                "statements": statements.iter().map(as_json).collect::<Vec<_>>(),
            }));
            return Ok(0);
        }
        if is_blind {
            context
                .ui
                .say("no database and no --schema: the worst case is told");
        }
        for statement in &statements {
            anstream::print!("{}", text(statement));
        }
        Ok(0)
    }

    /// Tells what --run found, and gives the exit code.
    fn tried(&self, context: &Context, outcome: &trial::Outcome) -> u8 {
        if self.json {
            let each = outcome.statements.iter().map(|measured| {
                let mut value = as_json(&measured.explained);
                if let (Some(value), Some(more)) =
                    (value.as_object_mut(), trial::as_json(measured).as_object())
                {
                    value.extend(more.clone());
                }
                value
            });
            print_json(&json!({
                "schema": outcome.from,
                "server_version": outcome.server_version,
                "agrees": !outcome.disagrees(),
                "statements": each.collect::<Vec<_>>(),
            }));
        } else {
            for measured in &outcome.statements {
                anstream::print!("{}{}", text(&measured.explained), trial::text(measured));
            }
        }
        let (done, of) = (outcome.statements.len(), outcome.of);
        context.ui.say(&format!(
            "{done} of {of} statements executed on PostgreSQL {}: {}",
            outcome.server_version / 10_000,
            match (outcome.failed(), outcome.disagrees()) {
                (true, _) => "the last of them failed",
                (_, true) => "a claim is wrong",
                _ => "every claim is what happened",
            }
        ));
        match (outcome.failed(), outcome.disagrees()) {
            (_, true) => UNVERIFIED,
            (true, _) => 1,
            _ => 0,
        }
    }

    fn text(&self) -> Result<Arc<str>, Failure> {
        let read = if self.file == Path::new("-") {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(&self.file)
        };
        let text = read.map_err(|error| {
            Failure::usage(
                format!("failed to read {}: {error}", self.file.display()),
                "name a file of SQL, or - for standard input",
            )
        })?;
        Ok(text.trim_start_matches('\u{feff}').into())
    }

    async fn known(&self, context: &Context) -> Result<Known, Failure> {
        let (sourced, from) = match &self.schema {
            Some(path) => {
                let script = std::fs::read_to_string(path)
                    .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
                let bindir = match context::server_programs() {
                    Ok(bindir) if !self.simulate => bindir,
                    _ => return self.simulated(context, &script),
                };
                let scratch = std::env::temp_dir();
                (source::of_script(&script, &bindir, &scratch).await?, "schema")
            }
            None if self.offline || !context.names_database()? => {
                return Ok(Known {
                    schema: None,
                    from: "none",
                });
            }
            None => {
                let options = context.connect_options()?;
                let settings = context.session_settings();
                (source::of_database(&options, &settings).await?, "database")
            }
        };
        for unseen in &sourced.introspected.unseen {
            let words = format!("{} was not seen: it needs {}", unseen.what, unseen.needs);
            context.ui.warning(&words, None);
        }
        let path: Vec<&str> = sourced.search_path.iter().map(String::as_str).collect();
        Ok(Known {
            schema: Some(Simulation::new(
                self.of_version(sourced.introspected.catalog),
                &path,
            )),
            from,
        })
    }

    /// What a script's statements make, where there is no server to execute them.
    fn simulated(&self, context: &Context, script: &str) -> Result<Known, Failure> {
        const NEWEST: u32 = 18;
        let empty = Catalog::empty(self.server_version.unwrap_or(NEWEST) * 10_000);
        let mut simulation = Simulation::new(empty, &["public"]);
        let unread = |error: sql::SyntaxError| Failure::other(format!("failed to read the schema: {error}"));
        let lines = script.lines().filter(|line| !line.starts_with('\\'));
        let script: String = lines.flat_map(|line| [line, "\n"]).collect();
        sql::deep(|| {
            for span in sql::split(&script)? {
                simulation.apply(&script[span.range()])?;
            }
            Ok(())
        })
        .map_err(unread)?;
        if !self.simulate {
            context.ui.warning(
                "no PostgreSQL server programs were found: the schema is followed statement by statement, and what \
                 cannot be is told as the worst case",
                None,
            );
        }
        Ok(Known {
            schema: Some(simulation),
            from: "schema",
        })
    }

    fn of_version(&self, mut catalog: Catalog) -> Catalog {
        if let Some(major) = self.server_version {
            catalog.server_version = major * 10_000;
        }
        catalog
    }
}

/// What the rules of `windlass lint` say about the file.
fn findings(
    source: &Source,
    schema: Option<&Simulation>,
    version: Option<u32>,
) -> Result<Vec<Finding>, Failure> {
    let path: Vec<&str> = schema.into_iter().flat_map(Simulation::search_path).collect();
    let mut around = match schema {
        Some(schema) => Surroundings::new(schema.catalog(), &path),
        None => Surroundings::default(),
    };
    if let Some(major) = version {
        around.server_version = Some(major * 10_000);
    }
    Ok(check_file(&mut Checker::new(around), source, true)?.findings)
}

/// Each statement is explained on what those before it leave.
fn explain(
    source: &Source,
    mut schema: Option<Simulation>,
    version: Option<u32>,
) -> Result<Vec<Explained>, Failure> {
    let script = Script::read(source, sql::split)?;
    let unread = |error: sql::SyntaxError| Failure::other(error.to_string());
    let blind = match version {
        Some(major) => effect::Context::default().for_version(major),
        None => effect::Context::default(),
    };
    let mut statements = Vec::new();
    for written in &script.statements {
        let sql = &source.text[written.span.range()];
        let (statement, effect, lane) = match &mut schema {
            Some(simulation) => {
                let outlook = simulation.foresee(sql).map_err(unread)?;
                (outlook.statement, outlook.effect, outlook.lane)
            }
            None => {
                let statement = sql::parse(sql).map_err(unread)?;
                let effect = effect::effect(&statement, &blind);
                let lane = lane_of(&statement, &effect);
                (statement, effect, lane)
            }
        };
        statements.push(Explained {
            line: written.line,
            column: written.column,
            sql: sql.to_owned(),
            kind: statement.kind(),
            lane,
            effect,
            start: written.span.start,
            findings: Vec::new(),
        });
    }
    Ok(statements)
}

/// A statement's paragraph.
fn text(of: &Explained) -> String {
    let mut text = String::new();
    let effect = &of.effect;
    let mut line = |words: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{words}");
    };
    let sql = without_passwords(&of.sql);
    let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    line(format!("{}:{}  {sql}", of.line, of.column));
    let place = match effect.in_transaction {
        InTransaction::Allowed => "in a transaction".to_owned(),
        InTransaction::Refused(why) => format!("outside a transaction: it {why}"),
    };
    line(format!("    {} lane, {place}", of.lane));
    for lock in &effect.locks {
        let unnamed = if lock.named { "" } else { ", not named" };
        line(format!(
            "    {:<25}{}{unnamed}{}",
            lock.mode.name(),
            lock.relation,
            blocks(lock.mode)
        ));
    }
    for lock in &effect.unnamed {
        line(format!(
            "    {:<25}{}{}",
            lock.mode.name(),
            lock.whose(),
            blocks(lock.mode)
        ));
    }
    for (answer, what, relations, others) in [
        (effect.rewrite, "writes anew", &effect.rewrites, "relations"),
        (effect.scan, "reads all of", &effect.scans, "relations"),
        (
            effect.index_rebuild,
            "builds anew",
            &effect.index_rebuilds,
            "indexes",
        ),
    ] {
        let mut names = relations
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        if names.is_empty() {
            names = format!("{others} that it does not name");
        }
        match answer {
            Answer::Yes => line(format!("    {what} {names}")),
            // Of code that nobody sees into it is said once, at the end.
            Answer::Unknown if !effect.opaque => line(format!("    perhaps {what} {names}")),
            _ => {}
        }
    }
    match effect.data_loss {
        Answer::No => {}
        Answer::Yes => line("    loses data".to_owned()),
        Answer::Unknown if !effect.opaque => line("    perhaps loses data".to_owned()),
        Answer::Unknown => {}
    }
    if effect.opaque {
        line("    runs code that nobody sees into: it may lock, rewrite and lose anything".to_owned());
    }
    for finding in &of.findings {
        let _ = writeln!(
            text,
            "    {}: {} ({})",
            severity(finding),
            finding.message,
            finding.rule.id
        );
    }
    text
}

fn severity(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn blocks(mode: effect::LockMode) -> &'static str {
    match (mode.blocks_reads(), mode.blocks_writes()) {
        (true, _) => ": reads and writes wait",
        (false, true) => ": writes wait",
        (false, false) => "",
    }
}

fn as_json(of: &Explained) -> serde_json::Value {
    let effect = &of.effect;
    let names = |relations: &[RelationName]| relations.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "line": of.line,
        "column": of.column,
        "sql": without_passwords(&of.sql),
        "kind": of.kind,
        "lane": of.lane.name(),
        "in_transaction": effect.in_transaction == InTransaction::Allowed,
        "locks": effect.locks.iter().map(|lock| json!({
            "relation": lock.relation.to_string(),
            "mode": lock.mode.name(),
            "named": lock.named,
        })).collect::<Vec<_>>(),
        "unlisted_locks": effect.unnamed.iter().map(|lock| json!({
            "of": lock.of.as_ref().map(ToString::to_string),
            "kin": lock.kin.word(),
            "mode": lock.mode.name(),
        })).collect::<Vec<_>>(),
        "rewrites": names(&effect.rewrites),
        "scans": names(&effect.scans),
        "index_rebuilds": names(&effect.index_rebuilds),
        "data_loss": !effect.data_loss.is_no(),
        "certainty": {
            "rewrites": effect.rewrite.word(),
            "scans": effect.scan.word(),
            "index_rebuilds": effect.index_rebuild.word(),
            "data_loss": effect.data_loss.word(),
        },
        "opaque": effect.opaque,
        "findings": of.findings.iter().map(|finding| json!({
            "rule": finding.rule.id,
            "severity": severity(finding),
            "message": finding.message,
            "help": finding.help,
            "fix": finding.fix.as_deref().map(rules::written),
        })).collect::<Vec<_>>(),
    })
}
