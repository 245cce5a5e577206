//! The two sides of a comparison, as they are named on the command line.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::mask::masked;

/// Where a schema is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    /// Nothing: a database as CREATE DATABASE makes it.
    Empty,
    /// The configured database.
    Configured,
    /// A database by URL or keywords.
    Database(String),
    /// The directory of revisions, run up to a target (heads).
    Revisions(Option<String>),
    /// What a command prints.
    Command(String),
    /// What a command makes of an empty database.
    Run(String),
    /// A file of SQL, or a folder of them.
    Files(PathBuf),
}

/// How a side is written, for help.
pub(crate) const SIDES: &str = "A side is one of:
  postgresql://…    a database (URL or keywords); only read
  database          the configured database
  FILE, FOLDER      SQL that makes the schema; the files of a folder in any order
  revisions[@REV]   the directory of revisions, run to its heads or to REV
  cmd:COMMAND       what a command prints, such as an ORM's DDL
  run:COMMAND       what a command makes of the empty database that it finds in DATABASE_URL and PG*
  empty             a database as CREATE DATABASE makes it";

impl Side {
    /// Reads a side as it was given.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        if let Some(command) = text.strip_prefix("cmd:") {
            return match command.trim() {
                "" => Err(Failure::usage(
                    "`cmd:` names no command",
                    "write cmd: and what prints the DDL",
                )),
                command => Ok(Self::Command(command.to_owned())),
            };
        }
        if let Some(command) = text.strip_prefix("run:") {
            return match command.trim() {
                "" => Err(Failure::usage(
                    "`run:` names no command",
                    "write run: and what fills a database",
                )),
                command => Ok(Self::Run(command.to_owned())),
            };
        }
        let path = PathBuf::from(text);
        let is_database = text.starts_with("postgresql://") || text.starts_with("postgres://");
        match text {
            "empty" => Ok(Self::Empty),
            "database" => Ok(Self::Configured),
            "revisions" => Ok(Self::Revisions(None)),
            _ if is_database => Ok(Self::Database(text.to_owned())),
            _ => match text.strip_prefix("revisions@") {
                Some(target) => Ok(Self::Revisions(Some(target.to_owned()))),
                None if path.exists() => Ok(Self::Files(path)),
                None if text.contains('=') => Ok(Self::Database(text.to_owned())),
                None => Err(Failure::usage(
                    format!("there is no file or folder `{}`", masked(text)),
                    "a side is a database's URL, `database`, a file, a folder, `revisions`, `empty`, cmd:COMMAND or run:COMMAND",
                )),
            },
        }
    }

    /// How people call it; without passwords.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Empty => "an empty database".to_owned(),
            Self::Configured => "the database".to_owned(),
            Self::Database(url) => masked(url),
            Self::Revisions(None) => "the revisions".to_owned(),
            Self::Revisions(Some(target)) => format!("the revisions up to {target}"),
            Self::Command(command) => format!("what `{command}` prints"),
            Self::Run(command) => format!("what `{command}` makes"),
            Self::Files(path) => path.display().to_string(),
        }
    }

    /// Whether it is a database that exists already.
    pub(crate) fn is_database(&self) -> bool {
        matches!(self, Self::Configured | Self::Database(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Side, String> {
        Side::parse(text).map_err(|failure| failure.message())
    }

    #[test]
    fn each_kind_of_side_is_known_by_how_it_is_written() {
        assert_eq!(parsed("empty"), Ok(Side::Empty));
        assert_eq!(parsed("database"), Ok(Side::Configured));
        assert_eq!(parsed("revisions"), Ok(Side::Revisions(None)));
        assert_eq!(
            parsed("revisions@0003"),
            Ok(Side::Revisions(Some("0003".to_owned())))
        );
        assert_eq!(parsed("cmd: echo"), Ok(Side::Command("echo".to_owned())));
        assert_eq!(
            parsed("dbname=shop"),
            Ok(Side::Database("dbname=shop".to_owned()))
        );
        assert_eq!(parsed("."), Ok(Side::Files(PathBuf::from("."))));
    }

    #[test]
    fn a_name_has_no_password() {
        let side = parsed("postgresql://app:secret@db/shop").expect("it is a URL");
        assert!(!side.name().contains("secret"), "{}", side.name());
        let wrong = parsed("mysql://app:secret@db/shop").expect_err("it is nothing that we know");
        assert!(!wrong.contains("secret"), "{wrong}");
    }
}
