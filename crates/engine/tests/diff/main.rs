//! Differences of schemas, proved on real servers: applied to the old schema they make the new one, by our own
//! reading of it and by pg_dump's.
#![allow(clippy::unwrap_used, missing_docs)]
#![expect(clippy::disallowed_methods, reason = "tests are chosen by the environment")]

mod heldout;
mod pairs;
mod proof;
mod random;
