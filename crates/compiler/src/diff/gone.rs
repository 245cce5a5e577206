//! What goes: which statement takes an object with it, after which others, and what is lost.

use super::emit::Emit;
use super::fate::{Fate, members, type_members};
use crate::catalog::write::notes::target;
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::write::relation::stand_in;
use crate::catalog::{
    Address, ColumnValue, ConstraintKind, Object, QualifiedName, Relation, RelationKind, SequenceOwner, Type,
};
use crate::sql::quote_identifier;

impl Emit<'_> {
    /// Whether the old object goes before a new one comes, if one does.
    pub(super) fn goes(&self, address: &Address) -> bool {
        self.fate(address).is_some_and(Fate::goes_first)
    }

    /// What takes those of the objects away that go.
    pub(super) fn carriers(&self, addresses: impl IntoIterator<Item = Address>) -> Vec<Key> {
        let gone = addresses.into_iter().filter(|address| self.goes(address));
        gone.map(|address| self.carrier(&address)).collect()
    }

    /// The statement that takes the old object away: its own, or that of what it is a part of.
    pub(super) fn carrier(&self, address: &Address) -> Key {
        let own = (address.clone(), Stage::Drop);
        let old = self.old;
        if self.apart.contains(address) {
            return own;
        }
        // A key of a partition goes with that of its parent, where that goes before its table does.
        if let Address::Constraint(of, name) = address
            && let Some(constraint) = old.relation(of).and_then(|relation| relation.constraint(name))
            && let Some((parent, above)) = &constraint.parent
        {
            let above = self.carrier(&Address::Constraint(parent.clone(), above.clone()));
            if self.apart.contains(&above.0) {
                return above;
            }
        }
        if let Some(of) = address.relation() {
            for whole in [Address::Relation(of.clone()), Address::Type(of.clone())] {
                if self.goes(&whole) {
                    return self.carrier(&whole);
                }
                if self.fate(&whole) == Some(Fate::Swap) && matches!(whole, Address::Type(_)) {
                    return (whole, Stage::Retire);
                }
            }
        }
        match address {
            Address::Type(name) => match old.types.get(name) {
                Some(Type::Multirange { of }) => {
                    let range = Address::Type(of.clone());
                    match self.fate(&range) {
                        Some(Fate::Swap) => (range, Stage::Retire),
                        Some(Fate::Drop | Fate::Replace) => (range, Stage::Drop),
                        _ => own,
                    }
                }
                _ => own,
            },
            Address::Default(of, name) => {
                let column = Address::Column(of.clone(), name.clone());
                if self.goes(&column) {
                    self.carrier(&column)
                } else {
                    own
                }
            }
            Address::Column(of, name) => {
                let is_local = old
                    .relation(of)
                    .and_then(|relation| relation.column(name))
                    .is_none_or(|column| column.is_local);
                self.above(of, is_local, |parent| Address::Column(parent, name.clone()))
                    .unwrap_or(own)
            }
            Address::Constraint(of, name) => {
                let Some(constraint) = old.relation(of).and_then(|relation| relation.constraint(name)) else {
                    return own;
                };
                if constraint.kind == ConstraintKind::Trigger {
                    return self.carrier(&Address::Trigger(of.clone(), name.clone()));
                }
                if let Some((parent, above)) = &constraint.parent {
                    let above = Address::Constraint(parent.clone(), above.clone());
                    if self.goes(&above) {
                        return self.carrier(&above);
                    }
                }
                let is_local = constraint.is_local;
                self.above(of, is_local, |parent| Address::Constraint(parent, name.clone()))
                    .unwrap_or(own)
            }
            Address::Index(name) => {
                let Some((of, _, index)) = self.old_index(name) else {
                    return own;
                };
                let relation = Address::Relation(of.clone());
                if self.goes(&relation) {
                    return self.carrier(&relation);
                }
                if let Some(constraint) = &index.constraint {
                    let constraint = Address::Constraint(of.clone(), constraint.clone());
                    return match self.fate(&constraint) {
                        Some(Fate::Swap) => (constraint, Stage::Create),
                        _ => self.carrier(&constraint),
                    };
                }
                if let Some(parent) = &index.parent
                    && self.goes(&Address::Index(parent.clone()))
                {
                    return self.carrier(&Address::Index(parent.clone()));
                }
                own
            }
            Address::Trigger(of, name) => {
                let relation = old.relation(of);
                let found =
                    relation.and_then(|found| found.triggers.iter().find(|trigger| trigger.name == *name));
                let place = relation.and_then(|relation| relation.partition_of.as_ref());
                match (found, place) {
                    (Some(trigger), Some(place)) if trigger.is_inherited => {
                        self.carrier(&Address::Trigger(place.parent.clone(), name.clone()))
                    }
                    _ => own,
                }
            }
            Address::Statistics(_) => match old.objects.get(address) {
                Some(Object::Statistics(statistics)) => {
                    let relation = Address::Relation(statistics.relation.clone());
                    if self.goes(&relation) {
                        self.carrier(&relation)
                    } else {
                        own
                    }
                }
                _ => own,
            },
            Address::Relation(name) => match old.relation(name).map(|relation| &relation.kind) {
                Some(RelationKind::Sequence(sequence)) => match &sequence.owner {
                    SequenceOwner::Nobody => own,
                    SequenceOwner::Column(of, column) => {
                        if self.handed_over(of, column).is_some() {
                            return (Address::Column(of.clone(), column.clone()), Stage::Create);
                        }
                        let column = Address::Column(of.clone(), column.clone());
                        if self.goes(&column) {
                            self.carrier(&column)
                        } else {
                            own
                        }
                    }
                    SequenceOwner::Identity(of, column) => {
                        let column = Address::Column(of.clone(), column.clone());
                        if self.goes(&column) {
                            self.carrier(&column)
                        } else {
                            (column, Stage::Create)
                        }
                    }
                },
                _ => own,
            },
            Address::Routine(_) => match self.is_inside(address) {
                Some(of) => (Address::Type(of), Stage::Drop),
                None => own,
            },
            _ => own,
        }
    }

    /// The drop of the same part of a parent, which takes the child's with it.
    fn above(
        &self,
        of: &QualifiedName,
        is_local: bool,
        part: impl Fn(QualifiedName) -> Address,
    ) -> Option<Key> {
        if is_local {
            return None;
        }
        let relation = self.old.relation(of)?;
        super::kin::parents(relation)
            .map(|parent| part(parent.clone()))
            .find(|above| self.goes(above) && !self.leaves_children(above))
            .map(|above| self.carrier(&above))
    }

    /// Whether children keep what goes from their parent, so that it goes from the parent only.
    fn leaves_children(&self, address: &Address) -> bool {
        let (of, name, has): (_, _, fn(&Relation, &str) -> bool) = match address {
            Address::Column(of, name) => (of, name, |relation, name| relation.column(name).is_some()),
            Address::Constraint(of, name) => (of, name, |relation, name| relation.constraint(name).is_some()),
            _ => return false,
        };
        let is_table = self
            .old
            .relation(of)
            .is_some_and(|relation| relation.kind == RelationKind::Table);
        let is_dropped = self.fate(address) == Some(Fate::Drop) && !self.goes(&Address::Relation(of.clone()));
        let mut children = self.old_children.get(of).into_iter().flatten();
        is_table
            && is_dropped
            && children.any(|child| {
                self.new
                    .relation(child)
                    .is_some_and(|relation| has(relation, name))
            })
    }

    /// Statements that drop the object, where it has one of its own.
    pub(super) fn drop(&mut self, address: &Address) {
        let key = (address.clone(), Stage::Drop);
        if self.carrier(address) != key {
            return;
        }
        let mut sql = self.drop_statements(address);
        if self.fate(address) == Some(Fate::Replace) && matches!(address, Address::Schema(_)) {
            sql.clear();
        }
        if let Some(last) = sql.last().cloned()
            && let Some(what) = self.loss(address)
        {
            self.loses(&last, what);
        }
        let mut needs: Vec<Key> = Vec::new();
        for gone in self.taken(address) {
            for (dependent, _) in self.old.dependencies.on(&gone) {
                match self.fate(dependent) {
                    Some(Fate::Drop | Fate::Replace) if self.is_emptied(dependent) => {
                        needs.push((dependent.clone(), Stage::Leave));
                    }
                    Some(Fate::Drop | Fate::Replace) => needs.push(self.carrier(dependent)),
                    // It joins again behind, if it does.
                    Some(Fate::Alter) if self.joins_again(dependent) => {
                        needs.push((dependent.clone(), Stage::Leave));
                    }
                    Some(Fate::Swap) if matches!(dependent, Address::Type(_)) => {
                        needs.push((dependent.clone(), Stage::Retire));
                    }
                    Some(Fate::Alter | Fate::Swap) => {
                        needs.push((dependent.clone(), Stage::Create));
                        needs.push((dependent.clone(), Stage::Leave));
                        needs.push((dependent.clone(), Stage::Attach));
                    }
                    _ => {}
                }
            }
        }
        match address {
            Address::Schema(name) => {
                let inside = self.fates.keys().filter(|other| other.schema() == Some(name));
                needs.extend(self.carriers(inside.cloned()));
                for extension in self
                    .fates
                    .keys()
                    .filter(|other| matches!(other, Address::Extension(_)))
                {
                    needs.push((extension.clone(), Stage::Create));
                    needs.push((extension.clone(), Stage::Drop));
                }
                for (other, object) in &self.old.objects {
                    if let (Object::Publication(_), Address::Publication(_)) = (object, other) {
                        needs.push((other.clone(), Stage::Leave));
                        needs.push((other.clone(), Stage::Drop));
                    }
                }
            }
            Address::Type(name) => {
                self.without_default(name);
                needs.extend(self.after_leaving(name));
            }
            Address::Relation(name) => {
                self.empty(name);
                needs.extend(self.leave_referenced(name, &mut sql));
                let alone = self.apart.iter().filter(|part| part.relation() == Some(name));
                needs.extend(self.carriers(alone.cloned()));
                let children = self.origin_children(name);
                for child in children {
                    let child = Address::Relation(child);
                    needs.push((child.clone(), Stage::Leave));
                    needs.extend(self.carriers([child]));
                }
            }
            Address::Column(of, name) => {
                needs.extend(self.after_parents(of, |parent| Address::Column(parent, name.clone())));
                needs.extend(self.after_leaving(of));
                let settings = Address::Relation(of.clone());
                needs.push((settings, Stage::Leave));
            }
            Address::Constraint(of, name) => {
                needs.extend(self.after_parents(of, |parent| Address::Constraint(parent, name.clone())));
                needs.extend(self.after_leaving(of));
            }
            Address::Trigger(of, _) => needs.extend(self.after_leaving(of)),
            Address::Index(name) => {
                if let Some((of, ..)) = self.old_index(name) {
                    needs.extend(self.after_leaving(of));
                }
            }
            Address::Server(name) => {
                for other in self.fates.keys() {
                    if matches!(other, Address::UserMapping(server, _) if server == name) {
                        needs.push((other.clone(), Stage::Drop));
                    }
                }
            }
            _ => {}
        }
        needs.retain(|need| *need != key);
        self.part(key, sql, needs, Vec::new());
    }

    /// Whether the object leaves what it is a part of, to be a part of something again later.
    fn joins_again(&self, address: &Address) -> bool {
        match address {
            Address::Publication(_) => true,
            Address::Type(name) => self.spread.without_default.contains(name),
            Address::Relation(name) => self.spread.disowned.contains(name),
            _ => false,
        }
    }

    fn is_emptied(&self, address: &Address) -> bool {
        matches!(address, Address::Relation(_) | Address::Type(_)) && self.apart.contains(address)
    }

    /// A domain in a circle loses its default before what that needs goes.
    fn without_default(&mut self, name: &QualifiedName) {
        let address = Address::Type(name.clone());
        if self.apart.contains(&address) {
            let sql = vec![format!("ALTER DOMAIN {name} DROP DEFAULT")];
            self.part((address.clone(), Stage::Leave), sql, Vec::new(), Vec::new());
            self.part(
                (address.clone(), Stage::Drop),
                Vec::new(),
                vec![(address, Stage::Leave)],
                Vec::new(),
            );
        }
    }

    /// Functions that a base type is made of, and that are made of it: they go with it.
    fn is_inside(&self, routine: &Address) -> Option<QualifiedName> {
        let of = self
            .old
            .dependencies
            .of(routine)
            .find_map(|(needed, _)| match needed {
                Address::Type(name) if matches!(self.old.types.get(name), Some(Type::Base(_))) => {
                    Some(name.clone())
                }
                _ => None,
            })?;
        let base = Address::Type(of.clone());
        let is_its_own = self
            .old
            .dependencies
            .on(routine)
            .any(|(dependent, _)| *dependent == base);
        (is_its_own && self.goes(&base)).then_some(of)
    }

    /// A view in a circle loses its query before what that needs goes.
    fn empty(&mut self, name: &QualifiedName) {
        let address = Address::Relation(name.clone());
        let view = self.old.relation(name);
        let Some(view) = view.filter(|view| matches!(view.kind, RelationKind::View(_))) else {
            return;
        };
        if self.apart.contains(&address) {
            let sql = format!(
                "CREATE OR REPLACE{}",
                stand_in(name, view).trim_start_matches("CREATE")
            );
            self.part((address.clone(), Stage::Leave), vec![sql], Vec::new(), Vec::new());
            self.part(
                (address.clone(), Stage::Drop),
                Vec::new(),
                vec![(address, Stage::Leave)],
                Vec::new(),
            );
        }
    }

    /// Keys that reference a partitioned table hold on to its partitions: one of them goes alone when it is detached.
    fn leave_referenced(&self, name: &QualifiedName, sql: &mut Vec<String>) -> Vec<Key> {
        let mut needs = Vec::new();
        let mut at = name.clone();
        let mut is_held = false;
        while let Some(place) = self
            .old
            .relation(&at)
            .and_then(|relation| relation.partition_of.as_ref())
        {
            at = place.parent.clone();
            let indexes = self
                .old
                .relation(&at)
                .map_or(&[][..], |relation| &relation.indexes);
            for index in indexes {
                let index = Address::Index(at.beside(&index.name));
                for (dependent, _) in self.old.dependencies.on(&index) {
                    let Address::Constraint(of, key) = dependent else {
                        continue;
                    };
                    let found = self
                        .old
                        .relation(of)
                        .and_then(|relation| relation.constraint(key));
                    if !found.is_some_and(|found| matches!(found.kind, ConstraintKind::ForeignKey(_))) {
                        continue;
                    }
                    is_held |= !self.goes(dependent);
                    needs.extend(self.carriers([dependent.clone()]));
                }
            }
        }
        let parent = self
            .old
            .relation(name)
            .and_then(|relation| relation.partition_of.as_ref());
        if let (true, Some(place)) = (is_held, parent)
            && !self.goes(&Address::Relation(place.parent.clone()))
        {
            sql.insert(0, format!("ALTER TABLE {} DETACH PARTITION {name}", place.parent));
        }
        needs.retain(|need| need.0 != Address::Relation(name.clone()));
        needs
    }

    /// A child's own part goes when its parent's is gone.
    fn after_parents(&self, of: &QualifiedName, part: impl Fn(QualifiedName) -> Address) -> Vec<Key> {
        let parents = self.old.relation(of).into_iter().flat_map(super::kin::parents);
        let above = parents.map(|parent| part(parent.clone()));
        above
            .filter(|above| self.goes(above))
            .map(|above| self.carrier(&above))
            .collect()
    }

    fn origin_children(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        let kept = self
            .old_children
            .get(name)
            .into_iter()
            .flatten()
            .map(|child| (*child).clone());
        let leaving = self.leaving.iter().filter(|(_, parents)| parents.contains(&name));
        kept.chain(leaving.map(|(child, _)| (*child).clone())).collect()
    }

    /// All that goes with the object's statement.
    fn taken(&self, address: &Address) -> Vec<Address> {
        let old = self.old;
        match address {
            Address::Relation(name) => {
                let relation = old.relation(name);
                let mut taken = relation.map_or(Vec::new(), |relation| members(name, relation));
                let owned: Vec<Address> = taken.iter().flat_map(|part| self.owned(part)).collect();
                taken.extend(owned);
                taken
            }
            Address::Type(name) => {
                let mut taken = old
                    .types
                    .get(name)
                    .map_or(Vec::new(), |kind| type_members(name, kind));
                let inside = old.dependencies.of(address).map(|(needed, _)| needed);
                let inside = inside.filter(|needed| self.goes(needed) && self.carrier(needed).0 == *address);
                taken.extend(inside.cloned().collect::<Vec<_>>());
                taken
            }
            Address::Constraint(of, name) => {
                let mut taken = vec![address.clone()];
                let relation = old.relation(of);
                let indexes = relation.map_or(&[][..], |relation| &relation.indexes);
                let enforcing = indexes
                    .iter()
                    .filter(|index| index.constraint.as_ref() == Some(name));
                taken.extend(enforcing.map(|index| Address::Index(of.beside(&index.name))));
                taken
            }
            Address::Column(of, name) => {
                let mut taken = vec![address.clone(), Address::Default(of.clone(), name.clone())];
                for child in super::kin::descendants(&self.old_children, of) {
                    let below = Address::Column(child.clone(), name.clone());
                    if self.goes(&below) && self.carrier(&below).0 == *address {
                        taken.push(below);
                        taken.push(Address::Default(child.clone(), name.clone()));
                    }
                }
                taken.extend(self.owned(address));
                taken
            }
            _ => vec![address.clone()],
        }
    }

    /// Whether it was a sequence.
    pub(super) fn is_sequence(&self, address: &Address) -> bool {
        let kind = match address {
            Address::Relation(name) => self.old.relation(name).map(|found| &found.kind),
            _ => None,
        };
        matches!(kind, Some(RelationKind::Sequence(_)))
    }

    /// The sequences of a column that go with it.
    fn owned(&self, column: &Address) -> impl Iterator<Item = Address> {
        let dependents = self.old.dependencies.on(column).map(|(dependent, _)| dependent);
        dependents
            .filter(|dependent| self.is_sequence(dependent) && self.goes(dependent))
            .cloned()
    }

    fn drop_statements(&mut self, address: &Address) -> Vec<String> {
        let old = self.old;
        let only = if self.leaves_children(address) {
            "ONLY "
        } else {
            ""
        };
        match address {
            Address::Column(of, name) => {
                let quoted = quote_identifier(name);
                match old.relation(of) {
                    Some(relation) => vec![format!(
                        "ALTER {} {only}{of} DROP COLUMN {quoted}",
                        relation.kind.keyword()
                    )],
                    None => vec![format!("ALTER TYPE {of} DROP ATTRIBUTE {quoted}")],
                }
            }
            Address::Default(of, name) => {
                let quoted = quote_identifier(name);
                let head = match old.relation(of).map(|relation| &relation.kind) {
                    Some(RelationKind::View(_)) => "ALTER VIEW",
                    _ => "ALTER TABLE ONLY",
                };
                vec![format!("{head} {of} ALTER COLUMN {quoted} DROP DEFAULT")]
            }
            Address::Constraint(of, name) => {
                let keyword = old
                    .relation(of)
                    .map_or("TABLE", |relation| relation.kind.keyword());
                vec![format!(
                    "ALTER {keyword} {only}{of} DROP CONSTRAINT {}",
                    quote_identifier(name)
                )]
            }
            Address::DomainConstraint(of, name) => {
                vec![format!(
                    "ALTER DOMAIN {of} DROP CONSTRAINT {}",
                    quote_identifier(name)
                )]
            }
            // PostgreSQL knows no other way: the type needs its functions, and they need it. All else that needs them is
            // gone before.
            Address::Type(name) if matches!(old.types.get(name), Some(Type::Base(_))) => {
                let drop = format!("DROP TYPE {name} CASCADE");
                self.remark(
                    &drop,
                    "it takes its input and output functions along, and nothing else".to_owned(),
                );
                vec![drop]
            }
            Address::DefaultPrivileges(..) => self.drop_default_privileges(address),
            Address::Operator(_, left, right) => {
                let mut sql: Vec<String> = target(old, address)
                    .map(|target| format!("DROP {target}"))
                    .into_iter()
                    .collect();
                // Those that it names as its like exist as names at least.
                if let Some(Object::Parameters(parameters)) = old.objects.get(address) {
                    for (key, left, right) in [("COMMUTATOR", right, left), ("NEGATOR", left, right)] {
                        let named = parameters.get(key).and_then(|named| operator(named));
                        let Some(named) = named.filter(|named| old.schemas.contains_key(&named.schema))
                        else {
                            continue;
                        };
                        let schema = quote_identifier(&named.schema);
                        let other = Address::Operator(named.clone(), left.clone(), right.clone());
                        if !old.objects.contains_key(&other) {
                            sql.push(format!(
                                "DROP OPERATOR IF EXISTS {schema}.{} ({left}, {right})",
                                named.name
                            ));
                        }
                    }
                }
                sql
            }
            Address::Subscription(name) => {
                let name = quote_identifier(name);
                let drop = format!("DROP SUBSCRIPTION {name}");
                self.remark(
                    &drop,
                    "the publisher keeps the replication slot, which is to be dropped there".to_owned(),
                );
                vec![
                    format!("ALTER SUBSCRIPTION {name} DISABLE"),
                    format!("ALTER SUBSCRIPTION {name} SET (slot_name = NONE)"),
                    drop,
                ]
            }
            other => target(old, other).map_or(Vec::new(), |target| vec![format!("DROP {target}")]),
        }
    }

    /// Which data goes with the object.
    fn loss(&self, address: &Address) -> Option<String> {
        let old = self.old;
        let rows = |name: &QualifiedName| match old.size(name).rows {
            crate::catalog::Rows::Unknown => String::new(),
            rows => format!(" ({rows})"),
        };
        match address {
            Address::Relation(name) => match &old.relation(name)?.kind {
                RelationKind::Table => Some(format!("all rows of {name}{}", rows(name))),
                RelationKind::PartitionedTable(_) => {
                    let has_partitions = self.old_children.contains_key(name);
                    has_partitions.then(|| format!("all rows of {name}"))
                }
                RelationKind::Sequence(_) => Some(format!("the position of sequence {name}")),
                _ => None,
            },
            Address::Column(of, name) => {
                let Some(relation) = old.relation(of) else {
                    return Some(format!(
                        "attribute {} of all values of {of}",
                        quote_identifier(name)
                    ));
                };
                let column = relation.column(name)?;
                let stays_computed =
                    |value: &ColumnValue| matches!(value, ColumnValue::Stored(_) | ColumnValue::Virtual(_));
                let is_computed = stays_computed(&column.value);
                let is_local = matches!(
                    relation.kind,
                    RelationKind::Table | RelationKind::PartitionedTable(_)
                );
                let becomes = self.new.relation(of).and_then(|relation| relation.column(name));
                let is_regained = is_computed && becomes.is_none_or(|column| stays_computed(&column.value));
                (is_local && !is_regained)
                    .then(|| format!("the values of {of}.{}{}", quote_identifier(name), rows(of)))
            }
            Address::Extension(name) => Some(format!("what extension {} holds", quote_identifier(name))),
            Address::Subscription(name) => Some(format!(
                "how far subscription {} has come",
                quote_identifier(name)
            )),
            _ => None,
        }
    }
}

/// The operator in `OPERATOR(schema.name)`.
fn operator(text: &str) -> Option<QualifiedName> {
    let inside = text.strip_prefix("OPERATOR(")?.strip_suffix(')')?;
    let (schema, name) = inside.rsplit_once('.')?;
    let schema = match schema.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => schema.to_owned(),
    };
    Some(QualifiedName::new(schema, name))
}
