//! Two schemas, and what leads from one to the other: what `diff` and `revision --autogenerate` share. How sides are
//! read is `reading`'s, where they are made `lab`'s, what is refused `refusing`'s.

pub(crate) mod keep;
pub(crate) mod lab;
pub(crate) mod plan;
pub(crate) mod prove;
mod reading;
mod refusing;
pub(crate) mod renames;
pub(crate) mod selection;
pub(crate) mod show;
pub(crate) mod side;

use clap::Args;
use windlass::compiler::catalog::{Address, Catalog, Object, WriteOptions};
use windlass::compiler::diff::{DiffOptions, Difference, Rename, diff};
use windlass::connect::ConnectOptions;

use crate::config::SchemaFile;
use crate::context::Context;
use crate::failure::Failure;
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
    /// Which objects were compared.
    pub(crate) selection: Selection,
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
pub(crate) async fn compare(lab: &Lab<'_>, from: &Side, to: &Side, how: &How) -> Result<Compared, Failure> {
    let (old, new) = reading::read_both(lab, from, to).await?;
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
        selection,
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
        options.renames = renames::in_order(&options.renames);
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
