-- old
CREATE FUNCTION len_cmp(a text, b text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE WHEN length(a) < length(b) THEN -1 WHEN length(a) > length(b) THEN 1 ELSE 0 END $$;
CREATE FUNCTION len_lt(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length(a) < length(b) $$;
CREATE FUNCTION len_eq(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length(a) = length(b) $$;
CREATE FUNCTION len_gt(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length(a) > length(b) $$;
CREATE OPERATOR #< (LEFTARG = text, RIGHTARG = text, FUNCTION = len_lt
);
CREATE OPERATOR #= (LEFTARG = text, RIGHTARG = text, FUNCTION = len_eq, COMMUTATOR = #=);
CREATE OPERATOR #> (LEFTARG = text, RIGHTARG = text, FUNCTION = len_gt, COMMUTATOR = #<);
CREATE OPERATOR CLASS len_ops FOR TYPE text USING btree AS OPERATOR 1 #<, OPERATOR 3 #=, FUNCTION 1 len_cmp(text, text);
CREATE TABLE t (a text);
CREATE INDEX t_len ON t (a len_ops);
-- new
CREATE FUNCTION len_cmp(a text, b text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT CASE WHEN length(a) < length(b) THEN -1 WHEN length(a) > length(b) THEN 1 ELSE 0 END $$;
CREATE FUNCTION len_lt(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length(a) < length(b) $$;
CREATE FUNCTION len_eq(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length(a) = length(b) $$;
CREATE FUNCTION len_gt(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT length(a) > length(b) $$;
CREATE OPERATOR #< (LEFTARG = text, RIGHTARG = text, FUNCTION = len_lt
    , RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR #= (LEFTARG = text, RIGHTARG = text, FUNCTION = len_eq, COMMUTATOR = #=);
CREATE OPERATOR #> (LEFTARG = text, RIGHTARG = text, FUNCTION = len_gt, COMMUTATOR = #<);
CREATE OPERATOR CLASS len_ops FOR TYPE text USING btree AS OPERATOR 1 #<, OPERATOR 3 #=, OPERATOR 5 #>, FUNCTION 1 len_cmp(text, text);
CREATE TABLE t (a text);
CREATE INDEX t_len ON t (a len_ops);
