-- old
CREATE TABLE notes (id bigserial PRIMARY KEY, title text NOT NULL, parent bigint REFERENCES notes, created timestamptz NOT NULL DEFAULT now());
CREATE TABLE labels (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE note_labels (note bigint REFERENCES notes ON DELETE CASCADE, label bigint REFERENCES labels, PRIMARY KEY (note, label));
CREATE VIEW labelled AS SELECT n.id, n.title, array_agg(l.name) AS labels FROM notes n JOIN note_labels nl ON nl.note = n.id JOIN labels l ON l.id = nl.label GROUP BY n.id;
-- new
CREATE TABLE tenants (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE notes (tenant int NOT NULL DEFAULT current_setting('app.tenant')::int REFERENCES tenants, id bigserial, title text NOT NULL, parent bigint, created timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, id), FOREIGN KEY (tenant, parent) REFERENCES notes);
CREATE TABLE labels (tenant int NOT NULL DEFAULT current_setting('app.tenant')::int REFERENCES tenants, id bigserial, name text NOT NULL, PRIMARY KEY (tenant, id), UNIQUE (tenant, name));
CREATE TABLE note_labels (tenant int NOT NULL, note bigint, label bigint, PRIMARY KEY (tenant, note, label),
    FOREIGN KEY (tenant, note) REFERENCES notes ON DELETE CASCADE, FOREIGN KEY (tenant, label) REFERENCES labels);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE labels ENABLE ROW LEVEL SECURITY;
ALTER TABLE note_labels ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON notes USING (tenant = current_setting('app.tenant')::int);
CREATE POLICY tenant ON labels USING (tenant = current_setting('app.tenant')::int);
CREATE POLICY tenant ON note_labels USING (tenant = current_setting('app.tenant')::int);
CREATE VIEW labelled WITH (security_invoker) AS SELECT n.tenant, n.id, n.title, array_agg(l.name) AS labels FROM notes n JOIN note_labels nl ON nl.tenant = n.tenant AND nl.note = n.id JOIN labels l ON l.tenant = n.tenant AND l.id = nl.label GROUP BY n.tenant, n.id;
