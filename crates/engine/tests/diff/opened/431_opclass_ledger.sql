-- old
CREATE FUNCTION abs_cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT sign(abs($1) - abs($2))::int $$;
CREATE FUNCTION abs_lt(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT abs($1) < abs($2) $$;
CREATE FUNCTION abs_eq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT abs($1) = abs($2) $$;
CREATE FUNCTION abs_gt(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT abs($1) > abs($2) $$;
CREATE FUNCTION abs_le(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT abs($1) <= abs($2) $$;
CREATE FUNCTION abs_ge(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT abs($1) >= abs($2) $$;
CREATE OPERATOR |<| (LEFTARG = int, RIGHTARG = int, FUNCTION = abs_lt);
CREATE OPERATOR |<=| (LEFTARG = int, RIGHTARG = int, FUNCTION = abs_le);
CREATE OPERATOR |=| (LEFTARG = int, RIGHTARG = int, FUNCTION = abs_eq);
CREATE OPERATOR |>=| (LEFTARG = int, RIGHTARG = int, FUNCTION = abs_ge);
CREATE OPERATOR |>| (LEFTARG = int, RIGHTARG = int, FUNCTION = abs_gt);
CREATE OPERATOR CLASS int_abs_ops FOR TYPE int USING btree AS OPERATOR 1 |<|, OPERATOR 2 |<=|, OPERATOR 3 |=|, OPERATOR 4 |>=|, OPERATOR 5 |>|, FUNCTION 1 abs_cmp(int, int);
CREATE TABLE correction (id int PRIMARY KEY, delta int NOT NULL, reason text);
CREATE INDEX correction_delta ON correction (delta int_abs_ops);
CREATE VIEW big_correction AS SELECT * FROM correction WHERE delta |>| 1000;
-- new
CREATE SCHEMA util;
CREATE FUNCTION util.abs_cmp(int, int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sign(abs($1) - abs($2))::int $$;
CREATE FUNCTION util.abs_lt(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT abs($1) < abs($2) $$;
CREATE FUNCTION util.abs_eq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT abs($1) = abs($2) $$;
CREATE FUNCTION util.abs_gt(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT abs($1) > abs($2) $$;
CREATE FUNCTION util.abs_le(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT abs($1) <= abs($2) $$;
CREATE FUNCTION util.abs_ge(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT abs($1) >= abs($2) $$;
CREATE OPERATOR util.|<| (LEFTARG = int, RIGHTARG = int, FUNCTION = util.abs_lt, RESTRICT = scalarltsel, JOIN = scalarltjoinsel, COMMUTATOR = OPERATOR(util.|>|));
CREATE OPERATOR util.|<=| (LEFTARG = int, RIGHTARG = int, FUNCTION = util.abs_le);
CREATE OPERATOR util.|=| (LEFTARG = int, RIGHTARG = int, FUNCTION = util.abs_eq, COMMUTATOR = OPERATOR(util.|=|), MERGES);
CREATE OPERATOR util.|>=| (LEFTARG = int, RIGHTARG = int, FUNCTION = util.abs_ge);
CREATE OPERATOR util.|>| (LEFTARG = int, RIGHTARG = int, FUNCTION = util.abs_gt, COMMUTATOR = OPERATOR(util.|<|));
CREATE OPERATOR FAMILY util.abs_family USING btree;
CREATE OPERATOR CLASS util.int_abs_ops FOR TYPE int USING btree FAMILY util.abs_family AS OPERATOR 1 util.|<|, OPERATOR 2 util.|<=|, OPERATOR 3 util.|=|, OPERATOR 4 util.|>=|, OPERATOR 5 util.|>|, FUNCTION 1 util.abs_cmp(int, int);
CREATE TABLE correction (
  id int PRIMARY KEY,
  delta int NOT NULL,
  reason text,
  booked date
);
CREATE INDEX correction_delta ON correction (delta util.int_abs_ops DESC, booked);
CREATE VIEW big_correction AS SELECT id, delta, booked FROM correction WHERE delta OPERATOR(util.|>|) 5000 WITH LOCAL CHECK OPTION;
