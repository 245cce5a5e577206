-- All collations, built-in ones too, since columns name them; read by introspection; locks nothing.
-- to_jsonb reads columns that only some servers have: the locale of other providers than libc is in
-- collcollate on 14, colliculocale on 15 and 16, colllocale since.
SELECT c.oid, c.collnamespace AS namespace, c.collname AS name,
       pg_catalog.pg_get_userbyid(c.collowner)::text AS owner,
       CASE WHEN c.oid >= 16384 THEN pg_catalog.array_remove(ARRAY[
           'PROVIDER=' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
           CASE WHEN c.collprovider <> 'c' OR c.collcollate = c.collctype
                THEN 'LOCALE=' || pg_catalog.quote_literal(COALESCE(
                    pg_catalog.to_jsonb(c) ->> 'colllocale', pg_catalog.to_jsonb(c) ->> 'colliculocale', c.collcollate::text)) END,
           CASE WHEN c.collprovider = 'c' AND c.collcollate <> c.collctype
                THEN 'LC_COLLATE=' || pg_catalog.quote_literal(c.collcollate::text) END,
           CASE WHEN c.collprovider = 'c' AND c.collcollate <> c.collctype
                THEN 'LC_CTYPE=' || pg_catalog.quote_literal(c.collctype::text) END,
           'RULES=' || pg_catalog.quote_literal(pg_catalog.to_jsonb(c) ->> 'collicurules'),
           CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC=false' END], NULL) END AS parameters
  FROM pg_catalog.pg_collation AS c
