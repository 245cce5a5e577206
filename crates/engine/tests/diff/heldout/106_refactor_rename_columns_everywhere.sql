-- old
CREATE TABLE usr (
    usr_id serial PRIMARY KEY,
    usr_nm varchar(60) NOT NULL,
    usr_eml varchar(120) NOT NULL,
    crt_dt timestamp NOT NULL DEFAULT now(),
    CONSTRAINT usr_eml_uq UNIQUE (usr_eml),
    CONSTRAINT usr_nm_ck CHECK (length(usr_nm) > 1)
);
CREATE INDEX usr_lower ON usr (lower(usr_eml));
CREATE TABLE usr_role (usr_id int REFERENCES usr, role_cd char(3), PRIMARY KEY (usr_id, role_cd));
CREATE VIEW v_usr AS SELECT usr_id AS id, usr_nm AS name, usr_eml AS email FROM usr;
ALTER TABLE usr ENABLE ROW LEVEL SECURITY;
CREATE POLICY self ON usr USING (usr_nm = CURRENT_USER);
COMMENT ON COLUMN usr.usr_eml IS 'Login';
GRANT SELECT (usr_id, usr_nm) ON usr TO app_reader;
-- new
CREATE TABLE usr (
    id serial PRIMARY KEY,
    name varchar(60) NOT NULL,
    email varchar(120) NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(),
    CONSTRAINT usr_eml_uq UNIQUE (email),
    CONSTRAINT usr_nm_ck CHECK (length(name) > 1)
);
CREATE INDEX usr_lower ON usr (lower(email));
CREATE TABLE usr_role (user_id int REFERENCES usr, role char(3), PRIMARY KEY (user_id, role));
CREATE VIEW v_usr AS SELECT id, name, email FROM usr;
ALTER TABLE usr ENABLE ROW LEVEL SECURITY;
CREATE POLICY self ON usr USING (name = CURRENT_USER);
COMMENT ON COLUMN usr.email IS 'Login';
GRANT SELECT (id, name) ON usr TO app_reader;
