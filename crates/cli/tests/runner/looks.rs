//! Commands that look: at the data, at the past, at the server.

use crate::project::{Ended, Project};

const LEADS: (&str, &str) = (
    "0001_leads",
    "CREATE SCHEMA app;\nCREATE TABLE app.leads (id int, phone text);\n\
     INSERT INTO app.leads VALUES (1, 'a'), (2, 'b');\n\
     SET search_path = app;\n\
     -- windlass: verify : every lead has a phone\n\
     SELECT NOT EXISTS (SELECT FROM leads WHERE phone IS NULL);\n\
     -- windlass: verify : there are few leads\n\
     SELECT count(*) < 100 FROM leads;",
);

#[tokio::test]
async fn verify_asks_again_and_shows_the_rows_in_the_way() {
    let project = Project::new(&[LEADS, ("0002_more", "CREATE TABLE other (a int);")]).await;
    project.upgrade(0).await;
    let fine = project.windlass(&["verify"]).run().await.expect(0);
    assert!(
        fine.stdout.contains("0001_leads line 6: true in"),
        "{}",
        fine.stdout
    );
    project
        .database
        .execute("UPDATE app.leads SET phone = NULL WHERE id = 2")
        .await;
    let bad = project.windlass(&["verify"]).run().await.expect(5);
    let shown: Vec<&str> = bad.stdout.lines().map(str::trim).collect();
    assert!(
        shown[0].starts_with("❌ 0001_leads line 6: not true"),
        "{shown:?}"
    );
    assert_eq!(shown[1..3], ["id  phone", "2   NULL"]);
    assert!(shown[3].starts_with("✅ 0001_leads line 8"), "{shown:?}");
    let json = project
        .windlass(&["verify", "0001", "--json"])
        .run()
        .await
        .expect(5);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    assert_eq!(json["verifications"][0]["result"], "false");
    assert_eq!(
        json["verifications"][0]["offending_rows"]["rows"],
        serde_json::json!([["2", null]])
    );
    project
        .windlass(&["verify", "--except", "0001"])
        .run()
        .await
        .expect(0);
    project.database.execute("DROP TABLE app.leads").await;
    let gone = project.windlass(&["verify", "0001"]).run().await.expect(5);
    assert!(
        gone.stdout.contains("relation \"leads\" does not exist"),
        "{}",
        gone.stdout
    );
}

#[tokio::test]
async fn verify_refuses_what_is_not_applied_and_writes_nothing() {
    let project = Project::new(&[LEADS]).await;
    project.upgrade(0).await;
    project.write(
        "0002_v",
        "CREATE SEQUENCE s;\n-- windlass: verify : it counts\nSELECT nextval('s') > 0;",
    );
    let refused = project.windlass(&["verify", "0002"]).run().await.expect(2);
    assert!(
        refused.stderr.contains("0002_v is not applied here"),
        "{}",
        refused.stderr
    );
    project.upgrade(0).await;
    let finished = project.windlass(&["verify", "0002"]).run().await.expect(5);
    assert!(
        finished.stdout.contains("read-only transaction"),
        "{}",
        finished.stdout
    );
}
