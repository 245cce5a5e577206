-- old
CREATE TYPE severity AS ENUM ('debug', 'info', 'notice', 'warning', 'error', 'fatal');
CREATE DOMAIN loud AS severity CHECK (VALUE >= 'warning');
CREATE TYPE event_key AS (source text, level severity);
CREATE TABLE logs (at timestamptz NOT NULL, level severity NOT NULL DEFAULT 'info', also severity[] DEFAULT '{notice,fatal}'::severity[], src event_key, msg text) PARTITION BY LIST (level);
CREATE TABLE logs_low PARTITION OF logs FOR VALUES IN ('debug', 'info', 'notice');
CREATE TABLE logs_high PARTITION OF logs FOR VALUES IN ('warning', 'error', 'fatal');
CREATE INDEX logs_err ON logs (at) WHERE level = 'error';
CREATE TABLE alarm (id int PRIMARY KEY, min_level loud DEFAULT 'error', CONSTRAINT not_fatal CHECK (min_level::severity <> 'fatal'));
CREATE VIEW errors AS SELECT at, msg, level::text AS level_name FROM logs WHERE level = ANY (ARRAY['error','fatal']::severity[]);
CREATE FUNCTION bump(s severity DEFAULT 'info') RETURNS severity LANGUAGE sql IMMUTABLE AS $$ SELECT CASE s WHEN 'info'::severity THEN 'notice'::severity ELSE s END $$;
CREATE TABLE rule_set (id int, fallback severity DEFAULT bump('info'), key event_key);
GRANT USAGE ON TYPE severity TO app_reader;
-- new
CREATE TYPE severity AS ENUM ('trace', 'debug', 'info', 'warning', 'error');
CREATE DOMAIN loud AS severity CHECK (VALUE >= 'warning');
CREATE TYPE event_key AS (source text, level severity);
CREATE TABLE logs (at timestamptz NOT NULL, level severity NOT NULL DEFAULT 'debug', also severity[] DEFAULT '{info,error}'::severity[], src event_key, msg text) PARTITION BY LIST (level);
CREATE TABLE logs_low PARTITION OF logs FOR VALUES IN ('trace', 'debug', 'info');
CREATE TABLE logs_high PARTITION OF logs FOR VALUES IN ('warning', 'error');
CREATE INDEX logs_err ON logs (at) WHERE level = 'error';
CREATE TABLE alarm (id int PRIMARY KEY, min_level loud DEFAULT 'error', CONSTRAINT not_fatal CHECK (min_level::severity <> 'error' OR id > 0));
CREATE VIEW errors AS SELECT at, msg, level::text AS level_name FROM logs WHERE level = ANY (ARRAY['error']::severity[]);
CREATE FUNCTION bump(s severity DEFAULT 'info') RETURNS severity LANGUAGE sql IMMUTABLE AS $$ SELECT CASE s WHEN 'info'::severity THEN 'warning'::severity ELSE s END $$;
CREATE TABLE rule_set (id int, fallback severity DEFAULT bump('info'), key event_key);
GRANT USAGE ON TYPE severity TO app_reader;
COMMENT ON TYPE severity IS 'fatal and notice were folded away';
