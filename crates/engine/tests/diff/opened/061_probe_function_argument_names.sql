-- old
CREATE FUNCTION area(w numeric, h numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT w * h $$;
CREATE FUNCTION pair(a anyelement, b anyelement) RETURNS anyarray LANGUAGE sql AS $$ SELECT ARRAY[a, b] $$;
CREATE TABLE rects (w numeric, h numeric, a numeric GENERATED ALWAYS AS (area(w, h)) STORED, CHECK (area(w, h) < 1000));
CREATE INDEX rects_area ON rects (area(w, h));
-- new
CREATE FUNCTION area(width numeric, height numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT width * height $$;
CREATE FUNCTION pair(a anycompatible, b anycompatible) RETURNS anycompatiblearray LANGUAGE sql AS $$ SELECT ARRAY[a, b] $$;
CREATE TABLE rects (w numeric, h numeric, a numeric GENERATED ALWAYS AS (area(w, h)) STORED, CHECK (area(w, h) < 1000));
CREATE INDEX rects_area ON rects (area(w, h));
