//! Sequences, tables, views and their parts.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::order::{Key, Part, Piece, Plan, Shape, Stage, Template};
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, Constraint, ConstraintKind, FiringState, ForeignKey, Index,
    MaterializedView, Options, Persistence, Policy, QualifiedName, Relation, RelationKind, ReplicaIdentity,
    RowSecurity, Rule, Sequence, SequenceOwner,
};
use crate::sql::{quote_identifier, quote_literal};

/// Writes all relations with their parts.
pub(crate) fn write(catalog: &Catalog, plan: &mut Plan) {
    for (name, relation) in &catalog.relations {
        write_relation(catalog, name, relation, plan);
    }
}

/// Writes a relation with its parts.
pub(crate) fn write_relation(catalog: &Catalog, name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
    match &relation.kind {
        RelationKind::Sequence(sequence) => write_sequence(catalog, name, relation, sequence, plan),
        RelationKind::View(query) => write_view(name, relation, query, plan),
        RelationKind::MaterializedView(view) => write_materialized(catalog, name, relation, view, plan),
        RelationKind::Table | RelationKind::PartitionedTable(_) | RelationKind::ForeignTable(_) => {
            write_table(catalog, name, relation, plan);
        }
    }
    write_parts(catalog, name, relation, plan);
}

/// `(name='value', …)`, or nothing.
pub(crate) fn with(options: &Options, prefix: &str) -> String {
    options
        .iter()
        .map(|(name, value)| format!("{prefix}{}={}", quote_identifier(name), quote_literal(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `OPTIONS (name 'value', …)` for foreign data, with a space before; or nothing.
pub(crate) fn foreign_options(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let options: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{} {}", quote_identifier(name), quote_literal(value)))
        .collect();
    format!(" OPTIONS ({})", options.join(", "))
}

pub(crate) fn unlogged(relation: &Relation) -> &'static str {
    match relation.persistence {
        Persistence::Permanent => "",
        Persistence::Unlogged => "UNLOGGED ",
    }
}

/// What follows the columns: access method, parameters, tablespace.
pub(crate) fn storage(relation: &Relation) -> String {
    let mut text = String::new();
    if let Some(method) = &relation.access_method
        && method != "heap"
    {
        let _ = write!(text, " USING {}", quote_identifier(method));
    }
    let mut options = vec![
        with(&relation.options, ""),
        with(&relation.toast_options, "toast."),
    ];
    options.retain(|options| !options.is_empty());
    if !options.is_empty() {
        let _ = write!(text, " WITH ({})", options.join(", "));
    }
    if let Some(tablespace) = &relation.tablespace {
        let _ = write!(text, " TABLESPACE {}", quote_identifier(tablespace));
    }
    text
}

pub(crate) fn schema_of(name: &QualifiedName) -> Key {
    (Address::Schema(name.schema.clone()), Stage::Create)
}

// ---------------------------------------------------------------- sequences

pub(crate) fn write_sequence(
    catalog: &Catalog,
    name: &QualifiedName,
    relation: &Relation,
    sequence: &Sequence,
    plan: &mut Plan,
) {
    let address = Address::Relation(name.clone());
    let (SequenceOwner::Column(table, column) | SequenceOwner::Identity(table, column)) = &sequence.owner
    else {
        let part = create_sequence(name, relation, sequence);
        return plan.add((address, Stage::Create), part);
    };
    if let (SequenceOwner::Identity(..), Some(of)) = (&sequence.owner, catalog.relation(table))
        && of.persistence != relation.persistence
    {
        let persistence = match relation.persistence {
            Persistence::Permanent => "LOGGED",
            Persistence::Unlogged => "UNLOGGED",
        };
        let part = Part {
            sql: vec![format!("ALTER SEQUENCE {name} SET {persistence}")],
            needs: vec![(Address::Relation(table.clone()), Stage::Create)],
            provides: Vec::new(),
        };
        plan.add((address.clone(), Stage::Complete), part);
    }
    let owner = Address::Column(table.clone(), column.clone());
    plan.cut.insert((address.clone(), owner));
    if matches!(sequence.owner, SequenceOwner::Column(..)) {
        plan.add(
            (address.clone(), Stage::Create),
            create_sequence(name, relation, sequence),
        );
        let sql = format!(
            "ALTER SEQUENCE {name} OWNED BY {table}.{}",
            quote_identifier(column)
        );
        let part = Part {
            sql: vec![sql],
            needs: vec![
                (address.clone(), Stage::Create),
                (Address::Relation(table.clone()), Stage::Create),
            ],
            provides: Vec::new(),
        };
        plan.add((address, Stage::Attach), part);
    }
}

pub(crate) fn create_sequence(name: &QualifiedName, relation: &Relation, sequence: &Sequence) -> Part {
    let mut sql = format!("CREATE {}SEQUENCE {name}", unlogged(relation));
    if sequence.data_type != "bigint" {
        let _ = write!(sql, " AS {}", sequence.data_type);
    }
    sql.push_str(&sequence_options(sequence));
    Part {
        sql: vec![sql],
        needs: vec![schema_of(name)],
        provides: vec![Address::Relation(name.clone())],
    }
}

/// What is not as CREATE SEQUENCE makes it, each with a space before.
pub(crate) fn sequence_options(sequence: &Sequence) -> String {
    let largest = Sequence::largest(&sequence.data_type);
    let (least, most, start) = if sequence.increment > 0 {
        (1, largest, sequence.minimum)
    } else {
        (-largest - 1, -1, sequence.maximum)
    };
    let mut text = String::new();
    let mut option = |word: &str, value: i64, usual: i64| {
        if value != usual {
            let _ = write!(text, " {word} {value}");
        }
    };
    option("INCREMENT BY", sequence.increment, 1);
    option("MINVALUE", sequence.minimum, least);
    option("MAXVALUE", sequence.maximum, most);
    option("START WITH", sequence.start, start);
    option("CACHE", sequence.cache, 1);
    if sequence.cycles {
        text.push_str(" CYCLE");
    }
    text
}

// ---------------------------------------------------------------- views

/// A view with the same columns that reads nothing.
pub(crate) fn stand_in(name: &QualifiedName, relation: &Relation) -> String {
    let columns: Vec<String> = relation
        .columns
        .iter()
        .map(|column| {
            let collation = column
                .collation
                .as_ref()
                .map_or(String::new(), |collation| format!(" COLLATE {collation}"));
            format!(
                "    NULL::{}{collation} AS {}",
                column.data_type,
                quote_identifier(&column.name)
            )
        })
        .collect();
    format!("CREATE VIEW {name} AS\nSELECT\n{}", columns.join(",\n"))
}

fn write_view(name: &QualifiedName, relation: &Relation, query: &str, plan: &mut Plan) {
    let options = with(&relation.options, "");
    let options = if options.is_empty() {
        options
    } else {
        format!(" WITH ({options})")
    };
    let shape = Shape {
        template: Template::View {
            stand_in: stand_in(name, relation),
            create: format!("CREATE VIEW {name}{options} AS\n{query}"),
            replace: format!("CREATE OR REPLACE VIEW {name}{options} AS\n{query}"),
        },
        pieces: Vec::new(),
        part: Part {
            sql: Vec::new(),
            needs: vec![schema_of(name)],
            provides: vec![Address::Relation(name.clone())],
        },
    };
    plan.shape(Address::Relation(name.clone()), shape);
    for column in &relation.columns {
        if let ColumnValue::Default(default) = &column.value {
            let address = Address::Default(name.clone(), column.name.clone());
            let sql = format!(
                "ALTER VIEW {name} ALTER COLUMN {} SET DEFAULT {default}",
                quote_identifier(&column.name)
            );
            let part = Part {
                sql: vec![sql],
                needs: vec![(Address::Relation(name.clone()), Stage::Create)],
                provides: vec![address.clone()],
            };
            plan.add((address, Stage::Create), part);
        }
    }
}

fn write_materialized(
    catalog: &Catalog,
    name: &QualifiedName,
    relation: &Relation,
    view: &MaterializedView,
    plan: &mut Plan,
) {
    let address = Address::Relation(name.clone());
    let create = format!(
        "CREATE MATERIALIZED VIEW {name}{} AS\n{}\nWITH NO DATA",
        storage(relation),
        view.query
    );
    let mut sql = vec![create];
    sql.extend(column_settings(name, relation));
    let part = Part {
        sql,
        needs: vec![schema_of(name)],
        provides: vec![address.clone()],
    };
    plan.add((address.clone(), Stage::Create), part);
    if view.is_populated {
        let mut needs = vec![(address.clone(), Stage::Create)];
        needs.extend(
            read_by(catalog, &address)
                .into_iter()
                .map(|below| (below, Stage::Fill)),
        );
        let part = Part {
            sql: vec![format!("REFRESH MATERIALIZED VIEW {name}")],
            needs,
            provides: Vec::new(),
        };
        plan.add((address, Stage::Fill), part);
    }
}

/// The materialised views that a view reads, through other views too.
fn read_by(catalog: &Catalog, view: &Address) -> Vec<Address> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([view.clone()]);
    let mut open = vec![view.clone()];
    while let Some(at) = open.pop() {
        for (needed, _) in catalog.dependencies.of(&at) {
            let (Address::Relation(name) | Address::Column(name, _)) = needed else {
                continue;
            };
            let below = Address::Relation(name.clone());
            match catalog.relation(name).map(|relation| &relation.kind) {
                Some(RelationKind::MaterializedView(_)) if seen.insert(below.clone()) => found.push(below),
                Some(RelationKind::View(_)) if seen.insert(below.clone()) => open.push(below),
                _ => {}
            }
        }
    }
    found
}

// ---------------------------------------------------------------- tables

/// How a table comes by its parents' columns.
#[derive(PartialEq, Eq)]
enum Lineage {
    /// It has none, or is attached later as a partition.
    Alone,
    /// CREATE TABLE … INHERITS.
    Inherits,
    /// All columns are its own too: it is made alone and joined later, in its own order of columns.
    JoinsLater,
    /// OF a composite type.
    Typed,
}

fn lineage(relation: &Relation) -> Lineage {
    if relation.of_type.is_some() {
        return Lineage::Typed;
    }
    if relation.inherits.is_empty() {
        return Lineage::Alone;
    }
    let has_all = relation.columns.iter().all(|column| column.is_local)
        && relation.constraints.iter().all(|constraint| constraint.is_local);
    if has_all && !relation.columns.is_empty() {
        Lineage::JoinsLater
    } else {
        Lineage::Inherits
    }
}

fn write_table(catalog: &Catalog, name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
    let address = Address::Relation(name.clone());
    let lineage = lineage(relation);
    let mut table = Table {
        catalog,
        name,
        relation,
        places: Vec::new(),
        pieces: Vec::new(),
        provides: vec![address.clone()],
        has_elements: false,
        late: Vec::new(),
    };
    let keyword = relation.kind.keyword();
    table.text(&format!("CREATE {}{keyword} {name} ", unlogged(relation)));
    if let Some(of) = &relation.of_type {
        table.text(&format!("OF {of} "));
    }
    for column in &relation.columns {
        let is_written = match lineage {
            Lineage::Inherits => column.is_local,
            Lineage::Typed => column.is_not_null || column.value != ColumnValue::Null,
            Lineage::Alone | Lineage::JoinsLater => true,
        };
        if is_written {
            table.column(column, &lineage);
        }
    }
    let apart: Vec<String> = table.checks(&lineage);
    // A typed table has no empty parentheses.
    match (table.has_elements, &lineage) {
        (true, _) => table.text("\n)"),
        (false, Lineage::Typed) => {}
        (false, _) => table.text("()"),
    }
    if lineage == Lineage::Inherits {
        table.text(&format!(" INHERITS ({})", names(&relation.inherits)));
    }
    if let RelationKind::PartitionedTable(key) = &relation.kind {
        table.text(&format!(" PARTITION BY {}", key.definition));
    }
    if let RelationKind::ForeignTable(foreign) = &relation.kind {
        let server = quote_identifier(&foreign.server);
        table.text(&format!(" SERVER {server}{}", foreign_options(&foreign.options)));
    } else {
        table.text(&storage(relation));
    }
    let mut sql = apart;
    sql.extend(table.inherited_differences(&lineage));
    let settings = column_settings(name, relation);
    if !settings.is_empty() && has_children(catalog, name) {
        // A child made later would inherit storage and compression.
        let tree = catalog.tree(name).into_iter();
        let part = Part {
            sql: settings,
            needs: tree
                .map(|name| (Address::Relation(name), Stage::Create))
                .collect(),
            provides: Vec::new(),
        };
        plan.add((address.clone(), Stage::Complete), part);
    } else {
        sql.extend(settings);
    }
    table.write_late(plan);
    let needs = vec![schema_of(name)];
    let (places, pieces, provides) = (table.places, table.pieces, table.provides);
    plan.shape(
        address.clone(),
        Shape {
            template: Template::Pieces(places),
            pieces,
            part: Part { sql, needs, provides },
        },
    );
    write_lineage(name, relation, &lineage, plan);
}

fn write_lineage(name: &QualifiedName, relation: &Relation, lineage: &Lineage, plan: &mut Plan) {
    let address = Address::Relation(name.clone());
    if let Some(place) = &relation.partition_of {
        let parent = Address::Relation(place.parent.clone());
        let sql = format!(
            "ALTER TABLE ONLY {} ATTACH PARTITION {name} {}",
            place.parent, place.bound
        );
        let mut needs = vec![(address.clone(), Stage::Create), (parent, Stage::Create)];
        // Checks that wait to be added must be there before.
        needs.extend(
            relation
                .constraints
                .iter()
                .filter(|constraint| constraint.kind == ConstraintKind::Check)
                .map(|constraint| {
                    let address = Address::Constraint(name.clone(), constraint.name.clone());
                    (address, Stage::Create)
                }),
        );
        plan.add(
            (address, Stage::Attach),
            Part {
                sql: vec![sql],
                needs,
                provides: Vec::new(),
            },
        );
    } else if *lineage == Lineage::JoinsLater {
        let sql = relation
            .inherits
            .iter()
            .map(|parent| format!("ALTER TABLE ONLY {name} INHERIT {parent}"))
            .collect();
        let needs = vec![(address.clone(), Stage::Create)];
        let part = Part {
            sql,
            needs,
            provides: Vec::new(),
        };
        plan.add((address, Stage::Attach), part);
    }
}

pub(crate) fn names(names: &[QualifiedName]) -> String {
    names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A CREATE TABLE in the making.
struct Table<'a> {
    catalog: &'a Catalog,
    name: &'a QualifiedName,
    relation: &'a Relation,
    places: Vec<Result<String, usize>>,
    pieces: Vec<Piece>,
    provides: Vec<Address>,
    has_elements: bool,
    /// Constraints that children are to get without being checked, as statements.
    late: Vec<(&'a Constraint, String)>,
}

impl Table<'_> {
    fn text(&mut self, text: &str) {
        match self.places.last_mut() {
            Some(Ok(last)) => last.push_str(text),
            _ => self.places.push(Ok(text.to_owned())),
        }
    }

    fn element(&mut self) {
        let between = if self.has_elements { ",\n    " } else { "(\n    " };
        self.has_elements = true;
        self.text(between);
    }

    fn piece(&mut self, address: Address, inline: String, statement: String) {
        self.places.push(Err(self.pieces.len()));
        self.pieces.push(Piece {
            address,
            inline,
            statement,
        });
    }

    fn column(&mut self, column: &Column, lineage: &Lineage) {
        self.element();
        let quoted = quote_identifier(&column.name);
        let table = self.name.clone();
        if *lineage == Lineage::Typed {
            self.text(&format!("{quoted} WITH OPTIONS"));
        } else {
            self.text(&format!("{quoted} {}", column.data_type));
            self.text(&foreign_options(&column.foreign_options));
            if let Some(collation) = &column.collation {
                self.text(&format!(" COLLATE {collation}"));
            }
        }
        let address = Address::Default(table.clone(), column.name.clone());
        match &column.value {
            ColumnValue::Null => {}
            ColumnValue::Default(default) => self.piece(
                address,
                format!(" DEFAULT {default}"),
                format!("ALTER TABLE ONLY {table} ALTER COLUMN {quoted} SET DEFAULT {default}"),
            ),
            ColumnValue::Stored(expression) => {
                self.provides.push(address);
                self.text(&format!(
                    " GENERATED ALWAYS AS ({}) STORED",
                    unwrapped(expression)
                ));
            }
            ColumnValue::Virtual(expression) => {
                self.provides.push(address);
                self.text(&format!(" GENERATED ALWAYS AS ({})", unwrapped(expression)));
            }
            ColumnValue::Identity(identity) => {
                if let Some(sequence) = &identity.sequence {
                    let text = identity_clause(self.catalog, sequence, identity.is_always);
                    self.text(&text);
                    self.provides.push(Address::Relation(sequence.clone()));
                }
            }
        }
        let not_null = self.not_null(column);
        self.text(&not_null);
    }

    /// NOT NULL, with a space before; by name where it has a name that the server would not give it.
    fn not_null(&self, column: &Column) -> String {
        let named = self.relation.constraints.iter().find(|constraint| {
            constraint.kind == ConstraintKind::NotNull && constraint.columns == [column.name.as_str()]
        });
        match named {
            Some(constraint) if constraint.is_valid => {
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
            None if column.is_not_null => " NOT NULL".to_owned(),
            None => String::new(),
        }
    }

    /// Puts checks into the statement; returns those that cannot be there.
    fn checks(&mut self, lineage: &Lineage) -> Vec<String> {
        let relation = self.relation;
        let table = self.name.clone();
        let mut apart = Vec::new();
        for constraint in &relation.constraints {
            let is_check = constraint.kind == ConstraintKind::Check;
            let is_late_not_null = constraint.kind == ConstraintKind::NotNull && !constraint.is_valid;
            if !is_check && !is_late_not_null || (!constraint.is_local && *lineage == Lineage::Inherits) {
                continue;
            }
            // It comes with the parent's, which is added when its children are there.
            if !constraint.is_valid && !constraint.is_local {
                continue;
            }
            let name = quote_identifier(&constraint.name);
            let address = Address::Constraint(table.clone(), constraint.name.clone());
            let statement = format!(
                "ALTER TABLE ONLY {table} ADD CONSTRAINT {name} {}",
                constraint.definition
            );
            // ONLY would forbid a check that children have to have.
            let for_all = statement.replacen("ALTER TABLE ONLY", "ALTER TABLE", 1);
            if is_check && constraint.is_valid && self.has_elements {
                let inline = format!(",\n    CONSTRAINT {name} {}", constraint.definition);
                self.piece(address, inline, for_all);
            } else if !constraint.is_valid && !constraint.is_no_inherit && has_children(self.catalog, &table)
            {
                self.late.push((constraint, for_all));
            } else {
                self.provides.push(address);
                apart.push(if constraint.is_no_inherit {
                    statement
                } else {
                    for_all
                });
            }
        }
        apart
    }

    /// Constraints that are not valid: a child made later would have them checked.
    fn write_late(&mut self, plan: &mut Plan) {
        for (constraint, statement) in std::mem::take(&mut self.late) {
            let address = Address::Constraint(self.name.clone(), constraint.name.clone());
            let mut sql = vec![statement];
            let mut needs = Vec::new();
            for name in &self.catalog.tree(self.name) {
                needs.push((Address::Relation(name.clone()), Stage::Create));
                needs.push((Address::Relation(name.clone()), Stage::Attach));
                let copy = self.catalog.relation(name).and_then(|child| {
                    let has_parents = !child.inherits.is_empty();
                    child.constraint(&constraint.name).filter(|_| has_parents)
                });
                if copy.is_some_and(|copy| copy.is_valid && !copy.is_local) {
                    let constraint = quote_identifier(&constraint.name);
                    sql.push(format!("ALTER TABLE {name} VALIDATE CONSTRAINT {constraint}"));
                }
            }
            let part = Part {
                sql,
                needs,
                provides: vec![address.clone()],
            };
            plan.add((address, Stage::Create), part);
        }
    }

    /// Where a column that is only inherited differs from its parent's.
    fn inherited_differences(&self, lineage: &Lineage) -> Vec<String> {
        let mut sql = Vec::new();
        if *lineage != Lineage::Inherits {
            return sql;
        }
        for column in self.relation.columns.iter().filter(|column| !column.is_local) {
            let parents: Vec<&Column> = self
                .relation
                .inherits
                .iter()
                .filter_map(|parent| self.catalog.relation(parent)?.column(&column.name))
                .collect();
            let alter = format!(
                "ALTER TABLE ONLY {} ALTER COLUMN {}",
                self.name,
                quote_identifier(&column.name)
            );
            if parents.iter().any(|parent| parent.value != column.value) {
                match &column.value {
                    ColumnValue::Default(default) => sql.push(format!("{alter} SET DEFAULT {default}")),
                    ColumnValue::Null => sql.push(format!("{alter} DROP DEFAULT")),
                    _ => {}
                }
            }
            if column.is_not_null && parents.iter().all(|parent| !parent.is_not_null) {
                let named = self.relation.constraints.iter().any(|constraint| {
                    constraint.kind == ConstraintKind::NotNull && constraint.columns == [column.name.as_str()]
                });
                if !named {
                    sql.push(format!("{alter} SET NOT NULL"));
                }
            }
        }
        for constraint in &self.relation.constraints {
            let column = constraint
                .columns
                .first()
                .and_then(|column| self.relation.column(column));
            if constraint.kind == ConstraintKind::NotNull
                && constraint.is_valid
                && constraint.is_local
                && column.is_some_and(|column| !column.is_local)
            {
                sql.push(format!(
                    "ALTER TABLE ONLY {} ADD CONSTRAINT {} {}",
                    self.name,
                    quote_identifier(&constraint.name),
                    constraint.definition
                ));
            }
        }
        sql
    }
}

/// GENERATED … AS IDENTITY with its sequence, with a space before.
pub(crate) fn identity_clause(catalog: &Catalog, name: &QualifiedName, is_always: bool) -> String {
    let how = if is_always { "ALWAYS" } else { "BY DEFAULT" };
    let mut options = format!("SEQUENCE NAME {name}");
    if let Some(RelationKind::Sequence(sequence)) = catalog.relation(name).map(|found| &found.kind) {
        options.push_str(&sequence_options(sequence));
    }
    format!(" GENERATED {how} AS IDENTITY ({options})")
}

pub(crate) fn has_children(catalog: &Catalog, name: &QualifiedName) -> bool {
    catalog.children(name).next().is_some()
}

/// An expression without the parentheses around all of it, which its place has anyway.
pub(crate) fn unwrapped(expression: &str) -> &str {
    let Some(inner) = expression
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    else {
        return expression;
    };
    let mut depth = 0_i32;
    let mut quote = None;
    for letter in inner.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return expression;
        }
    }
    if quote.is_some() { expression } else { inner }
}

/// Statements for what CREATE TABLE does not say of columns.
pub(crate) fn column_settings(name: &QualifiedName, relation: &Relation) -> Vec<String> {
    let mut sql = Vec::new();
    for column in &relation.columns {
        let alter = format!(
            "ALTER TABLE ONLY {name} ALTER COLUMN {}",
            quote_identifier(&column.name)
        );
        if let Some(target) = column.statistics {
            sql.push(format!("{alter} SET STATISTICS {target}"));
        }
        if let Some(storage) = column.storage {
            sql.push(format!("{alter} SET STORAGE {}", storage.keyword()));
        }
        if let Some(compression) = column.compression {
            sql.push(format!("{alter} SET COMPRESSION {}", compression.keyword()));
        }
        if !column.options.is_empty() {
            sql.push(format!("{alter} SET ({})", with(&column.options, "")));
        }
    }
    sql
}

// ---------------------------------------------------------------- parts

fn write_parts(catalog: &Catalog, name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
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
