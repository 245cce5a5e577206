//! Types: their names as `format_type` writes them, and enums, composite types and domains as they change.

use super::{Followed, Simulation};
use crate::catalog::{
    Address, Column, Domain, DomainConstraint, QualifiedName, Type, not_null_name, object_name,
};
use crate::sql::{ColumnDefinition, ConstraintDefinition, Definition, Demand, RelationName, TypeName};

/// A type as a column has it.
pub(super) struct Typed {
    /// As `format_type` writes it.
    pub(super) text: String,
    /// The user's type that it is or is an array of.
    pub(super) user_type: Option<QualifiedName>,
}

impl Simulation {
    /// The type, where it is known.
    pub(super) fn typed(&self, of: &TypeName) -> Option<Typed> {
        let array = if of.is_array { "[]" } else { "" };
        let element = TypeName {
            is_array: false,
            ..of.clone()
        };
        if let Some(name) = element.own() {
            return Some(Typed {
                text: format!("{}{array}", own_type(name, &of.modifiers)),
                user_type: None,
            });
        }
        let words = of.words.as_slice();
        let name = match words {
            [schema, name] => QualifiedName::new(schema, name),
            [name] => {
                let named = RelationName::new(None, name);
                self.type_name_of(&named)?
            }
            _ => return None,
        };
        let is_known = self.catalog.types.contains_key(&name) || self.catalog.relations.contains_key(&name);
        is_known.then(|| Typed {
            text: format!("{name}{array}"),
            user_type: Some(name),
        })
    }

    /// The type of that name, along the search path.
    pub(super) fn type_name_of(&self, of: &RelationName) -> Option<QualifiedName> {
        let schemas = match &of.schema {
            Some(schema) => std::slice::from_ref(schema),
            None => self.search_path.as_slice(),
        };
        let names = schemas.iter().map(|schema| QualifiedName::new(schema, &of.name));
        let is_one = |name: &QualifiedName| {
            self.catalog.types.contains_key(name) || self.catalog.relations.contains_key(name)
        };
        names.into_iter().find(is_one)
    }

    pub(super) fn create_type(&mut self, definition: &Definition) -> Followed {
        let (name, made) = match definition {
            Definition::Enum(name, labels) => (name, Some(Type::Enum(labels.clone()))),
            Definition::Composite(name, attributes) => (name, self.composite(attributes)),
            Definition::Domain(name, of) => (name, self.domain(&name.name, of)),
            _ => return Followed::No,
        };
        let (Some(name), Some(made)) = (self.place(name), made) else {
            return self.doubt_everything();
        };
        self.catalog.types.insert(name, made);
        Followed::Yes
    }

    fn composite(&self, attributes: &[ColumnDefinition]) -> Option<Type> {
        let attribute = |of: &ColumnDefinition| {
            let typed = self.typed(&of.data_type)?;
            let mut column = Column::new(&of.name, &typed.text);
            column.user_type = typed.user_type;
            column.collation = match &of.collation {
                Some(collation) => Some(collation_name(collation)?),
                None => None,
            };
            Some(column)
        };
        attributes
            .iter()
            .map(attribute)
            .collect::<Option<_>>()
            .map(Type::Composite)
    }

    fn domain(&self, name: &str, of: &ColumnDefinition) -> Option<Type> {
        let typed = self.typed(&of.data_type)?;
        let mut domain = Domain::new(&typed.text);
        domain.user_type = typed.user_type;
        domain.collation = match &of.collation {
            Some(collation) => Some(collation_name(collation)?),
            None => None,
        };
        for written in &of.constraints {
            match &written.demand {
                Demand::Default(default) => domain.default.clone_from(default),
                _ => self.constrain(&mut domain, name, written),
            }
        }
        Some(Type::Domain(domain))
    }

    /// Adds a constraint to a domain.
    fn constrain(&self, domain: &mut Domain, name: &str, written: &ConstraintDefinition) {
        let has = |domain: &Domain, name: &str| domain.constraints.iter().any(|known| known.name == name);
        let chosen = match &written.name {
            Some(name) => name.clone(),
            None if written.demand == Demand::NotNull => not_null_name(name, None),
            None => {
                let mut number = 0;
                loop {
                    let suffix = if number == 0 {
                        String::new()
                    } else {
                        number.to_string()
                    };
                    let chosen = object_name(name, "", &format!("check{suffix}"));
                    if !has(domain, &chosen) {
                        break chosen;
                    }
                    number += 1;
                }
            }
        };
        match &written.demand {
            Demand::NotNull => {
                domain.is_not_null = true;
                // A catalog leaves out what says no more than that.
                if self.catalog.major() >= 17 && chosen != not_null_name(name, None) {
                    let mut constraint = DomainConstraint::new(&chosen, "NOT NULL");
                    constraint.is_not_null = true;
                    super::insert_by(&mut domain.constraints, constraint, |of| &of.name);
                }
            }
            Demand::Check(expression, _) => {
                let text = expression.clone().unwrap_or_default();
                let mut constraint = DomainConstraint::new(&chosen, &format!("CHECK ({text})"));
                constraint.is_valid = written.is_valid;
                super::insert_by(&mut domain.constraints, constraint, |of| &of.name);
            }
            _ => {}
        }
    }

    pub(super) fn alter_enum(&mut self, definition: &Definition) -> Followed {
        let Definition::EnumValue {
            name,
            old,
            new,
            beside,
            if_not_exists: _,
        } = definition
        else {
            return Followed::No;
        };
        let name = self.type_name_of(name);
        let Some(Type::Enum(labels)) = name.and_then(|name| self.catalog.types.get_mut(&name)) else {
            return self.doubt_everything();
        };
        let position = |label: &String, labels: &[String]| labels.iter().position(|known| known == label);
        match (old, beside) {
            (Some(old), _) => {
                if let Some(at) = position(old, labels) {
                    labels[at].clone_from(new);
                }
            }
            (None, _) if labels.contains(new) => {}
            (None, None) => labels.push(new.clone()),
            (None, Some((beside, is_after))) => {
                if let Some(at) = position(beside, labels) {
                    labels.insert(at + usize::from(*is_after), new.clone());
                }
            }
        }
        Followed::Yes
    }

    pub(super) fn alter_domain(&mut self, definition: &Definition) -> Followed {
        let Definition::AlterDomain {
            name,
            action,
            constraint,
            added,
            default,
        } = definition
        else {
            return Followed::No;
        };
        let Some(name) = self.type_name_of(name) else {
            return self.doubt_everything();
        };
        let Some(Type::Domain(domain)) = self.catalog.types.get(&name) else {
            return self.doubt_everything();
        };
        let mut domain = domain.clone();
        match (action.as_str(), constraint, added) {
            ("T", _, _) => domain.default.clone_from(default),
            ("N", _, _) => {
                domain.is_not_null = false;
                domain.constraints.retain(|known| !known.is_not_null);
            }
            ("O", _, _) => {
                let already = domain.is_not_null;
                if !already {
                    let written = super::constraint::not_null();
                    self.constrain(&mut domain, &name.name, &written);
                }
            }
            ("C", _, Some(added)) => self.constrain(&mut domain, &name.name, added),
            ("X", Some(gone), _) => {
                if domain
                    .constraints
                    .iter()
                    .any(|known| known.name == *gone && known.is_not_null)
                {
                    domain.is_not_null = false;
                }
                domain.constraints.retain(|known| known.name != *gone);
            }
            ("V", Some(valid), _) => {
                for known in domain.constraints.iter_mut().filter(|known| known.name == *valid) {
                    known.is_valid = true;
                }
            }
            _ => {
                self.doubts.objects.insert(Address::Type(name));
                return Followed::Yes;
            }
        }
        self.catalog.types.insert(name, Type::Domain(domain));
        Followed::Yes
    }
}

/// The collation, where its schema is known.
pub(super) fn collation_name(of: &RelationName) -> Option<QualifiedName> {
    match &of.schema {
        Some(schema) => Some(QualifiedName::new(schema, &of.name)),
        None if matches!(of.name.as_str(), "C" | "POSIX" | "ucs_basic") => {
            Some(QualifiedName::new("pg_catalog", &of.name))
        }
        None => None,
    }
}

/// One of PostgreSQL's own types as `format_type` writes it.
fn own_type(name: &str, modifiers: &[i64]) -> String {
    let list = modifiers
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let with = |word: &str| match modifiers {
        [] => word.to_owned(),
        _ => format!("{word}({list})"),
    };
    let timed = |word: &str, zone: &str| match modifiers {
        [] => format!("{word} {zone}"),
        _ => format!("{word}({list}) {zone}"),
    };
    match name {
        "int2" => "smallint".to_owned(),
        "int4" => "integer".to_owned(),
        "int8" => "bigint".to_owned(),
        "bool" => "boolean".to_owned(),
        "float4" => "real".to_owned(),
        "float8" => "double precision".to_owned(),
        "varchar" => with("character varying"),
        "bpchar" => with("character"),
        "varbit" => with("bit varying"),
        "char" => "\"char\"".to_owned(),
        "timestamp" => timed("timestamp", "without time zone"),
        "timestamptz" => timed("timestamp", "with time zone"),
        "time" => timed("time", "without time zone"),
        "timetz" => timed("time", "with time zone"),
        // A precision stands behind the fields.
        "interval" => match modifiers {
            [_, precision] => format!("interval({precision})"),
            _ => "interval".to_owned(),
        },
        "numeric" => match modifiers {
            [precision] => format!("numeric({precision},0)"),
            _ => with("numeric"),
        },
        _ => with(name),
    }
}
