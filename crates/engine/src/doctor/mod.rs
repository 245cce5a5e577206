//! What in a server would make a migration fail, wait or do harm, found before it begins. Reads only;
//! each question is one file of SQL whose rows are findings: severity, sentence, command to act by.

use std::time::Duration;

use tokio_postgres::types::Type;

use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{self, Purpose, SessionSettings};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// A migration cannot run, or harm is near.
    Problem,
    /// A migration will wait, fail or be slow.
    Warning,
    /// Worth knowing.
    Note,
    /// Something that this role cannot see, and that was therefore not looked at.
    Unseen,
}

impl Severity {
    const NAMES: [(&'static str, Self); 4] = [
        ("problem", Self::Problem),
        ("warning", Self::Warning),
        ("note", Self::Note),
        ("unseen", Self::Unseen),
    ];

    /// Its name in output.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, severity)| *severity == self)
            .map_or("note", |(name, _)| name)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The question that it answers, such as `invalid-indexes`.
    pub question: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, a sentence.
    pub message: String,
    /// The exact command, or what else to do.
    pub act: String,
}

/// What was found, the worst first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Examination {
    /// `postgresql://user@host:port/database`, never a password.
    pub database: String,
    /// As in `server_version_num`; none where no connection could be made.
    pub server_version: Option<u32>,
    /// The questions that were asked.
    pub questions: Vec<&'static str>,
    /// The answers.
    pub findings: Vec<Finding>,
}

/// From which age on something counts as forgotten.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Of a transaction that is at work.
    pub transaction: Duration,
    /// Of a session that idles in a transaction.
    pub idle_in_transaction: Duration,
    /// Of a prepared transaction.
    pub prepared: Duration,
}

impl Patience {
    /// The same age for all.
    pub fn all(age: Duration) -> Self {
        Self {
            transaction: age,
            idle_in_transaction: age,
            prepared: age,
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            transaction: Duration::from_secs(60),
            idle_in_transaction: Duration::from_secs(10),
            prepared: Duration::from_secs(300),
        }
    }
}

struct Question {
    id: &'static str,
    sql: &'static str,
    /// The age that stands for `$1`.
    age: Option<fn(&Patience) -> Duration>,
}

const fn plain(id: &'static str, sql: &'static str) -> Question {
    Question { id, sql, age: None }
}

/// Every question, in the order in which it is asked.
static QUESTIONS: &[Question] = &[
    plain("server", include_str!("server.sql")),
    plain("privileges", include_str!("privileges.sql")),
    plain("connections", include_str!("connections.sql")),
    plain("waiting", include_str!("waiting.sql")),
    Question {
        id: "long-transactions",
        sql: include_str!("long_transactions.sql"),
        age: Some(|patience| patience.transaction),
    },
    Question {
        id: "idle-in-transaction",
        sql: include_str!("idle_in_transaction.sql"),
        age: Some(|patience| patience.idle_in_transaction),
    },
    Question {
        id: "prepared-transactions",
        sql: include_str!("prepared_transactions.sql"),
        age: Some(|patience| patience.prepared),
    },
    plain("invalid-indexes", include_str!("invalid_indexes.sql")),
    plain("not-valid-constraints", include_str!("not_valid_constraints.sql")),
    plain("wraparound", include_str!("wraparound.sql")),
    plain("replication", include_str!("replication.sql")),
    plain("slots", include_str!("slots.sql")),
    plain("synchronous", include_str!("synchronous.sql")),
    plain("lock-table", include_str!("lock_table.sql")),
];

/// Asks every question. A server that cannot be reached, or a pooler in the way, is a finding.
///
/// # Errors
/// A connection that is lost meanwhile, or options that name no database.
pub async fn examine(
    options: &ConnectOptions,
    settings: &SessionSettings,
    patience: &Patience,
) -> Result<Examination> {
    let mut examination = Examination {
        database: options.describe(),
        server_version: None,
        questions: vec!["connection"],
        findings: Vec::new(),
    };
    let session = match session::open(options, settings, Purpose::Lock).await {
        Ok(session) => session,
        Err(error) if error.kind() == ErrorKind::NoConnection => {
            examination.findings.push(unreachable(&error));
            return Ok(examination);
        }
        Err(error) => return Err(error),
    };
    examination.server_version = Some(session.server_version);
    for question in QUESTIONS {
        examination.questions.push(question.id);
        let age = question
            .age
            .map(|age| format!("{} milliseconds", age(patience).as_millis()));
        let parameters: Vec<(&(dyn tokio_postgres::types::ToSql + Sync), Type)> =
            age.iter().map(|age| (age as _, Type::TEXT)).collect();
        let rows = match session.client().query_typed(question.sql, &parameters).await {
            Ok(rows) => rows,
            Err(error) if session::is_lost(&error) => return Err(session::lost(error)),
            Err(error) => {
                examination.findings.push(unanswered(question.id, &error));
                continue;
            }
        };
        examination.findings.extend(rows.iter().map(|row| Finding {
            question: question.id,
            severity: severity(row.get(0)),
            message: row.get(1),
            act: row.get::<_, Option<String>>(2).unwrap_or_default(),
        }));
    }
    examination.findings.sort_by_key(|finding| finding.severity);
    Ok(examination)
}

fn severity(name: &str) -> Severity {
    Severity::NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(Severity::Note, |(_, severity)| *severity)
}

fn unreachable(error: &Error) -> Finding {
    Finding {
        question: "connection",
        severity: Severity::Problem,
        message: error.to_string(),
        act: error.hints().join("; "),
    }
}

fn unanswered(question: &'static str, error: &tokio_postgres::Error) -> Finding {
    let why = error
        .as_db_error()
        .map_or_else(|| error.to_string(), |db| db.message().to_owned());
    Finding {
        question,
        severity: Severity::Unseen,
        message: format!("{question}: the server did not answer: {why}"),
        act: "run doctor as a role that may see it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_sql_is_asked() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/doctor");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder is there")
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| Some(name.strip_suffix(".sql")?.replace('_', "-")))
            .collect();
        let mut asked: Vec<&str> = QUESTIONS.iter().map(|question| question.id).collect();
        files.sort_unstable();
        asked.sort_unstable();
        assert_eq!(asked, files, "add the missing ones to QUESTIONS");
    }
}
