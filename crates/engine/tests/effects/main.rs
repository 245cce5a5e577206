//! Every claim of `compiler::effect` against what PostgreSQL does: statement by statement on one schema.
//!
//! Compared are the locks on the user's relations. Left out where nothing claims them: locks on system catalogs, on
//! TOAST tables and row types; the modes of reading and changing rows (up to RowExclusive) on relations that the
//! statement does not name, on sequences and on indexes, since applications take as much all the time; locks on the
//! indexes of a table that is locked AccessExclusive, since nobody gets to them.
#![allow(clippy::unwrap_used, missing_docs)]

mod claim;
mod corpus;
mod coverage;
mod measure;
mod simulated;

use corpus::Row;
use measure::Laboratory;
use windlass::measure::{Claim, Happened, compare};

#[tokio::test]
async fn every_claim_is_what_postgresql_does_with_a_catalog_and_without_1() {
    judge_every_third(0).await;
}

#[tokio::test]
async fn every_claim_is_what_postgresql_does_with_a_catalog_and_without_2() {
    judge_every_third(1).await;
}

#[tokio::test]
async fn every_claim_is_what_postgresql_does_with_a_catalog_and_without_3() {
    judge_every_third(2).await;
}

/// In three parts, so that a loaded machine has time for each.
async fn judge_every_third(first: usize) {
    let laboratory = Laboratory::start().await;
    let mut faults = Vec::new();
    let mut count = 0;
    for row in corpus::rows().into_iter().skip(first).step_by(3) {
        if !row.is_for(laboratory.version) {
            continue;
        }
        count += 1;
        let wrong = match laboratory.measure(&row).await {
            Ok((happened, scene)) => {
                let scene = scene.as_ref().unwrap_or(laboratory.common());
                let mut wrong = judge(&row, &claim::blind(scene, &row).await, &happened);
                let seen = judge(&row, &claim::seen(scene, &row).await, &happened);
                wrong.extend(seen.into_iter().map(|fault| format!("with a catalog: {fault}")));
                wrong
            }
            Err(error) => vec![format!("it failed: {error}")],
        };
        if !wrong.is_empty() {
            faults.push(format!(
                "line {}: {}\n    {}",
                row.line,
                row.sql,
                wrong.join("\n    ")
            ));
        }
    }
    println!("{count} statements on PostgreSQL {}", laboratory.version);
    assert!(
        faults.is_empty(),
        "{} of {count} statements on PostgreSQL {}:\n{}",
        faults.len(),
        laboratory.version,
        faults.join("\n")
    );
}

/// What is wrong with a claim, the row's remarks considered: a claim may be the worst case where a remark says why,
/// and a remark that excuses nothing is wrong too.
fn judge(row: &Row, claim: &Claim, happened: &Happened) -> Vec<String> {
    let mut found = compare(&row.sql, row.unsure.is_some(), claim, happened);
    let is_seen = claim.lists.is_some();
    let excused = row.stronger.is_some() || (!is_seen && row.blind.is_some());
    match (excused, found.stronger.is_empty()) {
        (false, _) => found.wrong.append(&mut found.stronger),
        (true, true) if is_seen == row.stronger.is_some() => {
            let advice = "nothing is claimed stronger than it is: remove the remark";
            found.wrong.push(advice.to_owned());
        }
        (true, _) => {}
    }
    // How rows are found is the planner's business.
    let is_planned = matches!(
        claim.kind.as_str(),
        "select" | "insert" | "update" | "delete" | "merge" | "copy"
    ) || matches!(
        claim.kind.as_str(),
        "create_table_as" | "create_materialized_view"
    );
    match (row.unsure.is_some(), found.unsure.is_empty()) {
        _ if !is_seen || is_planned => {}
        (false, _) => found.wrong.append(&mut found.unsure),
        (true, true) => found
            .wrong
            .push("nothing is unsure: remove the remark".to_owned()),
        (true, false) => {}
    }
    found.wrong
}
