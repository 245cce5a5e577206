//! What the table of effects says of a statement, in relations of the fixture.

use std::collections::BTreeSet;

use windlass::measure::{Claim, Locks, strongest};
use windlass_compiler::effect::{self, Context, InTransaction};
use windlass_compiler::sql;

use crate::corpus::Row;
use crate::measure::Scene;

/// The claim that needs no catalog. What stands to a relation in some way is looked up in the fixture.
pub(crate) async fn blind(scene: &Scene, row: &Row) -> Claim {
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
    Claim {
        kind: statement.kind().to_owned(),
        locks,
        worst,
        anything,
        refuses: matches!(effect.in_transaction, InTransaction::Refused(_)),
        rewrite: effect.rewrite,
        scan: effect.scan,
        index_rebuild: effect.index_rebuild,
        data_loss: effect.data_loss,
        opaque: effect.opaque,
        lists: None,
    }
}

/// The claim that the catalog makes exact.
pub(crate) async fn seen(scene: &Scene, row: &Row) -> Claim {
    let statement = sql::parse(&row.sql).unwrap_or_else(|error| panic!("{}: {error}", row.sql));
    let effect = effect::effect(&statement, &Context::new(scene.catalog().await, &["public"]));
    Claim::seen(statement.kind(), &effect, |name| scene.has(name))
}
