//! Pairs of schemas, a file for each kind of object and a case for each property; each is gone both ways.

use std::path::Path;

use windlass::compiler::catalog::{Address, QualifiedName, RoutineName};
use windlass::compiler::diff::Rename;
use windlass_testkit::{Database, shared};

use super::proof::{both_ways, state};

/// One file of `pairs/` each.
macro_rules! files {
    ($($name:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $name() {
            file(include_str!(concat!("pairs/", stringify!($name), ".sql"))).await;
        })*

        #[test]
        fn every_file_is_tested() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff/pairs");
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

files!(
    columns,
    constraints,
    indexes,
    notes,
    objects,
    partitions,
    renames,
    routines,
    sequences,
    tables,
    triggers,
    types,
    views,
);

/// A case: `-- case NAME`, perhaps `-- since 15`, then what both schemas have, `-- old` and `-- new`. Renames lose
/// nothing, unless `-- loses` says so; nor does what says `-- keeps`.
struct Case<'a> {
    name: &'a str,
    since: u32,
    old: String,
    new: String,
    renames: Vec<Rename>,
    may_lose: bool,
}

/// `relation public.t public.u`, `column public.t a b`, `schema s z`, `routine public.f(integer) public.g(integer)`.
fn rename(text: &str) -> Rename {
    let qualified = |text: &str| {
        let (schema, name) = text.split_once('.').unwrap();
        QualifiedName::new(schema, name)
    };
    let routine = |text: &str| {
        let (name, arguments) = text.strip_suffix(')').unwrap().split_once('(').unwrap();
        let (name, arguments) = (qualified(name), arguments.to_owned());
        Address::Routine(RoutineName { name, arguments })
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let (from, to) = match words.as_slice() {
        ["relation", from, to] => (
            Address::Relation(qualified(from)),
            Address::Relation(qualified(to)),
        ),
        ["type", from, to] => (Address::Type(qualified(from)), Address::Type(qualified(to))),
        ["schema", from, to] => (
            Address::Schema((*from).to_owned()),
            Address::Schema((*to).to_owned()),
        ),
        ["routine", from, to] => (routine(from), routine(to)),
        ["column", of, from, to] => (
            Address::Column(qualified(of), (*from).to_owned()),
            Address::Column(qualified(of), (*to).to_owned()),
        ),
        ["trigger", of, from, to] => (
            Address::Trigger(qualified(of), (*from).to_owned()),
            Address::Trigger(qualified(of), (*to).to_owned()),
        ),
        _ => panic!("no rename: {text}"),
    };
    Rename::new(from, to)
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for block in text.split("\n-- case ").skip(1) {
        let (name, body) = block.split_once('\n').unwrap();
        let mut renames = Vec::new();
        let (mut since, mut both, mut old, mut new, mut at) =
            (14, String::new(), String::new(), String::new(), 0);
        for line in body.lines() {
            match line {
                "-- old" => at = 1,
                "-- new" => at = 2,
                line => {
                    if let Some(version) = line.strip_prefix("-- since ") {
                        since = version.parse().unwrap();
                    }
                    if let Some(text) = line.strip_prefix("-- rename ") {
                        renames.push(rename(text));
                    }
                    let part = match at {
                        0 => &mut both,
                        1 => &mut old,
                        _ => &mut new,
                    };
                    part.push_str(line);
                    part.push('\n');
                }
            }
        }
        cases.push(Case {
            name,
            since,
            old: format!("{both}{old}"),
            new: format!("{both}{new}"),
            renames,
            may_lose: !body.lines().any(|line| line == "-- keeps")
                && (body.lines().any(|line| line == "-- loses") || !body.contains("\n-- rename ")),
        });
    }
    assert!(!cases.is_empty());
    cases
}

async fn file(text: &str) {
    let version = shared().await.version().await;
    // `WINDLASS_TEST_CASE` chooses those whose names contain it.
    let chosen = std::env::var("WINDLASS_TEST_CASE").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for case in cases(text) {
        if case.since > version || !case.name.contains(&chosen) {
            continue;
        }
        count += 1;
        if let Err(error) = prove(&case).await {
            failures.push(format!("==== {}: {error}", case.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} cases fail\n{}",
        failures.len(),
        failures.join("\n")
    );
}

async fn prove(case: &Case<'_>) -> Result<(), String> {
    let server = shared().await;
    let (one, other) = (server.database().await, server.database().await);
    let (mut old, mut new) = (case.old.clone(), case.new.clone());
    for role in ["{alice}", "{bob}"] {
        if old.contains(role) || new.contains(role) {
            let name = one.create_role("").await;
            old = old.replace(role, &name);
            new = new.replace(role, &name);
        }
    }
    execute(&one, &old).await?;
    execute(&other, &new).await?;
    both_ways(state(one).await, state(other).await, &case.renames, case.may_lose)
        .await
        .map(drop)
}

pub(crate) async fn execute(database: &Database, sql: &str) -> Result<(), String> {
    let client = database.connect().await;
    client.batch_execute(sql).await.map_err(|error| {
        let message = error.as_db_error().map(|db| db.message().to_owned());
        format!("the case itself: {message:?} in\n{sql}")
    })
}

/// Fixtures that hold everything that a kind of object can have are made from nothing, and taken away; in the long run
/// each becomes some others.
macro_rules! fixtures {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            #[tokio::test]
            async fn comes_and_goes() {
                super::prove(stringify!($name), String::new(), text(), true).await.unwrap_or_else(|error| panic!("{error}"));
            }

            pub(super) fn text() -> String {
                include_str!(concat!("../introspect/fixtures/", stringify!($name), ".sql")).to_owned()
            }
        })*

        fn all() -> Vec<(&'static str, String)> {
            vec![$((stringify!($name), $name::text())),*]
        }
    };
}

mod fixture {
    use windlass_testkit::shared;

    use super::Case;

    fixtures!(
        circles,
        constraints,
        foreign,
        indexes,
        inheritance,
        languages,
        no_public_schema,
        operators,
        others,
        partitions,
        privileges,
        public_schema,
        replication,
        routines,
        sequences,
        tables,
        text_search,
        triggers,
        types,
        views,
    );

    #[tokio::test]
    async fn each_becomes_others() {
        if std::env::var_os("WINDLASS_TEST_FULL").is_none() {
            return;
        }
        let fixtures = all();
        let mut failures = Vec::new();
        for (at, (one, old)) in fixtures.iter().enumerate() {
            // A quarter of all pairs.
            for (other, new) in fixtures.iter().cycle().skip(at + 1).take(5) {
                let name = format!("{one}_{other}");
                if let Err(error) = prove(&name, old.clone(), new.clone(), false).await {
                    failures.push(format!("==== {error}"));
                }
            }
        }
        assert!(
            failures.is_empty(),
            "{} fail\n{}",
            failures.len(),
            failures.join("\n")
        );
    }

    /// Paragraphs may ask for a server (`-- since 15`).
    async fn prove(name: &str, old: String, new: String, with_public: bool) -> Result<(), String> {
        let version = shared().await.version().await;
        // On 14 nobody says who owned the schema public.
        if name.contains("public_schema") && (version < 15 || !with_public && name.contains("no_public")) {
            return Ok(());
        }
        let usable = |text: String| {
            let paragraphs = text.split("\n\n").filter(|paragraph| {
                let since = paragraph.lines().find_map(|line| line.strip_prefix("-- since "));
                since.map_or(14, |since| since.trim().parse::<u32>().unwrap()) <= version
            });
            paragraphs.collect::<Vec<_>>().join("\n\n")
        };
        let case = Case {
            name,
            since: 14,
            old: usable(old),
            new: usable(new),
            renames: Vec::new(),
            may_lose: true,
        };
        super::prove(&case)
            .await
            .map_err(|error| format!("{name}: {error}"))
    }
}
