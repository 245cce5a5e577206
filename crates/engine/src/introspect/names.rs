//! From oids, which are the server's, to names, which are the model's.

use std::collections::HashMap;

use windlass_compiler::catalog::{Address, QualifiedName};

/// Oids of the system catalogs; they are the same on all servers.
pub(super) mod class {
    pub(in super::super) const ACCESS_METHOD: u32 = 2601;
    pub(in super::super) const ATTRDEF: u32 = 2604;
    pub(in super::super) const CAST: u32 = 2605;
    pub(in super::super) const CLASS: u32 = 1259;
    pub(in super::super) const COLLATION: u32 = 3456;
    pub(in super::super) const CONSTRAINT: u32 = 2606;
    pub(in super::super) const CONVERSION: u32 = 2607;
    pub(in super::super) const DEFAULT_PRIVILEGES: u32 = 826;
    pub(in super::super) const EVENT_TRIGGER: u32 = 3466;
    pub(in super::super) const EXTENSION: u32 = 3079;
    pub(in super::super) const LANGUAGE: u32 = 2612;
    pub(in super::super) const NAMESPACE: u32 = 2615;
    pub(in super::super) const OPERATOR: u32 = 2617;
    pub(in super::super) const OPERATOR_FAMILY: u32 = 2753;
    pub(in super::super) const POLICY: u32 = 3256;
    pub(in super::super) const PROC: u32 = 1255;
    pub(in super::super) const PUBLICATION: u32 = 6104;
    pub(in super::super) const PUBLICATION_RELATION: u32 = 6106;
    pub(in super::super) const PUBLICATION_SCHEMA: u32 = 6237;
    pub(in super::super) const REWRITE: u32 = 2618;
    pub(in super::super) const STATISTICS: u32 = 3381;
    pub(in super::super) const SUBSCRIPTION: u32 = 6100;
    pub(in super::super) const TEXT_SEARCH_CONFIGURATION: u32 = 3602;
    pub(in super::super) const TEXT_SEARCH_DICTIONARY: u32 = 3600;
    pub(in super::super) const TEXT_SEARCH_PARSER: u32 = 3601;
    pub(in super::super) const TRANSFORM: u32 = 3576;
    pub(in super::super) const TRIGGER: u32 = 2620;
    pub(in super::super) const TYPE: u32 = 1247;
    pub(in super::super) const USER_MAPPING: u32 = 1418;
}

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// An object of the model.
    Object(Address),
    /// Known, and no business of the model's: a temporary or TOAST table's, the journal's …
    Ignored,
}

/// What the oids seen so far stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    objects: HashMap<(u32, u32), Entry>,
    /// Columns of relations and composite types by number.
    columns: HashMap<u32, Vec<Option<String>>>,
    /// All schemas, the server's own too.
    schemas: HashMap<u32, String>,
    /// Names of types by oid; an array has its element's.
    types: HashMap<u32, QualifiedName>,
    collations: HashMap<u32, QualifiedName>,
}

impl Names {
    pub(super) fn add_schema(&mut self, oid: u32, name: &str) {
        self.schemas.insert(oid, name.to_owned());
    }

    /// The schema's name, the server's own too.
    pub(super) fn schema(&self, oid: u32) -> Option<&str> {
        self.schemas.get(&oid).map(String::as_str)
    }

    /// A name in a schema; none in a schema that came into being meanwhile.
    pub(super) fn qualified(&self, namespace: u32, name: &str) -> Option<QualifiedName> {
        Some(QualifiedName::new(self.schema(namespace)?, name))
    }

    pub(super) fn add(&mut self, class: u32, oid: u32, address: Address) {
        self.objects.entry((class, oid)).or_insert(Entry::Object(address));
    }

    pub(super) fn ignore(&mut self, class: u32, oid: u32) {
        self.objects.entry((class, oid)).or_insert(Entry::Ignored);
    }

    /// Whether the object is an extension's, or ignored.
    pub(super) fn is_taken(&self, class: u32, oid: u32) -> bool {
        self.objects.contains_key(&(class, oid))
    }

    pub(super) fn add_column(&mut self, relation: u32, number: i16, name: &str) {
        let columns = self.columns.entry(relation).or_default();
        let at = usize::try_from(number).unwrap_or_default();
        if columns.len() <= at {
            columns.resize(at + 1, None);
        }
        columns[at] = Some(name.to_owned());
    }

    pub(super) fn column(&self, relation: u32, number: i16) -> Option<&str> {
        self.columns
            .get(&relation)?
            .get(usize::try_from(number).ok()?)?
            .as_deref()
    }

    /// Names of columns; system columns and dropped ones are left out.
    pub(super) fn columns(&self, relation: u32, numbers: &[i16]) -> Vec<String> {
        numbers
            .iter()
            .filter_map(|&number| self.column(relation, number).map(str::to_owned))
            .collect()
    }

    pub(super) fn add_type(&mut self, oid: u32, name: QualifiedName) {
        if oid != 0 {
            self.types.insert(oid, name);
        }
    }

    /// The user's type that the type is or is an array of.
    pub(super) fn user_type(&self, oid: u32) -> Option<&QualifiedName> {
        self.types.get(&oid)
    }

    pub(super) fn add_collation(&mut self, oid: u32, name: QualifiedName) {
        self.collations.insert(oid, name);
    }

    pub(super) fn collation(&self, oid: u32) -> Option<&QualifiedName> {
        self.collations.get(&oid)
    }

    /// The relation of that oid, if it is one of the model's.
    pub(super) fn relation(&self, oid: u32) -> Option<&QualifiedName> {
        match self.objects.get(&(class::CLASS, oid)) {
            Some(Entry::Object(Address::Relation(name))) => Some(name),
            _ => None,
        }
    }

    /// What the oid stands for; a part of a relation is a column, if it is one of the model: those of sequences are not.
    pub(super) fn resolve(&self, class: u32, oid: u32, part: i32) -> Option<Entry> {
        let entry = self.objects.get(&(class, oid))?;
        let of = match entry {
            Entry::Object(Address::Relation(of) | Address::Type(of)) if part > 0 => of,
            _ => return Some(entry.clone()),
        };
        let Some(column) = self.column(oid, i16::try_from(part).ok()?) else {
            return Some(entry.clone());
        };
        Some(Entry::Object(Address::Column(of.clone(), column.to_owned())))
    }
}
