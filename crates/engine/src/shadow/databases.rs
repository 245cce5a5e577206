//! Several shadow databases on one server: one of ours, or one that somebody names. Which are left over of a run that
//! died is decided by an advisory lock that each run holds for as long as it lives.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use windlass_compiler::sql::quote_identifier;

use super::Shadow;
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{self, Purpose, Session, SessionSettings};

/// How the names of shadow databases begin.
const PREFIX: &str = "windlass_shadow_";
/// The class of the advisory locks, in the database `postgres`, that say which runs live.
const LOCKS: i32 = 0x77_6c_73_68;

/// A server to make throwaway databases on.
#[derive(Debug)]
pub struct Shadows {
    place: Place,
    /// A session on the database `postgres`; on a server of somebody's it holds the lock of the run.
    session: Session,
    run: i32,
    made: Mutex<Vec<String>>,
}

#[derive(Debug)]
enum Place {
    Own(Shadow),
    Given(ConnectOptions),
}

impl Shadows {
    /// On a server of our own, made of the programs in `bindir` below `scratch`. It goes when this is dropped.
    ///
    /// # Errors
    /// A server that does not start.
    pub async fn own(bindir: &Path, scratch: &Path) -> Result<Self> {
        let server = Shadow::start(bindir, scratch).await?;
        let options = ConnectOptions::resolve(&server.url("postgres"), &|_| None)
            .map_err(|error| Error::new(ErrorKind::NoConnection, error.to_string()))?;
        let session = session::open(&options, &SessionSettings::default(), Purpose::Work).await?;
        Ok(Self {
            place: Place::Own(server),
            session,
            run: 0,
            made: Mutex::default(),
        })
    }

    /// On a server that is there, as a role that may create databases. Removes what runs that died have left there.
    /// Ends with [`Shadows::close`].
    ///
    /// # Errors
    /// No connection to the server's database `postgres`.
    pub async fn on(server: &ConnectOptions) -> Result<Self> {
        let options = server.with_database("postgres");
        let session = session::open(&options, &SessionSettings::default(), Purpose::Work).await?;
        let run = rand::random::<i32>();
        let shadows = Self {
            place: Place::Given(options),
            session,
            run,
            made: Mutex::default(),
        };
        if !shadows.lock(run).await? {
            return Err(Error::new(
                ErrorKind::Failed,
                "another run has taken the same name for its shadow databases",
            )
            .hint("run the command again"));
        }
        shadows.sweep().await?;
        Ok(shadows)
    }

    /// The server's `server_version_num`.
    pub fn server_version(&self) -> u32 {
        self.session.server_version
    }

    /// Whether the server is ours: whatever is done to it goes with it.
    pub fn is_own(&self) -> bool {
        matches!(self.place, Place::Own(_))
    }

    /// Makes an empty database. `label` tells the databases of a run apart.
    ///
    /// # Errors
    /// A role that may not create databases.
    pub async fn database(&self, label: &str) -> Result<ConnectOptions> {
        self.create(label, "template0").await
    }

    /// Makes a copy of a database of this run that nobody is connected to.
    ///
    /// # Errors
    /// Sessions in the database to copy.
    pub async fn copy(&self, of: &ConnectOptions, label: &str) -> Result<ConnectOptions> {
        self.settle(of.database()).await?;
        self.create(label, of.database()).await
    }

    async fn create(&self, label: &str, template: &str) -> Result<ConnectOptions> {
        let name = format!("{PREFIX}{:08x}_{label}", self.run.cast_unsigned());
        // Noted first: a command that is given up may have been carried out.
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(name.clone());
        let sql = format!(
            "CREATE DATABASE {} TEMPLATE {}",
            quote_identifier(&name),
            quote_identifier(template)
        );
        self.session.client().batch_execute(&sql).await.map_err(|error| {
            session::failed(error, &format!("failed to create the shadow database {name}"))
                .hint("a shadow server is given as a role that may create databases (CREATEDB)")
        })?;
        self.options(&name)
    }

    fn options(&self, database: &str) -> Result<ConnectOptions> {
        match &self.place {
            Place::Given(options) => Ok(options.with_database(database)),
            Place::Own(server) => ConnectOptions::resolve(&server.url(database), &|_| None)
                .map_err(|error| Error::new(ErrorKind::NoConnection, error.to_string())),
        }
    }

    /// Waits until the sessions that were closed are gone: a backend outlives its connection by a moment, and a
    /// database is copied only while nobody uses it.
    async fn settle(&self, database: &str) -> Result<()> {
        let sql = "SELECT pg_catalog.pg_terminate_backend(pid, 10000) FROM pg_catalog.pg_stat_activity \
                    WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend'";
        self.session
            .client()
            .query(sql, &[&database])
            .await
            .map(drop)
            .map_err(|error| session::failed(error, "failed to look for sessions of a shadow database"))
    }

    /// Makes all that children inherit their own as well. Statements do so, and none takes it back: what pg_dump says of
    /// two copies is the same then, whichever way they were made.
    ///
    /// # Errors
    /// A role that may not write the catalogs.
    pub async fn own_what_is_inherited(&self, copy: &ConnectOptions) -> Result<()> {
        let session = session::open(copy, &SessionSettings::default(), Purpose::Work).await?;
        session
            .client()
            .batch_execute(include_str!("own_what_is_inherited.sql"))
            .await
            .map_err(|error| session::failed(error, "failed to make children own what they inherit"))
    }

    /// Creates a role, for scripts that name it. Only on a server of our own: roles belong to the whole server.
    ///
    /// # Errors
    /// A server of somebody's.
    pub async fn create_role(&self, role: &str) -> Result<()> {
        if !self.is_own() {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!("the shadow server has no role {}", quote_identifier(role)),
            )
            .hint(
                "create it there, or leave --shadow out: a server of our own gets the roles that it misses",
            ));
        }
        let sql = format!("CREATE ROLE {} SUPERUSER", quote_identifier(role));
        match self.session.client().batch_execute(&sql).await {
            // 42710 duplicate_object: the other side of a comparison has made it meanwhile.
            Err(error) if error.code().is_none_or(|code| code.code() != "42710") => {
                Err(session::failed(error, &format!("failed to make the role {role}")))
            }
            _ => Ok(()),
        }
    }

    /// Removes what was made.
    ///
    /// # Errors
    /// Databases that cannot be dropped.
    pub async fn close(self) -> Result<()> {
        if let Place::Own(_) = self.place {
            return Ok(());
        }
        let made = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        for name in made {
            drop_database(&self.session, &name).await?;
        }
        Ok(())
    }

    /// Whether the lock of a run could be had.
    async fn lock(&self, run: i32) -> Result<bool> {
        let row = self
            .session
            .client()
            .query_one("SELECT pg_catalog.pg_try_advisory_lock($1, $2)", &[&LOCKS, &run])
            .await
            .map_err(|error| session::failed(error, "failed to lock the shadow databases"))?;
        Ok(row.get(0))
    }

    /// Drops the databases of runs that died. One that cannot be dropped is somebody else's.
    async fn sweep(&self) -> Result<()> {
        let sql = "SELECT datname::text FROM pg_catalog.pg_database \
                    WHERE pg_catalog.starts_with(datname::text, $1) AND pg_catalog.pg_has_role(datdba, 'USAGE')";
        let rows = self
            .session
            .client()
            .query(sql, &[&PREFIX])
            .await
            .map_err(|error| session::failed(error, "failed to look for left-over shadow databases"))?;
        for row in rows {
            let name: String = row.get(0);
            let run = name.get(PREFIX.len()..PREFIX.len() + 8);
            let Some(run) = run.and_then(|run| u32::from_str_radix(run, 16).ok()) else {
                continue;
            };
            let run = run.cast_signed();
            if run == self.run || !self.lock(run).await? {
                continue;
            }
            // Who cannot drop it leaves it to its owner.
            let _ = drop_database(&self.session, &name).await;
            let sql = "SELECT pg_catalog.pg_advisory_unlock($1, $2)";
            self.session
                .client()
                .query(sql, &[&LOCKS, &run])
                .await
                .map_err(|error| session::failed(error, "failed to unlock the shadow databases"))?;
        }
        Ok(())
    }
}

async fn drop_database(session: &Session, name: &str) -> Result<()> {
    let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_identifier(name));
    session
        .client()
        .batch_execute(&sql)
        .await
        .map_err(|error| session::failed(error, &format!("failed to drop the shadow database {name}")))
}
