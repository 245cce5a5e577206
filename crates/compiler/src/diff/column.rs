//! Columns: what differs, and the statements that make, alter and widen them.

use super::cast::{self, Cast};
use super::emit::Emit;
use super::fate::{Fate, has_default};
use super::not_null;
use super::spread::is_retyped;
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::write::relation::{foreign_options, identity_clause, unwrapped, with};
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, ConstraintKind, Identity, Options, QualifiedName, Relation,
    RelationKind, Type,
};
use crate::sql::{quote_identifier, quote_literal};

/// What becomes of a column's expression; `Replace` is for the whole column.
pub(super) fn expression(new: &Catalog, one: &ColumnValue, other: &ColumnValue) -> Option<Fate> {
    use ColumnValue::{Default, Identity, Null, Stored, Virtual};
    match (one, other) {
        _ if one == other => None,
        (Null | Identity(_), Null | Identity(_)) => None,
        (Null | Identity(_), Default(_)) => Some(Fate::Create),
        (Default(_), Null | Identity(_)) => Some(Fate::Drop),
        (Default(_), Default(_)) => Some(Fate::Alter),
        // The values that are stored stay.
        (Stored(_), Null | Default(_) | Identity(_)) => Some(Fate::Alter),
        (Stored(_), Stored(_)) if new.major() >= 17 => Some(Fate::Alter),
        (Stored(_) | Virtual(_), _) | (_, Stored(_) | Virtual(_)) => Some(Fate::Replace),
    }
}

/// Whether the column itself is altered.
pub(super) fn compare(one: &Column, other: &Column) -> Option<Fate> {
    let identity = |column: &Column| match &column.value {
        ColumnValue::Identity(identity) => Some(identity.clone()),
        _ => None,
    };
    let is_same = one.data_type == other.data_type
        && one.collation == other.collation
        && one.is_not_null == other.is_not_null
        && identity(one) == identity(other)
        && one.statistics == other.statistics
        && one.storage == other.storage
        && one.compression == other.compression
        && one.options == other.options
        && one.foreign_options == other.foreign_options;
    (!is_same).then_some(Fate::Alter)
}

/// Whether a change of type needs a cast in the statement.
pub(super) fn needs_cast(old: &Catalog, new: &Catalog, one: &Column, other: &Column) -> bool {
    let (from, to) = (named(one), named(other));
    cast::cast(old, new, from, to) != Cast::Assignment
}

fn named(column: &Column) -> cast::Named<'_> {
    (&column.data_type, column.user_type.as_ref())
}

/// What SET and RESET make of options that differ, for `ALTER … (…)`.
pub(super) fn set_options(alter: &str, one: &Options, other: &Options, prefix: &str) -> Vec<String> {
    let mut sql = Vec::new();
    let set: Options = other
        .iter()
        .filter(|(name, value)| one.get(*name) != Some(*value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let reset: Vec<String> = one
        .keys()
        .filter(|name| !other.contains_key(*name))
        .map(|name| format!("{prefix}{}", quote_identifier(name)))
        .collect();
    if !reset.is_empty() {
        sql.push(format!("{alter} RESET ({})", reset.join(", ")));
    }
    if !set.is_empty() {
        sql.push(format!("{alter} SET ({})", with(&set, prefix)));
    }
    sql
}

/// `OPTIONS (ADD …, SET …, DROP …)` of foreign data, with a space before; nothing where nothing differs.
pub(super) fn alter_foreign_options(one: &Options, other: &Options) -> String {
    let mut changes = Vec::new();
    for (name, before, after) in super::fate::both(one, other) {
        let name = quote_identifier(name);
        match (before, after) {
            (Some(before), Some(after)) if before != after => {
                changes.push(format!("SET {name} {}", quote_literal(after)))
            }
            (None, Some(after)) => changes.push(format!("ADD {name} {}", quote_literal(after))),
            (Some(_), None) => changes.push(format!("DROP {name}")),
            _ => {}
        }
    }
    if changes.is_empty() {
        String::new()
    } else {
        format!(" OPTIONS ({})", changes.join(", "))
    }
}

/// The storage that a type has by itself.
fn usual_storage(data_type: &str) -> &'static str {
    let is_main = ["numeric", "inet", "cidr"]
        .iter()
        .any(|main| data_type.starts_with(main));
    if is_main && !data_type.ends_with("[]") {
        "MAIN"
    } else {
        "EXTENDED"
    }
}

impl Emit<'_> {
    /// A column that a table gets.
    pub(super) fn create_column(&mut self, of: &QualifiedName, name: &str) {
        let new = self.new;
        let address = Address::Column(of.clone(), name.to_owned());
        if let Some(Type::Composite(attributes)) = new.types.get(of) {
            if let Some(attribute) = attributes.iter().find(|attribute| attribute.name == name) {
                let sql = format!("ALTER TYPE {of} ADD ATTRIBUTE {}", declared(attribute));
                let needs = self.after_leaving(of);
                self.part((address.clone(), Stage::Create), vec![sql], needs, vec![address]);
            }
            return;
        }
        let Some((relation, column)) = new
            .relation(of)
            .and_then(|relation| Some((relation, relation.column(name)?)))
        else {
            return;
        };
        let settings = settings(of, None, column);
        if !column.is_local && self.comes_from_parent(of, &address) {
            self.differs_from_parent(of, relation, column);
            self.settle(&address, settings);
            return;
        }
        let mut text = declared(column);
        let mut late = None;
        let mut provides = vec![address.clone()];
        let default = Address::Default(of.clone(), name.to_owned());
        text.push_str(&foreign_options(&column.foreign_options));
        let is_held = has_default(column) && self.holds_rows_all_along(of);
        match &column.value {
            ColumnValue::Null => {}
            // It would rewrite the table.
            ColumnValue::Default(value) if is_held => late = Some(value.clone()),
            // It would be computed for rows that are there, by a setting that this session may not have.
            ColumnValue::Default(value) if value.contains("current_setting(") => late = Some(value.clone()),
            ColumnValue::Default(value) => text.push_str(&format!(" DEFAULT {value}")),
            ColumnValue::Stored(value) => {
                text.push_str(&format!(" GENERATED ALWAYS AS ({}) STORED", unwrapped(value)));
            }
            ColumnValue::Virtual(value) => {
                text.push_str(&format!(" GENERATED ALWAYS AS ({})", unwrapped(value)))
            }
            ColumnValue::Identity(Identity {
                is_always,
                sequence: Some(sequence),
            }) => {
                text.push_str(&identity_clause(new, sequence, *is_always));
                provides.push(Address::Relation(sequence.clone()));
            }
            ColumnValue::Identity(_) => {}
        }
        if has_default(column) {
            provides.push(default);
        }
        if column.is_not_null && !is_held {
            text.push_str(&not_null(relation, column, &mut provides, of));
        }
        let keyword = if matches!(relation.kind, RelationKind::ForeignTable(_)) {
            "FOREIGN TABLE"
        } else {
            "TABLE"
        };
        let sql = format!("ALTER {keyword} {of} ADD COLUMN {text}");
        let has_value = !matches!(column.value, ColumnValue::Null);
        if column.is_not_null && !has_value && !self.is_replaced(&address) {
            self.remark(
                &sql,
                format!("fails where {of} has rows: the column is NOT NULL and has no default"),
            );
        }
        for child in self.heirs(of) {
            provides.push(Address::Column(child.clone(), name.to_owned()));
            provides.push(Address::Default(child, name.to_owned()));
        }
        let mut needs = self.after_leaving(of);
        if has_value {
            needs.extend(self.while_no_rows_are_held((address.clone(), Stage::Create), of));
        }
        let mut sql = vec![sql];
        if let Some(value) = late {
            let quoted = quote_identifier(name);
            let alter = format!("ALTER {keyword} {of} ALTER COLUMN {quoted}");
            let set = format!("{alter} SET DEFAULT {value}");
            if is_held {
                sql.extend([set, format!("UPDATE {of} SET {quoted} = DEFAULT")]);
                if column.is_not_null {
                    sql.push(format!("{alter} SET NOT NULL"));
                }
            } else {
                self.remark(
                    &set,
                    "rows that are there have no value: the default depends on the session".to_owned(),
                );
                sql.push(set);
            }
        }
        self.part((address.clone(), Stage::Create), sql, needs, provides);
        // A parent's column is added when children have their own.
        for parent in self.before_parents_part(of, |parent| Address::Column(parent, name.to_owned())) {
            self.part(
                (parent, Stage::Create),
                Vec::new(),
                vec![(address.clone(), Stage::Create)],
                Vec::new(),
            );
        }
        self.settle(&address, settings);
    }

    /// Statements for what ADD COLUMN does not say.
    fn settle(&mut self, address: &Address, settings: Vec<String>) {
        if !settings.is_empty() {
            let needs = self.column_needs(address);
            self.part((address.clone(), Stage::Complete), settings, needs, Vec::new());
        }
    }

    fn column_needs(&self, address: &Address) -> Vec<Key> {
        let mut needs = vec![(address.clone(), Stage::Create)];
        if let Address::Column(of, name) = address {
            for ancestor in self.ancestors(of) {
                needs.push((Address::Column(ancestor, name.clone()), Stage::Create));
            }
        }
        needs
    }

    /// What an inherited column has that its parent's has not.
    fn differs_from_parent(&mut self, of: &QualifiedName, relation: &Relation, column: &Column) {
        let parents: Vec<&Column> = super::kin::parents(relation)
            .filter_map(|parent| self.new.relation(parent)?.column(&column.name))
            .collect();
        let alter = format!(
            "ALTER TABLE ONLY {of} ALTER COLUMN {}",
            quote_identifier(&column.name)
        );
        let mut sql = Vec::new();
        let is_other = parents.iter().any(|parent| parent.value != column.value);
        match &column.value {
            ColumnValue::Default(value) if is_other => sql.push(format!("{alter} SET DEFAULT {value}")),
            ColumnValue::Null
                if is_other
                    && parents
                        .iter()
                        .any(|parent| matches!(parent.value, ColumnValue::Default(_))) =>
            {
                sql.push(format!("{alter} DROP DEFAULT"));
            }
            _ => {}
        }
        if column.is_not_null && parents.iter().all(|parent| !parent.is_not_null) {
            sql.push(format!("{alter} SET NOT NULL"));
        }
        self.settle(&Address::Column(of.clone(), column.name.clone()), sql);
    }

    /// A column that changes where it is.
    pub(super) fn alter_column(&mut self, of: &QualifiedName, name: &str) {
        let (old, new) = (self.old, self.new);
        let address = Address::Column(of.clone(), name.to_owned());
        if new.types.contains_key(of) {
            return self.alter_attribute(of, name);
        }
        let (Some(before), Some(after)) = (old.relation(of), new.relation(of)) else {
            return;
        };
        let (Some(one), Some(other)) = (before.column(name), after.column(name)) else {
            return;
        };
        let quoted = quote_identifier(name);
        let keyword = after.kind.keyword();
        let only = match after.kind {
            RelationKind::ForeignTable(_) | RelationKind::MaterializedView(_) => {
                format!("ALTER {keyword} {of}")
            }
            _ => format!("ALTER TABLE ONLY {of}"),
        };
        let alter = format!("{only} ALTER COLUMN {quoted}");
        let for_all = format!("ALTER {keyword} {of} ALTER COLUMN {quoted}");
        let mut sql = Vec::new();
        let is_moved = other
            .user_type
            .as_ref()
            .is_some_and(|user_type| self.is_swapped(user_type));
        let is_retyped = is_retyped(old, new, &address) || is_moved;
        if is_retyped && !self.comes_from_parent(of, &address) {
            sql.push(self.retype(of, one, other, &for_all));
        }
        let identity = |column: &Column| match &column.value {
            ColumnValue::Identity(identity) => Some(identity.clone()),
            _ => None,
        };
        let (old_identity, new_identity) = (identity(one), identity(other));
        if let (Some(_), None) = (&old_identity, &new_identity)
            && old_identity
                .as_ref()
                .is_some_and(|identity| identity.sequence.is_some())
        {
            sql.push(format!("{for_all} DROP IDENTITY"));
        }
        self.not_null_change(of, before, after, one, other, &mut sql);
        if let (Some(before), Some(after)) = (&old_identity, &new_identity)
            && before.is_always != after.is_always
            && after.sequence.is_some()
        {
            let how = if after.is_always { "ALWAYS" } else { "BY DEFAULT" };
            sql.push(format!("{for_all} SET GENERATED {how}"));
        }
        let mut provides = vec![address.clone()];
        if is_retyped {
            for child in self.heirs(of) {
                provides.push(Address::Column(child, name.to_owned()));
            }
        }
        if let (
            None,
            Some(Identity {
                is_always,
                sequence: Some(sequence),
            }),
        ) = (&old_identity, &new_identity)
        {
            sql.extend(self.become_identity(of, one, sequence, *is_always));
            provides.push(Address::Relation(sequence.clone()));
        }
        let mut altered = one.clone();
        if is_retyped {
            (altered.storage, altered.compression) = (None, None);
        }
        sql.extend(changed_settings(new, &alter, &altered, other));
        let foreign = alter_foreign_options(&one.foreign_options, &other.foreign_options);
        if !foreign.is_empty() {
            sql.push(format!("ALTER FOREIGN TABLE {of} ALTER COLUMN {quoted}{foreign}"));
        }
        let mut needs = self.after_leaving(of);
        needs.extend(self.dependents_gone(&address));
        if is_retyped {
            for child in self.heirs(of) {
                needs.extend(self.dependents_gone(&Address::Column(child, name.to_owned())));
            }
            needs.extend(self.while_no_rows_are_held((address.clone(), Stage::Create), of));
        }
        for ancestor in self.ancestors(of) {
            needs.push((Address::Column(ancestor, name.to_owned()), Stage::Create));
        }
        // NOT NULL goes when the column is in the primary key no more.
        let in_key = |relation: &Relation| {
            let key = relation.primary_key()?;
            let is_in = key.columns.iter().any(|column| column == name);
            is_in.then(|| Address::Constraint(of.clone(), key.name.clone()))
        };
        if let (true, false, Some(key), None) =
            (one.is_not_null, other.is_not_null, in_key(before), in_key(after))
            && self.fate(&key) == Some(Fate::Swap)
        {
            needs.push((key, Stage::Create));
        }
        self.part((address.clone(), Stage::Create), sql, needs, provides);
    }

    fn alter_attribute(&mut self, of: &QualifiedName, name: &str) {
        let find = |catalog: &Catalog| match catalog.types.get(of) {
            Some(Type::Composite(attributes)) => attributes
                .iter()
                .find(|attribute| attribute.name == name)
                .cloned(),
            _ => None,
        };
        let Some(other) = find(self.new) else { return };
        let address = Address::Column(of.clone(), name.to_owned());
        let mut sql = format!(
            "ALTER TYPE {of} ALTER ATTRIBUTE {} TYPE {}",
            quote_identifier(name),
            other.data_type
        );
        if let Some(collation) = &other.collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        let mut needs = self.dependents_gone(&address);
        needs.extend(self.after_leaving(of));
        needs.extend(self.while_no_values_are_held((address.clone(), Stage::Create), of));
        self.part((address.clone(), Stage::Create), vec![sql], needs, vec![address]);
    }

    /// ALTER COLUMN … TYPE, with what becomes of values.
    fn retype(&mut self, of: &QualifiedName, one: &Column, other: &Column, alter: &str) -> String {
        let quoted = quote_identifier(&one.name);
        let mut sql = format!("{alter} TYPE {}", other.data_type);
        if let Some(collation) = &other.collation {
            sql.push_str(&format!(" COLLATE {collation}"));
        }
        let is_same = one.data_type == other.data_type;
        let way = cast::cast(self.old, self.new, named(one), named(other));
        let swapped = other
            .user_type
            .as_ref()
            .filter(|user_type| self.is_swapped(user_type))
            .cloned();
        let is_foreign = alter.starts_with("ALTER FOREIGN TABLE");
        match (way, &swapped) {
            // Its values are elsewhere.
            _ if is_foreign => return sql,
            (_, Some(user_type)) => {
                let value = self.moved(&quoted, one, other, user_type);
                sql.push_str(&format!(" USING {value}"));
            }
            (Cast::Assignment, None) => {}
            (Cast::Explicit, None) => sql.push_str(&format!(" USING {quoted}::{}", other.data_type)),
            (Cast::Text, None) => sql.push_str(&format!(" USING {quoted}::text::{}", other.data_type)),
        }
        let column = format!("{of}.{quoted}");
        if let Some(user_type) = &swapped {
            if let (Some(Type::Enum(before)), Some(Type::Enum(after))) =
                (self.old.types.get(user_type), self.new.types.get(user_type))
            {
                let gone: Vec<String> = before
                    .iter()
                    .filter(|label| !after.contains(label))
                    .map(|label| quote_literal(label))
                    .collect();
                if !gone.is_empty() {
                    self.loses(
                        &sql,
                        format!(
                            "rows of {of} with {} in {quoted} make it fail: change them before",
                            gone.join(" or ")
                        ),
                    );
                    self.remark(
                        &sql,
                        "as an expand and contract: add a column of the new type, fill it, switch, drop the old one".to_owned(),
                    );
                }
            } else if let Some(why) = self.swap_loses(user_type) {
                self.loses(
                    &sql,
                    format!("values of {column} that {why} make it fail or are changed"),
                );
            }
        } else if !is_same && !cast::keeps_values(self.old, self.new, named(one), named(other)) {
            self.loses(
                &sql,
                format!(
                    "values of {column} that are no {} make it fail or are changed",
                    other.data_type
                ),
            );
        }
        sql
    }

    /// The value of a column whose type is made beside its old self.
    fn moved(&self, quoted: &str, one: &Column, other: &Column, user_type: &QualifiedName) -> String {
        let target = &other.data_type;
        let after = self.new.types.get(user_type);
        let after = after.map(|kind| self.in_order_of_tables(user_type, kind));
        if let (Some(Type::Composite(before)), Some(Type::Composite(after)), false) = (
            self.old.types.get(user_type),
            after.as_deref(),
            target.ends_with("[]") || one.data_type != *target,
        ) {
            let fields: Vec<String> = after
                .iter()
                .map(|attribute| {
                    let field = format!("({quoted}).{}", quote_identifier(&attribute.name));
                    match before.iter().find(|before| before.name == attribute.name) {
                        None => "NULL".to_owned(),
                        Some(before)
                            if before.data_type == attribute.data_type
                                && !before.user_type.as_ref().is_some_and(|of| self.is_swapped(of)) =>
                        {
                            field
                        }
                        Some(_) => format!("{field}::text::{}", attribute.data_type),
                    }
                })
                .collect();
            return format!(
                "CASE WHEN {quoted} IS NOT DISTINCT FROM NULL THEN NULL ELSE ROW({})::{target} END",
                fields.join(", ")
            );
        }
        format!("{quoted}::text::{target}")
    }

    fn not_null_change(
        &self,
        of: &QualifiedName,
        before: &Relation,
        after: &Relation,
        one: &Column,
        other: &Column,
        sql: &mut Vec<String>,
    ) {
        // What a parent's statement has done already.
        let mut is_not_null = one.is_not_null;
        for parent in super::kin::parents(after) {
            if self.lets_go_alone(parent, &one.name) {
                continue;
            }
            let find = |catalog: &Catalog| {
                let column = catalog
                    .relation(parent)
                    .and_then(|relation| relation.column(&one.name).cloned());
                column.map(|column| column.is_not_null)
            };
            if let (Some(old), Some(new)) = (find(self.old), find(self.new))
                && old != new
                && super::kin::parents(before).any(|other| other == parent)
            {
                is_not_null = new;
            }
        }
        // Older servers have no constraints to be named.
        let has_names = self.old.major() >= 18 && self.new.major() >= 18;
        let mut statements = not_null::statements(
            of,
            before,
            after,
            &one.name,
            is_not_null,
            other.is_not_null,
            has_names,
        );
        if self.lets_go_alone(of, &one.name) {
            for statement in &mut statements {
                if statement.ends_with(" DROP NOT NULL") {
                    *statement = statement.replacen("ALTER TABLE ", "ALTER TABLE ONLY ", 1);
                }
            }
        }
        sql.extend(statements);
    }

    /// Whether the table's column may be NULL from now on, while one of a child that stays may not.
    fn lets_go_alone(&self, of: &QualifiedName, name: &str) -> bool {
        let is_not_null = |catalog: &Catalog, of: &QualifiedName| {
            let column = catalog.relation(of).and_then(|relation| relation.column(name));
            column.map(|column| column.is_not_null)
        };
        let is_table = self
            .new
            .relation(of)
            .is_some_and(|relation| relation.kind == RelationKind::Table);
        is_table
            && is_not_null(self.old, of) == Some(true)
            && is_not_null(self.new, of) == Some(false)
            && self
                .heirs(of)
                .iter()
                .any(|child| is_not_null(self.new, child) == Some(true))
    }

    /// ADD GENERATED … AS IDENTITY; the position of an owned sequence goes over to it.
    fn become_identity(
        &mut self,
        of: &QualifiedName,
        one: &Column,
        sequence: &QualifiedName,
        is_always: bool,
    ) -> Vec<String> {
        let quoted = quote_identifier(&one.name);
        let clause = identity_clause(self.new, sequence, is_always);
        let add = format!("ALTER TABLE {of} ALTER COLUMN {quoted} ADD{clause}");
        let Some(former) = self.handed_over(of, &one.name) else {
            self.remark(
                &add,
                format!("the sequence begins at its start, whatever {of}.{quoted} holds"),
            );
            return vec![add];
        };
        let aside = self.aside(&former);
        let mut sql = Vec::new();
        if former == *sequence {
            sql.push(format!("ALTER SEQUENCE {former} OWNED BY NONE"));
            sql.push(format!(
                "ALTER SEQUENCE {former} RENAME TO {}",
                quote_identifier(&aside.name)
            ));
        }
        let from = if former == *sequence { &aside } else { &former };
        sql.push(add);
        let literal = quote_literal(&sequence.to_string());
        sql.push(format!(
            "SELECT pg_catalog.setval({literal}, last_value, is_called) FROM {from}"
        ));
        sql.push(format!("DROP SEQUENCE {from}"));
        sql
    }

    /// The sequence of a serial column that becomes an identity column, and that goes.
    pub(super) fn handed_over(&self, of: &QualifiedName, column: &str) -> Option<QualifiedName> {
        let find = |catalog: &Catalog| {
            catalog
                .relation(of)
                .and_then(|relation| relation.column(column).cloned())
        };
        let is_identity = |column: &Column| matches!(column.value, ColumnValue::Identity(_));
        if is_identity(&find(self.old)?) || !is_identity(&find(self.new)?) {
            return None;
        }
        let address = Address::Column(of.clone(), column.to_owned());
        if self.fate(&address).is_some_and(Fate::is_gone) {
            return None;
        }
        let owned = self
            .old
            .dependencies
            .on(&address)
            .find_map(|(dependent, _)| match dependent {
                Address::Relation(name) => match &self.old.relation(name)?.kind {
                    RelationKind::Sequence(_) => Some(name.clone()),
                    _ => None,
                },
                _ => None,
            });
        owned.filter(|name| {
            self.fates
                .get(&Address::Relation(name.clone()))
                .is_some_and(|fate| fate.is_gone())
        })
    }
}

/// A column as ADD COLUMN begins it: name, type and collation.
fn declared(column: &Column) -> String {
    let mut text = format!("{} {}", quote_identifier(&column.name), column.data_type);
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    text
}

fn not_null(relation: &Relation, column: &Column, provides: &mut Vec<Address>, of: &QualifiedName) -> String {
    let named = relation.constraints.iter().find(|constraint| {
        constraint.kind == ConstraintKind::NotNull && constraint.columns == [column.name.as_str()]
    });
    match named {
        Some(constraint) if constraint.is_valid => {
            provides.push(Address::Constraint(of.clone(), constraint.name.clone()));
            let no_inherit = if constraint.is_no_inherit {
                " NO INHERIT"
            } else {
                ""
            };
            format!(
                " CONSTRAINT {} NOT NULL{no_inherit}",
                quote_identifier(&constraint.name)
            )
        }
        Some(_) => String::new(),
        None => " NOT NULL".to_owned(),
    }
}

fn settings(of: &QualifiedName, before: Option<&Column>, column: &Column) -> Vec<String> {
    let alter = format!(
        "ALTER TABLE ONLY {of} ALTER COLUMN {}",
        quote_identifier(&column.name)
    );
    let plain = Column::new(&column.name, &column.data_type);
    changed_settings(&Catalog::default(), &alter, before.unwrap_or(&plain), column)
}

fn changed_settings(new: &Catalog, alter: &str, one: &Column, other: &Column) -> Vec<String> {
    let mut sql = Vec::new();
    if one.statistics != other.statistics {
        let target = other.statistics.map_or(-1, i32::from);
        sql.push(format!("{alter} SET STATISTICS {target}"));
    }
    if one.storage != other.storage {
        let word = match other.storage {
            Some(storage) => storage.keyword(),
            None if new.major() >= 16 => "DEFAULT",
            None => usual_storage(&other.data_type),
        };
        sql.push(format!("{alter} SET STORAGE {word}"));
    }
    if one.compression != other.compression {
        let word = other
            .compression
            .map_or("default", crate::catalog::Compression::keyword);
        sql.push(format!("{alter} SET COMPRESSION {word}"));
    }
    sql.extend(set_options(alter, &one.options, &other.options, ""));
    sql
}
