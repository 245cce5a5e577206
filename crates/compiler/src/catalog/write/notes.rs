//! What objects have beside themselves: owners, comments.

use super::WriteOptions;
use super::order::{Part, Plan, Stage};
use crate::catalog::{
    Address, Catalog, DependencyKind, RelationKind, RoutineKind, RoutineName, SequenceOwner, Type,
};
use crate::sql::{quote_identifier, quote_literal};

/// Writes what every object can have.
pub(crate) fn write(catalog: &Catalog, options: &WriteOptions, plan: &mut Plan) {
    if options.owners {
        for (address, owner) in &catalog.owners {
            let Some(sql) = owner_statement(catalog, address, owner) else {
                continue;
            };
            let filled = (address.clone(), Stage::Fill);
            if plan.has(&filled) {
                // Its owner may lack the rights that filling it takes.
                let part = Part {
                    sql: vec![sql],
                    needs: vec![filled],
                    provides: Vec::new(),
                };
                plan.add((address.clone(), Stage::Note), part);
            } else {
                plan.after(address, Stage::Create, sql);
            }
        }
    }
    for edge in catalog.dependencies.iter() {
        if let (DependencyKind::Extension, Address::Extension(extension)) = (edge.kind, edge.referenced)
            && let Some(target) = depending(catalog, edge.dependent)
        {
            let extension = quote_identifier(extension);
            let sql = format!("ALTER {target} DEPENDS ON EXTENSION {extension}");
            plan.after(edge.dependent, Stage::Note, sql);
        }
    }
    for (address, comment) in &catalog.comments {
        if let Some(target) = target(catalog, address) {
            let text = quote_literal(comment);
            plan.after(address, Stage::Note, format!("COMMENT ON {target} IS {text}"));
        }
    }
}

/// ALTER … OWNER; none for what has no owner of its own.
pub(crate) fn owner_statement(catalog: &Catalog, address: &Address, owner: &str) -> Option<String> {
    let is_the_tables = match address {
        Address::Relation(name) => catalog.relation(name).is_some_and(|relation| {
            matches!(&relation.kind, RelationKind::Sequence(sequence)
                if matches!(sequence.owner, SequenceOwner::Identity(..)))
        }),
        Address::Type(name) => matches!(catalog.types.get(name), Some(Type::Multirange { .. })),
        // The owner of an extension cannot be changed.
        Address::Extension(_) => true,
        _ => false,
    };
    if is_the_tables {
        return None;
    }
    let target = target(catalog, address)?;
    Some(format!("ALTER {target} OWNER TO {}", quote_identifier(owner)))
}

/// The object, if it is one that ALTER … DEPENDS ON EXTENSION takes.
pub(crate) fn depending(catalog: &Catalog, address: &Address) -> Option<String> {
    match address {
        Address::Routine(_) | Address::Index(_) | Address::Trigger(..) => target(catalog, address),
        Address::Relation(name) => match catalog.relation(name)?.kind {
            RelationKind::MaterializedView(_) => target(catalog, address),
            _ => None,
        },
        _ => None,
    }
}

/// A routine by its identity: input types alone may be ambiguous, since PostgreSQL also looks at outputs.
pub(crate) fn routine(catalog: &Catalog, name: &RoutineName) -> Option<String> {
    let routine = catalog.routines.get(name)?;
    let arguments = match (&routine.kind, routine.identity.as_str()) {
        (RoutineKind::Aggregate(_), "") => "*",
        (_, identity) => identity,
    };
    Some(format!("{} {}({arguments})", routine.kind.keyword(), name.name))
}

/// The object as COMMENT ON, ALTER … OWNER and SECURITY LABEL name it; none for what has no such name.
pub(crate) fn target(catalog: &Catalog, address: &Address) -> Option<String> {
    let target = match address {
        Address::Schema(name) => format!("SCHEMA {}", quote_identifier(name)),
        Address::Extension(name) => format!("EXTENSION {}", quote_identifier(name)),
        Address::AccessMethod(name) => format!("ACCESS METHOD {}", quote_identifier(name)),
        Address::Language(name) => format!("LANGUAGE {}", quote_identifier(name)),
        Address::Collation(name) => format!("COLLATION {name}"),
        Address::Conversion(name) => format!("CONVERSION {name}"),
        Address::Type(name) => match catalog.types.get(name) {
            Some(Type::Domain(_)) => format!("DOMAIN {name}"),
            _ => format!("TYPE {name}"),
        },
        Address::DomainConstraint(of, name) => {
            format!("CONSTRAINT {} ON DOMAIN {of}", quote_identifier(name))
        }
        Address::Routine(name) => routine(catalog, name)?,
        Address::Operator(name, left, right) => {
            format!(
                "OPERATOR {}.{} ({left}, {right})",
                quote_identifier(&name.schema),
                name.name
            )
        }
        Address::OperatorFamily(name, method) => {
            format!("OPERATOR FAMILY {name} USING {}", quote_identifier(method))
        }
        Address::OperatorClass(name, method) => {
            format!("OPERATOR CLASS {name} USING {}", quote_identifier(method))
        }
        Address::Cast(from, to) => format!("CAST ({from} AS {to})"),
        Address::Transform(of, language) => {
            format!("TRANSFORM FOR {of} LANGUAGE {}", quote_identifier(language))
        }
        Address::TextSearchParser(name) => format!("TEXT SEARCH PARSER {name}"),
        Address::TextSearchTemplate(name) => format!("TEXT SEARCH TEMPLATE {name}"),
        Address::TextSearchDictionary(name) => format!("TEXT SEARCH DICTIONARY {name}"),
        Address::TextSearchConfiguration(name) => format!("TEXT SEARCH CONFIGURATION {name}"),
        Address::ForeignDataWrapper(name) => format!("FOREIGN DATA WRAPPER {}", quote_identifier(name)),
        Address::Server(name) => format!("SERVER {}", quote_identifier(name)),
        Address::Relation(name) => format!("{} {name}", catalog.relation(name)?.kind.keyword()),
        Address::Column(of, name) => format!("COLUMN {of}.{}", quote_identifier(name)),
        Address::Constraint(of, name) => format!("CONSTRAINT {} ON {of}", quote_identifier(name)),
        Address::Index(name) => format!("INDEX {name}"),
        Address::Statistics(name) => format!("STATISTICS {name}"),
        Address::Trigger(of, name) => format!("TRIGGER {} ON {of}", quote_identifier(name)),
        Address::Rule(of, name) => format!("RULE {} ON {of}", quote_identifier(name)),
        Address::Policy(of, name) => format!("POLICY {} ON {of}", quote_identifier(name)),
        Address::EventTrigger(name) => format!("EVENT TRIGGER {}", quote_identifier(name)),
        Address::Publication(name) => format!("PUBLICATION {}", quote_identifier(name)),
        Address::Subscription(name) => format!("SUBSCRIPTION {}", quote_identifier(name)),
        Address::UserMapping(server, user) => {
            let user = match user.as_str() {
                "PUBLIC" => user.clone(),
                user => quote_identifier(user),
            };
            format!("USER MAPPING FOR {user} SERVER {}", quote_identifier(server))
        }
        // Only to have a name at all; their statements have another form.
        Address::DefaultPrivileges(..) => "DEFAULT PRIVILEGES".to_owned(),
        Address::Default(..) => return None,
    };
    Some(target)
}
