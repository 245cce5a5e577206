-- old
CREATE TABLE t (
    id int PRIMARY KEY,
    state text,
    v int
);
CREATE PUBLICATION p FOR TABLE t (id, state) WHERE (state <> 'x') WITH (publish = 'insert');
ALTER PUBLICATION p OWNER TO app_owner;
-- new
CREATE TABLE t (
    id int PRIMARY KEY,
    state integer,
    v int
);
CREATE PUBLICATION p FOR TABLE t (id, state) WHERE (state <> 3) WITH (publish = 'insert');
ALTER PUBLICATION p OWNER TO app_owner;
