-- old
CREATE SCHEMA iot;
CREATE TYPE iot.cmp AS ENUM ('<', '>', '=');
CREATE TYPE iot.condition AS (field text, op iot.cmp, threshold
    real
);
CREATE TABLE iot.rules (id int PRIMARY KEY, cond iot.condition NOT NULL, extra iot.condition[] DEFAULT '{}', active boolean DEFAULT true);
CREATE FUNCTION iot.holds(c iot.condition, v
    real) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE (c).op WHEN '<' THEN v < (c).threshold WHEN '>' THEN v > (c).threshold ELSE v = (c).threshold END $$;
CREATE TABLE iot.alarms (rule_id int REFERENCES iot.rules, at timestamptz DEFAULT now(), value
    real
);
CREATE INDEX rules_threshold ON iot.rules (((cond).threshold)) WHERE active;
CREATE VIEW iot.firing AS SELECT a.at, r.id, iot.holds(r.cond, a.value) AS still FROM iot.alarms a JOIN iot.rules r ON r.id = a.rule_id;
COMMENT ON COLUMN iot.condition.threshold IS 'Limit';
-- new
CREATE SCHEMA iot;
CREATE TYPE iot.cmp AS ENUM ('<', '>', '=');
CREATE TYPE iot.condition AS (field text, op iot.cmp, threshold
    double precision
);
CREATE TABLE iot.rules (id int PRIMARY KEY, cond iot.condition NOT NULL, extra iot.condition[] DEFAULT '{}', active boolean DEFAULT true);
CREATE FUNCTION iot.holds(c iot.condition, v
    double precision) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE (c).op WHEN '<' THEN v < (c).threshold WHEN '>' THEN v > (c).threshold ELSE v = (c).threshold END $$;
CREATE TABLE iot.alarms (rule_id int REFERENCES iot.rules, at timestamptz DEFAULT now(), value
    double precision
);
CREATE INDEX rules_threshold ON iot.rules (((cond).threshold)) WHERE active;
CREATE VIEW iot.firing AS SELECT a.at, r.id, iot.holds(r.cond, a.value) AS still FROM iot.alarms a JOIN iot.rules r ON r.id = a.rule_id;
COMMENT ON COLUMN iot.condition.threshold IS 'Limit';
