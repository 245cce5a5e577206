-- old
CREATE SCHEMA acct;
CREATE SEQUENCE acct.account_id_seq
;
CREATE TABLE acct.account (
    id BIGINT DEFAULT nextval('acct.account_id_seq') NOT NULL,
    version_id INTEGER NOT NULL,
    opened TIMESTAMP WITH TIME ZONE DEFAULT now(),
    balance NUMERIC(10, 2)
        DEFAULT '0',
    PRIMARY KEY (id)
);
CREATE TABLE acct.account_history (
    id BIGINT NOT NULL,
    version_id INTEGER NOT NULL,
    opened TIMESTAMP WITH TIME ZONE,
    balance NUMERIC(10, 2),
    PRIMARY KEY (id, version_id)
);
CREATE INDEX ix_acct_account_opened ON acct.account (opened)
;
GRANT USAGE, SELECT ON SEQUENCE acct.account_id_seq TO app_writer;
COMMENT ON COLUMN acct.account.version_id IS 'Optimistic lock';
-- new
CREATE SCHEMA acct;
CREATE SEQUENCE acct.account_id_seq
 AS bigint START 1000 CACHE 10;
CREATE TABLE acct.account (
    id BIGINT DEFAULT nextval('acct.account_id_seq') NOT NULL,
    version_id INTEGER NOT NULL,
    opened TIMESTAMP WITH TIME ZONE DEFAULT now(),
    balance NUMERIC(10, 2)
        DEFAULT 0 NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE acct.account_history (
    id BIGINT NOT NULL,
    version_id INTEGER NOT NULL,
    opened TIMESTAMP WITH TIME ZONE,
    balance NUMERIC(10, 2),
    changed TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (id, version_id)
);
CREATE INDEX ix_acct_account_opened ON acct.account (opened)
    WHERE balance > 0
;
ALTER SEQUENCE acct.account_id_seq OWNED BY acct.account.id;
GRANT USAGE, SELECT ON SEQUENCE acct.account_id_seq TO app_writer;
COMMENT ON COLUMN acct.account.version_id IS 'Optimistic lock';
