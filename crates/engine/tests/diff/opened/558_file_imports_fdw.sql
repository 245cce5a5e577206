-- old
CREATE EXTENSION file_fdw;
CREATE SCHEMA imp;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE imp.countries (code char(2), name text) SERVER files OPTIONS (filename '/srv/in/countries.csv', format 'csv');
CREATE FOREIGN TABLE imp.rates (currency char(3), rate numeric, day date) SERVER files OPTIONS (filename '/srv/in/rates.csv', format 'csv', header 'true');
CREATE FOREIGN DATA WRAPPER dummy_old NO HANDLER;
CREATE SERVER mainframe TYPE 'db2' VERSION '8' FOREIGN DATA WRAPPER dummy_old OPTIONS (host 'mvs1');
CREATE TABLE rate (currency char(3), day date, rate numeric(12,6), PRIMARY KEY (currency, day));
CREATE PROCEDURE imp.take_rates() LANGUAGE sql AS $$ INSERT INTO rate SELECT currency, day, rate FROM imp.rates ON CONFLICT DO NOTHING $$;
-- new
CREATE EXTENSION file_fdw;
CREATE SCHEMA imp;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE imp.countries (code char(2), name text) SERVER files OPTIONS (filename '/srv/in/countries_v2.csv', format 'csv', delimiter ';', null '\N');
CREATE FOREIGN TABLE imp.rates (base char(3), currency char(3), rate numeric(14,8) CHECK (rate > 0), day date NOT NULL) SERVER files OPTIONS (filename '/srv/in/rates.csv', format 'csv', header 'true');
COMMENT ON FOREIGN TABLE imp.rates IS 'daily file of the central bank';
CREATE FOREIGN DATA WRAPPER dummy_new NO HANDLER VALIDATOR postgresql_fdw_validator;
CREATE SERVER mainframe TYPE 'db2' VERSION '11' FOREIGN DATA WRAPPER dummy_new OPTIONS (host 'mvs2', port '446');
CREATE TABLE rate (base char(3) NOT NULL DEFAULT 'EUR', currency char(3), day date, rate numeric(14,8), PRIMARY KEY (base, currency, day));
CREATE PROCEDURE imp.take_rates(p_day date) LANGUAGE sql AS $$ INSERT INTO rate SELECT base, currency, day, rate FROM imp.rates WHERE day = p_day ON CONFLICT DO NOTHING $$;
GRANT USAGE ON FOREIGN DATA WRAPPER dummy_new TO app_owner;
GRANT SELECT ON imp.countries, imp.rates TO app_reader;
ALTER SERVER mainframe OWNER TO app_owner;
