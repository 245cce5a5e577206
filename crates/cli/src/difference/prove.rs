//! The proof of a plan: it is run on a copy of the old schema, and what that leaves is compared with the new one, by
//! our catalog and by pg_dump where there is one.

mod dump;
mod normal;

use std::collections::BTreeMap;

use windlass::Downgrade;
use windlass::compiler::catalog::{Catalog, Object, WriteOptions};
use windlass::compiler::diff::{DiffOptions, diff};
use windlass::compiler::format::{RawFile, read};
use windlass::compiler::graph::Target;
use windlass::connect::ConnectOptions;
use windlass::introspect::source::ScriptFile;
use windlass::{Unobserved, Wait};

use normal::in_no_order;

use super::lab::Lab;
use super::{Compared, Read};
use crate::context::Context;
use crate::failure::{Failure, UNVERIFIED};
use crate::ui::count;

/// The name that a plan goes by while it is tried.
const NAME: &str = "0001_plan";

/// Who says so where pg_dump is not asked.
const OURS: &str = "our catalog";

/// Runs the plan on a copy of the old schema and compares.
pub(crate) async fn prove(lab: &Lab<'_>, compared: &Compared) -> Result<(), Failure> {
    let copy = copy(lab, &compared.old, "proof").await?;
    let files = vec![file(&format!("{NAME}.sql"), &compared.plan.script(false))];
    let runner = lab.runner(&copy, read(files)?)?;
    lab.upgrade(&runner, &copy, None).await.map_err(failed)?;
    let made = lab.read(&copy).await?;
    same(
        lab.context(),
        &made,
        &compared.new.catalog,
        compared,
        "the plan leaves",
    )?;
    let witnesses = compare_dumps(lab, &copy, &compared.new, compared, "the plan leaves").await?;
    lab.context().ui.say(&format!(
        "proved: the plan makes the new schema out of the old one, by {witnesses}"
    ));
    Ok(())
}

/// Runs a revision up, down and up again, behind those that are there where the old schema is theirs.
pub(crate) async fn prove_revision(
    lab: &Lab<'_>,
    compared: &Compared,
    others: Vec<RawFile>,
    revision: &[RawFile],
) -> Result<(), Failure> {
    let copy = match &compared.old.at {
        Some(at) if !others.is_empty() => lab.shadows().await?.copy(at, "proof").await?,
        _ => copy(lab, &compared.old, "proof").await?,
    };
    let mut files = others;
    let is_reversible = revision.len() > 1;
    files.extend(revision.iter().cloned());
    let runner = lab.runner(&copy, read(files)?)?;
    let stop = lab.stop().clone();
    let mut witnesses = None;
    for round in 1..=2 {
        lab.upgrade(&runner, &copy, None).await.map_err(failed)?;
        let made = lab.read(&copy).await?;
        same(
            lab.context(),
            &made,
            &compared.new.catalog,
            compared,
            "the revision leaves",
        )?;
        if witnesses.is_none() {
            witnesses =
                Some(compare_dumps(lab, &copy, &compared.new, compared, "the revision leaves").await?);
        }
        if round == 2 || !is_reversible {
            break;
        }
        let down = Downgrade {
            target: Target::parse("-1"),
            target_text: "-1".to_owned(),
            wait: Wait::Forever,
            allow_data_loss: true,
            agreed: None,
        };
        runner
            .downgrade(&down, &Unobserved, &stop)
            .await
            .map_err(|error| failed(error.into()))?;
        let back = lab.read(&copy).await?;
        same(
            lab.context(),
            &back,
            &compared.old.catalog,
            compared,
            "the way down leaves",
        )?;
    }
    let ways = if is_reversible {
        "up, down and up again"
    } else {
        "up"
    };
    lab.context().ui.say(&format!(
        "proved: the revision runs {ways} and leaves what it is to leave, by {}",
        witnesses.unwrap_or_default()
    ));
    Ok(())
}

/// A file of a directory that is nowhere on disk.
pub(crate) fn file(name: &str, text: &str) -> RawFile {
    RawFile {
        path: name.to_owned(),
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// A copy of a schema without anybody's journal.
async fn copy(lab: &Lab<'_>, read: &Read, label: &str) -> Result<ConnectOptions, Failure> {
    match &read.at {
        Some(at) => {
            let copy = lab.shadows().await?.copy(at, label).await?;
            windlass::database::forget_journal(&copy).await?;
            Ok(copy)
        }
        None => load(lab, &read.catalog, label).await,
    }
}

/// A shadow database that a catalog's own text makes. No password leaves the database: user mappings have no options there,
/// and subscriptions are left out.
async fn load(lab: &Lab<'_>, catalog: &Catalog, label: &str) -> Result<ConnectOptions, Failure> {
    let mut options = WriteOptions::default();
    let mut catalog = catalog.clone();
    catalog
        .objects
        .retain(|_, object| !matches!(object, Object::Subscription(_)));
    for object in catalog.objects.values_mut() {
        if let Object::UserMapping(options) = object {
            options.clear();
        }
    }
    let copy = |options: &WriteOptions| ScriptFile {
        name: "a copy of the schema".to_owned(),
        text: catalog.to_sql(options),
    };
    let exact = lab.load(label, &[copy(&options)]).await;
    match exact {
        // The shadow's server may have other versions than the database's.
        Err(failure)
            if failure
                .message()
                .contains("no installation script nor update path") =>
        {
            options.extension_versions = false;
            lab.load(label, &[copy(&options)]).await
        }
        result => result,
    }
}

fn failed(failure: Failure) -> Failure {
    if crate::context::is_stop(failure.code()) {
        return failure;
    }
    Failure::Other {
        message: format!("the proof failed: {}", failure.message()),
        hints: vec![
            "nothing was written; please report it with both schemas".to_owned(),
            "without the proof: leave --prove out, or say --no-prove".to_owned(),
        ],
        code: UNVERIFIED,
    }
}

/// Compares two schemas object by object, by the text that makes each, and by the comparison itself.
fn same(
    context: &Context,
    made: &Catalog,
    wanted: &Catalog,
    compared: &Compared,
    what: &str,
) -> Result<(), Failure> {
    let write = &compared.options.write;
    // What is left alone may have to follow: a view has the types of the columns below it.
    let (wanted, _) = compared.selection.of(made, wanted.clone());
    let wanted = &wanted;
    let (left, right) = (texts(made, write), texts(wanted, write));
    let mut differ: Vec<String> = Vec::new();
    for (object, text) in &left {
        match right.get(object) {
            None => differ.push(format!("{object} is there and should not be")),
            Some(other) if other != text => {
                differ.push(format!("{object} is not the same:\n- {other}\n+ {text}"))
            }
            Some(_) => {}
        }
    }
    if !write.privileges {
        // Not compared, but kept.
        let lost = wanted
            .privileges
            .iter()
            .filter(|(object, privileges)| made.privileges.get(*object) != Some(*privileges));
        differ.extend(lost.map(|(object, _)| format!("{object} has other privileges than before")));
    }
    let missing = right.keys().filter(|object| !left.contains_key(*object));
    differ.extend(missing.map(|object| format!("{object} is missing")));
    if differ.is_empty() {
        let mut options = DiffOptions::default();
        options.write = *write;
        let left = diff(made, wanted, &options);
        differ.extend(
            left.changes
                .iter()
                .map(|change| format!("{} would still be changed: {}", change.object, change.sql)),
        );
    }
    refuse(context, differ, what)
}

fn refuse(context: &Context, differ: Vec<String>, what: &str) -> Result<(), Failure> {
    if differ.is_empty() {
        return Ok(());
    }
    for line in &differ {
        context.ui.warning(line, None);
    }
    Err(Failure::Other {
        message: format!(
            "the proof failed: {what} another schema than is wanted, in {}",
            count(differ.len(), "object")
        ),
        hints: vec!["nothing was written; did the wanted schema change meanwhile? Otherwise please report it with both schemas".to_owned()],
        code: UNVERIFIED,
    })
}

/// What makes each object, by its name. Columns of tables are in no order: none can be put between others.
fn texts(catalog: &Catalog, write: &WriteOptions) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for statement in in_no_order(&catalog.as_read_back()).statements(write) {
        texts
            .entry(statement.object.to_string())
            .or_default()
            .push(statement.sql);
    }
    texts
        .into_iter()
        .map(|(object, mut statements)| {
            // The order between objects depends on what else there is.
            statements.sort();
            (object, statements.join(";\n"))
        })
        .collect()
}

/// Compares what pg_dump says of both, where there is a pg_dump and all of both is compared. Who was asked.
async fn compare_dumps(
    lab: &Lab<'_>,
    made: &ConnectOptions,
    wanted: &Read,
    compared: &Compared,
    what: &str,
) -> Result<&'static str, Failure> {
    let version = lab.shadows().await?.server_version();
    if compared.is_partial {
        lab.context()
            .ui
            .say("pg_dump was not asked: only a part of the schemas is compared");
        return Ok(OURS);
    }
    let Some(program) = dump::program(version / 10_000) else {
        lab.context()
            .ui
            .say("pg_dump was not asked: there is none of the server's version or a newer one");
        return Ok(OURS);
    };
    // A database that is in use is not dumped: its schema as we read it is.
    let wanted = match &wanted.at {
        Some(at) => at.clone(),
        None => load(lab, &wanted.catalog, "wanted").await?,
    };
    let mut relations = compared.new.catalog.relations.values();
    let has_children = relations.any(|relation| !relation.inherits.is_empty());
    let (made, wanted) = match has_children {
        true => (
            comparable(lab, made, "made").await?,
            comparable(lab, &wanted, "own").await?,
        ),
        false => (made.clone(), wanted),
    };
    let (made, wanted) = (dump::of(&program, &made)?, dump::of(&program, &wanted)?);
    refuse(lab.context(), dump::differences(&made, &wanted), what)?;
    Ok("our catalog and pg_dump")
}

/// A copy in which what a child inherits is its own too: no statement takes that back, and pg_dump writes it. Where a
/// server lets nobody make it so, the database as it is.
async fn comparable(
    lab: &Lab<'_>,
    database: &ConnectOptions,
    label: &str,
) -> Result<ConnectOptions, Failure> {
    let shadows = lab.shadows().await?;
    let copy = shadows.copy(database, label).await?;
    match shadows.own_what_is_inherited(&copy).await {
        Ok(()) => Ok(copy),
        Err(_) => Ok(database.clone()),
    }
}
