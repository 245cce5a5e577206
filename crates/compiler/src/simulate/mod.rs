//! A schema as statements that have not run yet will leave it, so that a plan can look several revisions ahead.
//!
//! Followed are names, kinds, columns with their types, constraints, indexes, sequences, triggers, policies and types.
//! Texts that only a server deparses (expressions, definitions) are kept as the statement wrote them. Not followed are
//! owners, comments, privileges and sizes. What cannot be known is doubted, never guessed: the touched relation where
//! a statement's form is not followed, everything after DO, CALL and functions that nobody sees into.
//!
//! ```
//! use windlass_compiler::{catalog::Catalog, simulate::Simulation};
//! let mut simulation = Simulation::new(Catalog::empty(150_000), &["public"]);
//! simulation.apply("CREATE TABLE t (a int PRIMARY KEY)")?;
//! simulation.apply("CREATE INDEX ON t (a)")?;
//! let drop = simulation.foresee("ALTER TABLE t DROP COLUMN a")?;
//! assert!(drop.effect.unnamed.is_empty());
//! # Ok::<(), windlass_compiler::sql::SyntaxError>(())
//! ```

mod alter;
mod column;
mod constraint;
mod index;
mod name;
mod remove;
mod table;
mod types;

use std::collections::BTreeSet;

use crate::catalog::{
    Address, Catalog, DependencyKind, Extension, FiringState, Policy, QualifiedName, Relation, RelationKind,
    Rule, Trigger,
};
use crate::effect::{self, Context, Effect, LockMode};
use crate::lane::{Lane, lane_of};
use crate::sql::{self, Definition, ObjectKind, RelationName, Statement, SyntaxError};

/// A schema, and what is not known of it.
#[derive(Debug, Clone)]
pub struct Simulation {
    catalog: Catalog,
    /// Where names without a schema are looked for; none after a change that nobody could follow.
    search_path: Vec<String>,
    doubts: Doubts,
    /// Dependencies that are to be added.
    edges: Vec<(Address, Address, DependencyKind)>,
}

/// Objects whose state is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubts {
    everything: bool,
    objects: BTreeSet<Address>,
}

impl Doubts {
    /// Whether nothing at all is sure.
    pub fn all(&self) -> bool {
        self.everything
    }

    /// The objects in doubt, where not everything is.
    pub fn objects(&self) -> impl Iterator<Item = &Address> {
        self.objects.iter()
    }

    /// Whether the object, or the relation that it is a part of, is in doubt.
    pub fn covers(&self, object: &Address) -> bool {
        let relation = object.relation().map(|of| Address::Relation(of.clone()));
        self.everything
            || self.objects.contains(object)
            || relation.is_some_and(|relation| self.objects.contains(&relation))
    }

    /// Whether the relation is in doubt.
    pub fn covers_relation(&self, name: &QualifiedName) -> bool {
        self.covers(&Address::Relation(name.clone()))
    }
}

/// What a statement of a script will do when its turn comes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outlook {
    /// The statement.
    pub statement: Statement,
    /// Its effect on what the statements before it leave.
    pub effect: Effect,
    /// Its lane, by that effect.
    pub lane: Lane,
}

/// Whether a statement could be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Followed {
    /// All that it does is in the catalog.
    Yes,
    /// What it touches is in doubt now.
    No,
}

impl Simulation {
    /// Begins with a database's schema. `search_path` holds the schemas that exist, in order.
    pub fn new(catalog: Catalog, search_path: &[&str]) -> Self {
        Self {
            catalog,
            search_path: search_path.iter().map(ToString::to_string).collect(),
            doubts: Doubts::default(),
            edges: Vec::new(),
        }
    }

    /// The schema so far.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Where names without a schema are looked for.
    pub fn search_path(&self) -> impl Iterator<Item = &str> {
        self.search_path.iter().map(String::as_str)
    }

    /// What of it is not known.
    pub fn doubts(&self) -> &Doubts {
        &self.doubts
    }

    /// What a statement would do now: the worst case where it touches what is in doubt.
    pub fn effect(&self, statement: &Statement) -> Effect {
        let path: Vec<&str> = self.search_path.iter().map(String::as_str).collect();
        let context = Context::new(&self.catalog, &path);
        let blind = || {
            let blind = Context::default();
            match context.server_version {
                Some(major) => effect::effect(statement, &blind.for_version(major)),
                None => effect::effect(statement, &blind),
            }
        };
        if self.doubts.everything {
            return blind();
        }
        let effect = effect::effect(statement, &context);
        let touched = effect.locks.iter().map(|lock| &lock.relation);
        let is_doubted = |relation: &RelationName| {
            let name = context.find(relation);
            name.is_some_and(|name| self.doubts.covers_relation(&name))
        };
        if touched.into_iter().any(is_doubted) {
            return blind();
        }
        effect
    }

    /// Looks at the next statement of a script, and goes past it.
    ///
    /// # Errors
    /// Text that is not exactly one statement of PostgreSQL's grammar.
    pub fn foresee(&mut self, sql: &str) -> Result<Outlook, SyntaxError> {
        let statement = sql::parse(sql)?;
        let effect = self.effect(&statement);
        let lane = lane_of(&statement, &effect);
        self.apply(sql)?;
        Ok(Outlook {
            statement,
            effect,
            lane,
        })
    }

    /// Does to the schema what the statement will do to the database's.
    ///
    /// # Errors
    /// Text that is not exactly one statement of PostgreSQL's grammar.
    pub fn apply(&mut self, sql: &str) -> Result<(), SyntaxError> {
        let statement = sql::parse(sql)?;
        let definition = sql::definition(sql)?;
        let effect = self.effect(&statement);
        if effect.opaque {
            self.doubts.everything = true;
        }
        if self.doubts.everything {
            return Ok(());
        }
        let touched = self.touched(&effect);
        self.spell_not_null(&touched);
        let followed = self.follow(&statement, &definition);
        self.leave_out_not_null();
        if followed == Followed::No {
            self.doubt_touched(&effect);
        }
        self.connect();
        Ok(())
    }

    fn follow(&mut self, statement: &Statement, definition: &Definition) -> Followed {
        match statement {
            Statement::Alter {
                relation,
                only,
                commands,
                ..
            } => match definition {
                Definition::Alter(definitions) => self.alter(relation, *only, commands, definitions),
                _ => Followed::No,
            },
            Statement::CreateIndex {
                relation,
                only,
                if_not_exists,
                ..
            } => match definition {
                Definition::Index(index) => self.create_index(relation, *only, *if_not_exists, index),
                _ => Followed::No,
            },
            Statement::Drop { .. } => self.drop_objects(statement),
            Statement::CreateTable {
                relation,
                if_not_exists,
                temporary,
                ..
            } => match definition {
                _ if *temporary => Followed::Yes,
                Definition::Table(table) => self.create_table(relation, *if_not_exists, table),
                _ => Followed::No,
            },
            Statement::CreateTableAs {
                relation,
                if_not_exists,
                materialized,
                with_data,
                touched,
            } => {
                let kind = if *materialized {
                    RelationKind::MaterializedView(crate::catalog::MaterializedView {
                        query: String::new(),
                        is_populated: *with_data,
                    })
                } else {
                    RelationKind::Table
                };
                match definition {
                    Definition::View(columns) => {
                        self.create_from_query(relation, kind, *if_not_exists, touched, columns)
                    }
                    // Temporary.
                    _ => Followed::Yes,
                }
            }
            Statement::CreateView {
                relation, touched, ..
            } => match definition {
                Definition::View(columns) => {
                    let kind = RelationKind::View(String::new());
                    self.create_from_query(relation, kind, false, touched, columns)
                }
                _ => Followed::Yes,
            },
            Statement::Refresh {
                relation, with_data, ..
            } => {
                let view = self
                    .find(relation)
                    .and_then(|name| self.catalog.relations.get_mut(&name));
                if let Some(RelationKind::MaterializedView(view)) = view.map(|view| &mut view.kind) {
                    view.is_populated = *with_data;
                }
                Followed::Yes
            }
            Statement::CreateSequence {
                relation,
                if_not_exists,
            } => match definition {
                Definition::Sequence(options) => self.create_sequence(relation, *if_not_exists, options),
                _ => Followed::Yes,
            },
            Statement::AlterSequence { relation } => match definition {
                Definition::Sequence(options) => self.alter_sequence(relation, options),
                _ => Followed::No,
            },
            Statement::CreateTrigger { relation, .. } => self.create_trigger(relation, definition),
            Statement::TableRule { relation, .. } => self.create_policy(relation, definition),
            Statement::Rename { .. } => self.rename(statement),
            Statement::SetSchema { object, relation } => match (relation, definition) {
                (Some(relation), Definition::NewSchema(schema)) if *object != ObjectKind::Index => {
                    self.move_to_schema(relation, schema)
                }
                _ => self.doubt_everything(),
            },
            Statement::AlterEnum { .. } => self.alter_enum(definition),
            Statement::AlterDomain { .. } => self.alter_domain(definition),
            Statement::CreateSchema { .. } => match definition {
                Definition::Schema { name, .. } => {
                    self.catalog.schemas.entry(name.clone()).or_default();
                    Followed::Yes
                }
                _ => self.doubt_everything(),
            },
            Statement::Sweeping { kind, of, .. } => match (*kind, of) {
                ("reassign_owned" | "alter_publication", _) => Followed::Yes,
                ("alter_type", Some(of)) => {
                    if let Some(name) = self.type_name_of(of) {
                        self.doubts.objects.insert(Address::Type(name));
                    }
                    Followed::No
                }
                _ => self.doubt_everything(),
            },
            Statement::Set { name, .. } => {
                match (name.as_deref(), definition) {
                    (Some("search_path"), Definition::Words(words)) if !words.is_empty() => {
                        let schemas = self.catalog.schemas.keys();
                        let known: BTreeSet<&String> = schemas.collect();
                        self.search_path = words
                            .iter()
                            .filter(|word| known.contains(word))
                            .cloned()
                            .collect();
                    }
                    (Some("search_path" | "role" | "session_authorization") | None, _) => {
                        self.search_path.clear();
                    }
                    _ => {}
                }
                Followed::Yes
            }
            Statement::Cluster { relation } => match (relation, definition) {
                (Some(relation), Definition::Clustered(Some(index))) => {
                    let table = self
                        .find(relation)
                        .and_then(|name| self.catalog.relations.get_mut(&name));
                    if let Some(table) = table {
                        table
                            .indexes
                            .iter_mut()
                            .for_each(|of| of.is_clustered = of.name == *index);
                    }
                    Followed::Yes
                }
                _ => Followed::Yes,
            },
            Statement::CatalogOnly { kind } | Statement::OnRelations { kind, .. } => {
                self.catalog_only(kind, definition)
            }
            // Rows, waiting, sessions: no schema.
            Statement::Reindex { .. }
            | Statement::Truncate { .. }
            | Statement::Lock { .. }
            | Statement::Change { .. }
            | Statement::Query { .. }
            | Statement::Vacuum { .. }
            | Statement::Transaction { .. }
            | Statement::SessionObject { .. } => Followed::Yes,
            Statement::Do { .. } => self.doubt_everything(),
            Statement::Outside { kind, .. } => match *kind {
                "call" => self.doubt_everything(),
                _ => Followed::Yes,
            },
        }
    }

    fn catalog_only(&mut self, kind: &str, definition: &Definition) -> Followed {
        match (kind, definition) {
            (_, Definition::Enum(..) | Definition::Composite(..) | Definition::Domain(..)) => {
                self.create_type(definition)
            }
            (_, Definition::Extension(name)) => {
                // Its members are left alone; whoever uses one of its types is in doubt then.
                if !self.catalog.extensions.contains_key(name) {
                    let path = self.search_path.first().map_or("public", String::as_str);
                    let extension = Extension::new("", path);
                    self.catalog.extensions.insert(name.clone(), extension);
                    self.doubts.objects.insert(Address::Extension(name.clone()));
                }
                Followed::Yes
            }
            // A type by what the model has no text for.
            ("create_range", _) | (_, Definition::Defined(true)) => self.doubt_everything(),
            ("create_function" | "alter_function" | "create_aggregate", _) => {
                // Volatility may have changed: nobody is to decide by it.
                self.catalog.routines.clear();
                Followed::Yes
            }
            ("import_foreign_schema" | "alter_extension" | "alter_extension_contents", _) => {
                self.doubt_everything()
            }
            _ => Followed::Yes,
        }
    }

    fn create_trigger(&mut self, relation: &RelationName, definition: &Definition) -> Followed {
        let Definition::Trigger {
            name,
            function,
            is_row,
            is_constraint,
        } = definition
        else {
            return Followed::No;
        };
        let routines = self.catalog.routines.keys();
        let is_meant = |schema: &str| match &function.schema {
            Some(written) => written == schema,
            None => self.search_path.iter().any(|known| known == schema),
        };
        let mut found = routines.filter(|of| of.name.name == function.name && is_meant(&of.name.schema));
        let (Some(routine), Some(table)) = (found.next().cloned(), self.find(relation)) else {
            return Followed::No;
        };
        let has_partitions = self.catalog.children(&table).next().is_some();
        let Some(of) = self.catalog.relations.get_mut(&table) else {
            return Followed::No;
        };
        if has_partitions && *is_row {
            return Followed::No;
        }
        let mut trigger = Trigger::new(name, "", routine.clone());
        trigger.is_row = *is_row;
        trigger.is_constraint = *is_constraint;
        of.triggers.retain(|trigger| trigger.name != *name);
        insert_by(&mut of.triggers, trigger, |trigger| &trigger.name);
        let address = Address::Trigger(table, name.clone());
        self.edges
            .push((address, Address::Routine(routine), DependencyKind::Normal));
        if *is_constraint {
            Followed::No
        } else {
            Followed::Yes
        }
    }

    fn create_policy(&mut self, relation: &RelationName, definition: &Definition) -> Followed {
        let table = self
            .find(relation)
            .and_then(|name| self.catalog.relations.get_mut(&name));
        match (definition, table) {
            (Definition::Rule(name), Some(table)) => {
                let rule = Rule {
                    name: name.clone(),
                    definition: String::new(),
                    state: FiringState::Origin,
                };
                table.rules.retain(|known| known.name != *name);
                insert_by(&mut table.rules, rule, |rule| &rule.name);
                return Followed::Yes;
            }
            (
                Definition::PolicyChange {
                    name,
                    roles,
                    using,
                    check,
                },
                Some(table),
            ) => {
                for policy in table.policies.iter_mut().filter(|policy| policy.name == *name) {
                    if let Some(roles) = roles {
                        policy.roles.clone_from(roles);
                        policy.roles.sort();
                    }
                    policy.using = using.clone().or(policy.using.take());
                    policy.check = check.clone().or(policy.check.take());
                }
                return Followed::Yes;
            }
            _ => {}
        }
        let Definition::Policy {
            name,
            command,
            is_permissive,
            roles: Some(roles),
            using,
            check,
        } = definition
        else {
            return Followed::No;
        };
        let Some(table) = self
            .find(relation)
            .and_then(|name| self.catalog.relations.get_mut(&name))
        else {
            return Followed::No;
        };
        let mut roles = roles.clone();
        roles.sort();
        let policy = Policy {
            name: name.clone(),
            command: command.clone(),
            is_permissive: *is_permissive,
            roles,
            using: using.clone(),
            check: check.clone(),
        };
        insert_by(&mut table.policies, policy, |policy| &policy.name);
        Followed::Yes
    }

    /// All that a statement locks so that no other DDL comes in between is what it may change.
    fn doubt_touched(&mut self, effect: &Effect) {
        if effect
            .unnamed
            .iter()
            .any(|lock| lock.mode >= LockMode::ShareUpdateExclusive)
        {
            self.doubts.everything = true;
            return;
        }
        let path: Vec<&str> = self.search_path.iter().map(String::as_str).collect();
        for lock in effect
            .locks
            .iter()
            .filter(|lock| lock.mode >= LockMode::ShareUpdateExclusive)
        {
            let (schema, name) = (lock.relation.schema.as_deref(), &lock.relation.name);
            match self.catalog.resolve(schema, name, &path) {
                Some(name) => {
                    let of_index = self.catalog.index(&name).map(|(table, ..)| table.clone());
                    let relation = of_index.unwrap_or(name);
                    self.doubts.objects.insert(Address::Relation(relation));
                }
                None => self.doubts.everything = true,
            }
        }
    }

    /// The relations that a statement locks.
    fn touched(&self, effect: &Effect) -> Vec<QualifiedName> {
        let found = effect.locks.iter().filter_map(|lock| self.find(&lock.relation));
        found.collect()
    }

    fn doubt(&mut self, relation: &QualifiedName) {
        self.doubts.objects.insert(Address::Relation(relation.clone()));
    }

    fn doubt_everything(&mut self) -> Followed {
        self.doubts.everything = true;
        Followed::No
    }

    /// The relation or index of that name.
    fn find(&self, name: &RelationName) -> Option<QualifiedName> {
        let path: Vec<&str> = self.search_path.iter().map(String::as_str).collect();
        self.catalog.resolve(name.schema.as_deref(), &name.name, &path)
    }

    /// The name that something new gets.
    fn place(&self, name: &RelationName) -> Option<QualifiedName> {
        let schema = name.schema.as_ref().or_else(|| self.search_path.first())?;
        Some(QualifiedName::new(schema, &name.name))
    }

    fn relation(&self, name: &QualifiedName) -> Option<&Relation> {
        self.catalog.relations.get(name)
    }

    fn is_18(&self) -> bool {
        self.catalog.major() >= 18
    }

    /// Adds the new dependencies, and drops those of what is gone.
    fn connect(&mut self) {
        if self.edges.is_empty() {
            return;
        }
        let added = std::mem::take(&mut self.edges);
        let old = std::mem::take(&mut self.catalog.dependencies);
        let known = old
            .iter()
            .map(|edge| (edge.dependent.clone(), edge.referenced.clone(), edge.kind));
        self.catalog.dependencies = crate::catalog::Dependencies::new(known.chain(added));
    }
}

/// Puts an item into a list that is in the order of its names.
fn insert_by<T>(list: &mut Vec<T>, item: T, name: impl Fn(&T) -> &String) {
    let at = list.partition_point(|known| name(known) < name(&item));
    list.insert(at, item);
}
