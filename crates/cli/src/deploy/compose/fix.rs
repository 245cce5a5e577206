//! Edits of Compose files, line by line, so that comments and order stay. Where a service is written
//! in braces or comes from an alias there is no line to edit, and no fix.

use super::super::finding::{Edit, Place, Sources};
use super::super::yaml::{Entry, Node, Value, indented};
use super::load::Service;

/// The health check of a database whose user is known.
pub(super) fn healthcheck(user: &str) -> String {
    format!(
        "healthcheck:\n  test: [\"CMD\", \"pg_isready\", \"-U\", \"{user}\"]\n  interval: 2s\n  timeout: 3s\n  retries: 30"
    )
}

/// Inserts lines at the beginning of a service, behind the line that says what it runs.
pub(super) fn insert(sources: &Sources, service: &Service, lines: &str) -> Vec<Edit> {
    let Some(first) = first_own_entry(service) else {
        return Vec::new();
    };
    let text = sources.text(first.key_place.file);
    let at = first.key_place.start;
    let Some(indent) = indent(&text, at) else {
        return Vec::new();
    };
    let is_line = matches!(&first.value.value, Value::Scalar { text, .. } if !text.contains('\n'));
    let behind = text[at..].find('\n').map(|end| at + end + 1);
    let line_start = match behind {
        Some(behind) if is_line && matches!(first.key.as_str(), "image" | "build") => behind,
        _ => at - indent,
    };
    let edit = Edit {
        place: Place::new(first.key_place.file, line_start, line_start),
        text: indented(lines, indent),
    };
    vec![edit]
}

/// Makes a service wait for another with this condition.
pub(super) fn wait_for(sources: &Sources, service: &Service, other: &str, condition: &str) -> Vec<Edit> {
    let Some(entry) = service.node.entry("depends_on") else {
        return insert(
            sources,
            service,
            &format!("depends_on:\n  {other}:\n    condition: {condition}"),
        );
    };
    if entry.is_merged {
        // What a service says itself takes the place of what it inherits: say all of it.
        return insert(sources, service, &whole(service, other, condition));
    }
    let text = sources.text(entry.key_place.file);
    match &entry.value.value {
        Value::Map(entries) if !entry.value.is_inline && !entries.is_empty() => {
            long_form(&text, entry, entries, other, condition)
        }
        Value::List(items) if !entry.value.is_inline && !items.is_empty() => {
            short_form(&text, entry, items, other, condition)
        }
        // Written in brackets, or empty: the whole of it is written anew.
        _ if indent(&text, entry.key_place.start).is_some() => {
            let indent = indent(&text, entry.key_place.start).unwrap_or_default();
            let block = indented(&whole(service, other, condition), indent);
            let end = entry.value.place.end.max(entry.key_place.end);
            vec![Edit {
                place: Place::new(entry.key_place.file, entry.key_place.start, end),
                text: block.trim().to_owned(),
            }]
        }
        _ => Vec::new(),
    }
}

fn long_form(text: &str, entry: &Entry, entries: &[Entry], other: &str, condition: &str) -> Vec<Edit> {
    // Of a merge of files or services only what is written here is edited here.
    let block = entry.value.place;
    let is_here = |known: &&Entry| {
        known.key_place.file == block.file
            && known.key_place.start >= block.start
            && known.key_place.end <= block.end
            && !known.is_merged
    };
    let add = |at: usize| {
        let Some(inner) = indent(text, at) else {
            return Vec::new();
        };
        let line_start = at - inner;
        vec![Edit {
            place: Place::new(block.file, line_start, line_start),
            text: indented(&format!("{other}:\n  condition: {condition}"), inner),
        }]
    };
    let Some(known) = entries.iter().filter(is_here).find(|known| known.key == other) else {
        let first = entries.iter().find(is_here);
        return first.map(|first| add(first.key_place.start)).unwrap_or_default();
    };
    let mut edits = Vec::new();
    if let Some(required) = known
        .value
        .get("required")
        .filter(|node| node.text() == Some("false"))
    {
        edits.push(Edit {
            place: required.place,
            text: "true".to_owned(),
        });
    }
    match known.value.get("condition") {
        Some(value) if value.text() == Some(condition) => {}
        Some(value) => edits.push(Edit {
            place: value.place,
            text: condition.to_owned(),
        }),
        None => {
            let Some(inner) = indent(text, known.key_place.start) else {
                return Vec::new();
            };
            let line_end = line_end(text, known.key_place.end);
            edits.push(Edit {
                place: Place::new(known.key_place.file, line_end, line_end),
                text: format!("\n{}condition: {condition}", " ".repeat(inner + 2)),
            });
        }
    }
    edits
}

/// `- redis  # why` becomes `redis:  # why` with its condition below.
fn short_form(text: &str, entry: &Entry, items: &[Node], other: &str, condition: &str) -> Vec<Edit> {
    let Some(outer) = indent(text, entry.key_place.start) else {
        return Vec::new();
    };
    let mut edits = Vec::new();
    let mut column = 0;
    for item in items {
        let line_start = text[..item.place.start].rfind('\n').map_or(0, |at| at + 1);
        let lead = &text[line_start..item.place.start];
        let dash = lead.len() - lead.trim_start().len();
        if lead.trim() != "-" {
            return Vec::new();
        }
        // A list may stand as far in as its key; a mapping stands further.
        column = dash.max(outer + 2);
        let name = item.text().unwrap_or_default();
        let its = if name == other {
            condition
        } else {
            "service_started"
        };
        edits.push(Edit {
            place: Place::new(item.place.file, line_start, item.place.end),
            text: format!("{}{name}:", " ".repeat(column)),
        });
        let end = line_end(text, item.place.end);
        edits.push(Edit {
            place: Place::new(item.place.file, end, end),
            text: format!("\n{}condition: {its}", " ".repeat(column + 2)),
        });
    }
    if !items.iter().any(|item| item.text() == Some(other)) {
        let last = &items[items.len() - 1];
        let end = line_end(text, last.place.end);
        let pad = " ".repeat(column);
        // Behind the condition of the last one: one edit at one place, since order would not be sure.
        if let Some(edit) = edits.last_mut().filter(|edit| edit.place.start == end) {
            edit.text
                .push_str(&format!("\n{pad}{other}:\n{pad}  condition: {condition}"));
        }
    }
    edits
}

/// The whole of `depends_on`, with the condition changed or added.
fn whole(service: &Service, other: &str, condition: &str) -> String {
    let mut text = String::from("depends_on:");
    let mut is_there = false;
    for dependency in service.dependencies() {
        let its = if dependency.name == other {
            is_there = true;
            condition
        } else {
            &dependency.condition
        };
        text.push_str(&format!("\n  {}:\n    condition: {its}", dependency.name));
    }
    if !is_there {
        text.push_str(&format!("\n  {other}:\n    condition: {condition}"));
    }
    text
}

/// Inserts a service in front of the first one.
pub(in super::super) fn insert_service(
    sources: &Sources,
    file: usize,
    services: &Node,
    lines: &str,
) -> Vec<Edit> {
    let text = sources.text(file);
    let Some(first) = services.entries().first() else {
        return Vec::new();
    };
    if services.is_inline {
        return Vec::new();
    }
    let Some(indent) = indent(&text, first.key_place.start) else {
        return Vec::new();
    };
    let at = above_comments(&text, first.key_place.start - indent, indent);
    vec![Edit {
        place: Place::new(file, at, at),
        text: format!("{}\n", indented(lines, indent)),
    }]
}

/// The beginning of the lines of comment right above a line: they are about what stands there.
pub(in super::super) fn above_comments(text: &str, line_start: usize, indent: usize) -> usize {
    let mut at = line_start;
    loop {
        let above = text[..at]
            .trim_end_matches('\n')
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line = text[above..at].trim();
        if above < at && line.starts_with('#') && text[above..].starts_with(&" ".repeat(indent)) {
            at = above;
        } else {
            return at;
        }
    }
}

/// The first line that the service itself says, in the file in which it is named first.
fn first_own_entry(service: &Service) -> Option<&Entry> {
    if service.node.is_inline {
        return None;
    }
    service
        .node
        .entries()
        .iter()
        .filter(|entry| !entry.is_merged && entry.key_place.file == service.place.file)
        .filter(|entry| entry.key_place.start > service.place.end)
        .min_by_key(|entry| entry.key_place.start)
}

/// How far a key stands in, when nothing but blanks is before it on its line.
pub(in super::super) fn indent(text: &str, at: usize) -> Option<usize> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let lead = &text[line_start..at];
    lead.bytes().all(|byte| byte == b' ').then_some(lead.len())
}

fn line_end(text: &str, from: usize) -> usize {
    let end = text[from..].find('\n').map_or(text.len(), |at| from + at);
    if text[from..end].ends_with('\r') {
        end - 1
    } else {
        end
    }
}
