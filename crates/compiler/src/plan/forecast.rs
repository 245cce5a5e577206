//! What each statement of a plan will do when its turn comes: by a schema that follows the plan statement by statement,
//! or, where no database was asked, at worst. How fast the server works is measured by whoever has one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::step::{PlannedStatement, Shape, Step};
use crate::catalog::{Bytes, Catalog, QualifiedName, Rows, Size};
use crate::directive::{Allowance, Protect};
use crate::effect::{self, Answer, Effect, LockMode, UnnamedLock};
use crate::parallel;
use crate::script::FEW;
use crate::simulate::Simulation;
use crate::sql::{self, Loss, RelationName, Statement, SyntaxError};

/// Follows a plan from its first statement to its last.
#[derive(Debug, Clone)]
pub struct Forecaster {
    schema: Option<Followed>,
    /// Relations that the plan made, as its statements name them.
    made: BTreeSet<RelationName>,
    /// What is protected now, and what may be taken from it.
    protected: Vec<(Pattern, Option<Allowance>)>,
}

/// What `protect` names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Table(RelationName),
    /// All tables of a schema, as SQL writes its name.
    Schema(String),
}

impl Pattern {
    fn of(text: &str) -> Option<Self> {
        if let Some(schema) = text.strip_suffix(".*") {
            return Some(Self::Schema(schema.to_owned()));
        }
        // Whatever is no name protects nothing, and is refused when the revision runs.
        match sql::parse(&format!("TRUNCATE {text}")).ok()? {
            Statement::Truncate { mut relations, .. } => relations.pop().map(Self::Table),
            _ => None,
        }
    }
}

/// A schema on its way through a plan.
#[derive(Debug, Clone)]
struct Followed {
    simulation: Simulation,
    /// What was there before the plan, by its name now, with its name then.
    names: BTreeMap<QualifiedName, QualifiedName>,
    /// Sizes before the plan.
    sizes: BTreeMap<QualifiedName, Size>,
}

/// What a statement will do.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Forecast {
    /// Its locks on relations that were there before the plan.
    pub locks: Vec<ForeseenLock>,
    /// Its locks on relations that nobody could list.
    pub unlisted: Vec<UnnamedLock>,
    /// It runs code that nobody sees into.
    pub opaque: bool,
    /// What takes longer the larger a relation is.
    pub work: Vec<Work>,
    /// What goes away with it, in words that continue "loses ".
    pub losses: Vec<String>,
}

/// A lock on a relation that was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenLock {
    /// The relation, with its schema where that is known.
    pub relation: RelationName,
    /// The mode.
    pub mode: LockMode,
    /// Whether the statement names it.
    pub named: bool,
    /// The table, where the relation is its index.
    pub index_of: Option<RelationName>,
    /// The relation's size, with that of all its partitions.
    pub size: Size,
}

/// Work that grows with a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// What is done.
    pub doing: Doing,
    /// With which relation.
    pub relation: RelationName,
    /// Whether it surely comes to that.
    pub is_sure: bool,
    /// Its size before the plan.
    pub size: Size,
    /// How many of its indexes are built anew on the way.
    pub indexes: u64,
}

/// What is done with a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Its rows are read.
    Read,
    /// It is written anew, with its indexes.
    Rewrite,
    /// An index over it is built.
    BuildIndex,
    /// Its rows are changed in batches.
    Change,
}

impl Doing {
    /// As a verb in front of the relation.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Read => "reads all of",
            Self::Rewrite => "writes anew",
            Self::BuildIndex => "builds an index over",
            Self::Change => "changes rows, in batches, of",
        }
    }

    /// As one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Rewrite => "rewrite",
            Self::BuildIndex => "build_index",
            Self::Change => "change",
        }
    }

    /// How many times as long as reading it takes, roughly: measured with a table of two million rows in memory.
    /// Data changes in batches take the time that their throttle gives them.
    fn weight(self) -> Option<f64> {
        match self {
            Self::Read => Some(1.0),
            Self::BuildIndex => Some(8.0),
            Self::Rewrite => Some(20.0),
            Self::Change => None,
        }
    }
}

/// How fast a server reads a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Bytes in a second.
    pub bytes_per_second: f64,
}

impl Work {
    /// About how long it takes, on a server of that pace. None where nobody can tell.
    pub fn estimate(&self, pace: Pace) -> Option<Duration> {
        let Bytes::Known(bytes) = self.size.bytes else {
            return None;
        };
        let built = if self.doing == Doing::Rewrite {
            // An index takes as long as any does, whatever the table's rewriting costs.
            Doing::BuildIndex.weight()? * self.indexes as f64
        } else {
            0.0
        };
        let reads = self.doing.weight()? + built;
        Duration::try_from_secs_f64(bytes as f64 * reads / pace.bytes_per_second).ok()
    }
}

impl Forecast {
    /// About how long the statement takes. None where nobody can tell, or where it is nothing that grows.
    pub fn estimate(&self, pace: Pace) -> Option<Duration> {
        if self.work.is_empty() || self.opaque {
            return None;
        }
        self.work.iter().map(|work| work.estimate(pace)).sum()
    }
}

impl Forecaster {
    /// Begins with the schema of the database that the plan is for.
    pub fn new(catalog: Catalog, search_path: &[&str]) -> Self {
        let relations = catalog.relations.iter().flat_map(|(name, relation)| {
            let indexes = relation.indexes.iter().map(|index| name.beside(&index.name));
            std::iter::once(name.clone()).chain(indexes)
        });
        let names = relations.map(|name| (name.clone(), name)).collect();
        let sizes = catalog.sizes.clone();
        Self {
            schema: Some(Followed {
                simulation: Simulation::new(catalog, search_path),
                names,
                sizes,
            }),
            made: BTreeSet::new(),
            protected: Vec::new(),
        }
    }

    /// Begins with nothing known: the worst is told.
    pub fn blind() -> Self {
        Self {
            schema: None,
            made: BTreeSet::new(),
            protected: Vec::new(),
        }
    }

    /// Says what is protected during the next revision: by the configuration, and by its own header with what it may
    /// take. What is lost from there is marked.
    pub fn protecting(&mut self, configured: &[String], said: &[Protect]) {
        let configured = configured.iter().map(|table| (table.as_str(), None));
        let said = said.iter().map(|protect| {
            let allowed = protect.allow.as_ref().map(|(allowed, _)| *allowed);
            (protect.table.as_str(), allowed)
        });
        // What a header allows counts, whoever else names the table.
        let all = said.chain(configured);
        self.protected = all
            .filter_map(|(text, allowed)| Some((Pattern::of(text)?, allowed)))
            .collect();
    }

    /// Whether a schema is known.
    pub fn is_blind(&self) -> bool {
        self.schema.is_none()
    }

    /// Looks at the next step of the plan, and goes past it: a forecast for each statement. Those that are the same share
    /// one.
    ///
    /// # Errors
    /// A statement that is none; the plan was made of statements.
    pub fn step(&mut self, step: &Step) -> Result<Vec<Arc<Forecast>>, SyntaxError> {
        let shares: Vec<_> = step.statements.chunks(FEW).collect();
        let parse = |share: &&[Arc<PlannedStatement>]| {
            let statements = share.iter().map(|planned| sql::parse(&planned.sql));
            statements.collect::<Vec<_>>()
        };
        let mut forecasts: Vec<Arc<Forecast>> = Vec::with_capacity(step.statements.len());
        let mut failed = None;
        parallel::in_order(&shares, parse, |share, parsed| {
            for (planned, parsed) in share.iter().zip(parsed) {
                let forecast = parsed.and_then(|parsed| self.statement(planned, &parsed, step.shape));
                match forecast {
                    // Statements that do the same thing stand behind each other, perhaps very many.
                    Ok(forecast) if failed.is_none() => forecasts.push(match forecasts.last() {
                        Some(last) if **last == forecast => Arc::clone(last),
                        _ => Arc::new(forecast),
                    }),
                    Ok(_) => {}
                    Err(error) => failed = failed.take().or(Some(error)),
                }
            }
        });
        failed.map_or(Ok(forecasts), Err)
    }

    fn statement(
        &mut self,
        planned: &PlannedStatement,
        statement: &Statement,
        shape: Shape,
    ) -> Result<Forecast, SyntaxError> {
        if let Some(made) = statement.creates() {
            self.made.insert(made);
        }
        let effect = match &self.schema {
            Some(schema) => schema.simulation.effect(statement),
            None => effect::effect(statement, &effect::Context::default()),
        };
        let forecast = Forecast {
            locks: self.locks(&effect),
            unlisted: effect.unnamed.clone(),
            opaque: effect.opaque,
            work: self.work(statement, &effect, shape),
            // What a safe form puts another column in the place of lives on.
            losses: match planned.rewrite.as_ref().and_then(|rewrite| rewrite.of) {
                Some(_) if !planned.loses_data => Vec::new(),
                _ => self.losses(&planned.sql, &effect),
            },
        };
        if let Some(schema) = &mut self.schema {
            schema.go_past(statement, &planned.sql)?;
        }
        Ok(forecast)
    }

    fn locks(&self, effect: &Effect) -> Vec<ForeseenLock> {
        let locks = effect.locks.iter().filter(|lock| self.existed(&lock.relation));
        locks
            .map(|lock| ForeseenLock {
                relation: lock.relation.clone(),
                mode: lock.mode,
                named: lock.named,
                index_of: self.table_of(&lock.relation),
                size: self.size(&lock.relation),
            })
            .collect()
    }

    fn work(&self, statement: &Statement, effect: &Effect, shape: Shape) -> Vec<Work> {
        let mut work: Vec<Work> = Vec::new();
        let mut note = |doing, relation: &RelationName, answer: Answer, indexes| {
            let known = |known: &Work| known.relation == *relation;
            if answer.is_no() || !self.existed(relation) || work.iter().any(known) {
                return;
            }
            work.push(Work {
                doing,
                relation: relation.clone(),
                is_sure: answer == Answer::Yes,
                size: self.size(relation),
                indexes,
            });
        };
        if let (Shape::Backfill, Statement::Change { relation, .. }) = (shape, statement) {
            note(Doing::Change, relation, Answer::Yes, 0);
            return work;
        }
        for relation in &effect.rewrites {
            note(
                Doing::Rewrite,
                relation,
                effect.rewrite,
                self.indexes_of(relation),
            );
        }
        for index in &effect.index_rebuilds {
            if let Some(table) = self.table_of(index) {
                note(Doing::BuildIndex, &table, effect.index_rebuild, 1);
            }
        }
        let builds = matches!(statement, Statement::CreateIndex { .. });
        let doing = if builds { Doing::BuildIndex } else { Doing::Read };
        for relation in &effect.scans {
            note(doing, relation, effect.scan, 1);
        }
        work
    }

    fn losses(&self, sql: &str, effect: &Effect) -> Vec<String> {
        if effect.data_loss.is_no() || effect.opaque {
            return Vec::new();
        }
        let words: Vec<String> = sql::losses(sql)
            .iter()
            .filter_map(|loss| self.loss(loss))
            .collect();
        let names_something = !sql::losses(sql).is_empty();
        match effect.data_loss {
            // It takes away only what the plan made.
            _ if names_something => words,
            Answer::Yes => vec!["what it drops".to_owned()],
            _ => vec!["perhaps what depends on it".to_owned()],
        }
    }

    fn loss(&self, loss: &Loss) -> Option<String> {
        match loss {
            Loss::Rows { relation, .. } if self.existed(relation) => {
                let size = self.size(relation);
                let words = match size.rows {
                    Rows::About(_) => format!("rows of {relation}, which has {}", size.rows),
                    Rows::Unknown => format!("rows of {relation}"),
                };
                Some(words + &self.protection(relation))
            }
            Loss::Column { relation, column, .. } if self.existed(relation) => {
                let of = RelationName::new(relation.schema.as_deref(), &relation.name);
                let words = format!("the values of {of}.{}", sql::quote_identifier(column));
                // Rows may go up to a number, columns only where anything may.
                Some(match self.allowance(relation) {
                    Some(Some(Allowance::Delete(_))) => words + STOPPED,
                    _ => words + &self.protection(relation),
                })
            }
            Loss::Schema(schema) => {
                let words = format!("all that is in schema {}", sql::quote_identifier(schema));
                Some(if self.protects_in(schema) {
                    words + STOPPED
                } else {
                    words
                })
            }
            _ => None,
        }
    }

    /// What a loss of rows from there meets, as words behind it.
    fn protection(&self, relation: &RelationName) -> String {
        match self.allowance(relation) {
            None => String::new(),
            Some(None) => STOPPED.to_owned(),
            Some(Some(Allowance::Delete(rows))) => {
                format!(": it is protected, and the step is stopped where more than {rows} rows go")
            }
            Some(Some(Allowance::Drop)) => ": it is protected, and the revision allows that".to_owned(),
        }
    }

    /// What may go from the relation; none where it is not protected.
    fn allowance(&self, relation: &RelationName) -> Option<Option<Allowance>> {
        // What a protected table keeps in its partitions is its own.
        let names = self.lineage(relation);
        let mut found = self.protected.iter().filter(|(pattern, _)| match pattern {
            Pattern::Table(table) => match self.schema.as_ref().map(|schema| schema.find(table)) {
                Some(Some(table)) => names.contains(&table),
                Some(None) => false,
                None => table.name == relation.name && schema_of(table) == schema_of(relation),
            },
            Pattern::Schema(schema) => {
                let is_it = |name: &QualifiedName| sql::quote_identifier(&name.schema) == *schema;
                match self.schema {
                    Some(_) => names.iter().any(is_it),
                    None => sql::quote_identifier(schema_of(relation)) == *schema,
                }
            }
        });
        let first = found.next()?.1;
        Some(found.fold(first, |allowed, (_, other)| allowed.or(*other)))
    }

    /// The relation, and whatever it is a partition of.
    fn lineage(&self, relation: &RelationName) -> Vec<QualifiedName> {
        let Some(schema) = &self.schema else {
            return Vec::new();
        };
        let catalog = schema.simulation.catalog();
        let parent = |of: &QualifiedName| {
            let place = catalog.relations.get(of)?.partition_of.as_ref()?;
            Some(place.parent.clone())
        };
        std::iter::successors(schema.find(relation), parent).collect()
    }

    /// Whether a table of that schema is protected.
    fn protects_in(&self, schema: &str) -> bool {
        self.protected.iter().any(|(pattern, _)| match pattern {
            Pattern::Table(table) => match &self.schema {
                Some(known) => known.find(table).is_some_and(|name| name.schema == schema),
                None => schema_of(table) == schema,
            },
            Pattern::Schema(of) => *of == sql::quote_identifier(schema),
        })
    }

    /// Whether it was there before the plan, or nobody can tell.
    fn existed(&self, relation: &RelationName) -> bool {
        let is_made = self.made.contains(relation);
        let Some(schema) = &self.schema else {
            return !is_made;
        };
        match schema.find(relation) {
            Some(name) => schema.names.contains_key(&name),
            None => !is_made && schema.simulation.doubts().all(),
        }
    }

    /// Its size before the plan, with that of its partitions.
    fn size(&self, relation: &RelationName) -> Size {
        let Some((schema, name)) = self
            .schema
            .as_ref()
            .and_then(|schema| Some((schema, schema.find(relation)?)))
        else {
            return Size::default();
        };
        let catalog = schema.simulation.catalog();
        let parts: Vec<QualifiedName> = match catalog.relation(&name) {
            Some(_) => catalog.tree(&name),
            None => vec![name],
        };
        let stores = |part: &&QualifiedName| catalog.relation(part).is_none_or(|of| of.has_storage());
        let sizes = parts.iter().filter(stores).map(|part| {
            let before = schema.names.get(part);
            before
                .and_then(|before| schema.sizes.get(before))
                .copied()
                .unwrap_or_default()
        });
        sizes.reduce(|one, other| one + other).unwrap_or_default()
    }

    fn indexes_of(&self, relation: &RelationName) -> u64 {
        let indexes = self.schema.as_ref().and_then(|schema| {
            let name = schema.find(relation)?;
            Some(schema.simulation.catalog().relation(&name)?.indexes.len())
        });
        indexes.map_or(0, |count| count as u64)
    }

    fn table_of(&self, index: &RelationName) -> Option<RelationName> {
        let schema = self.schema.as_ref()?;
        let name = schema.find(index)?;
        let (table, ..) = schema.simulation.catalog().index(&name)?;
        Some(table.into())
    }
}

/// What the guard does about a loss that nobody allowed.
const STOPPED: &str = ": it is protected, and the step is stopped before it commits";

/// Where a name without a schema is looked for, when nobody can tell.
fn schema_of(relation: &RelationName) -> &str {
    relation.schema.as_deref().unwrap_or("public")
}

impl Followed {
    fn find(&self, relation: &RelationName) -> Option<QualifiedName> {
        let path: Vec<&str> = self.simulation.search_path().collect();
        let catalog = self.simulation.catalog();
        catalog.resolve(relation.schema.as_deref(), &relation.name, &path)
    }

    fn go_past(&mut self, statement: &Statement, sql: &str) -> Result<(), SyntaxError> {
        let is_new_name = matches!(statement, Statement::Rename { .. } | Statement::SetSchema { .. });
        self.simulation.apply(sql)?;
        let catalog = self.simulation.catalog();
        let is_there = |name: &QualifiedName| {
            catalog.relations.contains_key(name) || (is_new_name && catalog.index(name).is_some())
        };
        if !is_new_name {
            // What was dropped is no longer what was there; what is made under its name then is new.
            if let Statement::Drop { relations, .. } = statement {
                let path: Vec<String> = self.simulation.search_path().map(str::to_owned).collect();
                for gone in relations {
                    let schemas = gone.schema.iter().chain(&path);
                    let named = schemas.map(|schema| QualifiedName::new(schema, &gone.name));
                    for name in named.filter(|name| !is_there(name)).collect::<Vec<_>>() {
                        self.names.remove(&name);
                    }
                }
            }
            return Ok(());
        }
        let gone: Vec<QualifiedName> = self
            .names
            .keys()
            .filter(|name| !is_there(name))
            .cloned()
            .collect();
        let come = catalog.relations.iter().flat_map(|(name, relation)| {
            let indexes = relation.indexes.iter().map(|index| name.beside(&index.name));
            std::iter::once(name.clone()).chain(indexes)
        });
        let come: Vec<QualifiedName> = come.filter(|name| !self.names.contains_key(name)).collect();
        for was in &gone {
            let same = come.iter().find(|is| is.name == was.name);
            let is = match (gone.as_slice(), come.as_slice(), same) {
                (.., Some(same)) => Some(same),
                ([_], [only], None) => Some(only),
                _ => None,
            };
            if let (Some(is), Some(before)) = (is, self.names.remove(was)) {
                self.names.insert(is.clone(), before);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::{prepare, steps};
    use super::*;
    use crate::format::Source;

    /// A table of 1000 rows with two indexes and a partitioned one, followed to what `before` leaves.
    fn forecast(before: &str, sql: &str) -> Vec<Forecast> {
        let mut simulation = Simulation::new(Catalog::empty(150_000), &["public"]);
        let given = "CREATE TABLE orders (id int PRIMARY KEY, total int UNIQUE, note text);\
                     CREATE TABLE events (at date) PARTITION BY RANGE (at);\
                     CREATE TABLE old PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');\
                     CREATE TABLE new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')";
        for sql in given.split(';') {
            simulation.apply(sql).unwrap();
        }
        let mut catalog = simulation.catalog().clone();
        for (name, rows) in [("orders", 1000), ("old", 10), ("new", 20)] {
            let (rows, bytes) = (Rows::About(rows), Bytes::Known(rows * 100));
            catalog
                .sizes
                .insert(QualifiedName::new("public", name), Size { rows, bytes });
        }
        let text = format!("{before}{sql}");
        let source = Source {
            path: "a.sql".into(),
            text: text.as_str().into(),
        };
        let prepared = prepare(&source).unwrap();
        let skipped = before.matches(';').count();
        let mut forecaster = Forecaster::new(catalog, &["public"]);
        let steps = steps(&prepared.statements, prepared.mode, 1);
        let all = steps.iter().flat_map(|step| forecaster.step(step).unwrap());
        all.skip(skipped).map(Arc::unwrap_or_clone).collect()
    }

    fn shown(of: &Forecast) -> String {
        let locks = of
            .locks
            .iter()
            .map(|lock| format!("{} {}", lock.mode, lock.relation));
        let work = of
            .work
            .iter()
            .map(|work| format!("{} {}: {}", work.doing.verb(), work.relation, work.size));
        let losses = of.losses.iter().map(|loss| format!("loses {loss}"));
        locks.chain(work).chain(losses).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_grows_with_a_table_is_told_with_its_size() {
        let [one] = forecast("", "ALTER TABLE orders ALTER total TYPE bigint")
            .try_into()
            .unwrap();
        assert!(
            shown(&one).contains("writes anew public.orders: about 1000 rows, 97 kB"),
            "{}",
            shown(&one)
        );
        assert_eq!(one.work[0].indexes, 2);
        let pace = Pace {
            bytes_per_second: 100_000.0,
        };
        // Read once, written at the cost of twenty, and two indexes.
        assert_eq!(one.estimate(pace), Some(Duration::from_secs(36)));
    }

    #[test]
    fn what_the_plan_makes_is_neither_locked_nor_read_nor_lost() {
        let [one] = forecast(
            "CREATE TABLE fresh (a int);",
            "ALTER TABLE fresh ADD CHECK (a > 0)",
        )
        .try_into()
        .unwrap();
        assert_eq!(shown(&one), "");
        let [one] = forecast("CREATE TABLE fresh (a int);", "DROP TABLE fresh")
            .try_into()
            .unwrap();
        assert_eq!(shown(&one), "");
        let [one] = forecast(
            "DROP TABLE orders; CREATE TABLE orders (a int);",
            "TRUNCATE orders",
        )
        .try_into()
        .unwrap();
        assert_eq!(shown(&one), "");
    }

    #[test]
    fn a_table_is_known_by_its_new_name() {
        let [one] = forecast("ALTER TABLE orders RENAME TO sales;", "DROP TABLE sales")
            .try_into()
            .unwrap();
        assert!(
            shown(&one).contains("loses rows of sales, which has about 1000 rows"),
            "{}",
            shown(&one)
        );
    }

    #[test]
    fn what_is_lost_from_protected_tables_is_marked() {
        let said = |text: &str| {
            let source = Source {
                path: "a.sql".into(),
                text: text.into(),
            };
            prepare(&source).unwrap()
        };
        let lost = |known: bool, configured: &[&str], text: &str| -> Vec<String> {
            let given = "CREATE TABLE orders (id int, note text); CREATE TABLE events (at date) PARTITION BY RANGE (at);\
                         CREATE TABLE old PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')";
            let mut simulation = Simulation::new(Catalog::empty(150_000), &["public"]);
            given.split(';').for_each(|sql| simulation.apply(sql).unwrap());
            let mut forecaster = match known {
                true => Forecaster::new(simulation.catalog().clone(), &["public"]),
                false => Forecaster::blind(),
            };
            let prepared = said(text);
            let configured: Vec<String> = configured.iter().map(|&name| name.to_owned()).collect();
            forecaster.protecting(&configured, &prepared.protects);
            let steps = steps(&prepared.statements, prepared.mode, 1);
            let all = steps.iter().flat_map(|step| forecaster.step(step).unwrap());
            all.flat_map(|forecast| forecast.losses.clone()).collect()
        };
        let stopped = |words: &str| format!("{words}{STOPPED}");
        for known in [true, false] {
            assert_eq!(lost(known, &[], "DROP TABLE orders"), ["rows of orders"]);
            assert_eq!(
                lost(known, &["public.orders"], "DROP TABLE orders"),
                [stopped("rows of orders")]
            );
            assert_eq!(
                lost(known, &["public.*"], "ALTER TABLE orders DROP note"),
                [stopped("the values of orders.note")]
            );
            assert_eq!(lost(known, &["orders"], "DROP TABLE events"), ["rows of events"]);
            let text = "-- windlass: protect orders allow delete 5 because we said so\n\
                        DELETE FROM orders WHERE id < 5; ALTER TABLE orders DROP note";
            assert_eq!(
                lost(known, &["orders"], text),
                [
                    "rows of orders: it is protected, and the step is stopped where more than 5 rows go"
                        .to_owned(),
                    stopped("the values of orders.note")
                ]
            );
        }
        assert_eq!(
            lost(true, &["events"], "DROP TABLE old"),
            [stopped("rows of old")]
        );
        assert_eq!(
            lost(true, &["orders"], "DROP SCHEMA public CASCADE"),
            [stopped("all that is in schema public")]
        );
    }

    #[test]
    fn a_partitioned_table_is_as_large_as_its_partitions() {
        let [one] = forecast("", "CREATE INDEX at ON events (at)").try_into().unwrap();
        assert_eq!(
            shown(&one),
            "ShareLock public.events; ShareLock public.new; ShareLock public.old; \
             builds an index over public.new: about 20 rows, 1.9 kB; builds an index over public.old: about 10 rows, 1000 bytes"
        );
        assert_eq!(one.locks[0].size.rows, Rows::About(30));
    }

    #[test]
    fn without_a_schema_the_worst_is_told() {
        let source = Source {
            path: "a.sql".into(),
            text: "CREATE TABLE a (b int); ALTER TABLE c ALTER d TYPE text; DROP TABLE a, e".into(),
        };
        let prepared = prepare(&source).unwrap();
        let mut forecaster = Forecaster::blind();
        let steps = steps(&prepared.statements, prepared.mode, 1);
        let all: Vec<String> = steps
            .iter()
            .flat_map(|step| forecaster.step(step).unwrap())
            .map(|one| shown(&one))
            .collect();
        assert_eq!(
            all,
            [
                "",
                "AccessExclusiveLock c; writes anew c: of unknown size",
                "AccessExclusiveLock e; loses rows of e"
            ]
        );
    }
}
