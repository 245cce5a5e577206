//! Checksums of revisions.
//!
//! `sha256v1` is lexical: byte order mark off, CRLF to LF, directive lines out, then SHA-256.
//! By hand, with GNU sed:
//! ```sh
//! sed -e '1s/^\xEF\xBB\xBF//' -e 's/\r$//' -e '/^-- windlass:/{:a;/\\$/{N;s/\r$//;ba};d}' FILE | sha256sum
//! ```
//! The directives' own checksum is that of the lines which this leaves out, each with LF:
//! ```sh
//! sed -n -e '1s/^\xEF\xBB\xBF//' -e 's/\r$//' -e '/^-- windlass:/{:a;/\\$/{N;s/\r$//;ba};p}' FILE | sha256sum
//! ```
//! What looks like a directive inside a literal, a comment or COPY data is none and counts, which sed cannot know.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::lex::Scan;

const SCHEME: &str = "sha256v1:";

/// The checksum of no text: most files have no directives.
const OF_NOTHING: &str = "sha256v1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A checksum with its scheme, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checksum(String);

impl Checksum {
    /// The text of the checksum, such as `sha256v1:9f86…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Of a script without its directives.
    pub(crate) fn of_script(text: &str, scan: &Scan) -> Self {
        let mut hasher = Hasher::default();
        let mut from = 0;
        for directive in &scan.directives {
            hasher.text(&text[from..directive.start]);
            let rest = &text[directive.end..];
            let line_end = rest.find(['\n', '\r']).unwrap_or(rest.len());
            let is_pair = rest[line_end..].starts_with("\r\n");
            let behind = line_end + if is_pair { 2 } else { 1 };
            from = (directive.end + behind).min(text.len());
        }
        hasher.text(&text[from..]);
        hasher.finish()
    }

    /// Of the directives alone.
    pub(crate) fn of_directives(text: &str, scan: &Scan) -> Self {
        if scan.directives.is_empty() {
            return Self(OF_NOTHING.to_owned());
        }
        let mut hasher = Hasher::default();
        for directive in &scan.directives {
            hasher.text(&text[directive.range()]);
            hasher.text("\n");
        }
        hasher.finish()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Default)]
struct Hasher(Sha256);

impl Hasher {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find("\r\n") {
            self.0.update(&rest[..at]);
            rest = &rest[at + 1..];
        }
        self.0.update(rest);
    }

    fn finish(self) -> Checksum {
        // By hand, since every file of a long history comes by here at each start: `{:02x}` takes
        // longer than hashing a small file.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digest = self.0.finalize();
        let mut text = String::with_capacity(SCHEME.len() + 2 * digest.len());
        text.push_str(SCHEME);
        for byte in digest {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Checksum(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::scan;

    fn of(text: &str) -> Checksum {
        Checksum::of_script(text, &scan(text))
    }

    #[test]
    fn line_ends_and_directives_do_not_count() {
        let plain = of("SELECT 1;\nSELECT 2;\n");
        assert_eq!(plain, of("SELECT 1;\r\nSELECT 2;\r\n"));
        assert_eq!(
            plain,
            of("-- windlass: label x\nSELECT 1;\n-- windlass: allow y \\\n-- because z\nSELECT 2;\n")
        );
        assert_ne!(plain, of("SELECT 1;\nSELECT 3;\n"));
    }

    #[test]
    fn no_directives_have_the_checksum_of_no_text() {
        assert_eq!(
            Checksum::of_directives("SELECT 1;", &scan("SELECT 1;")),
            Hasher::default().finish()
        );
        let some = "-- windlass: label x\nSELECT 1;";
        assert_ne!(
            Checksum::of_directives(some, &scan(some)),
            Hasher::default().finish()
        );
    }

    #[test]
    fn a_file_without_directives_has_the_checksum_that_sha256sum_prints() {
        assert_eq!(
            of("abc").as_str(),
            "sha256v1:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
