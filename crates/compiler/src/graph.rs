//! Revisions as a directed acyclic graph: who follows whom, and the way to a target.

use std::collections::{HashMap, HashSet};

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Diagnostic, suggest};
use crate::format::{Revision, RevisionId};

/// The graph of a directory's revisions.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    graph: DiGraph<RevisionId, ()>,
    index: HashMap<RevisionId, NodeIndex>,
    labels: HashMap<String, RevisionId>,
    /// What stands for an id whose file may be gone.
    replaced: HashMap<RevisionId, NodeIndex>,
    /// Parents before children; among equals the file order.
    order: Vec<NodeIndex>,
}

/// What somebody asks to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The one head.
    Head,
    /// Every head.
    Heads,
    /// Nothing applied.
    Base,
    /// So many revisions on from where the database is, or back.
    Relative(i64),
    /// An id, a unique beginning of one, or a label.
    Named(String),
    /// These, as a number of revisions came to before; never typed.
    Fixed(Vec<RevisionId>),
}

impl Target {
    /// Reads a target as it is typed.
    pub fn parse(text: &str) -> Self {
        match text {
            "head" => Self::Head,
            "heads" => Self::Heads,
            "base" => Self::Base,
            _ => match text
                .strip_prefix('+')
                .or_else(|| text.strip_prefix('-').map(|_| text))
            {
                Some(number) => number
                    .parse()
                    .map_or_else(|_| Self::Named(text.to_owned()), Self::Relative),
                None => Self::Named(text.to_owned()),
            },
        }
    }
}

impl Graph {
    /// Builds the graph of revisions in file order. A revision without `after` follows the one
    /// before it.
    ///
    /// # Errors
    /// A parent that does not exist, a cycle, a label that two revisions claim.
    pub fn build(revisions: &[Revision]) -> Result<Self, Vec<Diagnostic>> {
        let mut built = Self::default();
        let mut problems = Vec::new();
        for revision in revisions {
            let node = built.graph.add_node(revision.id.clone());
            if built.index.insert(revision.id.clone(), node).is_some() {
                problems.push(
                    Diagnostic::error(format!("{}: a second revision {}", revision.up.path, revision.id))
                        .help("rename one of the two files"),
                );
            }
            for id in &revision.header.replaces {
                if let Some(other) = built.replaced.insert(id.clone(), node) {
                    let message = format!("{} and {} both replace {id}", built.graph[other], revision.id);
                    problems.push(
                        Diagnostic::error(message)
                            .help("one revision stands for another; correct one of them"),
                    );
                }
            }
            for label in &revision.header.labels {
                if let Some(other) = built.labels.insert(label.clone(), revision.id.clone()) {
                    problems.push(
                        Diagnostic::error(format!(
                            "{other} and {} both have the label `{label}`",
                            revision.id
                        ))
                        .help("a label names one revision; remove one of them"),
                    );
                }
            }
        }
        for revision in revisions.iter().filter(|_| !built.replaced.is_empty()) {
            let stands_for = |id: &RevisionId| built.replaced.get(id).map(|node| &built.graph[*node]);
            let mut seen = vec![&revision.id];
            while let Some(next) = seen.last().and_then(|id| stands_for(id)) {
                if *next == revision.id && seen.iter().all(|id| **id >= revision.id) {
                    // Each would wait for the other to stand for it, and none would run.
                    let message = match seen.as_slice() {
                        [_] => format!("{} replaces itself", revision.id),
                        [.., other] => format!("{} and {other} replace each other", revision.id),
                        [] => break,
                    };
                    problems.push(
                        Diagnostic::error(message).help("take one out of its `-- windlass: replaces` line"),
                    );
                }
                if seen.contains(&next) {
                    break;
                }
                seen.push(next);
            }
        }
        for (label, owner) in &built.labels {
            if built.index.contains_key(label.as_str()) {
                problems.push(
                    Diagnostic::error(format!("the label `{label}` of {owner} is a revision's id"))
                        .help("choose another label: as a target it would mean both"),
                );
            }
        }
        let mut before: Option<NodeIndex> = None;
        for revision in revisions {
            let node = built.index[&revision.id];
            match &revision.header.after {
                None => {
                    if let Some(parent) = before {
                        built.graph.add_edge(parent, node, ());
                    }
                }
                Some(parents) => {
                    for (parent, place) in parents {
                        // After a squash its children still name what it replaced.
                        let stand_in = || built.replaced.get(parent).filter(|stand_in| **stand_in != node);
                        match built.index.get(parent).or_else(stand_in) {
                            Some(parent) => {
                                built.graph.update_edge(*parent, node, ());
                            }
                            None => {
                                let ids = revisions
                                    .iter()
                                    .map(|revision| &revision.id)
                                    .filter(|id| is_slip(parent, id))
                                    .map(RevisionId::as_str);
                                let problem = Diagnostic::error(format!(
                                    "{} follows {parent}, which does not exist",
                                    revision.id
                                ))
                                .at(place.clone());
                                let problem = match suggest(parent.as_str(), ids) {
                                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                                    None => problem,
                                };
                                problems.push(problem.help(
                                    "if its file is missing from this directory, put it back: new databases would lack what it does",
                                ));
                            }
                        }
                    }
                }
            }
            before = Some(node);
        }
        built.stand_in();
        if problems.is_empty() {
            problems.extend(built.sort(revisions));
        }
        if problems.is_empty() {
            Ok(built)
        } else {
            Err(problems)
        }
    }

    /// A squash beside the files that it replaces: it follows them, and what follows them follows it,
    /// so that either way through leads on.
    fn stand_in(&mut self) {
        let pairs: Vec<(NodeIndex, NodeIndex)> = self
            .replaced
            .iter()
            .filter_map(|(id, squash)| Some((*self.index.get(id)?, *squash)))
            .filter(|(original, squash)| original != squash)
            .collect();
        let is_pair: HashSet<(NodeIndex, NodeIndex)> = pairs.iter().copied().collect();
        for &(original, squash) in &pairs {
            let children: Vec<NodeIndex> = self.graph.neighbors_directed(original, Outgoing).collect();
            for child in children {
                if child != squash && !is_pair.contains(&(child, squash)) {
                    self.graph.update_edge(squash, child, ());
                }
            }
        }
        for (original, squash) in pairs {
            self.graph.update_edge(original, squash, ());
        }
    }

    /// Kahn's order with the file order among those that are ready; gives back the cycle, if any.
    fn sort(&mut self, revisions: &[Revision]) -> Option<Diagnostic> {
        use std::cmp::Reverse;
        use std::collections::BinaryHeap;
        let mut missing: Vec<usize> = self
            .graph
            .node_indices()
            .map(|node| self.graph.neighbors_directed(node, Incoming).count())
            .collect();
        let mut ready: BinaryHeap<Reverse<NodeIndex>> = self
            .graph
            .node_indices()
            .filter(|node| missing[node.index()] == 0)
            .map(Reverse)
            .collect();
        while let Some(Reverse(node)) = ready.pop() {
            self.order.push(node);
            for child in self.graph.neighbors_directed(node, Outgoing) {
                missing[child.index()] -= 1;
                if missing[child.index()] == 0 {
                    ready.push(Reverse(child));
                }
            }
        }
        let stuck = self.graph.node_indices().find(|node| missing[node.index()] > 0)?;
        // Every stuck revision has a stuck parent: walking up must come round.
        let mut path = vec![stuck];
        let mut seen = HashMap::from([(stuck, 0)]);
        loop {
            let last = path[path.len() - 1];
            let parent = self
                .graph
                .neighbors_directed(last, Incoming)
                .find(|parent| missing[parent.index()] > 0)?;
            if let Some(&at) = seen.get(&parent) {
                return Some(self.circle(&path[at..], revisions));
            }
            seen.insert(parent, path.len());
            path.push(parent);
        }
    }

    /// `nodes` follow each other, and the last one follows the first.
    fn circle(&self, nodes: &[NodeIndex], revisions: &[Revision]) -> Diagnostic {
        const MOST: usize = 12;
        let mut names: Vec<&str> = nodes
            .iter()
            .take(MOST)
            .map(|node| self.graph[*node].as_str())
            .collect();
        if nodes.len() > MOST {
            names.push("…");
        }
        names.extend(nodes.first().map(|node| self.graph[*node].as_str()));
        let problem = Diagnostic::error(format!(
            "the revisions follow each other in a circle: {}",
            names.join(" after ")
        ));
        // Each parent that was written out, so that the line to change can be found.
        let parents = nodes.iter().cycle().skip(1);
        let mut written = nodes.iter().zip(parents).take(MOST).filter_map(|(node, parent)| {
            let after = revisions.get(node.index())?.header.after.as_ref()?;
            after
                .iter()
                .find(|(id, _)| *id == self.graph[*parent])
                .map(|(_, place)| place)
        });
        let first = written.next();
        let others: Vec<String> = written.map(ToString::to_string).collect();
        let problem = match first {
            Some(place) => problem.at(place.clone()).label("one of them must go"),
            None => problem,
        };
        if others.is_empty() {
            problem.help("change its `-- windlass: after` line")
        } else {
            problem.help(format!(
                "change this `-- windlass: after` line, or the one at {}",
                others.join(" or ")
            ))
        }
    }

    /// Whether the directory holds the revision.
    pub fn contains(&self, id: &RevisionId) -> bool {
        self.index.contains_key(id)
    }

    /// All revisions, parents before children.
    pub fn order(&self) -> impl Iterator<Item = &RevisionId> {
        self.order.iter().map(|node| &self.graph[*node])
    }

    /// The parents of a revision; none when it is unknown.
    pub fn parents(&self, id: &RevisionId) -> Vec<RevisionId> {
        self.around(id, Incoming)
    }

    /// The revisions that no other follows, in order.
    pub fn heads(&self) -> Vec<RevisionId> {
        self.order
            .iter()
            .filter(|node| self.graph.neighbors_directed(**node, Outgoing).next().is_none())
            .map(|node| self.graph[*node].clone())
            .collect()
    }

    /// The revision and all that it stands on.
    pub fn ancestors(&self, id: &RevisionId) -> HashSet<RevisionId> {
        self.reach([id], Incoming)
    }

    /// The revisions and all that they stand on; each is looked at once, however many there are.
    pub fn ancestors_of<'a>(&self, ids: impl IntoIterator<Item = &'a RevisionId>) -> HashSet<RevisionId> {
        self.reach(ids, Incoming)
    }

    /// Those of `ids` that none of the others stands on.
    pub fn tips<'a>(&self, ids: &'a [RevisionId]) -> Vec<&'a RevisionId> {
        let parents: Vec<RevisionId> = ids.iter().flat_map(|id| self.parents(id)).collect();
        let below = self.ancestors_of(&parents);
        ids.iter().filter(|id| !below.contains(*id)).collect()
    }

    /// The revision and all that stand on it.
    pub fn descendants(&self, id: &RevisionId) -> HashSet<RevisionId> {
        self.reach([id], Outgoing)
    }

    /// Pending revisions that came too late: in file order before something applied that they do not
    /// descend from, with the last such. To run them is to run them in another order than a new
    /// database would.
    pub fn late(&self, applied: &[RevisionId]) -> Vec<(RevisionId, RevisionId)> {
        let mut done: Vec<NodeIndex> = applied
            .iter()
            .filter_map(|id| self.index.get(id))
            .copied()
            .collect();
        done.sort_unstable();
        done.dedup();
        let is_done: HashSet<NodeIndex> = done.iter().copied().collect();
        let Some(&last) = done.last() else {
            return Vec::new();
        };
        let on_last = self.descendants(&self.graph[last]);
        let late_behind = |node: NodeIndex| {
            if node < last && !on_last.contains(&self.graph[node]) {
                return Some(last);
            }
            // A smaller number than its own parent's is rare enough to look closely.
            let below = (node < last).then(|| self.ancestors(&self.graph[node]))?;
            let newer = done.iter().rev().take_while(|applied| **applied > node);
            newer
                .copied()
                .find(|applied| !below.contains(&self.graph[*applied]))
        };
        self.order
            .iter()
            .filter(|node| !is_done.contains(node))
            .filter_map(|&node| Some((self.graph[node].clone(), self.graph[late_behind(node)?].clone())))
            .collect()
    }

    /// The ids that a target stands for, with what stands below them. `applied` is in order of application; a number
    /// of revisions counts from there, on or back, and none of them is where the database is.
    ///
    /// # Errors
    /// An unknown or ambiguous name, several heads where one is asked for, a step too far.
    pub fn resolve(&self, target: &Target, applied: &[RevisionId]) -> Result<Vec<RevisionId>, Diagnostic> {
        match target {
            Target::Base => Ok(Vec::new()),
            Target::Heads => Ok(self.heads()),
            Target::Head => {
                let heads = self.heads();
                if heads.len() > 1 {
                    let names: Vec<_> = heads.iter().map(RevisionId::as_str).collect();
                    return Err(Diagnostic::error(format!(
                        "there are {} heads: {}",
                        heads.len(),
                        names.join(", ")
                    ))
                    .help("join them with `windlass merge`")
                    .help("or go to all of them: `heads`"));
                }
                Ok(heads)
            }
            Target::Relative(by) if *by > 0 => {
                let done: HashSet<&RevisionId> = applied.iter().collect();
                let pending: Vec<_> = self.order().filter(|id| !done.contains(id)).collect();
                let count = usize::try_from(*by).unwrap_or(usize::MAX);
                if count > pending.len() {
                    return Err(
                        Diagnostic::error(format!("only {} revisions are pending", pending.len()))
                            .help("`head` goes to the last one"),
                    );
                }
                let next = pending[..count].iter().copied();
                Ok(self.known(applied).chain(next).cloned().collect())
            }
            Target::Relative(by) => {
                let count = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
                match applied.len().checked_sub(count) {
                    // All of them, since the last of several branches does not have the others below it.
                    Some(left) => Ok(self.known(&applied[..left]).cloned().collect()),
                    None => Err(
                        Diagnostic::error(format!("only {} revisions are applied", applied.len()))
                            .help("`base` undoes all of them"),
                    ),
                }
            }
            Target::Named(name) => self.named(name).map(|id| vec![id]),
            Target::Fixed(ids) => Ok(ids.clone()),
        }
    }

    fn known<'a>(&self, applied: &'a [RevisionId]) -> impl Iterator<Item = &'a RevisionId> {
        applied.iter().filter(|id| self.index.contains_key(id.as_str()))
    }

    /// The revision that a name stands for.
    ///
    /// # Errors
    /// A name that fits none, or several.
    pub fn named(&self, name: &str) -> Result<RevisionId, Diagnostic> {
        if let Some((id, _)) = self.index.get_key_value(name) {
            return Ok(id.clone());
        }
        if let Some(id) = self.labels.get(name) {
            return Ok(id.clone());
        }
        let fits: Vec<&RevisionId> = self
            .order()
            .filter(|id| id.as_str().starts_with(name) || by_number(id, name))
            .collect();
        match fits.as_slice() {
            [id] => Ok((*id).clone()),
            [] => {
                let problem = Diagnostic::error(format!("there is no revision `{name}`"));
                let names = self
                    .order()
                    .map(RevisionId::as_str)
                    .chain(self.labels.keys().map(String::as_str));
                Err(match suggest(name, names) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help("`windlass status` lists them"),
                })
            }
            several => {
                let names: Vec<_> = several.iter().take(5).map(|id| id.as_str()).collect();
                Err(Diagnostic::error(format!(
                    "`{name}` begins {} revisions: {}",
                    several.len(),
                    names.join(", ")
                ))
                .help("write more of its id"))
            }
        }
    }

    fn around(&self, id: &RevisionId, direction: petgraph::Direction) -> Vec<RevisionId> {
        let Some(node) = self.index.get(id) else {
            return Vec::new();
        };
        let mut nodes: Vec<_> = self.graph.neighbors_directed(*node, direction).collect();
        nodes.sort_unstable();
        nodes.into_iter().map(|node| self.graph[node].clone()).collect()
    }

    fn reach<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a RevisionId>,
        direction: petgraph::Direction,
    ) -> HashSet<RevisionId> {
        let mut seen = HashSet::new();
        let mut open: Vec<NodeIndex> = ids
            .into_iter()
            .filter_map(|id| self.index.get(id))
            .copied()
            .collect();
        while let Some(node) = open.pop() {
            if seen.insert(self.graph[node].clone()) {
                open.extend(self.graph.neighbors_directed(node, direction));
            }
        }
        seen
    }
}

/// `36` finds `0036_name`.
fn by_number(id: &RevisionId, name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() && id.number() == name.parse().ok()
}

/// Whether one id may be the other, mistyped: one of number and name is the same. The revision that only is nearest is
/// another one, and whoever followed it instead would leave out the one that is missing.
fn is_slip(written: &RevisionId, id: &RevisionId) -> bool {
    fn name(id: &RevisionId) -> &str {
        id.as_str()
            .trim_start_matches(|letter: char| letter.is_ascii_digit())
    }
    written.number() == id.number() || name(written) == name(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{RawFile, read};

    fn revisions(files: &[(&str, &str)]) -> Vec<Revision> {
        let files = files
            .iter()
            .map(|(name, text)| RawFile {
                path: format!("{name}.sql"),
                name: format!("{name}.sql"),
                bytes: text.as_bytes().to_vec(),
            })
            .collect();
        read(files).expect("the files are fine").revisions
    }

    fn graph(files: &[(&str, &str)]) -> Graph {
        Graph::build(&revisions(files)).expect("the graph is fine")
    }

    fn problem(files: &[(&str, &str)]) -> String {
        Graph::build(&revisions(files)).expect_err("something is wrong")[0].to_string()
    }

    const DIAMOND: &[(&str, &str)] = &[
        ("1_a", "-- windlass: after base"),
        ("2_b", "-- windlass: after 1_a"),
        ("3_c", "-- windlass: after 1_a"),
        ("4_d", "-- windlass: after 2_b 3_c"),
    ];

    #[test]
    fn without_after_a_revision_follows_the_one_before_it() {
        let graph = graph(&[("1_a", ""), ("2_b", "")]);
        assert_eq!(
            graph.parents(&graph.named("2_b").expect("it is there"))[0].as_str(),
            "1_a"
        );
    }

    #[test]
    fn a_merge_joins_heads() {
        let order: Vec<_> = graph(DIAMOND).order().map(ToString::to_string).collect();
        assert_eq!(order, ["1_a", "2_b", "3_c", "4_d"]);
        assert_eq!(graph(DIAMOND).heads().len(), 1);
        let two = graph(&DIAMOND[..3]);
        assert_eq!(
            two.resolve(&Target::Head, &[])
                .expect_err("two heads")
                .to_string(),
            "there are 2 heads: 2_b, 3_c"
        );
    }

    #[test]
    fn a_missing_parent_and_a_cycle_are_said() {
        assert_eq!(
            problem(&[("1_a", "-- windlass: after 0_x")]),
            "1_a.sql:1:20: 1_a follows 0_x, which does not exist"
        );
        assert_eq!(
            problem(&[
                ("1_a", "-- windlass: after 2_b"),
                ("2_b", "-- windlass: after 1_a")
            ]),
            "1_a.sql:1:20: the revisions follow each other in a circle: 1_a after 2_b after 1_a"
        );
        let found = Graph::build(&revisions(&[
            ("1_a", "-- windlass: after 3_c"),
            ("2_b", ""),
            ("3_c", "-- windlass: after 2_b"),
        ]))
        .expect_err("it is a circle");
        assert_eq!(
            found[0].help,
            ["change this `-- windlass: after` line, or the one at 3_c.sql:1:20"]
        );
        assert_eq!(
            problem(&[("1_a", "-- windlass: after 1_a")]),
            "1_a.sql:1:20: the revisions follow each other in a circle: 1_a after 1_a"
        );
    }

    #[test]
    fn a_squash_stands_for_what_it_replaces() {
        let files = &[
            (
                "0003_all",
                "-- windlass: after base\n-- windlass: replaces 0001_a 0002_b 0003_c",
            ),
            ("0004_d", "-- windlass: after 0003_c"),
        ];
        let squashed = graph(files);
        let last = squashed.named("0004_d").expect("it is there");
        assert_eq!(squashed.parents(&last)[0].as_str(), "0003_all");

        let beside = graph(&[
            ("0001_a", ""),
            ("0002_b", ""),
            (
                "0003_all",
                "-- windlass: after base\n-- windlass: replaces 0001_a 0002_b",
            ),
            ("0004_c", "-- windlass: after 0002_b"),
        ]);
        let order: Vec<_> = beside.order().map(RevisionId::as_str).collect();
        assert_eq!(order, ["0001_a", "0002_b", "0003_all", "0004_c"]);
        assert_eq!(beside.heads().len(), 1, "what is replaced is no head");
        let last = beside.named("0004_c").expect("it is there");
        assert!(beside.parents(&last).iter().any(|id| id.as_str() == "0003_all"));
    }

    #[test]
    fn nothing_stands_for_itself() {
        assert_eq!(
            problem(&[("0001_a", "-- windlass: replaces 0001_a")]),
            "0001_a replaces itself"
        );
        assert_eq!(
            problem(&[
                ("0001_a", "-- windlass: replaces 0002_b"),
                ("0002_b", "-- windlass: replaces 0001_a")
            ]),
            "0001_a and 0002_b replace each other"
        );
        graph(&[
            ("0002_b", "-- windlass: replaces 0001_a"),
            ("0003_c", "-- windlass: after base\n-- windlass: replaces 0002_b"),
        ]);
    }

    #[test]
    fn a_revision_that_came_too_late_is_found() {
        let late = |files: &[(&str, &str)], applied: &[&str]| -> Vec<(String, String)> {
            let graph = graph(files);
            let applied: Vec<_> = applied
                .iter()
                .map(|id| graph.named(id).expect("it is there"))
                .collect();
            let found = graph.late(&applied);
            found
                .into_iter()
                .map(|(late, behind)| (late.to_string(), behind.to_string()))
                .collect()
        };
        let pair = |late: &str, behind: &str| (late.to_owned(), behind.to_owned());
        // Another branch brought 3_c after 4_d was applied.
        let branches = &[
            ("1_a", ""),
            ("2_b", ""),
            ("3_c", "-- windlass: after 2_b"),
            ("4_d", "-- windlass: after 2_b"),
            ("5_e", "-- windlass: after 3_c 4_d"),
        ];
        assert_eq!(late(branches, &["1_a", "2_b", "4_d"]), [pair("3_c", "4_d")]);
        assert_eq!(late(branches, &["1_a", "2_b", "3_c"]), []);
        assert_eq!(late(branches, &[]), []);
        // Its number is the smaller one, and yet it was written afterwards.
        let backwards = &[
            ("1_a", ""),
            ("2_b", "-- windlass: after 3_c"),
            ("3_c", "-- windlass: after 1_a"),
        ];
        assert_eq!(late(backwards, &["1_a", "3_c"]), []);
        assert_eq!(late(&[("1_a", ""), ("2_b", "")], &["2_b"]), [pair("1_a", "2_b")]);
    }

    #[test]
    fn a_label_is_nobodys_id() {
        assert_eq!(
            problem(&[("1_a", ""), ("2_b", "-- windlass: label 1_a")]),
            "the label `1_a` of 2_b is a revision's id"
        );
    }

    #[test]
    fn targets_are_ids_beginnings_numbers_labels_and_steps() {
        let graph = graph(&[
            ("0036_x", "-- windlass: label calls"),
            ("0037_y", ""),
            ("0038_z", ""),
        ]);
        for (text, id) in [
            ("0036_x", "0036_x"),
            ("0037", "0037_y"),
            ("38", "0038_z"),
            ("calls", "0036_x"),
        ] {
            assert_eq!(graph.named(text).expect("it fits").as_str(), id, "{text}");
        }
        assert_eq!(
            graph.named("003").expect_err("three fit").to_string(),
            "`003` begins 3 revisions: 0036_x, 0037_y, 0038_z"
        );
        assert_eq!(
            graph.named("0036_xx").expect_err("none fits").help,
            ["did you mean `0036_x`?"]
        );
        let applied = [graph.named("36").expect("it fits")];
        let next = graph
            .resolve(&Target::parse("+1"), &applied)
            .expect("two are pending");
        let next: Vec<_> = next.iter().map(RevisionId::as_str).collect();
        assert_eq!(next, ["0036_x", "0037_y"], "what is applied, and the next");
        for nothing in ["+0", "-0"] {
            let here = graph.resolve(&Target::parse(nothing), &applied);
            assert_eq!(here.expect("it is where it is"), applied, "{nothing}");
        }
        assert_eq!(
            graph
                .resolve(&Target::parse("-1"), &applied)
                .expect("one is applied"),
            []
        );
    }

    #[test]
    fn one_step_back_takes_one_revision_of_one_branch() {
        let graph = graph(&[
            ("1_a", ""),
            ("2_b", "-- windlass: after 1_a"),
            ("3_c", "-- windlass: after 1_a"),
            ("4_d", "-- windlass: after 2_b"),
        ]);
        let applied: Vec<_> = ["1_a", "2_b", "3_c", "4_d"]
            .iter()
            .map(|id| graph.named(id).expect("it is there"))
            .collect();
        let kept = graph
            .resolve(&Target::parse("-1"), &applied)
            .expect("four are applied");
        assert_eq!(kept, applied[..3]);
    }

    #[test]
    fn ten_thousand_revisions_in_a_circle_are_found_out() {
        let texts: Vec<(String, String)> = (0..10_000)
            .map(|number| {
                let parent = (number + 1) % 10_000;
                (format!("{number}_r"), format!("-- windlass: after {parent}_r"))
            })
            .collect();
        let files: Vec<(&str, &str)> = texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let found = problem(&files);
        assert!(found.ends_with("11_r after … after 0_r"), "{found}");
    }

    #[test]
    fn ten_thousand_revisions_make_a_graph() {
        let names: Vec<String> = (0..10_000).map(|number| format!("{number:05}_r")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert_eq!(graph(&files).order().count(), 10_000);
    }

    proptest::proptest! {
        #[test]
        fn parents_always_come_first(parents in proptest::collection::vec(proptest::collection::vec(0_usize..30, 0..3), 1..30)) {
            let files: Vec<(String, String)> = parents
                .iter()
                .enumerate()
                .map(|(number, parents)| {
                    let parents: std::collections::BTreeSet<_> = parents.iter().filter(|parent| **parent < number).collect();
                    let names: Vec<_> = parents.iter().map(|parent| format!("{parent}_r")).collect();
                    let after = if names.is_empty() { "base".to_owned() } else { names.join(" ") };
                    (format!("{number}_r"), format!("-- windlass: after {after}"))
                })
                .collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let graph = graph(&files);
            let order: Vec<_> = graph.order().cloned().collect();
            for (at, id) in order.iter().enumerate() {
                for parent in graph.parents(id) {
                    proptest::prop_assert!(order[..at].contains(&parent));
                }
            }
        }
    }

    #[test]
    fn tips_are_what_none_of_the_others_stands_on() {
        let graph = graph(&[
            ("0001_a", ""),
            ("0002_b", "-- windlass: after 0001_a\n"),
            ("0003_c", "-- windlass: after 0001_a\n"),
            ("0004_d", "-- windlass: after 0002_b\n"),
        ]);
        let tips = |ids: &[&str]| {
            let ids: Vec<RevisionId> = ids
                .iter()
                .map(|id| RevisionId::parse(id).expect("it is one"))
                .collect();
            let tips = graph.tips(&ids).into_iter().map(ToString::to_string);
            tips.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(tips(&[]), "");
        assert_eq!(tips(&["0001_a", "0002_b"]), "0002_b");
        assert_eq!(tips(&["0001_a", "0002_b", "0003_c"]), "0002_b 0003_c");
        // What stands between is not among them.
        assert_eq!(tips(&["0001_a", "0004_d"]), "0004_d");
        assert_eq!(tips(&["0001_a", "0009_gone"]), "0001_a 0009_gone");
    }
}
