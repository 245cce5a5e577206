-- The journal, version 1. Run once per database by the leading runner, in one transaction.
-- Its schema is there by now. It creates new objects only: no lock on any relation of the application.
-- Times are the server's; the clocks of runners are never compared.

-- One row: who leads. A new leader raises the epoch; every step takes this row FOR SHARE first
-- and so cannot commit under a later leader.
CREATE TABLE windlass.leader (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    journal_version integer NOT NULL,
    epoch bigint NOT NULL,
    run_id uuid
);
INSERT INTO windlass.leader (journal_version, epoch) VALUES (1, 0);

-- One row per run that had something to do; one that builds a new database has nothing to lose.
CREATE TABLE windlass.run (
    run_id uuid PRIMARY KEY,
    epoch bigint NOT NULL,
    command text NOT NULL,
    target text NOT NULL,
    windlass_version text NOT NULL,
    profile text NOT NULL,
    runner text NOT NULL,
    role name NOT NULL DEFAULT current_user,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    result text CHECK (result IN ('applied', 'reverted', 'failed', 'interrupted')),
    error jsonb,
    retries integer NOT NULL DEFAULT 0,
    longest_stall_ms double precision,
    builds boolean NOT NULL DEFAULT false
);

-- One row per revision that is started or applied; position is the order of application.
CREATE TABLE windlass.revision (
    revision_id text PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    parents text[] NOT NULL,
    labels text[] NOT NULL DEFAULT '{}',
    replaces text[] NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('pending', 'running', 'expanded', 'applied', 'contracted', 'unknown')),
    direction text NOT NULL DEFAULT 'up' CHECK (direction IN ('up', 'down')),
    checksum text NOT NULL,
    directives_checksum text NOT NULL,
    down_checksum text,
    plan jsonb,
    run_id uuid,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied_at timestamptz
);

-- One row per step that is intended, done or given up. Transactional steps write theirs in their
-- own transaction; the others write the intent, with their backend, before they start.
CREATE TABLE windlass.step (
    revision_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('up', 'down')),
    number integer NOT NULL,
    state text NOT NULL CHECK (state IN ('intended', 'done', 'skipped', 'unknown', 'abandoned')),
    run_id uuid,
    lane text NOT NULL,
    title text NOT NULL,
    backend_pid integer,
    backend_start timestamptz,
    attempts integer NOT NULL DEFAULT 1,
    longest_stall_ms double precision,
    blockers jsonb,
    session jsonb,
    warning text,
    error jsonb,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    PRIMARY KEY (revision_id, direction, number)
);

-- One row per data change in batches: what it is, how it is cut, where it stands. All that a worker
-- elsewhere needs, so that it needs no files.
CREATE TABLE windlass.backfill (
    name text PRIMARY KEY,
    revision_id text NOT NULL,
    step integer NOT NULL,
    title text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'failed', 'done')),
    is_deferred boolean NOT NULL,
    statement text NOT NULL,
    statement_hash text NOT NULL,
    definition jsonb NOT NULL,
    strategy jsonb,
    relation_oid oid,
    pass integer NOT NULL DEFAULT 1,
    rows_total bigint,
    error jsonb,
    run_id uuid,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz
);

-- The ranges that a backfill is cut into: workers claim them by FOR UPDATE SKIP LOCKED, and the
-- cursor moves in the transaction of its rows. From an open range others are cut off.
CREATE TABLE windlass.backfill_range (
    name text NOT NULL REFERENCES windlass.backfill ON DELETE CASCADE,
    number bigint GENERATED ALWAYS AS IDENTITY,
    pass integer NOT NULL,
    partition_oid oid NOT NULL,
    partition text NOT NULL,
    filenode oid,
    tenant text,
    tenant_is_null boolean NOT NULL DEFAULT false,
    priority integer NOT NULL DEFAULT 0,
    turn integer NOT NULL DEFAULT 0,
    is_open boolean NOT NULL,
    upper_bound text[] NOT NULL,
    cursor text[],
    state text NOT NULL DEFAULT 'todo' CHECK (state IN ('todo', 'done')),
    rows_done bigint NOT NULL DEFAULT 0,
    rows_seen bigint NOT NULL DEFAULT 0,
    worker uuid,
    leased_until timestamptz,
    PRIMARY KEY (name, number)
) WITH (fillfactor = 50);
CREATE INDEX backfill_range_todo ON windlass.backfill_range (name, priority, turn, number) WHERE state = 'todo';
CREATE INDEX backfill_range_tenant ON windlass.backfill_range (name, tenant);

-- Rows that a backfill passed over, each with its own error.
CREATE TABLE windlass.backfill_error (
    name text NOT NULL REFERENCES windlass.backfill ON DELETE CASCADE,
    partition text NOT NULL,
    key text NOT NULL,
    tenant text,
    sqlstate text NOT NULL,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, partition, key)
);

-- The sessions that work on backfills this moment, written beside their transactions.
CREATE TABLE windlass.backfill_worker (
    worker uuid PRIMARY KEY,
    name text NOT NULL REFERENCES windlass.backfill ON DELETE CASCADE,
    runner text NOT NULL,
    backend_pid integer,
    batch_rows bigint,
    rows_per_second double precision,
    duty double precision,
    reasons text[] NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- What is being done this moment; written on a side connection, so that it is seen before commit.
CREATE TABLE windlass.progress (
    run_id uuid PRIMARY KEY,
    revision_id text,
    step integer,
    phase text,
    done bigint,
    total bigint,
    detail jsonb,
    beat_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

-- What was ever done to which revision; rows are only added.
CREATE TABLE windlass.history (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_id uuid,
    revision_id text NOT NULL,
    action text NOT NULL CHECK (action IN ('applied', 'reverted', 'stamped', 'unstamped', 'accepted', 'resolved', 'blocker ended')),
    checksum text,
    detail text
);

-- What steps took away from protected tables and from tables that they name, all their transactions
-- together; written in the transaction that took it. No count where nobody counted.
CREATE TABLE windlass.loss (
    revision_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('up', 'down')),
    step integer NOT NULL,
    relation oid NOT NULL,
    relation_name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('rows', 'column', 'constraint', 'partition', 'contents', 'table')),
    what text NOT NULL,
    rows bigint,
    protected boolean NOT NULL,
    run_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (revision_id, direction, step, relation, kind, what)
);

-- Copies of what steps took away: one row a copy, written in the transaction that took it. The rows themselves are
-- in a table of their own, which nobody but its owner may read.
CREATE TABLE windlass.backup (
    backup_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    revision_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('up', 'down')),
    step integer NOT NULL,
    relation oid NOT NULL,
    tree oid NOT NULL,
    relation_name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('rows', 'column', 'contents', 'table')),
    what text NOT NULL,
    columns jsonb NOT NULL,
    key text[] NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    run_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    restored_at timestamptz
);
