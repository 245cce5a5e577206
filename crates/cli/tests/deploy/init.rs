//! `deploy init`: what it writes is complete and clean by our own check, what is there is edited and
//! keeps its comments and order, and a second time there is nothing to write.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const TARGETS: [&str; 7] = [
    "compose",
    "kubernetes",
    "helm",
    "github-actions",
    "gitlab",
    "systemd",
    "cloud-run",
];

const DEFERRED: &str = "CREATE TABLE leads (id int PRIMARY KEY, direction text);

-- windlass: backfill direction on leads deferred
UPDATE leads SET direction = 'in' WHERE direction IS NULL;
";

/// A project in a folder named `shop`.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new(files: &[(&str, &str)]) -> Self {
        let shop = Self {
            folder: tempfile::tempdir().expect("a folder can be made"),
        };
        shop.write("migrations/0001_leads.sql", "CREATE TABLE leads (id int);\n");
        for (name, text) in files {
            shop.write(name, text);
        }
        shop
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("shop")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn has(&self, name: &str) -> bool {
        Path::new(&self.path().join(name)).exists()
    }

    fn windlass(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_windlass"))
            .current_dir(self.path())
            .env_remove("DATABASE_URL")
            .args(args)
            .output()
            .expect("the binary is there")
    }

    /// Writes a target, and gives what was said.
    fn init(&self, target: &str) -> String {
        let output = self.windlass(&["deploy", "init", target]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let patch = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{target}:\n{patch}{said}");
        format!("{patch}{said}")
    }

    fn is_clean(&self) {
        let output = self.windlass(&["deploy", "check", "--strict"]);
        let found = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{found}");
    }
}

#[test]
fn every_target_is_clean_and_complete_and_written_once() {
    for target in TARGETS {
        let shop = Shop::new(&[("Dockerfile", "FROM python:3-slim\nCMD [\"serve\"]\n")]);
        assert!(shop.init(target).contains("+++ b/"), "{target}");
        shop.is_clean();
        let again = shop.init(target);
        assert!(!again.contains("+++ b/"), "{target}:\n{again}");
    }
}

#[test]
fn a_deferred_backfill_gets_a_worker() {
    for (target, file) in [
        ("compose", "compose.yaml"),
        ("kubernetes", "k8s/backfill-worker.yaml"),
        ("helm", "chart/templates/windlass-backfill-worker.yaml"),
        ("systemd", "deploy/systemd/shop-backfill-worker.service"),
    ] {
        let shop = Shop::new(&[("migrations/0002_direction.sql", DEFERRED)]);
        shop.init(target);
        assert!(shop.read(file).contains("worker"), "{target}");
        shop.is_clean();
        let without = Shop::new(&[]);
        without.init(target);
        assert!(
            !without.has(file) || !without.read(file).contains("worker"),
            "{target}"
        );
    }
}

#[test]
fn nothing_is_written_on_a_dry_run() {
    let shop = Shop::new(&[]);
    let output = shop.windlass(&["deploy", "init", "compose", "--dry-run"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("+++ b/compose.yaml"));
    assert!(!shop.has("compose.yaml") && !shop.has("Dockerfile.migrate"));
}

#[test]
fn a_compose_file_gets_the_service_and_keeps_its_comments_and_order() {
    let shop = Shop::new(&[(
        "docker-compose.yml",
        "\
# The shop.
services:
  # Data lives here.
  db:
    image: postgres:17  # pinned
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}

  api:
    build: .
    environment:
      - DB_URL=postgresql+asyncpg://app:${POSTGRES_PASSWORD}@db/app
      - RUN_MIGRATIONS_ON_START=1
    depends_on:
      - db  # first
    networks: [inner]

networks:
  inner:
",
    )]);
    shop.init("compose");
    assert_eq!(
        shop.read("docker-compose.yml"),
        "\
# The shop.
services:
  # Migrates once and ends, before anything that uses the database starts. Several at once are no harm: one
  # works, the others wait for it.
  migrate:
    build:
      context: .
      dockerfile: Dockerfile.migrate
    entrypoint: [\"windlass\"]
    command: [\"upgrade\"]
    environment:
      DATABASE_URL: postgresql+asyncpg://app:${POSTGRES_PASSWORD}@db/app
    networks:
      - inner
    depends_on:
      db:
        condition: service_healthy
    # Started again it would only find nothing to do, and whoever waits for its end would not start.
    restart: \"no\"
    # A signal ends the statement at work; the next run goes on from there.
    stop_grace_period: 30s

  # Data lives here.
  db:
    image: postgres:17  # pinned
    healthcheck:
      test: [\"CMD\", \"pg_isready\", \"-U\", \"postgres\"]
      interval: 2s
      timeout: 3s
      retries: 30
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}

  api:
    build: .
    environment:
      - DB_URL=postgresql+asyncpg://app:${POSTGRES_PASSWORD}@db/app
      - RUN_MIGRATIONS_ON_START=0
    depends_on:
      db:  # first
        condition: service_started
      migrate:
        condition: service_completed_successfully
    networks: [inner]

networks:
  inner:
"
    );
}

#[test]
fn a_password_in_plain_text_is_not_repeated() {
    let shop = Shop::new(&[(
        "compose.yaml",
        "services:\n  api:\n    image: shop\n    environment:\n      DATABASE_URL: postgresql://app:hunter2@db/app\n",
    )]);
    let output = shop.windlass(&["deploy", "init", "compose"]);
    assert_eq!(
        output.status.code(),
        Some(4),
        "our check finds the one that was there"
    );
    let text = shop.read("compose.yaml");
    assert_eq!(text.matches("hunter2").count(), 1, "{text}");
    assert!(
        text.contains("DATABASE_URL: \"${DATABASE_URL:?set it in .env}\""),
        "{text}"
    );
}

#[test]
fn pods_get_an_init_container_that_waits() {
    let deployment = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      initContainers:
      # fills the cache
      - name: warm
        image: shop:42
      containers:
      - name: api  # the application
        image: registry.example/shop:42
        env:
        - name: DB_URL
          valueFrom: {secretKeyRef: {name: shop, key: url}}
";
    let shop = Shop::new(&[("k8s/api.yaml", deployment)]);
    shop.init("kubernetes");
    let expected = deployment.replace(
        "      # fills the cache\n",
        "      # Ends when the schema is what this release needs. It asks the database, so it needs no role in the cluster.
      - name: wait-for-schema
        image: registry.example/shop-migrate:42
        command: [\"windlass\", \"wait\", \"--timeout\", \"1h\"]
        env:
          - name: DATABASE_URL
            valueFrom:
              secretKeyRef:
                name: shop
                key: url
      # fills the cache
",
    );
    assert_eq!(shop.read("k8s/api.yaml"), expected);
    assert!(
        shop.read("k8s/migrate.yaml").contains("name: shop\n"),
        "the same Secret"
    );
    shop.is_clean();
}

#[test]
fn values_and_stages_are_added_to_those_that_are_there() {
    let shop = Shop::new(&[
        (
            "charts/shop/Chart.yaml",
            "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        ),
        ("charts/shop/values.yaml", "# Ours.\nreplicas: 2\n"),
        (
            ".gitlab-ci.yml",
            "stages: [build, test, deploy]  # in this order\n\ndeploy:\n  stage: deploy\n  script: [make deploy]\n",
        ),
    ]);
    shop.init("helm");
    let values = shop.read("charts/shop/values.yaml");
    assert!(
        values.starts_with("# Ours.\nreplicas: 2\n\n# The migration"),
        "{values}"
    );
    assert!(shop.has("charts/shop/templates/windlass-migrate.yaml"));
    shop.init("gitlab");
    let pipeline = shop.read(".gitlab-ci.yml");
    assert!(
        pipeline.starts_with("stages: [build, test, migrate, deploy]  # in this order\n\ndeploy:\n"),
        "{pipeline}"
    );
    assert!(pipeline.contains("\nmigrate:\n  stage: migrate\n"), "{pipeline}");
    shop.is_clean();
}

#[test]
fn an_image_of_the_users_takes_the_place_of_the_dockerfile() {
    let shop = Shop::new(&[]);
    let output = shop.windlass(&["deploy", "init", "kubernetes", "--image", "registry.example/m:7"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!shop.has("Dockerfile.migrate"));
    assert!(
        shop.read("k8s/migrate.yaml")
            .contains("image: registry.example/m:7\n")
    );
}
