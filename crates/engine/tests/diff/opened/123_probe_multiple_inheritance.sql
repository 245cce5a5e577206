-- old
CREATE TABLE a (id int NOT NULL, x int DEFAULT 1);
CREATE TABLE b (id int, y text
, CHECK (y <> ''));
CREATE TABLE c (own int) INHERITS (a, b);
CREATE TABLE d () INHERITS (c);
CREATE TABLE e (id int NOT NULL, x int);
CREATE INDEX c_id ON c (id);
-- new
CREATE TABLE a (id int NOT NULL, x int DEFAULT 1);
CREATE TABLE b (id int, y text
    , z date
, CHECK (y <> ''));
CREATE TABLE c (own int, x int DEFAULT 5) INHERITS (b, a);
CREATE TABLE d (id int, x int, y text, z date, own int, CONSTRAINT b_y_check CHECK (y <> ''));
CREATE TABLE e () INHERITS (a);
CREATE INDEX c_id ON c (id);
