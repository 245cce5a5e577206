-- old
CREATE TABLE base (id int NOT NULL, k text);
CREATE TABLE a (id int NOT NULL, x numeric(5,1) DEFAULT 1, y text CHECK (y <> '')) INHERITS (base);
CREATE TABLE b (x numeric(5,1) NOT NULL DEFAULT 2, z date) INHERITS (base);
CREATE TABLE aa (x numeric(5,1) DEFAULT 7, w int) INHERITS (a);
ALTER TABLE base ADD CONSTRAINT k_ck CHECK (k ~ 'k');
ALTER TABLE b ADD CONSTRAINT x_ck CHECK (x > 0);
CREATE VIEW allv AS SELECT b.id, b.k, b.x FROM b UNION ALL SELECT a.id, a.k, a.x FROM a;
CREATE INDEX a_y ON a (y);
-- new
CREATE TABLE base (id int NOT NULL, k text, x numeric(5,1) DEFAULT 0, CONSTRAINT x_ck CHECK (x > 0));
CREATE TABLE a (y text) INHERITS (base);
CREATE TABLE b (x numeric(5,1) NOT NULL DEFAULT 2, k text, z date, CONSTRAINT k_ck CHECK (k ~ 'k')) INHERITS (base);
CREATE TABLE aa (w int, y text CHECK (y <> '')) INHERITS (a);
ALTER TABLE aa ALTER x SET DEFAULT 7;
CREATE VIEW allv AS SELECT id, k, x FROM base;
CREATE INDEX a_y ON aa (y);
