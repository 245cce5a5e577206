//! `windlass revision --autogenerate`: the difference between the revisions and the wanted schema as a revision.

use std::fmt::Write as _;

use windlass::compiler::diff::{DiffOptions, diff};
use windlass::compiler::format::{RawFile, read};
use windlass::compiler::snapshot;

use super::{NewRevision, create, parents, stem};
use crate::commands::Done;
use crate::config::SchemaFile;
use crate::context::Context;
use crate::difference::lab::in_lab;
use crate::difference::plan::Plan;
use crate::difference::prove::{file, prove_revision};
use crate::difference::side::Side;
use crate::difference::{Compared, How, compare, renames, wanted};
use crate::failure::Failure;
use crate::files;
use crate::ui::count;

/// So many changes are named in the header.
const NAMED: usize = 40;

/// The files of the revision.
struct Written {
    up: String,
    /// None where there is no way back.
    down: Option<String>,
}

pub(super) async fn run(context: &Context, asked: &NewRevision) -> Done {
    let raw = files::raw(&context.config.dir)?;
    let directory = read(raw.clone())?;
    let parents = parents(&directory)?;
    let stem = stem(&directory, &asked.message)?;
    let from = match &asked.from {
        Some(text) => Side::parse(text)?,
        None => Side::Revisions(None),
    };
    let to = match &asked.to {
        Some(text) => Side::parse(text)?,
        None => desired(context)?,
    };
    let how = &asked.how;
    let made = in_lab(context, how.shadow.as_deref(), async |lab| {
        let compared = compare(lab, &from, &to, how).await?;
        compared.refuse(context, how)?;
        if compared.plan.is_empty() {
            return Ok((compared, None));
        }
        let way_back = way_back(&compared, how)?;
        let written = write(&compared, &parents, &way_back);
        if !asked.no_prove {
            // On a schema that the revisions did not make it stands alone.
            let (others, tried) = match from {
                Side::Revisions(None) => (raw.clone(), None),
                _ => (Vec::new(), Some(write(&compared, "base", &way_back))),
            };
            let tried = tried.as_ref().unwrap_or(&written);
            prove_revision(lab, &compared, others, &as_files(&stem, tried)).await?;
        }
        Ok((compared, Some(written)))
    });
    let (compared, written) = made.await?;
    let Some(written) = written else {
        context.ui.say(&format!(
            "{} and {} have the same schema: no revision is written",
            compared.old.name, compared.new.name
        ));
        return Ok(0);
    };
    compared.warn(context);
    let up = context.config.dir.join(format!("{stem}.sql"));
    create(&up, &written.up)?;
    anstream::println!("{}", up.display());
    if let Some(text) = &written.down {
        let down = context.config.dir.join(format!("{stem}.down.sql"));
        create(&down, text)?;
        anstream::println!("{}", down.display());
    }
    context.ui.say(&format!(
        "{} from {} to {}; read it before it runs",
        count(compared.plan.parts.len(), "change"),
        compared.old.name,
        compared.new.name
    ));
    Ok(0)
}

fn as_files(stem: &str, written: &Written) -> Vec<RawFile> {
    let up = file(&format!("{stem}.sql"), &written.up);
    let down = written
        .down
        .as_ref()
        .map(|down| file(&format!("{stem}.down.sql"), down));
    std::iter::once(up).chain(down).collect()
}

/// The schema that is configured as the wanted one. What `snapshot` writes is where the database was, not where it is
/// to go.
fn desired(context: &Context) -> Result<Side, Failure> {
    let refuse = |message: &str| {
        Failure::usage(
            message,
            "give --to, or set `autogenerate.schema` in windlass.toml: a file, a folder, or cmd: and what prints the DDL",
        )
    };
    if context.config.autogenerate_schema.is_none()
        && let Some(SchemaFile::File(path)) = &context.config.schema_file
        && std::fs::read_to_string(path).is_ok_and(|text| snapshot::contains(&text).is_ok())
    {
        return Err(refuse(
            "`schema_file` is a snapshot of what the revisions made, not a schema that somebody wants",
        ));
    }
    wanted(context)?.ok_or_else(|| refuse("nothing says which schema is wanted"))
}

/// The plan from the new schema to the old one, or why there is none.
fn way_back(compared: &Compared, how: &How) -> Result<Result<Plan, String>, Failure> {
    let mut options = DiffOptions::default();
    options.write = compared.write;
    options.renames = renames::back(&compared.options.renames);
    let (old, new) = (&compared.old.catalog, &compared.new.catalog);
    let difference = diff(new, old, &options);
    let reasons: Vec<String> = difference
        .cannot
        .iter()
        .map(|cannot| match &cannot.object {
            Some(object) => format!("{object}: {}", cannot.why),
            None => cannot.why.clone(),
        })
        .collect();
    if !reasons.is_empty() {
        return Ok(Err(one_line(&reasons.join("; "))));
    }
    Plan::of(new, &difference, !how.no_online).map(Ok)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn write(compared: &Compared, parents: &str, way_back: &Result<Plan, String>) -> Written {
    let mut up = format!("-- windlass: after {parents}\n");
    if let Err(why) = way_back {
        let _ = writeln!(up, "-- windlass: irreversible because {why}");
    }
    up.push('\n');
    up.push_str(&header(compared));
    up.push('\n');
    up.push_str(&compared.plan.script(false));
    let down = way_back.as_ref().ok().map(|plan| {
        let mut down = "-- The way back, made by `windlass revision --autogenerate`.\n".to_owned();
        let losses: Vec<_> = plan.losses().collect();
        if !losses.is_empty() {
            down.push_str("-- It loses data that was written since:\n");
        }
        for (change, loses) in losses {
            let _ = writeln!(down, "--   {}: {}", change.object, one_line(loses));
        }
        for line in decisions(plan) {
            let _ = writeln!(down, "-- {line}");
        }
        down.push('\n');
        down.push_str(&plan.script(false));
        down
    });
    Written { up, down }
}

/// What the revision does, and what whoever made it could not know.
fn header(compared: &Compared) -> String {
    let mut lines = vec![format!(
        "Made by `windlass revision --autogenerate` from {} to {}.",
        one_line(&compared.old.name),
        one_line(&compared.new.name)
    )];
    let mut changes: Vec<String> = compared
        .plan
        .parts
        .iter()
        .map(|part| {
            format!(
                "  {} {}",
                part.change.action,
                one_line(&part.change.object.to_string())
            )
        })
        .collect();
    // An object that needs several statements is named once.
    changes.dedup();
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    lines.extend(changes);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    for rename in &compared.options.renames {
        lines.push(format!(
            "Renamed: {} to {}.",
            renames::spelled(&rename.from),
            renames::spelled(&rename.to)
        ));
    }
    lines.push("What two schemas do not say, and nobody but you knows: whether something was renamed (--rename OLD=NEW),".to_owned());
    lines.push(
        "and which values rows that exist are to have (backfills, new columns that are NOT NULL).".to_owned(),
    );
    lines.extend(decisions(&compared.plan));
    lines.iter().map(|line| format!("-- {line}\n")).collect()
}

/// What hurts a live database and has no other form: `upgrade` refuses it until somebody decides.
fn decisions(plan: &Plan) -> impl Iterator<Item = String> + '_ {
    plan.hazards.iter().map(|hazard| {
        let help = hazard
            .help
            .as_deref()
            .map_or(String::new(), |help| format!(" {}", one_line(help)));
        format!("Decide ({}): {}.{help}", hazard.rule, one_line(&hazard.message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::Read;
    use windlass::compiler::catalog::{Catalog, WriteOptions};
    use windlass::compiler::diff::Difference;

    fn side(name: &str) -> Read {
        Read {
            name: name.to_owned(),
            catalog: Catalog::empty(150_000),
            at: None,
        }
    }

    #[test]
    fn what_cannot_be_taken_back_is_written_as_irreversible_and_has_no_way_down() {
        let compared = Compared {
            old: side("the revisions"),
            new: side("what `ddl`\nprints"),
            options: DiffOptions::default(),
            write: WriteOptions::default(),
            difference: Difference::default(),
            plan: Plan::default(),
            selection: crate::difference::selection::Selection::default(),
            is_partial: false,
            undecided: Vec::new(),
        };
        let written = write(&compared, "0001_a", &Err("type public.blob: it stays".to_owned()));
        assert!(written.down.is_none());
        let made = read(as_files("0002_b", &written)).expect("it is a revision");
        let text = &made.revisions[0].up.text;
        let begin =
            "-- windlass: after 0001_a\n-- windlass: irreversible because type public.blob: it stays\n\n";
        assert!(text.starts_with(begin), "{text}");
        assert!(text.contains("to what `ddl` prints.\n"), "{text}");
        assert!(made.warnings.is_empty());
    }
}
