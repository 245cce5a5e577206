//! Proving ground: databases of a throwaway server that revisions are run on, to see what they give.

use std::collections::HashSet;

use windlass::backfill::{Backfills, WorkRequest};
use windlass::compiler::catalog::Catalog;
use windlass::compiler::format::{Directory, RevisionId};
use windlass::compiler::graph::Target;
use windlass::compiler::policy::Policy;
use windlass::compiler::sql::quote_identifier;
use windlass::connect::{ConnectOptions, connect};
use windlass::shadow::Shadow;
use windlass::{Downgrade, Error, ErrorKind, Runner, Stop, Unobserved, Upgrade, Wait};

use crate::context::{Context, server_programs, stop_on_signals};
use crate::failure::Failure;

/// Roles that scripts name are made as they are missed, so many at most.
pub(crate) const ROLES: usize = 100;

/// The server.
pub(crate) struct Ground {
    server: Shadow,
    policy: Policy,
    env: Option<String>,
    stop: Stop,
}

impl Ground {
    /// Starts one.
    pub(crate) async fn start(context: &Context) -> Result<Self, Failure> {
        let programs = server_programs()?;
        context.ui.say("starting a throwaway PostgreSQL");
        let mut policy = context.config.policy.clone();
        // Nobody's rows are here; what a revision itself protects stays protected.
        policy.protect.value.clear();
        Ok(Self {
            server: Shadow::start(&programs, &std::env::temp_dir()).await?,
            policy,
            env: context.config.env.as_ref().map(|env| env.value.clone()),
            stop: stop_on_signals(),
        })
    }

    fn options(&self, database: &str) -> Result<ConnectOptions, Failure> {
        ConnectOptions::resolve(&self.server.url(database), &|_| None)
            .map_err(|error| Failure::other(error.to_string()))
    }

    /// A new database for these files.
    pub(crate) async fn database(&self, name: &str, directory: Directory) -> Result<Plot<'_>, Failure> {
        let options = self.options(name)?;
        windlass::database::create(&options).await?;
        Ok(Plot {
            ground: self,
            options,
            directory,
            up: HashSet::new(),
        })
    }

    /// Makes the role that was missed, or gives the failure back.
    async fn make_role(&self, missed: Error, made: &mut usize) -> Result<(), Failure> {
        let Some(role) = missing_role(&missed).filter(|_| *made < ROLES) else {
            return Err(missed.into());
        };
        *made += 1;
        let sql = format!("CREATE ROLE {} SUPERUSER", quote_identifier(&role));
        self.execute(&sql)
            .await
            .map_err(|error| Failure::other(format!("failed to make the role {role}: {error}")))
    }

    /// Drops the roles that nothing needs, so that revisions may make them again.
    async fn drop_roles(&self) -> Result<(), Failure> {
        let sql = "DO $$ DECLARE name text; BEGIN \
                     FOR name IN SELECT rolname FROM pg_catalog.pg_roles WHERE oid >= 16384 LOOP \
                       BEGIN EXECUTE pg_catalog.format('DROP ROLE %I', name); \
                       EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END; \
                     END LOOP; \
                   END $$";
        let failed = |error| Failure::other(format!("failed to drop the throwaway server's roles: {error}"));
        self.execute(sql).await.map_err(failed)
    }

    async fn execute(&self, sql: &str) -> Result<(), String> {
        let options = self.options("postgres").map_err(|failure| failure.message())?;
        let connection = connect(&options, &[]).await.map_err(|error| error.to_string())?;
        let done = connection.client.batch_execute(sql).await;
        done.map_err(|error| error.to_string())
    }
}

/// One of its databases.
pub(crate) struct Plot<'g> {
    ground: &'g Ground,
    options: ConnectOptions,
    directory: Directory,
    /// What is applied.
    up: HashSet<RevisionId>,
}

impl Plot<'_> {
    /// Where it is.
    pub(crate) fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// The revisions that a new database runs, parents first.
    pub(crate) async fn order(&self) -> Result<Vec<RevisionId>, Failure> {
        let (_, standing) = self.runner(self.directory.clone())?.status().await?;
        Ok(standing.pending)
    }

    /// What is applied, in no order.
    pub(crate) fn applied(&self) -> Vec<RevisionId> {
        self.up.iter().cloned().collect()
    }

    /// Applies everything, after `prepare` had its say.
    pub(crate) async fn all_up(&mut self, prepare: impl Fn(Runner) -> Runner) -> Result<(), Failure> {
        self.run_up(self.directory.clone(), prepare).await
    }

    /// Applies these, whose parents are applied or among them.
    pub(crate) async fn up(&mut self, ids: &[RevisionId]) -> Result<(), Failure> {
        if ids.is_empty() {
            return Ok(());
        }
        self.up.extend(ids.iter().cloned());
        self.run_up(self.so_far(), |runner| runner).await
    }

    /// Reverts the one that was applied last.
    pub(crate) async fn down(&mut self, last: &RevisionId) -> Result<(), Failure> {
        let request = Downgrade {
            target: Target::Relative(-1),
            target_text: "-1".to_owned(),
            wait: Wait::Forever,
            allow_data_loss: true,
            agreed: None,
        };
        let mut roles = 0;
        loop {
            let runner = self.runner(self.so_far())?;
            match runner.downgrade(&request, &Unobserved, &self.ground.stop).await {
                Ok(_) => break,
                Err(error) => self.ground.make_role(error, &mut roles).await?,
            }
        }
        self.up.remove(last);
        Ok(())
    }

    /// Makes the database anew, with these applied.
    pub(crate) async fn anew(&mut self, ids: &[RevisionId]) -> Result<(), Failure> {
        windlass::database::drop(&self.options).await?;
        self.ground.drop_roles().await?;
        windlass::database::create(&self.options).await?;
        self.up.clear();
        self.up(ids).await
    }

    /// What the database holds.
    pub(crate) async fn catalog(&self) -> Result<Catalog, Failure> {
        Ok(self.runner(self.so_far())?.introspect().await?.catalog)
    }

    /// Its reference data.
    pub(crate) async fn data(&self, patterns: &[String]) -> Result<String, Failure> {
        Ok(self.runner(self.so_far())?.reference_data(patterns).await?)
    }

    /// Runs to all heads and does background jobs. What failed for want of a role goes on with it.
    async fn run_up(&self, directory: Directory, prepare: impl Fn(Runner) -> Runner) -> Result<(), Failure> {
        let (ground, mut roles) = (self.ground, 0);
        let is_deferred = has_jobs(&directory);
        let runner = prepare(self.runner(directory)?);
        let mut refusal = None;
        loop {
            let error = match runner
                .upgrade(&Upgrade::to_heads(), &Unobserved, &ground.stop)
                .await
            {
                Ok(_) => break,
                Err(error) => error,
            };
            if is_deferred && is_another_refusal(&error, &mut refusal) {
                work_off(&self.options, &ground.policy, &ground.stop).await?;
            } else {
                ground.make_role(error, &mut roles).await?;
            }
        }
        if is_deferred {
            work_off(&self.options, &ground.policy, &ground.stop).await?;
        }
        Ok(())
    }

    fn runner(&self, directory: Directory) -> Result<Runner, Failure> {
        let runner = Runner::new(self.options.clone(), directory, self.ground.policy.clone())?;
        Ok(runner.in_env(self.ground.env.clone()))
    }

    /// The files of what is applied.
    fn so_far(&self) -> Directory {
        let mut directory = self.directory.clone();
        directory
            .revisions
            .retain(|revision| self.up.contains(&revision.id));
        directory
    }
}

/// Whether a revision leaves work for the background.
pub(crate) fn has_jobs(directory: &Directory) -> bool {
    directory.revisions.iter().any(|revision| {
        let text = &revision.up.text;
        text.contains("-- windlass:") && text.contains("deferred")
    })
}

/// Whether a run was refused, and not for the same reason as the one before: a revision may require a background job
/// of an earlier one, which nobody does here but ourselves.
pub(crate) fn is_another_refusal(error: &Error, last: &mut Option<String>) -> bool {
    let words = error.to_string();
    let is_new = error.kind() == ErrorKind::Refused && last.as_ref() != Some(&words);
    *last = Some(words);
    is_new
}

/// Does the background jobs of a database: what they change is seldom there, and later revisions may require them.
pub(crate) async fn work_off(options: &ConnectOptions, policy: &Policy, stop: &Stop) -> Result<(), Failure> {
    let request = WorkRequest {
        once: true,
        ..WorkRequest::default()
    };
    let backfills = Backfills::new(options.clone(), policy.clone());
    backfills.work(&request, &Unobserved, stop).await?;
    Ok(())
}

/// The role that the server misses, by its own words: the throwaway server speaks English.
pub(crate) fn missing_role(error: &Error) -> Option<String> {
    let mut at: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = at {
        let words = error.to_string();
        if let Some((_, rest)) = words.split_once("role \"")
            && let Some((role, _)) = rest.split_once("\" does not exist")
        {
            return Some(role.to_owned());
        }
        at = error.source();
    }
    None
}
