-- old
CREATE TABLE workflow (id serial PRIMARY KEY, name text, def json);
CREATE TABLE instance (id serial PRIMARY KEY, workflow int REFERENCES workflow, state text, vars json, started timestamp DEFAULT now());
CREATE TABLE step (id serial PRIMARY KEY, instance int REFERENCES instance, name text, done bool DEFAULT false);
CREATE FUNCTION advance(i int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE instance SET state = 'next' WHERE id = i; RETURN 'next'; END $$;
CREATE VIEW running AS SELECT i.id, w.name, i.state FROM instance i JOIN workflow w ON w.id = i.workflow WHERE i.state <> 'end';
-- new
CREATE SCHEMA wf;
CREATE TYPE wf.status AS ENUM ('pending', 'active', 'waiting', 'done', 'failed');
CREATE TYPE wf.edge AS (src text, dst text, guard text);
CREATE FUNCTION wf.is_dag(e wf.edge[]) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN cardinality(e) < 1000; END $$;
CREATE TABLE wf.definition (id int GENERATED ALWAYS AS IDENTITY, name text NOT NULL, version int NOT NULL, nodes text[] NOT NULL, edges wf.edge[] NOT NULL CONSTRAINT dag CHECK (wf.is_dag(edges)), CONSTRAINT definition_pk PRIMARY KEY (name, version), UNIQUE (id));
CREATE TABLE wf.instance (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), definition int NOT NULL REFERENCES wf.definition (id), status wf.status NOT NULL DEFAULT 'pending', vars jsonb NOT NULL DEFAULT '{}', parent uuid REFERENCES wf.instance ON DELETE CASCADE, started timestamptz, ended timestamptz, CHECK (ended IS NULL OR started < ended));
CREATE INDEX instance_active ON wf.instance (status, started) WHERE status IN ('active', 'waiting');
CREATE INDEX instance_vars ON wf.instance USING gin (vars jsonb_path_ops);
CREATE TABLE wf.token (instance uuid NOT NULL REFERENCES wf.instance ON DELETE CASCADE, node text NOT NULL, seq int NOT NULL, status wf.status NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()) PARTITION BY LIST (status);
CREATE TABLE wf.token_live PARTITION OF wf.token FOR VALUES IN ('pending', 'active', 'waiting');
CREATE TABLE wf.token_dead PARTITION OF wf.token FOR VALUES IN ('done', 'failed');
CREATE INDEX token_node ON wf.token (node, instance);
CREATE FUNCTION wf.next_nodes(i uuid) RETURNS SETOF text LANGUAGE sql STABLE BEGIN ATOMIC SELECT (y.x).dst FROM wf.instance ins JOIN wf.definition d ON d.id = ins.definition CROSS JOIN LATERAL unnest(d.edges) AS e(src, dst, guard), LATERAL (SELECT ROW(e.src, e.dst, e.guard)::wf.edge AS x) y WHERE ins.id = next_nodes.i; END;
CREATE PROCEDURE wf.advance(i uuid, OUT new_state wf.status) LANGUAGE plpgsql AS $$ BEGIN UPDATE wf.instance SET status = 'active' WHERE id = i RETURNING status INTO new_state; END $$;
CREATE VIEW wf.running AS SELECT i.id, d.name, d.version, i.status, array_agg(t.node ORDER BY t.seq) AS path FROM wf.instance i JOIN wf.definition d ON d.id = i.definition LEFT JOIN wf.token t ON t.instance = i.id WHERE i.status = 'active' GROUP BY i.id, d.name, d.version, i.status;
