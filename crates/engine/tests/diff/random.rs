//! Random schemas: from one state to another and back.

use windlass_testkit::{RandomSchema, shared};

use super::proof::{both_ways, state};

/// How many schemas; the long run has more.
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("WINDLASS_TEST_SEEDS") {
        Ok(text) => {
            let (from, to) = text.split_once("..").expect("WINDLASS_TEST_SEEDS is FROM..TO");
            from.parse().unwrap()..to.parse().unwrap()
        }
        Err(_) if std::env::var_os("WINDLASS_TEST_FULL").is_some() => 0..200,
        Err(_) => 0..12,
    }
}

#[tokio::test]
async fn random_schemas_become_others() {
    let server = shared().await;
    let major = server.version().await;
    let mut failures = Vec::new();
    for seed in seeds() {
        let mut schema = RandomSchema::new(seed, major, 6);
        let mut states = Vec::new();
        for _ in 0..2 {
            let database = server.database().await;
            let client = database.connect().await;
            for sql in schema.statements() {
                if let Err(error) = client.batch_execute(&sql).await {
                    panic!(
                        "seed {seed}: {:?} in\n{sql}",
                        error.as_db_error().map(|error| error.message())
                    );
                }
            }
            states.push(state(database).await);
            for _ in 0..1 + seed % 12 {
                schema.change();
            }
        }
        let (new, old) = (states.pop().unwrap(), states.pop().unwrap());
        if let Err(error) = both_ways(old, new, &[], true).await {
            failures.push(format!("==== seed {seed}: {error}"));
        }
    }
    assert!(
        failures.is_empty(),
        "{} seeds fail\n{}",
        failures.len(),
        failures.join("\n")
    );
}
