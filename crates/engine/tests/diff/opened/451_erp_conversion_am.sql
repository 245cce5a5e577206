-- old
CREATE SCHEMA legacy;
CREATE ACCESS METHOD heap_archive TYPE TABLE HANDLER heap_tableam_handler;
CREATE CONVERSION legacy.utf8_l1 FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TRUSTED LANGUAGE pltest HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE TABLE legacy.mat_stamm (matnr char(18) NOT NULL, maktx varchar(40), meins char(3), CONSTRAINT mat_pk PRIMARY KEY (matnr)) USING heap_archive;
CREATE TABLE legacy.mat_bestand (matnr char(18) NOT NULL, werk char(4) NOT NULL, menge numeric(13,3), CONSTRAINT bestand_pk PRIMARY KEY (matnr, werk), CONSTRAINT bestand_mat FOREIGN KEY (matnr) REFERENCES legacy.mat_stamm);
CREATE FUNCTION legacy.alpha_in(t text) RETURNS text LANGUAGE pltest IMMUTABLE AS $$ BEGIN RETURN lpad(t, 18, '0'); END $$;
CREATE VIEW legacy.v_bestand AS SELECT m.matnr, m.maktx, sum(b.menge) AS menge FROM legacy.mat_stamm m LEFT JOIN legacy.mat_bestand b USING (matnr) GROUP BY m.matnr;
COMMENT ON ACCESS METHOD heap_archive IS 'cold';
COMMENT ON VIEW legacy.v_bestand IS 'used by BI';
COMMENT ON CONSTRAINT bestand_mat ON legacy.mat_bestand IS 'generated';
-- new
CREATE SCHEMA legacy;
CREATE SCHEMA mm;
CREATE ACCESS METHOD heap_archive TYPE TABLE HANDLER heap_tableam_handler;
CREATE DEFAULT CONVERSION legacy.l1_utf8 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TABLE mm.material (id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME mm.material_no START 1), matnr varchar(40) NOT NULL, maktx text, meins char(3) NOT NULL DEFAULT 'ST', CONSTRAINT material_pk PRIMARY KEY (id), CONSTRAINT material_matnr UNIQUE (matnr));
CREATE TABLE mm.stock (material_id bigint NOT NULL, werk char(4) NOT NULL, menge numeric(15,3) NOT NULL DEFAULT 0, CONSTRAINT stock_pk PRIMARY KEY (material_id, werk), CONSTRAINT stock_material FOREIGN KEY (material_id) REFERENCES mm.material);
CREATE TABLE legacy.mat_stamm (
  matnr char(18) NOT NULL,
  maktx varchar(40),
  meins char(3),
  CONSTRAINT mat_pk PRIMARY KEY (matnr)
);
CREATE TABLE mm.archive_doc (doc bytea) USING heap_archive;
CREATE FUNCTION legacy.alpha_in(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$ BEGIN RETURN lpad(t, 18, '0'); END $$;
CREATE FUNCTION mm.window_rank(numeric) RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_rank';
CREATE VIEW legacy.v_bestand AS SELECT m.matnr::char(18) AS matnr, m.maktx::varchar(40) AS maktx, sum(b.menge) AS menge FROM mm.material m LEFT JOIN mm.stock b ON b.material_id = m.id GROUP BY m.id;
COMMENT ON VIEW legacy.v_bestand IS 'used by BI';
