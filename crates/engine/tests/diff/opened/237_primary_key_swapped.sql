-- old
CREATE TABLE account (id serial PRIMARY KEY, ref uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, email text NOT NULL);
CREATE TABLE login (id serial PRIMARY KEY, account_id int NOT NULL CONSTRAINT login_acc REFERENCES account ON DELETE CASCADE, at timestamptz);
CREATE TABLE device (account_id int, n int, CONSTRAINT device_pk PRIMARY KEY (account_id, n), FOREIGN KEY (account_id) REFERENCES account (id));
CREATE VIEW per_account AS SELECT a.id, a.email, count(l.id) AS logins FROM account a LEFT JOIN login l ON l.account_id = a.id GROUP BY a.id;
CREATE TABLE m2m (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE nopk (a int);
ALTER TABLE account REPLICA IDENTITY USING INDEX account_pkey;
-- new
CREATE TABLE account (id int NOT NULL UNIQUE, ref uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY, email text NOT NULL);
CREATE TABLE login (id uuid DEFAULT gen_random_uuid() CONSTRAINT login_key PRIMARY KEY, account_id uuid NOT NULL CONSTRAINT login_acc REFERENCES account ON DELETE CASCADE, at timestamptz);
CREATE TABLE device (account_ref uuid REFERENCES account, n int NOT NULL, CONSTRAINT device_pk PRIMARY KEY (n, account_ref) DEFERRABLE INITIALLY DEFERRED);
CREATE VIEW per_account AS SELECT a.ref, a.email, count(l.id) AS logins FROM account a LEFT JOIN login l ON l.account_id = a.ref GROUP BY a.ref;
CREATE TABLE m2m (a int, b int, PRIMARY KEY (b, a));
CREATE TABLE nopk (a int PRIMARY KEY);
ALTER TABLE account REPLICA IDENTITY DEFAULT;
