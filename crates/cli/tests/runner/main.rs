//! The runner from outside: the real binary against a real server.

mod backfills;
mod bad_input;
mod batches;
mod check;
mod directives;
mod explain;
mod faults;
mod files;
mod fix;
mod guard;
mod kills;
mod lint;
mod looks;
mod many;
mod middles;
mod plans;
mod project;
mod refusals;
mod safety;
mod saved;
mod scripts;
mod snapshots;
mod start;
mod state;
mod statements;
mod steps;
