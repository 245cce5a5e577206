-- The journal, version 1. Run once per database by the leading runner, in one transaction.
-- It creates new objects only: no lock on any relation of the application.
-- Times are the server's; the clocks of runners are never compared.
CREATE SCHEMA windlass;
COMMENT ON SCHEMA windlass IS 'Journal of Windlass: what is applied, what runs, what is left to do. Written by windlass only.';

-- One row: who leads. A new leader raises the epoch; every step takes this row FOR SHARE first
-- and so cannot commit under a later leader.
CREATE TABLE windlass.leader (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    journal_version integer NOT NULL,
    epoch bigint NOT NULL,
    run_id uuid
);
INSERT INTO windlass.leader (journal_version, epoch) VALUES (1, 0);

-- One row per run that had something to do.
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
    longest_stall_ms double precision
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

-- One row per data change in batches; the cursor moves in the transaction of its batch.
CREATE TABLE windlass.backfill (
    name text PRIMARY KEY,
    revision_id text NOT NULL,
    step integer NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done')),
    upper_bound bigint,
    tenant text,
    tenant_is_null boolean NOT NULL DEFAULT false,
    cursor bigint,
    rows_done bigint NOT NULL DEFAULT 0,
    run_id uuid,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);

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
