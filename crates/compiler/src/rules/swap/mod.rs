//! A change of type that would write the table anew, by a new column: kept in step by a trigger, filled in batches, given the
//! old one's indexes and constraints, and put in its place in one short transaction. The column is the table's last then.

use super::Safe;
use super::case::Case;
use crate::catalog::{
    Address, Catalog, Column, ColumnValue, Constraint, ConstraintKind, DependencyKind, Index, QualifiedName,
    Relation, RelationKind, ReplicaIdentity, SequenceOwner, object_name,
};
use crate::sql::{self, RelationName, quote_identifier as quote, quote_literal};

/// Under what the columns' order may change: `SELECT *`, INSERT without a list of columns and COPY notice.
pub(super) const PERMISSION: &str = "reorder-columns";

/// The statements, or why there are none: a clause that continues "it is not done here, since ".
pub(super) fn form(case: &Case) -> Result<Vec<Safe>, String> {
    let Some(mut swap) = Swap::of(case)? else {
        return Err("too little is known".to_owned());
    };
    swap.refuse_dependants()?;
    swap.twins()?;
    Ok(swap.statements())
}

struct Swap<'a> {
    catalog: &'a Catalog,
    /// The table as its author writes it.
    head: &'a str,
    relation: &'a RelationName,
    name: QualifiedName,
    table: &'a Relation,
    column: &'a Column,
    /// The new type, as it is written.
    new_type: &'a str,
    /// USING casts the column, rather than an assignment.
    casts: bool,
    /// The new column until it has the old one's name.
    new: String,
    /// What is made before the old column goes, and what takes over its name then.
    made: Vec<Safe>,
    taken_over: Vec<String>,
    needs_proof: bool,
}

impl<'a> Swap<'a> {
    fn of(case: &'a Case) -> Result<Option<Self>, String> {
        let Some((relation, command, _)) = case.alter() else {
            return Ok(None);
        };
        let (Some(catalog), Some(name), Some(of), Some(new), Some(head), Some(own)) = (
            case.around.catalog,
            case.find(relation),
            command.name.as_deref(),
            command.new_type.as_ref(),
            case.head(),
            case.command_text(),
        ) else {
            return Ok(None);
        };
        let Some(table) = catalog.relation(&name) else {
            return Ok(None);
        };
        let (Some(column), Some(new_type)) = (table.column(of), sql::written_between(own, "type", "using"))
        else {
            return Ok(None);
        };
        let is_plain = table.kind == RelationKind::Table
            && table.inherits.is_empty()
            && table.partition_of.is_none()
            && table.of_type.is_none()
            && catalog.children(&name).next().is_none();
        if !is_plain {
            return Err("the table is partitioned, a partition, typed or inherits".to_owned());
        }
        if table.primary_key().is_none() {
            return Err(
                "without a primary key nothing can be walked along to fill the new column".to_owned(),
            );
        }
        if let Some(trigger) = table.triggers.first() {
            return Err(format!(
                "trigger {} would fire for each row that is filled",
                quote(&trigger.name)
            ));
        }
        if new.computes {
            return Err("USING computes more than a cast of the column".to_owned());
        }
        if new.collation.is_some() || column.collation.is_some() {
            return Err("the column has a collation of its own".to_owned());
        }
        if new.data_type.own().is_none() || column.user_type.is_some() {
            return Err("a type is not PostgreSQL's own".to_owned());
        }
        if sql::has_words(own, &["cascade"]) {
            return Err("CASCADE may change other tables".to_owned());
        }
        let has_settings = column.statistics.is_some()
            || column.storage.is_some()
            || column.compression.is_some()
            || !column.options.is_empty();
        if has_settings {
            return Err("the column has settings of its own (statistics, storage, compression)".to_owned());
        }
        if !matches!(column.value, ColumnValue::Null | ColumnValue::Default(_)) {
            return Err("the column is an identity or a generated one".to_owned());
        }
        if catalog
            .privileges
            .contains_key(&Address::Column(name.clone(), of.to_owned()))
        {
            return Err("the column has privileges of its own".to_owned());
        }
        let free = (0..).map(|number: u32| {
            let label = if number == 0 {
                "windlass".to_owned()
            } else {
                format!("windlass{number}")
            };
            object_name(of, "", &label)
        });
        let new = free.into_iter().find(|new| table.column(new).is_none());
        Ok(Some(Self {
            catalog,
            head,
            relation,
            name,
            table,
            column,
            new_type,
            casts: sql::has_words(own, &["using"]),
            new: new.unwrap_or_default(),
            made: Vec::new(),
            taken_over: Vec::new(),
            needs_proof: column.is_not_null,
        }))
    }

    fn is_it(&self, column: &String) -> bool {
        *column == self.column.name
    }

    /// Whatever hangs on the column and does not get a twin.
    fn refuse_dependants(&self) -> Result<(), String> {
        let (table, column) = (&self.name, &self.column.name);
        let mut referencing = self.catalog.referencing(table);
        if let Some((other, constraint, _)) =
            referencing.find(|(_, _, key)| key.referenced_columns.contains(column))
        {
            return Err(format!(
                "{} of {other} references the column",
                quote(&constraint.name)
            ));
        }
        if matches!(&self.table.replica_identity, ReplicaIdentity::Index(name)
            if self.table.index(name).is_some_and(|index| self.reads(index)))
        {
            return Err("the replica identity is an index over the column".to_owned());
        }
        let address = Address::Column(table.clone(), column.clone());
        for (user, kind) in self.catalog.dependencies.on(&address) {
            let has_twin = match user {
                Address::Index(index) => {
                    index.schema == table.schema && self.table.index(&index.name).is_some()
                }
                Address::Constraint(of, _) | Address::Default(of, _) => of == table,
                Address::Relation(sequence) => self.owned(sequence),
                _ => false,
            };
            if !has_twin && kind != DependencyKind::Internal {
                return Err(format!("{user} depends on the column"));
            }
        }
        Ok(())
    }

    /// Whether it is a sequence that goes with the column.
    fn owned(&self, sequence: &QualifiedName) -> bool {
        let kind = self.catalog.relation(sequence).map(|relation| &relation.kind);
        matches!(kind, Some(RelationKind::Sequence(of)) if of.owner
            == SequenceOwner::Column(self.name.clone(), self.column.name.clone()))
    }

    fn reads(&self, index: &Index) -> bool {
        let keys = index.keys.iter().any(|key| match key {
            crate::catalog::IndexKey::Column(column) => self.is_it(column),
            crate::catalog::IndexKey::Expression(expression) => self.mentions(expression),
        });
        keys || index.included.iter().any(|column| self.is_it(column))
            || index
                .predicate
                .as_ref()
                .is_some_and(|predicate| self.mentions(predicate))
    }

    fn mentions(&self, expression: &str) -> bool {
        sql::columns_of(expression).is_none_or(|columns| columns.contains(&self.column.name))
    }

    /// Makes an index and a constraint for each that the old column has.
    fn twins(&mut self) -> Result<(), String> {
        let table = self.table;
        let over: Vec<&Index> = table.indexes.iter().filter(|index| self.reads(index)).collect();
        for index in over {
            if index.is_exclusion || !index.is_valid || index.is_clustered || index.tablespace.is_some() {
                return Err(format!(
                    "index {} enforces an exclusion, is not valid, is clustered by or has a tablespace",
                    quote(&index.name)
                ));
            }
            let twin = object_name(&index.name, "", "windlass");
            let made = self
                .renamed(&index.definition)
                .and_then(|definition| sql::index_for(&definition, &twin, self.relation, false));
            let made = made.ok_or_else(|| format!("index {} is not understood", quote(&index.name)))?;
            self.made.push(Safe::new(made));
            match index.constraint.as_ref().and_then(|name| table.constraint(name)) {
                Some(constraint) => {
                    let kind = if index.is_primary { "PRIMARY KEY" } else { "UNIQUE" };
                    let mut add = format!(
                        "{} ADD CONSTRAINT {} {kind} USING INDEX {}",
                        self.head,
                        quote(&constraint.name),
                        quote(&twin)
                    );
                    if constraint.is_deferrable {
                        add.push_str(" DEFERRABLE");
                    }
                    if constraint.is_deferred {
                        add.push_str(" INITIALLY DEFERRED");
                    }
                    self.taken_over.push(add);
                }
                None => self.taken_over.push(format!(
                    "ALTER INDEX {} RENAME TO {}",
                    RelationName::from(&self.name.beside(&twin)),
                    quote(&index.name)
                )),
            }
        }
        for constraint in &table.constraints {
            if constraint.columns.iter().any(|column| self.is_it(column)) {
                self.twin_of(constraint)?;
            }
        }
        if self.needs_proof && self.is_native() {
            // PostgreSQL 18 has a constraint for it, with a name.
            let default = crate::catalog::not_null_name(&self.name.name, Some(&self.column.name));
            let own = table.constraints.iter().find(|constraint| {
                constraint.kind == ConstraintKind::NotNull && constraint.columns == [self.column.name.clone()]
            });
            let name = own.map_or(default, |constraint| constraint.name.clone());
            let twin = quote(&object_name(&name, "", "windlass"));
            let head = self.head;
            self.made.push(Safe::new(format!(
                "{head} ADD CONSTRAINT {twin} NOT NULL {} NOT VALID",
                quote(&self.new)
            )));
            self.made
                .push(Safe::new(format!("{head} VALIDATE CONSTRAINT {twin}")));
            self.taken_over
                .push(format!("{head} RENAME CONSTRAINT {twin} TO {}", quote(&name)));
        } else if self.needs_proof {
            let proof = quote(&self.proof());
            let new = quote(&self.new);
            self.made.push(Safe::new(format!(
                "{} ADD CONSTRAINT {proof} CHECK ({new} IS NOT NULL) NOT VALID",
                self.head
            )));
            self.made
                .push(Safe::new(format!("{} VALIDATE CONSTRAINT {proof}", self.head)));
        }
        Ok(())
    }

    fn twin_of(&mut self, constraint: &Constraint) -> Result<(), String> {
        let definition = match constraint.kind {
            ConstraintKind::Check => self.renamed(&constraint.definition),
            ConstraintKind::ForeignKey(_) => {
                let rest = constraint
                    .definition
                    .split_once(") REFERENCES ")
                    .map(|(_, rest)| rest);
                let columns: Vec<String> = constraint
                    .columns
                    .iter()
                    .map(|column| {
                        if self.is_it(column) {
                            quote(&self.new)
                        } else {
                            quote(column)
                        }
                    })
                    .collect();
                rest.map(|rest| format!("FOREIGN KEY ({}) REFERENCES {rest}", columns.join(", ")))
            }
            // By their indexes, and by the proof.
            ConstraintKind::Unique | ConstraintKind::PrimaryKey | ConstraintKind::NotNull => return Ok(()),
            _ => None,
        };
        let definition = definition
            .filter(|_| constraint.is_valid && constraint.is_enforced)
            .ok_or_else(|| {
                format!(
                    "constraint {} is not valid, or not understood",
                    quote(&constraint.name)
                )
            })?;
        let twin = object_name(&constraint.name, "", "windlass");
        self.made.push(Safe::new(format!(
            "{} ADD CONSTRAINT {} {definition} NOT VALID",
            self.head,
            quote(&twin)
        )));
        self.made.push(Safe::new(format!(
            "{} VALIDATE CONSTRAINT {}",
            self.head,
            quote(&twin)
        )));
        self.taken_over.push(format!(
            "{} RENAME CONSTRAINT {} TO {}",
            self.head,
            quote(&twin),
            quote(&constraint.name)
        ));
        Ok(())
    }

    /// A definition that names the new column in the place of the old one.
    fn renamed(&self, definition: &str) -> Option<String> {
        sql::with_column(definition, &self.column.name, &self.new)
    }

    fn is_native(&self) -> bool {
        self.catalog.major() >= 18
    }

    fn proof(&self) -> String {
        object_name(&self.name.name, &self.column.name, "windlass")
    }

    fn statements(self) -> Vec<Safe> {
        let (head, relation) = (self.head, self.relation);
        let (old, new) = (quote(&self.column.name), quote(&self.new));
        let function = RelationName {
            schema: relation.schema.clone(),
            name: object_name(&self.name.name, &self.column.name, "windlass"),
        };
        // Behind every trigger that changes the column; also where replication applies.
        let trigger = quote(&format!("~{}", self.new));
        let value = |from: &str| match self.casts {
            true => format!("({from})::{}", self.new_type),
            false => from.to_owned(),
        };
        let mut safe = vec![
            Safe::new(format!("{head} ADD COLUMN {new} {}", self.new_type)),
            Safe::new(format!(
                "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS \
                 $windlass$ BEGIN NEW.{new} := {}; RETURN NEW; END $windlass$",
                value(&format!("NEW.{old}"))
            )),
            Safe::new(format!(
                "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {relation} FOR EACH ROW EXECUTE FUNCTION {function}()"
            )),
            Safe::new(format!("{head} ENABLE ALWAYS TRIGGER {trigger}")),
            Safe::backfill(
                format!("{}_{}", self.name.name, self.new),
                format!(
                    "UPDATE {relation} SET {new} = {} WHERE {new} IS NULL AND {old} IS NOT NULL",
                    value(&old)
                ),
            ),
        ];
        safe.extend(self.made.iter().cloned());
        let mut last = vec![
            format!("DROP TRIGGER {trigger} ON {relation}"),
            format!("DROP FUNCTION {function}()"),
        ];
        if self.needs_proof && !self.is_native() {
            last.push(format!("{head} ALTER COLUMN {new} SET NOT NULL"));
            last.push(format!("{head} DROP CONSTRAINT {}", quote(&self.proof())));
        }
        let sequences = self.catalog.relations.keys().filter(|name| self.owned(name));
        last.extend(sequences.map(|name| {
            format!(
                "ALTER SEQUENCE {} OWNED BY {relation}.{new}",
                RelationName::from(name)
            )
        }));
        if let ColumnValue::Default(default) = &self.column.value {
            last.push(format!("{head} ALTER COLUMN {new} SET DEFAULT {default}"));
        }
        last.push(format!("{head} DROP COLUMN {old}"));
        last.push(format!("{head} RENAME COLUMN {new} TO {old}"));
        last.extend(self.taken_over.iter().cloned());
        let address = |column: &str| Address::Column(self.name.clone(), column.to_owned());
        let constraints = self.table.constraints.iter().map(|of| {
            let address = Address::Constraint(self.name.clone(), of.name.clone());
            (address, format!("CONSTRAINT {} ON {relation}", quote(&of.name)))
        });
        let indexes = self.table.indexes.iter().map(|of| {
            let name = self.name.beside(&of.name);
            (
                Address::Index(name.clone()),
                format!("INDEX {}", RelationName::from(&name)),
            )
        });
        let objects = std::iter::once((address(&self.column.name), format!("COLUMN {relation}.{old}")))
            .chain(constraints)
            .chain(indexes);
        for (address, object) in objects {
            if let Some(comment) = self.catalog.comments.get(&address) {
                last.push(format!("COMMENT ON {object} IS {}", quote_literal(comment)));
            }
        }
        safe.extend(last.into_iter().map(Safe::new));
        safe.push(Safe::new(format!("ANALYZE {relation} ({old})")));
        safe
    }
}
