-- old
CREATE SCHEMA sales;
CREATE SCHEMA support;
CREATE TYPE sales.prio AS ENUM ('low', 'high');
CREATE TYPE support.prio AS ENUM ('low', 'normal', 'high');
CREATE TABLE sales.leads (id serial PRIMARY KEY, name text, prio sales.prio DEFAULT 'low');
CREATE TABLE support.cases (id serial PRIMARY KEY, subject text, prio support.prio DEFAULT 'normal');
CREATE FUNCTION sales.hot() RETURNS SETOF sales.leads LANGUAGE sql STABLE AS $$ SELECT * FROM sales.leads WHERE prio = 'high' $$;
CREATE FUNCTION support.hot() RETURNS SETOF support.cases LANGUAGE sql STABLE AS $$ SELECT * FROM support.cases WHERE prio = 'high' $$;
GRANT USAGE ON SCHEMA sales, support TO app_reader;
COMMENT ON SCHEMA sales IS 'Before the sale';
-- new
CREATE SCHEMA crm;
CREATE TYPE crm.prio AS ENUM ('low', 'normal', 'high');
CREATE TABLE crm.leads (id serial PRIMARY KEY, name text, prio crm.prio DEFAULT 'low');
CREATE TABLE crm.cases (id serial PRIMARY KEY, subject text, prio crm.prio DEFAULT 'normal');
CREATE FUNCTION crm.hot_leads() RETURNS SETOF crm.leads LANGUAGE sql STABLE AS $$ SELECT * FROM crm.leads WHERE prio = 'high' $$;
CREATE FUNCTION crm.hot_cases() RETURNS SETOF crm.cases LANGUAGE sql STABLE AS $$ SELECT * FROM crm.cases WHERE prio = 'high' $$;
GRANT USAGE ON SCHEMA crm TO app_reader;
COMMENT ON SCHEMA crm IS 'All of it';
