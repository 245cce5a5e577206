//! What becomes of each object, as far as the two catalogs say it without looking at dependencies.

use std::collections::{BTreeMap, BTreeSet};

use super::{DiffOptions, column, kin, not_null, object, types};
use crate::catalog::write::object::is_left_out;
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, Constraint, ConstraintKind, Index, QualifiedName, Relation,
    RelationKind, Routine, RoutineKind, SequenceOwner, Trigger, Type,
};
use crate::sql::quote_identifier;

/// What becomes of an object that is not the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is made.
    Create,
    /// It goes.
    Drop,
    /// It is changed where it is.
    Alter,
    /// Its successor is built beside it before it goes.
    Swap,
    /// It goes, and comes back.
    Replace,
}

impl Fate {
    /// Whether the old object is no more.
    pub(super) fn is_gone(self) -> bool {
        matches!(self, Self::Drop | Self::Replace | Self::Swap)
    }

    /// Whether the old object goes before a new one comes, if one does.
    pub(super) fn goes_first(self) -> bool {
        matches!(self, Self::Drop | Self::Replace)
    }

    /// Whether there is an object that was not there.
    pub(super) fn is_made(self) -> bool {
        matches!(self, Self::Create | Self::Replace | Self::Swap)
    }
}

/// Fates by object; what has none is the same.
pub(super) type Fates = BTreeMap<Address, Fate>;

/// Keys of both maps with their values, in order.
pub(super) fn both<'a, K: Ord, V>(
    old: &'a BTreeMap<K, V>,
    new: &'a BTreeMap<K, V>,
) -> Vec<(&'a K, Option<&'a V>, Option<&'a V>)> {
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let one = if order.is_le() { left.next() } else { None };
        let other = if order.is_ge() { right.next() } else { None };
        if let Some((key, _)) = one.or(other) {
            pairs.push((key, one.map(|pair| pair.1), other.map(|pair| pair.1)));
        }
    }
}

/// Parts of a relation by name.
pub(super) fn named<T>(parts: &[T], name: impl Fn(&T) -> &str) -> BTreeMap<String, &T> {
    parts.iter().map(|part| (name(part).to_owned(), part)).collect()
}

/// Compares everything.
pub(super) fn judge(old: &Catalog, new: &Catalog, options: &DiffOptions) -> Fates {
    let mut judge = Judge {
        old,
        new,
        fates: Fates::new(),
    };
    for (name, one, other) in both(&old.schemas, &new.schemas) {
        judge.whether(Address::Schema(name.clone()), one.is_some(), other.is_some());
    }
    for (name, one, other) in both(&old.extensions, &new.extensions) {
        let address = Address::Extension(name.clone());
        match (one, other) {
            (Some(one), Some(other)) => {
                let is_same = one.schema == other.schema
                    && (one.version == other.version || !options.write.extension_versions);
                judge.verdict(address, if is_same { None } else { Some(Fate::Alter) });
            }
            _ => judge.whether(address, one.is_some(), other.is_some()),
        }
    }
    for (name, one, other) in both(&old.types, &new.types) {
        judge.named_type(name, one, other);
    }
    for (name, one, other) in both(&old.routines, &new.routines) {
        let address = Address::Routine(name.clone());
        match (one, other) {
            (Some(one), Some(other)) => judge.verdict(address, routine(one, other)),
            _ => judge.whether(address, one.is_some(), other.is_some()),
        }
    }
    for (name, one, other) in both(&old.relations, &new.relations) {
        match (one, other) {
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) => judge.relation(name, one, other),
            (Some(one), None) => judge.whole(name, one, Fate::Drop),
            (None, Some(other)) => judge.whole(name, other, Fate::Create),
            (None, None) => {}
        }
        if let (Some(one), Some(other)) = (one, other) {
            judge.not_null_of_partition(name, one, other);
        }
    }
    for (address, one, other) in both(&old.objects, &new.objects) {
        if one
            .or(other)
            .is_some_and(|object| is_left_out(object, &options.write))
        {
            continue;
        }
        match (one, other) {
            (Some(one), Some(other)) => judge.verdict(address.clone(), object::compare(one, other)),
            _ => judge.whether(address.clone(), one.is_some(), other.is_some()),
        }
    }
    judge.fates
}

/// A relation with all its parts.
pub(super) fn members(name: &QualifiedName, relation: &Relation) -> Vec<Address> {
    let mut members = vec![Address::Relation(name.clone())];
    for column in &relation.columns {
        members.push(Address::Column(name.clone(), column.name.clone()));
        if has_default(column) {
            members.push(Address::Default(name.clone(), column.name.clone()));
        }
    }
    let part = |constraint: &Constraint| Address::Constraint(name.clone(), constraint.name.clone());
    members.extend(relation.constraints.iter().map(part));
    members.extend(
        relation
            .indexes
            .iter()
            .map(|index| Address::Index(name.beside(&index.name))),
    );
    let triggers = relation.triggers.iter();
    members.extend(triggers.map(|trigger| Address::Trigger(name.clone(), trigger.name.clone())));
    members.extend(
        relation
            .rules
            .iter()
            .map(|rule| Address::Rule(name.clone(), rule.name.clone())),
    );
    let policies = relation.policies.iter();
    members.extend(policies.map(|policy| Address::Policy(name.clone(), policy.name.clone())));
    members
}

/// What becomes of the parts of something that is made anew.
pub(super) fn replaced(old: &[Address], new: &[Address]) -> BTreeMap<Address, Fate> {
    let mut fates: BTreeMap<Address, Fate> = old.iter().map(|part| (part.clone(), Fate::Drop)).collect();
    for part in new {
        let fate = if fates.contains_key(part) {
            Fate::Replace
        } else {
            Fate::Create
        };
        fates.insert(part.clone(), fate);
    }
    fates
}

/// A type with all its parts.
pub(super) fn type_members(name: &QualifiedName, kind: &Type) -> Vec<Address> {
    let mut members = vec![Address::Type(name.clone())];
    match kind {
        Type::Composite(attributes) => {
            let attribute = |column: &Column| Address::Column(name.clone(), column.name.clone());
            members.extend(attributes.iter().map(attribute));
        }
        Type::Domain(domain) => members.extend(
            domain
                .constraints
                .iter()
                .map(|constraint| Address::DomainConstraint(name.clone(), constraint.name.clone())),
        ),
        Type::Range(range) => members.push(Address::Type(range.multirange.clone())),
        _ => {}
    }
    members
}

/// Whether the column has an expression of its own, default or generated.
pub(super) fn has_default(column: &Column) -> bool {
    !matches!(column.value, ColumnValue::Null | ColumnValue::Identity(_))
}

/// Whether rows of it are kept.
pub(super) fn is_stored(relation: &Relation) -> bool {
    matches!(
        relation.kind,
        RelationKind::Table | RelationKind::PartitionedTable(_) | RelationKind::MaterializedView(_)
    )
}

struct Judge<'a> {
    old: &'a Catalog,
    new: &'a Catalog,
    fates: Fates,
}

impl Judge<'_> {
    fn verdict(&mut self, address: Address, fate: Option<Fate>) {
        if let Some(fate) = fate {
            self.set(address, fate);
        }
    }

    fn whether(&mut self, address: Address, before: bool, after: bool) {
        match (before, after) {
            (true, false) => self.verdict(address, Some(Fate::Drop)),
            (false, true) => self.verdict(address, Some(Fate::Create)),
            _ => {}
        }
    }

    /// An index may leave one table for another: it goes and comes.
    fn set(&mut self, address: Address, fate: Fate) {
        let fate = match (self.fates.get(&address), fate) {
            (Some(Fate::Drop), Fate::Create) | (Some(Fate::Create), Fate::Drop) => Fate::Replace,
            _ => fate,
        };
        self.fates.insert(address, fate);
    }

    fn whole(&mut self, name: &QualifiedName, relation: &Relation, fate: Fate) {
        for member in members(name, relation) {
            self.set(member, fate);
        }
    }

    fn named_type(&mut self, name: &QualifiedName, one: Option<&Type>, other: Option<&Type>) {
        match (one, other) {
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) => types::judge(name, one, other, &mut self.fates),
            (Some(kind), None) => {
                let members = type_members(name, kind);
                self.fates
                    .extend(members.into_iter().map(|member| (member, Fate::Drop)));
            }
            (None, Some(kind)) => {
                let members = type_members(name, kind);
                self.fates
                    .extend(members.into_iter().map(|member| (member, Fate::Create)));
            }
            (None, None) => {}
        }
    }

    fn relation(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let address = Address::Relation(name.clone());
        let fate = match (&one.kind, &other.kind) {
            (RelationKind::Table, RelationKind::Table) => {
                (!self.can_be_of_its_type(one, other)).then_some(Fate::Replace)
            }
            (RelationKind::PartitionedTable(_), RelationKind::PartitionedTable(_)) => {
                kin::is_divided_anew(one, other).then_some(Fate::Replace)
            }
            (RelationKind::View(query), RelationKind::View(new_query)) => {
                let is_same = query == new_query && same_shape(&one.columns, &other.columns);
                match is_same && one.columns.len() == other.columns.len() {
                    true => (one.options != other.options).then_some(Fate::Alter),
                    false if can_replace_view(one, other) => Some(Fate::Alter),
                    false => Some(Fate::Replace),
                }
            }
            (RelationKind::MaterializedView(old), RelationKind::MaterializedView(new)) => {
                let is_same = old.query == new.query && same_shape(&one.columns, &other.columns);
                (!is_same).then_some(Fate::Replace)
            }
            (RelationKind::Sequence(old), RelationKind::Sequence(new)) => match (&old.owner, &new.owner) {
                // Identities come and go with their columns.
                (SequenceOwner::Identity(..), SequenceOwner::Identity(..)) if old.owner == new.owner => {
                    (old != new).then_some(Fate::Alter)
                }
                (SequenceOwner::Identity(..), _) | (_, SequenceOwner::Identity(..)) => Some(Fate::Replace),
                _ => (old != new).then_some(Fate::Alter),
            },
            (RelationKind::ForeignTable(old), RelationKind::ForeignTable(new))
                if old.server == new.server =>
            {
                None
            }
            _ => Some(Fate::Replace),
        };
        if fate == Some(Fate::Replace) {
            for (member, fate) in replaced(&members(name, one), &members(name, other)) {
                self.set(member, fate);
            }
            return;
        }
        self.verdict(address.clone(), fate);
        if is_altered(one, other) {
            self.verdict(address, Some(Fate::Alter));
        }
        self.columns(name, one, other);
        self.constraints(name, one, other);
        self.indexes(name, one, other);
        let (old_triggers, new_triggers) = (
            named(&one.triggers, |part| &part.name),
            named(&other.triggers, |part| &part.name),
        );
        for (part, one, other) in both(&old_triggers, &new_triggers) {
            let address = Address::Trigger(name.clone(), part.clone());
            match (one, other) {
                (Some(one), Some(other)) => self.verdict(address, trigger(one, other)),
                _ => self.whether(address, one.is_some(), other.is_some()),
            }
        }
        let (old_rules, new_rules) = (
            named(&one.rules, |part| &part.name),
            named(&other.rules, |part| &part.name),
        );
        for (part, one, other) in both(&old_rules, &new_rules) {
            let address = Address::Rule(name.clone(), part.clone());
            match (one, other) {
                (Some(one), Some(other)) if one == other => {}
                (Some(_), Some(_)) => self.verdict(address, Some(Fate::Alter)),
                _ => self.whether(address, one.is_some(), other.is_some()),
            }
        }
        let (old_policies, new_policies) = (
            named(&one.policies, |part| &part.name),
            named(&other.policies, |part| &part.name),
        );
        for (part, one, other) in both(&old_policies, &new_policies) {
            let address = Address::Policy(name.clone(), part.clone());
            match (one, other) {
                (Some(one), Some(other)) if one == other => {}
                (Some(one), Some(other)) => {
                    // ALTER POLICY can change an expression, and not take one away.
                    let can_alter = one.command == other.command
                        && one.is_permissive == other.is_permissive
                        && (one.using.is_none() || other.using.is_some())
                        && (one.check.is_none() || other.check.is_some());
                    self.verdict(address, Some(if can_alter { Fate::Alter } else { Fate::Replace }));
                }
                _ => self.whether(address, one.is_some(), other.is_some()),
            }
        }
    }

    /// Whether the table's columns come to stand as the type's attributes do; that is so where it is of no type.
    fn can_be_of_its_type(&self, one: &Relation, other: &Relation) -> bool {
        let Some(of) = other.of_type.as_ref().filter(|_| one.of_type != other.of_type) else {
            return true;
        };
        let Some(Type::Composite(after)) = self.new.types.get(of) else {
            return true;
        };
        let attributes = match self.old.types.get(of) {
            Some(Type::Composite(before)) => kin::grown(before, after),
            _ => after.iter().collect(),
        };
        let columns = kin::grown(&one.columns, &other.columns);
        let names = |columns: &[&Column]| columns.iter().map(|found| found.name.clone()).collect::<Vec<_>>();
        names(&attributes) == names(&columns)
    }

    fn columns(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let (before, after) = (one, other);
        let has_names = self.old.major() >= 18 && self.new.major() >= 18;
        let is_view = matches!(one.kind, RelationKind::View(_));
        let (old, new) = (
            named(&one.columns, |part| &part.name),
            named(&other.columns, |part| &part.name),
        );
        for (part, one, other) in both(&old, &new) {
            let address = Address::Column(name.clone(), part.clone());
            let default = Address::Default(name.clone(), part.clone());
            match (one, other) {
                (Some(one), Some(other)) => {
                    let expression = column::expression(self.new, &one.value, &other.value);
                    if is_view {
                        self.verdict(default, expression);
                        continue;
                    }
                    match expression {
                        // A generated column is made anew as a whole.
                        Some(Fate::Replace) => {
                            self.verdict(address, Some(Fate::Replace));
                            self.verdict(default, Some(Fate::Replace));
                        }
                        expression => {
                            let is_not_null_otherwise = one.is_not_null
                                && other.is_not_null
                                && has_names
                                && !not_null::statements(name, before, after, part, true, true, true)
                                    .is_empty();
                            let fate = column::compare(one, other);
                            self.verdict(address, fate.or(is_not_null_otherwise.then_some(Fate::Alter)));
                            self.verdict(default, expression);
                        }
                    }
                }
                // Columns of views come with the query.
                _ if is_view => {}
                _ => {
                    self.whether(address, one.is_some(), other.is_some());
                    if one.or(other).is_some_and(|column| has_default(column)) {
                        self.whether(default, one.is_some(), other.is_some());
                    }
                }
            }
        }
    }

    /// NOT NULL that goes from the partitioned table above takes a partition's along, which may be to stay.
    fn not_null_of_partition(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let (Some(before), Some(after)) = (&one.partition_of, &other.partition_of) else {
            return;
        };
        let (Some(old), Some(new)) = (
            self.old.relation(&before.parent),
            self.new.relation(&after.parent),
        ) else {
            return;
        };
        let is_not_null = |relation: &Relation, column: &Column| {
            let found = relation.column(&column.name);
            found.map(|column| column.is_not_null)
        };
        for column in other.columns.iter().filter(|column| column.is_not_null) {
            let address = Address::Column(name.clone(), column.name.clone());
            if before.parent == after.parent
                && is_not_null(old, column) == Some(true)
                && is_not_null(new, column) == Some(false)
                && !self.fates.contains_key(&address)
            {
                self.set(address, Fate::Alter);
            }
        }
    }

    fn constraints(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let (old, new) = (
            named(&one.constraints, |part| &part.name),
            named(&other.constraints, |part| &part.name),
        );
        for (part, before, after) in both(&old, &new) {
            // Those of constraint triggers are the triggers', and plain NOT NULL is the columns'.
            let is_others =
                |part: &&Constraint| part.kind == ConstraintKind::Trigger || not_null::is_plain(part);
            let (before, after) = (
                before.filter(|part| !is_others(part)),
                after.filter(|part| !is_others(part)),
            );
            // It becomes plain where it is.
            let becomes_plain = before.is_some_and(|before| {
                before.kind == ConstraintKind::NotNull
                    && before.columns.first().is_some_and(|column| {
                        let is_odd = not_null::of_column(other, column)
                            .is_some_and(|found| !not_null::is_plain(found));
                        other.column(column).is_some_and(|column| column.is_not_null) && !is_odd
                    })
            });
            if becomes_plain {
                continue;
            }
            let address = Address::Constraint(name.clone(), part.clone());
            match (before, after) {
                (Some(before), Some(after)) => {
                    let index = |constraint: &Constraint, of: &Relation| {
                        let index = constraint.index.as_ref()?;
                        of.index(&index.name).cloned()
                    };
                    let (old_index, new_index) = (index(before, one), index(after, other));
                    let fate = constraint(before, after, old_index.as_ref(), new_index.as_ref());
                    let is_plain = matches!(other.kind, RelationKind::Table);
                    let stays = one.partition_of.as_ref().map(|place| &place.parent)
                        == other.partition_of.as_ref().map(|place| &place.parent);
                    // A partition's goes with its parent's.
                    let is_parents = before.parent.is_some() && stays;
                    let fate = match fate {
                        Some(Fate::Swap)
                            if !is_plain || is_parents || after.kind == ConstraintKind::Exclusion =>
                        {
                            Some(Fate::Replace)
                        }
                        fate => fate,
                    };
                    self.verdict(address, fate);
                }
                _ => self.whether(address, before.is_some(), after.is_some()),
            }
        }
    }

    fn indexes(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let (old, new) = (
            named(&one.indexes, |part| &part.name),
            named(&other.indexes, |part| &part.name),
        );
        for (part, before, after) in both(&old, &new) {
            let address = Address::Index(name.beside(part));
            let constraint_of = |index: &Index| {
                let constraint = index.constraint.as_ref()?;
                self.fates
                    .get(&Address::Constraint(name.clone(), constraint.clone()))
                    .copied()
            };
            let fate = match (before, after) {
                (Some(before), Some(after)) => match constraint_of(after).or_else(|| constraint_of(before)) {
                    Some(fate) if fate.is_gone() || fate.is_made() => Some(if fate == Fate::Swap {
                        Fate::Swap
                    } else {
                        Fate::Replace
                    }),
                    _ => index(before, after, &other.kind),
                },
                (Some(_), None) => Some(Fate::Drop),
                (None, Some(_)) => Some(Fate::Create),
                (None, None) => None,
            };
            self.verdict(address, fate);
        }
    }
}

/// Whether the relation itself differs, not only its parts.
fn is_altered(one: &Relation, other: &Relation) -> bool {
    let cluster = |relation: &Relation| {
        let found = relation.indexes.iter().find(|index| index.is_clustered);
        found.map(|index| index.name.clone())
    };
    let populated = |relation: &Relation| match &relation.kind {
        RelationKind::MaterializedView(view) => view.is_populated,
        _ => false,
    };
    let foreign = |relation: &Relation| match &relation.kind {
        RelationKind::ForeignTable(table) => table.options.clone(),
        _ => crate::catalog::Options::new(),
    };
    one.persistence != other.persistence
        || one.access_method != other.access_method
        || one.tablespace != other.tablespace
        || one.options != other.options
        || one.toast_options != other.toast_options
        || one.of_type != other.of_type
        || one.row_security != other.row_security
        || one.replica_identity != other.replica_identity
        || one.inherits != other.inherits
        || one.partition_of != other.partition_of
        || cluster(one) != cluster(other)
        || populated(one) != populated(other)
        || foreign(one) != foreign(other)
}

/// Whether the first columns are the same, as far as there are columns.
fn same_shape(one: &[Column], other: &[Column]) -> bool {
    one.iter().zip(other).all(|(one, other)| {
        one.name == other.name && one.data_type == other.data_type && one.collation == other.collation
    })
}

/// CREATE OR REPLACE VIEW keeps columns and may add some behind them.
fn can_replace_view(one: &Relation, other: &Relation) -> bool {
    one.columns.len() <= other.columns.len() && same_shape(&one.columns, &other.columns)
}

fn routine(one: &Routine, other: &Routine) -> Option<Fate> {
    if one == other {
        return None;
    }
    let is_replaced = match (&one.kind, &other.kind) {
        (RoutineKind::Function(old), RoutineKind::Function(new))
        | (RoutineKind::Procedure(old), RoutineKind::Procedure(new))
        | (RoutineKind::Window(old), RoutineKind::Window(new)) => {
            let is_kept = one.returns == other.returns
                && one.returns_set == other.returns_set
                && one.identity == other.identity
                && types::keeps_signature(old, new);
            !is_kept
        }
        _ => true,
    };
    Some(if is_replaced { Fate::Replace } else { Fate::Alter })
}

fn trigger(one: &Trigger, other: &Trigger) -> Option<Fate> {
    if one.definition == other.definition && one.is_inherited == other.is_inherited {
        return (one.state != other.state).then_some(Fate::Alter);
    }
    // Some servers cannot replace constraint triggers; dropping one is quick.
    Some(Fate::Replace)
}

/// Whether the constraint is altered or made anew.
fn constraint(
    one: &Constraint,
    other: &Constraint,
    old_index: Option<&Index>,
    new_index: Option<&Index>,
) -> Option<Fate> {
    // Those that come from a parent do so in both, or are loosened before.
    let has_index = matches!(
        other.kind,
        ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::Exclusion
    );
    let same_kind = std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind);
    let is_same_text = same_kind
        && bare_of(one, old_index) == bare_of(other, new_index)
        && (!matches!(one.kind, ConstraintKind::ForeignKey(_)) || one.kind == other.kind);
    if !is_same_text || one.is_no_inherit != other.is_no_inherit || one.is_enforced != other.is_enforced {
        return Some(if has_index && same_kind {
            Fate::Swap
        } else {
            Fate::Replace
        });
    }
    if one.parent.is_some() && one.parent != other.parent {
        return Some(Fate::Replace);
    }
    // Valid ones cannot become NOT VALID but by being added again; a child's that is proved does no harm.
    if one.is_valid && !other.is_valid && other.is_local {
        return Some(Fate::Replace);
    }
    if one.is_deferrable != other.is_deferrable || one.is_deferred != other.is_deferred {
        // ALTER CONSTRAINT is for foreign keys only.
        return Some(match other.kind {
            ConstraintKind::ForeignKey(_) => Fate::Alter,
            _ => Fate::Swap,
        });
    }
    if !one.is_valid && other.is_valid {
        return Some(Fate::Alter);
    }
    None
}

/// A constraint's definition without what can be altered.
pub(super) fn bare_of(constraint: &Constraint, index: Option<&Index>) -> String {
    let mut text = constraint.definition.as_str();
    for word in [
        " NOT VALID",
        " NOT ENFORCED",
        " INITIALLY DEFERRED",
        " DEFERRABLE",
    ] {
        text = text.strip_suffix(word).unwrap_or(text);
    }
    without_options(text, index)
}

/// A definition without WITH (…), which can be altered.
fn without_options(definition: &str, index: Option<&Index>) -> String {
    let names: BTreeSet<String> = index
        .map(|index| index.options.keys().map(|name| quote_identifier(name)).collect())
        .unwrap_or_default();
    // The server writes options in the order in which they were given.
    let begin = names
        .iter()
        .filter_map(|name| definition.find(&format!(" WITH ({name}=")))
        .min();
    let Some(begin) = begin else {
        return definition.to_owned();
    };
    let mut is_quoted = false;
    for (at, letter) in definition[begin..].char_indices() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ')' if !is_quoted => {
                return format!("{}{}", &definition[..begin], &definition[begin + at + 1..]);
            }
            _ => {}
        }
    }
    definition.to_owned()
}

/// What an index is, whatever its name, its options and the table's name.
pub(super) fn body(index: &Index) -> String {
    let text = without_options(&index.definition, Some(index));
    let kind = if index.is_unique { "UNIQUE" } else { "" };
    match text.split_once(" USING ") {
        Some((_, body)) => format!("{kind} {body}"),
        None => text,
    }
}

fn index(one: &Index, other: &Index, kind: &RelationKind) -> Option<Fate> {
    let has_constraint = |index: &Index| index.constraint.is_some();
    if body(one) != body(other) || has_constraint(one) != has_constraint(other) {
        let is_plain = matches!(kind, RelationKind::Table | RelationKind::MaterializedView(_));
        let can_swap = is_plain && !has_constraint(one) && !has_constraint(other);
        // An invalid one is of no use to anybody.
        return Some(if can_swap && other.is_valid {
            Fate::Swap
        } else {
            Fate::Replace
        });
    }
    if one.is_valid != other.is_valid && !matches!(kind, RelationKind::PartitionedTable(_)) {
        return Some(Fate::Replace);
    }
    // An index is detached by nothing but its parent's drop.
    if one.parent.is_some() && one.parent != other.parent {
        return Some(Fate::Replace);
    }
    let is_altered = one.options != other.options
        || one.tablespace != other.tablespace
        || one.statistics != other.statistics
        || one.parent != other.parent;
    is_altered.then_some(Fate::Alter)
}
