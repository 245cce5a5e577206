-- old
CREATE FUNCTION prorate(amount numeric, used int, total int) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT round(amount * used / total, 2) $$;
CREATE FUNCTION prorate(amount int, used int, total int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT amount * used / total $$;
CREATE TABLE charges (
    id bigint PRIMARY KEY,
    amount int NOT NULL,
    used int NOT NULL,
    due int GENERATED ALWAYS AS (prorate(amount, used, 30)) STORED
);
CREATE VIEW due_charges AS SELECT id, due FROM charges WHERE due > 0;
COMMENT ON FUNCTION prorate(int, int, int) IS 'Cents';
COMMENT ON FUNCTION prorate(numeric, int, int) IS 'Exact';
GRANT EXECUTE ON FUNCTION prorate(int, int, int) TO app_writer;
-- new
CREATE FUNCTION prorate(amount numeric, used int, total int) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT round(amount * used / total, 2) $$;
CREATE FUNCTION prorate(amount numeric, during daterange) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT public.prorate(amount, upper(during) - lower(during), 30) $$;
CREATE TABLE charges (
    id bigint PRIMARY KEY,
    amount numeric(12,2) NOT NULL,
    during daterange NOT NULL,
    due numeric(12,2) GENERATED ALWAYS AS (prorate(amount, during)) STORED
);
CREATE VIEW due_charges AS SELECT id, due FROM charges WHERE due > 0;
COMMENT ON FUNCTION prorate(numeric, daterange) IS 'Months have 30 days';
COMMENT ON FUNCTION prorate(numeric, int, int) IS 'Exact';
