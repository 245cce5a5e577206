-- Event triggers, read by introspection; locks nothing.
SELECT e.oid, e.evtname AS name, pg_catalog.pg_get_userbyid(e.evtowner)::text AS owner, e.evtevent AS event,
       COALESCE(e.evttags, '{}') AS tags,
       e.evtfoid::pg_catalog.regproc::text AS function, e.evtenabled::text AS state
  FROM pg_catalog.pg_event_trigger AS e
 WHERE e.oid >= 16384
