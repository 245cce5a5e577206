-- old
CREATE TABLE agent (id serial PRIMARY KEY, name text, phone text);
CREATE TABLE property (id serial PRIMARY KEY, agent_id int REFERENCES agent, kind varchar(10) CHECK (kind IN ('flat', 'house')), city text, price int, rooms int, m2 int, listed date DEFAULT now(), sold bool DEFAULT false);
CREATE TABLE photo (property_id int REFERENCES property ON DELETE CASCADE, n int, url text);
CREATE TABLE viewing (property_id int REFERENCES property, at timestamp, visitor text);
CREATE VIEW listing AS SELECT p.*, a.name AS agent, a.phone, p.price / p.m2 AS per_m2 FROM property p JOIN agent a ON a.id = p.agent_id WHERE NOT sold;
CREATE VIEW city_stats AS SELECT city, avg(per_m2)::int AS per_m2, count(*) FROM listing GROUP BY city;
CREATE INDEX property_search ON property (city, kind, price) WHERE NOT sold;
-- new
CREATE TYPE deal AS ENUM ('sale', 'rent');
CREATE TYPE contact AS (phone text, mail text);
CREATE TABLE agency (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE agent (id serial PRIMARY KEY, agency_id int REFERENCES agency, name text NOT NULL, contact contact, CHECK ((contact).phone IS NOT NULL OR (contact).mail IS NOT NULL));
CREATE TABLE property (id serial PRIMARY KEY, agent_id int NOT NULL REFERENCES agent, kind varchar(12) NOT NULL CONSTRAINT property_kind_check CHECK (kind IN ('flat', 'house', 'land', 'office')), city text NOT NULL, at point, rooms numeric(3,1), m2 numeric(8,1) NOT NULL CHECK (m2 > 0), features text[] NOT NULL DEFAULT ARRAY[]::text[], withdrawn timestamptz);
CREATE TABLE offer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, property_id int NOT NULL REFERENCES property ON DELETE CASCADE, deal deal NOT NULL DEFAULT 'sale', price numeric(12,2) NOT NULL, valid daterange NOT NULL DEFAULT daterange(CURRENT_DATE, NULL), CONSTRAINT one_offer EXCLUDE USING gist (int8range(property_id, property_id, '[]') WITH =, valid WITH &&) WHERE (deal = 'sale'));
CREATE TABLE photo (property_id int NOT NULL REFERENCES property ON DELETE CASCADE, n smallint NOT NULL, url text NOT NULL, caption jsonb, PRIMARY KEY (property_id, n) DEFERRABLE);
CREATE TABLE viewing (property_id int REFERENCES property ON DELETE CASCADE, at timestamptz, visitor_mail text, feedback smallint CHECK (feedback BETWEEN 1 AND 5), PRIMARY KEY (property_id, at)) WITH (fillfactor = 90);
CREATE VIEW listing AS SELECT p.id, p.kind, p.city, p.rooms, p.m2, o.deal, o.price, a.name AS agent, (a.contact).phone, round(o.price / p.m2, 2) AS per_m2 FROM property p JOIN agent a ON a.id = p.agent_id JOIN LATERAL (SELECT * FROM offer WHERE property_id = p.id AND valid @> CURRENT_DATE ORDER BY id DESC LIMIT 1) o ON true WHERE p.withdrawn IS NULL;
CREATE VIEW city_stats AS SELECT city, deal, percentile_cont(0.5) WITHIN GROUP (ORDER BY per_m2::float8) AS median, mode() WITHIN GROUP (ORDER BY kind) AS usual, count(*) AS n FROM listing GROUP BY city, deal;
CREATE INDEX property_search ON property (city, kind) INCLUDE (m2) WHERE withdrawn IS NULL;
CREATE INDEX property_at ON property USING spgist (at);
CREATE INDEX property_features ON property USING gin (features);
ALTER INDEX property_features SET (fastupdate = off);
CREATE FUNCTION near(p point, km float8 DEFAULT 5) RETURNS SETOF listing LANGUAGE sql STABLE ROWS 20 AS $$ SELECT l.* FROM listing l JOIN property q USING (id) WHERE q.at <@ circle(p, km) $$;
