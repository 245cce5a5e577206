//! Who may do what, as far as it is not what every new object allows.

use std::collections::BTreeSet;

/// Rights on an object, as differences from what its owner and PUBLIC have on every new one.
///
/// So they are the same on all servers: that owners may MAINTAIN their tables on 17 and newer is not in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Privileges {
    /// What has been granted.
    pub granted: BTreeSet<Grant>,
    /// What has been taken from the owner or PUBLIC.
    pub revoked: BTreeSet<Grant>,
}

/// One right of one role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// Who granted it; none for the object's owner.
    pub grantor: Option<String>,
    /// Who has it; none for PUBLIC.
    pub grantee: Option<String>,
    /// As GRANT names it, such as `SELECT`.
    pub privilege: String,
    /// Whether it may be passed on (WITH GRANT OPTION).
    pub is_grantable: bool,
}

/// What kind of objects default privileges are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ObjectKind {
    /// Tables, views and the like.
    Tables,
    /// Sequences.
    Sequences,
    /// Functions, procedures and aggregates.
    Routines,
    /// Types.
    Types,
    /// Schemas.
    Schemas,
    /// Large objects (18 and newer).
    LargeObjects,
}

impl ObjectKind {
    /// As ALTER DEFAULT PRIVILEGES names them.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Tables => "TABLES",
            Self::Sequences => "SEQUENCES",
            Self::Routines => "ROUTINES",
            Self::Types => "TYPES",
            Self::Schemas => "SCHEMAS",
            Self::LargeObjects => "LARGE OBJECTS",
        }
    }
}
