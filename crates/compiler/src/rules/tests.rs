//! What holds of every rule. What single rules find is shown by their examples, which run on servers, too.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::catalog::Catalog;
use crate::format::Source;
use crate::simulate::Simulation;

fn source(text: &str) -> Source {
    Source {
        path: Arc::from("a.sql"),
        text: Arc::from(text),
    }
}

/// Findings in a file that follows on the examples' tables.
fn findings(text: &str, runner: Runner, server_version: Option<u32>) -> Vec<Finding> {
    let around = Surroundings {
        runner,
        server_version,
        ..Surroundings::default()
    };
    let mut checker = Checker::new(around);
    check_file(&mut checker, &source(GIVEN), true).expect("the examples' tables are SQL");
    let as_it_stands = runner != Runner::Windlass;
    // A COMMIT in an example is where one deploy ends and the next begins.
    let parts: Vec<&str> = if as_it_stands {
        vec![text]
    } else {
        text.split("\nCOMMIT;\nALTER").collect()
    };
    let mut found = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let part = if at > 0 {
            format!("ALTER{part}")
        } else {
            (*part).to_owned()
        };
        let report = check_file(&mut checker, &source(&part), true);
        found.extend(
            report
                .unwrap_or_else(|problems| panic!("{part}: {problems:?}"))
                .findings,
        );
    }
    found
}

fn found(text: &str) -> Vec<String> {
    let findings = findings(text, Runner::Windlass, None);
    findings
        .iter()
        .map(|finding| finding.rule.id.to_owned())
        .collect()
}

const OTHER: Runner = Runner::Other {
    in_transaction: false,
};

/// Rules that only a database can make speak; the examples' run on servers shows those.
const NEED_A_DATABASE: [&str; 4] = [
    "column-type-index-rebuild",
    "column-type-check-scan",
    "concurrent-index-corruption",
    "not-null-over-not-valid",
];

#[test]
fn each_rule_finds_its_unsafe_example_and_not_its_safe_one() {
    for rule in RULES {
        let has = |text: &str, runner| {
            findings(text, runner, None)
                .iter()
                .any(|finding| finding.rule.id == rule.id)
        };
        if !NEED_A_DATABASE.contains(&rule.id) {
            assert!(
                has(rule.unsafe_sql, Runner::Windlass) || has(rule.unsafe_sql, OTHER),
                "{} does not find its unsafe example",
                rule.id
            );
        }
        let keeps_going = has(rule.safe_sql, Runner::Windlass) && has(rule.safe_sql, OTHER);
        assert!(!keeps_going, "{} finds its safe example", rule.id);
    }
}

#[test]
fn each_safe_form_is_sql_that_the_same_rule_does_not_find() {
    let mut count = 0;
    for rule in RULES {
        for finding in findings(rule.unsafe_sql, Runner::Windlass, None) {
            let Some(fix) = finding.fix.filter(|_| finding.rule.id == rule.id) else {
                continue;
            };
            count += 1;
            // Behind what stands before it in the example.
            let before = &rule.unsafe_sql[..finding.span.start.min(rule.unsafe_sql.len())];
            let before = before.rfind('\n').map_or("", |line| &before[..line]);
            let before = if before.contains("COMMIT") { "" } else { before };
            let again = found(&format!("{before}{}", written(&fix)));
            assert!(
                !again.iter().any(|id| id == rule.id),
                "{}: {}",
                rule.id,
                written(&fix)
            );
        }
    }
    assert!(count > 12, "{count}");
}

#[test]
fn each_file_of_the_folder_is_a_rule_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let others = [
        "mod", "case", "compose", "facts", "fill", "finding", "page", "rewrite", "script", "seen", "swap",
        "tests",
    ];
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(|entry| {
            entry
                .expect("it can be read")
                .path()
                .file_name()?
                .to_str()?
                .strip_suffix(".rs")
                .map(str::to_owned)
        })
        .filter(|name| !others.contains(&name.as_str()))
        .collect();
    let listed: BTreeSet<String> = RULES.iter().map(|rule| rule.id.replace('-', "_")).collect();
    let missing: Vec<String> = files
        .difference(&listed)
        .map(|name| format!("mod {name};\n    &{name}::RULE,"))
        .collect();
    assert!(missing.is_empty(), "add these to mod.rs:\n{}", missing.join("\n"));
    assert_eq!(files, listed, "a rule's file is called as its id");
    assert_eq!(listed.len(), RULES.len(), "ids differ");
}

#[test]
fn the_page_of_rules_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let written = std::fs::read_to_string(path).expect("the page is there");
    assert!(
        written == page(),
        "docs/rules.md is not what the rules say; run scripts/generated/rules"
    );
}

#[test]
fn what_the_plan_itself_made_is_no_hazard() {
    for sql in [
        "CREATE TABLE t (a bigint); CREATE INDEX t_a ON t (a);",
        "CREATE TABLE t (a bigint); ALTER TABLE t ADD CHECK (a > 0), ALTER a SET NOT NULL, ADD UNIQUE (a);",
        "CREATE TABLE t (a bigint); ALTER TABLE t ADD COLUMN b uuid DEFAULT gen_random_uuid();",
        "CREATE TABLE t (a bigint); ALTER TABLE public.t ALTER a TYPE text; DROP TABLE t;",
        "CREATE TEMP TABLE t (a bigint); TRUNCATE t; UPDATE t SET a = 1;",
        "CREATE INDEX CONCURRENTLY i ON orders (total); DROP INDEX i;",
    ] {
        assert_eq!(found(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn what_is_free_is_not_found() {
    for sql in [
        "ALTER TABLE orders ALTER CONSTRAINT x DEFERRABLE;",
        "ALTER TABLE orders VALIDATE CONSTRAINT x;",
        "ALTER TABLE orders ADD CONSTRAINT x UNIQUE USING INDEX y;",
        "ALTER TABLE orders ADD CONSTRAINT x CHECK (total > 0) NOT VALID;",
        "ALTER TABLE orders ALTER total SET STATISTICS 500;",
        "ALTER TABLE orders SET (fillfactor = 80);",
        "COMMENT ON TABLE orders IS 'x'; GRANT SELECT ON orders TO PUBLIC; ANALYZE orders;",
        "CREATE STATISTICS s (dependencies) ON status, total FROM orders;",
        "ALTER TYPE mood ADD VALUE 'calm';",
        "CREATE TYPE colour AS ENUM ('red');",
        "ALTER DOMAIN label ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID;",
        "ALTER INDEX orders_status RENAME TO x;",
        "INSERT INTO orders (id) VALUES (1); UPDATE orders SET total = 1 WHERE id = 1;",
        "CREATE UNIQUE INDEX CONCURRENTLY x ON orders (total);",
        "SET lock_timeout = '1s';",
    ] {
        assert_eq!(found(sql), Vec::<String>::new(), "{sql}");
    }
    // Adding a column tells of prepared statements, and of nothing else.
    for column in [
        "c int",
        "c int DEFAULT 1",
        "c text DEFAULT 'x' NOT NULL",
        "c timestamptz DEFAULT now()",
        "c mood",
        "c label",
        "c jsonb DEFAULT '{}'",
        "c text[] DEFAULT ARRAY[]::text[]",
        "c citext",
    ] {
        let found = found(&format!("ALTER TABLE orders ADD COLUMN {column};"));
        assert_eq!(found, ["stale-prepared-plan"], "{column}");
    }
}

#[test]
fn what_a_column_was_is_known_from_the_files_before() {
    let given = "CREATE TABLE old (code varchar(20), total int, at timestamptz);";
    let checked = |sql: &str| {
        let mut checker = Checker::new(Surroundings::default());
        for (path, text) in [("1_a.sql", given), ("2_b.sql", sql)] {
            let source = Source {
                path: path.into(),
                text: text.into(),
            };
            let report = check_file(&mut checker, &source, true).unwrap();
            if path == "2_b.sql" {
                let ids = report.findings.iter().map(|finding| finding.rule.id);
                return ids.filter(|id| *id == "column-type-rewrite").count();
            }
        }
        0
    };
    assert_eq!(checked("ALTER TABLE old ALTER code TYPE varchar(40);"), 0);
    assert_eq!(checked("ALTER TABLE old ALTER code TYPE text;"), 0);
    assert_eq!(checked("ALTER TABLE old ALTER code TYPE varchar(10);"), 1);
    assert_eq!(checked("ALTER TABLE old ALTER total TYPE bigint;"), 1);
    assert_eq!(checked("ALTER TABLE old ALTER at TYPE timestamp;"), 1);
    assert_eq!(checked("ALTER TABLE other ALTER code TYPE varchar(40);"), 1);
}

#[test]
fn an_allow_silences_its_rule_at_its_statement_and_an_idle_one_is_reported() {
    let text = "-- windlass: allow blocking-index-build because few rows\n\
                CREATE INDEX a ON orders (total);\n\
                CREATE INDEX b ON orders (note);\n\
                -- windlass: allow drop-table because nothing\n\
                SELECT 1;\n\
                -- windlass: allow blocking-index-bild because typo\n\
                SELECT 2;";
    let mut checker = Checker::new(Surroundings::default());
    let report = check_file(&mut checker, &source(text), true).expect("it is SQL");
    assert_eq!(report.findings.len(), 1);
    assert_eq!(
        report.findings[0].span.start,
        text.find("CREATE INDEX b").expect("it is there")
    );
    assert_eq!(report.allowed[0].1, "few rows");
    let remarks: Vec<String> = report
        .remarks
        .iter()
        .map(|remark| format!("{remark} | {}", remark.help.join(" ")))
        .collect();
    assert_eq!(
        remarks,
        [
            "a.sql:5:1: `allow drop-table` allows nothing here | remove the line: the statement does not have this hazard",
            "a.sql:7:1: `allow blocking-index-bild`: no rule has this name | did you mean `blocking-index-build`?",
        ]
    );
}

#[test]
fn squawks_comments_count_as_allows() {
    for text in [
        "-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX a ON orders (total);",
        "-- squawk-ignore\nCREATE INDEX a ON orders (total);",
        "-- squawk-ignore-file require-concurrent-index-creation\nSELECT 1;\nCREATE INDEX a ON orders (total);",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(
        found("-- squawk-ignore ban-drop-column\nCREATE INDEX a ON orders (total);"),
        ["blocking-index-build"]
    );
}

#[test]
fn a_file_of_another_tool_is_read_as_it_stands() {
    let text = "\\set x 1\n-- +goose Up\nCREATE INDEX a ON orders (total);\nSELECT :'y';\n-- +goose Down\nDROP TABLE orders;";
    let found: Vec<&str> = findings(text, OTHER, None)
        .iter()
        .map(|finding| finding.rule.id)
        .collect();
    assert_eq!(found, ["blocking-index-build", "missing-lock-timeout"]);
}

#[test]
fn a_safe_form_keeps_names_and_the_authors_words() {
    let fix = |sql: &str| {
        let findings = findings(sql, Runner::Windlass, None);
        findings
            .iter()
            .find_map(|finding| finding.fix.as_deref().map(written))
            .unwrap_or_default()
    };
    insta::assert_snapshot!(fix("CREATE UNIQUE INDEX ON shop.\"Orders\" /* why */ (total, note)"), @r#"CREATE UNIQUE INDEX CONCURRENTLY "Orders_total_note_idx" ON shop."Orders" /* why */ (total, note);"#);
    insta::assert_snapshot!(fix("ALTER TABLE orders ADD CHECK (total > 0)"), @"
    ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total > 0) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
    ");
    insta::assert_snapshot!(fix("ALTER TABLE orders ADD FOREIGN KEY (customer_id, product_id) REFERENCES x ON DELETE CASCADE DEFERRABLE"), @"
    ALTER TABLE orders ADD CONSTRAINT orders_customer_id_product_id_fkey FOREIGN KEY (customer_id, product_id) REFERENCES x ON DELETE CASCADE DEFERRABLE NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_id_product_id_fkey;
    ");
    insta::assert_snapshot!(fix("ALTER TABLE products ADD UNIQUE (sku) INCLUDE (title) DEFERRABLE INITIALLY DEFERRED"), @"
    CREATE UNIQUE INDEX CONCURRENTLY products_sku_title_key ON products (sku) INCLUDE (title);
    ALTER TABLE products ADD CONSTRAINT products_sku_title_key UNIQUE USING INDEX products_sku_title_key DEFERRABLE INITIALLY DEFERRED;
    ");
    insta::assert_snapshot!(fix("ALTER TABLE homes ADD PRIMARY KEY (street)"), @"
    CREATE UNIQUE INDEX CONCURRENTLY homes_pkey ON homes (street);
    ALTER TABLE homes ADD CONSTRAINT homes_street_windlass CHECK (street IS NOT NULL) NOT VALID;
    ALTER TABLE homes VALIDATE CONSTRAINT homes_street_windlass;
    ALTER TABLE homes ADD CONSTRAINT homes_pkey PRIMARY KEY USING INDEX homes_pkey;
    ALTER TABLE homes DROP CONSTRAINT homes_street_windlass;
    ");
    insta::assert_snapshot!(fix("ALTER TABLE orders ADD COLUMN k uuid DEFAULT gen_random_uuid() NOT NULL CONSTRAINT kk UNIQUE DEFERRABLE CHECK (k <> note::uuid) REFERENCES x ON DELETE SET NULL"), @"
    ALTER TABLE orders ADD COLUMN k uuid;
    ALTER TABLE orders ALTER COLUMN k SET DEFAULT gen_random_uuid();
    -- windlass: backfill orders_k
    UPDATE orders SET k = DEFAULT WHERE k IS NULL;
    ALTER TABLE orders ADD CONSTRAINT orders_k_windlass CHECK (k IS NOT NULL) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_k_windlass;
    ALTER TABLE orders ALTER COLUMN k SET NOT NULL;
    ALTER TABLE orders DROP CONSTRAINT orders_k_windlass;
    CREATE UNIQUE INDEX CONCURRENTLY kk ON orders (k);
    ALTER TABLE orders ADD CONSTRAINT kk UNIQUE USING INDEX kk DEFERRABLE;
    ALTER TABLE orders ADD CONSTRAINT orders_check CHECK (k <> note::uuid) NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_check;
    ALTER TABLE orders ADD CONSTRAINT orders_k_fkey FOREIGN KEY (k) REFERENCES x ON DELETE SET NULL NOT VALID;
    ALTER TABLE orders VALIDATE CONSTRAINT orders_k_fkey;
    ");
    insta::assert_snapshot!(fix("ALTER TABLE shop.orders ADD number serial"), @"
    CREATE SEQUENCE shop.orders_number_seq AS integer;
    ALTER TABLE shop.orders ADD number integer;
    ALTER SEQUENCE shop.orders_number_seq OWNED BY shop.orders.number;
    ALTER TABLE shop.orders ALTER COLUMN number SET DEFAULT nextval('shop.orders_number_seq'::regclass);
    -- windlass: backfill orders_number
    UPDATE shop.orders SET number = DEFAULT WHERE number IS NULL;
    ALTER TABLE shop.orders ADD CONSTRAINT orders_number_windlass CHECK (number IS NOT NULL) NOT VALID;
    ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_number_windlass;
    ALTER TABLE shop.orders ALTER COLUMN number SET NOT NULL;
    ALTER TABLE shop.orders DROP CONSTRAINT orders_number_windlass;
    ");
    insta::assert_snapshot!(fix("DROP INDEX IF EXISTS a, shop.b"), @"
    DROP INDEX CONCURRENTLY IF EXISTS a;
    DROP INDEX CONCURRENTLY IF EXISTS shop.b;
    ");
}

#[test]
fn a_view_that_was_dropped_before_and_an_owned_sequence_are_in_nobodys_way() {
    let mut simulation = Simulation::new(Catalog::empty(150_000), &["public"]);
    for sql in [
        "CREATE TABLE t (id serial, code varchar(10))",
        "CREATE VIEW codes AS SELECT code FROM t",
    ] {
        simulation.apply(sql).expect("it is SQL");
    }
    let found = |text: &str| -> Vec<&str> {
        let path = ["public"];
        let mut checker = Checker::new(Surroundings::new(simulation.catalog(), &path));
        let report = check_file(&mut checker, &source(text), true).expect("it is SQL");
        let rules = report.findings.iter().map(|finding| finding.rule.id);
        rules.filter(|rule| *rule == "column-type-used-by-view").collect()
    };
    let widen = "ALTER TABLE t ALTER COLUMN code TYPE varchar(20);";
    assert_eq!(found(widen), ["column-type-used-by-view"]);
    assert!(found(&format!("DROP VIEW public.codes; {widen}")).is_empty());
    let again = format!("DROP VIEW codes; CREATE VIEW codes AS SELECT code FROM t; {widen}");
    assert_eq!(found(&again), ["column-type-used-by-view"]);
    assert!(found("ALTER TABLE t ALTER COLUMN id TYPE bigint;").is_empty());
}

#[test]
fn an_index_on_a_partitioned_table_is_not_advised_to_be_built_concurrently() {
    let text = "CREATE INDEX IF NOT EXISTS events_kind ON events (kind);";
    let findings = findings(text, Runner::Windlass, None);
    let advice: Vec<_> = findings.iter().flat_map(|finding| &finding.help).collect();
    assert_eq!(
        advice,
        [
            "CREATE INDEX ON ONLY the parent, CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION"
        ]
    );
}
