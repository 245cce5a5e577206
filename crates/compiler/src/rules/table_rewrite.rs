//! CLUSTER, VACUUM FULL, SET TABLESPACE, SET LOGGED, SET ACCESS METHOD.

use super::case::Case;
use super::{Finding, Harm, Rule, Section};
use crate::diagnostic::Severity;
use crate::sql::{AlterKind, ObjectKind, Statement};

pub(super) static RULE: Rule = Rule {
    id: "table-rewrite",
    severity: Severity::Error,
    section: Section::Indexes,
    why: "CLUSTER, VACUUM FULL, and a new tablespace, access method or persistence write the whole table and all its indexes anew \
          while nobody can read it.",
    unsafe_sql: "VACUUM FULL orders;",
    safe_sql: "VACUUM orders;",
    harm: Harm::Blocks,
    squawk: &[],
    check,
};

fn check(case: &Case) -> Option<Finding> {
    let (what, relation) = match &*case.statement {
        Statement::Vacuum {
            full: true,
            relations,
            ..
        } => ("VACUUM FULL", relations.first()),
        Statement::Cluster { relation, .. } => ("CLUSTER", relation.as_ref()),
        Statement::Alter { relation, object, .. } => {
            let (_, command, _) = case.alter()?;
            let what = match command.kind {
                AlterKind::Tablespace if *object == ObjectKind::Index => "a new tablespace",
                AlterKind::Tablespace => "a new tablespace",
                AlterKind::Logged(true) => "SET LOGGED",
                AlterKind::Logged(false) => "SET UNLOGGED",
                AlterKind::AccessMethod => "a new access method",
                _ => return None,
            };
            let effect = case.effect();
            if effect.rewrite.is_no() && effect.index_rebuild.is_no() {
                return None;
            }
            (what, Some(relation))
        }
        _ => return None,
    };
    let of = match relation {
        Some(relation) => {
            case.live(relation)?;
            format!("{relation}{}", case.size(relation))
        }
        None => "every table in turn".to_owned(),
    };
    let finding = case.finding(
        &RULE,
        format!("{what} writes {of} anew, which blocks reads and writes"),
    );
    Some(finding.help("for bloat, use pg_repack or REINDEX CONCURRENTLY; else do it in a maintenance window"))
}
