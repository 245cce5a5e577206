-- old
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
CREATE TYPE jobstate AS ENUM ('PENDING', 'RUNNING', 'DONE');
CREATE TABLE job (
    id SERIAL NOT NULL,
    name VARCHAR NOT NULL,
    state jobstate DEFAULT 'PENDING' NOT NULL,
    payload JSON,
    CONSTRAINT pk_job PRIMARY KEY (id),
    CONSTRAINT uq_job_name UNIQUE (name)
);
CREATE TABLE job_run (
    id SERIAL NOT NULL,
    job_id INTEGER NOT NULL,
    state jobstate,
    started TIMESTAMP WITHOUT TIME ZONE,
    CONSTRAINT pk_job_run PRIMARY KEY (id),
    CONSTRAINT fk_job_run_job_id_job FOREIGN KEY(job_id) REFERENCES job (id)
);
CREATE INDEX ix_job_run_job_id ON job_run (job_id);
CREATE INDEX ix_job_state ON job (state);
CREATE VIEW failed_or_running AS SELECT j.name, r.state, r.started FROM job j JOIN job_run r ON r.job_id = j.id WHERE r.state = 'RUNNING';
-- new
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
CREATE TABLE job (
    id SERIAL NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR(20) DEFAULT 'PENDING' NOT NULL,
    payload JSON,
    CONSTRAINT pk_job PRIMARY KEY (id),
    CONSTRAINT ck_job_state CHECK (state IN ('PENDING', 'RUNNING', 'DONE', 'FAILED')),
    CONSTRAINT uq_job_name UNIQUE (name)
);
CREATE TABLE job_run (
    id SERIAL NOT NULL,
    job_id INTEGER NOT NULL,
    state VARCHAR(20),
    started TIMESTAMP WITHOUT TIME ZONE,
    CONSTRAINT pk_job_run PRIMARY KEY (id),
    CONSTRAINT fk_job_run_job_id_job FOREIGN KEY(job_id) REFERENCES job (id)
);
CREATE INDEX ix_job_run_job_id ON job_run (job_id);
CREATE INDEX ix_job_state ON job (state);
CREATE VIEW failed_or_running AS SELECT j.name, r.state, r.started FROM job j JOIN job_run r ON r.job_id = j.id WHERE r.state = 'RUNNING';
