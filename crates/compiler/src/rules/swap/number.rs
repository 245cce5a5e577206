//! Where a column's values come from when none is given: its default, the sequence of a serial, an identity.

use super::Swap;
use crate::catalog::write::relation::identity_clause;
use crate::catalog::{
    Address, Catalog, ColumnValue, QualifiedName, RelationKind, Sequence, SequenceOwner, object_name,
};
use crate::sql::{quote_identifier as quote, quote_literal};

impl Swap<'_> {
    /// Gives the new column the old one's numbers, in the short transaction, before the old column goes.
    pub(super) fn numbers(&mut self) -> Result<(), String> {
        let (head, relation) = (self.head, self.relation);
        let new = quote(&self.new);
        let owned: Vec<QualifiedName> = self
            .catalog
            .relations
            .keys()
            .filter(|name| self.owned(name))
            .cloned()
            .collect();
        for name in owned {
            self.given
                .push(format!("ALTER SEQUENCE {name} OWNED BY {relation}.{new}"));
        }
        match &self.column.value {
            ColumnValue::Default(default) => self
                .given
                .push(format!("{head} ALTER COLUMN {new} SET DEFAULT {default}")),
            ColumnValue::Identity(identity) => {
                let sequence = identity
                    .sequence
                    .clone()
                    .ok_or("the column has its parent's identity")?;
                self.identity(&sequence, identity.is_always)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// An identity's sequence goes with its column: the new one gets its name, its options and its position. The old one
    /// is renamed first, which keeps everybody from taking numbers until the transaction ends.
    fn identity(&mut self, name: &QualifiedName, is_always: bool) -> Result<(), String> {
        let mut catalog = Catalog::empty(self.catalog.server_version);
        let mut found = self
            .catalog
            .relation(name)
            .cloned()
            .ok_or("its sequence is not known")?;
        let RelationKind::Sequence(sequence) = &mut found.kind else {
            return Err("its sequence is not known".to_owned());
        };
        widen(sequence, self.new_type_name.own().unwrap_or_default())
            .ok_or("the new type is none that an identity can have")?;
        catalog.relations.insert(name.clone(), found);
        let clause = identity_clause(&catalog, name, is_always);
        let aside = name.beside(&object_name(&name.name, "", "windlass"));
        let (head, new) = (self.head, quote(&self.new));
        let literal = |name: &QualifiedName| quote_literal(&name.to_string());
        self.given
            .push(format!("ALTER SEQUENCE {name} RENAME TO {}", quote(&aside.name)));
        self.given.push(format!("{head} ALTER COLUMN {new} ADD{clause}"));
        // One that is at its end gives no next value; one that has not begun has no last one.
        self.given.push(format!(
            "SELECT pg_catalog.setval({}, coalesce(last, pg_catalog.nextval({})), last IS NOT NULL) \
               FROM pg_catalog.pg_sequence_last_value({}::pg_catalog.regclass) AS last",
            literal(name),
            literal(&aside),
            literal(&aside)
        ));
        self.renewed.insert(Address::Relation(name.clone()));
        Ok(())
    }

    /// Whether it is a sequence that goes with the column.
    pub(super) fn owned(&self, sequence: &QualifiedName) -> bool {
        let kind = self.catalog.relation(sequence).map(|relation| &relation.kind);
        matches!(kind, Some(RelationKind::Sequence(of)) if of.owner
            == SequenceOwner::Column(self.name.clone(), self.column.name.clone()))
    }
}

/// Gives a sequence another type as ALTER SEQUENCE … AS does: bounds that are the old type's become the new one's.
fn widen(sequence: &mut Sequence, data_type: &str) -> Option<()> {
    let data_type = match data_type {
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        _ => return None,
    };
    let (before, after) = (
        Sequence::largest(&sequence.data_type),
        Sequence::largest(data_type),
    );
    if sequence.maximum == before {
        sequence.maximum = after;
    }
    if sequence.minimum == -before - 1 {
        sequence.minimum = -after - 1;
    }
    sequence.data_type = data_type.to_owned();
    Some(())
}
