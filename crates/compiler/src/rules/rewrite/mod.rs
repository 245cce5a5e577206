//! Safe forms: the statements that get to the same schema as an unsafe one, names included, without the stall.
//! They keep the author's own text wherever they can. None where there is none, or where too little is known.

mod column;
mod constraint;
mod index;
mod partition;
mod parts;

pub(super) use column::{column, instead_of_stored};
pub(super) use constraint::{constraint, not_null, primary_key_using};
pub(super) use index::{
    drop_concurrently, index_concurrently, refresh_concurrently, reindex_concurrently, rename_index,
};
pub(super) use partition::{
    EARLY_ROWS, attach, detach_concurrently, foreign_key_on_partitions, index_on_partitions, live_default,
    partition_of,
};
