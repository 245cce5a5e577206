-- old
CREATE TABLE t (a int, b int
);
CREATE FUNCTION ok(r t) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT (r).a
    < (r).b $$;
ALTER TABLE t ADD CONSTRAINT row_ok CHECK (ok(t.*))
;
CREATE VIEW v AS SELECT t.a, ok(t.*) AS fine FROM t;
CREATE INDEX t_ok ON t (ok(t.*));
-- new
CREATE TABLE t (a int, b int
    , c int DEFAULT 0
);
CREATE FUNCTION ok(r t) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT (r).a
    < (r).b + coalesce((r).c, 0) $$;
ALTER TABLE t ADD CONSTRAINT row_ok CHECK (ok(t.*))
    NO INHERIT
;
CREATE VIEW v AS SELECT t.a, ok(t.*) AS fine FROM t;
CREATE INDEX t_ok ON t (ok(t.*));
