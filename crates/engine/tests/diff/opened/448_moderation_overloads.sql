-- old
CREATE TYPE verdict AS ENUM ('ok','spam','abuse');
CREATE TABLE post (id bigint PRIMARY KEY, body text, lang text, verdict verdict);
CREATE TABLE report (id bigserial PRIMARY KEY, post_id bigint REFERENCES post, by text, reason text);
CREATE FUNCTION score(t text) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT length(t) % 100 $$;
CREATE FUNCTION score(p post) RETURNS int LANGUAGE sql STABLE AS $$ SELECT score(p.body) $$;
CREATE FUNCTION score(p bigint) RETURNS int LANGUAGE sql STABLE AS $$ SELECT score(x) FROM post x WHERE x.id = p $$;
CREATE FUNCTION mark(p bigint, v verdict) RETURNS void LANGUAGE sql AS $$ UPDATE post SET verdict = v WHERE id = p $$;
CREATE VIEW queue AS SELECT p.id, score(p.body) AS s, count(r.id) AS reports FROM post p LEFT JOIN report r ON r.post_id = p.id WHERE p.verdict IS NULL GROUP BY p.id;
CREATE INDEX post_score ON post (score(body)) WHERE verdict IS NULL;
COMMENT ON FUNCTION score(text) IS 'naive';
GRANT EXECUTE ON FUNCTION mark(bigint, verdict) TO app_writer;
-- new
CREATE TYPE verdict AS ENUM ('pending','ok','spam','abuse','legal');
CREATE TYPE score_result AS (value numeric, model text);
CREATE TABLE post (
  id bigint PRIMARY KEY,
  body text,
  lang text,
  verdict verdict,
  decided_by text
);
CREATE TABLE report (id bigserial PRIMARY KEY, post_id bigint REFERENCES post, by text, reason text);
CREATE FUNCTION score(t text, lang text) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT length(t) % CASE lang WHEN 'und' THEN 50 ELSE 100 END $$;
CREATE FUNCTION score(p post) RETURNS score_result LANGUAGE sql STABLE AS $$ SELECT ROW(score(p.body, p.lang), 'v2')::score_result $$;
CREATE FUNCTION score(p bigint) RETURNS score_result LANGUAGE sql STABLE AS $$ SELECT score(x) FROM post x WHERE x.id = p $$;
CREATE FUNCTION mark(p bigint, v verdict) RETURNS void LANGUAGE sql AS $$ UPDATE post SET verdict = v WHERE id = p $$;
CREATE VIEW queue AS SELECT p.id, score(p.body, p.lang) AS s, count(r.id) AS reports, p.lang FROM post p LEFT JOIN report r ON r.post_id = p.id WHERE p.verdict = 'pending' GROUP BY p.id;
CREATE INDEX post_score ON post (score(body, lang)) WHERE verdict = 'pending';
CREATE POLICY own ON report USING (by = session_user) WITH CHECK (by = session_user);
