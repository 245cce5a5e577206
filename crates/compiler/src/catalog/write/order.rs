//! In which order statements work: those of pg_depend, by class and name where it does not matter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::unionfind::UnionFind;

use super::Written;
use crate::catalog::{Address, Catalog, DependencyKind};

/// A point in the making of an object. Later ones come later where dependencies do not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// An old object leaves what it is a part of.
    Leave,
    /// An old object goes.
    Drop,
    /// The type is declared.
    Shell,
    /// The object is there.
    Create,
    /// A partition is attached, a sequence is owned, an index is a part of its parent's.
    Attach,
    /// Whatever else it has is as it is to be.
    Complete,
    /// What it replaced goes.
    Retire,
    /// It is filled with data.
    Fill,
    /// Comments, privileges.
    Note,
}

/// An object at a point.
pub(crate) type Key = (Address, Stage);

/// Statements that belong together, and what must be done before.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Statements without semicolons.
    pub(crate) sql: Vec<String>,
    /// Beside what pg_depend says of the addresses that it provides.
    pub(crate) needs: Vec<Key>,
    /// Addresses whose dependencies are those of this part.
    pub(crate) provides: Vec<Address>,
}

/// A piece of a CREATE statement that can also be a statement of its own, should a circle want it.
#[derive(Debug)]
pub(crate) struct Piece {
    /// What it is.
    pub(crate) address: Address,
    /// Inside the CREATE.
    pub(crate) inline: String,
    /// As a statement.
    pub(crate) statement: String,
}

/// An object whose statement depends on which of its pieces it can hold.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Writes the statement around the pieces that it holds, by position in `pieces`.
    pub(crate) template: Template,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) part: Part,
}

/// How a statement is written around its pieces.
#[derive(Debug)]
pub(crate) enum Template {
    /// Text, with a place for each piece: `Ok` is text, `Err` the number of a piece.
    Pieces(Vec<Result<String, usize>>),
    /// A view: a stand-in of the same columns, the view itself, and what completes it.
    View {
        stand_in: String,
        create: String,
        replace: String,
    },
}

/// All parts of a text.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    parts: BTreeMap<Key, Part>,
    shapes: BTreeMap<Address, Shape>,
    /// Edges that are not to be followed: dependent at its stage, and the referenced address.
    pub(crate) cut: HashSet<(Address, Address)>,
    /// Needs of an address on another at a certain stage, instead of its creation.
    pub(crate) instead: HashMap<(Address, Address), Stage>,
}

impl Plan {
    /// Adds a part; a second one of the same key goes behind the first.
    pub(crate) fn add(&mut self, key: Key, part: Part) {
        let known = self.parts.entry(key).or_default();
        known.sql.extend(part.sql);
        known.needs.extend(part.needs);
        known.provides.extend(part.provides);
    }

    /// Adds a statement that needs the object to be there.
    pub(crate) fn after(&mut self, object: &Address, stage: Stage, sql: String) {
        let needs = vec![(object.clone(), Stage::Create)];
        self.add(
            (object.clone(), stage),
            Part {
                sql: vec![sql],
                needs,
                provides: Vec::new(),
            },
        );
    }

    /// Adds an object whose statement depends on circles.
    pub(crate) fn shape(&mut self, object: Address, shape: Shape) {
        self.shapes.insert(object, shape);
    }

    /// The parts so far.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.parts.keys()
    }

    /// Whether there is such a part so far.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.parts.contains_key(key)
    }

    /// The statements, in order.
    pub(crate) fn statements(self, catalog: &Catalog) -> Vec<Written> {
        let (statements, _) = self.ordered(catalog, &AsListed);
        let written = |(key, sql): (Key, String)| Written { object: key.0, sql };
        statements.into_iter().map(written).collect()
    }

    /// The statements, in order, and the circles that nothing broke. Of the orders that work it is the one that
    /// `taste` likes best.
    pub(crate) fn ordered(
        mut self,
        catalog: &Catalog,
        taste: &dyn Taste,
    ) -> (Vec<(Key, String)>, Vec<Vec<Key>>) {
        // Pieces and views that a circle forbids to be in one statement.
        let mut apart: BTreeSet<Address> = BTreeSet::new();
        loop {
            let graph = Graph::build(&self, catalog, &apart);
            let circles = graph.circles();
            let before = apart.len();
            for (object, _) in circles.iter().flatten() {
                if let Some(shape) = self.shapes.get(object) {
                    match shape.template {
                        Template::Pieces(_) => {
                            apart.extend(shape.pieces.iter().map(|piece| piece.address.clone()));
                        }
                        Template::View { .. } => {
                            apart.insert(object.clone());
                        }
                    }
                }
            }
            if apart.len() == before {
                let order = graph.order(taste);
                let statements = order.into_iter().flat_map(|key| {
                    let sql = self.text(&key, &apart);
                    sql.into_iter().map(move |sql| (key.clone(), sql))
                });
                return (statements.collect(), circles);
            }
        }
    }

    fn text(&mut self, key: &Key, apart: &BTreeSet<Address>) -> Vec<String> {
        let mut sql = Vec::new();
        if key.1 == Stage::Create
            && let Some(shape) = self.shapes.get(&key.0)
        {
            sql.push(shape.text(&key.0, apart));
            sql.extend(shape.part.sql.iter().cloned());
        }
        if key.1 == Stage::Complete
            && let Some(shape) = self.shapes.get(&key.0)
            && let Template::View { replace, .. } = &shape.template
            && apart.contains(&key.0)
        {
            sql.push(replace.clone());
        }
        if key.1 == Stage::Create
            && let Some(piece) = self.piece(&key.0)
        {
            sql.push(piece.statement.clone());
        }
        if let Some(part) = self.parts.remove(key) {
            sql.extend(part.sql);
        }
        sql
    }

    fn piece(&self, address: &Address) -> Option<&Piece> {
        let of = owner_of(address)?;
        let shape = self.shapes.get(&of)?;
        shape.pieces.iter().find(|piece| piece.address == *address)
    }
}

/// The object whose statement can hold the piece.
fn owner_of(piece: &Address) -> Option<Address> {
    match piece {
        Address::DomainConstraint(of, _) => Some(Address::Type(of.clone())),
        _ => piece.relation().map(|of| Address::Relation(of.clone())),
    }
}

impl Shape {
    fn text(&self, object: &Address, apart: &BTreeSet<Address>) -> String {
        match &self.template {
            Template::View { stand_in, create, .. } => {
                if apart.contains(object) {
                    stand_in.clone()
                } else {
                    create.clone()
                }
            }
            Template::Pieces(places) => places
                .iter()
                .map(|place| match place {
                    Ok(text) => text.as_str(),
                    Err(at) if apart.contains(&self.pieces[*at].address) => "",
                    Err(at) => self.pieces[*at].inline.as_str(),
                })
                .collect(),
        }
    }
}

/// Keys and their needs.
struct Graph {
    keys: Vec<Key>,
    graph: DiGraph<(), ()>,
}

impl Graph {
    fn build(plan: &Plan, catalog: &Catalog, apart: &BTreeSet<Address>) -> Self {
        let mut keys: BTreeSet<Key> = plan.parts.keys().cloned().collect();
        // Which part an address comes with.
        let mut providers: HashMap<&Address, Key> = HashMap::new();
        let mut needs: Vec<(Key, Key)> = Vec::new();
        for (object, shape) in &plan.shapes {
            let key = (object.clone(), Stage::Create);
            for address in &shape.part.provides {
                providers.insert(address, key.clone());
            }
            for piece in &shape.pieces {
                if apart.contains(&piece.address) {
                    let own = (piece.address.clone(), Stage::Create);
                    needs.push((own.clone(), key.clone()));
                    providers.insert(&piece.address, own.clone());
                    keys.insert(own);
                } else {
                    providers.insert(&piece.address, key.clone());
                }
            }
            needs.extend(shape.part.needs.iter().map(|need| (key.clone(), need.clone())));
            if matches!(shape.template, Template::View { .. }) && apart.contains(object) {
                let later = (object.clone(), Stage::Complete);
                needs.push((later.clone(), key.clone()));
                keys.insert(later);
            }
            keys.insert(key);
        }
        for (key, part) in &plan.parts {
            for address in &part.provides {
                providers.insert(address, key.clone());
            }
            needs.extend(part.needs.iter().map(|need| (key.clone(), need.clone())));
        }
        // What is a part of a statement is there when the statement has run.
        for (_, need) in &mut needs {
            if need.1 == Stage::Create && !keys.contains(need) {
                *need = provider(&providers, &need.0).unwrap_or_else(|| need.clone());
            }
        }
        for edge in catalog.dependencies.iter() {
            if edge.kind == DependencyKind::Extension && !matches!(edge.referenced, Address::Extension(_)) {
                continue;
            }
            let (Some(mut from), Some(mut to)) = (
                provider(&providers, edge.dependent),
                provider(&providers, edge.referenced),
            ) else {
                continue;
            };
            let pair = (edge.dependent.clone(), edge.referenced.clone());
            if plan.cut.contains(&pair) {
                continue;
            }
            // The query of a view that begins as a stand-in comes later.
            if apart.contains(edge.dependent)
                && from.1 == Stage::Create
                && from.0 == *edge.dependent
                && plan.shapes.contains_key(edge.dependent)
            {
                from.1 = Stage::Complete;
            }
            if let Some(stage) = plan.instead.get(&pair) {
                to.1 = *stage;
            }
            if from != to {
                needs.push((from, to));
            }
        }
        let keys: Vec<Key> = keys.into_iter().collect();
        let places: HashMap<&Key, usize> = keys.iter().enumerate().map(|(at, key)| (key, at)).collect();
        let mut graph = DiGraph::with_capacity(keys.len(), needs.len());
        for _ in &keys {
            graph.add_node(());
        }
        let edges: BTreeSet<(usize, usize)> = needs
            .iter()
            .filter_map(|(from, to)| Some((*places.get(to)?, *places.get(from)?)))
            .filter(|(before, after)| before != after)
            .collect();
        for (before, after) in edges {
            graph.add_edge(NodeIndex::new(before), NodeIndex::new(after), ());
        }
        Self { keys, graph }
    }

    /// Keys that need each other.
    fn circles(&self) -> Vec<Vec<Key>> {
        tarjan_scc(&self.graph)
            .into_iter()
            .filter(|circle| circle.len() > 1)
            .map(|circle| {
                circle
                    .into_iter()
                    .map(|node| self.keys[node.index()].clone())
                    .collect()
            })
            .collect()
    }

    /// Each key after what it needs; blocks in one piece; among those that can come next, by rank.
    fn order(&self, taste: &dyn Taste) -> Vec<Key> {
        let count = self.keys.len();
        let needed = |at: usize, direction| {
            let near = self.graph.neighbors_directed(NodeIndex::new(at), direction);
            near.map(NodeIndex::index).collect::<Vec<usize>>()
        };
        let after: Vec<Vec<usize>> = (0..count).map(|at| needed(at, petgraph::Outgoing)).collect();
        let before: Vec<Vec<usize>> = (0..count).map(|at| needed(at, petgraph::Incoming)).collect();
        let mut ranks: Vec<u8> = self.keys.iter().map(|key| taste.rank(key)).collect();
        for (at, key) in self.keys.iter().enumerate() {
            // Notes follow what they are about, where that is known.
            if key.1 == Stage::Note && !before[at].is_empty() {
                ranks[at] = 0;
            }
        }
        let blocks = blocks(&self.keys, &after, &before, taste);
        // A unit is a block, or a key that is in none. It stands where its first key does.
        let mut first: HashMap<usize, usize> = HashMap::new();
        let units: Vec<usize> = (0..count)
            .map(|at| blocks[at].map_or(at, |block| *first.entry(block).or_insert(at)))
            .collect();
        let mut inside: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut unit_ranks = vec![u8::MAX; count];
        let mut unit_after: Vec<Vec<usize>> = vec![Vec::new(); count];
        for at in 0..count {
            let unit = units[at];
            inside[unit].push(at);
            let later = after[at].iter().map(|other| units[*other]);
            unit_after[unit].extend(later.filter(|other| *other != unit));
            unit_ranks[unit] = match blocks[at] {
                Some(_) => taste.block_rank(),
                None => ranks[at],
            };
        }
        let empty: HashSet<usize> = (0..count).filter(|unit| inside[*unit].is_empty()).collect();
        for later in &mut unit_after {
            later.sort_unstable();
            later.dedup();
        }
        hurry(&self.keys, &unit_after, &mut unit_ranks, taste);
        let mut order = Vec::with_capacity(count);
        for unit in sorted(&unit_ranks, &unit_after) {
            if empty.contains(&unit) {
                continue;
            }
            let members = &inside[unit];
            if let [one] = members.as_slice() {
                order.push(self.keys[*one].clone());
                continue;
            }
            let places: HashMap<usize, usize> = members
                .iter()
                .enumerate()
                .map(|(place, at)| (*at, place))
                .collect();
            let own_rank = |at: &usize| match self.keys[*at].1 {
                Stage::Note => ranks[*at],
                _ => taste.rank_in_block(&self.keys[*at]),
            };
            let own_ranks: Vec<u8> = members.iter().map(own_rank).collect();
            let own_after: Vec<Vec<usize>> = members
                .iter()
                .map(|at| {
                    after[*at]
                        .iter()
                        .filter_map(|other| places.get(other).copied())
                        .collect()
                })
                .collect();
            order.extend(
                sorted(&own_ranks, &own_after)
                    .into_iter()
                    .map(|place| self.keys[members[place]].clone()),
            );
        }
        order
    }
}

/// Which of the orders that work is taken.
pub(crate) trait Taste {
    /// Where a key stands among those that could come next: the lowest comes first.
    fn rank(&self, key: &Key) -> u8;

    /// Whether a key is of something that is away, or not what it should be, until a later key has run. Such keys run
    /// in one piece with what must be between them; those that say the same of `with` are in one piece, too.
    fn is_window(&self, key: &Key) -> bool;

    /// What the pieces of a window have in common, beside needs.
    fn with(&self, key: &Key) -> Option<Address>;

    /// Where a piece stands.
    fn block_rank(&self) -> u8;

    /// Where a key stands inside of its piece.
    fn rank_in_block(&self, key: &Key) -> u8;

    /// Whether a key stands as early as the first that needs it, however late it would come by itself.
    fn is_pulled(&self, key: &Key) -> bool;
}

/// What a schema is written with: nothing is there yet, so nothing goes.
pub(crate) struct AsListed;

impl Taste for AsListed {
    fn rank(&self, key: &Key) -> u8 {
        rank(key)
    }

    fn is_window(&self, _: &Key) -> bool {
        false
    }

    fn with(&self, _: &Key) -> Option<Address> {
        None
    }

    fn block_rank(&self) -> u8 {
        0
    }

    fn rank_in_block(&self, key: &Key) -> u8 {
        rank(key)
    }

    fn is_pulled(&self, _: &Key) -> bool {
        false
    }
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

/// Gives keys that are pulled the rank of the first unit that needs them.
fn hurry(keys: &[Key], after: &[Vec<usize>], ranks: &mut [u8], taste: &dyn Taste) {
    let order = sorted(&vec![0; ranks.len()], after);
    for at in order.into_iter().rev() {
        let first = after[at].iter().map(|later| ranks[*later]).min();
        if let Some(first) = first.filter(|first| *first < ranks[at])
            && taste.is_pulled(&keys[at])
        {
            ranks[at] = first;
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

/// The part that an address comes with; a column comes with its table or type, unless it comes alone.
fn provider(providers: &HashMap<&Address, Key>, address: &Address) -> Option<Key> {
    let found = |address: &Address| providers.get(address).cloned();
    found(address).or_else(|| match address {
        Address::Column(of, _) => {
            found(&Address::Relation(of.clone())).or_else(|| found(&Address::Type(of.clone())))
        }
        _ => None,
    })
}

/// Where a key stands among those that could come next.
pub(crate) fn rank((object, stage): &Key) -> u8 {
    match (object, stage) {
        // Filling a materialised view takes its owner's rights; whatever comes later is not to be seen by
        // event triggers, nor get default privileges.
        (_, Stage::Note) => 90,
        (_, Stage::Leave | Stage::Drop) => 0,
        (_, Stage::Retire) => 85,
        (_, Stage::Fill) => 91,
        (Address::DefaultPrivileges(..), _) => 92,
        (Address::EventTrigger(_), _) => 93,
        (Address::Schema(_), _) => 0,
        (Address::Extension(_), _) => 1,
        (Address::AccessMethod(_) | Address::Language(_), _) => 2,
        (Address::Collation(_) | Address::Conversion(_), _) => 3,
        (Address::Type(_) | Address::DomainConstraint(..), _) => 4,
        (Address::Routine(_), _) => 5,
        (Address::Operator(..) | Address::OperatorFamily(..) | Address::OperatorClass(..), _) => 6,
        (Address::Cast(..) | Address::Transform(..), _) => 7,
        (
            Address::TextSearchParser(_)
            | Address::TextSearchTemplate(_)
            | Address::TextSearchDictionary(_)
            | Address::TextSearchConfiguration(_),
            _,
        ) => 8,
        (Address::ForeignDataWrapper(_) | Address::Server(_) | Address::UserMapping(..), _) => 9,
        (Address::Relation(_) | Address::Default(..), Stage::Shell | Stage::Create) => 10,
        (Address::Relation(_) | Address::Column(..) | Address::Default(..), _) => 11,
        (Address::Index(_), _) => 13,
        (Address::Constraint(..), _) => 12,
        (Address::Statistics(_), _) => 14,
        (Address::Rule(..), _) => 15,
        (Address::Trigger(..) | Address::Policy(..), _) => 16,
        (Address::Publication(_) | Address::Subscription(_), _) => 80,
    }
}
