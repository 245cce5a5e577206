-- old
CREATE TABLE base (id int NOT NULL, kind text DEFAULT 'b', CONSTRAINT base_kind CHECK (kind <> ''));
CREATE TABLE child (extra int) INHERITS (base);
CREATE INDEX child_id ON child (id);
-- new
CREATE TABLE base (kind text DEFAULT 'b', id int NOT NULL, CONSTRAINT base_kind CHECK (kind <> ''));
CREATE TABLE child () INHERITS (base);
ALTER TABLE child ADD COLUMN extra integer;
ALTER TABLE base ADD COLUMN gone text;
ALTER TABLE base DROP COLUMN gone;
CREATE INDEX tmp ON child USING btree (id);
ALTER INDEX tmp RENAME TO child_id;
