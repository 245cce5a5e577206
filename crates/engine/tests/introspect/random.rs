//! Random schemas: their text recreates them, and they stay what PostgreSQL accepts whatever changes.

use windlass_testkit::{RandomSchema, shared};

use super::round_trip::round_trip;

/// How many schemas; the long run has more.
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("WINDLASS_TEST_SEEDS") {
        Ok(text) => {
            let (from, to) = text.split_once("..").expect("WINDLASS_TEST_SEEDS is FROM..TO");
            from.parse().unwrap()..to.parse().unwrap()
        }
        Err(_) if std::env::var_os("WINDLASS_TEST_FULL").is_some() => 0..200,
        Err(_) => 0..4,
    }
}

#[tokio::test]
async fn the_text_of_a_random_schema_recreates_it() {
    let server = shared().await;
    let major = server.version().await;
    for seed in seeds() {
        let mut schema = RandomSchema::new(seed, major, 8);
        for step in ["new", "changed"] {
            let name = format!("seed {seed}, {step}");
            let database = server.database().await;
            let client = database.connect().await;
            for sql in schema.statements() {
                if let Err(error) = client.batch_execute(&sql).await {
                    panic!(
                        "{name}: {:?} in\n{sql}",
                        error.as_db_error().map(|error| error.message())
                    );
                }
            }
            round_trip(&name, &database).await;
            for _ in 0..10 {
                schema.change();
            }
        }
    }
}
