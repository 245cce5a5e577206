-- old
CREATE TABLE agents (agent_id smallint PRIMARY KEY, login varchar(20) NOT NULL UNIQUE, skill varchar(10)[] NOT NULL DEFAULT '{}');
CREATE TABLE queues (queue varchar(10) PRIMARY KEY, prio smallint NOT NULL DEFAULT 5);
CREATE TABLE calls (
    call_id bigserial PRIMARY KEY,
    queue varchar(10) NOT NULL REFERENCES queues,
    agent_id smallint REFERENCES agents,
    ani varchar(20),
    ring_at timestamp NOT NULL,
    talk_s integer,
    wrap_s integer
);
CREATE INDEX calls_ring ON calls (ring_at);
CREATE FUNCTION median_step(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2';
CREATE FUNCTION median_final(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT avg(v) FROM (SELECT v FROM unnest($1) v ORDER BY v OFFSET (array_length($1, 1) - 1) / 2 LIMIT 2 - array_length($1, 1) % 2) t';
CREATE AGGREGATE median(numeric) (SFUNC = median_step, STYPE = numeric[], FINALFUNC = median_final, INITCOND = '{}');
CREATE VIEW queue_day AS SELECT queue, ring_at::date AS d, count(*) AS n, median(talk_s) AS med FROM calls GROUP BY 1, 2;
-- new
CREATE TABLE agents (agent_id smallint PRIMARY KEY, login varchar(20) NOT NULL UNIQUE, team varchar(20));
CREATE TABLE queues (queue varchar(10) PRIMARY KEY, prio smallint NOT NULL DEFAULT 5, sla interval NOT NULL DEFAULT '20 seconds');
CREATE TABLE agent_skill (agent_id smallint NOT NULL REFERENCES agents ON DELETE CASCADE, queue varchar(10) NOT NULL REFERENCES queues, level smallint DEFAULT 1 CHECK (level BETWEEN 1 AND 5), PRIMARY KEY (agent_id, queue));
CREATE TABLE calls (
    call_id bigserial PRIMARY KEY,
    queue varchar(10) NOT NULL REFERENCES queues,
    agent_id smallint REFERENCES agents,
    ani varchar(20),
    ring_at timestamptz NOT NULL,
    answered_at timestamptz,
    talk interval,
    wrap_s integer
);
CREATE INDEX calls_ring ON calls (ring_at);
CREATE FUNCTION median_step(numeric[], numeric) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2';
CREATE FUNCTION median_final(numeric[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT avg(v) FROM (SELECT v FROM unnest($1) v ORDER BY v OFFSET (array_length($1, 1) - 1) / 2 LIMIT 2 - array_length($1, 1) % 2) t';
CREATE AGGREGATE median(numeric) (SFUNC = median_step, STYPE = numeric[], FINALFUNC = median_final, INITCOND = '{}');
CREATE AGGREGATE longest(interval) (SFUNC = interval_larger, STYPE = interval);
CREATE VIEW queue_day AS SELECT c.queue, ring_at::date AS d, count(*) AS n, median(extract(epoch FROM talk)) AS med, longest(talk) AS top, count(*) FILTER (WHERE answered_at - ring_at <= q.sla) AS in_sla FROM calls c JOIN queues q USING (queue) GROUP BY 1, 2;
