//! A backend of an earlier, killed runner that is still at work. The advisory lock of its work
//! session outlives its runner and so is itself the fence: nobody acts before it is free.

use std::time::{Duration, Instant};

use tokio_postgres::types::{ToSql, Type};

use crate::blockers::Blocker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observe};
use crate::mutex;
use crate::session::{self, Session, Stop};

const POLL: Duration = Duration::from_millis(200);
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// How long a backend that was told to end may take.
const ENDING: Duration = Duration::from_secs(10);

/// Gets the work session's lock. An orphan that builds an index is waited for: its work is not
/// lost. One that idles or sits in a transaction belongs to nobody any more and is ended.
pub(super) async fn take_fence(
    work: &Session,
    lock: &Session,
    observer: &dyn Observe,
    stop: &Stop,
) -> Result<()> {
    let began = Instant::now();
    let mut reported: Option<Instant> = None;
    let mut ended: Option<Instant> = None;
    loop {
        if mutex::try_lock(work.client(), mutex::WORK).await? {
            return Ok(());
        }
        let Some(orphan) = mutex::holder(lock.client(), mutex::WORK).await? else {
            stop.sleep(POLL).await?;
            continue;
        };
        if let Some(at) = ended {
            if at.elapsed() > ENDING {
                return Err(stuck(orphan));
            }
        } else if !is_building(&orphan)
            && let Some(pid) = orphan.pid
        {
            end(lock, pid)
                .await
                .map_err(|error| error.with_blockers(vec![orphan.clone()]))?;
            observer.event(Event::OrphanEnded { pid });
            ended = Some(Instant::now());
        } else if reported.is_none_or(|at| at.elapsed() > REPORT_EVERY) {
            observer.event(Event::WaitingForOrphan {
                orphan,
                waited: began.elapsed(),
            });
            reported = Some(Instant::now());
        }
        stop.sleep(POLL).await?;
    }
}

/// Whether the backend runs a statement that works outside any transaction of ours, whose outcome
/// the catalog will tell. In a transaction nothing of it will be committed by anyone.
fn is_building(orphan: &Blocker) -> bool {
    orphan.state == "active" && orphan.query.to_ascii_uppercase().contains("CONCURRENTLY")
}

async fn end(lock: &Session, pid: i32) -> Result<()> {
    let client = lock.client();
    let whom: [(&(dyn ToSql + Sync), Type); 1] = [(&pid, Type::INT4)];
    let end = client.query_typed("SELECT pg_catalog.pg_terminate_backend($1)", &whom);
    session::as_login(client, end).await.map(|_| ()).map_err(|error| {
        session::failed(error, "failed to end the backend of an earlier runner").hint(format!(
            "end it as an administrator: SELECT pg_terminate_backend({pid})"
        ))
    })
}

fn stuck(orphan: Blocker) -> Error {
    let hint = match orphan.pid {
        Some(pid) => format!("look at it on the server: process {pid} does not end although it was told to"),
        None => "look for prepared transactions: SELECT * FROM pg_prepared_xacts".to_owned(),
    };
    Error::new(
        ErrorKind::Locked,
        format!("the backend of an earlier runner does not end: {orphan}"),
    )
    .hint(hint)
    .with_blockers(vec![orphan])
}
