//! What the table of effects says of a statement, in relations of the fixture.

use std::collections::BTreeSet;

use windlass_compiler::effect::{self, Answer, Context, InTransaction, LockMode};
use windlass_compiler::sql;

use crate::corpus::Row;
use crate::measure::Scene;
use crate::{Locks, strongest};

#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) kind: &'static str,
    pub(crate) locks: Locks,
    /// Relations that are in it only for how they stand to another: without a catalog all of a kin are claimed where
    /// a statement reaches some.
    pub(crate) worst: BTreeSet<String>,
    /// The mode that it may take on relations that nobody can list.
    pub(crate) anything: Option<LockMode>,
    pub(crate) refuses: bool,
    pub(crate) rewrite: Answer,
    pub(crate) scan: Answer,
    pub(crate) data_loss: Answer,
    pub(crate) opaque: bool,
}

impl Claim {
    /// The claim that needs no catalog. What stands to a relation in some way is looked up in the fixture.
    pub(crate) async fn blind(scene: &Scene, row: &Row) -> Self {
        let statement = sql::parse(&row.sql).unwrap_or_else(|error| panic!("{}: {error}", row.sql));
        let effect = effect::effect(&statement, &Context::default());
        let mut locks = Locks::new();
        for lock in &effect.locks {
            for name in scene.reach(&lock.relation.to_string(), "self").await {
                strongest(&mut locks, name, lock.mode);
            }
        }
        let mut worst = BTreeSet::new();
        let mut anything = None;
        for lock in &effect.unnamed {
            let Some(of) = &lock.of else {
                anything = anything.max(Some(lock.mode));
                continue;
            };
            for name in scene.reach(&of.to_string(), lock.kin.word()).await {
                worst.insert(name.clone());
                strongest(&mut locks, name, lock.mode);
            }
        }
        Self {
            kind: statement.kind(),
            locks,
            worst,
            anything,
            refuses: matches!(effect.in_transaction, InTransaction::Refused(_)),
            rewrite: effect.rewrite,
            scan: effect.scan,
            data_loss: effect.data_loss,
            opaque: effect.opaque,
        }
    }
}
