-- old
CREATE TABLE parts (id int PRIMARY KEY, cost numeric(12,4) NOT NULL DEFAULT 0, stale boolean NOT NULL DEFAULT false);
CREATE TABLE bom (parent int REFERENCES parts, child int REFERENCES parts, qty
    int
     NOT NULL DEFAULT 1, PRIMARY KEY (parent, child), CHECK (parent <> child));
CREATE FUNCTION rolled_cost(p int) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT coalesce(sum(c.cost * b.qty), 0) FROM bom b JOIN parts c ON c.id = b.child WHERE b.parent = p $$;
CREATE FUNCTION mark_stale() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE parts SET stale = true WHERE id IN (SELECT parent FROM changed); RETURN NULL; END $$;
CREATE TRIGGER bom_ins AFTER INSERT ON bom REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale();
CREATE TRIGGER bom_del AFTER DELETE ON bom REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale();
CREATE VIEW costs AS SELECT id, rolled_cost(id) AS rolled, stale FROM parts;
CREATE RULE parts_keep AS ON DELETE TO parts WHERE EXISTS (SELECT FROM bom WHERE child = OLD.id) DO INSTEAD NOTHING;
CREATE INDEX bom_child ON bom (child) INCLUDE (qty);
-- new
CREATE TABLE parts (id int PRIMARY KEY, cost numeric(12,4) NOT NULL DEFAULT 0, stale boolean NOT NULL DEFAULT false);
CREATE TABLE bom (parent int REFERENCES parts, child int REFERENCES parts, qty
    numeric(10,3)
     NOT NULL DEFAULT 1, PRIMARY KEY (parent, child), CHECK (parent <> child));
CREATE FUNCTION rolled_cost(p int) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT coalesce(sum(c.cost * b.qty), 0) FROM bom b JOIN parts c ON c.id = b.child WHERE b.parent = p $$;
CREATE FUNCTION mark_stale() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE parts SET stale = true WHERE id IN (SELECT parent FROM changed); RETURN NULL; END $$;
CREATE TRIGGER bom_ins AFTER INSERT ON bom REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale();
CREATE TRIGGER bom_upd AFTER UPDATE ON bom REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mark_stale();
ALTER TABLE bom DISABLE TRIGGER bom_ins;
CREATE VIEW costs AS SELECT id, rolled_cost(id) AS rolled, stale FROM parts;
CREATE RULE parts_keep AS ON DELETE TO parts WHERE EXISTS (SELECT FROM bom WHERE child = OLD.id AND qty > 0) DO INSTEAD UPDATE parts SET stale = true WHERE id = OLD.id;
CREATE INDEX bom_child ON bom (child) INCLUDE (qty);
