//! What this run is to do, from `windlass.toml`, the environment and the flags: a policy, and
//! the database's address. What a setting means is the policy's; connecting is the engine's.

mod file;
mod locate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::mask::masked;
use secrecy::SecretString;
use windlass_compiler::diagnostic::{Diagnostic, Place, suggest};
use windlass_compiler::policy::{Builder, Origin, Policy, SETTINGS, Setting, SettingError, SettingErrorKind};

use file::{File, Layer, Reference, Written};

/// What the flags say.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConfigArgs {
    /// Where the command was started.
    pub(crate) working_directory: PathBuf,
    /// `--config`.
    pub(crate) config: Option<PathBuf>,
    /// `--env`.
    pub(crate) env: Option<String>,
    /// `--dir`.
    pub(crate) dir: Option<String>,
    /// `--database-url`.
    pub(crate) database_url: Option<SecretString>,
    /// Every other flag that sets a setting.
    pub(crate) overrides: Vec<Override>,
}

/// A flag that sets a setting.
#[derive(Debug, Clone)]
pub(crate) struct Override {
    /// The setting's key.
    pub(crate) key: String,
    /// Its value, in the setting's notation.
    pub(crate) value: String,
    /// The flag, dashes included.
    pub(crate) flag: String,
}

/// Everything that was configured.
#[derive(Debug)]
pub(crate) struct Config {
    /// Every setting.
    pub(crate) policy: Policy,
    /// The directory of revisions.
    pub(crate) dir: PathBuf,
    /// The file that describes the whole schema.
    pub(crate) schema_file: Option<SchemaFile>,
    /// The schema that is wanted, as `--to` takes it; a path in the file is meant from where the file is.
    pub(crate) autogenerate_schema: Option<String>,
    /// The chosen `[env.NAME]`, and what `only env NAME` compares with.
    pub(crate) env: Option<Setting<String>>,
    /// The configuration file, if there is one.
    pub(crate) path: Option<PathBuf>,
    /// `[vars]`, for `:'name'` in revisions.
    pub(crate) vars: BTreeMap<String, Setting<String>>,
    /// What works, but should be done otherwise.
    pub(crate) warnings: Vec<Diagnostic>,
    database_url: Address,
}

/// Where the whole schema is described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchemaFile {
    /// In a file, as `snapshot` writes it.
    File(PathBuf),
    /// In what a command prints, `cmd:` left out.
    Command(String),
}

/// Where the database is.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseUrl {
    /// The URL, perhaps with a password.
    pub(crate) url: SecretString,
    /// Who gave it.
    pub(crate) origin: Origin,
    /// What the origin refers to, where it does not say it itself.
    pub(crate) source: Option<String>,
}

#[derive(Debug)]
enum Address {
    Unset,
    Given(DatabaseUrl),
    /// Somebody said where to find it, and there it is not. Only commands that need a database mind.
    Missing {
        problem: Box<Diagnostic>,
        origin: Origin,
        source: String,
    },
}

impl Config {
    /// Where the database is; nothing where nobody said so, which leaves it to `PGHOST` and the
    /// like. An error where somebody did say so and it cannot be had.
    pub(crate) fn database_url(&self) -> Result<Option<&DatabaseUrl>, Box<Diagnostic>> {
        match &self.database_url {
            Address::Unset => Ok(None),
            Address::Given(url) => Ok(Some(url)),
            Address::Missing { problem, .. } => Err(problem.clone()),
        }
    }
}

/// One line of `windlass config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The setting's key.
    pub(crate) key: String,
    /// Its value. Never a secret.
    pub(crate) value: String,
    /// Where it came from.
    pub(crate) origin: String,
}

/// Everything that is configured, for `windlass config`. Of a database URL only its source is shown.
pub(crate) fn render(config: &Config) -> Vec<Row> {
    let row = |key: &str, value: String, origin: String| Row {
        key: key.to_owned(),
        value,
        origin,
    };
    let mut rows = Vec::new();
    if let Some(env) = &config.env {
        rows.push(row("env", env.value.clone(), env.origin.to_string()));
    }
    match &config.database_url {
        Address::Unset => rows.push(row("database_url", String::new(), Origin::Default.to_string())),
        Address::Given(url) => {
            let value = url.source.as_ref().map_or_else(
                || "(hidden)".to_owned(),
                |source| format!("(hidden, from {source})"),
            );
            rows.push(row("database_url", value, url.origin.to_string()));
        }
        Address::Missing { origin, source, .. } => {
            rows.push(row(
                "database_url",
                format!("(missing in {source})"),
                origin.to_string(),
            ));
        }
    }
    rows.extend(
        config
            .policy
            .entries()
            .iter()
            .map(|entry| row(entry.info.key, masked(&entry.value), entry.origin.to_string())),
    );
    rows.extend(config.vars.iter().map(|(name, var)| {
        row(
            &format!("vars.{name}"),
            masked(&var.value),
            var.origin.to_string(),
        )
    }));
    rows
}

/// Reads everything that configures a run. `env` looks an environment variable up; an empty one
/// counts as unset, because that is what `${X:-}` in a compose file makes of it.
pub(crate) fn load(
    args: &ConfigArgs,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Vec<Diagnostic>> {
    let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let mut problems = Vec::new();

    let given_path = args
        .config
        .clone()
        .or_else(|| env("WINDLASS_CONFIG").map(PathBuf::from));
    let found = match given_path {
        Some(path) => Some(locate::Found {
            shown: path.display().to_string(),
            path: args.working_directory.join(path),
        }),
        None => locate::find(&args.working_directory),
    };
    let mut file = File::default();
    if let Some(found) = &found {
        match std::fs::read_to_string(&found.path) {
            Ok(text) => file = File::parse(&Arc::from(found.shown.as_str()), &text),
            Err(error) => problems.push(Diagnostic::error(format!("could not read {}: {error}", found.shown)).help(
                "give the configuration file with `--config` or WINDLASS_CONFIG, or leave both out to use the defaults",
            )),
        }
    }
    problems.append(&mut file.problems);

    let env_name = chosen_env(args, &env);
    let section = match &env_name {
        Some(name) => section(
            &file,
            name,
            found.as_ref().map(|found| found.shown.as_str()),
            &mut problems,
        ),
        None => None,
    };

    let mut layers = Layers::default();
    layers.file(&file.root.settings, true);
    for (name, layer) in &file.sections {
        layers.file(
            &layer.settings,
            env_name.as_ref().is_some_and(|chosen| chosen.value == *name),
        );
    }
    for info in SETTINGS {
        let variable = info.variable();
        if let Some(value) = env(&variable) {
            layers.set(info.key, value, Origin::Environment(variable));
        }
    }
    if let Some(dir) = &args.dir {
        layers.set("dir", dir.clone(), Origin::Flag("--dir".to_owned()));
    }
    for it in &args.overrides {
        layers.set(&it.key, it.value.clone(), Origin::Flag(it.flag.clone()));
    }
    problems.append(&mut layers.problems);
    // In the order of the file, and then whatever has no place in it.
    problems.sort_by_key(|problem| {
        problem
            .place
            .as_ref()
            .map_or((usize::MAX, 0), |place| (place.line, place.column))
    });

    let has_errors = problems.iter().any(Diagnostic::is_error);
    let policy = match layers.builder.build() {
        // Beside an unreadable value a contradiction may be an illusion.
        _ if has_errors => return Err(problems),
        Ok(policy) => policy,
        Err(errors) => {
            problems.extend(errors.iter().map(|error| layers.diagnostic(error)));
            return Err(problems);
        }
    };

    let base = found
        .as_ref()
        .and_then(|found| found.path.parent())
        .unwrap_or(&args.working_directory);
    let path_of = |text: &str, origin: &Origin| match origin {
        // A path in the file is meant from where the file is; so is the default.
        Origin::Default | Origin::Profile(_) | Origin::File { .. } | Origin::Section { .. } => {
            base.join(text)
        }
        _ => args.working_directory.join(text),
    };
    let mut vars = BTreeMap::new();
    for layer in std::iter::once(&file.root).chain(section) {
        for (name, value, origin) in &layer.vars {
            vars.insert(name.clone(), Setting::new(value.clone(), origin.clone()));
        }
    }
    Ok(Config {
        dir: path_of(&policy.dir.value, &policy.dir.origin),
        schema_file: policy
            .schema_file
            .value
            .as_ref()
            .map(|file| match file.strip_prefix("cmd:") {
                Some(command) => SchemaFile::Command(command.trim().to_owned()),
                None => SchemaFile::File(path_of(file, &policy.schema_file.origin)),
            }),
        autogenerate_schema: policy.autogenerate_schema.value.as_ref().map(|text| {
            let path = path_of(text, &policy.autogenerate_schema.origin);
            if path.exists() {
                path.display().to_string()
            } else {
                text.clone()
            }
        }),
        database_url: address(args, &env, section, &file.root, base, &mut problems),
        policy,
        env: env_name,
        path: found.map(|found| found.path),
        vars,
        warnings: problems,
    })
}

fn chosen_env(args: &ConfigArgs, env: &impl Fn(&str) -> Option<String>) -> Option<Setting<String>> {
    let flag = args
        .env
        .clone()
        .map(|name| Setting::new(name, Origin::Flag("--env".to_owned())));
    flag.or_else(|| {
        env("WINDLASS_ENV").map(|name| Setting::new(name, Origin::Environment("WINDLASS_ENV".to_owned())))
    })
}

/// The section of the chosen environment. A file without any section knows no environments, and
/// the name then only serves `only env NAME`.
fn section<'f>(
    file: &'f File,
    chosen: &Setting<String>,
    shown: Option<&str>,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'f Layer> {
    let found = file.sections.iter().find(|(name, _)| *name == chosen.value);
    if found.is_none() && !file.sections.is_empty() {
        let names = || file.sections.iter().map(|(name, _)| name.as_str());
        let message = format!(
            "{}: {} has no `[env.{}]`",
            chosen.origin,
            shown.unwrap_or(locate::NAME),
            chosen.value
        );
        problems.push(
            Diagnostic::error(message).help(match suggest(&chosen.value, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its environments are {}", names().collect::<Vec<_>>().join(", ")),
            }),
        );
    }
    found.map(|(_, layer)| layer)
}

/// A builder that remembers where the file's keys stand.
#[derive(Default)]
struct Layers {
    builder: Builder,
    places: Vec<(String, Origin, Place)>,
    problems: Vec<Diagnostic>,
}

impl Layers {
    /// The settings of one part of the file. What is not chosen is read all the same: a mistake
    /// in `[env.production]` should not wait for production to be found.
    fn file(&mut self, settings: &[Written], is_chosen: bool) {
        let mut aside = Builder::default();
        for it in settings {
            let builder = if is_chosen { &mut self.builder } else { &mut aside };
            match builder.set(&it.key, it.given.clone(), it.origin.clone()) {
                Ok(_) => self
                    .places
                    .push((it.key.clone(), it.origin.clone(), it.value_place.clone())),
                Err(error) => {
                    let is_key = error.kind() == SettingErrorKind::UnknownKey;
                    let place = if is_key { &it.key_place } else { &it.value_place };
                    self.problems
                        .push(without_password(error.to_diagnostic()).at(place.clone()));
                }
            }
        }
    }

    fn set(&mut self, key: &str, value: String, origin: Origin) {
        if let Err(error) = self.builder.set(key, value, origin) {
            let problem = self.diagnostic(&error);
            self.problems.push(problem);
        }
    }

    fn diagnostic(&self, error: &SettingError) -> Diagnostic {
        let mut diagnostic = without_password(error.to_diagnostic());
        let place = self
            .places
            .iter()
            .rfind(|(key, origin, _)| key == error.key() && origin == error.origin());
        match (place, error.origin()) {
            (Some((_, _, place)), _) => diagnostic.at(place.clone()),
            (None, origin @ (Origin::Environment(_) | Origin::Flag(_))) => {
                diagnostic.message = format!("{origin}: {}", diagnostic.message);
                diagnostic
            }
            (None, _) => diagnostic,
        }
    }
}

/// An unreadable value is quoted, and it may be a database URL in the wrong place.
fn without_password(mut diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.message = masked(&diagnostic.message);
    diagnostic
}

/// The variables that hold a database URL, the more particular one first.
const URL_VARIABLES: [&str; 2] = ["WINDLASS_DATABASE_URL", "DATABASE_URL"];

fn address(
    args: &ConfigArgs,
    env: &impl Fn(&str) -> Option<String>,
    section: Option<&Layer>,
    root: &Layer,
    base: &Path,
    warnings: &mut Vec<Diagnostic>,
) -> Address {
    let given = |url: SecretString, origin| {
        Address::Given(DatabaseUrl {
            url,
            origin,
            source: None,
        })
    };
    if let Some(url) = &args.database_url {
        return given(url.clone(), Origin::Flag("--database-url".to_owned()));
    }
    let written = section.and_then(|layer| layer.database_url.as_ref());
    for variable in URL_VARIABLES {
        let Some(url) = env(variable) else { continue };
        // Somebody chose an environment and may get another database than they think. The
        // variable of our own is never set by accident.
        if variable == "DATABASE_URL"
            && let Some((reference, origin, place)) = written
            && read(reference, env, base).is_ok_and(|other| other != url)
        {
            warnings.push(
                Diagnostic::warning(format!("{variable} is used instead of this database URL ({origin})"))
                    .at(place.clone())
                    .help(format!(
                        "unset {variable} to use the one in the file, or give the one you mean with `--database-url`"
                    )),
            );
        }
        return given(url.into(), Origin::Environment(variable.to_owned()));
    }
    // A section's source that is empty does not fall back to the top of the file: production
    // without its variable must not become the development database.
    let Some((reference, origin, place)) = written.or(root.database_url.as_ref()) else {
        return Address::Unset;
    };
    let source = match reference {
        Reference::Literal(_) => None,
        Reference::Environment(variable) => Some(format!("environment {variable}")),
        Reference::File(path) => Some(format!("file {path}")),
    };
    match read(reference, env, base) {
        Ok(url) => Address::Given(DatabaseUrl {
            url: url.into(),
            origin: origin.clone(),
            source,
        }),
        Err(message) => Address::Missing {
            problem: Box::new(
                Diagnostic::error(message)
                    .at(place.clone())
                    .help("or give the database with `--database-url` or DATABASE_URL"),
            ),
            origin: origin.clone(),
            source: source.unwrap_or_default(),
        },
    }
}

fn read(reference: &Reference, env: &impl Fn(&str) -> Option<String>, base: &Path) -> Result<String, String> {
    match reference {
        Reference::Literal(url) => Ok(url.clone()),
        Reference::Environment(variable) => {
            env(variable).ok_or_else(|| format!("the environment variable {variable} is not set"))
        }
        Reference::File(path) => match std::fs::read_to_string(base.join(path)) {
            Ok(text) if text.trim().is_empty() => Err(format!("{path} is empty")),
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) => Err(format!("could not read {path}: {error}")),
        },
    }
}

#[cfg(test)]
mod tests;
