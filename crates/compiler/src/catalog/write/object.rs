//! Operators, text search, foreign servers, publications and the like.

use std::fmt::Write as _;

use super::WriteOptions;
use super::notes::target;
use super::order::{Key, Part, Plan, Stage};
use super::privilege::default_privileges;
use super::relation::{foreign_options, unwrapped};
use super::types::parameters;
use crate::catalog::{
    Address, CastContext, Catalog, EventTrigger, FiringState, Object, OperatorClass, Publication, Published,
    PublishedTable, QualifiedName, Subscription,
};
use crate::sql::{quote_identifier, quote_literal};

/// Writes all objects of these classes.
pub(crate) fn write(catalog: &Catalog, options: &WriteOptions, plan: &mut Plan) {
    for (address, object) in &catalog.objects {
        if !is_left_out(object, options) {
            write_object(catalog, address, object, plan);
        }
    }
}

/// Whether the options say nothing about such objects.
pub(crate) fn is_left_out(object: &Object, options: &WriteOptions) -> bool {
    match object {
        Object::UserMapping(_) | Object::Subscription(_) => !options.secrets,
        Object::DefaultPrivileges(_) => !options.privileges,
        _ => false,
    }
}

pub(crate) fn write_object(catalog: &Catalog, address: &Address, object: &Object, plan: &mut Plan) {
    let Some(name) = target(catalog, address) else {
        return;
    };
    let sql = statements(address, &name, object);
    let mut needs: Vec<Key> = Vec::new();
    if let Some(schema) = address.schema() {
        needs.push((Address::Schema(schema.to_owned()), Stage::Create));
    }
    if let Object::Publication(Publication {
        content: Published::Some { schemas, .. },
        ..
    }) = object
    {
        let schemas = schemas.iter().cloned().map(Address::Schema);
        needs.extend(schemas.map(|schema| (schema, Stage::Create)));
    }
    let part = Part {
        sql,
        needs,
        provides: vec![address.clone()],
    };
    plan.add((address.clone(), Stage::Create), part);
}

/// Statements that make an object; `target` is its class and name.
fn statements(address: &Address, target: &str, object: &Object) -> Vec<String> {
    let create = format!("CREATE {target}");
    let sql = match object {
        // Here the operands are among the parameters.
        Object::Parameters(values) => match address {
            Address::Operator(name, ..) => {
                let schema = quote_identifier(&name.schema);
                format!(
                    "CREATE OPERATOR {schema}.{} (\n{}\n)",
                    name.name,
                    parameters(values)
                )
            }
            _ => format!("{create} (\n{}\n)", parameters(values)),
        },
        Object::AccessMethod(method) => {
            let kind = if method.is_for_tables { "TABLE" } else { "INDEX" };
            format!("{create} TYPE {kind} HANDLER {}", method.handler)
        }
        Object::Language(language) => {
            let trusted = if language.is_trusted { "TRUSTED " } else { "" };
            let mut sql = format!("CREATE {trusted}{target}");
            optional(&mut sql, "HANDLER", language.handler.as_deref());
            optional(&mut sql, "INLINE", language.inline.as_deref());
            optional(&mut sql, "VALIDATOR", language.validator.as_deref());
            sql
        }
        Object::Conversion(conversion) => {
            let default = if conversion.is_default { "DEFAULT " } else { "" };
            format!(
                "CREATE {default}{target} FOR {} TO {} FROM {}",
                quote_literal(&conversion.from),
                quote_literal(&conversion.to),
                conversion.function
            )
        }
        Object::OperatorFamily(members) => {
            let mut sql = vec![create];
            if !members.is_empty() {
                sql.push(format!("ALTER {target} ADD\n    {}", members.join(",\n    ")));
            }
            return sql;
        }
        Object::OperatorClass(class) => operator_class(address, class),
        Object::Cast(cast) => {
            let context = match cast.context {
                CastContext::Explicit => "",
                CastContext::Assignment => " AS ASSIGNMENT",
                CastContext::Implicit => " AS IMPLICIT",
            };
            format!("{create} {}{context}", cast.method)
        }
        Object::Transform(transform) => {
            let from = transform.from_sql.iter().map(|function| ("FROM", function));
            let to = transform.to_sql.iter().map(|function| ("TO", function));
            let functions: Vec<String> = from
                .chain(to)
                .map(|(way, function)| format!("    {way} SQL WITH FUNCTION {function}"))
                .collect();
            format!("{create} (\n{}\n)", functions.join(",\n"))
        }
        Object::TextSearchDictionary(dictionary) => {
            let options = dictionary
                .options
                .as_ref()
                .map_or(String::new(), |options| format!(",\n    {options}"));
            format!("{create} (\n    TEMPLATE = {}{options}\n)", dictionary.template)
        }
        Object::TextSearchConfiguration(configuration) => {
            let mut sql = vec![format!("{create} (\n    PARSER = {}\n)", configuration.parser)];
            sql.extend(configuration.mappings.iter().map(|(token, dictionaries)| {
                let dictionaries: Vec<String> = dictionaries.iter().map(ToString::to_string).collect();
                format!(
                    "ALTER {target} ADD MAPPING FOR {} WITH {}",
                    quote_identifier(token),
                    dictionaries.join(", ")
                )
            }));
            return sql;
        }
        Object::ForeignDataWrapper(wrapper) => {
            let mut sql = create;
            optional(&mut sql, "HANDLER", wrapper.handler.as_deref());
            optional(&mut sql, "VALIDATOR", wrapper.validator.as_deref());
            sql + &foreign_options(&wrapper.options)
        }
        Object::Server(server) => {
            let mut sql = create;
            let text = |text: &Option<String>| text.as_deref().map(quote_literal);
            optional(&mut sql, "TYPE", text(&server.kind).as_deref());
            optional(&mut sql, "VERSION", text(&server.version).as_deref());
            let wrapper = quote_identifier(&server.wrapper);
            optional(&mut sql, "FOREIGN DATA WRAPPER", Some(&wrapper));
            sql + &foreign_options(&server.options)
        }
        Object::UserMapping(options) => create + &foreign_options(options),
        Object::Statistics(statistics) => {
            let mut sql = vec![statistics.definition.clone()];
            sql.extend(
                statistics
                    .target
                    .map(|count| format!("ALTER {target} SET STATISTICS {count}")),
            );
            return sql;
        }
        Object::EventTrigger(trigger) => return event_trigger(target, trigger),
        Object::Publication(publication) => create + &published(publication),
        Object::Subscription(subscription) => return subscribe(target, subscription),
        Object::DefaultPrivileges(privileges) => return default_privileges(address, privileges),
    };
    vec![sql]
}

fn optional(sql: &mut String, word: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = write!(sql, " {word} {value}");
    }
}

fn operator_class(address: &Address, class: &OperatorClass) -> String {
    let Address::OperatorClass(name, method) = address else {
        return String::new();
    };
    let default = if class.is_default { " DEFAULT" } else { "" };
    let mut members = class.members.clone();
    // A class without members has to say something.
    if class.storage.is_some() || members.is_empty() {
        let storage = class.storage.as_ref().unwrap_or(&class.data_type);
        members.push(format!("STORAGE {storage}"));
    }
    format!(
        "CREATE OPERATOR CLASS {name}{default} FOR TYPE {} USING {} FAMILY {} AS\n    {}",
        class.data_type,
        quote_identifier(method),
        class.family,
        members.join(",\n    ")
    )
}

fn event_trigger(target: &str, trigger: &EventTrigger) -> Vec<String> {
    let tags: Vec<String> = trigger.tags.iter().map(|tag| quote_literal(tag)).collect();
    let when = if tags.is_empty() {
        String::new()
    } else {
        format!(" WHEN TAG IN ({})", tags.join(", "))
    };
    let mut sql = vec![format!(
        "CREATE {target} ON {}{when} EXECUTE FUNCTION {}()",
        trigger.event, trigger.function
    )];
    if trigger.state != FiringState::Origin {
        sql.push(format!("ALTER {target} {}", trigger.state.keyword()));
    }
    sql
}

/// A table as publications name it.
pub(crate) fn published_table(name: &QualifiedName, table: &PublishedTable) -> String {
    let mut text = format!("ONLY {name}");
    if !table.columns.is_empty() {
        let columns: Vec<String> = table.columns.iter().map(|name| quote_identifier(name)).collect();
        let _ = write!(text, " ({})", columns.join(", "));
    }
    if let Some(condition) = &table.condition {
        let _ = write!(text, " WHERE ({})", unwrapped(condition));
    }
    text
}

/// What follows the name in CREATE PUBLICATION.
fn published(publication: &Publication) -> String {
    let mut what: Vec<String> = Vec::new();
    match &publication.content {
        Published::AllTables => what.push("ALL TABLES".to_owned()),
        Published::Some { tables, schemas } => {
            for (name, table) in tables {
                // 14 wants the word TABLE once.
                let word = if what.is_empty() { "TABLE " } else { "" };
                what.push(format!("{word}{}", published_table(name, table)));
            }
            what.extend(
                schemas
                    .iter()
                    .map(|schema| format!("TABLES IN SCHEMA {}", quote_identifier(schema))),
            );
        }
    }
    let mut sql = String::new();
    if !what.is_empty() {
        let _ = write!(sql, " FOR\n    {}", what.join(",\n    "));
    }
    let mut options = Vec::new();
    if publication.operations != ["insert", "update", "delete", "truncate"] {
        options.push(format!(
            "publish = {}",
            quote_literal(&publication.operations.join(", "))
        ));
    }
    if publication.via_root {
        options.push("publish_via_partition_root = true".to_owned());
    }
    if publication.generated_columns {
        options.push("publish_generated_columns = stored".to_owned());
    }
    if !options.is_empty() {
        let _ = write!(sql, "\n    WITH ({})", options.join(", "));
    }
    sql
}

/// Never connects, and so is not enabled: a new database must not take the replication slot of another.
fn subscribe(target: &str, subscription: &Subscription) -> Vec<String> {
    let Some(connection) = &subscription.connection else {
        return Vec::new();
    };
    let publications: Vec<String> = subscription
        .publications
        .iter()
        .map(|name| quote_identifier(name))
        .collect();
    let mut options = vec!["connect = false".to_owned()];
    options.extend(subscription.parameters.iter().map(|(name, value)| {
        let value = match value.as_str() {
            "NONE" => value.clone(),
            _ => quote_literal(value),
        };
        format!("{name} = {value}")
    }));
    vec![format!(
        "CREATE {target} CONNECTION {} PUBLICATION {}\n    WITH ({})",
        quote_literal(connection),
        publications.join(", "),
        options.join(", ")
    )]
}
