//! Tables, with what stands in their CREATE statement.

use super::sequence::sequence_options;
use super::{foreign_options, schema_of, storage, unlogged, with};
use crate::catalog::write::order::{Part, Piece, Plan, Shape, Stage, Template};
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, Constraint, ConstraintKind, QualifiedName, Relation, RelationKind,
};
use crate::sql::quote_identifier;

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

pub(super) fn write_table(catalog: &Catalog, name: &QualifiedName, relation: &Relation, plan: &mut Plan) {
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
