//! SQL, catalog and policy in; findings and a plan out.
//!
//! This crate is pure: it opens no file and no connection, reads no clock and no environment.

#![deny(unsafe_code)]

pub mod catalog;
pub mod checksum;
pub mod declared;
pub mod diagnostic;
pub mod diff;
pub mod directive;
pub mod duration;
pub mod effect;
pub mod format;
pub mod graph;
pub mod lane;
pub mod lex;
pub mod parallel;
pub mod plan;
pub mod policy;
pub mod rules;
pub mod script;
pub mod simulate;
pub mod snapshot;
pub mod sql;
pub mod squash;
