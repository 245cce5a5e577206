//! Schemas, extensions, types and routines.

use std::borrow::Cow;

use super::emit::Emit;
use super::fate::{Fate, Fates, both, named, replaced, type_members};
use super::kin::grown;
use super::not_null::rename_of_domain;
use crate::catalog::write::order::Stage;
use crate::catalog::write::types::write_type;
use crate::catalog::{Address, QualifiedName, Relation, RoutineKind, RoutineName, Type};
use crate::sql::{quote_identifier, quote_literal};

/// What becomes of a type that is not the same.
pub(super) fn judge(name: &QualifiedName, one: &Type, other: &Type, fates: &mut Fates) {
    let address = Address::Type(name.clone());
    match (one, other) {
        (Type::Enum(before), Type::Enum(after)) => {
            let can_alter = added(before, after).is_some() || renamed(before, after).is_some();
            fates.insert(address, if can_alter { Fate::Alter } else { Fate::Replace });
            return;
        }
        (Type::Composite(before), Type::Composite(after)) => {
            let (before, after) = (named(before, |part| &part.name), named(after, |part| &part.name));
            for (part, one, other) in both(&before, &after) {
                let attribute = Address::Column(name.clone(), part.clone());
                let fate = match (one, other) {
                    (Some(one), Some(other)) => {
                        let is_same = one.data_type == other.data_type && one.collation == other.collation;
                        (!is_same).then_some(Fate::Alter)
                    }
                    (Some(_), None) => Some(Fate::Drop),
                    _ => Some(Fate::Create),
                };
                if let Some(fate) = fate {
                    fates.insert(attribute, fate);
                }
            }
            return;
        }
        (Type::Domain(before), Type::Domain(after))
            if before.base == after.base && before.collation == after.collation =>
        {
            let is_renamed =
                before.is_not_null && after.is_not_null && rename_of_domain(name, before, after).is_some();
            if before.default != after.default || before.is_not_null != after.is_not_null || is_renamed {
                fates.insert(address, Fate::Alter);
            }
            let (mut before, mut after) = (
                named(&before.constraints, |part| &part.name),
                named(&after.constraints, |part| &part.name),
            );
            for constraints in [&mut before, &mut after] {
                constraints.retain(|_, constraint| !constraint.is_not_null);
            }
            for (part, one, other) in both(&before, &after) {
                let bare = |text: &str| text.strip_suffix(" NOT VALID").unwrap_or(text).to_owned();
                let fate = match (one, other) {
                    (Some(one), Some(other)) if one == other => continue,
                    (Some(one), Some(other)) => {
                        let is_validated = bare(&one.definition) == bare(&other.definition)
                            && !one.is_valid
                            && other.is_valid;
                        if is_validated { Fate::Alter } else { Fate::Replace }
                    }
                    (Some(_), None) => Fate::Drop,
                    _ => Fate::Create,
                };
                fates.insert(Address::DomainConstraint(name.clone(), part.clone()), fate);
            }
            return;
        }
        (Type::Base(before), Type::Base(after)) => {
            let can_alter = both(before, after)
                .into_iter()
                .filter(|(_, one, other)| one != other)
                .all(|(key, _, other)| {
                    SETTABLE.contains(&key.as_str()) && (other.is_some() || key != "STORAGE")
                });
            if can_alter {
                fates.insert(address, Fate::Alter);
                return;
            }
        }
        _ => {}
    }
    fates.extend(replaced(&type_members(name, one), &type_members(name, other)));
}

/// Parameters of a base type that ALTER TYPE sets.
const SETTABLE: [&str; 7] = [
    "RECEIVE",
    "SEND",
    "TYPMOD_IN",
    "TYPMOD_OUT",
    "ANALYZE",
    "SUBSCRIPT",
    "STORAGE",
];

/// Labels that are new among the old ones, with their places; none where an old one is missing or moved.
fn added<'a>(before: &[String], after: &'a [String]) -> Option<Vec<(&'a str, String)>> {
    let kept: Vec<&String> = after.iter().filter(|label| before.contains(label)).collect();
    if kept.len() != before.len() || kept.iter().zip(before).any(|(one, other)| *one != other) {
        return None;
    }
    let mut added = Vec::new();
    for (at, label) in after.iter().enumerate() {
        if before.contains(label) {
            continue;
        }
        let behind_all = after[at..].iter().all(|other| !before.contains(other));
        let place = match at.checked_sub(1).map(|at| &after[at]) {
            _ if behind_all => String::new(),
            Some(previous) => format!(" AFTER {}", quote_literal(previous)),
            None => after
                .iter()
                .find(|other| before.contains(other))
                .map_or(String::new(), |next| format!(" BEFORE {}", quote_literal(next))),
        };
        added.push((label.as_str(), place));
    }
    Some(added)
}

/// Labels that stand in the place of others; none where more than places' names differ, or most do.
fn renamed<'a>(before: &'a [String], after: &'a [String]) -> Option<Vec<(&'a str, &'a str)>> {
    if before.len() != after.len() {
        return None;
    }
    let pairs: Vec<(&str, &str)> = before
        .iter()
        .zip(after)
        .filter(|(one, other)| one != other)
        .map(|(one, other)| (one.as_str(), other.as_str()))
        .collect();
    let are_others = pairs.iter().all(|(one, other)| {
        !after.iter().any(|label| label == one) && !before.iter().any(|label| label == other)
    });
    (are_others && (pairs.len() == 1 || pairs.len() * 2 <= before.len())).then_some(pairs)
}

/// Whether CREATE OR REPLACE accepts the new definition for the old one: what is returned is the same, and no argument
/// loses its default.
pub(super) fn keeps_signature(one: &str, other: &str) -> bool {
    let head = |text: &str| {
        let end = ["\n LANGUAGE ", "\n RETURNS "]
            .iter()
            .filter_map(|word| text.find(word))
            .min();
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let returns = |text: &str| {
        let begin = text.find("\n RETURNS ")?;
        let rest = &text[begin + 1..];
        Some(rest[..rest.find("\n LANGUAGE ").unwrap_or(rest.len())].to_owned())
    };
    let defaults = |text: &str| head(text).matches(" DEFAULT ").count();
    returns(one) == returns(other) && defaults(one) <= defaults(other)
}

impl Emit<'_> {
    pub(super) fn alter_extension(&mut self, name: &str) {
        let address = Address::Extension(name.to_owned());
        let (Some(one), Some(other)) = (self.old.extensions.get(name), self.new.extensions.get(name)) else {
            return;
        };
        let quoted = quote_identifier(name);
        let mut sql = Vec::new();
        if one.schema != other.schema {
            sql.push(format!(
                "ALTER EXTENSION {quoted} SET SCHEMA {}",
                quote_identifier(&other.schema)
            ));
        }
        if one.version != other.version && self.options.write.extension_versions {
            sql.push(format!(
                "ALTER EXTENSION {quoted} UPDATE TO {}",
                quote_literal(&other.version)
            ));
        }
        let mut needs = vec![(Address::Schema(other.schema.clone()), Stage::Create)];
        // What goes is named by the types of its arguments, while they are where they were.
        needs.extend(
            self.dependents_gone(&address)
                .into_iter()
                .filter(|(gone, _)| is_named_by_types(gone)),
        );
        self.part((address.clone(), Stage::Create), sql, needs, vec![address]);
    }

    pub(super) fn alter_routine(&mut self, name: &RoutineName) {
        let address = Address::Routine(name.clone());
        let Some(routine) = self.new.routines.get(name) else {
            return;
        };
        if let RoutineKind::Function(text) | RoutineKind::Window(text) | RoutineKind::Procedure(text) =
            &routine.kind
        {
            self.part(
                (address.clone(), Stage::Create),
                vec![text.clone()],
                Vec::new(),
                vec![address],
            );
        }
    }

    pub(super) fn alter_type(&mut self, name: &QualifiedName) {
        let address = Address::Type(name.clone());
        let (Some(one), Some(other)) = (self.old.types.get(name), self.new.types.get(name)) else {
            return;
        };
        let (mut sql, mut needs) = (Vec::new(), Vec::new());
        match (one, other) {
            (Type::Enum(before), Type::Enum(after)) => {
                if let Some(added) = added(before, after) {
                    for (label, place) in added {
                        sql.push(format!(
                            "ALTER TYPE {name} ADD VALUE {}{place}",
                            quote_literal(label)
                        ));
                    }
                } else if let Some(renamed) = renamed(before, after) {
                    for (from, to) in renamed {
                        let change = format!(
                            "ALTER TYPE {name} RENAME VALUE {} TO {}",
                            quote_literal(from),
                            quote_literal(to)
                        );
                        self.remark(
                            &change,
                            format!(
                                "rows with {} will have {}",
                                quote_literal(from),
                                quote_literal(to)
                            ),
                        );
                        sql.push(change);
                    }
                }
            }
            (Type::Domain(before), Type::Domain(after)) => {
                let is_away = self.spread.without_default.contains(name);
                if is_away {
                    let leave = (address.clone(), Stage::Leave);
                    let drop = format!("ALTER DOMAIN {name} DROP DEFAULT");
                    self.part(leave.clone(), vec![drop], Vec::new(), Vec::new());
                    needs.push(leave);
                }
                if before.default != after.default || is_away && after.default.is_some() {
                    sql.push(match &after.default {
                        Some(default) => format!("ALTER DOMAIN {name} SET DEFAULT {default}"),
                        None => format!("ALTER DOMAIN {name} DROP DEFAULT"),
                    });
                }
                let chosen = after.constraints.iter().find(|found| found.is_not_null);
                match (before.is_not_null, after.is_not_null, chosen) {
                    (false, true, Some(named)) => {
                        let constraint = quote_identifier(&named.name);
                        sql.push(format!(
                            "ALTER DOMAIN {name} ADD CONSTRAINT {constraint} NOT NULL"
                        ));
                    }
                    (false, true, None) => sql.push(format!("ALTER DOMAIN {name} SET NOT NULL")),
                    (true, false, _) => sql.push(format!("ALTER DOMAIN {name} DROP NOT NULL")),
                    (true, true, _) => {
                        if let Some((from, to)) = rename_of_domain(name, before, after) {
                            let (from, to) = (quote_identifier(&from), quote_identifier(&to));
                            sql.push(format!("ALTER DOMAIN {name} RENAME CONSTRAINT {from} TO {to}"));
                        }
                    }
                    (false, false, _) => {}
                }
            }
            (Type::Base(before), Type::Base(after)) => {
                let settings: Vec<String> = both(before, after)
                    .into_iter()
                    .filter(|(_, one, other)| one != other)
                    .map(|(key, _, other)| format!("{key} = {}", other.map_or("NONE", String::as_str)))
                    .collect();
                sql.push(format!("ALTER TYPE {name} SET ({})", settings.join(", ")));
            }
            _ => {}
        }
        needs.extend(self.dependents_gone(&address));
        if let (Type::Domain(one), Type::Domain(other)) = (one, other)
            && !one.is_not_null
            && other.is_not_null
        {
            needs.extend(self.prove_alone(&address, name));
        }
        self.part((address.clone(), Stage::Create), sql, needs, vec![address]);
    }

    /// A composite type as its tables will have its attributes: new ones are behind.
    pub(super) fn in_order_of_tables<'k>(&self, name: &QualifiedName, kind: &'k Type) -> Cow<'k, Type> {
        let is_of_it = |(table, relation): (&QualifiedName, &Relation)| {
            relation.of_type.as_ref() == Some(name) && !self.is_made_with_whole(table)
        };
        match (self.old.types.get(name), kind) {
            (Some(Type::Composite(one)), Type::Composite(other))
                if self.new.relations.iter().any(is_of_it) =>
            {
                Cow::Owned(Type::Composite(grown(one, other).into_iter().cloned().collect()))
            }
            _ => Cow::Borrowed(kind),
        }
    }

    /// A type that is made beside its old self, so that columns can move from the one to the other.
    pub(super) fn swap_type(&mut self, name: &QualifiedName) {
        let (old, new) = (self.old, self.new);
        let address = Address::Type(name.clone());
        let (Some(one), Some(other)) = (old.types.get(name), new.types.get(name)) else {
            return;
        };
        if matches!(one, Type::Base(_)) || matches!(other, Type::Base(_)) {
            self.cannot(
                &address,
                "a type with functions of its own cannot be made anew while columns are of it",
            );
            return;
        }
        // Comes and goes with its range type.
        if matches!(one, Type::Multirange { .. }) {
            return;
        }
        let word = |kind: &Type| {
            if matches!(kind, Type::Domain(_)) {
                "DOMAIN"
            } else {
                "TYPE"
            }
        };
        let aside = self.aside(name);
        let mut sql = vec![format!(
            "ALTER {} {name} RENAME TO {}",
            word(one),
            quote_identifier(&aside.name)
        )];
        if let Type::Range(range) = one {
            let multirange = self.aside(&range.multirange);
            sql.push(format!(
                "ALTER TYPE {} RENAME TO {}",
                range.multirange,
                quote_identifier(&multirange.name)
            ));
            // Functions that make their values keep their names.
            let mut rename = |function: &QualifiedName, arguments: &str, to: &QualifiedName| {
                let to = quote_identifier(&to.name);
                sql.push(format!("ALTER FUNCTION {function}({arguments}) RENAME TO {to}"));
            };
            rename(&range.multirange, "", &multirange);
            let subtype = &range.subtype;
            let mut needed = old.dependencies.of(&address);
            let is_of_another = needed.any(|(needed, _)| self.fate(needed) == Some(Fate::Swap));
            if !is_of_another {
                rename(name, &format!("{subtype}, {subtype}"), &aside);
                rename(name, &format!("{subtype}, {subtype}, text"), &aside);
            }
        }
        let mut drop_needs = Vec::new();
        for member in type_members(name, one) {
            for (dependent, _) in old.dependencies.on(&member) {
                match self.fate(dependent) {
                    Some(Fate::Drop | Fate::Replace) => drop_needs.push(self.carrier(dependent)),
                    Some(Fate::Swap) => drop_needs.push((dependent.clone(), Stage::Retire)),
                    Some(Fate::Alter) => drop_needs.push((dependent.clone(), Stage::Create)),
                    _ => {}
                }
            }
        }
        drop_needs.push((address.clone(), Stage::Create));
        drop_needs.retain(|need| *need != (address.clone(), Stage::Retire));
        // What is made of the old type goes before the new one takes its name.
        let before: Vec<_> = drop_needs
            .iter()
            .filter(|(_, stage)| *stage == Stage::Drop)
            .cloned()
            .collect();
        self.part((address.clone(), Stage::Shell), sql, before, Vec::new());
        write_type(new, name, &self.in_order_of_tables(name, other), &mut self.plan);
        drop_needs.extend(self.after_leaving(name));
        let needs = vec![(address.clone(), Stage::Shell)];
        self.part((address.clone(), Stage::Create), Vec::new(), needs, Vec::new());
        let drop = vec![format!("DROP {} {aside}", word(one))];
        self.part((address, Stage::Retire), drop, drop_needs, Vec::new());
    }

    pub(super) fn create_domain_constraint(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::DomainConstraint(of.clone(), name.to_owned());
        let Some(Type::Domain(domain)) = self.new.types.get(of) else {
            return;
        };
        let Some(constraint) = domain
            .constraints
            .iter()
            .find(|constraint| constraint.name == name)
        else {
            return;
        };
        let sql = format!(
            "ALTER DOMAIN {of} ADD CONSTRAINT {} {}",
            quote_identifier(name),
            constraint.definition
        );
        let needs = match constraint.is_valid {
            true => self.prove_alone(&address, of),
            false => Vec::new(),
        };
        self.part((address.clone(), Stage::Create), vec![sql], needs, vec![address]);
    }

    pub(super) fn alter_domain_constraint(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::DomainConstraint(of.clone(), name.to_owned());
        let sql = format!("ALTER DOMAIN {of} VALIDATE CONSTRAINT {}", quote_identifier(name));
        let needs = self.prove_alone(&address, of);
        self.part((address.clone(), Stage::Create), vec![sql], needs, vec![address]);
    }
}

/// Whether statements name the object by types.
fn is_named_by_types(address: &Address) -> bool {
    matches!(
        address,
        Address::Routine(_) | Address::Operator(..) | Address::Cast(..) | Address::Transform(..)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn labels_are_added_where_they_belong() {
        let places = |before, after| {
            let (before, after) = (labels(before), labels(after));
            added(&before, &after).map(|added| {
                let texts: Vec<String> = added
                    .iter()
                    .map(|(label, place)| format!("{label}{place}"))
                    .collect();
                texts.join("; ")
            })
        };
        assert_eq!(places("b c", "a b c").unwrap(), "a BEFORE 'b'");
        assert_eq!(places("a c", "a b c").unwrap(), "b AFTER 'a'");
        assert_eq!(places("a", "a b c").unwrap(), "b; c");
        assert_eq!(places("c", "a b c").unwrap(), "a BEFORE 'c'; b AFTER 'a'");
        assert_eq!(places("a b", "b a"), None);
        assert_eq!(places("a b", "a"), None);
    }

    #[test]
    fn labels_in_the_place_of_others_are_renamed() {
        let pairs = |before, after| renamed(&labels(before), &labels(after)).is_some();
        assert!(pairs("a b c", "a x c"));
        assert!(!pairs("a b c", "x y z"));
        assert!(!pairs("a b", "b a"));
        assert!(!pairs("a b c", "a b"));
    }

    #[test]
    fn or_replace_keeps_what_is_returned() {
        let function = |arguments: &str, returns: &str| {
            format!(
                "CREATE OR REPLACE FUNCTION public.f({arguments})\n RETURNS {returns}\n LANGUAGE sql\nAS $$ $$"
            )
        };
        let keeps = |one: String, other: String| keeps_signature(&one, &other);
        assert!(keeps(
            function("a integer", "integer"),
            function("a integer DEFAULT 1", "integer")
        ));
        assert!(!keeps(
            function("a integer DEFAULT 1", "integer"),
            function("a integer", "integer")
        ));
        assert!(!keeps(
            function("", "TABLE(a integer)"),
            function("", "TABLE(b integer)")
        ));
    }
}
