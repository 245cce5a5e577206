-- old
CREATE TABLE words (word text PRIMARY KEY, severity int NOT NULL);
CREATE FUNCTION is_rude(t text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM words WHERE t ILIKE '%' || word || '%') $$;
CREATE FUNCTION initial_state(t text DEFAULT '') RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'new' $$;
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    body text NOT NULL CHECK (NOT is_rude(body)),
    state text NOT NULL DEFAULT initial_state()
);
CREATE FUNCTION screen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF is_rude(NEW.body) THEN NEW.state := 'held'; END IF; RETURN NEW; END $$;
CREATE TRIGGER screen BEFORE INSERT ON posts FOR EACH ROW WHEN (is_rude(NEW.body)) EXECUTE FUNCTION screen();
CREATE VIEW rude_posts AS SELECT id, state FROM posts WHERE is_rude(body);
-- new
CREATE TABLE words (word text PRIMARY KEY, severity int NOT NULL);
CREATE FUNCTION is_rude(t text, min_severity int DEFAULT 1) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM words WHERE t ILIKE '%' || word || '%' AND severity >= min_severity) $$;
CREATE FUNCTION initial_state() RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'pending' $$;
CREATE TABLE posts (
    id bigint PRIMARY KEY,
    body text NOT NULL CHECK (NOT is_rude(body)),
    state text NOT NULL DEFAULT initial_state()
);
CREATE FUNCTION screen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF is_rude(NEW.body) THEN NEW.state := 'held'; END IF; RETURN NEW; END $$;
CREATE TRIGGER screen BEFORE INSERT ON posts FOR EACH ROW WHEN (is_rude(NEW.body)) EXECUTE FUNCTION screen();
CREATE VIEW rude_posts AS SELECT id, state FROM posts WHERE is_rude(body);
