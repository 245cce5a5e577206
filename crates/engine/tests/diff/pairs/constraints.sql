-- Constraints of tables.

-- case constraint/check_add
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);

-- case constraint/check_change
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);
COMMENT ON CONSTRAINT c ON t IS 'stays';
-- new
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1);
COMMENT ON CONSTRAINT c ON t IS 'stays';

-- case constraint/check_not_valid
CREATE TABLE t (a integer);
-- new
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;

-- case constraint/check_validate
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
-- new
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);

-- case constraint/check_no_inherit
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);
-- new
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT;

-- case constraint/check_uses_function
CREATE TABLE t (a integer);
-- new
CREATE FUNCTION ok(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
ALTER TABLE t ADD CONSTRAINT c CHECK (ok(a));

-- case constraint/unique_add
CREATE TABLE t (a integer, b integer);
INSERT INTO t VALUES (1, 1), (2, 1);
-- new
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b);

-- case constraint/unique_change
CREATE TABLE t (a integer, b integer);
INSERT INTO t VALUES (1, 1), (2, 2);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
COMMENT ON CONSTRAINT u ON t IS 'u';
COMMENT ON INDEX u IS 'the index';
-- new
ALTER TABLE t ADD CONSTRAINT u UNIQUE (b) INCLUDE (a);
COMMENT ON CONSTRAINT u ON t IS 'u';
COMMENT ON INDEX u IS 'the index';

-- case constraint/unique_change_referenced
CREATE TABLE t (a integer, b integer);
CREATE TABLE r (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
ALTER TABLE r ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a);
-- new
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) INCLUDE (b);
ALTER TABLE r ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t (a);

-- case constraint/unique_deferrable
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- new
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) DEFERRABLE INITIALLY DEFERRED;

-- case constraint/unique_options
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- new
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) WITH (fillfactor = 70);

-- case constraint/unique_nulls
-- since 15
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- new
ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a);

-- case constraint/unique_to_index
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- new
CREATE UNIQUE INDEX u ON t (a);

-- case constraint/unique_to_primary
CREATE TABLE t (a integer NOT NULL);
-- old
ALTER TABLE t ADD CONSTRAINT u UNIQUE (a);
-- new
ALTER TABLE t ADD CONSTRAINT u PRIMARY KEY (a);

-- case constraint/pk_change
CREATE TABLE t (a integer NOT NULL, b integer NOT NULL);
INSERT INTO t VALUES (1, 2);
-- old
ALTER TABLE t ADD PRIMARY KEY (a);
-- new
ALTER TABLE t ADD PRIMARY KEY (b);

-- case constraint/pk_other_name
CREATE TABLE t (a integer NOT NULL, b integer NOT NULL);
-- old
ALTER TABLE t ADD CONSTRAINT one PRIMARY KEY (a);
-- new
ALTER TABLE t ADD CONSTRAINT two PRIMARY KEY (a, b);

-- case constraint/pk_add
-- old
CREATE TABLE t (a integer);
-- new
CREATE TABLE t (a integer PRIMARY KEY);

-- case constraint/pk_referenced
-- old
CREATE TABLE t (a integer, b integer NOT NULL, PRIMARY KEY (a));
CREATE TABLE r (x integer REFERENCES t);
-- new
CREATE TABLE t (a integer NOT NULL, b integer, PRIMARY KEY (b));
CREATE TABLE r (x integer REFERENCES t);

-- case constraint/rename
CREATE TABLE t (a integer, b integer);
-- old
ALTER TABLE t ADD CONSTRAINT one UNIQUE (a);
ALTER TABLE t ADD CONSTRAINT c1 CHECK (a > 0);
-- new
ALTER TABLE t ADD CONSTRAINT two UNIQUE (a);
ALTER TABLE t ADD CONSTRAINT c2 CHECK (a > 0);

-- case constraint/exclude
CREATE TABLE t (r int4range);
-- new
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&);

-- case constraint/exclude_change
CREATE TABLE t (r int4range, s int4range);
-- old
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&);
-- new
ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&, s WITH =) WHERE (NOT isempty(r)) DEFERRABLE;

-- case constraint/fk_add
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer);
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1);
-- new
ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a;

-- case constraint/fk_action
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a;
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE ON UPDATE SET NULL;

-- case constraint/fk_cycle
-- new
CREATE TABLE a (id integer PRIMARY KEY, b_id integer);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b;

-- case constraint/fk_self
-- new
CREATE TABLE a (id integer PRIMARY KEY, up integer REFERENCES a);

-- case constraint/fk_deferrable
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a;
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a DEFERRABLE INITIALLY DEFERRED;

-- case constraint/fk_not_valid
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a;
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a NOT VALID;

-- case constraint/fk_moves
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE c (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a;
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES c;

-- case constraint/fk_of_dropped_table
-- old
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a);
CREATE TABLE c (b_id integer REFERENCES b);
-- new
CREATE TABLE b (id integer PRIMARY KEY, a_id integer);
CREATE TABLE c (b_id integer);

-- case constraint/fk_match_full
CREATE TABLE a (x integer, y integer, PRIMARY KEY (x, y));
CREATE TABLE b (x integer, y integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (x, y) REFERENCES a;
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (x, y) REFERENCES a MATCH FULL;

-- case constraint/fk_set_null_columns
-- since 15
CREATE TABLE a (x integer, y integer, PRIMARY KEY (x, y));
CREATE TABLE b (x integer, y integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (x, y) REFERENCES a ON DELETE SET NULL;
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (x, y) REFERENCES a ON DELETE SET NULL (y);

-- case constraint/not_enforced
-- since 18
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (a_id integer);
-- old
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a;
ALTER TABLE b ADD CONSTRAINT c CHECK (a_id > 0);
-- new
ALTER TABLE b ADD CONSTRAINT f FOREIGN KEY (a_id) REFERENCES a NOT ENFORCED;
ALTER TABLE b ADD CONSTRAINT c CHECK (a_id > 0) NOT ENFORCED;

-- case constraint/not_null_named
-- since 18
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT must NOT NULL a;
-- new
ALTER TABLE t ADD CONSTRAINT shall NOT NULL a;

-- case constraint/not_null_not_valid
-- since 18
CREATE TABLE t (a integer);
-- new
ALTER TABLE t ADD CONSTRAINT must NOT NULL a NOT VALID;

-- case constraint/not_null_from_plain
-- since 18
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ALTER COLUMN a SET NOT NULL;
-- new
ALTER TABLE t ADD CONSTRAINT must NOT NULL a;

-- case constraint/not_null_validated
-- since 18
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT must NOT NULL a NOT VALID;
-- new
ALTER TABLE t ADD CONSTRAINT must NOT NULL a;

-- case constraint/not_null_no_inherit
-- since 18
CREATE TABLE t (a integer);
-- old
ALTER TABLE t ADD CONSTRAINT must NOT NULL a NO INHERIT;
-- new
ALTER TABLE t ALTER COLUMN a SET NOT NULL;

-- case constraint/not_null_name_of_a_former_table
-- since 18
-- old
CREATE TABLE s (a integer NOT NULL);
ALTER TABLE s RENAME TO t;
-- new
CREATE TABLE t (a integer NOT NULL);

-- case constraint/in_strings
CREATE TABLE t (s varchar(20), n text, k integer);
-- old
ALTER TABLE t ADD CONSTRAINT a CHECK (s IN ('a', 'b'));
ALTER TABLE t ADD CONSTRAINT b CHECK (s NOT IN ('a', 'b'));
ALTER TABLE t ADD CONSTRAINT d CHECK (k IN (1, 2));
CREATE INDEX i ON t (k) WHERE s IN ('x', 'y');
CREATE VIEW v AS SELECT k FROM t WHERE s IN ('x', 'y');
-- new
ALTER TABLE t ADD CONSTRAINT a CHECK (s IN ('a', 'b', 'c'));
ALTER TABLE t ADD CONSTRAINT c CHECK (n IN ('a', 'b'));
ALTER TABLE t ADD CONSTRAINT e CHECK (s IN ('q', 'it''s ]', 'r'));
CREATE INDEX i ON t (k) WHERE s IN ('x', 'z');
CREATE VIEW v AS SELECT k FROM t WHERE s NOT IN ('x', 'z');
CREATE TABLE u (s varchar CHECK (s IN ('1', '2')));

-- case constraint/in_strings_read_back
CREATE TABLE t (s varchar(20));
-- old
ALTER TABLE t ADD CONSTRAINT a CHECK (s IN ('a', 'b'));
-- new
ALTER TABLE t ADD CONSTRAINT a CHECK (s IN ('a', 'b'));
ALTER TABLE t ADD COLUMN x integer;

-- case constraint/body_without_schema
CREATE TABLE known (a integer);
INSERT INTO known VALUES (1);
CREATE FUNCTION is_known(integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM known WHERE a = $1)';
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1);
-- new
ALTER TABLE t ADD CONSTRAINT c CHECK (is_known(a));
ALTER TABLE t ADD COLUMN b boolean DEFAULT is_known(1);

-- case constraint/pk_moves_to_another_column
-- old
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE u (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
-- new
CREATE TABLE t (code text PRIMARY KEY, id int UNIQUE);
CREATE TABLE u (other int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME u_id_seq) PRIMARY KEY, id int NOT NULL DEFAULT 7);

-- case constraint/check_of_child_is_proved
-- old
CREATE TABLE p (a int);
ALTER TABLE p ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
CREATE TABLE q () INHERITS (p);
-- new
CREATE TABLE p (a int CONSTRAINT c CHECK (a > 0));
CREATE TABLE q () INHERITS (p);
