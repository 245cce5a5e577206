-- old
CREATE EXTENSION citext;
CREATE DOMAIN email AS citext CHECK (VALUE ~ '@');
CREATE DOMAIN work_email AS email;
CREATE TABLE contacts (
    id serial PRIMARY KEY,
    private email,
    work work_email
);
CREATE UNIQUE INDEX contacts_work ON contacts (work);
CREATE FUNCTION find_contact(e email) RETURNS SETOF contacts LANGUAGE sql STABLE AS $$ SELECT * FROM contacts WHERE private = e OR work = e $$;
COMMENT ON DOMAIN email IS 'Address, case does not matter';
-- new
CREATE EXTENSION citext;
CREATE DOMAIN email AS citext CONSTRAINT email_shape CHECK (VALUE ~ '^[^@]+@[^@]+\.[^@]+$');
CREATE DOMAIN work_email AS email CONSTRAINT not_freemail CHECK (VALUE !~ '@gmail\.com$') NOT NULL;
CREATE TABLE contacts (
    id serial PRIMARY KEY,
    private email,
    work work_email
);
CREATE UNIQUE INDEX contacts_work ON contacts (work);
CREATE FUNCTION find_contact(e email) RETURNS SETOF contacts LANGUAGE sql STABLE AS $$ SELECT * FROM contacts WHERE private = e OR work = e $$;
COMMENT ON DOMAIN email IS 'Address, case does not matter';
