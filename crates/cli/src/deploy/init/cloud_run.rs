//! A job of Cloud Run for the migration, and a build that executes it before the service is deployed.

use super::{Desk, fill, image};
use crate::failure::Failure;

const JOB: &str = include_str!("templates/cloud-run.job.yaml");
const BUILD: &str = include_str!("templates/cloudbuild.yaml");

pub(super) fn write(desk: &mut Desk<'_>) -> Result<(), Failure> {
    image::write(desk)?;
    let name = desk.facts.name.clone();
    let own = format!("REGION-docker.pkg.dev/PROJECT/{name}/{name}-migrate:TAG");
    let image = desk.facts.image.clone().unwrap_or(own);
    let values = [("name", name.as_str()), ("image", &image)];
    let job = desk.create("cloud-run/migrate-job.yaml", &fill(JOB, &values))?;
    desk.files.manifests.push(job);
    let theirs = desk.first(&["cloudbuild.yaml", "cloudbuild.yml"]);
    let executes = |path: &std::path::Path| {
        std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("jobs execute {name}-migrate")))
    };
    let existing = theirs.is_some_and(|path| !executes(&path));
    let build = if existing {
        "cloud-run/cloudbuild.yaml"
    } else {
        "cloudbuild.yaml"
    };
    let file = desk.create(build, &fill(BUILD, &values))?;
    desk.files.pipelines.push(file);
    if existing {
        desk.note("cloudbuild.yaml stays as it is: take the step `migrate` of cloud-run/cloudbuild.yaml over, before the step that deploys");
    }
    desk.note(format!(
        "once: gcloud secrets create {name}-database-url --data-file=-; and a role to read it for the job's service account"
    ));
    if desk.facts.is_deferred {
        desk.note("deferred data changes: `windlass worker` in a worker pool, or `windlass worker --once` as a job on a schedule");
    }
    Ok(())
}
