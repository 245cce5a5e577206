//! What is found and what is not: the guides' set-ups are clean, each of their troubleshooting cases
//! is found, and Compose's odd forms are read as Compose reads them.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{CheckedFiles, Report, check};

/// A folder with these files, checked: the ones named, or what is found.
fn checked(files: &[(&str, &str)], named: &[&str]) -> (TempDir, Report, CheckedFiles) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }
    let named: Vec<PathBuf> = named.iter().map(|name| folder.path().join(name)).collect();
    let (report, checked) =
        check(folder.path(), &named).unwrap_or_else(|failure| panic!("{}", failure.message()));
    (folder, report, checked)
}

/// Each finding as `line:column rule`.
fn places(report: &Report) -> Vec<String> {
    let json = report.json();
    let findings = json["findings"].as_array().expect("a list");
    findings
        .iter()
        .map(|finding| {
            format!(
                "{}:{} {}",
                finding["line"],
                finding["column"],
                finding["rule"].as_str().expect("a rule")
            )
        })
        .collect()
}

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    places(&checked(files, &names).1)
}

fn compose(text: &str) -> Vec<String> {
    found(&[("docker-compose.yml", text)])
}

/// The text after `--fix`, once nothing fixable is left.
fn fixed(text: &str) -> String {
    let (folder, mut report, files) = checked(&[("docker-compose.yml", text)], &["docker-compose.yml"]);
    report.mend(&files);
    report
        .write()
        .unwrap_or_else(|failure| panic!("{}", failure.message()));
    assert_eq!(report.fixable(), 0, "{:?}", places(&report));
    fs::read_to_string(folder.path().join("docker-compose.yml")).expect("it is there")
}

const BACKEND: &str = "\
services:
  postgres:
    image: postgres:17
    environment:
      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}
    healthcheck:
      test: [\"CMD-SHELL\", \"pg_isready -U app\"]

  migrations:
    build:
      context: ./backend
      dockerfile: Dockerfile
    depends_on:
      postgres:
        condition: service_healthy
    env_file:
      - .env
    command: [\"uv\", \"run\", \"alembic\", \"upgrade\", \"head\"]
    restart: \"no\"  # Run once, then exit

  backend-api:
    build:
      context: ./backend
      dockerfile: Dockerfile
    depends_on:
      postgres:
        condition: service_healthy
      migrations:
        condition: service_completed_successfully
";

mod guides {
    use super::*;

    #[test]
    fn the_separate_service_is_clean() {
        assert_eq!(compose(BACKEND), [""; 0]);
    }

    #[test]
    fn the_same_as_documentation_shows_it_is_clean() {
        let excerpt = BACKEND
            .replace(
                "    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}\n    healthcheck:\n      test: [\"CMD-SHELL\", \"pg_isready -U app\"]\n",
                "    # ... postgres config\n",
            )
            + "    # ... api config\n";
        assert!(excerpt.contains("# ... postgres config"));
        assert_eq!(compose(&excerpt), [""; 0]);
    }

    #[test]
    fn the_fragment_without_services_is_clean() {
        let text = "\
# Migration runs FIRST, before any services start
migrate:
  depends_on: []  # No dependencies
  restart: \"no\"   # Run once and exit

# All services depend on migration completing
prosaas-api:
  depends_on:
    migrate:
      condition: service_completed_successfully

worker:
  depends_on:
    migrate:
      condition: service_completed_successfully
";
        assert_eq!(compose(text), [""; 0]);
    }

    #[test]
    fn the_fragment_that_builds_its_service_is_clean() {
        let text = "\
migrate:
  build:
    context: .
    dockerfile: Dockerfile.backend
  restart: \"no\"  # רץ פעם אחת ונגמר
  command: [\"python\", \"-m\", \"server.db_migrate\"]
";
        assert_eq!(compose(text), [""; 0]);
    }

    /// The production file on top of the first, as `-f … -f …` merges them.
    const PRODUCTION: [(&str, &str); 2] = [
        (
            "docker-compose.yml",
            "\
services:
  redis:
    image: redis:7
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"ping\"]
  migrate:
    build: .
    command: python -m server.db_migrate
    environment:
      DATABASE_URL: ${DATABASE_URL}
      MIGRATION_MODE: \"1\"
    restart: \"no\"
  prosaas-api:
    build: .
    environment:
      DATABASE_URL: ${DATABASE_URL}
      RUN_MIGRATIONS_ON_START: \"0\"
    depends_on:
      migrate:
        condition: service_completed_successfully
      redis:
        condition: service_healthy
  worker:
    build: .
    environment:
      DATABASE_URL: ${DATABASE_URL}
    depends_on:
      migrate:
        condition: service_completed_successfully
",
        ),
        (
            "docker-compose.prod.yml",
            "\
services:
  migrate:
    build:
      context: .
      dockerfile: Dockerfile.backend.light
    restart: \"no\"
  prosaas-api:
    restart: unless-stopped
    build:
      context: .
      dockerfile: Dockerfile.backend.light
",
        ),
    ];

    #[test]
    fn the_production_override_is_clean() {
        assert_eq!(found(&PRODUCTION), [""; 0]);
        // Found by themselves they are the file alone, and the file with its variant.
        assert_eq!(places(&checked(&PRODUCTION, &[]).1), [""; 0]);
    }

    #[test]
    fn trouble_the_migration_service_keeps_restarting() {
        let text = BACKEND.replace("restart: \"no\"  #", "restart: always  #");
        assert_eq!(compose(&text), ["19:14 migrate-restarts"]);
        assert!(fixed(&text).contains("    restart: \"no\"  # Run once, then exit\n"));
        let mut production = PRODUCTION;
        let repeats = production[1].1.replace("restart: \"no\"", "restart: on-failure");
        production[1].1 = &repeats;
        assert_eq!(found(&production), ["6:14 migrate-restarts"]);
    }

    #[test]
    fn trouble_services_start_before_the_migration_completes() {
        let missing = BACKEND.replace(
            "      migrations:\n        condition: service_completed_successfully\n",
            "",
        );
        assert_eq!(compose(&missing), ["21:3 starts-before-migration"]);
        let early = BACKEND.replace("service_completed_successfully", "service_started");
        assert_eq!(compose(&early), ["28:7 starts-before-migration"]);
        assert_eq!(fixed(&early), BACKEND);
    }

    #[test]
    fn trouble_lock_timeouts_since_services_migrate_as_they_start() {
        let text = BACKEND.to_owned() + "    environment:\n      - RUN_MIGRATIONS_ON_START=1\n";
        assert_eq!(compose(&text), ["31:9 second-migrator"]);
        assert!(fixed(&text).contains("- RUN_MIGRATIONS_ON_START=0\n"));
    }

    #[test]
    fn trouble_many_containers_fight_over_the_lock() {
        let text = "\
services:
  api:
    image: shop
    command: sh -c \"alembic upgrade head && exec uvicorn app:app\"
    environment:
      DATABASE_URL: ${DATABASE_URL}
    deploy:
      replicas: 12
";
        assert_eq!(compose(text), ["4:14 migrates-in-replicas-without-lock"]);
        assert_eq!(
            compose(&text.replace("replicas: 12", "replicas: 1")),
            ["4:14 migrates-in-entrypoint-without-lock"]
        );
        let locked = text.replace(
            "sh -c \"alembic upgrade head && exec uvicorn app:app\"",
            "windlass exec -- uvicorn app:app",
        );
        assert_eq!(compose(&locked), [""; 0]);
    }

    #[test]
    fn trouble_the_entrypoint_script_migrates_in_each_container() {
        let files = [
            (
                "Dockerfile",
                "FROM python:3\nCOPY entrypoint.sh /\nENTRYPOINT [\"/entrypoint.sh\"]\n",
            ),
            (
                "entrypoint.sh",
                "#!/bin/bash\nset -e\nuntil pg_isready -h postgres; do\n  sleep 2\ndone\nuv run alembic upgrade head\nexec uv run uvicorn app:app\n",
            ),
        ];
        assert_eq!(
            places(&checked(&files, &["Dockerfile"]).1),
            ["6:1 migrates-in-entrypoint-without-lock"]
        );
        let mut child = files;
        let without = files[1].1.replace("exec uv", "uv");
        child[1].1 = &without;
        assert_eq!(
            places(&checked(&child, &["Dockerfile"]).1),
            [
                "6:1 migrates-in-entrypoint-without-lock",
                "7:1 entrypoint-without-exec"
            ]
        );
        // Through Compose: two services of this image are a race.
        let compose = "\
services:
  api:
    build: .
  worker:
    build: .
";
        let project = [files[0], files[1], ("docker-compose.yml", compose)];
        assert_eq!(
            places(&checked(&project, &["docker-compose.yml"]).1),
            [
                "3:12 migrates-in-replicas-without-lock",
                "5:12 migrates-in-replicas-without-lock"
            ]
        );
    }

    #[test]
    fn trouble_connection_to_localhost_failed() {
        let text = BACKEND.replace(
            "    env_file:\n      - .env\n",
            "    environment:\n      DATABASE_URL: postgresql://app@localhost:5432/shop\n",
        );
        assert_eq!(compose(&text), ["17:21 address-is-localhost"]);
    }

    #[test]
    fn trouble_the_address_is_not_set() {
        let text = BACKEND.replace("    env_file:\n      - .env\n", "");
        assert_eq!(compose(&text), ["9:3 migrate-without-address"]);
    }

    #[test]
    fn trouble_no_output() {
        let text = BACKEND.replace(
            "command: [\"uv\", \"run\", \"alembic\", \"upgrade\", \"head\"]",
            "command: sh -c \"alembic upgrade head > /dev/null 2>&1\"",
        );
        assert_eq!(compose(&text), ["18:14 migration-output-thrown-away"]);
    }

    #[test]
    fn trouble_the_migration_hangs_inside_the_application() {
        let text = BACKEND.replace(
            "command: [\"uv\", \"run\", \"alembic\", \"upgrade\", \"head\"]",
            "command: gunicorn -k eventlet wsgi:app",
        );
        assert_eq!(compose(&text), ["18:14 migration-starts-the-application"]);
    }

    #[test]
    fn trouble_a_failure_does_not_stop_the_deployment() {
        let text = BACKEND.replace(
            "command: [\"uv\", \"run\", \"alembic\", \"upgrade\", \"head\"]",
            "command: sh -c \"alembic upgrade head || true\"",
        );
        assert_eq!(compose(&text), ["18:14 migration-failure-ignored"]);
    }

    #[test]
    fn trouble_the_kubernetes_job_of_the_last_release() {
        let text = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: glisk-migrations
spec:
  template:
    spec:
      containers:
      - name: migrations
        image: glisk-backend:latest
        command: [\"uv\", \"run\", \"alembic\", \"upgrade\", \"head\"]
        envFrom:
        - secretRef:
            name: glisk-secrets
      restartPolicy: OnFailure
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: glisk-backend
spec:
  template:
    spec:
      initContainers:
      - name: wait-for-migrations
        image: busybox
        command: ['sh', '-c', 'until kubectl get job glisk-migrations -o jsonpath=\"{.status.succeeded}\" | grep 1; do sleep 5; done']
      containers:
      - name: backend
        image: glisk-backend:latest
";
        assert_eq!(
            found(&[("k8s.yaml", text)]),
            [
                "4:9 job-name-is-fixed",
                "15:22 job-repeats-a-refusal",
                "26:16 image-without-kubectl",
                "27:18 init-container-asks-the-cluster",
            ]
        );
    }
}

mod odd_forms {
    use super::*;

    #[test]
    fn the_short_form_waits_for_the_start_only() {
        let text = "\
services:
  db:
    image: postgres:17
    healthcheck: {test: [CMD, pg_isready]}
  migrate:
    image: shop
    command: windlass upgrade
    env_file: .env
    depends_on:
      - db  # the database
  api:
    image: shop
    depends_on: [migrate]
";
        assert_eq!(
            compose(text),
            ["10:9 dependency-not-healthy", "13:18 starts-before-migration"]
        );
        let expected = text
            .replace(
                "      - db  # the database\n",
                "      db:  # the database\n        condition: service_healthy\n",
            )
            .replace(
                "    depends_on: [migrate]\n",
                "    depends_on:\n      migrate:\n        condition: service_completed_successfully\n",
            );
        assert_eq!(fixed(text), expected);
    }

    #[test]
    fn lines_that_end_as_on_windows_still_do() {
        let early = BACKEND.replace("service_completed_successfully", "service_started");
        let missing = BACKEND.replace(
            "      migrations:\n        condition: service_completed_successfully\n",
            "",
        );
        for text in [early, missing] {
            let fixed = fixed(&text.replace('\n', "\r\n"));
            assert_eq!(fixed.matches('\n').count(), fixed.matches("\r\n").count());
            assert_eq!(compose(&fixed), [""; 0], "{fixed}");
        }
        let short = "services:\r\n  migrate:\r\n    image: a\r\n    command: windlass upgrade\r\n    environment: [PGHOST]\r\n  api:\r\n    image: a\r\n    depends_on:\r\n      - migrate  # first\r\n";
        assert_eq!(
            fixed(short),
            short.replace(
                "      - migrate  # first\r\n",
                "      migrate:  # first\r\n        condition: service_completed_successfully\r\n"
            )
        );
    }

    #[test]
    fn what_anchors_and_merge_keys_say_counts() {
        let text = "\
x-app: &app
  image: shop
  restart: unless-stopped
  environment: &environment
    DATABASE_URL: ${DATABASE_URL}
  depends_on: &behind
    migrate: {condition: service_completed_successfully}
services:
  migrate:
    <<: *app
    command: windlass upgrade
    depends_on: {}
  api:
    <<: *app
  worker:
    image: shop
    environment: {<<: *environment, QUEUE: mail}
    depends_on: *behind
";
        // The anchor's restart is the applications' too, so the fix goes to the service.
        assert_eq!(compose(text), ["3:12 migrate-restarts"]);
        let text = fixed(text);
        assert!(text.contains("  restart: unless-stopped\n"), "{text}");
        assert!(
            text.contains("  migrate:\n    restart: \"no\"\n    <<: *app\n")
                || text.contains("    restart: \"no\"\n    command: windlass upgrade\n"),
            "{text}"
        );
    }

    #[test]
    fn extends_brings_in_what_another_file_says() {
        let files = [
            (
                "base.yml",
                "services:\n  app:\n    image: shop\n    restart: always\n    environment:\n      - DATABASE_URL=${DATABASE_URL}\n",
            ),
            (
                "docker-compose.yml",
                "\
services:
  migrate:
    extends: {file: base.yml, service: app}
    command: windlass upgrade
  api:
    extends:
      file: base.yml
      service: app
",
            ),
        ];
        let (folder, mut report, checked) = checked(&files, &["docker-compose.yml"]);
        assert_eq!(
            places(&report),
            ["5:3 starts-before-migration", "4:14 migrate-restarts"]
        );
        report.mend(&checked);
        report
            .write()
            .unwrap_or_else(|failure| panic!("{}", failure.message()));
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is there");
        assert_eq!(read("base.yml"), files[0].1);
        let text = read("docker-compose.yml");
        assert!(
            text.contains("  migrate:\n    restart: \"no\"\n    extends"),
            "{text}"
        );
        assert!(
            text.contains("  api:\n    depends_on:\n      migrate:\n        condition: service_completed_successfully\n    extends"),
            "{text}"
        );
    }

    #[test]
    fn a_later_file_adds_resets_and_overrides() {
        let base = "\
services:
  migrate:
    image: shop
    command: windlass upgrade
    environment: [DATABASE_URL]
    restart: always
  api:
    image: shop
    depends_on: [migrate]
";
        let mend = "\
services:
  migrate:
    restart: !reset null
  api:
    depends_on:
      migrate:
        condition: service_completed_successfully
";
        assert_eq!(
            found(&[
                ("docker-compose.yml", base),
                ("docker-compose.override.yml", mend)
            ]),
            [""; 0]
        );
        let files = [
            ("docker-compose.yml", base),
            ("docker-compose.override.yml", mend),
        ];
        assert_eq!(
            places(&checked(&files, &[]).1),
            [""; 0],
            "the override is found by itself"
        );
        let spoil = "services:\n  api:\n    depends_on: !override []\n";
        assert_eq!(
            found(&[("docker-compose.yml", base), ("a.yml", mend), ("b.yml", spoil)]),
            ["7:3 starts-before-migration"]
        );
    }

    #[test]
    fn waiting_for_one_that_waits_is_waiting() {
        let text = BACKEND.to_owned()
            + "  proxy:\n    image: nginx\n    environment: {PGHOST: postgres}\n    depends_on: [backend-api]\n";
        assert_eq!(compose(&text), [""; 0]);
    }

    #[test]
    fn dependencies_that_compose_refuses_are_found() {
        assert_eq!(
            compose("services:\n  a:\n    image: x\n    depends_on: [b]\n"),
            ["4:18 unknown-dependency"]
        );
        assert_eq!(
            compose(
                "services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n    depends_on: [a]\n"
            ),
            ["4:5 dependency-cycle", "7:5 dependency-cycle"]
        );
        let text = BACKEND.replace(
            "    restart: \"no\"  # Run once, then exit\n",
            "    restart: \"no\"\n    profiles: [tools]\n",
        );
        assert_eq!(compose(&text), ["20:5 migrate-behind-a-profile"]);
        let optional = BACKEND.replace(
            "        condition: service_completed_successfully\n",
            "        condition: service_completed_successfully\n        required: false\n",
        );
        assert_eq!(compose(&optional), ["28:7 starts-before-migration"]);
        assert_eq!(fixed(&optional), BACKEND.to_owned() + "        required: true\n");
    }

    #[test]
    fn mistakes_of_yaml_have_their_place() {
        assert_eq!(
            compose("services:\n  a:\n    image: x\n  a:\n    image: y\n"),
            ["4:3 yaml"]
        );
        assert_eq!(compose("services:\n\ta:\n"), ["2:2 yaml"]);
        assert_eq!(compose("services:\n  a: [\n"), ["3:1 yaml"]);
        assert_eq!(compose("services:\n  a: 5\n"), ["2:6 compose-refuses"]);
    }

    #[test]
    fn databases_and_passwords_are_looked_after() {
        let text = "\
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: hunter2
  migrate:
    image: shop
    command: windlass upgrade
    restart: no
    environment:
      - DATABASE_URL=postgresql://shop:hunter2@db/shop
";
        assert_eq!(
            compose(text),
            [
                "2:3 database-without-healthcheck",
                "6:26 password-in-plain-text",
                "7:3 migrate-before-database",
                "10:14 restart-unquoted-no",
                "12:9 password-in-plain-text",
            ]
        );
        let text = fixed(text);
        assert_eq!(compose(&text), [""; 0], "{text}");
        assert!(
            text.contains("POSTGRES_PASSWORD: \"${POSTGRES_PASSWORD:?}\"\n"),
            "{text}"
        );
        assert!(
            text.contains("- \"DATABASE_URL=postgresql://shop:${DATABASE_PASSWORD:?}@db/shop\"\n"),
            "{text}"
        );
        assert!(text.contains("pg_isready\", \"-U\", \"shop\""), "{text}");
    }

    #[test]
    fn nobody_migrates() {
        let text =
            "services:\n  api:\n    image: shop\n    environment: {DATABASE_URL: \"${DATABASE_URL}\"}\n";
        assert_eq!(compose(text), ["2:3 no-migrate-service"]);
        assert_eq!(compose("services:\n  web:\n    image: nginx\n"), [""; 0]);
        let others = "services:\n  db:\n    image: postgres\n    healthcheck: {test: [CMD, pg_isready]}\n  n8n:\n    image: n8nio/n8n\n    environment: [DB_TYPE=postgresdb]\n    depends_on: {db: {condition: service_healthy}}\n";
        assert_eq!(compose(others), [""; 0], "it migrates itself");
    }
}

mod kubernetes {
    use super::*;

    const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: api
        image: shop:42
        env:
        - name: DATABASE_URL
          valueFrom: {secretKeyRef: {name: db, key: url}}
";

    fn job(metadata: &str) -> String {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n{metadata}spec:\n  backoffLimit: 0\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: migrate\n        image: shop:42\n        command: [windlass, upgrade]\n---\n"
        )
    }

    #[test]
    fn a_workload_waits_by_itself_or_by_a_hook() {
        let plain = job("  name: api-migrate-v42\n");
        assert_eq!(
            found(&[("k.yaml", &(plain.clone() + DEPLOYMENT))]),
            ["18:9 workload-does-not-wait"]
        );
        let waiting = DEPLOYMENT.replace(
            "      containers:\n",
            "      initContainers:\n      - name: wait\n        image: shop:42\n        command: [windlass, wait]\n      containers:\n",
        );
        assert_eq!(found(&[("job.yaml", &plain), ("api.yaml", &waiting)]), [""; 0]);
        let hook = job("  name: api-migrate\n  annotations:\n    argocd.argoproj.io/hook: PreSync\n");
        assert_eq!(found(&[("k.yaml", &(hook + DEPLOYMENT))]), [""; 0]);
    }

    #[test]
    fn hooks_come_before_and_are_replaced() {
        let late = job(
            "  name: m-migrate\n  annotations:\n    helm.sh/hook: post-upgrade\n    helm.sh/hook-delete-policy: hook-failed\n",
        );
        assert_eq!(
            found(&[("k.yaml", &late)]),
            ["6:19 hook-after-deployment", "7:33 hook-is-not-replaced"]
        );
        let late = job("  name: m-migrate\n  annotations:\n    argocd.argoproj.io/hook: PostSync\n");
        assert_eq!(found(&[("k.yaml", &late)]), ["6:30 hook-after-deployment"]);
    }

    #[test]
    fn a_chart_is_read_through_its_templates() {
        let chart = job("  name: {{ .Release.Name }}-migrate\n  labels:\n    {{- include \"shop.labels\" . | nindent 4 }}\n  annotations:\n    helm.sh/hook: pre-install,pre-upgrade\n")
            .replace("        command:", "        envFrom:\n        - secretRef:\n            name: {{ .Release.Name }}-db\n        command:");
        assert_eq!(found(&[("k.yaml", &chart)]), [""; 0]);
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-db\nstringData:\n  url: {{ .Values.url | quote }}\n";
        assert_eq!(
            found(&[("k.yaml", &(chart.clone() + secret))]),
            ["8:19 hook-before-its-secret"]
        );
        let unhooked = chart.replace("    helm.sh/hook: pre-install,pre-upgrade\n", "    a: b\n");
        assert_eq!(found(&[("k.yaml", &unhooked)]), ["4:9 job-name-is-fixed"]);
    }

    #[test]
    fn pods_that_migrate_without_a_lock_are_found() {
        let pods = DEPLOYMENT.replace(
            "      containers:\n",
            "      initContainers:\n      - name: migrate\n        image: shop:42\n        command: [alembic, upgrade, head]\n      containers:\n",
        );
        assert_eq!(
            found(&[("k.yaml", &pods)]),
            ["12:18 migrates-in-replicas-without-lock"]
        );
        let one = pods.replace("replicas: 3", "replicas: 1");
        assert_eq!(
            found(&[("k.yaml", &one)]),
            ["12:18 migrates-in-entrypoint-without-lock"]
        );
        assert_eq!(
            found(&[(
                "k.yaml",
                &pods.replace("[alembic, upgrade, head]", "[windlass, upgrade]")
            )]),
            [""; 0]
        );
    }

    #[test]
    fn secrets_in_manifests_are_found() {
        let plain = DEPLOYMENT.replace(
            "          valueFrom: {secretKeyRef: {name: db, key: url}}\n",
            "          value: postgresql://app:hunter2@db/shop\n",
        );
        assert_eq!(found(&[("k.yaml", &plain)]), ["14:18 password-in-plain-text"]);
        let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  url: postgresql://app:hunter2@db/shop\n";
        assert_eq!(found(&[("k.yaml", secret)]), ["6:3 secret-in-manifest"]);
    }
}

mod dockerfile {
    use super::*;

    fn dockerfile(text: &str) -> Vec<String> {
        found(&[("Dockerfile", text)])
    }

    #[test]
    fn images_start_without_a_shell_and_hold_no_password() {
        assert_eq!(
            dockerfile("FROM a\nENTRYPOINT [\"windlass\", \"exec\", \"--\"]\nCMD [\"app\"]\n"),
            [""; 0]
        );
        assert_eq!(
            dockerfile("FROM a\nENTRYPOINT windlass exec -- app\n"),
            ["2:1 entrypoint-in-shell-form"]
        );
        assert_eq!(
            dockerfile(
                "FROM a\nENV PGPASSWORD=hunter2 \\\n    PGUSER=app\nRUN alembic \\\n  # now\n  upgrade head\n"
            ),
            ["2:1 password-in-plain-text", "4:1 migrates-at-build"]
        );
        assert_eq!(
            dockerfile("FROM a AS build\nCMD alembic upgrade head && serve\nFROM b\nCMD [\"serve\"]\n"),
            [""; 0],
            "only the last stage starts"
        );
    }
}

mod pipelines {
    use super::*;

    #[test]
    fn a_deployment_waits_for_the_migration() {
        let workflow = "\
on: push
jobs:
  migrate:
    runs-on: ubuntu-latest
    steps:
    - run: windlass upgrade
  build:
    needs: migrate
    steps: [{run: make}]
  deploy:
    needs: [build]
    steps: [{run: make deploy}]
";
        let name = ".github/workflows/main.yml";
        assert_eq!(found(&[(name, workflow)]), [""; 0]);
        let early = workflow.replace("    needs: migrate\n", "");
        assert_eq!(found(&[(name, &early)]), ["9:3 deploys-before-migration"]);
        let careless = workflow.replace(
            "    - run: windlass upgrade\n",
            "    - run: windlass upgrade\n      continue-on-error: true\n",
        );
        assert_eq!(found(&[(name, &careless)]), ["7:26 migration-failure-ignored"]);
        let hasty = workflow.replace(
            "    runs-on: ubuntu-latest\n",
            "    runs-on: ubuntu-latest\n    concurrency: {group: m, cancel-in-progress: true}\n",
        );
        assert_eq!(found(&[(name, &hasty)]), ["5:49 migration-is-cancelled"]);
    }

    #[test]
    fn a_database_of_the_pipelines_own_is_nobodys_business() {
        let workflow = "\
on: push
jobs:
  test:
    services: {postgres: {image: postgres}}
    steps:
    - run: alembic upgrade head || true
  deploy:
    steps: [{run: make deploy}]
";
        assert_eq!(found(&[(".github/workflows/main.yml", workflow)]), [""; 0]);
    }

    #[test]
    fn stages_and_needs_of_gitlab_decide_the_order() {
        let pipeline = "\
stages: [migrate, deploy]
migrate:
  stage: migrate
  script: [alembic upgrade head]
ship:
  stage: deploy
  script: [make ship]
";
        let name = ".gitlab-ci.yml";
        assert_eq!(found(&[(name, pipeline)]), [""; 0]);
        let reversed = pipeline.replace("[migrate, deploy]", "[deploy, migrate]");
        assert_eq!(found(&[(name, &reversed)]), ["5:1 deploys-before-migration"]);
        let free = pipeline.replace("script: [make ship]", "script: [make ship]\n  needs: []");
        assert_eq!(found(&[(name, &free)]), ["5:1 deploys-before-migration"]);
        let careless = pipeline.replace("head]\n", "head]\n  allow_failure: true\n");
        assert_eq!(found(&[(name, &careless)]), ["5:18 migration-failure-ignored"]);
    }

    #[test]
    fn steps_of_a_build_come_in_their_order() {
        let deploy = "- {id: deploy, name: gcloud, args: [run, deploy, shop]}\n";
        let migrate = "- {id: migrate, name: gcloud, args: [run, jobs, execute, shop-migrate]}\n";
        assert_eq!(
            found(&[("cloudbuild.yaml", &format!("steps:\n{migrate}{deploy}"))]),
            [""; 0]
        );
        assert_eq!(
            found(&[("cloudbuild.yaml", &format!("steps:\n{deploy}{migrate}"))]),
            ["2:8 deploys-before-migration"]
        );
    }
}

mod units {
    use super::*;

    const MIGRATE: &str = "[Service]\nType=oneshot\nExecStart=/usr/bin/windlass upgrade\n";
    const AFTER: &str = "[Unit]\nRequires=m.service\nAfter=m.service\n";

    fn units(migrate: &str, after: &str) -> Vec<String> {
        found(&[("m.service", migrate), ("shop.service", after)])
    }

    #[test]
    fn the_application_requires_the_migration_and_comes_after_it() {
        assert_eq!(units(MIGRATE, AFTER), [""; 0]);
        assert_eq!(
            units(MIGRATE, &AFTER.replace("Requires", "Wants")),
            ["2:1 starts-before-migration"]
        );
        assert_eq!(
            units(MIGRATE, &AFTER.replace("After=m.service\n", "")),
            ["2:1 starts-before-migration"]
        );
        assert_eq!(units(MIGRATE, "[Unit]\nAfter=network.target\n"), [""; 0]);
    }

    #[test]
    fn the_migration_ends_and_is_not_started_again() {
        let bad = MIGRATE
            .replace("oneshot", "simple")
            .replace("ExecStart=", "Restart=always\nExecStart=-");
        assert_eq!(
            units(&bad, AFTER),
            [
                "2:1 starts-before-migration",
                "3:1 migrate-restarts",
                "4:1 migration-failure-ignored"
            ]
        );
    }
}
