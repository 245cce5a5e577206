//! One rename: the new name of each name and address.

use super::text::Place;
use crate::catalog::{Address, Catalog, QualifiedName, RoutineName};

/// What one rename makes of names.
pub(super) struct Renaming {
    pub(super) from: Address,
    pub(super) to: Address,
}

impl Renaming {
    /// The relation and its new name.
    pub(super) fn relation(&self) -> Option<(&QualifiedName, &QualifiedName)> {
        match (&self.from, &self.to) {
            (Address::Relation(from), Address::Relation(to)) => Some((from, to)),
            _ => None,
        }
    }

    /// A name in a schema that got another name, or was moved with its table.
    pub(super) fn schema(&self, name: &mut String) {
        if let (Address::Schema(from), Address::Schema(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
    }

    pub(super) fn relation_name(&self, name: &mut QualifiedName) {
        self.schema(&mut name.schema);
        match self.relation() {
            Some((from, to)) if name == from => name.clone_from(to),
            _ => {}
        }
    }

    /// A type, or the row type of a relation.
    pub(super) fn type_name(&self, name: &mut QualifiedName) {
        self.relation_name(name);
        if let (Address::Type(from), Address::Type(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
    }

    pub(super) fn index_name(&self, catalog: &Catalog, name: &mut QualifiedName) {
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

    pub(super) fn routine_name(&self, name: &mut RoutineName) {
        self.schema(&mut name.name.schema);
        if let (Address::Routine(from), Address::Routine(to)) = (&self.from, &self.to)
            && name == from
        {
            name.clone_from(to);
        }
        self.text(&mut name.arguments, Place::Elsewhere);
    }

    pub(super) fn part(
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

    pub(super) fn column_name(&self, of: &QualifiedName, name: &mut String) {
        self.part(of, name, |address| match address {
            Address::Column(of, name) => Some((of, name)),
            _ => None,
        });
    }

    pub(super) fn address(&self, catalog: &Catalog, address: &Address) -> Address {
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
}
