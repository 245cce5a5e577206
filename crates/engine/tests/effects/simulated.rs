//! Every simulated schema against the server's own: the corpus's statements, each alone, and a few scripts of several.
//! Compared is all that simulation promises to follow; texts that only a server deparses are left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use windlass_compiler::catalog::{
    Address, Catalog, Column, ColumnValue, Constraint, ConstraintKind, Index, IndexKey, Relation,
    RelationKind, Type,
};
use windlass_compiler::simulate::{Doubts, Simulation};

use crate::corpus;
use crate::measure::Laboratory;

/// Statements that change no schema, of which simulation says so without a look.
fn is_about_rows(sql: &str) -> bool {
    use windlass_compiler::sql::Statement;
    matches!(
        windlass_compiler::sql::parse(sql).unwrap(),
        Statement::Change { .. } | Statement::Lock { .. } | Statement::Truncate { .. }
    )
}

#[tokio::test]
async fn a_simulated_schema_is_the_servers_or_in_doubt_1() {
    compare_every_third(0).await;
}

#[tokio::test]
async fn a_simulated_schema_is_the_servers_or_in_doubt_2() {
    compare_every_third(1).await;
}

#[tokio::test]
async fn a_simulated_schema_is_the_servers_or_in_doubt_3() {
    compare_every_third(2).await;
}

async fn compare_every_third(first: usize) {
    let laboratory = Laboratory::start().await;
    let (mut faults, mut doubted, mut count) = (Vec::new(), Vec::new(), 0);
    for row in corpus::rows().into_iter().skip(first).step_by(3) {
        if !row.is_for(laboratory.version) || !row.against.is_empty() || is_about_rows(&row.sql) {
            continue;
        }
        let scene = laboratory.scene(&row).await;
        let scene = scene.as_ref().unwrap_or(laboratory.common());
        // What refuses a transaction leaves the schema alone, or is measured with its rivals.
        let Some(truth) = scene.schema_after(&row).await else {
            continue;
        };
        count += 1;
        let mut simulation = Simulation::new(scene.catalog().await.clone(), &["public"]);
        simulation
            .apply(&row.sql)
            .unwrap_or_else(|error| panic!("{}: {error}", row.sql));
        let wrong = differences(&simulation, &truth);
        if !wrong.is_empty() {
            faults.push(format!(
                "line {}: {}\n    {}",
                row.line,
                row.sql,
                wrong.join("\n    ")
            ));
        }
        if *simulation.doubts() != Doubts::default() {
            doubted.push(format!("line {}: {}", row.line, row.sql));
        }
    }
    println!("in doubt after:\n{}", doubted.join("\n"));
    println!("{count} statements, {} left something in doubt", doubted.len());
    assert!(
        faults.is_empty(),
        "{} of {count} statements on PostgreSQL {}:\n{}",
        faults.len(),
        laboratory.version,
        faults.join("\n")
    );
    assert!(
        doubted.len() * 4 < count,
        "{} of {count} are in doubt",
        doubted.len()
    );
}

/// Revisions that stand on each other.
const SCRIPT: &str = "
CREATE SCHEMA shop;
SET search_path = shop, public;
CREATE TYPE state AS ENUM ('new', 'done');
CREATE DOMAIN amount AS numeric(12, 2) CHECK (VALUE >= 0);
CREATE TABLE customers (id bigserial PRIMARY KEY, mail text NOT NULL UNIQUE, CHECK (mail <> ''));
CREATE TABLE orders (
    id int GENERATED ALWAYS AS IDENTITY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    state state NOT NULL DEFAULT 'new',
    total amount,
    PRIMARY KEY (id)
);
CREATE INDEX ON orders (customer_id, state);
CREATE INDEX orders_open ON orders (lower(mail_of(id))) WHERE state = 'new';
ALTER TABLE orders ADD COLUMN note varchar(20), ADD CHECK (note <> ''), ADD CHECK (note <> 'x');
ALTER TABLE orders ADD CONSTRAINT orders_later CHECK (total < 1000000) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_later;
ALTER TABLE orders RENAME COLUMN note TO remark;
ALTER TABLE orders ALTER COLUMN remark TYPE text, ALTER COLUMN remark SET NOT NULL;
ALTER TABLE customers RENAME TO clients;
CREATE UNIQUE INDEX clients_name ON clients (lower(mail));
ALTER TYPE state ADD VALUE 'sent' AFTER 'new';
CREATE TABLE archive (LIKE orders);
CREATE VIEW open_orders AS SELECT id, total FROM orders WHERE state = 'new';
ALTER TABLE orders DROP COLUMN total CASCADE;
ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey;
DROP TABLE clients;
ALTER TABLE orders SET SCHEMA public;
CREATE TABLE public.events (at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE INDEX ON public.events (kind);
DROP SCHEMA shop CASCADE;
";

#[tokio::test]
async fn revisions_that_stand_on_each_other_are_followed() {
    let laboratory = Laboratory::start().await;
    let scene = laboratory.common();
    scene
        .begin("CREATE FUNCTION mail_of(int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x''::text'")
        .await;
    let mut simulation = Simulation::new(scene.schema().await, &["public"]);
    for span in windlass_compiler::sql::split(SCRIPT).unwrap() {
        let sql = &SCRIPT[span.range()];
        scene.execute(sql).await;
        simulation.apply(sql).unwrap();
        let wrong = differences(&simulation, &scene.schema().await);
        assert!(wrong.is_empty(), "after {sql}:\n    {}", wrong.join("\n    "));
        assert!(!simulation.doubts().all(), "after {sql}");
    }
}

/// What differs and is not in doubt.
fn differences(simulation: &Simulation, truth: &Catalog) -> Vec<String> {
    if simulation.doubts().all() {
        return Vec::new();
    }
    let (mine, its) = (structure(simulation.catalog()), structure(truth));
    let mut keys: Vec<&Address> = mine.keys().chain(its.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut wrong = Vec::new();
    for key in keys.into_iter().filter(|key| !simulation.doubts().covers(key)) {
        match (mine.get(key), its.get(key)) {
            (Some(_), None) => wrong.push(format!("{key} is not there")),
            (None, Some(_)) => wrong.push(format!("{key} is missing")),
            (Some(mine), Some(its)) => {
                let lines = |text: &String| text.lines().map(str::to_owned).collect::<Vec<_>>();
                let (mine, its) = (lines(mine), lines(its));
                for line in mine.iter().filter(|line| !its.contains(line)) {
                    wrong.push(format!("{key}: simulated {line}"));
                }
                for line in its.iter().filter(|line| !mine.contains(line)) {
                    wrong.push(format!("{key}: in truth  {line}"));
                }
            }
            (None, None) => {}
        }
    }
    wrong
}

fn structure(catalog: &Catalog) -> BTreeMap<Address, String> {
    let relations = catalog
        .relations
        .iter()
        .map(|(name, of)| (Address::Relation(name.clone()), relation(of)));
    let types = catalog
        .types
        .iter()
        .map(|(name, of)| (Address::Type(name.clone()), user_type(of)));
    let schemas = catalog
        .schemas
        .keys()
        .map(|name| (Address::Schema(name.clone()), String::new()));
    let extensions = catalog
        .extensions
        .keys()
        .map(|name| (Address::Extension(name.clone()), String::new()));
    relations.chain(types).chain(schemas).chain(extensions).collect()
}

fn relation(of: &Relation) -> String {
    let mut text = String::new();
    let mut line = |words: String| writeln!(text, "{words}").unwrap();
    let kind = match &of.kind {
        RelationKind::PartitionedTable(key) => format!("partitioned by {:?} {:?}", key.strategy, key.columns),
        RelationKind::Sequence(sequence) => format!("{sequence:?}"),
        RelationKind::MaterializedView(view) => format!("materialised, populated {}", view.is_populated),
        other => other.keyword().to_owned(),
    };
    line(format!("is {kind}, {:?}", of.persistence));
    let place = of
        .partition_of
        .as_ref()
        .map(|place| (&place.parent, place.is_default()));
    line(format!(
        "inherits {:?}, partition of {place:?}, of type {:?}",
        of.inherits, of.of_type
    ));
    line(format!(
        "tablespace {:?}, by {:?}",
        of.tablespace, of.access_method
    ));
    line(format!(
        "row security {:?}, replica identity {:?}",
        of.row_security, of.replica_identity
    ));
    line(format!("options {:?}", of.options));
    let names: Vec<&String> = of.columns.iter().map(|column| &column.name).collect();
    line(format!("columns {names:?}"));
    of.columns.iter().for_each(|of| line(column(of)));
    of.constraints.iter().for_each(|of| line(constraint(of)));
    of.indexes.iter().for_each(|of| line(index(of)));
    for trigger in &of.triggers {
        line(format!(
            "trigger {} calls {}, row {}",
            trigger.name, trigger.function, trigger.is_row
        ));
    }
    for rule in &of.rules {
        line(format!("rule {}", rule.name));
    }
    for policy in &of.policies {
        line(format!(
            "policy {} {} {} {:?}",
            policy.name, policy.command, policy.is_permissive, policy.roles
        ));
    }
    text
}

fn column(of: &Column) -> String {
    let value = match &of.value {
        ColumnValue::Default(_) => "default".to_owned(),
        ColumnValue::Stored(_) => "stored".to_owned(),
        ColumnValue::Virtual(_) => "virtual".to_owned(),
        other => format!("{other:?}"),
    };
    format!(
        "column {} {} ({:?}), not null {}, {value}, collation {:?}, statistics {:?}, storage {:?}, compression {:?}, \
         local {}, inherited {}",
        of.name,
        of.data_type,
        of.user_type,
        of.is_not_null,
        of.collation,
        of.statistics,
        of.storage,
        of.compression,
        of.is_local,
        of.inheritance_count
    )
}

fn constraint(of: &Constraint) -> String {
    let mut columns = of.columns.clone();
    let kind = match &of.kind {
        ConstraintKind::Check => {
            columns.sort();
            "check".to_owned()
        }
        other => format!("{other:?}"),
    };
    format!(
        "constraint {} {kind} {columns:?}, valid {}, enforced {}, deferrable {} {}, local {}, inherited {}, parent {:?}, \
         index {:?}",
        of.name,
        of.is_valid,
        of.is_enforced,
        of.is_deferrable,
        of.is_deferred,
        of.is_local,
        of.inheritance_count,
        of.parent,
        of.index
    )
}

fn index(of: &Index) -> String {
    let keys: Vec<&str> = of
        .keys
        .iter()
        .map(|key| match key {
            IndexKey::Column(name) => name.as_str(),
            IndexKey::Expression(_) => "(expression)",
        })
        .collect();
    format!(
        "index {} {} {keys:?} including {:?}, partial {}, unique {} {}, primary {}, valid {}, clustered {}, \
         constraint {:?}, parent {:?}, tablespace {:?}",
        of.name,
        of.method,
        of.included,
        of.predicate.is_some(),
        of.is_unique,
        of.is_nulls_not_distinct,
        of.is_primary,
        of.is_valid,
        of.is_clustered,
        of.constraint,
        of.parent,
        of.tablespace
    )
}

fn user_type(of: &Type) -> String {
    match of {
        Type::Domain(domain) => {
            let constraints: Vec<_> = domain
                .constraints
                .iter()
                .map(|of| format!("{} not null {} valid {}", of.name, of.is_not_null, of.is_valid))
                .collect();
            format!(
                "domain {} {:?} {:?} default {} not null {} {constraints:?}",
                domain.base,
                domain.user_type,
                domain.collation,
                domain.default.is_some(),
                domain.is_not_null
            )
        }
        Type::Composite(attributes) => attributes.iter().map(|of| column(of) + "\n").collect(),
        other => format!("{other:?}"),
    }
}
