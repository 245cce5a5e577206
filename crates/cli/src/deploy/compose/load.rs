//! A project as Compose sees it: files merged in order, `extends` and `include` followed, `!reset`
//! and `!override` obeyed. What is wrong with the result is `check`'s.

use std::path::{Path, PathBuf};

use super::super::finding::{Finding, Place, Sources};
use super::super::rules;
use super::super::yaml::{self, Entry, Node, Value};

/// How deep `extends` and `include` may lead.
const DEEPEST: usize = 16;

/// Lists that the later file replaces; the others it adds to.
const REPLACED: [&str; 3] = ["command", "entrypoint", "test"];

/// Lists that are mappings written short, so that they are merged by key.
const KEYED: [&str; 4] = ["environment", "labels", "depends_on", "args"];

/// The merged project.
#[derive(Debug, Default)]
pub(in super::super) struct Project {
    pub(in super::super) services: Vec<Service>,
    /// What keeps Compose from merging the files.
    pub(in super::super) findings: Vec<Finding>,
    /// The file is a part of one, as documentation shows it: services stand at the top.
    pub(in super::super) is_fragment: bool,
}

/// A service of the merged project.
#[derive(Debug)]
pub(in super::super) struct Service {
    pub(in super::super) name: String,
    /// Where its name stands first.
    pub(in super::super) place: Place,
    /// Everything that it says; a mapping.
    pub(in super::super) node: Node,
    /// A comment says that something was left out here.
    pub(in super::super) is_excerpt: bool,
    /// What its paths are relative to.
    pub(in super::super) folder: PathBuf,
}

impl Project {
    pub(in super::super) fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// Merges files in the order of `-f`.
pub(in super::super) fn load(sources: &mut Sources, files: &[usize]) -> Project {
    let mut project = Project::default();
    for &file in files {
        merge_file(sources, file, &mut project, 0);
    }
    project
}

fn merge_file(sources: &mut Sources, file: usize, project: &mut Project, depth: usize) {
    let text = sources.text(file);
    let documents = match yaml::read(file, &text) {
        Ok(documents) => documents,
        Err(error) => {
            project.findings.push(Finding::new(
                &rules::YAML,
                error.place,
                error.message,
                "valid YAML",
            ));
            return;
        }
    };
    let Some(root) = documents.into_iter().next().filter(|root| !root.is_null()) else {
        return;
    };
    let folder = sources.files[file]
        .path
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    include(sources, &root, &folder, project, depth);
    let services = match root.get("services") {
        Some(services) => services.clone(),
        None if is_fragment(&root) => {
            project.is_fragment = true;
            root.clone()
        }
        None => return,
    };
    for entry in services.entries() {
        if entry.key.starts_with("x-") {
            continue;
        }
        if entry.value.entries().is_empty() && !entry.value.is_null() {
            project.findings.push(Finding::new(
                &rules::NOT_COMPOSE,
                entry.value.place,
                format!("the service `{}` is no mapping", entry.key),
                format!("{}:\n  image: …", entry.key),
            ));
            continue;
        }
        let node = match extended(sources, &services, entry, &folder, depth) {
            Ok(node) => node,
            Err(finding) => {
                project.findings.push(*finding);
                entry.value.clone()
            }
        };
        let is_excerpt = leaves_out(&text, entry, services.entries());
        match project
            .services
            .iter_mut()
            .find(|service| service.name == entry.key)
        {
            Some(service) => {
                service.node = merge(service.node.clone(), node, "");
                service.is_excerpt |= is_excerpt;
            }
            None => project.services.push(Service {
                name: entry.key.clone(),
                place: entry.key_place,
                node: without_resets(node),
                is_excerpt,
                folder: folder.clone(),
            }),
        }
    }
}

/// Whether the top level holds services, as documentation shows them.
fn is_fragment(root: &Node) -> bool {
    let looks_like_service = |node: &Node| {
        ["image", "build", "depends_on", "restart", "command"]
            .iter()
            .any(|key| node.get(key).is_some())
    };
    !root.entries().is_empty()
        && root
            .entries()
            .iter()
            .all(|entry| looks_like_service(&entry.value))
}

/// Whether a comment such as `# ... api config` stands in the service.
fn leaves_out(text: &str, entry: &Entry, all: &[Entry]) -> bool {
    let from = entry.key_place.start;
    let to = all
        .iter()
        .map(|other| other.key_place.start)
        .filter(|start| *start > from)
        .min()
        .unwrap_or(text.len());
    text[from..to].lines().any(|line| {
        let Some(comment) = line.trim_start().strip_prefix('#') else {
            return false;
        };
        let comment = comment.trim_start();
        comment.starts_with("...") || comment.starts_with('…')
    })
}

fn include(sources: &mut Sources, root: &Node, folder: &Path, project: &mut Project, depth: usize) {
    let Some(list) = root.get("include") else { return };
    let single = [list.clone()];
    let items = if list.items().is_empty() {
        &single[..]
    } else {
        list.items()
    };
    for item in items {
        let paths = item.get("path").unwrap_or(item);
        for path in paths.texts() {
            match sources.load(&folder.join(path)) {
                Ok(file) if depth < DEEPEST => merge_file(sources, file, project, depth + 1),
                Ok(_) => project.findings.push(refused(item, "includes itself".to_owned())),
                Err(error) => project
                    .findings
                    .push(refused(item, format!("failed to read {path}: {error}"))),
            }
        }
    }
}

fn refused(node: &Node, message: String) -> Finding {
    Finding::new(
        &rules::NOT_COMPOSE,
        node.place,
        message,
        "a file and a service that are there",
    )
}

/// A service on top of the one that it extends.
fn extended(
    sources: &mut Sources,
    services: &Node,
    entry: &Entry,
    folder: &Path,
    depth: usize,
) -> Result<Node, Box<Finding>> {
    let node = &entry.value;
    let Some(extends) = node.get("extends") else {
        return Ok(node.clone());
    };
    let refuse = |message: String| Box::new(refused(extends, message));
    if depth >= DEEPEST {
        return Err(refuse(format!("the service `{}` extends itself", entry.key)));
    }
    let name = extends
        .text()
        .or_else(|| extends.text_of("service"))
        .unwrap_or_default();
    let (others, base_folder) = match extends.text_of("file") {
        None => (services.clone(), folder.to_owned()),
        Some(path) => {
            let path = folder.join(path);
            let file = sources
                .load(&path)
                .map_err(|error| refuse(format!("failed to read {}: {error}", path.display())))?;
            let text = sources.text(file);
            let root = yaml::read(file, &text)
                .map_err(|error| {
                    Box::new(Finding::new(
                        &rules::YAML,
                        error.place,
                        error.message,
                        "valid YAML",
                    ))
                })?
                .into_iter()
                .next();
            let services = root.as_ref().and_then(|root| root.get("services")).cloned();
            let services = services.ok_or_else(|| refuse(format!("{} has no services", path.display())))?;
            (services, path.parent().map(Path::to_owned).unwrap_or_default())
        }
    };
    let base = others
        .entry(name)
        .ok_or_else(|| refuse(format!("there is no service `{name}` to extend")))?;
    let mut base = extended(sources, &others, base, &base_folder, depth + 1)?;
    if let Value::Map(entries) = &mut base.value {
        entries.iter_mut().for_each(|entry| entry.is_merged = true);
    }
    Ok(merge(base, node.clone(), ""))
}

/// The later value on top of the earlier one, as the Compose specification merges them.
fn merge(base: Node, over: Node, key: &str) -> Node {
    match over.tag.as_deref() {
        Some("!override") => return over,
        Some("!reset") => return over,
        _ => {}
    }
    let (base, over) = if KEYED.contains(&key) {
        (keyed(base), keyed(over))
    } else {
        (base, over)
    };
    match (base.value, over.value) {
        (Value::Map(mut entries), Value::Map(later)) => {
            for entry in later {
                match entries.iter_mut().find(|known| known.key == entry.key) {
                    Some(known) => {
                        let merged = merge(known.value.clone(), entry.value, &entry.key);
                        *known = Entry {
                            value: merged,
                            key_place: entry.key_place,
                            key: entry.key,
                            is_merged: entry.is_merged,
                        };
                    }
                    None => entries.push(entry),
                }
            }
            // Where it is said last is where it is changed.
            without_resets(Node {
                value: Value::Map(entries),
                place: over.place,
                tag: base.tag,
                is_inline: over.is_inline,
            })
        }
        (Value::List(mut items), Value::List(later)) if !REPLACED.contains(&key) => {
            items.extend(later);
            Node {
                value: Value::List(items),
                place: over.place,
                tag: base.tag,
                is_inline: over.is_inline,
            }
        }
        (_, value) => Node { value, ..over },
    }
}

fn without_resets(mut node: Node) -> Node {
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|entry| entry.value.tag.as_deref() != Some("!reset"));
    }
    node
}

/// The long form of a list that stands for a mapping.
fn keyed(node: Node) -> Node {
    let Value::List(items) = &node.value else {
        return node;
    };
    let entries = items
        .iter()
        .filter_map(|item| {
            let text = item.text()?;
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            Some(Entry {
                key: key.to_owned(),
                key_place: item.place,
                value: Node {
                    place: item.place,
                    value: Value::Scalar {
                        text: value.to_owned(),
                        is_plain: false,
                    },
                    tag: None,
                    is_inline: true,
                },
                is_merged: false,
            })
        })
        .collect();
    Node {
        value: Value::Map(entries),
        ..node
    }
}
