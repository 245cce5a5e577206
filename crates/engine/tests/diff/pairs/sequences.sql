-- Sequences.

-- case sequence/create
-- new
CREATE SEQUENCE s AS integer INCREMENT BY 2 MINVALUE 5 MAXVALUE 100 START WITH 7 CACHE 3 CYCLE;

-- case sequence/alter
-- old
CREATE SEQUENCE s;
-- new
CREATE SEQUENCE s INCREMENT BY 5 MINVALUE -3 MAXVALUE 900 CACHE 2 START WITH 10 CYCLE;

-- case sequence/type
-- old
CREATE SEQUENCE s AS smallint;
-- new
CREATE SEQUENCE s AS bigint;

-- case sequence/descending
-- old
CREATE SEQUENCE s AS integer;
-- new
CREATE SEQUENCE s AS integer INCREMENT BY -1 MINVALUE -100 MAXVALUE 10;

-- case sequence/owned_by
CREATE TABLE t (id integer, b integer);
CREATE SEQUENCE s;
-- new
ALTER SEQUENCE s OWNED BY t.id;

-- case sequence/owner_moves
CREATE TABLE t (id integer, b integer);
CREATE SEQUENCE s;
-- old
ALTER SEQUENCE s OWNED BY t.id;
-- new
ALTER SEQUENCE s OWNED BY t.b;

-- case sequence/survives_its_column
-- old
CREATE TABLE t (id serial, b integer);
-- new
CREATE TABLE t (b integer);
CREATE SEQUENCE t_id_seq AS integer;

-- case sequence/unlogged
-- since 15
-- old
CREATE SEQUENCE s;
-- new
CREATE UNLOGGED SEQUENCE s;

-- case sequence/stands_below_its_new_minimum
-- old
CREATE SEQUENCE s;
SELECT nextval('s');
-- new
CREATE SEQUENCE s MINVALUE 100 START WITH 100;

-- case sequence/disjoint
-- old
CREATE SEQUENCE s MAXVALUE 10;
-- new
CREATE SEQUENCE s MINVALUE 100 MAXVALUE 200 START WITH 150;
