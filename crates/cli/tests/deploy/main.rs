//! Deployments from outside: what `deploy` finds and writes, and whole deployments with processes in the
//! place of containers.

mod application;
mod balancer;
mod check;
mod compose;
mod init;
#[path = "../runner/project.rs"]
#[allow(dead_code, reason = "the runner's tests use the rest")]
mod project;
mod services;
