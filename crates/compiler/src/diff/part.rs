//! Parts of relations: defaults, constraints, indexes, triggers, rules and policies.

use super::column::set_options;
use super::emit::Emit;
use super::fate::Fate;
use super::kin;
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::write::relation::{self, unwrapped};
use crate::catalog::{
    Address, ColumnValue, Constraint, ConstraintKind, Index, QualifiedName, Relation, RelationKind,
};
use crate::sql::quote_identifier;

impl Emit<'_> {
    // ------------------------------------------------------------ defaults

    fn alter_for_default(&self, of: &QualifiedName, name: &str) -> String {
        let head = match self.new.relation(of).map(|relation| &relation.kind) {
            Some(RelationKind::View(_)) => "ALTER VIEW",
            _ => "ALTER TABLE ONLY",
        };
        format!("{head} {of} ALTER COLUMN {}", quote_identifier(name))
    }

    pub(super) fn create_default(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::Default(of.clone(), name.to_owned());
        let column = Address::Column(of.clone(), name.to_owned());
        // It comes with its column.
        if self.fate(&column).is_some_and(Fate::is_made) {
            return;
        }
        let found = self.new.relation(of).and_then(|relation| relation.column(name));
        let Some(ColumnValue::Default(value)) = found.map(|column| column.value.clone()) else {
            return;
        };
        let sql = format!("{} SET DEFAULT {value}", self.alter_for_default(of, name));
        let mut needs = self.after_leaving(of);
        needs.push((column, Stage::Create));
        needs.push((Address::Relation(of.clone()), Stage::Create));
        self.part((address.clone(), Stage::Create), vec![sql], needs, vec![address]);
    }

    pub(super) fn alter_default(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::Default(of.clone(), name.to_owned());
        let column = Address::Column(of.clone(), name.to_owned());
        let find = |catalog: &crate::catalog::Catalog| {
            let column = catalog.relation(of).and_then(|relation| relation.column(name));
            column.map(|column| (column.value.clone(), column.is_local))
        };
        let (Some((before, was_local)), Some((after, _))) = (find(self.old), find(self.new)) else {
            return;
        };
        let alter = self.alter_for_default(of, name);
        // These recurse to children, and are refused without them.
        let for_all = alter.replacen("ALTER TABLE ONLY", "ALTER TABLE", 1);
        let is_parents = !was_local
            && self
                .ancestors(of)
                .into_iter()
                .any(|parent| self.fate(&Address::Default(parent, name.to_owned())).is_some());
        let sql = match (&before, &after) {
            (ColumnValue::Stored(_), ColumnValue::Stored(value)) if !is_parents => {
                vec![format!("{for_all} SET EXPRESSION AS ({})", unwrapped(value))]
            }
            (ColumnValue::Stored(_), ColumnValue::Null | ColumnValue::Identity(_)) if !is_parents => {
                vec![format!("{for_all} DROP EXPRESSION")]
            }
            (ColumnValue::Stored(_), ColumnValue::Default(value)) if !is_parents => {
                vec![
                    format!("{for_all} DROP EXPRESSION"),
                    format!("{alter} SET DEFAULT {value}"),
                ]
            }
            (_, ColumnValue::Default(value)) => vec![format!("{alter} SET DEFAULT {value}")],
            _ => Vec::new(),
        };
        let mut needs = self.after_leaving(of);
        needs.push((column, Stage::Create));
        needs.push((Address::Relation(of.clone()), Stage::Create));
        if matches!(after, ColumnValue::Null | ColumnValue::Identity(_)) {
            // An identity is added when there is no expression any more.
            needs.clear();
            let column = Address::Column(of.clone(), name.to_owned());
            self.part(
                (column, Stage::Create),
                Vec::new(),
                vec![(address.clone(), Stage::Create)],
                Vec::new(),
            );
        }
        self.part((address.clone(), Stage::Create), sql, needs, vec![address]);
    }

    // ------------------------------------------------------------ constraints

    pub(super) fn create_constraint(&mut self, of: &QualifiedName, name: &str) {
        let new = self.new;
        let address = Address::Constraint(of.clone(), name.to_owned());
        let Some((relation, constraint)) = new
            .relation(of)
            .and_then(|relation| Some((relation, relation.constraint(name)?)))
        else {
            return;
        };
        let needs = self.after_leaving(of);
        match &constraint.kind {
            ConstraintKind::Check | ConstraintKind::NotNull => {
                if !constraint.is_local && self.comes_from_parent(of, &address) {
                    return;
                }
                let column = constraint
                    .columns
                    .first()
                    .map(|column| Address::Column(of.clone(), column.clone()));
                if constraint.kind == ConstraintKind::NotNull
                    && constraint.is_valid
                    && column.is_some_and(|column| self.fate(&column).is_some_and(Fate::is_made))
                {
                    // It is declared with its column.
                    return;
                }
                let sql = vec![add_constraint(of, relation, constraint)];
                let mut provides = vec![address.clone()];
                for child in self.heirs(of) {
                    provides.push(Address::Constraint(child, name.to_owned()));
                }
                self.part((address.clone(), Stage::Create), sql, needs, provides);
                self.prove_children(of, constraint);
                for parent in
                    self.before_parents_part(of, |parent| Address::Constraint(parent, name.to_owned()))
                {
                    self.part(
                        (parent, Stage::Create),
                        Vec::new(),
                        vec![(address.clone(), Stage::Create)],
                        Vec::new(),
                    );
                }
            }
            _ => {
                relation::write_constraint(new, of, relation, constraint, &mut self.plan);
                self.part((address, Stage::Create), Vec::new(), needs, Vec::new());
                if constraint.kind == ConstraintKind::PrimaryKey {
                    self.after_other_key(of, name);
                }
                if let Some(index) = relation
                    .indexes
                    .iter()
                    .find(|index| index.constraint.as_deref() == Some(name))
                {
                    self.attach_index(of, index);
                }
            }
        }
    }

    /// Checks of children that are proved, while the parent's is not.
    fn prove_children(&mut self, of: &QualifiedName, constraint: &Constraint) {
        if constraint.is_valid {
            return;
        }
        for child in self.heirs(of) {
            let Some(relation) = self.new.relation(&child) else {
                continue;
            };
            let found = relation.constraint(&constraint.name);
            if found.is_some_and(|found| found.is_valid && !found.is_local) {
                let (keyword, name) = (relation.kind.keyword(), quote_identifier(&constraint.name));
                let sql = vec![format!("ALTER {keyword} {child} VALIDATE CONSTRAINT {name}")];
                let needs = vec![(
                    Address::Constraint(of.clone(), constraint.name.clone()),
                    Stage::Create,
                )];
                let key = Address::Constraint(child, constraint.name.clone());
                self.part((key, Stage::Complete), sql, needs, Vec::new());
            }
        }
    }

    /// A foreign key that is made would take an index, or foreign keys of partitions, that go, and hold them.
    pub(super) fn after_other_targets(&mut self) {
        let new = self.new;
        for (of, relation) in &new.relations {
            for constraint in &relation.constraints {
                let ConstraintKind::ForeignKey(key) = &constraint.kind else {
                    continue;
                };
                let own = Address::Constraint(of.clone(), constraint.name.clone());
                if !self.is_made_with_whole(of) && !self.fate(&own).is_some_and(Fate::is_made) {
                    continue;
                }
                let target = self.old.relation(&key.references);
                let uniques = target.map_or(&[][..], |target| &target.indexes).iter();
                let uniques = uniques.filter(|index| index.is_unique);
                let mut going =
                    self.carriers(uniques.map(|index| Address::Index(key.references.beside(&index.name))));
                // It hangs on each partition of what it references.
                for part in kin::descendants(&self.old_children, &key.references) {
                    let part = Address::Relation(part.clone());
                    going.push((part.clone(), Stage::Leave));
                    going.extend(self.carriers([part]));
                }
                // That of a partitioned table makes those of partitions its own.
                if matches!(relation.kind, RelationKind::PartitionedTable(_)) {
                    for part in kin::descendants(&self.new_children, of) {
                        going.extend(self.parts_gone(part));
                    }
                }
                if !going.is_empty() {
                    self.part((own, Stage::Create), Vec::new(), going, Vec::new());
                }
            }
        }
    }

    /// There is one primary key at a time.
    fn after_other_key(&mut self, of: &QualifiedName, name: &str) {
        let former = self.old.relation(of).and_then(|relation| relation.primary_key());
        if let Some(former) = former.filter(|former| former.name != name) {
            let gone = self.carrier(&Address::Constraint(of.clone(), former.name.clone()));
            let own = Address::Constraint(of.clone(), name.to_owned());
            self.part((own, Stage::Create), Vec::new(), vec![gone], Vec::new());
        }
    }

    pub(super) fn alter_constraint(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::Constraint(of.clone(), name.to_owned());
        let find = |catalog: &crate::catalog::Catalog| {
            catalog
                .relation(of)
                .and_then(|found| found.constraint(name).cloned())
        };
        let (Some(one), Some(other)) = (find(self.old), find(self.new)) else {
            return;
        };
        let quoted = quote_identifier(name);
        let mut sql = Vec::new();
        if other.parent.is_some() || (!other.is_local && self.comes_from_parent(of, &address)) {
            return;
        }
        if one.is_deferrable != other.is_deferrable || one.is_deferred != other.is_deferred {
            let how = match (other.is_deferrable, other.is_deferred) {
                (false, _) => "NOT DEFERRABLE",
                (true, false) => "DEFERRABLE INITIALLY IMMEDIATE",
                (true, true) => "DEFERRABLE INITIALLY DEFERRED",
            };
            sql.push(format!("ALTER TABLE {of} ALTER CONSTRAINT {quoted} {how}"));
        }
        if one.is_enforced != other.is_enforced {
            let how = if other.is_enforced {
                "ENFORCED"
            } else {
                "NOT ENFORCED"
            };
            sql.push(format!("ALTER TABLE {of} ALTER CONSTRAINT {quoted} {how}"));
        }
        if !one.is_valid && other.is_valid && one.is_enforced == other.is_enforced {
            sql.push(format!("ALTER TABLE {of} VALIDATE CONSTRAINT {quoted}"));
        }
        let needs = self.after_leaving(of);
        self.part((address.clone(), Stage::Create), sql, needs, vec![address]);
    }

    /// A key whose index is built beside the old one.
    pub(super) fn swap_constraint(&mut self, of: &QualifiedName, name: &str) {
        let new = self.new;
        let address = Address::Constraint(of.clone(), name.to_owned());
        let Some((relation, constraint)) = new
            .relation(of)
            .and_then(|relation| Some((relation, relation.constraint(name)?)))
        else {
            return;
        };
        let Some(index) = relation
            .indexes
            .iter()
            .find(|index| index.constraint.as_deref() == Some(name))
        else {
            return;
        };
        let quoted = quote_identifier(name);
        let aside = self.aside(&of.beside(&index.name));
        let build = index.definition.replacen(
            &format!(" INDEX {} ON", quote_identifier(&index.name)),
            &format!(" INDEX {} ON", quote_identifier(&aside.name)),
            1,
        );
        let kind = match constraint.kind {
            ConstraintKind::PrimaryKey => "PRIMARY KEY",
            _ => "UNIQUE",
        };
        let when = match (constraint.is_deferrable, constraint.is_deferred) {
            (false, _) => "",
            (true, false) => " DEFERRABLE",
            (true, true) => " DEFERRABLE INITIALLY DEFERRED",
        };
        // What needs the key need not be away while the index is built.
        let own_index = Address::Index(of.beside(&index.name));
        let mut needs = self.after_leaving(of);
        let used = new.dependencies.of(&own_index).map(|(used, _)| used);
        needs.extend(
            used.filter(|used| **used != address)
                .map(|used| (used.clone(), Stage::Create)),
        );
        self.part((address.clone(), Stage::Shell), vec![build], needs, Vec::new());
        let mut sql = vec![format!(
            "ALTER TABLE {of} DROP CONSTRAINT {quoted}, ADD CONSTRAINT {quoted} {kind} USING INDEX {}{when}",
            quote_identifier(&aside.name)
        )];
        sql.extend(
            relation::index_settings(of, index)
                .into_iter()
                .filter(|sql| !sql.contains(" SET (")),
        );
        let mut needs = vec![(address.clone(), Stage::Shell)];
        needs.extend(self.dependents_gone(&address));
        needs.extend(self.dependents_gone(&own_index));
        self.part(
            (address.clone(), Stage::Create),
            sql,
            needs,
            vec![address, own_index],
        );
        self.attach_index(of, index);
    }

    // ------------------------------------------------------------ indexes

    pub(super) fn create_index(&mut self, name: &QualifiedName) {
        let new = self.new;
        let Some((of, relation, index)) = self.new_index(name) else {
            return;
        };
        if self.is_made_with_whole(of) {
            return;
        }
        let address = Address::Index(name.clone());
        if let Some(constraint) = &index.constraint {
            // Made with its constraint, and attached with it.
            if !self
                .fate(&Address::Constraint(of.clone(), constraint.clone()))
                .is_some_and(Fate::is_made)
            {
                self.cannot(
                    &address,
                    "it has become the index of a constraint that was there before",
                );
            }
            return;
        }
        relation::write_index(new, of, relation, index, &mut self.plan);
        let mut needs = self.after_leaving(of);
        needs.extend(self.index_was_constraints(of, &index.name));
        self.part((address, Stage::Create), Vec::new(), needs, Vec::new());
    }

    fn index_was_constraints(&self, of: &QualifiedName, name: &str) -> Vec<Key> {
        let constraint = self
            .old
            .relation(of)
            .and_then(|relation| relation.index(name)?.constraint.clone());
        constraint
            .map(|constraint| self.carrier(&Address::Constraint(of.clone(), constraint)))
            .into_iter()
            .collect()
    }

    /// ALTER INDEX … ATTACH PARTITION for an index that comes with its constraint, or in the place of another.
    fn attach_index(&mut self, of: &QualifiedName, index: &Index) {
        if index.parent.is_some() {
            relation::write_attachment(self.new, of, index, &mut self.plan);
            let own = (Address::Index(of.beside(&index.name)), Stage::Attach);
            let needs = self.after_leaving(of);
            self.part(own, Vec::new(), needs, Vec::new());
        }
    }

    pub(super) fn alter_index(&mut self, name: &QualifiedName) {
        let (Some((.., one)), Some((of, _, other))) = (self.old_index(name), self.new_index(name)) else {
            return;
        };
        let address = Address::Index(name.clone());
        let mut sql = set_options(&format!("ALTER INDEX {name}"), &one.options, &other.options, "");
        if let (false, Some(options)) = (sql.is_empty(), options_of(&other.definition))
            && other.options.len() > 1
        {
            // The server lists them in the order in which they were given.
            let names: Vec<String> = one.options.keys().map(|name| quote_identifier(name)).collect();
            sql = match names.is_empty() {
                true => Vec::new(),
                false => vec![format!("ALTER INDEX {name} RESET ({})", names.join(", "))],
            };
            sql.push(format!("ALTER INDEX {name} SET ({options})"));
        }
        if one.tablespace != other.tablespace {
            let tablespace = other.tablespace.as_deref().unwrap_or("pg_default");
            sql.push(format!(
                "ALTER INDEX {name} SET TABLESPACE {}",
                quote_identifier(tablespace)
            ));
        }
        for (position, before, after) in super::fate::both(&one.statistics, &other.statistics) {
            if before != after {
                let target = after.copied().unwrap_or(-1);
                sql.push(format!(
                    "ALTER INDEX {name} ALTER COLUMN {position} SET STATISTICS {target}"
                ));
            }
        }
        let needs = self.after_leaving(of);
        self.part((address.clone(), Stage::Create), sql, needs, Vec::new());
        if one.parent != other.parent
            && let Some(parent) = &other.parent
        {
            let above = match self.new_index(parent) {
                Some((table, _, index)) => match &index.constraint {
                    Some(constraint) => Address::Constraint(table.clone(), constraint.clone()),
                    None => Address::Index(parent.clone()),
                },
                None => Address::Index(parent.clone()),
            };
            let mut needs = vec![
                (above, Stage::Create),
                (Address::Relation(of.clone()), Stage::Attach),
            ];
            needs.extend(self.after_leaving(of));
            let sql = vec![format!("ALTER INDEX {parent} ATTACH PARTITION {name}")];
            self.part((address, Stage::Attach), sql, needs, Vec::new());
        }
    }

    /// An index that is built beside the old one.
    pub(super) fn swap_index(&mut self, name: &QualifiedName) {
        let Some((of, _, index)) = self.new_index(name) else {
            return;
        };
        // A constraint's is built with it.
        if index.constraint.is_some() {
            return;
        }
        let address = Address::Index(name.clone());
        let aside = self.aside(name);
        let quoted = quote_identifier(&index.name);
        let build = index.definition.replacen(
            &format!(" INDEX {quoted} ON"),
            &format!(" INDEX {} ON", quote_identifier(&aside.name)),
            1,
        );
        let mut sql = vec![
            build,
            format!("DROP INDEX {name}"),
            format!("ALTER INDEX {aside} RENAME TO {quoted}"),
        ];
        sql.extend(
            relation::index_settings(of, index)
                .into_iter()
                .filter(|sql| !sql.contains(" SET (")),
        );
        let mut needs = self.after_leaving(of);
        needs.extend(self.dependents_gone(&address));
        self.part((address.clone(), Stage::Create), sql, needs, vec![address]);
        self.attach_index(of, index);
    }

    // ------------------------------------------------------------ triggers, rules, policies

    pub(super) fn alter_trigger(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::Trigger(of.clone(), name.to_owned());
        let found = self
            .new
            .relation(of)
            .and_then(|found| found.triggers.iter().find(|trigger| trigger.name == name));
        let Some(trigger) = found else { return };
        let state = trigger.state;
        let sql = format!(
            "ALTER TABLE ONLY {of} {} TRIGGER {}",
            state.keyword(),
            quote_identifier(name)
        );
        self.part(
            (address.clone(), Stage::Complete),
            vec![sql],
            vec![(address, Stage::Create)],
            Vec::new(),
        );
    }

    pub(super) fn alter_rule(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::Rule(of.clone(), name.to_owned());
        let find = |catalog: &crate::catalog::Catalog| {
            let relation = catalog.relation(of);
            relation.and_then(|found| found.rules.iter().find(|rule| rule.name == name).cloned())
        };
        let (Some(one), Some(other)) = (find(self.old), find(self.new)) else {
            return;
        };
        let mut sql = Vec::new();
        if one.definition != other.definition {
            let text = other.definition.trim().trim_end_matches(';');
            sql.push(text.replacen("CREATE RULE", "CREATE OR REPLACE RULE", 1));
        }
        if one.state != other.state {
            sql.push(format!(
                "ALTER TABLE {of} {} RULE {}",
                other.state.keyword(),
                quote_identifier(name)
            ));
        }
        let needs = vec![(Address::Relation(of.clone()), Stage::Create)];
        self.part((address.clone(), Stage::Create), sql, needs, vec![address]);
    }

    pub(super) fn alter_policy(&mut self, of: &QualifiedName, name: &str) {
        let address = Address::Policy(of.clone(), name.to_owned());
        let find = |catalog: &crate::catalog::Catalog| {
            let relation = catalog.relation(of);
            relation.and_then(|found| found.policies.iter().find(|policy| policy.name == name).cloned())
        };
        let (Some(one), Some(other)) = (find(self.old), find(self.new)) else {
            return;
        };
        let mut sql = format!("ALTER POLICY {} ON {of}", quote_identifier(name));
        if one.roles != other.roles {
            let roles: Vec<String> = other.roles.iter().map(|role| quote_identifier(role)).collect();
            let roles = if roles.is_empty() {
                "PUBLIC".to_owned()
            } else {
                roles.join(", ")
            };
            sql.push_str(&format!(" TO {roles}"));
        }
        if one.using != other.using
            && let Some(using) = &other.using
        {
            sql.push_str(&format!(" USING ({})", unwrapped(using)));
        }
        if one.check != other.check
            && let Some(check) = &other.check
        {
            sql.push_str(&format!(" WITH CHECK ({})", unwrapped(check)));
        }
        let needs = self.after_leaving(of);
        self.part((address.clone(), Stage::Create), vec![sql], needs, vec![address]);
    }
}

/// ALTER TABLE … ADD CONSTRAINT for a check or NOT NULL. ONLY would forbid a check that children have to have.
fn add_constraint(of: &QualifiedName, relation: &Relation, constraint: &Constraint) -> String {
    let keyword = relation.kind.keyword();
    let only = if constraint.is_no_inherit && keyword == "TABLE" {
        "ONLY "
    } else {
        ""
    };
    format!(
        "ALTER {keyword} {only}{of} ADD CONSTRAINT {} {}",
        quote_identifier(&constraint.name),
        constraint.definition
    )
}

/// What stands in WITH (…) of an index's definition.
fn options_of(definition: &str) -> Option<&str> {
    let (_, rest) = definition.split_once(" WITH (")?;
    Some(rest.split_once(')')?.0)
}
