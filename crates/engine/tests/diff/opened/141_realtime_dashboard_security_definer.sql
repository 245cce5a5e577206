-- old
CREATE SCHEMA internal AUTHORIZATION app_owner;
CREATE TABLE internal.kpi (name text PRIMARY KEY, value double precision, at timestamptz DEFAULT now());
ALTER TABLE internal.kpi OWNER TO app_owner;
CREATE FUNCTION kpi(n text) RETURNS double precision LANGUAGE sql SECURITY DEFINER AS $$ SELECT value FROM internal.kpi WHERE name = n $$;
ALTER FUNCTION kpi(text) OWNER TO app_owner;
REVOKE ALL ON FUNCTION kpi(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kpi(text) TO app_reader;
CREATE VIEW dashboard AS SELECT kpi('mrr') AS mrr, kpi('churn') AS churn;
ALTER VIEW dashboard OWNER TO app_owner;
GRANT SELECT ON dashboard TO app_reader;
-- new
CREATE SCHEMA internal AUTHORIZATION app_owner;
CREATE TABLE internal.kpi (name text PRIMARY KEY, value double precision, at timestamptz DEFAULT now());
ALTER TABLE internal.kpi OWNER TO app_owner;
CREATE FUNCTION kpi(n text) RETURNS TABLE (value double precision, age interval) LANGUAGE sql SECURITY DEFINER STABLE SET search_path = internal AS $$ SELECT value, now() - at FROM kpi WHERE name = n $$;
ALTER FUNCTION kpi(text) OWNER TO app_owner;
REVOKE ALL ON FUNCTION kpi(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kpi(text) TO app_reader;
CREATE VIEW dashboard AS SELECT (SELECT value FROM kpi('mrr')) AS mrr, (SELECT value FROM kpi('churn')) AS churn, (SELECT max(age) FROM kpi('mrr')) AS age;
ALTER VIEW dashboard OWNER TO app_owner;
GRANT SELECT ON dashboard TO app_reader;
