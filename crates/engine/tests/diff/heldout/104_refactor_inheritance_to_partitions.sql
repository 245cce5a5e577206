-- old
CREATE TABLE logs (id bigserial, at timestamp NOT NULL, level text, msg text);
CREATE TABLE logs_2023 (CHECK (at >= '2023-01-01' AND at < '2024-01-01')) INHERITS (logs);
CREATE TABLE logs_2024 (CHECK (at >= '2024-01-01' AND at < '2025-01-01')) INHERITS (logs);
CREATE INDEX logs_2023_at ON logs_2023 (at);
CREATE INDEX logs_2024_at ON logs_2024 (at);
CREATE FUNCTION logs_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.at < '2024-01-01' THEN INSERT INTO logs_2023 VALUES (NEW.*); ELSE INSERT INTO logs_2024 VALUES (NEW.*); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER route BEFORE INSERT ON logs FOR EACH ROW EXECUTE FUNCTION logs_route();
GRANT INSERT ON logs TO app_writer;
-- new
CREATE TABLE logs (id bigserial, at timestamp NOT NULL, level text, msg text) PARTITION BY RANGE (at);
CREATE TABLE logs_2023 PARTITION OF logs FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE logs_default PARTITION OF logs DEFAULT;
CREATE INDEX logs_at ON logs (at);
GRANT INSERT ON logs TO app_writer;
