-- old
CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    current_revision bigint,
    path text[] NOT NULL
);
CREATE TABLE revisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL,
    based_on bigint,
    body xml,
    author text DEFAULT USER
);
ALTER TABLE documents ADD CONSTRAINT doc_rev FOREIGN KEY (current_revision) REFERENCES revisions (id) DEFERRABLE;
ALTER TABLE revisions ADD CONSTRAINT rev_doc FOREIGN KEY (document_id) REFERENCES documents ON DELETE CASCADE;
ALTER TABLE revisions ADD CONSTRAINT rev_base FOREIGN KEY (based_on) REFERENCES revisions;
CREATE INDEX documents_path ON documents USING gin (path);
CREATE VIEW latest AS SELECT d.id, r.body, r.author FROM documents d LEFT JOIN revisions r ON r.id = d.current_revision;
-- new
CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    current_revision bigint,
    path text[] NOT NULL
);
CREATE TABLE revisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL,
    based_on bigint,
    body text,
    author text NOT NULL DEFAULT CURRENT_USER,
    UNIQUE (document_id, id)
);
ALTER TABLE documents ADD CONSTRAINT doc_rev FOREIGN KEY (id, current_revision) REFERENCES revisions (document_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE revisions ADD CONSTRAINT rev_doc FOREIGN KEY (document_id) REFERENCES documents ON DELETE CASCADE;
ALTER TABLE revisions ADD CONSTRAINT rev_base FOREIGN KEY (document_id, based_on) REFERENCES revisions (document_id, id);
CREATE INDEX documents_path ON documents USING gin (path);
CREATE VIEW latest AS SELECT d.id, d.path[1] AS root, r.body, r.author FROM documents d LEFT JOIN revisions r ON r.id = d.current_revision;
