-- old
CREATE SCHEMA lms;
CREATE TABLE lms.grades (student int, course int, grade numeric(3,1) NOT NULL, weight int NOT NULL DEFAULT 1, PRIMARY KEY (student, course));
CREATE FUNCTION lms.wavg_step(s numeric[], v numeric, w int) RETURNS numeric[] LANGUAGE sql IMMUTABLE
    AS $$ SELECT ARRAY[s[1] + v * w, s[2] + w] $$;
CREATE FUNCTION lms.wavg_final(s numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE
    AS $$ SELECT s[1] / nullif(s[2], 0) $$;
CREATE AGGREGATE lms.wavg(numeric, int) (SFUNC = lms.wavg_step, STYPE = numeric[], FINALFUNC = lms.wavg_final, INITCOND = '{0,0}');
CREATE VIEW lms.averages AS SELECT student, lms.wavg(grade, weight) AS average FROM lms.grades GROUP BY student;
COMMENT ON AGGREGATE lms.wavg(numeric, int) IS 'Weighted mean';
GRANT SELECT ON lms.averages TO app_reader;
-- new
CREATE SCHEMA lms;
CREATE TABLE lms.grades (student int, course int, grade numeric(3,1) NOT NULL, weight int NOT NULL DEFAULT 1, PRIMARY KEY (student, course));
CREATE FUNCTION lms.wavg_step(s numeric[], v numeric, w int) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN v IS NULL THEN s ELSE ARRAY[s[1] + v * w, s[2] + w] END $$;
CREATE FUNCTION lms.wavg_final(s numeric[]) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT s[1] / nullif(s[2], 0) $$;
CREATE AGGREGATE lms.wavg(numeric, int) (SFUNC = lms.wavg_step, STYPE = numeric[], FINALFUNC = lms.wavg_final, INITCOND = '{0,0}', PARALLEL = SAFE);
CREATE VIEW lms.averages AS SELECT student, lms.wavg(grade, weight) AS average FROM lms.grades GROUP BY student;
COMMENT ON AGGREGATE lms.wavg(numeric, int) IS 'Weighted mean';
GRANT SELECT ON lms.averages TO app_reader;
