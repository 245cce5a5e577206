//! Where one transaction must end and the next begin.
//!
//! Consecutive transactional statements share a transaction. It is cut only where sharing would
//! break a promise: see [`Cut`]. Facts 12 and 20 of the measured list stand behind the rules:
//! DML then ALTER in one transaction fails with 55006 (pending trigger events), keeps row locks
//! while the ALTER queues, and repeats the DML with each retry of the lock.

use std::collections::HashMap;
use std::sync::Arc;

use super::step::{Cut, PlannedStatement, Shape};
use crate::effect::{Effect, Kin, LockMode, UnnamedLock};
use crate::lane::Lane;
use crate::sql::RelationName;

/// What the transaction being gathered already holds.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    blocking: bool,
    worked: bool,
    new_enum_value: bool,
    closed: bool,
    last: Option<Shape>,
}

/// What of a statement decides about cuts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    /// How the server gets it.
    pub(super) shape: Shape,
    /// It takes a blocking lock on a relation that existed before.
    pub(super) blocks: bool,
    /// It reads or changes rows of a relation that existed before, or nobody can tell.
    pub(super) works: bool,
    /// ALTER TYPE … ADD VALUE.
    pub(super) adds_enum_value: bool,
    /// A safe form's ADD CONSTRAINT … NOT VALID.
    pub(super) is_provisional: bool,
    /// A safe form wants it in the transaction of its part before.
    pub(super) is_joined: bool,
}

impl Traits {
    pub(super) fn of(statement: &PlannedStatement, shape: Shape) -> Self {
        let touches_rows = matches!(statement.lane, Lane::Dml | Lane::Validate | Lane::Backfill);
        Self {
            shape,
            blocks: statement.blocks(),
            works: (touches_rows && (statement.opaque || !statement.locks.is_empty())) || fills(statement),
            adds_enum_value: statement.kind == "alter_type_add_value",
            is_provisional: statement
                .rewrite
                .as_ref()
                .is_some_and(|rewrite| rewrite.of.is_some())
                && adds_not_valid(&statement.sql),
            is_joined: statement
                .rewrite
                .as_ref()
                .is_some_and(|rewrite| rewrite.is_joined),
        }
    }
}

impl Gathering {
    /// Whether the statement must begin a new step, and why. `asked`: it wants a step of its own.
    pub(super) fn cut(&self, next: Traits, atomic: bool, asked: bool) -> Option<Cut> {
        let own = match next.shape {
            Shape::Alone => Some(Cut::RefusesTransaction),
            Shape::Backfill => Some(Cut::Batched),
            Shape::Transaction => None,
        };
        match (self.last, own) {
            (None, None) => return Some(Cut::Start),
            (_, Some(own)) => return Some(own),
            (Some(Shape::Alone), None) => return Some(Cut::AfterRefusal),
            (Some(Shape::Backfill), None) => return Some(Cut::Batched),
            (Some(Shape::Transaction), None) if next.is_joined => return None,
            (Some(Shape::Transaction), None) => {}
        }
        if asked || self.closed {
            return Some(Cut::Asked);
        }
        if self.new_enum_value {
            return Some(Cut::NewEnumValue);
        }
        if atomic {
            return None;
        }
        if self.blocking && next.works {
            return Some(Cut::WorkUnderLock);
        }
        if self.worked && next.blocks {
            return Some(Cut::LockAfterWork);
        }
        next.is_provisional.then_some(Cut::Provisional)
    }

    /// Notes that the statement was taken in, into a new step or the one being gathered.
    /// `closed` keeps later statements out of it.
    pub(super) fn take(&mut self, traits: Traits, begins: bool, closed: bool) {
        if begins {
            *self = Self::default();
        }
        self.closed = closed;
        self.last = Some(traits.shape);
        self.blocking |= traits.blocks;
        self.worked |= traits.works;
        self.new_enum_value |= traits.adds_enum_value;
    }
}

/// Whether it keeps the answer to a query, however long that takes: what the query reads is not all named.
fn fills(statement: &PlannedStatement) -> bool {
    let kinds = [
        "create_table_as",
        "create_materialized_view",
        "refresh_materialized_view",
    ];
    kinds.contains(&statement.kind) && !statement.catalog_only
}

/// What safe forms write themselves.
fn adds_not_valid(sql: &str) -> bool {
    let last = sql.trim_end().len().checked_sub(9).and_then(|at| sql.get(at..));
    last.is_some_and(|last| last.trim_end().eq_ignore_ascii_case("not valid"))
}

/// Relations that the revision itself creates: nobody else can wait for their locks.
#[derive(Debug, Default)]
pub(super) struct Created {
    relations: HashMap<RelationName, Ties>,
    /// Those of the last statement: the next one often takes the same.
    last: Locks,
}

/// The locks on relations that were there before, named and unnamed.
type Locks = (Arc<[(RelationName, LockMode)]>, Arc<[UnnamedLock]>);

/// What is made, or the last one where that is the same: a script can have very many statements that do the same thing.
fn shared<T: PartialEq>(made: Vec<T>, last: &mut Arc<[T]>) -> Arc<[T]> {
    if **last != *made {
        *last = made.into();
    }
    Arc::clone(last)
}

/// Whether a statement named a new relation together with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ties {
    None,
    Perhaps,
}

impl Created {
    pub(super) fn add(&mut self, relation: RelationName) {
        self.relations.insert(relation, Ties::None);
    }

    /// Takes what is new out of a statement's locks, and what hangs on it: it is as new, but for the
    /// other ends of foreign keys.
    pub(super) fn others(&mut self, effect: Effect) -> Locks {
        if effect.locks.len() > 1 {
            for lock in &effect.locks {
                if let Some(ties) = self.relations.get_mut(&lock.relation) {
                    *ties = Ties::Perhaps;
                }
            }
        }
        let hangs = |lock: &UnnamedLock| {
            let ties = lock.of.as_ref().and_then(|of| self.relations.get(of));
            let leads_away = matches!(lock.kin, Kin::Referenced | Kin::Parents);
            ties.is_some_and(|ties| *ties == Ties::None || !leads_away)
        };
        let unnamed: Vec<_> = effect.unnamed.into_iter().filter(|lock| !hangs(lock)).collect();
        let locks = effect.locks.into_iter().map(|lock| (lock.relation, lock.mode));
        let locks: Vec<_> = locks
            .filter(|(relation, _)| !self.relations.contains_key(relation))
            .collect();
        let (last_locks, last_unnamed) = &mut self.last;
        (shared(locks, last_locks), shared(unnamed, last_unnamed))
    }
}

#[cfg(test)]
mod tests {
    use crate::directive::TransactionMode;
    use crate::format::Source;
    use crate::plan::{Cut, prepare, steps};

    /// The cuts between the statements of a revision, in order.
    fn cuts(sql: &str) -> Vec<Cut> {
        let source = Source {
            path: "1_a.sql".into(),
            text: sql.into(),
        };
        let prepared = prepare(&source).unwrap_or_else(|problems| panic!("{sql}: {problems:?}"));
        let steps = steps(&prepared.statements, TransactionMode::default(), 1);
        steps.into_iter().skip(1).map(|step| step.cut).collect()
    }

    #[test]
    fn rows_are_not_worked_on_under_a_blocking_lock() {
        let add = "ALTER TABLE t ADD c int;";
        for work in [
            "UPDATE t SET c = 1",
            "INSERT INTO other SELECT 1",
            "WITH d AS (UPDATE other SET a = 1 RETURNING 1) SELECT 1",
            "SELECT count(*) FROM other",
            "SELECT * FROM other FOR UPDATE",
            "SELECT app.fill()",
            "DO $$ BEGIN PERFORM 1; END $$",
            "EXPLAIN ANALYZE DELETE FROM other",
            "ALTER TABLE other VALIDATE CONSTRAINT k",
            "CREATE TABLE n AS SELECT * FROM other",
            "SELECT * INTO n FROM other",
            "CREATE MATERIALIZED VIEW n AS SELECT * FROM other",
            "REFRESH MATERIALIZED VIEW v",
            "-- windlass: verify : all is well\nSELECT NOT EXISTS (SELECT FROM t WHERE c IS NULL)",
        ] {
            assert_eq!(cuts(&format!("{add}\n{work};")), [Cut::WorkUnderLock], "{work}");
        }
    }

    #[test]
    fn a_blocking_lock_is_not_waited_for_behind_changed_rows() {
        for lock in [
            "ALTER TABLE t ADD c int",
            "ALTER DOMAIN d SET NOT NULL",
            "DROP FUNCTION f CASCADE",
            "DROP OWNED BY r",
            "ALTER VIEW v SET (security_barrier)",
        ] {
            assert_eq!(
                cuts(&format!("UPDATE t SET a = 1;\n{lock};")),
                [Cut::LockAfterWork],
                "{lock}"
            );
        }
    }

    #[test]
    fn what_hurts_nobody_shares_a_transaction() {
        for sql in [
            "ALTER TABLE t ADD c int; ALTER TABLE u ADD c int; SELECT set_config('a.b', 'c', true);",
            "CREATE TABLE n (a int); INSERT INTO n VALUES (1); ALTER TABLE n ADD b int; UPDATE n SET b = 1;",
            "CREATE TABLE n (a int); DROP TABLE n; INSERT INTO t VALUES (1);",
            "ALTER TABLE t ADD c int; CREATE MATERIALIZED VIEW v AS SELECT * FROM u WITH NO DATA;",
            "UPDATE t SET a = 1; DELETE FROM u; SELECT count(*) FROM u;",
        ] {
            assert_eq!(cuts(sql), [], "{sql}");
        }
    }

    #[test]
    fn a_new_enum_value_and_a_refusal_end_a_transaction() {
        assert_eq!(
            cuts("ALTER TYPE e ADD VALUE 'x'; CREATE TABLE n (a e DEFAULT 'x');"),
            [Cut::NewEnumValue]
        );
        assert_eq!(
            cuts("CREATE TABLE n (a int); CREATE INDEX CONCURRENTLY i ON t (a); CREATE TABLE m (a int);"),
            [Cut::RefusesTransaction, Cut::AfterRefusal]
        );
    }
}
