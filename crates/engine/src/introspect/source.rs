//! Where a schema is read from when it is not a run that asks: a database, or scripts of SQL that a shadow database
//! executes.

use std::path::Path;

use tokio_postgres::Client;
use windlass_compiler::diagnostic::Span;
use windlass_compiler::sql;

use super::{Introspected, read};
use crate::connect::ConnectOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{self, Purpose, SessionSettings};
use crate::shadow::Shadows;

/// So many statements are executed at once: few enough for the table of locks.
const BATCH: usize = 100;

/// A schema, and where a session finds names that have no schema.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Sourced {
    /// What was read.
    pub introspected: Introspected,
    /// The schemas of its `search_path` that exist, in order.
    pub search_path: Vec<String>,
}

/// Reads the schema of a database over a session of its own.
///
/// # Errors
/// No connection, or one that is lost.
pub async fn of_database(options: &ConnectOptions, settings: &SessionSettings) -> Result<Sourced> {
    let session = session::open(options, settings, Purpose::Work).await?;
    let client = session.client();
    Ok(Sourced {
        search_path: search_path(client).await?,
        introspected: read(client).await?,
    })
}

/// A file of SQL to make a schema of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFile {
    /// What people know it by.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Executes a script, such as `pg_dump --schema-only` writes, on a throwaway server made of the programs in `bindir`
/// below `scratch`, and reads the schema that it leaves. Roles that it names are created as they turn up missing.
///
/// # Errors
/// A server that does not start, and a statement that it refuses.
pub async fn of_script(script: &str, bindir: &Path, scratch: &Path) -> Result<Sourced> {
    let shadows = Shadows::own(bindir, scratch).await?;
    let database = shadows.database("script").await?;
    let file = ScriptFile {
        name: "the schema".to_owned(),
        text: script.to_owned(),
    };
    let settings = SessionSettings::default();
    execute(&shadows, &database, &settings, &[file]).await?;
    of_database(&database, &settings).await
}

/// Executes files one after the other, each in a session as it is at its start. Where one needs what only a later one
/// makes, the rest of it waits. Roles that they name are created on a server of our own as they turn up missing.
/// Transactions that they begin are not begun: what a half of it needs may be in another file.
///
/// # Errors
/// A statement that the server refuses.
pub async fn execute(
    shadows: &Shadows,
    database: &ConnectOptions,
    settings: &SessionSettings,
    files: &[ScriptFile],
) -> Result<()> {
    let session = session::open(database, settings, Purpose::Work).await?;
    let mut waiting = Vec::with_capacity(files.len());
    for file in files {
        waiting.push(Pending::of(file)?);
    }
    let reset = || async {
        let client = session.client();
        client
            .batch_execute("RESET ALL")
            .await
            .map_err(|error| session::failed(error, "failed to load the schema"))
    };
    while !waiting.is_empty() {
        let mut is_further = false;
        let mut first = None;
        let mut still = Vec::new();
        for mut file in waiting {
            let from = file.next;
            match file.go_on(shadows, session.client()).await? {
                None => is_further = true,
                Some(missing) => {
                    is_further |= file.next > from;
                    first.get_or_insert(missing);
                    still.push(file);
                }
            }
            reset().await?;
        }
        if !is_further && let Some(error) = first {
            return Err(error);
        }
        waiting = still;
    }
    Ok(())
}

/// A file and how far it has got.
struct Pending {
    name: String,
    text: String,
    spans: Vec<Span>,
    next: usize,
}

impl Pending {
    fn of(file: &ScriptFile) -> Result<Self> {
        let text = without_guards(&file.text);
        let spans = sql::split(&text).map_err(|error| {
            let failed = Error::new(
                ErrorKind::BadInput,
                format!("failed to read {}: {error}", file.name),
            );
            let is_command = |line: &str| line.starts_with('\\');
            if text.lines().any(is_command) {
                failed.hint("it has commands of psql, or data: give SQL alone, such as `pg_dump --schema-only` writes")
            } else {
                failed
            }
        })?;
        Ok(Self {
            name: file.name.clone(),
            text,
            spans,
            next: 0,
        })
    }

    /// Executes what is left; what is missing where it has to wait.
    async fn go_on(&mut self, shadows: &Shadows, client: &Client) -> Result<Option<Error>> {
        let settings = self.spans[..self.next].iter();
        for setting in settings
            .map(|span| &self.text[span.range()])
            .filter(|sql| first_word(sql) == "SET")
        {
            client
                .batch_execute(setting)
                .await
                .map_err(|error| session::failed(error, "failed to load the schema"))?;
        }
        while self.next < self.spans.len() {
            if self.batch(client).await? {
                continue;
            }
            // Something in it fails, or refuses company.
            let end = self.end_of_batch();
            while self.next < end {
                if let Some(missing) = self.one(shadows, client).await? {
                    return Ok(Some(missing));
                }
            }
        }
        Ok(None)
    }

    fn end_of_batch(&self) -> usize {
        self.spans.len().min(self.next + BATCH)
    }

    /// Executes the next statements in one message and one transaction, as most of them allow. Whether they did.
    async fn batch(&mut self, client: &Client) -> Result<bool> {
        let end = self.end_of_batch();
        let texts = self.spans[self.next..end]
            .iter()
            .map(|span| &self.text[span.range()]);
        let together: String = texts
            .filter(|text| !is_transaction_control(text))
            // A comment may end it.
            .flat_map(|text| [text, "\n;\n"])
            .collect();
        match client.batch_execute(&together).await {
            Ok(()) => self.next = end,
            Err(error) if error.is_closed() => return Err(session::lost(error)),
            Err(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Executes the next statement; what is missing where it has to wait.
    async fn one(&mut self, shadows: &Shadows, client: &Client) -> Result<Option<Error>> {
        let span = self.spans[self.next];
        let statement = &self.text[span.range()];
        if is_transaction_control(statement) {
            self.next += 1;
            return Ok(None);
        }
        while let Err(error) = client.batch_execute(statement).await {
            if let Some(role) = missing_role(&error) {
                shadows.create_role(&role).await?;
                continue;
            }
            let is_missing = is_missing(&error);
            let error = self.failed(error, span.start);
            return if is_missing { Ok(Some(error)) } else { Err(error) };
        }
        self.next += 1;
        Ok(None)
    }

    fn failed(&self, error: tokio_postgres::Error, at: usize) -> Error {
        let line = self.text[..at].bytes().filter(|&byte| byte == b'\n').count() + 1;
        session::failed(
            error,
            &format!("failed to load {}, in the statement of line {line}", self.name),
        )
    }
}

/// The text without the lines that pg_dump frames its scripts with; lines keep their numbers.
fn without_guards(text: &str) -> String {
    let is_guard = |line: &str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    let lines = text.trim_start_matches('\u{feff}').lines();
    lines
        .flat_map(|line| [if is_guard(line) { "" } else { line }, "\n"])
        .collect()
}

fn is_transaction_control(statement: &str) -> bool {
    matches!(
        first_word(statement).as_str(),
        "BEGIN" | "START" | "COMMIT" | "END"
    )
}

fn first_word(statement: &str) -> String {
    let word = statement
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next();
    word.unwrap_or_default().to_ascii_uppercase()
}

/// Whether a statement failed because something is not there (yet): a schema, relation, function or other object.
fn is_missing(error: &tokio_postgres::Error) -> bool {
    let code = error.code().map(tokio_postgres::error::SqlState::code);
    matches!(code, Some("3F000" | "42P01" | "42883" | "42704"))
}

/// The role that a statement names and that does not exist.
fn missing_role(error: &tokio_postgres::Error) -> Option<String> {
    let db = error.as_db_error().filter(|db| db.code().code() == "42704")?;
    let name = db
        .message()
        .strip_prefix("role \"")?
        .strip_suffix("\" does not exist")?;
    Some(name.to_owned())
}

async fn search_path(client: &Client) -> Result<Vec<String>> {
    let asked = client
        .query_one("SELECT pg_catalog.current_schemas(false)::text[]", &[])
        .await;
    asked
        .map(|row| row.get(0))
        .map_err(|error| session::failed(error, "failed to ask for the search path"))
}
