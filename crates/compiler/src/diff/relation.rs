//! Relations as wholes: tables and what they are part of, views, sequences, foreign tables.

use super::column::{alter_foreign_options, set_options};
use super::emit::Emit;
use super::fate::Fate;
use super::kin;
use crate::catalog::write::order::{Key, Stage};
use crate::catalog::write::relation::{self, with};
use crate::catalog::{
    Address, Column, ConstraintKind, Persistence, QualifiedName, Relation, RelationKind, ReplicaIdentity,
    RowSecurity, Sequence, SequenceOwner, Type,
};
use crate::sql::{quote_identifier, quote_literal};

impl Emit<'_> {
    /// Cuts the links to parents that do not stay.
    pub(super) fn leave(&mut self) {
        for (child, parents) in self.leaving.clone() {
            let Some(relation) = self.origin.relation(child) else {
                continue;
            };
            let keyword = relation.kind.keyword();
            let sql = parents
                .iter()
                .map(|parent| match relation.partition_of {
                    Some(_) => format!("ALTER TABLE {parent} DETACH PARTITION {child}"),
                    None => format!("ALTER {keyword} {child} NO INHERIT {parent}"),
                })
                .collect();
            self.part(
                (Address::Relation(child.clone()), Stage::Leave),
                sql,
                Vec::new(),
                Vec::new(),
            );
        }
    }

    /// Typed tables are of their types no more while those change. New columns and attributes are added in one order.
    pub(super) fn leave_types(&mut self) {
        let (origin, new) = (self.origin, self.new);
        for name in origin.relations.keys() {
            if self.leaves_its_type(name) && !self.is_made_with_whole(name) {
                let sql = vec![format!("ALTER TABLE {name} NOT OF")];
                let key = (Address::Relation(name.clone()), Stage::Leave);
                self.part(key, sql, Vec::new(), Vec::new());
            }
        }
        for (name, relation) in &new.relations {
            let Some(of) = &relation.of_type else { continue };
            let (Some(before), false) = (self.old.relation(name), self.is_made_with_whole(name)) else {
                continue;
            };
            self.one_behind_the_other(name, &before.columns, &relation.columns);
            if let (Some(Type::Composite(one)), Some(Type::Composite(other)), false) = (
                self.old.types.get(of),
                new.types.get(of),
                self.is_made_with_whole(of),
            ) {
                self.one_behind_the_other(of, one, other);
            }
        }
    }

    /// A table that logical decoding reads as a catalog is not rewritten: it is one no more while it changes.
    pub(super) fn leave_catalogs(&mut self) {
        const OPTION: &str = "user_catalog_table";
        let (old, new) = (self.old, self.new);
        for (name, one) in &old.relations {
            let Some(value) = one.options.get(OPTION) else {
                continue;
            };
            let Some(other) = new.relation(name).filter(|_| !self.is_made_with_whole(name)) else {
                continue;
            };
            let columns = one.columns.iter().chain(&other.columns);
            let columns = columns.map(|column| Address::Column(name.clone(), column.name.clone()));
            let mut keys: Vec<Key> = columns
                .filter(|column| self.fate(column).is_some())
                .map(|column| (column, Stage::Create))
                .collect();
            let is_set_again = other.options.get(OPTION) == Some(value);
            let is_rewritten =
                one.persistence != other.persistence || one.access_method != other.access_method;
            if is_set_again && keys.is_empty() && !is_rewritten {
                continue;
            }
            let alter = format!("ALTER TABLE {name}");
            let key = (Address::Relation(name.clone()), Stage::Leave);
            self.part(
                key,
                vec![format!("{alter} RESET ({OPTION})")],
                Vec::new(),
                Vec::new(),
            );
            self.no_catalogs.insert(name.clone());
            if is_set_again {
                let set = format!("{alter} SET ({OPTION}={})", quote_literal(value));
                let own = (Address::Relation(name.clone()), Stage::Complete);
                keys.retain(|key| *key != own);
                self.part(own, vec![set], keys, Vec::new());
            }
        }
    }

    fn one_behind_the_other(&mut self, of: &QualifiedName, one: &[Column], other: &[Column]) {
        let key = |column: &Column| (Address::Column(of.clone(), column.name.clone()), Stage::Create);
        let added: Vec<Key> = other
            .iter()
            .filter(|column| one.iter().all(|found| found.name != column.name))
            .map(key)
            .collect();
        for pair in added.windows(2) {
            if let [before, behind] = pair {
                self.part(behind.clone(), Vec::new(), vec![before.clone()], Vec::new());
            }
        }
    }

    pub(super) fn create_relation(&mut self, name: &QualifiedName) {
        let new = self.new;
        let address = Address::Relation(name.clone());
        let Some(relation) = new.relation(name) else {
            return;
        };
        if let RelationKind::Sequence(sequence) = &relation.kind
            && let SequenceOwner::Identity(of, column) = &sequence.owner
        {
            // Made with its column; what is left is what only the sequence is.
            relation::write_sequence(new, name, relation, sequence, &mut self.plan);
            let needs = vec![
                (Address::Column(of.clone(), column.clone()), Stage::Create),
                (Address::Relation(of.clone()), Stage::Complete),
            ];
            self.part((address, Stage::Complete), Vec::new(), needs, Vec::new());
            return;
        }
        relation::write_relation(new, name, relation, &mut self.plan);
        self.after_own_drop(&address);
        if let RelationKind::Sequence(Sequence {
            owner: SequenceOwner::Column(of, column),
            ..
        }) = &relation.kind
        {
            let needs = vec![(Address::Column(of.clone(), column.clone()), Stage::Create)];
            self.part((address.clone(), Stage::Attach), Vec::new(), needs, Vec::new());
        }
        // A child is made when its parents are as they are to be.
        let mut needs: Vec<Key> = Vec::new();
        for parent in kin::parents(relation) {
            if !self.is_made_with_whole(parent) {
                needs.extend(self.all_of(parent));
            }
        }
        if !needs.is_empty() {
            let stage = if relation.partition_of.is_some() {
                Stage::Attach
            } else {
                Stage::Create
            };
            needs.retain(|need| need.0 != address);
            self.part((address.clone(), stage), Vec::new(), needs.clone(), Vec::new());
            if stage == Stage::Create && self.joins_later(relation) {
                self.part((address.clone(), Stage::Attach), Vec::new(), needs, Vec::new());
            }
        }
        self.before_attachment(name, relation);
    }

    fn joins_later(&self, relation: &Relation) -> bool {
        !relation.inherits.is_empty()
            && relation.columns.iter().all(|column| column.is_local)
            && relation.constraints.iter().all(|constraint| constraint.is_local)
    }

    /// Changes of a parent's columns and checks, and the departure of its other children.
    fn all_of(&self, parent: &QualifiedName) -> Vec<Key> {
        let mut keys = Vec::new();
        let columns = [self.old, self.new]
            .into_iter()
            .filter_map(|catalog| catalog.relation(parent))
            .flat_map(|relation| {
                let columns = relation
                    .columns
                    .iter()
                    .map(|column| Address::Column(parent.clone(), column.name.clone()));
                let checks = relation.constraints.iter().filter(|constraint| {
                    matches!(constraint.kind, ConstraintKind::Check | ConstraintKind::NotNull)
                });
                columns.chain(checks.map(|check| Address::Constraint(parent.clone(), check.name.clone())))
            });
        for part in columns {
            if self.fate(&part).is_some() {
                keys.push((part.clone(), Stage::Create));
                keys.push((part, Stage::Drop));
            }
        }
        let siblings = self.old_children.get(parent).into_iter().flatten();
        keys.extend(self.carriers(siblings.map(|sibling| Address::Relation((*sibling).clone()))));
        for (child, parents) in &self.leaving {
            if parents.contains(&parent) {
                keys.push((Address::Relation((*child).clone()), Stage::Leave));
            }
        }
        keys
    }

    /// Attaching makes indexes that are missing: those that have a name of their own are made before.
    fn before_attachment(&mut self, name: &QualifiedName, relation: &Relation) {
        if relation.partition_of.is_none() {
            return;
        }
        let mut needs = Vec::new();
        let mut there: Vec<QualifiedName> = Vec::new();
        for index in &relation.indexes {
            let Some(parent) = &index.parent else { continue };
            let is_there = self.new.index(parent).is_some_and(|(of, _, above)| {
                let maker = match &above.constraint {
                    Some(constraint) => Address::Constraint(of.clone(), constraint.clone()),
                    None => Address::Index(parent.clone()),
                };
                !self.fate(&maker).is_some_and(Fate::is_made) && !self.is_made_with_whole(of)
            });
            if is_there {
                let maker = match &index.constraint {
                    Some(constraint) => Address::Constraint(name.clone(), constraint.clone()),
                    None => Address::Index(name.beside(&index.name)),
                };
                needs.push((maker, Stage::Create));
                there.push(name.beside(&index.name));
            }
        }
        // What goes would be taken for an index or a foreign key that the table is to have.
        let below = kin::descendants(&self.new_children, name);
        for part in std::iter::once(name).chain(below.iter().copied()) {
            needs.extend(self.parts_gone(part));
        }
        // It would get, or lend, an index for each of those above that are still there.
        let mut above = relation.partition_of.as_ref();
        while let Some(place) = above {
            needs.extend(self.parts_gone(&place.parent));
            above = self
                .new
                .relation(&place.parent)
                .and_then(|parent| parent.partition_of.as_ref());
        }
        // What is below those is complete, so that nothing is missing there either.
        let mut at = 0;
        while at < there.len() {
            let parent = there[at].clone();
            at += 1;
            for child in &below {
                let indexes = self
                    .new
                    .relation(child)
                    .map_or(&[][..], |relation| &relation.indexes);
                for index in indexes
                    .iter()
                    .filter(|index| index.parent.as_ref() == Some(&parent))
                {
                    let index = child.beside(&index.name);
                    needs.push((Address::Index(index.clone()), Stage::Attach));
                    there.push(index);
                }
            }
        }
        self.part(
            (Address::Relation(name.clone()), Stage::Attach),
            Vec::new(),
            needs,
            Vec::new(),
        );
    }

    pub(super) fn alter_relation(&mut self, name: &QualifiedName) {
        let (old, new) = (self.old, self.new);
        let (Some(one), Some(other)) = (old.relation(name), new.relation(name)) else {
            return;
        };
        let address = Address::Relation(name.clone());
        match (&one.kind, &other.kind) {
            (RelationKind::View(before), RelationKind::View(after)) => {
                let is_same = before == after && one.columns.len() == other.columns.len();
                self.alter_view(name, one, other, is_same);
            }
            (RelationKind::Sequence(before), RelationKind::Sequence(after)) => {
                self.alter_sequence(name, before, after);
                // An identity's goes with its table.
                let goes_along = match &after.owner {
                    SequenceOwner::Identity(of, _) => {
                        [(old, one), (new, other)].into_iter().all(|(catalog, found)| {
                            let table = catalog.relation(of);
                            table.is_some_and(|table| table.persistence == found.persistence)
                        })
                    }
                    _ => false,
                };
                if one.persistence != other.persistence && !goes_along {
                    let sql = vec![format!("ALTER SEQUENCE {name} SET {}", logged(other.persistence))];
                    self.part((address, Stage::Complete), sql, Vec::new(), Vec::new());
                }
            }
            _ => self.alter_table(name, one, other),
        }
    }

    fn alter_view(&mut self, name: &QualifiedName, one: &Relation, other: &Relation, is_same: bool) {
        let address = Address::Relation(name.clone());
        let RelationKind::View(query) = &other.kind else {
            return;
        };
        let sql = if is_same {
            set_options(&format!("ALTER VIEW {name}"), &one.options, &other.options, "")
        } else {
            let options = match other.options.is_empty() {
                true => String::new(),
                false => format!(" WITH ({})", with(&other.options, "")),
            };
            vec![format!("CREATE OR REPLACE VIEW {name}{options} AS\n{query}")]
        };
        self.part((address.clone(), Stage::Create), sql, Vec::new(), vec![address]);
    }

    fn alter_sequence(&mut self, name: &QualifiedName, one: &Sequence, other: &Sequence) {
        let address = Address::Relation(name.clone());
        let mut text = String::new();
        if one.data_type != other.data_type {
            text.push_str(&format!(" AS {}", other.data_type));
        }
        let mut option = |word: &str, before: i64, after: i64| {
            if before != after || one.data_type != other.data_type && matches!(word, "MINVALUE" | "MAXVALUE")
            {
                text.push_str(&format!(" {word} {after}"));
            }
        };
        option("INCREMENT BY", one.increment, other.increment);
        option("MINVALUE", one.minimum, other.minimum);
        option("MAXVALUE", one.maximum, other.maximum);
        option("START WITH", one.start, other.start);
        option("CACHE", one.cache, other.cache);
        if one.cycles != other.cycles {
            text.push_str(if other.cycles { " CYCLE" } else { " NO CYCLE" });
        }
        if !text.is_empty() {
            let mut sql = Vec::new();
            let mut alter = format!("ALTER SEQUENCE {name}{text}");
            if one.minimum > other.maximum || one.maximum < other.minimum {
                alter.push_str(&format!(" RESTART WITH {}", other.start));
                self.loses(&alter, format!("the position of sequence {name}"));
            } else if one.minimum < other.minimum || one.maximum > other.maximum {
                // It must stand within its new bounds before it has them.
                let (least, most) = (other.minimum, other.maximum);
                let literal = quote_literal(&name.to_string());
                let within = format!(
                    "SELECT pg_catalog.setval({literal}, LEAST(GREATEST(last_value, {least}), {most}), \
                     is_called AND last_value BETWEEN {least} AND {most}) FROM {name}"
                );
                self.remark(
                    &within,
                    "a sequence that stands outside of its new bounds moves to their edge".to_owned(),
                );
                sql.push(within);
            }
            sql.push(alter);
            let provides = vec![address.clone()];
            self.part((address.clone(), Stage::Create), sql, Vec::new(), provides);
        }
        let is_disowned = self.spread.disowned.contains(name);
        if one.owner != other.owner || is_disowned {
            if one.owner != SequenceOwner::Nobody && (is_disowned || other.owner == SequenceOwner::Nobody) {
                let sql = vec![format!("ALTER SEQUENCE {name} OWNED BY NONE")];
                self.part((address.clone(), Stage::Leave), sql, Vec::new(), Vec::new());
            }
            if let SequenceOwner::Column(of, column) = &other.owner {
                let sql = vec![format!(
                    "ALTER SEQUENCE {name} OWNED BY {of}.{}",
                    quote_identifier(column)
                )];
                let owner = Address::Column(of.clone(), column.clone());
                self.plan.cut.insert((address.clone(), owner.clone()));
                let needs = vec![
                    (owner, Stage::Create),
                    (Address::Relation(of.clone()), Stage::Create),
                    (address.clone(), Stage::Create),
                ];
                self.part((address, Stage::Attach), sql, needs, Vec::new());
            }
        }
    }

    fn alter_table(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let address = Address::Relation(name.clone());
        let keyword = other.kind.keyword();
        let alter = format!("ALTER {keyword} {name}");
        let mut sql = Vec::new();
        if one.persistence != other.persistence {
            let change = format!("{alter} SET {}", logged(other.persistence));
            if other.persistence == Persistence::Unlogged {
                self.remark(&change, format!("the rows of {name} are gone after a crash"));
            }
            sql.push(change);
        }
        if one.access_method != other.access_method
            && let Some(method) = &other.access_method
        {
            sql.push(format!("{alter} SET ACCESS METHOD {}", quote_identifier(method)));
        }
        if one.tablespace != other.tablespace {
            let tablespace = other.tablespace.as_deref().unwrap_or("pg_default");
            sql.push(format!("{alter} SET TABLESPACE {}", quote_identifier(tablespace)));
        }
        let mut options = one.options.clone();
        if self.no_catalogs.contains(name) && !other.options.contains_key("user_catalog_table") {
            options.remove("user_catalog_table");
        }
        sql.extend(set_options(&alter, &options, &other.options, ""));
        sql.extend(set_options(
            &alter,
            &one.toast_options,
            &other.toast_options,
            "toast.",
        ));
        if one.of_type != other.of_type {
            match &other.of_type {
                Some(of) => sql.push(format!("{alter} OF {of}")),
                None => sql.push(format!("{alter} NOT OF")),
            }
        }
        if let (RelationKind::ForeignTable(before), RelationKind::ForeignTable(after)) =
            (&one.kind, &other.kind)
        {
            let options = alter_foreign_options(&before.options, &after.options);
            if !options.is_empty() {
                sql.push(format!("{alter}{options}"));
            }
        }
        sql.extend(row_security(name, one.row_security, other.row_security));
        let mut needs = self.after_leaving(name);
        // Options of a TOAST table are kept when there is one.
        let columns = other
            .columns
            .iter()
            .map(|column| Address::Column(name.clone(), column.name.clone()));
        needs.extend(columns.map(|column| (column, Stage::Create)));
        if one.of_type != other.of_type {
            needs.extend(
                other
                    .of_type
                    .iter()
                    .map(|of| (Address::Type(of.clone()), Stage::Create)),
            );
            let columns = self.fates.keys().filter(|address| {
                matches!(address, Address::Column(of, _) if of == name || Some(of) == other.of_type.as_ref())
            });
            needs.extend(
                columns.flat_map(|column| [(column.clone(), Stage::Create), (column.clone(), Stage::Drop)]),
            );
        }
        if one.persistence != other.persistence {
            needs.extend(self.foreign_keys_gone(name, one));
        }
        if one.persistence != other.persistence || one.access_method != other.access_method {
            needs.extend(self.while_no_rows_are_held((address.clone(), Stage::Complete), name));
        }
        self.part((address.clone(), Stage::Complete), sql, needs, Vec::new());
        if one.persistence != other.persistence {
            self.after_referenced(name, other);
        }
        self.join(name, one, other);
        self.settle_indexes(name, one, other);
        if let (RelationKind::MaterializedView(before), RelationKind::MaterializedView(after)) =
            (&one.kind, &other.kind)
            && before.is_populated != after.is_populated
        {
            let data = if after.is_populated { "" } else { " WITH NO DATA" };
            let sql = vec![format!("REFRESH MATERIALIZED VIEW {name}{data}")];
            self.part((address, Stage::Fill), sql, Vec::new(), Vec::new());
        }
    }

    /// Constraints, indexes and triggers of the table that go, also those that come back.
    pub(super) fn parts_gone(&self, name: &QualifiedName) -> Vec<Key> {
        let Some(before) = self.old.relation(name) else {
            return Vec::new();
        };
        let constraints = before
            .constraints
            .iter()
            .map(|part| Address::Constraint(name.clone(), part.name.clone()));
        let indexes = before
            .indexes
            .iter()
            .map(|part| Address::Index(name.beside(&part.name)));
        let triggers = before
            .triggers
            .iter()
            .map(|part| Address::Trigger(name.clone(), part.name.clone()));
        self.carriers(constraints.chain(indexes).chain(triggers))
    }

    /// Foreign keys from and to the table that go: a permanent table may not reference an unlogged one meanwhile.
    fn foreign_keys_gone(&self, name: &QualifiedName, before: &Relation) -> Vec<Key> {
        let own = before
            .constraints
            .iter()
            .filter(|found| matches!(found.kind, ConstraintKind::ForeignKey(_)));
        let own = own.map(|constraint| (name, constraint));
        let others = self
            .old
            .referencing(name)
            .map(|(of, constraint, _)| (of, constraint));
        let keys = own.chain(others);
        self.carriers(keys.map(|(of, key)| Address::Constraint(of.clone(), key.name.clone())))
    }

    /// A logged table references logged ones only: they change before it, or after it when it becomes unlogged.
    fn after_referenced(&mut self, name: &QualifiedName, relation: &Relation) {
        let own = (Address::Relation(name.clone()), Stage::Complete);
        for (_, key) in relation.foreign_keys() {
            let other = (Address::Relation(key.references.clone()), Stage::Complete);
            if own == other || self.fate(&other.0) != Some(Fate::Alter) {
                continue;
            }
            match relation.persistence {
                Persistence::Permanent => self.part(own.clone(), Vec::new(), vec![other], Vec::new()),
                Persistence::Unlogged => self.part(other, Vec::new(), vec![own.clone()], Vec::new()),
            }
        }
    }

    /// Links to parents that are new.
    fn join(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let address = Address::Relation(name.clone());
        let keyword = other.kind.keyword();
        let mut sql = Vec::new();
        if one.partition_of != other.partition_of
            && let Some(place) = &other.partition_of
        {
            sql.push(format!(
                "ALTER TABLE {} ATTACH PARTITION {name} {}",
                place.parent, place.bound
            ));
        }
        for parent in &other.inherits {
            if !one.inherits.contains(parent) {
                let inherit = format!("ALTER {keyword} {name} INHERIT {parent}");
                if other.columns.iter().any(|column| !column.is_local) {
                    self.remark(
                        &inherit,
                        format!(
                            "columns that {name} has already stay its own: they outlive those of {parent}"
                        ),
                    );
                }
                sql.push(inherit);
            }
        }
        if sql.is_empty() {
            return;
        }
        let mut needs = vec![(address.clone(), Stage::Leave)];
        for parent in kin::parents(other) {
            needs.push((Address::Relation(parent.clone()), Stage::Create));
            needs.extend(self.all_of(parent));
        }
        needs.extend(self.all_of(name));
        self.part((address, Stage::Attach), sql, needs, Vec::new());
        self.before_attachment(name, other);
    }

    /// What the table says of its indexes.
    pub(super) fn settle_indexes(&mut self, name: &QualifiedName, one: &Relation, other: &Relation) {
        let address = Address::Relation(name.clone());
        let cluster = |relation: &Relation| {
            let found = relation.indexes.iter().find(|index| index.is_clustered);
            found.map(|index| index.name.clone())
        };
        let maker = |index: &str| {
            let found = other.index(index).and_then(|index| index.constraint.clone());
            match found {
                Some(constraint) => Address::Constraint(name.clone(), constraint),
                None => Address::Index(name.beside(index)),
            }
        };
        let is_new = |index: &str| self.fate(&maker(index)).is_some_and(Fate::is_made);
        let mut sql = Vec::new();
        let mut needs = Vec::new();
        let identity_is_new =
            matches!(&other.replica_identity, ReplicaIdentity::Index(index) if is_new(index));
        if one.replica_identity != other.replica_identity || identity_is_new {
            let how = match &other.replica_identity {
                ReplicaIdentity::Default => "DEFAULT".to_owned(),
                ReplicaIdentity::Nothing => "NOTHING".to_owned(),
                ReplicaIdentity::Full => "FULL".to_owned(),
                ReplicaIdentity::Index(index) => {
                    needs.push((maker(index), Stage::Create));
                    format!("USING INDEX {}", quote_identifier(index))
                }
            };
            sql.push(format!("ALTER TABLE ONLY {name} REPLICA IDENTITY {how}"));
        }
        match (cluster(one), cluster(other)) {
            (before, Some(index)) if before.as_ref() != Some(&index) || is_new(&index) => {
                needs.push((maker(&index), Stage::Create));
                let keyword = other.kind.keyword();
                sql.push(format!(
                    "ALTER {keyword} {name} CLUSTER ON {}",
                    quote_identifier(&index)
                ));
            }
            (Some(_), None) => {
                let keyword = other.kind.keyword();
                sql.push(format!("ALTER {keyword} {name} SET WITHOUT CLUSTER"));
            }
            _ => {}
        }
        if !sql.is_empty() {
            needs.extend(self.after_leaving(name));
            self.part((address, Stage::Complete), sql, needs, Vec::new());
        }
    }
}

fn logged(persistence: Persistence) -> &'static str {
    match persistence {
        Persistence::Permanent => "LOGGED",
        Persistence::Unlogged => "UNLOGGED",
    }
}

fn row_security(name: &QualifiedName, one: RowSecurity, other: RowSecurity) -> Vec<String> {
    let is_on = |state| matches!(state, RowSecurity::On | RowSecurity::Forced);
    let is_forced = |state| matches!(state, RowSecurity::Forced | RowSecurity::ForcedButOff);
    let mut sql = Vec::new();
    if is_on(one) != is_on(other) {
        let verb = if is_on(other) { "ENABLE" } else { "DISABLE" };
        sql.push(format!("ALTER TABLE {name} {verb} ROW LEVEL SECURITY"));
    }
    if is_forced(one) != is_forced(other) {
        let verb = if is_forced(other) { "FORCE" } else { "NO FORCE" };
        sql.push(format!("ALTER TABLE ONLY {name} {verb} ROW LEVEL SECURITY"));
    }
    sql
}
