//! What the table of effects says of a statement, in relations of the fixture.

use std::collections::BTreeSet;

use windlass_compiler::effect::{self, Answer, Context, InTransaction, LockMode};
use windlass_compiler::sql::{self, RelationName};

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
    pub(crate) index_rebuild: Answer,
    pub(crate) data_loss: Answer,
    pub(crate) opaque: bool,
    /// What is done to which relations; none where only a catalog tells.
    pub(crate) lists: Option<Lists>,
}

/// What is done to which relations.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) rewrites: BTreeSet<String>,
    pub(crate) scans: BTreeSet<String>,
    pub(crate) index_rebuilds: BTreeSet<String>,
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
            index_rebuild: effect.index_rebuild,
            data_loss: effect.data_loss,
            opaque: effect.opaque,
            lists: None,
        }
    }

    /// The claim that the catalog makes exact.
    pub(crate) async fn seen(scene: &Scene, row: &Row) -> Self {
        let statement = sql::parse(&row.sql).unwrap_or_else(|error| panic!("{}: {error}", row.sql));
        let effect = effect::effect(&statement, &Context::new(scene.catalog().await, &["public"]));
        let mut locks = Locks::new();
        for lock in &effect.locks {
            let name = in_fixture(&lock.relation);
            if scene.has(&name) {
                strongest(&mut locks, name, lock.mode);
            }
        }
        let list = |relations: &[RelationName]| relations.iter().map(in_fixture).collect();
        Self {
            kind: statement.kind(),
            locks,
            worst: BTreeSet::new(),
            anything: effect.unnamed.iter().map(|lock| lock.mode).max(),
            refuses: matches!(effect.in_transaction, InTransaction::Refused(_)),
            rewrite: effect.rewrite,
            scan: effect.scan,
            index_rebuild: effect.index_rebuild,
            data_loss: effect.data_loss,
            opaque: effect.opaque,
            lists: Some(Lists {
                rewrites: list(&effect.rewrites),
                scans: list(&effect.scans),
                index_rebuilds: list(&effect.index_rebuilds),
            }),
        }
    }
}

/// The name as the fixture writes it: without the schema `public`.
fn in_fixture(name: &RelationName) -> String {
    let bare = RelationName::new(
        name.schema.as_deref().filter(|schema| *schema != "public"),
        &name.name,
    );
    bare.to_string()
}
