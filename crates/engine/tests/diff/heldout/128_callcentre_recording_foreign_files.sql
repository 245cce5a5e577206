-- old
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE cdr_raw (
    started text,
    caller text,
    seconds integer
) SERVER files OPTIONS (filename '/var/spool/cdr.csv', format 'csv');
CREATE TABLE cdr (id bigserial PRIMARY KEY, started timestamptz, caller text, seconds integer
);
CREATE VIEW cdr_import AS SELECT started::timestamptz AS started, caller
    , seconds
FROM cdr_raw;
COMMENT ON FOREIGN TABLE cdr_raw IS 'From the switch';
ALTER FOREIGN TABLE cdr_raw OWNER TO app_owner;
-- new
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE cdr_raw (
    started text,
    caller text,
    callee text NOT NULL,
    seconds text
) SERVER files OPTIONS (filename '/var/spool/cdr.csv', format 'csv', header 'true', delimiter ';');
CREATE TABLE cdr (id bigserial PRIMARY KEY, started timestamptz, caller text, seconds integer
    , callee text
);
CREATE VIEW cdr_import AS SELECT started::timestamptz AS started, caller
    , callee, nullif(seconds, '')::integer AS seconds
FROM cdr_raw;
COMMENT ON FOREIGN TABLE cdr_raw IS 'From the switch';
ALTER FOREIGN TABLE cdr_raw OWNER TO app_owner;
ALTER FOREIGN TABLE cdr_raw ADD CONSTRAINT caller_known CHECK (caller <> '');
