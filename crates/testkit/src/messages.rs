//! What a client of PostgreSQL says, message by message, as far as a fault needs it: where a message begins
//! and whether the server acts on it. Cleartext only.

use std::collections::HashMap;

/// A message that makes the server act: a statement, an execution of a prepared one, the end of a pipeline (which
/// commits what was executed outside a transaction block), rows of a COPY.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The `application_name` that the connection announced.
    pub application: String,
    /// What kind of message: `query`, `execute`, `sync`, `copy data`, `copy done`.
    pub kind: &'static str,
    /// The SQL, where there is one.
    pub sql: String,
}

/// Reads one connection's client side.
#[derive(Default)]
pub(crate) struct Reader {
    /// The bytes of the message that has not ended yet.
    buffer: Vec<u8>,
    application: String,
    /// What the connection asked for when it began, as `name`, `value`.
    startup: Vec<(String, String)>,
    is_started: bool,
    /// Texts by the names of prepared statements; the unnamed one is "".
    statements: HashMap<String, String>,
    /// Text of what was bound last.
    bound: String,
}

const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

impl Reader {
    /// The acting messages that end in `chunk`, each with the place in `chunk` where it begins: 0 for one that began
    /// in an earlier chunk.
    pub(crate) fn read(&mut self, chunk: &[u8]) -> Vec<(usize, Message)> {
        let earlier = self.buffer.len();
        self.buffer.extend_from_slice(chunk);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(length) = self.length(at) {
            let message = self.buffer[at..at + length].to_vec();
            if let Some(message) = self.understand(&message) {
                found.push((at.saturating_sub(earlier), message));
            }
            at += length;
        }
        self.buffer.drain(..at);
        found
    }

    /// The length of the message at `at`, when all of it is there.
    fn length(&self, at: usize) -> Option<usize> {
        let kind = usize::from(self.is_started);
        let bytes = self.buffer.get(at + kind..at + kind + 4)?;
        let length = number(bytes) as usize + kind;
        (self.buffer.len() >= at + length).then_some(length)
    }

    /// What the connection asked for, once.
    pub(crate) fn started(&mut self) -> Option<Vec<(String, String)>> {
        (!self.startup.is_empty()).then(|| std::mem::take(&mut self.startup))
    }

    fn understand(&mut self, message: &[u8]) -> Option<Message> {
        if !self.is_started {
            self.start(message);
            return None;
        }
        let mut strings = message[5..].split(|byte| *byte == 0).map(text);
        let (kind, sql) = match message[0] {
            b'P' => {
                let name = strings.next().unwrap_or_default();
                self.statements.insert(name, strings.next().unwrap_or_default());
                return None;
            }
            b'B' => {
                let statement = strings.nth(1).unwrap_or_default();
                self.bound = self.statements.get(&statement).cloned().unwrap_or_default();
                return None;
            }
            b'Q' => ("query", strings.next().unwrap_or_default()),
            b'E' => ("execute", self.bound.clone()),
            b'S' => ("sync", String::new()),
            b'd' => ("copy data", String::new()),
            b'c' => ("copy done", String::new()),
            _ => return None,
        };
        Some(Message {
            application: self.application.clone(),
            kind,
            sql,
        })
    }

    fn start(&mut self, message: &[u8]) {
        let code = message.get(4..8).map_or(0, number);
        if matches!(code, SSL_REQUEST | GSSENC_REQUEST | CANCEL_REQUEST) {
            return;
        }
        self.is_started = true;
        let words: Vec<String> = message[8..].split(|byte| *byte == 0).map(text).collect();
        let pairs = words.chunks_exact(2).filter(|pair| !pair[0].is_empty());
        self.startup = pairs.map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        if let Some((_, name)) = self.startup.iter().find(|(name, _)| name == "application_name") {
            self.application.clone_from(name);
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        [&[kind], &length[..], body].concat()
    }

    fn startup() -> Vec<u8> {
        let body = b"\0\x03\0\0user\0u\0application_name\0app\0\0";
        [&(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
    }

    #[test]
    fn acting_messages_are_found_with_their_text_wherever_chunks_end() {
        let talk = [
            startup(),
            message(b'P', b"s\0INSERT\0\0\0"),
            message(b'B', b"\0s\0\0\0\0\0\0\0"),
            message(b'E', b"\0\0\0\0\0"),
            message(b'S', b""),
            message(b'Q', b"COMMIT\0"),
        ]
        .concat();
        let expected = ["execute INSERT", "sync ", "query COMMIT"];
        for size in 1..talk.len() {
            let mut reader = Reader::default();
            let found: Vec<String> = talk
                .chunks(size)
                .flat_map(|chunk| reader.read(chunk))
                .map(|(_, message)| format!("{} {}", message.kind, message.sql))
                .collect();
            assert_eq!(found, expected, "chunks of {size}");
        }
        let found = Reader::default().read(&talk);
        assert_eq!(found[0].1.application, "app");
        assert_eq!(&talk[found[2].0..], message(b'Q', b"COMMIT\0"));
    }
}
