//! What a script costs grows with its length, and no faster. What is allocated is counted: clocks prove nothing on a machine
//! that does other work. (`benchmarks/long.py` shows the seconds.)

use std::alloc::System;
use std::fmt::Write as _;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use windlass_compiler::directive::TransactionMode;
use windlass_compiler::format::{self, Directory, RawFile, Source};
use windlass_compiler::graph::Graph;
use windlass_compiler::plan::{self, Freezing, FrozenPlan, Prepared, Resumption, Scrutiny, Step};
use windlass_compiler::policy::Safety;
use windlass_compiler::rules::{Checker, Surroundings};
use windlass_compiler::squash::{Replaced, Squash, squash};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A script of so many statements that change a table which it makes, and one which was there.
fn script(statements: usize) -> Source {
    let mut text = "CREATE TABLE big (id int PRIMARY KEY, name text);\n".to_owned();
    for id in 0..statements / 2 {
        let _ = writeln!(text, "INSERT INTO big (id, name) VALUES ({id}, 'a customer');");
        let _ = writeln!(text, "UPDATE seen SET name = 'a customer' WHERE id = {id};");
    }
    Source {
        path: "0001_big.sql".into(),
        text: text.into(),
    }
}

fn prepared(source: &Source, frozen: Option<&FrozenPlan>) -> Prepared {
    prepared_under(Safety::Rewrite, source, frozen)
}

fn prepared_under(safety: Safety, source: &Source, frozen: Option<&FrozenPlan>) -> Prepared {
    let mut checker = Checker::new(Surroundings::default());
    let scrutiny = Scrutiny {
        checker: &mut checker,
        safety,
        frozen,
    };
    plan::prepare_under(source, scrutiny).expect("the script is fine")
}

fn planned(source: &Source) -> Vec<Step> {
    let prepared = prepared(source, None);
    plan::steps(&prepared.statements, TransactionMode::default(), 1)
}

fn frozen(steps: Vec<Step>) -> FrozenPlan {
    let freezing = Freezing {
        steps,
        ..Freezing::default()
    };
    let text = serde_json::to_string(&freezing).expect("it is written");
    serde_json::from_str(&text).expect("it is read back")
}

/// A script that drops so many tables: each may be a partition of something.
fn drops(tables: usize) -> Source {
    let text: String = (0..tables).map(|at| format!("DROP TABLE t{at};\n")).collect();
    Source {
        path: "0001_drops.sql".into(),
        text: text.into(),
    }
}

/// A directory of so many revisions of a statement each, and the graph of them.
fn history(revisions: usize) -> (Directory, Graph) {
    let files = (0..revisions).map(|at| RawFile {
        path: format!("m/{at:05}_r.sql"),
        name: format!("{at:05}_r.sql"),
        bytes: format!("CREATE TABLE t{at} (a int);").into_bytes(),
    });
    let directory = format::read(files.collect()).expect("the files are fine");
    let graph = Graph::build(&directory.revisions).expect("they form a graph");
    (directory, graph)
}

/// The newer half of a history as one revision, so that what is outside of it counts as well.
fn squashed((directory, graph): &(Directory, Graph)) -> Squash {
    let ids = &directory.revisions;
    let (from, to) = (&ids[ids.len() / 2].id, &ids[ids.len() - 1].id);
    squash(directory, graph, Some(from), to, Replaced::Leave).expect("it can be squashed")
}

/// Bytes that were allocated by `work` in all, and those that stay while its result lives.
fn cost<T>(work: impl FnOnce() -> T) -> (usize, usize, T) {
    let region = Region::new(COUNTED);
    let made = work();
    let change = region.change();
    let kept = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    (change.bytes_allocated, kept, made)
}

/// One test, because the counts are the process's.
#[test]
fn a_plan_of_many_statements_costs_no_more_for_each_than_one_of_few() {
    const FEW: usize = 2_000;
    const TIMES: usize = 4;
    let (short, long) = (script(FEW), script(FEW * TIMES));
    // What is made once does not count.
    drop(planned(&script(10)));

    let (of_short, _, steps_of_short) = cost(|| planned(&short));
    let (of_long, kept, steps) = cost(|| planned(&long));
    let grows = |short: usize, long: usize| long as f64 / short as f64;
    let most = TIMES as f64 * 1.2;
    assert!(grows(of_short, of_long) < most, "planning: {of_short} {of_long}");
    let each = kept / (FEW * TIMES);
    assert!(each < 500, "a planned statement keeps {each} bytes");

    let (of_short, _, plan_of_short) = cost(|| frozen(steps_of_short));
    let (of_long, _, plan) = cost(|| frozen(steps));
    assert!(grows(of_short, of_long) < most, "freezing: {of_short} {of_long}");

    let taken_up = |source: &Source, frozen: &FrozenPlan| {
        let again = prepared(source, Some(frozen));
        let resumed = plan::resume(frozen, &again, |_| false, |_| false);
        assert!(matches!(resumed, Resumption::AsFrozen(_)));
        resumed
    };
    let (of_short, ..) = cost(|| taken_up(&short, &plan_of_short));
    let (of_long, ..) = cost(|| taken_up(&long, &plan));
    assert!(grows(of_short, of_long) < most, "taking up: {of_short} {of_long}");

    let (short, long) = (drops(FEW), drops(FEW * TIMES));
    let (of_short, ..) = cost(|| prepared_under(Safety::Off, &short, None));
    let (of_long, ..) = cost(|| prepared_under(Safety::Off, &long, None));
    assert!(
        grows(of_short, of_long) < most,
        "judging drops: {of_short} {of_long}"
    );

    let (short, long) = (history(FEW), history(FEW * TIMES));
    let (of_short, ..) = cost(|| squashed(&short));
    let (of_long, _, squash) = cost(|| squashed(&long));
    assert_eq!(squash.replaces.len(), FEW * TIMES / 2);
    assert!(grows(of_short, of_long) < most, "squashing: {of_short} {of_long}");
}
