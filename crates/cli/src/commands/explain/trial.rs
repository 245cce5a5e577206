//! `windlass explain --run`: the statements that an upgrade would execute, executed on a throwaway server that has the
//! schema and no rows, with what they did beside what is claimed of them.

use std::path::Path;

use serde_json::{Value, json};
use windlass::compiler::catalog::Catalog;
use windlass::compiler::effect::{Answer, LockMode};
use windlass::compiler::format::{RevisionId, Source};
use windlass::compiler::plan::{PreparedStatement, Scrutiny, prepare_under};
use windlass::compiler::rules::{self, Checker, Surroundings};
use windlass::compiler::simulate::Simulation;
use windlass::compiler::sql::without_passwords;
use windlass::connect::ConnectOptions;
use windlass::introspect::source::{self, ScriptFile};
use windlass::measure::{Claim, Happened, Lists, Locks, Trial, Tried, compare};
use windlass::shadow::Shadows;

use super::{Explain, Explained, Known};
use crate::context::{self, Context};
use crate::failure::Failure;
use crate::files;
use crate::ground::{Ground, Plot};

/// A statement, what is claimed of it, and what it did.
pub(super) struct Measured {
    pub(super) explained: Explained,
    /// By which rule it stands for what the author wrote.
    pub(super) rule: Option<String>,
    pub(super) tried: Tried,
    /// Where the claim is not what happened.
    pub(super) disagreements: Vec<String>,
}

/// What came of all of them.
pub(super) struct Outcome {
    /// Where the schema came from: `database`, `schema`, `revisions` or `none`.
    pub(super) from: &'static str,
    pub(super) server_version: u32,
    pub(super) statements: Vec<Measured>,
    /// How many there are, also behind one that failed.
    pub(super) of: usize,
}

impl Outcome {
    /// Whether a claim is wrong.
    pub(super) fn disagrees(&self) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|measured| !measured.disagreements.is_empty())
    }

    /// Whether a statement failed.
    pub(super) fn failed(&self) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|measured| matches!(measured.tried, Tried::Failed(_)))
    }
}

/// Where the statements are tried.
enum Place<'g> {
    Shadows(Box<Shadows>, Box<ConnectOptions>),
    Plot(Box<Plot<'g>>),
}

impl Place<'_> {
    fn options(&self) -> &ConnectOptions {
        match self {
            Self::Shadows(_, options) => options,
            Self::Plot(plot) => plot.options(),
        }
    }
}

/// Executes the statements that the file leads to.
pub(super) async fn run(
    explain: &Explain,
    context: &Context,
    source: &Source,
    known: Known,
) -> Result<Outcome, Failure> {
    let claimed = explain.claims.as_deref().map(claims).transpose()?;
    let before = revisions_before(explain, context, &known)?;
    let ground = match &before {
        Some(_) => Some(Ground::start(context).await?),
        None => None,
    };
    let sizes = known.schema.as_ref().map(|schema| schema.catalog().sizes.clone());
    let (place, from) = match (&ground, before) {
        (Some(ground), Some(before)) => {
            let directory = files::load(&context.config.dir)?;
            let mut plot = ground.database("explain", directory).await?;
            plot.up(&before).await?;
            (Place::Plot(Box::new(plot)), "revisions")
        }
        _ => shadow(explain, context, known).await?,
    };
    let trial = Trial::open(place.options(), &context.session_settings()).await?;
    let mut catalog = trial.catalog().await?;
    // Nothing has rows here. Without sizes the worst is assumed, as for a plan without a database.
    catalog.sizes = sizes.unwrap_or_default();
    let path = search_path(context);
    let planned = planned(context, source, &catalog, &path)?;
    let mut simulation = Simulation::new(catalog, &path);
    let of = planned.len();
    if claimed.as_ref().is_some_and(|claimed| claimed.len() != of) {
        return Err(other_statements());
    }
    let server_version = simulation.catalog().server_version;
    let mut statements = Vec::with_capacity(of);
    for (at, prepared) in planned.iter().enumerate() {
        let there = trial.names().await?;
        let (explained, seen) = explained(&mut simulation, prepared, &there)?;
        let claim = match &claimed {
            None => seen,
            Some(claimed) if claimed[at].0 == without_passwords(&explained.sql) => claimed[at].1.clone(),
            Some(_) => return Err(other_statements()),
        };
        let tried = trial.run(&explained.sql).await?;
        let disagreements = match &tried {
            Tried::Done(happened) => disagreements(&explained, &claim, happened),
            Tried::Failed(_) => Vec::new(),
        };
        let is_over = matches!(tried, Tried::Failed(_));
        let rewrite = prepared.planned.rewrite.as_ref();
        statements.push(Measured {
            explained,
            rule: rewrite.map(|rewrite| rewrite.rule.clone()),
            tried,
            disagreements,
        });
        if is_over {
            break;
        }
    }
    drop(trial);
    if let Place::Shadows(shadows, _) = place {
        shadows.close().await?;
    }
    Ok(Outcome {
        from,
        server_version,
        statements,
        of,
    })
}

/// A database with the schema of --schema or of the database; an empty one where neither is named.
async fn shadow(
    explain: &Explain,
    context: &Context,
    known: Known,
) -> Result<(Place<'static>, &'static str), Failure> {
    let script = match (&explain.schema, &known.schema) {
        (Some(path), _) => std::fs::read_to_string(path)
            .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?,
        (None, Some(schema)) => schema
            .catalog()
            .to_sql(&windlass::compiler::snapshot::options(false)),
        (None, None) => String::new(),
    };
    let major = known.schema.as_ref().map(|schema| schema.catalog().major());
    let programs = context::server_programs_of(major)?;
    context.ui.say("starting a throwaway PostgreSQL");
    let shadows = Shadows::own(&programs, &std::env::temp_dir()).await?;
    if let Some(major) = major.filter(|major| *major != shadows.server_version() / 10_000) {
        context.ui.warning(
            &format!(
                "tried on PostgreSQL {}, and the database is PostgreSQL {major}",
                shadows.server_version() / 10_000
            ),
            Some("name the folder of its programs in PG_BINDIR"),
        );
    }
    let options = shadows.database("explain").await?;
    let file = ScriptFile {
        name: "the schema".to_owned(),
        text: script,
    };
    source::execute(&shadows, &options, &context.session_settings(), &[file]).await?;
    Ok((Place::Shadows(Box::new(shadows), Box::new(options)), known.from))
}

/// The revisions before the file, where it is one and nobody named another schema.
fn revisions_before(
    explain: &Explain,
    context: &Context,
    known: &Known,
) -> Result<Option<Vec<RevisionId>>, Failure> {
    let file = explain.file.canonicalize().ok();
    let dir = context.config.dir.canonicalize().ok();
    let inside = file
        .as_ref()
        .zip(dir)
        .is_some_and(|(file, dir)| file.starts_with(dir));
    if known.schema.is_some() || !inside {
        return Ok(None);
    }
    let directory = files::load(&context.config.dir)?;
    let graph = windlass::compiler::graph::Graph::build(&directory.revisions).map_err(Failure::Input)?;
    let is_it = |path: &str| Path::new(path).canonicalize().ok() == file;
    let own = directory
        .revisions
        .iter()
        .find(|revision| is_it(&revision.up.path));
    let Some(own) = own else { return Ok(None) };
    let needed = graph.ancestors(&own.id);
    let before = graph.order().filter(|id| needed.contains(*id) && **id != own.id);
    Ok(Some(before.cloned().collect()))
}

/// What an upgrade would execute: safe forms where a rule has one.
fn planned(
    context: &Context,
    source: &Source,
    catalog: &Catalog,
    path: &[&str],
) -> Result<Vec<PreparedStatement>, Failure> {
    let mut checker = Checker::new(Surroundings::new(catalog, path));
    let scrutiny = Scrutiny {
        checker: &mut checker,
        safety: context.config.policy.safety.value,
        frozen: None,
    };
    let prepared = prepare_under(source, scrutiny).map_err(Failure::Input)?;
    for refused in &prepared.refused {
        context.ui.diagnostic(refused);
    }
    Ok(prepared.statements)
}

/// What is claimed of the next statement, on what those before it leave.
fn explained(
    simulation: &mut Simulation,
    prepared: &PreparedStatement,
    there: &[String],
) -> Result<(Explained, Claim), Failure> {
    let planned = &prepared.planned;
    let outlook = windlass::compiler::sql::deep(|| simulation.foresee(&planned.sql))
        .map_err(|error| Failure::other(error.to_string()))?;
    let claim = Claim::seen(planned.kind, &outlook.effect, |name| {
        there.iter().any(|known| known == name)
    });
    let explained = Explained {
        line: planned.line,
        column: planned.column,
        sql: planned.sql.to_string(),
        kind: planned.kind,
        lane: planned.lane,
        effect: outlook.effect,
        start: 0,
        findings: Vec::new(),
    };
    Ok((explained, claim))
}

/// Where a claim is wrong. There are no rows: that some go away, and how they are found, is not seen here.
fn disagreements(explained: &Explained, claim: &Claim, happened: &Happened) -> Vec<String> {
    // Unsure claims are honest, whatever happens.
    let found = compare(&explained.sql, true, claim, happened);
    let about_rows = matches!(
        explained.kind,
        "select" | "insert" | "update" | "delete" | "merge" | "copy"
    );
    let stronger = found.stronger.into_iter().filter(|what| {
        let is_of_rows = what == "stronger: data loss" || (about_rows && what.starts_with("stronger: scan"));
        // Whoever cannot tell claims the worst.
        !is_of_rows && !explained.effect.opaque && claim.anything.is_none()
    });
    found.wrong.into_iter().chain(stronger).collect()
}

fn search_path(context: &Context) -> Vec<&str> {
    let said = &context.config.policy.search_path.value;
    match said.is_empty() {
        true => vec!["public"],
        false => said.iter().map(String::as_str).collect(),
    }
}

/// What a statement did, beside the lines that are claimed.
pub(super) fn text(measured: &Measured) -> String {
    let mut lines = Vec::new();
    if let Some(rule) = measured.rule.as_deref().and_then(rules::find) {
        lines.push(format!("safe form by {}", rule.id));
    }
    match &measured.tried {
        Tried::Failed(error) => lines.push(format!("measured: {error}")),
        Tried::Done(happened) => {
            let mut facts: Vec<String> = happened
                .locks
                .iter()
                .map(|(relation, mode)| format!("{mode} {relation}"))
                .collect();
            if happened.refused {
                facts.push(
                    "it works outside a transaction, so its locks were gone before anybody could look"
                        .to_owned(),
                );
            }
            for (what, names) in [
                ("wrote anew", &happened.rewritten),
                ("built anew", &happened.rebuilt),
                ("read all of", &happened.scanned),
            ] {
                if !names.is_empty() {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    facts.push(format!("{what} {}", names.join(", ")));
                }
            }
            if let Some(lost) = &happened.lost {
                facts.push(format!("gone: {}", lost.trim()));
            }
            if facts.is_empty() {
                facts.push("nothing of what was there before".to_owned());
            }
            lines.push(format!("measured: {}", facts.join("; ")));
        }
    }
    let wrong = measured.disagreements.iter();
    lines.extend(wrong.map(|what| format!("DISAGREES: {what}")));
    lines.iter().map(|line| format!("    {line}\n")).collect()
}

/// The same, as keys that are added to the statement's object.
pub(super) fn as_json(measured: &Measured) -> Value {
    let of = match &measured.tried {
        Tried::Failed(error) => json!({ "error": error.to_string() }),
        Tried::Done(happened) => json!({
            "in_transaction": !happened.refused,
            // Those of a statement that works outside a transaction are gone before anybody can look.
            "locks_were_seen": !happened.refused,
            "locks": happened.locks.iter().map(|(relation, mode)| json!({
                "relation": relation,
                "mode": mode.name(),
            })).collect::<Vec<_>>(),
            "rewrites": happened.rewritten,
            "index_rebuilds": happened.rebuilt,
            "scans": happened.scanned,
            "gone": happened.lost.as_deref().map(str::trim),
        }),
    };
    json!({ "measured": of, "rule": measured.rule, "disagreements": measured.disagreements })
}

fn other_statements() -> Failure {
    Failure::usage(
        "the claims are about other statements than the file leads to",
        "write them anew: windlass explain FILE --run --json > claims.json",
    )
}

/// Claims that an earlier `explain --json` wrote, each with its statement.
fn claims(path: &Path) -> Result<Vec<(String, Claim)>, Failure> {
    let wrong = |what: String| {
        Failure::usage(
            format!("{} holds no claims: {what}", path.display()),
            "`windlass explain FILE --json` writes them",
        )
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let statements = json["statements"]
        .as_array()
        .ok_or_else(|| wrong("it has no statements".to_owned()))?;
    statements
        .iter()
        .map(|statement| {
            let claim = claim(statement).ok_or_else(|| wrong(format!("not understood: {statement}")))?;
            Ok((statement["sql"].as_str().unwrap_or_default().to_owned(), claim))
        })
        .collect()
}

fn claim(statement: &Value) -> Option<Claim> {
    let mode = |of: &Value| {
        let name = of["mode"].as_str()?;
        LockMode::ALL.into_iter().find(|mode| mode.name() == name)
    };
    let bare = |name: &str| name.strip_prefix("public.").unwrap_or(name).to_owned();
    let names = |key: &str| -> Option<std::collections::BTreeSet<String>> {
        let names = statement[key].as_array()?.iter();
        names.map(|name| Some(bare(name.as_str()?))).collect()
    };
    let answer = |key: &str| match statement["certainty"][key].as_str()? {
        "yes" => Some(Answer::Yes),
        "no" => Some(Answer::No),
        "unknown" => Some(Answer::Unknown),
        _ => None,
    };
    let mut locks = Locks::new();
    for lock in statement["locks"].as_array()? {
        locks.insert(bare(lock["relation"].as_str()?), mode(lock)?);
    }
    let unlisted = statement["unlisted_locks"].as_array()?.iter().map(mode);
    Some(Claim {
        kind: statement["kind"].as_str()?.to_owned(),
        locks,
        worst: std::collections::BTreeSet::new(),
        anything: unlisted.collect::<Option<Vec<_>>>()?.into_iter().max(),
        refuses: !statement["in_transaction"].as_bool()?,
        rewrite: answer("rewrites")?,
        scan: answer("scans")?,
        index_rebuild: answer("index_rebuilds")?,
        data_loss: answer("data_loss")?,
        opaque: statement["opaque"].as_bool()?,
        lists: Some(Lists {
            rewrites: names("rewrites")?,
            scans: names("scans")?,
            index_rebuilds: names("index_rebuilds")?,
        }),
    })
}
