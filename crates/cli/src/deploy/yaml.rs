//! YAML with places: a tree in which each key and value knows its bytes. Anchors, aliases and merge
//! keys are resolved here, so that what reads the tree does not know of them.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};

use super::finding::Place;

/// More nodes than any deployment has: an alias of aliases of aliases grows without end.
const MOST_NODES: usize = 200_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
    /// A tag such as `!reset`, with its exclamation mark.
    pub(super) tag: Option<String>,
    /// Written in braces or brackets, or as an alias: nothing can be inserted line by line.
    pub(super) is_inline: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar { text: String, is_plain: bool },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_place: Place,
    pub(super) value: Node,
    /// Came in by a merge key: written elsewhere.
    pub(super) is_merged: bool,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct YamlError {
    pub(super) place: Place,
    pub(super) message: String,
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Goes down by several keys.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of the value below a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Node::text)
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, is_plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// A list of texts, or one text as a list of one.
    pub(super) fn texts(&self) -> Vec<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => vec![text],
            Value::List(items) => items.iter().filter_map(Node::text).collect(),
            _ => Vec::new(),
        }
    }
}

/// Reads every document of a file.
pub(super) fn read(file: usize, text: &str) -> Result<Vec<Node>, YamlError> {
    let offsets: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    let mut reader = Reader {
        file,
        text,
        offsets,
        anchors: HashMap::new(),
        open: Vec::new(),
        documents: Vec::new(),
        nodes: 0,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, marks)) => reader.take(event, marks)?,
            Err(error) => {
                let start = reader.byte(error.marker().index());
                return Err(YamlError {
                    place: Place::new(file, start, start),
                    message: error.info().to_owned(),
                });
            }
        }
    }
    Ok(reader.documents)
}

/// A value as it is written behind `key:`, in block style, without comments.
pub(super) fn emit(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, is_plain: true } => format!(" {text}"),
        Value::Scalar { text, .. } => format!(" {}", quoted(text)),
        Value::List(items) if items.is_empty() => " []".to_owned(),
        Value::Map(entries) if entries.is_empty() => " {}".to_owned(),
        Value::List(items) => {
            let mut text = String::from("\n");
            for item in items {
                let inner = emit(item);
                // What is below stands further in, and its first line on that of the hyphen.
                let inner = match inner.strip_prefix('\n') {
                    Some(lines) => format!(" {}", indented(lines, 2).trim()),
                    None => inner,
                };
                text.push_str(&format!("  -{inner}\n"));
            }
            text.trim_end().to_owned()
        }
        Value::Map(entries) => {
            let mut text = String::from("\n");
            for entry in entries {
                text.push_str(&indented(&format!("{}:{}", entry.key, emit(&entry.value)), 2));
            }
            text.trim_end().to_owned()
        }
    }
}

/// A text in double quotes, as YAML and JSON read them alike; bare where nothing in it is special.
pub(super) fn quoted(text: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || "${}_/.?@-".contains(letter);
    let starts = text.starts_with('$') || text.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "y" | "n"
    );
    let is_url = text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '+')
            && rest.chars().all(|letter| is_bare(letter) || letter == ':')
            && !rest.ends_with(':')
    });
    if starts && !is_word && (is_url || text.chars().all(is_bare)) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

/// Lines that stand further in.
pub(super) fn indented(lines: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    lines
        .lines()
        .map(|line| {
            if line.is_empty() {
                "\n".to_owned()
            } else {
                format!("{pad}{line}\n")
            }
        })
        .collect()
}

struct Reader<'a> {
    file: usize,
    text: &'a str,
    /// Byte offset of each character: the parser counts characters.
    offsets: Vec<usize>,
    anchors: HashMap<usize, Node>,
    open: Vec<Open>,
    documents: Vec<Node>,
    nodes: usize,
}

struct Open {
    start: usize,
    anchor: usize,
    tag: Option<String>,
    is_inline: bool,
    holds: Holds,
}

enum Holds {
    Items(Vec<Node>),
    Entries(Vec<Entry>, Option<Node>),
}

impl Reader<'_> {
    fn byte(&self, index: usize) -> usize {
        self.offsets.get(index).copied().unwrap_or(self.text.len())
    }

    fn take(&mut self, event: Event<'_>, marks: Marks) -> Result<(), YamlError> {
        let (start, end) = (self.byte(marks.start.index()), self.byte(marks.end.index()));
        let tag_of = |tag: Option<std::borrow::Cow<'_, saphyr_parser::Tag>>| {
            tag.map(|tag| format!("{}{}", tag.handle, tag.suffix))
        };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node {
                    place: Place::new(self.file, start, end),
                    value: Value::Scalar {
                        text: text.into_owned(),
                        is_plain: style == ScalarStyle::Plain,
                    },
                    tag: tag_of(tag),
                    is_inline: true,
                };
                self.close(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(start, anchor, tag_of(tag), Holds::Items(Vec::new()));
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                self.open(start, anchor, tag_of(tag), Holds::Entries(Vec::new(), None));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let (value, written_end) = match open.holds {
                    Holds::Items(items) => {
                        let last = items.last().map(|item| item.place.end);
                        (Value::List(items), last)
                    }
                    Holds::Entries(entries, _) => {
                        let last = entries.last().map(|entry| entry.value.place.end);
                        (Value::Map(self.merged(entries)), last)
                    }
                };
                // A block ends where its last value does; the parser says where the next token begins.
                let end = if open.is_inline {
                    end
                } else {
                    written_end.unwrap_or(end)
                };
                let node = Node {
                    place: Place::new(self.file, open.start, end.max(open.start)),
                    value,
                    tag: open.tag,
                    is_inline: open.is_inline,
                };
                self.close(node, open.anchor)
            }
            Event::Alias(anchor) => {
                let Some(mut node) = self.anchors.get(&anchor).cloned() else {
                    return Err(YamlError {
                        place: Place::new(self.file, start, end),
                        message: "the anchor of this alias is not known".to_owned(),
                    });
                };
                self.nodes += count(&node);
                node.is_inline = true;
                self.close(node, 0)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, start: usize, anchor: usize, tag: Option<String>, holds: Holds) {
        let is_inline = matches!(self.text.as_bytes().get(start), Some(b'[' | b'{'));
        self.open.push(Open {
            start,
            anchor,
            tag,
            is_inline,
            holds,
        });
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(YamlError {
                place: node.place,
                message: "the aliases of this file expand to more than anybody deploys".to_owned(),
            });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.holds) {
            None => self.documents.push(node),
            Some(Holds::Items(items)) => items.push(node),
            Some(Holds::Entries(entries, key)) => match key.take() {
                None => *key = Some(node),
                Some(name) => {
                    let text = name.text().unwrap_or_default().to_owned();
                    if text != "<<" && entries.iter().any(|entry| entry.key == text) {
                        return Err(YamlError {
                            place: name.place,
                            message: format!("the key `{text}` is there twice"),
                        });
                    }
                    entries.push(Entry {
                        key: text,
                        key_place: name.place,
                        value: node,
                        is_merged: false,
                    });
                }
            },
        }
        Ok(())
    }

    /// Puts what merge keys bring in behind what the mapping says itself.
    fn merged(&self, entries: Vec<Entry>) -> Vec<Entry> {
        let (merges, mut own): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.key == "<<");
        for merge in merges {
            let sources = match &merge.value.value {
                Value::List(items) => items.clone(),
                _ => vec![merge.value],
            };
            for entry in sources.iter().flat_map(Node::entries) {
                if !own.iter().any(|known| known.key == entry.key) {
                    own.push(Entry {
                        is_merged: true,
                        ..entry.clone()
                    });
                }
            }
        }
        own
    }
}

fn count(node: &Node) -> usize {
    1 + node.items().iter().map(count).sum::<usize>()
        + node
            .entries()
            .iter()
            .map(|entry| count(&entry.value))
            .sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Node {
        read(0, text).expect("it is YAML").remove(0)
    }

    #[test]
    fn places_are_bytes_also_behind_other_letters() {
        let text = "# שלום\na: é\nb:\n  - x\n  - \"y\"\n";
        let node = one(text);
        let place = |node: &Node| &text[node.place.start..node.place.end];
        assert_eq!(place(node.get("a").expect("a")), "é");
        let list = node.get("b").expect("b");
        assert_eq!(place(&list.items()[1]), "\"y\"");
        assert_eq!(place(list), "- x\n  - \"y\"");
        assert!(!list.is_inline);
    }

    #[test]
    fn merge_keys_bring_in_what_is_not_said() {
        let node = one("x: &x\n  a: 1\n  b: 2\ny:\n  <<: *x\n  b: 3\nz:\n  <<: [*x, {c: 4}]\n");
        let y = node.get("y").expect("y");
        assert_eq!((y.text_of("a"), y.text_of("b")), (Some("1"), Some("3")));
        assert!(y.entry("a").expect("a").is_merged);
        assert_eq!(node.at(&["z", "c"]).and_then(Node::text), Some("4"));
    }

    #[test]
    fn what_is_emitted_is_read_as_the_same() {
        let text =
            "a: [x, {b: 1, c: [d, \"e: f\"]}, [g]]\nh: {i: \"no\", j: {}, k: []}\nl: \"a\\nb\"\nm: 5\n";
        let node = one(text);
        let emitted = emit(&node);
        let again = one(&emitted);
        assert_eq!(emit(&again), emitted);
        assert_eq!(again.at(&["a"]).map(|list| list.items().len()), Some(3));
        assert_eq!(
            again
                .at(&["a"])
                .and_then(|list| list.items()[1].at(&["c"])?.items()[1].text()),
            Some("e: f")
        );
        assert_eq!(again.at(&["l"]).and_then(Node::text), Some("a\nb"));
        for text in [
            "${A:?set it}",
            "no",
            "5",
            "a b",
            "postgresql://a:${P}@h:5432/d",
            "${A}",
            "#",
            "",
        ] {
            assert_eq!(one(&format!("v: {}\n", quoted(text))).text_of("v"), Some(text));
        }
    }

    #[test]
    fn mistakes_have_their_place() {
        let place = |text: &str| read(0, text).map(|_| ()).map_err(|error| error.place.start);
        assert_eq!(place("a: 1\na: 2\n"), Err(5));
        assert_eq!(place("a:\n\t- b\n").map_err(|at| at > 0), Err(true));
        assert!(place("a: *nobody\n").is_err());
        assert_eq!(place("a: 1\n"), Ok(()));
    }

    #[test]
    fn aliases_of_aliases_do_not_grow_without_end() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..10 {
            let row = format!("*a{0}, ", n - 1).repeat(10);
            text.push_str(&format!("a{n}: &a{n} [{row}]\n"));
        }
        assert!(read(0, &text).is_err());
    }
}
