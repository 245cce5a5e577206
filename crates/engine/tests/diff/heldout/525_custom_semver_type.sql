-- old
CREATE TYPE semver AS (major int, minor int, patch int);
CREATE FUNCTION semver_parse(text) RETURNS semver IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT ROW(split_part($1, '.', 1)::int, split_part($1, '.', 2)::int, split_part($1, '.', 3)::int)::semver
$$;
CREATE CAST (text AS semver) WITH FUNCTION semver_parse(text) AS ASSIGNMENT;
CREATE TABLE package (name text PRIMARY KEY, homepage text);
CREATE TABLE release (package text NOT NULL REFERENCES package, version semver NOT NULL, published timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (package, version));
CREATE VIEW latest AS SELECT DISTINCT ON (package) package, version, published FROM release ORDER BY package, version DESC;
-- new
CREATE TYPE semver AS (major int, minor int, patch int, pre text);
CREATE FUNCTION semver_parse(text) RETURNS semver IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT ROW(split_part($1, '.', 1)::int, split_part($1, '.', 2)::int, split_part(split_part($1, '.', 3), '-', 1)::int, nullif(split_part($1, '-', 2), ''))::semver
$$;
CREATE FUNCTION semver_text(semver) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS $$
  SELECT concat_ws('-', concat_ws('.', $1.major, $1.minor, $1.patch), $1.pre)
$$;
CREATE FUNCTION semver_compat(semver, semver) RETURNS boolean IMMUTABLE STRICT LANGUAGE sql AS 'SELECT $1.major = $2.major AND $1.minor >= $2.minor';
CREATE CAST (text AS semver) WITH FUNCTION semver_parse(text) AS ASSIGNMENT;
CREATE CAST (semver AS text) WITH FUNCTION semver_text(semver);
CREATE OPERATOR ~> (LEFTARG = semver, RIGHTARG = semver, FUNCTION = semver_compat);
CREATE TABLE package (name text PRIMARY KEY, homepage text);
CREATE TABLE release (package text NOT NULL REFERENCES package ON DELETE CASCADE, version semver NOT NULL, yanked boolean NOT NULL DEFAULT false, published timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (package, version));
CREATE VIEW latest AS SELECT DISTINCT ON (package) package, version::text AS version, published FROM release WHERE NOT yanked AND (version).pre IS NULL ORDER BY package, release.version DESC;
