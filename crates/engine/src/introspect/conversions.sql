-- Conversions between encodings, read by introspection; locks nothing.
SELECT c.oid, c.connamespace AS namespace, c.conname AS name, pg_catalog.pg_get_userbyid(c.conowner)::text AS owner,
       pg_catalog.pg_encoding_to_char(c.conforencoding)::text AS from_encoding,
       pg_catalog.pg_encoding_to_char(c.contoencoding)::text AS to_encoding,
       c.conproc::pg_catalog.regproc::text AS function, c.condefault AS is_default
  FROM pg_catalog.pg_conversion AS c
 WHERE c.oid >= 16384
