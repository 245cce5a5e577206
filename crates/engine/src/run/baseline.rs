//! A new database made from its baseline instead of from its history, in one transaction that also writes the
//! journal. Which database is new, and what becomes of one that is not, is decided here.

use std::collections::HashSet;
use std::fmt;

use tokio_postgres::error::ErrorPosition;
use windlass_compiler::format::RevisionId;
use windlass_compiler::graph::Target;
use windlass_compiler::sql;

use super::Runner;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Direction, Event, Observe};
use crate::journal::{self, Fence, Snapshot};
use crate::session::{self, Purpose, Session};

/// What a new database is made from.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// For people: a file's name, or a command.
    pub name: String,
    /// The statements.
    pub sql: String,
    /// The newest revisions that it contains, with all before them; none for those of the whole directory.
    pub contains: Option<Vec<RevisionId>>,
}

/// What an upgrade of a database without applied revisions begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Beginning {
    /// Nothing: every revision runs.
    Empty,
    /// A baseline, in place of the revisions that it contains.
    Baseline {
        /// Its name.
        name: String,
        /// What it contains, parents first.
        contains: Vec<RevisionId>,
    },
    /// What somebody else made: it is not new.
    InUse {
        /// The first relations, and how many more there are.
        relations: String,
    },
}

/// Gives the baseline when it is needed.
type Load = dyn Fn() -> std::result::Result<Baseline, String> + Send + Sync;

/// Where a baseline comes from.
pub(super) struct Source {
    name: String,
    load: Box<Load>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Runner {
    /// Lets an upgrade make a database without relations from a baseline instead of from its history.
    /// `load` is asked only then.
    #[must_use]
    pub fn creating_from(
        self,
        name: &str,
        load: impl Fn() -> std::result::Result<Baseline, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            baseline: Some(Source {
                name: name.to_owned(),
                load: Box::new(load),
            }),
            ..self
        }
    }

    /// Makes the database from the baseline where it has neither relations nor revisions. The revisions that
    /// are then applied.
    pub(super) async fn create_from_baseline(
        &self,
        lock: &Session,
        fence: Fence,
        target: &Target,
        journal: &Snapshot,
        observer: &dyn Observe,
    ) -> Result<Vec<RevisionId>> {
        let Some(source) = &self.baseline else {
            return Ok(Vec::new());
        };
        if !journal.revisions.is_empty() {
            return Ok(Vec::new());
        }
        self.look_at_unknown_relations(lock, journal, observer).await?;
        let (baseline, contained) = self.loaded(source)?;
        if let Some(beyond) = self.beyond(&contained, target)? {
            observer.event(Event::Warning {
                message: format!(
                    "{} is not used: it contains {beyond}, which is not wanted",
                    baseline.name
                ),
                hint: Some("the revisions run one by one".to_owned()),
            });
            return Ok(Vec::new());
        }
        let script = script(&baseline)?;
        observer.event(Event::CreatingFromBaseline {
            baseline: baseline.name.clone(),
            revisions: contained.len(),
        });
        self.run_baseline(&baseline, &script, &contained, fence).await?;
        Ok(contained)
    }

    /// A database that holds somebody's relations is not new, whatever the journal lacks: it is refused where a
    /// baseline would make it, else its revisions run on it as ever, and that is said.
    pub(super) async fn look_at_unknown_relations(
        &self,
        lock: &Session,
        journal: &Snapshot,
        observer: &dyn Observe,
    ) -> Result<()> {
        if !journal.revisions.is_empty() || (self.baseline.is_none() && journal.version.is_some()) {
            return Ok(());
        }
        let Some(relations) = unknown_relations(lock).await? else {
            return Ok(());
        };
        let message = format!("the database has relations ({relations}) and no applied revision");
        let stamp =
            "where it is as the revisions say already: `windlass stamp head`, or the last one that it has";
        match &self.baseline {
            None => {
                observer.event(Event::Warning {
                    message: format!("{message}; all revisions run on it"),
                    hint: Some(stamp.to_owned()),
                });
                Ok(())
            }
            Some(source) => Err(Error::new(
                ErrorKind::Refused,
                format!("{message}, so it is not new and is not made from {}", source.name),
            )
            .hint(stamp)
            .hint("where all revisions are to run on it as it is: `windlass upgrade --replay`")),
        }
    }

    /// What an upgrade of a database without applied revisions begins with; none where some are applied. Takes no
    /// lock.
    ///
    /// # Errors
    /// No connection, a journal or a baseline that cannot be read, an unknown target.
    pub async fn beginning(&self, target: &Target) -> Result<Option<Beginning>> {
        let (session, journal, _) = self.look().await?;
        if !journal.revisions.is_empty() {
            return Ok(None);
        }
        if let Some(relations) = unknown_relations(&session).await? {
            return Ok(Some(Beginning::InUse { relations }));
        }
        let Some(source) = &self.baseline else {
            return Ok(Some(Beginning::Empty));
        };
        let (baseline, contains) = self.loaded(source)?;
        Ok(Some(match self.beyond(&contains, target)? {
            None => Beginning::Baseline {
                name: baseline.name,
                contains,
            },
            Some(_) => Beginning::Empty,
        }))
    }

    fn loaded(&self, source: &Source) -> Result<(Baseline, Vec<RevisionId>)> {
        let baseline = (source.load)().map_err(|why| {
            Error::new(
                ErrorKind::BadInput,
                format!("failed to read {}: {why}", source.name),
            )
        })?;
        let contained = self.contained(&baseline)?;
        Ok((baseline, contained))
    }

    /// The first of these that the target does not want.
    fn beyond<'r>(&self, contained: &'r [RevisionId], target: &Target) -> Result<Option<&'r RevisionId>> {
        let needed = self.graph.ancestors_of(&self.goals(target, &[])?);
        Ok(contained.iter().find(|id| !needed.contains(*id)))
    }

    /// All revisions that the baseline contains, parents first.
    fn contained(&self, baseline: &Baseline) -> Result<Vec<RevisionId>> {
        let heads = baseline.contains.clone().unwrap_or_else(|| self.graph.heads());
        if let Some(unknown) = heads.iter().find(|id| !self.graph.contains(id)) {
            return Err(Error::new(
                ErrorKind::BadInput,
                format!(
                    "{} contains {unknown}, which is not in this directory",
                    baseline.name
                ),
            )
            .hint(
                "are the file and the directory of the same commit? `windlass snapshot` writes the file anew",
            ));
        }
        let all: HashSet<RevisionId> = self.graph.ancestors_of(&heads);
        Ok(self
            .graph
            .order()
            .filter(|id| all.contains(*id))
            .cloned()
            .collect())
    }

    /// Statements and journal commit together, on a connection of their own: the script changes settings.
    async fn run_baseline(
        &self,
        baseline: &Baseline,
        script: &str,
        contained: &[RevisionId],
        fence: Fence,
    ) -> Result<()> {
        let session = self.open(Purpose::Work).await?;
        let client = session.client();
        client.batch_execute("BEGIN").await.map_err(session::lost)?;
        if let Err(error) = client.batch_execute(script).await {
            let place = place(&error, script).map_or(String::new(), |line| format!(", line {line}"));
            let what = format!("failed to make the database from {}{place}", baseline.name);
            return Err(session::failed(error, &what)
                .hint("nothing of it remains in the database")
                .hint("to run the revisions one by one instead: `windlass upgrade --replay`"));
        }
        let failed = |error| session::failed(error, "failed to write the journal");
        client
            .batch_execute("RESET ALL; SET search_path = ''")
            .await
            .map_err(failed)?;
        journal::fence(fence).send(client).await.map_err(failed)?;
        let run_id = super::run_id();
        for id in contained {
            let frozen = self.frozen(id, Direction::Up, None, &[], &[])?;
            journal::start_revision(&frozen, &run_id)
                .send(client)
                .await
                .map_err(failed)?;
            journal::stamp_revision(id).send(client).await.map_err(failed)?;
            let detail = format!("from {}", baseline.name);
            journal::record(id, None, "stamped", Some(&frozen.checksum), Some(&detail))
                .send(client)
                .await
                .map_err(failed)?;
        }
        client.batch_execute("COMMIT").await.map_err(failed)
    }
}

/// The relations that make a database one that is in use, the first of them by name.
async fn unknown_relations(session: &Session) -> Result<Option<String>> {
    let rows = session
        .client()
        .query_typed(include_str!("unknown_relations.sql"), &[])
        .await
        .map_err(session::lost)?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let more = first.get::<_, i64>(1) - i64::try_from(names.len()).unwrap_or(i64::MAX);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Ok(Some(format!("{}{more}", names.join(", "))))
}

/// The script without psql's commands, when all of it can be one transaction.
fn script(baseline: &Baseline) -> Result<String> {
    // pg_dump guards its output with \restrict.
    let is_command = |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    let mut text: String = baseline
        .sql
        .lines()
        .map(|line| if is_command(&line) { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n");
    text.push('\n');
    let spans = sql::split(&text).map_err(|error| {
        let line = text[..error.offset.min(text.len())].lines().count().max(1);
        Error::new(
            ErrorKind::BadInput,
            format!("{}, line {line}: {error}", baseline.name),
        )
    })?;
    if spans.is_empty() {
        return Err(Error::new(
            ErrorKind::BadInput,
            format!("{} holds no statement", baseline.name),
        ));
    }
    for span in spans {
        // Only these words begin transaction control, and they begin nothing else.
        let statement = &text[span.start..span.end];
        let word = statement
            .split(|letter: char| !letter.is_ascii_alphabetic())
            .next();
        let word = word.unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            // Blanks keep the lines of what follows.
            "BEGIN" | "COMMIT" | "START" | "END" => {
                let blanks: String = statement
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
                    .collect();
                text.replace_range(span.start..span.end, &blanks);
            }
            "ROLLBACK" | "SAVEPOINT" | "ABORT" | "RELEASE" => {
                return Err(Error::new(
                    ErrorKind::BadInput,
                    format!(
                        "{} has {word}, and all of it is to be one transaction",
                        baseline.name
                    ),
                ));
            }
            _ => {}
        }
    }
    Ok(text)
}

/// The line of the script that the server objects to.
fn place(error: &tokio_postgres::Error, script: &str) -> Option<usize> {
    let ErrorPosition::Original(at) = error.as_db_error()?.position()? else {
        return None;
    };
    let before: String = script
        .chars()
        .take(usize::try_from(*at).ok()?.saturating_sub(1))
        .collect();
    Some(before.lines().count().max(1))
}
