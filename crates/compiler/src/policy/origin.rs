//! Where a setting's value came from, which also decides which value wins.

use std::fmt;
use std::sync::Arc;

use super::Profile;

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Who said so.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The same origin for a value derived from this one.
    pub fn map<U>(self, derive: impl FnOnce(T) -> U) -> Setting<U> {
        Setting {
            value: derive(self.value),
            origin: self.origin,
        }
    }
}

/// Who gave a setting its value. A later variant outranks an earlier one.
///
/// ```
/// # use windlass_compiler::policy::Origin;
/// let file = Origin::File { path: "windlass.toml".into(), line: 4 };
/// assert!(Origin::Flag("--stall-budget".into()).outranks(&file));
/// assert_eq!(file.to_string(), "windlass.toml:4");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Built in.
    Default,
    /// The profile differs here from the built-in value.
    Profile(Profile),
    /// A line of `windlass.toml`.
    File {
        /// The file as the user would name it.
        path: Arc<str>,
        /// Line of the key, from 1.
        line: usize,
    },
    /// A line of an `[env.NAME]` section of `windlass.toml`.
    Section {
        /// The section's NAME.
        name: String,
        /// The file as the user would name it.
        path: Arc<str>,
        /// Line of the key, from 1.
        line: usize,
    },
    /// A directive in a revision.
    Directive {
        /// The revision's file.
        path: Arc<str>,
        /// Line of the directive, from 1.
        line: usize,
    },
    /// An environment variable, by name.
    Environment(String),
    /// A command line flag, dashes included.
    Flag(String),
    /// The program that embeds the library.
    Program,
}

impl Origin {
    /// Whether a value of this origin wins over one of `other`.
    pub fn outranks(&self, other: &Self) -> bool {
        self.rank() > other.rank()
    }

    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Profile(_) => 1,
            Self::File { .. } => 2,
            Self::Section { .. } => 3,
            Self::Directive { .. } => 4,
            Self::Environment(_) => 5,
            Self::Flag(_) => 6,
            Self::Program => 7,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::Profile(profile) => f.pad(&format!("profile {profile}")),
            Self::File { path, line } => f.pad(&format!("{path}:{line}")),
            Self::Section { name, path, line } => f.pad(&format!("{path}:{line} [env.{name}]")),
            Self::Directive { path, line } => f.pad(&format!("{path}:{line} (directive)")),
            Self::Environment(variable) => f.pad(&format!("environment {variable}")),
            Self::Flag(flag) => f.pad(flag),
            Self::Program => f.pad("program"),
        }
    }
}
