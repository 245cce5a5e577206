-- old
CREATE SCHEMA customs;
CREATE TYPE customs.line_input AS (hs_code varchar, net_kg numeric, value numeric);
CREATE TABLE customs.declaration (mrn varchar(18) PRIMARY KEY, declarant varchar(17) NOT NULL, lodged timestamp NOT NULL, state varchar(20) NOT NULL);
CREATE TABLE customs.item (mrn varchar(18) NOT NULL, item_no smallint NOT NULL, hs_code varchar(8) NOT NULL, net_kg numeric(11,3), value_eur numeric(13,2), CONSTRAINT pk_item PRIMARY KEY (mrn, item_no), CONSTRAINT fk_item_decl FOREIGN KEY (mrn) REFERENCES customs.declaration (mrn));
CREATE TABLE customs.tariff (hs_code varchar(8) PRIMARY KEY, duty_pct numeric(5,2) NOT NULL);
CREATE FUNCTION customs.duty(p_mrn varchar) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT sum(i.value_eur * t.duty_pct / 100) FROM customs.item i JOIN customs.tariff t USING (hs_code) WHERE i.mrn = p_mrn $$;
CREATE FUNCTION customs.lodge(p_mrn varchar, p_decl varchar, VARIADIC p_lines customs.line_input[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customs.declaration VALUES (p_mrn, p_decl, now(), 'LODGED');
  INSERT INTO customs.item SELECT p_mrn, o, l.hs_code, l.net_kg, l.value FROM unnest(p_lines) WITH ORDINALITY AS l(hs_code, net_kg, value, o);
  RETURN array_length(p_lines, 1);
END $$;
GRANT EXECUTE ON FUNCTION customs.lodge(varchar, varchar, customs.line_input[]) TO app_writer;
-- new
CREATE SCHEMA customs;
CREATE DOMAIN customs.hs AS varchar(10) CHECK (VALUE ~ '^[0-9]{6,10}$');
CREATE TYPE customs.line_input AS (hs_code varchar, origin char(2), net_kg numeric, value numeric, currency char(3));
CREATE TABLE customs.declaration (mrn varchar(18) PRIMARY KEY, declarant varchar(17) NOT NULL, lodged timestamptz NOT NULL, state varchar(20) NOT NULL, CONSTRAINT ck_decl_state CHECK (state IN ('LODGED', 'ACCEPTED', 'RELEASED', 'REJECTED')));
CREATE TABLE customs.item (mrn varchar(18) NOT NULL, item_no smallint NOT NULL, hs_code customs.hs NOT NULL, origin char(2), net_kg numeric(11,3), value_eur numeric(15,2), CONSTRAINT pk_item PRIMARY KEY (mrn, item_no), CONSTRAINT fk_item_decl FOREIGN KEY (mrn) REFERENCES customs.declaration (mrn) ON DELETE CASCADE);
CREATE TABLE customs.tariff (hs_code customs.hs, origin char(2) DEFAULT 'XX', valid_from date, duty_pct numeric(6,3) NOT NULL, PRIMARY KEY (hs_code, origin, valid_from));
CREATE FUNCTION customs.duty(p_mrn varchar, OUT duty numeric, OUT lines integer) LANGUAGE sql STABLE AS $$ SELECT sum(i.value_eur * t.duty_pct / 100), count(*)::int FROM customs.item i JOIN customs.tariff t USING (hs_code, origin) WHERE i.mrn = p_mrn $$;
CREATE FUNCTION customs.lodge(p_mrn varchar, p_decl varchar, p_lines customs.line_input[]) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO customs.declaration (mrn, declarant, lodged, state) VALUES (p_mrn, p_decl, now(), 'LODGED');
  INSERT INTO customs.item SELECT p_mrn, o, l.hs_code, l.origin, l.net_kg, l.value FROM unnest(p_lines) WITH ORDINALITY AS l(hs_code, origin, net_kg, value, currency, o);
  RETURN array_length(p_lines, 1);
END $$;
GRANT EXECUTE ON FUNCTION customs.lodge(varchar, varchar, customs.line_input[]) TO app_writer;
