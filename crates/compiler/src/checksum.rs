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

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use crate::lex::Scan;

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
        let mut text = String::from("sha256v1:");
        for byte in self.0.finalize() {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
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
    fn a_file_without_directives_has_the_checksum_that_sha256sum_prints() {
        assert_eq!(
            of("abc").as_str(),
            "sha256v1:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
