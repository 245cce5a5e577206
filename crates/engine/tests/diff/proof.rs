//! One door for all tests: two databases, both ways.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use windlass::compiler::catalog::{Catalog, ConstraintKind, RelationKind};
use windlass::compiler::diff::{Change, DiffOptions, Rename, SETTINGS, diff};
use windlass::introspect::read;
use windlass_testkit::{Binaries, Database};

/// A database and what it holds.
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) catalog: Catalog,
}

/// What pg_dump writes of a database.
pub(crate) struct Dump {
    exact: String,
    /// With all that children inherit being their own as well: a statement makes it so, and none takes it back.
    own: Option<String>,
}

/// How well a schema was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reached {
    /// But for whether what a child inherits is its own as well.
    ButForOwn,
    /// But for the order of columns.
    Exactly,
}

/// Takes note of what it changes, to change it back.
const MAKE_OWN: &str = "CREATE TABLE pg_temp.was AS
    SELECT attrelid AS relation, attnum AS number, NULL::oid AS \"constraint\" FROM pg_attribute
     WHERE attinhcount > 0 AND NOT attislocal
     UNION ALL SELECT NULL, NULL, oid FROM pg_constraint WHERE coninhcount > 0 AND NOT conislocal;
UPDATE pg_attribute SET attislocal = true FROM pg_temp.was WHERE attrelid = relation AND attnum = number;
UPDATE pg_constraint SET conislocal = true FROM pg_temp.was WHERE oid = \"constraint\"";
const UNMAKE_OWN: &str =
    "UPDATE pg_attribute SET attislocal = false FROM pg_temp.was WHERE attrelid = relation AND attnum = number;
UPDATE pg_constraint SET conislocal = false FROM pg_temp.was WHERE oid = \"constraint\"";

impl State {
    /// As pg_dump writes it.
    async fn dump(&self) -> Option<Dump> {
        if !has_pg_dump() {
            return None;
        }
        let mut relations = self.catalog.relations.values();
        Some(
            dump(
                &self.database,
                relations.any(|relation| !relation.inherits.is_empty()),
            )
            .await,
        )
    }
}

async fn dump(database: &Database, has_children: bool) -> Dump {
    let exact = normal(&database.dump());
    let mut own = None;
    if has_children {
        let client = database.connect().await;
        client.batch_execute(MAKE_OWN).await.unwrap();
        own = Some(normal(&database.dump()));
        client.batch_execute(UNMAKE_OWN).await.unwrap();
    }
    Dump { exact, own }
}

pub(crate) async fn state(database: Database) -> State {
    let catalog = read(&database.connect().await).await.unwrap().catalog;
    State { database, catalog }
}

/// The npm packages of other majors have no pg_dump.
fn has_pg_dump() -> bool {
    Binaries::find().is_ok_and(|binaries| binaries.tool("pg_dump").exists())
}

/// Lines in an order of their own: the order of columns, options and statements is not compared.
fn normal(dump: &str) -> String {
    let mut lines: Vec<String> = dump
        .lines()
        .filter(|line| !line.starts_with("--") && !line.starts_with('\\') && !line.starts_with("SET "))
        .map(|line| {
            let line = line.trim_end().trim_end_matches(',');
            let with = line.split_once("WITH (").and_then(|(head, rest)| {
                let (options, tail) = rest.split_once(')')?;
                let mut options: Vec<&str> = options.split(", ").collect();
                options.sort_unstable();
                Some(format!("{head}WITH ({}){tail}", options.join(", ")))
            });
            with.unwrap_or_else(|| in_no_order(line))
        })
        .filter(|line| !line.is_empty())
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Statistics and publications list columns in the table's order.
fn in_no_order(line: &str) -> String {
    if line.starts_with("ALTER PUBLICATION ")
        && let Some((head, rest)) = line.split_once(" (")
        && let Some((columns, rest)) = rest.split_once(')')
    {
        let mut columns: Vec<&str> = columns.split(", ").collect();
        columns.sort_unstable();
        return format!("{head} ({}){rest}", columns.join(", "));
    }
    let statistics = line.strip_prefix("CREATE STATISTICS ").and_then(|rest| {
        let (head, rest) = rest.split_once(" ON ")?;
        let (columns, table) = rest.rsplit_once(" FROM ")?;
        let mut columns: Vec<&str> = columns.split(", ").collect();
        columns.sort_unstable();
        Some(format!(
            "CREATE STATISTICS {head} ON {} FROM {table}",
            columns.join(", ")
        ))
    });
    statistics.unwrap_or_else(|| line.to_owned())
}

/// Proves both ways; what fails is told with the plan.
pub(crate) async fn both_ways(
    old: State,
    new: State,
    renames: &[Rename],
    may_lose: bool,
) -> Result<Reached, String> {
    for state in [&old, &new] {
        let nothing = diff(&state.catalog, &state.catalog, &DiffOptions::default());
        if !nothing.is_empty() || !nothing.rename_candidates.is_empty() {
            return Err(format!("a schema differs from itself: {nothing:#?}"));
        }
    }
    let old_catalog = old.catalog.clone();
    // One way is looked at by pg_dump in every run.
    let is_full = std::env::var_os("WINDLASS_TEST_FULL").is_some();
    let old_dump = if is_full { old.dump().await } else { None };
    let new_dump = new.dump().await;
    let there = one_way(&old, &new.catalog, new_dump.as_ref(), renames.to_vec(), may_lose)
        .await
        .map_err(|error| format!("old to new: {error}"))?;
    let back = renames
        .iter()
        .map(|rename| Rename::new(rename.to.clone(), rename.from.clone()));
    let here = one_way(&new, &old_catalog, old_dump.as_ref(), back.collect(), may_lose)
        .await
        .map_err(|error| format!("new to old: {error}"))?;
    Ok(there.min(here))
}

/// Applies the difference to a database and compares with the goal.
pub(crate) async fn one_way(
    from: &State,
    goal: &Catalog,
    wanted: Option<&Dump>,
    renames: Vec<Rename>,
    may_lose: bool,
) -> Result<Reached, String> {
    let is_renamed = !renames.is_empty();
    let mut options = DiffOptions::default();
    options.renames = renames;
    let difference = diff(&from.catalog, goal, &options);
    let plan = text(&difference.changes);
    if !difference.cannot.is_empty() {
        return Err(format!("cannot: {:?}\n{plan}", difference.cannot));
    }
    if !may_lose && let Some(change) = difference.changes.iter().find(|change| change.loses.is_some()) {
        return Err(format!("a rename loses something: {}\n{plan}", change.sql));
    }
    let before = rows(&from.database, &from.catalog).await;
    let client = from.database.connect().await;
    for setting in SETTINGS {
        client.batch_execute(setting).await.unwrap();
    }
    for change in &difference.changes {
        if change.sql.contains("CASCADE")
            && !change.sql.starts_with("DROP TYPE ")
            && !change.sql.contains("ON DELETE")
            && !change.sql.contains("ON UPDATE")
        {
            return Err(format!("CASCADE is never written:\n{plan}"));
        }
        if let Err(error) = client.batch_execute(&change.sql).await {
            let message = error.as_db_error().map_or(error.to_string(), |db| {
                format!("{} {}", db.message(), db.detail().unwrap_or_default())
            });
            return Err(format!("{message}\nin {}\nof:\n{plan}", change.sql));
        }
    }
    let reached = read(&client).await.unwrap().catalog;
    let again = diff(&reached, goal, &DiffOptions::default());
    if !again.is_empty() {
        let left = text(&again.changes);
        return Err(format!("still to do:\n{left}{:?}\nafter:\n{plan}", again.cannot));
    }
    let mut how = Reached::Exactly;
    if let Some(wanted) = wanted {
        let made = dump(&from.database, wanted.own.is_some()).await;
        let mut lines = lost_and_gained(&wanted.exact, &made.exact);
        if !lines.is_empty()
            && let (Some(wanted), Some(made)) = (&wanted.own, &made.own)
        {
            lines = lost_and_gained(wanted, made);
            how = Reached::ButForOwn;
        }
        if !lines.is_empty() {
            return Err(format!("pg_dump differs:\n{lines}after:\n{plan}"));
        }
    }
    let (mut one, mut other) = (reached.without_measures(), goal.without_measures());
    for catalog in [&mut one, &mut other] {
        without_order(catalog);
    }
    if one != other {
        let lines = lost_and_gained(&sorted(&format!("{other:#?}")), &sorted(&format!("{one:#?}")));
        return Err(format!("the model differs:\n{lines}after:\n{plan}"));
    }
    // What nothing is said to lose is there.
    let after = rows(&from.database, goal).await;
    for (table, count) in &before {
        let is_lost = difference.changes.iter().any(|change| {
            change
                .loses
                .as_ref()
                .is_some_and(|what| what.contains(table.as_str()))
        });
        if let Some(now) = after.get(table)
            && !is_lost
            && now < count
        {
            return Err(format!("{table} had {count} rows and has {now}\nafter:\n{plan}"));
        }
        if !after.contains_key(table) && *count > 0 && !is_lost && !is_renamed {
            return Err(format!(
                "{table} went with {count} rows, which nothing said\nafter:\n{plan}"
            ));
        }
    }
    Ok(how)
}

/// Rows of all tables.
async fn rows(database: &Database, catalog: &Catalog) -> BTreeMap<String, i64> {
    let client = database.connect().await;
    let mut rows = BTreeMap::new();
    for (name, relation) in &catalog.relations {
        if relation.kind == RelationKind::Table {
            let count = client
                .query_one(&format!("SELECT count(*) FROM ONLY {name}"), &[])
                .await;
            if let Ok(row) = count {
                rows.insert(name.to_string(), row.get(0));
            }
        }
    }
    rows
}

/// The order of columns is not compared, nor whether an inherited one is a table's own too.
fn without_order(catalog: &mut Catalog) {
    for relation in catalog.relations.values_mut() {
        relation.columns.sort_by(|one, other| one.name.cmp(&other.name));
        for column in &mut relation.columns {
            column.is_local = true;
        }
        // Names of NOT NULL that servers gave are nobody's.
        relation.constraints.retain(|constraint| {
            let is_given = constraint
                .name
                .trim_end_matches(|letter: char| letter.is_ascii_digit())
                .ends_with("_not_null")
                || !constraint.is_local
                || constraint.inheritance_count > 0;
            !(constraint.kind == ConstraintKind::NotNull
                && constraint.is_valid
                && !constraint.is_no_inherit
                && is_given)
        });
        for constraint in &mut relation.constraints {
            // A child's that is proved, while its parent's is not, does no harm.
            if !constraint.is_local {
                constraint.is_valid = true;
                constraint.definition = constraint.definition.replace(" NOT VALID", "");
            }
            constraint.is_local = true;
        }
        for trigger in &mut relation.triggers {
            trigger.definition.clear();
        }
    }
    catalog.dependencies = Default::default();
    for object in catalog.objects.values_mut() {
        if let windlass::compiler::catalog::Object::Statistics(statistics) = object {
            statistics.definition = in_no_order(&statistics.definition);
        }
    }
    for kind in catalog.types.values_mut() {
        if let windlass::compiler::catalog::Type::Composite(attributes) = kind {
            attributes.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

pub(crate) fn text(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        let _ = write!(text, "  {};", change.sql);
        if let Some(loses) = &change.loses {
            let _ = write!(text, "  -- loses: {loses}");
        }
        text.push('\n');
    }
    text
}

/// Lines of sorted texts that only one of them has.
fn lost_and_gained(wanted: &str, found: &str) -> String {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for line in wanted.lines() {
        *counts.entry(line).or_default() -= 1;
    }
    for line in found.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let mut text = String::new();
    for (line, count) in counts {
        match count {
            0 => {}
            1.. => {
                let _ = writeln!(text, "  has:   {line}");
            }
            _ => {
                let _ = writeln!(text, "  lacks: {line}");
            }
        }
    }
    text
}
