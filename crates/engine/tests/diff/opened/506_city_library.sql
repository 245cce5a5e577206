-- old
CREATE TABLE branch (code char(3) PRIMARY KEY, name text NOT NULL);
CREATE TABLE title (title_id serial PRIMARY KEY, isbn varchar(13), name text NOT NULL, year smallint);
CREATE TABLE copy (
    barcode varchar(14) PRIMARY KEY,
    title_id int NOT NULL REFERENCES title,
    branch char(3) NOT NULL REFERENCES branch,
    lost boolean NOT NULL DEFAULT false
);
CREATE TABLE member (member_id serial PRIMARY KEY, name text NOT NULL, card_no varchar(12) UNIQUE);
CREATE TABLE loan (
    loan_id serial PRIMARY KEY,
    barcode varchar(14) NOT NULL REFERENCES copy,
    member_id int NOT NULL REFERENCES member,
    out_on date NOT NULL DEFAULT current_date,
    due_on date NOT NULL,
    back_on date
);
CREATE VIEW overdue AS SELECT l.loan_id, m.name, m.card_no, t.name AS title, l.due_on FROM loan l JOIN member m USING (member_id) JOIN copy c USING (barcode) JOIN title t USING (title_id) WHERE back_on IS NULL AND due_on < current_date;
CREATE VIEW overdue_count AS SELECT card_no, count(*) AS n FROM overdue GROUP BY card_no;
GRANT SELECT ON overdue TO app_reader;
COMMENT ON VIEW overdue IS 'shown at the desk';
-- new
CREATE TABLE branch (code varchar(5) PRIMARY KEY, name text NOT NULL);
CREATE TABLE title (title_id serial PRIMARY KEY, isbn varchar(13), name text NOT NULL, year smallint, CONSTRAINT isbn_shape CHECK (isbn ~ '^97[89][0-9]{10}$') NOT VALID);
CREATE TABLE copy (
    barcode varchar(14) PRIMARY KEY,
    title_id int NOT NULL REFERENCES title,
    branch varchar(5) NOT NULL REFERENCES branch,
    state text NOT NULL DEFAULT 'ok'
);
CREATE TABLE member (member_id serial PRIMARY KEY, name text NOT NULL, card_no varchar(12) UNIQUE);
CREATE TABLE loan (
    loan_id serial PRIMARY KEY,
    barcode varchar(14) NOT NULL REFERENCES copy ON UPDATE CASCADE,
    member_id int NOT NULL REFERENCES member,
    out_on date NOT NULL DEFAULT current_date,
    due_on date NOT NULL,
    back_on date
);
CREATE UNIQUE INDEX loan_one_open ON loan (barcode) WHERE back_on IS NULL;
CREATE VIEW overdue AS SELECT l.loan_id, m.name, m.card_no, t.name AS title, l.due_on, current_date - l.due_on AS days FROM loan l JOIN member m USING (member_id) JOIN copy c USING (barcode) JOIN title t USING (title_id) WHERE back_on IS NULL AND due_on < current_date AND c.state <> 'lost';
CREATE VIEW overdue_count AS SELECT card_no, count(*) AS n, max(days) AS worst FROM overdue GROUP BY card_no;
GRANT SELECT ON overdue, overdue_count TO app_reader;
COMMENT ON VIEW overdue IS 'shown at the desk; lost copies are left out';
