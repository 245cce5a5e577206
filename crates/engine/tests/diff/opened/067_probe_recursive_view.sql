-- old
CREATE TABLE cat (id int PRIMARY KEY, parent int REFERENCES cat, name text);
CREATE VIEW tree AS WITH RECURSIVE r AS (SELECT id, name, 0 AS depth FROM cat WHERE parent IS NULL UNION ALL SELECT c.id, c.name, r.depth + 1 FROM cat c JOIN r ON r.id = c.parent) SELECT * FROM r;
CREATE VIEW leaves AS SELECT id, name FROM tree t WHERE depth > 1;
COMMENT ON VIEW tree IS 'All of it';
-- new
CREATE TABLE cat (id int PRIMARY KEY, parent int REFERENCES cat, name text);
CREATE RECURSIVE VIEW tree (id, name, depth, path) AS SELECT id, name, 0, ARRAY[name] FROM cat WHERE parent IS NULL UNION ALL SELECT c.id, c.name, t.depth + 1, t.path || c.name FROM cat c JOIN tree t ON t.id = c.parent;
CREATE VIEW leaves AS SELECT id, name, path FROM tree t WHERE depth > 1;
COMMENT ON VIEW tree IS 'All of it';
