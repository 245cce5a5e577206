//! Safe forms of several steps: what is locked between them, and how often.

use windlass_testkit::{Rival, Server};

use crate::scene::{Scene, at_each_budget, hold};

/// The statements are rewritten, as they are by default.
const REWRITE: &[(&str, &str)] = &[("WINDLASS_SAFETY", "rewrite")];

/// Rows that make the table one whose rewriting takes a while.
const WIDE: &str =
    "ALTER TABLE hot ADD COLUMN note text; UPDATE hot SET note = repeat('x', 1500); ANALYZE hot";

#[tokio::test]
async fn measured_a_key_that_others_reference_gets_another_type() {
    at_each_budget(async |budget| {
        let scene = Scene::small(Server::start().await, &[(
            "0002_k",
            "-- windlass: allow reorder-columns because every query names its columns\n\
             ALTER TABLE hot ALTER COLUMN id TYPE bigint;",
        )])
        .await
        .also(1, "SELECT count(*) FROM tied JOIN hot ON hot.id = hot_id WHERE tied.id = {1..1000}")
        .also(1, "INSERT INTO tied (id, hot_id) VALUES ({1..1000}, {1..10000}) ON CONFLICT (id) DO UPDATE SET hot_id = EXCLUDED.hot_id");
        scene.database().execute(WIDE).await;
        let rival = Rival::hold(scene.database(), "BEGIN; SELECT * FROM hot LIMIT 1").await;
        let run = scene.begin_with(budget, REWRITE).await;
        run.says("not queueing behind who holds the lock").await;
        tokio::time::sleep(hold() / 2).await;
        rival.release().await;
        let end = run.end(0).await;
        end.kept();
        let key = "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = 'hot'::regclass AND attname = 'id'";
        assert_eq!(end.database().query_one_text(key).await, "bigint");
    })
    .await;
}
