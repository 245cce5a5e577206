-- old
CREATE TYPE public.mood AS ENUM ('ok', 'bad');
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;
CREATE TABLE public.diary (id serial PRIMARY KEY, mood public.mood DEFAULT 'ok', at timestamptz);
CREATE TRIGGER stamp BEFORE INSERT ON public.diary FOR EACH ROW EXECUTE FUNCTION public.stamp();
CREATE INDEX diary_mood ON public.diary (mood);
CREATE VIEW public.bad_days AS SELECT at::date AS day FROM public.diary WHERE mood = 'bad';
CREATE STATISTICS public.diary_stats ON mood, at FROM public.diary;
GRANT SELECT ON public.bad_days TO app_reader;
COMMENT ON TABLE public.diary IS 'Dear';
-- new
CREATE SCHEMA journal;
CREATE TYPE journal.mood AS ENUM ('ok', 'bad');
CREATE FUNCTION journal.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;
CREATE TABLE journal.diary (id serial PRIMARY KEY, mood journal.mood DEFAULT 'ok', at timestamptz);
CREATE TRIGGER stamp BEFORE INSERT ON journal.diary FOR EACH ROW EXECUTE FUNCTION journal.stamp();
CREATE INDEX diary_mood ON journal.diary (mood);
CREATE VIEW journal.bad_days AS SELECT at::date AS day FROM journal.diary WHERE mood = 'bad';
CREATE STATISTICS journal.diary_stats ON mood, at FROM journal.diary;
GRANT SELECT ON journal.bad_days TO app_reader;
COMMENT ON TABLE journal.diary IS 'Dear';
