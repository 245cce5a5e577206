//! ALTER TABLE's subcommands as they are written.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, AlterTableType as At};

use super::constraint::{self, ConstraintDefinition};
use super::table::{self, Bound, ColumnDefinition};
use super::{SequenceOption, role, sequence_options, some};
use crate::catalog::{FiringState, ReplicaIdentity};
use crate::sql::name::words;

/// A subcommand as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandDefinition {
    /// ADD COLUMN, and the new type of a column.
    Column(ColumnDefinition),
    /// ADD CONSTRAINT.
    Constraint(ConstraintDefinition),
    /// Properties in the catalog.
    Property(PropertyChange),
    /// OWNER TO a plain role.
    Owner(String),
    /// ATTACH PARTITION.
    Attach(Bound),
    /// What the subcommand says itself is all.
    Nothing,
}

/// A property of a column, constraint or table that is set.
#[derive(Debug, Clone, PartialEq)]
pub enum PropertyChange {
    /// SET DEFAULT, DROP DEFAULT.
    Default(Option<String>),
    /// DROP EXPRESSION.
    DropExpression,
    /// SET EXPRESSION.
    SetExpression(Option<String>),
    /// ADD GENERATED … AS IDENTITY.
    AddIdentity(bool, Vec<SequenceOption>),
    /// SET STATISTICS.
    Statistics(i64),
    /// SET STORAGE.
    Storage(String),
    /// SET COMPRESSION.
    Compression(String),
    /// ALTER CONSTRAINT … DEFERRABLE: whether it is, and is deferred at first.
    Deferrability(bool, bool),
    /// ENABLE (true), DISABLE, FORCE (true) and NO FORCE ROW LEVEL SECURITY.
    RowSecurity(Option<bool>, Option<bool>),
    /// SET (…) and RESET (…) of a relation or column: namespace, name and value; none removes it.
    Options(Vec<(String, String, Option<String>)>),
    /// ENABLE and DISABLE TRIGGER: none for USER and ALL.
    Trigger(Option<String>, FiringState),
    /// ENABLE and DISABLE RULE.
    Rule(FiringState),
    /// REPLICA IDENTITY.
    ReplicaIdentity(ReplicaIdentity),
    /// SET GENERATED ALWAYS (true) or BY DEFAULT, and the sequence's options.
    Identity(Option<bool>, Vec<SequenceOption>),
    /// SET WITHOUT OIDS, which does nothing.
    Inert,
    /// Something that simulation does not follow.
    Other,
}

pub(super) fn command(of: &protobuf::AlterTableCmd) -> CommandDefinition {
    use PropertyChange as Change;
    let definition = of.def.as_ref().and_then(|node| node.node.as_ref());
    let property = CommandDefinition::Property;
    let word = || match definition {
        Some(Node::String(word)) => word.sval.clone(),
        _ => String::new(),
    };
    match At::try_from(of.subtype) {
        Ok(At::AtAddColumn | At::AtAlterColumnType) => match definition {
            Some(Node::ColumnDef(column)) => CommandDefinition::Column(table::column(column)),
            _ => CommandDefinition::Nothing,
        },
        Ok(At::AtAddConstraint) => match definition {
            Some(Node::Constraint(constraint)) => {
                CommandDefinition::Constraint(constraint::constraint(constraint))
            }
            _ => CommandDefinition::Nothing,
        },
        Ok(At::AtColumnDefault) => property(Change::Default(table::expression(of.def.as_deref()))),
        Ok(At::AtDropExpression) => property(Change::DropExpression),
        Ok(At::AtSetExpression) => property(Change::SetExpression(table::expression(of.def.as_deref()))),
        Ok(At::AtAddIdentity) => match definition {
            Some(Node::Constraint(identity)) => property(Change::AddIdentity(
                identity.generated_when == "a",
                sequence_options(&identity.options),
            )),
            _ => property(Change::Other),
        },
        Ok(At::AtSetStatistics) => match definition {
            Some(Node::Integer(number)) if !of.name.is_empty() => {
                property(Change::Statistics(number.ival.into()))
            }
            _ => property(Change::Other),
        },
        Ok(At::AtSetStorage) => property(Change::Storage(word())),
        Ok(At::AtSetCompression) => property(Change::Compression(word())),
        Ok(At::AtAlterConstraint) => match definition {
            Some(Node::AtalterConstraint(change)) if change.alter_deferrability => {
                property(Change::Deferrability(change.deferrable, change.initdeferred))
            }
            _ => property(Change::Other),
        },
        Ok(At::AtEnableRowSecurity) => property(Change::RowSecurity(Some(true), None)),
        Ok(At::AtDisableRowSecurity) => property(Change::RowSecurity(Some(false), None)),
        Ok(At::AtForceRowSecurity) => property(Change::RowSecurity(None, Some(true))),
        Ok(At::AtNoForceRowSecurity) => property(Change::RowSecurity(None, Some(false))),
        Ok(At::AtSetRelOptions | At::AtSetOptions) => property(Change::Options(options(definition, true))),
        Ok(At::AtResetRelOptions | At::AtResetOptions) => {
            property(Change::Options(options(definition, false)))
        }
        Ok(At::AtEnableTrig) => property(Change::Trigger(some(&of.name), FiringState::Origin)),
        Ok(At::AtDisableTrig) => property(Change::Trigger(some(&of.name), FiringState::Disabled)),
        Ok(At::AtEnableAlwaysTrig) => property(Change::Trigger(some(&of.name), FiringState::Always)),
        Ok(At::AtEnableReplicaTrig) => property(Change::Trigger(some(&of.name), FiringState::Replica)),
        Ok(At::AtEnableTrigAll | At::AtEnableTrigUser) => {
            property(Change::Trigger(None, FiringState::Origin))
        }
        Ok(At::AtDisableTrigAll | At::AtDisableTrigUser) => {
            property(Change::Trigger(None, FiringState::Disabled))
        }
        Ok(At::AtEnableRule) => property(Change::Rule(FiringState::Origin)),
        Ok(At::AtDisableRule) => property(Change::Rule(FiringState::Disabled)),
        Ok(At::AtEnableAlwaysRule) => property(Change::Rule(FiringState::Always)),
        Ok(At::AtEnableReplicaRule) => property(Change::Rule(FiringState::Replica)),
        Ok(At::AtReplicaIdentity) => match definition {
            Some(Node::ReplicaIdentityStmt(identity)) => {
                property(Change::ReplicaIdentity(match identity.identity_type.as_str() {
                    "n" => ReplicaIdentity::Nothing,
                    "f" => ReplicaIdentity::Full,
                    "i" => ReplicaIdentity::Index(identity.name.clone()),
                    _ => ReplicaIdentity::Default,
                }))
            }
            _ => property(Change::Other),
        },
        Ok(At::AtSetIdentity) => match definition {
            Some(Node::List(list)) => {
                let generated = list.items.iter().find_map(|node| match &node.node {
                    Some(Node::DefElem(option)) if option.defname == "generated" => option.arg.as_ref(),
                    _ => None,
                });
                // The letter of GENERATED stands as a number.
                let is_always = generated.and_then(|arg| match &arg.node {
                    Some(Node::Integer(letter)) => Some(letter.ival == i32::from(b'a')),
                    _ => None,
                });
                let mut others = sequence_options(&list.items);
                others.retain(|option| option.name != "generated");
                property(Change::Identity(is_always, others))
            }
            _ => property(Change::Other),
        },
        Ok(At::AtDropOids) => property(Change::Inert),
        Ok(At::AtChangeOwner) => match of.newowner.as_ref().and_then(role) {
            Some(role) => CommandDefinition::Owner(role),
            None => property(Change::Other),
        },
        Ok(At::AtAttachPartition) => match definition {
            Some(Node::PartitionCmd(partition)) => match &partition.bound {
                Some(bound) => CommandDefinition::Attach(table::bound(bound)),
                None => CommandDefinition::Nothing,
            },
            _ => CommandDefinition::Nothing,
        },
        Ok(
            At::AtDropColumn
            | At::AtDropNotNull
            | At::AtSetNotNull
            | At::AtDropConstraint
            | At::AtValidateConstraint
            | At::AtDropIdentity
            | At::AtSetLogged
            | At::AtSetUnLogged
            | At::AtDetachPartition
            | At::AtDetachPartitionFinalize
            | At::AtClusterOn
            | At::AtDropCluster
            | At::AtAddInherit
            | At::AtDropInherit,
        ) => CommandDefinition::Nothing,
        _ => property(Change::Other),
    }
}

/// The options of SET (…), or without values those of RESET (…).
fn options(definition: Option<&Node>, with_values: bool) -> Vec<(String, String, Option<String>)> {
    let Some(Node::List(list)) = definition else {
        return Vec::new();
    };
    let option = |node: &protobuf::Node| match &node.node {
        Some(Node::DefElem(option)) => {
            let value = match option.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
                _ if !with_values => None,
                Some(Node::Integer(number)) => Some(number.ival.to_string()),
                Some(Node::Float(number)) => Some(number.fval.clone()),
                Some(Node::Boolean(truth)) => Some(truth.boolval.to_string()),
                Some(Node::String(word)) => Some(word.sval.clone()),
                Some(Node::TypeName(of)) => words(&of.names).pop(),
                _ => Some("true".to_owned()),
            };
            Some((option.defnamespace.clone(), option.defname.clone(), value))
        }
        _ => None,
    };
    list.items.iter().filter_map(option).collect()
}
