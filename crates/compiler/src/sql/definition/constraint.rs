//! Constraints as they are written, of columns, tables and domains.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, ConstrType};

use super::{SequenceOption, named_columns, sequence_options, some, text};
use crate::catalog::ReferentialAction;
use crate::sql::RelationName;
use crate::sql::lower::relation;
use crate::sql::name::words;

/// A constraint, default or generation as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstraintDefinition {
    /// Its name, if it is written.
    pub name: Option<String>,
    /// What it demands or gives.
    pub demand: Demand,
    /// Its columns, as far as it lists them.
    pub columns: Vec<String>,
    /// INCLUDE.
    pub included: Vec<String>,
    /// NOT VALID or NOT ENFORCED.
    pub is_valid: bool,
    /// Not NOT ENFORCED.
    pub is_enforced: bool,
    /// DEFERRABLE.
    pub is_deferrable: bool,
    /// INITIALLY DEFERRED.
    pub is_deferred: bool,
    /// NO INHERIT.
    pub is_no_inherit: bool,
    /// NULLS NOT DISTINCT.
    pub is_nulls_not_distinct: bool,
    /// USING INDEX.
    pub index: Option<String>,
}

/// What a constraint demands or gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// CHECK: the expression, and whatever it names like a column.
    Check(Option<String>, Vec<String>),
    /// NOT NULL.
    NotNull,
    /// NULL.
    Null,
    /// UNIQUE.
    Unique,
    /// PRIMARY KEY.
    PrimaryKey,
    /// EXCLUDE.
    Exclusion,
    /// REFERENCES.
    ForeignKey(Reference),
    /// DEFAULT; none where it is NULL.
    Default(Option<String>),
    /// GENERATED … AS IDENTITY: ALWAYS, and its sequence's options.
    Identity(bool, Vec<SequenceOption>),
    /// GENERATED ALWAYS AS (…): the expression, and whether it is stored.
    Generated(Option<String>, bool),
    /// DEFERRABLE and its relatives behind a column's constraint.
    Attribute,
}

/// The other side of a foreign key.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The table.
    pub relation: RelationName,
    /// Its columns; empty for the primary key's.
    pub columns: Vec<String>,
    /// ON UPDATE.
    pub on_update: ReferentialAction,
    /// ON DELETE.
    pub on_delete: ReferentialAction,
}

/// A list of them; attributes are given to the constraint before.
pub(super) fn constraints(nodes: &[protobuf::Node]) -> Vec<ConstraintDefinition> {
    let mut found: Vec<ConstraintDefinition> = Vec::new();
    for node in nodes {
        let Some(Node::Constraint(written)) = &node.node else {
            continue;
        };
        let definition = constraint(written);
        match (&definition.demand, found.last_mut()) {
            (Demand::Attribute, Some(before)) => {
                let kind = ConstrType::try_from(written.contype);
                before.is_deferrable |= matches!(
                    kind,
                    Ok(ConstrType::ConstrAttrDeferrable | ConstrType::ConstrAttrDeferred)
                );
                before.is_deferred |= kind == Ok(ConstrType::ConstrAttrDeferred);
                if kind == Ok(ConstrType::ConstrAttrNotEnforced) {
                    before.is_enforced = false;
                    before.is_valid = false;
                }
            }
            _ => found.push(definition),
        }
    }
    found
}

pub(super) fn constraint(of: &protobuf::Constraint) -> ConstraintDefinition {
    let expression = || of.raw_expr.as_deref().and_then(text);
    let kind = ConstrType::try_from(of.contype);
    let checked = matches!(kind, Ok(ConstrType::ConstrCheck | ConstrType::ConstrForeign));
    let is_enforced = of.is_enforced || !checked;
    ConstraintDefinition {
        name: some(&of.conname),
        columns: words(of.keys.iter().chain(&of.fk_attrs)),
        included: words(&of.including),
        is_valid: !of.skip_validation && is_enforced,
        is_enforced,
        is_deferrable: of.deferrable,
        is_deferred: of.initdeferred,
        is_no_inherit: of.is_no_inherit,
        is_nulls_not_distinct: of.nulls_not_distinct,
        index: some(&of.indexname),
        demand: match kind {
            Ok(ConstrType::ConstrCheck) => Demand::Check(
                expression(),
                of.raw_expr.as_deref().map_or_else(Vec::new, named_columns),
            ),
            Ok(ConstrType::ConstrNotnull) => Demand::NotNull,
            Ok(ConstrType::ConstrUnique) => Demand::Unique,
            Ok(ConstrType::ConstrPrimary) => Demand::PrimaryKey,
            Ok(ConstrType::ConstrExclusion) => Demand::Exclusion,
            Ok(ConstrType::ConstrForeign) => match of.pktable.clone().map(relation) {
                Some(relation) => Demand::ForeignKey(Reference {
                    relation,
                    columns: words(&of.pk_attrs),
                    on_update: ReferentialAction::of_letter(&of.fk_upd_action),
                    on_delete: ReferentialAction::of_letter(&of.fk_del_action),
                }),
                None => Demand::Attribute,
            },
            Ok(ConstrType::ConstrDefault) => {
                let is_null = matches!(
                    of.raw_expr.as_ref().and_then(|node| node.node.as_ref()),
                    Some(Node::AConst(constant)) if constant.isnull
                );
                Demand::Default(expression().filter(|_| !is_null))
            }
            Ok(ConstrType::ConstrIdentity) => {
                Demand::Identity(of.generated_when == "a", sequence_options(&of.options))
            }
            Ok(ConstrType::ConstrGenerated) => Demand::Generated(expression(), of.generated_kind == "s"),
            Ok(ConstrType::ConstrNull) => Demand::Null,
            _ => Demand::Attribute,
        },
    }
}
