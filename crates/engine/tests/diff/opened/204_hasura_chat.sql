-- old
CREATE SCHEMA hdb_views;
CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  _new record;
BEGIN
  _new := NEW;
  _new."updated_at" = NOW();
  RETURN _new;
END;
$$;
CREATE TABLE public.account (id uuid DEFAULT gen_random_uuid() NOT NULL, username text NOT NULL, last_seen timestamptz, updated_at timestamptz DEFAULT now() NOT NULL);
ALTER TABLE ONLY public.account ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account ADD CONSTRAINT account_username_key UNIQUE (username);
CREATE TABLE public.message_kind (value text NOT NULL PRIMARY KEY, comment text);
CREATE TABLE public.message (
  id serial PRIMARY KEY, account_id uuid NOT NULL, room text NOT NULL, kind text DEFAULT 'plain' NOT NULL, body text NOT NULL,
  sent_at timestamp DEFAULT now() NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL);
ALTER TABLE public.message ADD CONSTRAINT message_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON UPDATE RESTRICT ON DELETE RESTRICT;
ALTER TABLE public.message ADD CONSTRAINT message_kind_fkey FOREIGN KEY (kind) REFERENCES public.message_kind(value) ON UPDATE RESTRICT ON DELETE RESTRICT;
CREATE TRIGGER set_public_account_updated_at BEFORE UPDATE ON public.account FOR EACH ROW EXECUTE PROCEDURE public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_account_updated_at ON public.account IS 'trigger to set value of column "updated_at" to current timestamp on row update';
CREATE VIEW public.online AS SELECT account.id, account.username FROM public.account WHERE account.last_seen > (now() - '00:00:10'::interval);
CREATE FUNCTION public.search_message(term text) RETURNS SETOF public.message LANGUAGE sql STABLE AS $$ SELECT * FROM message WHERE body ILIKE '%' || term || '%' $$;
CREATE FUNCTION public.account_message_count(account_row public.account) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM message WHERE account_id = account_row.id $$;
-- new
CREATE FUNCTION public.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END;
$$;
CREATE TABLE public.account (id uuid DEFAULT gen_random_uuid() NOT NULL, username text NOT NULL, display_name text, last_seen timestamptz DEFAULT now() NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL);
ALTER TABLE ONLY public.account ADD CONSTRAINT account_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX account_username_key ON public.account (lower(username));
CREATE TABLE public.room (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, name text NOT NULL UNIQUE, owner_id uuid NOT NULL REFERENCES public.account ON DELETE CASCADE, settings jsonb);
CREATE TABLE public.room_member (room_id uuid REFERENCES public.room ON DELETE CASCADE, account_id uuid REFERENCES public.account ON DELETE CASCADE, muted bool DEFAULT false NOT NULL, PRIMARY KEY (room_id, account_id));
CREATE TYPE public.message_kind AS ENUM ('plain', 'image', 'system');
CREATE TABLE public.message (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, account_id uuid NOT NULL, room_id uuid NOT NULL, kind public.message_kind DEFAULT 'plain' NOT NULL, body text NOT NULL,
  reply_to bigint REFERENCES public.message ON DELETE SET NULL,
  sent_at timestamptz DEFAULT now() NOT NULL, updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT message_member_fkey FOREIGN KEY (room_id, account_id) REFERENCES public.room_member (room_id, account_id) ON DELETE CASCADE);
CREATE TRIGGER set_public_account_updated_at BEFORE UPDATE OF username, display_name ON public.account FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION public.set_current_timestamp_updated_at();
CREATE TRIGGER set_public_message_updated_at BEFORE UPDATE ON public.message FOR EACH ROW EXECUTE FUNCTION public.set_current_timestamp_updated_at();
COMMENT ON TRIGGER set_public_message_updated_at ON public.message IS 'trigger to set value of column "updated_at" to current timestamp on row update';
CREATE VIEW public.online AS SELECT a.id, a.username, a.display_name, m.room_id FROM public.account a LEFT JOIN public.room_member m ON m.account_id = a.id WHERE a.last_seen > (now() - '00:00:30'::interval);
CREATE FUNCTION public.search_message(term text, in_room uuid DEFAULT NULL) RETURNS SETOF public.message LANGUAGE sql STABLE AS $$ SELECT * FROM message WHERE body ILIKE '%' || term || '%' AND (in_room IS NULL OR room_id = in_room) $$;
CREATE FUNCTION public.account_message_count(account_row public.account) RETURNS integer LANGUAGE sql STABLE AS $$ SELECT count(*)::int FROM message WHERE account_id = account_row.id $$;
CREATE FUNCTION public.room_is_owner(room_row public.room, hasura_session json) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT room_row.owner_id = (hasura_session ->> 'x-hasura-user-id')::uuid $$;
