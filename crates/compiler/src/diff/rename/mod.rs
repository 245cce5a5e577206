//! Objects that got another name: declared ones are renamed before anything is compared.
//!
//! The old schema is rewritten as PostgreSQL would show it afterwards: addresses, names, and the texts that name them.
//! A text that comes out in another way only costs a statement more, since it is compared with the new one.

mod candidates;
mod parts;
mod text;

use std::collections::BTreeMap;

use super::{Action, Cannot, Change, DiffOptions, Rename};
use crate::catalog::write::notes::target;
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, ConstraintKind, Dependencies, IndexKey, Object, Published,
    QualifiedName, Relation, RelationKind, RoutineKind, RoutineName, SequenceOwner, Type,
};
use crate::sql::quote_identifier;
pub(super) use candidates::candidates;
pub(super) use parts::parts;
use text::Place;

/// The old schema after renames, with their statements.
pub(super) struct Renamed {
    pub(super) catalog: Catalog,
    pub(super) changes: Vec<Change>,
    pub(super) cannot: Vec<Cannot>,
}

/// Does the declared renames, and those of sequences that are of one column; none where there are none.
pub(super) fn apply(old: &Catalog, new: &Catalog, options: &DiffOptions) -> Option<Renamed> {
    let mut renamed = None;
    let start = || Renamed {
        catalog: old.clone(),
        changes: Vec::new(),
        cannot: Vec::new(),
    };
    for rename in &options.renames {
        renamed.get_or_insert_with(start).rename(rename, new);
    }
    let before = renamed.as_ref().map_or(old, |renamed| &renamed.catalog);
    for rename in sequences(before, new) {
        renamed.get_or_insert_with(start).rename(&rename, new);
    }
    renamed
}

/// A column's own sequence is the same one, whatever its name.
fn sequences(old: &Catalog, new: &Catalog) -> Vec<Rename> {
    let mut gone: BTreeMap<&SequenceOwner, &QualifiedName> = BTreeMap::new();
    let mut renames = Vec::new();
    let pairs = super::fate::both(&old.relations, &new.relations);
    let owner = |relation: &'_ Relation| match &relation.kind {
        RelationKind::Sequence(sequence) => Some(sequence.owner.clone()),
        _ => None,
    };
    for (name, one, other) in &pairs {
        if let (
            Some(Relation {
                kind: RelationKind::Sequence(sequence),
                ..
            }),
            None,
        ) = (one, other)
            && sequence.owner != SequenceOwner::Nobody
        {
            gone.insert(&sequence.owner, *name);
        }
    }
    if gone.is_empty() {
        return renames;
    }
    for (name, one, other) in &pairs {
        if let (None, Some(owner)) = (one, other.and_then(owner))
            && let Some(from) = gone.remove(&owner)
        {
            renames.push(Rename::new(
                Address::Relation(from.clone()),
                Address::Relation((*name).clone()),
            ));
        }
    }
    renames
}

/// What one rename makes of names.
pub(super) struct Renaming {
    from: Address,
    to: Address,
}

impl Renamed {
    fn refuse(&mut self, rename: &Rename, why: &str) {
        self.cannot.push(Cannot {
            object: Some(rename.from.clone()),
            why: format!("it cannot be renamed to {}: {why}", rename.to),
        });
    }

    fn rename(&mut self, rename: &Rename, new: &Catalog) {
        let (from, to) = (&rename.from, &rename.to);
        if std::mem::discriminant(from) != std::mem::discriminant(to) {
            return self.refuse(rename, "they are of different classes");
        }
        if !exists(&self.catalog, from) {
            return self.refuse(rename, "it is not in the old schema");
        }
        if exists(&self.catalog, to) {
            return self.refuse(rename, "that is in the old schema already");
        }
        if !exists(new, to) {
            return self.refuse(rename, "that is not in the new schema");
        }
        let Some(sql) = self.statements(from, to) else {
            return self.refuse(rename, "objects of this class are not renamed so");
        };
        for (object, sql) in sql {
            self.changes.push(Change {
                action: if matches!(object, Address::Schema(_)) && object != *from {
                    Action::Create
                } else {
                    Action::Rename
                },
                object,
                sql,
                loses: None,
                because: None,
                remark: None,
            });
        }
        let renaming = Renaming {
            from: from.clone(),
            to: to.clone(),
        };
        renaming.apply(&mut self.catalog);
    }

    /// Statements, each with what it changes.
    fn statements(&mut self, from: &Address, to: &Address) -> Option<Vec<(Address, String)>> {
        let mut sql = Vec::new();
        let old = &self.catalog;
        match (from, to) {
            (Address::Column(of, name), Address::Column(other, new_name)) if of == other => {
                let (head, part) = match old.relation(of) {
                    Some(relation) => (format!("ALTER {} {of}", relation.kind.keyword()), "COLUMN"),
                    None => (format!("ALTER TYPE {of}"), "ATTRIBUTE"),
                };
                let (name, new_name) = (quote_identifier(name), quote_identifier(new_name));
                sql.push((from.clone(), format!("{head} RENAME {part} {name} TO {new_name}")));
            }
            (Address::Constraint(of, name), Address::Constraint(other, new_name)) if of == other => {
                let keyword = old.relation(of)?.kind.keyword();
                let (name, new_name) = (quote_identifier(name), quote_identifier(new_name));
                sql.push((
                    from.clone(),
                    format!("ALTER {keyword} {of} RENAME CONSTRAINT {name} TO {new_name}"),
                ));
            }
            (Address::DomainConstraint(of, name), Address::DomainConstraint(other, new_name))
                if of == other =>
            {
                let (name, new_name) = (quote_identifier(name), quote_identifier(new_name));
                sql.push((
                    from.clone(),
                    format!("ALTER DOMAIN {of} RENAME CONSTRAINT {name} TO {new_name}"),
                ));
            }
            (Address::Trigger(of, _), Address::Trigger(other, new_name))
            | (Address::Rule(of, _), Address::Rule(other, new_name))
            | (Address::Policy(of, _), Address::Policy(other, new_name))
                if of == other =>
            {
                let target = target(old, from)?;
                sql.push((
                    from.clone(),
                    format!("ALTER {target} RENAME TO {}", quote_identifier(new_name)),
                ));
            }
            (Address::Index(name), Address::Index(other)) if name.schema == other.schema => {
                sql.push((
                    from.clone(),
                    format!("ALTER INDEX {name} RENAME TO {}", quote_identifier(&other.name)),
                ));
            }
            (Address::Schema(_), Address::Schema(name))
            | (Address::Language(_), Address::Language(name))
            | (Address::ForeignDataWrapper(_), Address::ForeignDataWrapper(name))
            | (Address::Server(_), Address::Server(name))
            | (Address::EventTrigger(_), Address::EventTrigger(name))
            | (Address::Publication(_), Address::Publication(name))
            | (Address::Subscription(_), Address::Subscription(name)) => {
                let target = target(old, from)?;
                sql.push((
                    from.clone(),
                    format!("ALTER {target} RENAME TO {}", quote_identifier(name)),
                ));
            }
            _ => {
                let (name, other) = (lives_at(from)?, lives_at(to)?);
                if let (Address::Routine(one), Address::Routine(two)) = (from, to)
                    && one.arguments != two.arguments
                {
                    return None;
                }
                if name.schema != other.schema {
                    // It moves into a schema that may be new.
                    if !old.schemas.contains_key(&other.schema) {
                        let schema = Address::Schema(other.schema.clone());
                        sql.push((
                            schema,
                            format!("CREATE SCHEMA {}", quote_identifier(&other.schema)),
                        ));
                        self.catalog
                            .schemas
                            .insert(other.schema.clone(), crate::catalog::Schema::default());
                    }
                    let target = target(&self.catalog, from)?;
                    sql.push((
                        from.clone(),
                        format!("ALTER {target} SET SCHEMA {}", quote_identifier(&other.schema)),
                    ));
                }
                if name.name != other.name {
                    // Named as it is after it has moved.
                    let target = target(&self.catalog, from)?.replacen(
                        &name.to_string(),
                        &QualifiedName::new(other.schema.clone(), name.name.clone()).to_string(),
                        1,
                    );
                    sql.push((
                        from.clone(),
                        format!("ALTER {target} RENAME TO {}", quote_identifier(&other.name)),
                    ));
                }
            }
        }
        Some(sql)
    }
}

/// The name of an object that lives in a schema and can move to another.
fn lives_at(address: &Address) -> Option<&QualifiedName> {
    match address {
        Address::Relation(name)
        | Address::Type(name)
        | Address::Collation(name)
        | Address::Conversion(name)
        | Address::Statistics(name)
        | Address::OperatorFamily(name, _)
        | Address::OperatorClass(name, _)
        | Address::TextSearchParser(name)
        | Address::TextSearchTemplate(name)
        | Address::TextSearchDictionary(name)
        | Address::TextSearchConfiguration(name) => Some(name),
        Address::Routine(routine) => Some(&routine.name),
        _ => None,
    }
}

fn exists(catalog: &Catalog, address: &Address) -> bool {
    let relation = |of: &QualifiedName| catalog.relation(of);
    match address {
        Address::Schema(name) => catalog.schemas.contains_key(name),
        Address::Type(name) => catalog.types.contains_key(name),
        Address::Routine(name) => catalog.routines.contains_key(name),
        Address::Relation(name) => relation(name).is_some(),
        Address::Index(name) => catalog.index(name).is_some(),
        Address::Column(of, name) => match catalog.types.get(of) {
            Some(Type::Composite(attributes)) => attributes.iter().any(|attribute| attribute.name == *name),
            _ => relation(of).is_some_and(|relation| relation.column(name).is_some()),
        },
        Address::Constraint(of, name) => {
            relation(of).is_some_and(|relation| relation.constraint(name).is_some())
        }
        Address::DomainConstraint(of, name) => match catalog.types.get(of) {
            Some(Type::Domain(domain)) => domain
                .constraints
                .iter()
                .any(|constraint| constraint.name == *name),
            _ => false,
        },
        Address::Trigger(of, name) => {
            relation(of).is_some_and(|found| found.triggers.iter().any(|one| one.name == *name))
        }
        Address::Rule(of, name) => {
            relation(of).is_some_and(|found| found.rules.iter().any(|one| one.name == *name))
        }
        Address::Policy(of, name) => {
            relation(of).is_some_and(|found| found.policies.iter().any(|one| one.name == *name))
        }
        other => catalog.objects.contains_key(other),
    }
}

impl Renaming {
    /// The relation and its new name.
    fn relation(&self) -> Option<(&QualifiedName, &QualifiedName)> {
        match (&self.from, &self.to) {
            (Address::Relation(from), Address::Relation(to)) => Some((from, to)),
            _ => None,
        }
    }

    /// A name in a schema that got another name, or was moved with its table.
    fn schema(&self, name: &mut String) {
        if let (Address::Schema(from), Address::Schema(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
    }

    fn relation_name(&self, name: &mut QualifiedName) {
        self.schema(&mut name.schema);
        match self.relation() {
            Some((from, to)) if name == from => name.clone_from(to),
            _ => {}
        }
    }

    /// A type, or the row type of a relation.
    fn type_name(&self, name: &mut QualifiedName) {
        self.relation_name(name);
        if let (Address::Type(from), Address::Type(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
    }

    fn index_name(&self, catalog: &Catalog, name: &mut QualifiedName) {
        self.schema(&mut name.schema);
        if let (Address::Index(from), Address::Index(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
        // A key's index has the key's name.
        if let (Address::Constraint(of, from), Address::Constraint(_, to)) = (&self.from, &self.to)
            && *name == of.beside(from)
        {
            name.name.clone_from(to);
        }
        // Indexes move with their tables.
        if let Some((from, to)) = self.relation()
            && from.schema != to.schema
            && catalog
                .relation(from)
                .is_some_and(|relation| name.schema == from.schema && relation.index(&name.name).is_some())
        {
            name.schema.clone_from(&to.schema);
        }
    }

    fn routine_name(&self, name: &mut RoutineName) {
        self.schema(&mut name.name.schema);
        if let (Address::Routine(from), Address::Routine(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
        self.text(&mut name.arguments, Place::Elsewhere);
    }

    fn part(
        &self,
        of: &QualifiedName,
        name: &mut String,
        class: fn(&Address) -> Option<(&QualifiedName, &String)>,
    ) {
        if let (Some((table, from)), Some((_, to))) = (class(&self.from), class(&self.to))
            && table == of
            && name == from
        {
            name.clone_from(to);
        }
    }

    fn column_name(&self, of: &QualifiedName, name: &mut String) {
        self.part(of, name, |address| match address {
            Address::Column(of, name) => Some((of, name)),
            _ => None,
        });
    }

    fn address(&self, catalog: &Catalog, address: &Address) -> Address {
        if *address == self.from {
            return self.to.clone();
        }
        let mut mapped = address.clone();
        match &mut mapped {
            Address::Schema(name) => self.schema(name),
            Address::Relation(name) => self.relation_name(name),
            Address::Type(name) => self.type_name(name),
            Address::Index(name) => self.index_name(catalog, name),
            Address::Routine(name) => self.routine_name(name),
            Address::Column(of, name) | Address::Default(of, name) => {
                self.column_name(of, name);
                self.type_name(of);
            }
            Address::Constraint(of, _)
            | Address::Trigger(of, _)
            | Address::Rule(of, _)
            | Address::Policy(of, _) => {
                self.relation_name(of);
            }
            Address::DomainConstraint(of, _) => self.type_name(of),
            Address::Operator(name, left, right) => {
                self.schema(&mut name.schema);
                self.text(left, Place::Elsewhere);
                self.text(right, Place::Elsewhere);
            }
            Address::Cast(from, to) => {
                self.text(from, Place::Elsewhere);
                self.text(to, Place::Elsewhere);
            }
            Address::Transform(of, language) => {
                self.text(of, Place::Elsewhere);
                if let (Address::Language(from), Address::Language(to)) = (&self.from, &self.to)
                    && language == from
                {
                    language.clone_from(to);
                }
            }
            Address::UserMapping(server, _) => {
                if let (Address::Server(from), Address::Server(to)) = (&self.from, &self.to)
                    && server == from
                {
                    server.clone_from(to);
                }
            }
            Address::DefaultPrivileges(_, Some(schema), _) => self.schema(schema),
            Address::Collation(name)
            | Address::Conversion(name)
            | Address::Statistics(name)
            | Address::OperatorFamily(name, _)
            | Address::OperatorClass(name, _)
            | Address::TextSearchParser(name)
            | Address::TextSearchTemplate(name)
            | Address::TextSearchDictionary(name)
            | Address::TextSearchConfiguration(name) => self.schema(&mut name.schema),
            _ => {}
        }
        mapped
    }

    /// Rewrites the whole schema.
    fn apply(&self, catalog: &mut Catalog) {
        let before = catalog.clone();
        let address = |address: &Address| self.address(&before, address);
        catalog.schemas = std::mem::take(&mut catalog.schemas)
            .into_iter()
            .map(|(mut name, schema)| {
                self.schema(&mut name);
                (name, schema)
            })
            .collect();
        for extension in catalog.extensions.values_mut() {
            self.schema(&mut extension.schema);
        }
        catalog.types = std::mem::take(&mut catalog.types)
            .into_iter()
            .map(|(mut name, mut kind)| {
                self.of_type(&name, &mut kind);
                self.type_name(&mut name);
                (name, kind)
            })
            .collect();
        catalog.routines = std::mem::take(&mut catalog.routines)
            .into_iter()
            .map(|(mut name, mut routine)| {
                match &mut routine.kind {
                    RoutineKind::Function(text)
                    | RoutineKind::Window(text)
                    | RoutineKind::Procedure(text) => {
                        self.text(text, Place::Query);
                    }
                    RoutineKind::Aggregate(aggregate) => {
                        self.text(&mut aggregate.signature, Place::Elsewhere);
                        for value in aggregate.parameters.values_mut() {
                            self.text(value, Place::Elsewhere);
                        }
                    }
                }
                self.text(&mut routine.identity, Place::Elsewhere);
                if let Some(returns) = &mut routine.returns {
                    self.text(returns, Place::Elsewhere);
                }
                self.routine_name(&mut name);
                (name, routine)
            })
            .collect();
        catalog.relations = std::mem::take(&mut catalog.relations)
            .into_iter()
            .map(|(mut name, mut relation)| {
                self.of_relation(&before, &name, &mut relation);
                self.relation_name(&mut name);
                if let Some((from, to)) = self.relation()
                    && from.schema != to.schema
                    && is_owned_by(&relation, to)
                    && name.schema == from.schema
                {
                    // Sequences move with their tables.
                    name.schema.clone_from(&to.schema);
                }
                (name, relation)
            })
            .collect();
        catalog.objects = std::mem::take(&mut catalog.objects)
            .into_iter()
            .map(|(of, mut object)| {
                self.of_object(&mut object);
                (address(&of), object)
            })
            .collect();
        catalog.owners = keys(&catalog.owners, address);
        catalog.comments = keys(&catalog.comments, address);
        catalog.privileges = keys(&catalog.privileges, address);
        catalog.security_labels = std::mem::take(&mut catalog.security_labels)
            .into_iter()
            .map(|((of, provider), label)| ((address(&of), provider), label))
            .collect();
        catalog.dependencies = Dependencies::new(
            before
                .dependencies
                .iter()
                .map(|edge| (address(edge.dependent), address(edge.referenced), edge.kind)),
        );
    }

    fn of_type(&self, name: &QualifiedName, kind: &mut Type) {
        match kind {
            Type::Composite(attributes) => {
                for attribute in attributes {
                    self.column_name(name, &mut attribute.name);
                    self.of_column(name, attribute);
                }
            }
            Type::Domain(domain) => {
                self.text(&mut domain.base, Place::Elsewhere);
                if let Some(of) = &mut domain.user_type {
                    self.type_name(of);
                }
                if let Some(default) = &mut domain.default {
                    self.text(default, Place::Elsewhere);
                }
                for constraint in &mut domain.constraints {
                    self.text(&mut constraint.definition, Place::Elsewhere);
                    self.part(name, &mut constraint.name, |address| match address {
                        Address::DomainConstraint(of, name) => Some((of, name)),
                        _ => None,
                    });
                }
                domain.constraints.sort_by(|one, other| one.name.cmp(&other.name));
            }
            Type::Range(range) => {
                self.text(&mut range.subtype, Place::Elsewhere);
                self.type_name(&mut range.multirange);
            }
            Type::Multirange { of } => self.type_name(of),
            Type::Base(options) => options
                .values_mut()
                .for_each(|value| self.text(value, Place::Elsewhere)),
            Type::Enum(_) | Type::Shell => {}
        }
    }

    fn of_column(&self, of: &QualifiedName, column: &mut Column) {
        self.text(&mut column.data_type, Place::Elsewhere);
        if let Some(name) = &mut column.user_type {
            self.type_name(name);
        }
        if let Some(collation) = &mut column.collation {
            self.schema(&mut collation.schema);
        }
        match &mut column.value {
            ColumnValue::Default(text) | ColumnValue::Stored(text) | ColumnValue::Virtual(text) => {
                self.text(text, Place::Of(of));
            }
            ColumnValue::Identity(identity) => {
                if let Some(sequence) = &mut identity.sequence {
                    self.relation_name(sequence);
                    if let Some((from, to)) = self.relation()
                        && of == from
                    {
                        sequence.schema.clone_from(&to.schema);
                    }
                }
            }
            ColumnValue::Null => {}
        }
    }

    fn of_relation(&self, before: &Catalog, name: &QualifiedName, relation: &mut Relation) {
        if let Some(of) = &mut relation.of_type {
            self.type_name(of);
        }
        // A column of a parent is the children's too.
        let is_heir = match &self.from {
            Address::Column(parent, _) => before.tree(parent).contains(name),
            _ => false,
        };
        let whose = match &self.from {
            Address::Column(parent, _) if is_heir => parent,
            _ => name,
        };
        let of = Place::Of(whose);
        let heir = match (&self.from, &self.to) {
            (Address::Column(_, from), Address::Column(_, to)) if is_heir => Some((from, to)),
            _ => None,
        };
        let column = |column: &mut String| {
            if let Some((from, to)) = heir
                && column == from
            {
                column.clone_from(to);
            }
        };
        for found in &mut relation.columns {
            self.of_column(whose, found);
            column(&mut found.name);
        }
        for constraint in &mut relation.constraints {
            self.text(&mut constraint.definition, of);
            self.part(name, &mut constraint.name, |address| match address {
                Address::Constraint(of, name) => Some((of, name)),
                _ => None,
            });
            constraint.columns.iter_mut().for_each(column);
            if let ConstraintKind::ForeignKey(key) = &mut constraint.kind {
                for referenced in &mut key.referenced_columns {
                    self.column_name(&key.references, referenced);
                }
                self.relation_name(&mut key.references);
            }
            if let Some((parent, above)) = &mut constraint.parent {
                self.part(parent, above, |address| match address {
                    Address::Constraint(of, name) => Some((of, name)),
                    _ => None,
                });
                self.relation_name(parent);
            }
            if let Some(index) = &mut constraint.index {
                self.index_name(before, index);
            }
        }
        relation
            .constraints
            .sort_by(|one, other| one.name.cmp(&other.name));
        for index in &mut relation.indexes {
            self.text(&mut index.definition, of);
            let mut own = name.beside(&index.name);
            self.index_name(before, &mut own);
            let is_renamed = own.name != index.name;
            if is_renamed {
                let words = [quote_identifier(&index.name), quote_identifier(&own.name)];
                let [old, new] = words.map(|word| format!(" INDEX {word} ON "));
                index.definition = index.definition.replacen(&old, &new, 1);
                index.name = own.name;
            }
            for key in &mut index.keys {
                match key {
                    IndexKey::Column(found) => column(found),
                    IndexKey::Expression(text) => self.text(text, of),
                }
            }
            index.included.iter_mut().for_each(column);
            if let Some(predicate) = &mut index.predicate {
                self.text(predicate, of);
            }
            if let Some(parent) = &mut index.parent {
                self.index_name(before, parent);
            }
            if let Some(constraint) = &mut index.constraint {
                self.part(name, constraint, |address| match address {
                    Address::Constraint(of, name) => Some((of, name)),
                    _ => None,
                });
            }
        }
        relation.indexes.sort_by(|one, other| one.name.cmp(&other.name));
        self.of_actions(name, of, relation);
        for parent in &mut relation.inherits {
            self.relation_name(parent);
        }
        if let Some(place) = &mut relation.partition_of {
            self.relation_name(&mut place.parent);
        }
        match &mut relation.kind {
            RelationKind::View(query) => self.text(query, Place::Query),
            RelationKind::MaterializedView(view) => self.text(&mut view.query, Place::Query),
            RelationKind::Sequence(sequence) => match &mut sequence.owner {
                SequenceOwner::Column(table, column) | SequenceOwner::Identity(table, column) => {
                    self.column_name(table, column);
                    self.relation_name(table);
                }
                SequenceOwner::Nobody => {}
            },
            RelationKind::PartitionedTable(key) => {
                self.text(&mut key.definition, of);
                key.columns.iter_mut().for_each(column);
            }
            RelationKind::ForeignTable(table) => {
                if let (Address::Server(from), Address::Server(to)) = (&self.from, &self.to)
                    && table.server == *from
                {
                    table.server.clone_from(to);
                }
            }
            RelationKind::Table => {}
        }
    }

    /// Triggers, rules and policies.
    fn of_actions(&self, name: &QualifiedName, of: Place<'_>, relation: &mut Relation) {
        for trigger in &mut relation.triggers {
            self.text(&mut trigger.definition, of);
            let before = trigger.name.clone();
            self.part(name, &mut trigger.name, |address| match address {
                Address::Trigger(of, name) => Some((of, name)),
                _ => None,
            });
            if before != trigger.name {
                let words = [quote_identifier(&before), quote_identifier(&trigger.name)];
                let [old, new] = words.map(|word| format!(" TRIGGER {word} "));
                trigger.definition = trigger.definition.replacen(&old, &new, 1);
            }
            self.schema(&mut trigger.function.name.schema);
            if let (Address::Routine(from), Address::Routine(to)) = (&self.from, &self.to)
                && trigger.function.name == from.name
            {
                trigger.function.name.clone_from(&to.name);
            }
        }
        for rule in &mut relation.rules {
            self.text(&mut rule.definition, of);
            let before = rule.name.clone();
            self.part(name, &mut rule.name, |address| match address {
                Address::Rule(of, name) => Some((of, name)),
                _ => None,
            });
            if before != rule.name {
                let words = [quote_identifier(&before), quote_identifier(&rule.name)];
                let [old, new] = words.map(|word| format!("CREATE RULE {word} "));
                rule.definition = rule.definition.replacen(&old, &new, 1);
            }
        }
        for policy in &mut relation.policies {
            self.part(name, &mut policy.name, |address| match address {
                Address::Policy(of, name) => Some((of, name)),
                _ => None,
            });
            for expression in policy.using.iter_mut().chain(&mut policy.check) {
                self.text(expression, of);
            }
        }
        relation.triggers.sort_by(|one, other| one.name.cmp(&other.name));
        relation.rules.sort_by(|one, other| one.name.cmp(&other.name));
        relation.policies.sort_by(|one, other| one.name.cmp(&other.name));
    }

    fn of_object(&self, object: &mut Object) {
        match object {
            Object::Parameters(options) => options
                .values_mut()
                .for_each(|value| self.text(value, Place::Elsewhere)),
            Object::Statistics(statistics) => {
                self.text(&mut statistics.definition, Place::Of(&statistics.relation));
                self.relation_name(&mut statistics.relation);
                if let (Address::Statistics(from), Address::Statistics(to)) = (&self.from, &self.to) {
                    let words = [from, to].map(|name| format!("CREATE STATISTICS {name} "));
                    statistics.definition = statistics.definition.replacen(&words[0], &words[1], 1);
                }
            }
            Object::EventTrigger(trigger) => self.text(&mut trigger.function, Place::Elsewhere),
            Object::Cast(cast) => self.text(&mut cast.method, Place::Elsewhere),
            Object::Server(server) => {
                if let (Address::ForeignDataWrapper(from), Address::ForeignDataWrapper(to)) =
                    (&self.from, &self.to)
                    && server.wrapper == *from
                {
                    server.wrapper.clone_from(to);
                }
            }
            Object::TextSearchDictionary(dictionary) => {
                self.object_name(&mut dictionary.template);
            }
            Object::TextSearchConfiguration(configuration) => {
                self.object_name(&mut configuration.parser);
                for name in configuration.mappings.values_mut().flatten() {
                    self.object_name(name);
                }
            }
            Object::Publication(publication) => {
                if let Published::Some { tables, schemas } = &mut publication.content {
                    *tables = std::mem::take(tables)
                        .into_iter()
                        .map(|(mut name, mut table)| {
                            for column in &mut table.columns {
                                self.column_name(&name, column);
                            }
                            if let Some(condition) = &mut table.condition {
                                self.text(condition, Place::Of(&name));
                            }
                            self.relation_name(&mut name);
                            (name, table)
                        })
                        .collect();
                    schemas.iter_mut().for_each(|name| self.schema(name));
                    schemas.sort();
                }
            }
            _ => {}
        }
    }

    fn object_name(&self, name: &mut QualifiedName) {
        self.schema(&mut name.schema);
        if let (Some(from), Some(to)) = (lives_at(&self.from), lives_at(&self.to))
            && matches!(
                self.from,
                Address::TextSearchDictionary(_)
                    | Address::TextSearchParser(_)
                    | Address::TextSearchTemplate(_)
            )
            && name == from
        {
            name.clone_from(to);
        }
    }
}

fn keys<V: Clone>(map: &BTreeMap<Address, V>, address: impl Fn(&Address) -> Address) -> BTreeMap<Address, V> {
    map.iter()
        .map(|(of, value)| (address(of), value.clone()))
        .collect()
}

fn is_owned_by(relation: &Relation, table: &QualifiedName) -> bool {
    match &relation.kind {
        RelationKind::Sequence(sequence) => match &sequence.owner {
            SequenceOwner::Column(of, _) | SequenceOwner::Identity(of, _) => of == table,
            SequenceOwner::Nobody => false,
        },
        _ => false,
    }
}
