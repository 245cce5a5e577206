-- old
CREATE SCHEMA lib;
CREATE FUNCTION lib.first_agg(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1 $$;
CREATE AGGREGATE lib.first(anyelement) (SFUNC = lib.first_agg, STYPE = anyelement);
CREATE FUNCTION lib.array_uniq(anyarray) RETURNS anyarray LANGUAGE sql IMMUTABLE AS $$ SELECT array_agg(DISTINCT x) FROM unnest($1) x $$;
CREATE FUNCTION lib.try_int(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1::int; EXCEPTION WHEN others THEN RETURN NULL; END $$;
CREATE TABLE sensor (id int PRIMARY KEY, labels text[], raw text, parsed int GENERATED ALWAYS AS (lib.try_int(raw)) STORED);
CREATE TABLE sample (sensor_id int REFERENCES sensor, at timestamptz, v real);
CREATE VIEW first_sample AS SELECT sensor_id, lib.first(v ORDER BY at) AS v FROM sample GROUP BY 1;
CREATE VIEW label_set AS SELECT id, lib.array_uniq(labels) AS labels FROM sensor;
CREATE OPERATOR lib.!~ (RIGHTARG = anyarray, FUNCTION = lib.array_uniq);
-- new
CREATE SCHEMA lib;
CREATE FUNCTION lib.first_agg(state anyelement, x anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $1 $$;
CREATE FUNCTION lib.last_agg(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT $2 $$;
CREATE AGGREGATE lib.first(anyelement) (SFUNC = lib.first_agg, STYPE = anyelement, PARALLEL = SAFE);
CREATE AGGREGATE lib.last(anyelement) (SFUNC = lib.last_agg, STYPE = anyelement, PARALLEL = SAFE);
CREATE FUNCTION lib.array_uniq(anycompatiblearray) RETURNS anycompatiblearray LANGUAGE sql IMMUTABLE AS $$ SELECT array_agg(DISTINCT x ORDER BY x) FROM unnest($1) x $$;
CREATE FUNCTION lib.try_num(text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1::numeric; EXCEPTION WHEN others THEN RETURN NULL; END $$;
CREATE FUNCTION lib.clamp(x anyelement, lo anyelement, hi anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS $$ SELECT greatest(lo, least(hi, x)) $$;
CREATE TABLE sensor (
  id int PRIMARY KEY,
  labels text[],
  raw text,
  parsed numeric GENERATED ALWAYS AS (lib.try_num(raw)) STORED
);
CREATE TABLE sample (sensor_id int REFERENCES sensor, at timestamptz, v real);
CREATE VIEW first_sample AS SELECT sensor_id, lib.first(v ORDER BY at) AS v FROM sample GROUP BY 1;
CREATE VIEW label_set AS SELECT id, lib.array_uniq(labels) AS labels FROM sensor;
CREATE OPERATOR lib.!! (RIGHTARG = anycompatiblearray, FUNCTION = lib.array_uniq);
