//! Two schemas, and what leads from one to the other: what `diff` and `revision --autogenerate` share.

pub(crate) mod keep;
pub(crate) mod lab;
pub(crate) mod plan;
pub(crate) mod prove;
pub(crate) mod renames;
pub(crate) mod selection;
pub(crate) mod show;
pub(crate) mod side;

use std::path::PathBuf;
use std::process::Stdio;

use clap::Args;
use windlass::compiler::catalog::{Address, Catalog, Object, WriteOptions};
use windlass::compiler::diff::{DiffOptions, Difference, Rename, diff};
use windlass::connect::ConnectOptions;
use windlass::introspect::Introspected;
use windlass::introspect::source::{self, ScriptFile};

use crate::config::SchemaFile;
use crate::context::Context;
use crate::failure::{Failure, REFUSED, USAGE};
use crate::{baseline, files};
use lab::Lab;
use plan::Plan;
use renames::Renames;
use selection::Selection;
use side::Side;

/// How two schemas are compared and what may come of it.
#[derive(Debug, Clone, Args)]
pub(crate) struct How {
    /// A server to make shadow databases on, as a role that may create them; they are dropped again
    /// [default: `shadow_url`, else a throwaway server]
    #[arg(long, value_name = "URL")]
    pub(crate) shadow: Option<String>,
    /// Makes the plan also where it loses data
    #[arg(long)]
    pub(crate) allow_destructive: bool,
    /// Plain statements, not the forms that let traffic flow
    #[arg(long)]
    pub(crate) no_online: bool,
    /// Declares a rename: table=table, table.column=column
    #[arg(long = "rename", value_name = "OLD=NEW")]
    pub(crate) rename: Vec<String>,
    /// What becomes of pairs that look like a rename
    #[arg(long, value_enum, default_value_t = Renames::Ask)]
    pub(crate) renames: Renames,
    /// Compares owners [default: between two databases]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) owners: Option<bool>,
    /// Compares privileges, default privileges among them [default: between two databases]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) privileges: Option<bool>,
    /// Compares only what is in this schema; may be repeated
    #[arg(long = "schema", value_name = "NAME")]
    pub(crate) schemas: Vec<String>,
    /// Leaves alone a schema, `schema.name`, or `class name` such as "extension postgis"; * stands for anything
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
}

/// A schema that was read.
pub(crate) struct Read {
    /// How people call where it is from.
    pub(crate) name: String,
    /// The schema.
    pub(crate) catalog: Catalog,
    /// The shadow database that holds it, where one does.
    pub(crate) at: Option<ConnectOptions>,
}

/// Two schemas and what leads from one to the other.
pub(crate) struct Compared {
    /// Where from.
    pub(crate) old: Read,
    /// Where to: what is left alone is as in the old one.
    pub(crate) new: Read,
    /// What was compared, and which renames hold.
    pub(crate) options: DiffOptions,
    /// The same with what is kept though it is not compared.
    pub(crate) write: WriteOptions,
    /// The changes.
    pub(crate) difference: Difference,
    /// The same as a script.
    pub(crate) plan: Plan,
    /// Only a part of both was compared.
    pub(crate) is_partial: bool,
    /// Pairs that look like a rename, about which nobody has decided.
    pub(crate) undecided: Vec<Rename>,
}

impl How {
    fn selection(&self, context: &Context) -> Selection {
        let configured = &context.config.policy.autogenerate_exclude.value;
        Selection {
            schemas: self.schemas.clone(),
            exclude: self.exclude.iter().chain(configured).cloned().collect(),
        }
    }

    fn write(&self, both_databases: bool) -> WriteOptions {
        let mut write = WriteOptions::default();
        write.owners = self.owners.unwrap_or(both_databases);
        write.privileges = self.privileges.unwrap_or(both_databases);
        write.extension_versions = both_databases;
        write.secrets = false;
        write
    }
}

/// Reads both sides, compares them, and makes the plan.
pub(crate) async fn compare(
    lab: &mut Lab<'_>,
    from: &Side,
    to: &Side,
    how: &How,
) -> Result<Compared, Failure> {
    let (old, new) = read_both(lab, from, to).await?;
    let context = lab.context();
    let selection = how.selection(context);
    let (catalog, records) = selection.of(&old.catalog, new.catalog);
    let new = Read { catalog, ..new };
    let both_databases = from.is_database() && to.is_database();
    let mut options = DiffOptions::default();
    options.write = how.write(both_databases);
    say_what_is_compared(context, &options.write, &records, [&old, &new]);
    let path = search_path(context);
    for text in &how.rename {
        let renamed = renames::declared(text, &old.catalog, &new.catalog, &path)?;
        options.renames.push(renamed);
    }
    let mut new = new;
    let decided = decide(context, how, &old, &mut new, &mut options, from.is_database())?;
    let plan = Plan::of(&old.catalog, &decided.difference, !how.no_online)?;
    Ok(Compared {
        write: decided.write,
        is_partial: !selection.is_everything() || !records.is_empty(),
        old,
        new,
        options,
        difference: decided.difference,
        plan,
        undecided: decided.undecided,
    })
}

/// A difference in which every rename is settled.
struct Decided {
    difference: Difference,
    undecided: Vec<Rename>,
    write: WriteOptions,
}

/// Compares, and settles what looks like a rename, until nothing new does. What takes part in a rename already, or was
/// asked about, is out of the question.
fn decide(
    context: &Context,
    how: &How,
    old: &Read,
    new: &mut Read,
    options: &mut DiffOptions,
    old_is_database: bool,
) -> Result<Decided, Failure> {
    let mut asked: Vec<Rename> = Vec::new();
    loop {
        let mut effective = options.clone();
        effective.write = keep::keep(
            &old.catalog,
            &mut new.catalog,
            &options.renames,
            options.write,
            old_is_database,
        );
        let mut difference = diff(&old.catalog, &new.catalog, &effective);
        if !options.write.privileges {
            difference
                .changes
                .retain(|change| !keep::is_of_new_object(change, &old.catalog, &options.renames));
        }
        let decided = |undecided| Decided {
            difference: difference.clone(),
            undecided,
            write: effective.write,
        };
        let is_open = |renames: &[Rename], candidate: &Rename| {
            let takes_part = |known: &Rename| known.from == candidate.from || known.to == candidate.to;
            !renames.iter().any(takes_part)
        };
        let mut open = difference.rename_candidates.clone();
        open.retain(|candidate| is_open(&options.renames, candidate) && !asked.contains(candidate));
        match how.renames {
            Renames::Never => return Ok(decided(Vec::new())),
            Renames::Ask if !renames::can_ask() => return Ok(decided(open)),
            Renames::Ask | Renames::Auto if open.is_empty() => return Ok(decided(Vec::new())),
            Renames::Ask | Renames::Auto => {}
        }
        for candidate in open {
            if !is_open(&options.renames, &candidate) {
                continue;
            }
            asked.push(candidate.clone());
            let is_renamed = match how.renames {
                Renames::Auto => {
                    let words = renames::in_words(&candidate);
                    context.ui.say(&format!("taken for a rename: {words}"));
                    true
                }
                _ => renames::ask(context, &candidate)?,
            };
            if is_renamed {
                options.renames.push(candidate);
            }
        }
    }
}

/// Where names without a schema are looked for.
fn search_path(context: &Context) -> Vec<String> {
    match context.config.policy.search_path.value.as_slice() {
        [] => vec!["public".to_owned()],
        path => path.to_vec(),
    }
}

fn say_what_is_compared(context: &Context, write: &WriteOptions, records: &[String], sides: [&Read; 2]) {
    let mut left = Vec::new();
    if !write.owners {
        left.push("owners (--owners)".to_owned());
    }
    if !write.privileges {
        left.push("privileges (--privileges)".to_owned());
    }
    if !write.extension_versions {
        left.push("versions of extensions".to_owned());
    }
    let is_secret = |object: &Object| matches!(object, Object::UserMapping(_) | Object::Subscription(_));
    if sides
        .iter()
        .any(|side| side.catalog.objects.values().any(is_secret))
    {
        left.push("user mappings and subscriptions, which hold passwords".to_owned());
    }
    left.extend(
        records
            .iter()
            .map(|table| format!("{table}, the records of another tool")),
    );
    if !left.is_empty() {
        context.ui.say(&format!("not compared: {}", left.join(", ")));
    }
}

/// Databases first: their version says which server the others want.
async fn read_both(lab: &mut Lab<'_>, from: &Side, to: &Side) -> Result<(Read, Read), Failure> {
    let context = lab.context();
    let (old, new) = tokio::try_join!(read_database(context, from), read_database(context, to))?;
    let known = old.as_ref().or(new.as_ref());
    if let Some(read) = known {
        lab.prefer(read.catalog.server_version / 10_000);
    }
    if let (Some(old), Some(new)) = (&old, &new) {
        let majors = [old, new].map(|read| read.catalog.server_version / 10_000);
        if majors[0] != majors[1] {
            context.ui.warning(
                &format!(
                    "{} is PostgreSQL {}, {} is {}: what only one of them has is not compared",
                    old.name, majors[0], new.name, majors[1]
                ),
                None,
            );
        }
    }
    let old_at = match old {
        Some(_) => None,
        None => build(lab, from, "old").await?,
    };
    let new_at = match new {
        Some(_) => None,
        None => build(lab, to, "new").await?,
    };
    let version = match (&old, &new) {
        (Some(read), _) | (_, Some(read)) => read.catalog.server_version,
        _ if old_at.is_some() || new_at.is_some() => lab.shadows().await?.server_version(),
        _ => 0,
    };
    let lab = &*lab;
    let fill = async |read: Option<Read>, side: &Side, at: Option<ConnectOptions>| match (read, at) {
        (Some(read), _) => Ok::<_, Failure>(read),
        (None, Some(at)) => Ok(Read {
            name: side.name(),
            catalog: lab.read(&at).await?,
            at: Some(at),
        }),
        (None, None) => Ok(Read {
            name: side.name(),
            catalog: Catalog::empty(version),
            at: None,
        }),
    };
    tokio::try_join!(fill(old, from, old_at), fill(new, to, new_at))
}

/// A side that is a database already.
async fn read_database(context: &Context, side: &Side) -> Result<Option<Read>, Failure> {
    let (options, settings) = match side {
        Side::Configured => (context.connect_options()?, context.session_settings()),
        Side::Database(url) => (lab::resolve(url)?, windlass::SessionSettings::default()),
        _ => return Ok(None),
    };
    let Introspected { catalog, unseen, .. } = source::of_database(&options, &settings).await?.introspected;
    for unseen in unseen {
        context.ui.warning(
            &format!(
                "{}: {} was not seen, and is not compared",
                options.describe(),
                unseen.what
            ),
            Some(&format!("it needs {}", unseen.needs)),
        );
    }
    Ok(Some(Read {
        name: options.describe(),
        catalog,
        at: None,
    }))
}

/// A side that a shadow database is made of; none for what needs no database.
async fn build(lab: &mut Lab<'_>, side: &Side, label: &str) -> Result<Option<ConnectOptions>, Failure> {
    let context = lab.context();
    let made = match side {
        Side::Empty | Side::Configured | Side::Database(_) => return Ok(None),
        Side::Revisions(target) => {
            let directory = files::load(&context.config.dir)?;
            lab.replay(label, directory, target.as_deref(), |runner| runner)
                .await?
        }
        Side::Command(command) => {
            let (asked, name) = (command.clone(), side.name());
            let printed = tokio::task::spawn_blocking(move || baseline::run(&asked)).await;
            let failed = |why: String| {
                Failure::usage(
                    format!("failed to get {name}: {why}"),
                    "run the command by hand: it is to print SQL on standard output and end with 0",
                )
            };
            let printed = printed
                .map_err(|error| failed(error.to_string()))?
                .map_err(failed)?;
            let file = ScriptFile {
                name: name.clone(),
                text: printed.sql,
            };
            load(lab, label, &[file]).await?
        }
        Side::Run(command) => {
            let database = lab.shadows().await?.database(label).await?;
            fill(command, &database).await?;
            database
        }
        Side::Files(path) => {
            let mut files = Vec::new();
            for path in crate::commands::lint::sql_files(context, std::slice::from_ref(path))? {
                files.push(script_file(path)?);
            }
            load(lab, label, &files).await?
        }
    };
    Ok(Some(made))
}

/// Lets a command fill an empty database. It finds it as programs look for one; what it prints is talk.
async fn fill(command: &str, database: &ConnectOptions) -> Result<(), Failure> {
    let mut process = tokio::process::Command::new("sh");
    process
        .args(["-c", command])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for (name, value) in database.as_environment() {
        process.env(name, value);
    }
    let failed = |why: String, words: &[u8]| Failure::Other {
        message: format!("`{command}` failed to fill the shadow database: {why}"),
        hints: vec![String::from_utf8_lossy(words).trim().to_owned()],
        code: USAGE,
    };
    let done = process
        .output()
        .await
        .map_err(|error| failed(error.to_string(), &[]))?;
    if done.status.success() {
        return Ok(());
    }
    Err(failed(
        done.status.to_string(),
        &[done.stdout, done.stderr].concat(),
    ))
}

async fn load(lab: &mut Lab<'_>, label: &str, files: &[ScriptFile]) -> Result<ConnectOptions, Failure> {
    // A command that printed nothing did not mean an empty database.
    let is_blank =
        |file: &ScriptFile| windlass::compiler::sql::split(&file.text).is_ok_and(|spans| spans.is_empty());
    if files.iter().all(is_blank) {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        return Err(Failure::usage(
            match names.as_slice() {
                [] => "the folder has no file that ends in .sql".to_owned(),
                names => format!("{}: no statement in it", names.join(", ")),
            },
            "where an empty schema is meant, say `empty`",
        ));
    }
    lab.load(label, files).await
}

fn script_file(path: PathBuf) -> Result<ScriptFile, Failure> {
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::other(format!("failed to read {}: {error}", path.display())))?;
    Ok(ScriptFile {
        name: path.display().to_string(),
        text,
    })
}

/// The schema that is configured as the wanted one: `autogenerate.schema`, else `schema_file`.
pub(crate) fn wanted(context: &Context) -> Result<Option<Side>, Failure> {
    if let Some(text) = &context.config.autogenerate_schema {
        return Side::parse(text).map(Some);
    }
    Ok(context.config.schema_file.as_ref().map(|file| match file {
        SchemaFile::File(path) => Side::Files(path.clone()),
        SchemaFile::Command(command) => Side::Command(command.clone()),
    }))
}

impl Compared {
    /// Refuses what cannot be expressed, what nobody has decided, and what loses data where that is not allowed; in
    /// this order, all of it listed.
    pub(crate) fn refuse(&self, context: &Context, how: &How) -> Result<(), Failure> {
        if !self.difference.cannot.is_empty() {
            for cannot in &self.difference.cannot {
                let object = cannot
                    .object
                    .as_ref()
                    .map_or(String::new(), |object| format!("{object}: "));
                anstream::eprintln!("cannot: {object}{}", cannot.why);
            }
            return Err(Failure::Other {
                message: format!(
                    "{} cannot be expressed; no plan was made",
                    count(self.difference.cannot.len(), "difference")
                ),
                hints: vec!["make these by hand, or leave their objects alone with --exclude".to_owned()],
                code: REFUSED,
            });
        }
        let losses: Vec<_> = self.plan.losses().collect();
        if !losses.is_empty() && !how.allow_destructive {
            for (change, loses) in &losses {
                anstream::eprintln!("loses data: {} {}: {loses}", change.action, change.object);
            }
        }
        if !self.undecided.is_empty() {
            let mut hints = Vec::new();
            for rename in &self.undecided {
                context.ui.warning(&renames::in_words(rename), None);
                hints.push(format!(
                    "where it is: --rename {}={}",
                    renames::spelled(&rename.from),
                    renames::spelled(&rename.to)
                ));
            }
            hints.push("where none is: --renames never".to_owned());
            return Err(Failure::Other {
                message: "what looks renamed is not guessed; no plan was made".to_owned(),
                hints,
                code: REFUSED,
            });
        }
        if losses.is_empty() || how.allow_destructive {
            return Ok(());
        }
        Err(Failure::Other {
            message: format!(
                "{} would lose data; no plan was made",
                count(losses.len(), "change")
            ),
            hints: vec!["where that is meant: --allow-destructive".to_owned()],
            code: REFUSED,
        })
    }

    /// Warns of what hurts a live database and has no other form.
    pub(crate) fn warn(&self, context: &Context) {
        for hazard in &self.plan.hazards {
            context.ui.warning(
                &format!("{} ({})", hazard.message, hazard.rule),
                hazard.help.as_deref(),
            );
        }
        for (change, loses) in self.plan.losses() {
            context.ui.warning(
                &format!("{} {} loses data: {loses}", change.action, change.object),
                None,
            );
        }
    }
}

/// `1 change`, `2 changes`.
pub(crate) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// The relation that an object is shown under, where it is a part of one.
pub(crate) fn owner_of(object: &Address, old: &Catalog, new: &Catalog) -> Option<Address> {
    match object {
        Address::Index(name) => new
            .index(name)
            .or_else(|| old.index(name))
            .map(|(of, ..)| Address::Relation(of.clone())),
        Address::DomainConstraint(of, _) => Some(Address::Type(of.clone())),
        other => other.relation().map(|of| {
            let is_type = new.types.contains_key(of) || old.types.contains_key(of);
            let is_relation = new.relations.contains_key(of) || old.relations.contains_key(of);
            if is_type && !is_relation {
                Address::Type(of.clone())
            } else {
                Address::Relation(of.clone())
            }
        }),
    }
}
