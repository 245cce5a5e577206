//! Deployments from outside: what `deploy` finds and writes.

mod check;
mod init;
