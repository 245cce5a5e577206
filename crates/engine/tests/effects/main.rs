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

use std::collections::{BTreeMap, BTreeSet};

use claim::Claim;
use corpus::Row;
use measure::{Happened, Laboratory};
use windlass_compiler::effect::{Answer, LockMode};

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
                let mut wrong = judge(&row, &Claim::blind(scene, &row).await, &happened);
                let seen = judge(&row, &Claim::seen(scene, &row).await, &happened);
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
    let mut found = compare(row, claim, happened);
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
        claim.kind,
        "select" | "insert" | "update" | "delete" | "merge" | "copy"
    ) || matches!(claim.kind, "create_table_as" | "create_materialized_view");
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

/// How a claim differs from what happened.
#[derive(Default)]
struct Difference {
    /// More happened than is claimed.
    wrong: Vec<String>,
    /// Less happened than is claimed.
    stronger: Vec<String>,
    /// It is claimed that nobody knows.
    unsure: Vec<String>,
}

fn compare(row: &Row, claim: &Claim, happened: &Happened) -> Difference {
    let mut found = Difference::default();
    if claim.refuses != happened.refused {
        // Sent in a transaction by mistake it fails, sent alone by mistake it works.
        found.stronger.push(format!(
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
            (None, Some(taken)) if !claim.opaque => {
                found.wrong.push(format!("not claimed: {taken} on {relation}"));
            }
            (Some(claimed), Some(taken)) if claimed < taken => {
                found
                    .wrong
                    .push(format!("weaker: {claimed} on {relation}, which is {taken}"));
            }
            (Some(_), _) if claim.worst.contains(relation) => {}
            // What works in transactions of its own is measured where it waits for its rivals.
            (Some(_), None) if happened.refused => {}
            (Some(claimed), taken) if Some(claimed) > taken => found.stronger.push(format!(
                "stronger: {claimed} on {relation}, which is {}",
                taken.map_or("nothing", |taken| taken.name())
            )),
            _ => {}
        }
    }
    // Writing a table anew reads it, if not row by row. TRUNCATE gives a table new empty files, of which it
    // builds empty indexes.
    let truncates = claim.kind == "truncate";
    let nothing = BTreeSet::new();
    let rewritten = if truncates { &nothing } else { &happened.rewritten };
    let mut scanned = if truncates {
        nothing.clone()
    } else {
        happened.scanned.clone()
    };
    scanned.extend(rewritten.iter().cloned());
    let rebuilt = if truncates { &nothing } else { &happened.rebuilt };
    let lost = happened.lost.is_some() || truncates;
    for (what, claimed, truth) in [
        ("rewrite", claim.rewrite, !rewritten.is_empty()),
        ("scan", claim.scan, !scanned.is_empty()),
        ("data loss", claim.data_loss, lost),
    ] {
        match (claimed, truth) {
            (Answer::No, true) => {
                let details = happened.details();
                found.wrong.push(format!("not claimed: {what}{details}"));
            }
            (Answer::Yes, false) if happened.tells(what) => found.stronger.push(format!("stronger: {what}")),
            (Answer::Unknown, _) if !claim.opaque => found.unsure.push(format!("unsure: {what}")),
            _ => {}
        }
    }
    if let Some(lists) = &claim.lists {
        for (what, answer, claimed, truth) in [
            ("rewrite", claim.rewrite, &lists.rewrites, rewritten),
            ("scan", claim.scan, &lists.scans, &scanned),
            (
                "index rebuild",
                claim.index_rebuild,
                &lists.index_rebuilds,
                rebuilt,
            ),
        ] {
            let is_open = claim.opaque || claim.anything.is_some();
            for name in truth.difference(claimed).filter(|_| !is_open) {
                found.wrong.push(format!("not claimed: {what} of {name}"));
            }
            for name in claimed.difference(truth).filter(|_| happened.tells(what)) {
                match answer {
                    Answer::Yes if row.unsure.is_none() => {
                        found.stronger.push(format!("stronger: {what} of {name}"))
                    }
                    Answer::Yes | Answer::Unknown => found.unsure.push(format!("unsure: {what} of {name}")),
                    Answer::No => found.wrong.push(format!("{name} is listed without a {what}")),
                }
            }
        }
        if let Some(mode) = claim.anything {
            found
                .unsure
                .push(format!("{mode} on relations that nobody lists"));
        }
    }
    found
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
