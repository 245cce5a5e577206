-- old
CREATE SEQUENCE q;
CREATE TABLE d (a int NOT NULL, b text DEFAULT 'x', c timestamptz DEFAULT now() NOT NULL, e int DEFAULT nextval('q'), f bool DEFAULT true, g jsonb DEFAULT '{"a": 1}', h uuid DEFAULT gen_random_uuid(), i numeric(5,2) DEFAULT 1.10, j date DEFAULT 'today', k text[] DEFAULT ARRAY['a', 'b'], l interval DEFAULT '1 mon', m bytea DEFAULT '\x00', n char(3) DEFAULT 'ab', o name DEFAULT CURRENT_USER);
ALTER TABLE d ALTER COLUMN j SET DEFAULT '2020-01-01';
CREATE TABLE dc (p int DEFAULT 3) INHERITS (d);
ALTER TABLE dc ALTER b SET DEFAULT 'y', ALTER f SET NOT NULL;
CREATE DOMAIN dd AS text DEFAULT 'dom' NOT NULL;
CREATE TABLE de (v dd, w dd DEFAULT 'own', x dd DEFAULT NULL);
-- new
CREATE FUNCTION dflt(int DEFAULT 4) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE TABLE d (a int DEFAULT dflt(), b text DEFAULT NULL, c timestamptz DEFAULT (now() + '01:00'::interval), e int DEFAULT dflt(7) NOT NULL, f bool, g jsonb DEFAULT jsonb_build_object('a', 2) NOT NULL, h uuid, i numeric(5,2) DEFAULT 1.1 * 2, j date DEFAULT CURRENT_DATE NOT NULL, k text[] DEFAULT '{}' NOT NULL, l interval DEFAULT make_interval(days => 3), m bytea DEFAULT decode('ff', 'hex'), n char(3) DEFAULT 'abc', o name DEFAULT SESSION_USER);
CREATE TABLE dc (p int DEFAULT 3 NOT NULL) INHERITS (d);
ALTER TABLE dc ALTER b SET DEFAULT 'z', ALTER e DROP DEFAULT, ALTER a SET NOT NULL;
CREATE DOMAIN dd AS text CHECK (VALUE <> 'dom');
CREATE TABLE de (v dd NOT NULL DEFAULT 'here', w dd, x dd DEFAULT upper('q'));
