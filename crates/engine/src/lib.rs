//! Windlass as a library: takes a live PostgreSQL database from where it is to a target revision.
//!
//! It never prints, never reads the environment and never exits; everything worth seeing is an event.

pub mod connect;
