//! The truth of the rules: each example runs on a real server. The unsafe one hurts, the safe one hurts less; the rule
//! finds the one and not the other; a safe form leaves the schema that the original leaves.
#![allow(clippy::unwrap_used, missing_docs)]

mod forms;
mod laboratory;

use laboratory::{Cost, Laboratory};
use windlass_compiler::rules::{Harm, RULES, Rule};

/// Examples that a server of this version takes.
fn runs_on(rule: &Rule, major: u32) -> bool {
    match rule.harm {
        Harm::BlocksFrom(from) | Harm::FailsFrom(from, _) | Harm::LaterFrom(from, _) => major >= from,
        _ => true,
    }
}

#[tokio::test]
async fn unsafe_examples_hurt_and_safe_ones_hurt_less() {
    let laboratory = Laboratory::start().await;
    let mut faults = Vec::new();
    let mut count = 0;
    for rule in RULES.iter().filter(|rule| runs_on(rule, laboratory.major)) {
        count += 1;
        let (hurting, harmless) = (laboratory.scene().await, laboratory.scene().await);
        let hurt = hurting.run(rule.unsafe_sql).await;
        let safe = match harmless.run(rule.safe_sql).await {
            Ok(cost) => cost,
            Err((code, message)) => {
                faults.push(format!("{}: the safe example fails: {code} {message}", rule.id));
                continue;
            }
        };
        let fault = match (rule.harm, hurt) {
            (Harm::Fails(code), Err((failed, _))) if failed == code => None,
            (Harm::FailsBefore(major, code), Err((failed, _)))
                if laboratory.major < major && failed == code =>
            {
                None
            }
            (Harm::FailsBefore(major, _), Ok(_)) if laboratory.major >= major => None,
            (Harm::FailsFrom(_, code), Err((failed, _))) if failed == code => None,
            (_, Err((code, message))) => Some(format!("the unsafe example fails: {code} {message}")),
            (Harm::Fails(code) | Harm::FailsFrom(_, code) | Harm::FailsBefore(_, code), Ok(_)) => {
                Some(format!("the unsafe example does not fail with {code}"))
            }
            (Harm::Blocks | Harm::BlocksFrom(_), Ok(hurt)) => not_less(&safe, &hurt),
            (Harm::Breaks(query), Ok(_)) => match (hurting.run(query).await, harmless.run(query).await) {
                (Ok(_), _) => Some(format!("{query} still works after the unsafe example")),
                (_, Err((code, message))) => {
                    Some(format!("{query} fails after the safe one: {code} {message}"))
                }
                (Err(_), Ok(_)) => None,
            },
            (Harm::Later(_) | Harm::LaterFrom(..), Ok(_)) => None,
        };
        faults.extend(fault.map(|fault| format!("{}: {fault}", rule.id)));
    }
    println!("{count} rules on PostgreSQL {}", laboratory.major);
    assert!(
        faults.is_empty(),
        "{} of {count} rules:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

fn not_less(safe: &Cost, hurt: &Cost) -> Option<String> {
    (safe >= hurt).then(|| format!("the safe example costs {safe:?}, the unsafe one {hurt:?}"))
}

#[tokio::test]
async fn with_a_database_each_rule_finds_its_unsafe_example_and_not_its_safe_one() {
    let laboratory = Laboratory::start().await;
    let mut faults = Vec::new();
    for rule in RULES.iter().filter(|rule| runs_on(rule, laboratory.major)) {
        // No server that is tested has the fault.
        if rule.id == "concurrent-index-corruption" {
            continue;
        }
        let needs_older = matches!(rule.harm, Harm::FailsBefore(major, _) if laboratory.major >= major);
        let in_unsafe = laboratory.scene().await.findings(rule.unsafe_sql).await;
        let in_safe = laboratory.scene().await.findings(rule.safe_sql).await;
        if !in_unsafe.iter().any(|id| id == rule.id) && !needs_older {
            faults.push(format!(
                "{} does not find its unsafe example, but {in_unsafe:?}",
                rule.id
            ));
        }
        // Whether a view of the old name, or ANALYZE, follows is seen in a whole file only.
        let by_file = ["rename-table", "lost-statistics"].contains(&rule.id);
        if in_safe.iter().any(|id| id == rule.id) && !by_file {
            faults.push(format!("{} finds its safe example", rule.id));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
