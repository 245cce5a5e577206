//! A little Compose: the services of a file in the order that their conditions give, with processes in the
//! place of containers. What it starts a service with is the caller's affair; the order is the file's.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

/// A service: its command, and what it waits for.
#[derive(Debug, Default)]
pub(crate) struct Service {
    pub(crate) command: Vec<String>,
    pub(crate) waits_for: BTreeMap<String, String>,
}

/// How a service stands once it is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Up {
    /// It runs and is healthy.
    Running,
    /// It has ended, with success or without.
    Ended(bool),
}

/// The services of a file by their names.
pub(crate) fn services(text: &str) -> BTreeMap<String, Service> {
    let root = Reader::read(text);
    let services = root.get("services").expect("a Compose file has services");
    let Node::Map(entries) = services else {
        panic!("services are a mapping")
    };
    entries
        .iter()
        .map(|(name, node)| (name.clone(), service(node)))
        .collect()
}

fn service(node: &Node) -> Service {
    let words = |key: &str| match node.get(key) {
        Some(Node::List(items)) => items.iter().filter_map(Node::text).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let waits_for = match node.get("depends_on") {
        Some(Node::Map(entries)) => entries
            .iter()
            .map(|(name, value)| {
                let condition = value.get("condition").and_then(Node::text);
                (name.clone(), condition.unwrap_or("service_started").to_owned())
            })
            .collect(),
        _ => BTreeMap::new(),
    };
    Service {
        command: [words("entrypoint"), words("command")].concat(),
        waits_for,
    }
}

/// Starts services as their conditions come true, and gives the names in that order; those whose conditions
/// cannot come true are left out, as `docker compose up` leaves them.
pub(crate) async fn up(
    services: &BTreeMap<String, Service>,
    mut start: impl AsyncFnMut(&str, &Service) -> Up,
) -> Vec<String> {
    let mut standing: BTreeMap<&str, Up> = BTreeMap::new();
    let mut order = Vec::new();
    loop {
        let holds =
            |(name, condition): (&String, &String)| match (standing.get(name.as_str()), condition.as_str()) {
                (Some(Up::Ended(well)), "service_completed_successfully") => *well,
                (Some(Up::Running), "service_healthy") => true,
                (Some(_), "service_started") => true,
                _ => false,
            };
        let next = services.iter().find(|(name, service)| {
            !standing.contains_key(name.as_str()) && service.waits_for.iter().all(holds)
        });
        let Some((name, service)) = next else { return order };
        let up = start(name, service).await;
        standing.insert(name, up);
        order.push(name.clone());
    }
}

#[derive(Debug)]
enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    fn get(&self, key: &str) -> Option<&Node> {
        let Node::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    fn text(&self) -> Option<&str> {
        let Node::Text(text) = self else { return None };
        Some(text)
    }
}

/// YAML without anchors, which is what these files are.
struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
}

impl Reader<'_> {
    fn read(text: &str) -> Node {
        let mut reader = Reader {
            parser: Parser::new_from_str(text),
        };
        loop {
            if let Some(node) = reader.node().ok().flatten() {
                return node;
            }
        }
    }

    /// The next value; `Err` where what is around it ends, `None` at what is no value.
    fn node(&mut self) -> Result<Option<Node>, ()> {
        let (event, _) = self
            .parser
            .next_event()
            .expect("the file is not at its end")
            .expect("it is YAML");
        Ok(Some(match event {
            Event::Scalar(text, ..) => Node::Text(text.into_owned()),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                while let Ok(item) = self.node() {
                    items.extend(item);
                }
                Node::List(items)
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                while let Ok(Some(key)) = self.node() {
                    let value = self.node().ok().flatten().expect("a key has a value");
                    entries.push((key.text().unwrap_or_default().to_owned(), value));
                }
                Node::Map(entries)
            }
            Event::SequenceEnd | Event::MappingEnd => return Err(()),
            _ => return Ok(None),
        }))
    }
}
