use super::*;
use secrecy::ExposeSecret;
use std::fs;
use std::time::Duration;
use windlass_compiler::lane::Lane;

/// A run in a directory of its own.
struct Run {
    directory: tempfile::TempDir,
    args: ConfigArgs,
    variables: Vec<(&'static str, String)>,
}

impl Run {
    fn with(text: &str) -> Self {
        let run = Self::without_file();
        fs::write(run.directory.path().join("windlass.toml"), text).expect("a file");
        run
    }

    fn without_file() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let args = ConfigArgs {
            working_directory: directory.path().to_owned(),
            ..ConfigArgs::default()
        };
        Self {
            directory,
            args,
            variables: Vec::new(),
        }
    }

    fn var(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn env(mut self, name: &str) -> Self {
        self.args.env = Some(name.to_owned());
        self
    }

    fn flag(mut self, flag: &str, key: &str, value: &str) -> Self {
        self.args.overrides.push(Override {
            key: key.to_owned(),
            value: value.to_owned(),
            flag: flag.to_owned(),
        });
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.directory.path().join(name), text).expect("a file");
        self
    }

    fn load(&self) -> Result<Config, Vec<Diagnostic>> {
        load(&self.args, &|name| {
            self.variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| value.clone())
        })
    }

    fn config(&self) -> Config {
        self.load()
            .unwrap_or_else(|problems| panic!("{}", show(&problems)))
    }

    fn errors(&self) -> String {
        show(&self.load().expect_err("errors"))
    }

    /// One row of `windlass config`.
    fn row(&self, key: &str) -> String {
        let rows = render(&self.config());
        let row = rows.iter().find(|row| row.key == key).expect("a row");
        format!("{} = {} ({})", row.key, row.value, row.origin)
    }
}

fn show(problems: &[Diagnostic]) -> String {
    let mut text = String::new();
    for problem in problems {
        text += &format!("{problem}\n");
        if let Some(place) = &problem.place {
            text += &format!(
                "  > {} [{}]\n",
                place.excerpt,
                &place.excerpt[place.within.clone()]
            );
        }
        for help in &problem.help {
            text += &format!("  {help}\n");
        }
    }
    text
}

const EXAMPLE: &str = r#"
dir = "migrations"
profile = "live"                 # or "maintenance", "guide"
stall_budget = "1s"
protect = ["leads", "faqs"]
schema_file = "schema.sql"

[lane.ddl]
retry_for = "5m"
statement_timeout = "120s"

[env.production]
database_url = { env = "DATABASE_URL" }
stall_budget = "500ms"
"#;

#[test]
fn the_documented_file_loads() {
    let run = Run::with(EXAMPLE);
    let config = run.config();
    assert_eq!(config.dir, run.directory.path().join("migrations"));
    assert_eq!(
        config.schema_file,
        Some(SchemaFile::File(run.directory.path().join("schema.sql")))
    );
    assert_eq!(config.policy.protect.value, ["leads", "faqs"]);
    assert_eq!(config.policy.stall_budget.value, Some(Duration::from_secs(1)));
    assert_eq!(
        config.policy.lane(Lane::Ddl).retry_for,
        Some(Duration::from_secs(300))
    );
    assert_eq!(config.path, Some(run.directory.path().join("windlass.toml")));
    assert!(config.database_url().expect("no problem").is_none());
    assert!(config.warnings.is_empty());
}

#[test]
fn without_a_file_the_defaults_apply() {
    let run = Run::without_file();
    let config = run.config();
    assert_eq!(config.policy, Policy::default());
    assert_eq!(
        (config.dir, config.path),
        (run.directory.path().join("migrations"), None)
    );
}

#[test]
fn each_layer_wins_over_the_one_before() {
    let row = |run: Run| run.row("stall_budget");
    assert_eq!(row(Run::without_file()), "stall_budget = 1s (default)");
    assert_eq!(
        row(Run::without_file().var("WINDLASS_PROFILE", "maintenance")),
        "stall_budget = none (profile maintenance)"
    );
    assert_eq!(row(Run::with(EXAMPLE)), "stall_budget = 1s (windlass.toml:4)");
    let production = || Run::with(EXAMPLE).env("production");
    assert_eq!(
        row(production()),
        "stall_budget = 500ms (windlass.toml:14 [env.production])"
    );
    let variable = || production().var("WINDLASS_STALL_BUDGET", "400ms");
    assert_eq!(
        row(variable()),
        "stall_budget = 400ms (environment WINDLASS_STALL_BUDGET)"
    );
    let flag = variable().flag("--stall-budget", "stall_budget", "300ms");
    assert_eq!(row(flag), "stall_budget = 300ms (--stall-budget)");
}

#[test]
fn the_environment_is_chosen_by_flag_or_variable() {
    let by_variable = Run::with(EXAMPLE).var("WINDLASS_ENV", "production");
    assert_eq!(
        by_variable.row("env"),
        "env = production (environment WINDLASS_ENV)"
    );
    assert_eq!(
        by_variable.row("stall_budget"),
        "stall_budget = 500ms (windlass.toml:14 [env.production])"
    );
    let by_flag = Run::with(EXAMPLE)
        .var("WINDLASS_ENV", "staging")
        .env("production");
    assert_eq!(by_flag.row("env"), "env = production (--env)");
}

#[test]
fn an_unknown_environment_is_refused_only_where_environments_are_known() {
    assert_eq!(
        Run::with(EXAMPLE).env("produktion").errors(),
        "--env: windlass.toml has no `[env.produktion]`\n  did you mean `production`?\n"
    );
    assert_eq!(
        Run::with(EXAMPLE).var("WINDLASS_ENV", "qa").errors(),
        "environment WINDLASS_ENV: windlass.toml has no `[env.qa]`\n  its environments are production\n"
    );
    assert_eq!(Run::with("dir = \"db\"").env("qa").row("env"), "env = qa (--env)");
}

#[test]
fn an_empty_variable_is_unset() {
    let run = Run::with(EXAMPLE)
        .var("WINDLASS_STALL_BUDGET", "")
        .var("DATABASE_URL", " ")
        .var("WINDLASS_ENV", "");
    assert_eq!(run.row("stall_budget"), "stall_budget = 1s (windlass.toml:4)");
    assert_eq!(run.row("database_url"), "database_url =  (default)");
}

#[test]
fn every_setting_can_be_set_by_its_variable() {
    for info in SETTINGS {
        let policy = Policy::default();
        let value = policy.entry(info.key).expect("an entry").value.clone();
        let value = if value.is_empty() { "x".to_owned() } else { value };
        let variable: &'static str = Box::leak(info.variable().into_boxed_str());
        assert_eq!(
            Run::without_file().var(variable, &value).row(info.key),
            format!("{} = {value} (environment {variable})", info.key)
        );
    }
}

#[test]
fn all_errors_are_reported_with_their_places() {
    assert_eq!(
        Run::with(
            r#"stal_budget = "1s"
profile = "lively"
protect = [1]
dir = { a = 1 }
databse_url = "x"

[lanes.ddl]
retry_for = "5m"

[lane.ddl]
retry_for = 5
lock_wait = "1s"

[env]
staging = 1

[env.production]
env = 1
stall_budget = "1.5s"
since = 2024-01-01
"#
        )
        .var("WINDLASS_SAFETY", "of")
        .flag("--index-deadline", "index_deadline", "6")
        .errors(),
        "\
windlass.toml:1:1: `stal_budget` is no setting
  > stal_budget = \"1s\" [stal_budget]
  did you mean `stall_budget`?
windlass.toml:2:11: `profile`: `lively` is not one of live, maintenance and guide; did you mean live?
  > profile = \"lively\" [\"lively\"]
  `profile` is which set of defaults applies; it takes one of live, maintenance and guide
windlass.toml:3:11: `protect`: wants a list of names such as [\"leads\", \"faqs\"], not a list of anything but text
  > protect = [1] [[1]]
  `windlass config` shows each setting in the form it is written in
windlass.toml:4:7: `dir`: wants text, not a table
  > dir = { a = 1 } [{ a = 1 }]
  `windlass config` shows each setting in the form it is written in
windlass.toml:5:1: `databse_url` is no setting
  > databse_url = \"x\" [databse_url]
  did you mean `database_url`?
windlass.toml:7:2: `[lanes]` is no section
  > [lanes.ddl] [lanes]
  did you mean `[lane]`?
windlass.toml:11:13: `lane.ddl.retry_for`: `5` has no unit; write 5s for seconds or 5ms for milliseconds
  > retry_for = 5 [5]
  `lane.ddl.retry_for` is how long to go on retrying; it takes a duration such as 10m, 0 for not at all, or none for no limit
windlass.toml:12:1: `lane.ddl.lock_wait` is no setting
  > lock_wait = \"1s\" [lock_wait]
  did you mean `lane.ddl.lock_timeout`?
windlass.toml:15:1: `env.staging` is not a section
  > staging = 1 [staging]
  settings of an environment stand below `[env.NAME]`
windlass.toml:18:1: `env` has no place in a section of its own
  > env = 1 [env]
  write `[env.NAME]` at the top
windlass.toml:19:16: `stall_budget`: `1.5s` has a fraction; write it in a smaller unit, 1500ms for 1.5s
  > stall_budget = \"1.5s\" [\"1.5s\"]
  `stall_budget` is the longest that an application query may wait for a lock of ours; it takes a duration such as 30s, or none
windlass.toml:20:1: `since` is no setting
  > since = 2024-01-01 [since]
  `windlass config` lists every setting
environment WINDLASS_SAFETY: `safety`: `of` is not one of rewrite, refuse, warn and off; did you mean off?
  `safety` is what becomes of a statement that a rule finds hazardous; it takes one of rewrite, refuse, warn and off
--index-deadline: `index_deadline`: `6` has no unit; write 6s for seconds or 6ms for milliseconds
  `index_deadline` is how long one concurrent index build may take; it takes a duration such as 30s, or none
"
    );
}

#[test]
fn settings_that_contradict_each_other_point_at_the_file() {
    assert_eq!(Run::with("stall_budget = \"500ms\"\n\n[lane.ddl]\nlock_timeout = \"1s\"\n").errors(), "\
windlass.toml:4:16: `lane.ddl.lock_timeout` is 1s, more than half of the stall budget of 500ms: whoever queues behind us would wait longer than it allows
  > lock_timeout = \"1s\" [\"1s\"]
  write 250ms or less, and let `lane.ddl.retry_for` do the waiting
  or raise `stall_budget` to 2s
");
    assert_eq!(Run::with("").var("WINDLASS_LANE_DDL_LOCK_TIMEOUT", "1s").errors(), "\
environment WINDLASS_LANE_DDL_LOCK_TIMEOUT: `lane.ddl.lock_timeout` is 1s, more than half of the stall budget of 1s: whoever queues behind us would wait longer than it allows
  write 500ms or less, and let `lane.ddl.retry_for` do the waiting
  or raise `stall_budget` to 2s
");
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    assert_eq!(
        Run::with("dir = \"a\nstall_budget = = 1\n").errors(),
        "\
windlass.toml:1:9: the file is not TOML: invalid basic string, expected `\"`
  > dir = \"a []
windlass.toml:2:16: the file is not TOML: extra `=`, expected nothing
  > stall_budget = = 1 [=]
windlass.toml:2:18: the file is not TOML: unexpected key or value, expected newline, `#`
  > stall_budget = = 1 []
"
    );
}

#[test]
fn a_given_file_must_be_there() {
    let mut run = Run::without_file();
    run.args.config = Some("other.toml".into());
    assert_eq!(
        run.errors()
            .lines()
            .next()
            .map(|line| line.split_once(": ").map_or(line, |(head, _)| head)),
        Some("could not read other.toml")
    );
    let run = run.file("other.toml", "dir = \"db\"");
    assert_eq!(run.row("dir"), "dir = db (other.toml:1)");
    let run = Run::without_file()
        .file("third.toml", "dir = \"db\"")
        .var("WINDLASS_CONFIG", "third.toml");
    assert_eq!(run.row("dir"), "dir = db (third.toml:1)");
}

#[test]
fn paths_in_the_file_are_meant_from_the_file() {
    let mut run = Run::with("dir = \"db\"\nschema_file = \"db/schema.sql\"\n");
    let root = run.directory.path().to_owned();
    fs::create_dir_all(root.join(".git")).expect("a directory");
    fs::create_dir_all(root.join("api")).expect("a directory");
    run.args.working_directory = root.join("api");
    assert_eq!(run.config().dir, root.join("db"));
    assert_eq!(
        run.config().schema_file,
        Some(SchemaFile::File(root.join("db/schema.sql")))
    );
    assert_eq!(run.row("dir"), "dir = db (../windlass.toml:1)");
    run.args.dir = Some("mine".to_owned());
    assert_eq!(run.config().dir, root.join("api/mine"));
}

fn url(run: &Run) -> Option<String> {
    let config = run.config();
    config
        .database_url()
        .expect("no problem")
        .map(|it| it.url.expose_secret().to_owned())
}

const SECTIONS: &str = r#"
database_url = "postgres://localhost/dev"

[env.staging]
database_url = { file = "secret" }

[env.production]
database_url = { env = "PRODUCTION_URL" }
"#;

#[test]
fn the_database_url_has_the_same_layers() {
    assert_eq!(url(&Run::without_file()), None);
    let plain = || Run::with(SECTIONS);
    assert_eq!(url(&plain()).as_deref(), Some("postgres://localhost/dev"));
    let staging = plain().env("staging").file("secret", "postgres://staging\n");
    assert_eq!(url(&staging).as_deref(), Some("postgres://staging"));
    assert_eq!(
        staging.row("database_url"),
        "database_url = (hidden, from file secret) (windlass.toml:5 [env.staging])"
    );
    let production = || {
        plain()
            .env("production")
            .var("PRODUCTION_URL", "postgres://production")
    };
    assert_eq!(url(&production()).as_deref(), Some("postgres://production"));
    let variable = || production().var("DATABASE_URL", "postgres://u:secret@variable");
    assert_eq!(url(&variable()).as_deref(), Some("postgres://u:secret@variable"));
    assert_eq!(
        variable().row("database_url"),
        "database_url = (hidden) (environment DATABASE_URL)"
    );
    let ours = || variable().var("WINDLASS_DATABASE_URL", "postgres://ours");
    assert_eq!(url(&ours()).as_deref(), Some("postgres://ours"));
    let mut flag = ours();
    flag.args.database_url = Some("postgres://flag".into());
    assert_eq!(url(&flag).as_deref(), Some("postgres://flag"));
    assert_eq!(
        flag.row("database_url"),
        "database_url = (hidden) (--database-url)"
    );
}

#[test]
fn an_environment_without_its_source_does_not_become_another_database() {
    let missing = |run: Run| show(&[*run.config().database_url().expect_err("a problem")]);
    assert_eq!(
        missing(Run::with(SECTIONS).env("production")),
        "\
windlass.toml:8:1: the environment variable PRODUCTION_URL is not set
  > database_url = { env = \"PRODUCTION_URL\" } [database_url]
  or give the database with `--database-url` or DATABASE_URL
"
    );
    assert_eq!(
        missing(Run::with(SECTIONS).env("staging").file("secret", "\n")),
        "\
windlass.toml:5:1: secret is empty
  > database_url = { file = \"secret\" } [database_url]
  or give the database with `--database-url` or DATABASE_URL
"
    );
    assert_eq!(
        Run::with(SECTIONS).env("production").row("database_url"),
        "database_url = (missing in environment PRODUCTION_URL) (windlass.toml:8 [env.production])"
    );
}

#[test]
fn a_variable_that_hides_the_chosen_environments_database_is_pointed_out() {
    let run = Run::with(SECTIONS)
        .env("production")
        .var("PRODUCTION_URL", "postgres://a")
        .var("DATABASE_URL", "postgres://b");
    assert_eq!(
        show(&run.config().warnings),
        "\
windlass.toml:8:1: DATABASE_URL is used instead of this database URL (windlass.toml:8 [env.production])
  > database_url = { env = \"PRODUCTION_URL\" } [database_url]
  unset DATABASE_URL to use the one in the file, or give the one you mean with `--database-url`
"
    );
    let same = Run::with(EXAMPLE)
        .env("production")
        .var("DATABASE_URL", "postgres://a");
    assert!(same.config().warnings.is_empty());
    let ours = Run::with(SECTIONS)
        .env("production")
        .var("PRODUCTION_URL", "postgres://a")
        .var("WINDLASS_DATABASE_URL", "postgres://b");
    assert!(ours.config().warnings.is_empty());
}

#[test]
fn a_password_in_the_file_is_warned_about_and_not_shown() {
    let run = Run::with("database_url = \"postgres://app:hunter2@db/app\"\n");
    let config = run.config();
    assert_eq!(
        show(&config.warnings),
        "\
windlass.toml:1:1: a password stands in this file, where every reader of the repository sees it
  > database_url = \"postgres://app:*******@db/app\" [database_url]
  write `database_url = { env = \"DATABASE_URL\" }` or `{ file = \"/run/secrets/database_url\" }`
"
    );
    assert!(!format!("{config:?}{:?}", render(&config)).contains("hunter2"));
    assert!(
        Run::with("database_url = \"postgres://app@db/app\"\n")
            .config()
            .warnings
            .is_empty()
    );
}

#[test]
fn no_error_shows_a_password() {
    for text in [
        "database_url = \"postgres://app:hunter2@db/app\n",
        "databse_url = \"postgres://app:hunter2@db/app\"\n",
        "profile = \"postgres://app:hunter2@db/app\"\n",
        "stall_budget = \"postgres://app:hunter2@db/app\"\n",
        "database_url = { url = \"postgres://app:hunter2@db/app\" }\n",
        "[env]\nproduction = \"postgres://app:hunter2@db/app\"\n",
    ] {
        let errors = Run::with(text).errors();
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    let errors = Run::without_file()
        .var("WINDLASS_STALL_BUDGET", "postgres://app:hunter2@db/app")
        .errors();
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[test]
fn a_database_url_has_one_source() {
    assert_eq!(
        Run::with("database_url = 5").errors(),
        "\
windlass.toml:1:16: `database_url` wants text or a source
  > database_url = 5 [5]
  write `database_url = { env = \"DATABASE_URL\" }` or `{ file = \"/run/secrets/database_url\" }`
"
    );
    assert_eq!(
        Run::with("database_url = { env = \"A\", file = \"b\" }").errors(),
        "\
windlass.toml:1:16: `database_url` wants exactly one source
  > database_url = { env = \"A\", file = \"b\" } [{ env = \"A\", file = \"b\" }]
  write `database_url = { env = \"DATABASE_URL\" }` or `{ file = \"/run/secrets/database_url\" }`
"
    );
    assert_eq!(
        Run::with("database_url = { env = 5 }").errors(),
        "\
windlass.toml:1:24: `env` wants text, in quotes
  > database_url = { env = 5 } [5]
  write `database_url = { env = \"DATABASE_URL\" }` or `{ file = \"/run/secrets/database_url\" }`
"
    );
    assert_eq!(
        Run::with("database_url = { cmd = \"pass db\" }").errors(),
        "\
windlass.toml:1:18: `cmd` is no source of a database URL
  > database_url = { cmd = \"pass db\" } [cmd]
  write `database_url = { env = \"DATABASE_URL\" }` or `{ file = \"/run/secrets/database_url\" }`
"
    );
}

#[test]
fn variables_are_text_and_named_as_psql_names_them() {
    let run = Run::with("[vars]\nschema = \"app\"\nsize = \"5\"\n\n[env.production.vars]\nsize = \"9\"\n");
    assert_eq!(run.row("vars.size"), "vars.size = 5 (windlass.toml:3)");
    let run = run.env("production");
    assert_eq!(run.row("vars.schema"), "vars.schema = app (windlass.toml:2)");
    assert_eq!(
        run.row("vars.size"),
        "vars.size = 9 (windlass.toml:6 [env.production])"
    );
    assert_eq!(
        Run::with("[vars]\nsize = 5\n\"a-b\" = \"1\"\n").errors(),
        "\
windlass.toml:2:8: `vars.size` wants text, in quotes
  > size = 5 [5]
  `:'name'` and `:\"name\"` quote it where it is used
windlass.toml:3:1: `a-b` is no name of a variable
  > \"a-b\" = \"1\" [\"a-b\"]
  use letters, digits and _, as psql does
"
    );
    assert_eq!(
        Run::with("vars = 5\nenv = 5\nlane = 5\n").errors(),
        "\
windlass.toml:1:1: `vars` is a section, not a setting
  > vars = 5 [vars]
  write `[vars]`, and `name = \"value\"` below
windlass.toml:2:1: `env` is not a section
  > env = 5 [env]
  write `[env.production]`, and its settings below; choose one with `--env` or WINDLASS_ENV
windlass.toml:3:1: `lane` is a section, not a setting
  > lane = 5 [lane]
  write `[lane]`, and its settings below
"
    );
}

#[test]
fn a_mistake_in_another_environment_does_not_wait_for_it() {
    assert_eq!(Run::with("[env.production]\nstall_budget = \"fast\"\n").errors(), "\
windlass.toml:2:16: `stall_budget`: `fast` is not a duration; write one such as 500ms, 10s, 5m or 1h30m
  > stall_budget = \"fast\" [\"fast\"]
  `stall_budget` is the longest that an application query may wait for a lock of ours; it takes a duration such as 30s, or none
");
    // What is not chosen has no effect.
    assert_eq!(
        Run::with("[env.production]\nstall_budget = \"2s\"\n").row("stall_budget"),
        "stall_budget = 1s (default)"
    );
}
