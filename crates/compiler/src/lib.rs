//! SQL, catalog and policy in; findings and a plan out.
//!
//! This crate is pure: it opens no file and no connection, reads no clock and no environment.

#![deny(unsafe_code)]

pub mod diagnostic;
pub mod duration;
pub mod lane;
pub mod policy;
