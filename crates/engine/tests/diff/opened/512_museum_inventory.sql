-- old
CREATE TABLE item (
    inv_no text PRIMARY KEY,
    title text NOT NULL,
    acquired date,
    insured_value numeric(12,2)
);
CREATE TABLE painting (width_cm numeric, height_cm numeric, technique text) INHERITS (item);
CREATE TABLE sculpture (material text, weight_kg numeric) INHERITS (item);
ALTER TABLE painting ADD PRIMARY KEY (inv_no);
ALTER TABLE sculpture ADD PRIMARY KEY (inv_no);
CREATE TABLE loan_out (loan_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, inv_no text NOT NULL, borrower text NOT NULL, period daterange NOT NULL);
CREATE FUNCTION area(painting) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1.width_cm * $1.height_cm';
CREATE VIEW big_paintings AS SELECT p.inv_no, p.title, area(p.*) AS area FROM painting p WHERE area(p.*) > 10000;
-- new
CREATE EXTENSION btree_gist;
CREATE TABLE item (
    inv_no text PRIMARY KEY,
    title text NOT NULL,
    acquired date,
    insured_value numeric(14,2),
    location text,
    CONSTRAINT value_positive CHECK (insured_value >= 0)
);
CREATE TABLE painting (width_cm numeric, height_cm numeric, technique text) INHERITS (item);
CREATE TABLE sculpture (material text, weight_kg numeric) INHERITS (item);
CREATE TABLE photograph (negative_no text, taken date) INHERITS (item);
ALTER TABLE painting ADD PRIMARY KEY (inv_no);
ALTER TABLE sculpture ADD PRIMARY KEY (inv_no);
ALTER TABLE photograph ADD PRIMARY KEY (inv_no);
CREATE TABLE loan_out (loan_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, inv_no text NOT NULL, borrower text NOT NULL, period daterange NOT NULL,
  EXCLUDE USING gist (inv_no WITH =, period WITH &&));
CREATE FUNCTION area(painting) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT round($1.width_cm * $1.height_cm / 10000, 2)';
CREATE VIEW big_paintings AS SELECT p.inv_no, p.title, p.location, area(p.*) AS area FROM painting p WHERE area(p.*) > 1;
