//! `windlass.toml` as it was written: every key with its place, sections apart, nothing decided.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use windlass_compiler::diagnostic::{Diagnostic, Place, Span, suggest};
use windlass_compiler::policy::{Given, Origin, SETTINGS, SettingInfo};

use crate::mask::masked;

/// The keys that are no settings of the policy.
const OTHERS: [&str; 3] = ["database_url", "env", "vars"];

/// A parsed file.
#[derive(Debug, Default)]
pub(super) struct File {
    /// Everything outside `[env.*]`.
    pub(super) root: Layer,
    /// Each `[env.NAME]`, in the order of the file.
    pub(super) sections: Vec<(String, Layer)>,
    /// What cannot be used, and what should be done otherwise.
    pub(super) problems: Vec<Diagnostic>,
}

/// What stands at the top of the file, or in one `[env.NAME]`.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) settings: Vec<Written>,
    pub(super) database_url: Option<(Reference, Origin, Place)>,
    pub(super) vars: Vec<(String, String, Origin)>,
}

/// A setting as it was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) key: String,
    pub(super) given: Given,
    pub(super) origin: Origin,
    pub(super) key_place: Place,
    pub(super) value_place: Place,
}

/// Where a database URL is to be had.
#[derive(Clone)]
pub(super) enum Reference {
    /// In the file itself.
    Literal(String),
    /// In an environment variable.
    Environment(String),
    /// In a file, such as a mounted secret.
    File(String),
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => f.write_str("Literal(…)"),
            Self::Environment(variable) => write!(f, "Environment({variable})"),
            Self::File(path) => write!(f, "File({path})"),
        }
    }
}

impl File {
    /// Reads the text of `path`. Where it is not TOML nothing but that is reported: the rest
    /// cannot be told from what a missing quote has swallowed.
    pub(super) fn parse(path: &Arc<str>, text: &str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Reader {
            path: path.clone(),
            shown: masked(text),
            section: None,
            problems: Vec::new(),
        };
        let mut file = Self::default();
        if errors.is_empty() {
            file.root = reader.layer(table.get_ref());
            file.sections = reader.sections(table.get_ref());
        }
        for error in errors {
            let place = reader.place(error.span().unwrap_or(0..0));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            reader
                .problems
                .push(Diagnostic::error(format!("the file is not TOML: {message}")).at(place));
        }
        reader.problems.dedup();
        file.problems = reader.problems;
        file
    }
}

struct Reader {
    path: Arc<str>,
    /// The file's text without its passwords, byte for byte as long.
    shown: String,
    section: Option<String>,
    problems: Vec<Diagnostic>,
}

type Key<'i> = Spanned<Cow<'i, str>>;
type Entry<'t, 'i> = (&'t Key<'i>, &'t Spanned<DeValue<'i>>);

impl Reader {
    fn place(&self, span: Range<usize>) -> Place {
        Place::locate(&self.path, &self.shown, Span::new(span.start, span.end))
    }

    fn origin(&self, place: &Place) -> Origin {
        match &self.section {
            None => Origin::File {
                path: self.path.clone(),
                line: place.line,
            },
            Some(name) => Origin::Section {
                name: name.clone(),
                path: self.path.clone(),
                line: place.line,
            },
        }
    }

    fn error(&mut self, span: Range<usize>, message: String, help: impl Into<String>) {
        let place = self.place(span);
        self.problems
            .push(Diagnostic::error(message).at(place).help(help));
    }

    fn layer(&mut self, table: &DeTable<'_>) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in in_order(table) {
            match key.get_ref().as_ref() {
                "database_url" => layer.database_url = self.database_url(key, value),
                "vars" => layer.vars = self.vars(key, value),
                "env" if self.section.is_none() => {}
                "env" => self.error(
                    key.span(),
                    "`env` has no place in a section of its own".to_owned(),
                    "write `[env.NAME]` at the top",
                ),
                name => self.setting(name.to_owned(), key, value, &mut layer.settings),
            }
        }
        layer
    }

    fn sections(&mut self, root: &DeTable<'_>) -> Vec<(String, Layer)> {
        let Some((key, value)) = root.get_key_value("env") else {
            return Vec::new();
        };
        let Some(table) = value.get_ref().as_table() else {
            self.error(
                key.span(),
                "`env` is not a section".to_owned(),
                "write `[env.production]`, and its settings below; choose one with `--env` or WINDLASS_ENV",
            );
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (name, value) in in_order(table) {
            let Some(table) = value.get_ref().as_table() else {
                self.error(
                    name.span(),
                    format!("`env.{}` is not a section", name.get_ref()),
                    "settings of an environment stand below `[env.NAME]`",
                );
                continue;
            };
            self.section = Some(name.get_ref().to_string());
            let layer = self.layer(table);
            self.section = None;
            sections.push((name.get_ref().to_string(), layer));
        }
        sections
    }

    /// One setting, or a table of them.
    fn setting(
        &mut self,
        name: String,
        key: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
        settings: &mut Vec<Written>,
    ) {
        let is_section = SETTINGS.iter().any(|info| {
            info.key
                .strip_prefix(&name)
                .is_some_and(|rest| rest.starts_with('.'))
        });
        let known = SettingInfo::find(&name);
        let given = match value.get_ref() {
            DeValue::Table(table) if is_section => {
                for (key, value) in in_order(table) {
                    self.setting(format!("{name}.{}", key.get_ref()), key, value, settings);
                }
                return;
            }
            DeValue::Table(_) if known.is_none() => return self.unknown_section(&name, key),
            DeValue::Table(_) => Err("a table".to_owned()),
            _ if is_section => {
                return self.error(
                    key.span(),
                    format!("`{name}` is a section, not a setting"),
                    format!("write `[{name}]`, and its settings below"),
                );
            }
            value => given(value),
        };
        // Of an unknown key its value is not worth a word.
        let given = if known.is_none() {
            Ok(Given::from(""))
        } else {
            given
        };
        if known.is_none()
            && let Some(near) = suggest(&name, OTHERS)
        {
            return self.error(
                key.span(),
                format!("`{name}` is no setting"),
                format!("did you mean `{near}`?"),
            );
        }
        match given {
            Ok(given) => {
                let key_place = self.place(key.span());
                let origin = self.origin(&key_place);
                settings.push(Written {
                    key: name,
                    given,
                    origin,
                    key_place,
                    value_place: self.place(value.span()),
                });
            }
            Err(what) => {
                let expects = known.map_or_else(|| "a value".to_owned(), |info| info.kind.expects());
                self.error(
                    value.span(),
                    format!("`{name}`: wants {expects}, not {what}"),
                    "`windlass config` shows each setting in the form it is written in",
                );
            }
        }
    }

    fn unknown_section(&mut self, name: &str, key: &Key<'_>) {
        let mut sections: Vec<&str> = vec!["env", "vars"];
        for info in SETTINGS {
            for (at, _) in info.key.match_indices('.') {
                sections.push(&info.key[..at]);
            }
        }
        sections.dedup();
        let help = match suggest(name, sections.iter().copied()) {
            Some(near) => format!("did you mean `[{near}]`?"),
            None => format!(
                "the sections are {}",
                sections
                    .iter()
                    .map(|it| format!("`[{it}]`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        self.error(key.span(), format!("`[{name}]` is no section"), help);
    }

    fn database_url(
        &mut self,
        key: &Key<'_>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<(Reference, Origin, Place)> {
        const FORMS: &str =
            "write `database_url = { env = \"DATABASE_URL\" }` or `{ file = \"/run/secrets/database_url\" }`";
        let reference = match value.get_ref() {
            DeValue::String(url) => {
                if masked(url) != **url {
                    let place = self.place(key.span());
                    self.problems.push(
                        Diagnostic::warning(
                            "a password stands in this file, where every reader of the repository sees it",
                        )
                        .at(place)
                        .help(FORMS),
                    );
                }
                Reference::Literal(url.to_string())
            }
            DeValue::Table(table) => {
                let mut found = Vec::new();
                for (name, value) in in_order(table) {
                    match (name.get_ref().as_ref(), value.get_ref().as_str()) {
                        ("env", Some(variable)) => found.push(Reference::Environment(variable.to_owned())),
                        ("file", Some(path)) => found.push(Reference::File(path.to_owned())),
                        ("env" | "file", None) => {
                            self.error(
                                value.span(),
                                format!("`{}` wants text, in quotes", name.get_ref()),
                                FORMS,
                            );
                            return None;
                        }
                        (other, _) => {
                            self.error(
                                name.span(),
                                format!("`{other}` is no source of a database URL"),
                                FORMS,
                            );
                            return None;
                        }
                    }
                }
                if found.len() != 1 {
                    self.error(
                        value.span(),
                        "`database_url` wants exactly one source".to_owned(),
                        FORMS,
                    );
                    return None;
                }
                found.remove(0)
            }
            _ => {
                self.error(
                    value.span(),
                    "`database_url` wants text or a source".to_owned(),
                    FORMS,
                );
                return None;
            }
        };
        let place = self.place(key.span());
        Some((reference, self.origin(&place), place))
    }

    fn vars(&mut self, key: &Key<'_>, value: &Spanned<DeValue<'_>>) -> Vec<(String, String, Origin)> {
        let Some(table) = value.get_ref().as_table() else {
            self.error(
                key.span(),
                "`vars` is a section, not a setting".to_owned(),
                "write `[vars]`, and `name = \"value\"` below",
            );
            return Vec::new();
        };
        let mut vars = Vec::new();
        for (name, value) in in_order(table) {
            let is_name = name
                .get_ref()
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_');
            match value.get_ref().as_str() {
                _ if !is_name => self.error(
                    name.span(),
                    format!("`{}` is no name of a variable", name.get_ref()),
                    "use letters, digits and _, as psql does",
                ),
                None => self.error(
                    value.span(),
                    format!("`vars.{}` wants text, in quotes", name.get_ref()),
                    "`:'name'` and `:\"name\"` quote it where it is used",
                ),
                Some(text) => {
                    let origin = self.origin(&self.place(name.span()));
                    vars.push((name.get_ref().to_string(), text.to_owned(), origin));
                }
            }
        }
        vars
    }
}

/// A table's entries in the order of the file.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// A value as the policy takes it, or what it is instead.
fn given(value: &DeValue<'_>) -> Result<Given, String> {
    match value {
        DeValue::String(text) => Ok(Given::Text(text.to_string())),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Given::Integer)
            .map_err(|_| "so large a number".to_owned()),
        // Kept as text, so that `1.5` gets a duration's own advice about fractions.
        DeValue::Float(number) => Ok(Given::Text(number.as_str().to_owned())),
        DeValue::Boolean(truth) => Ok(Given::Boolean(*truth)),
        DeValue::Datetime(_) => Err("a date".to_owned()),
        DeValue::Array(values) => values
            .iter()
            .map(|value| {
                value
                    .get_ref()
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| "a list of anything but text".to_owned())
            })
            .collect::<Result<_, _>>()
            .map(Given::List),
        DeValue::Table(_) => Err("a table".to_owned()),
    }
}
