//! What is wrong with a deployment, where, and how it is mended. Files are read once, here, and
//! known by number.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use similar::TextDiff;
use windlass::compiler::diagnostic::{self, Diagnostic, Severity, Span};

use super::rules::Rule;

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Place {
    pub(super) fn new(file: usize, start: usize, end: usize) -> Self {
        Self { file, start, end }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) rule: &'static Rule,
    pub(super) place: Place,
    /// The thing by name, and what it does.
    pub(super) message: String,
    /// What to write instead.
    pub(super) remedy: String,
    /// The same as edits, where a program can do it.
    pub(super) fix: Vec<Edit>,
}

/// Text instead of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Finding {
    pub(super) fn new(
        rule: &'static Rule,
        place: Place,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            place,
            message: message.into(),
            remedy: remedy.into(),
            fix: Vec::new(),
        }
    }

    pub(super) fn fix(mut self, fix: Vec<Edit>) -> Self {
        self.fix = fix;
        self
    }

    pub(super) fn is_error(&self) -> bool {
        self.rule.severity == Severity::Error
    }

    fn locate(&self, sources: &Sources) -> diagnostic::Place {
        let file = &sources.files[self.place.file];
        // A place of many lines is shown by its first.
        let text = &file.text[self.place.start..self.place.end];
        let first = text.lines().next().map_or(0, |line| line.trim_end().len());
        let span = Span::new(self.place.start, self.place.start + first);
        diagnostic::Place::locate(&file.name, &file.text, span)
    }

    /// As people read it.
    pub(super) fn diagnostic(&self, sources: &Sources) -> Diagnostic {
        let title = format!("{} [{}]", self.message, self.rule.id);
        let problem = match self.rule.severity {
            Severity::Error => Diagnostic::error(title),
            Severity::Warning | Severity::Note => Diagnostic::warning(title),
        };
        problem
            .at(self.locate(sources))
            .help(self.rule.why)
            .help(format!("instead: {}", self.remedy))
    }

    /// As programs read it; keys are only ever added.
    pub(super) fn json(&self, sources: &Sources) -> serde_json::Value {
        let place = self.locate(sources);
        json!({
            "rule": self.rule.id,
            "severity": if self.is_error() { "error" } else { "warning" },
            "path": place.path.to_string(),
            "line": place.line,
            "column": place.column,
            "message": self.message,
            "why": self.rule.why,
            "remedy": self.remedy,
            "fixable": !self.fix.is_empty(),
        })
    }
}

/// A file as it was read.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    pub(super) name: Arc<str>,
    pub(super) text: Arc<str>,
    original: Arc<str>,
    /// Not on disk yet.
    is_new: bool,
}

/// Every file that was read.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) files: Vec<SourceFile>,
}

impl Sources {
    /// The number of a file; it is read when it is met first.
    pub(super) fn load(&mut self, path: &Path) -> std::io::Result<usize> {
        if let Some(known) = self.files.iter().position(|file| file.path == path) {
            return Ok(known);
        }
        let text: Arc<str> = std::fs::read_to_string(path)?.into();
        Ok(self.add(path, text.clone(), text, false))
    }

    /// A file that is to be made.
    pub(super) fn create(&mut self, path: &Path, text: Arc<str>) -> usize {
        self.add(path, text, "".into(), true)
    }

    fn add(&mut self, path: &Path, text: Arc<str>, original: Arc<str>, is_new: bool) -> usize {
        self.files.push(SourceFile {
            path: path.to_owned(),
            name: path.display().to_string().into(),
            text,
            original,
            is_new,
        });
        self.files.len() - 1
    }

    pub(super) fn text(&self, file: usize) -> Arc<str> {
        self.files[file].text.clone()
    }

    /// Makes edits that do not overlap.
    pub(super) fn apply(&mut self, edits: &[Edit]) {
        let mut edits: Vec<&Edit> = edits.iter().collect();
        // From the end on, so that the places of the others stay true.
        edits.sort_by_key(|edit| std::cmp::Reverse((edit.place.start, edit.place.end)));
        for edit in edits {
            let file = &mut self.files[edit.place.file];
            let mut text = file.text.to_string();
            let insert = if text.contains("\r\n") {
                edit.text.replace('\n', "\r\n")
            } else {
                edit.text.clone()
            };
            text.replace_range(edit.place.start..edit.place.end, &insert);
            file.text = text.into();
        }
    }

    /// What the edits changed, as a patch.
    pub(super) fn patch(&self) -> String {
        self.files
            .iter()
            .filter(|file| file.text != file.original)
            .map(|file| {
                let diff = TextDiff::from_lines(&*file.original, &*file.text);
                let old = if file.is_new {
                    "/dev/null".to_owned()
                } else {
                    format!("a/{}", file.name)
                };
                let new = format!("b/{}", file.name);
                diff.unified_diff()
                    .context_radius(3)
                    .header(&old, &new)
                    .to_string()
            })
            .collect()
    }

    /// Writes what was changed, and gives the files and whether each is new.
    pub(super) fn write(&self) -> std::io::Result<Vec<(&Path, bool)>> {
        let mut written = Vec::new();
        for file in self.files.iter().filter(|file| file.text != file.original) {
            if let Some(parent) = file.path.parent().filter(|_| file.is_new) {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&file.path, &*file.text)?;
            written.push((&*file.path, file.is_new));
        }
        Ok(written)
    }
}
