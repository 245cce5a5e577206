//! From PostgreSQL's parse tree to [`Statement`]: an exhaustive match over the statements of
//! PostgreSQL 18's grammar.

use pg_query::NodeEnum as Node;
use pg_query::protobuf::{self, AlterTableType as At, ObjectType, RangeVar};

use super::alter::command;
use super::{ObjectKind, RelationName, Statement, SyntaxError, Touched};
use crate::effect::LockMode;

pub(super) fn lower(node: Node) -> Result<Statement, SyntaxError> {
    let catalog = |kind| Ok(Statement::CatalogOnly { kind });
    let session = |kind| {
        Ok(Statement::SessionObject {
            kind,
            touched: Touched::default(),
        })
    };
    let outside = |kind, repeatable| Ok(Statement::Outside { kind, repeatable });
    Ok(match node {
        // ALTER TYPE … ADD, DROP and ALTER ATTRIBUTE: tables of that type are altered with it.
        Node::AlterTableStmt(alter) if alter.objtype == ObjectType::ObjectType as i32 => {
            Statement::Sweeping {
                kind: "alter_type",
                loses: alter.cmds.iter().any(|node| {
                    matches!(&node.node, Some(Node::AlterTableCmd(command))
                    if command.subtype == At::AtDropColumn as i32)
                }),
                // An attribute that is added is NULL, unless a domain must allow that.
                rewrites: alter.cmds.iter().any(|node| match &node.node {
                    Some(Node::AlterTableCmd(command)) => {
                        let object = ObjectKind::Type;
                        let command = self::command(Node::AlterTableCmd(command.clone()), object);
                        command.new_type.is_some()
                            || command.added.is_some_and(|added| !added.data_type.is_own())
                    }
                    _ => false,
                }),
                mode: LockMode::AccessExclusive,
                of: alter.relation.map(relation),
            }
        }
        Node::AlterTableStmt(alter) => {
            let object = object(alter.objtype);
            Statement::Alter {
                only: is_only(&alter.relation),
                relation: named(alter.relation)?,
                object,
                commands: alter
                    .cmds
                    .into_iter()
                    .filter_map(|node| node.node)
                    .map(|node| command(node, object))
                    .collect(),
            }
        }
        Node::IndexStmt(index) => Statement::CreateIndex {
            index: (!index.idxname.is_empty()).then(|| index.idxname.clone()),
            only: is_only(&index.relation),
            relation: named(index.relation)?,
            concurrently: index.concurrent,
            if_not_exists: index.if_not_exists,
        },
        Node::DropStmt(drop) => Statement::Drop {
            object: object(drop.remove_type),
            relations: dropped(&drop),
            names: dropped_names(&drop),
            concurrently: drop.concurrent,
            if_exists: drop.missing_ok,
            cascade: drop.behavior == protobuf::DropBehavior::DropCascade as i32,
        },
        Node::ReindexStmt(reindex) => Statement::Reindex {
            relation: reindex.relation.map(relation),
            is_index: reindex.kind == protobuf::ReindexObjectType::ReindexObjectIndex as i32,
            concurrently: has_option(&reindex.params, "concurrently"),
        },
        Node::CreateStmt(create) => table(create)?,
        Node::CreateForeignTableStmt(create) => table(
            create
                .base_stmt
                .ok_or_else(|| malformed("CREATE FOREIGN TABLE"))?,
        )?,
        Node::CreateTableAsStmt(create) => Statement::CreateTableAs {
            touched: Touched::find(&create.query),
            with_data: !create.into.as_ref().is_some_and(|into| into.skip_data),
            relation: named(create.into.and_then(|into| into.rel))?,
            if_not_exists: create.if_not_exists,
            materialized: create.objtype == ObjectType::ObjectMatview as i32,
        },
        Node::ViewStmt(view) => Statement::CreateView {
            touched: Touched::find(&view.query),
            relation: named(view.view)?,
            replace: view.replace,
        },
        Node::RefreshMatViewStmt(refresh) => Statement::Refresh {
            relation: named(refresh.relation)?,
            concurrently: refresh.concurrent,
            with_data: !refresh.skip_data,
        },
        Node::CreateSeqStmt(create) => Statement::CreateSequence {
            relation: named(create.sequence)?,
            if_not_exists: create.if_not_exists,
        },
        Node::AlterSeqStmt(alter) => Statement::AlterSequence {
            relation: named(alter.sequence)?,
        },
        Node::CreateTrigStmt(trigger) => Statement::CreateTrigger {
            relation: named(trigger.relation)?,
            each_row: trigger.row,
        },
        Node::RuleStmt(rule) => Statement::TableRule {
            kind: "create_rule",
            touched: Touched::find(&rule.actions),
            relation: named(rule.relation)?,
        },
        Node::CreatePolicyStmt(policy) => Statement::TableRule {
            kind: "create_policy",
            touched: Touched::default(),
            relation: named(policy.table)?,
        },
        Node::AlterPolicyStmt(policy) => Statement::TableRule {
            kind: "alter_policy",
            touched: Touched::default(),
            relation: named(policy.table)?,
        },
        Node::RenameStmt(rename) => Statement::Rename {
            object: object(rename.rename_type),
            cascade: rename.behavior == protobuf::DropBehavior::DropCascade as i32,
            relation: rename.relation.map(relation),
            part: (!rename.subname.is_empty()).then_some(rename.subname),
            to: rename.newname,
        },
        Node::AlterObjectSchemaStmt(alter) => Statement::SetSchema {
            object: object(alter.object_type),
            relation: alter.relation.map(relation),
        },
        Node::TruncateStmt(truncate) => Statement::Truncate {
            only: only(&truncate.relations),
            relations: relations(truncate.relations),
            restart: truncate.restart_seqs,
            cascade: truncate.behavior == protobuf::DropBehavior::DropCascade as i32,
        },
        Node::LockStmt(lock) => Statement::Lock {
            only: only(&lock.relations),
            relations: relations(lock.relations),
            mode: LockMode::from_number(lock.mode).unwrap_or(LockMode::AccessExclusive),
        },
        Node::InsertStmt(_) | Node::UpdateStmt(_) | Node::DeleteStmt(_) | Node::MergeStmt(_) => change(node)?,
        Node::CopyStmt(copy) => match copy.relation {
            Some(target) if copy.is_from => {
                let target = protobuf::Node {
                    node: Some(Node::RangeVar(target)),
                };
                let mut touched = Touched::find(&target);
                for touch in &mut touched.relations {
                    touch.mode = LockMode::RowExclusive;
                }
                Statement::Change {
                    kind: "copy",
                    relation: relations(vec![target]).pop().ok_or_else(|| malformed("COPY"))?,
                    touched,
                }
            }
            relation => Statement::Query {
                reads: true,
                touched: Touched::find(&(relation, copy.query)),
            },
        },
        Node::SelectStmt(mut select) => {
            let touched = {
                forget_constants(&mut select);
                Touched::find(&protobuf::Node {
                    node: Some(Node::SelectStmt(select.clone())),
                })
            };
            match select.into_clause.and_then(|into| into.rel) {
                Some(target) => Statement::CreateTableAs {
                    relation: relation(target),
                    if_not_exists: false,
                    materialized: false,
                    with_data: true,
                    touched,
                },
                None => Statement::Query {
                    reads: !select.from_clause.is_empty()
                        || select.larg.is_some()
                        || select.with_clause.is_some()
                        || !select.target_list.is_empty(),
                    touched,
                },
            }
        }
        Node::ExplainStmt(explain) => {
            let mut touched = Touched::find(&explain.query);
            let reads = has_option(&explain.options, "analyze");
            if !reads {
                touched
                    .relations
                    .iter_mut()
                    .for_each(|touch| touch.deletes = false);
                touched.opaque = false;
            }
            Statement::Query { reads, touched }
        }
        Node::VariableShowStmt(_) => Statement::Query {
            reads: false,
            touched: Touched::default(),
        },
        Node::VacuumStmt(vacuum) => Statement::Vacuum {
            full: has_option(&vacuum.options, "full"),
            analyze: !vacuum.is_vacuumcmd,
            relations: vacuum
                .rels
                .into_iter()
                .filter_map(|node| match node.node {
                    Some(Node::VacuumRelation(vacuumed)) => vacuumed.relation.map(relation),
                    _ => None,
                })
                .collect(),
        },
        Node::ClusterStmt(cluster) => Statement::Cluster {
            relation: cluster.relation.map(relation),
        },
        Node::AlterEnumStmt(alter) => Statement::AlterEnum {
            adds: alter.old_val.is_empty(),
        },
        Node::AlterDomainStmt(alter) => Statement::AlterDomain {
            name: name_in(&alter.type_name, false).ok_or_else(|| malformed("ALTER DOMAIN"))?,
            // O: SET NOT NULL, V: VALIDATE, C: ADD CONSTRAINT (which scans unless it is NOT VALID).
            scans: match alter.subtype.as_str() {
                "O" | "V" => true,
                "C" => !matches!(
                    alter.def.and_then(|node| node.node),
                    Some(Node::Constraint(constraint)) if constraint.skip_validation
                ),
                _ => false,
            },
        },
        Node::CommentStmt(comment) => {
            let on_column = object(comment.objtype) == ObjectKind::Column;
            let on_relation = on_column || is_relation(object(comment.objtype));
            match comment
                .object
                .and_then(|node| name_of(&node, on_column))
                .filter(|_| on_relation)
            {
                Some(relation) => on_relations("comment", [relation]),
                None => return catalog("comment"),
            }
        }
        Node::CreateStatsStmt(create) => on_relations("create_statistics", relations(create.relations)),
        Node::VariableSetStmt(set) => Statement::Set {
            name: (!set.name.is_empty()).then_some(set.name),
            local: set.is_local,
        },
        Node::TransactionStmt(control) => Statement::Transaction {
            word: transaction_word(control.kind),
        },
        Node::DoStmt(block) => Statement::Do {
            commits: block.args.iter().any(commits),
        },
        Node::PrepareStmt(_) => return session("prepare"),
        Node::ExecuteStmt(_) => return session("execute"),
        Node::DeallocateStmt(_) => return session("deallocate"),
        Node::DeclareCursorStmt(cursor) => Statement::SessionObject {
            kind: "declare_cursor",
            touched: Touched::find(&cursor.query),
        },
        Node::FetchStmt(_) => return session("fetch"),
        Node::ClosePortalStmt(_) => return session("close_cursor"),
        Node::ListenStmt(_) => return session("listen"),
        Node::UnlistenStmt(_) => return session("unlisten"),
        Node::NotifyStmt(_) => return session("notify"),
        Node::ConstraintsSetStmt(_) => return session("set_constraints"),
        Node::LoadStmt(_) => return session("load"),
        Node::DiscardStmt(discard) if discard.target == protobuf::DiscardMode::DiscardAll as i32 => {
            return outside("discard_all", true);
        }
        Node::DiscardStmt(_) => return session("discard"),
        Node::CallStmt(_) => return outside("call", false),
        Node::CreatedbStmt(_) => return outside("create_database", false),
        Node::DropdbStmt(_) => return outside("drop_database", false),
        Node::CreateTableSpaceStmt(_) => return outside("create_tablespace", false),
        Node::DropTableSpaceStmt(_) => return outside("drop_tablespace", false),
        Node::AlterSystemStmt(_) => return outside("alter_system", true),
        // It refuses a transaction where it makes a replication slot on the publisher.
        Node::CreateSubscriptionStmt(create) => {
            let makes_slot = !denies(&create.options, "connect") && !denies(&create.options, "create_slot");
            return if makes_slot {
                outside("create_subscription", false)
            } else {
                catalog("create_subscription")
            };
        }
        Node::AlterSubscriptionStmt(alter) => {
            return if asks_publisher(&alter) {
                outside("alter_subscription", false)
            } else {
                catalog("alter_subscription")
            };
        }
        Node::DropSubscriptionStmt(_) => return outside("drop_subscription", false),
        Node::AlterDatabaseStmt(alter) if has_option(&alter.options, "tablespace") => {
            return outside("alter_database", true);
        }
        Node::AlterDatabaseStmt(_) => return catalog("alter_database"),
        Node::CheckPointStmt(_) => return catalog("checkpoint"),
        Node::CreateSchemaStmt(create) => Statement::CreateSchema {
            references: create
                .schema_elts
                .into_iter()
                .filter_map(|element| match element.node.map(lower)? {
                    Ok(Statement::CreateTable { references, .. }) => Some(references),
                    _ => None,
                })
                .flatten()
                .collect(),
        },
        Node::AlterTableMoveAllStmt(_) => Statement::Sweeping {
            kind: "alter_table_all_in_tablespace",
            loses: false,
            rewrites: true,
            mode: LockMode::AccessExclusive,
            of: None,
        },
        Node::CreateExtensionStmt(_) => return catalog("create_extension"),
        // Its script may do anything to its objects.
        Node::AlterExtensionStmt(_) => Statement::Sweeping {
            kind: "alter_extension",
            loses: false,
            rewrites: true,
            mode: LockMode::AccessExclusive,
            of: None,
        },
        Node::AlterExtensionContentsStmt(alter) => {
            let relation = alter.object.as_ref().and_then(|node| name_of(node, false));
            match relation.filter(|_| is_relation(object(alter.objtype))) {
                Some(relation) => on_relations("alter_extension_contents", [relation]),
                None => return catalog("alter_extension_contents"),
            }
        }
        Node::CreateFdwStmt(_) => return catalog("create_foreign_data_wrapper"),
        Node::AlterFdwStmt(_) => return catalog("alter_foreign_data_wrapper"),
        Node::CreateForeignServerStmt(_) => return catalog("create_server"),
        Node::AlterForeignServerStmt(_) => return catalog("alter_server"),
        Node::CreateUserMappingStmt(_) => return catalog("create_user_mapping"),
        Node::AlterUserMappingStmt(_) => return catalog("alter_user_mapping"),
        Node::DropUserMappingStmt(_) => return catalog("drop_user_mapping"),
        Node::ImportForeignSchemaStmt(_) => return catalog("import_foreign_schema"),
        Node::CreateAmStmt(_) => return catalog("create_access_method"),
        Node::CreateEventTrigStmt(_) => return catalog("create_event_trigger"),
        Node::AlterEventTrigStmt(_) => return catalog("alter_event_trigger"),
        Node::CreatePlangStmt(_) => return catalog("create_language"),
        Node::CreateRoleStmt(_) => return catalog("create_role"),
        Node::AlterRoleStmt(_) => return catalog("alter_role"),
        Node::AlterRoleSetStmt(_) => return catalog("alter_role_set"),
        Node::DropRoleStmt(_) => return catalog("drop_role"),
        Node::DropOwnedStmt(_) => Statement::Sweeping {
            kind: "drop_owned",
            loses: true,
            rewrites: false,
            mode: LockMode::AccessExclusive,
            of: None,
        },
        Node::ReassignOwnedStmt(_) => Statement::Sweeping {
            kind: "reassign_owned",
            loses: false,
            rewrites: false,
            mode: LockMode::AccessExclusive,
            of: None,
        },
        Node::GrantStmt(_) => return catalog("grant"),
        Node::GrantRoleStmt(_) => return catalog("grant_role"),
        Node::AlterDefaultPrivilegesStmt(_) => return catalog("alter_default_privileges"),
        Node::DefineStmt(_) => return catalog("define"),
        Node::CreateDomainStmt(_) => return catalog("create_domain"),
        Node::CreateOpClassStmt(_) => return catalog("create_operator_class"),
        Node::CreateOpFamilyStmt(_) => return catalog("create_operator_family"),
        Node::AlterOpFamilyStmt(_) => return catalog("alter_operator_family"),
        Node::SecLabelStmt(_) => return catalog("security_label"),
        Node::AlterStatsStmt(_) => return catalog("alter_statistics"),
        // Measured: a body of BEGIN ATOMIC or RETURN is parsed, and what it names locked.
        Node::CreateFunctionStmt(create) => match create.sql_body {
            Some(body) => Statement::OnRelations {
                kind: "create_function",
                locks: touched_locks(&Touched::find(&body)),
                descend: false,
            },
            None => return catalog("create_function"),
        },
        Node::AlterFunctionStmt(_) => return catalog("alter_function"),
        Node::AlterObjectDependsStmt(_) => return catalog("alter_depends"),
        Node::AlterOwnerStmt(_) => return catalog("alter_owner"),
        Node::AlterOperatorStmt(_) => return catalog("alter_operator"),
        Node::AlterTypeStmt(_) => return catalog("alter_type"),
        Node::CompositeTypeStmt(_) => return catalog("create_type"),
        Node::CreateEnumStmt(_) => return catalog("create_enum"),
        Node::CreateRangeStmt(_) => return catalog("create_range"),
        Node::AlterCollationStmt(_) => return catalog("alter_collation"),
        Node::AlterDatabaseRefreshCollStmt(_) => return catalog("alter_database"),
        Node::AlterDatabaseSetStmt(_) => return catalog("alter_database_set"),
        Node::AlterTableSpaceOptionsStmt(_) => return catalog("alter_tablespace"),
        Node::CreateConversionStmt(_) => return catalog("create_conversion"),
        Node::CreateCastStmt(_) => return catalog("create_cast"),
        Node::CreateTransformStmt(_) => return catalog("create_transform"),
        Node::AlterTsdictionaryStmt(_) => return catalog("alter_text_search_dictionary"),
        Node::AlterTsconfigurationStmt(_) => return catalog("alter_text_search_configuration"),
        Node::CreatePublicationStmt(create) => published("create_publication", create.pubobjects),
        // SET locks what it leaves out as well, which it does not name.
        Node::AlterPublicationStmt(alter)
            if alter.action == protobuf::AlterPublicationAction::ApSetObjects as i32
                && !alter.pubobjects.is_empty() =>
        {
            Statement::Sweeping {
                kind: "alter_publication",
                loses: false,
                rewrites: false,
                mode: LockMode::ShareUpdateExclusive,
                of: None,
            }
        }
        Node::AlterPublicationStmt(alter) => published("alter_publication", alter.pubobjects),
        // The grammar gives no other node as a statement.
        _ => return Err(malformed("the statement")),
    })
}

/// A statement that keeps DDL, VACUUM and index builds away from relations.
fn on_relations(kind: &'static str, relations: impl IntoIterator<Item = RelationName>) -> Statement {
    let with_mode = |relation| (relation, LockMode::ShareUpdateExclusive);
    Statement::OnRelations {
        kind,
        locks: relations.into_iter().map(with_mode).collect(),
        descend: false,
    }
}

/// CREATE or ALTER PUBLICATION with the tables that it adds or drops, and those that inherit from them.
fn published(kind: &'static str, objects: Vec<protobuf::Node>) -> Statement {
    let tables = objects.into_iter().filter_map(|node| match node.node {
        Some(Node::PublicationObjSpec(object)) => object.pubtable?.relation.map(relation),
        _ => None,
    });
    let locks = tables.map(|table| (table, LockMode::ShareUpdateExclusive));
    Statement::OnRelations {
        kind,
        locks: locks.collect(),
        descend: true,
    }
}

fn touched_locks(touched: &Touched) -> Vec<(RelationName, LockMode)> {
    let touches = touched.relations.iter();
    touches
        .map(|touch| (touch.relation.clone(), touch.mode))
        .collect()
}

/// Whether an option is given and false.
fn denies(options: &[protobuf::Node], name: &str) -> bool {
    let given = options
        .iter()
        .any(|node| matches!(&node.node, Some(Node::DefElem(option)) if option.defname == name));
    given && !has_option(options, name)
}

/// Whether ALTER SUBSCRIPTION talks to the publisher, and therefore refuses a transaction.
fn asks_publisher(alter: &protobuf::AlterSubscriptionStmt) -> bool {
    use protobuf::AlterSubscriptionType as Kind;
    match Kind::try_from(alter.kind) {
        Ok(Kind::AlterSubscriptionConnection | Kind::AlterSubscriptionEnabled | Kind::AlterSubscriptionSkip) => {
            false
        }
        Ok(
            Kind::AlterSubscriptionSetPublication
            | Kind::AlterSubscriptionAddPublication
            | Kind::AlterSubscriptionDropPublication,
        ) => !denies(&alter.options, "refresh"),
        Ok(Kind::AlterSubscriptionOptions) => ["failover", "two_phase"].iter().any(|name| {
            let is_it = |node: &protobuf::Node| {
                matches!(&node.node, Some(Node::DefElem(option)) if option.defname == *name)
            };
            alter.options.iter().any(is_it)
        }),
        _ => true,
    }
}

fn is_relation(object: ObjectKind) -> bool {
    matches!(
        object,
        ObjectKind::Table
            | ObjectKind::Index
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
    )
}

/// INSERT, UPDATE, DELETE or MERGE.
fn change(mut node: Node) -> Result<Statement, SyntaxError> {
    if let Node::InsertStmt(insert) = &mut node {
        forget_what_touches_nothing(insert);
    }
    let tree = protobuf::Node { node: Some(node) };
    let touched = Touched::find(&tree);
    let (kind, target) = match tree.node {
        Some(Node::InsertStmt(insert)) => ("insert", insert.relation),
        Some(Node::UpdateStmt(update)) => ("update", update.relation),
        Some(Node::DeleteStmt(delete)) => ("delete", delete.relation),
        Some(Node::MergeStmt(merge)) => ("merge", merge.relation),
        _ => return Err(malformed("the data change")),
    };
    Ok(Statement::Change {
        kind,
        relation: named(target)?,
        touched,
    })
}

/// Takes the names of columns out of an INSERT, and rows of literals: there may be a million such statements.
fn forget_what_touches_nothing(insert: &mut protobuf::InsertStmt) {
    insert.cols.retain(|column| match &column.node {
        Some(Node::ResTarget(column)) => !column.indirection.is_empty() || column.val.is_some(),
        _ => true,
    });
    let rows = insert.select_stmt.as_mut().and_then(|rows| rows.node.as_mut());
    let Some(Node::SelectStmt(select)) = rows else {
        return;
    };
    forget_constants(select);
    let nothing = protobuf::SelectStmt {
        limit_option: select.limit_option,
        op: select.op,
        ..protobuf::SelectStmt::default()
    };
    if **select == nothing {
        insert.select_stmt = None;
    }
}

/// Takes rows of literals out of VALUES: there may be a million, and they touch nothing.
fn forget_constants(select: &mut protobuf::SelectStmt) {
    select.values_lists.retain(|row| match &row.node {
        Some(Node::List(row)) => !row
            .items
            .iter()
            .all(|item| matches!(item.node, Some(Node::AConst(_) | Node::SetToDefault(_)))),
        _ => true,
    });
}

fn table(create: protobuf::CreateStmt) -> Result<Statement, SyntaxError> {
    let mut parents = relations(create.inh_relations);
    let target = create.relation;
    let temporary = target.as_ref().is_some_and(|target| target.relpersistence == "t");
    let mut references: Vec<RelationName> = Vec::new();
    for element in create.table_elts.iter().chain(&create.constraints) {
        match &element.node {
            Some(Node::Constraint(constraint)) => references.extend(constraint.pktable.clone().map(relation)),
            Some(Node::ColumnDef(column)) => references.extend(foreign_tables(column)),
            _ => {}
        }
    }
    Ok(Statement::CreateTable {
        relation: named(target)?,
        if_not_exists: create.if_not_exists,
        temporary,
        partition_of: if create.partbound.is_some() {
            parents.pop()
        } else {
            None
        },
        inherits: parents,
        references,
    })
}

pub(super) fn foreign_tables(column: &protobuf::ColumnDef) -> impl Iterator<Item = RelationName> {
    column.constraints.iter().filter_map(|node| match &node.node {
        Some(Node::Constraint(constraint)) => constraint.pktable.clone().map(relation),
        _ => None,
    })
}

fn object(number: i32) -> ObjectKind {
    match ObjectType::try_from(number) {
        Ok(ObjectType::ObjectTable | ObjectType::ObjectForeignTable) => ObjectKind::Table,
        Ok(ObjectType::ObjectIndex) => ObjectKind::Index,
        Ok(ObjectType::ObjectView) => ObjectKind::View,
        Ok(ObjectType::ObjectMatview) => ObjectKind::MaterializedView,
        Ok(ObjectType::ObjectSequence) => ObjectKind::Sequence,
        Ok(ObjectType::ObjectColumn | ObjectType::ObjectAttribute) => ObjectKind::Column,
        Ok(ObjectType::ObjectTabconstraint) => ObjectKind::Constraint,
        Ok(ObjectType::ObjectTrigger | ObjectType::ObjectRule | ObjectType::ObjectPolicy) => {
            ObjectKind::OnTable
        }
        Ok(ObjectType::ObjectType | ObjectType::ObjectDomain) => ObjectKind::Type,
        Ok(ObjectType::ObjectStatisticExt) => ObjectKind::Statistics,
        Ok(
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate,
        ) => ObjectKind::Routine,
        Ok(ObjectType::ObjectSchema) => ObjectKind::Schema,
        Ok(ObjectType::ObjectExtension) => ObjectKind::Extension,
        _ => ObjectKind::Other,
    }
}

/// The relations that a DROP names; for triggers, rules and policies the table, which stands before
/// the last word of the name.
fn dropped(drop: &protobuf::DropStmt) -> Vec<RelationName> {
    let on_table = object(drop.remove_type) == ObjectKind::OnTable;
    match object(drop.remove_type) {
        kind if !is_relation(kind) && !on_table => Vec::new(),
        _ => drop
            .objects
            .iter()
            .filter_map(|node| name_of(node, on_table))
            .collect(),
    }
}

/// The names of the objects that a DROP names, where they are no relations.
fn dropped_names(drop: &protobuf::DropStmt) -> Vec<RelationName> {
    let kind = object(drop.remove_type);
    if is_relation(kind) {
        return Vec::new();
    }
    let name = |node: &protobuf::Node| match &node.node {
        Some(Node::List(list)) if kind == ObjectKind::OnTable => {
            name_in(&list.items, false).map(|part| RelationName::new(None, &part.name))
        }
        Some(Node::TypeName(of)) => name_in(&of.names, false),
        Some(Node::ObjectWithArgs(of)) => name_in(&of.objname, false),
        Some(Node::String(word)) => Some(RelationName::new(None, &word.sval)),
        _ => name_of(node, false),
    };
    drop.objects.iter().filter_map(name).collect()
}

/// The name that a list of words spells; `but_last` leaves out the last word (a column, a trigger).
fn name_of(node: &protobuf::Node, but_last: bool) -> Option<RelationName> {
    let Some(Node::List(list)) = &node.node else {
        return None;
    };
    name_in(&list.items, but_last)
}

fn name_in(items: &[protobuf::Node], but_last: bool) -> Option<RelationName> {
    let mut words: Vec<&str> = items
        .iter()
        .filter_map(|item| match &item.node {
            Some(Node::String(word)) => Some(word.sval.as_str()),
            _ => None,
        })
        .collect();
    if but_last {
        words.pop();
    }
    let name = words.pop()?;
    Some(RelationName::new(words.pop(), name))
}

fn relations(nodes: Vec<protobuf::Node>) -> Vec<RelationName> {
    nodes
        .into_iter()
        .filter_map(|node| match node.node {
            Some(Node::RangeVar(named)) => Some(relation(named)),
            _ => None,
        })
        .collect()
}

/// Those of the relations that ONLY stands before.
fn only(nodes: &[protobuf::Node]) -> Vec<RelationName> {
    let named = nodes.iter().filter_map(|node| match &node.node {
        Some(Node::RangeVar(named)) if !named.inh => Some(relation(named.clone())),
        _ => None,
    });
    named.collect()
}

pub(super) fn relation(named: RangeVar) -> RelationName {
    RelationName {
        schema: (!named.schemaname.is_empty()).then_some(named.schemaname),
        name: named.relname,
    }
}

fn named(range: Option<RangeVar>) -> Result<RelationName, SyntaxError> {
    range
        .map(relation)
        .ok_or_else(|| malformed("the statement's relation"))
}

/// Whether ONLY stands before the name.
fn is_only(range: &Option<RangeVar>) -> bool {
    range.as_ref().is_some_and(|named| !named.inh)
}

fn malformed(what: &str) -> SyntaxError {
    SyntaxError {
        message: format!("{what} is not understood"),
        offset: 0,
    }
}

fn has_option(options: &[protobuf::Node], name: &str) -> bool {
    options.iter().any(|node| match &node.node {
        Some(Node::DefElem(option)) if option.defname == name => match &option.arg {
            // `(FULL false)`, `(CONCURRENTLY off)`
            Some(value) => match &value.node {
                Some(Node::String(word)) => !matches!(word.sval.as_str(), "false" | "off" | "0"),
                Some(Node::Integer(number)) => number.ival != 0,
                Some(Node::Boolean(truth)) => truth.boolval,
                _ => true,
            },
            None => true,
        },
        _ => false,
    })
}

fn transaction_word(kind: i32) -> &'static str {
    use protobuf::TransactionStmtKind as Kind;
    match Kind::try_from(kind) {
        Ok(Kind::TransStmtBegin | Kind::TransStmtStart) => "BEGIN",
        Ok(Kind::TransStmtCommit) => "COMMIT",
        Ok(Kind::TransStmtSavepoint) => "SAVEPOINT",
        Ok(Kind::TransStmtRelease) => "RELEASE",
        Ok(Kind::TransStmtRollbackTo) => "ROLLBACK TO",
        Ok(Kind::TransStmtPrepare) => "PREPARE TRANSACTION",
        Ok(Kind::TransStmtCommitPrepared) => "COMMIT PREPARED",
        Ok(Kind::TransStmtRollbackPrepared) => "ROLLBACK PREPARED",
        Ok(Kind::TransStmtRollback | Kind::Undefined) | Err(_) => "ROLLBACK",
    }
}

/// Whether a DO block's body ends a transaction. The words are looked for outside comments and
/// literals; a block that only mentions them in dynamic SQL cannot commit by it (PostgreSQL
/// refuses COMMIT in EXECUTE).
fn commits(node: &protobuf::Node) -> bool {
    let Some(Node::DefElem(option)) = &node.node else {
        return false;
    };
    let Some(Node::String(body)) = option.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
        return false;
    };
    let Ok(tokens) = pg_query::scan(&body.sval) else {
        return false;
    };
    let mut begins_statement = true;
    for token in &tokens.tokens {
        let text = usize::try_from(token.start)
            .ok()
            .zip(usize::try_from(token.end).ok());
        let text = text
            .and_then(|(start, end)| body.sval.get(start..end))
            .unwrap_or("");
        if text.starts_with("--") || text.starts_with("/*") {
            continue;
        }
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if begins_statement && (is("commit") || is("rollback")) {
            return true;
        }
        begins_statement = text == ";" || is("begin") || is("then") || is("else") || is("loop");
    }
    false
}

/// See [`super::index_on`].
pub(super) fn index_on(node: Node, clone: &str) -> Option<String> {
    let Node::IndexStmt(mut index) = node else {
        return None;
    };
    index.concurrent = false;
    index.if_not_exists = false;
    index.idxname.clear();
    let target = index.relation.as_mut()?;
    target.schemaname.clear();
    target.catalogname.clear();
    target.relname = clone.to_owned();
    target.relpersistence = "p".to_owned();
    target.inh = true;
    Node::IndexStmt(index).deparse(Default::default()).ok()
}

/// See [`super::index_for`].
pub(super) fn index_for(node: Node, name: &str, table: &RelationName, only: bool) -> Option<String> {
    let Node::IndexStmt(mut index) = node else {
        return None;
    };
    index.concurrent = !only;
    index.idxname = name.to_owned();
    let target = index.relation.as_mut()?;
    target.schemaname = table.schema.clone().unwrap_or_default();
    target.relname = table.name.clone();
    target.inh = !only;
    Node::IndexStmt(index).deparse(Default::default()).ok()
}
