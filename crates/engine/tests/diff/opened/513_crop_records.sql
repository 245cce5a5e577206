-- old
CREATE TABLE farm (id bigserial PRIMARY KEY, name varchar(100) NOT NULL, owner_email varchar(255));
CREATE TABLE field (id bigserial PRIMARY KEY, farm_id bigint NOT NULL, name varchar(100) NOT NULL, hectares double precision, outline polygon, CONSTRAINT field_farm_id_foreign FOREIGN KEY (farm_id) REFERENCES farm (id));
CREATE TABLE harvest (id bigserial PRIMARY KEY, field_id bigint NOT NULL, crop varchar(50) NOT NULL, tons double precision, harvested_on date, CONSTRAINT harvest_field_id_foreign FOREIGN KEY (field_id) REFERENCES field (id));
CREATE INDEX harvest_field_id_index ON harvest (field_id);
CREATE FUNCTION yield_per_ha(h harvest) RETURNS double precision LANGUAGE sql STABLE AS $$
  SELECT h.tons / f.hectares FROM field f WHERE f.id = h.field_id
$$;
CREATE VIEW yields AS SELECT h.id, h.crop, yield_per_ha(h.*) AS y FROM harvest h;
-- new
CREATE TABLE farm (id bigserial PRIMARY KEY, name varchar(100) NOT NULL, owner_email varchar(255));
CREATE TABLE crop (code char(4) PRIMARY KEY, label text NOT NULL);
CREATE TABLE field (id bigserial PRIMARY KEY, farm_id bigint NOT NULL, name varchar(100) NOT NULL, hectares numeric(8,2), outline polygon, CONSTRAINT field_farm_id_foreign FOREIGN KEY (farm_id) REFERENCES farm (id));
CREATE TABLE harvest (id bigserial PRIMARY KEY, field_id bigint NOT NULL, crop char(4) NOT NULL, tons numeric(8,3), harvested_on date, CONSTRAINT harvest_field_id_foreign FOREIGN KEY (field_id) REFERENCES field (id), CONSTRAINT harvest_crop_foreign FOREIGN KEY (crop) REFERENCES crop (code));
CREATE INDEX harvest_field_id_index ON harvest (field_id, harvested_on);
CREATE FUNCTION yield_per_ha(h harvest) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT h.tons / nullif(f.hectares, 0) FROM field f WHERE f.id = h.field_id
$$;
CREATE VIEW yields AS SELECT h.id, c.label AS crop, yield_per_ha(h.*) AS y FROM harvest h JOIN crop c ON c.code = h.crop;
