-- old
CREATE SCHEMA export;
CREATE TABLE export.batches (id serial PRIMARY KEY, made timestamptz DEFAULT now(), rows int
    , state text DEFAULT 'open'
);
CREATE PROCEDURE export.close(b int) LANGUAGE plpgsql AS $$ BEGIN UPDATE export.batches SET state = 'closed' WHERE id = b; END $$;
CREATE FUNCTION export.open_batch() RETURNS int LANGUAGE sql AS $$ INSERT INTO export.batches DEFAULT VALUES RETURNING id $$;
GRANT USAGE ON SCHEMA export TO app_writer;
REVOKE ALL ON ALL ROUTINES IN SCHEMA export FROM PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA export TO app_writer;
COMMENT ON PROCEDURE export.close(int) IS 'Shut';
ALTER PROCEDURE export.close OWNER TO app_owner;
-- new
CREATE SCHEMA export;
CREATE TABLE export.batches (id serial PRIMARY KEY, made timestamptz DEFAULT now(), rows int
    , closed_at timestamptz
);
CREATE PROCEDURE export.close(b int, INOUT closed timestamptz DEFAULT NULL) LANGUAGE plpgsql AS $$ BEGIN UPDATE export.batches SET closed_at = now() WHERE id = b RETURNING closed_at INTO closed; COMMIT; END $$;
CREATE FUNCTION export.open_batch() RETURNS export.batches LANGUAGE sql AS $$ INSERT INTO export.batches DEFAULT VALUES RETURNING * $$;
GRANT USAGE ON SCHEMA export TO app_writer;
REVOKE ALL ON ALL ROUTINES IN SCHEMA export FROM PUBLIC;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA export TO app_writer;
COMMENT ON PROCEDURE export.close(int, timestamptz) IS 'Shut';
ALTER PROCEDURE export.close OWNER TO app_owner;
