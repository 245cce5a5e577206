//! The model of everything that a schema can hold, and of how large it is.
//!
//! Pure data, filled by the engine's introspection, changed by simulation, compared by diffs, written
//! as SQL by `write`. Objects are addressed by class and identity ([`Address`]), never by oid. What
//! every object can have (owner, comment, privileges, security labels) is kept beside the objects, by
//! address; sizes and dependencies too. Objects of extensions are left alone: only the extension is here.

mod deparsed;
mod dependency;
mod leave;
mod name;
mod object;
mod privilege;
mod relation;
mod routine;
mod size;
mod types;
pub(crate) mod write;

use std::collections::BTreeMap;

pub use deparsed::read_back;
pub(crate) use deparsed::with_in;
pub use dependency::{Building, Dependencies, Dependency, DependencyKind};
pub use name::{Address, QualifiedName, RoutineName, not_null_name, object_name};
pub use object::{
    AccessMethod, Cast, CastContext, Conversion, EventTrigger, ForeignDataWrapper, Language, Member, Object,
    OperatorClass, Publication, Published, PublishedTable, Server, Statistics, Subscription,
    TextSearchConfiguration, TextSearchDictionary, Transform,
};
pub use privilege::{Grant, ObjectKind, Privileges};
pub use relation::{
    Column, ColumnValue, Compression, Constraint, ConstraintKind, FiringState, ForeignKey, ForeignTable,
    Identity, Index, IndexKey, MaterializedView, Options, PartitionKey, PartitionOf, PartitionStrategy,
    Persistence, Policy, ReferentialAction, Relation, RelationKind, ReplicaIdentity, RowSecurity, Rule,
    Sequence, SequenceOwner, Storage, Trigger,
};
pub use routine::{Aggregate, Routine, RoutineKind, Volatility};
pub use size::{Bytes, Rows, Size};
pub use types::{Domain, DomainConstraint, Range, Type};
pub use write::{SETTINGS, WriteOptions, Written};

/// A database's schema.
///
/// `==` compares everything; [`Catalog::same_schema`] leaves out what is no schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Catalog {
    /// The server's `server_version_num`, such as 150018; 0 where no server was asked.
    pub server_version: u32,
    /// Schemas, `public` among them where it exists.
    pub schemas: BTreeMap<String, Schema>,
    /// Extensions.
    pub extensions: BTreeMap<String, Extension>,
    /// Types.
    pub types: BTreeMap<QualifiedName, Type>,
    /// Tables, views, materialised views, sequences and foreign tables, with their parts.
    pub relations: BTreeMap<QualifiedName, Relation>,
    /// Functions, procedures and aggregates.
    pub routines: BTreeMap<RoutineName, Routine>,
    /// Everything else: operators, text search, foreign servers, publications and the like.
    pub objects: BTreeMap<Address, Object>,
    /// Owners of what has an owner of its own. Parts and indexes have their relation's.
    pub owners: BTreeMap<Address, String>,
    /// Comments.
    pub comments: BTreeMap<Address, String>,
    /// Privileges, where they are not those of every new object.
    pub privileges: BTreeMap<Address, Privileges>,
    /// Privileges on what extensions bring, where they are not those that the extension gives.
    pub member_privileges: BTreeMap<ExtensionMember, Privileges>,
    /// Security labels by object and provider.
    pub security_labels: BTreeMap<(Address, String), String>,
    /// Dependencies between all of these.
    pub dependencies: Dependencies,
    /// Sizes and row estimates of tables, materialised views and indexes.
    pub sizes: BTreeMap<QualifiedName, Size>,
    /// What the database holds and this model does not.
    pub unmodelled: Vec<Unmodelled>,
}

/// A schema. It has nothing of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extension {
    /// The installed version.
    pub version: String,
    /// The schema of its objects.
    pub schema: String,
}

impl Extension {
    /// An extension of a version, installed in a schema.
    pub fn new(version: &str, schema: &str) -> Self {
        Self {
            version: version.to_owned(),
            schema: schema.to_owned(),
        }
    }
}

/// An object that an extension brings: nothing is known of it but its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ExtensionMember {
    /// The extension.
    pub extension: String,
    /// As GRANT names it, such as `FOREIGN DATA WRAPPER postgres_fdw`.
    pub object: String,
    /// The column of it, where it is one.
    pub column: Option<String>,
}

impl ExtensionMember {
    /// An object of an extension as GRANT names it, or a column of that.
    pub fn new(extension: &str, object: &str, column: Option<&str>) -> Self {
        Self {
            extension: extension.to_owned(),
            object: object.to_owned(),
            column: column.map(str::to_owned),
        }
    }
}

/// Something in the database that the model has no place for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Unmodelled {
    /// The system catalog that it is a row of, such as `pg_largeobject`.
    pub catalog: String,
    /// As PostgreSQL describes it, such as `large object 16403`.
    pub description: String,
}

impl Unmodelled {
    /// A row of a system catalog and its description.
    pub fn new(catalog: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            catalog: catalog.into(),
            description: description.into(),
        }
    }
}

impl Catalog {
    /// The schema of a database with nothing in it but the schema `public`.
    pub fn empty(server_version: u32) -> Self {
        Self {
            server_version,
            schemas: BTreeMap::from([("public".to_owned(), Schema::default())]),
            ..Self::default()
        }
    }

    /// The server's major version, such as 15.
    pub fn major(&self) -> u32 {
        self.server_version / 10_000
    }

    /// The relation of that name.
    pub fn relation(&self, name: &QualifiedName) -> Option<&Relation> {
        self.relations.get(name)
    }

    /// Finds a relation or index as PostgreSQL does: by its schema, or along a search path.
    pub fn resolve<'a>(
        &self,
        schema: Option<&'a str>,
        name: &str,
        search_path: &[&'a str],
    ) -> Option<QualifiedName> {
        let one = schema.map(|schema| [schema]);
        let path: &[&str] = one.as_ref().map_or(search_path, |one| one);
        path.iter()
            .map(|schema| QualifiedName::new(*schema, name))
            .find(|name| self.relations.contains_key(name) || self.index(name).is_some())
    }

    /// The index of that name, with its relation.
    pub fn index(&self, name: &QualifiedName) -> Option<(&QualifiedName, &Relation, &Index)> {
        self.in_schema(&name.schema)
            .find_map(|(of, relation)| Some((of, relation, relation.index(&name.name)?)))
    }

    /// Relations of a schema, by name.
    pub fn in_schema(&self, schema: &str) -> impl Iterator<Item = (&QualifiedName, &Relation)> {
        let schema = schema.to_owned();
        self.relations
            .range(QualifiedName::new(schema.clone(), "")..)
            .take_while(move |(name, _)| name.schema == schema)
    }

    /// Foreign keys that reference the table, with their tables.
    pub fn referencing<'a>(
        &'a self,
        table: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a QualifiedName, &'a Constraint, &'a ForeignKey)> {
        self.relations
            .iter()
            .flat_map(|(name, relation)| {
                relation
                    .foreign_keys()
                    .map(move |(constraint, key)| (name, constraint, key))
            })
            .filter(move |(_, _, key)| key.references == *table)
    }

    /// Direct partitions of the table, the default one among them.
    pub fn partitions<'a>(
        &'a self,
        table: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a QualifiedName, &'a Relation, &'a PartitionOf)> {
        self.relations.iter().filter_map(move |(name, relation)| {
            let place = relation.partition_of.as_ref()?;
            (place.parent == *table).then_some((name, relation, place))
        })
    }

    /// Direct children of the table, by partitioning or inheritance.
    pub fn children<'a>(
        &'a self,
        table: &'a QualifiedName,
    ) -> impl Iterator<Item = (&'a QualifiedName, &'a Relation)> {
        self.relations.iter().filter(move |(_, relation)| {
            relation.inherits.contains(table)
                || relation
                    .partition_of
                    .as_ref()
                    .is_some_and(|place| place.parent == *table)
        })
    }

    /// The table with all that descend from it by partitioning or inheritance, each once.
    pub fn tree(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        let mut tree = vec![table.clone()];
        let mut at = 0;
        while at < tree.len() {
            let parent = tree[at].clone();
            for (child, _) in self.children(&parent) {
                if !tree.contains(child) {
                    tree.push(child.clone());
                }
            }
            at += 1;
        }
        tree
    }

    /// Columns whose type is the named one or is built on it (an array of it, a domain over it …).
    pub fn columns_of_type(&self, name: &QualifiedName) -> Vec<(&QualifiedName, &Column)> {
        let mut names = vec![name];
        let mut at = 0;
        while at < names.len() {
            let below = names[at];
            for (other, kind) in &self.types {
                let is_built_on = match kind {
                    Type::Domain(domain) => domain.user_type.as_ref() == Some(below),
                    Type::Composite(attributes) => attributes
                        .iter()
                        .any(|attribute| attribute.user_type.as_ref() == Some(below)),
                    Type::Multirange { of } => of == below,
                    _ => false,
                };
                if is_built_on && !names.contains(&other) {
                    names.push(other);
                }
            }
            at += 1;
        }
        self.relations
            .iter()
            .flat_map(|(relation, of)| of.columns.iter().map(move |column| (relation, column)))
            .filter(|(_, column)| {
                column
                    .user_type
                    .as_ref()
                    .is_some_and(|used| names.contains(&used))
            })
            .collect()
    }

    /// Sizes of the relation or index; unknown where nobody measured.
    pub fn size(&self, name: &QualifiedName) -> Size {
        self.sizes.get(name).copied().unwrap_or_default()
    }

    /// Whether the other holds the same schema, whatever its server's version and its sizes.
    pub fn same_schema(&self, other: &Self) -> bool {
        self.without_measures() == other.without_measures()
    }

    /// The schema alone: no version of a server, no sizes.
    #[must_use]
    pub fn without_measures(&self) -> Self {
        Self {
            server_version: 0,
            sizes: BTreeMap::new(),
            ..self.clone()
        }
    }
}
