-- old
CREATE TYPE tag;
CREATE FUNCTION tag_in(cstring) RETURNS tag LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION tag_out(tag) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE tag (INPUT = tag_in, OUTPUT = tag_out, LIKE = text);
CREATE CAST (tag AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS tag) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE TABLE bookmark (id serial PRIMARY KEY, url text NOT NULL, t tag, added timestamp DEFAULT now());
CREATE VIEW tag_cloud AS SELECT t::text AS tag, count(*) AS n FROM bookmark GROUP BY 1;
CREATE FUNCTION add_bookmark(u text, t text) RETURNS int LANGUAGE sql AS $$ INSERT INTO bookmark (url, t) VALUES (u, t::tag) RETURNING id $$;
-- new
CREATE TYPE tag;
CREATE FUNCTION tag_in(cstring) RETURNS tag LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION tag_out(tag) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE tag (INPUT = tag_in, OUTPUT = tag_out, LIKE = text, CATEGORY = 'S');
COMMENT ON TYPE tag IS 'opaque label';
CREATE CAST (tag AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS tag) WITHOUT FUNCTION AS IMPLICIT;
CREATE FUNCTION tag_eq(tag, tag) RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'texteq';
CREATE OPERATOR = (LEFTARG = tag, RIGHTARG = tag, FUNCTION = tag_eq, COMMUTATOR = =, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE TABLE bookmark (id bigserial PRIMARY KEY, url text NOT NULL UNIQUE, tags tag[] NOT NULL DEFAULT '{}', added timestamptz DEFAULT now() NOT NULL, owner name DEFAULT current_user);
CREATE VIEW tag_cloud AS SELECT u.t::text AS tag, count(*) AS n FROM bookmark, unnest(tags) AS u(t) GROUP BY 1;
CREATE FUNCTION add_bookmark(u text, VARIADIC ts text[]) RETURNS bigint LANGUAGE sql AS $$ INSERT INTO bookmark (url, tags) VALUES (u, ts::tag[]) RETURNING id $$;
