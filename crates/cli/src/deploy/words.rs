//! What commands, images and variables mean: which command migrates, which image is a database,
//! what is a password.

use super::yaml::{Node, Value};

/// What a command does to the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Migrates {
    /// Nothing that we know of.
    No,
    /// It migrates and ends.
    Only,
    /// It migrates, and then is something else.
    ThenRuns,
    /// It is `windlass exec`: one migrates, the others wait.
    UnderLock,
}

/// Command lines that migrate, as words that follow each other.
const MIGRATIONS: [&[&str]; 31] = [
    &["windlass", "upgrade"],
    &["windlass", "up"],
    &["windlass", "migrate"],
    &["alembic", "upgrade"],
    &["flask", "db", "upgrade"],
    &["manage.py", "migrate"],
    &["django-admin", "migrate"],
    &["server.db_migrate"],
    &["db_migrate.py"],
    &["db_migrate"],
    &["run_migrations.sh"],
    &["migrate.sh"],
    &["dbmate", "up"],
    &["dbmate", "migrate"],
    &["sqlx", "migrate", "run"],
    &["diesel", "migration", "run"],
    &["goose", "up"],
    &["flyway", "migrate"],
    &["liquibase", "update"],
    &["sqitch", "deploy"],
    &["prisma", "migrate", "deploy"],
    &["prisma", "db", "push"],
    &["typeorm", "migration:run"],
    &["sequelize", "db:migrate"],
    &["knex", "migrate:latest"],
    &["rails", "db:migrate"],
    &["rake", "db:migrate"],
    &["npm", "run", "migrate"],
    &["drizzle-kit", "migrate"],
    &["yoyo", "apply"],
    &["atlas", "migrate", "apply"],
];

/// Where `migrate` alone is the tool of that name.
const GOLANG_MIGRATE: &[&str] = &["migrate", "up"];

/// The words of a command, whichever way it is written.
pub(super) fn command_words(node: &Node) -> Vec<String> {
    let texts: Vec<&str> = match &node.value {
        Value::List(items) => items.iter().filter_map(Node::text).collect(),
        Value::Scalar { text, .. } => vec![text],
        Value::Map(_) => Vec::new(),
    };
    texts.iter().flat_map(|text| words(text)).collect()
}

/// The words of a shell's line; operators are words of their own.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut spaced = text.replace("&&", " && ").replace("||", " || ");
    // A redirection is one word with its target.
    for narrow in ["> ", "2> "] {
        spaced = spaced.replace(narrow, narrow.trim_end());
    }
    let spaced = spaced.replace([';', '\n'], " ; ");
    spaced
        .split_whitespace()
        .map(|word| word.trim_matches(|quote| matches!(quote, '"' | '\'' | '(' | ')' | ',' | '[' | ']')))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a command does to the schema.
pub(super) fn migrates(words: &[String]) -> Migrates {
    let base: Vec<&str> = words
        .iter()
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .collect();
    if follows(&base, &["windlass", "exec"]).is_some() {
        return Migrates::UnderLock;
    }
    let found = MIGRATIONS
        .iter()
        .chain([&GOLANG_MIGRATE])
        .find_map(|known| follows(&base, known));
    let Some(end) = found else { return Migrates::No };
    let is_more = |(at, word): (usize, &&str)| {
        matches!(*word, "&&" | ";" | "||")
            && base
                .get(at + 1)
                .is_some_and(|next| !matches!(*next, "true" | ":" | "exit" | "echo" | "sleep" | "done"))
    };
    if base.iter().enumerate().skip(end).any(is_more) {
        Migrates::ThenRuns
    } else {
        Migrates::Only
    }
}

/// Where the known words end, each found in order behind the one before, options between them allowed.
fn follows(words: &[&str], known: &[&str]) -> Option<usize> {
    (0..words.len()).find_map(|from| {
        if words[from] != known[0] {
            return None;
        }
        let mut at = from + 1;
        for wanted in &known[1..] {
            // Options and their values stand between a tool and its verb; an operator ends the command.
            let reach = words[at..]
                .iter()
                .take_while(|word| !matches!(**word, "&&" | ";" | "||"))
                .take(8);
            at += reach.enumerate().find(|(_, word)| *word == wanted)?.0 + 1;
        }
        Some(at)
    })
}

/// Whether a failure of the migration is thrown away.
pub(super) fn ignores_failure(words: &[String]) -> bool {
    words
        .windows(2)
        .any(|pair| pair[0] == "||" && matches!(pair[1].as_str(), "true" | ":" | "echo"))
        || words.windows(2).any(|pair| {
            pair[0] == ";"
                && matches!(pair[1].as_str(), "true" | "exit")
                && words.last().is_some_and(|last| last == "true" || last == "0")
        })
}

/// The server that a command starts, which does not end by itself.
pub(super) fn server(words: &[String]) -> Option<&str> {
    const SERVERS: [&str; 9] = [
        "gunicorn",
        "uvicorn",
        "hypercorn",
        "daphne",
        "uwsgi",
        "waitress-serve",
        "puma",
        "wsgi.py",
        "runserver",
    ];
    let base = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
    base.into_iter().find(|word| SERVERS.contains(word))
}

/// Whether its output goes nowhere.
pub(super) fn is_silent(words: &[String]) -> bool {
    words.iter().any(|word| word.contains(">/dev/null"))
}

/// Whether a name is that of a service that migrates.
pub(super) fn names_migration(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("migrat") || name.split(['-', '_', '.']).any(|part| part == "windlass")
}

/// Whether an image is PostgreSQL.
pub(super) fn is_postgres(image: &str) -> bool {
    let name = image_name(image);
    let last = name.rsplit('/').next().unwrap_or(name);
    matches!(
        last,
        "postgres"
            | "postgresql"
            | "postgis"
            | "timescaledb"
            | "timescaledb-ha"
            | "pgvector"
            | "citus"
            | "spilo"
    ) || last.starts_with("postgres-")
        || last.starts_with("postgresql-")
}

/// Whether an image is known to be something that has no business with the database.
pub(super) fn is_infrastructure(image: &str) -> bool {
    let name = image_name(image);
    let last = name.rsplit('/').next().unwrap_or(name);
    const KNOWN: [&str; 20] = [
        "redis",
        "valkey",
        "memcached",
        "rabbitmq",
        "nginx",
        "traefik",
        "caddy",
        "haproxy",
        "minio",
        "mailhog",
        "mailpit",
        "grafana",
        "prometheus",
        "jaeger",
        "kafka",
        "zookeeper",
        "elasticsearch",
        "mongo",
        "mysql",
        "busybox",
    ];
    KNOWN.contains(&last)
}

/// An image without its tag and digest.
pub(super) fn image_name(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    // A colon behind the last slash begins the tag; one before it is the registry's port.
    let from = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[from..].find(':') {
        Some(colon) => &name[..from + colon],
        None => name,
    }
}

/// Whether a variable says where a PostgreSQL database is.
pub(super) fn is_address(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    is_url(value)
        || matches!(
            name.as_str(),
            "DATABASE_URL"
                | "DB_URL"
                | "POSTGRES_URL"
                | "PGHOST"
                | "PGSERVICE"
                | "DB_HOST"
                | "POSTGRES_HOST"
                | "DATABASE_HOST"
                | "DATABASE_URL_FILE"
                | "SQLALCHEMY_DATABASE_URI"
        )
        || name.ends_with("_DATABASE_URL")
}

/// Whether a text is a PostgreSQL URL, whatever the driver behind the scheme.
pub(super) fn is_url(text: &str) -> bool {
    let scheme = text.split("://").next().unwrap_or_default();
    text.contains("://") && matches!(scheme.split('+').next(), Some("postgres" | "postgresql"))
}

/// The host of a URL or of a variable that holds a host.
pub(super) fn host<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    if is_url(value) {
        let rest = value.split_once("://")?.1;
        let authority = rest.split(['/', '?']).next()?;
        let host = authority.rsplit('@').next()?;
        return Some(host.rsplit_once(':').map_or(host, |(host, _)| host));
    }
    let name = name.to_ascii_uppercase();
    (name.ends_with("HOST") && !value.is_empty()).then_some(value)
}

/// How a variable holds a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Password {
    /// As it is; here is what to write instead.
    Plain(String),
    /// As what is used where a variable is not set.
    Default(String),
}

/// The password that a variable holds in plain text.
pub(super) fn password(name: &str, value: &str) -> Option<Password> {
    if value.is_empty() {
        return None;
    }
    if is_url(value) {
        let (scheme, rest) = value.split_once("://")?;
        // An interpolation may hold a slash or an at sign.
        let authority_end = rest.rfind('@')?;
        let (user, secret) = rest[..authority_end].split_once(':')?;
        // The first colon may be inside an interpolation of the user's name.
        let (user, secret) = match user.rfind("${") {
            Some(open) if !user[open..].contains('}') => {
                let end = rest.find('}')? + 1;
                (&rest[..end], rest[end..authority_end].strip_prefix(':')?)
            }
            _ => (user, secret),
        };
        let instead =
            |variable: &str| format!("{scheme}://{user}:${{{variable}:?}}{}", &rest[authority_end..]);
        return match reference(secret) {
            Reference::No if !secret.is_empty() => Some(Password::Plain(instead("DATABASE_PASSWORD"))),
            Reference::Default(variable) => Some(Password::Default(instead(&variable))),
            _ => None,
        };
    }
    let upper = name.to_ascii_uppercase();
    let is_secret = ["PASSWORD", "PASSWD", "SECRET", "SECRET_KEY", "API_KEY", "TOKEN"]
        .iter()
        .any(|end| {
            upper == *end
                || upper.ends_with(&format!("_{end}"))
                || (*end == "PASSWORD" && upper.ends_with(end))
        });
    if !is_secret {
        return None;
    }
    match reference(value) {
        Reference::No => Some(Password::Plain(format!("${{{upper}:?}}"))),
        Reference::Default(variable) => Some(Password::Default(format!("${{{variable}:?}}"))),
        Reference::Yes => None,
    }
}

enum Reference {
    No,
    Yes,
    /// With something that is used instead.
    Default(String),
}

fn reference(value: &str) -> Reference {
    let Some(open) = value.find('$') else {
        return Reference::No;
    };
    let rest = &value[open + 1..];
    // $$ is a dollar sign; Kubernetes writes $(NAME).
    if rest.starts_with('$') {
        return Reference::No;
    }
    if let Some(inner) = rest.strip_prefix('{') {
        let inner = inner.split('}').next().unwrap_or(inner);
        for sign in [":-", "-"] {
            if let Some((variable, default)) = inner.split_once(sign)
                && !variable.contains(['?', '+'])
                && !default.is_empty()
                && !default.starts_with('$')
            {
                return Reference::Default(variable.to_owned());
            }
        }
    }
    Reference::Yes
}

/// A text with `${NAME:-default}` replaced by its default; other variables stay.
pub(super) fn with_defaults(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        let Some(length) = rest[open..].find('}') else {
            break;
        };
        let inner = &rest[open + 2..open + length];
        result.push_str(&rest[..open]);
        match inner.split_once(":-").or_else(|| inner.split_once('-')) {
            Some((_, default)) => result.push_str(default),
            None => result.push_str(&rest[open..=open + length]),
        }
        rest = &rest[open + length + 1..];
    }
    result + rest
}

/// Whether a variable asks a service to migrate as it starts.
pub(super) fn asks_to_migrate(name: &str, value: &str) -> bool {
    matches!(name, "RUN_MIGRATIONS_ON_START" | "RUN_MIGRATIONS")
        && matches!(
            with_defaults(value).trim().to_ascii_lowercase().as_str(),
            "1" | "true" | "yes" | "on"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_migrate_are_known() {
        for (command, expected) in [
            ("uv run alembic upgrade head", Migrates::Only),
            ("alembic -c app/alembic.ini upgrade head", Migrates::Only),
            ("python -m server.db_migrate", Migrates::Only),
            ("/app/run_migrations.sh", Migrates::Only),
            (
                "sh -c 'alembic upgrade head && exec uvicorn app:app'",
                Migrates::ThenRuns,
            ),
            ("alembic upgrade head; gunicorn app", Migrates::ThenRuns),
            ("alembic upgrade head || true", Migrates::Only),
            ("python manage.py migrate --noinput", Migrates::Only),
            ("windlass upgrade", Migrates::Only),
            ("windlass --quiet exec -- gunicorn app:app", Migrates::UnderLock),
            ("gunicorn app:app", Migrates::No),
            ("npm start", Migrates::No),
            ("alembic current", Migrates::No),
            ("migrate -path db -database url up", Migrates::Only),
        ] {
            assert_eq!(migrates(&words(command)), expected, "{command}");
        }
        assert!(ignores_failure(&words("alembic upgrade head || true")));
        assert!(!ignores_failure(&words("alembic upgrade head || exit 1")));
        assert!(is_silent(&words("alembic upgrade head > /dev/null 2>&1")));
    }

    #[test]
    fn passwords_are_told_from_references() {
        let plain = |name, value| matches!(password(name, value), Some(Password::Plain(_)));
        assert!(plain("POSTGRES_PASSWORD", "hunter2"));
        assert!(plain("PGPASSWORD", "hunter2"));
        assert!(plain("DATABASE_URL", "postgresql://app:hunter2@db/shop"));
        for (name, value) in [
            ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD}"),
            ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:?set it}"),
            ("POSTGRES_PASSWORD_FILE", "/run/secrets/db"),
            ("DATABASE_URL", "postgresql://app@db/shop"),
            ("DATABASE_URL", "postgresql://app:${PASSWORD}@db/shop"),
            ("DATABASE_URL", "postgresql://${USER:-app}:${PASSWORD}@db/shop"),
            ("DATABASE_URL", "$(DATABASE_URL)"),
            ("TOKENIZER", "fast"),
        ] {
            assert_eq!(password(name, value), None, "{name}={value}");
        }
        assert_eq!(
            password("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD:-glisk}"),
            Some(Password::Default("${POSTGRES_PASSWORD:?}".into()))
        );
        assert_eq!(
            password("DATABASE_URL", "postgresql+asyncpg://app:pw@db:5432/shop"),
            Some(Password::Plain(
                "postgresql+asyncpg://app:${DATABASE_PASSWORD:?}@db:5432/shop".into()
            ))
        );
    }

    #[test]
    fn images_are_known_by_their_name_alone() {
        for image in [
            "postgres:17",
            "docker.io/library/postgres",
            "localhost:5000/postgres",
            "bitnami/postgresql:16",
            "postgis/postgis:16-3.4",
            "postgres@sha256:ab",
        ] {
            assert!(is_postgres(image), "{image}");
        }
        assert!(!is_postgres("myapp/api:postgres"));
        assert!(is_infrastructure("redis:7-alpine"));
    }
}
