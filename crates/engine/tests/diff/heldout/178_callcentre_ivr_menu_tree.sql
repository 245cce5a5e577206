-- old
CREATE TABLE menus (
    id int PRIMARY KEY,
    parent int REFERENCES menus
        ,
    digit
        int CHECK (digit BETWEEN 0 AND 9),
    prompt text
         NOT NULL,
    UNIQUE (parent, digit)
);
CREATE VIEW menu_paths AS
WITH RECURSIVE m AS (
    SELECT id, ''::text AS path, 0 AS depth FROM menus WHERE parent IS NULL
    UNION ALL
    SELECT c.id, m.path || c.digit, m.depth + 1 FROM menus c JOIN m ON c.parent = m.id
)
SELECT id, path, depth FROM m
    ;
CREATE FUNCTION menu_at(p text) RETURNS int LANGUAGE sql STABLE RETURN (SELECT id FROM menu_paths WHERE path = p);
CREATE FUNCTION depth_ok() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(depth) FROM menu_paths) >
        5
     THEN RAISE EXCEPTION 'too deep'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER depth_ok AFTER INSERT ON menus
    FOR EACH ROW EXECUTE FUNCTION depth_ok();
-- new
CREATE TABLE menus (
    id int PRIMARY KEY,
    parent int REFERENCES menus
        ON DELETE CASCADE,
    digit
        char(1) CHECK (digit ~ '[0-9*#]'),
    prompt text
        COMPRESSION lz4
         NOT NULL,
    UNIQUE (parent, digit)
);
CREATE VIEW menu_paths AS
WITH RECURSIVE m AS (
    SELECT id, ''::text AS path, 0 AS depth FROM menus WHERE parent IS NULL
    UNION ALL
    SELECT c.id, m.path || c.digit, m.depth + 1 FROM menus c JOIN m ON c.parent = m.id
)
CYCLE id SET looped USING seen
SELECT id, path, depth FROM m
    WHERE NOT looped;
CREATE FUNCTION menu_at(p text) RETURNS int LANGUAGE sql STABLE RETURN (SELECT id FROM menu_paths WHERE path = p);
CREATE FUNCTION depth_ok() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT max(depth) FROM menu_paths) >
        7
     THEN RAISE EXCEPTION 'too deep'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER depth_ok AFTER INSERT ON menus
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION depth_ok();
