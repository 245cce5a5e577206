//! In which order statements work: those of pg_depend, by class and name where it does not matter.

mod graph;
mod sort;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use self::graph::Graph;
pub(crate) use self::sort::{AsListed, Taste};
use super::Written;
use crate::catalog::{Address, Catalog};

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
                let order = sort::order(&graph, taste);
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
