//! Real servers, rivals and children for tests. Never published.

#![forbid(unsafe_code)]

pub mod process;
pub mod rival;
pub mod server;

pub use process::{Finished, Running, Windlass};
pub use rival::Rival;
pub use server::{Database, Server};
