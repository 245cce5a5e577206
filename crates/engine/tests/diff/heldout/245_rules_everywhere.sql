-- old
CREATE TABLE base (id int PRIMARY KEY, v text, hidden bool DEFAULT false);
CREATE TABLE trail (what text, id int, at timestamptz DEFAULT now());
CREATE VIEW shown AS SELECT id, v FROM base WHERE NOT hidden;
CREATE RULE ins AS ON INSERT TO shown DO INSTEAD INSERT INTO base (id, v) VALUES (new.id, new.v) RETURNING id, v;
CREATE RULE upd AS ON UPDATE TO shown DO INSTEAD UPDATE base SET v = new.v WHERE base.id = old.id;
CREATE RULE del AS ON DELETE TO shown DO INSTEAD UPDATE base SET hidden = true WHERE base.id = old.id;
CREATE RULE log AS ON INSERT TO base DO ALSO INSERT INTO trail (what, id) VALUES ('ins', new.id);
CREATE RULE cond AS ON UPDATE TO base WHERE old.v IS DISTINCT FROM new.v DO (INSERT INTO trail VALUES ('u1', old.id); INSERT INTO trail VALUES ('u2', new.id));
CREATE RULE note AS ON DELETE TO trail DO ALSO NOTIFY trail_gone;
ALTER TABLE base DISABLE RULE cond;
COMMENT ON RULE ins ON shown IS 'insert through';
-- new
CREATE TABLE base (id bigint PRIMARY KEY, v varchar(40), deleted timestamptz);
CREATE TABLE trail (what text, id bigint, at timestamptz DEFAULT now(), who name DEFAULT CURRENT_USER);
CREATE VIEW shown WITH (check_option = local) AS SELECT id, v, deleted FROM base WHERE deleted IS NULL;
CREATE RULE del AS ON DELETE TO shown DO INSTEAD UPDATE base SET deleted = now() WHERE base.id = old.id RETURNING old.*;
CREATE RULE log AS ON INSERT TO base WHERE new.v <> 'quiet' DO ALSO INSERT INTO trail (what, id) SELECT 'ins', new.id WHERE EXISTS (SELECT 1 FROM shown s WHERE s.id < new.id);
CREATE RULE cond AS ON UPDATE TO base WHERE old.v IS DISTINCT FROM new.v DO ALSO INSERT INTO trail VALUES ('u', old.id);
CREATE RULE note AS ON DELETE TO trail DO INSTEAD NOTHING;
ALTER TABLE base ENABLE ALWAYS RULE cond;
ALTER TABLE trail ENABLE REPLICA RULE note;
COMMENT ON RULE del ON shown IS 'soft';
