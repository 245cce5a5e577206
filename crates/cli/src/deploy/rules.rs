//! Every hazard that `deploy check` knows: its name, how bad it is, and why.

use windlass::compiler::diagnostic::Severity;

/// A hazard.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) why: &'static str,
}

macro_rules! rules {
    ($($name:ident $severity:ident $id:literal $why:literal)*) => {
        $(pub(super) static $name: Rule = Rule { id: $id, severity: Severity::$severity, why: $why };)*
        /// All of them, for the documentation's test.
        #[cfg(test)]
        pub(super) static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    YAML Error "yaml" "A file that cannot be read deploys nothing."
    NO_MIGRATE Error "no-migrate-service" "Services use the database, and nothing brings its schema to what they need."
    RESTARTS Error "migrate-restarts" "A migration that failed or was refused is started again and again, and one that succeeded too: the services that wait for its end never start, or start at random."
    UNQUOTED_NO Warning "restart-unquoted-no" "YAML 1.1 reads a bare no as false, and older versions of Compose refuse the file."
    TOO_EARLY Error "starts-before-migration" "A service that starts before the migration succeeded meets the old schema, and its queries get in the migration's way: the way to lock timeouts."
    NOT_HEALTHY Error "dependency-not-healthy" "Started is not ready: a database accepts connections only seconds after its container started."
    NO_DATABASE Error "migrate-before-database" "The migration starts before its database answers, and fails."
    NO_HEALTHCHECK Error "database-without-healthcheck" "Without a health check nobody can wait for the database; Compose refuses `service_healthy` on it."
    SECOND_MIGRATOR Error "second-migrator" "Whoever else migrates on start races with the migrate service, from inside an application with its workers and threads."
    REPLICAS Error "migrates-in-replicas-without-lock" "Replicas that migrate at once fail or apply a data change twice: alembic, Django, dbmate and sqlx-cli take no lock on PostgreSQL, and 9 of 10 runners fail."
    UNLOCKED Warning "migrates-in-entrypoint-without-lock" "Every container migrates as it starts, and the tool takes no lock: the second replica makes it a race."
    MIGRATE_SCALED Warning "migrate-in-replicas" "A migration is to run once; its other replicas only wait for the first."
    IGNORED Error "migration-failure-ignored" "The failure of the migration is thrown away, so services start on a schema that they do not know."
    SERVES Error "migration-starts-the-application" "A migration inside the application starts its workers and threads too, hangs on them, and never ends: the services behind it wait for ever."
    SILENT Warning "migration-output-thrown-away" "When it fails nobody will know why."
    NO_ADDRESS Error "migrate-without-address" "Nothing tells the migration where its database is."
    LOCALHOST Error "address-is-localhost" "In a container localhost is the container itself, and no database listens there."
    PASSWORD Error "password-in-plain-text" "Whoever can read the repository or the image can read the password."
    DEFAULT_PASSWORD Warning "password-with-default" "Where the variable is forgotten, everybody knows the password."
    UNKNOWN_DEPENDENCY Error "unknown-dependency" "Compose refuses a project in which a service depends on one that is not there."
    CYCLE Error "dependency-cycle" "Services that wait for each other never start."
    BEHIND_PROFILE Error "migrate-behind-a-profile" "`up` does not start a service of an inactive profile, and refuses to start what depends on it."
    NOT_COMPOSE Error "compose-refuses" "Compose does not start a project that it cannot merge."
    JOB_NAME Error "job-name-is-fixed" "A finished Job of the previous release has the same name: whoever waits for it sees that release's success, and the new image cannot be applied, since a Job's template is immutable."
    REPEATS Error "job-repeats-a-refusal" "A migration that is refused or fails is refused again: the Job repeats it and the failure is seen late."
    ASKS_CLUSTER Error "init-container-asks-the-cluster" "Asking the API server for the Job needs a role for every application, and knows a Job's end rather than the database's state."
    NO_KUBECTL Error "image-without-kubectl" "The image has no kubectl, so that the loop around it never ends."
    DOES_NOT_WAIT Error "workload-does-not-wait" "Its pods start beside the migration and meet the old schema."
    HOOK_TOO_LATE Error "hook-after-deployment" "The hook runs when the new pods are already up."
    HOOK_KEEPS Warning "hook-is-not-replaced" "The Job of the previous release is in the way of the next one."
    HOOK_BEFORE_SECRET Error "hook-before-its-secret" "At the first install a pre-install hook runs before the chart's other objects exist, so the Job waits for a Secret that is created after it."
    SECRET_IN_MANIFEST Warning "secret-in-manifest" "Base64 hides nothing: whoever can read the repository can read the password."
    SHELL_FORM Error "entrypoint-in-shell-form" "A shell is process 1 then, and does not pass signals on: each stop takes ten seconds and ends in a kill."
    NO_EXEC Warning "entrypoint-without-exec" "The shell stays process 1 and does not pass signals on to the application."
    DEPLOYS_TOO_EARLY Error "deploys-before-migration" "What the pipeline deploys meets the old schema, and stays up when the migration failed."
    CANCELLED Warning "migration-is-cancelled" "A migration that is cancelled leaves its revision half done until the next one goes on."
    AT_BUILD Error "migrates-at-build" "An image is built without the database that it will run on."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_is_in_the_documentation() {
        let page = include_str!("../../../../docs/deploying.md");
        let missing: Vec<&str> = RULES
            .iter()
            .map(|rule| rule.id)
            .filter(|id| !page.contains(&format!("`{id}`")))
            .collect();
        assert!(missing.is_empty(), "add to docs/deploying.md: {missing:?}");
    }
}
