//! Schemas, extensions, types and routines.

use std::fmt::Write as _;

use super::WriteOptions;
use super::order::{Key, Part, Piece, Plan, Shape, Stage, Template};
use crate::catalog::{
    Address, Aggregate, Catalog, Column, Domain, Extension, Options, QualifiedName, Range, Routine,
    RoutineKind, RoutineName, Type,
};
use crate::sql::{quote_identifier, quote_literal};

/// Writes what relations are built on.
pub(crate) fn write(catalog: &Catalog, options: &WriteOptions, plan: &mut Plan) {
    for name in catalog.schemas.keys() {
        let sql = match name.as_str() {
            "public" => Vec::new(),
            _ => vec![format!("CREATE SCHEMA IF NOT EXISTS {}", quote_identifier(name))],
        };
        let address = Address::Schema(name.clone());
        plan.add((address.clone(), Stage::Create), made(address, sql, Vec::new()));
    }
    if !catalog.schemas.contains_key("public") {
        let address = Address::Schema("public".to_owned());
        let sql = vec!["DROP SCHEMA public".to_owned()];
        plan.add(
            (address, Stage::Shell),
            made(Address::Schema(String::new()), sql, Vec::new()),
        );
    }
    for (name, extension) in &catalog.extensions {
        write_extension(name, extension, options, plan);
    }
    for (name, kind) in &catalog.types {
        write_type(catalog, name, kind, plan);
    }
    for (name, routine) in &catalog.routines {
        write_routine(name, routine, plan);
    }
}

pub(crate) fn write_extension(name: &str, extension: &Extension, options: &WriteOptions, plan: &mut Plan) {
    let mut sql = format!(
        "CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {}",
        quote_identifier(name),
        quote_identifier(&extension.schema)
    );
    if options.extension_versions {
        let _ = write!(sql, " VERSION {}", quote_literal(&extension.version));
    }
    let address = Address::Extension(name.to_owned());
    let needs = vec![(Address::Schema(extension.schema.clone()), Stage::Create)];
    plan.add((address.clone(), Stage::Create), made(address, vec![sql], needs));
}

pub(crate) fn write_routine(name: &RoutineName, routine: &Routine, plan: &mut Plan) {
    let address = Address::Routine(name.clone());
    let sql = match &routine.kind {
        RoutineKind::Function(text) | RoutineKind::Window(text) | RoutineKind::Procedure(text) => {
            text.replacen("CREATE OR REPLACE ", "CREATE ", 1)
        }
        RoutineKind::Aggregate(aggregate) => create_aggregate(name, aggregate),
    };
    let needs = vec![schema_of(&name.name)];
    plan.add((address.clone(), Stage::Create), made(address, vec![sql], needs));
}

pub(crate) fn made(address: Address, sql: Vec<String>, needs: Vec<Key>) -> Part {
    Part {
        sql,
        needs,
        provides: vec![address],
    }
}

fn schema_of(name: &QualifiedName) -> Key {
    (Address::Schema(name.schema.clone()), Stage::Create)
}

fn create_aggregate(name: &RoutineName, aggregate: &Aggregate) -> String {
    let signature = match aggregate.signature.as_str() {
        "" => "*",
        signature => signature,
    };
    format!(
        "CREATE AGGREGATE {}({signature}) (\n{}\n)",
        name.name,
        parameters(&aggregate.parameters)
    )
}

/// Parameters of a CREATE statement, a line each; an empty value is a bare word.
pub(crate) fn parameters(options: &Options) -> String {
    let lines: Vec<String> = options
        .iter()
        .map(|(name, value)| match value.as_str() {
            "" => format!("    {name}"),
            value => format!("    {name} = {value}"),
        })
        .collect();
    lines.join(",\n")
}

/// Writes a type; a multirange type comes with its range type.
pub(crate) fn write_type(catalog: &Catalog, name: &QualifiedName, kind: &Type, plan: &mut Plan) {
    let address = Address::Type(name.clone());
    let needs = vec![schema_of(name)];
    let sql = match kind {
        Type::Enum(labels) => {
            let labels: Vec<String> = labels
                .iter()
                .map(|label| format!("    {}", quote_literal(label)))
                .collect();
            format!("CREATE TYPE {name} AS ENUM (\n{}\n)", labels.join(",\n"))
        }
        Type::Composite(attributes) => create_composite(name, attributes),
        Type::Domain(domain) => return write_domain(name, domain, plan),
        Type::Range(range) => {
            if range.canonical.is_some() {
                write_shell(catalog, name, plan);
            }
            let part = Part {
                sql: vec![create_range(name, range)],
                needs,
                provides: vec![address.clone(), Address::Type(range.multirange.clone())],
            };
            return plan.add((address, Stage::Create), part);
        }
        // Made with its range type.
        Type::Multirange { .. } => return,
        Type::Base(base) => {
            write_shell(catalog, name, plan);
            format!("CREATE TYPE {name} (\n{}\n)", parameters(base))
        }
        Type::Shell => format!("CREATE TYPE {name}"),
    };
    plan.add((address.clone(), Stage::Create), made(address, vec![sql], needs));
}

/// Declares a type before the functions that it is made of, which need no more of it.
fn write_shell(catalog: &Catalog, name: &QualifiedName, plan: &mut Plan) {
    let address = Address::Type(name.clone());
    let shell = Part {
        sql: vec![format!("CREATE TYPE {name}")],
        needs: vec![schema_of(name)],
        provides: Vec::new(),
    };
    plan.add((address.clone(), Stage::Shell), shell);
    let needs = vec![(address.clone(), Stage::Shell)];
    plan.add(
        (address.clone(), Stage::Create),
        Part {
            needs,
            ..Part::default()
        },
    );
    for (function, _) in catalog.dependencies.of(&address) {
        if matches!(function, Address::Routine(_)) {
            plan.instead
                .insert((function.clone(), address.clone()), Stage::Shell);
        }
    }
}

fn create_composite(name: &QualifiedName, attributes: &[Column]) -> String {
    let attributes: Vec<String> = attributes
        .iter()
        .map(|attribute| {
            let mut text = format!(
                "\n    {} {}",
                quote_identifier(&attribute.name),
                attribute.data_type
            );
            if let Some(collation) = &attribute.collation {
                let _ = write!(text, " COLLATE {collation}");
            }
            text
        })
        .collect();
    let end = if attributes.is_empty() { "" } else { "\n" };
    format!("CREATE TYPE {name} AS ({}{end})", attributes.join(","))
}

fn create_range(name: &QualifiedName, range: &Range) -> String {
    let mut parameters = vec![format!("SUBTYPE = {}", range.subtype)];
    if let Some(class) = &range.operator_class {
        parameters.push(format!("SUBTYPE_OPCLASS = {class}"));
    }
    if let Some(collation) = &range.collation {
        parameters.push(format!("COLLATION = {collation}"));
    }
    if let Some(canonical) = &range.canonical {
        parameters.push(format!("CANONICAL = {canonical}"));
    }
    if let Some(difference) = &range.difference {
        parameters.push(format!("SUBTYPE_DIFF = {difference}"));
    }
    parameters.push(format!("MULTIRANGE_TYPE_NAME = {}", range.multirange));
    format!(
        "CREATE TYPE {name} AS RANGE (\n    {}\n)",
        parameters.join(",\n    ")
    )
}

fn write_domain(name: &QualifiedName, domain: &Domain, plan: &mut Plan) {
    let address = Address::Type(name.clone());
    let mut text = format!("CREATE DOMAIN {name} AS {}", domain.base);
    if let Some(collation) = &domain.collation {
        let _ = write!(text, " COLLATE {collation}");
    }
    if let Some(default) = &domain.default {
        let _ = write!(text, " DEFAULT {default}");
    }
    let mut places = Vec::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut sql = Vec::new();
    let mut provides = vec![address.clone()];
    let named = domain
        .constraints
        .iter()
        .find(|constraint| constraint.is_not_null);
    match named {
        Some(constraint) => {
            let _ = write!(
                text,
                " CONSTRAINT {} NOT NULL",
                quote_identifier(&constraint.name)
            );
            provides.push(Address::DomainConstraint(name.clone(), constraint.name.clone()));
        }
        None if domain.is_not_null => text.push_str(" NOT NULL"),
        None => {}
    }
    places.push(Ok(text));
    for constraint in domain
        .constraints
        .iter()
        .filter(|constraint| !constraint.is_not_null)
    {
        let own = Address::DomainConstraint(name.clone(), constraint.name.clone());
        let inline = format!(
            "\n    CONSTRAINT {} {}",
            quote_identifier(&constraint.name),
            constraint.definition
        );
        let statement = format!("ALTER DOMAIN {name} ADD {}", inline.trim_start());
        if constraint.is_valid {
            places.push(Err(pieces.len()));
            pieces.push(Piece {
                address: own,
                inline,
                statement,
            });
        } else {
            provides.push(own);
            sql.push(statement);
        }
    }
    let part = Part {
        sql,
        needs: vec![schema_of(name)],
        provides,
    };
    let template = Template::Pieces(places);
    plan.shape(
        address,
        Shape {
            template,
            pieces,
            part,
        },
    );
}
