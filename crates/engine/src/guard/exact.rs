//! Protected tables counted before and after a run, as people do who stop their applications meanwhile.
//! Under traffic the counts mean little: what applications delete is in them, too.

use tokio_postgres::Client;

use super::{Guard, careful};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe};
use crate::journal;
use crate::session;

/// Tables and their rows before a run.
#[derive(Debug)]
pub(crate) struct Counted {
    tables: Vec<(u32, String, i64)>,
}

impl Counted {
    /// Counts the tables that are protected now.
    pub(crate) async fn now(client: &Client, configured: &[String], observer: &dyn Observe) -> Result<Self> {
        let guard = Guard::of(client, configured, &[], None).await?;
        let mut tables = Vec::new();
        for table in guard.tables() {
            let Some(name) = careful::name_of(client, table.oid).await.map_err(session::lost)? else {
                continue;
            };
            let rows = counted(client, &name).await?;
            observer.event(Event::Counted {
                table: name.clone(),
                before: rows,
                after: None,
            });
            tables.push((table.oid, name, rows));
        }
        Ok(Self { tables })
    }

    /// Counts them again, and is an error where rows are missing that no revision of the run was allowed to take.
    pub(crate) async fn compare(&self, client: &Client, run_id: &str, observer: &dyn Observe) -> Result<()> {
        let allowed = journal::losses(client, run_id).await?;
        let mut missing = Vec::new();
        for (oid, name, before) in &self.tables {
            // What was allowed to go as a whole is not counted.
            let took = |kind| {
                allowed
                    .iter()
                    .filter(move |lost| lost.relation == *name && lost.kind == kind)
            };
            let Some(now) = careful::name_of(client, *oid).await.map_err(session::lost)? else {
                if took(super::LossKind::Table).next().is_none() {
                    missing.push(format!("{name} is gone, with {before} rows"));
                }
                continue;
            };
            let after = counted(client, &now).await?;
            observer.event(Event::Counted {
                table: now.clone(),
                before: *before,
                after: Some(after),
            });
            let deleted: i64 = took(super::LossKind::Rows).filter_map(|lost| lost.rows).sum();
            let emptied = took(super::LossKind::Contents).next().is_some();
            if after < before - deleted && !emptied {
                missing.push(format!("{now} had {before} rows and has {after}"));
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unverified,
            format!("protected tables have fewer rows than before the run: {}", missing.join("; ")),
        )
        .hint("the run is done; its own steps were counted and took no more than they may, so somebody else deleted them")
        .hint("--exact-counts is for applications that are stopped; leave it out under traffic"))
    }
}

async fn counted(client: &Client, name: &str) -> Result<i64> {
    careful::count(client, name)
        .await
        .map_err(|error| session::failed(error, &format!("failed to count the rows of {name}")))
}
