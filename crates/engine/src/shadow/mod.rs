//! Throwaway servers, and throwaway databases on them: for demonstrations, diffs and proofs. Whatever becomes of the
//! program, they go with it: a server of ours has a keeper, and a database on somebody's server is removed by the
//! next run when its own could not.

mod databases;
mod server;

pub use databases::Shadows;
pub use server::{Shadow, find_programs, programs_of_major};
