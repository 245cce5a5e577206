//! Data changes in batches: what is changed, how the table is cut, who works on which range, and how fast.
//!
//! `task` is what is to be done and `strategy` how it is cut; `prepare` writes both to the journal with
//! the first ranges. Then a `crew` of workers claims ranges and executes a `batch` after the other, while
//! the `monitor` sees what it does to the server. What the journal keeps is `journal::backfills`'.

mod batch;
mod board;
mod check;
mod control;
mod crew;
mod facts;
mod finish;
mod jobs;
mod keys;
mod monitor;
mod past;
mod prepare;
mod strategy;
mod task;
mod throttle;
mod worker;

pub(crate) use check::may_skip_triggers;
pub(crate) use crew::{Crew, Ended};
pub(crate) use finish::no_longer;
pub(crate) use jobs::is_for_good;
pub use jobs::{Backfills, Change, Report, WorkRequest};
pub(crate) use prepare::describe;
pub(crate) use task::Task;
