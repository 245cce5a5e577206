-- old
CREATE TABLE vessel (imo integer PRIMARY KEY, name text NOT NULL, teu integer);
CREATE TABLE port (locode char(5) PRIMARY KEY, name text NOT NULL);
CREATE TABLE voyage (voyage_no text, imo integer NOT NULL REFERENCES vessel, PRIMARY KEY (imo, voyage_no));
CREATE TABLE port_call (imo integer, voyage_no text, seq smallint, locode char(5) NOT NULL REFERENCES port, eta timestamp, etd timestamp, PRIMARY KEY (imo, voyage_no, seq), FOREIGN KEY (imo, voyage_no) REFERENCES voyage);
CREATE FUNCTION transit_days(p_from char, p_to char) RETURNS TABLE (imo int, voyage_no text, days int) LANGUAGE sql AS $$
  SELECT a.imo, a.voyage_no, (b.eta::date - a.etd::date) FROM port_call a JOIN port_call b USING (imo, voyage_no) WHERE a.locode = p_from AND b.locode = p_to AND b.seq > a.seq
$$;
-- new
CREATE TYPE call_status AS ENUM ('planned', 'arrived', 'sailed', 'omitted');
CREATE TABLE vessel (imo integer PRIMARY KEY, name text NOT NULL, teu integer);
CREATE TABLE port (locode char(5) PRIMARY KEY, name text NOT NULL);
CREATE TABLE service (code varchar(8) PRIMARY KEY, name text NOT NULL, rotation char(5)[] NOT NULL);
CREATE TABLE voyage (voyage_no text, imo integer NOT NULL REFERENCES vessel, service varchar(8) REFERENCES service, PRIMARY KEY (imo, voyage_no));
CREATE TABLE port_call (imo integer, voyage_no text, seq smallint, locode char(5) NOT NULL REFERENCES port, status call_status NOT NULL DEFAULT 'planned', stay tstzrange, PRIMARY KEY (imo, voyage_no, seq), FOREIGN KEY (imo, voyage_no) REFERENCES voyage ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX port_call_stay ON port_call USING gist (stay) WHERE status <> 'omitted';
CREATE FUNCTION transit_days(p_from char, p_to char) RETURNS TABLE (imo int, voyage_no text, days numeric, service text) LANGUAGE sql STABLE AS $$
  SELECT a.imo, a.voyage_no, round(extract(epoch FROM lower(b.stay) - upper(a.stay)) / 86400, 1), v.service
  FROM port_call a JOIN port_call b USING (imo, voyage_no) JOIN voyage v USING (imo, voyage_no) WHERE a.locode = p_from AND b.locode = p_to AND b.seq > a.seq
$$;
