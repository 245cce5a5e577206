-- old
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';
CREATE TABLE public.active_storage_blobs (id bigserial PRIMARY KEY, key character varying NOT NULL, filename character varying NOT NULL, content_type character varying, metadata text, byte_size bigint NOT NULL, checksum character varying
    NOT NULL
, created_at timestamp without time zone NOT NULL
);
CREATE TABLE public.active_storage_attachments (id bigserial PRIMARY KEY, name character varying NOT NULL, record_type character varying NOT NULL, record_id
    bigint NOT NULL,
 blob_id bigint NOT NULL, created_at timestamp without time zone NOT NULL);
CREATE UNIQUE INDEX index_active_storage_blobs_on_key ON public.active_storage_blobs (key);
CREATE UNIQUE INDEX index_active_storage_attachments_uniqueness ON public.active_storage_attachments (record_type, record_id, name, blob_id);
ALTER TABLE ONLY public.active_storage_attachments ADD CONSTRAINT fk_rails_c3b3935057 FOREIGN KEY (blob_id) REFERENCES public.active_storage_blobs (id);
-- new
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';
CREATE TABLE public.active_storage_blobs (id bigserial PRIMARY KEY, key character varying NOT NULL, filename character varying NOT NULL, content_type character varying, metadata text, byte_size bigint NOT NULL, checksum character varying
, created_at timestamp without time zone NOT NULL
    , service_name character varying NOT NULL
);
CREATE TABLE public.active_storage_attachments (id bigserial PRIMARY KEY, name character varying NOT NULL, record_type character varying NOT NULL, record_id
    uuid NOT NULL,
 blob_id bigint NOT NULL, created_at timestamp without time zone NOT NULL);
CREATE TABLE public.active_storage_variant_records (id bigserial PRIMARY KEY, blob_id bigint NOT NULL CONSTRAINT fk_rails_993965df05 REFERENCES public.active_storage_blobs (id), variation_digest character varying NOT NULL);
CREATE UNIQUE INDEX index_active_storage_variant_records_uniqueness ON public.active_storage_variant_records (blob_id, variation_digest);
CREATE UNIQUE INDEX index_active_storage_blobs_on_key ON public.active_storage_blobs (key);
CREATE UNIQUE INDEX index_active_storage_attachments_uniqueness ON public.active_storage_attachments (record_type, record_id, name, blob_id);
ALTER TABLE ONLY public.active_storage_attachments ADD CONSTRAINT fk_rails_c3b3935057 FOREIGN KEY (blob_id) REFERENCES public.active_storage_blobs (id);
