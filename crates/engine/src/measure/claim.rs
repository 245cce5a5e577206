//! What the table of effects claims of a statement, beside what the statement did.

use std::collections::BTreeSet;

use windlass_compiler::effect::{Answer, Effect, InTransaction, LockMode};
use windlass_compiler::sql::RelationName;

use super::{Happened, Locks, strongest};

/// A claim about a statement, in relations as they are measured: without the schema `public`.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The statement's kind.
    pub kind: String,
    /// The locks that it takes.
    pub locks: Locks,
    /// Relations that are in it only for how they stand to another: without a catalog all of a kin are claimed where
    /// a statement reaches some.
    pub worst: BTreeSet<String>,
    /// The mode that it may take on relations that nobody can list.
    pub anything: Option<LockMode>,
    /// It refuses to run in a transaction.
    pub refuses: bool,
    /// It writes tables anew.
    pub rewrite: Answer,
    /// It reads whole tables.
    pub scan: Answer,
    /// It builds existing indexes anew.
    pub index_rebuild: Answer,
    /// Something goes away.
    pub data_loss: Answer,
    /// It runs code that nobody sees into.
    pub opaque: bool,
    /// What is done to which relations; none where only a catalog tells.
    pub lists: Option<Lists>,
}

/// What is done to which relations.
#[derive(Debug, Clone)]
pub struct Lists {
    /// Written anew.
    pub rewrites: BTreeSet<String>,
    /// Read as a whole.
    pub scans: BTreeSet<String>,
    /// Indexes built anew.
    pub index_rebuilds: BTreeSet<String>,
}

impl Claim {
    /// The claim of an effect with a catalog. What the statement makes itself, `is_there` says no to.
    pub fn seen(kind: &'static str, effect: &Effect, is_there: impl Fn(&str) -> bool) -> Self {
        let mut locks = Locks::new();
        for lock in &effect.locks {
            let name = in_public(&lock.relation);
            if is_there(&name) {
                strongest(&mut locks, name, lock.mode);
            }
        }
        let list = |relations: &[RelationName]| relations.iter().map(in_public).collect();
        Self {
            kind: kind.to_owned(),
            locks,
            worst: BTreeSet::new(),
            anything: effect.unnamed.iter().map(|lock| lock.mode).max(),
            refuses: matches!(effect.in_transaction, InTransaction::Refused(_)),
            rewrite: effect.rewrite,
            scan: effect.scan,
            index_rebuild: effect.index_rebuild,
            data_loss: effect.data_loss,
            opaque: effect.opaque,
            lists: Some(Lists {
                rewrites: list(&effect.rewrites),
                scans: list(&effect.scans),
                index_rebuilds: list(&effect.index_rebuilds),
            }),
        }
    }
}

/// The name without the schema `public`.
pub fn in_public(name: &RelationName) -> String {
    let schema = name.schema.as_deref().filter(|schema| *schema != "public");
    RelationName::new(schema, &name.name).to_string()
}

/// How a claim differs from what happened.
#[derive(Debug, Default)]
pub struct Difference {
    /// More happened than is claimed.
    pub wrong: Vec<String>,
    /// Less happened than is claimed.
    pub stronger: Vec<String>,
    /// It is claimed that nobody knows.
    pub unsure: Vec<String>,
}

/// Where a claim is not what happened. `is_unsure`: somebody said why the claim lists what may not come true.
pub fn compare(sql: &str, is_unsure: bool, claim: &Claim, happened: &Happened) -> Difference {
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
            (None, Some(taken)) if happened.goes_without_saying(sql, relation, *taken) => {}
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
                    Answer::Yes if !is_unsure => found.stronger.push(format!("stronger: {what} of {name}")),
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
