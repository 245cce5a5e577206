//! Data changes in batches.

use crate::project::Project;

const LEADS: (&str, &str) = (
    "0001_leads",
    "CREATE TABLE leads (id bigint PRIMARY KEY, tenant_id int, n int NOT NULL);\n\
     INSERT INTO leads SELECT g * 7 - 5000, nullif(g % 12, 11), 1 FROM generate_series(1, 5000) g;",
);

#[tokio::test]
async fn every_row_is_changed_once_tenant_by_tenant_the_one_without_too() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill n_times_100 on leads by tenant_id as business batch=300\n\
             UPDATE leads SET n = n * 100;\n\
             -- windlass: verify : every row was multiplied once\n\
             SELECT bool_and(n = 100) FROM leads;",
        ),
    ])
    .await;
    let finished = project.upgrade(0).await;
    for line in [
        "found 12 business(s)",
        "✅ Business 0: completed 416 rows",
        "✅ No business: completed 416 rows",
        "✅ backfilled 5000 rows in all",
    ] {
        assert!(finished.stderr.contains(line), "{line}: {}", finished.stderr);
    }
}

#[tokio::test]
async fn a_killed_backfill_goes_on_behind_its_cursor() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill slow on leads by tenant_id as business batch=50 pause=10ms\nUPDATE leads l SET n = l.n * 100;",
        ),
    ])
    .await;
    // Tenants 2, 10 and NULL: their order is the column's, not the text's.
    for batches in [12, 30, 45] {
        let mut running = project.windlass(&["upgrade"]).spawn();
        let far = format!(
            "SELECT coalesce(sum(rows_done) >= {}, false)::text FROM windlass.backfill_range",
            batches * 50
        );
        while project.one("SELECT to_regclass('windlass.backfill_range')").await == "NULL" {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        project
            .database
            .wait_for_text(&far, |found| found == "true")
            .await;
        running.kill9();
        running.finish().await;
    }
    let finished = project.upgrade(0).await;
    assert!(finished.stderr.contains("going on behind"), "{}", finished.stderr);
    assert_eq!(project.one("SELECT bool_and(n = 100) FROM leads").await, "t");
}

#[tokio::test]
async fn what_cannot_be_cut_is_refused_with_its_place() {
    let project = Project::new(&[
        LEADS,
        (
            "0002_b",
            "-- windlass: backfill x\nUPDATE leads SET n = 1 WHERE id IN (SELECT id FROM leads LIMIT 5);",
        ),
    ])
    .await;
    let finished = project.upgrade(2).await;
    assert!(
        finished.stderr.contains("0002_b.sql:2:1")
            && finished
                .stderr
                .contains("it reads a LIMITed part of the table that it changes"),
        "{}",
        finished.stderr
    );
    project.write(
        "0002_b",
        "CREATE TABLE u (a text);\nINSERT INTO u VALUES ('a');\n-- windlass: backfill x\nUPDATE u SET a = a || a;",
    );
    let finished = project.upgrade(4).await;
    assert!(
        finished
            .stderr
            .contains("u has no unique key of NOT NULL columns"),
        "{}",
        finished.stderr
    );
}
