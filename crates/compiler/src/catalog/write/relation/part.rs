//! What stands beside a CREATE TABLE: rules, policies, constraints, indexes, triggers and settings.

use std::fmt::Write as _;

use super::table::unwrapped;
use super::with;
use crate::catalog::write::order::{Key, Part, Plan, Stage};
use crate::catalog::{
    Address, Catalog, Constraint, ConstraintKind, FiringState, ForeignKey, Index, Policy, QualifiedName,
    Relation, RelationKind, ReplicaIdentity, RowSecurity, Rule,
};
use crate::sql::quote_identifier;

pub(super) fn write_parts(catalog: &Catalog, name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
    for constraint in &relation.constraints {
        write_constraint(catalog, name, relation, constraint, plan);
    }
    for index in &relation.indexes {
        write_index(catalog, name, relation, index, plan);
    }
    write_settings(name, relation, plan);
    for rule in &relation.rules {
        write_rule(name, rule, plan);
    }
    for trigger in &relation.triggers {
        write_trigger(name, relation, trigger, plan);
    }
    for policy in &relation.policies {
        write_policy(name, policy, plan);
    }
}

pub(crate) fn write_rule(name: &QualifiedName, rule: &Rule, plan: &mut Plan) {
    let address = Address::Rule(name.clone(), rule.name.clone());
    let mut sql = vec![rule.definition.trim().trim_end_matches(';').to_owned()];
    if rule.state != FiringState::Origin {
        let rule_name = quote_identifier(&rule.name);
        sql.push(format!(
            "ALTER TABLE {name} {} RULE {rule_name}",
            rule.state.keyword()
        ));
    }
    plan.add((address.clone(), Stage::Create), part_of(name, address, sql));
}

pub(crate) fn write_policy(name: &QualifiedName, policy: &Policy, plan: &mut Plan) {
    let address = Address::Policy(name.clone(), policy.name.clone());
    let kind = if policy.is_permissive {
        ""
    } else {
        " AS RESTRICTIVE"
    };
    let command = match policy.command.as_str() {
        "ALL" => String::new(),
        command => format!(" FOR {command}"),
    };
    let mut sql = format!(
        "CREATE POLICY {} ON {name}{kind}{command}",
        quote_identifier(&policy.name)
    );
    if !policy.roles.is_empty() {
        let roles: Vec<String> = policy.roles.iter().map(|role| quote_identifier(role)).collect();
        let _ = write!(sql, " TO {}", roles.join(", "));
    }
    if let Some(using) = &policy.using {
        let _ = write!(sql, " USING ({})", unwrapped(using));
    }
    if let Some(check) = &policy.check {
        let _ = write!(sql, " WITH CHECK ({})", unwrapped(check));
    }
    plan.add(
        (address.clone(), Stage::Create),
        part_of(name, address, vec![sql]),
    );
}

pub(crate) fn part_of(relation: &QualifiedName, address: Address, sql: Vec<String>) -> Part {
    Part {
        sql,
        needs: vec![(Address::Relation(relation.clone()), Stage::Create)],
        provides: vec![address],
    }
}

/// Attachments of a table's partitions: what is made on the parent alone comes after them.
pub(crate) fn attached(catalog: &Catalog, name: &QualifiedName, relation: &Relation) -> Vec<Key> {
    match relation.kind {
        RelationKind::PartitionedTable(_) => catalog
            .partitions(name)
            .map(|(partition, ..)| (Address::Relation(partition.clone()), Stage::Attach))
            .collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn write_constraint(
    catalog: &Catalog,
    name: &QualifiedName,
    relation: &Relation,
    constraint: &Constraint,
    plan: &mut Plan,
) {
    let address = Address::Constraint(name.clone(), constraint.name.clone());
    let quoted = quote_identifier(&constraint.name);
    match &constraint.kind {
        ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::Exclusion => {
            let mut sql = vec![format!(
                "ALTER TABLE ONLY {name} ADD CONSTRAINT {quoted} {}",
                constraint.definition
            )];
            let mut part = part_of(name, address.clone(), Vec::new());
            if let Some(index) = constraint
                .index
                .as_ref()
                .and_then(|index| relation.index(&index.name))
            {
                sql.extend(index_settings(name, index));
                part.provides.push(Address::Index(name.beside(&index.name)));
            }
            part.sql = sql;
            part.needs.extend(attached(catalog, name, relation));
            plan.add((address, Stage::Create), part);
        }
        ConstraintKind::ForeignKey(key) => {
            if let Some((parent, of)) = &constraint.parent {
                // The parent's makes it; one by another name was there before and is taken over.
                let above = Address::Constraint(parent.clone(), of.clone());
                plan.cut.insert((address.clone(), above.clone()));
                if *of == constraint.name {
                    return;
                }
                let needs = vec![(address.clone(), Stage::Create)];
                let part = Part {
                    needs,
                    ..Part::default()
                };
                plan.add((above, Stage::Create), part);
            }
            let only = match relation.kind {
                RelationKind::PartitionedTable(_) => "",
                _ => "ONLY ",
            };
            let sql = format!(
                "ALTER TABLE {only}{name} ADD CONSTRAINT {quoted} {}",
                constraint.definition
            );
            let mut part = part_of(name, address.clone(), vec![sql]);
            // Only partitions are attached, and looking for children takes a look at every relation.
            let tree = |of: &QualifiedName| match catalog.relation(of).map(|relation| &relation.kind) {
                Some(RelationKind::PartitionedTable(_)) => catalog.tree(of),
                _ => vec![of.clone()],
            };
            for table in tree(&key.references).iter().chain(&tree(name)) {
                if let Some(table_relation) = catalog.relation(table) {
                    part.needs.extend(attached(catalog, table, table_relation));
                    // A partitioned index is valid, and can be referenced, when all of it is attached.
                    part.needs.extend(
                        table_relation
                            .indexes
                            .iter()
                            .filter(|index| index.parent.is_some() && index.is_unique)
                            .map(|index| (Address::Index(table.beside(&index.name)), Stage::Attach)),
                    );
                }
            }
            plan.add((address, Stage::Create), part);
            prefer_its_index(catalog, constraint, key, plan);
        }
        ConstraintKind::Check | ConstraintKind::NotNull | ConstraintKind::Trigger => {}
    }
}

/// A foreign key takes the oldest of the indexes that would do: the others are made after its own.
fn prefer_its_index(catalog: &Catalog, constraint: &Constraint, key: &ForeignKey, plan: &mut Plan) {
    let Some((own, relation)) = constraint
        .index
        .as_ref()
        .and_then(|index| Some((index, catalog.relation(&key.references)?)))
    else {
        return;
    };
    let columns = |index: &Index| {
        let mut keys = index.keys.clone();
        keys.sort();
        keys
    };
    let maker = |index: &Index| match &index.constraint {
        Some(constraint) => Address::Constraint(key.references.clone(), constraint.clone()),
        None => Address::Index(key.references.beside(&index.name)),
    };
    let Some(chosen) = relation.index(&own.name) else {
        return;
    };
    for other in &relation.indexes {
        let is_another = other.is_unique && other.name != chosen.name && columns(other) == columns(chosen);
        let is_chosen_too = || {
            let mut others = catalog.referencing(&key.references);
            others.any(|(_, constraint, _)| constraint.index == Some(key.references.beside(&other.name)))
        };
        if is_another && !is_chosen_too() {
            let needs = vec![(maker(chosen), Stage::Create)];
            let part = Part {
                needs,
                ..Part::default()
            };
            plan.add((maker(other), Stage::Create), part);
        }
    }
}

pub(crate) fn write_index(
    catalog: &Catalog,
    name: &QualifiedName,
    relation: &Relation,
    index: &Index,
    plan: &mut Plan,
) {
    let own = name.beside(&index.name);
    let address = Address::Index(own.clone());
    let is_partitioned = matches!(relation.kind, RelationKind::PartitionedTable(_));
    if (!index.is_valid && !is_partitioned) || !index.is_live {
        return;
    }
    if index.constraint.is_none() {
        let mut sql = vec![index.definition.clone()];
        sql.extend(
            index_settings(name, index)
                .into_iter()
                .filter(|sql| !sql.contains(" SET (")),
        );
        let mut part = part_of(name, address.clone(), sql);
        part.needs.extend(attached(catalog, name, relation));
        plan.add((address, Stage::Create), part);
    }
    write_attachment(catalog, name, index, plan);
}

/// ALTER INDEX … ATTACH PARTITION for an index that is a part of a parent's.
pub(crate) fn write_attachment(catalog: &Catalog, name: &QualifiedName, index: &Index, plan: &mut Plan) {
    let Some(parent) = &index.parent else { return };
    let own = name.beside(&index.name);
    let maker = match &index.constraint {
        Some(constraint) => Address::Constraint(name.clone(), constraint.clone()),
        None => Address::Index(own.clone()),
    };
    let above = catalog
        .index(parent)
        .and_then(|(of, _, index)| Some(Address::Constraint(of.clone(), index.constraint.clone()?)))
        .unwrap_or_else(|| Address::Index(parent.clone()));
    let part = Part {
        sql: vec![format!("ALTER INDEX {parent} ATTACH PARTITION {own}")],
        needs: vec![
            (maker, Stage::Create),
            (above, Stage::Create),
            (Address::Relation(name.clone()), Stage::Attach),
        ],
        provides: Vec::new(),
    };
    plan.add((Address::Index(own), Stage::Attach), part);
}

/// Statements for what CREATE INDEX or ADD CONSTRAINT does not say.
pub(crate) fn index_settings(name: &QualifiedName, index: &Index) -> Vec<String> {
    let own = name.beside(&index.name);
    let mut sql = Vec::new();
    if !index.options.is_empty() {
        sql.push(format!("ALTER INDEX {own} SET ({})", with(&index.options, "")));
    }
    if let Some(tablespace) = &index.tablespace {
        sql.push(format!(
            "ALTER INDEX {own} SET TABLESPACE {}",
            quote_identifier(tablespace)
        ));
    }
    for (position, target) in &index.statistics {
        sql.push(format!(
            "ALTER INDEX {own} ALTER COLUMN {position} SET STATISTICS {target}"
        ));
    }
    sql
}

/// Row security, and what depends on indexes.
fn write_settings(name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
    let address = Address::Relation(name.clone());
    let mut sql = Vec::new();
    let mut needs = vec![(address.clone(), Stage::Create)];
    if matches!(relation.row_security, RowSecurity::On | RowSecurity::Forced) {
        sql.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
    }
    if matches!(
        relation.row_security,
        RowSecurity::Forced | RowSecurity::ForcedButOff
    ) {
        sql.push(format!("ALTER TABLE ONLY {name} FORCE ROW LEVEL SECURITY"));
    }
    let mut need_index = |index: &Index| {
        let maker = match &index.constraint {
            Some(constraint) => Address::Constraint(name.clone(), constraint.clone()),
            None => Address::Index(name.beside(&index.name)),
        };
        needs.push((maker, Stage::Create));
    };
    match &relation.replica_identity {
        ReplicaIdentity::Default => {}
        ReplicaIdentity::Nothing => sql.push(format!("ALTER TABLE ONLY {name} REPLICA IDENTITY NOTHING")),
        ReplicaIdentity::Full => sql.push(format!("ALTER TABLE ONLY {name} REPLICA IDENTITY FULL")),
        ReplicaIdentity::Index(index) => {
            if let Some(found) = relation.index(index) {
                need_index(found);
                let index = quote_identifier(index);
                sql.push(format!(
                    "ALTER TABLE ONLY {name} REPLICA IDENTITY USING INDEX {index}"
                ));
            }
        }
    }
    if let Some(index) = relation.indexes.iter().find(|index| index.is_clustered) {
        need_index(index);
        let index = quote_identifier(&index.name);
        sql.push(format!("ALTER TABLE {name} CLUSTER ON {index}"));
    }
    if !sql.is_empty() {
        let part = Part {
            sql,
            needs,
            provides: Vec::new(),
        };
        plan.add((address, Stage::Complete), part);
    }
}

pub(crate) fn write_trigger(
    name: &QualifiedName,
    relation: &Relation,
    trigger: &crate::catalog::Trigger,
    plan: &mut Plan,
) {
    let address = Address::Trigger(name.clone(), trigger.name.clone());
    let quoted = quote_identifier(&trigger.name);
    let state = format!(
        "ALTER TABLE ONLY {name} {} TRIGGER {quoted}",
        trigger.state.keyword()
    );
    if !trigger.is_inherited {
        let mut part = part_of(name, address.clone(), vec![trigger.definition.clone()]);
        let constraint = relation.constraint(&trigger.name);
        if constraint.is_some_and(|constraint| constraint.kind == ConstraintKind::Trigger) {
            part.provides
                .push(Address::Constraint(name.clone(), trigger.name.clone()));
        }
        plan.add((address.clone(), Stage::Create), part);
    }
    if trigger.state != FiringState::Origin {
        let mut needs = vec![(address.clone(), Stage::Create)];
        if let (true, Some(place)) = (trigger.is_inherited, &relation.partition_of) {
            needs.push((Address::Relation(name.clone()), Stage::Attach));
            let above = Address::Trigger(place.parent.clone(), trigger.name.clone());
            needs.push((above.clone(), Stage::Create));
            needs.push((above, Stage::Complete));
        }
        let part = Part {
            sql: vec![state],
            needs,
            provides: Vec::new(),
        };
        plan.add((address, Stage::Complete), part);
    }
}
