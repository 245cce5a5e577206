//! A catalog's text recreates it: the new database reads as the same model, and pg_dump says the same of both.

use std::path::Path;

use windlass::compiler::catalog::{Catalog, SETTINGS, WriteOptions};
use windlass_testkit::{Binaries, Database, shared};

use super::{introspect, introspect_clean};

/// One file of `fixtures/` each: everything that a kind of object can have.
macro_rules! fixtures {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            fixture(stringify!($name), include_str!(concat!("fixtures/", stringify!($name), ".sql"))).await;
        })*

        #[test]
        fn every_fixture_is_tested() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/introspect/fixtures");
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            files.sort();
            let mut tested = vec![$(stringify!($name)),*];
            tested.sort_unstable();
            assert_eq!(files, tested);
        }
    };
}

fixtures!(
    tables,
    constraints,
    indexes,
    partitions,
    inheritance,
    sequences,
    views,
    types,
    routines,
    triggers,
    circles,
    privileges,
    public_schema,
    no_public_schema,
    operators,
    languages,
    text_search,
    foreign,
    replication,
    others
);

/// A fixture may ask for a server: `-- since 15` in its first line. `{alice}` and `{bob}` are roles.
async fn fixture(name: &str, sql: &str) {
    let server = shared().await;
    let version = server.version().await;
    let mut usable = String::new();
    // Paragraphs may ask for a server too.
    for paragraph in sql.split("\n\n") {
        let since = paragraph
            .lines()
            .find_map(|line| line.strip_prefix("-- since "))
            .map_or(14, |since| since.trim().parse::<u32>().unwrap());
        if since <= version {
            usable.push_str(paragraph);
            usable.push_str("\n\n");
        }
    }
    let database = server.database().await;
    for role in ["{alice}", "{bob}"] {
        if usable.contains(role) {
            usable = usable.replace(role, &database.create_role("").await);
        }
    }
    if let Err(error) = database.connect().await.batch_execute(&usable).await {
        panic!("{name}: {}", error.as_db_error().unwrap().message());
    }
    round_trip(name, &database).await;
}

/// Introspects, writes, runs what was written in a new database, and compares.
pub(crate) async fn round_trip(name: &str, database: &Database) {
    let catalog = introspect_clean(database).await;
    let dump = has_pg_dump().then(|| database.dump());
    compare(name, &catalog, dump).await;
}

/// The database that `WINDLASS_TEST_ROUND_TRIP` is the address of, such as PostgreSQL's own regression database.
/// Its server must be that of `WINDLASS_TEST_DATABASE_URL`.
#[tokio::test]
#[ignore = "needs a database to read"]
async fn a_given_database() {
    let url =
        std::env::var("WINDLASS_TEST_ROUND_TRIP").expect("WINDLASS_TEST_ROUND_TRIP is a database's address");
    let options = windlass::connect::ConnectOptions::resolve(&url, &|_| None).unwrap();
    let connection = windlass::connect::connect(&options, &[]).await.unwrap();
    let read = windlass::introspect::read(&connection.client).await.unwrap();
    for unknown in &read.catalog.unmodelled {
        println!("not written: {}", unknown.description);
    }
    for unseen in &read.unseen {
        println!("not seen: {}", unseen.what);
    }
    let pg_dump = Binaries::find().unwrap().tool("pg_dump");
    let dump = std::process::Command::new(pg_dump)
        .args(["--schema-only", "--dbname", &url])
        .output()
        .unwrap();
    let dump = String::from_utf8(dump.stdout).unwrap();
    // These are named above.
    let dump: Vec<&str> = dump
        .lines()
        .filter(|line| !(line.starts_with("GRANT ") && line.contains(" ON TABLE pg_catalog.")))
        .collect();
    let dump = Some(dump.join("\n"));
    compare("the given database", &read.catalog, dump).await;
}

async fn compare(name: &str, catalog: &Catalog, dump: Option<String>) {
    let copy = shared().await.database().await;
    recreate(name, catalog, &copy).await;
    let again = introspect(&copy).await.catalog;
    let (text, text_again) = (
        catalog.to_sql(&WriteOptions::default()),
        again.to_sql(&WriteOptions::default()),
    );
    same_lines(name, "text", &text, &text_again);
    assert_eq!(text, text_again, "{name}: the order of the text changed");
    if let Some(dump) = dump {
        let (dump, dump_again) = (statements_of(&dump), statements_of(&copy.dump()));
        same_lines(name, "pg_dump", &dump, &dump_again);
    }
    let (mut one, mut two) = (catalog.without_measures(), again.without_measures());
    one.unmodelled.clear();
    for catalog in [&mut one, &mut two] {
        without_late_order(catalog);
    }
    if one != two {
        same_lines(name, "model", &format!("{one:#?}"), &format!("{two:#?}"));
        // The same lines in another order.
        for (of, relation) in &one.relations {
            assert_eq!(Some(relation), two.relation(of), "{name}: {of} changed");
        }
        let lines = |catalog: &Catalog| {
            format!("{catalog:#?}")
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let first = lines(&one)
            .into_iter()
            .zip(lines(&two))
            .find(|(one, two)| one != two);
        panic!("{name}: the model changed, first {first:?}");
    }
}

/// Columns that a parent got after its children were made stand behind the children's own. No statement but the
/// old ones in their old order makes that again; pg_dump does not either.
fn without_late_order(catalog: &mut Catalog) {
    for relation in catalog.relations.values_mut() {
        if relation.columns.iter().any(|column| !column.is_local) {
            relation.columns.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }
}

/// Runs the catalog's text as psql would, a statement at a time.
pub(crate) async fn recreate(name: &str, catalog: &Catalog, copy: &Database) {
    let client = copy.connect().await;
    for setting in SETTINGS {
        client.batch_execute(setting).await.unwrap();
    }
    for statement in catalog.statements(&WriteOptions::default()) {
        if let Err(error) = client.batch_execute(&statement.sql).await {
            let message = error.as_db_error().map(|db| db.message().to_owned());
            panic!("{name}: {message:?} in\n{}", statement.sql);
        }
    }
}

/// The npm packages of other majors have no pg_dump.
fn has_pg_dump() -> bool {
    Binaries::find().is_ok_and(|binaries| binaries.tool("pg_dump").exists())
}

/// Comments and settings are no statements; the order in which options were given is no property of a schema.
fn statements_of(dump: &str) -> String {
    let sorted = |line: &str| {
        let (head, rest) = line.split_once("WITH (")?;
        let (options, tail) = rest.split_once(')')?;
        let mut options: Vec<&str> = options.split(", ").collect();
        options.sort_unstable();
        Some(format!("{head}WITH ({}){tail}", options.join(", ")))
    };
    let is_noise = |line: &&str| {
        line.starts_with("--")
            || line.starts_with('\\')
            || line.starts_with("SET ")
            || line.contains("set_config")
    };
    let lines = dump
        .lines()
        .filter(|line| !is_noise(line) && !line.is_empty())
        .map(|line| sorted(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Compares line by line; the order of whole statements is not what is asked here.
fn same_lines(name: &str, what: &str, one: &str, two: &str) {
    let (mut left, mut right): (Vec<&str>, Vec<&str>) = (one.lines().collect(), two.lines().collect());
    left.sort_unstable();
    right.sort_unstable();
    let mut lost = Vec::new();
    let mut gained = right.clone();
    for line in left {
        match gained.binary_search(&line) {
            Ok(at) => {
                gained.remove(at);
            }
            Err(_) => lost.push(line),
        }
    }
    assert!(
        lost.is_empty() && gained.is_empty(),
        "{name}: {what} differs\nlost:\n{}\ngained:\n{}",
        lost.join("\n"),
        gained.join("\n")
    );
}
