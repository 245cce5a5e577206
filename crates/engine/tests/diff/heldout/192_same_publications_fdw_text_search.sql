-- old
CREATE TABLE t (id int PRIMARY KEY, x int);
CREATE PUBLICATION p FOR TABLE t WHERE (x > 0);
CREATE EXTENSION postgres_fdw;
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', dbname 'd');
CREATE FOREIGN TABLE ft (id int OPTIONS (column_name 'key')) SERVER s OPTIONS (table_name 'remote');
CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.simple);
-- new
CREATE EXTENSION postgres_fdw WITH SCHEMA public;
CREATE TEXT SEARCH CONFIGURATION c (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR asciihword, asciiword, email, file, float, host, hword, hword_asciipart, hword_numpart, hword_part, int, numhword, numword, sfloat, uint, url, url_path, version, word WITH simple;
CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x');
ALTER SERVER s OPTIONS (SET host 'h', ADD dbname 'd');
CREATE FOREIGN TABLE ft (id int) SERVER s OPTIONS (table_name 'r');
ALTER FOREIGN TABLE ft OPTIONS (SET table_name 'remote');
ALTER FOREIGN TABLE ft ALTER id OPTIONS (column_name 'key');
CREATE TABLE t (id int, x int, CONSTRAINT t_pkey PRIMARY KEY (id));
CREATE PUBLICATION p WITH (publish = 'insert,update,delete,truncate', publish_via_partition_root = false);
ALTER PUBLICATION p ADD TABLE ONLY t WHERE (((x > (0))));
