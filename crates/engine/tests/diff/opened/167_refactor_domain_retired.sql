-- old
CREATE DOMAIN pct AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN share AS pct DEFAULT 50;
CREATE TABLE splits (
    id int PRIMARY KEY,
    left_ share,
    right_ pct GENERATED ALWAYS AS (100 - left_) STORED
);
CREATE VIEW uneven AS SELECT id, left_, right_ FROM splits WHERE left_ <> right_;
CREATE FUNCTION clamp(n numeric) RETURNS pct LANGUAGE sql IMMUTABLE AS $$ SELECT least(greatest(n, 0), 100)::public.pct $$;
CREATE INDEX splits_clamped ON splits (clamp(left_ * 2));
CREATE TYPE part AS (name text, p pct);
CREATE TABLE recipes (id int PRIMARY KEY, parts part[]);
-- new
CREATE TABLE splits (
    id int PRIMARY KEY,
    left_ numeric(5,2) DEFAULT 50 CONSTRAINT left_pct CHECK (left_ BETWEEN 0 AND 100),
    right_ numeric(5,2) GENERATED ALWAYS AS (100 - left_) STORED
);
CREATE VIEW uneven AS SELECT id, left_, right_ FROM splits WHERE left_ <> right_;
CREATE FUNCTION clamp(n numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT least(greatest(n, 0), 100) $$;
CREATE INDEX splits_clamped ON splits (clamp(left_ * 2));
CREATE TYPE part AS (name text, p numeric(5,2));
CREATE TABLE recipes (id int PRIMARY KEY, parts part[]);
