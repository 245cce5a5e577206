-- old
CREATE SCHEMA fw;
CREATE TYPE fw.channel AS ENUM ('stable', 'beta');
CREATE TYPE fw.phase AS ENUM ('wait', 'load', 'flash', 'ok', 'fail');
CREATE TABLE fw.images (version text, channel fw.channel DEFAULT 'stable', sha bytea NOT NULL, PRIMARY KEY (version, channel));
CREATE TABLE fw.rollouts (
    device int,
    version text NOT NULL,
    channel fw.channel NOT NULL,
    phase fw.phase NOT NULL DEFAULT 'wait',
    FOREIGN KEY (version, channel) REFERENCES fw.images,
    PRIMARY KEY (device, version)
) PARTITION BY RANGE (device);
CREATE TABLE fw.rollouts_low PARTITION OF fw.rollouts FOR VALUES FROM (0) TO (1000);
CREATE TABLE fw.rollouts_high PARTITION OF fw.rollouts FOR VALUES FROM (1000) TO (2000);
ALTER TABLE fw.rollouts_high ALTER phase SET DEFAULT 'flash';
CREATE INDEX rollouts_busy ON fw.rollouts (device) WHERE phase = 'flash';
CREATE VIEW fw.progress AS SELECT version, phase, count(*) FROM fw.rollouts GROUP BY version, phase;
-- new
CREATE SCHEMA fw;
CREATE TYPE fw.channel AS ENUM ('lts', 'stable', 'beta', 'nightly');
CREATE TYPE fw.phase AS ENUM ('wait', 'flash', 'ok', 'fail');
CREATE TABLE fw.images (version text, channel fw.channel DEFAULT 'stable', sha bytea NOT NULL, PRIMARY KEY (version, channel));
CREATE TABLE fw.rollouts (
    device int,
    version text NOT NULL,
    channel fw.channel NOT NULL,
    phase fw.phase NOT NULL DEFAULT 'wait',
    FOREIGN KEY (version, channel) REFERENCES fw.images,
    PRIMARY KEY (device, version)
) PARTITION BY RANGE (device);
CREATE TABLE fw.rollouts_low PARTITION OF fw.rollouts FOR VALUES FROM (0) TO (1000);
CREATE TABLE fw.rollouts_high PARTITION OF fw.rollouts FOR VALUES FROM (1000) TO (2000);
ALTER TABLE fw.rollouts_high ALTER phase SET DEFAULT 'flash';
CREATE INDEX rollouts_busy ON fw.rollouts (device) WHERE phase = 'flash';
CREATE VIEW fw.progress AS SELECT version, phase, count(*) FROM fw.rollouts GROUP BY version, phase;
