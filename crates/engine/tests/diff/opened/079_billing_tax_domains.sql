-- old
CREATE SCHEMA fin;
CREATE DOMAIN fin.cents AS bigint CHECK (VALUE >= 0);
CREATE DOMAIN fin.rate AS numeric(4,3) CHECK (VALUE BETWEEN 0 AND 1);
CREATE FUNCTION fin.tax(c fin.cents, r fin.rate) RETURNS fin.cents LANGUAGE sql IMMUTABLE AS $$ SELECT round(c * r)::bigint::fin.cents $$;
CREATE TABLE fin.lines (
    invoice bigint,
    line int,
    net fin.cents NOT NULL,
    rate fin.rate NOT NULL,
    tax bigint GENERATED ALWAYS AS (fin.tax(net, rate)) STORED,
    PRIMARY KEY (invoice, line)
);
CREATE VIEW fin.invoice_totals AS SELECT invoice, sum(net) AS net, sum(tax) AS tax, max(rate) AS top_rate FROM fin.lines GROUP BY invoice;
COMMENT ON FUNCTION fin.tax(fin.cents, fin.rate) IS 'Rounds half away';
GRANT EXECUTE ON FUNCTION fin.tax(fin.cents, fin.rate) TO app_reader;
REVOKE EXECUTE ON FUNCTION fin.tax(fin.cents, fin.rate) FROM PUBLIC;
-- new
CREATE SCHEMA fin;
CREATE DOMAIN fin.cents AS bigint CHECK (VALUE >= 0);
CREATE DOMAIN fin.rate AS numeric(6,5) CHECK (VALUE >= 0 AND VALUE < 1) DEFAULT 0;
CREATE FUNCTION fin.tax(c fin.cents, r fin.rate) RETURNS fin.cents LANGUAGE sql IMMUTABLE AS $$ SELECT round(c * r)::bigint::fin.cents $$;
CREATE TABLE fin.lines (
    invoice bigint,
    line int,
    net fin.cents NOT NULL,
    rate fin.rate NOT NULL,
    tax bigint GENERATED ALWAYS AS (fin.tax(net, rate)) STORED,
    PRIMARY KEY (invoice, line)
);
CREATE VIEW fin.invoice_totals AS SELECT invoice, sum(net) AS net, sum(tax) AS tax, max(rate) AS top_rate FROM fin.lines GROUP BY invoice;
COMMENT ON FUNCTION fin.tax(fin.cents, fin.rate) IS 'Rounds half away';
GRANT EXECUTE ON FUNCTION fin.tax(fin.cents, fin.rate) TO app_reader;
REVOKE EXECUTE ON FUNCTION fin.tax(fin.cents, fin.rate) FROM PUBLIC;
