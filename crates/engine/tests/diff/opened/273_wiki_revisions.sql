-- old
CREATE TABLE page (title text PRIMARY KEY, body text, author text, edited timestamp DEFAULT now());
CREATE TABLE page_old (title text, body text, author text, edited timestamp, archived timestamp DEFAULT now());
CREATE RULE archive AS ON UPDATE TO page WHERE old.body <> new.body DO INSERT INTO page_old VALUES (old.title, old.body, old.author, old.edited);
CREATE TABLE link (src text REFERENCES page ON DELETE CASCADE, dst text, PRIMARY KEY (src, dst));
CREATE VIEW wanted AS SELECT dst, count(*) FROM link WHERE NOT EXISTS (SELECT 1 FROM page WHERE title = dst) GROUP BY dst;
CREATE VIEW orphan AS SELECT title FROM page EXCEPT SELECT dst FROM link;
CREATE FUNCTION history(t text) RETURNS SETOF page_old LANGUAGE sql AS 'SELECT * FROM page_old WHERE title = t ORDER BY edited';
-- new
CREATE SCHEMA wiki;
CREATE TABLE wiki.page (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, ns smallint NOT NULL DEFAULT 0, current bigint, locked bool NOT NULL DEFAULT false, UNIQUE (ns, title));
CREATE TABLE wiki.blob (sha bytea PRIMARY KEY CHECK (octet_length(sha) = 32), body text NOT NULL);
ALTER TABLE wiki.blob ALTER body SET STORAGE EXTERNAL;
CREATE TABLE wiki.revision (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, page int NOT NULL REFERENCES wiki.page ON DELETE CASCADE, sha bytea NOT NULL REFERENCES wiki.blob, author text DEFAULT CURRENT_USER, comment varchar(200), minor bool DEFAULT false, edited timestamptz DEFAULT now(), UNIQUE (page, id));
ALTER TABLE wiki.page ADD FOREIGN KEY (id, current) REFERENCES wiki.revision (page, id) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE wiki.link (src int REFERENCES wiki.page ON DELETE CASCADE, dst_ns smallint, dst text, PRIMARY KEY (src, dst_ns, dst));
CREATE INDEX link_dst ON wiki.link (dst_ns, dst) INCLUDE (src);
CREATE VIEW public.page AS SELECT p.title, b.body, r.author, r.edited FROM wiki.page p JOIN wiki.revision r ON r.id = p.current JOIN wiki.blob b USING (sha);
CREATE FUNCTION wiki.save() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  pid int;
BEGIN
  INSERT INTO wiki.blob VALUES (sha256(NEW.body::bytea), NEW.body) ON CONFLICT DO NOTHING;
  INSERT INTO wiki.page (title) VALUES (NEW.title) ON CONFLICT (ns, title) DO UPDATE SET title = EXCLUDED.title RETURNING id INTO pid;
  INSERT INTO wiki.revision (page, sha, author) VALUES (pid, sha256(NEW.body::bytea), NEW.author);
  RETURN NEW;
END $$;
CREATE TRIGGER save INSTEAD OF INSERT OR UPDATE ON public.page FOR EACH ROW EXECUTE FUNCTION wiki.save();
CREATE VIEW public.wanted AS SELECT dst, count(*) FROM wiki.link l WHERE NOT EXISTS (SELECT 1 FROM wiki.page p WHERE p.title = l.dst AND p.ns = l.dst_ns) GROUP BY dst;
CREATE VIEW public.orphan AS SELECT title FROM wiki.page EXCEPT ALL SELECT dst FROM wiki.link;
CREATE FUNCTION public.history(t text) RETURNS TABLE (id bigint, author text, edited timestamptz) LANGUAGE sql STABLE BEGIN ATOMIC SELECT r.id, r.author, r.edited FROM wiki.revision r JOIN wiki.page p ON p.id = r.page WHERE p.title = history.t ORDER BY r.id; END;
GRANT SELECT, INSERT, UPDATE ON public.page TO app_writer;
