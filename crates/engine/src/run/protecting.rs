//! `protect` of a table that is not there protects nothing: a mistyped name is told before anything runs, wherever it stands.

use std::collections::HashMap;

use tokio_postgres::Client;
use tokio_postgres::types::Type;
use windlass_compiler::diagnostic::{Diagnostic, Place, suggest};
use windlass_compiler::directive::Protect;
use windlass_compiler::format::{Revision, RevisionId};

use super::{Runner, Scripts};
use crate::error::{Error, Result};
use crate::event::{Direction, Event, Observe};
use crate::journal::Snapshot;
use crate::session;

impl Runner {
    /// Refuses to run revisions that protect what is no table and what no revision names. Where something may make it
    /// that nobody can look into, that is only told, and so is what the configuration protects.
    pub(super) async fn look_at_protected(
        &self,
        client: &Client,
        scripts: &Scripts,
        ids: &[RevisionId],
        direction: Direction,
        journal: &Snapshot,
        observer: &dyn Observe,
    ) -> Result<()> {
        // What is taken up again protects what it found when it began.
        let is_begun = |id: &RevisionId| {
            let mut rows = journal.revisions.iter();
            rows.any(|row| row.id == *id && !row.state.is_applied())
        };
        let said: Vec<(&RevisionId, &Protect)> = ids
            .iter()
            .filter(|id| !is_begun(id))
            .filter_map(|id| Some((id, scripts.get(id)?)))
            .flat_map(|(id, prepared)| prepared.protects.iter().map(move |protect| (id, protect)))
            .collect();
        let is_from_baseline = self.baseline.is_some() && journal.revisions.is_empty();
        let configured = &self.policy.protect;
        if is_from_baseline || (said.is_empty() && configured.value.is_empty()) {
            return Ok(());
        }
        let patterns = said.iter().map(|(_, protect)| protect.table.as_str());
        let patterns: Vec<&str> = patterns
            .chain(configured.value.iter().map(String::as_str))
            .collect();
        let rows = client
            .query_typed(include_str!("unprotected.sql"), &[(&patterns, Type::TEXT_ARRAY)])
            .await
            .map_err(|error| session::failed(error, "failed to look for the protected tables"))?;
        let missing: HashMap<String, Vec<String>> = rows
            .iter()
            .map(|row| (row.get("pattern"), row.get("tables")))
            .filter(|(pattern, _): &(String, _)| !self.names(pattern))
            .collect();
        // A table of this list may be in other databases, which share the file.
        for pattern in &configured.value {
            if let Some(tables) = missing.get(pattern) {
                observer.event(Event::Warning {
                    message: format!("{}: `protect`: {}", configured.origin, lacking(pattern)),
                    hint: Some(instead(pattern, tables)),
                });
            }
        }
        let mut problems = Vec::new();
        for (id, protect) in said {
            if let Some(tables) = missing.get(&protect.table) {
                let source = self.script_of(id, direction)?;
                let problem = Diagnostic::error(format!(
                    "`protect {}`: {}",
                    protect.table,
                    lacking(&protect.table)
                ));
                problems.push(
                    problem
                        .at(Place::locate(&source.path, &source.text, protect.span))
                        .help(instead(&protect.table, tables)),
                );
            }
        }
        let is_opaque = |id: &RevisionId| {
            let statements = scripts
                .get(id)
                .into_iter()
                .flat_map(|prepared| &prepared.statements);
            statements
                .into_iter()
                .any(|statement| statement.planned.opaque || statement.planned.kind.contains("extension"))
        };
        if !problems.is_empty() && !ids.iter().any(is_opaque) {
            return Err(Error::input(
                "nothing was run: the revisions protect tables that are not there",
                problems,
            ));
        }
        for problem in &problems {
            observer.event(Event::warning(problem));
        }
        Ok(())
    }

    /// Whether some revision's SQL has a pattern's last name: it may make the table, now or later.
    fn names(&self, pattern: &str) -> bool {
        let name = match pattern.strip_suffix(".*") {
            Some(schema) => schema,
            None => pattern.rsplit('.').next().unwrap_or(pattern),
        };
        let name = name.trim_matches('"').replace("\"\"", "\"").to_lowercase();
        let says = |revision: &Revision| {
            let down = revision.down.iter().map(|down| &down.text);
            let mut texts = std::iter::once(&revision.up.text).chain(down);
            texts.any(|text| {
                text.lines()
                    .any(|line| !is_comment(line) && has_word(line, &name))
            })
        };
        self.directory.revisions.iter().any(says)
    }
}

fn lacking(pattern: &str) -> String {
    match pattern.strip_suffix(".*") {
        Some(schema) => format!("there is no schema {schema}"),
        None => format!("there is no table {pattern}"),
    }
}

/// What to write for a pattern that names nothing.
fn instead(pattern: &str, tables: &[String]) -> String {
    match suggest(pattern, tables.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "take it out, or name a table that is there or that a revision makes".to_owned(),
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("--")
}

/// Whether `word`, in small letters, stands in the line by itself.
fn has_word(line: &str, word: &str) -> bool {
    let line = line.to_lowercase();
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let behind = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}
