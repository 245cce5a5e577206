//! What belongs to the column within its table: an index and a constraint for each that the old one has, made and
//! proved beside them, and given their names in the short transaction.

use super::Swap;
use super::around::are_comparable;
use crate::catalog::{
    Address, Constraint, ConstraintKind, ForeignKey, Index, IndexKey, ReplicaIdentity, not_null_name,
    object_name,
};
use crate::rules::Safe;
use crate::sql::{self, TypeName, quote_identifier as quote};

impl Swap<'_> {
    pub(super) fn reads(&self, index: &Index) -> bool {
        let keys = index.keys.iter().any(|key| match key {
            IndexKey::Column(column) => self.is_it(column),
            IndexKey::Expression(expression) => self.mentions(expression),
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
    pub(super) fn twins(&mut self) -> Result<(), String> {
        let table = self.table;
        if matches!(&table.replica_identity, ReplicaIdentity::Index(name)
            if table.index(name).is_some_and(|index| self.reads(index)))
        {
            return Err("the replica identity is an index over the column".to_owned());
        }
        let over: Vec<&Index> = table.indexes.iter().filter(|index| self.reads(index)).collect();
        for index in over {
            if index.is_exclusion || !index.is_valid || index.is_clustered || index.tablespace.is_some() {
                return Err(format!(
                    "index {} enforces an exclusion, is not valid, is clustered by or has a tablespace",
                    quote(&index.name)
                ));
            }
            self.renewed.insert(Address::Index(self.name.beside(&index.name)));
            self.reads_expressions |= index.keys.iter().any(|key| key.column().is_none());
            let twin = object_name(&index.name, "", "windlass");
            let made = self
                .renamed(&index.definition)
                .and_then(|definition| sql::index_for(&definition, &twin, self.relation, false));
            let made = made.ok_or_else(|| format!("index {} is not understood", quote(&index.name)))?;
            self.made.push(Safe::new(made));
            match index.constraint.as_ref().and_then(|name| table.constraint(name)) {
                Some(constraint) => {
                    if constraint.is_deferrable {
                        return Err(format!(
                            "constraint {} is DEFERRABLE: while the index that takes its place is built, it would refuse at once \
                             what may be mended until COMMIT; make it NOT DEFERRABLE, or drop it, in a statement before, and \
                             make it again in one behind",
                            quote(&constraint.name)
                        ));
                    }
                    let address = Address::Constraint(self.name.clone(), constraint.name.clone());
                    self.renewed.insert(address);
                    let kind = if index.is_primary { "PRIMARY KEY" } else { "UNIQUE" };
                    self.taken_over.push(format!(
                        "{} ADD CONSTRAINT {} {kind} USING INDEX {}",
                        self.head,
                        quote(&constraint.name),
                        quote(&twin)
                    ));
                }
                None => self.taken_over.push(format!(
                    "ALTER INDEX {} RENAME TO {}",
                    self.name.beside(&twin),
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
            let default = not_null_name(&self.name.name, Some(&self.column.name));
            let own = table.constraints.iter().find(|constraint| {
                constraint.kind == ConstraintKind::NotNull && constraint.columns == [self.column.name.clone()]
            });
            let name = own.map_or(default, |constraint| constraint.name.clone());
            self.renewed
                .insert(Address::Constraint(self.name.clone(), name.clone()));
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
        let definition = match &constraint.kind {
            ConstraintKind::Check => self.renamed(&constraint.definition),
            ConstraintKind::ForeignKey(key) => {
                self.refuse_other_types(constraint, key)?;
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
        let address = Address::Constraint(self.name.clone(), constraint.name.clone());
        self.renewed.insert(address);
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

    /// What could not be compared with the new type would fail when all else is done.
    fn refuse_other_types(&self, constraint: &Constraint, key: &ForeignKey) -> Result<(), String> {
        let pairs = constraint.columns.iter().zip(&key.referenced_columns);
        for (_, referenced) in pairs.filter(|(own, _)| self.is_it(own)) {
            let other = self.catalog.relation(&key.references);
            let other = other.and_then(|other| other.column(referenced));
            let other = other.and_then(|column| TypeName::parse(&column.data_type));
            if !other.is_some_and(|other| are_comparable(self.new_type_name, &other)) {
                return Err(format!(
                    "{} references a column of a type with which PostgreSQL may not compare the new one",
                    quote(&constraint.name)
                ));
            }
        }
        Ok(())
    }

    /// A definition that names the new column in the place of the old one.
    fn renamed(&self, definition: &str) -> Option<String> {
        sql::with_column(definition, &self.column.name, &self.new)
    }

    pub(super) fn is_native(&self) -> bool {
        self.catalog.major() >= 18
    }

    pub(super) fn proof(&self) -> String {
        object_name(&self.name.name, &self.column.name, "windlass")
    }
}
