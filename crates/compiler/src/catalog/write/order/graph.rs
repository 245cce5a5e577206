//! What each statement needs to have run before it.

use std::collections::{BTreeSet, HashMap};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::{Direction, Incoming, Outgoing};

use super::{Key, Plan, Stage, Template};
use crate::catalog::{Address, Catalog, DependencyKind};

/// Keys and their needs.
pub(super) struct Graph {
    /// All keys, sorted.
    pub(super) keys: Vec<Key>,
    graph: DiGraph<(), ()>,
}

impl Graph {
    pub(super) fn build(plan: &Plan, catalog: &Catalog, apart: &BTreeSet<Address>) -> Self {
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

    /// Positions of the keys that need the one at the position.
    pub(super) fn after(&self, at: usize) -> Vec<usize> {
        self.near(at, Outgoing)
    }

    /// Positions of the keys that the one at the position needs.
    pub(super) fn before(&self, at: usize) -> Vec<usize> {
        self.near(at, Incoming)
    }

    fn near(&self, at: usize, direction: Direction) -> Vec<usize> {
        let near = self.graph.neighbors_directed(NodeIndex::new(at), direction);
        near.map(NodeIndex::index).collect()
    }

    /// Keys that need each other.
    pub(super) fn circles(&self) -> Vec<Vec<Key>> {
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
