//! Pairs of schemas that nobody consults while the difference is changed: what it makes of them is the honest measure.
//! The rate is printed; see `heldout/README.md`.

use std::path::Path;

use futures_util::stream::{self, StreamExt};
use windlass_testkit::shared;

use super::pairs::execute;
use super::proof::{Reached, both_ways, state};

/// What the pairs expect to be there.
const ROLES: &str = include_str!("roles.sql");

#[tokio::test]
async fn the_rate_on_pairs_that_were_not_looked_at() {
    if is_another_server().await {
        return;
    }
    let measured = measure("heldout").await;
    measured.tell();
    let Measured { count, failures, .. } = measured;
    for failure in &failures {
        let name = failure.split(':').next().unwrap_or_default();
        println!("  {name}");
    }
    // What they fail with is not told: it would be looked at. Of the first hundred 85 passed
    // at first, of 24 later ones 17, and of the last 24 23.
    const PASSED: usize = 98;
    assert!(
        failures.len() * 100 <= count * (100 - PASSED),
        "{} of {count} fail",
        failures.len()
    );
}

#[tokio::test]
async fn pairs_that_have_been_opened() {
    /// The first attaches a partition by an operator class without the operators that ATTACH PARTITION needs, and CREATE
    /// TABLE … PARTITION OF does not: pg_dump's own text of it does not load either. The second adds a column whose
    /// default reads a setting that no session has. In the third a column's new type makes PostgreSQL read a check back,
    /// which then says the same in other words; only a check that is made again would say it in the first ones.
    const NOT_YET: [&str; 3] = [
        "284_operator_classes_in_use",
        "418_saas_tenants",
        "447_kotlin_flyway_wallet",
    ];
    if is_another_server().await {
        return;
    }
    let measured = measure("opened").await;
    measured.tell();
    let Measured { count, failures, .. } = measured;
    let names: Vec<&str> = failures
        .iter()
        .filter_map(|failure| failure.split(':').next())
        .collect();
    assert_eq!(names, NOT_YET, "of {count}\n{}", failures.join("\n"));
}

/// Pairs from elsewhere, in the folder that `WINDLASS_TEST_PAIRS` names. `WINDLASS_TEST_TELL` opens those that fail.
#[tokio::test]
async fn pairs_of_a_folder() {
    let Some(folder) = std::env::var_os("WINDLASS_TEST_PAIRS") else {
        return;
    };
    let measured = measure(std::path::PathBuf::from(folder)).await;
    measured.tell();
    let is_told = std::env::var_os("WINDLASS_TEST_TELL").is_some();
    for failure in &measured.failures {
        let (name, _) = failure.split_once(':').unwrap();
        println!("  {}", if is_told { failure } else { name });
    }
    assert!(measured.failures.is_empty(), "of {}", measured.count);
}

/// What became of pairs.
#[derive(Default)]
struct Measured {
    count: usize,
    /// Pairs that were reached but for what a child has of its own.
    but_for_own: Vec<String>,
    /// Pairs with what they failed with.
    failures: Vec<String>,
}

impl Measured {
    fn tell(&self) {
        println!(
            "{} of {} pairs pass both ways",
            self.count - self.failures.len(),
            self.count
        );
        if !self.but_for_own.is_empty() {
            println!("{} but for what a child has of its own", self.but_for_own.len());
        }
    }
}

/// Whether the server is not the one that the pairs are written for.
async fn is_another_server() -> bool {
    let version = shared().await.version().await;
    if version != 15 {
        eprintln!("skipped: the pairs are written for PostgreSQL 15, and this is {version}");
    }
    version != 15
}

/// How many pairs of the folder were tried, and which failed with what.
async fn measure(folder: impl AsRef<Path>) -> Measured {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/diff")
        .join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    let chosen = std::env::var("WINDLASS_TEST_CASE").unwrap_or_default();
    let pairs = files.into_iter().filter_map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let (old, new) = text.split_once("\n-- new\n").unwrap();
        let (old, new) = (old.to_owned(), new.to_owned());
        name.contains(&chosen).then_some(Pair { name, old, new })
    });
    prove(pairs.collect()).await
}

/// Two schemas.
struct Pair {
    name: String,
    old: String,
    new: String,
}

/// How many pairs there are, and which failed with what.
async fn prove(pairs: Vec<Pair>) -> Measured {
    let results = pairs.into_iter().map(|pair| async move {
        let result = pair.proved().await;
        (pair.name, result)
    });
    let results: Vec<_> = stream::iter(results).buffered(4).collect().await;
    let mut measured = Measured::default();
    for (name, result) in results {
        measured.count += 1;
        match result {
            Ok(Reached::Exactly) => {}
            Ok(Reached::ButForOwn) => measured.but_for_own.push(name),
            Err(error) => measured.failures.push(format!("{name}: {error}")),
        }
    }
    measured
}

/// The new schema of one opened pair becomes that of another, which has little in common with it but names. The long
/// run has some; `WINDLASS_TEST_SEEDS` chooses how far apart they lie.
#[tokio::test]
async fn opened_schemas_become_others() {
    if std::env::var_os("WINDLASS_TEST_FULL").is_none() || is_another_server().await {
        return;
    }
    let distances = std::env::var("WINDLASS_TEST_SEEDS").unwrap_or_else(|_| "1..2".to_owned());
    let (from, to) = distances.split_once("..").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff/opened");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let schemas: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(file).unwrap();
            let (_, new) = text.split_once("\n-- new\n").unwrap();
            (name[..3].to_owned(), new.to_owned())
        })
        .collect();
    let chosen = std::env::var("WINDLASS_TEST_CASE").unwrap_or_default();
    let mut pairs = Vec::new();
    for distance in from.parse::<usize>().unwrap()..to.parse().unwrap() {
        let others = schemas.iter().cycle().skip(distance);
        for ((one, old), (other, new)) in schemas.iter().zip(others) {
            let name = format!("{one}_{other}");
            if name.contains(&chosen) {
                let (old, new) = (old.clone(), new.clone());
                pairs.push(Pair { name, old, new });
            }
        }
    }
    let Measured { count, failures, .. } = prove(pairs).await;
    assert!(
        failures.is_empty(),
        "{} of {count} fail\n{}",
        failures.len(),
        failures.join("\n")
    );
}

impl Pair {
    async fn proved(&self) -> Result<Reached, String> {
        let server = shared().await;
        let (one, other) = (server.database().await, server.database().await);
        one.execute(ROLES).await;
        execute(&one, &self.old).await?;
        execute(&other, &self.new).await?;
        both_ways(state(one).await, state(other).await, &[], true).await
    }
}
