-- old
CREATE FUNCTION part_cmp(text, text) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT CASE WHEN lower($1) < lower($2) THEN -1 WHEN lower($1) > lower($2) THEN 1 ELSE 0 END $$;
CREATE FUNCTION part_lt(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) < 0';
CREATE FUNCTION part_eq(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) = 0';
CREATE FUNCTION part_gt(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) > 0';
CREATE OPERATOR <# (LEFTARG = text, RIGHTARG = text, FUNCTION = part_lt, COMMUTATOR = >#, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR =# (LEFTARG = text, RIGHTARG = text, FUNCTION = part_eq, COMMUTATOR = =#);
CREATE OPERATOR ># (LEFTARG = text, RIGHTARG = text, FUNCTION = part_gt, COMMUTATOR = <#, RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR CLASS part_ops FOR TYPE text USING btree AS OPERATOR 1 <#, OPERATOR 3 =#, OPERATOR 5 >#, FUNCTION 1 part_cmp(text, text);
CREATE TABLE part (part_no text NOT NULL, descr text, stock int NOT NULL DEFAULT 0);
CREATE INDEX part_no_ix ON part (part_no part_ops);
-- new
CREATE FUNCTION part_cmp(text, text) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS $$ SELECT CASE WHEN lower($1) < lower($2) THEN -1 WHEN lower($1) > lower($2) THEN 1 ELSE 0 END $$;
CREATE FUNCTION part_lt(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) < 0';
CREATE FUNCTION part_le(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) <= 0';
CREATE FUNCTION part_eq(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) = 0';
CREATE FUNCTION part_ge(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) >= 0';
CREATE FUNCTION part_gt(text, text) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT part_cmp($1, $2) > 0';
CREATE OPERATOR <# (LEFTARG = text, RIGHTARG = text, FUNCTION = part_lt, COMMUTATOR = >#, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR <=# (LEFTARG = text, RIGHTARG = text, FUNCTION = part_le);
CREATE OPERATOR =# (LEFTARG = text, RIGHTARG = text, FUNCTION = part_eq, COMMUTATOR = =#, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR >=# (LEFTARG = text, RIGHTARG = text, FUNCTION = part_ge, COMMUTATOR = <=#);
CREATE OPERATOR ># (LEFTARG = text, RIGHTARG = text, FUNCTION = part_gt, COMMUTATOR = <#, RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR CLASS part_ops FOR TYPE text USING btree AS OPERATOR 1 <#, OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#, FUNCTION 1 part_cmp(text, text);
CREATE TABLE part (part_no text NOT NULL, descr text, stock int NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX part_no_ix ON part (part_no part_ops);
