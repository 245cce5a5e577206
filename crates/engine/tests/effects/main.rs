//! Every claim of `compiler::effect` against what PostgreSQL does: statement by statement on one schema.
//!
//! Compared are the locks on the user's relations. Left out where nothing claims them: locks on system catalogs, on
//! TOAST tables and row types; the modes of reading and changing rows (up to RowExclusive) on relations that the
//! statement does not name, on sequences and on indexes, since applications take as much all the time; locks on the
//! indexes of a table that is locked AccessExclusive, since nobody gets to them.
#![allow(clippy::unwrap_used, missing_docs)]

mod claim;
mod corpus;
mod measure;

use std::collections::{BTreeMap, BTreeSet};

use claim::Claim;
use corpus::Row;
use measure::{Happened, Laboratory};
use windlass_compiler::effect::{Answer, LockMode};

#[tokio::test]
async fn every_claim_without_a_catalog_is_what_postgresql_does() {
    let laboratory = Laboratory::start().await;
    let mut faults = Vec::new();
    let mut count = 0;
    for row in corpus::rows() {
        if !row.is_for(laboratory.version) {
            continue;
        }
        count += 1;
        let wrong = match laboratory.measure(&row).await {
            Ok(happened) => {
                let scene = laboratory.scene(&row).await;
                let claim = Claim::blind(scene.as_ref().unwrap_or(laboratory.common()), &row).await;
                compare(&row, &claim, &happened)
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

/// What is wrong with a claim.
fn compare(row: &Row, claim: &Claim, happened: &Happened) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut stronger = Vec::new();
    if claim.refuses != happened.refused {
        // Sent in a transaction by mistake it fails, sent alone by mistake it works.
        stronger.push(format!(
            "in a transaction: claimed {}, in truth {}",
            allowed(claim.refuses),
            allowed(happened.refused)
        ));
    }
    let relations: BTreeSet<&String> = claim.locks.keys().chain(happened.locks.keys()).collect();
    for relation in relations {
        let (claimed, taken) = (claim.locks.get(relation), happened.locks.get(relation));
        match (claimed, taken) {
            (None, None) => {}
            (None, Some(taken)) if happened.goes_without_saying(&row.sql, relation, *taken) => {}
            (None, Some(taken)) if claim.anything.is_some_and(|most| *taken <= most) => {}
            (None, Some(taken)) if !claim.opaque => wrong.push(format!("not claimed: {taken} on {relation}")),
            (Some(claimed), Some(taken)) if claimed < taken => {
                wrong.push(format!("weaker: {claimed} on {relation}, which is {taken}"));
            }
            (Some(_), _) if claim.worst.contains(relation) => {}
            (Some(claimed), taken) if Some(claimed) > taken => stronger.push(format!(
                "stronger: {claimed} on {relation}, which is {}",
                taken.map_or("nothing", |taken| taken.name())
            )),
            _ => {}
        }
    }
    // Writing a table anew reads it, if not row by row. TRUNCATE gives a table new empty files, of which it
    // builds empty indexes.
    let truncates = claim.kind == "truncate";
    let rewritten = !truncates && !happened.rewritten.is_empty();
    let scanned = rewritten || (!truncates && !happened.scanned.is_empty());
    for (what, claimed, truth) in [
        ("rewrite", claim.rewrite, rewritten),
        ("scan", claim.scan, scanned),
        ("data loss", claim.data_loss, happened.lost.is_some() || truncates),
    ] {
        match (claimed, truth) {
            (Answer::No, true) => wrong.push(format!("not claimed: {what}{}", happened.details())),
            (Answer::Yes, false) if happened.tells(what) => stronger.push(format!("stronger: {what}")),
            _ => {}
        }
    }
    match (&row.blind, &row.stronger) {
        (None, None) => wrong.extend(stronger),
        _ if stronger.is_empty() => {
            wrong.push("nothing is claimed stronger than it is: remove the remark".to_owned())
        }
        _ => {}
    }
    wrong
}

fn allowed(refuses: bool) -> &'static str {
    if refuses { "refused" } else { "allowed" }
}

/// The strongest lock of each relation.
type Locks = BTreeMap<String, LockMode>;

fn strongest(locks: &mut Locks, relation: String, mode: LockMode) {
    locks
        .entry(relation)
        .and_modify(|held| *held = mode.max(*held))
        .or_insert(mode);
}
