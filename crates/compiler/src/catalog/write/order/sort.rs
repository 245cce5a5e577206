//! Which of the orders that work is taken: blocks in one piece, the lowest rank first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use petgraph::unionfind::UnionFind;

use super::graph::Graph;
use super::{Key, Stage, rank};
use crate::catalog::Address;

/// Which of the orders that work is taken. By default nothing goes, so nothing is away meanwhile.
pub(crate) trait Taste {
    /// Where a key stands among those that could come next: the lowest comes first.
    fn rank(&self, key: &Key) -> u8 {
        rank(key)
    }

    /// Whether a key is of something that is away, or not what it should be, until a later key has run. Such keys run
    /// in one block with what must be between them; those that say the same of `with` are in one block, too.
    fn is_window(&self, _: &Key) -> bool {
        false
    }

    /// What the windows of a block have in common, beside needs.
    fn with(&self, _: &Key) -> Option<Address> {
        None
    }

    /// Where a block stands.
    fn block_rank(&self) -> u8 {
        0
    }

    /// Where a key stands inside of its block.
    fn rank_in_block(&self, key: &Key) -> u8 {
        rank(key)
    }

    /// Whether a key stands as early as the first that needs it, however late it would come by itself.
    fn is_pulled(&self, _: &Key) -> bool {
        false
    }
}

/// What a schema is written with: nothing is there yet.
pub(crate) struct AsListed;

impl Taste for AsListed {}

/// What is moved as one: a block, or a key that is in none.
struct Unit {
    /// Positions of its keys, ascending.
    members: Vec<usize>,
    rank: u8,
}

/// Each key after what it needs; blocks in one piece; among those that can come next, by rank.
pub(super) fn order(graph: &Graph, taste: &dyn Taste) -> Vec<Key> {
    let keys = &graph.keys;
    let after: Vec<Vec<usize>> = (0..keys.len()).map(|at| graph.after(at)).collect();
    let before: Vec<Vec<usize>> = (0..keys.len()).map(|at| graph.before(at)).collect();
    // Notes follow what they are about, where that is known.
    let follows = |at: usize| keys[at].1 == Stage::Note && !before[at].is_empty();
    let rank_of = |at: usize| if follows(at) { 0 } else { taste.rank(&keys[at]) };
    let rank_inside = |at: usize| match keys[at].1 {
        Stage::Note => rank_of(at),
        _ => taste.rank_in_block(&keys[at]),
    };
    let mut units: Vec<Unit> = Vec::new();
    let mut unit_of: Vec<usize> = Vec::with_capacity(keys.len());
    let mut unit_of_block: HashMap<usize, usize> = HashMap::new();
    for (at, block) in blocks(keys, &after, &before, taste).into_iter().enumerate() {
        let next = units.len();
        let unit = block.map_or(next, |block| *unit_of_block.entry(block).or_insert(next));
        if unit == next {
            let rank = block.map_or_else(|| rank_of(at), |_| taste.block_rank());
            units.push(Unit {
                members: Vec::new(),
                rank,
            });
        }
        units[unit].members.push(at);
        unit_of.push(unit);
    }
    let units_after: Vec<Vec<usize>> = units
        .iter()
        .enumerate()
        .map(|(own, unit)| {
            let later = unit.members.iter().flat_map(|at| &after[*at]);
            let later: BTreeSet<usize> = later.map(|at| unit_of[*at]).filter(|unit| *unit != own).collect();
            later.into_iter().collect()
        })
        .collect();
    hurry(keys, &units_after, &mut units, taste);
    let ranks: Vec<u8> = units.iter().map(|unit| unit.rank).collect();
    sorted(&ranks, &units_after)
        .into_iter()
        .flat_map(|unit| inside(&units[unit].members, &after, rank_inside))
        .map(|at| keys[at].clone())
        .collect()
}

/// The keys of a unit in their order.
fn inside(members: &[usize], after: &[Vec<usize>], rank: impl Fn(usize) -> u8) -> Vec<usize> {
    let ranks: Vec<u8> = members.iter().map(|at| rank(*at)).collect();
    let place = |at: &usize| members.binary_search(at).ok();
    let after: Vec<Vec<usize>> = members
        .iter()
        .map(|at| after[*at].iter().filter_map(place).collect())
        .collect();
    let order = sorted(&ranks, &after);
    order.into_iter().map(|place| members[place]).collect()
}

/// The block of each key that is in one: windows and what lies on a way between two of them, where needs or
/// [`Taste::with`] connect them. Two blocks never need each other: what lies between them would connect them.
fn blocks(
    keys: &[Key],
    after: &[Vec<usize>],
    before: &[Vec<usize>],
    taste: &dyn Taste,
) -> Vec<Option<usize>> {
    let windows: Vec<usize> = (0..keys.len()).filter(|at| taste.is_window(&keys[*at])).collect();
    let reached = |next: &[Vec<usize>]| {
        let mut seen = vec![false; keys.len()];
        let mut open = windows.clone();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                open.extend(next[at].iter().copied());
            }
        }
        seen
    };
    let (behind, ahead) = (reached(after), reached(before));
    let is_member = |at: usize| behind[at] && ahead[at];
    let mut blocks = UnionFind::<usize>::new(keys.len());
    let mut common: HashMap<Address, usize> = HashMap::new();
    for at in (0..keys.len()).filter(|at| is_member(*at)) {
        for other in after[at].iter().filter(|other| is_member(**other)) {
            blocks.union(at, *other);
        }
        if let Some(shared) = taste.with(&keys[at]) {
            let other = *common.entry(shared).or_insert(at);
            blocks.union(at, other);
        }
    }
    (0..keys.len())
        .map(|at| is_member(at).then(|| blocks.find(at)))
        .collect()
}

/// Gives units that are pulled the rank of the first unit that needs them.
fn hurry(keys: &[Key], after: &[Vec<usize>], units: &mut [Unit], taste: &dyn Taste) {
    let order = sorted(&vec![0; units.len()], after);
    for at in order.into_iter().rev() {
        let first = after[at].iter().map(|later| units[*later].rank).min();
        if let Some(first) = first.filter(|first| *first < units[at].rank)
            && taste.is_pulled(&keys[units[at].members[0]])
        {
            units[at].rank = first;
        }
    }
}

/// Positions in an order in which each comes before those of `after`; the lowest rank first, then as they are listed.
fn sorted(ranks: &[u8], after: &[Vec<usize>]) -> Vec<usize> {
    let mut missing = vec![0_usize; ranks.len()];
    for later in after.iter().flatten() {
        missing[*later] += 1;
    }
    let rank = |at: usize| Reverse((ranks[at], at));
    let mut ready: BinaryHeap<_> = (0..ranks.len())
        .filter(|&at| missing[at] == 0)
        .map(rank)
        .collect();
    let mut waiting: BTreeSet<usize> = (0..ranks.len()).filter(|&at| missing[at] > 0).collect();
    let mut order = Vec::with_capacity(ranks.len());
    while order.len() < ranks.len() {
        // A circle that nothing breaks is begun anywhere: the server will say what it misses.
        let next = ready
            .pop()
            .map(|Reverse((_, at))| at)
            .or_else(|| waiting.pop_first());
        let Some(at) = next else { break };
        order.push(at);
        for later in &after[at] {
            if waiting.contains(later) {
                missing[*later] -= 1;
                if missing[*later] == 0 {
                    waiting.remove(later);
                    ready.push(rank(*later));
                }
            }
        }
    }
    order
}
