-- old
CREATE SCHEMA adt;
CREATE SCHEMA lab;

CREATE DOMAIN adt.mrn AS varchar(10) CHECK (VALUE ~ '^[0-9]{6,10}$');

CREATE TABLE adt.patient (
    patient_no adt.mrn PRIMARY KEY,
    family_name text NOT NULL,
    given_name text NOT NULL,
    birth_date date NOT NULL,
    sex char(1) CHECK (sex IN ('M', 'F', 'U'))
);

CREATE TABLE adt.stay (
    stay_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_no adt.mrn NOT NULL REFERENCES adt.patient,
    ward varchar(8) NOT NULL,
    bed varchar(4),
    admitted timestamptz NOT NULL DEFAULT now(),
    discharged timestamptz,
    CONSTRAINT stay_order CHECK (discharged > admitted)
);
CREATE INDEX stay_open ON adt.stay (ward, bed) WHERE discharged IS NULL;

CREATE TABLE lab.result (
    result_id bigserial PRIMARY KEY,
    stay_id integer NOT NULL REFERENCES adt.stay,
    code text NOT NULL,
    value text,
    resulted_at timestamptz NOT NULL
);

CREATE FUNCTION adt.current_ward(p adt.mrn) RETURNS varchar LANGUAGE sql STABLE AS $$
    SELECT ward FROM adt.stay WHERE patient_no = p AND discharged IS NULL LIMIT 1
$$;

GRANT USAGE ON SCHEMA adt, lab TO app_reader;
GRANT SELECT ON adt.patient, adt.stay, lab.result TO app_reader;
-- new
CREATE EXTENSION btree_gist;
CREATE SCHEMA adt;
CREATE SCHEMA lab;

CREATE DOMAIN adt.mrn AS varchar(10) CHECK (VALUE ~ '^[0-9]{8,10}$');

CREATE TABLE adt.patient (
    patient_no adt.mrn PRIMARY KEY,
    family_name text NOT NULL,
    given_name text NOT NULL,
    birth_date date NOT NULL,
    sex char(1) CHECK (sex IN ('M', 'F', 'U')),
    deceased_on date
);

CREATE TABLE adt.stay (
    stay_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    patient_no adt.mrn NOT NULL REFERENCES adt.patient ON UPDATE CASCADE,
    ward varchar(8) NOT NULL,
    bed varchar(4),
    admitted timestamptz NOT NULL DEFAULT now(),
    discharged timestamptz,
    CONSTRAINT stay_order CHECK (discharged > admitted),
    CONSTRAINT bed_once EXCLUDE USING gist (ward WITH =, bed WITH =, tstzrange(admitted, discharged) WITH &&)
);
CREATE INDEX stay_open ON adt.stay (ward, bed) WHERE discharged IS NULL;

CREATE TABLE lab.result (
    result_id bigserial PRIMARY KEY,
    stay_id integer NOT NULL REFERENCES adt.stay,
    code text NOT NULL,
    value text,
    value_num numeric GENERATED ALWAYS AS (CASE WHEN value ~ '^-?[0-9]+(\.[0-9]+)?$' THEN value::numeric END) STORED,
    resulted_at timestamptz NOT NULL
);
CREATE INDEX result_code_brin ON lab.result USING brin (resulted_at);

CREATE FUNCTION adt.current_ward(p adt.mrn, at timestamptz DEFAULT now()) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT ward FROM adt.stay WHERE patient_no = p AND admitted <= at AND (discharged IS NULL OR discharged > at) LIMIT 1
$$;

GRANT USAGE ON SCHEMA adt, lab TO app_reader;
GRANT SELECT ON adt.patient, adt.stay TO app_reader;
GRANT SELECT (result_id, stay_id, code, resulted_at) ON lab.result TO app_reader;
