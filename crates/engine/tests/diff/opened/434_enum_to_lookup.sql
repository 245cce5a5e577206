-- old
CREATE TYPE priority AS ENUM ('low','normal','high');
CREATE TYPE issue_kind AS ENUM ('bug','feature');
CREATE TABLE milestone (id serial PRIMARY KEY, name text, due date);
CREATE TABLE issue (
  id serial PRIMARY KEY, kind issue_kind NOT NULL DEFAULT 'bug', prio priority NOT NULL DEFAULT 'normal',
  watchers int[] DEFAULT ARRAY[]::int[], milestone_id int REFERENCES milestone, title text NOT NULL,
  CONSTRAINT feature_prio CHECK (kind <> 'feature'::issue_kind OR prio <= 'normal'::priority)
);
CREATE INDEX issue_prio ON issue (prio) WHERE prio = 'high'::priority;
CREATE FUNCTION bump(p priority) RETURNS priority LANGUAGE sql IMMUTABLE AS $$ SELECT CASE p WHEN 'low' THEN 'normal'::priority ELSE 'high'::priority END $$;
CREATE VIEW board AS SELECT prio, kind, array_agg(title ORDER BY id) AS titles FROM issue GROUP BY 1, 2;
-- new
CREATE TYPE issue_kind AS ENUM ('bug','feature');
CREATE TABLE priority (code text PRIMARY KEY, rank smallint NOT NULL UNIQUE);
CREATE TABLE milestone (id serial PRIMARY KEY, name text, due date);
CREATE TABLE issue (
  id serial PRIMARY KEY,
  kind issue_kind NOT NULL DEFAULT 'bug',
  prio text NOT NULL DEFAULT 'normal' REFERENCES priority ON UPDATE CASCADE,
  watchers int[] DEFAULT ARRAY[]::int[],
  milestone_id int REFERENCES milestone,
  title text NOT NULL,
  labels text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX issue_prio ON issue (prio);
CREATE FUNCTION bump(p text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT code FROM priority WHERE rank > (SELECT rank FROM priority WHERE code = p) ORDER BY rank LIMIT 1 $$;
CREATE VIEW board AS SELECT prio, kind, array_agg(title ORDER BY id) AS titles FROM issue GROUP BY 1, 2;
