//! What a statement says of the objects that it makes or changes, as it is written: names, types, expressions. Read
//! for simulation, from the same tree as [`Statement`](super::Statement), which says what decides how it is executed.

mod alter;
mod constraint;
mod index;
mod table;

use pg_query::NodeEnum as Node;
use pg_query::protobuf;

pub use alter::{CommandDefinition, PropertyChange};
pub use constraint::{ConstraintDefinition, Demand, Reference};
pub use index::{IndexDefinition, KeyDefinition};
pub use table::{Bound, ColumnDefinition, TableDefinition};

use super::lower::relation;
use super::{RelationName, SyntaxError, TypeName, with_tree};
use crate::sql::name::words;

/// What a statement makes or changes, where the statement itself does not tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// CREATE TABLE.
    Table(TableDefinition),
    /// CREATE INDEX.
    Index(IndexDefinition),
    /// ALTER TABLE, one for each of its subcommands.
    Alter(Vec<CommandDefinition>),
    /// CREATE SEQUENCE and ALTER SEQUENCE.
    Sequence(Vec<SequenceOption>),
    /// CREATE TYPE … AS ENUM: the labels.
    Enum(RelationName, Vec<String>),
    /// ALTER TYPE … ADD VALUE and RENAME VALUE.
    EnumValue {
        /// The type.
        name: RelationName,
        /// The value that is renamed.
        old: Option<String>,
        /// The new value.
        new: String,
        /// The value that it stands before (false) or after (true).
        beside: Option<(String, bool)>,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// CREATE TYPE … AS (…).
    Composite(RelationName, Vec<ColumnDefinition>),
    /// CREATE DOMAIN.
    Domain(RelationName, ColumnDefinition),
    /// ALTER DOMAIN.
    AlterDomain {
        /// The domain.
        name: RelationName,
        /// What is done: the grammar's letter.
        action: String,
        /// The constraint that is dropped or validated.
        constraint: Option<String>,
        /// The constraint that is added.
        added: Option<ConstraintDefinition>,
        /// The new default.
        default: Option<String>,
    },
    /// CREATE SCHEMA with nothing inside: its name.
    Schema {
        /// Its name.
        name: String,
        /// IF NOT EXISTS.
        if_not_exists: bool,
    },
    /// CREATE TRIGGER.
    Trigger {
        /// Its name.
        name: String,
        /// The function that it calls.
        function: RelationName,
        /// FOR EACH ROW.
        is_row: bool,
        /// CONSTRAINT.
        is_constraint: bool,
    },
    /// CREATE POLICY.
    Policy {
        /// Its name.
        name: String,
        /// `ALL`, `SELECT` …
        command: String,
        /// Not RESTRICTIVE.
        is_permissive: bool,
        /// Its roles; none where one is no plain name.
        roles: Option<Vec<String>>,
        /// USING.
        using: Option<String>,
        /// WITH CHECK.
        check: Option<String>,
    },
    /// CREATE VIEW, CREATE TABLE AS and their relatives: whatever the query names like a column.
    View(Vec<String>),
    /// CREATE RULE: its name.
    Rule(String),
    /// CREATE OPERATOR, AGGREGATE, TYPE without AS: whether it is a type.
    Defined(bool),
    /// CREATE EXTENSION: its name.
    Extension(String),
    /// ALTER POLICY: its name, and what is changed.
    PolicyChange {
        /// Its name.
        name: String,
        /// TO, where it is given and all are plain names.
        roles: Option<Vec<String>>,
        /// USING.
        using: Option<String>,
        /// WITH CHECK.
        check: Option<String>,
    },
    /// CLUSTER … USING: the index.
    Clustered(Option<String>),
    /// A relation that only this session has.
    Temporary,
    /// … SET SCHEMA: the schema.
    NewSchema(String),
    /// … OWNER TO a plain role: its name.
    Owner(String),
    /// SET of a list of plain words.
    Words(Vec<String>),
    /// COMMENT: the text; none removes it.
    Comment(Option<String>),
    /// Nothing that the statement does not say itself.
    Nothing,
}

/// An option of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceOption {
    /// `start`, `increment`, `minvalue`, `maxvalue`, `cache`, `cycle`, `as`, `owned_by`, `restart` …
    pub name: String,
    /// Its number, where it is one.
    pub number: Option<i64>,
    /// Its words: a type, a column.
    pub words: Vec<String>,
}

/// Reads what a statement says of its objects.
///
/// # Errors
/// Text that is not exactly one statement of PostgreSQL's grammar.
pub fn definition(sql: &str) -> Result<Definition, SyntaxError> {
    with_tree(sql, |tree| of(&tree))
}

fn of(tree: &Node) -> Definition {
    match tree {
        Node::CreateStmt(create) => Definition::Table(table::table(create)),
        Node::CreateForeignTableStmt(create) => match &create.base_stmt {
            Some(base) => {
                let mut table = table::table(base);
                table.server = Some(create.servername.clone());
                table.has_storage_options |= !create.options.is_empty();
                Definition::Table(table)
            }
            None => Definition::Nothing,
        },
        Node::IndexStmt(create) => Definition::Index(index::index(create)),
        Node::AlterTableStmt(alter) => {
            let commands = alter.cmds.iter().filter_map(|node| match &node.node {
                Some(Node::AlterTableCmd(command)) => Some(alter::command(command)),
                _ => None,
            });
            Definition::Alter(commands.collect())
        }
        Node::AlterSeqStmt(alter) => Definition::Sequence(sequence_options(&alter.options)),
        Node::CreateEnumStmt(create) => match name(&create.type_name) {
            Some(name) => Definition::Enum(name, words(&create.vals)),
            None => Definition::Nothing,
        },
        Node::AlterEnumStmt(alter) => match name(&alter.type_name) {
            Some(name) => Definition::EnumValue {
                name,
                old: some(&alter.old_val),
                new: alter.new_val.clone(),
                beside: some(&alter.new_val_neighbor).map(|beside| (beside, alter.new_val_is_after)),
                if_not_exists: alter.skip_if_new_val_exists,
            },
            None => Definition::Nothing,
        },
        Node::CompositeTypeStmt(create) => match create.typevar.clone().map(relation) {
            Some(name) => Definition::Composite(name, table::columns(&create.coldeflist)),
            None => Definition::Nothing,
        },
        Node::CreateDomainStmt(create) => match name(&create.domainname) {
            Some(name) => Definition::Domain(
                name,
                ColumnDefinition {
                    name: String::new(),
                    data_type: TypeName::of(create.type_name.as_ref()),
                    collation: table::collation(create.coll_clause.as_deref()),
                    storage: None,
                    compression: None,
                    constraints: constraint::constraints(&create.constraints),
                },
            ),
            None => Definition::Nothing,
        },
        Node::AlterDomainStmt(alter) => match name(&alter.type_name) {
            Some(name) => Definition::AlterDomain {
                name,
                action: alter.subtype.clone(),
                constraint: some(&alter.name),
                added: match alter.def.as_ref().and_then(|node| node.node.as_ref()) {
                    Some(Node::Constraint(of)) => Some(constraint::constraint(of)),
                    _ => None,
                },
                default: match alter.def.as_deref() {
                    Some(protobuf::Node {
                        node: Some(Node::Constraint(_)),
                    })
                    | None => None,
                    Some(expression) => text(expression),
                },
            },
            None => Definition::Nothing,
        },
        Node::CreateSchemaStmt(create) if create.schema_elts.is_empty() && !create.schemaname.is_empty() => {
            Definition::Schema {
                name: create.schemaname.clone(),
                if_not_exists: create.if_not_exists,
            }
        }
        Node::CreateTrigStmt(create) => match name(&create.funcname) {
            Some(function) => Definition::Trigger {
                name: create.trigname.clone(),
                function,
                is_row: create.row,
                is_constraint: create.isconstraint,
            },
            None => Definition::Nothing,
        },
        Node::CreatePolicyStmt(create) => Definition::Policy {
            name: create.policy_name.clone(),
            command: create.cmd_name.to_uppercase(),
            is_permissive: create.permissive,
            roles: roles(&create.roles),
            using: create.qual.as_deref().and_then(text),
            check: create.with_check.as_deref().and_then(text),
        },
        Node::ViewStmt(view) if is_temporary(view.view.as_ref()) => Definition::Temporary,
        Node::CreateTableAsStmt(create)
            if is_temporary(create.into.as_ref().and_then(|into| into.rel.as_ref())) =>
        {
            Definition::Temporary
        }
        Node::SelectStmt(select) => match &select.into_clause {
            Some(into) if is_temporary(into.rel.as_ref()) => Definition::Temporary,
            Some(_) => {
                let tree = protobuf::Node {
                    node: Some(tree.clone()),
                };
                Definition::View(named_columns(&tree))
            }
            None => Definition::Nothing,
        },
        Node::CreateSeqStmt(create) if is_temporary(create.sequence.as_ref()) => Definition::Temporary,
        Node::CreateSeqStmt(create) => Definition::Sequence(sequence_options(&create.options)),
        Node::RuleStmt(rule) => Definition::Rule(rule.rulename.clone()),
        Node::DefineStmt(define) => {
            Definition::Defined(define.kind == protobuf::ObjectType::ObjectType as i32)
        }
        Node::CreateExtensionStmt(create) => Definition::Extension(create.extname.clone()),
        Node::AlterPolicyStmt(alter) => Definition::PolicyChange {
            name: alter.policy_name.clone(),
            roles: if alter.roles.is_empty() {
                None
            } else {
                roles(&alter.roles)
            },
            using: alter.qual.as_deref().and_then(text),
            check: alter.with_check.as_deref().and_then(text),
        },
        Node::ClusterStmt(cluster) => Definition::Clustered(some(&cluster.indexname)),
        Node::ViewStmt(view) => Definition::View(view.query.as_deref().map_or_else(Vec::new, named_columns)),
        Node::CreateTableAsStmt(create) => {
            Definition::View(create.query.as_deref().map_or_else(Vec::new, named_columns))
        }
        Node::AlterObjectSchemaStmt(alter) => Definition::NewSchema(alter.newschema.clone()),
        Node::AlterOwnerStmt(alter) => match alter.newowner.as_ref().and_then(role) {
            Some(role) => Definition::Owner(role),
            None => Definition::Nothing,
        },
        Node::VariableSetStmt(set) => {
            let word = |node: &protobuf::Node| match &node.node {
                Some(Node::AConst(constant)) => match constant.val.as_ref()? {
                    protobuf::a_const::Val::Sval(text) => Some(text.sval.clone()),
                    _ => None,
                },
                _ => None,
            };
            match set.args.iter().map(word).collect() {
                Some(words) => Definition::Words(words),
                None => Definition::Nothing,
            }
        }
        Node::CommentStmt(comment) => Definition::Comment(some(&comment.comment)),
        _ => Definition::Nothing,
    }
}

fn is_temporary(of: Option<&protobuf::RangeVar>) -> bool {
    of.is_some_and(|of| of.relpersistence == "t")
}

fn sequence_options(options: &[protobuf::Node]) -> Vec<SequenceOption> {
    let option = |node: &protobuf::Node| match &node.node {
        Some(Node::DefElem(option)) => {
            let value = option.arg.as_ref().and_then(|arg| arg.node.as_ref());
            let (number, words) = match value {
                Some(Node::Integer(number)) => (Some(i64::from(number.ival)), Vec::new()),
                Some(Node::Float(number)) => (number.fval.parse().ok(), Vec::new()),
                Some(Node::Boolean(truth)) => (Some(i64::from(truth.boolval)), Vec::new()),
                Some(Node::List(list)) => (None, words(&list.items)),
                Some(Node::TypeName(of)) => (None, TypeName::of(Some(of)).words),
                _ => (None, Vec::new()),
            };
            Some(SequenceOption {
                name: option.defname.clone(),
                number,
                words,
            })
        }
        _ => None,
    };
    options.iter().filter_map(option).collect()
}

/// The names of roles; none where one is no plain name.
fn roles(nodes: &[protobuf::Node]) -> Option<Vec<String>> {
    let named = nodes.iter().map(|node| match &node.node {
        Some(Node::RoleSpec(of)) if of.roletype == protobuf::RoleSpecType::RolespecPublic as i32 => {
            Some(None)
        }
        Some(Node::RoleSpec(of)) => role(of).map(Some),
        _ => None,
    });
    Some(named.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

fn role(of: &protobuf::RoleSpec) -> Option<String> {
    (of.roletype == protobuf::RoleSpecType::RolespecCstring as i32).then(|| of.rolename.clone())
}

/// An expression as SQL.
fn text(expression: &protobuf::Node) -> Option<String> {
    let target = protobuf::ResTarget {
        val: Some(Box::new(expression.clone())),
        ..Default::default()
    };
    let select = protobuf::SelectStmt {
        target_list: vec![protobuf::Node {
            node: Some(Node::ResTarget(Box::new(target))),
        }],
        limit_option: protobuf::LimitOption::Default as i32,
        op: protobuf::SetOperation::SetopNone as i32,
        ..Default::default()
    };
    let text = Node::SelectStmt(Box::new(select))
        .deparse(Default::default())
        .ok()?;
    text.strip_prefix("SELECT ").map(str::to_owned)
}

/// Whatever stands in a tree as the name of a column, each once; `*` for all.
fn named_columns(tree: &protobuf::Node) -> Vec<String> {
    let mut found = Vec::new();
    collect(&serde_json::to_value(tree).unwrap_or_default(), &mut found);
    found
}

fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        serde_json::Value::Object(fields) => {
            if fields.contains_key("AStar") && !found.iter().any(|known| known == "*") {
                found.push("*".to_owned());
            }
            let parts = fields
                .get("ColumnRef")
                .and_then(|of| of.get("fields")?.as_array());
            for part in parts.into_iter().flatten() {
                let name = part.pointer("/node/String/sval").and_then(|name| name.as_str());
                if let Some(name) = name.filter(|name| !found.iter().any(|known| known == name)) {
                    found.push(name.to_owned());
                }
            }
            fields.values().for_each(|inner| collect(inner, found));
        }
        _ => {}
    }
}

fn name(words_of_it: &[protobuf::Node]) -> Option<RelationName> {
    let mut words = words(words_of_it);
    let name = words.pop()?;
    Some(RelationName::new(words.pop().as_deref(), &name))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
