-- old
CREATE TABLE exchange_rates (currency char(3) PRIMARY KEY, rate numeric NOT NULL);
CREATE TABLE amounts (id int PRIMARY KEY, currency char(3)
    REFERENCES exchange_rates
, v numeric);
CREATE VIEW in_eur AS SELECT a.id, a.v / r.rate AS eur FROM amounts a JOIN exchange_rates r USING (currency);
CREATE FUNCTION rate(c char(3)) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT rate FROM exchange_rates WHERE currency = c $$;
GRANT SELECT ON exchange_rates, in_eur TO app_reader;
-- new
CREATE TABLE rate_history (currency char(3), valid_from date, rate numeric NOT NULL, PRIMARY KEY (currency, valid_from));
CREATE VIEW exchange_rates AS SELECT DISTINCT ON (currency) currency, rate FROM rate_history ORDER BY currency, valid_from DESC;
CREATE TABLE amounts (id int PRIMARY KEY, currency char(3)
    NOT NULL
, v numeric);
CREATE VIEW in_eur AS SELECT a.id, a.v / r.rate AS eur FROM amounts a JOIN exchange_rates r USING (currency);
CREATE FUNCTION rate(c char(3)) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT rate FROM exchange_rates WHERE currency = c $$;
GRANT SELECT ON exchange_rates, in_eur TO app_reader;
