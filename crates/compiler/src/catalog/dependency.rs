//! Who needs whom: pg_depend between the objects of a catalog.

use std::collections::HashMap;
use std::fmt;

use super::name::Address;

/// Why an object needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DependencyKind {
    /// DROP of the other is refused without CASCADE.
    Normal,
    /// It goes with the other.
    Auto,
    /// It is a part of how the other is made.
    Internal,
    /// It goes with the extension (DEPENDS ON EXTENSION).
    Extension,
    /// It goes with a partitioned parent's object, or with the partition.
    Partition,
}

/// An edge: `dependent` needs `referenced`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dependency<'a> {
    /// The object that needs.
    pub dependent: &'a Address,
    /// The object that is needed.
    pub referenced: &'a Address,
    /// Why.
    pub kind: DependencyKind,
}

/// Edges as they are found, each address kept once.
#[derive(Debug, Default)]
pub struct Building {
    numbers: HashMap<Address, u32>,
    edges: Vec<(u32, u32, DependencyKind)>,
}

impl Building {
    /// Adds an edge, unless it leads from an object to itself.
    pub fn add(&mut self, dependent: Address, referenced: Address, kind: DependencyKind) {
        if dependent == referenced {
            return;
        }
        let (from, to) = (self.number(dependent), self.number(referenced));
        self.edges.push((from, to, kind));
    }

    /// All of them.
    pub fn done(self) -> Dependencies {
        Dependencies::of_numbers(self.numbers, self.edges)
    }

    fn number(&mut self, address: Address) -> u32 {
        let next = u32::try_from(self.numbers.len()).expect("fewer than four billion objects");
        *self.numbers.entry(address).or_insert(next)
    }
}

/// All edges, compactly: each address is kept once.
///
/// An edge within one relation (index to its column, default to its column) is among them where
/// PostgreSQL records it; containment (column in table, table in schema) is not, since addresses tell.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    addresses: Vec<Address>,
    forward: Vec<(u32, u32, DependencyKind)>,
    backward: Vec<(u32, u32, DependencyKind)>,
}

impl fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edges = self
            .iter()
            .map(|edge| format!("{} needs {} ({:?})", edge.dependent, edge.referenced, edge.kind));
        f.debug_list().entries(edges).finish()
    }
}

impl Dependencies {
    /// Sorts edges, and drops those that occur twice or lead from an object to itself.
    ///
    /// Edges are taken one by one, so that addresses are never all there twice.
    pub fn new(edges: impl IntoIterator<Item = (Address, Address, DependencyKind)>) -> Self {
        let mut building = Building::default();
        for (from, to, kind) in edges {
            building.add(from, to, kind);
        }
        building.done()
    }

    fn of_numbers(numbers: HashMap<Address, u32>, mut forward: Vec<(u32, u32, DependencyKind)>) -> Self {
        let mut sorted: Vec<(Address, u32)> = numbers.into_iter().collect();
        sorted.sort_unstable();
        let mut places = vec![0_u32; sorted.len()];
        let mut addresses = Vec::with_capacity(sorted.len());
        for (place, (address, number)) in (0_u32..).zip(sorted) {
            places[number as usize] = place;
            addresses.push(address);
        }
        for (from, to, _) in &mut forward {
            *from = places[*from as usize];
            *to = places[*to as usize];
        }
        forward.sort_unstable();
        forward.dedup();
        let mut backward: Vec<_> = forward.iter().map(|&(from, to, kind)| (to, from, kind)).collect();
        backward.sort_unstable();
        Self {
            addresses,
            forward,
            backward,
        }
    }

    /// All edges, in the order of dependents.
    pub fn iter(&self) -> impl Iterator<Item = Dependency<'_>> {
        self.forward.iter().map(|&(from, to, kind)| Dependency {
            dependent: &self.addresses[from as usize],
            referenced: &self.addresses[to as usize],
            kind,
        })
    }

    /// What the object needs.
    pub fn of<'a>(&'a self, object: &Address) -> impl Iterator<Item = (&'a Address, DependencyKind)> {
        self.neighbours(&self.forward, object)
    }

    /// Who needs the object.
    pub fn on<'a>(&'a self, object: &Address) -> impl Iterator<Item = (&'a Address, DependencyKind)> {
        self.neighbours(&self.backward, object)
    }

    /// How many edges there are.
    pub fn len(&self) -> usize {
        self.forward.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.forward.is_empty()
    }

    fn neighbours<'a>(
        &'a self,
        edges: &'a [(u32, u32, DependencyKind)],
        object: &Address,
    ) -> impl Iterator<Item = (&'a Address, DependencyKind)> {
        let found = self.addresses.binary_search(object).ok();
        let place = found.map(|place| u32::try_from(place).expect("counted in u32 when built"));
        let range = place.map_or(0..0, |place| {
            edges.partition_point(|edge| edge.0 < place)..edges.partition_point(|edge| edge.0 <= place)
        });
        edges[range]
            .iter()
            .map(|&(_, to, kind)| (&self.addresses[to as usize], kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::QualifiedName;

    #[test]
    fn edges_are_found_from_both_ends_once() {
        let [a, b, c] = ["a", "b", "c"].map(|name| Address::Relation(QualifiedName::new("public", name)));
        let edges = Dependencies::new([
            (c.clone(), a.clone(), DependencyKind::Normal),
            (b.clone(), a.clone(), DependencyKind::Auto),
            (b.clone(), a.clone(), DependencyKind::Auto),
            (a.clone(), a.clone(), DependencyKind::Internal),
        ]);
        assert_eq!(edges.len(), 2);
        assert_eq!(
            edges.on(&a).collect::<Vec<_>>(),
            [(&b, DependencyKind::Auto), (&c, DependencyKind::Normal)]
        );
        assert_eq!(edges.of(&c).collect::<Vec<_>>(), [(&a, DependencyKind::Normal)]);
        assert_eq!(edges.of(&a).count(), 0);
    }
}
