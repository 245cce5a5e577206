//! What revisions declare is looked for after an upgrade and by `verify`, without anybody writing it.

use crate::project::{Ended, Project};

/// The columns that a deployment guide looks for, before and after.
const COLUMNS: &str = "ALTER TABLE call_log ADD COLUMN IF NOT EXISTS direction text, ADD COLUMN IF NOT EXISTS answered_at timestamptz, \
                       ADD COLUMN IF NOT EXISTS cost numeric(10, 2);\n\
                       CREATE INDEX CONCURRENTLY IF NOT EXISTS call_log_direction ON call_log (direction);";

async fn project() -> Project {
    let project = Project::new(&[(
        "0001_log",
        "CREATE TABLE call_log (id bigserial PRIMARY KEY, at timestamptz);",
    )])
    .await;
    project.upgrade(0).await;
    project.write("0002_columns", COLUMNS);
    project
}

#[tokio::test]
async fn three_columns_of_call_log_are_looked_for_after_the_upgrade_and_later() {
    let project = project().await;
    let finished = project.upgrade(0).await;
    for words in ["verified in ", ": 3 columns as declared", ": 1 index valid"] {
        assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
    }
    let verified = project.windlass(&["verify"]).run().await.expect(0);
    assert!(
        verified.stdout.contains("✅ built-in columns: true in "),
        "{}",
        verified.stdout
    );
    assert!(
        verified.stdout.contains(": 5 columns as declared\n"),
        "{}",
        verified.stdout
    );
    project
        .database
        .execute(
            "ALTER TABLE call_log DROP COLUMN answered_at, ALTER COLUMN cost TYPE numeric(8, 2); \
                  ALTER TABLE call_log ADD CONSTRAINT dated CHECK (at > 'epoch') NOT VALID",
        )
        .await;
    let bad = project.windlass(&["verify", "--json"]).run().await.expect(5);
    let answer: serde_json::Value = serde_json::from_str(&bad.stdout).expect("it is JSON");
    assert_eq!(answer["built_in"][0]["name"], "columns");
    assert_eq!(
        answer["built_in"][0]["offending_rows"]["rows"],
        serde_json::json!([
            ["0002_columns", "call_log.answered_at", "timestamptz", "nothing"],
            ["0002_columns", "call_log.cost", "numeric(10,2)", "numeric(8,2)"],
        ])
    );
    assert_eq!(answer["built_in"][1]["result"], "true");
    assert_eq!(
        answer["built_in"][2]["offending_rows"]["rows"][0][1],
        "public.call_log.dated"
    );
    project
        .windlass(&["verify", "--except", "0002"])
        .run()
        .await
        .expect(5);
    project.windlass(&["verify", "0001"]).run().await.expect(0);
}

#[tokio::test]
async fn a_column_that_was_there_with_another_type_is_no_success() {
    let project = project().await;
    project
        .database
        .execute("ALTER TABLE call_log ADD COLUMN cost text")
        .await;
    let finished = project.upgrade(5).await;
    for words in [
        "not as the revisions declare: 3 columns as declared",
        "call_log.cost (0002_columns): numeric(10,2) declared, text found",
        "a new revision mends it",
    ] {
        assert!(finished.stderr.contains(words), "{words}: {}", finished.stderr);
    }
    assert_eq!(
        project.applied().await,
        ["0001_log", "0002_columns"],
        "what ran is committed"
    );
    project.upgrade(0).await;
    project.windlass(&["verify"]).run().await.expect(5);
    project.write(
        "0003_mend",
        "ALTER TABLE call_log ALTER COLUMN cost TYPE numeric(10, 2) USING cost::numeric;",
    );
    project
        .windlass(&["upgrade", "--set", "safety=off"])
        .run()
        .await
        .expect(0);
    project.windlass(&["verify"]).run().await.expect(0);
}

#[tokio::test]
async fn what_was_taken_back_or_nobody_sees_into_is_not_claimed() {
    let project = project().await;
    project.upgrade(0).await;
    project.write(
        "0003_back",
        "ALTER TABLE call_log DROP COLUMN cost, DROP COLUMN direction;",
    );
    project.write("0004_blind", "ALTER TABLE call_log ADD COLUMN later int;\nDO $$ BEGIN EXECUTE 'ALTER TABLE call_log DROP COLUMN later'; END $$;");
    project.write("0005_name", "CREATE SCHEMA other;\nSET search_path = other;\nCREATE TABLE t (a int);\nCREATE TABLE public.u (a int);");
    let finished = project.upgrade(0).await;
    assert!(
        finished.stderr.contains(": 1 column as declared"),
        "{}",
        finished.stderr
    );
    project.windlass(&["verify"]).run().await.expect(0);
}
