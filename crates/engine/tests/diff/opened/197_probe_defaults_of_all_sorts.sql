-- old
CREATE TYPE e AS ENUM ('x', 'y');
CREATE TABLE t (
    a text DEFAULT 'it''s',
    b int[] DEFAULT '{1,2}',
    c interval DEFAULT '1 day',
    d e DEFAULT 'x',
    f timestamptz DEFAULT now(),
    g jsonb DEFAULT '{"a": 1}',
    h int DEFAULT 1 + 2,
    i bytea,
    j boolean DEFAULT true
);
-- new
CREATE TYPE e AS ENUM ('x', 'y');
CREATE TABLE t (
    a text DEFAULT E'back\\slash\nline',
    b int[] DEFAULT ARRAY[1, 2, NULL],
    c interval DEFAULT '1 day 02:00:00',
    d e DEFAULT lower('Y')::e,
    f timestamptz DEFAULT (now() AT TIME ZONE 'UTC'),
    g jsonb DEFAULT NULL,
    h int DEFAULT length(CURRENT_USER),
    i bytea DEFAULT '\xdeadbeef',
    j boolean DEFAULT (NOT true)
);
