-- old
CREATE SCHEMA pay;
CREATE TABLE pay.cards (
    id bigint PRIMARY KEY,
    holder text NOT NULL,
    pan text NOT NULL,
    last4 char(4) NOT NULL,
    expires date NOT NULL
);
ALTER TABLE pay.cards OWNER TO app_owner;
GRANT SELECT (id, holder, last4), UPDATE (holder) ON pay.cards TO app_reader;
GRANT INSERT, SELECT ON pay.cards TO app_writer;
CREATE VIEW pay.expiring AS SELECT id, holder, last4 FROM pay.cards WHERE expires < CURRENT_DATE + 30;
ALTER VIEW pay.expiring OWNER TO app_owner;
GRANT SELECT ON pay.expiring TO PUBLIC;
GRANT USAGE ON SCHEMA pay TO app_reader, app_writer;
-- new
CREATE SCHEMA pay;
CREATE TABLE pay.cards (
    id bigint PRIMARY KEY,
    holder text NOT NULL,
    pan_token text NOT NULL,
    last4 char(4) NOT NULL,
    expires date NOT NULL
);
ALTER TABLE pay.cards OWNER TO app_owner;
GRANT SELECT (id, last4, expires) ON pay.cards TO app_reader;
GRANT INSERT, SELECT (id, holder, pan_token, last4, expires), UPDATE (pan_token) ON pay.cards TO app_writer WITH GRANT OPTION;
CREATE VIEW pay.expiring AS SELECT id, holder, last4 FROM pay.cards WHERE expires < CURRENT_DATE + 30;
ALTER VIEW pay.expiring OWNER TO app_owner;
GRANT SELECT (id, last4) ON pay.expiring TO app_reader;
GRANT USAGE ON SCHEMA pay TO app_reader, app_writer;
