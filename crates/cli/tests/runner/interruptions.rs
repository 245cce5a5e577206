//! The scenes in which a run is interrupted at every point, each in every way; `points` has the rules.

use crate::points::{How, Scene, UPGRADE, everywhere};
use crate::project::is_full;

const TABLE: (&str, &str) = (
    "0001_t",
    "CREATE TABLE t (id int PRIMARY KEY, a int);\nINSERT INTO t SELECT g, g FROM generate_series(1, 50) g;",
);

/// Behind [`TABLE`].
const fn upgrade(new: &'static [(&'static str, &'static str)]) -> Scene {
    Scene {
        before: &[TABLE],
        new,
        command: UPGRADE,
    }
}

/// A test for each scene, in a module for each way.
macro_rules! scenes {
    ($($name:ident = $scene:expr;)*) => {
        scenes!(kills, Kill, $($name = $scene;)*);
        scenes!(cuts_before, CutBefore, $($name = $scene;)*);
        scenes!(cuts_after, CutAfter, $($name = $scene;)*);
        scenes!(stops, Interrupt, $($name = $scene;)*);
    };
    ($module:ident, $how:ident, $($name:ident = $scene:expr;)*) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test]
                async fn $name() {
                    const SCENE: Scene = $scene;
                    everywhere(&SCENE, How::$how).await;
                }
            )*
        }
    };
}

scenes! {
    of_a_first_run_with_a_group_of_revisions = Scene {
        before: &[],
        new: &[
            TABLE,
            ("0002_u", "CREATE TABLE u (a int); INSERT INTO u VALUES (1);"),
        ],
        command: UPGRADE,
    };

    of_transactions_in_several_steps = upgrade(&[
        (
            "0002_c",
            "ALTER TABLE t ADD c int;\nUPDATE t SET c = a + 1;\nALTER TABLE t ALTER c SET DEFAULT 7;",
        ),
        (
            "0003_d",
            "COPY t (id, a) FROM stdin;\n100\t1\n101\t2\n\\.\nUPDATE t SET a = a * 2;",
        ),
        ("0004_nothing", "-- only words"),
    ]);

    of_data_changes_that_commit_one_by_one = upgrade(&[(
        "0002_n",
        "-- windlass: no-transaction\nUPDATE t SET a = a * 2;\nINSERT INTO t VALUES (100, 0);\nDELETE FROM t WHERE id = 1;",
    )]);

    of_indexes_built_dropped_and_rebuilt_concurrently = upgrade(&[(
        "0002_i",
        "CREATE INDEX CONCURRENTLY t_a ON t (a);\nREINDEX INDEX CONCURRENTLY t_a;\nREINDEX TABLE CONCURRENTLY t;\n\
         CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_b ON t (a, id);\nDROP INDEX CONCURRENTLY t_a;\nUPDATE t SET a = a + 1;",
    )]);

    of_a_partition_detached_concurrently = Scene {
        before: &[(
            "0001_p",
            "CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\n\
             CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);\nINSERT INTO p VALUES (1), (2);",
        )],
        new: &[(
            "0002_d",
            "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\nINSERT INTO p1 VALUES (1);",
        )],
        command: UPGRADE,
    };

    of_a_backfill_and_what_verifies_it = upgrade(&[(
        "0002_b",
        "-- windlass: require : there are rows\nSELECT EXISTS (SELECT FROM t);\n\
         -- windlass: backfill b on t batch=20\nUPDATE t SET a = a * 3;\n\
         -- windlass: verify : all are multiples of three\nSELECT bool_and(a % 3 = 0) FROM t;",
    )]);

    of_settings_that_go_on_over_steps_and_of_utilities = upgrade(&[(
        "0002_s",
        "SET my.word = 'kept';\nINSERT INTO t VALUES (100, length(current_setting('my.word')));\n\
         CREATE INDEX CONCURRENTLY t_a ON t (a);\nVACUUM t;\nINSERT INTO t VALUES (101, length(current_setting('my.word')));\n\
         CREATE TYPE e AS ENUM ('x');\nALTER TYPE e ADD VALUE 'y';\nALTER TABLE t ADD e e DEFAULT 'y';",
    )]);

    of_a_downgrade_in_several_steps = Scene {
        before: &[
            TABLE,
            (
                "0002_c",
                "ALTER TABLE t ADD c int;\nCREATE INDEX CONCURRENTLY t_c ON t (c);",
            ),
            (
                "0002_c.down",
                "DROP INDEX CONCURRENTLY t_c;\nALTER TABLE t DROP c;\nDELETE FROM t WHERE id = 1;",
            ),
        ],
        new: &[],
        command: &["downgrade", "0001_t", "--allow-data-loss"],
    };

    of_a_stamp = Scene {
        before: &[TABLE],
        new: &[
            ("0002_c", "ALTER TABLE t ADD c int;"),
            ("0003_d", "ALTER TABLE t ADD d int;"),
        ],
        command: &["stamp", "head"],
    };

    of_a_stamp_that_takes_back = Scene {
        before: &[TABLE, ("0002_c", "ALTER TABLE t ADD c int;")],
        new: &[],
        command: &["stamp", "0001_t"],
    };

    of_an_edit_that_is_accepted = Scene {
        before: &[TABLE],
        new: &[("0001_t", "CREATE TABLE t (id int PRIMARY KEY, a int); -- edited")],
        command: &["resolve", "0001_t", "--accept-edit"],
    };
}

/// Many steps, and a table with so much room that few rows are one that is not small. In all ways in the full suite.
#[tokio::test]
async fn of_a_key_that_gets_another_type() {
    const SCENE: Scene = Scene {
        before: &[(
            "0001_k",
            "CREATE TABLE k (id serial PRIMARY KEY, up int REFERENCES k, note text) WITH (fillfactor = 10);\n\
             CREATE TABLE r (id int PRIMARY KEY, k int NOT NULL REFERENCES k ON DELETE CASCADE);\n\
             CREATE VIEW v AS SELECT id FROM k;\n\
             INSERT INTO k (up, note) SELECT g, repeat('x', 700) FROM generate_series(1, 1200) g;\n\
             INSERT INTO r SELECT g, g FROM generate_series(1, 50) g;",
        )],
        new: &[(
            "0002_t",
            "-- windlass: allow reorder-columns because it is a test\nALTER TABLE k ALTER id TYPE bigint;",
        )],
        command: UPGRADE,
    };
    everywhere(&SCENE, How::Kill).await;
    if is_full() {
        for how in [How::CutBefore, How::CutAfter, How::Interrupt] {
            everywhere(&SCENE, how).await;
        }
    }
}
