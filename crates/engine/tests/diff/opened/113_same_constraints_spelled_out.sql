-- old
CREATE TABLE p (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE c (
    id int NOT NULL,
    pid int REFERENCES p ON DELETE CASCADE,
    a int CHECK (a BETWEEN 1 AND 5),
    b text DEFAULT NULL,
    d timestamp without time zone,
    e bit varying(3),
    f double precision,
    g character(4),
    h interval year to month
);
-- new
CREATE TABLE c (
    id integer CONSTRAINT whatever NOT NULL,
    pid integer NULL,
    a int4,
    b text,
    d timestamp,
    e varbit(3),
    f float8,
    g bpchar(4),
    h interval
);
ALTER TABLE c ALTER h TYPE interval year to month;
CREATE TABLE p (id int, code text);
CREATE UNIQUE INDEX p_pkey ON p (id);
CREATE UNIQUE INDEX xyz ON p (code);
ALTER TABLE p ALTER id SET NOT NULL;
ALTER TABLE p ADD CONSTRAINT p_code_key UNIQUE USING INDEX xyz;
ALTER TABLE p ADD CONSTRAINT p_pkey PRIMARY KEY USING INDEX p_pkey;
ALTER TABLE c ADD CONSTRAINT c_a_check CHECK (a >= 1 AND a <= 5) NOT VALID;
ALTER TABLE c VALIDATE CONSTRAINT c_a_check;
ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES p (id) MATCH SIMPLE ON DELETE CASCADE;
