//! What a catalog tells about the relations that a statement names, and about those that stand to them.

use std::collections::{BTreeSet, HashSet};

use super::{Context, Kin, Through};
use crate::catalog::{
    Address, Catalog, Constraint, ConstraintKind, QualifiedName, Relation, RelationKind, SequenceOwner, Type,
};
use crate::sql::RelationName;

/// A catalog, and where names without a schema are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) catalog: &'a Catalog,
    /// The server's major version; 0 where nobody says.
    version: u32,
    search_path: &'a [&'a str],
}

impl<'a> Facts<'a> {
    pub(super) fn of(context: &Context<'a>) -> Option<Self> {
        Some(Self {
            catalog: context.catalog?,
            version: context.server_version.unwrap_or_default(),
            search_path: context.search_path,
        })
    }

    /// The relation or index of that name.
    pub(super) fn find(&self, name: &RelationName) -> Option<QualifiedName> {
        self.catalog
            .resolve(name.schema.as_deref(), &name.name, self.search_path)
    }

    /// The type of that name, whatever the search path has before it.
    pub(super) fn type_named(&self, words: &[String]) -> Option<QualifiedName> {
        match words {
            [schema, name] => Some(QualifiedName::new(schema, name)),
            [name] => self.search_path.iter().find_map(|schema| {
                let name = QualifiedName::new(*schema, name);
                let is_one =
                    self.catalog.types.contains_key(&name) || self.catalog.relations.contains_key(&name);
                is_one.then_some(name)
            }),
            _ => None,
        }
    }

    /// Whether it is a partitioned table, or an index of one.
    pub(super) fn is_partitioned(&self, name: &RelationName) -> bool {
        let of = match self.find(name) {
            Some(found) => match self.catalog.index(&found) {
                Some((table, ..)) => table.clone(),
                None => found,
            },
            None => return false,
        };
        let relation = self.catalog.relations.get(&of);
        relation.is_some_and(|relation| matches!(relation.kind, RelationKind::PartitionedTable(_)))
    }

    /// The relation or index with all that descend from it.
    pub(super) fn tree(&self, of: &QualifiedName) -> Vec<QualifiedName> {
        if self.catalog.relations.contains_key(of) {
            return self.catalog.tree(of);
        }
        let mut tree = vec![of.clone()];
        let mut at = 0;
        while at < tree.len() {
            let parent = tree[at].clone();
            for (table, relation) in &self.catalog.relations {
                let attached = relation
                    .indexes
                    .iter()
                    .filter(|index| index.parent.as_ref() == Some(&parent));
                tree.extend(attached.map(|index| table.beside(&index.name)));
            }
            at += 1;
        }
        tree
    }

    /// Whether the server is of an older major version than this, for sure.
    pub(super) fn is_before(&self, major: u32) -> bool {
        (1..major).contains(&self.version)
    }

    /// Tables of the tree that rows are stored in.
    pub(super) fn stored(&self, of: &QualifiedName) -> Vec<(QualifiedName, &'a Relation)> {
        let tree = self.tree(of).into_iter();
        tree.filter_map(|name| {
            let relation = self.catalog.relations.get(&name)?;
            relation.has_storage().then_some((name, relation))
        })
        .collect()
    }

    /// The relations that stand to `of` as the kin says.
    pub(super) fn kin(&self, of: &QualifiedName, kin: Kin, through: &Through) -> BTreeSet<QualifiedName> {
        let catalog = self.catalog;
        let relation = catalog.relations.get(of);
        let tree = || self.tree(of).into_iter();
        match kin {
            Kin::Descendants => tree().skip(1).collect(),
            Kin::DefaultPartition => self.default_of(of),
            Kin::DefaultSibling => {
                let parent = relation.and_then(|relation| relation.partition_of.as_ref());
                parent.map_or_else(BTreeSet::new, |place| self.default_of(&place.parent))
            }
            Kin::Parents => match relation {
                Some(relation) => {
                    let place = relation.partition_of.iter();
                    place.map(|place| place.parent.clone()).collect()
                }
                None => BTreeSet::new(),
            },
            Kin::Indexes => tree()
                .flat_map(|table| {
                    let indexes = catalog.relations.get(&table).map(|relation| &relation.indexes);
                    let names = indexes
                        .into_iter()
                        .flatten()
                        .map(move |index| table.beside(&index.name));
                    names.collect::<Vec<_>>()
                })
                .collect(),
            Kin::Table => tree()
                .filter_map(|index| Some(catalog.index(&index)?.0.clone()))
                .collect(),
            Kin::Referenced => tree()
                .filter_map(|table| catalog.relations.get(&table))
                .flat_map(Relation::foreign_keys)
                .filter(|(constraint, _)| through.counts(constraint, &constraint.columns))
                .flat_map(|(_, key)| {
                    let below = |name: &QualifiedName| {
                        *name == key.references || !self.is_before(15) || self.stores_rows(name)
                    };
                    self.tree(&key.references).into_iter().filter(below)
                })
                .collect(),
            Kin::Referencing => tree()
                .flat_map(|table| self.referencing(&table, through))
                .collect(),
            Kin::ReferencingAll => {
                let own: BTreeSet<_> = tree().collect();
                let mut found: Vec<_> = own.iter().cloned().collect();
                let mut at = 0;
                while at < found.len() {
                    let next = self.referencing(&found[at], &Through::Any);
                    for name in next.into_iter().flat_map(|table| self.tree(&table)) {
                        if !found.contains(&name) {
                            found.push(name);
                        }
                    }
                    at += 1;
                }
                found.into_iter().filter(|name| !own.contains(name)).collect()
            }
            Kin::Sequences => {
                let tree: BTreeSet<_> = tree().collect();
                let owned = catalog.relations.iter().filter(|(_, sequence)| {
                    let RelationKind::Sequence(sequence) = &sequence.kind else {
                        return false;
                    };
                    match &sequence.owner {
                        SequenceOwner::Nobody => false,
                        SequenceOwner::Column(table, column) => {
                            tree.contains(table) && through.is_column(column)
                        }
                        SequenceOwner::Identity(table, column) => {
                            tree.contains(table) && through.is_column(column)
                        }
                    }
                });
                owned.map(|(name, _)| name.clone()).collect()
            }
            Kin::Underlying => {
                let mut found = vec![of.clone()];
                let mut at = 0;
                while at < found.len() {
                    let view = catalog.relations.get(&found[at]).map(|view| &view.kind);
                    // Of materialised views only the one that is refreshed is looked below.
                    let is_view = matches!(view, Some(RelationKind::View(_)))
                        || (at == 0 && matches!(view, Some(RelationKind::MaterializedView(_))));
                    if is_view {
                        let view = Address::Relation(found[at].clone());
                        let below = catalog.dependencies.of(&view);
                        let names: Vec<_> = below
                            .filter_map(|(address, _)| relation_of(address).cloned())
                            .collect();
                        for name in names {
                            if !found.contains(&name) {
                                found.push(name);
                            }
                        }
                    }
                    at += 1;
                }
                found.into_iter().skip(1).collect()
            }
            Kin::Dependents => BTreeSet::new(),
        }
    }

    fn default_of(&self, table: &QualifiedName) -> BTreeSet<QualifiedName> {
        let partitions = self.catalog.partitions(table);
        partitions
            .filter(|(.., place)| place.is_default())
            .map(|(name, ..)| name.clone())
            .collect()
    }

    /// The tables that the tree's foreign keys reference, but for parts of a foreign key of a table outside of it.
    pub(super) fn referenced_by_own(&self, of: &QualifiedName) -> BTreeSet<QualifiedName> {
        let tree = self.tree(of);
        let constraints = tree.iter().filter_map(|table| self.catalog.relations.get(table));
        constraints
            .flat_map(Relation::foreign_keys)
            .filter(|(constraint, _)| {
                let mut root = constraint.parent.as_ref();
                let is_own = |of: &(QualifiedName, String)| tree.contains(&of.0);
                while let Some(above) = root.filter(|of| is_own(of)).and_then(|of| self.constraint(of)) {
                    root = above.parent.as_ref();
                }
                root.is_none()
            })
            .flat_map(|(_, key)| self.tree(&key.references))
            // Before version 15 only partitions with rows have the triggers of foreign keys.
            .filter(|name| !self.is_before(15) || self.stores_rows(name))
            .collect()
    }

    fn stores_rows(&self, name: &QualifiedName) -> bool {
        let relation = self.catalog.relations.get(name);
        relation.is_some_and(Relation::has_storage)
    }

    fn constraint(&self, of: &(QualifiedName, String)) -> Option<&'a Constraint> {
        self.catalog.relations.get(&of.0)?.constraint(&of.1)
    }

    /// Whether the relation has a trigger of that name.
    pub(super) fn has_trigger(&self, of: &QualifiedName, name: &str) -> bool {
        let relation = self.catalog.relations.get(of);
        relation.is_some_and(|relation| relation.triggers.iter().any(|trigger| trigger.name == name))
    }

    /// Whether the relation has a trigger, rule or policy of that name.
    pub(super) fn has_part(&self, of: &QualifiedName, part: &str) -> bool {
        let relation = self.catalog.relations.get(of);
        relation.is_some_and(|relation| {
            self.has_trigger(of, part)
                || relation.rules.iter().any(|rule| rule.name == part)
                || relation.policies.iter().any(|policy| policy.name == part)
        })
    }

    /// Whose foreign keys reference the table, or what it is a partition of.
    fn referencing(&self, table: &QualifiedName, through: &Through) -> Vec<QualifiedName> {
        let mut found = Vec::new();
        let mut at = Some(table);
        while let Some(table) = at {
            let keys = self.catalog.referencing(table);
            let keys =
                keys.filter(|(_, constraint, key)| through.counts(constraint, &key.referenced_columns));
            found.extend(keys.map(|(name, ..)| name.clone()));
            let relation = self.catalog.relations.get(table);
            at = relation.and_then(|relation| Some(&relation.partition_of.as_ref()?.parent));
        }
        found
    }

    /// Whether it has rows or numbers of its own: no view has.
    fn holds_rows(&self, name: &QualifiedName) -> bool {
        let relation = self.catalog.relations.get(name);
        relation.is_some_and(|relation| {
            !matches!(
                relation.kind,
                RelationKind::View(_) | RelationKind::MaterializedView(_)
            )
        })
    }

    /// The relations that are locked when objects are dropped with all that depends on them, and whether
    /// columns or tables are among what goes.
    pub(super) fn cascade(
        &self,
        objects: impl IntoIterator<Item = Address>,
    ) -> (BTreeSet<QualifiedName>, bool) {
        let mut found: Vec<Address> = objects.into_iter().collect();
        let begins = found.len();
        found = closure(self.catalog, found);
        let mut locked = BTreeSet::new();
        let mut loses = false;
        let mut at = 0;
        while at < found.len() {
            let address = found[at].clone();
            if at >= begins {
                if let Some(relation) = relation_of(&address) {
                    locked.insert(relation.clone());
                }
                match &address {
                    Address::Column(of, _) => loses |= self.holds_rows(of),
                    Address::Relation(name) => loses |= self.holds_rows(name),
                    Address::Constraint(table, constraint) => {
                        let constraint = self
                            .catalog
                            .relations
                            .get(table)
                            .and_then(|relation| relation.constraint(constraint));
                        if let Some(ConstraintKind::ForeignKey(key)) = constraint.map(|found| &found.kind) {
                            locked.extend(self.tree(&key.references));
                        }
                    }
                    Address::Index(name) => {
                        if let Some((table, ..)) = self.catalog.index(name) {
                            locked.insert(table.clone());
                        }
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        (locked, loses)
    }
}

/// Objects with all that goes along when they are dropped with CASCADE, in the order in which it is found.
pub(crate) fn closure(catalog: &Catalog, objects: impl IntoIterator<Item = Address>) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    let mut known = HashSet::new();
    for object in objects {
        known.insert(object.clone());
        found.push(object);
    }
    let mut at = 0;
    while at < found.len() {
        let mut also = parts(catalog, &found[at]);
        let dependents = catalog.dependencies.on(&found[at]);
        also.extend(dependents.map(|(dependent, _)| dependent.clone()));
        for address in also {
            if known.insert(address.clone()) {
                found.push(address);
            }
        }
        at += 1;
    }
    found
}

/// What goes with an object without being said by a dependency: a relation's own parts, a range's multirange.
fn parts(catalog: &Catalog, of: &Address) -> Vec<Address> {
    let name = match of {
        Address::Relation(name) => name,
        Address::Type(name) => {
            return match catalog.types.get(name) {
                Some(Type::Range(range)) => vec![Address::Type(range.multirange.clone())],
                _ => Vec::new(),
            };
        }
        _ => return Vec::new(),
    };
    let Some(relation) = catalog.relations.get(name) else {
        return Vec::new();
    };
    let columns = relation
        .columns
        .iter()
        .map(|column| Address::Column(name.clone(), column.name.clone()));
    let constraints = relation
        .constraints
        .iter()
        .map(|constraint| Address::Constraint(name.clone(), constraint.name.clone()));
    let indexes = relation
        .indexes
        .iter()
        .map(|index| Address::Index(name.beside(&index.name)));
    columns.chain(constraints).chain(indexes).collect()
}

/// The relation that an object is, or is a part of.
fn relation_of(address: &Address) -> Option<&QualifiedName> {
    match address {
        Address::Relation(name) | Address::Index(name) => Some(name),
        Address::DomainConstraint(..) => None,
        other => other.relation(),
    }
}

impl Through {
    fn counts(&self, constraint: &Constraint, columns: &[String]) -> bool {
        match self {
            Self::Any => true,
            Self::Column(name) => columns.contains(name),
            Self::Constraint(name) => constraint.name == *name,
        }
    }

    fn is_column(&self, column: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Column(name) => name == column,
            Self::Constraint(_) => false,
        }
    }
}
