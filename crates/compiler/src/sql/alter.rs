//! ALTER TABLE's subcommands: what they are, and how they are read from the tree. Told apart as far as
//! their effects differ; which effects those are is `effect`'s business.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, AlterTableType as At, ConstrType};

use super::function::{self, Function};
use super::lower::{foreign_tables, relation};
use super::{ObjectKind, RelationName, TypeName};
use crate::effect::Answer;
use crate::sql::name::words;

/// A subcommand of ALTER TABLE.
#[derive(Debug, Clone, PartialEq)]
pub struct AlterCommand {
    /// Which.
    pub kind: AlterKind,
    /// Another relation that it names: a partition, a parent, the table of a foreign key.
    pub other: Option<RelationName>,
    /// The column, constraint, trigger, rule or index that it names.
    pub name: Option<String>,
    /// The column that it adds.
    pub added: Option<AddedColumn>,
    /// The type that it gives a column.
    pub new_type: Option<NewType>,
    /// Columns of the constraint that it adds, and the index that it uses.
    pub constrained: Option<Constrained>,
    /// IF EXISTS or IF NOT EXISTS.
    pub conditional: bool,
    /// CASCADE.
    pub cascade: bool,
}

/// Subcommands of ALTER TABLE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlterKind {
    /// ADD COLUMN.
    AddColumn,
    /// DROP COLUMN.
    DropColumn,
    /// SET or DROP DEFAULT, STORAGE and other column properties in the catalog.
    ColumnProperty,
    /// SET GENERATED, RESTART and other changes of an identity's sequence.
    SetIdentity,
    /// DROP IDENTITY.
    DropIdentity,
    /// SET STATISTICS, SET (n_distinct …).
    ColumnStatistics,
    /// SET NOT NULL.
    SetNotNull,
    /// DROP NOT NULL.
    DropNotNull,
    /// ALTER COLUMN TYPE.
    ColumnType,
    /// SET EXPRESSION.
    SetExpression,
    /// ADD CONSTRAINT.
    AddConstraint(ConstraintKind),
    /// ALTER CONSTRAINT.
    AlterConstraint,
    /// ALTER CONSTRAINT … ENFORCED (18 and newer).
    EnforceConstraint,
    /// ALTER CONSTRAINT … NOT ENFORCED (18 and newer).
    UnenforceConstraint,
    /// VALIDATE CONSTRAINT.
    Validate,
    /// DROP CONSTRAINT.
    DropConstraint,
    /// OWNER TO.
    Owner,
    /// INHERIT.
    Inherit,
    /// NO INHERIT.
    NoInherit,
    /// Row security, REPLICA IDENTITY, rules, OF: catalog only, everyone waits.
    TableProperty,
    /// ENABLE and DISABLE TRIGGER.
    Trigger,
    /// SET and RESET of storage parameters that readers and writers need not notice; SET WITHOUT CLUSTER.
    StorageParameter,
    /// CLUSTER ON.
    ClusterOn,
    /// SET and RESET of other parameters: of views, of index methods, `user_catalog_table`.
    BlockingParameter,
    /// SET LOGGED (true) and SET UNLOGGED.
    Logged(bool),
    /// SET TABLESPACE.
    Tablespace,
    /// SET ACCESS METHOD.
    AccessMethod,
    /// ATTACH PARTITION.
    Attach,
    /// DETACH PARTITION.
    Detach,
    /// DETACH PARTITION … CONCURRENTLY.
    DetachConcurrently,
    /// DETACH PARTITION … FINALIZE.
    DetachFinalize,
}

/// Constraints as ADD CONSTRAINT writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// CHECK, validated at once.
    Check,
    /// CHECK or NOT NULL, NOT VALID or NOT ENFORCED.
    CheckNotValid,
    /// NOT NULL, validated at once (18 and newer).
    NotNull,
    /// FOREIGN KEY, validated at once.
    ForeignKey,
    /// FOREIGN KEY, NOT VALID or NOT ENFORCED.
    ForeignKeyNotValid,
    /// UNIQUE, PRIMARY KEY or EXCLUDE, which build an index.
    Index,
    /// UNIQUE USING INDEX.
    UsingIndex,
    /// PRIMARY KEY USING INDEX.
    PrimaryKeyUsingIndex,
}

/// A column as ADD COLUMN writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedColumn {
    /// Its type.
    pub data_type: TypeName,
    /// Whether each row gets a value of its own from its default: surely, surely not, or who knows.
    pub computes: Answer,
    /// Functions that its default calls and that are not PostgreSQL's own; none where it cannot be read.
    pub calls: Option<Vec<RelationName>>,
    /// It has a default that is not NULL, or a value from an identity or a generation expression.
    pub has_value: bool,
    /// CHECK.
    pub is_checked: bool,
    /// NOT NULL.
    pub is_not_null: bool,
    /// UNIQUE, PRIMARY KEY.
    pub is_unique: bool,
    /// GENERATED … VIRTUAL: nothing is stored.
    pub is_virtual: bool,
}

/// A type as ALTER COLUMN … TYPE writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewType {
    /// The type.
    pub data_type: TypeName,
    /// COLLATE.
    pub collation: Option<String>,
    /// USING with more than a cast of the column itself.
    pub computes: bool,
}

/// What a constraint that is added constrains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constrained {
    /// Its columns, as far as it lists them.
    pub columns: Vec<String>,
    /// USING INDEX.
    pub index: Option<String>,
    /// It is a primary key.
    pub is_primary: bool,
}

pub(super) fn command(node: Node, object: ObjectKind) -> AlterCommand {
    let Node::AlterTableCmd(command) = node else {
        // ALTER TABLE's list holds nothing else.
        return AlterCommand {
            kind: AlterKind::TableProperty,
            other: None,
            name: None,
            added: None,
            new_type: None,
            constrained: None,
            conditional: false,
            cascade: false,
        };
    };
    let definition = command.def.and_then(|node| node.node);
    let other = match &definition {
        Some(Node::PartitionCmd(partition)) => partition.name.clone().map(relation),
        Some(Node::Constraint(constraint)) => constraint.pktable.clone().map(relation),
        Some(Node::ColumnDef(column)) => foreign_tables(column).next(),
        Some(Node::RangeVar(parent)) => Some(relation(parent.clone())),
        _ => None,
    };
    let own_name = match &definition {
        Some(Node::ColumnDef(column)) => &column.colname,
        Some(Node::Constraint(constraint)) => &constraint.conname,
        Some(Node::AtalterConstraint(constraint)) => &constraint.conname,
        Some(Node::ReplicaIdentityStmt(identity)) => &identity.name,
        _ => "",
    };
    let name = if command.name.is_empty() {
        own_name
    } else {
        &command.name
    };
    let subtype = At::try_from(command.subtype).unwrap_or(At::Undefined);
    AlterCommand {
        kind: kind(subtype, definition.as_ref(), object),
        other,
        name: (!name.is_empty()).then(|| name.to_owned()),
        added: match (&definition, subtype) {
            (Some(Node::ColumnDef(column)), At::AtAddColumn | At::AtAddColumnToView) => {
                Some(added_column(column))
            }
            _ => None,
        },
        new_type: match (&definition, subtype) {
            (Some(Node::ColumnDef(column)), At::AtAlterColumnType) => Some(new_type(column, &command.name)),
            _ => None,
        },
        constrained: match &definition {
            Some(Node::Constraint(constraint)) => Some(Constrained {
                columns: words(constraint.keys.iter().chain(&constraint.fk_attrs)),
                index: (!constraint.indexname.is_empty()).then(|| constraint.indexname.clone()),
                is_primary: constraint.contype == ConstrType::ConstrPrimary as i32,
            }),
            _ => None,
        },
        conditional: command.missing_ok,
        cascade: command.behavior == protobuf::DropBehavior::DropCascade as i32,
    }
}

fn kind(subtype: At, definition: Option<&Node>, object: ObjectKind) -> AlterKind {
    match subtype {
        At::AtAddColumn | At::AtAddColumnToView => AlterKind::AddColumn,
        At::AtDropColumn => AlterKind::DropColumn,
        At::AtColumnDefault
        | At::AtCookedColumnDefault
        | At::AtDropExpression
        | At::AtSetStorage
        | At::AtSetCompression
        | At::AtAlterColumnGenericOptions
        | At::AtAddIdentity
        | At::AtReAddComment => AlterKind::ColumnProperty,
        At::AtSetIdentity => AlterKind::SetIdentity,
        At::AtDropIdentity => AlterKind::DropIdentity,
        At::AtSetStatistics | At::AtSetOptions | At::AtResetOptions | At::AtReAddStatistics => {
            AlterKind::ColumnStatistics
        }
        At::AtSetNotNull => AlterKind::SetNotNull,
        At::AtDropNotNull => AlterKind::DropNotNull,
        At::AtSetExpression => AlterKind::SetExpression,
        At::AtAlterColumnType => AlterKind::ColumnType,
        At::AtAddConstraint
        | At::AtReAddConstraint
        | At::AtReAddDomainConstraint
        | At::AtAddIndex
        | At::AtReAddIndex
        | At::AtAddIndexConstraint => AlterKind::AddConstraint(match definition {
            Some(Node::Constraint(constraint)) => constraint_kind(constraint),
            _ => ConstraintKind::Index,
        }),
        At::AtAlterConstraint => match definition {
            Some(Node::AtalterConstraint(change)) if change.alter_enforceability && change.is_enforced => {
                AlterKind::EnforceConstraint
            }
            Some(Node::AtalterConstraint(change)) if change.alter_enforceability => {
                AlterKind::UnenforceConstraint
            }
            _ => AlterKind::AlterConstraint,
        },
        At::AtValidateConstraint => AlterKind::Validate,
        At::AtDropConstraint => AlterKind::DropConstraint,
        At::AtSetLogged => AlterKind::Logged(true),
        At::AtSetUnLogged => AlterKind::Logged(false),
        At::AtSetAccessMethod => AlterKind::AccessMethod,
        At::AtSetTableSpace => AlterKind::Tablespace,
        At::AtSetRelOptions | At::AtResetRelOptions | At::AtReplaceRelOptions => {
            parameters(definition, object)
        }
        At::AtClusterOn => AlterKind::ClusterOn,
        At::AtDropCluster => AlterKind::StorageParameter,
        At::AtEnableTrig
        | At::AtEnableAlwaysTrig
        | At::AtEnableReplicaTrig
        | At::AtDisableTrig
        | At::AtEnableTrigAll
        | At::AtDisableTrigAll
        | At::AtEnableTrigUser
        | At::AtDisableTrigUser => AlterKind::Trigger,
        At::AtAttachPartition => AlterKind::Attach,
        At::AtDetachPartition => match definition {
            Some(Node::PartitionCmd(partition)) if partition.concurrent => AlterKind::DetachConcurrently,
            _ => AlterKind::Detach,
        },
        At::AtDetachPartitionFinalize => AlterKind::DetachFinalize,
        At::AtChangeOwner => AlterKind::Owner,
        At::AtAddInherit => AlterKind::Inherit,
        At::AtDropInherit => AlterKind::NoInherit,
        At::AtDropOids
        | At::AtEnableRule
        | At::AtEnableAlwaysRule
        | At::AtEnableReplicaRule
        | At::AtDisableRule
        | At::AtAddOf
        | At::AtDropOf
        | At::AtReplicaIdentity
        | At::AtEnableRowSecurity
        | At::AtDisableRowSecurity
        | At::AtForceRowSecurity
        | At::AtNoForceRowSecurity
        | At::AtGenericOptions
        | At::Undefined => AlterKind::TableProperty,
    }
}

/// PostgreSQL keeps a lock level with each parameter (`reloptions.c`); measured for those of views, GIN
/// and BRIN indexes and `user_catalog_table`, which block everyone.
fn parameters(definition: Option<&Node>, object: ObjectKind) -> AlterKind {
    let is_quiet = |name: &str| {
        name.starts_with("autovacuum_")
            || name.starts_with("vacuum_")
            || name.starts_with("log_autovacuum_")
            || matches!(
                name,
                "fillfactor" | "toast_tuple_target" | "parallel_workers" | "deduplicate_items"
            )
    };
    let options = match definition {
        Some(Node::List(list)) => list.items.as_slice(),
        _ => return AlterKind::BlockingParameter,
    };
    let all_quiet = options.iter().all(|node| match &node.node {
        Some(Node::DefElem(option)) => is_quiet(&option.defname),
        _ => false,
    });
    if object != ObjectKind::View && all_quiet {
        AlterKind::StorageParameter
    } else {
        AlterKind::BlockingParameter
    }
}

/// Whether an added column is catalog-only depends on its type, default and constraints.
fn added_column(column: &protobuf::ColumnDef) -> AddedColumn {
    let data_type = TypeName::of(column.type_name.as_ref());
    let is_serial = data_type
        .words
        .last()
        .is_some_and(|last| last.ends_with("serial"));
    let mut added = AddedColumn {
        computes: if is_serial { Answer::Yes } else { Answer::No },
        calls: Some(Vec::new()),
        has_value: is_serial,
        is_checked: false,
        is_not_null: false,
        is_unique: false,
        is_virtual: false,
        data_type,
    };
    for node in &column.constraints {
        let Some(Node::Constraint(constraint)) = &node.node else {
            continue;
        };
        match ConstrType::try_from(constraint.contype) {
            Ok(ConstrType::ConstrDefault) => {
                if let Some(expression) = &constraint.raw_expr {
                    added.has_value |= !is_null(expression);
                    added.computes = added.computes.or(differs_by_row(expression));
                    added.calls = called(expression);
                }
            }
            Ok(ConstrType::ConstrIdentity) => {
                added.has_value = true;
                added.computes = Answer::Yes;
            }
            Ok(ConstrType::ConstrGenerated) => {
                added.is_virtual = constraint.generated_kind == "v";
                added.has_value = !added.is_virtual;
                added.computes = if added.is_virtual { Answer::No } else { Answer::Yes };
            }
            Ok(ConstrType::ConstrCheck) if constraint.is_enforced => added.is_checked = true,
            Ok(ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion) => {
                added.is_unique = true;
            }
            Ok(ConstrType::ConstrNotnull) => added.is_not_null = true,
            _ => {}
        }
    }
    added
}

fn is_null(node: &protobuf::Node) -> bool {
    match &node.node {
        Some(Node::AConst(constant)) => constant.isnull,
        Some(Node::TypeCast(cast)) => cast.arg.as_ref().is_some_and(|inner| is_null(inner)),
        _ => false,
    }
}

/// Whether a default gives each row a value of its own. Measured on 15 and 18: PostgreSQL computes one
/// without volatile functions once, and adds the column without touching rows.
fn differs_by_row(node: &protobuf::Node) -> Answer {
    match &node.node {
        Some(Node::AConst(_) | Node::SqlvalueFunction(_)) => Answer::No,
        Some(Node::TypeCast(cast)) => cast
            .arg
            .as_ref()
            .map_or(Answer::Unknown, |inner| differs_by_row(inner)),
        Some(Node::AArrayExpr(array)) => any_differs(&array.elements),
        Some(Node::AExpr(expression)) => {
            let sides = expression.lexpr.iter().chain(&expression.rexpr);
            sides
                .map(|side| differs_by_row(side))
                .fold(Answer::No, Answer::or)
        }
        Some(Node::FuncCall(call)) => {
            let words = words(&call.funcname);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match function::known(&words) {
                Function::Stable => any_differs(&call.args),
                Function::Volatile => Answer::Yes,
                Function::Opaque => Answer::Unknown,
            }
        }
        _ => Answer::Unknown,
    }
}

/// The functions that an expression calls and that are not PostgreSQL's own, where nothing else in it
/// keeps one from knowing what it does.
fn called(node: &protobuf::Node) -> Option<Vec<RelationName>> {
    let all = |nodes: &mut dyn Iterator<Item = &protobuf::Node>| {
        nodes.map(called).try_fold(Vec::new(), |mut found, more| {
            found.extend(more?);
            Some(found)
        })
    };
    match &node.node {
        Some(Node::TypeCast(cast)) => called(cast.arg.as_ref()?),
        Some(Node::AExpr(expression)) => all(&mut expression
            .lexpr
            .iter()
            .chain(&expression.rexpr)
            .map(|side| &**side)),
        Some(Node::AArrayExpr(array)) => all(&mut array.elements.iter()),
        Some(Node::FuncCall(call)) => {
            let mut found = all(&mut call.args.iter())?;
            let words = words(&call.funcname);
            let borrowed: Vec<&str> = words.iter().map(String::as_str).collect();
            if function::known(&borrowed) == Function::Opaque {
                let (name, schema) = words.split_last()?;
                found.push(RelationName::new(schema.last().map(String::as_str), name));
            }
            Some(found)
        }
        _ if differs_by_row(node) == Answer::Unknown => None,
        _ => Some(Vec::new()),
    }
}

fn any_differs(nodes: &[protobuf::Node]) -> Answer {
    nodes.iter().map(differs_by_row).fold(Answer::No, Answer::or)
}

fn new_type(column: &protobuf::ColumnDef, name: &str) -> NewType {
    let data_type = TypeName::of(column.type_name.as_ref());
    let using = column.raw_default.as_ref();
    NewType {
        collation: column
            .coll_clause
            .as_ref()
            .and_then(|clause| words(&clause.collname).pop()),
        computes: using.is_some_and(|using| !casts_only(using, name, &data_type)),
        data_type,
    }
}

/// The column itself, or its cast to that very type: another type in between may change values.
fn casts_only(using: &protobuf::Node, name: &str, to: &TypeName) -> bool {
    let is_itself = |node: Option<&protobuf::Node>| match node.and_then(|node| node.node.as_ref()) {
        Some(Node::ColumnRef(column)) => words(&column.fields) == [name],
        _ => false,
    };
    match &using.node {
        Some(Node::TypeCast(cast)) => {
            TypeName::of(cast.type_name.as_ref()) == *to && is_itself(cast.arg.as_deref())
        }
        _ => is_itself(Some(using)),
    }
}

fn constraint_kind(constraint: &protobuf::Constraint) -> ConstraintKind {
    let kind = ConstrType::try_from(constraint.contype);
    // The grammar lets only checks and foreign keys be NOT ENFORCED.
    let is_enforced = constraint.is_enforced || kind == Ok(ConstrType::ConstrNotnull);
    let unchecked = constraint.skip_validation || !is_enforced;
    match kind {
        Ok(ConstrType::ConstrForeign) if unchecked => ConstraintKind::ForeignKeyNotValid,
        Ok(ConstrType::ConstrForeign) => ConstraintKind::ForeignKey,
        Ok(ConstrType::ConstrPrimary) if !constraint.indexname.is_empty() => {
            ConstraintKind::PrimaryKeyUsingIndex
        }
        Ok(ConstrType::ConstrUnique) if !constraint.indexname.is_empty() => ConstraintKind::UsingIndex,
        Ok(ConstrType::ConstrPrimary | ConstrType::ConstrUnique | ConstrType::ConstrExclusion) => {
            ConstraintKind::Index
        }
        _ if unchecked => ConstraintKind::CheckNotValid,
        Ok(ConstrType::ConstrNotnull) => ConstraintKind::NotNull,
        _ => ConstraintKind::Check,
    }
}
