-- old
CREATE TABLE member (id serial PRIMARY KEY, nick varchar(20) NOT NULL UNIQUE, rep int DEFAULT 1, banned bool);
CREATE TABLE topic (id serial PRIMARY KEY, title text NOT NULL, by int REFERENCES member, views int DEFAULT 0);
CREATE TABLE post (id serial PRIMARY KEY, topic int REFERENCES topic, by int REFERENCES member, body text, score int DEFAULT 0);
CREATE TABLE vote (post int REFERENCES post, by int REFERENCES member, up bool, PRIMARY KEY (post, by));
CREATE FUNCTION on_vote() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE post SET score = score + CASE WHEN NEW.up THEN 1 ELSE -1 END WHERE id = NEW.post; RETURN NEW; END $$;
CREATE TRIGGER on_vote AFTER INSERT ON vote FOR EACH ROW EXECUTE FUNCTION on_vote();
CREATE FUNCTION on_score() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE member SET rep = rep + NEW.score - OLD.score WHERE id = NEW.by; RETURN NEW; END $$;
CREATE TRIGGER on_score AFTER UPDATE OF score ON post FOR EACH ROW WHEN (OLD.score <> NEW.score) EXECUTE FUNCTION on_score();
CREATE VIEW top_members AS SELECT nick, rep FROM member WHERE NOT banned ORDER BY rep DESC LIMIT 50;
-- new
CREATE DOMAIN points AS int DEFAULT 0 CHECK (VALUE > -10000);
CREATE TABLE member (id bigserial PRIMARY KEY, nick varchar(30) COLLATE "C" NOT NULL, rep points NOT NULL, banned_until timestamptz, badges text[] DEFAULT '{}');
CREATE UNIQUE INDEX member_nick_key ON member (lower(nick));
CREATE TABLE topic (id bigserial PRIMARY KEY, title text NOT NULL, by bigint REFERENCES member ON DELETE SET NULL, accepted bigint, views bigint DEFAULT 0 NOT NULL);
CREATE TABLE post (id bigserial PRIMARY KEY, topic bigint NOT NULL REFERENCES topic ON DELETE CASCADE, by bigint REFERENCES member ON DELETE SET NULL, body text NOT NULL, score points, parent bigint, UNIQUE (topic, id), FOREIGN KEY (topic, parent) REFERENCES post (topic, id));
ALTER TABLE topic ADD CONSTRAINT accepted_in_topic FOREIGN KEY (id, accepted) REFERENCES post (topic, id) ON DELETE SET NULL (accepted) DEFERRABLE;
CREATE TABLE vote (post bigint REFERENCES post ON DELETE CASCADE, by bigint REFERENCES member ON DELETE CASCADE, delta smallint NOT NULL CONSTRAINT unit CHECK (delta IN (-1, 1)), at timestamptz DEFAULT now(), CONSTRAINT vote_pkey PRIMARY KEY (by, post));
CREATE INDEX vote_recent ON vote USING brin (at);
CREATE FUNCTION on_vote() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE post SET score = score + coalesce(NEW.delta, 0) - coalesce(OLD.delta, 0) WHERE id = coalesce(NEW.post, OLD.post); RETURN NULL; END $$;
CREATE TRIGGER on_vote AFTER INSERT OR DELETE OR UPDATE OF delta ON vote FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION on_vote();
CREATE FUNCTION on_score() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE member SET rep = rep + (NEW.score - OLD.score) * 10 WHERE id = NEW.by; RETURN NULL; END $$;
CREATE TRIGGER on_score AFTER UPDATE OF score ON post FOR EACH ROW WHEN (OLD.score IS DISTINCT FROM NEW.score) EXECUTE FUNCTION on_score();
CREATE VIEW top_members AS SELECT m.nick, m.rep, count(p.id) AS posts FROM member m LEFT JOIN post p ON p.by = m.id WHERE m.banned_until IS NULL GROUP BY m.id ORDER BY m.rep DESC LIMIT 50;
CREATE MATERIALIZED VIEW leaderboard AS SELECT row_number() OVER (ORDER BY rep DESC) AS place, nick FROM top_members;
CREATE RECURSIVE VIEW thread (id, root, depth) AS SELECT id, id, 0 FROM post WHERE parent IS NULL UNION ALL SELECT p.id, t.root, t.depth + 1 FROM post p JOIN thread t ON p.parent = t.id;
