-- old
CREATE TABLE plans (id int PRIMARY KEY, code text UNIQUE NOT NULL, monthly numeric(8,2) NOT NULL);
CREATE TABLE subscriptions (
    id int PRIMARY KEY,
    plan_id int NOT NULL REFERENCES plans,
    seats int NOT NULL DEFAULT 1,
    ends date
);
CREATE FUNCTION monthly_cost(sub int) RETURNS numeric STABLE
BEGIN ATOMIC
    SELECT p.monthly * s.seats FROM subscriptions s JOIN plans p ON p.id = s.plan_id WHERE s.id = sub;
END;
CREATE PROCEDURE cancel(sub int)
BEGIN ATOMIC
    UPDATE subscriptions SET ends = CURRENT_DATE WHERE id = sub;
END;
CREATE VIEW costs AS SELECT id, monthly_cost(id) AS cost FROM subscriptions;
GRANT EXECUTE ON PROCEDURE cancel TO app_writer;
-- new
CREATE TABLE plans (id int PRIMARY KEY, code text UNIQUE NOT NULL, monthly numeric(8,2) NOT NULL);
CREATE TABLE subscriptions (
    id int PRIMARY KEY,
    plan_id int NOT NULL REFERENCES plans,
    seats int NOT NULL DEFAULT 1,
    ends_on date,
    discount numeric(4,3) NOT NULL DEFAULT 0
);
CREATE FUNCTION monthly_cost(sub int) RETURNS numeric STABLE
BEGIN ATOMIC
    SELECT p.monthly * s.seats * (1 - s.discount) FROM subscriptions s JOIN plans p ON p.id = s.plan_id WHERE s.id = sub;
END;
CREATE PROCEDURE cancel(sub int, at date DEFAULT CURRENT_DATE)
BEGIN ATOMIC
    UPDATE subscriptions SET ends_on = at WHERE id = sub;
END;
CREATE VIEW costs AS SELECT id, monthly_cost(id) AS cost FROM subscriptions;
GRANT EXECUTE ON PROCEDURE cancel TO app_writer;
