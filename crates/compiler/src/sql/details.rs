//! What rules ask of a statement and execution does not: names, columns and constraints as they are written, with
//! the places where they stand. Read from the same tree as [`Statement`](super::Statement).

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, AlterTableType as At, ConstrType, ObjectType};

use super::lower::relation;
use super::{RelationName, TypeName};
use crate::sql::name::words;

/// A statement's details. Empty lists where it is of another kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    /// ALTER TABLE's subcommands, in order.
    pub commands: Vec<CommandDetails>,
    /// CREATE TABLE's columns.
    pub columns: Vec<ColumnDetails>,
    /// CREATE TABLE's constraints that are no column's.
    pub constraints: Vec<ConstraintDetails>,
    /// CREATE TABLE … PARTITION BY.
    pub is_partitioned: bool,
    /// CREATE TABLE … LIKE.
    pub likes: Vec<RelationName>,
    /// CREATE INDEX.
    pub index: Option<IndexDetails>,
    /// RENAME: the part's old name (a column, a constraint), and the new name.
    pub renamed: Option<Renamed>,
    /// CREATE TYPE, CREATE DOMAIN and ALTER DOMAIN, ALTER TYPE … ADD VALUE: the type.
    pub of_type: Option<RelationName>,
    /// What `of_type` becomes.
    pub declares: Option<Declared>,
    /// ALTER TYPE: the new or changed enum value.
    pub enum_value: Option<String>,
    /// ALTER DOMAIN … NOT VALID.
    pub is_not_valid: bool,
    /// UPDATE or DELETE without WHERE.
    pub is_unconditional: bool,
    /// Columns that UPDATE sets.
    pub sets: Vec<String>,
    /// DROP: names of objects, the last word of each.
    pub drops: Vec<RelationName>,
    /// DROP of a type, domain, extension, function or schema.
    pub drops_kind: Option<&'static str>,
    /// SET: the value's words.
    pub value: Option<String>,
    /// The query's, CREATE VIEW's or UPDATE's names of columns; empty where nobody asks.
    pub words: Vec<String>,
    /// ALTER TABLE name that stands for an index elsewhere: RENAME TO without a part.
    pub renames_table_form: bool,
}

/// Old and new name.
#[derive(Debug, Clone, PartialEq)]
pub struct Renamed {
    /// The column or constraint; none where the object itself is renamed.
    pub part: Option<String>,
    /// The new name.
    pub to: String,
}

/// A type that is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// A domain; `true` where it has CHECK or NOT NULL.
    Domain(bool),
    /// An enum.
    Enum,
    /// A composite, range or base type.
    Other,
}

/// A subcommand of ALTER TABLE.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommandDetails {
    /// ADD COLUMN's column.
    pub column: Option<ColumnDetails>,
    /// ADD CONSTRAINT's constraint.
    pub constraint: Option<ConstraintDetails>,
    /// What exactly is done, where the kind of subcommand does not tell.
    pub exactly: Exactly,
}

/// Subcommands that have one kind and differ for rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Exactly {
    /// Something else.
    #[default]
    Other,
    /// ALTER COLUMN … DROP NOT NULL.
    DropNotNull,
    /// ALTER COLUMN … SET or DROP DEFAULT.
    Default,
    /// ALTER CONSTRAINT … ENFORCED.
    Enforce,
    /// DISABLE TRIGGER ALL, or USER.
    DisableTriggers,
    /// DISABLE TRIGGER of one name.
    DisableTrigger,
}

/// A column as it is declared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnDetails {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: TypeName,
    /// A DEFAULT that is not NULL.
    pub has_default: bool,
    /// `serial` and its relatives.
    pub is_serial: bool,
    /// GENERATED … AS IDENTITY.
    pub is_identity: bool,
    /// GENERATED ALWAYS AS (…) STORED.
    pub is_stored: bool,
    /// GENERATED ALWAYS AS (…) VIRTUAL, or without a word.
    pub is_virtual: bool,
    /// NOT NULL or PRIMARY KEY.
    pub is_not_null: bool,
    /// Its constraints, in order; DEFAULT, NOT NULL and the like are among them.
    pub constraints: Vec<ConstraintDetails>,
    /// Where it begins in the statement, in bytes.
    pub start: usize,
}

impl ColumnDetails {
    /// The first constraint of that kind.
    pub fn constraint(&self, kind: Constrains) -> Option<&ConstraintDetails> {
        self.constraints.iter().find(|constraint| constraint.kind == kind)
    }
}

/// What a constraint demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constrains {
    /// CHECK.
    Check,
    /// NOT NULL.
    NotNull,
    /// UNIQUE.
    Unique,
    /// PRIMARY KEY.
    PrimaryKey,
    /// EXCLUDE.
    Exclusion,
    /// FOREIGN KEY, REFERENCES.
    ForeignKey,
    /// DEFAULT, GENERATED and what else is written like a constraint.
    Nothing,
    /// DEFERRABLE and its relatives, which belong to the constraint before.
    Attribute,
}

/// A constraint as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConstraintDetails {
    /// What it demands.
    pub kind: Constrains,
    /// Its name, if it is written.
    pub name: Option<String>,
    /// Its columns, as far as it lists them.
    pub columns: Vec<String>,
    /// INCLUDE.
    pub included: Vec<String>,
    /// The referenced table.
    pub references: Option<RelationName>,
    /// Its columns, as far as they are listed.
    pub referenced_columns: Vec<String>,
    /// USING INDEX.
    pub uses_index: Option<String>,
    /// NOT VALID.
    pub is_not_valid: bool,
    /// NOT ENFORCED.
    pub is_not_enforced: bool,
    /// DEFERRABLE.
    pub is_deferrable: bool,
    /// INITIALLY DEFERRED.
    pub is_deferred: bool,
    /// NULLS NOT DISTINCT.
    pub nulls_not_distinct: bool,
    /// WITH (…), USING INDEX TABLESPACE or WITHOUT OVERLAPS: what a statement of its own has to repeat.
    pub has_extras: bool,
    /// NO INHERIT.
    pub is_no_inherit: bool,
    /// Columns that a CHECK reads, where a table is altered.
    pub reads: Vec<String>,
    /// Columns that a CHECK proves not NULL: `c IS NOT NULL`, alone or joined by AND.
    pub proves_not_null: Vec<String>,
    /// Where it begins in the statement, in bytes.
    pub start: usize,
}

/// An index as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexDetails {
    /// UNIQUE.
    pub is_unique: bool,
    /// Its access method.
    pub method: String,
    /// Its key columns; none where one is an expression.
    pub keys: Vec<Option<String>>,
    /// INCLUDE.
    pub included: Vec<String>,
    /// The columns that its condition reads; none without WHERE.
    pub condition: Option<Vec<String>>,
}

impl Details {
    pub(super) fn of(node: &Node) -> Self {
        let mut details = Self::default();
        match node {
            Node::AlterTableStmt(alter) => {
                let commands = alter.cmds.iter().filter_map(|node| match &node.node {
                    Some(Node::AlterTableCmd(command)) => Some(self::command(command)),
                    _ => None,
                });
                details.commands = commands.collect();
            }
            Node::CreateStmt(create) => details.table(create),
            Node::IndexStmt(index) => details.index = Some(self::index(index)),
            Node::RenameStmt(rename) => {
                details.renamed = Some(Renamed {
                    part: (!rename.subname.is_empty()).then(|| rename.subname.clone()),
                    to: rename.newname.clone(),
                });
                details.renames_table_form = rename.rename_type == ObjectType::ObjectTable as i32;
            }
            Node::CreateDomainStmt(create) => {
                let constrains = create.constraints.iter().any(|node| {
                    matches!(&node.node, Some(Node::Constraint(constraint))
                        if matches!(kind_of(constraint), Constrains::Check | Constrains::NotNull))
                });
                details.of_type = name_in(&create.domainname);
                details.declares = Some(Declared::Domain(constrains));
            }
            Node::CreateEnumStmt(create) => {
                details.of_type = name_in(&create.type_name);
                details.declares = Some(Declared::Enum);
            }
            Node::CompositeTypeStmt(create) => {
                details.of_type = create.typevar.clone().map(relation);
                details.declares = Some(Declared::Other);
            }
            Node::CreateRangeStmt(create) => {
                details.of_type = name_in(&create.type_name);
                details.declares = Some(Declared::Other);
            }
            Node::DefineStmt(define) if define.kind == ObjectType::ObjectType as i32 => {
                details.of_type = name_in(&define.defnames);
                details.declares = Some(Declared::Other);
            }
            Node::AlterEnumStmt(alter) => {
                details.of_type = name_in(&alter.type_name);
                details.enum_value = Some(alter.new_val.clone());
            }
            Node::AlterDomainStmt(alter) => {
                details.of_type = name_in(&alter.type_name);
                details.is_not_valid = matches!(
                    alter.def.as_ref().and_then(|node| node.node.as_ref()),
                    Some(Node::Constraint(constraint)) if constraint.skip_validation
                );
            }
            Node::UpdateStmt(update) => {
                details.is_unconditional = update.where_clause.is_none();
                details.sets = update
                    .target_list
                    .iter()
                    .filter_map(|node| match &node.node {
                        Some(Node::ResTarget(target)) => Some(target.name.clone()),
                        _ => None,
                    })
                    .collect();
                details.words = update.where_clause.as_deref().map_or_else(Vec::new, columns_in);
            }
            Node::DeleteStmt(delete) => details.is_unconditional = delete.where_clause.is_none(),
            Node::DropStmt(drop) => {
                details.drops = drop.objects.iter().filter_map(dropped).collect();
                details.drops_kind = match ObjectType::try_from(drop.remove_type) {
                    Ok(ObjectType::ObjectType) => Some("type"),
                    Ok(ObjectType::ObjectDomain) => Some("domain"),
                    Ok(ObjectType::ObjectExtension) => Some("extension"),
                    Ok(ObjectType::ObjectSchema) => Some("schema"),
                    Ok(
                        ObjectType::ObjectFunction | ObjectType::ObjectRoutine | ObjectType::ObjectProcedure,
                    ) => Some("function"),
                    _ => None,
                };
            }
            Node::VariableSetStmt(set) => {
                details.value = set.args.first().and_then(|node| match &node.node {
                    Some(Node::AConst(constant)) => match constant.val.as_ref()? {
                        protobuf::a_const::Val::Ival(number) => Some(number.ival.to_string()),
                        protobuf::a_const::Val::Sval(text) => Some(text.sval.clone()),
                        _ => None,
                    },
                    _ => None,
                });
            }
            Node::ViewStmt(view) => {
                details.words = view.query.as_deref().map_or_else(Vec::new, columns_in);
            }
            Node::InsertStmt(insert) => details.words = strings_in(insert),
            _ => {}
        }
        details
    }

    fn table(&mut self, create: &protobuf::CreateStmt) {
        self.is_partitioned = create.partspec.is_some();
        for node in create.table_elts.iter().chain(&create.constraints) {
            match &node.node {
                Some(Node::ColumnDef(column)) => self.columns.push(self::column(column)),
                Some(Node::Constraint(constraint)) => self.constraints.push(self::constraint(constraint)),
                Some(Node::TableLikeClause(like)) => self.likes.extend(like.relation.clone().map(relation)),
                _ => {}
            }
        }
    }
}

fn command(command: &protobuf::AlterTableCmd) -> CommandDetails {
    let definition = command.def.as_ref().and_then(|node| node.node.as_ref());
    CommandDetails {
        column: match definition {
            Some(Node::ColumnDef(of)) if command.subtype == At::AtAddColumn as i32 => {
                let mut added = column(of);
                let written = of.constraints.iter().filter_map(|node| match &node.node {
                    Some(Node::Constraint(of)) => Some(of.as_ref()),
                    _ => None,
                });
                for (known, written) in added.constraints.iter_mut().zip(written) {
                    known.reads = checked_columns(written);
                }
                Some(added)
            }
            _ => None,
        },
        constraint: match definition {
            Some(Node::Constraint(of)) => Some(ConstraintDetails {
                reads: checked_columns(of),
                ..constraint(of)
            }),
            _ => None,
        },
        exactly: match At::try_from(command.subtype) {
            Ok(At::AtDropNotNull) => Exactly::DropNotNull,
            Ok(At::AtColumnDefault) => Exactly::Default,
            Ok(At::AtAlterConstraint) => match definition {
                Some(Node::AtalterConstraint(change))
                    if change.alter_enforceability && change.is_enforced =>
                {
                    Exactly::Enforce
                }
                _ => Exactly::Other,
            },
            Ok(At::AtDisableTrigAll | At::AtDisableTrigUser) => Exactly::DisableTriggers,
            Ok(At::AtDisableTrig) => Exactly::DisableTrigger,
            _ => Exactly::Other,
        },
    }
}

fn checked_columns(of: &protobuf::Constraint) -> Vec<String> {
    match (&of.raw_expr, kind_of(of)) {
        (Some(condition), Constrains::Check) => columns_in(condition),
        _ => Vec::new(),
    }
}

fn column(of: &protobuf::ColumnDef) -> ColumnDetails {
    let data_type = TypeName::of(of.type_name.as_ref());
    let constraints: Vec<_> = of
        .constraints
        .iter()
        .filter_map(|node| match &node.node {
            Some(Node::Constraint(of)) => Some(of.as_ref()),
            _ => None,
        })
        .collect();
    let is = |kind: ConstrType| constraints.iter().any(|of| of.contype == kind as i32);
    let generated = |stored: bool| {
        constraints.iter().any(|of| {
            of.contype == ConstrType::ConstrGenerated as i32 && (of.generated_kind == "s") == stored
        })
    };
    let is_null = |node: &protobuf::Node| match &node.node {
        Some(Node::AConst(constant)) => constant.isnull,
        Some(Node::TypeCast(cast)) => {
            let inner = cast.arg.as_ref().and_then(|arg| arg.node.as_ref());
            matches!(inner, Some(Node::AConst(constant)) if constant.isnull)
        }
        _ => false,
    };
    ColumnDetails {
        name: of.colname.clone(),
        has_default: constraints.iter().any(|of| {
            of.contype == ConstrType::ConstrDefault as i32
                && of.raw_expr.as_ref().is_some_and(|node| !is_null(node))
        }),
        is_serial: data_type
            .words
            .last()
            .is_some_and(|last| last.ends_with("serial")),
        is_identity: is(ConstrType::ConstrIdentity),
        is_stored: generated(true),
        is_virtual: generated(false),
        is_not_null: is(ConstrType::ConstrNotnull) || is(ConstrType::ConstrPrimary),
        constraints: constraints.into_iter().map(constraint).collect(),
        start: offset(of.location),
        data_type,
    }
}

fn kind_of(of: &protobuf::Constraint) -> Constrains {
    match ConstrType::try_from(of.contype) {
        Ok(ConstrType::ConstrCheck) => Constrains::Check,
        Ok(ConstrType::ConstrNotnull) => Constrains::NotNull,
        Ok(ConstrType::ConstrUnique) => Constrains::Unique,
        Ok(ConstrType::ConstrPrimary) => Constrains::PrimaryKey,
        Ok(ConstrType::ConstrExclusion) => Constrains::Exclusion,
        Ok(ConstrType::ConstrForeign) => Constrains::ForeignKey,
        Ok(
            ConstrType::ConstrAttrDeferrable
            | ConstrType::ConstrAttrNotDeferrable
            | ConstrType::ConstrAttrDeferred
            | ConstrType::ConstrAttrImmediate
            | ConstrType::ConstrAttrEnforced
            | ConstrType::ConstrAttrNotEnforced,
        ) => Constrains::Attribute,
        _ => Constrains::Nothing,
    }
}

fn constraint(of: &protobuf::Constraint) -> ConstraintDetails {
    let kind = kind_of(of);
    ConstraintDetails {
        kind,
        name: (!of.conname.is_empty()).then(|| of.conname.clone()),
        columns: words(of.keys.iter().chain(&of.fk_attrs)),
        included: words(&of.including),
        references: of.pktable.clone().map(relation),
        referenced_columns: words(&of.pk_attrs),
        uses_index: (!of.indexname.is_empty()).then(|| of.indexname.clone()),
        is_not_valid: of.skip_validation,
        is_not_enforced: match ConstrType::try_from(of.contype) {
            Ok(ConstrType::ConstrAttrNotEnforced) => true,
            Ok(ConstrType::ConstrCheck | ConstrType::ConstrForeign) => !of.is_enforced,
            _ => false,
        },
        is_deferrable: of.deferrable || of.contype == ConstrType::ConstrAttrDeferrable as i32,
        is_deferred: of.initdeferred || of.contype == ConstrType::ConstrAttrDeferred as i32,
        nulls_not_distinct: of.nulls_not_distinct,
        has_extras: !of.options.is_empty()
            || !of.indexspace.is_empty()
            || of.without_overlaps
            || of.fk_with_period,
        is_no_inherit: of.is_no_inherit,
        reads: Vec::new(),
        proves_not_null: match (&of.raw_expr, kind) {
            (Some(condition), Constrains::Check) => not_null_columns(condition),
            _ => Vec::new(),
        },
        start: offset(of.location),
    }
}

fn index(of: &protobuf::IndexStmt) -> IndexDetails {
    IndexDetails {
        is_unique: of.unique,
        method: of.access_method.clone(),
        keys: of
            .index_params
            .iter()
            .map(|node| match &node.node {
                Some(Node::IndexElem(element)) if !element.name.is_empty() => Some(element.name.clone()),
                _ => None,
            })
            .collect(),
        included: of
            .index_including_params
            .iter()
            .filter_map(|node| match &node.node {
                Some(Node::IndexElem(element)) => Some(element.name.clone()),
                _ => None,
            })
            .collect(),
        condition: of.where_clause.as_deref().map(columns_in),
    }
}

/// Columns that a condition proves not NULL. PostgreSQL sees no more in it either (measured: `c > 0` proves nothing).
pub(super) fn not_null_columns(node: &protobuf::Node) -> Vec<String> {
    match &node.node {
        Some(Node::NullTest(test)) if test.nulltesttype == protobuf::NullTestType::IsNotNull as i32 => {
            let Some(Node::ColumnRef(column)) = test.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                return Vec::new();
            };
            words(column.fields.last())
        }
        Some(Node::BoolExpr(both)) if both.boolop == protobuf::BoolExprType::AndExpr as i32 => {
            both.args.iter().flat_map(not_null_columns).collect()
        }
        _ => Vec::new(),
    }
}

impl ConstraintDetails {
    /// The constraint with the attributes that stand behind it.
    #[must_use]
    pub fn with_attributes(&self, behind: &[Self]) -> Self {
        let mut whole = self.clone();
        for attribute in behind
            .iter()
            .take_while(|other| other.kind == Constrains::Attribute)
        {
            whole.is_deferrable |= attribute.is_deferrable;
            whole.is_deferred |= attribute.is_deferred;
            whole.is_not_enforced |= attribute.is_not_enforced;
        }
        whole
    }
}

fn dropped(node: &protobuf::Node) -> Option<RelationName> {
    match &node.node {
        Some(Node::List(list)) => name_in(&list.items),
        Some(Node::TypeName(of)) => name_in(&of.names),
        Some(Node::ObjectWithArgs(of)) => name_in(&of.objname),
        Some(Node::String(word)) => Some(RelationName::new(None, &word.sval)),
        _ => None,
    }
}

fn name_in(items: &[protobuf::Node]) -> Option<RelationName> {
    let mut words = words(items);
    let name = words.pop()?;
    Some(RelationName::new(words.pop().as_deref(), &name))
}

/// The columns that an expression or query names, each once.
pub(super) fn columns_in(node: &protobuf::Node) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in super::columns::named_in(node) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// The literals of an INSERT, as far as they are few: whether it uses a new enum value.
fn strings_in(insert: &protobuf::InsertStmt) -> Vec<String> {
    const MOST: usize = 200;
    let Some(Node::SelectStmt(select)) = insert.select_stmt.as_ref().and_then(|rows| rows.node.as_ref())
    else {
        return Vec::new();
    };
    let items = select.values_lists.iter().flat_map(|row| match &row.node {
        Some(Node::List(row)) => row.items.as_slice(),
        _ => &[],
    });
    items
        .take(MOST)
        .filter_map(|item| match &item.node {
            Some(Node::AConst(constant)) => match constant.val.as_ref()? {
                protobuf::a_const::Val::Sval(text) => Some(text.sval.clone()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn offset(location: i32) -> usize {
    usize::try_from(location).unwrap_or(0)
}
