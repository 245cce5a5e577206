//! GRANT and REVOKE: from what every new object allows to what this one does.

use std::collections::{BTreeMap, BTreeSet};

use super::WriteOptions;
use super::notes::{routine, target};
use super::order::{Plan, Stage};
use crate::catalog::{Address, Catalog, ExtensionMember, Grant, Privileges, RoutineKind};
use crate::sql::{quote_identifier, quote_literal};

/// Writes privileges and security labels.
pub(crate) fn write(catalog: &Catalog, options: &WriteOptions, plan: &mut Plan) {
    if options.privileges {
        for (address, privileges) in &catalog.privileges {
            if let Some(on) = securable(catalog, address) {
                for sql in statements(privileges, &on) {
                    plan.after(address, Stage::Note, sql);
                }
            }
        }
        for (member, privileges) in &catalog.member_privileges {
            for sql in statements(privileges, &Securable::of_member(member)) {
                plan.after(&Address::Extension(member.extension.clone()), Stage::Note, sql);
            }
        }
    }
    for ((address, provider), label) in &catalog.security_labels {
        if let Some(target) = target(catalog, address) {
            let provider = quote_identifier(provider);
            let sql = format!(
                "SECURITY LABEL FOR {provider} ON {target} IS {}",
                quote_literal(label)
            );
            plan.after(address, Stage::Note, sql);
        }
    }
}

/// An object as GRANT names it, with the columns that rights are limited to.
pub(crate) struct Securable {
    pub(crate) on: String,
    pub(crate) columns: String,
}

impl Securable {
    pub(crate) fn of_member(member: &ExtensionMember) -> Self {
        Self {
            on: member.object.clone(),
            columns: member
                .column
                .as_ref()
                .map_or(String::new(), |column| format!(" ({})", quote_identifier(column))),
        }
    }
}

pub(crate) fn securable(catalog: &Catalog, address: &Address) -> Option<Securable> {
    let mut columns = String::new();
    let on = match address {
        Address::Relation(name) => format!("TABLE {name}"),
        Address::Column(of, name) => {
            columns = format!(" ({})", quote_identifier(name));
            format!("TABLE {of}")
        }
        Address::Routine(name) => match catalog.routines.get(name)?.kind {
            RoutineKind::Aggregate(_) => format!("FUNCTION {name}"),
            _ => routine(catalog, name)?,
        },
        Address::Schema(name) => format!("SCHEMA {}", quote_identifier(name)),
        Address::Type(name) => format!("TYPE {name}"),
        Address::Language(name) => format!("LANGUAGE {}", quote_identifier(name)),
        Address::ForeignDataWrapper(name) => format!("FOREIGN DATA WRAPPER {}", quote_identifier(name)),
        Address::Server(name) => format!("FOREIGN SERVER {}", quote_identifier(name)),
        _ => return None,
    };
    Some(Securable { on, columns })
}

pub(crate) fn role(name: Option<&str>) -> String {
    name.map_or("PUBLIC".to_owned(), quote_identifier)
}

pub(crate) fn statements(privileges: &Privileges, object: &Securable) -> Vec<String> {
    let Securable { on, columns } = object;
    let mut sql: Vec<String> = grouped(&privileges.revoked)
        .into_iter()
        .map(|((_, grantee, _), words)| {
            let words = words.join(&format!("{columns}, "));
            format!("REVOKE {words}{columns} ON {on} FROM {}", role(grantee))
        })
        .collect();
    // Who grants must have got the right before.
    let mut waiting = grouped(&privileges.granted);
    let mut able: BTreeSet<Option<&str>> = BTreeSet::from([None]);
    while !waiting.is_empty() {
        let next = waiting
            .keys()
            .find(|(grantor, ..)| able.contains(grantor))
            .or_else(|| waiting.keys().next())
            .copied();
        let Some(key @ (grantor, grantee, is_grantable)) = next else {
            break;
        };
        let words = waiting
            .remove(&key)
            .unwrap_or_default()
            .join(&format!("{columns}, "));
        let option = if is_grantable { " WITH GRANT OPTION" } else { "" };
        let grant = format!("GRANT {words}{columns} ON {on} TO {}{option}", role(grantee));
        if is_grantable && grantee.is_some() {
            able.insert(grantee);
        }
        match grantor {
            None => sql.push(grant),
            Some(grantor) => {
                sql.push(format!("SET ROLE {}", quote_identifier(grantor)));
                sql.push(grant);
                sql.push("RESET ROLE".to_owned());
            }
        }
    }
    sql
}

/// Grantor, grantee, grantable.
pub(crate) type Way<'a> = (Option<&'a str>, Option<&'a str>, bool);

/// The rights that one statement can give.
pub(crate) fn grouped(grants: &BTreeSet<Grant>) -> BTreeMap<Way<'_>, Vec<&str>> {
    let mut groups: BTreeMap<Way<'_>, Vec<&str>> = BTreeMap::new();
    for grant in grants {
        let way = (
            grant.grantor.as_deref(),
            grant.grantee.as_deref(),
            grant.is_grantable,
        );
        groups.entry(way).or_default().push(&grant.privilege);
    }
    groups
}

/// ALTER DEFAULT PRIVILEGES.
pub(crate) fn default_privileges(address: &Address, privileges: &Privileges) -> Vec<String> {
    let Address::DefaultPrivileges(of, schema, kind) = address else {
        return Vec::new();
    };
    let within = schema.as_ref().map_or(String::new(), |schema| {
        format!(" IN SCHEMA {}", quote_identifier(schema))
    });
    let head = format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {}{within}",
        quote_identifier(of)
    );
    let object = Securable {
        on: kind.keyword().to_owned(),
        columns: String::new(),
    };
    statements(privileges, &object)
        .into_iter()
        .map(|sql| format!("{head} {sql}"))
        .collect()
}
