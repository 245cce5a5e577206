-- old
CREATE TABLE tickets (id bigint PRIMARY KEY, opened timestamptz NOT NULL, closed timestamptz, priority smallint NOT NULL DEFAULT 3);
CREATE VIEW ticket_age AS
    SELECT id, priority, now() - opened AS age FROM tickets WHERE closed IS NULL;
CREATE VIEW overdue AS
    SELECT id FROM ticket_age WHERE age > interval '2 days' AND priority < 3;
CREATE VIEW overdue_count AS SELECT count(*) AS n FROM overdue;
CREATE FUNCTION overdue_ids() RETURNS SETOF overdue LANGUAGE sql STABLE AS $$ SELECT * FROM overdue $$;
CREATE RULE close_overdue AS ON DELETE TO overdue DO INSTEAD UPDATE tickets SET closed = now() WHERE tickets.id = OLD.id;
GRANT SELECT, DELETE ON overdue TO app_writer;
COMMENT ON COLUMN ticket_age.age IS 'Since it was opened';
-- new
CREATE TABLE tickets (id bigint PRIMARY KEY, opened timestamptz NOT NULL, closed timestamptz, priority smallint NOT NULL DEFAULT 3);
CREATE VIEW ticket_age AS
    SELECT id, priority::integer AS priority, EXTRACT(epoch FROM now() - opened) AS age FROM tickets WHERE closed IS NULL;
CREATE VIEW overdue AS
    SELECT id FROM ticket_age WHERE age > 172800 AND priority < 3;
CREATE VIEW overdue_count AS SELECT count(*) AS n FROM overdue;
CREATE FUNCTION overdue_ids() RETURNS SETOF overdue LANGUAGE sql STABLE AS $$ SELECT * FROM overdue $$;
CREATE RULE close_overdue AS ON DELETE TO overdue DO INSTEAD UPDATE tickets SET closed = now() WHERE tickets.id = OLD.id;
GRANT SELECT, DELETE ON overdue TO app_writer;
COMMENT ON COLUMN ticket_age.age IS 'Since it was opened';
