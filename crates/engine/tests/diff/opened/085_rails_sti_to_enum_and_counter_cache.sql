-- old
CREATE TABLE public.animals (id bigint NOT NULL, type character varying, name character varying, weight double precision);
CREATE SEQUENCE public.animals_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.animals_id_seq OWNED BY public.animals.id;
ALTER TABLE ONLY public.animals ALTER COLUMN id SET DEFAULT nextval('public.animals_id_seq'::regclass);
ALTER TABLE ONLY public.animals ADD CONSTRAINT animals_pkey PRIMARY KEY (id);
CREATE TABLE public.visits (id bigserial NOT NULL, animal_id bigint NOT NULL, day date);
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_pkey PRIMARY KEY (id);
CREATE INDEX index_animals_on_type ON public.animals USING btree (type);
CREATE INDEX index_visits_on_animal_id ON public.visits USING btree (animal_id);
ALTER TABLE ONLY public.visits ADD CONSTRAINT fk_rails_77 FOREIGN KEY (animal_id) REFERENCES public.animals(id);
-- new
CREATE TYPE public.animal_kind AS ENUM ('Dog', 'Cat');
CREATE TABLE public.animals (id bigint NOT NULL, kind public.animal_kind NOT NULL, name character varying NOT NULL, weight numeric(6,2), visits_count integer DEFAULT 0 NOT NULL);
CREATE SEQUENCE public.animals_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.animals_id_seq OWNED BY public.animals.id;
ALTER TABLE ONLY public.animals ALTER COLUMN id SET DEFAULT nextval('public.animals_id_seq'::regclass);
ALTER TABLE ONLY public.animals ADD CONSTRAINT animals_pkey PRIMARY KEY (id);
CREATE TABLE public.visits (id bigserial NOT NULL, animal_id bigint NOT NULL, day date);
ALTER TABLE ONLY public.visits ADD CONSTRAINT visits_pkey PRIMARY KEY (id);
CREATE INDEX index_animals_on_kind ON public.animals USING btree (kind);
CREATE INDEX index_visits_on_animal_id ON public.visits USING btree (animal_id);
CREATE UNIQUE INDEX index_visits_on_animal_id_and_day ON public.visits USING btree (animal_id, day);
ALTER TABLE ONLY public.visits ADD CONSTRAINT fk_rails_77 FOREIGN KEY (animal_id) REFERENCES public.animals(id) ON DELETE RESTRICT NOT VALID;
