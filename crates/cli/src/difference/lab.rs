//! Where schemas that are no database yet become one: shadow databases, which go whatever happens.

use std::cell::Cell;

use tokio::sync::OnceCell;
use windlass::compiler::catalog::Catalog;
use windlass::compiler::format::Directory;
use windlass::compiler::graph::Target;
use windlass::compiler::policy::{Policy, Safety};
use windlass::connect::ConnectOptions;
use windlass::introspect::source::{self, ScriptFile};
use windlass::shadow::Shadows;
use windlass::{Runner, SessionSettings, Stop, Unobserved, Upgrade};

use crate::context::{self, Context};
use crate::failure::Failure;
use crate::ground::{ROLES, has_jobs, is_another_refusal, missing_role, work_off};

/// A server for shadow databases, started when it is first needed.
pub(crate) struct Lab<'c> {
    context: &'c Context,
    /// The server that is to be used; none is one of our own.
    server: Option<String>,
    /// The major version that is wanted.
    major: Cell<Option<u32>>,
    shadows: OnceCell<Shadows>,
    stop: Stop,
}

/// Does work that may need shadow databases, and removes them: when it is done, when it failed, when it is stopped.
pub(crate) async fn in_lab<T>(
    context: &Context,
    server: Option<&str>,
    work: impl AsyncFnOnce(&Lab<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let stop = context::stop_on_signals();
    let lab = Lab {
        context,
        server: server
            .map(str::to_owned)
            .or_else(|| context.config.policy.shadow_url.value.clone()),
        major: Cell::new(None),
        shadows: OnceCell::new(),
        stop: stop.clone(),
    };
    let done = tokio::select! {
        done = work(&lab) => done,
        () = stop.asked() => Err(Failure::Other {
            message: "stopped; nothing was written".to_owned(),
            hints: Vec::new(),
            code: context::stopped_code(),
        }),
    };
    if let Some(shadows) = lab.shadows.into_inner()
        && let Err(error) = shadows.close().await
    {
        context.ui.warning(
            &format!("a shadow database remains: {error}"),
            Some("the next run removes it"),
        );
    }
    done
}

impl<'c> Lab<'c> {
    /// What configures the run.
    pub(crate) fn context(&self) -> &'c Context {
        self.context
    }

    /// Says which major version a server of our own is to have, if it is not running yet.
    pub(crate) fn prefer(&self, major: u32) {
        self.major.set(Some(major));
    }

    /// The server.
    pub(crate) async fn shadows(&self) -> Result<&Shadows, Failure> {
        self.shadows.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Shadows, Failure> {
        let wanted = self.major.get();
        let shadows = match &self.server {
            Some(url) => Shadows::on(&resolve(url)?).await?,
            None => {
                let programs = context::server_programs_of(wanted)?;
                self.context.ui.say("starting a throwaway PostgreSQL");
                Shadows::own(&programs, &std::env::temp_dir()).await?
            }
        };
        let major = shadows.server_version() / 10_000;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != major) {
            self.context.ui.warning(
                &format!("the database is PostgreSQL {wanted}, the shadow is {major}: what only one of them has is not compared"),
                Some("name a server of the same version with --shadow, or its programs with PG_BINDIR"),
            );
        }
        Ok(shadows)
    }

    /// What sessions on shadow databases are set to: names are looked up as in the database, roles may not exist.
    pub(crate) fn settings(&self) -> SessionSettings {
        SessionSettings {
            role: None,
            ..self.context.session_settings()
        }
    }

    /// A shadow database that these files make.
    pub(crate) async fn load(&self, label: &str, files: &[ScriptFile]) -> Result<ConnectOptions, Failure> {
        let settings = self.settings();
        let shadows = self.shadows().await?;
        let database = shadows.database(label).await?;
        source::execute(shadows, &database, &settings, files).await?;
        Ok(database)
    }

    /// A shadow database that the revisions make, run by the engine as an upgrade runs them.
    pub(crate) async fn replay(
        &self,
        label: &str,
        directory: Directory,
        target: Option<&str>,
        offer: impl FnOnce(Runner) -> Runner,
    ) -> Result<ConnectOptions, Failure> {
        let database = self.shadows().await?.database(label).await?;
        let has_jobs = has_jobs(&directory);
        let runner = offer(self.runner(&database, directory)?);
        self.upgrade(&runner, &database, target).await?;
        if has_jobs {
            work_off(&database, &self.policy(), &self.stop).await?;
        }
        Ok(database)
    }

    /// On shadow databases no role is taken on and nothing is protected; hazards harm nobody.
    fn policy(&self) -> Policy {
        let mut policy = self.context.config.policy.clone();
        policy.role.value = None;
        policy.protect.value = Vec::new();
        policy.safety.value = Safety::Off;
        policy
    }

    /// A runner on a shadow database.
    pub(crate) fn runner(&self, database: &ConnectOptions, directory: Directory) -> Result<Runner, Failure> {
        let env = self.context.config.env.as_ref().map(|env| env.value.clone());
        Ok(Runner::new(database.clone(), directory, self.policy())?.in_env(env))
    }

    /// Upgrades a shadow database. Roles that the revisions name are made as they turn up missing, and background jobs
    /// are done as a revision requires them; the run goes on where it stopped.
    pub(crate) async fn upgrade(
        &self,
        runner: &Runner,
        database: &ConnectOptions,
        target: Option<&str>,
    ) -> Result<(), Failure> {
        let mut request = Upgrade::to_heads();
        if let Some(target) = target {
            request.target = Target::parse(target);
            request.target_text = target.to_owned();
        }
        let stop = self.stop.clone();
        let shadows = self.shadows().await?;
        let (mut refusal, mut roles) = (None, 0);
        while roles < ROLES {
            let error = match runner.upgrade(&request, &Unobserved, &stop).await {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            if is_another_refusal(&error, &mut refusal) {
                work_off(database, &self.policy(), &self.stop).await?;
                continue;
            }
            match missing_role(&error) {
                Some(role) => shadows.create_role(&role).await?,
                None => return Err(error.into()),
            }
            roles += 1;
        }
        Err(Failure::other(format!(
            "the revisions name more than {ROLES} roles that no server has"
        )))
    }

    /// Reads what a shadow database holds.
    pub(crate) async fn read(&self, database: &ConnectOptions) -> Result<Catalog, Failure> {
        let read = source::of_database(database, &SessionSettings::default()).await?;
        Ok(read.introspected.catalog)
    }

    /// What asks runs on shadow databases to stop.
    pub(crate) fn stop(&self) -> &Stop {
        &self.stop
    }
}

/// Where a server is that the command line or the configuration names.
pub(crate) fn resolve(conninfo: &str) -> Result<ConnectOptions, Failure> {
    ConnectOptions::resolve(conninfo, &context::environment).map_err(|error| Failure::Other {
        message: error.to_string(),
        hints: error.hint().map(str::to_owned).into_iter().collect(),
        code: crate::failure::USAGE,
    })
}
