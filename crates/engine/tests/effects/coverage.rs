//! Every kind of statement has a row in the corpus. The matches here are exhaustive, so that a new kind does not compile
//! before it is named; the names are read from this file, so that one without a row fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use windlass_compiler::sql::{self, AlterKind, ConstraintKind, ObjectKind, Statement};

use crate::corpus;

fn statement(of: &Statement) -> &'static str {
    match of {
        Statement::Alter { .. } => "alter",
        Statement::CreateIndex { .. } => "create index",
        Statement::Drop { .. } => "drop",
        Statement::Reindex { .. } => "reindex",
        Statement::CreateTable { .. } => "create table",
        Statement::CreateTableAs { .. } => "create table as",
        Statement::CreateView { .. } => "create view",
        Statement::Refresh { .. } => "refresh",
        Statement::CreateSequence { .. } => "create sequence",
        Statement::AlterSequence { .. } => "alter sequence",
        Statement::CreateTrigger { .. } => "create trigger",
        Statement::TableRule { .. } => "table rule",
        Statement::Rename { .. } => "rename",
        Statement::SetSchema { .. } => "set schema",
        Statement::Truncate { .. } => "truncate",
        Statement::Lock { .. } => "lock",
        Statement::Change { .. } => "change",
        Statement::Query { .. } => "query",
        Statement::Vacuum { .. } => "vacuum",
        Statement::Cluster { .. } => "cluster",
        Statement::AlterEnum { .. } => "alter enum",
        Statement::AlterDomain { .. } => "alter domain",
        Statement::CreateSchema { .. } => "create schema",
        Statement::Sweeping { .. } => "sweeping",
        Statement::OnRelations { .. } => "on relations",
        Statement::Set { .. } => "set",
        Statement::Transaction { .. } => "transaction",
        Statement::Do { .. } => "do",
        Statement::SessionObject { .. } => "session object",
        Statement::Outside { .. } => "outside",
        Statement::CatalogOnly { .. } => "catalog only",
    }
}

fn subcommand(of: AlterKind) -> &'static str {
    match of {
        AlterKind::AddColumn => "add column",
        AlterKind::DropColumn => "drop column",
        AlterKind::ColumnProperty => "column property",
        AlterKind::SetIdentity => "set identity",
        AlterKind::DropIdentity => "drop identity",
        AlterKind::ColumnStatistics => "column statistics",
        AlterKind::SetNotNull => "set not null",
        AlterKind::DropNotNull => "drop not null",
        AlterKind::ColumnType => "column type",
        AlterKind::SetExpression => "set expression",
        AlterKind::AddConstraint(constraint) => match constraint {
            ConstraintKind::Check => "add check",
            ConstraintKind::CheckNotValid => "add check not valid",
            ConstraintKind::NotNull => "add not null",
            ConstraintKind::ForeignKey => "add foreign key",
            ConstraintKind::ForeignKeyNotValid => "add foreign key not valid",
            ConstraintKind::Index => "add key",
            ConstraintKind::UsingIndex => "add unique using index",
            ConstraintKind::PrimaryKeyUsingIndex => "add primary key using index",
        },
        AlterKind::AlterConstraint => "alter constraint",
        AlterKind::EnforceConstraint => "enforce constraint",
        AlterKind::UnenforceConstraint => "unenforce constraint",
        AlterKind::Validate => "validate",
        AlterKind::DropConstraint => "drop constraint",
        AlterKind::Owner => "owner",
        AlterKind::Inherit => "inherit",
        AlterKind::NoInherit => "no inherit",
        AlterKind::TableProperty => "table property",
        AlterKind::Trigger => "trigger",
        AlterKind::StorageParameter => "storage parameter",
        AlterKind::ClusterOn => "cluster on",
        AlterKind::BlockingParameter => "blocking parameter",
        AlterKind::Logged(true) => "logged",
        AlterKind::Logged(false) => "unlogged",
        AlterKind::Tablespace => "tablespace",
        AlterKind::AccessMethod => "access method",
        AlterKind::Attach => "attach",
        AlterKind::Detach => "detach",
        AlterKind::DetachConcurrently => "detach concurrently",
        AlterKind::DetachFinalize => "detach finalize",
    }
}

fn dropped(of: ObjectKind) -> &'static str {
    match of {
        ObjectKind::Table => "drop of a table",
        ObjectKind::Index => "drop of an index",
        ObjectKind::View => "drop of a view",
        ObjectKind::MaterializedView => "drop of a materialised view",
        ObjectKind::Sequence => "drop of a sequence",
        // Parts of a relation, which ALTER drops.
        ObjectKind::Column | ObjectKind::Constraint => "",
        ObjectKind::OnTable => "drop of a part",
        ObjectKind::Type => "drop of a type",
        ObjectKind::Statistics => "drop of statistics",
        ObjectKind::Routine => "drop of a routine",
        ObjectKind::Schema => "drop of a schema",
        ObjectKind::Extension => "drop of an extension",
        ObjectKind::Other => "drop of something else",
    }
}

#[test]
fn every_kind_of_statement_has_a_row_that_is_measured() {
    let arms = include_str!("coverage.rs").lines().filter_map(|line| {
        let (_, name) = line.trim().split_once(" => \"")?;
        Some(name.trim_end_matches([',', '"']).to_owned())
    });
    let mut wanted: BTreeSet<String> = arms.filter(|name| !name.is_empty()).collect();
    assert!(wanted.len() > 70, "{wanted:?}");
    // Nothing but BEGIN and its relatives is refused everywhere.
    wanted.remove("transaction");
    wanted.extend(kinds_of_the_grammar());
    // Refused without a provider of labels, which no server here has.
    wanted.remove("security_label");
    for row in corpus::rows() {
        let parsed = sql::parse(&row.sql).unwrap();
        wanted.remove(statement(&parsed));
        wanted.remove(parsed.kind());
        match &parsed {
            Statement::Alter { commands, .. } => {
                for command in commands {
                    wanted.remove(subcommand(command.kind));
                }
            }
            Statement::Drop { object, .. } => {
                wanted.remove(dropped(*object));
            }
            _ => {}
        }
    }
    assert_eq!(wanted, BTreeSet::new(), "these have no row in corpus.sql");
}

/// The kinds that the lowering of PostgreSQL's grammar gives by name.
fn kinds_of_the_grammar() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/src/sql/lower.rs");
    let source = fs::read_to_string(path).unwrap();
    let mut kinds = BTreeSet::new();
    for call in [
        "catalog(\"",
        "session(\"",
        "outside(\"",
        "kind: \"",
        "published(\"",
        "on_relations(\"",
    ] {
        for (at, _) in source.match_indices(call) {
            let name = &source[at + call.len()..];
            kinds.extend(name.split('"').next().map(str::to_owned));
        }
    }
    assert!(kinds.len() > 60, "{kinds:?}");
    kinds
}
