-- old
CREATE TABLE contracts (id int PRIMARY KEY, body text, version int NOT NULL DEFAULT 1, changed_by text);
CREATE TABLE contracts_versions (LIKE contracts);
ALTER TABLE contracts_versions ADD PRIMARY KEY (id, version);
CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO contracts_versions SELECT OLD.*; RETURN NULL; END $$;
CREATE TRIGGER a_bump BEFORE UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION bump();
CREATE TRIGGER b_keep AFTER UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION keep();
CREATE RULE fixed AS ON UPDATE TO contracts_versions DO INSTEAD NOTHING;
REVOKE ALL ON FUNCTION bump() FROM PUBLIC;
-- new
CREATE TABLE contracts (id int PRIMARY KEY, body text, version int NOT NULL DEFAULT 1, changed_by text);
CREATE TABLE contracts_versions (LIKE contracts);
ALTER TABLE contracts_versions ADD PRIMARY KEY (id, version);
CREATE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := OLD.version + 1; RETURN NEW; END $$;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO contracts_versions SELECT OLD.*; RETURN NULL; END $$;
CREATE FUNCTION who() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed_by := SESSION_USER; RETURN NEW; END $$;
CREATE TRIGGER a_who BEFORE INSERT OR UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION who();
CREATE TRIGGER b_bump BEFORE UPDATE OF body ON contracts FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION bump();
CREATE TRIGGER c_keep AFTER UPDATE OR DELETE ON contracts FOR EACH ROW EXECUTE FUNCTION keep();
COMMENT ON TRIGGER b_bump ON contracts IS 'Only if the text changed';
CREATE RULE fixed AS ON UPDATE TO contracts_versions DO INSTEAD NOTHING;
REVOKE ALL ON FUNCTION bump() FROM PUBLIC;
