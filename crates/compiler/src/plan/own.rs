//! What no revision does: write to the journal. It says what was done and is taken at its word, and a run that is under way
//! holds its rows.

use crate::diagnostic::Diagnostic;
use crate::effect::{LockMode, RelationLock};
use crate::sql::{ObjectKind, Statement};

/// The schema that the journal is alone in.
const SCHEMA: &str = "windlass";

/// Why a statement that changes the journal, or locks it, is not run.
pub(super) fn refusal(statement: &Statement, locks: &[RelationLock]) -> Option<Diagnostic> {
    let is_ours = match statement {
        Statement::Drop {
            object: ObjectKind::Schema,
            names,
            ..
        } => names.iter().any(|schema| schema.name == SCHEMA),
        Statement::Rename {
            object: ObjectKind::Schema,
            part,
            ..
        } => part.as_deref() == Some(SCHEMA),
        _ => false,
    };
    let touched = match is_ours {
        true => Some(format!("the schema {SCHEMA}")),
        false => {
            let own = locks
                .iter()
                .find(|lock| lock.relation.schema.as_deref() == Some(SCHEMA) && !reads(lock.mode));
            own.map(|lock| lock.relation.to_string())
        }
    };
    touched.map(|touched| {
        Diagnostic::error(format!(
            "{touched} is the journal's own: a revision neither changes it nor locks it"
        ))
        .help("take it out: `windlass stamp`, `resolve` and `downgrade` change what the journal says")
    })
}

/// Whether whoever has this lock may read, or see to statistics and comments, and no more.
fn reads(mode: LockMode) -> bool {
    matches!(
        mode,
        LockMode::AccessShare | LockMode::RowShare | LockMode::ShareUpdateExclusive
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::{Context, effect};
    use crate::sql;

    fn refused(text: &str) -> bool {
        let statement = sql::parse(text).expect("it is SQL");
        refusal(&statement, &effect(&statement, &Context::default()).locks).is_some()
    }

    #[test]
    fn whatever_writes_to_the_journal_is_refused() {
        for text in [
            "UPDATE windlass.revision SET state = 'applied'",
            "INSERT INTO windlass.history DEFAULT VALUES",
            "DELETE FROM \"windlass\".step",
            "WITH gone AS (DELETE FROM windlass.run RETURNING id) SELECT count(*) FROM gone",
            "COPY windlass.loss FROM '/tmp/x'",
            "TRUNCATE t, WINDLASS.step",
            "DROP TABLE IF EXISTS windlass.leader",
            "ALTER TABLE windlass.revision ADD COLUMN note text",
            "ALTER TABLE windlass.revision SET SCHEMA public",
            "ALTER TABLE windlass.revision RENAME TO r",
            "CREATE INDEX ON windlass.step (state)",
            "CREATE TRIGGER t AFTER INSERT ON windlass.step FOR EACH ROW EXECUTE FUNCTION f()",
            "LOCK TABLE windlass.leader IN EXCLUSIVE MODE",
            "DROP SCHEMA a, windlass CASCADE",
            "ALTER SCHEMA windlass RENAME TO old",
            "ALTER SCHEMA \"windlass\" RENAME TO old",
        ] {
            assert!(refused(text), "{text}");
        }
    }

    #[test]
    fn whoever_reads_it_or_means_something_else_is_not() {
        for text in [
            "SELECT * FROM windlass.revision",
            "CREATE VIEW applied AS SELECT * FROM windlass.revision",
            "INSERT INTO audit SELECT * FROM windlass.history",
            "GRANT SELECT ON ALL TABLES IN SCHEMA windlass TO monitoring",
            "ANALYZE windlass.step",
            "UPDATE windlass SET name = 'windlass.revision'",
            "DROP SCHEMA windlass_backup",
            "ALTER SCHEMA harbour RENAME TO windlass_old",
        ] {
            assert!(!refused(text), "{text}");
        }
    }
}
