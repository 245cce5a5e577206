//! A unit that migrates, and a drop-in by which the application's unit waits for it.

use super::{Desk, fill};
use crate::failure::Failure;

const MIGRATE: &str = include_str!("templates/systemd.migrate.service");
const AFTER: &str = include_str!("templates/systemd.after.conf");
const WORKER: &str = include_str!("templates/systemd.worker.service");

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    let name = desk.facts.name.clone();
    let values = [("name", name.as_str()), ("dir", &desk.facts.dir)];
    let mut files = vec![
        (format!("deploy/systemd/{name}-migrate.service"), MIGRATE),
        (format!("deploy/systemd/{name}.service.d/migrate.conf"), AFTER),
    ];
    if desk.facts.is_deferred {
        files.push((format!("deploy/systemd/{name}-backfill-worker.service"), WORKER));
    }
    for (path, template) in files {
        let file = desk.create(&path, &fill(template, &values))?;
        desk.files.units.push(file);
    }
    desk.note(format!(
        "install: cp -r deploy/systemd/* /etc/systemd/system/ && systemctl daemon-reload; /etc/{name}/database.env (mode 0600) says DATABASE_URL=…"
    ));
    desk.note(format!(
        "the application's unit is taken to be {name}.service; rename {name}.service.d where it is another"
    ));
    Ok(())
}
