-- old
CREATE TABLE invoice (
    id bigint PRIMARY KEY,
    number bigint NOT NULL
);
CREATE SEQUENCE invoice_id_seq;
ALTER SEQUENCE invoice_id_seq OWNED BY invoice.id;
ALTER TABLE invoice ALTER id SET DEFAULT nextval('invoice_id_seq');
GRANT USAGE ON SEQUENCE invoice_id_seq TO app_writer;
-- new
CREATE TABLE invoice (
    id text PRIMARY KEY,
    number bigint NOT NULL
);
CREATE SEQUENCE invoice_id_seq;
ALTER TABLE invoice ALTER number SET DEFAULT nextval('invoice_id_seq');
GRANT USAGE ON SEQUENCE invoice_id_seq TO app_writer;
