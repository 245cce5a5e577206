-- old
CREATE SCHEMA ws;
CREATE TABLE ws.workspaces (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    handle text NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    owner_id uuid NOT NULL,
    CONSTRAINT handle_unique UNIQUE (handle)
);
CREATE TABLE ws.boards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES ws.workspaces ON DELETE CASCADE,
    title text NOT NULL DEFAULT 'Untitled',
    position double precision NOT NULL
);
CREATE INDEX boards_workspace ON ws.boards (workspace_id);
CREATE VIEW ws.live AS SELECT id, handle, owner_id FROM ws.workspaces WHERE NOT deleted;
CREATE VIEW ws.live_boards AS SELECT b.* FROM ws.boards b JOIN ws.live l ON l.id = b.workspace_id;
ALTER TABLE ws.boards ENABLE ROW LEVEL SECURITY;
CREATE POLICY live_only ON ws.boards USING (EXISTS (SELECT FROM ws.live l WHERE l.id = workspace_id));
-- new
CREATE SCHEMA ws;
CREATE TABLE ws.workspaces (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    handle text NOT NULL,
    deleted_at timestamptz,
    owner_id uuid NOT NULL,
    CONSTRAINT handle_shape CHECK (handle ~ '^[a-z0-9-]{3,30}$')
);
CREATE UNIQUE INDEX handle_unique ON ws.workspaces (handle) WHERE deleted_at IS NULL;
CREATE TABLE ws.boards (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL REFERENCES ws.workspaces ON DELETE CASCADE,
    title text NOT NULL DEFAULT 'Untitled',
    position double precision NOT NULL
);
CREATE INDEX boards_workspace ON ws.boards (workspace_id, position);
CREATE VIEW ws.live AS SELECT id, handle, owner_id FROM ws.workspaces WHERE deleted_at IS NULL;
CREATE VIEW ws.live_boards AS SELECT b.* FROM ws.boards b JOIN ws.live l ON l.id = b.workspace_id;
ALTER TABLE ws.boards ENABLE ROW LEVEL SECURITY;
CREATE POLICY live_only ON ws.boards USING (EXISTS (SELECT FROM ws.live l WHERE l.id = workspace_id));
