-- old
CREATE TABLE parent (a int4 PRIMARY KEY, b varchar(20) DEFAULT 'x', c timestamptz, CHECK (a > 0));
CREATE TABLE child (
  id bigserial,
  pa int REFERENCES parent ON DELETE CASCADE,
  amt decimal(10,2) DEFAULT 1.50,
  flag bool NOT NULL DEFAULT 't',
  tags text[] DEFAULT '{}',
  span interval DEFAULT '1 day',
  PRIMARY KEY (id),
  UNIQUE (pa, flag)
);
CREATE INDEX ON child (amt);
CREATE INDEX ON child (lower(tags[1]));
CREATE VIEW v AS SELECT * FROM child WHERE flag AND pa IN (1,2,3);
GRANT ALL ON child TO app_writer;
GRANT SELECT ON parent, v TO app_reader;
-- new
CREATE SEQUENCE public.child_id_seq AS bigint;
CREATE TABLE public.child (
  id bigint DEFAULT nextval('public.child_id_seq'::regclass) NOT NULL,
  pa integer,
  amt numeric(10,2) DEFAULT 1.50,
  flag boolean DEFAULT true NOT NULL,
  tags text[] DEFAULT '{}'::text[],
  span interval DEFAULT '1 day'::interval
);
ALTER SEQUENCE child_id_seq OWNED BY child.id;
CREATE TABLE parent (a integer NOT NULL, b character varying(20), c timestamp with time zone);
ALTER TABLE parent ALTER b SET DEFAULT 'x'::character varying;
ALTER TABLE parent ADD CONSTRAINT parent_a_check CHECK ((a > 0));
ALTER TABLE parent ADD CONSTRAINT parent_pkey PRIMARY KEY (a);
CREATE INDEX child_amt_idx ON child USING btree (amt ASC NULLS LAST);
CREATE INDEX child_lower_idx ON ONLY child (lower(tags[1]));
CREATE UNIQUE INDEX child_key ON child (pa, flag);
ALTER TABLE child ADD CONSTRAINT child_pa_flag_key UNIQUE USING INDEX child_key;
ALTER TABLE child ADD PRIMARY KEY (id);
ALTER TABLE child ADD CONSTRAINT child_pa_fkey FOREIGN KEY (pa) REFERENCES parent(a) MATCH SIMPLE ON UPDATE NO ACTION ON DELETE CASCADE NOT DEFERRABLE;
CREATE VIEW v (id, pa, amt, flag, tags, span) AS SELECT child.id, child.pa, child.amt, child.flag, child.tags, child.span FROM public.child WHERE child.flag AND child.pa = ANY (ARRAY[1,2,3]);
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON TABLE child TO app_writer;
GRANT SELECT ON v TO app_reader;
GRANT SELECT, UPDATE ON parent TO app_reader;
REVOKE UPDATE ON parent FROM app_reader;
