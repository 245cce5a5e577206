-- old
CREATE TABLE study (study_id text PRIMARY KEY, title text NOT NULL, pi text NOT NULL);
CREATE TABLE sample (sample_id text PRIMARY KEY, study_id text NOT NULL REFERENCES study, taken timestamptz, volume_ml real, freezer text);
CREATE TABLE measurement (sample_id text NOT NULL REFERENCES sample, analyte text NOT NULL, value double precision, unit text, PRIMARY KEY (sample_id, analyte));
CREATE STATISTICS measurement_dep (dependencies) ON analyte, unit FROM measurement;
CREATE VIEW sample_wide AS SELECT s.sample_id, max(value) FILTER (WHERE analyte = 'glucose') AS glucose, max(value) FILTER (WHERE analyte = 'ldl') AS ldl FROM sample s LEFT JOIN measurement m USING (sample_id) GROUP BY s.sample_id;
COMMENT ON TABLE measurement IS 'raw values of the analyser';
COMMENT ON COLUMN measurement.unit IS 'free text';
-- new
CREATE TYPE conc_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE study (study_id text PRIMARY KEY, title text NOT NULL, pi text NOT NULL);
CREATE TABLE unit (code text PRIMARY KEY, factor double precision NOT NULL DEFAULT 1);
CREATE TABLE analyte (analyte text PRIMARY KEY, unit text NOT NULL REFERENCES unit, normal conc_range);
CREATE TABLE sample (sample_id text PRIMARY KEY, study_id text NOT NULL REFERENCES study, taken timestamptz, volume_ml real, freezer text);
CREATE TABLE measurement (sample_id text NOT NULL REFERENCES sample, analyte text NOT NULL REFERENCES analyte, run smallint NOT NULL DEFAULT 1, value double precision, PRIMARY KEY (sample_id, analyte, run));
CREATE STATISTICS measurement_nd (ndistinct, mcv) ON sample_id, analyte FROM measurement;
CREATE VIEW sample_wide AS SELECT s.sample_id, s.study_id, avg(value) FILTER (WHERE analyte = 'glucose') AS glucose, avg(value) FILTER (WHERE analyte = 'ldl') AS ldl FROM sample s LEFT JOIN measurement m USING (sample_id) GROUP BY s.sample_id;
COMMENT ON TABLE measurement IS 'raw values of the analyser, one row per run';
COMMENT ON COLUMN measurement.run IS 'counts repeats from 1';
