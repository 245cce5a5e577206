//! What objects have beside themselves: owners, privileges, comments, security labels, the extension they go with.

use std::collections::{BTreeMap, BTreeSet};

use super::emit::Emit;
use super::fate::both;
use crate::catalog::write::notes::{depending, owner_statement, target};
use crate::catalog::write::order::Stage;
use crate::catalog::write::privilege::{Securable, grouped, role, securable, statements};
use crate::catalog::{
    Address, Catalog, DependencyKind, Grant, Object, ObjectKind, Privileges, RelationKind, Type,
};
use crate::sql::{quote_identifier, quote_literal};

impl Emit<'_> {
    /// Writes all of them: whole for what is made, as differences for what stays.
    pub(super) fn notes(&mut self) {
        if self.options.write.owners {
            self.owners();
        }
        self.comments();
        self.labels();
        if self.options.write.privileges {
            self.privileges();
        }
        self.extensions();
    }

    /// Whether the address is of something new, so that nothing of what the old one had is left.
    fn is_new(&self, address: &Address) -> bool {
        self.fate(address).is_some_and(super::fate::Fate::is_made)
    }

    fn note(&mut self, address: &Address, stage: Stage, sql: Vec<String>) {
        let mut needs = vec![(address.clone(), Stage::Create)];
        if let Some(of) = address.relation() {
            needs.push((Address::Relation(of.clone()), Stage::Create));
            for ancestor in self.ancestors(of) {
                let above = match address {
                    Address::Column(_, name) => Address::Column(ancestor, name.clone()),
                    Address::Constraint(_, name) => Address::Constraint(ancestor, name.clone()),
                    _ => continue,
                };
                needs.push((above, Stage::Create));
            }
            needs.push((Address::Relation(of.clone()), Stage::Attach));
            if matches!(address, Address::Column(..)) && stage == Stage::Note {
                // A REVOKE on the whole table takes the rights on its columns along.
                needs.push((Address::Relation(of.clone()), Stage::Note));
            }
        }
        if let Address::Index(name) = address
            && let Some((of, _, index)) = self.new_index(name)
        {
            if let Some(constraint) = &index.constraint {
                needs.push((Address::Constraint(of.clone(), constraint.clone()), Stage::Create));
            }
            needs.push((Address::Relation(of.clone()), Stage::Create));
        }
        self.part((address.clone(), stage), sql, needs, Vec::new());
    }

    fn owners(&mut self) {
        let (old, new) = (self.old, self.new);
        for (address, _, after) in both(&old.owners, &new.owners) {
            let Some(after) = after else {
                self.public_without_owner(address);
                continue;
            };
            let before = old.owners.get(address).filter(|_| !self.is_new(address));
            if before != Some(after)
                && let Some(sql) = owner_statement(new, address, after)
            {
                if self.is_new(address) && self.is_filled(address) {
                    // Its owner may lack the rights that filling it takes.
                    self.note(address, Stage::Note, vec![sql]);
                    let needs = vec![(address.clone(), Stage::Fill)];
                    self.part((address.clone(), Stage::Note), Vec::new(), needs, Vec::new());
                } else {
                    self.note(address, Stage::Create, vec![sql]);
                }
            }
        }
    }

    /// Whether it is a materialised view with rows.
    fn is_filled(&self, address: &Address) -> bool {
        match address {
            Address::Relation(name) => self.new.relation(name).is_some_and(|relation| {
                matches!(&relation.kind, RelationKind::MaterializedView(view) if view.is_populated)
            }),
            _ => false,
        }
    }

    /// The schema public has no owner on record when it has the one that initdb gives it.
    fn public_without_owner(&mut self, address: &Address) {
        let public = Address::Schema("public".to_owned());
        if *address != public || !self.new.schemas.contains_key("public") || self.is_new(address) {
            return;
        }
        if self.new.major() >= 15 {
            let sql = "ALTER SCHEMA public OWNER TO pg_database_owner".to_owned();
            self.note(address, Stage::Create, vec![sql]);
        } else {
            self.cannot(
                address,
                "its owner is the server's first role, whose name is not known",
            );
        }
    }

    fn comments(&mut self) {
        let (old, new) = (self.old, self.new);
        let public = Address::Schema("public".to_owned());
        if self.is_new(&public) && !new.comments.contains_key(&public) {
            let sql = "COMMENT ON SCHEMA public IS 'standard public schema'".to_owned();
            self.note(&public, Stage::Note, vec![sql]);
        }
        for (address, before, after) in both(&old.comments, &new.comments) {
            let before = before.filter(|_| !self.is_new(address));
            // A new schema public has no comment, which is something.
            if before == after
                || self.is_new(&public) && *address == public && after.is_none_or(String::is_empty)
            {
                continue;
            }
            let Some(target) = target(new, address) else {
                continue;
            };
            let is_there = after.is_some() || self.fate(address) != Some(super::fate::Fate::Drop);
            if is_there {
                let text = match after {
                    Some(text) => quote_literal(text),
                    None if *address == public => quote_literal("standard public schema"),
                    None => "NULL".to_owned(),
                };
                self.note(
                    address,
                    Stage::Note,
                    vec![format!("COMMENT ON {target} IS {text}")],
                );
            }
        }
    }

    fn labels(&mut self) {
        let (old, new) = (self.old, self.new);
        for ((address, provider), before, after) in both(&old.security_labels, &new.security_labels) {
            let before = before.filter(|_| !self.is_new(address));
            if before == after || (after.is_none() && self.fate(address) == Some(super::fate::Fate::Drop)) {
                continue;
            }
            let Some(target) = target(new, address) else {
                continue;
            };
            let provider = quote_identifier(provider);
            let text = after.map_or("NULL".to_owned(), |label| quote_literal(label));
            self.note(
                address,
                Stage::Note,
                vec![format!("SECURITY LABEL FOR {provider} ON {target} IS {text}")],
            );
        }
    }

    fn extensions(&mut self) {
        let (old, new) = (self.old, self.new);
        let with = |catalog: &Catalog| -> BTreeSet<(Address, String)> {
            let edges = catalog
                .dependencies
                .iter()
                .filter(|edge| edge.kind == DependencyKind::Extension);
            edges
                .filter_map(|edge| match edge.referenced {
                    Address::Extension(name) => Some((edge.dependent.clone(), name.clone())),
                    _ => None,
                })
                .collect()
        };
        let (before, after) = (with(old), with(new));
        for (address, extension) in &after {
            if (self.is_new(address) || !before.contains(&(address.clone(), extension.clone())))
                && let Some(target) = depending(new, address)
            {
                let extension = quote_identifier(extension);
                self.note(
                    address,
                    Stage::Note,
                    vec![format!("ALTER {target} DEPENDS ON EXTENSION {extension}")],
                );
            }
        }
        for (address, extension) in before.difference(&after) {
            let is_gone = self.fate(address).is_some_and(super::fate::Fate::is_gone);
            if let (false, Some(target)) = (is_gone, depending(new, address)) {
                let extension = quote_identifier(extension);
                let sql = format!("ALTER {target} NO DEPENDS ON EXTENSION {extension}");
                // Before the extension may go, and take it along.
                self.part((address.clone(), Stage::Leave), vec![sql], Vec::new(), Vec::new());
            }
        }
    }

    fn privileges(&mut self) {
        let (old, new) = (self.old, self.new);
        let none = Privileges::default();
        let mut done: BTreeSet<Address> = BTreeSet::new();
        let mut changes: Vec<(Address, Vec<String>)> = Vec::new();
        for (address, before, after) in both(&old.privileges, &new.privileges) {
            done.insert(address.clone());
            let after = after.unwrap_or(&none);
            let before = match self.is_new(address) {
                true => self.granted_by_default(address),
                false => self.under_new_owner(address, before.unwrap_or(&none)),
            };
            let differs = if self.is_new(address) {
                before != none || *after != none
            } else {
                before != *after
            };
            if differs
                && self.fate(address) != Some(super::fate::Fate::Drop)
                && let Some(on) = securable(new, address)
            {
                changes.push((address.clone(), self.privileges_of(address, &before, after, &on)));
            }
        }
        // New objects that have none, where default privileges give them some.
        let has_defaults = old
            .objects
            .values()
            .any(|object| matches!(object, Object::DefaultPrivileges(_)));
        if has_defaults || self.is_new(&Address::Schema("public".to_owned())) {
            for (address, fate) in self.fates {
                if fate.is_made() && !done.contains(address) {
                    let before = self.granted_by_default(address);
                    if before != none
                        && let Some(on) = securable(new, address)
                    {
                        changes.push((address.clone(), self.privileges_of(address, &before, &none, &on)));
                    }
                }
            }
        }
        for (member, before, after) in both(&old.member_privileges, &new.member_privileges) {
            let extension = Address::Extension(member.extension.clone());
            let before = before.filter(|_| !self.is_new(&extension)).unwrap_or(&none);
            if self.fate(&extension) != Some(super::fate::Fate::Drop) {
                let on = Securable::of_member(member);
                let sql = privilege_changes(before, after.unwrap_or(&none), &on);
                changes.push((extension, sql));
            }
        }
        for (address, sql) in changes {
            self.note(&address, Stage::Note, sql);
        }
    }

    fn privileges_of(
        &self,
        address: &Address,
        before: &Privileges,
        after: &Privileges,
        on: &Securable,
    ) -> Vec<String> {
        if !self.is_new(address) {
            return privilege_changes(before, after, on);
        }
        // Default privileges are of whoever makes the object, who may be another one: what they give is taken away
        // where it is not to be, and the rest is given as if they gave nothing.
        let mut sql = Vec::new();
        let wanted: BTreeSet<(Option<&str>, &str)> = after
            .granted
            .iter()
            .map(|grant| (grant.grantee.as_deref(), grant.privilege.as_str()))
            .collect();
        let owner = self.new.owners.get(address);
        let mut unwanted: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        for grant in &before.granted {
            let key = (grant.grantee.as_deref(), grant.privilege.as_str());
            // An owner has by right what default privileges grant it.
            if !wanted.contains(&key) && grant.grantee.as_ref() != owner {
                unwanted.entry(key.0).or_default().push(key.1);
            }
        }
        for (grantee, words) in unwanted {
            sql.push(format!(
                "REVOKE {} ON {} FROM {}",
                words.join(", "),
                on.on,
                role(grantee)
            ));
        }
        let mut given: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        // What roles deny themselves is denied to nobody else's objects.
        let concerns = |grant: &&Grant| grant.grantee.is_none() || grant.grantee.as_ref() == owner;
        for grant in before.revoked.difference(&after.revoked).filter(concerns) {
            given
                .entry(grant.grantee.as_deref())
                .or_default()
                .push(&grant.privilege);
        }
        for (grantee, words) in given {
            sql.push(format!(
                "GRANT {} ON {} TO {}",
                words.join(", "),
                on.on,
                role(grantee)
            ));
        }
        sql.extend(statements(after, on));
        sql
    }

    /// ALTER … OWNER hands the old owner's rights to the new one.
    fn under_new_owner(&self, address: &Address, before: &Privileges) -> Privileges {
        let whole = match address {
            Address::Column(of, _) => Address::Relation(of.clone()),
            other => other.clone(),
        };
        let (Some(old), Some(new)) = (self.old.owners.get(&whole), self.new.owners.get(&whole)) else {
            return before.clone();
        };
        if old == new || !self.options.write.owners {
            return before.clone();
        }
        let moved = |grant: &Grant| {
            let mut grant = grant.clone();
            if grant.grantee.as_ref() == Some(old) {
                grant.grantee = Some(new.clone());
            }
            if grant.grantor.as_ref() == Some(new) {
                grant.grantor = None;
            }
            grant
        };
        let mut after = Privileges {
            granted: before.granted.iter().map(moved).collect(),
            revoked: before.revoked.iter().map(moved).collect(),
        };
        // What the new owner had been granted is among what owners have.
        after
            .granted
            .retain(|grant| !(grant.grantee.as_ref() == Some(new) && grant.grantor.is_none()));
        after
    }

    /// What default privileges of anybody give to a new object.
    fn granted_by_default(&self, address: &Address) -> Privileges {
        let kind = match address {
            Address::Relation(name) => match self.new.relation(name).map(|relation| &relation.kind) {
                Some(RelationKind::Sequence(_)) => ObjectKind::Sequences,
                _ => ObjectKind::Tables,
            },
            Address::Routine(_) => ObjectKind::Routines,
            Address::Type(name) if self.new.types.get(name) == Some(&Type::Shell) => {
                return Privileges::default();
            }
            Address::Type(_) => ObjectKind::Types,
            Address::Schema(_) => ObjectKind::Schemas,
            _ => return Privileges::default(),
        };
        let schema = address.schema();
        let mut given = Privileges::default();
        if *address == Address::Schema("public".to_owned()) {
            // Everybody may use initdb's, nobody a new one.
            let words = if self.new.major() < 15 {
                &["CREATE", "USAGE"][..]
            } else {
                &["USAGE"]
            };
            given.revoked.extend(words.iter().map(|word| Grant {
                grantor: None,
                grantee: None,
                privilege: (*word).to_owned(),
                is_grantable: false,
            }));
        }
        for (other, object) in &self.old.objects {
            let (Address::DefaultPrivileges(_, within, of), Object::DefaultPrivileges(privileges)) =
                (other, object)
            else {
                continue;
            };
            if *of == kind && (within.is_none() || within.as_deref() == schema) {
                given.granted.extend(privileges.granted.iter().cloned());
                given.revoked.extend(privileges.revoked.iter().cloned());
            }
        }
        given
    }
}

/// GRANT and REVOKE from what there is to what is to be.
pub(super) fn privilege_changes(before: &Privileges, after: &Privileges, on: &Securable) -> Vec<String> {
    let Securable { on: object, columns } = on;
    let mut sql = Vec::new();
    let key = |grant: &Grant| {
        (
            grant.grantor.clone(),
            grant.grantee.clone(),
            grant.privilege.clone(),
        )
    };
    let kept: BTreeSet<_> = after.granted.iter().map(key).collect();
    let had: BTreeSet<_> = before.granted.iter().map(key).collect();
    let list = |words: &[&str]| {
        words
            .iter()
            .map(|word| format!("{word}{columns}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let as_grantor = |sql: &mut Vec<String>, grantor: Option<&str>, statement: String| match grantor {
        None => sql.push(statement),
        Some(grantor) => {
            sql.push(format!("SET ROLE {}", quote_identifier(grantor)));
            sql.push(statement);
            sql.push("RESET ROLE".to_owned());
        }
    };
    // What somebody passed on goes before their own right.
    let gone: BTreeSet<Grant> = before
        .granted
        .iter()
        .filter(|grant| !kept.contains(&key(grant)))
        .cloned()
        .collect();
    let mut groups: Vec<_> = grouped(&gone).into_iter().collect();
    groups.sort_by_key(|((grantor, _, is_grantable), _)| (grantor.is_none(), *is_grantable));
    for ((grantor, grantee, _), words) in groups {
        let statement = format!("REVOKE {} ON {object} FROM {}", list(&words), role(grantee));
        as_grantor(&mut sql, grantor, statement);
    }
    // What may not be passed on any more.
    let narrowed: BTreeSet<Grant> = before
        .granted
        .iter()
        .filter(|grant| grant.is_grantable && kept.contains(&key(grant)) && !after.granted.contains(*grant))
        .cloned()
        .collect();
    for ((grantor, grantee, _), words) in grouped(&narrowed) {
        let statement = format!(
            "REVOKE GRANT OPTION FOR {} ON {object} FROM {}",
            list(&words),
            role(grantee)
        );
        as_grantor(&mut sql, grantor, statement);
    }
    let back: BTreeSet<Grant> = before.revoked.difference(&after.revoked).cloned().collect();
    for ((_, grantee, _), words) in grouped(&back) {
        sql.push(format!("GRANT {} ON {object} TO {}", list(&words), role(grantee)));
    }
    let added = Privileges {
        granted: after
            .granted
            .iter()
            .filter(|grant| {
                !before.granted.contains(*grant) && (grant.is_grantable || !had.contains(&key(grant)))
            })
            .cloned()
            .collect(),
        revoked: after.revoked.difference(&before.revoked).cloned().collect(),
    };
    sql.extend(statements(&added, on));
    sql
}
