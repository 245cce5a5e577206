-- old
CREATE EXTENSION pgcrypto;
CREATE TABLE accounts (
    id serial PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE users (
    id serial PRIMARY KEY,
    account_id integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
    email text NOT NULL
);
CREATE TABLE sessions (
    token bytea PRIMARY KEY DEFAULT gen_random_bytes(32),
    user_id integer NOT NULL REFERENCES users
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE VIEW active AS SELECT u.id, u.email, a.name FROM users u JOIN accounts a ON a.id = u.account_id JOIN sessions s ON s.user_id = u.id;
CREATE FUNCTION account_of(u integer) RETURNS integer LANGUAGE sql STABLE RETURN (SELECT account_id FROM users WHERE id = u);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY same_account ON users USING (account_id = account_of(current_setting('app.user')::integer));
-- new
CREATE EXTENSION pgcrypto;
CREATE TABLE accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL
);
CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    email text NOT NULL
);
CREATE TABLE sessions (
    token bytea PRIMARY KEY DEFAULT gen_random_bytes(32),
    user_id uuid NOT NULL REFERENCES users
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE VIEW active AS SELECT u.id, u.email, a.name FROM users u JOIN accounts a ON a.id = u.account_id JOIN sessions s ON s.user_id = u.id;
CREATE FUNCTION account_of(u uuid) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT account_id FROM users WHERE id = u);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY same_account ON users USING (account_id = account_of(current_setting('app.user')::uuid));
