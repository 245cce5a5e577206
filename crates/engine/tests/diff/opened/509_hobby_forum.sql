-- old
CREATE EXTENSION citext;
CREATE TABLE users (id serial PRIMARY KEY, username citext NOT NULL UNIQUE, email citext NOT NULL, password_hash text, is_mod boolean DEFAULT false);
CREATE TABLE threads (id serial PRIMARY KEY, title varchar(200) NOT NULL, user_id int REFERENCES users (id), reply_count int NOT NULL DEFAULT 0, created timestamp DEFAULT now());
CREATE TABLE posts (id serial PRIMARY KEY, thread_id int NOT NULL REFERENCES threads (id), user_id int REFERENCES users (id), parent_id int REFERENCES posts (id), body text NOT NULL, created timestamp DEFAULT now());
CREATE FUNCTION bump_replies() RETURNS trigger AS $$
BEGIN
  UPDATE threads SET reply_count = reply_count + 1 WHERE id = NEW.thread_id;
  RETURN NULL;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER posts_bump AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION bump_replies();
-- new
CREATE EXTENSION citext;
CREATE TABLE users (id serial PRIMARY KEY, username citext NOT NULL UNIQUE, email citext NOT NULL, password_hash text, is_mod boolean DEFAULT false);
CREATE TABLE threads (id serial PRIMARY KEY, title varchar(200) NOT NULL, user_id int REFERENCES users (id), reply_count int NOT NULL DEFAULT 0, last_post_at timestamptz, created timestamp DEFAULT now());
CREATE TABLE posts (id bigserial PRIMARY KEY, thread_id int NOT NULL REFERENCES threads (id) ON DELETE CASCADE, user_id int REFERENCES users (id), parent_id bigint REFERENCES posts (id), body text NOT NULL, created timestamp DEFAULT now());
CREATE TABLE reactions (post_id bigint REFERENCES posts (id) ON DELETE CASCADE, user_id int REFERENCES users (id), emoji text, PRIMARY KEY (post_id, user_id, emoji));
CREATE FUNCTION bump_replies() RETURNS trigger AS $$
BEGIN
  UPDATE threads t SET reply_count = t.reply_count + n.c, last_post_at = n.m
  FROM (SELECT thread_id, count(*) AS c, max(created) AS m FROM added GROUP BY thread_id) n WHERE t.id = n.thread_id;
  RETURN NULL;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER posts_bump AFTER INSERT ON posts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION bump_replies();
COMMENT ON INDEX users_username_key IS 'case is folded by citext';
