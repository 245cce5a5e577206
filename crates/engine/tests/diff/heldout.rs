//! Pairs of schemas that nobody consults while the difference is changed: what it makes of them is the honest measure.
//! The rate is printed; see `heldout/README.md`.

use std::path::Path;

use windlass_testkit::shared;

use super::pairs::execute;
use super::proof::{both_ways, state};

/// What the pairs expect to be there.
const ROLES: &str = "DO $$
DECLARE role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['app_owner', 'app_reader', 'app_writer'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I', role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END $$";

#[tokio::test]
async fn the_rate_on_pairs_that_were_not_looked_at() {
    if is_another_server().await {
        return;
    }
    let (count, failures) = measure("heldout").await;
    println!("{} of {count} pairs pass both ways", count - failures.len());
    for failure in &failures {
        let name = failure.split(':').next().unwrap_or_default();
        println!("  {name}");
    }
    // What they fail with is not told: it would be looked at. The first measurement was 85, the second 93.
    const PASSED: usize = 93;
    assert!(
        failures.len() * 100 <= count * (100 - PASSED),
        "{} of {count} fail",
        failures.len()
    );
}

#[tokio::test]
async fn pairs_that_have_been_opened() {
    /// Two ask for what PostgreSQL has no statement for (a column of an INHERITS child that is no longer its own, as
    /// pg_dump sees it); one for published columns in another order than the table's; one for a domain that changes
    /// while a type that uses it is swapped.
    const NOT_YET: [&str; 4] = [
        "123_probe_multiple_inheritance",
        "163_ticketing_sequence_sharing",
        "175_probe_column_dropped_that_many_use",
        "177_shop_multicurrency_domain_and_cast",
    ];
    if is_another_server().await {
        return;
    }
    let (count, failures) = measure("opened").await;
    let names: Vec<&str> = failures
        .iter()
        .filter_map(|failure| failure.split(':').next())
        .collect();
    assert_eq!(names, NOT_YET, "of {count}\n{}", failures.join("\n"));
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
async fn measure(folder: &str) -> (usize, Vec<String>) {
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
    let (mut count, mut failures) = (0, Vec::new());
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if !name.contains(&chosen) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let (old, new) = text.split_once("\n-- new\n").unwrap();
        count += 1;
        if let Err(error) = pair(old, new).await {
            failures.push(format!("{name}: {error}"));
        }
    }
    (count, failures)
}

async fn pair(old: &str, new: &str) -> Result<(), String> {
    let server = shared().await;
    let (one, other) = (server.database().await, server.database().await);
    one.execute(ROLES).await;
    execute(&one, old).await?;
    execute(&other, new).await?;
    both_ways(state(one).await, state(other).await, &[], true).await
}
