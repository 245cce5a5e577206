//! From files to revisions: one file per format. Bytes come in, nothing is opened here.

mod id;
pub mod native;

use std::sync::Arc;

pub use id::{BadId, RevisionId};
pub use native::{Directory, RawFile, read};

use crate::checksum::Checksum;
use crate::diagnostic::Diagnostic;
use crate::directive::FileDirectives;

/// A file's text under the name that the user knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path to show.
    pub path: Arc<str>,
    /// Its content, without a byte order mark.
    pub text: Arc<str>,
}

/// One revision, as far as it is known without parsing its SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// The numeric prefix of its id.
    pub number: Option<u128>,
    /// Its up script.
    pub up: Source,
    /// Its down script, if it can be undone.
    pub down: Option<Source>,
    /// Checksum of the up script without directives.
    pub checksum: Checksum,
    /// Checksum of the directives.
    pub directives_checksum: Checksum,
    /// Checksum of the down script.
    pub down_checksum: Option<Checksum>,
    /// What its directives say about the whole file.
    pub header: FileDirectives,
    /// Whether the up script holds anything but comments.
    pub has_statements: bool,
}

/// What reading files gave.
pub type Read<T> = Result<T, Vec<Diagnostic>>;
