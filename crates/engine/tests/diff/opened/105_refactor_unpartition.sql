-- old
CREATE TABLE visits (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    page text,
    CONSTRAINT visits_pkey PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2024-01-01Z');
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2024-01-01Z') TO (MAXVALUE);
CREATE INDEX visits_page ON visits (page);
COMMENT ON INDEX visits_page IS 'For top pages';
CREATE VIEW top_pages AS SELECT page, count(*) AS n FROM visits GROUP BY page;
CREATE FUNCTION no_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON visits FOR EACH ROW EXECUTE FUNCTION no_change();
GRANT SELECT, INSERT ON visits TO app_writer;
-- new
CREATE TABLE visits (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    page text,
    CONSTRAINT visits_pkey PRIMARY KEY (id)
);
CREATE INDEX visits_page ON visits (page);
COMMENT ON INDEX visits_page IS 'For top pages';
CREATE VIEW top_pages AS SELECT page, count(*) AS n FROM visits GROUP BY page;
CREATE FUNCTION no_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON visits FOR EACH ROW EXECUTE FUNCTION no_change();
GRANT SELECT, INSERT ON visits TO app_writer;
