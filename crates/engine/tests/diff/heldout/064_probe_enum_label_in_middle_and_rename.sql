-- old
CREATE TYPE level AS ENUM ('low', 'high');
CREATE TABLE t (l level DEFAULT 'low', ls level[] DEFAULT ARRAY['low','high']::level[]);
CREATE DOMAIN top AS level CHECK (VALUE = 'high');
CREATE FUNCTION f(l level DEFAULT 'high') RETURNS level LANGUAGE sql AS $$ SELECT l $$;
-- new
CREATE TYPE level AS ENUM ('lowest', 'low', 'medium', 'high', 'über');
CREATE TABLE t (l level DEFAULT 'low', ls level[] DEFAULT ARRAY['low','high']::level[]);
CREATE DOMAIN top AS level CHECK (VALUE = 'high');
CREATE FUNCTION f(l level DEFAULT 'high') RETURNS level LANGUAGE sql AS $$ SELECT l $$;
