"""Every hazard of docs/rules.md's sources with an unsafe and a harmless form, on the tables of CONTEXT.

Each case: the hazard, statements that have it, statements that get to the same place (or near) without it. lint.py runs
them through each linter. What a linter says of the unsafe form and not of the harmless one counts as found; what it says
of the harmless form, as a false alarm.
"""

CONTEXT = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, product_id bigint, status text, total integer, code varchar(20), note text);
CREATE INDEX orders_status ON orders (status);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE invoices (id bigint PRIMARY KEY, order_id bigint CONSTRAINT invoices_order REFERENCES orders (id), amount integer);
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX events_2024_id ON events_2024 (id);
CREATE TABLE events_2023 (id bigint NOT NULL, at date NOT NULL, kind text);
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN label AS text;
CREATE TYPE address AS (street text);
CREATE TABLE homes OF address;
CREATE MATERIALIZED VIEW order_counts AS SELECT status, count(*) AS n FROM orders GROUP BY status;
CREATE SEQUENCE ticket_numbers;
CREATE TABLE tickets (id bigint PRIMARY KEY DEFAULT nextval('ticket_numbers'), mood mood);
"""

CASES = [
    ("add-column-volatile-default", "ALTER TABLE orders ADD COLUMN t uuid DEFAULT gen_random_uuid();", "ALTER TABLE orders ADD COLUMN t timestamptz DEFAULT now();"),
    ("add-column-serial", "ALTER TABLE orders ADD COLUMN n bigserial;", "ALTER TABLE orders ADD COLUMN n bigint;"),
    ("add-column-identity", "ALTER TABLE orders ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;", "ALTER TABLE orders ADD COLUMN n bigint;"),
    ("add-column-generated-stored", "ALTER TABLE orders ADD COLUMN c bigint GENERATED ALWAYS AS (total * 100) STORED;", "ALTER TABLE orders ADD COLUMN c bigint;"),
    ("add-column-virtual-checked", "ALTER TABLE orders ADD COLUMN c bigint GENERATED ALWAYS AS (total * 100) VIRTUAL CHECK (c > 0);", "ALTER TABLE orders ADD COLUMN c bigint GENERATED ALWAYS AS (total * 100) VIRTUAL;"),
    ("add-column-constrained-domain", "ALTER TABLE orders ADD COLUMN q positive;", "ALTER TABLE orders ADD COLUMN q label;"),
    ("add-column-inline-check", "ALTER TABLE orders ADD COLUMN d bigint CHECK (d > 0);", "ALTER TABLE orders ADD COLUMN d bigint, ADD CONSTRAINT dc CHECK (d > 0) NOT VALID;"),
    ("add-column-inline-unique", "ALTER TABLE orders ADD COLUMN r text UNIQUE;", "ALTER TABLE orders ADD COLUMN r text;"),
    ("add-column-inline-fk", "ALTER TABLE orders ADD COLUMN p bigint DEFAULT 1 REFERENCES customers (id);", "ALTER TABLE orders ADD COLUMN p bigint DEFAULT 1;"),
    ("add-column-required", "ALTER TABLE orders ADD COLUMN c text NOT NULL;", "ALTER TABLE orders ADD COLUMN c text NOT NULL DEFAULT 'x';"),
    ("add-column-json", "ALTER TABLE orders ADD COLUMN j json;", "ALTER TABLE orders ADD COLUMN j jsonb;"),
    ("drop-column", "ALTER TABLE orders DROP COLUMN note;", "ALTER TABLE orders ALTER COLUMN note SET STATISTICS 100;"),
    ("rename-column", "ALTER TABLE orders RENAME COLUMN note TO remark;", "ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO orders_key;"),
    ("set-not-null", "ALTER TABLE orders ALTER COLUMN total SET NOT NULL;", "ALTER TABLE orders ADD CONSTRAINT k CHECK (total IS NOT NULL) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT k;\nALTER TABLE orders ALTER COLUMN total SET NOT NULL;\nALTER TABLE orders DROP CONSTRAINT k;"),
    ("set-not-null-drop-check-same-stmt", "ALTER TABLE orders ADD CONSTRAINT k CHECK (total IS NOT NULL) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT k;\nALTER TABLE orders ALTER COLUMN total SET NOT NULL, DROP CONSTRAINT k;", "ALTER TABLE orders ADD CONSTRAINT k CHECK (total IS NOT NULL) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT k;\nALTER TABLE orders ALTER COLUMN total SET NOT NULL;\nALTER TABLE orders DROP CONSTRAINT k;"),
    ("not-null-native-18", "ALTER TABLE orders ADD CONSTRAINT k NOT NULL total NOT VALID;\nALTER TABLE orders ALTER COLUMN total SET NOT NULL;", "ALTER TABLE orders ADD CONSTRAINT k NOT NULL total NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT k;"),
    ("drop-not-null", "ALTER TABLE customers ALTER COLUMN email DROP NOT NULL;", "ALTER TABLE customers ALTER COLUMN email SET STATISTICS 100;"),
    ("change-default", "ALTER TABLE orders ALTER COLUMN status SET DEFAULT 'open';", "ALTER TABLE orders ALTER COLUMN status SET STORAGE EXTENDED;"),
    ("alter-type-rewrite", "ALTER TABLE orders ALTER COLUMN total TYPE bigint;", "SELECT 1;"),
    # Alone it removes the column's statistics, as every change of a type does (measured on 14 to 18).
    ("alter-type-free", "ALTER TABLE orders ALTER COLUMN total TYPE bigint;", "ALTER TABLE orders ALTER COLUMN code TYPE varchar(40);\nANALYZE orders (code);"),
    ("alter-type-view-dep", "CREATE VIEW v AS SELECT total FROM orders;\nALTER TABLE orders ALTER COLUMN total TYPE bigint;", "CREATE VIEW v AS SELECT total FROM orders;"),
    ("set-expression", "ALTER TABLE orders ALTER COLUMN total SET EXPRESSION AS (id * 2);", "ALTER TABLE orders ALTER COLUMN total SET STATISTICS 100;"),
    ("column-type-style", "CREATE TABLE p (id serial PRIMARY KEY, c char(2), v varchar(10), t timestamp, m money);", "CREATE TABLE p (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, c text, t timestamptz);"),
    ("add-check", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0);", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID;"),
    ("validate-check", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0);", "ALTER TABLE orders VALIDATE CONSTRAINT c;"),
    ("add-fk", "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id);", "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;"),
    ("add-fk-partitioned", "ALTER TABLE events ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES orders (id) NOT VALID;", "ALTER TABLE events_2024 ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES orders (id) NOT VALID;"),
    ("drop-fk", "ALTER TABLE invoices DROP CONSTRAINT invoices_order;", "ALTER TABLE orders DROP CONSTRAINT total_positive;"),
    ("notvalid-validate-same-txn", "BEGIN;\nALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT c;\nCOMMIT;", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT c;"),
    ("not-valid-and-validate-same-stmt", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID, VALIDATE CONSTRAINT c;", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT c;"),
    ("add-unique", "ALTER TABLE orders ADD CONSTRAINT u UNIQUE (note);", "CREATE UNIQUE INDEX CONCURRENTLY u ON orders (note);\nALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX u;"),
    ("add-pk", "ALTER TABLE events_2023 ADD PRIMARY KEY (id);", "CREATE UNIQUE INDEX CONCURRENTLY u ON events_2023 (id);\nALTER TABLE events_2023 ADD CONSTRAINT u PRIMARY KEY USING INDEX u;"),
    ("pk-using-index-nullable", "CREATE UNIQUE INDEX CONCURRENTLY u ON homes (street);\nALTER TABLE homes ADD CONSTRAINT u PRIMARY KEY USING INDEX u;", "CREATE UNIQUE INDEX CONCURRENTLY u ON events_2023 (id);\nALTER TABLE events_2023 ADD CONSTRAINT u PRIMARY KEY USING INDEX u;"),
    ("add-exclusion", "ALTER TABLE orders ADD CONSTRAINT e EXCLUDE USING btree (note WITH =);", "CREATE UNIQUE INDEX CONCURRENTLY e ON orders (note);"),
    ("fk-type-mismatch", "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id integer);\nALTER TABLE refunds ADD CONSTRAINT f FOREIGN KEY (order_id) REFERENCES orders (id) NOT VALID;", "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint);\nCREATE INDEX i ON refunds (order_id);\nALTER TABLE refunds ADD CONSTRAINT f FOREIGN KEY (order_id) REFERENCES orders (id) NOT VALID;"),
    ("fk-missing-index", "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (product_id) REFERENCES customers (id) NOT VALID;", "CREATE INDEX CONCURRENTLY i ON orders (product_id);\nALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (product_id) REFERENCES customers (id) NOT VALID;"),
    ("multiple-fks", "BEGIN;\nALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;\nALTER TABLE orders ADD CONSTRAINT g FOREIGN KEY (product_id) REFERENCES tickets (id) NOT VALID;\nCOMMIT;", "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer_id) REFERENCES customers (id) NOT VALID;"),
    ("alter-constraint", "ALTER TABLE invoices ALTER CONSTRAINT invoices_order ENFORCED;", "ALTER TABLE invoices ALTER CONSTRAINT invoices_order DEFERRABLE;"),
    ("disable-enable-fk-trigger", "ALTER TABLE invoices DISABLE TRIGGER ALL;", "ALTER TABLE invoices ENABLE TRIGGER audit;"),
    ("create-index", "CREATE INDEX i ON orders (total);", "CREATE INDEX CONCURRENTLY i ON orders (total);"),
    ("cic-in-txn", "BEGIN;\nCREATE INDEX CONCURRENTLY i ON orders (total);\nCOMMIT;", "CREATE INDEX CONCURRENTLY i ON orders (total);"),
    ("cic-invalid-leftover", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (total);", "CREATE INDEX CONCURRENTLY i ON orders (total);"),
    ("cic-old-snapshot-wait", "SET lock_timeout = '2s';\nCREATE INDEX CONCURRENTLY i ON orders (total);", "SET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY i ON orders (total);"),
    ("cic-partitioned", "CREATE INDEX CONCURRENTLY i ON events (kind);", "CREATE INDEX i ON ONLY events (kind);\nCREATE INDEX CONCURRENTLY j ON events_2024 (kind);"),
    ("drop-index", "DROP INDEX orders_status;", "DROP INDEX CONCURRENTLY orders_status;"),
    ("reindex", "REINDEX INDEX orders_status;", "REINDEX INDEX CONCURRENTLY orders_status;"),
    ("replace-index", "DROP INDEX CONCURRENTLY orders_status;\nCREATE INDEX CONCURRENTLY orders_status ON orders (status, total);", "CREATE INDEX CONCURRENTLY i ON orders (status, total);\nDROP INDEX CONCURRENTLY orders_status;"),
    ("table-rewrite: vacuum full", "VACUUM FULL orders;", "VACUUM orders;"),
    ("table-rewrite: cluster", "CLUSTER orders USING orders_status;", "ALTER TABLE orders CLUSTER ON orders_status;"),
    ("table-rewrite: set tablespace", "ALTER TABLE orders SET TABLESPACE fast;", "ALTER TABLE orders SET (fillfactor = 90);"),
    ("table-rewrite: set logged", "ALTER TABLE orders SET UNLOGGED;", "ALTER TABLE orders SET (autovacuum_enabled = true);"),
    ("wide index", "CREATE INDEX CONCURRENTLY i ON orders (customer_id, product_id, status, total);", "CREATE INDEX CONCURRENTLY i ON orders (customer_id, product_id);"),
    ("drop-table", "DROP TABLE invoices;", "COMMENT ON TABLE invoices IS 'old';"),
    ("truncate", "TRUNCATE invoices;", "DELETE FROM invoices WHERE id < 100;"),
    ("truncate-cascade", "TRUNCATE orders CASCADE;", "DELETE FROM orders WHERE id < 100;"),
    ("rename-table", "ALTER TABLE customers RENAME TO clients;", "ALTER TABLE customers RENAME TO clients;\nCREATE VIEW customers AS SELECT * FROM clients;"),
    ("create-table-fk", "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id));", "CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint);"),
    ("create-partition-of", "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');", "CREATE TABLE events_2026 (LIKE events INCLUDING ALL, CHECK (at >= '2026-01-01' AND at < '2027-01-01'));\nALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"),
    ("attach-partition", "ALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');", "ALTER TABLE events_2023 ADD CONSTRAINT b CHECK (at >= '2023-01-01' AND at < '2024-01-01') NOT VALID;\nALTER TABLE events_2023 VALIDATE CONSTRAINT b;\nALTER TABLE events ATTACH PARTITION events_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');"),
    ("detach-partition", "ALTER TABLE events DETACH PARTITION events_2024;", "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;"),
    ("drop-partition", "DROP TABLE events_2024;", "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;"),
    ("refresh-matview", "REFRESH MATERIALIZED VIEW order_counts;", "REFRESH MATERIALIZED VIEW CONCURRENTLY order_counts;"),
    ("enum-add-value", "BEGIN;\nALTER TYPE mood ADD VALUE 'calm';\nINSERT INTO tickets (mood) VALUES ('calm');\nCOMMIT;", "ALTER TYPE mood ADD VALUE 'calm' AFTER 'happy';"),
    ("enum-rename-value", "ALTER TYPE mood RENAME VALUE 'happy' TO 'glad';", "CREATE TYPE colour AS ENUM ('red');"),
    ("domain-constraint", "ALTER DOMAIN label ADD CONSTRAINT c CHECK (VALUE <> '');", "ALTER DOMAIN label ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID;"),
    ("composite-type-alter", "ALTER TYPE address ADD ATTRIBUTE city text CASCADE;", "CREATE TYPE address2 AS (street text, city text);"),
    ("drop-type CASCADE", "DROP TYPE mood CASCADE;", "COMMENT ON TYPE mood IS 'old';"),
    ("alter-sequence", "ALTER SEQUENCE ticket_numbers RESTART WITH 1000;", "SELECT setval('ticket_numbers', 1000);"),
    ("alter-index-rename-form", "ALTER TABLE orders_status RENAME TO by_status;", "ALTER INDEX orders_status RENAME TO by_status;"),
    ("comment / grant / statistics", "DROP TABLE invoices;", "COMMENT ON TABLE orders IS 'x';\nGRANT SELECT ON orders TO PUBLIC;\nCREATE STATISTICS s ON status, total FROM orders;\nANALYZE orders;"),
    ("lock-timeout-per-lock", "LOCK TABLE invoices, tickets IN ACCESS EXCLUSIVE MODE;", "LOCK TABLE invoices IN ACCESS SHARE MODE;"),
    ("hold-AE-and-go-on", "BEGIN;\nALTER TABLE orders ADD COLUMN x text;\nUPDATE orders SET x = 'a' WHERE id < 100;\nCOMMIT;", "ALTER TABLE orders ADD COLUMN x text;\nUPDATE orders SET x = 'a' WHERE id < 100;"),
    ("statement-timeout-zero", "SET statement_timeout = '5s';\nALTER TABLE orders VALIDATE CONSTRAINT c;", "SET statement_timeout = 0;\nALTER TABLE orders VALIDATE CONSTRAINT c;"),
    ("unbatched-backfill", "UPDATE orders SET status = 'open';", "UPDATE orders SET status = 'open' WHERE id BETWEEN 1 AND 1000;"),
    ("transaction_timeout", "SET transaction_timeout = '5s';", "SET statement_timeout = '5s';"),
    ("pgbouncer", "SET search_path = app;", "BEGIN;\nSET LOCAL search_path = app;\nCOMMIT;"),
]

# Asked of every statement that waits for a lock; measured by itself.
TIMEOUT = ("no-lock-timeout", "ALTER TABLE orders ADD COLUMN x text;", "SET lock_timeout = '1s';\nSET statement_timeout = '5s';\nALTER TABLE orders ADD COLUMN x text;")
