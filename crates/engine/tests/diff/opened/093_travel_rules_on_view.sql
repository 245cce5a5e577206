-- old
CREATE TABLE flights (id int PRIMARY KEY, code text NOT NULL, seats int NOT NULL);
CREATE TABLE flights_archive (id int, code text, archived_at date);
CREATE VIEW all_flights AS SELECT id, code, true AS live FROM flights UNION ALL SELECT id, code, false FROM flights_archive;
CREATE RULE ins AS ON INSERT TO all_flights DO INSTEAD INSERT INTO flights VALUES (NEW.id, NEW.code, 0)
    ;
CREATE RULE del AS ON DELETE TO all_flights WHERE OLD.live DO INSTEAD DELETE FROM flights WHERE id = OLD.id;
CREATE RULE del_noop AS ON DELETE TO all_flights DO INSTEAD NOTHING;
GRANT INSERT, SELECT ON all_flights TO app_writer;
-- new
CREATE TABLE flights (id int PRIMARY KEY, code text NOT NULL, seats int NOT NULL);
CREATE TABLE flights_archive (id int, code text, archived_at date);
CREATE VIEW all_flights AS SELECT id, code, true AS live, NULL::date AS archived_at FROM flights UNION ALL SELECT id, code, false, archived_at FROM flights_archive;
CREATE RULE ins AS ON INSERT TO all_flights DO INSTEAD INSERT INTO flights VALUES (NEW.id, NEW.code, 0)
    RETURNING id, code, true, NULL::date;
CREATE RULE del AS ON DELETE TO all_flights DO INSTEAD (DELETE FROM flights WHERE id = OLD.id; INSERT INTO flights_archive VALUES (OLD.id, OLD.code, CURRENT_DATE));
GRANT INSERT, SELECT ON all_flights TO app_writer;
