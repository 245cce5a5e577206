//! Columns and the sequences behind them.

use super::{Followed, Simulation, insert_by};
use crate::catalog::{
    Address, Column, ColumnValue, Compression, Constraint, ConstraintKind, DependencyKind, Identity,
    Persistence, QualifiedName, Relation, RelationKind, Sequence, SequenceOwner, Storage, not_null_name,
};
use crate::sql::{ColumnDefinition, Demand, RelationName, SequenceOption, TypeName};

impl Simulation {
    /// A column as it is declared, with its sequence made: no constraints yet. None where its type is not known.
    pub(super) fn column(&mut self, table: &QualifiedName, of: &ColumnDefinition) -> Option<Column> {
        let mut data_type = of.data_type.clone();
        let serial = serial(&data_type);
        if let Some(own) = serial {
            data_type = TypeName {
                words: vec![own.to_owned()],
                ..TypeName::default()
            };
        }
        let typed = self.typed(&data_type)?;
        let mut column = Column::new(&of.name, &typed.text);
        column.user_type = typed.user_type;
        column.collation = match &of.collation {
            Some(collation) => Some(super::types::collation_name(collation)?),
            None => None,
        };
        if let Some(storage) = &of.storage {
            column.storage = storage_of(storage, &column)?;
        }
        column.compression = of.compression.as_deref().and_then(compression_of);
        if serial.is_some() {
            let sequence = self.make_sequence(table, &of.name, &typed.text, &[], false)?;
            column.is_not_null = true;
            column.value = ColumnValue::Default(format!("nextval('{sequence}'::regclass)"));
            self.edges.push((
                Address::Default(table.clone(), of.name.clone()),
                Address::Relation(sequence),
                DependencyKind::Normal,
            ));
        }
        for constraint in &of.constraints {
            match &constraint.demand {
                Demand::NotNull | Demand::PrimaryKey => column.is_not_null = true,
                Demand::Default(Some(expression)) => column.value = ColumnValue::Default(expression.clone()),
                Demand::Generated(expression, is_stored) => {
                    let expression = expression.clone().unwrap_or_default();
                    column.value = if *is_stored {
                        ColumnValue::Stored(expression)
                    } else {
                        ColumnValue::Virtual(expression)
                    };
                }
                Demand::Identity(is_always, options) => {
                    let sequence = self.make_sequence(table, &of.name, &typed.text, options, true)?;
                    column.is_not_null = true;
                    column.value = ColumnValue::Identity(Identity {
                        is_always: *is_always,
                        sequence: Some(sequence),
                    });
                }
                _ => {}
            }
        }
        let own = Address::Column(table.clone(), of.name.clone());
        if let Some(user_type) = &column.user_type {
            let referenced = if self.catalog.types.contains_key(user_type) {
                Address::Type(user_type.clone())
            } else {
                Address::Relation(user_type.clone())
            };
            self.edges.push((own, referenced, DependencyKind::Normal));
        }
        Some(column)
    }

    /// The sequence of a serial or identity column.
    pub(super) fn make_sequence(
        &mut self,
        table: &QualifiedName,
        column: &str,
        data_type: &str,
        options: &[SequenceOption],
        is_identity: bool,
    ) -> Option<QualifiedName> {
        let mut sequence = Sequence::ascending(data_type);
        set_options(&mut sequence, options)?;
        let given = options.iter().find(|option| option.name == "sequence_name");
        let name = match given.map(|option| option.words.as_slice()) {
            Some([schema, name]) => QualifiedName::new(schema, name),
            Some([name]) => table.beside(name),
            _ => table.beside(&self.choose_relation_name(&table.schema, &table.name, column, "seq")),
        };
        sequence.owner = if is_identity {
            SequenceOwner::Identity(table.clone(), column.to_owned())
        } else {
            SequenceOwner::Column(table.clone(), column.to_owned())
        };
        let mut relation = Relation::new(RelationKind::Sequence(sequence));
        let of = self.relation(table).map(|table| table.persistence);
        if (is_identity || self.catalog.major() >= 15) && of == Some(Persistence::Unlogged) {
            relation.persistence = Persistence::Unlogged;
        }
        self.catalog.relations.insert(name.clone(), relation);
        let kind = if is_identity {
            DependencyKind::Internal
        } else {
            DependencyKind::Auto
        };
        let own = Address::Column(table.clone(), column.to_owned());
        self.edges.push((Address::Relation(name.clone()), own, kind));
        Some(name)
    }

    pub(super) fn create_sequence(
        &mut self,
        relation: &RelationName,
        if_not_exists: bool,
        options: &[SequenceOption],
    ) -> Followed {
        if if_not_exists && self.find(relation).is_some() {
            return Followed::Yes;
        }
        let Some(name) = self.place(relation) else {
            return self.doubt_everything();
        };
        let mut sequence = Sequence::ascending("bigint");
        let sound = set_options(&mut sequence, options).is_some();
        self.catalog
            .relations
            .insert(name.clone(), Relation::new(RelationKind::Sequence(sequence)));
        if !sound {
            self.doubt(&name);
        }
        self.own_sequence(&name, options)
    }

    pub(super) fn alter_sequence(&mut self, relation: &RelationName, options: &[SequenceOption]) -> Followed {
        let Some(name) = self.find(relation) else {
            return self.doubt_everything();
        };
        let Some(Relation {
            kind: RelationKind::Sequence(sequence),
            ..
        }) = self.catalog.relations.get_mut(&name)
        else {
            return Followed::No;
        };
        // Limits follow the type; nobody looks at that.
        if set_options(sequence, options).is_none() {
            return Followed::No;
        }
        self.own_sequence(&name, options)
    }

    /// OWNED BY.
    fn own_sequence(&mut self, name: &QualifiedName, options: &[SequenceOption]) -> Followed {
        let Some(owned) = options.iter().find(|option| option.name == "owned_by") else {
            return Followed::Yes;
        };
        let owner = match owned.words.as_slice() {
            [table @ .., column] if !table.is_empty() => {
                let schema = (table.len() > 1).then(|| table[0].as_str());
                let table = RelationName::new(schema, &table[table.len() - 1]);
                let Some(table) = self.find(&table) else {
                    return Followed::No;
                };
                let own = Address::Column(table.clone(), column.clone());
                self.edges
                    .push((Address::Relation(name.clone()), own, DependencyKind::Auto));
                SequenceOwner::Column(table, column.clone())
            }
            _ => SequenceOwner::Nobody,
        };
        if let Some(RelationKind::Sequence(sequence)) = self
            .catalog
            .relations
            .get_mut(name)
            .map(|relation| &mut relation.kind)
        {
            sequence.owner = owner;
        }
        Followed::Yes
    }

    /// A catalog leaves out NOT NULL constraints (18 and newer) that say no more than their column does. While a
    /// statement is followed they are there.
    pub(super) fn spell_not_null(&mut self, tables: &[QualifiedName]) {
        if !self.is_18() {
            return;
        }
        for table in tables {
            let Some(relation) = self.catalog.relations.get_mut(table) else {
                continue;
            };
            for column in relation
                .columns
                .clone()
                .into_iter()
                .filter(|column| column.is_not_null)
            {
                let is_its =
                    |of: &Constraint| of.kind == ConstraintKind::NotNull && of.columns.contains(&column.name);
                if relation.is_table() && !relation.constraints.iter().any(is_its) {
                    let name = not_null_name(&table.name, Some(&column.name));
                    let mut constraint = Constraint::new(&name, ConstraintKind::NotNull, "NOT NULL");
                    constraint.columns = vec![column.name.clone()];
                    constraint.is_local = column.is_local;
                    constraint.inheritance_count = column.inheritance_count;
                    insert_by(&mut relation.constraints, constraint, |of| &of.name);
                }
            }
        }
    }

    /// The other way round.
    pub(super) fn leave_out_not_null(&mut self) {
        if !self.is_18() {
            return;
        }
        for (table, relation) in &mut self.catalog.relations {
            let Relation {
                columns, constraints, ..
            } = relation;
            constraints.retain(|of| {
                let column = columns
                    .iter()
                    .find(|column| of.columns.first() == Some(&column.name));
                let says_no_more = |column: &Column| {
                    of.name == not_null_name(&table.name, Some(&column.name))
                        && of.is_local == column.is_local
                };
                let is_plain = of.kind == ConstraintKind::NotNull && of.is_valid && !of.is_no_inherit;
                !(is_plain && column.is_some_and(says_no_more))
            });
        }
    }

    /// The name of a column's NOT NULL constraint.
    pub(super) fn not_null_constraint(&self, table: &QualifiedName, column: &str) -> Option<String> {
        let mut constraints = self.relation(table)?.constraints.iter();
        let is_its =
            |of: &&Constraint| of.kind == ConstraintKind::NotNull && of.columns.iter().any(|of| of == column);
        constraints.find(is_its).map(|of| of.name.clone())
    }

    /// On 18 and newer NOT NULL is a constraint: one for the column, unless it has one.
    pub(super) fn note_not_null(
        &mut self,
        table: &QualifiedName,
        column: &str,
        name: Option<&str>,
        is_local: bool,
    ) {
        if !self.is_18() {
            return;
        }
        let has = self.relation(table).is_some_and(|relation| {
            let mut constraints = relation.constraints.iter();
            constraints
                .any(|of| of.kind == ConstraintKind::NotNull && of.columns.iter().any(|of| of == column))
        });
        if has {
            return;
        }
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.choose_constraint_name(&table.schema, &table.name, column, "not_null"),
        };
        let mut constraint = Constraint::new(&name, ConstraintKind::NotNull, &format!("NOT NULL {column}"));
        constraint.columns = vec![column.to_owned()];
        constraint.is_local = is_local;
        constraint.inheritance_count = u16::from(!is_local);
        if let Some(relation) = self.catalog.relations.get_mut(table) {
            insert_by(&mut relation.constraints, constraint, |of| &of.name);
        }
    }
}

/// The type behind `serial` and its relatives.
pub(super) fn serial(of: &TypeName) -> Option<&'static str> {
    match of.words.last()?.as_str() {
        "serial" | "serial4" => Some("int4"),
        "bigserial" | "serial8" => Some("int8"),
        "smallserial" | "serial2" => Some("int2"),
        _ => None,
    }
}

/// SET STORAGE: none inside where it is the type's own; none at all where nobody knows that.
pub(super) fn storage_of(word: &str, column: &Column) -> Option<Option<Storage>> {
    let wanted = match word.to_ascii_lowercase().as_str() {
        "plain" => Storage::Plain,
        "external" => Storage::External,
        "main" => Storage::Main,
        "extended" => Storage::Extended,
        "default" => return Some(None),
        _ => return None,
    };
    let base = column.data_type.split('(').next().unwrap_or_default();
    let own = match base {
        _ if column.data_type.ends_with("[]") => Storage::Extended,
        "text" | "character varying" | "character" | "json" | "jsonb" | "bytea" | "xml" | "tsvector"
        | "bit" | "bit varying" => Storage::Extended,
        "numeric" | "inet" | "cidr" => Storage::Main,
        _ => return None,
    };
    Some((wanted != own).then_some(wanted))
}

pub(super) fn compression_of(word: &str) -> Option<Compression> {
    match word.to_ascii_lowercase().as_str() {
        "pglz" => Some(Compression::Pglz),
        "lz4" => Some(Compression::Lz4),
        _ => None,
    }
}

/// None where one of them is not followed.
pub(super) fn set_options(sequence: &mut Sequence, options: &[SequenceOption]) -> Option<()> {
    if let Some(of) = options.iter().find(|option| option.name == "as") {
        let data_type = match of.words.last()?.as_str() {
            "int2" => "smallint",
            "int4" => "integer",
            "int8" => "bigint",
            _ => return None,
        };
        if sequence.maximum == Sequence::largest(&sequence.data_type) {
            sequence.maximum = Sequence::largest(data_type);
        }
        data_type.clone_into(&mut sequence.data_type);
    }
    let mut starts = false;
    for option in options {
        match (option.name.as_str(), option.number) {
            ("as" | "owned_by" | "restart" | "sequence_name", _) => {}
            ("start", Some(number)) => {
                sequence.start = number;
                starts = true;
            }
            ("increment", Some(number)) if number > 0 => sequence.increment = number,
            ("minvalue", Some(number)) => sequence.minimum = number,
            ("maxvalue", Some(number)) => sequence.maximum = number,
            ("minvalue" | "maxvalue", None) => {}
            ("cache", Some(number)) => sequence.cache = number,
            ("cycle", Some(number)) => sequence.cycles = number != 0,
            _ => return None,
        }
    }
    if !starts && sequence.minimum > sequence.start {
        sequence.start = sequence.minimum;
    }
    Some(())
}
