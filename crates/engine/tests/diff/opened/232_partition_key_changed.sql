-- old
CREATE TABLE ev (id bigint GENERATED ALWAYS AS IDENTITY, tenant int NOT NULL, at date NOT NULL, body text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE ev_1 PARTITION OF ev FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE ev_2 PARTITION OF ev FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE ev_ref (ev_id bigint, ev_at date, FOREIGN KEY (ev_id, ev_at) REFERENCES ev);
CREATE VIEW ev_count AS SELECT tenant, count(*) FROM ev GROUP BY tenant;
CREATE FUNCTION ev_rows(t int) RETURNS SETOF ev LANGUAGE sql AS 'SELECT * FROM ev WHERE tenant = t';
CREATE TRIGGER dummy AFTER INSERT ON ev_1 FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE PUBLICATION pub FOR TABLE ev WITH (publish_via_partition_root = true);
-- new
CREATE TABLE ev (id bigint GENERATED ALWAYS AS IDENTITY, tenant int NOT NULL, at date NOT NULL, body text, PRIMARY KEY (id, tenant)) PARTITION BY HASH (tenant);
CREATE TABLE ev_1 PARTITION OF ev FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE ev_2 PARTITION OF ev FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE ev_ref (ev_id bigint, ev_tenant int, FOREIGN KEY (ev_id, ev_tenant) REFERENCES ev);
CREATE VIEW ev_count AS SELECT tenant, count(*) FROM ev GROUP BY tenant;
CREATE FUNCTION ev_rows(t int) RETURNS SETOF ev LANGUAGE sql AS 'SELECT * FROM ev WHERE tenant = t';
CREATE TRIGGER dummy AFTER INSERT ON ev_2 FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE PUBLICATION pub FOR TABLE ev WITH (publish_via_partition_root = true);
