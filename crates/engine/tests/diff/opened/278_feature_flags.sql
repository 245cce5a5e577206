-- old
CREATE TABLE flag (name text PRIMARY KEY, enabled bool DEFAULT false, percent int DEFAULT 100 CHECK (percent BETWEEN 0 AND 100));
CREATE TABLE flag_user (flag text REFERENCES flag ON DELETE CASCADE ON UPDATE CASCADE, user_id int, PRIMARY KEY (flag, user_id));
CREATE FUNCTION is_on(f text, u int) RETURNS bool LANGUAGE sql STABLE AS $$ SELECT enabled AND (u % 100 < percent OR EXISTS (SELECT 1 FROM flag_user WHERE flag = f AND user_id = u)) FROM flag WHERE name = f $$;
CREATE VIEW active_flags AS SELECT name FROM flag WHERE enabled;
CREATE FUNCTION flag_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY flags; RETURN NULL; END $$;
CREATE TRIGGER flag_changed AFTER UPDATE ON flag EXECUTE FUNCTION flag_changed();
-- new
CREATE TYPE env AS ENUM ('dev', 'staging', 'prod');
CREATE DOMAIN percentage AS numeric(5,2) DEFAULT 100 NOT NULL CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE TABLE flag (name text, env env NOT NULL DEFAULT 'dev', enabled bool NOT NULL DEFAULT false, percent percentage, variants jsonb, updated timestamptz NOT NULL DEFAULT now(), CONSTRAINT flag_pkey PRIMARY KEY (name, env), CONSTRAINT variants_sum CHECK (jsonb_typeof(variants) = 'object'));
CREATE TABLE flag_rule (flag text, env env, pos smallint, attr text NOT NULL, op text NOT NULL DEFAULT '=', val text[], FOREIGN KEY (flag, env) REFERENCES flag ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY (flag, env, pos));
CREATE FUNCTION bucket(u text, salt text DEFAULT '') RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN ((hashtext(u || salt) & 65535)::numeric / 655.36);
CREATE FUNCTION is_on(f text, u text, e env DEFAULT 'prod', attrs jsonb DEFAULT '{}') RETURNS bool LANGUAGE sql STABLE AS $$ SELECT enabled AND bucket(u, f) < percent FROM flag WHERE name = f AND env = e $$;
CREATE VIEW active_flags AS SELECT name, array_agg(env ORDER BY env) AS envs FROM flag WHERE enabled GROUP BY name;
CREATE FUNCTION flag_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('flags', row_to_json(n)::text) FROM n; RETURN NULL; END $$;
CREATE TRIGGER flag_changed AFTER UPDATE ON flag REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION flag_changed();
CREATE TRIGGER flag_changed_i AFTER INSERT ON flag REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION flag_changed();
COMMENT ON FUNCTION is_on(text, text, env, jsonb) IS 'attrs not yet used';
