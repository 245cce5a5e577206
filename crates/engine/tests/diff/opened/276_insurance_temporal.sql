-- old
CREATE TABLE policy (no text PRIMARY KEY, holder text, product text, premium numeric(10,2), valid_from date, valid_to date);
CREATE TABLE claim (id serial PRIMARY KEY, policy text REFERENCES policy, filed date, amount numeric(12,2), status text DEFAULT 'open');
CREATE INDEX claim_policy ON claim (policy);
CREATE FUNCTION active(p policy) RETURNS bool LANGUAGE sql STABLE AS 'SELECT CURRENT_DATE BETWEEN p.valid_from AND p.valid_to';
CREATE VIEW active_policies AS SELECT * FROM policy WHERE active(policy);
CREATE VIEW exposure AS SELECT product, sum(premium) AS premium, (SELECT sum(amount) FROM claim c JOIN policy q ON q.no = c.policy WHERE q.product = p.product) AS claims FROM active_policies p GROUP BY product;
-- new
CREATE EXTENSION btree_gist WITH SCHEMA public;
CREATE TABLE product (code varchar(8) PRIMARY KEY, title text NOT NULL, base numeric(10,2) NOT NULL);
CREATE TABLE policy (no text NOT NULL, version int NOT NULL DEFAULT 1, holder text NOT NULL, product varchar(8) NOT NULL REFERENCES product ON UPDATE CASCADE, premium numeric(10,2) NOT NULL, valid daterange NOT NULL, known tstzrange NOT NULL DEFAULT tstzrange(now(), NULL), PRIMARY KEY (no, version), CONSTRAINT bitemporal EXCLUDE USING gist (no WITH =, valid WITH &&, known WITH &&) DEFERRABLE);
CREATE INDEX policy_holder ON policy USING gist (holder gist_text_ops, valid);
CREATE TABLE claim (id bigserial PRIMARY KEY, policy text NOT NULL, version int NOT NULL, filed date NOT NULL DEFAULT CURRENT_DATE, reserve numeric(14,2) NOT NULL DEFAULT 0, paid numeric(14,2) NOT NULL DEFAULT 0, open bool GENERATED ALWAYS AS (reserve > 0) STORED, FOREIGN KEY (policy, version) REFERENCES policy ON UPDATE CASCADE);
CREATE INDEX claim_policy ON claim (policy, version) WHERE open;
CREATE FUNCTION active(p policy, at date DEFAULT CURRENT_DATE) RETURNS bool LANGUAGE sql STABLE RETURN p.valid @> at AND upper_inf(p.known);
CREATE VIEW active_policies AS SELECT no, version, holder, product, premium, valid FROM policy WHERE active(policy);
CREATE VIEW exposure AS SELECT p.product, sum(p.premium) AS premium, sum(c.reserve + c.paid) AS claims, round(sum(c.paid) / NULLIF(sum(p.premium), 0), 3) AS ratio FROM active_policies p LEFT JOIN claim c ON (c.policy, c.version) = (p.no, p.version) GROUP BY p.product;
CREATE MATERIALIZED VIEW exposure_daily AS SELECT CURRENT_DATE AS day, * FROM exposure WITH NO DATA;
CREATE FUNCTION supersede() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE policy SET known = tstzrange(lower(known), now()) WHERE no = NEW.no AND version = NEW.version - 1; RETURN NEW; END $$;
CREATE TRIGGER supersede BEFORE INSERT ON policy FOR EACH ROW WHEN (NEW.version > 1) EXECUTE FUNCTION supersede();
