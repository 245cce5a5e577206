//! The scripts of a run, parsed before the first of them runs.

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::diagnostic::{Diagnostic, Place, Span};
use windlass_compiler::format::{Revision, RevisionId, Source};
use windlass_compiler::plan::{self, FrozenPlan, PlannedStatement, Prepared, Scrutiny};
use windlass_compiler::policy::Safety;
use windlass_compiler::rules::{Checker, Surroundings};
use windlass_compiler::sql;

use super::work::policy_of;
use super::{Runner, Scripts};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Direction;
use crate::session;

impl Runner {
    /// Parses every script before the first one runs, so that a mistake in the last is found now.
    pub(super) fn parse_all(&self, ids: &[RevisionId], direction: Direction) -> Result<Scripts> {
        let mut scripts = Scripts::with_capacity(ids.len());
        let mut problems = Vec::new();
        // Without a catalog the rules assume the worst: whoever is fine then needs none.
        let mut checker = Checker::new(Surroundings::default());
        // On one deep stack for all of them; each would start a thread for its own.
        let parsed = sql::deep(|| {
            let prepared = ids
                .iter()
                .map(|id| (id, self.prepare_under(id, direction, &mut checker, None)));
            prepared.collect::<Vec<_>>()
        });
        for (id, prepared) in parsed {
            match prepared {
                Ok(prepared) => {
                    problems.extend(self.overrides_refused(id, direction, &prepared)?);
                    scripts.insert(id.clone(), prepared);
                }
                Err(error) if error.kind() != ErrorKind::BadInput => return Err(error),
                Err(error) => problems.extend(error.diagnostics().to_vec()),
            }
        }
        if problems.is_empty() {
            Ok(scripts)
        } else {
            Err(Error::input(
                "nothing was run: the revisions have errors",
                problems,
            ))
        }
    }

    /// The directives that ask for more than the policy allows, such as a longer stall budget.
    fn overrides_refused(
        &self,
        id: &RevisionId,
        direction: Direction,
        prepared: &Prepared,
    ) -> Result<Vec<Diagnostic>> {
        let has_some =
            |statement: &plan::PreparedStatement| statement.overrides != plan::Overrides::default();
        if !prepared.statements.iter().any(has_some) {
            return Ok(Vec::new());
        }
        let source = self.script_of(id, direction)?;
        let mut refused = Vec::new();
        for step in plan::steps(&prepared.statements, prepared.mode, 1) {
            if let (Err(error), Some(first)) = (policy_of(&self.policy, id, &step), step.statements.first()) {
                let place = place_of(source, first);
                refused.extend(
                    error
                        .diagnostics()
                        .iter()
                        .map(|problem| problem.clone().at(place.clone())),
                );
            }
        }
        Ok(refused)
    }

    pub(super) fn prepare(&self, id: &RevisionId, direction: Direction) -> Result<Prepared> {
        if let Some(nothing) = self.nothing_here(id)? {
            return Ok(nothing);
        }
        let source = self.script_of(id, direction)?;
        plan::prepare(source)
            .map_err(|problems| Error::input(format!("{} cannot be run", source.path), problems))
    }

    /// The same with the rules asked, in the order of the plan.
    pub(super) fn prepare_under(
        &self,
        id: &RevisionId,
        direction: Direction,
        checker: &mut Checker,
        frozen: Option<&FrozenPlan>,
    ) -> Result<Prepared> {
        let safety = self.policy.safety.value;
        if safety == Safety::Off && frozen.is_none() {
            return self.prepare(id, direction);
        }
        if let Some(nothing) = self.nothing_here(id)? {
            return Ok(nothing);
        }
        let source = self.script_of(id, direction)?;
        let scrutiny = Scrutiny {
            checker,
            safety,
            frozen,
        };
        plan::prepare_under(source, scrutiny)
            .map_err(|problems| Error::input(format!("{} cannot be run", source.path), problems))
    }

    pub(super) fn script_of(&self, id: &RevisionId, direction: Direction) -> Result<&Source> {
        let file = self.file(id).ok_or_else(|| {
            Error::new(
                ErrorKind::Diverged,
                format!("the file of {id} is not in this directory"),
            )
            .hint("use the image or checkout that holds it")
        })?;
        Ok(match direction {
            Direction::Up => &file.up,
            Direction::Down => match (&file.header.irreversible, &file.down) {
                (Some(why), _) => {
                    return Err(
                        Error::new(ErrorKind::Refused, format!("{id} is irreversible: {why}"))
                            .hint("write a new revision that goes on from here"),
                    );
                }
                // What joins branches does nothing, and to undo it takes nothing.
                (None, None) if does_nothing(&file.up) => &file.up,
                (None, None) => {
                    return Err(
                        Error::new(ErrorKind::Refused, format!("{id} has no down script")).hint(format!(
                            "write {id}.down.sql beside it, or a new revision that goes on from here"
                        )),
                    );
                }
                (None, Some(down)) => down,
            },
        })
    }

    /// What is run of a revision that is only for other environments.
    pub(super) fn nothing_here(&self, id: &RevisionId) -> Result<Option<Prepared>> {
        let remark = self
            .file(id)
            .map(|file| self.elsewhere(file))
            .transpose()?
            .flatten();
        Ok(remark.map(|remark| Prepared {
            warnings: vec![Diagnostic::warning(remark)],
            ..Prepared::default()
        }))
    }

    /// Why a revision is not run here: it is only for other environments.
    pub(super) fn elsewhere(&self, file: &Revision) -> Result<Option<String>> {
        let envs = &file.header.only_envs;
        if envs.is_empty() {
            return Ok(None);
        }
        let names = envs.join(", ");
        match &self.env {
            Some(env) if envs.contains(env) => Ok(None),
            Some(env) => Ok(Some(format!(
                "{} is only for env {names}: in {env} it is recorded and not run",
                file.id
            ))),
            None => Err(Error::input(
                format!("{} cannot be run", file.up.path),
                vec![
                    Diagnostic::error(format!(
                        "{}: only for env {names}, and this run does not say which it is",
                        file.up.path
                    ))
                    .help("say it: --env NAME, or WINDLASS_ENV=NAME in the environment"),
                ],
            )),
        }
    }
}

/// Whether a script has no statement at all.
fn does_nothing(up: &Source) -> bool {
    plan::prepare(up).is_ok_and(|prepared| prepared.statements.is_empty())
}

/// Asks the server what the text of a script does not say: which of its tables are partitioned.
pub(super) async fn settle(client: &Client, prepared: &mut Prepared) -> Result<()> {
    let asked = prepared.perhaps_partitioned();
    if asked.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = asked.iter().map(ToString::to_string).collect();
    let rows = client
        .query_typed(
            "SELECT name FROM pg_catalog.unnest($1) AS asked (name) \
               JOIN pg_catalog.pg_class ON oid = pg_catalog.to_regclass(name) WHERE relkind IN ('p', 'I')",
            &[(&names, Type::TEXT_ARRAY)],
        )
        .await
        .map_err(session::lost)?;
    let partitioned: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    prepared.partitioned(|relation| partitioned.contains(&relation.to_string()));
    Ok(())
}

/// Where a statement stands in its file.
fn place_of(source: &Source, statement: &PlannedStatement) -> Place {
    let text: &str = &source.text;
    let mut lines = text.split_inclusive('\n');
    let above: usize = lines
        .by_ref()
        .take(statement.line.saturating_sub(1))
        .map(str::len)
        .sum();
    let before = lines
        .next()
        .unwrap_or_default()
        .chars()
        .take(statement.column.saturating_sub(1));
    let start = above + before.map(char::len_utf8).sum::<usize>();
    Place::locate(
        &source.path,
        text,
        Span::new(start, text.len().min(start + statement.sql.len())),
    )
}
